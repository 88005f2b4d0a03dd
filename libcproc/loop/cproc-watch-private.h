/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-owner-private.h"

G_BEGIN_DECLS

/* Waits for a descriptor in a main context; can be moved from one context to another, which a
 * GSource cannot: that is what makes a synchronous run() or wait() possible without letting the
 * application's own sources run. Embedded in its owner; not thread-safe. */
typedef struct _CprocWatch CprocWatch;
typedef struct _CprocPoller CprocPoller;

typedef void (*CprocWatchFunc) (gpointer user_data);

struct _CprocWatch
{
  CprocPoller *poller;
  CprocWatch *next; /* of the same descriptor, in the poller */
  CprocWatch *next_pending;
  int fd;
  GIOCondition condition;
  gboolean pending;
  gboolean is_bounded; /* its function may take long: see CprocTurn */
  int priority;
  CprocWatchFunc func;
  gpointer user_data;
  CprocOwner *owner; /* not held; NULL: the thread of the context alone uses the watch */
};

/* Before it is started. The function is called only while the owner's object is held. */
void cproc_watch_set_owner (CprocWatch     *self,
                            CprocOwner     *owner);

/* Before it is started. A bounded watch waits while the library has used up its turn of the main
 * context; others are always called. Its function asks after each emission whether the turn is
 * over, and then leaves the rest to the next call. */
void cproc_watch_set_bounded (CprocWatch     *self,
                              gboolean        is_bounded);
gboolean cproc_watch_is_turn_over (CprocWatch *self);

/* Of the source that calls the function; an active watch moves. */
void cproc_watch_set_priority (CprocWatch    *self,
                               GMainContext  *context,
                               int            priority);

/* fd: may be -1 where only what is pending is of interest. */
void cproc_watch_start       (CprocWatch     *self,
                              GMainContext   *context,
                              int             fd,
                              GIOCondition    condition,
                              CprocWatchFunc  func,
                              gpointer        user_data);
void cproc_watch_stop        (CprocWatch     *self);
void cproc_watch_move        (CprocWatch     *self,
                              GMainContext   *context);

/* There is something to do whatever the descriptor says: the function is called, time and again,
 * until it is taken back. Stopping takes it back. Only in the thread that runs the context. */
void cproc_watch_set_pending (CprocWatch     *self,
                              gboolean        pending);

static inline gboolean
cproc_watch_is_active (const CprocWatch *self)
{
  return self->poller != NULL;
}

/* A moment in monotonic time; likewise movable. */
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
