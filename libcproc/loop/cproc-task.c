/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-task-private.h"

/* The context of a GTask cannot be changed. So if a task must be returned in another context, a
 * second task takes over its callback, and the first one is returned without a callback. */
typedef struct
{
  GAsyncReadyCallback callback; /* NULL: there is none, or the second task has it */
  gpointer user_data;
  GMainContext *context; /* the second task's context; NULL: this is the first task */
} CprocTaskCall;

/* The pending callbacks of second tasks in this thread. */
static GPrivate moved_calls = G_PRIVATE_INIT ((GDestroyNotify) g_queue_free);

static GQueue *
task_get_moved_calls (void)
{
  GQueue *calls = g_private_get (&moved_calls);

  if (calls == NULL)
    {
      calls = g_queue_new ();
      g_private_set (&moved_calls, calls);
    }

  return calls;
}

static void
task_ready (GObject      *source_object,
            GAsyncResult *result,
            gpointer      user_data)
{
  CprocTaskCall *call = user_data;
  GAsyncReadyCallback callback = call->callback;
  gpointer callback_data = call->user_data;

  if (call->context != NULL)
    g_queue_remove (task_get_moved_calls (), call);
  g_free (call);

  if (callback != NULL)
    callback (source_object, result, callback_data);
}

static GTask *
task_new_for_call (gpointer       source_object,
                   GCancellable  *cancellable,
                   CprocTaskCall *call,
                   gpointer       source_tag)
{
  GTask *task = g_task_new (source_object, cancellable, task_ready, call);

  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, call, NULL);
  /* The operation is complete, even if it is cancelled now. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

GTask *
cproc_task_new (gpointer             source_object,
                GCancellable        *cancellable,
                GAsyncReadyCallback  callback,
                gpointer             user_data,
                gpointer             source_tag)
{
  CprocTaskCall *call = g_new0 (CprocTaskCall, 1);

  call->callback = callback;
  call->user_data = user_data;

  return task_new_for_call (source_object, cancellable, call, source_tag);
}

/* Returns the task itself, or a second task in the context. */
static GTask *
task_move (GTask        *task,
           GMainContext *context)
{
  CprocTaskCall *call = g_task_get_task_data (task);
  CprocTaskCall *moved;
  GTask *second;

  if (g_task_get_context (task) == context || call->callback == NULL)
    return g_object_ref (task);

  moved = g_new0 (CprocTaskCall, 1);
  *moved = *call;
  moved->context = context;
  call->callback = NULL;
  g_queue_push_tail (task_get_moved_calls (), moved);

  g_main_context_push_thread_default (context);
  second = task_new_for_call (g_task_get_source_object (task), g_task_get_cancellable (task),
                              moved, g_task_get_source_tag (task));
  g_main_context_pop_thread_default (context);
  g_task_set_priority (second, g_task_get_priority (task));
  g_task_return_boolean (task, FALSE);

  return second;
}

void
cproc_task_return_boolean (GTask        *task,
                           GMainContext *context,
                           gboolean      result)
{
  g_autoptr(GTask) moved = task_move (task, context);

  g_task_return_boolean (moved, result);
}

void
cproc_task_return_pointer (GTask          *task,
                           GMainContext   *context,
                           gpointer        result,
                           GDestroyNotify  destroy)
{
  g_autoptr(GTask) moved = task_move (task, context);

  g_task_return_pointer (moved, result, destroy);
}

void
cproc_task_return_error (GTask        *task,
                         GMainContext *context,
                         GError       *error)
{
  g_autoptr(GTask) moved = task_move (task, context);

  g_task_return_error (moved, error);
}

static gboolean
task_is_moved_to (GMainContext *context)
{
  GQueue *calls = task_get_moved_calls ();

  for (GList *l = calls->head; l != NULL; l = l->next)
    if (((CprocTaskCall *) l->data)->context == context)
      return TRUE;

  return FALSE;
}

void
cproc_task_flush (GMainContext *context)
{
  while (task_is_moved_to (context))
    g_main_context_iteration (context, TRUE);
}
