/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The object that watches, timers and sources belong to. Any thread may drop the object's last
 * reference, while the thread of the main context is about to call one of their functions. The
 * function is called only while the object is held, and never once its disposal has begun: so a
 * function has a living object, and dispose has all of the object's data for itself. Ref-counted
 * and thread-safe. */
typedef struct _CprocOwner CprocOwner;

CprocOwner *cproc_owner_new   (gpointer    object);
CprocOwner *cproc_owner_ref   (CprocOwner *self);
void        cproc_owner_unref (CprocOwner *self);

/* Returns a reference to the object; NULL: its disposal has begun. */
gpointer    cproc_owner_hold  (CprocOwner *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocOwner, cproc_owner_unref)

G_END_DECLS
