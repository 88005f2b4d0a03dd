/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-worker.h"

/* What a worker does by its channel. */

/**
 * cproc_worker_send:
 * @self: a worker that has been started
 * @node: the message
 * @error: return location for an error
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send].
 *
 * Returns: `TRUE` if it was sent or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send (CprocWorker  *self,
                   JsonNode     *node,
                   GError      **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_send (cproc_worker_get_channel (self), node, error);
}

/**
 * cproc_worker_send_text:
 * @self: a worker that has been started
 * @json: the message, as JSON
 * @error: return location for an error
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send_text].
 *
 * Returns: `TRUE` if it was sent or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_text (CprocWorker  *self,
                        const char   *json,
                        GError      **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_send_text (cproc_worker_get_channel (self), json, error);
}

/**
 * cproc_worker_send_variant:
 * @self: a worker that has been started
 * @variant: the message; a floating reference is taken
 * @error: return location for an error
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send_variant].
 *
 * Returns: `TRUE` if it was sent or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_variant (CprocWorker  *self,
                           GVariant     *variant,
                           GError      **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_send_variant (cproc_worker_get_channel (self), variant, error);
}

/**
 * cproc_worker_send_with_fds:
 * @self: a worker that has been started
 * @json: the message, as JSON
 * @fd_list: (nullable): descriptors to send with it
 * @error: return location for an error
 *
 * Sends a message and descriptors to the worker; see [method@Cproc.Channel.send_with_fds].
 *
 * Returns: `TRUE` if it was sent or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_with_fds (CprocWorker  *self,
                            const char   *json,
                            GUnixFDList  *fd_list,
                            GError      **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_send_with_fds (cproc_worker_get_channel (self), json, fd_list, error);
}

/**
 * cproc_worker_send_socket:
 * @self: a worker that has been started
 * @json: the message, as JSON
 * @socket: a socket to send with it
 * @error: return location for an error
 *
 * Sends a message and a socket to the worker; see [method@Cproc.Channel.send_socket].
 *
 * Returns: `TRUE` if it was sent or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_socket (CprocWorker  *self,
                          const char   *json,
                          GSocket      *socket,
                          GError      **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_send_socket (cproc_worker_get_channel (self), json, socket, error);
}

/* The channel's task has the channel as its source: this one has the worker. */
static void
worker_sent (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;

  if (g_async_result_is_tagged (result, cproc_channel_send_async)
        ? cproc_channel_send_finish (CPROC_CHANNEL (source), result, &error)
        : cproc_channel_send_text_finish (CPROC_CHANNEL (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * cproc_worker_send_async:
 * @self: a worker that has been started
 * @node: the message
 * @cancellable: (nullable): to withdraw what has not begun to be written
 * @callback: (scope async) (nullable): called when the kernel has it all
 * @user_data: data for @callback
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send_async].
 *
 * Since: 1.0
 */
void
cproc_worker_send_async (CprocWorker         *self,
                         JsonNode            *node,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_WORKER (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_worker_send_async);
  g_task_set_check_cancellable (task, FALSE);
  cproc_channel_send_async (cproc_worker_get_channel (self), node, cancellable, worker_sent, task);
}

/**
 * cproc_worker_send_finish:
 * @self: a worker
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Worker.send_async].
 *
 * Returns: `TRUE` if the kernel has it all
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_finish (CprocWorker   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_worker_send_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_worker_send_text_async:
 * @self: a worker that has been started
 * @json: the message, as JSON
 * @cancellable: (nullable): to withdraw what has not begun to be written
 * @callback: (scope async) (nullable): called when the kernel has it all
 * @user_data: data for @callback
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send_text_async].
 *
 * Since: 1.0
 */
void
cproc_worker_send_text_async (CprocWorker         *self,
                              const char          *json,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_WORKER (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_worker_send_text_async);
  g_task_set_check_cancellable (task, FALSE);
  cproc_channel_send_text_async (cproc_worker_get_channel (self), json, cancellable, worker_sent,
                                 task);
}

/**
 * cproc_worker_send_text_finish:
 * @self: a worker
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Worker.send_text_async].
 *
 * Returns: `TRUE` if the kernel has it all
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_text_finish (CprocWorker   *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_worker_send_text_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_worker_close_channel:
 * @self: a worker
 *
 * Closes the message channel after all that is queued; the worker is told, and runs on.
 *
 * [signal@Cproc.Worker::disconnected] follows. (Named so because `disconnect` is GObject's own in
 * many languages.)
 *
 * Since: 1.0
 */
void
cproc_worker_close_channel (CprocWorker *self)
{
  g_return_if_fail (CPROC_IS_WORKER (self));

  cproc_channel_close (cproc_worker_get_channel (self));
}
