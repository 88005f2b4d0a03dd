/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-enums.h"
#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* What signals to a child reach: the process alone, its group, or all that descends from it.
 * Never signals a number that may have passed to a stranger. Ref-counted and thread-safe, since
 * a kill's grace outlives the child's object: it is waited for on the library's own thread. */
typedef struct _CprocReach CprocReach;

/* pidfd: of the subprocess, given away, -1 where there is none; containment: NONE, GROUP or TREE.
 * pid: the program's; in a TREE the subprocess is the resident helper, and control_fd, given away,
 * the line to it; else -1. */
CprocReach *cproc_reach_new    (GSubprocess      *subprocess,
                                gint64            pid,
                                int               pidfd,
                                CprocContainment  containment,
                                int               control_fd);
CprocReach *cproc_reach_ref    (CprocReach       *self);
void        cproc_reach_unref  (CprocReach       *self);

int         cproc_reach_get_pidfd (CprocReach    *self);

/* -1 but in a TREE: readable when there is news of the program's end. */
int         cproc_reach_get_control_fd (CprocReach *self);

/* ENDED, with how; RUNNING: no news yet; REAPED: the helper itself has been ended. */
CprocPeek   cproc_reach_read_end  (CprocReach    *self,
                                   CprocEnd      *end);

/* The caller says that the leader has been seen to end. */
void        cproc_reach_leader_ended (CprocReach *self);

/* FALSE with CPROC_ERROR_NOT_RUNNING where nothing is left to signal, or with the system's error.
 * signum 0 probes. */
gboolean    cproc_reach_signal (CprocReach       *self,
                                int               signum,
                                GError          **error);

/* Sends signum now and SIGKILL to what is left after grace ms (0: never), whether or not the
 * child's object still lives by then. */
gboolean    cproc_reach_end    (CprocReach       *self,
                                int               signum,
                                guint             grace,
                                GError          **error);

/* The caller is done with it and keeps it for its answers only: as soon as there is nothing left
 * to signal its descriptors are closed, and every signal is CPROC_ERROR_NOT_RUNNING. Whoever has
 * called it calls cproc_reach_forget() before the unref. */
void        cproc_reach_retire   (CprocReach     *self);
void        cproc_reach_forget   (CprocReach     *self);

/* One attempt of it, which does not block: FALSE while there may be something left. */
gboolean    cproc_reach_give_up  (CprocReach     *self);

/* SIGKILL is sent by cproc_reach_end(): is it still to come? */
gboolean    cproc_reach_is_ending (CprocReach    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocReach, cproc_reach_unref)

G_END_DECLS
