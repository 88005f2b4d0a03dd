/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pipeline-private.h"
#include "cproc-task-private.h"

typedef struct
{
  GTask *task;
  GSource *cancelled;
  gboolean check;
} Wait;

/* Returns the task. */
static GTask *
wait_free (Wait *wait)
{
  GTask *task = wait->task;

  if (wait->cancelled != NULL)
    {
      g_source_destroy (wait->cancelled);
      g_source_unref (wait->cancelled);
    }
  g_free (wait);

  return task;
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  Wait *wait = user_data;
  CprocPipeline *self = g_task_get_source_object (wait->task);
  g_autoptr(GTask) task = NULL;

  self->waits = g_list_remove (self->waits, wait);
  task = wait_free (wait);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

static void
complete (CprocPipeline *self,
          GTask         *task,
          GMainContext  *context,
          gboolean       check,
          const GError  *start_error)
{
  int stage;
  GError *error = NULL;

  if (start_error != NULL)
    error = g_error_copy (start_error);
  else if (check)
    error = cproc_pipeline_dup_failure (self, &stage);

  if (error != NULL)
    cproc_task_return_error (task, context, error);
  else
    cproc_task_return_boolean (task, context, TRUE);
}

void
cproc_pipeline_add_wait (CprocPipeline *self,
                         GTask         *task,
                         gboolean       check)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Wait *wait;

  if (self->state == CPROC_STATE_CLOSED)
    {
      complete (self, task, g_task_get_context (task), check, NULL);
      return;
    }

  wait = g_new0 (Wait, 1);
  wait->task = g_object_ref (task);
  wait->check = check;
  if (cancellable != NULL)
    {
      wait->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (wait->cancelled, G_SOURCE_FUNC (on_cancelled), wait, NULL);
      g_source_attach (wait->cancelled, g_task_get_context (task));
    }
  self->waits = g_list_append (self->waits, wait);
}

void
cproc_pipeline_complete_waits (CprocPipeline *self,
                               const GError  *error)
{
  /* If the pipeline is closed inside a synchronous wait, the callbacks come inside it too. */
  g_autoptr(GMainContext) context = self->context != NULL ? g_main_context_ref (self->context)
                                                          : NULL;

  while (self->waits != NULL)
    {
      Wait *wait = self->waits->data;
      gboolean check = wait->check;
      g_autoptr(GTask) task = NULL;

      self->waits = g_list_delete_link (self->waits, self->waits);
      task = wait_free (wait);
      complete (self, task, context != NULL ? context : g_task_get_context (task), check, error);
    }
}
