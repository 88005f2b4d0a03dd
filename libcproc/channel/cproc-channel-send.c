/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"

static gboolean
check_size (CprocChannel  *self,
            CprocMessage  *message,
            GError       **error)
{
  /* The other side's limit includes the frame around the message. */
  gsize overhead = cproc_message_get_n_fds (message) > 0 ? CPROC_NODE_PROTOCOL_MAX_OVERHEAD : 0;

  if (self->max_message_size < 0 ||
      message->length + overhead <= (guint64) self->max_message_size)
    return TRUE;

  g_propagate_error (error, cproc_node_protocol_too_large (self->max_message_size));

  return FALSE;
}

static gboolean
check_fds (CprocChannel  *self,
           CprocMessage  *message,
           GError       **error)
{
  if (self->passes_fds || cproc_message_get_n_fds (message) == 0)
    return TRUE;

  g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                       _("Only a UNIX socket can take descriptors along"));

  return FALSE;
}

static GTask *
send_task_new (CprocChannel        *self,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, cproc_channel_send_async);
  /* A written message cannot be withdrawn, so report success. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

/* Without a task, sets the error; with a task, returns the error in it. */
static gboolean
push_item (CprocChannel   *self,
           CprocSendItem  *item,
           GTask          *task,
           GError        **error)
{
  if (task == NULL)
    return cproc_channel_push (self, item, error);

  cproc_channel_push_task (self, item, task);

  return TRUE;
}

static gboolean
push_plain (CprocChannel  *self,
            CprocMessage  *message,
            GTask         *task,
            GError       **error)
{
  CprocSendItem item = {
    .parts = { { NULL, 0 }, { (char *) message->text, message->length }, { (char *) "\n", 1 } },
    .message = message,
  };

  return push_item (self, &item, task, error);
}

/* Sends one frame of the protocol for each descriptor. The task belongs to the last frame. */
static gboolean
push_handle (CprocChannel  *self,
             CprocHandle   *handle,
             GTask         *task,
             GError       **error)
{
  CprocMessage *message = handle->message;
  const char *type = message->handle_type != NULL ? message->handle_type : "net.Native";

  for (guint i = 0; i < handle->n_fds; i++)
    {
      g_autofree char *begin = cproc_node_protocol_begin_handle (type, message->handle_members,
                                                                 i, handle->n_fds);
      CprocSendItem item = {
        .parts = {
          { begin, strlen (begin) },
          { (char *) message->text, message->length },
          { (char *) CPROC_NODE_PROTOCOL_END_HANDLE, strlen (CPROC_NODE_PROTOCOL_END_HANDLE) },
        },
        .message = message,
        .part = i,
        .has_fd = TRUE,
        .handle = handle,
      };

      if (!push_item (self, &item, i == handle->n_fds - 1 ? task : NULL, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
push_fds (CprocChannel  *self,
          CprocMessage  *message,
          guint          n_fds,
          GTask         *task,
          GError       **error)
{
  CprocHandle *handle = cproc_handle_new (message, n_fds);
  gboolean pushed = push_handle (self, handle, task, error);

  cproc_handle_unref (handle);

  return pushed;
}

/* Sends refused messages again, once their pause is over. */
void
cproc_channel_resend (CprocChannel *self)
{
  CprocHandleTable *handles = &self->send_queue.handles;
  gint64 now = g_get_monotonic_time ();
  CprocHandle *handle;

  if (g_queue_is_empty (&handles->refused))
    return;

  while ((handle = cproc_handle_table_take_due (handles, now)) != NULL)
    {
      gboolean is_open = cproc_channel_check_open (self, NULL);

      if (is_open && cproc_message_get_n_fds (handle->message) == handle->n_fds)
        push_handle (self, handle, NULL, NULL);
      else
        cproc_handle_table_lose (handles, handle,
                                 is_open ? CPROC_HANDLE_EMPTIED : CPROC_HANDLE_CLOSED);
      cproc_handle_unref (handle);
    }

  cproc_channel_watch (self);
}

static gboolean
channel_send (CprocChannel  *self,
              CprocMessage  *message,
              GTask         *task,
              GError       **error)
{
  guint n_fds = cproc_message_get_n_fds (message);

  if (!cproc_channel_check_open (self, error) ||
      !check_size (self, message, error) ||
      !check_fds (self, message, error) ||
      (message->may_be_internal &&
       !cproc_node_protocol_allows_text (message->text, message->length, error)))
    return FALSE;

  cproc_message_seal (message);

  return n_fds > 0 ? push_fds (self, message, n_fds, task, error)
                   : push_plain (self, message, task, error);
}

/**
 * cproc_channel_send:
 * @self: a channel
 * @message: (transfer none): the message
 * @error: return location for an error
 *
 * Sends a message to the other side.
 *
 * What the kernel does not take at once is queued; see [property@Cproc.Channel:congested]. So
 * success does not mean that the other side has got the message, or ever will.
 *
 * A message with descriptors stays in memory, and its descriptors open, until the other side has
 * reported their arrival. If they did not arrive the message is sent again up to three times; then
 * [signal@Cproc.Channel::send-failed] is emitted.
 *
 * ```c
 * g_autoptr(CprocMessage) message = cproc_message_new_text ("\"Hello there!\"", &error);
 *
 * if (message == NULL || !cproc_channel_send (channel, message, &error))
 *   g_warning ("Cannot send: %s", error->message);
 * ```
 *
 * The message can be sent again, and on other channels: each time its text and its descriptors are
 * sent. A message that was received can be sent on.
 *
 * These are the errors, and then nothing is sent: the channel is not open yet
 * ([error@Cproc.Error.NOT_RUNNING]) or closed ([error@Cproc.Error.CHANNEL_CLOSED]); the message is
 * an object whose `cmd` begins with `NODE_` ([error@Cproc.Error.INVALID_MESSAGE]); it is larger
 * than [property@Cproc.Channel:max-message-size] ([error@Cproc.Error.MESSAGE_TOO_LARGE]); or it has
 * descriptors and the channel is not a UNIX socket ([error@Cproc.Error.NOT_SUPPORTED]).
 *
 * Returns: `TRUE` if the message was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send (CprocChannel  *self,
                    CprocMessage  *message,
                    GError       **error)
{
  gboolean sent;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_channel_check_call (self, G_STRFUNC, error))
    return FALSE;

  sent = channel_send (self, message, NULL, error);
  cproc_channel_notify_sent (self);

  return sent;
}

/**
 * cproc_channel_send_async:
 * @self: a channel
 * @message: (transfer none): the message
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when the message is written
 * @user_data: data for the callback
 *
 * Sends a message to the other side, and tells when the kernel has all of it.
 *
 * The message takes its place in the queue at once, in the order of the calls. If this is cancelled
 * before any byte was written the message is taken out again; after that it changes nothing.
 *
 * It sends exactly as [method@Cproc.Channel.send] does.
 *
 * Since: 1.0
 */
void
cproc_channel_send_async (CprocChannel        *self,
                          CprocMessage        *message,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_channel_check_async_call (self, G_STRFUNC, callback, user_data,
                                       cproc_channel_send_async))
    return;

  task = send_task_new (self, cancellable, callback, user_data);
  if (!g_task_return_error_if_cancelled (task) && !channel_send (self, message, task, &error))
    g_task_return_error (task, error);
  cproc_channel_notify_sent (self);
}

/**
 * cproc_channel_send_finish:
 * @self: a channel
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Cproc.Channel.send_async] began.
 *
 * Returns: `TRUE` if the kernel has the message
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_finish (CprocChannel  *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_channel_send_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
