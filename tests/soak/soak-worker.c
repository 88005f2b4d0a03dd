/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Good workers: numbered messages both ways at once, none missing, none twice, none changed; and
 * descriptors that come back with the message that took them along. */

#include "config.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "soak.h"
#include "soak-message.h"
#include "../lib/send-util.h"

typedef struct
{
  SoakTask task;
  CprocWorker *worker;
  guint32 seed;
  guint n_to_send;
  guint n_sent;
  guint n_to_receive;
  guint n_received;
  guint n_unanswered;
  gboolean all_came;
  gboolean is_confirmed;
  guint n_disconnected;
  guint n_closed;
} SoakWorker;

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  SoakWorker *self = user_data;
  g_autoptr(GError) error = NULL;

  soak_check (&self->task, self->n_unanswered-- > 0);
  if (!cproc_worker_send_finish (CPROC_WORKER (source), result, &error))
    soak_fail (&self->task, "send: %s", error->message);
  soak_task_unref (&self->task);
}

static void
send_message (SoakWorker *self,
              const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = NULL;
  gboolean sent = TRUE;

  switch (soak_range (&self->task, 0, 3))
    {
    case 0:
      self->n_unanswered++;
      soak_task_ref (&self->task);
      send_json_async (self->worker, text, NULL, on_sent, self);
      break;
    case 1:
      node = json_from_string (text, &error);
      soak_check (&self->task, node != NULL);
      sent = send_node (self->worker, node, &error);
      break;
    default:
      sent = send_json (self->worker, text, &error);
    }

  if (!sent)
    soak_fail (&self->task, "send: %s", error->message);
  soak_counts.n_messages_out++;
}

static void
send_some (SoakTask *task)
{
  SoakWorker *self = (SoakWorker *) task;

  for (int i = soak_range (task, 1, 60); i > 0 && self->n_sent < self->n_to_send; i--)
    {
      g_autofree char *text = soak_message (self->seed + 1, self->n_sent++);

      send_message (self, text);
    }

  if (self->n_sent < self->n_to_send)
    soak_task_after (task, soak_range (task, 0, 5), send_some);
  else
    send_message (self, "\"end\"");
}

static void
on_message (CprocWorker  *worker,
            CprocMessage *message,
            SoakWorker   *self)
{
  const char *text = cproc_message_get_text (message);
  g_autofree char *expected = soak_message (self->seed, self->n_received);
  g_autofree char *confirmed = g_strdup_printf ("[%u]", self->n_to_send);

  soak_check (&self->task, self->n_disconnected == 0);
  soak_counts.n_messages_in++;
  if (g_str_equal (text, confirmed))
    {
      soak_check (&self->task, self->n_sent == self->n_to_send);
      self->is_confirmed = TRUE;
    }
  else if (g_str_equal (text, "\"sent\""))
    {
      soak_check (&self->task, self->n_received == self->n_to_receive);
      self->all_came = TRUE;
    }
  else
    {
      if (!g_str_equal (text, expected))
        soak_fail (&self->task, "instead of message %u: %.100s", self->n_received, text);
      self->n_received++;
    }

  if (self->is_confirmed && self->all_came)
    cproc_worker_close_channel (self->worker);
}

static void
on_disconnected (CprocWorker *worker,
                 SoakWorker  *self)
{
  soak_check (&self->task, self->n_disconnected++ == 0);
  soak_check (&self->task, self->is_confirmed && self->all_came);
}

static void
on_closed (CprocChild *child,
           SoakWorker *self)
{
  soak_check (&self->task, self->n_closed++ == 0);
  soak_check (&self->task, self->n_disconnected == 1);
  if (cproc_child_get_exit_code (child) != 0)
    soak_fail (&self->task, "ended with code %d, signal %d", cproc_child_get_exit_code (child),
               cproc_child_get_term_signal (child));
  g_clear_object (&self->worker);
}

static CprocWorker *
start_worker (SoakTask           *task,
              const char * const *argv)
{
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(GError) error = NULL;
  CprocWorker *worker;

  soak_counts.n_workers++;
  cproc_command_set_containment (command, soak_range (task, CPROC_CONTAINMENT_AUTO,
                                                      CPROC_CONTAINMENT_TREE + 1));
  worker = cproc_worker_new_for_command (command);
  soak_task_watch (task, worker);
  if (!cproc_child_start (CPROC_CHILD (worker), &error))
    soak_fail (task, "start failed: %s", error->message);

  return worker;
}

static void
worker_begin (SoakTask *task)
{
  SoakWorker *self = (SoakWorker *) task;
  g_autofree char *seed = NULL;
  g_autofree char *count = NULL;
  const char *argv[] = { g_getenv ("CPROC_SOAK_PEER"), "numbers", NULL, NULL, NULL };

  self->seed = soak_range (task, 0, G_MAXINT);
  self->n_to_send = soak_range (task, 0, soak_one_in (task, 4) ? 2000 : 100);
  self->n_to_receive = soak_range (task, 0, soak_one_in (task, 4) ? 2000 : 100);
  argv[2] = seed = g_strdup_printf ("%u", self->seed);
  argv[3] = count = g_strdup_printf ("%u", self->n_to_receive);
  soak_task_note (task, "%s to send, %u to it", count, self->n_to_send);

  self->worker = start_worker (task, argv);
  g_signal_connect (self->worker, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->worker, "closed", G_CALLBACK (on_closed), self);
  send_some (task);
}

static void
worker_finish (SoakTask *task)
{
  SoakWorker *self = (SoakWorker *) task;

  soak_check (task, self->worker == NULL);
  soak_check (task, self->n_unanswered == 0);
}

/* The files by their numbers: what comes back is not the same descriptor, but the same file. */
static void
send_files (SoakWorker *self)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autofree char *text = g_strdup_printf ("%u", self->n_sent);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i <= self->n_sent % 4; i++)
    {
      int fd = memfd_create ("soak", MFD_CLOEXEC);

      soak_check (&self->task, fd >= 0);
      soak_check (&self->task, ftruncate (fd, 1000 * (self->n_sent + 1) + i) == 0);
      soak_check (&self->task, g_unix_fd_list_append (list, fd, &error) >= 0);
      close (fd);
      soak_counts.n_fds++;
    }

  if (!send_json_with_fds (self->worker, text, list, &error))
    soak_fail (&self->task, "send: %s", error->message);
  self->n_sent++;
  soak_counts.n_messages_out++;
}

static void
on_files (CprocWorker  *worker,
          CprocMessage *message,
          SoakWorker   *self)
{
  g_autofree char *expected = g_strdup_printf ("%u", self->n_received);
  GUnixFDList *list = cproc_message_get_fd_list (message);
  const int *fds;
  int n_fds;

  soak_check (&self->task, g_str_equal (cproc_message_get_text (message), expected));
  soak_check (&self->task, list != NULL);
  fds = g_unix_fd_list_peek_fds (list, &n_fds);
  soak_check (&self->task, n_fds == (int) (self->n_received % 4) + 1);
  for (int i = 0; i < n_fds; i++)
    {
      struct stat status;

      soak_check (&self->task, fstat (fds[i], &status) == 0);
      soak_check (&self->task, status.st_size == 1000 * ((off_t) self->n_received + 1) + i);
    }

  soak_counts.n_messages_in++;
  self->n_received++;
  if (self->n_sent < self->n_to_send)
    send_files (self);
  else if (self->n_received == self->n_to_send)
    {
      self->is_confirmed = self->all_came = TRUE;
      cproc_worker_close_channel (self->worker);
    }
}

static void
fds_begin (SoakTask *task)
{
  SoakWorker *self = (SoakWorker *) task;
  const char *argv[] = { g_getenv ("CPROC_TEST_WORKER"), "echo", NULL };

  self->n_to_send = soak_range (task, 1, 60);
  soak_task_note (task, "%u", self->n_to_send);
  self->worker = start_worker (task, argv);
  g_signal_connect (self->worker, "message", G_CALLBACK (on_files), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->worker, "closed", G_CALLBACK (on_closed), self);
  for (int i = soak_range (task, 1, 10); i > 0 && self->n_sent < self->n_to_send; i--)
    send_files (self);
}

const SoakKind soak_worker_kind = {
  "worker", 8, sizeof (SoakWorker), worker_begin, worker_finish
};
const SoakKind soak_fds_kind = { "fds", 4, sizeof (SoakWorker), fds_begin, worker_finish };
