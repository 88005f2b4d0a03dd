/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-child.h"

G_BEGIN_DECLS

#define CPROC_TYPE_PIPELINE (cproc_pipeline_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocPipeline, cproc_pipeline, CPROC, PIPELINE, GObject)

CPROC_AVAILABLE_IN_1_0
CprocPipeline *cproc_pipeline_new               (void)
                                                 G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
CprocChild    *cproc_pipeline_append            (CprocPipeline        *self,
                                                 CprocCommand         *command);
CPROC_AVAILABLE_IN_1_0
CprocChild    *cproc_pipeline_append_child      (CprocPipeline        *self,
                                                 CprocChild           *child);

CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_start             (CprocPipeline        *self,
                                                 GError              **error);
CPROC_AVAILABLE_IN_1_0
void           cproc_pipeline_start_async       (CprocPipeline        *self,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_start_finish      (CprocPipeline        *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);

CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_kill              (CprocPipeline        *self,
                                                 GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_send_signal       (CprocPipeline        *self,
                                                 int                   signum,
                                                 GError              **error);

CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_wait              (CprocPipeline        *self,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
CPROC_AVAILABLE_IN_1_0
void           cproc_pipeline_wait_async        (CprocPipeline        *self,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_wait_finish       (CprocPipeline        *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_wait_check        (CprocPipeline        *self,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
CPROC_AVAILABLE_IN_1_0
void           cproc_pipeline_wait_check_async  (CprocPipeline        *self,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_wait_check_finish (CprocPipeline        *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);

CPROC_AVAILABLE_IN_1_0
CprocState     cproc_pipeline_get_state         (CprocPipeline        *self);
CPROC_AVAILABLE_IN_1_0
guint          cproc_pipeline_get_timeout       (CprocPipeline        *self);
CPROC_AVAILABLE_IN_1_0
void           cproc_pipeline_set_timeout       (CprocPipeline        *self,
                                                 guint                 msec);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_get_timed_out     (CprocPipeline        *self);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_pipeline_get_pipefail      (CprocPipeline        *self);
CPROC_AVAILABLE_IN_1_0
void           cproc_pipeline_set_pipefail      (CprocPipeline        *self,
                                                 gboolean              pipefail);
CPROC_AVAILABLE_IN_1_0
int            cproc_pipeline_get_failed_stage  (CprocPipeline        *self);

G_END_DECLS
