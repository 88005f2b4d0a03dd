/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-watch-private.h"

G_BEGIN_DECLS

/* All descriptors that the library watches in one main context with one priority, behind one source
 * and, if there are many, one epoll descriptor. A main context passes every descriptor to poll() at
 * every turn. With a source for each descriptor, idle children would slow down every turn of the
 * application's loop; with one poller they cost nothing.
 *
 * The poller calls bounded watches only while there is time left in the turn, see CprocTurn. The
 * watch that has waited longest is the first in the next turn. */

/* Adds a watch, whose fields say what to watch; it is active until it is removed. */
void     cproc_poller_add          (CprocWatch   *watch,
                                    GMainContext *context);
void     cproc_poller_remove       (CprocWatch   *watch);
void     cproc_poller_set_pending  (CprocWatch   *watch,
                                    gboolean      pending);
gboolean cproc_poller_is_turn_over (CprocPoller  *self);

G_END_DECLS
