/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pipeline-private.h"

#define READABLE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)
#define SETTING (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)

static GParamSpec *properties[CPROC_PIPELINE_PROP_FAILED_STAGE + 1];
static guint closed_signal;

void
cproc_pipeline_install_properties (GObjectClass *object_class)
{
  /**
   * CprocPipeline:state: (getter get_state)
   *
   * Where all stages are: `RUNNING` once their programs run, `EXITED` once all processes have
   * ended, `CLOSED` once their streams have ended too.
   *
   * Since: 1.0
   */
  properties[CPROC_PIPELINE_PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, CPROC_TYPE_STATE, CPROC_STATE_NEW, READABLE);

  /**
   * CprocPipeline:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How long the pipeline may run, in ms from the moment when its programs run; 0 without a limit.
   * Then all stages are ended, as by [method@Cproc.Pipeline.kill].
   *
   * Since: 1.0
   */
  properties[CPROC_PIPELINE_PROP_TIMEOUT] =
    g_param_spec_uint ("timeout", NULL, NULL, 0, G_MAXUINT, 0, SETTING);

  /**
   * CprocPipeline:timed-out: (getter get_timed_out)
   *
   * Whether the stages were ended because [property@Cproc.Pipeline:timeout] was over.
   *
   * Since: 1.0
   */
  properties[CPROC_PIPELINE_PROP_TIMED_OUT] =
    g_param_spec_boolean ("timed-out", NULL, NULL, FALSE, READABLE);

  /**
   * CprocPipeline:pipefail: (getter get_pipefail) (setter set_pipefail)
   *
   * Whether the failure of any stage is the pipeline's; else only that of the last one is.
   *
   * Since: 1.0
   */
  properties[CPROC_PIPELINE_PROP_PIPEFAIL] =
    g_param_spec_boolean ("pipefail", NULL, NULL, TRUE, SETTING);

  /**
   * CprocPipeline:failed-stage: (getter get_failed_stage)
   *
   * The first stage that could not be started or, once closed, that failed; counted from 0, -1
   * none.
   *
   * Since: 1.0
   */
  properties[CPROC_PIPELINE_PROP_FAILED_STAGE] =
    g_param_spec_int ("failed-stage", NULL, NULL, -1, G_MAXINT, -1, READABLE);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

void
cproc_pipeline_install_signals (GType type)
{
  /**
   * CprocPipeline::closed:
   * @self: the pipeline
   *
   * All stages are closed. It comes once, after the [signal@Cproc.Child::closed] of each of them.
   *
   * Since: 1.0
   */
  closed_signal = g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
}

void
cproc_pipeline_notify (CprocPipeline         *self,
                       CprocPipelineProperty  property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

void
cproc_pipeline_set_state (CprocPipeline *self,
                          CprocState     state)
{
  if (self->state == state)
    return;

  self->state = state;
  cproc_pipeline_notify (self, CPROC_PIPELINE_PROP_STATE);
}

void
cproc_pipeline_set_failed_stage (CprocPipeline *self,
                                 int            stage)
{
  if (self->failed_stage == stage)
    return;

  self->failed_stage = stage;
  cproc_pipeline_notify (self, CPROC_PIPELINE_PROP_FAILED_STAGE);
}

void
cproc_pipeline_emit_closed (CprocPipeline *self)
{
  g_signal_emit (self, closed_signal, 0);
}
