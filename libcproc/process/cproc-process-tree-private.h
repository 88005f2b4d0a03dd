/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* The library's end of the line to the resident helper, which is the parent and subreaper of all
 * that a child has started: see launch/launch-tree.c. Not thread-safe. */
typedef struct
{
  int control_fd;
  int helper_pidfd; /* not owned; -1 where there is none */
  int target_pidfd; /* the program's; -1 where there is none */
  gboolean is_gone;
} CprocProcessTree;

/* control_fd: given away. */
void      cproc_process_tree_init     (CprocProcessTree *self,
                                       int               control_fd,
                                       int               helper_pidfd);

/* Ends what there still is. */
void      cproc_process_tree_clear    (CprocProcessTree *self);

/* 0, or the errno: ESRCH where nothing is left. grace: ms until SIGKILL, 0 for never. */
int       cproc_process_tree_signal   (CprocProcessTree *self,
                                       int               signum);
int       cproc_process_tree_terminate      (CprocProcessTree *self,
                                             int               signum,
                                             guint             grace);

/* SIGKILL to all, and to the program at once, since the helper may be held up. */
int       cproc_process_tree_force_kill   (CprocProcessTree *self);

/* As cproc_job_read_exit(). */
CprocWaitResult cproc_process_tree_read_exit (CprocProcessTree *self,
                                              CprocExitStatus  *end);

G_END_DECLS
