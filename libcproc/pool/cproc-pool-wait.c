/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-private.h"

/* The calls that wait until the pool is drained or closed. */
typedef struct
{
  GTask *task; /* holds the pool */
  GSource *cancelled;
  GQueue *waits; /* of the pool, and this is among them */
} CprocPoolWait;

/* Call before the callback may run: it may cancel the cancellable and run a main loop, in which the
 * source must no longer find the wait. */
static void
wait_stop_watching (CprocPoolWait *self)
{
  if (self->cancelled == NULL)
    return;

  g_source_destroy (self->cancelled);
  g_clear_pointer (&self->cancelled, g_source_unref);
}

static gboolean
wait_cancelled (GCancellable *cancellable,
                gpointer      user_data)
{
  CprocPoolWait *self = user_data;
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  g_queue_remove (self->waits, self);
  wait_stop_watching (self);
  g_free (self);
  g_task_return_error_if_cancelled (task);

  return G_SOURCE_REMOVE;
}

void
cproc_pool_add_wait (GQueue *waits,
                     GTask  *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  CprocPoolWait *wait = g_new0 (CprocPoolWait, 1);

  g_task_set_check_cancellable (task, FALSE);
  wait->task = g_object_ref (task);
  wait->waits = waits;
  if (cancellable != NULL)
    {
      wait->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (wait->cancelled, G_SOURCE_FUNC (wait_cancelled), wait, NULL);
      g_source_attach (wait->cancelled, g_task_get_context (task));
    }
  g_queue_push_tail (waits, wait);
}

/* A callback may cancel other calls: these have their result already. */
void
cproc_pool_return_waits (GQueue *waits)
{
  GQueue returned = *waits;
  CprocPoolWait *wait;

  g_queue_init (waits);
  for (GList *l = returned.head; l != NULL; l = l->next)
    wait_stop_watching (l->data);

  while ((wait = g_queue_pop_head (&returned)) != NULL)
    {
      g_autoptr(GTask) task = g_steal_pointer (&wait->task);

      g_free (wait);
      g_task_return_boolean (task, TRUE);
    }
}
