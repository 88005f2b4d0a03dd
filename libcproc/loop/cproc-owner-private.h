/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The object that watches, timers and sources belong to. Any thread may drop the object's last
 * reference, while the thread of the main context is about to call one of their functions. The
 * function is called only while the object is held, and never once its disposal has begun: so a
 * function has a living object, and dispose has all of the object's data for itself. Ref-counted
 * and thread-safe.
 *
 * A GWeakRef would do, but it takes the reference under a lock that all weak references of the
 * process share, and the reference may wake a language's wrapper, which waits for the interpreter:
 * a thread that has the interpreter and makes an object waits for that lock, for ever. Here each
 * object has a lock of its own. */
typedef struct _CprocOwner CprocOwner;

CprocOwner *cproc_owner_new   (gpointer    object);
CprocOwner *cproc_owner_ref   (CprocOwner *self);
void        cproc_owner_unref (CprocOwner *self);

/* Returns the object, held until cproc_owner_drop(); NULL: its disposal has begun. */
gpointer    cproc_owner_hold  (CprocOwner *self);
void        cproc_owner_drop  (CprocOwner *self,
                               gpointer    object);
/* Lets nobody hold the object any more. The object's dispose calls this first, and returns at
 * once where this is FALSE: a thread that held the object in this moment drops it later, and that
 * disposes of it. */
gboolean    cproc_owner_leave (CprocOwner *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocOwner, cproc_owner_unref)

G_END_DECLS
