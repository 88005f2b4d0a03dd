/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"
#include "cproc-gettext-private.h"

/* The limit of kept messages while nothing asks for messages. */
#define MAX_KEPT (1024 * 1024)

gboolean
cproc_channel_wants_message (CprocChannel *self)
{
  return self->receive_task != NULL ||
         cproc_channel_has_handler (self, CPROC_CHANNEL_SIGNAL_MESSAGE);
}

/* Returns whether the channel must read to get requests, or answers to descriptors that it has
 * sent. Then it keeps the messages that come between them. */
static gboolean
channel_keeps_messages (CprocChannel *self)
{
  return cproc_channel_has_requests (self) ||
         !g_queue_is_empty (&self->send_queue.handles.sent);
}

gboolean
cproc_channel_listens (CprocChannel *self)
{
  return cproc_channel_wants_message (self) ||
         (self->kept_bytes <= MAX_KEPT && channel_keeps_messages (self));
}

/* The task's data is the source that watches the cancellable. */
static void
receive_cancel_source_free (gpointer data)
{
  GSource *source = data;

  g_source_destroy (source);
  g_source_unref (source);
}

static GTask *
channel_steal_receive (CprocChannel *self)
{
  GTask *task = g_steal_pointer (&self->receive_task);

  if (task != NULL)
    g_task_set_task_data (task, NULL, NULL);

  return task;
}

static void
message_unref (gpointer data)
{
  cproc_message_unref (data);
}

static void
channel_return_message (CprocChannel *self,
                        CprocMessage *message)
{
  g_autoptr(GTask) task = channel_steal_receive (self);

  g_task_return_pointer (task, message, message_unref);
}

static void
channel_deliver_now (CprocChannel *self,
                     CprocMessage *message)
{
  if (self->receive_task != NULL)
    channel_return_message (self, cproc_message_ref (message));
  else if (cproc_channel_has_handler (self, CPROC_CHANNEL_SIGNAL_MESSAGE))
    cproc_channel_emit_message (self, message);
  else if (self->pulled || channel_keeps_messages (self))
    {
      self->kept_bytes += message->length;
      g_queue_push_tail (&self->kept, cproc_message_ref (message));
    }
  else
    self->n_dropped++;
}

void
cproc_channel_deliver (CprocChannel *self,
                       CprocMessage *message)
{
  if (cproc_channel_take_answer (self, message))
    return;

  if (self->sync_depth > 0)
    g_queue_push_tail (&self->deferred, cproc_message_ref (message));
  else if (!cproc_channel_take_request (self, message))
    channel_deliver_now (self, message);
}

static CprocMessage *
channel_pop_kept (CprocChannel *self)
{
  CprocMessage *message = g_queue_pop_head (&self->kept);

  if (message != NULL)
    self->kept_bytes -= message->length;

  return message;
}

gboolean
cproc_channel_deliver_kept (CprocChannel *self)
{
  g_autoptr(CprocMessage) message = NULL;

  if (self->sync_depth > 0)
    return FALSE;

  if (!g_queue_is_empty (&self->kept) && cproc_channel_wants_message (self))
    {
      message = channel_pop_kept (self);
      channel_deliver_now (self, message);
      return TRUE;
    }

  message = g_queue_pop_head (&self->deferred);
  if (message == NULL)
    return FALSE;

  cproc_channel_deliver (self, message);

  return TRUE;
}

/* Called when no more messages will come; kept messages can still be received. */
void
cproc_channel_end_receive (CprocChannel *self)
{
  if (self->receive_task != NULL)
    channel_return_message (self, channel_pop_kept (self));
}

void
cproc_channel_fail_receive (CprocChannel *self,
                            GError       *error)
{
  g_autoptr(GTask) task = channel_steal_receive (self);

  if (task != NULL)
    g_task_return_error (task, g_error_copy (error));
}

static gboolean
on_receive_cancelled (GCancellable *cancellable,
                      gpointer      user_data)
{
  CprocChannel *self = g_task_get_source_object (user_data);
  g_autoptr(GTask) task = channel_steal_receive (self);

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s",
                           _("Operation was cancelled"));

  return G_SOURCE_REMOVE;
}

static void
receive_watch_cancellable (GTask *task)
{
  GSource *source;

  if (g_task_get_cancellable (task) == NULL)
    return;

  source = g_cancellable_source_new (g_task_get_cancellable (task));
  g_source_set_callback (source, G_SOURCE_FUNC (on_receive_cancelled), task, NULL);
  g_source_attach (source, g_task_get_context (task));
  g_task_set_task_data (task, source, receive_cancel_source_free);
}

/**
 * cproc_channel_receive_async:
 * @self: a channel
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when a message has come, or the channel has
 *   ended
 * @user_data: data for the callback
 *
 * Receives the next message.
 *
 * A message that is received is not emitted as [signal@Cproc.Channel::message]. Between two
 * receives the channel reads nothing unless that signal has a handler: the other side is made to
 * wait. What it sent before it ended can be received after [signal@Cproc.Channel::disconnected].
 *
 * A channel has one receive at a time: a second one fails with `G_IO_ERROR_PENDING`. A receive that
 * is cancelled loses no message: the next receive gets it. A receive before a worker is started
 * waits for the start.
 *
 * ```c
 * static void
 * on_received (GObject *object, GAsyncResult *result, gpointer user_data)
 * {
 *   CprocChannel *channel = CPROC_CHANNEL (object);
 *   g_autoptr(GError) error = NULL;
 *   g_autoptr(CprocMessage) message = cproc_channel_receive_finish (channel, result, &error);
 *
 *   if (message == NULL)
 *     return;
 *
 *   g_print ("%s\n", cproc_message_get_text (message));
 *   cproc_channel_receive_async (channel, NULL, on_received, NULL);
 * }
 * ```
 *
 * Since: 1.0
 */
void
cproc_channel_receive_async (CprocChannel        *self,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_channel_check_async_call (self, G_STRFUNC, callback, user_data,
                                       cproc_channel_receive_async))
    return;

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_channel_receive_async);
  /* Once a message has been taken out it must reach the caller. */
  g_task_set_check_cancellable (task, FALSE);

  /* From now on messages without a receiver are kept, even if this receive ends at once. */
  self->pulled = TRUE;
  if (g_task_return_error_if_cancelled (task))
    return;

  if (self->receive_task != NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, "%s",
                               _("A message is being received already"));
      return;
    }

  self->receive_task = g_steal_pointer (&task);
  if (self->state == CPROC_CHANNEL_DONE)
    cproc_channel_end_receive (self);
  else
    receive_watch_cancellable (self->receive_task);
}

/**
 * cproc_channel_receive_finish:
 * @self: a channel
 * @result: the result
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Channel.receive_async].
 *
 * Returns: (transfer full) (nullable): the message; `NULL` without an error if the channel has
 *   ended
 *
 * Since: 1.0
 */
CprocMessage *
cproc_channel_receive_finish (CprocChannel  *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_channel_receive_async), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_channel_pause:
 * @self: a channel
 *
 * Stops reading.
 *
 * No message comes until [method@Cproc.Channel.resume], and the other side is made to wait as soon
 * as the kernel's buffer is full. A paused channel holds [signal@Cproc.Channel::disconnected] back,
 * and so its worker's [signal@Cproc.Child::closed]; [method@Cproc.Channel.close] ends that. Sending
 * goes on.
 *
 * Since: 1.0
 */
void
cproc_channel_pause (CprocChannel *self)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  if (!cproc_channel_check_call (self, G_STRFUNC, NULL))
    return;

  self->paused = TRUE;
  cproc_channel_watch (self);
}

/**
 * cproc_channel_resume:
 * @self: a channel
 *
 * Resumes reading after [method@Cproc.Channel.pause].
 *
 * Since: 1.0
 */
void
cproc_channel_resume (CprocChannel *self)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  if (!cproc_channel_check_call (self, G_STRFUNC, NULL))
    return;

  self->paused = FALSE;
  cproc_channel_watch (self);
}
