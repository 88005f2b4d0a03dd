/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-watch-private.h"

G_BEGIN_DECLS

/* How a process ended, and what it used. */
typedef struct
{
  int exit_code;   /* -1 when none is known, or a signal ended it */
  int term_signal; /* 0 when none */
  gboolean has_usage;
  gint64 user_time;   /* microseconds */
  gint64 system_time; /* microseconds */
  gint64 max_rss;     /* KiB */
} CprocEnd;

typedef void (*CprocExitFunc) (const CprocEnd *end,
                               gpointer        user_data);

/* Tells, in a main context, that a process has ended. GSubprocess reaps, on a thread of its own
 * that hands the news over by way of two more context switches; a pidfd tells at once. The status
 * comes from the pidfd too, since the reap may be a stranger's (SIGCHLD ignored, waitpid (-1)):
 * waitid() without reaping while it is still a zombie, then PIDFD_GET_INFO (Linux 6.15); else
 * from GSubprocess, and -1 where that cannot be trusted. Embedded in its owner, movable. */
typedef struct
{
  CprocWatch watch;
  GSubprocess *subprocess;
  GCancellable *cancellable; /* of the wait where a pidfd does not help */
  GMainContext *context;
  int pidfd; /* not owned */
  CprocExitFunc func;
  gpointer user_data;
} CprocExitWatch;

/* pidfd: -1 where the system has none, or the process was gone before one could be had. */
void cproc_exit_watch_start (CprocExitWatch *self,
                             GMainContext   *context,
                             GSubprocess    *subprocess,
                             int             pidfd,
                             CprocExitFunc   func,
                             gpointer        user_data);
void cproc_exit_watch_stop  (CprocExitWatch *self);
void cproc_exit_watch_move  (CprocExitWatch *self,
                             GMainContext   *context);

/* What this kernel is to be taken not to have. Only the tests set it. */
enum
{
  CPROC_EXIT_LACKS_WAITID = 1 << 0, /* the race against the reaper is lost */
  CPROC_EXIT_LACKS_PIDFD_INFO = 1 << 1,
};

extern guint cproc_exit_lacks;

G_END_DECLS
