/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdbool.h>

/* All that descends from the calling process, which must have one thread and be a subreaper, or
 * what is orphaned is not its any more. Nothing is allocated. */

/* Sends signum to each; SIGKILL need not reach those that are being started at this moment, which
 * is why it is to be repeated until there is no child left; any other signal reaches all that
 * there were when the call began. The number of those that were found. */
int launch_signal_descendants (int signum);

/* To be taken not to have /proc/PID/task/TID/children, or pidfds. Only the tests set these. */
extern bool launch_lacks_children_file;
extern bool launch_lacks_pidfd;
