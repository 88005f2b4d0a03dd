/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-command.h"
#include "cproc-job-private.h"

G_BEGIN_DECLS

/* One start of a command: all that is between a CprocCommand and a running process.
 *
 * prepare  in the caller's thread: checks, opens, makes the pipes
 * spawn    in any thread: the call that makes the process
 * confirm  when status_fd has hung up (or blocking): has the program been exec'ed?
 *
 * Every start goes by way of the launch helper: with it alone the program has just the descriptors
 * that it is to have and signals as in a fresh process, and is its number known however soon it
 * ends.
 *
 * A failure of each step is a GError that names the program and the step; the process that failed
 * has been reaped by then. Freeing it closes what was not stolen. */
typedef struct _CprocLaunch CprocLaunch;

CprocLaunch *cproc_launch_new          (CprocCommand  *command);
void         cproc_launch_free         (CprocLaunch   *self);

/* What CPROC_STDIO_DEFAULT stands for. */
void         cproc_launch_set_defaults (CprocLaunch   *self,
                                        CprocStdio     in,
                                        CprocStdio     out,
                                        CprocStdio     err);

/* Gives away a descriptor that the command does not know of, as a worker's channel. */
void         cproc_launch_take_fd      (CprocLaunch   *self,
                                        int            fd,
                                        int            target_fd);
void         cproc_launch_set_variable (CprocLaunch   *self,
                                        const char    *name,
                                        const char    *value);

/* Gives away the child's end of a pipe that was made before the start; the mode must be PIPE. */
void         cproc_launch_take_pipe    (CprocLaunch   *self,
                                        int            fd,
                                        int            target_fd);

/* The mode of stream 0, 1 or 2 as it will be: not DEFAULT. Before prepare too. */
CprocStdio   cproc_launch_get_mode     (CprocLaunch   *self,
                                        int            fd);

/* Whether it leads to the parent, by a pipe or a socket. */
gboolean     cproc_launch_is_piped     (CprocLaunch   *self,
                                        int            fd);

/* Before prepare: the process is held just before its program, after all that can be done before.
 * Then spawn is followed by await_ready, release and confirm. Freed instead, it ends. */
void         cproc_launch_hold        (CprocLaunch   *self);
gboolean     cproc_launch_is_held     (CprocLaunch   *self);

gboolean     cproc_launch_prepare      (CprocLaunch   *self,
                                        GError       **error);

/* After prepare: the parent's end of the pipe to target_fd (0, 1, 2 or of add_pipe), non-blocking,
 * close-on-exec; -1 where there is none, or it was stolen. */
int          cproc_launch_steal_pipe   (CprocLaunch   *self,
                                        int            target_fd);

gboolean     cproc_launch_spawn        (CprocLaunch   *self,
                                        GError       **error);

/* Between spawn and confirm: hangs up when all has been decided. It is readable before. */
int          cproc_launch_get_status_fd (CprocLaunch  *self);

/* Of a held process. Blocks until it waits, or has failed. is_decided does not block: it says
 * whether await_ready() will not either; status_fd is readable when that may have changed. */
gboolean     cproc_launch_is_decided   (CprocLaunch   *self);
gboolean     cproc_launch_await_ready  (CprocLaunch   *self,
                                        GError       **error);

/* Lets the program run. FALSE if the process has ended: it is not a start's error. */
gboolean     cproc_launch_release      (CprocLaunch   *self);

/* Blocks until the program runs or has failed to. */
gboolean     cproc_launch_confirm      (CprocLaunch   *self,
                                        GError       **error);

/* Both, where nothing is to be done between them: sooner. */
gboolean     cproc_launch_run          (CprocLaunch   *self,
                                        GError       **error);

/* After confirm; the job after spawn, so that a start can be broken off: NULL where it has failed
 * by then. */
GSubprocess *cproc_launch_get_subprocess (CprocLaunch *self);
gint64       cproc_launch_get_pid        (CprocLaunch *self);
CprocJob    *cproc_launch_get_job        (CprocLaunch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocLaunch, cproc_launch_free)

G_END_DECLS
