/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"


#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-source-private.h"
#include "cproc-thread-private.h"

/* A start that is on its way through the library's thread. It has a state of its own: after a
 * cancellation it runs to its end by itself, while the child is already in the state NEW again.
 *
 * Written by the library's thread until `spawned`, then by the child's thread only, but for
 * `cancelled`. */
struct _CprocStart
{
  gatomicrefcount ref_count;
  CprocChild *child; /* not held: the task holds it */
  CprocLaunch *launch;
  GTask *task;

  GMutex mutex;
  GCond cond;
  gboolean spawned;
  gboolean cancelled;
  GError *error;

  GSource *spawned_source; /* in the child's context; made ready by the library's thread */
  GSource *cancelled_source;
  CprocWatch status_watch;
};

/* Takes the launch and the task. */
static CprocStart *
start_new (CprocChild  *child,
           CprocLaunch *launch,
           GTask       *task)
{
  CprocStart *self = g_new0 (CprocStart, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->child = child;
  self->launch = launch;
  self->task = task;

  return self;
}

static CprocStart *
start_ref (CprocStart *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
start_unref (CprocStart *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->launch, cproc_launch_free);
  g_clear_error (&self->error);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self);
}

static void
start_clear_sources (CprocStart *self)
{
  cproc_source_clear (&self->spawned_source);
  cproc_source_clear (&self->cancelled_source);
  cproc_watch_stop (&self->status_watch);
}

static void
start_abandon_writer (CprocPipeWriter *writer)
{
  if (writer == NULL)
    return;

  cproc_pipe_writer_abandon (writer);
  cproc_pipe_writer_unref (writer);
}

gboolean
cproc_child_start_in (CprocChild    *self,
                      GMainContext  *context,
                      GError       **error)
{
  g_autoptr(CprocLaunch) launch = NULL;
  g_autoptr(GError) start_error = NULL;
  gboolean runs;

  launch = cproc_child_take_prepared (self, context);
  if (launch != NULL)
    runs = cproc_launch_confirm (launch, &start_error);
  else if (!cproc_child_check_new (self, error))
    return FALSE;
  else if (!(launch = cproc_child_begin_launch (self, context, FALSE, &start_error)))
    runs = FALSE;
  else
    runs = cproc_launch_run (launch, &start_error);

  if (!runs)
    {
      CprocPipeWriter *writer = cproc_child_steal_writer (self);

      if (launch != NULL)
        cproc_child_unprepare (self);
      cproc_run_fail (cproc_child_get_run (self));
      cproc_child_fail_reads (self, start_error);
      start_abandon_writer (writer);
      g_propagate_error (error, g_steal_pointer (&start_error));
      return FALSE;
    }

  cproc_child_program_runs (self, launch);

  return TRUE;
}

/**
 * cproc_child_start:
 * @self: a child that has not been started
 * @error: return location for an error
 *
 * Starts the program, and returns when it runs.
 *
 * The error names the program and the step that failed. A program that does not exist is
 * `G_SPAWN_ERROR_NOENT`, a directory that it cannot run in `G_SPAWN_ERROR_CHDIR`, too few
 * descriptors `G_IO_ERROR_TOO_MANY_OPEN_FILES`, and a second start
 * [error@Cproc.Error.ALREADY_STARTED]. After a failure the child is as new.
 *
 * The call waits until the program has been loaded, some milliseconds at the most; a program with a
 * user interface should use [method@Cproc.Child.start_async].
 *
 * Returns: `TRUE` if the program runs
 *
 * Since: 1.0
 */
gboolean
cproc_child_start (CprocChild  *self,
                   GError     **error)
{
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(CprocChild) guard = NULL;

  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_child_check_call (self, G_STRFUNC, error))
    return FALSE;

  guard = g_object_ref (self);
  context = cproc_fd_ref_thread_default (error);
  if (context == NULL)
    cproc_child_prefix_start_error (self, error);

  return context != NULL && cproc_child_start_in (self, context, error);
}

/* Ends the process of a start that was cancelled while the process was being made. */
static void
start_discard (CprocStart *self)
{
  if (self->error == NULL && cproc_launch_get_job (self->launch) != NULL)
    cproc_job_signal (cproc_launch_get_job (self->launch), SIGKILL, NULL);
  start_unref (self);
}

/* In the library's thread. */
static gboolean
start_spawn (gpointer user_data)
{
  CprocStart *self = user_data;
  g_autoptr(GError) error = NULL;
  gboolean cancelled;

  /* Do not make a process for a start that is already cancelled: there may be many of them. */
  g_mutex_lock (&self->mutex);
  cancelled = self->cancelled;
  g_mutex_unlock (&self->mutex);
  if (!cancelled)
    cproc_launch_spawn (self->launch, &error);

  g_mutex_lock (&self->mutex);
  self->error = g_steal_pointer (&error);
  self->spawned = TRUE;
  cancelled = self->cancelled;
  g_cond_signal (&self->cond);
  /* It is destroyed only by the child's thread, under the lock or after `spawned`. */
  if (self->spawned_source != NULL)
    g_source_set_ready_time (self->spawned_source, 0);
  g_mutex_unlock (&self->mutex);

  /* Do it here, because the main loop of the child's thread may not run any more. */
  if (cancelled)
    start_discard (self);
  start_unref (self);

  return G_SOURCE_REMOVE;
}

/* Puts the child back into the state NEW. Takes the error; the callbacks run last. */
static void
start_fail (CprocChild *child,
            GTask      *task,
            GError     *error)
{
  CprocPipeWriter *writer = cproc_child_steal_writer (child);
  GList *waits = cproc_child_steal_waits (child);

  cproc_child_unprepare (child);
  cproc_run_fail (cproc_child_get_run (child));
  cproc_child_fail_waits (waits, error);
  cproc_child_fail_reads (child, error);
  g_task_return_error (task, error);
  start_abandon_writer (writer);
}

/* The start is over, one way or the other. Takes the error. */
static void
start_complete (CprocStart *self,
                GError     *error)
{
  CprocChild *child = self->child;
  CprocChildPrivate *priv = cproc_child_get_priv (child);
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  start_clear_sources (self);
  priv->start = NULL;

  if (error != NULL)
    {
      start_fail (child, task, error);
    }
  else
    {
      cproc_child_program_runs (child, self->launch);
      cproc_run_send_pending (&priv->run);
      g_task_return_boolean (task, TRUE);
    }

  start_unref (self);
}

static void
start_confirm (gpointer user_data)
{
  CprocStart *self = user_data;
  GError *error = NULL;

  cproc_launch_confirm (self->launch, &error);
  start_complete (self, error);
}

static void
start_after_spawn (CprocStart *self)
{
  GMainContext *context = cproc_child_get_priv (self->child)->context;

  cproc_source_clear (&self->spawned_source);

  if (self->error != NULL)
    start_complete (self, g_steal_pointer (&self->error));
  else
    cproc_watch_start (&self->status_watch, context, cproc_launch_get_status_fd (self->launch),
                       G_IO_HUP, start_confirm, self);
}

static gboolean
start_spawned (gpointer user_data)
{
  CprocStart *self = user_data;

  /* A fork must not read what the helper reports to its parent. */
  if (!cproc_child_is_foreign (self->child))
    start_after_spawn (self);

  return G_SOURCE_REMOVE;
}

static gboolean
start_cancelled (GCancellable *cancellable,
                 gpointer      user_data)
{
  CprocStart *self = user_data;
  CprocChild *child = self->child;
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;
  gboolean spawned;

  if (cproc_child_is_foreign (child))
    return G_SOURCE_REMOVE;

  task = g_steal_pointer (&self->task);
  cproc_child_get_priv (child)->start = NULL;

  g_mutex_lock (&self->mutex);
  start_clear_sources (self);
  self->cancelled = TRUE;
  spawned = self->spawned;
  g_mutex_unlock (&self->mutex);

  /* Otherwise the library's thread does it, as soon as the process exists. */
  if (spawned)
    start_discard (self);

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  start_fail (child, task, error);

  return G_SOURCE_REMOVE;
}

static gboolean
spawned_source_dispatch (GSource     *source,
                         GSourceFunc  callback,
                         gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs spawned_source_funcs = { .dispatch = spawned_source_dispatch };

static GSource *
start_add_source (CprocStart   *self,
                  GSource      *source,
                  GSourceFunc   func,
                  GMainContext *context)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, context);

  return source;
}

/* A second start fails for itself alone. Takes the error. */
static void
start_refuse (CprocChild *child,
              GTask      *task,
              GError     *error)
{
  if (!g_error_matches (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED))
    cproc_child_fail_reads (child, error);
  g_task_return_error (task, error);
}

/**
 * cproc_child_start_async:
 * @self: a child that has not been started
 * @cancellable: (nullable): to give up the start
 * @callback: (scope async): called when the program runs, or cannot
 * @user_data: data for @callback
 *
 * Starts the program without waiting in the caller: what takes time is done on a thread of the
 * library, so that a user interface does not stop. [property@Cproc.Child:state] is `STARTING`
 * meanwhile.
 *
 * Before [signal@Cproc.Child::started] the process has no number yet; a kill takes effect right
 * after it. What is written to its standard input waits for it, and fails with
 * `G_IO_ERROR_BROKEN_PIPE` if it is not in the pipe when the start fails. When the start is
 * cancelled no process stays, and the child is as new.
 *
 * Since: 1.0
 */
void
cproc_child_start_async (CprocChild          *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GTask) task = NULL;
  g_autoptr(CprocLaunch) launch = NULL;
  GError *error = NULL;
  gboolean was_prepared;
  CprocStart *start;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_child_check_async_call (self, G_STRFUNC, callback, user_data,
                                     cproc_child_start_async))
    return;

  context = g_main_context_ref_thread_default ();
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_child_start_async);
  /* A cancellation after the success does not count. */
  g_task_set_check_cancellable (task, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, &error))
    {
      cproc_child_drop_prepared (self);
      cproc_child_fail_reads (self, error);
      g_task_return_error (task, error);
      return;
    }

  launch = cproc_child_take_prepared (self, context);
  was_prepared = launch != NULL;
  if (!was_prepared &&
      (!cproc_child_check_new (self, &error) ||
       !(launch = cproc_child_begin_launch (self, context, FALSE, &error))))
    {
      start_refuse (self, task, error);
      return;
    }

  start = start_new (self, g_steal_pointer (&launch), g_steal_pointer (&task));
  cproc_child_get_priv (self)->start = start;
  if (!was_prepared)
    cproc_child_open_writer (self, start->launch);

  start->spawned_source =
    start_add_source (start, g_source_new (&spawned_source_funcs, sizeof (GSource)),
                      start_spawned, context);
  if (cancellable != NULL)
    start->cancelled_source =
      start_add_source (start, g_cancellable_source_new (cancellable),
                        G_SOURCE_FUNC (start_cancelled), context);

  start->spawned = was_prepared;
  if (was_prepared)
    start_after_spawn (start);
  else
    cproc_thread_push (start_spawn, start_ref (start));
  cproc_run_set_state (cproc_child_get_run (self), CPROC_STATE_STARTING);
}

/**
 * cproc_child_start_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.start_async].
 *
 * The errors are those of [method@Cproc.Child.start], and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: `TRUE` if the program runs
 *
 * Since: 1.0
 */
gboolean
cproc_child_start_finish (CprocChild    *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_child_start_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* For the synchronous calls, which do not run the context that waits for the start. */
void
cproc_child_finish_pending_start (CprocChild *self)
{
  CprocStart *start = cproc_child_get_priv (self)->start;
  GError *error;

  if (start == NULL)
    return;

  g_mutex_lock (&start->mutex);
  while (!start->spawned)
    g_cond_wait (&start->cond, &start->mutex);
  g_mutex_unlock (&start->mutex);

  error = g_steal_pointer (&start->error);
  if (error == NULL)
    cproc_launch_confirm (start->launch, &error);
  start_complete (start, error);
}
