/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"

/* Up to this many messages of one turn of the main loop are written directly, each with its own
 * system call, so that none waits. If more follow in quick succession they are a burst: they are
 * collected, and many go out in one system call. */
#define DIRECT_WRITES 16
#define BURST_GAP 1000 /* microseconds */
#define BURST_BYTES 65536

gboolean
cproc_channel_check_open (CprocChannel  *self,
                          GError       **error)
{
  if (self->state == CPROC_CHANNEL_OPEN && !self->write_closed)
    return TRUE;

  if (self->state == CPROC_CHANNEL_NEW)
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING,
                         _("The message channel is not open yet: the worker has not been started"));
  else
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED,
                         _("The message channel is closed"));

  return FALSE;
}

/* Returns whether messages can be collected: the main loop runs, so the end of this turn will
 * come. */
static gboolean
channel_is_burst (CprocChannel *self)
{
  return self->turn_writes >= DIRECT_WRITES && g_main_depth () > 0 &&
         g_main_context_is_owner (self->context) &&
         g_get_monotonic_time () - self->last_write < BURST_GAP;
}

static void
channel_queue (CprocChannel        *self,
               const CprocSendItem *item)
{
  cproc_send_queue_push (&self->send_queue, item, 0);

  if (self->blocked || self->retry)
    return;

  self->corked = TRUE;
  if (self->send_queue.bytes >= BURST_BYTES ||
      g_get_monotonic_time () - self->last_write >= BURST_GAP)
    cproc_channel_write_queue (self);
}

/* Writes as much as the kernel takes and queues the rest. FALSE: the other side is gone. */
static gboolean
channel_write (CprocChannel  *self,
               CprocSendItem *item)
{
  gsize written;
  CprocSendResult result = cproc_send_queue_write_now (&self->send_queue, item,
                                                       self->write_fd, &written);

  self->turn_writes++;
  self->last_write = g_get_monotonic_time ();

  if (result == CPROC_SEND_BLOCKED || result == CPROC_SEND_RETRY)
    {
      cproc_send_queue_push (&self->send_queue, item, written);
      self->blocked = result == CPROC_SEND_BLOCKED;
      self->retry = result == CPROC_SEND_RETRY;
      cproc_channel_watch (self);
      return TRUE;
    }

  if (result == CPROC_SEND_CLOSED)
    cproc_channel_close_writing (self);
  else if (item->task != NULL)
    g_queue_push_tail (&self->send_queue.done, item->task);

  return result != CPROC_SEND_CLOSED;
}

gboolean
cproc_channel_push (CprocChannel   *self,
                    CprocSendItem  *item,
                    GError        **error)
{
  g_assert (self->fd >= 0 && !self->write_closed);

  if (self->send_queue.head == NULL && !channel_is_burst (self))
    return channel_write (self, item) || cproc_channel_check_open (self, error);

  channel_queue (self, item);

  return TRUE;
}

/* The data of a queued task is the source that watches its cancellable. */
static void
cancel_source_free (gpointer data)
{
  GSource *source = data;

  g_source_destroy (source);
  g_source_unref (source);
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  GTask *task = user_data;
  CprocChannel *self = g_task_get_source_object (task);

  if (!cproc_send_queue_withdraw (&self->send_queue, task))
    return G_SOURCE_REMOVE;

  if (self->send_queue.head == NULL)
    {
      self->blocked = self->retry = FALSE;
      cproc_channel_watch (self);
    }

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s",
                           _("Operation was cancelled"));
  g_object_unref (task);

  return G_SOURCE_REMOVE;
}

static void
watch_cancellable (gpointer data,
                   gpointer user_data)
{
  GTask *task = data;
  CprocChannel *self = user_data;
  GSource *source;

  if (g_task_get_cancellable (task) == NULL)
    return;

  source = g_cancellable_source_new (g_task_get_cancellable (task));
  g_source_set_callback (source, G_SOURCE_FUNC (on_cancelled), task, NULL);
  g_source_attach (source, self->context);
  g_task_set_task_data (task, source, cancel_source_free);
}

void
cproc_channel_move_tasks (CprocChannel *self)
{
  cproc_send_queue_foreach (&self->send_queue, watch_cancellable, self);
}

static void
return_task (GTask  *task,
             GError *error)
{
  g_task_set_task_data (task, NULL, NULL);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);

  g_object_unref (task);
}

GError *
cproc_channel_lost (void)
{
  return g_error_new_literal (CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED,
                              _("The message channel was closed before all was written"));
}

/* Calls user code. */
void
cproc_channel_return_tasks (CprocChannel *self)
{
  GTask *task;

  while ((task = g_queue_pop_head (&self->send_queue.done)) != NULL)
    return_task (task, NULL);

  while ((task = g_queue_pop_head (&self->send_queue.failed)) != NULL)
    return_task (task, cproc_channel_lost ());
}

void
cproc_channel_push_task (CprocChannel  *self,
                         CprocSendItem *item,
                         GTask         *task)
{
  GError *error = NULL;

  item->task = g_object_ref (task);
  if (!cproc_channel_push (self, item, &error))
    return_task (task, error);
  else if (self->send_queue.head != NULL)
    watch_cancellable (task, self);
}
