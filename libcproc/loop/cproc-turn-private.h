/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The time that the library takes of one main context, handlers included. All pollers and channels
 * of the context share it. Once it is used up, the turn is spent: no bounded source is dispatched
 * until a source of low priority has run. By then the sources with which an application lays out
 * and draws have run too. If the application always has sources of higher priority ready, the wait
 * ends after a moment.
 *
 * Sources that find the turn spent come first in the next one, in the order in which they arrived.
 * Only for the thread that runs the context. */
typedef struct _CprocTurn CprocTurn;

/* One dispatch of a source. Dispatches nest if a handler runs a nested main loop. */
typedef struct
{
  CprocTurn *turn;
  gint64 begin;
  gint64 outer_deadline;
} CprocTurnDispatch;

/* Returns a reference to the context's turn. Call cproc_turn_release() once the source that uses it
 * is destroyed. Another thread may do so while the source is being dispatched: the source keeps the
 * reference until it is finalized. Any thread may call these. */
CprocTurn *cproc_turn_acquire (GMainContext      *context);
void       cproc_turn_release (CprocTurn         *self,
                               GSource           *source);
void       cproc_turn_unref   (CprocTurn         *self);

/* For the source's prepare: returns whether the source may be dispatched now. */
gboolean   cproc_turn_is_open (CprocTurn         *self,
                               GSource           *source);

/* For the source's check. is_ready: the source has something to do. A source that must wait is put
 * into the queue. */
gboolean   cproc_turn_admit   (CprocTurn         *self,
                               GSource           *source,
                               gboolean           is_ready);

/* Call these around the work of the source's dispatch. FALSE: another source has spent the turn; do
 * nothing and do not call cproc_turn_leave(). */
gboolean   cproc_turn_enter   (CprocTurn         *self,
                               GSource           *source,
                               CprocTurnDispatch *dispatch);
void       cproc_turn_leave   (CprocTurnDispatch *dispatch);

/* Returns whether the dispatch must stop now. Ask after each emission. */
gboolean   cproc_turn_is_over (CprocTurn         *self);

G_END_DECLS
