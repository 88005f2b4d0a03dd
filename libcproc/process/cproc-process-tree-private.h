/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* The library's end of the connection to the resident helper, which is the parent and subreaper of
 * everything that a child has started: see helper/launch-tree.c. Not thread-safe. */
typedef struct
{
  int control_fd;
  GSubprocess *helper; /* not owned; NULL if GSubprocess does not know it */
  pid_t helper_pid;    /* 0 if not known */
  int helper_pidfd; /* not owned; -1 if there is none */
  int target_pidfd; /* the program's; -1 if there is none */
  gboolean is_gone;
} CprocProcessTree;

/* Takes ownership of control_fd. */
void cproc_process_tree_init (CprocProcessTree *self,
                              int               control_fd,
                              GSubprocess      *helper,
                              pid_t             helper_pid,
                              int               helper_pidfd);

/* Returns whether a helper can find its descendants on this system: it needs /proc. */
gboolean  cproc_process_tree_is_possible (void);

/* Closes the connection, which ends the remaining processes. */
void cproc_process_tree_clear (CprocProcessTree *self);

/* Signal the tree. Return 0, or the errno: ESRCH if nothing is left. grace: ms until SIGKILL, -1
 * for never. Only the second function also sends SIGCONT. */
int cproc_process_tree_signal (CprocProcessTree *self,
                               int               signum);
int cproc_process_tree_terminate (CprocProcessTree *self,
                                  int               signum,
                                  int               grace);

/* Sends SIGKILL to all processes, both through the helper and without it, since a descendant may
 * stop the helper again and again. Returns how many children the helper still had. */
guint cproc_process_tree_force_kill (CprocProcessTree *self);

/* Reads the news; see cproc_job_read_exit(). */
CprocWaitResult cproc_process_tree_read_exit (CprocProcessTree *self,
                                              CprocExitStatus  *end);

G_END_DECLS
