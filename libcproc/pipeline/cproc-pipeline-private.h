/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-child-private.h"
#include "cproc-pipeline.h"

G_BEGIN_DECLS

typedef enum
{
  CPROC_PIPELINE_PROP_STATE = 1,
  CPROC_PIPELINE_PROP_TIMEOUT,
  CPROC_PIPELINE_PROP_TIMED_OUT,
  CPROC_PIPELINE_PROP_PIPEFAIL,
  CPROC_PIPELINE_PROP_FAILED_STAGE,
} CprocPipelineProperty;

typedef struct _CprocPipelineLaunch CprocPipelineLaunch;
typedef struct _CprocPipelineStart CprocPipelineStart;

/* Used only in the thread whose main context it belongs to. */
struct _CprocPipeline
{
  GObject parent_instance;

  GPtrArray *stages; /* CprocChild */
  CprocOwner *owner; /* this pipeline, for its timer and its stages */
  int mistake;       /* the first stage that was not new when it was appended; -1: none */

  CprocState state;
  guint timeout;
  gboolean timed_out;
  gboolean pipefail;
  int failed_stage;

  CprocPipelineStart *start; /* of start_async(), until the programs run */
  GArray *pending;           /* int: signals for when they run; 0: a kill */
  GMainContext *context;     /* set by a start */
  gint64 start_time;
  CprocTimer timer;
  GList *waits;
};

static inline CprocChild *
cproc_pipeline_get_stage (CprocPipeline *self,
                          guint          position)
{
  return g_ptr_array_index (self->stages, position);
}

/* cproc-pipeline-pspecs.c */
void cproc_pipeline_install_properties (GObjectClass          *object_class);
void cproc_pipeline_install_signals    (GType                  type);
void cproc_pipeline_notify             (CprocPipeline         *self,
                                        CprocPipelineProperty  property);
void cproc_pipeline_set_state          (CprocPipeline         *self,
                                        CprocState             state);
void cproc_pipeline_set_failed_stage   (CprocPipeline         *self,
                                        int                    stage);
void cproc_pipeline_emit_closed        (CprocPipeline         *self);

/* cproc-pipeline-failure.c: stage: the first one that failed; -1: none. */
char   *cproc_pipeline_dup_line        (CprocPipeline         *self);
GError *cproc_pipeline_dup_failure     (CprocPipeline         *self,
                                        int                   *stage);

/* cproc-pipeline-launch.c: one start of all stages, in steps. Each step returns FALSE with an error
 * when a stage fails; the stage is remembered. spawn may be called in any thread; the others in the
 * pipeline's. */
CprocPipelineLaunch *cproc_pipeline_launch_new     (CprocPipeline        *pipeline,
                                                    GMainContext         *context);
void                 cproc_pipeline_launch_free    (CprocPipelineLaunch  *self);
gboolean             cproc_pipeline_launch_begin   (CprocPipelineLaunch  *self,
                                                    GError              **error);
gboolean             cproc_pipeline_launch_spawn   (CprocPipelineLaunch  *self,
                                                    GError              **error);
/* Waits for the stages that are not ready, lets all of them go and waits for their programs. If fd
 * is not NULL it does not block: it returns FALSE without an error, and what to wait for. */
gboolean             cproc_pipeline_launch_go      (CprocPipelineLaunch  *self,
                                                    int                  *fd,
                                                    GIOCondition         *condition,
                                                    GError              **error);
/* All stages run: adopts them, and tells. */
void                 cproc_pipeline_launch_adopt   (CprocPipelineLaunch  *self);
/* Ends all of them; the children are as new. Says in the error which stage it was. Returns what was
 * written to the stages, to be abandoned last of all. */
GSList              *cproc_pipeline_launch_undo    (CprocPipelineLaunch  *self,
                                                    GError              **error);
void                 cproc_pipeline_abandon_writers (GSList              *writers);

/* cproc-pipeline-run.c */
extern const CprocStageFuncs cproc_pipeline_stage_funcs;

gboolean  cproc_pipeline_check_call    (CprocPipeline  *self,
                                        const char     *function,
                                        GError        **error);
void      cproc_pipeline_set_context   (CprocPipeline  *self,
                                        GMainContext   *context);
/* All programs run. */
void      cproc_pipeline_runs          (CprocPipeline  *self);
void      cproc_pipeline_end_stages    (CprocPipeline  *self);

/* cproc-pipeline-start.c: for the synchronous calls. */
void      cproc_pipeline_finish_pending_start (CprocPipeline *self);

/* cproc-pipeline-waits.c: those of the asynchronous calls; the tasks are of cproc_task_new(). */
void      cproc_pipeline_add_wait       (CprocPipeline *self,
                                         GTask         *task,
                                         gboolean       check);
/* error: of a failed start; NULL: they are told how the pipeline ended. */
void      cproc_pipeline_complete_waits (CprocPipeline *self,
                                         const GError  *error);

G_END_DECLS
