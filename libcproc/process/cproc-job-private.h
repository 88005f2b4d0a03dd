/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-enums.h"
#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* What is signalled together: a process alone, its group, or all its descendants. Never signals a
 * number that may have passed to a stranger. Ref-counted and thread-safe, since the grace of a kill
 * outlives the child's object: the library's thread waits for it. */
typedef struct _CprocJob CprocJob;

/* subprocess, pid and pidfd are of the program, or in a TREE of its resident helper. subprocess:
 * NULL where GSubprocess does not know it. pid: in our namespace; 0 where it is not known. pidfd:
 * given away, -1 where there is none. containment: NONE, GROUP or TREE. control_fd: given away, the
 * line to the helper of a TREE, else -1. */
CprocJob *cproc_job_new (GSubprocess      *subprocess,
                         gint64            pid,
                         int               pidfd,
                         CprocContainment  containment,
                         int               control_fd);
CprocJob *cproc_job_ref (CprocJob *self);
void cproc_job_unref (CprocJob *self);

int cproc_job_get_pidfd (CprocJob *self);

/* -1 but in a TREE: readable when there is news of the program's end. */
int cproc_job_get_control_fd (CprocJob *self);

/* EXITED, STOPPED or CONTINUED; RUNNING: no news yet; NOT_OURS: the helper itself has ended. */
CprocWaitResult cproc_job_read_exit (CprocJob        *self,
                                     CprocExitStatus *end);

/* The caller has seen the leader end. */
void cproc_job_leader_exited (CprocJob *self);

/* FALSE with CPROC_ERROR_NOT_RUNNING where nothing is left to signal, or with the system's error.
 * signum 0 probes. */
gboolean cproc_job_signal (CprocJob  *self,
                           int        signum,
                           GError   **error);

/* Sends signum and SIGCONT now, and SIGKILL to what is left after grace ms (0: at once, -1: never),
 * whether or not the child's object still lives by then. */
gboolean cproc_job_terminate (CprocJob  *self,
                              int        signum,
                              int        grace,
                              GError   **error);

/* The caller is done with the job and keeps it for its answers only: as soon as there is nothing
 * left to signal its descriptors are closed, and every signal is CPROC_ERROR_NOT_RUNNING. To be
 * followed by cproc_job_cancel_close() before the unref. */
void cproc_job_close_when_empty (CprocJob *self);
void cproc_job_cancel_close (CprocJob *self);

/* One attempt of it, which does not block: FALSE while there may be something left. thoroughly:
 * finds out whether what is left are zombies, which takes time. */
gboolean cproc_job_try_close (CprocJob *self,
                              gboolean  thoroughly);

/* Whether the SIGKILL of cproc_job_terminate() is still to come. */
gboolean cproc_job_is_ending (CprocJob *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocJob, cproc_job_unref)

G_END_DECLS
