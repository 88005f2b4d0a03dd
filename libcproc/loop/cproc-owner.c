/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-owner-private.h"
#include "cproc-thread-private.h"

/* g_object_unref() uses the object for a moment after its dispose has returned. */
#define RELEASE_MSEC 50

struct _CprocOwner
{
  gatomicrefcount ref_count;
  GMutex mutex;
  GObject *object;
  guint n_holds;
  gboolean is_kept; /* its dispose came while it was held */
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

static gboolean
on_release (gpointer object)
{
  g_object_unref (object);

  return G_SOURCE_REMOVE;
}

/* The thread whose dispose returned at once is still in g_object_unref(). If this were the last
 * reference there, it would finalize an object that was not disposed of. */
static void
owner_release_later (gpointer object)
{
  g_autoptr(GSource) source = NULL;

  if (!cproc_thread_ensure (NULL))
    {
      g_object_unref (object);
      return;
    }

  source = g_timeout_source_new (RELEASE_MSEC);
  g_source_set_static_name (source, "[libcproc] release");
  g_source_set_callback (source, on_release, object, NULL);
  g_source_attach (source, cproc_thread_get_context ());
}

void
cproc_owner_drop (CprocOwner *self,
                  gpointer    object)
{
  gboolean was_kept;

  g_mutex_lock (&self->mutex);
  self->n_holds--;
  was_kept = self->is_kept && self->n_holds == 0;
  if (was_kept)
    self->is_kept = FALSE;
  g_mutex_unlock (&self->mutex);

  g_object_unref (object);
  if (was_kept)
    owner_release_later (object);
}

gboolean
cproc_owner_leave (CprocOwner *self)
{
  gboolean is_held;

  g_mutex_lock (&self->mutex);
  /* One reference belongs to the caller of dispose. g_object_run_dispose() has one reference more
   * than the program's, and disposes even while a thread holds the object. */
  is_held = self->object != NULL && self->n_holds > 0 &&
            (guint) g_atomic_int_get ((int *) &self->object->ref_count) <=
            self->n_holds + self->is_kept + 1;
  if (!is_held)
    self->object = NULL;
  else if (!self->is_kept)
    g_object_ref (self->object);
  self->is_kept |= is_held;
  g_mutex_unlock (&self->mutex);

  return !is_held;
}
