/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The object that owns watches, timers and sources. Any thread may drop the object's last reference
 * while the thread of the main context is about to call one of their functions. So a function is
 * called only while the object is held, and never once its disposal has begun: the function always
 * has a living object, and dispose has the object's data for itself. Ref-counted and thread-safe.
 *
 * A GWeakRef would do the same, but it takes the reference under a lock that all weak references of
 * the process share. Taking the reference may wake a language's wrapper, which waits for the
 * interpreter. A thread that has the interpreter and makes an object waits for that lock: a
 * deadlock. Here each object has its own lock. */
typedef struct _CprocOwner CprocOwner;

CprocOwner *cproc_owner_new   (gpointer    object);
CprocOwner *cproc_owner_ref   (CprocOwner *self);
void        cproc_owner_unref (CprocOwner *self);

/* Returns the object, held until cproc_owner_drop(); NULL if its disposal has begun. */
gpointer    cproc_owner_hold  (CprocOwner *self);
void        cproc_owner_drop  (CprocOwner *self,
                               gpointer    object);
/* Forbids further holds. The object's dispose calls this first. On FALSE dispose returns at once:
 * another thread still holds the object, which is kept and disposed of soon after the drop. */
gboolean    cproc_owner_leave (CprocOwner *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocOwner, cproc_owner_unref)

G_END_DECLS
