/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-signal-names-private.h"

static gboolean
child_check_waitable (CprocChild  *self,
                      const char  *function,
                      GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (!cproc_child_check_call (self, function, error))
    return FALSE;
  if (priv->state > CPROC_STATE_PREPARED || priv->start != NULL)
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING, _("“%s” has not been started"), name);

  return FALSE;
}

/* How it went, as a person would tell it; NULL: well. detail: what the program said last. */
GError *
cproc_child_dup_failure (CprocChild *self,
                         const char *detail)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *line = NULL;
  g_autofree char *signal_name = NULL;
  g_autoptr(GError) error = NULL;

  if (priv->end_reason == CPROC_END_NONE && priv->exit_code == 0)
    return NULL;

  line = cproc_command_dup_line (priv->command);
  signal_name = cproc_signal_dup_name (priv->term_signal);

  if (priv->end_reason == CPROC_END_CANCELLED)
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                         _("“%s” was ended because the operation was cancelled"), line);
  else if (priv->end_reason == CPROC_END_TIMEOUT)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                         _("“%s” was ended because it ran for more than %u ms"),
                         line, priv->timeout);
  else if (priv->end_reason == CPROC_END_IDLE)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                         _("“%s” was ended because it wrote nothing for %u ms"),
                         line, priv->idle_timeout);
  else if (priv->term_signal != 0)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_SIGNALED, _("“%s” was ended by signal %s"),
                         line, signal_name);
  else if (priv->exit_code == -1)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_EXITED,
                         _("“%s” has ended, and how is not known: its process was reaped by "
                           "something else in this application"), line);
  else
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_EXITED, _("“%s” exited with code %d"),
                         line, priv->exit_code);

  if (detail != NULL && *detail != '\0')
    {
      g_autofree char *message = g_strdup_printf ("%s: %s", error->message, detail);

      g_free (error->message);
      error->message = g_steal_pointer (&message);
    }

  return g_steal_pointer (&error);
}

gboolean
cproc_child_check_success (CprocChild  *self,
                           GError     **error)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  GError *failure = NULL;

  if (hooks->dup_failure != NULL)
    failure = hooks->dup_failure (self);
  else
    failure = cproc_child_dup_failure (self, NULL);

  if (failure == NULL)
    return TRUE;

  g_propagate_error (error, failure);

  return FALSE;
}

/* A wait of one of the asynchronous calls, in the child's list. */
typedef struct
{
  GTask *task;
  GSource *cancelled;
  gboolean check;
  gboolean end_when_cancelled;
} CprocWait;

/* Before a callback may run: it may cancel the cancellable and run a main loop, in which the source
 * must not find the wait any more. */
static void
wait_stop_watching (CprocWait *self)
{
  if (self->cancelled == NULL)
    return;

  g_source_destroy (self->cancelled);
  g_clear_pointer (&self->cancelled, g_source_unref);
}

static void
wait_free (CprocWait *self)
{
  wait_stop_watching (self);
  g_clear_object (&self->task);
  g_free (self);
}

static void
wait_complete (CprocChild *self,
               CprocWait  *wait)
{
  g_autoptr(GTask) task = g_steal_pointer (&wait->task);
  g_autoptr(GError) error = NULL;
  gboolean success = !wait->check || cproc_child_check_success (self, &error);

  wait_free (wait);
  if (success)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Takes all of them out of the reach of each other's callbacks. */
static GList *
child_steal_waits (CprocChild *self)
{
  GList *waits = g_steal_pointer (&cproc_child_get_priv (self)->waits);

  for (GList *l = waits; l != NULL; l = l->next)
    wait_stop_watching (l->data);

  return waits;
}

void
cproc_child_complete_waits (CprocChild *self)
{
  g_autoptr(GList) waits = child_steal_waits (self);

  for (GList *l = waits; l != NULL; l = l->next)
    wait_complete (self, l->data);
}

/* The start that they were waiting behind has failed. */
void
cproc_child_fail_waits (CprocChild   *self,
                        const GError *error)
{
  g_autoptr(GList) waits = child_steal_waits (self);

  for (GList *l = waits; l != NULL; l = l->next)
    {
      CprocWait *wait = l->data;
      g_autoptr(GTask) task = g_steal_pointer (&wait->task);

      wait_free (wait);
      g_task_return_error (task, g_error_copy (error));
    }
}

static gboolean
wait_cancelled (GCancellable *cancellable,
                gpointer      user_data)
{
  CprocWait *wait = user_data;
  g_autoptr(CprocChild) self = g_object_ref (g_task_get_source_object (wait->task));
  g_autoptr(GTask) task = NULL;
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (wait->end_when_cancelled)
    {
      cproc_child_end_early (self, CPROC_END_CANCELLED);
      return G_SOURCE_REMOVE;
    }

  priv->waits = g_list_remove (priv->waits, wait);
  task = g_steal_pointer (&wait->task);
  wait_free (wait);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

static void
child_add_wait (CprocChild *self,
                GTask      *task,
                gboolean    check,
                gboolean    end_when_cancelled)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  GCancellable *cancellable = g_task_get_cancellable (task);
  CprocWait *wait = g_new0 (CprocWait, 1);

  wait->task = g_object_ref (task);
  wait->check = check;
  wait->end_when_cancelled = end_when_cancelled;
  g_task_set_check_cancellable (task, FALSE);

  if (priv->state == CPROC_STATE_CLOSED)
    {
      wait_complete (self, wait);
      return;
    }

  if (cancellable != NULL)
    {
      wait->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (wait->cancelled, G_SOURCE_FUNC (wait_cancelled), wait, NULL);
      g_source_attach (wait->cancelled, g_task_get_context (task));
    }
  priv->waits = g_list_append (priv->waits, wait);
}

void
cproc_child_run_in_task (CprocChild *self,
                         GTask      *task)
{
  child_add_wait (self, task, TRUE, TRUE);
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
    cproc_child_end_early (self->child, CPROC_END_CANCELLED);

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

  while (priv->state != CPROC_STATE_CLOSED && (!iteration.cancelled || end_when_cancelled))
    g_main_context_iteration (context, TRUE);

  if (source != NULL)
    g_source_destroy (source);

  return !iteration.cancelled;
}

/**
 * cproc_child_wait:
 * @self: a child that has been started
 * @cancellable: (nullable): to give up the wait; the child is left alone
 * @error: return location for an error
 *
 * Waits until the child is closed: its process and its streams have ended.
 *
 * Signals are emitted from inside the call; none of the application's own sources run meanwhile.
 * A bad end of the program is no error here: see [method@Cproc.Child.wait_check].
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
  if (priv->state == CPROC_STATE_CLOSED)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  context = cproc_fd_new_context (error);
  if (context == NULL)
    return FALSE;

  old_context = g_main_context_ref (priv->context);
  cproc_child_set_context (self, context);
  completed = cproc_child_iterate_until_closed (self, context, cancellable, FALSE);
  cproc_child_set_context (self, old_context);

  if (!completed && priv->state != CPROC_STATE_CLOSED)
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
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);

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
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, source_tag);

  if (!child_check_waitable (self, function, &error))
    g_task_return_error (task, error);
  else
    child_add_wait (self, task, check, FALSE);
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
