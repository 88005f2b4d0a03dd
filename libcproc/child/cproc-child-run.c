/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"

/* The table that connects the run to the child, and what tells the run about the process. */

static gint64
child_now (gpointer owner)
{
  return g_get_monotonic_time ();
}

static void
child_tick (gpointer user_data)
{
  cproc_run_tick (cproc_child_get_run (user_data));
}

static void
child_schedule (gpointer owner,
                gint64   due)
{
  CprocChildPrivate *priv = cproc_child_get_priv (owner);
  gint64 left;

  if (due == CPROC_RUN_NEVER)
    {
      cproc_timer_stop (&priv->run_timer);
      return;
    }

  /* Round up: a timer that comes early would have to be set again. */
  left = due - g_get_monotonic_time () + G_TIME_SPAN_MILLISECOND - 1;
  cproc_timer_start (&priv->run_timer, priv->context, MAX (left, 0) / G_TIME_SPAN_MILLISECOND,
                     child_tick, owner);
}

static gboolean
child_signal_job (gpointer   owner,
                  int        signum,
                  GError   **error)
{
  return cproc_job_signal (cproc_child_get_priv (owner)->job, signum, error);
}

static gboolean
child_terminate_job (gpointer   owner,
                     int        signum,
                     int        grace,
                     GError   **error)
{
  return cproc_job_terminate (cproc_child_get_priv (owner)->job, signum, grace, error);
}

static int
child_get_kill_signal (gpointer owner)
{
  return cproc_child_get_end_signal (owner);
}

static gboolean
child_stream_is_held (gpointer    owner,
                      CprocStream stream)
{
  return cproc_output_reader_is_held (&cproc_child_get_priv (owner)->outputs[stream]);
}

static gboolean
child_stream_has_ended (gpointer    owner,
                        CprocStream stream)
{
  return cproc_child_get_priv (owner)->outputs[stream].ended;
}

static void
child_start_drain (gpointer    owner,
                   CprocStream stream,
                   int         msec)
{
  CprocChildPrivate *priv = cproc_child_get_priv (owner);

  cproc_output_reader_start_drain (&priv->outputs[stream], priv->context, msec);
}

static void
child_changed (gpointer        owner,
               CprocRunChanges changes)
{
  static const struct { CprocRunChanges change; CprocChildProperty property; } properties[] = {
    { CPROC_RUN_PID, CPROC_CHILD_PROP_PID },
    { CPROC_RUN_EXIT_CODE, CPROC_CHILD_PROP_EXIT_CODE },
    { CPROC_RUN_TERM_SIGNAL, CPROC_CHILD_PROP_TERM_SIGNAL },
    { CPROC_RUN_TIMED_OUT, CPROC_CHILD_PROP_TIMED_OUT },
    { CPROC_RUN_DRAINED, CPROC_CHILD_PROP_DRAINED },
    { CPROC_RUN_STATE, CPROC_CHILD_PROP_STATE },
  };

  g_object_freeze_notify (owner);
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    if ((changes & properties[i].change) != 0)
      cproc_child_notify (owner, properties[i].property);
  g_object_thaw_notify (owner);
}

static void
child_started (gpointer owner)
{
  cproc_child_update_reads (owner);
  cproc_child_emit_started (owner);
}

static void
child_stream_ended (gpointer    owner,
                    CprocStream stream)
{
  cproc_child_emit_stream_ended (owner, stream);
}

static void
child_exited (gpointer owner)
{
  cproc_child_emit_exit (owner);
  cproc_child_tell_pipeline (owner);
}

static gboolean
child_may_close (gpointer owner)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (owner);

  if (cproc_child_has_due_reads (owner))
    return FALSE;

  return hooks->finishing == NULL || hooks->finishing (owner);
}

static void
child_release (gpointer owner)
{
  CprocChildPrivate *priv = cproc_child_get_priv (owner);

  if (priv->writer != NULL)
    cproc_pipe_writer_abandon (priv->writer);
  cproc_child_close_terminal (owner);
  cproc_child_close_tees (owner);
  cproc_job_close_when_empty (priv->job);
}

static void
child_closed (gpointer owner)
{
  cproc_child_emit_closed (owner);
  cproc_child_complete_waits (owner, cproc_child_steal_waits (owner));
  cproc_child_tell_pipeline (owner);
}

static const CprocRunFuncs child_run_funcs = {
  .now = child_now,
  .schedule = child_schedule,
  .signal = child_signal_job,
  .terminate = child_terminate_job,
  .get_kill_signal = child_get_kill_signal,
  .is_held = child_stream_is_held,
  .has_ended = child_stream_has_ended,
  .start_drain = child_start_drain,
  .changed = child_changed,
  .started = child_started,
  .stream_ended = child_stream_ended,
  .exited = child_exited,
  .may_close = child_may_close,
  .release = child_release,
  .closed = child_closed,
};

void
cproc_child_init_run (CprocChild *self)
{
  cproc_run_init (cproc_child_get_run (self), &child_run_funcs, self);
}

static void
child_process_ended (const CprocExitStatus *end,
                     gpointer               user_data)
{
  CprocChildPrivate *priv = cproc_child_get_priv (user_data);

  cproc_exit_watch_stop (&priv->exit_watch);
  cproc_job_leader_exited (priv->job);
  cproc_run_exited (&priv->run, end);
}

/* signum: the signal that has stopped the process; 0: it continues. */
static void
child_stopped (int      signum,
               gpointer user_data)
{
  cproc_child_emit_stop (user_data, signum);
}

void
cproc_child_run_begins (CprocChild *self,
                        gint64      pid)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_exit_watch_start (&priv->exit_watch, priv->context, priv->subprocess,
                          priv->job, child_process_ended, self);
  cproc_exit_watch_start_stops (&priv->exit_watch, child_stopped, cproc_child_wants_stops (self));
  cproc_run_begin (&priv->run, pid);
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
  cproc_timer_move (&priv->run_timer, context);
  cproc_timer_move (&priv->read_timer, context);
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_output_reader_set_context (&priv->outputs[i], context);
  if (priv->writer != NULL)
    cproc_pipe_writer_set_context (priv->writer, context);
  if (hooks->set_context != NULL)
    hooks->set_context (self, context);

  g_clear_pointer (&old_context, g_main_context_unref);
}
