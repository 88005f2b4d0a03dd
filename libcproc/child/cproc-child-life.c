/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"

/* How long a stream is still read, at most, after we ended the child ourselves. */
#define EARLY_END_DRAIN 1000

void
cproc_child_set_state (CprocChild *self,
                       CprocState  state)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->state == state)
    return;

  priv->state = state;
  cproc_child_notify (self, CPROC_CHILD_PROP_STATE);
}

void
cproc_child_set_pid (CprocChild *self,
                     gint64      pid)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->pid == pid)
    return;

  priv->pid = pid;
  cproc_child_notify (self, CPROC_CHILD_PROP_PID);
}

void
cproc_child_set_end (CprocChild     *self,
                     const CprocExitStatus *end)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->exit_code != end->exit_code)
    {
      priv->exit_code = end->exit_code;
      cproc_child_notify (self, CPROC_CHILD_PROP_EXIT_CODE);
    }

  if (priv->term_signal != end->term_signal)
    {
      priv->term_signal = end->term_signal;
      cproc_child_notify (self, CPROC_CHILD_PROP_TERM_SIGNAL);
    }

  priv->has_usage = end->has_usage;
  priv->usage = end->usage;
}

void
cproc_child_set_timed_out (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->timed_out)
    return;

  priv->timed_out = TRUE;
  cproc_child_notify (self, CPROC_CHILD_PROP_TIMED_OUT);
}

void
cproc_child_end_early (CprocChild     *self,
                       CprocEndReason  reason)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->end_reason != CPROC_END_NONE)
    return;

  priv->end_reason = reason;
  if (reason == CPROC_END_TIMEOUT || reason == CPROC_END_IDLE)
    cproc_child_set_timed_out (self);

  cproc_child_terminate_job (self, NULL);

  if (priv->state == CPROC_STATE_EXITED)
    cproc_child_update_drain (self);
}

static void
child_timeout (gpointer user_data)
{
  g_autoptr(CprocChild) self = g_object_ref (user_data);

  cproc_timer_stop (&cproc_child_get_priv (self)->timeout_timer);
  cproc_child_end_early (self, CPROC_END_TIMEOUT);
}

static guint
msec_until (gint64 time,
            guint  timeout)
{
  gint64 left = time + (gint64) timeout * G_TIME_SPAN_MILLISECOND - g_get_monotonic_time ();

  /* Rounded up: a timer that comes early would have to be set again. */
  return MAX (left + G_TIME_SPAN_MILLISECOND - 1, 0) / G_TIME_SPAN_MILLISECOND;
}

static void
child_idle_timeout (gpointer user_data)
{
  g_autoptr(CprocChild) self = g_object_ref (user_data);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_timer_stop (&priv->idle_timer);

  /* Output only takes down its time; the timer is set again here and not at every read. */
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    if (priv->outputs[i].paused)
      priv->output_time = g_get_monotonic_time ();

  if (msec_until (priv->output_time, priv->idle_timeout) > 0)
    cproc_child_update_timers (self);
  else
    cproc_child_end_early (self, CPROC_END_IDLE);
}

void
cproc_child_update_timers (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_timer_stop (&priv->timeout_timer);
  cproc_timer_stop (&priv->idle_timer);

  if (priv->state != CPROC_STATE_RUNNING || priv->end_reason != CPROC_END_NONE)
    return;

  if (priv->timeout > 0)
    cproc_timer_start (&priv->timeout_timer, priv->context,
                       msec_until (priv->start_time, priv->timeout), child_timeout, self);
  if (priv->idle_timeout > 0)
    cproc_timer_start (&priv->idle_timer, priv->context,
                       msec_until (priv->output_time, priv->idle_timeout), child_idle_timeout,
                       self);
}

void
cproc_child_update_stream_drain (CprocChild        *self,
                                 CprocOutputReader *output)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  int msec = priv->drain_timeout;

  if (priv->state != CPROC_STATE_EXITED)
    return;

  if (priv->end_reason != CPROC_END_NONE && (msec < 0 || msec > EARLY_END_DRAIN))
    msec = EARLY_END_DRAIN;

  cproc_output_reader_start_drain (output, priv->context, msec);
}

void
cproc_child_update_drain (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_child_update_stream_drain (self, &priv->outputs[i]);
}

static void
child_exited (const CprocExitStatus *end,
              gpointer        user_data)
{
  g_autoptr(CprocChild) self = g_object_ref (user_data);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_exit_watch_stop (&priv->exit_watch);
  cproc_timer_stop (&priv->timeout_timer);
  cproc_timer_stop (&priv->idle_timer);
  cproc_job_leader_exited (priv->job);

  g_object_freeze_notify (G_OBJECT (self));
  cproc_child_set_end (self, end);
  cproc_child_set_state (self, CPROC_STATE_EXITED);
  /* Before the handlers: they may wait for the rest themselves. */
  cproc_child_update_drain (self);
  cproc_child_expect_closed (self);
  priv->due |= CPROC_DUE_EXIT;
  g_object_thaw_notify (G_OBJECT (self));

  cproc_child_emit_due (self);

  cproc_child_check_closed (self);
}

/* The signal that has stopped it; 0: it goes on. */
static void
child_stopped (int      signum,
               gpointer user_data)
{
  g_autoptr(CprocChild) self = g_object_ref (user_data);

  cproc_child_emit_stop (self, signum);
}

void
cproc_child_run_begins (CprocChild *self,
                        gint64      pid)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  priv->start_time = g_get_monotonic_time ();
  priv->output_time = priv->start_time;
  cproc_exit_watch_start (&priv->exit_watch, priv->context, priv->subprocess,
                          priv->job, child_exited, self);
  cproc_exit_watch_start_stops (&priv->exit_watch, child_stopped, cproc_child_wants_stops (self));

  g_object_freeze_notify (G_OBJECT (self));
  cproc_child_set_pid (self, pid);
  cproc_child_set_state (self, CPROC_STATE_RUNNING);
  cproc_child_update_timers (self);
  priv->due |= CPROC_DUE_STARTED;
  g_object_thaw_notify (G_OBJECT (self));

  cproc_child_emit_due (self);
}

static gboolean
child_has_ended (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  gboolean ended = priv->state == CPROC_STATE_EXITED;

  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    ended = ended && priv->outputs[i].ended;

  return ended;
}

static void
child_closed_timer (gpointer user_data)
{
  cproc_child_check_closed (user_data);
}

/* What is emitted now may be the last signal but one. `closed` comes after it; a handler that waits
 * for `closed`, in a main loop of its own or in a synchronous call, gets it there. */
void
cproc_child_expect_closed (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (child_has_ended (self))
    cproc_timer_start (&priv->closed_timer, priv->context, 0, child_closed_timer, self);
}

void
cproc_child_check_closed (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  g_autoptr(CprocChild) G_GNUC_UNUSED guard = g_object_ref (self);

  cproc_child_emit_due (self);
  if (!child_has_ended (self))
    return;

  if (hooks->finishing != NULL && !hooks->finishing (self))
    {
      cproc_timer_stop (&priv->closed_timer);
      return;
    }

  /* What the hook emits may have brought us here already. */
  cproc_timer_stop (&priv->closed_timer);
  if (!child_has_ended (self))
    return;

  if (priv->writer != NULL)
    cproc_pipe_writer_abandon (priv->writer);
  cproc_child_close_terminal (self);
  cproc_job_close_when_empty (priv->job);

  cproc_child_set_state (self, CPROC_STATE_CLOSED);
  cproc_child_emit_closed (self);
  cproc_child_complete_waits (self, cproc_child_steal_waits (self));
}

void
cproc_child_set_context (CprocChild   *self,
                         GMainContext *context)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  GMainContext *old_context = priv->context;

  priv->context = g_main_context_ref (context);
  cproc_exit_watch_move (&priv->exit_watch, context);
  cproc_timer_move (&priv->timeout_timer, context);
  cproc_timer_move (&priv->idle_timer, context);
  cproc_timer_move (&priv->closed_timer, context);
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_output_reader_set_context (&priv->outputs[i], context);
  if (priv->writer != NULL)
    cproc_pipe_writer_set_context (priv->writer, context);
  if (hooks->set_context != NULL)
    hooks->set_context (self, context);

  g_clear_pointer (&old_context, g_main_context_unref);
}
