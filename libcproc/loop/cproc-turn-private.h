/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The time that the library takes of one main context. All pollers and channels of the context
 * share it, handlers included. Once it is used up, the turn is spent: nothing bounded is dispatched
 * until a source of low priority has run, and so every source by which an application lays out and
 * draws. Where the application always has something better to do, the wait ends after a moment.
 *
 * Those that find the turn spent are first in the next one, in the order in which they came. Only
 * for the thread that runs the context. */
typedef struct _CprocTurn CprocTurn;

/* One dispatch of a source. Dispatches nest, where a handler runs a main loop of its own. */
typedef struct
{
  CprocTurn *turn;
  gint64 begin;
  gint64 outer_deadline;
} CprocTurnDispatch;

/* The context's turn; given back by cproc_turn_release(). Any thread may call these. */
CprocTurn *cproc_turn_acquire (GMainContext      *context);
void       cproc_turn_release (CprocTurn         *self,
                               GSource           *source);

/* For the source's prepare: may it be dispatched now? */
gboolean   cproc_turn_is_open (CprocTurn         *self,
                               GSource           *source);

/* For its check. is_ready: it has something to do. A source that must wait goes into the queue. */
gboolean   cproc_turn_admit   (CprocTurn         *self,
                               GSource           *source,
                               gboolean           is_ready);

/* Around what its dispatch does; FALSE: another one has spent the turn, do nothing and do not call
 * cproc_turn_leave(). */
gboolean   cproc_turn_enter   (CprocTurn         *self,
                               GSource           *source,
                               CprocTurnDispatch *dispatch);
void       cproc_turn_leave   (CprocTurnDispatch *dispatch);

/* Must the dispatch stop now? Ask after each emission. */
gboolean   cproc_turn_is_over (CprocTurn         *self);

G_END_DECLS
