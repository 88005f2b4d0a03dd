/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-watch-private.h"

G_BEGIN_DECLS

/* All descriptors that the library watches in one main context with one priority, behind one
 * source and, when they are many, one epoll descriptor. A main context asks for each of its
 * descriptors anew at every turn, so with a source for each, 500 idle children would cost every
 * turn of the application's loop some 2,000 of them; with this they cost nothing.
 *
 * The poller calls bounded watches only as long as there is time in the turn, see CprocTurn; the
 * watch that has waited longest is first in the next one. */

/* The watch's fields say what to watch; it is active until it is removed. */
void     cproc_poller_add          (CprocWatch   *watch,
                                    GMainContext *context);
void     cproc_poller_remove       (CprocWatch   *watch);
void     cproc_poller_set_pending  (CprocWatch   *watch,
                                    gboolean      pending);
gboolean cproc_poller_is_turn_over (CprocPoller  *self);

G_END_DECLS
