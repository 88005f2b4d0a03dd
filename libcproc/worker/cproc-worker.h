/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-channel.h"
#include "cproc-child.h"

G_BEGIN_DECLS

#define CPROC_TYPE_WORKER (cproc_worker_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocWorker, cproc_worker, CPROC, WORKER, CprocChild)

CPROC_AVAILABLE_IN_1_0
CprocWorker  *cproc_worker_new             (const char         *module,
                                            const char * const *args) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocWorker  *cproc_worker_new_for_command (CprocCommand       *command) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
CprocChannel *cproc_worker_get_channel     (CprocWorker        *self);
CPROC_AVAILABLE_IN_1_0
int           cproc_worker_get_channel_fd  (CprocWorker        *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_worker_set_channel_fd  (CprocWorker        *self,
                                            int                 channel_fd);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send             (CprocWorker          *self,
                                        CprocMessage         *message,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_worker_send_async       (CprocWorker          *self,
                                        CprocMessage         *message,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_finish      (CprocWorker          *self,
                                        GAsyncResult         *result,
                                        GError              **error);

CPROC_AVAILABLE_IN_1_0
void          cproc_worker_receive_async  (CprocWorker          *self,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_worker_receive_finish (CprocWorker          *self,
                                           GAsyncResult         *result,
                                           GError              **error) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
void          cproc_worker_request_async  (CprocWorker          *self,
                                           const char           *method,
                                           CprocMessage         *params,
                                           guint                 timeout,
                                           GCancellable         *cancellable,
                                           GAsyncReadyCallback   callback,
                                           gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_worker_request_finish (CprocWorker          *self,
                                           GAsyncResult         *result,
                                           GError              **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_worker_request        (CprocWorker          *self,
                                           const char           *method,
                                           CprocMessage         *params,
                                           guint                 timeout,
                                           GCancellable         *cancellable,
                                           GError              **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_worker_notify_peer    (CprocWorker          *self,
                                           const char           *method,
                                           CprocMessage         *params,
                                           GError              **error);

CPROC_AVAILABLE_IN_1_0
void     cproc_worker_close_channel    (CprocWorker          *self);

G_END_DECLS
