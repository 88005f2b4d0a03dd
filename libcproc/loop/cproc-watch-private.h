/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-owner-private.h"

G_BEGIN_DECLS

/* Waits for a descriptor in a main context. Unlike a GSource, it can be moved from one context to
 * another: this lets a synchronous run() or wait() work without running the application's own
 * sources. Embedded in its owner; not thread-safe. */
typedef struct _CprocWatch CprocWatch;
typedef struct _CprocPoller CprocPoller;

typedef void (*CprocWatchFunc) (gpointer user_data);

struct _CprocWatch
{
  CprocPoller *poller;
  CprocWatch *next; /* next watch of the same descriptor, in the poller */
  CprocWatch *next_pending;
  int fd;
  GIOCondition condition;
  gboolean pending;
  gboolean is_bounded; /* the function may take long: see CprocTurn */
  int priority;
  CprocWatchFunc func;
  gpointer user_data;
  CprocOwner *owner; /* no reference; NULL: only the context's thread uses the watch */
};

/* Call before the start. The function is called only while the owner's object is held. */
void cproc_watch_set_owner (CprocWatch     *self,
                            CprocOwner     *owner);

/* Call before the start. A bounded watch waits while the library has used up its turn of the main
 * context; other watches are always called. The function of a bounded watch asks after each
 * emission whether the turn is over, and then leaves the rest to the next call. */
void cproc_watch_set_bounded (CprocWatch     *self,
                              gboolean        is_bounded);
gboolean cproc_watch_is_turn_over (CprocWatch *self);

/* Sets the priority of the source that calls the function; an active watch moves. */
void cproc_watch_set_priority (CprocWatch    *self,
                               GMainContext  *context,
                               int            priority);

/* fd: may be -1 if only the pending flag is used. */
void cproc_watch_start       (CprocWatch     *self,
                              GMainContext   *context,
                              int             fd,
                              GIOCondition    condition,
                              CprocWatchFunc  func,
                              gpointer        user_data);
void cproc_watch_stop        (CprocWatch     *self);
void cproc_watch_move        (CprocWatch     *self,
                              GMainContext   *context);

/* Marks the watch as having work that does not depend on the descriptor: the function is called
 * again and again until this is reset. Stopping resets it. Only in the thread that runs the
 * context. */
void cproc_watch_set_pending (CprocWatch     *self,
                              gboolean        pending);

static inline gboolean
cproc_watch_is_active (const CprocWatch *self)
{
  return self->poller != NULL;
}

/* A timer for a moment in monotonic time; it can be moved like a watch. */
typedef struct
{
  GSource *source;
  gint64 deadline;
  CprocWatchFunc func;
  gpointer user_data;
  CprocOwner *owner; /* as a watch's */
} CprocTimer;

void cproc_timer_set_owner (CprocTimer     *self,
                            CprocOwner     *owner);

/* msec: from now on; 0 fires at the next iteration. Fires until it is stopped. */
void cproc_timer_start       (CprocTimer     *self,
                              GMainContext   *context,
                              guint           msec,
                              CprocWatchFunc  func,
                              gpointer        user_data);
void cproc_timer_stop        (CprocTimer     *self);
void cproc_timer_move        (CprocTimer     *self,
                              GMainContext   *context);

static inline gboolean
cproc_timer_is_active (const CprocTimer *self)
{
  return self->source != NULL;
}

G_END_DECLS
