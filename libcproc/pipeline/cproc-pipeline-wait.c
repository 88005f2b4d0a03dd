/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-pipeline-private.h"
#include "cproc-task-private.h"

static gboolean
pipeline_check_waitable (CprocPipeline  *self,
                         const char     *function,
                         GError        **error)
{
  if (!cproc_pipeline_check_call (self, function, error))
    return FALSE;
  if (self->state >= CPROC_STATE_STARTING)
    return TRUE;

  g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING,
                       _("The pipeline has not been started"));

  return FALSE;
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  gboolean *cancelled = user_data;

  *cancelled = TRUE;

  return G_SOURCE_REMOVE;
}

static void
iterate_until_closed (CprocPipeline *self,
                      GMainContext  *context,
                      GCancellable  *cancellable)
{
  g_autoptr(GSource) source = NULL;
  gboolean cancelled = FALSE;

  if (cancellable != NULL)
    {
      source = g_cancellable_source_new (cancellable);
      g_source_set_callback (source, G_SOURCE_FUNC (on_cancelled), &cancelled, NULL);
      g_source_attach (source, context);
    }

  while (self->state != CPROC_STATE_CLOSED && !cancelled)
    g_main_context_iteration (context, TRUE);

  if (source != NULL)
    g_source_destroy (source);
  /* The callbacks of what has been written come before the return. */
  for (guint i = 0; i < self->stages->len; i++)
    {
      CprocPipeWriter *writer = cproc_child_get_priv (cproc_pipeline_get_stage (self, i))->writer;

      if (writer != NULL)
        cproc_pipe_writer_return_done (writer);
    }
  cproc_task_flush (context);
}

/**
 * cproc_pipeline_wait:
 * @self: a pipeline that has been started
 * @cancellable: (nullable): to give up the wait; the stages are left alone
 * @error: return location for an error
 *
 * Waits until all stages are closed.
 *
 * The signals of the stages are emitted from inside the call; none of the application's own sources
 * run meanwhile. A bad end of a stage is not an error here: see [method@Cproc.Pipeline.wait_check].
 *
 * Returns: `TRUE` if the pipeline is closed; else `FALSE` with `G_IO_ERROR_CANCELLED`, or
 *   [error@Cproc.Error.NOT_RUNNING] if it was not started
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_wait (CprocPipeline  *self,
                     GCancellable   *cancellable,
                     GError        **error)
{
  g_autoptr(CprocPipeline) guard = NULL;
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GMainContext) old_context = NULL;

  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  guard = g_object_ref (self);
  if (!pipeline_check_waitable (self, G_STRFUNC, error))
    return FALSE;
  cproc_pipeline_finish_pending_start (self);
  /* That start may have failed. */
  if (!pipeline_check_waitable (self, G_STRFUNC, error))
    return FALSE;
  if (self->state == CPROC_STATE_CLOSED)
    return TRUE;
  if (self->state == CPROC_STATE_STARTING)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("The start of the pipeline is under way"));
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  context = cproc_fd_new_context (error);
  if (context == NULL)
    return FALSE;

  old_context = g_main_context_ref (self->context);
  cproc_pipeline_set_context (self, context);
  iterate_until_closed (self, context, cancellable);
  cproc_pipeline_set_context (self, old_context);

  return self->state == CPROC_STATE_CLOSED ||
         !g_cancellable_set_error_if_cancelled (cancellable, error);
}

/**
 * cproc_pipeline_wait_check:
 * @self: a pipeline that has been started
 * @cancellable: (nullable): to give up the wait; the stages are left alone
 * @error: return location for an error
 *
 * As [method@Cproc.Pipeline.wait], but the failure of a stage is an error.
 *
 * It is the error of the first stage, by its place, that failed; its message has a line for each
 * further one. A stage before the last one that was ended by SIGPIPE, or exited with code 141 (a
 * shell's word for it), has not failed: its reader had read enough. See also
 * [property@Cproc.Pipeline:pipefail].
 *
 * Returns: `TRUE` if no stage failed; else `FALSE` with the errors of [method@Cproc.Pipeline.wait]
 *   or of [method@Cproc.Child.wait_check]
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_wait_check (CprocPipeline  *self,
                           GCancellable   *cancellable,
                           GError        **error)
{
  GError *failure;
  int stage;

  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);

  if (!cproc_pipeline_wait (self, cancellable, error))
    return FALSE;

  failure = cproc_pipeline_dup_failure (self, &stage);
  if (failure == NULL)
    return TRUE;

  g_propagate_error (error, failure);

  return FALSE;
}

static void
pipeline_wait_async (CprocPipeline       *self,
                     gboolean             check,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data,
                     gpointer             source_tag,
                     const char          *function)
{
  g_autoptr(GTask) task = cproc_task_new (self, cancellable, callback, user_data, source_tag);
  GError *error = NULL;

  if (!pipeline_check_waitable (self, function, &error))
    g_task_return_error (task, error);
  else
    cproc_pipeline_add_wait (self, task, check);
}

static gboolean
pipeline_wait_finish (CprocPipeline  *self,
                      GAsyncResult   *result,
                      gpointer        source_tag,
                      GError        **error)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, source_tag), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_pipeline_wait_async:
 * @self: a pipeline that has been started
 * @cancellable: (nullable): to give up the wait; the stages are left alone
 * @callback: (scope async): called when the pipeline is closed
 * @user_data: data for @callback
 *
 * Waits until all stages are closed, without blocking.
 *
 * Since: 1.0
 */
void
cproc_pipeline_wait_async (CprocPipeline       *self,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (CPROC_IS_PIPELINE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  pipeline_wait_async (self, FALSE, cancellable, callback, user_data, cproc_pipeline_wait_async,
                       G_STRFUNC);
}

/**
 * cproc_pipeline_wait_finish:
 * @self: a pipeline
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Pipeline.wait_async].
 *
 * Returns: `TRUE` if the pipeline is closed; the errors are those of [method@Cproc.Pipeline.wait]
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_wait_finish (CprocPipeline  *self,
                            GAsyncResult   *result,
                            GError        **error)
{
  return pipeline_wait_finish (self, result, cproc_pipeline_wait_async, error);
}

/**
 * cproc_pipeline_wait_check_async:
 * @self: a pipeline that has been started
 * @cancellable: (nullable): to give up the wait; the stages are left alone
 * @callback: (scope async): called when the pipeline is closed
 * @user_data: data for @callback
 *
 * Waits until all stages are closed, without blocking; the failure of a stage is an error.
 *
 * Since: 1.0
 */
void
cproc_pipeline_wait_check_async (CprocPipeline       *self,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_return_if_fail (CPROC_IS_PIPELINE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  pipeline_wait_async (self, TRUE, cancellable, callback, user_data,
                       cproc_pipeline_wait_check_async, G_STRFUNC);
}

/**
 * cproc_pipeline_wait_check_finish:
 * @self: a pipeline
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Pipeline.wait_check_async].
 *
 * Returns: `TRUE` if no stage failed; the errors are those of [method@Cproc.Pipeline.wait_check]
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_wait_check_finish (CprocPipeline  *self,
                                  GAsyncResult   *result,
                                  GError        **error)
{
  return pipeline_wait_finish (self, result, cproc_pipeline_wait_check_async, error);
}
