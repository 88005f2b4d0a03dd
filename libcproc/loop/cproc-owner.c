/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-owner-private.h"

struct _CprocOwner
{
  gatomicrefcount ref_count;
  GMutex mutex;
  GObject *object;
  guint n_holds;
};

CprocOwner *
cproc_owner_new (gpointer object)
{
  CprocOwner *self = g_new0 (CprocOwner, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  self->object = object;

  return self;
}

CprocOwner *
cproc_owner_ref (CprocOwner *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
cproc_owner_unref (CprocOwner *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_mutex_clear (&self->mutex);
  g_free (self);
}

gpointer
cproc_owner_hold (CprocOwner *self)
{
  GObject *object;

  g_mutex_lock (&self->mutex);
  object = self->object;
  if (object != NULL)
    {
      g_object_ref (object);
      self->n_holds++;
    }
  g_mutex_unlock (&self->mutex);

  return object;
}

void
cproc_owner_drop (CprocOwner *self,
                  gpointer    object)
{
  g_mutex_lock (&self->mutex);
  self->n_holds--;
  g_mutex_unlock (&self->mutex);

  g_object_unref (object);
}

gboolean
cproc_owner_leave (CprocOwner *self)
{
  gboolean is_held;

  g_mutex_lock (&self->mutex);
  /* One reference belongs to the caller of dispose. g_object_run_dispose() has one reference more
   * than the program's, and disposes even while a thread holds the object. */
  is_held = self->n_holds > 0 &&
            (guint) g_atomic_int_get ((int *) &self->object->ref_count) <= self->n_holds + 1;
  if (!is_held)
    self->object = NULL;
  g_mutex_unlock (&self->mutex);

  return !is_held;
}
