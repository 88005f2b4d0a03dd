/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* The library's end of the line to the resident helper, which is the parent and subreaper of all
 * that a child has started: see helper/launch-tree.c. Not thread-safe. */
typedef struct
{
  int control_fd;
  GSubprocess *helper; /* not owned; NULL where GSubprocess does not know it */
  pid_t helper_pid;    /* 0 where it is not known */
  int helper_pidfd; /* not owned; -1 where there is none */
  int target_pidfd; /* the program's; -1 where there is none */
  gboolean is_gone;
} CprocProcessTree;

/* control_fd: given away. */
void cproc_process_tree_init (CprocProcessTree *self,
                              int               control_fd,
                              GSubprocess      *helper,
                              pid_t             helper_pid,
                              int               helper_pidfd);

/* Whether this system lets a helper find what it watches over: it needs /proc. */
gboolean  cproc_process_tree_is_possible (void);

/* Hangs up, which ends what is left. */
void cproc_process_tree_clear (CprocProcessTree *self);

/* 0, or the errno: ESRCH where nothing is left. grace: ms until SIGKILL, -1 for never. Only the
 * second sends SIGCONT after it. */
int cproc_process_tree_signal (CprocProcessTree *self,
                               int               signum);
int cproc_process_tree_terminate (CprocProcessTree *self,
                                  int               signum,
                                  int               grace);

/* SIGKILL to all, by the helper and without it, since a descendant may stop it again and again.
 * Returns how many of the helper's children there still were. */
guint cproc_process_tree_force_kill (CprocProcessTree *self);

/* As cproc_job_read_exit(). */
CprocWaitResult cproc_process_tree_read_exit (CprocProcessTree *self,
                                              CprocExitStatus  *end);

G_END_DECLS
