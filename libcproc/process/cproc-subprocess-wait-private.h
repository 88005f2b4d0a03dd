/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-watch-private.h"

G_BEGIN_DECLS

/* Waits until GSubprocess has reaped a process; used if there is no pidfd. The wait of GSubprocess
 * itself stays in the main context where it began; this one can be moved. */
typedef struct _CprocSubprocessWait CprocSubprocessWait;

CprocSubprocessWait *cproc_subprocess_wait_new (GSubprocess    *subprocess,
                                                GMainContext   *context,
                                                CprocOwner     *owner,
                                                CprocWatchFunc  func,
                                                gpointer        user_data);
void cproc_subprocess_wait_free (CprocSubprocessWait *self);
void cproc_subprocess_wait_move (CprocSubprocessWait *self,
                                 GMainContext        *context);

G_END_DECLS
