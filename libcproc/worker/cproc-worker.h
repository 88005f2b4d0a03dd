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
                                        JsonNode             *node,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_worker_send_async       (CprocWorker          *self,
                                        JsonNode             *node,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_finish      (CprocWorker          *self,
                                        GAsyncResult         *result,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_text        (CprocWorker          *self,
                                        const char           *json,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_worker_send_text_async  (CprocWorker          *self,
                                        const char           *json,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_text_finish (CprocWorker          *self,
                                        GAsyncResult         *result,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_variant     (CprocWorker          *self,
                                        GVariant             *variant,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_with_fds    (CprocWorker          *self,
                                        const char           *json,
                                        GUnixFDList          *fd_list,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_worker_send_socket      (CprocWorker          *self,
                                        const char           *json,
                                        GSocket              *socket,
                                        GError              **error);

CPROC_AVAILABLE_IN_1_0
void     cproc_worker_close_channel    (CprocWorker          *self);

G_END_DECLS
