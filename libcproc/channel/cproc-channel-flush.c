/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <poll.h>

#include "cproc-channel-internal-private.h"

/* Keeps the messages that come during a flush. Otherwise two sides that flush at the same time
 * would wait for each other. At exit they are dropped. */
static void
receive_meanwhile (CprocChannel *self,
                   gboolean      keep_input)
{
  CprocReceiveResult result;
  gsize length;

  if (keep_input)
    result = cproc_receive_queue_receive (&self->receive_queue, self->fd, &length);
  else
    result = cproc_receive_queue_discard (self->fd);

  if (result == CPROC_RECEIVE_END)
    self->at_end = TRUE;
}

static void
wait_for_socket (CprocChannel *self,
                 gboolean      keep_input,
                 gint64        deadline,
                 GCancellable *cancellable)
{
  GPollFD cancel = { .fd = -1 };
  struct pollfd fds[3] = { { .fd = self->fd }, { .fd = -1, .events = POLLIN }, { .fd = -1 } };
  int timeout = -1;
  int input_events;

  if (g_cancellable_make_pollfd (cancellable, &cancel))
    fds[1].fd = cancel.fd;
  else if (cancellable != NULL)
    timeout = CPROC_SEND_RETRY_MSEC; /* out of descriptors: try again now and then */

  if (!self->retry && self->write_fd == self->fd)
    fds[0].events |= POLLOUT;
  else if (!self->retry)
    fds[2] = (struct pollfd) { .fd = self->write_fd, .events = POLLOUT };
  else
    timeout = CPROC_SEND_RETRY_MSEC;

  if (deadline >= 0)
    {
      gint64 left = MAX (0, (deadline - g_get_monotonic_time ()) / 1000 + 1);

      timeout = timeout < 0 ? (int) MIN (left, G_MAXINT) : (int) MIN (left, timeout);
    }

  /* A pipe would report its end again and again. */
  if (self->at_end && self->input != NULL)
    fds[0].fd = -1;
  if (!self->at_end && !(keep_input && cproc_receive_queue_is_full (&self->receive_queue)))
    fds[0].events |= POLLIN;

  input_events = self->input != NULL ? POLLIN | POLLHUP : POLLIN;
  if (poll (fds, G_N_ELEMENTS (fds), timeout) > 0 && (fds[0].revents & input_events) != 0)
    receive_meanwhile (self, keep_input);

  if (cancel.fd >= 0)
    g_cancellable_release_fd (cancellable);
}

gboolean
cproc_channel_flush_blocking (CprocChannel  *self,
                              gboolean       keep_input,
                              gint64         deadline,
                              GCancellable  *cancellable,
                              GError       **error)
{
  while (self->send_queue.head != NULL)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      cproc_channel_write_queue (self);
      if (self->send_queue.head != NULL)
        wait_for_socket (self, keep_input && self->state == CPROC_CHANNEL_OPEN, deadline,
                         cancellable);
      if (deadline >= 0 && self->send_queue.head != NULL && g_get_monotonic_time () >= deadline)
        break;
    }

  if (!self->send_queue.lost)
    return self->send_queue.head == NULL;

  g_propagate_error (error, cproc_channel_lost ());

  return FALSE;
}

/**
 * cproc_channel_flush:
 * @self: a channel
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @error: return location for an error
 *
 * Blocks until the kernel has all that was sent.
 *
 * No main loop runs meanwhile, and no signal is emitted but notifications of properties. A side
 * that does not read makes this wait, so it is for workers and other programs without a user
 * interface.
 *
 * ```c
 * cproc_channel_send (channel, message, NULL);
 * cproc_channel_flush (channel, NULL, NULL);
 * compute_for_long ();
 * ```
 *
 * The channel to the parent needs no flush at the end: what is left is written by `exit()`.
 *
 * If the other side ends before it has taken everything the error is
 * [error@Cproc.Error.CHANNEL_CLOSED].
 *
 * Returns: `TRUE` if the kernel has everything
 *
 * Since: 1.0
 */
gboolean
cproc_channel_flush (CprocChannel  *self,
                     GCancellable  *cancellable,
                     GError       **error)
{
  gboolean flushed;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_channel_check_call (self, G_STRFUNC, error) ||
      g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  flushed = cproc_channel_flush_blocking (self, TRUE, -1, cancellable, error);
  cproc_channel_notify (self);

  return flushed;
}

/**
 * cproc_channel_flush_async:
 * @self: a channel
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when everything is written
 * @user_data: data for the callback
 *
 * Waits, without blocking, until the kernel has all that was sent before this call.
 *
 * Since: 1.0
 */
void
cproc_channel_flush_async (CprocChannel        *self,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  CprocSendItem mark = { 0 };

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_channel_check_async_call (self, G_STRFUNC, callback, user_data,
                                       cproc_channel_flush_async))
    return;

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_channel_flush_async);
  g_task_set_check_cancellable (task, FALSE);

  if (g_task_return_error_if_cancelled (task))
    return;

  if (self->send_queue.lost)
    g_task_return_error (task, cproc_channel_lost ());
  else if (self->send_queue.head != NULL)
    cproc_channel_push_task (self, &mark, task);
  else if (self->source != NULL)
    g_queue_push_tail (&self->send_queue.done, g_steal_pointer (&task)); /* in order */
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * cproc_channel_flush_finish:
 * @self: a channel
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Channel.flush_async] began.
 *
 * Returns: `TRUE` if the kernel has everything
 *
 * Since: 1.0
 */
gboolean
cproc_channel_flush_finish (CprocChannel  *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_channel_flush_async), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
