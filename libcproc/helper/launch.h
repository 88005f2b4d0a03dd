/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "launch-spec.h"
#include "launch-status.h"

/* What the helper's modes share. None of it allocates, and all of it may be called in the child of
 * a vfork or fork. */

/* Of exec, where the library cannot be told more. */
#define LAUNCH_EXIT_FAILURE 127

void launch_report       (int               status_fd,
                          LaunchStep        step,
                          int               value,
                          int               detail);

/* Reports LAUNCH_STEP_PID, with a pidfd that this process has opened on itself: it cannot be
 * another process's. Without a pidfd where the kernel has none, or the status goes to a file. */
void launch_report_process (int             status_fd,
                            bool            is_locked);

/* Closes all but the descriptors to keep, and makes the status socket close-on-exec. */
bool launch_close_others (const LaunchSpec *spec,
                          LaunchRecord     *failure);
/* The same where there is no close_range(). */
void launch_close_listed (int               first,
                          int               last);

/* The group or session to lead, which launch_apply() does first. */
bool launch_enter_group  (const LaunchSpec *spec,
                          LaunchRecord     *failure);

/* Group or session, umask, nice, limits, ids, parent-death signal, directory; in an order in which
 * none takes from another the right to be done. */
bool launch_apply        (const LaunchSpec *spec,
                          const char       *cwd,
                          LaunchRecord     *failure);

/* Every signal as it is in a fresh process: the default action, not blocked. */
void launch_reset_signals (void);

/* Becomes the program; args begins at FILE, and is written to. Returns when it could not. */
void launch_exec         (char            **args,
                          LaunchRecord     *failure);

/* Whether the spec names pipes to open, and this process may open them. The descriptors of these
 * refer to the files, but cannot be read or written. */
bool launch_has_fifos    (const LaunchSpec *spec);
bool launch_check_fifos  (const LaunchSpec *spec,
                          LaunchRecord     *failure);

/* Opens them. Each waits until another process has the other end open. */
bool launch_open_fifos   (const LaunchSpec *spec);

/* All of the above in turn, from an argv as main() has it: what ends as the program. */
_Noreturn void launch_become (const LaunchSpec *spec,
                              char            **argv);

/* Starts the program and stays as its parent, until nothing is left that it has started. */
_Noreturn void launch_supervise (const LaunchSpec *spec,
                                 char            **argv);
