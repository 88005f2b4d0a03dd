/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-task-private.h"

static gboolean
child_check_waitable (CprocChild  *self,
                      const char  *function,
                      GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (!cproc_child_check_call (self, function, error))
    return FALSE;
  if (priv->run.state >= CPROC_STATE_STARTING)
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING, _("“%s” has not been started"), name);

  return FALSE;
}

static void
child_cancelled (CprocChild *self)
{
  cproc_run_end (cproc_child_get_run (self), CPROC_END_CANCELLED);
}

void
cproc_child_run_in_task (CprocChild *self,
                         GTask      *task)
{
  cproc_child_add_wait (self, task, TRUE, child_cancelled);
}

typedef struct
{
  CprocChild *child;
  gboolean cancelled;
  gboolean end_when_cancelled;
} CprocIteration;

static gboolean
iteration_cancelled (GCancellable *cancellable,
                     gpointer      user_data)
{
  CprocIteration *self = user_data;

  self->cancelled = TRUE;
  if (self->end_when_cancelled)
    cproc_run_end (cproc_child_get_run (self->child), CPROC_END_CANCELLED);

  return G_SOURCE_REMOVE;
}

/* FALSE when it was cancelled. */
gboolean
cproc_child_iterate_until_closed (CprocChild   *self,
                                  GMainContext *context,
                                  GCancellable *cancellable,
                                  gboolean      end_when_cancelled)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocIteration iteration = { self, FALSE, end_when_cancelled };
  g_autoptr(GSource) source = NULL;

  if (cancellable != NULL)
    {
      source = g_cancellable_source_new (cancellable);
      g_source_set_callback (source, G_SOURCE_FUNC (iteration_cancelled), &iteration, NULL);
      g_source_attach (source, context);
    }

  while (priv->run.state != CPROC_STATE_CLOSED && (!iteration.cancelled || end_when_cancelled))
    g_main_context_iteration (context, TRUE);

  if (source != NULL)
    g_source_destroy (source);
  /* The callbacks of what has been written come before the return. */
  if (priv->writer != NULL)
    cproc_pipe_writer_return_done (priv->writer);
  cproc_task_flush (context);

  return !iteration.cancelled;
}

/* Else the stages that the caller does not wait for would stand still. */
static void
set_context_of_all (CprocChild   *self,
                    GMainContext *context)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  gpointer pipeline = priv->pipeline != NULL ? cproc_owner_hold (priv->pipeline) : NULL;

  if (pipeline == NULL)
    {
      cproc_child_set_context (self, context);
      return;
    }

  priv->stage_funcs->set_context (pipeline, context);
  cproc_owner_drop (priv->pipeline, pipeline);
}

/**
 * cproc_child_wait:
 * @self: a child that has been started
 * @cancellable: (nullable): to give up the wait; the child is left alone
 * @error: return location for an error
 *
 * Waits until the child is closed: its process and its streams have ended.
 *
 * The child's signals are emitted and its callbacks are called from inside the call; none of the
 * application's own sources run meanwhile. A child that waits for its standard input to end waits
 * for [method@Cproc.Child.close_stdin]. A stream that was taken over and is not read may keep the
 * child from ending.
 *
 * A bad end of the program is not an error here: see [method@Cproc.Child.wait_check].
 *
 * Returns: `TRUE` if the child is closed; else `FALSE` with `G_IO_ERROR_CANCELLED`, or
 *   [error@Cproc.Error.NOT_RUNNING] if it was not started
 *
 * Since: 1.0
 */
gboolean
cproc_child_wait (CprocChild    *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  CprocChildPrivate *priv;
  g_autoptr(CprocChild) guard = NULL;
  g_autoptr(GMainContext) context = NULL;
  g_autoptr(GMainContext) old_context = NULL;
  gboolean completed;

  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  priv = cproc_child_get_priv (self);
  guard = g_object_ref (self);
  if (!child_check_waitable (self, G_STRFUNC, error))
    return FALSE;

  cproc_child_finish_pending_start (self);
  /* That start may have failed. */
  if (!child_check_waitable (self, G_STRFUNC, error))
    return FALSE;
  if (priv->run.state == CPROC_STATE_CLOSED)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  context = cproc_fd_new_context (error);
  if (context == NULL)
    return FALSE;

  old_context = g_main_context_ref (priv->context);
  set_context_of_all (self, context);
  completed = cproc_child_iterate_until_closed (self, context, cancellable, FALSE);
  set_context_of_all (self, old_context);

  if (!completed && priv->run.state != CPROC_STATE_CLOSED)
    return !g_cancellable_set_error_if_cancelled (cancellable, error);

  return TRUE;
}

/**
 * cproc_child_wait_check:
 * @self: a child that has been started
 * @cancellable: (nullable): to give up the wait; the child is left alone
 * @error: return location for an error
 *
 * As [method@Cproc.Child.wait], but any end other than exit code 0 is an error.
 *
 * Returns: `TRUE` if the program ended with exit code 0; else `FALSE` with the errors of
 *   [method@Cproc.Child.wait], or [error@Cproc.Error.EXITED], [error@Cproc.Error.SIGNALED],
 *   [error@Cproc.Error.TIMED_OUT] or [error@Cproc.Error.OUTPUT_LIMIT]
 *
 * Since: 1.0
 */
gboolean
cproc_child_wait_check (CprocChild    *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_autoptr(CprocChild) guard = NULL;

  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);

  guard = g_object_ref (self);

  return cproc_child_wait (self, cancellable, error) && cproc_child_check_success (self, error);
}

static void
child_wait_async (CprocChild          *self,
                  gboolean             check,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data,
                  gpointer             source_tag,
                  const char          *function)
{
  g_autoptr(GTask) task = cproc_task_new (self, cancellable, callback, user_data, source_tag);
  GError *error = NULL;

  if (!child_check_waitable (self, function, &error))
    g_task_return_error (task, error);
  else
    cproc_child_add_wait (self, task, check, NULL);
}

static gboolean
child_wait_finish (CprocChild    *self,
                   GAsyncResult  *result,
                   gpointer       source_tag,
                   GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, source_tag), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_child_wait_async:
 * @self: a child that has been started
 * @cancellable: (nullable): to give up the wait; the child is left alone
 * @callback: (scope async): called when the child is closed
 * @user_data: data for @callback
 *
 * Waits until the child is closed, without blocking.
 *
 * The callback comes after the handlers of [signal@Cproc.Child::closed].
 *
 * Since: 1.0
 */
void
cproc_child_wait_async (CprocChild          *self,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  child_wait_async (self, FALSE, cancellable, callback, user_data, cproc_child_wait_async,
                    G_STRFUNC);
}

/**
 * cproc_child_wait_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.wait_async].
 *
 * Returns: `TRUE` if the child is closed; the errors are those of [method@Cproc.Child.wait]
 *
 * Since: 1.0
 */
gboolean
cproc_child_wait_finish (CprocChild    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return child_wait_finish (self, result, cproc_child_wait_async, error);
}

/**
 * cproc_child_wait_check_async:
 * @self: a child that has been started
 * @cancellable: (nullable): to give up the wait; the child is left alone
 * @callback: (scope async): called when the child is closed
 * @user_data: data for @callback
 *
 * Waits until the child is closed, without blocking; any end other than exit code 0 is an error.
 *
 * Since: 1.0
 */
void
cproc_child_wait_check_async (CprocChild          *self,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  child_wait_async (self, TRUE, cancellable, callback, user_data, cproc_child_wait_check_async,
                    G_STRFUNC);
}

/**
 * cproc_child_wait_check_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.wait_check_async].
 *
 * Returns: `TRUE` if the program ended with exit code 0; the errors are those of
 *   [method@Cproc.Child.wait_check]
 *
 * Since: 1.0
 */
gboolean
cproc_child_wait_check_finish (CprocChild    *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  return child_wait_finish (self, result, cproc_child_wait_check_async, error);
}
