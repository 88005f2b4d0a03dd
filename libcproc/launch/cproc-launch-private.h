/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-command.h"
#include "cproc-job-private.h"

G_BEGIN_DECLS

/* One start of a command: everything between a CprocCommand and a running process, in three steps.
 * prepare, in the caller's thread, checks, opens files and makes the pipes. spawn, in any thread,
 * makes the process. confirm, when status_fd has hung up (or blocking), finds out whether the
 * program has been exec'ed.
 *
 * Every start uses the launch helper. Only with it does the program have exactly its descriptors,
 * and signals as in a fresh process; and the pid is known even if the program ends at once.
 *
 * A failure of each step is a GError that names the program and the step; the failed process has
 * been reaped by then. Freeing the launch closes the descriptors that were not stolen. */
typedef struct _CprocLaunch CprocLaunch;

CprocLaunch *cproc_launch_new          (CprocCommand  *command);
void         cproc_launch_free         (CprocLaunch   *self);

/* Sets the modes that CPROC_STDIO_DEFAULT stands for. */
void         cproc_launch_set_defaults (CprocLaunch   *self,
                                        CprocStdio     in,
                                        CprocStdio     out,
                                        CprocStdio     err);

/* Takes ownership of a descriptor that the command does not know, such as a worker's channel. */
void         cproc_launch_take_fd      (CprocLaunch   *self,
                                        int            fd,
                                        int            target_fd);
void         cproc_launch_set_variable (CprocLaunch   *self,
                                        const char    *name,
                                        const char    *value);

/* Takes ownership of the child's end of a pipe that was made before the start; the mode must be
 * PIPE. */
void         cproc_launch_take_pipe    (CprocLaunch   *self,
                                        int            fd,
                                        int            target_fd);

/* Takes ownership of the child's end of the terminal to which the streams of that mode lead. A
 * launch needs one if the command has such a stream. */
void         cproc_launch_take_terminal (CprocLaunch  *self,
                                         int           fd);

/* Returns the mode of stream 0, 1 or 2 in the start; never DEFAULT. Also valid before prepare. */
CprocStdio   cproc_launch_get_mode     (CprocLaunch   *self,
                                        int            fd);

/* Returns whether the stream leads to the parent, by a pipe or a socket. */
gboolean     cproc_launch_is_piped     (CprocLaunch   *self,
                                        int            fd);

/* Holds the process just before its program, when everything else is done. Call before prepare;
 * after spawn, call await_ready, release and confirm. If the launch is freed instead, the process
 * ends. */
void         cproc_launch_hold        (CprocLaunch   *self);
gboolean     cproc_launch_is_held     (CprocLaunch   *self);

gboolean     cproc_launch_prepare      (CprocLaunch   *self,
                                        GError       **error);

/* Steals the parent's end of the pipe to target_fd (0, 1, 2 or one of add_pipe), non-blocking and
 * close-on-exec; -1 if there is none, or it was stolen. Call after prepare. */
int          cproc_launch_steal_pipe   (CprocLaunch   *self,
                                        int            target_fd);

gboolean     cproc_launch_spawn        (CprocLaunch   *self,
                                        GError       **error);

/* Returns the descriptor that hangs up when the start has succeeded or failed. It may be readable
 * before. For use between spawn and confirm. */
int          cproc_launch_get_status_fd (CprocLaunch  *self);

/* For a held process: await_ready blocks until the process waits or has failed. is_decided does not
 * block: it returns whether await_ready would return at once; status_fd is readable when this may
 * have changed. */
gboolean     cproc_launch_is_decided   (CprocLaunch   *self);
gboolean     cproc_launch_await_ready  (CprocLaunch   *self,
                                        GError       **error);

/* Lets the program run. FALSE if the process has ended, which is not an error of the start. */
gboolean     cproc_launch_release      (CprocLaunch   *self);

/* Blocks until the program runs or has failed to start. */
gboolean     cproc_launch_confirm      (CprocLaunch   *self,
                                        GError       **error);

/* Ends what has been spawned, confirmed or not, and waits for its end. */
void         cproc_launch_kill         (CprocLaunch   *self);

/* Calls spawn and confirm in one go, which is faster. */
gboolean     cproc_launch_run          (CprocLaunch   *self,
                                        GError       **error);

/* Return the results after confirm. The job is available after spawn, so that a start can be
 * cancelled; NULL if the start has failed. */
GSubprocess *cproc_launch_get_subprocess (CprocLaunch *self);
gint64       cproc_launch_get_pid        (CprocLaunch *self);
CprocJob    *cproc_launch_get_job        (CprocLaunch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocLaunch, cproc_launch_free)

G_END_DECLS
