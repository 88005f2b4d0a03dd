/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <sys/types.h>

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
} CprocExitStatus;

#define CPROC_EXIT_STATUS_UNKNOWN ((CprocExitStatus) { .exit_code = -1 })

typedef enum
{
  CPROC_WAIT_RESULT_EXITED,   /* a zombie: how it ended has been filled in */
  CPROC_WAIT_RESULT_NOT_OURS,  /* not, or no longer, a child of this process */
  CPROC_WAIT_RESULT_RUNNING, /* or held by a debugger */
} CprocWaitResult;

/* What Linux knows by a pidfd, which never means another process than the one it was opened for.
 * Each copes with a kernel that lacks it. */

int       cproc_pidfd_open         (pid_t     pid);

/* 0 or the errno. The group is the one that has the process's pid for its number, whether or not
 * the process itself is still in it, or there at all; EINVAL before Linux 6.9. */
int       cproc_pidfd_signal       (int pidfd,
                                    int signum);
int       cproc_pidfd_signal_group (int pidfd,
                                    int signum);

/* Looks at a child without reaping it. */
CprocWaitResult cproc_pidfd_peek         (int              pidfd,
                                          CprocExitStatus *end);

/* How a process ended that somebody has reaped: Linux 6.15. */
gboolean  cproc_pidfd_get_end      (int              pidfd,
                                    CprocExitStatus *end);

/* Of a child that its own reaper has given up. */
void      cproc_pidfd_reap         (int       pidfd);

/* It has ended and is about to be reaped: waits for that, which is a matter of microseconds. */
void      cproc_pidfd_await_reaped (int       pidfd);

void      cproc_exit_status_set_wait_status     (CprocExitStatus *end,
                                                 int              status);

/* What this kernel is to be taken not to have. Only the tests set it. */
enum
{
  CPROC_PIDFD_LACKS_PEEK = 1 << 0, /* as if the reaper were always first */
  CPROC_PIDFD_LACKS_END = 1 << 1,
  CPROC_PIDFD_LACKS_GROUP = 1 << 2,
};

extern guint cproc_pidfd_lacks; /* atomic */

G_END_DECLS
