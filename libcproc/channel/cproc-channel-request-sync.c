/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"

static void
on_answered (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/**
 * cproc_channel_request:
 * @self: a channel
 * @method: the name of the method
 * @params: (nullable) (transfer none): an object or an array, whose descriptors go along, or `NULL`
 * @timeout: how long to wait for the answer, in milliseconds; 0 for no limit
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @error: return location for an error
 *
 * Sends a request to the other side and blocks until it has answered.
 *
 * Messages that come meanwhile are emitted after this has returned, in their order. For the errors
 * see [method@Cproc.Channel.request_finish].
 *
 * Returns: (transfer full): the result, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_channel_request (CprocChannel  *self,
                       const char    *method,
                       CprocMessage  *params,
                       guint          timeout,
                       GCancellable  *cancellable,
                       GError       **error)
{
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GMainContext) outer = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  GTask *task;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (method != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!cproc_channel_check_open (self, error) || !cproc_channel_check_call (self, G_STRFUNC, error))
    return NULL;

  context = g_main_context_new ();
  outer = g_main_context_ref (self->context);
  /* Only this task is for that context: handlers that run meanwhile may make others. */
  g_main_context_push_thread_default (context);
  task = g_task_new (self, cancellable, on_answered, &result);
  g_main_context_pop_thread_default (context);
  g_task_set_source_tag (task, cproc_channel_request_async);

  self->sync_depth++;
  cproc_channel_set_context (self, context);

  cproc_channel_start_request (self, method, params, timeout, task);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);

  self->sync_depth--;
  cproc_channel_set_context (self, outer);

  return cproc_channel_request_finish (self, result, error);
}
