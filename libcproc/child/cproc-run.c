/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-gettext-private.h"
#include "cproc-run-private.h"

/* How long a stream is still read, at most, after we ended the program ourselves. */
#define EARLY_END_DRAIN 1000

#define N_STREAMS 3

enum
{
  DUE_STARTED = 1 << 0,
  DUE_EXIT = 1 << 1,
};

void
cproc_run_init (CprocRun            *self,
                const CprocRunFuncs *funcs,
                gpointer             owner)
{
  *self = (CprocRun) {
    .funcs = funcs,
    .owner = owner,
    .end = CPROC_EXIT_STATUS_UNKNOWN,
    .drained = TRUE,
    .drain_timeout = 1000,
    .kill_grace = 5000,
    .timeout_due = CPROC_RUN_NEVER,
    .idle_due = CPROC_RUN_NEVER,
    .closed_due = CPROC_RUN_NEVER,
    .next_due = CPROC_RUN_NEVER,
  };
}

static void
run_schedule (CprocRun *self)
{
  gint64 due = MIN (self->closed_due, MIN (self->timeout_due, self->idle_due));

  if (due == self->next_due)
    return;

  self->next_due = due;
  self->funcs->schedule (self->owner, due);
}

static gint64
run_now (CprocRun *self)
{
  return self->funcs->now (self->owner);
}

static void
run_update_timeouts (CprocRun *self)
{
  gboolean is_timed = self->state == CPROC_STATE_RUNNING && self->end_reason == CPROC_END_NONE;

  self->timeout_due = self->idle_due = CPROC_RUN_NEVER;
  if (is_timed && self->timeout > 0)
    self->timeout_due = self->start_time + self->timeout * G_TIME_SPAN_MILLISECOND;
  if (is_timed && self->idle_timeout > 0)
    self->idle_due = self->output_time + self->idle_timeout * G_TIME_SPAN_MILLISECOND;

  run_schedule (self);
}

static void
run_update_stream_drain (CprocRun    *self,
                         CprocStream  stream)
{
  int msec = self->drain_timeout;

  if (self->state != CPROC_STATE_EXITED)
    return;

  if (self->end_reason != CPROC_END_NONE && (msec < 0 || msec > EARLY_END_DRAIN))
    msec = EARLY_END_DRAIN;

  self->funcs->start_drain (self->owner, stream, msec);
}

static void
run_update_drain (CprocRun *self)
{
  for (int stream = 0; stream < N_STREAMS; stream++)
    run_update_stream_drain (self, stream);
}

static void
run_kill (CprocRun *self)
{
  self->funcs->terminate (self->owner, self->funcs->get_kill_signal (self->owner),
                          self->kill_grace, NULL);
}

void
cproc_run_abandon (CprocRun *self,
                   gboolean  is_spared)
{
  self->funcs->schedule (self->owner, CPROC_RUN_NEVER);
  if (self->state == CPROC_STATE_RUNNING && !is_spared)
    run_kill (self);
}

void
cproc_run_set_state (CprocRun   *self,
                     CprocState  state)
{
  if (self->state == state)
    return;

  self->state = state;
  self->funcs->changed (self->owner, CPROC_RUN_STATE);
}

void
cproc_run_fail (CprocRun *self)
{
  self->pending_signals = (CprocPendingSignals) { .n_signals = 0 };
  cproc_run_set_state (self, CPROC_STATE_NEW);
}

void
cproc_run_emit_due (CprocRun *self)
{
  if ((self->due & DUE_STARTED) != 0)
    {
      self->due &= ~DUE_STARTED;
      self->funcs->started (self->owner);
    }

  if ((self->due & DUE_EXIT) != 0)
    {
      self->due &= ~DUE_EXIT;
      self->funcs->exited (self->owner);
    }
}

void
cproc_run_begin (CprocRun *self,
                 gint64    pid)
{
  CprocRunChanges changes = CPROC_RUN_STATE;

  if (self->pid != pid)
    changes |= CPROC_RUN_PID;

  self->pid = pid;
  self->state = CPROC_STATE_RUNNING;
  self->start_time = self->output_time = run_now (self);
  run_update_timeouts (self);
  self->due |= DUE_STARTED;
  self->funcs->changed (self->owner, changes);

  cproc_run_emit_due (self);
}

void
cproc_run_exited (CprocRun              *self,
                  const CprocExitStatus *end)
{
  CprocRunChanges changes = CPROC_RUN_STATE;

  if (self->end.exit_code != end->exit_code)
    changes |= CPROC_RUN_EXIT_CODE;
  if (self->end.term_signal != end->term_signal)
    changes |= CPROC_RUN_TERM_SIGNAL;

  self->end = *end;
  self->state = CPROC_STATE_EXITED;
  run_update_timeouts (self);
  /* Do this before the handlers run: they may wait for the rest themselves. */
  run_update_drain (self);
  cproc_run_expect_closed (self);
  self->due |= DUE_EXIT;
  self->funcs->changed (self->owner, changes);

  cproc_run_check_closed (self);
}

static gboolean
run_has_ended (CprocRun *self)
{
  gboolean ended = self->state == CPROC_STATE_EXITED;

  for (int stream = 0; stream < N_STREAMS; stream++)
    ended = ended && self->funcs->has_ended (self->owner, stream);

  return ended;
}

static void
run_stop_expecting (CprocRun *self)
{
  self->closed_due = CPROC_RUN_NEVER;
  run_schedule (self);
}

void
cproc_run_expect_closed (CprocRun *self)
{
  if (!run_has_ended (self) || self->closed_due != CPROC_RUN_NEVER)
    return;

  self->closed_due = run_now (self);
  run_schedule (self);
}

void
cproc_run_check_closed (CprocRun *self)
{
  gboolean may_close;

  cproc_run_emit_due (self);
  if (!run_has_ended (self))
    return;

  may_close = self->funcs->may_close (self->owner);
  run_stop_expecting (self);
  /* may_close() may have called the application, which may have brought us here already. */
  if (!may_close || !run_has_ended (self))
    return;

  self->funcs->release (self->owner);
  cproc_run_set_state (self, CPROC_STATE_CLOSED);
  self->funcs->closed (self->owner);
}

static void
run_check_idle (CprocRun *self)
{
  gint64 now = run_now (self);

  /* A read only notes its time. The deadline is moved here, not at each read. */
  for (int stream = 0; stream < N_STREAMS; stream++)
    if (self->funcs->is_held (self->owner, stream))
      self->output_time = now;

  run_update_timeouts (self);
  if (self->idle_due <= now)
    cproc_run_end (self, CPROC_END_IDLE);
}

void
cproc_run_tick (CprocRun *self)
{
  gint64 now = run_now (self);

  if (self->timeout_due <= now)
    cproc_run_end (self, CPROC_END_TIMEOUT);
  if (self->idle_due <= now)
    run_check_idle (self);
  if (self->closed_due <= now)
    cproc_run_check_closed (self);
}

void
cproc_run_output (CprocRun *self)
{
  self->output_time = run_now (self);
}

void
cproc_run_stream_resumed (CprocRun    *self,
                          CprocStream  stream)
{
  cproc_run_output (self);
  run_update_stream_drain (self, stream);
}

void
cproc_run_stream_given_up (CprocRun *self)
{
  if (!self->drained)
    return;

  self->drained = FALSE;
  self->funcs->changed (self->owner, CPROC_RUN_DRAINED);
}

void
cproc_run_stream_ended (CprocRun    *self,
                        CprocStream  stream)
{
  cproc_run_expect_closed (self);
  cproc_run_emit_due (self);
  self->funcs->stream_ended (self->owner, stream);
  cproc_run_check_closed (self);
}

void
cproc_run_set_timeout (CprocRun *self,
                       guint     msec)
{
  self->timeout = msec;
  run_update_timeouts (self);
}

void
cproc_run_set_idle_timeout (CprocRun *self,
                            guint     msec)
{
  self->idle_timeout = msec;
  run_update_timeouts (self);
}

void
cproc_run_set_drain_timeout (CprocRun *self,
                             int       msec)
{
  self->drain_timeout = msec;
  run_update_drain (self);
}

void
cproc_run_end (CprocRun       *self,
               CprocEndReason  reason)
{
  if (self->end_reason != CPROC_END_NONE)
    return;

  self->end_reason = reason;
  run_update_timeouts (self);
  if (reason == CPROC_END_TIMEOUT || reason == CPROC_END_IDLE)
    {
      self->timed_out = TRUE;
      self->funcs->changed (self->owner, CPROC_RUN_TIMED_OUT);
    }

  run_kill (self);
  run_update_drain (self);
}

/* Keep the order of the calls: a signal that stops a program and one that continues it undo each
 * other. */
static void
pending_signals_add (CprocPendingSignals *self,
                     int                  signum)
{
  guint n_kept = 0;

  for (guint i = 0; i < self->n_signals; i++)
    if (self->signals[i] != signum)
      self->signals[n_kept++] = self->signals[i];

  self->signals[n_kept++] = signum;
  self->n_signals = n_kept;
}

/* Check now: when the signal is sent, no caller is left who could be told of an error. */
static gboolean
check_signal (int      signum,
              GError **error)
{
  if (signum >= 0 && signum < NSIG)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("There is no signal %d"), signum);

  return FALSE;
}

gboolean
cproc_run_signal (CprocRun  *self,
                  int        signum,
                  GError   **error)
{
  if (self->state != CPROC_STATE_STARTING)
    return self->funcs->signal (self->owner, signum, error);

  if (!check_signal (signum, error))
    return FALSE;
  if (signum != 0)
    pending_signals_add (&self->pending_signals, signum);

  return TRUE;
}

gboolean
cproc_run_terminate (CprocRun  *self,
                     int        signum,
                     GError   **error)
{
  if (self->state != CPROC_STATE_STARTING)
    return self->funcs->terminate (self->owner, signum, self->kill_grace, error);

  if (!check_signal (signum, error))
    return FALSE;
  self->pending_signals.kill_signal = signum;

  return TRUE;
}

void
cproc_run_send_pending (CprocRun *self)
{
  CprocPendingSignals pending = self->pending_signals;

  self->pending_signals = (CprocPendingSignals) { .n_signals = 0 };

  for (guint i = 0; i < pending.n_signals; i++)
    self->funcs->signal (self->owner, pending.signals[i], NULL);

  if (pending.kill_signal != 0)
    self->funcs->terminate (self->owner, pending.kill_signal, self->kill_grace, NULL);
}
