/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-spares-private.h"

struct _CprocPoolSpares
{
  GQueue ready;
  guint n_preparing;
  guint n_dropped; /* of those that are being prepared */
  gboolean failed;
  gboolean closed;
};

CprocPoolSpares *
cproc_pool_spares_new (void)
{
  return g_rc_box_new0 (CprocPoolSpares);
}

void
cproc_pool_spares_free (CprocPoolSpares *self)
{
  self->closed = TRUE;
  g_queue_clear_full (&self->ready, g_object_unref);
  g_rc_box_release (self);
}

static void
on_prepared (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  CprocPoolSpares *self = user_data;
  g_autoptr(CprocWorker) worker = CPROC_WORKER (source);

  self->n_preparing--;
  if (!cproc_child_prepare_finish (CPROC_CHILD (worker), result, NULL))
    self->failed = TRUE;
  else if (self->n_dropped > 0)
    self->n_dropped--;
  else if (!self->closed)
    g_queue_push_tail (&self->ready, g_steal_pointer (&worker));

  g_rc_box_release (self);
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
      cproc_child_prepare_async (CPROC_CHILD (worker), NULL, on_prepared, g_rc_box_acquire (self));
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
