/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-source-private.h"
#include "cproc-task-private.h"

/* One asynchronous wait, in the child's list. */
typedef struct
{
  GTask *task;
  GSource *cancelled;
  gboolean check;
  CprocCancelFunc cancelled_func;
} CprocWait;

/* Call before a callback may run: it may cancel the cancellable and run a main loop, in which the
 * source must no longer find the wait. */
static void
wait_stop_watching (CprocWait *self)
{
  cproc_source_clear (&self->cancelled);
}

static void
wait_free (CprocWait *self)
{
  wait_stop_watching (self);
  g_clear_object (&self->task);
  g_free (self);
}

static void
wait_complete (CprocChild   *self,
               CprocWait    *wait,
               GMainContext *context)
{
  g_autoptr(GTask) task = g_steal_pointer (&wait->task);
  g_autoptr(GError) error = NULL;
  gboolean success = !wait->check || cproc_child_check_success (self, &error);

  wait_free (wait);
  if (success)
    cproc_task_return_boolean (task, context, TRUE);
  else
    cproc_task_return_error (task, context, g_steal_pointer (&error));
}

GList *
cproc_child_steal_waits (CprocChild *self)
{
  GList *waits = g_steal_pointer (&cproc_child_get_priv (self)->waits);

  for (GList *l = waits; l != NULL; l = l->next)
    wait_stop_watching (l->data);

  return waits;
}

void
cproc_child_complete_waits (CprocChild *self,
                            GList      *waits)
{
  /* If the child is closed inside a synchronous wait, the callbacks come inside it too. */
  g_autoptr(GMainContext) context = g_main_context_ref (cproc_child_get_priv (self)->context);

  for (GList *l = waits; l != NULL; l = l->next)
    wait_complete (self, l->data, context);

  g_list_free (waits);
}

void
cproc_child_fail_waits (GList        *waits,
                        const GError *error)
{
  for (GList *l = waits; l != NULL; l = l->next)
    {
      CprocWait *wait = l->data;
      g_autoptr(GTask) task = g_steal_pointer (&wait->task);

      wait_free (wait);
      g_task_return_error (task, g_error_copy (error));
    }

  g_list_free (waits);
}

static gboolean
wait_cancelled (GCancellable *cancellable,
                gpointer      user_data)
{
  CprocWait *wait = user_data;
  g_autoptr(CprocChild) self = g_object_ref (g_task_get_source_object (wait->task));
  g_autoptr(GTask) task = NULL;
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (wait->cancelled_func != NULL)
    {
      wait->cancelled_func (self);
      return G_SOURCE_REMOVE;
    }

  priv->waits = g_list_remove (priv->waits, wait);
  task = g_steal_pointer (&wait->task);
  wait_free (wait);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

void
cproc_child_add_wait (CprocChild      *self,
                      GTask           *task,
                      gboolean         check,
                      CprocCancelFunc  cancelled_func)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  GCancellable *cancellable = g_task_get_cancellable (task);
  CprocWait *wait = g_new0 (CprocWait, 1);

  wait->task = g_object_ref (task);
  wait->check = check;
  wait->cancelled_func = cancelled_func;
  g_task_set_check_cancellable (task, FALSE);

  if (priv->run.state == CPROC_STATE_CLOSED)
    {
      wait_complete (self, wait, g_task_get_context (task));
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

