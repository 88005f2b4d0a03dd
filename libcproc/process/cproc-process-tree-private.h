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
} CprocTree;

/* control_fd: given away. */
void      cproc_tree_init     (CprocTree *self,
                               int        control_fd,
                               int        helper_pidfd);

/* Ends what there still is. */
void      cproc_tree_clear    (CprocTree *self);

/* 0, or the errno: ESRCH where nothing is left. grace: ms until SIGKILL, 0 for never. */
int       cproc_tree_signal   (CprocTree *self,
                               int        signum);
int       cproc_tree_end      (CprocTree *self,
                               int        signum,
                               guint      grace);

/* SIGKILL to all, and to the program at once, since the helper may be held up. */
int       cproc_tree_insist   (CprocTree *self);

/* As cproc_reach_read_end(). */
CprocPeek cproc_tree_read_end (CprocTree *self,
                               CprocEnd  *end);

G_END_DECLS
