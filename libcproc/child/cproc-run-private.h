/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <signal.h>

#include "cproc-enums.h"
#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

#define CPROC_RUN_NEVER G_MAXINT64

/* Why the library ended the program; the first reason stands. */
typedef enum
{
  CPROC_END_NONE,
  CPROC_END_TIMEOUT,
  CPROC_END_IDLE,
  CPROC_END_LIMIT,
  CPROC_END_CANCELLED,
} CprocEndReason;

typedef enum
{
  CPROC_RUN_PID = 1 << 0,
  CPROC_RUN_STATE = 1 << 1,
  CPROC_RUN_EXIT_CODE = 1 << 2,
  CPROC_RUN_TERM_SIGNAL = 1 << 3,
  CPROC_RUN_TIMED_OUT = 1 << 4,
  CPROC_RUN_DRAINED = 1 << 5,
} CprocRunChanges;

/* What a run asks its owner and tells it. The owner holds itself while it calls the run. */
typedef struct
{
  /* The clock, in monotonic time. schedule: call cproc_run_tick() again and again from that moment
   * on, until another moment is given; CPROC_RUN_NEVER: do not call it. */
  gint64   (*now)          (gpointer owner);
  void     (*schedule)     (gpointer owner, gint64 due);

  /* The job, from cproc_run_begin() on: see cproc_job_signal() and cproc_job_terminate(). */
  gboolean (*signal)       (gpointer owner, int signum, GError **error);
  gboolean (*terminate)    (gpointer owner, int signum, int grace, GError **error);
  /* The signal that ends the program. */
  int      (*get_kill_signal) (gpointer owner);

  /* The streams. is_held: the application keeps the stream from being read. has_ended: all of it
   * has been emitted, or there is none. start_drain: wait for the end of the stream for msec at
   * most (-1: for ever). */
  gboolean (*is_held)      (gpointer owner, CprocStream stream);
  gboolean (*has_ended)    (gpointer owner, CprocStream stream);
  void     (*start_drain)  (gpointer owner, CprocStream stream, int msec);

  /* Tells about the fields that have changed, before the signal that belongs to them. */
  void     (*changed)      (gpointer owner, CprocRunChanges changes);

  void     (*started)      (gpointer owner);
  void     (*stream_ended) (gpointer owner, CprocStream stream);
  void     (*exited)       (gpointer owner);

  /* The process and all streams have ended. FALSE: something else must end first; the owner calls
   * cproc_run_expect_closed() then. May be asked again. */
  gboolean (*may_close)    (gpointer owner);
  /* Releases what served the run; `closed` follows. */
  void     (*release)      (gpointer owner);
  void     (*closed)       (gpointer owner);
} CprocRunFuncs;

/* Signals that are sent once the program runs: each once, in the order of the last calls. */
typedef struct
{
  int signals[NSIG];
  guint n_signals;
  int kill_signal; /* sent after them, with the grace; 0: none */
} CprocPendingSignals;

/* One run of a program: what happens between its start and `closed`, when, and in which order. The
 * run has no process, no descriptor and no main loop; its owner has them and connects them by the
 * table above. So the tests run it with a job and a clock of their own.
 *
 *     NEW --prepare--> PREPARED           cproc_run_set_state()
 *     NEW, PREPARED --start--> STARTING   cproc_run_set_state(); signals are kept
 *     STARTING --failed--> NEW            cproc_run_fail(); the kept signals are dropped
 *     STARTING --> RUNNING                cproc_run_begin(); `started`, then the kept signals
 *     RUNNING --> EXITED                  cproc_run_exited(); `exit`, and the drains begin
 *     EXITED --> CLOSED                   when all streams have ended; `closed`
 *
 * A synchronous start goes from NEW to RUNNING directly. Once, and independently of these states,
 * the run may be ended early: cproc_run_end() sends the kill signal, and from then on a stream is
 * drained for one second at most.
 *
 * Each function of the table that tells something may call the application, which may call the run
 * again: run a main loop, kill, change a timeout. For this reason a function changes all fields and
 * sets all timers before it tells anything, and afterwards looks at the state anew. A signal that
 * belongs to a change is `due` until it is told: if the application runs a main loop while it is
 * told of the change, the signal comes before anything else does.
 *
 * A run is embedded in its owner and lives as long. It is used only in the thread of the owner's
 * main context. cproc_run_abandon() may be called in any thread, as the last call. */
typedef struct
{
  const CprocRunFuncs *funcs;
  gpointer owner;

  /* Read these as you like. */
  CprocState state;
  gint64 pid;
  CprocExitStatus end; /* once EXITED */
  CprocEndReason end_reason;
  gboolean timed_out;
  gboolean drained; /* FALSE: a stream was given up before its end */

  /* The policy: also written from outside, those of time by their setters. */
  guint timeout;
  guint idle_timeout;
  int drain_timeout;
  int kill_grace;

  CprocPendingSignals pending_signals;
  guint due; /* signals that have been announced by changed() and not been told yet */
  gint64 start_time;
  gint64 output_time;
  gint64 timeout_due;
  gint64 idle_due;
  gint64 closed_due;
  gint64 next_due; /* the moment that schedule() was given */
} CprocRun;

void     cproc_run_init              (CprocRun              *self,
                                      const CprocRunFuncs   *funcs,
                                      gpointer               owner);

/* The owner is going away. Ends a running program, except if is_spared. */
void     cproc_run_abandon           (CprocRun              *self,
                                      gboolean               is_spared);

/* What the owner has to tell. */
void     cproc_run_set_state         (CprocRun              *self,
                                      CprocState             state);
void     cproc_run_fail              (CprocRun              *self);
void     cproc_run_begin             (CprocRun              *self,
                                      gint64                 pid);
void     cproc_run_exited            (CprocRun              *self,
                                      const CprocExitStatus *end);
void     cproc_run_tick              (CprocRun              *self);

/* The same about a stream: data has come; it is read again; it was given up; it has ended. */
void     cproc_run_output            (CprocRun              *self);
void     cproc_run_stream_resumed    (CprocRun              *self,
                                      CprocStream            stream);
void     cproc_run_stream_given_up   (CprocRun              *self);
void     cproc_run_stream_ended      (CprocRun              *self,
                                      CprocStream            stream);

/* Something that held `closed` back is over. expect: `closed` comes at the next turn of the main
 * loop, unless check is called before that. A handler that waits for `closed`, in a main loop of
 * its own or in a synchronous call, gets it there. */
void     cproc_run_expect_closed     (CprocRun              *self);
void     cproc_run_check_closed      (CprocRun              *self);

/* Tells the signals that are due. Call this before you emit any other signal. */
void     cproc_run_emit_due          (CprocRun              *self);

void     cproc_run_set_timeout       (CprocRun              *self,
                                      guint                  msec);
void     cproc_run_set_idle_timeout  (CprocRun              *self,
                                      guint                  msec);
void     cproc_run_set_drain_timeout (CprocRun              *self,
                                      int                    msec);

/* Ends the program early, and remembers why. */
void     cproc_run_end               (CprocRun              *self,
                                      CprocEndReason         reason);

/* Send a signal, or signum and SIGKILL after the grace. While STARTING they keep it for later; they
 * must not be called before that. */
gboolean cproc_run_signal            (CprocRun              *self,
                                      int                    signum,
                                      GError               **error);
gboolean cproc_run_terminate         (CprocRun              *self,
                                      int                    signum,
                                      GError               **error);
void     cproc_run_send_pending      (CprocRun              *self);

G_END_DECLS
