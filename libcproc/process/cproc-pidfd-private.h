/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "cproc-resource-usage.h"

G_BEGIN_DECLS

/* The end of a process and its resource usage. */
typedef struct
{
  int exit_code;   /* -1 if not known, or if a signal ended it */
  int term_signal; /* 0 if none */
  int stop_signal; /* CPROC_WAIT_RESULT_STOPPED: the signal that stopped it */
  gboolean has_usage;
  CprocResourceUsage usage;
} CprocExitStatus;

#define CPROC_EXIT_STATUS_UNKNOWN ((CprocExitStatus) { .exit_code = -1 })

typedef enum
{
  CPROC_WAIT_RESULT_EXITED,   /* a zombie: its end has been filled in */
  CPROC_WAIT_RESULT_NOT_OURS, /* not, or no longer, a child of this process */
  CPROC_WAIT_RESULT_RUNNING,  /* or ended but held by a debugger */
  CPROC_WAIT_RESULT_STOPPED,
  CPROC_WAIT_RESULT_CONTINUED,
} CprocWaitResult;

/* The only caller of kill(2). It refuses a pid of 1 or less, and a group number of -1 or more,
 * with ESRCH: kill (-1) would signal every process, and such a number comes from another pid
 * namespace. */
int cproc_kill (pid_t number,
                int   signum);

/* Functions on pidfds. A pidfd always means the process that it was opened for. Each function copes
 * with a kernel that lacks its system call. */

int cproc_pidfd_open (pid_t pid);

/* Returns whether the errno means that a sandbox refuses the system call, and not the signal. */
gboolean cproc_pidfd_is_refused (int error_number);

/* Signals a process or its group. Returns 0 or the errno. The group is the one whose number is the
 * pid of the process, whether or not the process is still in it or still exists; EINVAL before
 * Linux 6.9. */
int cproc_pidfd_signal (int pidfd,
                        int signum);
int cproc_pidfd_signal_group (int pidfd,
                              int signum);

/* The same for a child of this process. If there is no pidfd (-1) or it is refused, GSubprocess is
 * used, which may be NULL. ESRCH once the child has been reaped. */
int cproc_pidfd_signal_child (int          pidfd,
                              GSubprocess *subprocess,
                              int          signum);

/* Looks at a child without reaping it: EXITED, NOT_OURS or RUNNING. */
CprocWaitResult cproc_pidfd_peek (int              pidfd,
                                  CprocExitStatus *end);

/* Returns STOPPED if job control has stopped the child, else RUNNING. */
CprocWaitResult cproc_pidfd_peek_stop (int              pidfd,
                                       CprocExitStatus *end);

/* Gets how a process ended that has been reaped: needs Linux 6.15. */
gboolean cproc_pidfd_get_end (int              pidfd,
                              CprocExitStatus *end);

/* Reaps a child that GSubprocess has given up. */
void cproc_pidfd_reap (int pidfd);

/* Waits until an ended process has been reaped, which takes microseconds. */
void cproc_pidfd_await_reaped (int pidfd);

void cproc_exit_status_set_wait_status (CprocExitStatus *end,
                                        int              status);

/* Features that the kernel is assumed to lack. Only the tests set this. */
enum
{
  CPROC_PIDFD_LACKS_PEEK = 1 << 0, /* as if the process were always reaped first */
  CPROC_PIDFD_LACKS_END = 1 << 1,
  CPROC_PIDFD_LACKS_GROUP = 1 << 2,
  CPROC_PIDFD_LACKS_SIGNAL = 1 << 3, /* as if a sandbox refused the call */
};

extern guint cproc_pidfd_lacks; /* atomic */

G_END_DECLS
