/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes the process before the start and holds it just before it becomes the program. */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-thread-private.h"

static void
child_abandon_writer (CprocChild *self)
{
  CprocPipeWriter *writer = cproc_child_steal_writer (self);

  if (writer == NULL)
    return;

  cproc_pipe_writer_abandon (writer);
  cproc_pipe_writer_unref (writer);
}

void
cproc_child_drop_prepared (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->prepared == NULL)
    return;

  cproc_watch_stop (&priv->prepared_watch);
  g_clear_pointer (&priv->prepared, cproc_launch_free);
  cproc_child_unprepare (self);
  cproc_run_fail (&priv->run);
  child_abandon_writer (self);
}

static void
child_prepared_ended (gpointer user_data)
{
  g_autoptr(CprocChild) self = g_object_ref (user_data);

  cproc_child_drop_prepared (self);
}

static void
child_watch_prepared (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_watch_start (&priv->prepared_watch, priv->context,
                     cproc_launch_get_status_fd (priv->prepared), G_IO_HUP, child_prepared_ended,
                     self);
}

/* The start is confirmed like any other. If the process has ended meanwhile, there is none. */
CprocLaunch *
cproc_child_take_prepared (CprocChild   *self,
                           GMainContext *context)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->prepared == NULL)
    return NULL;

  if (!cproc_launch_release (priv->prepared))
    {
      cproc_child_drop_prepared (self);
      return NULL;
    }

  cproc_watch_stop (&priv->prepared_watch);
  cproc_child_take_context (self, context);

  return g_steal_pointer (&priv->prepared);
}

static void
child_adopt (CprocChild  *self,
             CprocLaunch *launch)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  priv->prepared = launch;
  cproc_child_open_writer (self, launch);
  child_watch_prepared (self);
  cproc_run_set_state (&priv->run, CPROC_STATE_PREPARED);
}

/**
 * cproc_child_prepare:
 * @self: a child that has not been started
 * @error: return location for an error
 *
 * Makes the process now, with all that the command says, and holds it just before its program.
 *
 * [method@Cproc.Child.start] then only lets it go, which takes a fraction of the time of a start.
 * [property@Cproc.Child:state] is `PREPARED` until then, and [property@Cproc.Child:pid] is 0: the
 * child cannot be killed or waited for. If the object is dropped, nothing is left of the process.
 *
 * The process gets everything as it is at this call: arguments, working directory, environment,
 * umask, ids, limits, niceness, descriptors, containment, and the namespaces and the sandbox of the
 * calling process. Changes of the command no longer count. The properties of the child do, and its
 * timeouts begin at the start.
 *
 * The call also decides where the standard streams lead. A write that comes before it asks for a
 * pipe as standard input; a write that comes after it fails with `G_IO_ERROR_NOT_SUPPORTED` if
 * there is no such pipe. [property@Cproc.Exec:input] may be set until the start.
 *
 * If the process ends before the start, the state is `NEW` again, and a start makes another
 * process. The same holds if the program cannot be run after all: the error of the start says why.
 *
 * The errors are those of [method@Cproc.Child.start]; a missing program is one of them. A second
 * call, also while [method@Cproc.Child.prepare_async] is under way, is
 * [error@Cproc.Error.ALREADY_STARTED].
 *
 * Returns: `TRUE` if the process waits for the start
 *
 * Since: 1.0
 */
gboolean
cproc_child_prepare (CprocChild  *self,
                     GError     **error)
{
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(CprocLaunch) launch = NULL;
  g_autoptr(CprocChild) guard = NULL;

  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_child_check_call (self, G_STRFUNC, error) || !cproc_child_check_new (self, error))
    return FALSE;

  guard = g_object_ref (self);
  context = cproc_fd_ref_thread_default (error);
  if (context == NULL)
    {
      cproc_child_prefix_start_error (self, error);
      return FALSE;
    }

  launch = cproc_child_begin_launch (self, context, TRUE, error);
  if (launch == NULL)
    return FALSE;
  if (!cproc_launch_spawn (launch, error) || !cproc_launch_await_ready (launch, error))
    {
      cproc_child_unprepare (self);
      return FALSE;
    }

  child_adopt (self, g_steal_pointer (&launch));

  return TRUE;
}

/* prepare_async(): held by its task, and used by the library's thread until that has spawned. */
typedef struct
{
  CprocLaunch *launch;
  GTask *spawn_task; /* returns in the child's context */
  CprocWatch watch;
} Preparation;

static void
preparation_free (gpointer data)
{
  Preparation *self = data;

  g_clear_pointer (&self->launch, cproc_launch_free);
  g_free (self);
}

/* Takes the task and the error. */
static void
preparation_complete (GTask  *task,
                      GError *error)
{
  CprocChild *child = g_task_get_source_object (task);
  Preparation *self = g_task_get_task_data (task);

  cproc_watch_stop (&self->watch);
  cproc_child_get_priv (child)->is_preparing = FALSE;

  if (error == NULL)
    g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), &error);
  if (error == NULL)
    {
      child_adopt (child, g_steal_pointer (&self->launch));
      g_task_return_boolean (task, TRUE);
    }
  else
    {
      g_clear_pointer (&self->launch, cproc_launch_free);
      cproc_child_unprepare (child);
      g_task_return_error (task, error);
    }
  g_object_unref (task);
}

static void
preparation_told (gpointer user_data)
{
  GTask *task = user_data;
  Preparation *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!cproc_launch_is_decided (self->launch))
    return;

  cproc_launch_await_ready (self->launch, &error);
  preparation_complete (task, error);
}

static void
preparation_spawned (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  GTask *task = user_data;
  Preparation *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    preparation_complete (task, error);
  else
    cproc_watch_start (&self->watch, g_task_get_context (task),
                       cproc_launch_get_status_fd (self->launch), G_IO_IN | G_IO_HUP,
                       preparation_told, task);
}

/* In the library's thread. */
static gboolean
preparation_spawn (gpointer user_data)
{
  Preparation *self = user_data;
  g_autoptr(GTask) task = g_steal_pointer (&self->spawn_task);
  GError *error = NULL;

  if (cproc_launch_spawn (self->launch, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);

  return G_SOURCE_REMOVE;
}

/**
 * cproc_child_prepare_async:
 * @self: a child that has not been started
 * @cancellable: (nullable): to give it up
 * @callback: (scope async): called when the process waits, or there is none
 * @user_data: data for @callback
 *
 * Makes the process without blocking; see [method@Cproc.Child.prepare].
 *
 * The state is `NEW` until then, and other starts are [error@Cproc.Error.ALREADY_STARTED].
 *
 * Since: 1.0
 */
void
cproc_child_prepare_async (CprocChild          *self,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(GMainContext) context = NULL;
  Preparation *preparation;
  CprocLaunch *launch;
  GError *error = NULL;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_child_check_async_call (self, G_STRFUNC, callback, user_data,
                                     cproc_child_prepare_async))
    return;

  context = g_main_context_ref_thread_default ();
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_child_prepare_async);
  /* A cancellation that comes too late must not throw a waiting process away. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    return;

  if (!cproc_child_check_new (self, &error) ||
      !(launch = cproc_child_begin_launch (self, context, TRUE, &error)))
    {
      g_task_return_error (task, error);
      return;
    }

  cproc_child_get_priv (self)->is_preparing = TRUE;
  preparation = g_new0 (Preparation, 1);
  preparation->launch = launch;
  g_task_set_task_data (task, preparation, preparation_free);
  preparation->spawn_task = g_task_new (self, NULL, preparation_spawned, g_steal_pointer (&task));
  g_task_set_source_tag (preparation->spawn_task, preparation_spawn);
  cproc_thread_push (preparation_spawn, preparation);
}

/**
 * cproc_child_prepare_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.prepare_async].
 *
 * The errors are those of [method@Cproc.Child.prepare], and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: `TRUE` if the process waits for the start
 *
 * Since: 1.0
 */
gboolean
cproc_child_prepare_finish (CprocChild    *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_child_prepare_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
