/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes to all stages, and what comes of them. */

#include "config.h"

#include <signal.h>

#include "cproc-gettext-private.h"
#include "cproc-pipeline-private.h"

/* All stages belong to one thread. */
gboolean
cproc_pipeline_check_call (CprocPipeline  *self,
                           const char     *function,
                           GError        **error)
{
  return self->stages->len == 0 ||
         cproc_child_check_call (cproc_pipeline_get_stage (self, 0), function, error);
}

void
cproc_pipeline_set_context (CprocPipeline *self,
                            GMainContext  *context)
{
  GMainContext *old_context = self->context;

  self->context = g_main_context_ref (context);
  cproc_timer_move (&self->timer, context);
  for (guint i = 0; i < self->stages->len; i++)
    cproc_child_set_context (cproc_pipeline_get_stage (self, i), context);
  g_clear_pointer (&old_context, g_main_context_unref);
}

static void
stage_set_context (gpointer      pipeline,
                   GMainContext *context)
{
  cproc_pipeline_set_context (pipeline, context);
}

/* Returns where the hindmost of the stages is. */
static CprocState
pipeline_judge_state (CprocPipeline *self)
{
  CprocState state = CPROC_STATE_CLOSED;

  for (guint i = 0; i < self->stages->len; i++)
    state = MIN (state, cproc_child_get_state (cproc_pipeline_get_stage (self, i)));

  return state;
}

static void
pipeline_close (CprocPipeline *self)
{
  g_autoptr(GError) error = NULL;
  int stage;

  cproc_timer_stop (&self->timer);
  error = cproc_pipeline_dup_failure (self, &stage);
  /* A handler may run a main loop: `closed` must not come twice. */
  self->state = CPROC_STATE_CLOSED;
  cproc_pipeline_set_failed_stage (self, stage);
  cproc_pipeline_notify (self, CPROC_PIPELINE_PROP_STATE);
  cproc_pipeline_emit_closed (self);
  cproc_pipeline_complete_waits (self, NULL);
}

static void
stage_changed (gpointer pipeline)
{
  CprocPipeline *self = pipeline;
  CprocState state = pipeline_judge_state (self);

  if (self->state < CPROC_STATE_RUNNING || self->state == CPROC_STATE_CLOSED)
    return;

  if (state == CPROC_STATE_CLOSED)
    pipeline_close (self);
  else if (state == CPROC_STATE_EXITED)
    cproc_pipeline_set_state (self, CPROC_STATE_EXITED);
}

const CprocStageFuncs cproc_pipeline_stage_funcs = {
  .changed = stage_changed,
  .set_context = stage_set_context,
};

/* A stage that a program of its own keeps open is given up, as after the timeout of a child. */
void
cproc_pipeline_end_stages (CprocPipeline *self)
{
  for (guint i = 0; i < self->stages->len; i++)
    cproc_run_end (cproc_child_get_run (cproc_pipeline_get_stage (self, i)), CPROC_END_CANCELLED);
}

static void
on_timeout (gpointer user_data)
{
  CprocPipeline *self = user_data;

  cproc_timer_stop (&self->timer);
  self->timed_out = TRUE;
  cproc_pipeline_end_stages (self);
  cproc_pipeline_notify (self, CPROC_PIPELINE_PROP_TIMED_OUT);
}

static void
pipeline_start_timer (CprocPipeline *self)
{
  gint64 left = self->timeout - (g_get_monotonic_time () - self->start_time) / 1000;

  cproc_timer_stop (&self->timer);
  if (self->timeout > 0 && !self->timed_out &&
      (self->state == CPROC_STATE_RUNNING || self->state == CPROC_STATE_EXITED))
    cproc_timer_start (&self->timer, self->context, (guint) MAX (left, 0), on_timeout, self);
}

/* signum: 0 asks, -1 is a kill. */
static gboolean
signal_stages (CprocPipeline  *self,
               int             signum,
               GError        **error)
{
  g_autoptr(GError) first = NULL;
  gboolean reached = FALSE;

  for (guint i = 0; i < self->stages->len; i++)
    {
      CprocChild *child = cproc_pipeline_get_stage (self, i);
      GError **place = first == NULL ? &first : NULL;

      if (signum < 0 ? cproc_child_kill (child, place)
                     : cproc_child_send_signal (child, signum, place))
        reached = TRUE;
    }

  if (!reached)
    g_propagate_error (error, g_steal_pointer (&first));

  return reached;
}

void
cproc_pipeline_runs (CprocPipeline *self)
{
  g_autoptr(GArray) pending = g_steal_pointer (&self->pending);

  self->pending = g_array_new (FALSE, FALSE, sizeof (int));
  self->start_time = g_get_monotonic_time ();
  cproc_pipeline_set_failed_stage (self, -1);
  cproc_pipeline_set_state (self, CPROC_STATE_RUNNING);
  for (guint i = 0; i < pending->len; i++)
    signal_stages (self, g_array_index (pending, int, i), NULL);
  pipeline_start_timer (self);
  stage_changed (self);
}

static gboolean
pipeline_signal (CprocPipeline  *self,
                 int             signum,
                 const char     *function,
                 GError        **error)
{
  g_autoptr(CprocPipeline) guard = g_object_ref (self);

  if (!cproc_pipeline_check_call (self, function, error))
    return FALSE;

  if (self->state == CPROC_STATE_STARTING)
    {
      g_array_append_val (self->pending, signum);
      return TRUE;
    }
  if (self->state != CPROC_STATE_NEW)
    return signal_stages (self, signum, error);

  g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING,
                       _("The pipeline has not been started"));

  return FALSE;
}

/**
 * cproc_pipeline_kill:
 * @self: a pipeline
 * @error: return location for an error
 *
 * Ends all stages, each as [method@Cproc.Child.kill] does: with its own signal, grace and reach.
 *
 * Does not wait: [signal@Cproc.Pipeline::closed] tells when all is over. While the state is
 * `STARTING` it takes effect once the programs run.
 *
 * Returns: `TRUE` if there was something to end; else `FALSE` with
 *   [error@Cproc.Error.NOT_RUNNING], or with the system's reason
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_kill (CprocPipeline  *self,
                     GError        **error)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return pipeline_signal (self, -1, G_STRFUNC, error);
}

/**
 * cproc_pipeline_send_signal:
 * @self: a pipeline
 * @signum: the signal's number; 0 only asks whether there is somebody to signal
 * @error: return location for an error
 *
 * Sends a signal to all stages that run.
 *
 * Returns: `TRUE` if a stage was reached; else `FALSE` with [error@Cproc.Error.NOT_RUNNING], or
 *   with the system's reason
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_send_signal (CprocPipeline  *self,
                            int             signum,
                            GError        **error)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);
  g_return_val_if_fail (signum >= 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return pipeline_signal (self, signum, G_STRFUNC, error);
}

/**
 * cproc_pipeline_get_timeout:
 * @self: a pipeline
 *
 * Gets how long the pipeline may run.
 *
 * Returns: ms, or 0 without a limit
 *
 * Since: 1.0
 */
guint
cproc_pipeline_get_timeout (CprocPipeline *self)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), 0);

  return self->timeout;
}

/**
 * cproc_pipeline_set_timeout:
 * @self: a pipeline
 * @msec: ms from the moment when the programs run; 0 without a limit
 *
 * Sets how long the pipeline may run.
 *
 * Since: 1.0
 */
void
cproc_pipeline_set_timeout (CprocPipeline *self,
                            guint          msec)
{
  g_return_if_fail (CPROC_IS_PIPELINE (self));

  if (self->timeout == msec || !cproc_pipeline_check_call (self, G_STRFUNC, NULL))
    return;

  self->timeout = msec;
  pipeline_start_timer (self);
  cproc_pipeline_notify (self, CPROC_PIPELINE_PROP_TIMEOUT);
}
