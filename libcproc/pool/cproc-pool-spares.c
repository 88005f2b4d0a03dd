/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-spares-private.h"

struct _CprocPoolSpares
{
  GMutex mutex; /* another thread may drop the pool while a worker is being prepared */
  GQueue ready;
  guint n_preparing;
  guint n_dropped; /* of those that are being prepared */
  gboolean failed;
  gboolean closed;
};

CprocPoolSpares *
cproc_pool_spares_new (void)
{
  CprocPoolSpares *self = g_atomic_rc_box_new0 (CprocPoolSpares);

  g_mutex_init (&self->mutex);

  return self;
}

static void
spares_clear (gpointer data)
{
  g_mutex_clear (&((CprocPoolSpares *) data)->mutex);
}

void
cproc_pool_spares_free (CprocPoolSpares *self)
{
  GQueue ready;

  g_mutex_lock (&self->mutex);
  self->closed = TRUE;
  ready = self->ready;
  g_queue_init (&self->ready);
  g_mutex_unlock (&self->mutex);

  g_queue_clear_full (&ready, g_object_unref);
  g_atomic_rc_box_release_full (self, spares_clear);
}

static void
on_prepared (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  CprocPoolSpares *self = user_data;
  g_autoptr(CprocWorker) worker = CPROC_WORKER (source);

  g_mutex_lock (&self->mutex);
  self->n_preparing--;
  if (!cproc_child_prepare_finish (CPROC_CHILD (worker), result, NULL))
    self->failed = TRUE;
  else if (self->n_dropped > 0)
    self->n_dropped--;
  else if (!self->closed)
    g_queue_push_tail (&self->ready, g_steal_pointer (&worker));
  g_mutex_unlock (&self->mutex);

  g_atomic_rc_box_release_full (self, spares_clear);
}

void
cproc_pool_spares_fill (CprocPoolSpares *self,
                        CprocCommand    *command,
                        guint            wanted,
                        GMainContext    *context)
{
  while (self->ready.length > wanted)
    g_object_unref (g_queue_pop_tail (&self->ready));
  self->n_dropped = 0;
  if (self->ready.length + self->n_preparing > wanted)
    self->n_dropped = self->ready.length + self->n_preparing - wanted;

  while (!self->failed && self->ready.length + self->n_preparing < wanted)
    {
      CprocWorker *worker = cproc_worker_new_for_command (command);

      self->n_preparing++;
      g_main_context_push_thread_default (context);
      cproc_child_prepare_async (CPROC_CHILD (worker), NULL, on_prepared,
                                 g_atomic_rc_box_acquire (self));
      g_main_context_pop_thread_default (context);
    }
}

guint
cproc_pool_spares_size (CprocPoolSpares *self)
{
  return self->ready.length;
}

CprocWorker *
cproc_pool_spares_take (CprocPoolSpares *self,
                        CprocCommand    *command)
{
  self->failed = FALSE;

  return self->ready.length > 0 ? g_queue_pop_head (&self->ready)
                                : cproc_worker_new_for_command (command);
}
