/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-owner-private.h"

struct _CprocOwner
{
  gatomicrefcount ref_count;
  GWeakRef object;
};

CprocOwner *
cproc_owner_new (gpointer object)
{
  CprocOwner *self = g_new0 (CprocOwner, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_weak_ref_init (&self->object, object);

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

  g_weak_ref_clear (&self->object);
  g_free (self);
}

gpointer
cproc_owner_hold (CprocOwner *self)
{
  return g_weak_ref_get (&self->object);
}
