/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "launch-spec.h"
#include "launch-status.h"

/* Shared by the modes of the helper. No function allocates, and all may be called in the child of a
 * vfork or fork. */

/* The exit code of a failed exec that cannot be reported to the library. */
#define LAUNCH_EXIT_FAILURE 127

void launch_report       (int               status_fd,
                          LaunchStep        step,
                          int               value,
                          int               detail);

/* Reports LAUNCH_STEP_PID, with a pidfd that this process has opened on itself, so it cannot be
 * another process's. There is no pidfd if the kernel has none, or the status goes to a file. */
void launch_report_process (int             status_fd,
                            bool            is_locked);

/* Closes all descriptors except those to keep, and makes the status socket close-on-exec. */
bool launch_close_others (const LaunchSpec *spec,
                          LaunchRecord     *failure);
/* The same for systems without close_range(). */
void launch_close_listed (int               first,
                          int               last);

/* Makes the group or session to lead, and takes its terminal; launch_apply() calls this first. */
bool launch_enter_group  (const LaunchSpec *spec,
                          LaunchRecord     *failure);

/* Applies group or session, umask, nice, limits, ids, parent-death signal and directory, in an
 * order in which no step loses the privilege for a later one. */
bool launch_apply        (const LaunchSpec *spec,
                          const char       *cwd,
                          LaunchRecord     *failure);

/* Resets every signal as in a fresh process: the default action, not blocked. */
void launch_reset_signals (void);

/* Execs the program; args begins at FILE, and is modified. Returns only on failure. */
void launch_exec         (char            **args,
                          LaunchRecord     *failure);

/* Returns whether the spec names pipes to open, and this process may open them. Their descriptors
 * are only references to the files, and cannot be read or written. */
bool launch_has_fifos    (const LaunchSpec *spec);
bool launch_check_fifos  (const LaunchSpec *spec,
                          LaunchRecord     *failure);

/* Opens the pipes. Each open waits until another process has the other end open. */
bool launch_open_fifos   (const LaunchSpec *spec);

/* Does all of the above in turn, from an argv as main() gets it, and becomes the program. */
_Noreturn void launch_become (const LaunchSpec *spec,
                              char            **argv);

/* Starts the program and stays as its parent, until no process is left that the program has
 * started. */
_Noreturn void launch_supervise (const LaunchSpec *spec,
                                 char            **argv);
