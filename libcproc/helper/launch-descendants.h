/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Signals the descendants of a process, found through /proc. Nothing is allocated; not
 * thread-safe. */

/* Sends signum to the descendants of the calling process. It must have one thread, and must be a
 * subreaper: otherwise an orphan gets another parent. Returns the number of descendants.
 *
 * Repeat SIGKILL until none is left, because a process that is just being forked is not seen. Any
 * other signal reaches each process that existed when the call began, once; but no more than 4096
 * of them, and no more than the limit of open files allows. */
int  launch_signal_descendants (int signum);

/* Sends SIGKILL to the children of another process, which pidfd (-1: none) holds. Their orphans
 * become children of that process if it is a subreaper, so repeat until none is left. Returns the
 * number of children. */
int  launch_kill_children_of   (pid_t pid,
                                int   pidfd);

/* Returns whether /proc exists and belongs to the pid namespace of this process. */
bool launch_proc_is_ours       (void);

/* Treat /proc/PID/task/TID/children, or pidfds, as missing. Only the tests set these. */
extern bool launch_lacks_children_file;
extern bool launch_lacks_pidfd;
