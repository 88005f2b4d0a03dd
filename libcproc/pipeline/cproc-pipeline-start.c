/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-pipeline-private.h"
#include "cproc-thread-private.h"

/* start_async() on its way. The library's thread has `launch` until `spawned`. */
struct _CprocPipelineStart
{
  CprocPipeline *pipeline; /* not held: the task holds it */
  CprocPipelineLaunch *launch;
  GTask *task; /* NULL: it is over */
  GTask *spawn_task; /* returns in the pipeline's context */
  GSource *cancelled_source;
  CprocWatch watch;

  GMutex mutex;
  GCond cond;
  gboolean spawned;
  GError *error;
};

static void
start_clear (gpointer data)
{
  CprocPipelineStart *self = data;

  g_clear_pointer (&self->launch, cproc_pipeline_launch_free);
  g_clear_error (&self->error);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
}

static void
start_unref (CprocPipelineStart *self)
{
  g_atomic_rc_box_release_full (self, start_clear);
}

static gboolean
pipeline_check_startable (CprocPipeline  *self,
                          GError        **error)
{
  g_autofree char *name = NULL;

  if (self->state != CPROC_STATE_NEW)
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED,
                         _("The pipeline has been started already"));
  else if (self->stages->len == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         _("The pipeline has no stages"));
  else if (self->mistake >= 0)
    {
      CprocChild *child = cproc_pipeline_get_stage (self, (guint) self->mistake);

      name = cproc_command_dup_name (cproc_child_get_command (child));
      g_set_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED,
                   _("Stage %d of %u: “%s” has been started already, or belongs to another "
                     "pipeline"),
                   self->mistake + 1, self->stages->len, name);
      cproc_pipeline_set_failed_stage (self, self->mistake);
    }
  else
    return TRUE;

  return FALSE;
}

/**
 * cproc_pipeline_start:
 * @self: a pipeline that has not been started
 * @error: return location for an error
 *
 * Starts all stages or none.
 *
 * The processes of all stages are made first, and held; when all are there they run their programs,
 * the last stage first. So when one cannot be started no program has run, and nothing is left. The
 * error is that of [method@Cproc.Child.start] for that stage; its message begins with the stage,
 * and [property@Cproc.Pipeline:failed-stage] has its number. The state is `NEW` again.
 *
 * That a file cannot be executed (its format is unknown, or it is being written) is found only when
 * its turn comes. Then the other stages are ended with SIGKILL before the call returns.
 *
 * A stage whose stream leads elsewhere than to its neighbour is `G_IO_ERROR_INVALID_ARGUMENT`, as
 * is a pipeline without stages; a second start, or a child that had been started or that belongs to
 * another pipeline, is [error@Cproc.Error.ALREADY_STARTED].
 *
 * Returns: `TRUE` if all programs run
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_start (CprocPipeline  *self,
                      GError        **error)
{
  g_autoptr(CprocPipeline) guard = NULL;
  g_autoptr(GMainContext) context = NULL;
  CprocPipelineLaunch *launch;
  GError *local_error = NULL;
  GSList *writers = NULL;
  gboolean runs;

  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_pipeline_check_call (self, G_STRFUNC, error) ||
      !pipeline_check_startable (self, error) ||
      !(context = cproc_fd_ref_thread_default (error)))
    return FALSE;

  guard = g_object_ref (self);
  launch = cproc_pipeline_launch_new (self, context);
  runs = cproc_pipeline_launch_begin (launch, &local_error) &&
         cproc_pipeline_launch_spawn (launch, &local_error) &&
         cproc_pipeline_launch_go (launch, NULL, NULL, &local_error);
  if (runs)
    cproc_pipeline_launch_adopt (launch);
  else
    writers = cproc_pipeline_launch_undo (launch, &local_error);

  cproc_pipeline_launch_free (launch);
  if (!runs)
    g_propagate_error (error, local_error);
  cproc_pipeline_abandon_writers (writers);

  return runs;
}

/* Takes the error. */
static void
start_complete (CprocPipelineStart *self,
                GError             *error)
{
  CprocPipeline *pipeline = self->pipeline;
  g_autoptr(GTask) task = g_steal_pointer (&self->task);
  GSList *writers = NULL;

  cproc_watch_stop (&self->watch);
  if (self->cancelled_source != NULL)
    g_source_destroy (self->cancelled_source);
  g_clear_pointer (&self->cancelled_source, g_source_unref);
  pipeline->start = NULL;

  if (error == NULL)
    {
      cproc_pipeline_launch_adopt (self->launch);
      g_task_return_boolean (task, TRUE);
    }
  else
    {
      writers = cproc_pipeline_launch_undo (self->launch, &error);
      g_array_set_size (pipeline->pending, 0);
      cproc_pipeline_set_state (pipeline, CPROC_STATE_NEW);
      cproc_pipeline_complete_waits (pipeline, error);
      g_task_return_error (task, error);
      cproc_pipeline_abandon_writers (writers);
    }
  start_unref (self);
}

static void
start_go_on (gpointer user_data)
{
  CprocPipelineStart *self = user_data;
  GError *error = NULL;
  GIOCondition condition;
  int fd;

  cproc_watch_stop (&self->watch);
  if (cproc_pipeline_launch_go (self->launch, &fd, &condition, &error) || error != NULL)
    start_complete (self, error);
  else
    cproc_watch_start (&self->watch, g_task_get_context (self->task), fd, condition, start_go_on,
                       self);
}

static void
start_spawned (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  CprocPipelineStart *self = user_data;

  /* It may be over: cancelled, or finished by a synchronous call. What the helpers tell is not for
   * a fork to take away. */
  if (self->task != NULL &&
      !cproc_child_is_foreign (cproc_pipeline_get_stage (self->pipeline, 0)))
    {
      if (self->error != NULL)
        start_complete (self, g_steal_pointer (&self->error));
      else
        start_go_on (self);
    }
  start_unref (self);
}

/* In the library's thread. */
static gboolean
start_spawn (gpointer user_data)
{
  CprocPipelineStart *self = user_data;
  g_autoptr(GTask) task = g_steal_pointer (&self->spawn_task);
  GError *error = NULL;

  cproc_pipeline_launch_spawn (self->launch, &error);
  g_mutex_lock (&self->mutex);
  self->error = error;
  self->spawned = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

/* The library's thread makes processes, which never takes long. */
static void
start_await_spawned (CprocPipelineStart *self)
{
  g_mutex_lock (&self->mutex);
  while (!self->spawned)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

static gboolean
start_cancelled (GCancellable *cancellable,
                 gpointer      user_data)
{
  CprocPipelineStart *self = user_data;
  GError *error = NULL;

  if (cproc_child_is_foreign (cproc_pipeline_get_stage (self->pipeline, 0)))
    return G_SOURCE_REMOVE;

  start_await_spawned (self);
  g_cancellable_set_error_if_cancelled (cancellable, &error);
  start_complete (self, error);

  return G_SOURCE_REMOVE;
}

void
cproc_pipeline_finish_pending_start (CprocPipeline *self)
{
  CprocPipelineStart *start = self->start;
  GError *error = NULL;

  if (start == NULL)
    return;

  start_await_spawned (start);
  error = g_steal_pointer (&start->error);
  if (error == NULL)
    cproc_pipeline_launch_go (start->launch, NULL, NULL, &error);
  start_complete (start, error);
}

/* Takes the task. */
static void
start_begin (CprocPipeline       *pipeline,
             CprocPipelineLaunch *launch,
             GTask               *task)
{
  CprocPipelineStart *self = g_atomic_rc_box_new0 (CprocPipelineStart);
  GCancellable *cancellable = g_task_get_cancellable (task);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->pipeline = pipeline;
  self->launch = launch;
  self->task = task;
  pipeline->start = self;

  if (cancellable != NULL)
    {
      self->cancelled_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancelled_source, G_SOURCE_FUNC (start_cancelled), self, NULL);
      g_source_attach (self->cancelled_source, g_task_get_context (task));
    }

  self->spawn_task = g_task_new (pipeline, NULL, start_spawned, g_atomic_rc_box_acquire (self));
  g_task_set_source_tag (self->spawn_task, start_spawn);
  cproc_thread_push (start_spawn, self);
  cproc_pipeline_set_state (pipeline, CPROC_STATE_STARTING);
}

/**
 * cproc_pipeline_start_async:
 * @self: a pipeline that has not been started
 * @cancellable: (nullable): to give up the start
 * @callback: (scope async): called when all programs run, or none
 * @user_data: data for @callback
 *
 * Starts all stages or none, without blocking; see [method@Cproc.Pipeline.start].
 *
 * [property@Cproc.Pipeline:state] is `STARTING` meanwhile. When the start is cancelled no process
 * stays, and the pipeline is as new.
 *
 * Since: 1.0
 */
void
cproc_pipeline_start_async (CprocPipeline       *self,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(GMainContext) context = NULL;
  CprocPipelineLaunch *launch;
  GError *error = NULL;
  GSList *writers;

  g_return_if_fail (CPROC_IS_PIPELINE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  context = g_main_context_ref_thread_default ();
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_pipeline_start_async);
  g_task_set_check_cancellable (task, FALSE);

  if (!cproc_pipeline_check_call (self, G_STRFUNC, &error) ||
      !pipeline_check_startable (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (g_task_return_error_if_cancelled (task))
    return;

  launch = cproc_pipeline_launch_new (self, context);
  if (cproc_pipeline_launch_begin (launch, &error))
    {
      start_begin (self, launch, g_steal_pointer (&task));
      return;
    }

  writers = cproc_pipeline_launch_undo (launch, &error);
  cproc_pipeline_launch_free (launch);
  g_task_return_error (task, error);
  cproc_pipeline_abandon_writers (writers);
}

/**
 * cproc_pipeline_start_finish:
 * @self: a pipeline
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Pipeline.start_async].
 *
 * The errors are those of [method@Cproc.Pipeline.start], and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: `TRUE` if all programs run
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_start_finish (CprocPipeline  *self,
                             GAsyncResult   *result,
                             GError        **error)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_pipeline_start_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
