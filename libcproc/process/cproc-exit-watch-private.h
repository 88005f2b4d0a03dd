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

/* signum: the signal that has stopped the process; 0: it continues. */
typedef void (*CprocStopFunc) (int             signum,
                               gpointer        user_data);

/* Reports in a main context that a process has ended. A pidfd reports this at once, while
 * GSubprocess reaps in a thread of its own, which costs two more context switches.
 *
 * The status comes from the pidfd too, because other code may reap the process (SIGCHLD ignored,
 * waitpid (-1)): while the process is a zombie, from waitid() without reaping; after that from
 * PIDFD_GET_INFO (Linux 6.15), or else from GSubprocess. It is -1 if GSubprocess cannot be trusted.
 * In a TREE the resident helper reports the end. Embedded in its owner; it can be moved. */
typedef struct
{
  CprocWatch watch;
  CprocTimer held_timer; /* while a debugger holds it */
  CprocTimer stop_timer; /* used if no helper reports stops */
  guint held_msec;
  GSubprocess *subprocess;
  CprocJob *job;
  CprocSubprocessWait *reap; /* used if there is no pidfd */
  GMainContext *context;
  CprocExitFunc func;
  CprocStopFunc stop_func;
  gboolean is_stopped;
  gpointer user_data;
} CprocExitWatch;

/* Call before the start; see cproc_watch_set_owner(). */
void cproc_exit_watch_set_owner (CprocExitWatch *self,
                                 CprocOwner     *owner);

void cproc_exit_watch_set_priority (CprocExitWatch *self,
                                    GMainContext   *context,
                                    int             priority);

void cproc_exit_watch_start (CprocExitWatch *self,
                             GMainContext   *context,
                             GSubprocess    *subprocess,
                             CprocJob       *job,
                             CprocExitFunc   func,
                             gpointer        user_data);
/* Also reports stops from now on. is_wanted: report them even if the process has no helper, which
 * needs a timer. */
void cproc_exit_watch_start_stops (CprocExitWatch *self,
                                   CprocStopFunc   func,
                                   gboolean        is_wanted);
void cproc_exit_watch_stop (CprocExitWatch *self);
void cproc_exit_watch_move (CprocExitWatch *self,
                            GMainContext   *context);

G_END_DECLS
