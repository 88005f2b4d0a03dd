/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-enums.h"
#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* The processes that are signalled together: one process, its group, or all its descendants. A job
 * never signals a pid that may have passed to another process. Ref-counted and thread-safe, because
 * the grace of a kill outlives the child's object: the library's thread waits for it. */
typedef struct _CprocJob CprocJob;

/* Creates a job. subprocess, pid and pidfd belong to the program or, in a TREE, to its resident
 * helper. subprocess: NULL if GSubprocess does not know the process. pid: in our namespace; 0 if
 * not known. pidfd: the job takes ownership; -1 if there is none. containment: NONE, GROUP or TREE.
 * control_fd: the job takes ownership; the line to the helper of a TREE, otherwise -1. */
CprocJob *cproc_job_new (GSubprocess      *subprocess,
                         gint64            pid,
                         int               pidfd,
                         CprocContainment  containment,
                         int               control_fd);
CprocJob *cproc_job_ref (CprocJob *self);
void cproc_job_unref (CprocJob *self);

int cproc_job_get_pidfd (CprocJob *self);

/* Returns the descriptor that is readable when there is news of the program's end; -1 except in a
 * TREE. */
int cproc_job_get_control_fd (CprocJob *self);

/* Reads the news: EXITED, STOPPED or CONTINUED; RUNNING if there is none yet; NOT_OURS if the
 * helper itself has ended. */
CprocWaitResult cproc_job_read_exit (CprocJob        *self,
                                     CprocExitStatus *end);

/* Tells the job that the caller has seen the leader end. */
void cproc_job_leader_exited (CprocJob *self);

/* Sends a signal. FALSE with CPROC_ERROR_NOT_RUNNING if nothing is left to signal, or with the
 * system's error. signum 0 only probes. */
gboolean cproc_job_signal (CprocJob  *self,
                           int        signum,
                           GError   **error);

/* Sends signum and SIGCONT now, and SIGKILL to the remaining processes after grace ms (0: at once,
 * -1: never), even if the child's object is gone by then. */
gboolean cproc_job_terminate (CprocJob  *self,
                              int        signum,
                              int        grace,
                              GError   **error);

/* Tells the job that its caller only keeps it for queries. As soon as nothing is left to signal,
 * the job closes its descriptors, and every signal gives CPROC_ERROR_NOT_RUNNING. Call
 * cproc_job_cancel_close() before the unref. */
void cproc_job_close_when_empty (CprocJob *self);
void cproc_job_cancel_close (CprocJob *self);

/* Tries once to close, without blocking: FALSE while there may be a process left. thoroughly: also
 * check whether the remaining ones are zombies, which takes time. */
gboolean cproc_job_try_close (CprocJob *self,
                              gboolean  thoroughly);

/* Returns whether the SIGKILL of cproc_job_terminate() is still to come. */
gboolean cproc_job_is_ending (CprocJob *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocJob, cproc_job_unref)

G_END_DECLS
