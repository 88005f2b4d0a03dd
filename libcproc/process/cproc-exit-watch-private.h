/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-pidfd-private.h"
#include "cproc-job-private.h"
#include "cproc-subprocess-wait-private.h"
#include "cproc-watch-private.h"

G_BEGIN_DECLS

typedef void (*CprocExitFunc) (const CprocExitStatus *end,
                               gpointer        user_data);

/* The signal that has stopped the process; 0: it goes on. */
typedef void (*CprocStopFunc) (int             signum,
                               gpointer        user_data);

/* Tells, in a main context, that a process has ended. GSubprocess reaps in a thread of its own and
 * hands the news over by two more context switches; a pidfd tells at once. The status comes from
 * the pidfd too, since other code may reap the process (SIGCHLD ignored, waitpid (-1)): by waitid()
 * without reaping while it is a zombie, then by PIDFD_GET_INFO (Linux 6.15), else from GSubprocess,
 * and -1 where that cannot be trusted. The resident helper tells it of a TREE. Embedded in its
 * owner, movable. */
typedef struct
{
  CprocWatch watch;
  CprocTimer held_timer; /* while a debugger holds it */
  CprocTimer stop_timer; /* where no helper tells of stops */
  guint held_msec;
  GSubprocess *subprocess;
  CprocJob *job;
  CprocSubprocessWait *reap; /* where there is no pidfd */
  GMainContext *context;
  CprocExitFunc func;
  CprocStopFunc stop_func;
  gboolean is_stopped;
  gpointer user_data;
} CprocExitWatch;

/* To be called before the start; see cproc_watch_set_owner(). */
void cproc_exit_watch_set_owner (CprocExitWatch *self,
                                 CprocOwner     *owner);

void cproc_exit_watch_start (CprocExitWatch *self,
                             GMainContext   *context,
                             GSubprocess    *subprocess,
                             CprocJob       *job,
                             CprocExitFunc   func,
                             gpointer        user_data);
/* Tells of stops too, from now on. is_wanted: also if the process has no helper, which costs a
 * timer. */
void cproc_exit_watch_start_stops (CprocExitWatch *self,
                                   CprocStopFunc   func,
                                   gboolean        is_wanted);
void cproc_exit_watch_stop (CprocExitWatch *self);
void cproc_exit_watch_move (CprocExitWatch *self,
                            GMainContext   *context);

G_END_DECLS
