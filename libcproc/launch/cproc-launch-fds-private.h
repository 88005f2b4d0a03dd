/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-command-private.h"

G_BEGIN_DECLS

/* The descriptors of one start: the child's, each with its number in the child, and the parent's
 * ends of the pipes. They are owned and close-on-exec. They are numbered above all of the child's
 * numbers, because GLib's posix_spawn path closes a target that has the number of a descriptor that
 * it maps (in 2.74 to 2.89, do_posix_spawn()). An exception is an inherited stream, which stays
 * this process's own. */
typedef struct
{
  GArray *child;  /* CprocCommandFd */
  GArray *parent; /* CprocCommandFd */
  int highest;    /* the highest of the child's numbers */
  int null_fd;    /* /dev/null, one of the child's; -1: none yet */
  int fifos[3];   /* how the helper opens a stream that is a named pipe; -1: it is not */
  gboolean merges_fifo; /* standard error is a copy of standard output, a named pipe */
  int terminal_fd;      /* not the child's: its copies are; -1: none */
  int terminal_target;  /* the first stream that leads to the terminal; -1: none */
} CprocLaunchFds;

void     cproc_launch_fds_init      (CprocLaunchFds      *self);
void     cproc_launch_fds_clear     (CprocLaunchFds      *self);

/* Takes a descriptor for the child that was made elsewhere. Call before open. */
void     cproc_launch_fds_take      (CprocLaunchFds      *self,
                                     int                  fd,
                                     int                  target_fd);

/* Takes the end of a terminal for the streams of this mode. Call before open. */
void     cproc_launch_fds_take_terminal (CprocLaunchFds  *self,
                                         int              fd);

/* Opens, makes or duplicates all descriptors that the command needs. reserve: how many numbers
 * above the command's add_pipe() will use. */
gboolean cproc_launch_fds_open      (CprocLaunchFds      *self,
                                     const CprocCommand  *command,
                                     const CprocStdio     modes[3],
                                     int                  reserve,
                                     GError             **error);

/* Opens the file for a copy of a stream; the child does not get it. Returns -1 and the error that a
 * stream of mode FILE has. */
int      cproc_launch_open_tee      (const char          *path,
                                     CprocFileFlags       flags,
                                     int                  target_fd,
                                     GError             **error);

/* Adds a pipe. Call after open. The parent's end is blocking. */
gboolean cproc_launch_fds_add_pipe  (CprocLaunchFds      *self,
                                     int                  target_fd,
                                     CprocPipeDirection   direction,
                                     GError             **error);

/* Returns the descriptor with this number in the child, or -1. */
int      cproc_launch_fds_get_child (CprocLaunchFds      *self,
                                     int                  target_fd);

int      cproc_launch_fds_steal_parent (CprocLaunchFds   *self,
                                        int               target_fd);

/* Gives up the child's descriptors: it has them now, and clear does not close them any more. */
void     cproc_launch_fds_give_to   (CprocLaunchFds      *self,
                                     GSubprocessLauncher *launcher);

/* Checks that enough descriptors are left: GLib aborts if it runs out of them. */
gboolean cproc_launch_fds_probe     (CprocLaunchFds      *self,
                                     GError             **error);

G_END_DECLS
