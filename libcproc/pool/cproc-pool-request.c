/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "cproc-context-private.h"
#include "cproc-error.h"
#include "cproc-pool-private.h"

static gboolean
pool_check_call (CprocPool   *self,
                 const char  *function,
                 GError     **error)
{
  if (cproc_context_is_here (self->context, self->thread))
    return TRUE;

  g_critical ("%s: called from another thread than that of the pool's main context", function);
  g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                       _("The pool belongs to another thread, and its methods are called from "
                         "there"));

  return FALSE;
}

/* FALSE: the task has returned the error, in the main context of the caller. */
static gboolean
pool_check_async_call (CprocPool  *self,
                       const char *function,
                       GTask      *task)
{
  GError *error = NULL;

  if (pool_check_call (self, function, &error))
    return TRUE;

  g_task_return_error (task, error);

  return FALSE;
}

/**
 * cproc_pool_request_async:
 * @self: a pool
 * @method: the name of a method
 * @params: (nullable) (transfer none): its parameters: an object or an array
 * @timeout: for how many milliseconds the answer may take, counted from now; 0 for no limit
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async): called when the request has ended
 * @user_data: data for @callback
 *
 * Gives a request to a worker, as soon as one is free.
 *
 * See [method@Cproc.Pool.request_full_async].
 *
 * Since: 1.0
 */
void
cproc_pool_request_async (CprocPool           *self,
                          const char          *method,
                          CprocMessage        *params,
                          guint                timeout,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  cproc_pool_request_full_async (self, method, params, 0, NULL, timeout, cancellable, callback,
                                 user_data);
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  CprocPoolCall *call = user_data;
  g_autoptr(CprocPool) self = g_object_ref (g_task_get_source_object (call->task));

  cproc_pool_core_cancel (&self->core, call->request);

  return G_SOURCE_REMOVE;
}

/**
 * cproc_pool_request_full_async:
 * @self: a pool
 * @method: the name of a method
 * @params: (nullable) (transfer none): its parameters: an object or an array
 * @priority: the higher one comes first; 0 is usual
 * @key: (nullable): requests with one key go to one worker, as long as it lives
 * @timeout: for how many milliseconds the answer may take, counted from now; 0 for no limit
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async): called when the request has ended
 * @user_data: data for @callback
 *
 * Gives a request to a worker, as soon as one is free, with a priority and a key.
 *
 * The error is from `CPROC_REPLY_ERROR` if the worker answered with one, which
 * [func@Cproc.Pool.request_get_error_data] has more of; [error@Cproc.Error.TIMED_OUT] or
 * `G_IO_ERROR_CANCELLED` if it took too long or was cancelled; [error@Cproc.Error.WORKER_ENDED] if
 * the worker ended; [error@Cproc.Error.QUEUE_FULL] if too many wait;
 * [error@Cproc.Error.CLOSED] if the pool is closed; [error@Cproc.Error.MESSAGE_TOO_LARGE]; the
 * error of the start if no worker can be started; and `G_IO_ERROR_INVALID_ARGUMENT` if @params is
 * neither an object nor an array.
 *
 * Since: 1.0
 */
void
cproc_pool_request_full_async (CprocPool           *self,
                               const char          *method,
                               CprocMessage        *params,
                               int                  priority,
                               const char          *key,
                               guint                timeout,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  CprocPoolCall *call;

  g_return_if_fail (CPROC_IS_POOL (self));
  g_return_if_fail (method != NULL && g_utf8_validate (method, -1, NULL));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_pool_request_full_async);
  g_task_set_check_cancellable (task, FALSE);
  if (!pool_check_async_call (self, G_STRFUNC, task) || g_task_return_error_if_cancelled (task))
    return;
  if (!cproc_pool_are_params (params))
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s",
                               _("The parameters of a request must be an object or an array"));
      return;
    }

  call = g_new0 (CprocPoolCall, 1);
  call->task = g_object_ref (task);
  call->method = g_strdup (method);
  call->params = params != NULL ? cproc_message_ref (params) : NULL;
  if (cancellable != NULL)
    {
      call->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (call->cancel, G_SOURCE_FUNC (on_cancelled), call, NULL);
      g_source_attach (call->cancel, self->context);
    }

  cproc_pool_core_push (&self->core, call, priority, key, timeout, &call->request);
}

/**
 * cproc_pool_request_finish:
 * @self: a pool
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes a request.
 *
 * Returns: (transfer full): the result, with the descriptors that came with it; or `NULL` with an
 *   error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_pool_request_finish (CprocPool     *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (CPROC_IS_POOL (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_pool_request_full_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_pool_request_get_error_data:
 * @result: what the callback of a request got
 *
 * Gets what a worker has sent along with the error that it answered with.
 *
 * Returns: (transfer full) (nullable): the `data` of the error, or `NULL` if there is none
 *
 * Since: 1.0
 */
CprocMessage *
cproc_pool_request_get_error_data (GAsyncResult *result)
{
  CprocMessage *data;

  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_pool_request_full_async), NULL);

  data = g_task_get_task_data (G_TASK (result));

  return data != NULL ? cproc_message_ref (data) : NULL;
}

/**
 * cproc_pool_broadcast:
 * @self: a pool
 * @method: the name of a method
 * @params: (nullable) (transfer none): its parameters: an object or an array
 *
 * Sends a notification, which is not answered, to every worker that runs now.
 *
 * Since: 1.0
 */
void
cproc_pool_broadcast (CprocPool    *self,
                      const char   *method,
                      CprocMessage *params)
{
  g_autoptr(CprocPool) guard = NULL;

  g_return_if_fail (CPROC_IS_POOL (self));
  g_return_if_fail (method != NULL && g_utf8_validate (method, -1, NULL));
  g_return_if_fail (cproc_pool_are_params (params));

  if (!pool_check_call (self, G_STRFUNC, NULL))
    return;

  guard = g_object_ref (self);
  for (guint i = 0; i < self->workers->len; i++)
    cproc_worker_notify_peer (g_ptr_array_index (self->workers, i), method, params, NULL);
}

/**
 * cproc_pool_drain_async:
 * @self: a pool
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async): called when nothing is pending
 * @user_data: data for @callback
 *
 * Waits until the queue is empty and no worker is busy. Requests that come meanwhile count as well.
 * If it is cancelled the wait ends; the requests go on.
 *
 * Since: 1.0
 */
void
cproc_pool_drain_async (CprocPool           *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (CPROC_IS_POOL (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_pool_drain_async);
  if (!pool_check_async_call (self, G_STRFUNC, task) || g_task_return_error_if_cancelled (task))
    return;

  cproc_pool_add_wait (&self->drains, task);
  if (!self->core.busy)
    cproc_pool_return_waits (&self->drains);
}

/**
 * cproc_pool_drain_finish:
 * @self: a pool
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Pool.drain_async].
 *
 * Returns: `TRUE` if nothing was pending
 *
 * Since: 1.0
 */
gboolean
cproc_pool_drain_finish (CprocPool     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_pool_drain_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_pool_close_async:
 * @self: a pool
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async): called when the last worker is gone
 * @user_data: data for @callback
 *
 * Closes the pool: it takes no more requests, does what is queued, and lets its workers go.
 *
 * If it is cancelled later the wait ends, and the pool is closed all the same.
 *
 * Since: 1.0
 */
void
cproc_pool_close_async (CprocPool           *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(CprocPool) guard = NULL;
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (CPROC_IS_POOL (self));

  guard = g_object_ref (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_pool_close_async);
  if (!pool_check_async_call (self, G_STRFUNC, task) || g_task_return_error_if_cancelled (task))
    return;

  cproc_pool_add_wait (&self->closes, task);
  if (self->core.state == CPROC_POOL_CORE_CLOSED)
    cproc_pool_return_waits (&self->closes);
  else
    cproc_pool_core_close (&self->core);
}

/**
 * cproc_pool_close_finish:
 * @self: a pool
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Pool.close_async].
 *
 * Returns: `TRUE` if the pool is closed
 *
 * Since: 1.0
 */
gboolean
cproc_pool_close_finish (CprocPool     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_pool_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_pool_abort:
 * @self: a pool
 *
 * Gives up: everything that is pending fails with [error@Cproc.Error.CLOSED], and the workers are
 * killed.
 *
 * Since: 1.0
 */
void
cproc_pool_abort (CprocPool *self)
{
  g_autoptr(CprocPool) guard = NULL;

  g_return_if_fail (CPROC_IS_POOL (self));

  if (!pool_check_call (self, G_STRFUNC, NULL))
    return;

  guard = g_object_ref (self);
  cproc_pool_core_abort (&self->core);
}

static void
add_current (CprocPool       *self,
             GVariantBuilder *builder)
{
  const struct
  {
    const char *name;
    guint value;
  } current[] = {
    { "queued", cproc_pool_core_get_n_queued (&self->core) },
    { "running", self->core.n_running },
    { "workers", self->core.slots->len },
    { "idle", cproc_pool_core_get_n_idle (&self->core) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (current); i++)
    g_variant_builder_add (builder, "{sv}", current[i].name,
                           g_variant_new_uint32 (current[i].value));
}

static void
add_totals (const CprocPoolStatistics *all,
            GVariantBuilder           *builder)
{
  const struct
  {
    const char *name;
    guint64 value;
  } totals[] = {
    { "submitted", all->submitted }, { "completed", all->completed }, { "failed", all->failed },
    { "timed-out", all->timed_out }, { "cancelled", all->cancelled }, { "retried", all->retried },
    { "started", all->started }, { "ended", all->ended },
  };

  for (guint i = 0; i < G_N_ELEMENTS (totals); i++)
    g_variant_builder_add (builder, "{sv}", totals[i].name,
                           g_variant_new_uint64 (totals[i].value));
}

/**
 * cproc_pool_dup_statistics:
 * @self: a pool
 *
 * Gets what the pool has done.
 *
 * An `a{sv}` with these numbers of now (`u`): `queued`, `running`, `workers`, `idle`; these of all
 * time (`t`): `submitted`, `completed`, `failed`, `timed-out`, `cancelled`, `retried` for requests,
 * and `started`, `ended` for workers; and for the time that requests waited and ran, in
 * microseconds, `wait-time-count`, `wait-time-sum`, `wait-time-max` and `wait-time` (`at`: how many
 * took less than 2, 4, 8 and so on), and the same as `run-time`.
 *
 * Returns: (transfer full): the statistics
 *
 * Since: 1.0
 */
GVariant *
cproc_pool_dup_statistics (CprocPool *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (CPROC_IS_POOL (self), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_current (self, &builder);
  add_totals (&self->core.statistics, &builder);
  cproc_pool_times_dup (&self->core.statistics.wait_time, &builder, "wait-time");
  cproc_pool_times_dup (&self->core.statistics.run_time, &builder, "run-time");

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
