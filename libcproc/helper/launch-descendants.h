/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Signals what descends from a process, by way of /proc. Nothing is allocated; not thread-safe. */

/* Sends signum to the descendants of the calling process, which must have one thread and be a
 * subreaper: an orphan otherwise gets another parent. Returns how many there were.
 *
 * SIGKILL is to be repeated until none is left, since a process that is being forked at this moment
 * is not seen. Any other signal reaches each process that there was when the call began, once; but
 * no more than 4096 of them, and no more than the limit of open files allows. */
int  launch_signal_descendants (int signum);

/* Sends SIGKILL to the children of another process, which pidfd (-1: none) holds. What they leave
 * behind becomes the children of that process if it is a subreaper: to be repeated until none is
 * left. Returns how many there were. */
int  launch_kill_children_of   (pid_t pid,
                                int   pidfd);

/* Whether /proc is there, and numbers the processes as this process sees them. */
bool launch_proc_is_ours       (void);

/* Take /proc/PID/task/TID/children, or pidfds, to be missing. Only the tests set these. */
extern bool launch_lacks_children_file;
extern bool launch_lacks_pidfd;
