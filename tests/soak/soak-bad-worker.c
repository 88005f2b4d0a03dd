/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Workers that write what is no message, die in the middle of one, never read, or close the
 * channel and stay: what was a message comes, and all that was asked of the channel is answered. */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "soak.h"
#include "soak-message.h"
#include "../lib/send-util.h"

typedef struct
{
  SoakTask task;
  CprocWorker *worker;
  const char *mode;
  guint32 seed;
  guint n_to_receive;
  guint n_received;
  guint n_invalid;
  guint n_to_be_invalid;
  guint n_unanswered;
  guint n_disconnected;
  guint n_closed;
  int exit_code;
  gboolean is_ended; /* by us */
  gboolean is_left;  /* we closed the channel */
} SoakBadWorker;

static void
on_message (CprocWorker   *worker,
            CprocMessage  *message,
            SoakBadWorker *self)
{
  g_autofree char *expected = soak_message (self->seed, self->n_received);

  soak_check (&self->task, self->n_disconnected == 0);
  if (!g_str_equal (cproc_message_get_text (message), expected))
    soak_fail (&self->task, "instead of message %u: %.100s", self->n_received,
               cproc_message_get_text (message));
  self->n_received++;
  soak_counts.n_messages_in++;
}

static void
on_invalid_message (CprocChannel  *channel,
                    GError        *error,
                    SoakBadWorker *self)
{
  soak_check (&self->task, error->domain == CPROC_ERROR);
  soak_check (&self->task, g_utf8_validate (error->message, -1, NULL));
  self->n_invalid++;
  soak_counts.n_invalid++;
}

static void
end (SoakTask *task)
{
  SoakBadWorker *self = (SoakBadWorker *) task;

  if (self->worker == NULL)
    return;

  if (cproc_child_force_exit (CPROC_CHILD (self->worker), NULL))
    self->is_ended = TRUE;
  if (soak_one_in (task, 4))
    g_clear_object (&self->worker);
}

static void
on_disconnected (CprocWorker   *worker,
                 SoakBadWorker *self)
{
  soak_check (&self->task, self->n_disconnected++ == 0);
  if (!self->is_ended && !self->is_left)
    {
      soak_check (&self->task, self->n_received == self->n_to_receive);
      soak_check (&self->task, self->n_invalid == self->n_to_be_invalid);
    }

  if (g_str_equal (self->mode, "shut"))
    end (&self->task);
}

static void
on_closed (CprocChild    *child,
           SoakBadWorker *self)
{
  soak_check (&self->task, self->n_closed++ == 0);
  soak_check (&self->task, self->n_disconnected == 1);
  if (!self->is_ended && !self->is_left)
    soak_check (&self->task, cproc_child_get_exit_code (child) == self->exit_code);
  g_clear_object (&self->worker);
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  SoakBadWorker *self = user_data;
  g_autoptr(GError) error = NULL;

  soak_check (&self->task, self->n_unanswered-- > 0);
  if (!cproc_worker_send_finish (CPROC_WORKER (source), result, &error))
    soak_check_error (&self->task, error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  soak_task_unref (&self->task);
}

/* More than the kernel takes. */
static void
send_in_vain (SoakBadWorker *self)
{
  g_autofree char *letters = g_strnfill (20000, 'z');
  g_autofree char *text = g_strdup_printf ("\"%s\"", letters);

  for (int i = soak_range (&self->task, 0, 100); i > 0; i--)
    {
      self->n_unanswered++;
      soak_task_ref (&self->task);
      send_json_async (self->worker, text, NULL, on_sent, self);
      soak_counts.n_messages_out++;
    }
}

static void
leave (SoakTask *task)
{
  SoakBadWorker *self = (SoakBadWorker *) task;

  if (self->worker == NULL)
    return;

  self->is_left = TRUE;
  cproc_worker_close_channel (self->worker);
}

static void
count_junk (SoakBadWorker *self)
{
  for (guint i = 0; g_str_equal (self->mode, "garbage") && i < self->n_to_receive; i++)
    {
      gboolean is_told;
      g_autofree char *junk G_GNUC_UNUSED = soak_junk (self->seed, i, &is_told);

      self->n_to_be_invalid += is_told;
    }

  if (g_str_equal (self->mode, "die"))
    self->n_to_be_invalid = 1;
}

static void
choose_mode (SoakBadWorker *self,
             const char   **how)
{
  static const char * const modes[] = { "garbage", "die", "shut", "deaf" };

  self->mode = modes[soak_range (&self->task, 0, G_N_ELEMENTS (modes))];
  self->seed = soak_range (&self->task, 0, G_MAXINT);
  if (!g_str_equal (self->mode, "deaf"))
    self->n_to_receive = soak_range (&self->task, 0, soak_one_in (&self->task, 4) ? 1000 : 50);
  count_junk (self);
  if (g_str_equal (self->mode, "die"))
    {
      *how = soak_one_in (&self->task, 2) ? "exit" : NULL;
      self->exit_code = *how != NULL ? 3 : -1;
    }
  soak_task_note (&self->task, "%s %u", self->mode, self->n_to_receive);
}

static void
bad_worker_begin (SoakTask *task)
{
  SoakBadWorker *self = (SoakBadWorker *) task;
  g_autofree char *seed = NULL;
  g_autofree char *count = NULL;
  const char *argv[] = { g_getenv ("CPROC_SOAK_PEER"), NULL, NULL, NULL, NULL, NULL };
  g_autoptr(CprocCommand) command = NULL;
  g_autoptr(GError) error = NULL;
  CprocChannel *channel;

  choose_mode (self, &argv[4]);
  argv[1] = self->mode;
  argv[2] = seed = g_strdup_printf ("%u", self->seed);
  argv[3] = count = g_strdup_printf ("%u", self->n_to_receive);

  soak_counts.n_workers++;
  command = cproc_command_new (argv);
  cproc_command_set_containment (command, soak_range (task, CPROC_CONTAINMENT_AUTO,
                                                      CPROC_CONTAINMENT_TREE + 1));
  self->worker = cproc_worker_new_for_command (command);
  soak_task_watch (task, self->worker);
  channel = cproc_worker_get_channel (self->worker);
  cproc_channel_set_max_message_size (channel, SOAK_MAX_MESSAGE);
  g_signal_connect (channel, "invalid-message", G_CALLBACK (on_invalid_message), self);
  g_signal_connect (self->worker, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->worker, "closed", G_CALLBACK (on_closed), self);
  if (!cproc_child_start (CPROC_CHILD (self->worker), &error))
    soak_fail (task, "start failed: %s", error->message);

  if (g_str_equal (self->mode, "deaf"))
    {
      send_in_vain (self);
      soak_task_after (task, soak_range (task, 0, 200), end);
    }
  else if (soak_one_in (task, 4))
    {
      send_in_vain (self);
    }
  if (soak_one_in (task, 5))
    soak_task_after (task, soak_range (task, 0, 100), leave);
}

static void
bad_worker_finish (SoakTask *task)
{
  SoakBadWorker *self = (SoakBadWorker *) task;

  soak_check (task, self->worker == NULL);
  soak_check (task, self->n_unanswered == 0);
}

const SoakKind soak_bad_worker_kind = {
  "bad-worker", 6, sizeof (SoakBadWorker), bad_worker_begin, bad_worker_finish
};
