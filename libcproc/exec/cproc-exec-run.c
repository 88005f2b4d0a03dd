/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-exec.h"
#include "cproc-fd-private.h"
#include "cproc-task-private.h"

/**
 * cproc_exec_run:
 * @self: an exec that has not been started
 * @cancellable: (nullable): to end the program early
 * @error: return location for an error
 *
 * Runs the program and waits until it and its streams have ended.
 *
 * Signals are emitted from inside the call; none of the application's own sources run meanwhile.
 * When @cancellable is cancelled the program is ended as by [method@Cproc.Child.kill]. The error's
 * message names the command, its code or signal, and the last line that it wrote to standard error.
 *
 * Returns: `TRUE` if the program ended with exit code 0; else `FALSE` with
 *   [error@Cproc.Error.EXITED], [error@Cproc.Error.SIGNALED],
 *   [error@Cproc.Error.TIMED_OUT], [error@Cproc.Error.OUTPUT_LIMIT],
 *   `G_IO_ERROR_CANCELLED`, or the errors of [method@Cproc.Child.start]
 *
 * Since: 1.0
 */
gboolean
cproc_exec_run (CprocExec     *self,
                GCancellable  *cancellable,
                GError       **error)
{
  CprocChild *child;
  g_autoptr(CprocExec) guard = NULL;
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GMainContext) own_context = NULL;
  gboolean started;

  g_return_val_if_fail (CPROC_IS_EXEC (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_child_check_call (CPROC_CHILD (self), G_STRFUNC, error) ||
      g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  guard = g_object_ref (self);
  child = CPROC_CHILD (self);
  own_context = cproc_fd_ref_thread_default (error);
  context = own_context != NULL ? cproc_fd_new_context (error) : NULL;
  if (context == NULL)
    {
      cproc_child_prefix_start_error (child, error);
      return FALSE;
    }

  started = cproc_child_start_in (child, context, error);
  if (started)
    cproc_child_iterate_until_closed (child, context, cancellable, TRUE);

  /* An exec that is kept for its output must not keep the context and its descriptor. If the exec
   * was running before the call, it belongs to another context and stays there. */
  if (cproc_child_get_priv (child)->context == context)
    cproc_child_set_context (child, own_context);

  return started && cproc_child_check_success (child, error);
}

static void
exec_started (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  CprocChild *child = CPROC_CHILD (source);
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;

  if (cproc_child_start_finish (child, result, &error))
    cproc_child_run_in_task (child, task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * cproc_exec_run_async:
 * @self: an exec that has not been started
 * @cancellable: (nullable): to end the program early
 * @callback: (scope async): called when the program and its streams have ended
 * @user_data: data for @callback
 *
 * Runs the program without blocking; it is started as by [method@Cproc.Child.start_async].
 *
 * Since: 1.0
 */
void
cproc_exec_run_async (CprocExec           *self,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_EXEC (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_child_check_async_call (CPROC_CHILD (self), G_STRFUNC, callback, user_data,
                                     cproc_exec_run_async))
    return;

  task = cproc_task_new (self, cancellable, callback, user_data, cproc_exec_run_async);
  cproc_child_start_async (CPROC_CHILD (self), cancellable, exec_started, task);
}

/**
 * cproc_exec_run_finish:
 * @self: an exec
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Exec.run_async].
 *
 * Returns: `TRUE` if the program ended with exit code 0; the errors are those of
 *   [method@Cproc.Exec.run]
 *
 * Since: 1.0
 */
gboolean
cproc_exec_run_finish (CprocExec     *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_exec_run_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
