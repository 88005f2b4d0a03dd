/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-command-private.h"

G_BEGIN_DECLS

/* The descriptors of one start: the child's, each with the number that it will have, and our ends
 * of the pipes among them. Owned, close-on-exec, and numbered above all that the child gets, since
 * GLib's posix_spawn path closes a target that has the number of a descriptor it maps (in 2.74 to
 * 2.89, do_posix_spawn()); but a stream that is inherited is this process's own. */
typedef struct
{
  GArray *child;  /* CprocCommandFd */
  GArray *parent; /* CprocCommandFd */
  int highest;    /* of the child's numbers */
  int null_fd;    /* one of the child's, -1: none yet */
  int fifos[3];   /* how the helper is to open a stream that is a named pipe; -1: it is not */
  gboolean merges_fifo; /* standard error follows standard output there */
} CprocLaunchFds;

void     cproc_launch_fds_init      (CprocLaunchFds      *self);
void     cproc_launch_fds_clear     (CprocLaunchFds      *self);

/* Before open: a descriptor for the child that was made elsewhere. */
void     cproc_launch_fds_take      (CprocLaunchFds      *self,
                                     int                  fd,
                                     int                  target_fd);

/* Opens, makes or duplicates all that the command asks for. reserve: how many numbers above the
 * command's will be asked for by add_pipe(). */
gboolean cproc_launch_fds_open      (CprocLaunchFds      *self,
                                     const CprocCommand  *command,
                                     const CprocStdio     modes[3],
                                     int                  reserve,
                                     GError             **error);

/* After open. Our end is left blocking. */
gboolean cproc_launch_fds_add_pipe  (CprocLaunchFds      *self,
                                     int                  target_fd,
                                     CprocPipeDirection   direction,
                                     GError             **error);

/* The child's descriptor of this number, -1 where there is none. */
int      cproc_launch_fds_get_child (CprocLaunchFds      *self,
                                     int                  target_fd);

int      cproc_launch_fds_steal_parent (CprocLaunchFds   *self,
                                        int               target_fd);

/* All of the child's are its own now, and not closed by clear any more. */
void     cproc_launch_fds_give_to   (CprocLaunchFds      *self,
                                     GSubprocessLauncher *launcher);

/* GLib asserts where it should report an error: it must not run out of descriptors. */
gboolean cproc_launch_fds_probe     (CprocLaunchFds      *self,
                                     GError             **error);

G_END_DECLS
