/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <json-glib/json-glib.h>

#include "cproc-message.h"
#include "cproc-request.h"
#include "cproc-version-macros.h"

G_BEGIN_DECLS

#define CPROC_TYPE_CHANNEL (cproc_channel_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocChannel, cproc_channel, CPROC, CHANNEL, GObject)

CPROC_AVAILABLE_IN_1_0
CprocChannel *cproc_channel_get_parent     (GError  **error);
CPROC_AVAILABLE_IN_1_0
CprocChannel *cproc_channel_new_for_streams (GInputStream   *input,
                                             GOutputStream  *output,
                                             GError        **error);
CPROC_AVAILABLE_IN_1_0
CprocChannel *cproc_channel_new_for_socket (GSocket  *socket,
                                            GError  **error) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_get_connected        (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_get_congested        (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
guint64  cproc_channel_get_queued_bytes     (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
gint64   cproc_channel_get_max_message_size   (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
void     cproc_channel_set_max_message_size   (CprocChannel *self,
                                               gint64        max_message_size);
CPROC_AVAILABLE_IN_1_0
int      cproc_channel_get_exit_flush_timeout (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
void     cproc_channel_set_exit_flush_timeout (CprocChannel *self,
                                               int           exit_flush_timeout);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_get_busy_poll          (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
void     cproc_channel_set_busy_poll          (CprocChannel *self,
                                               gboolean      busy_poll);
CPROC_AVAILABLE_IN_1_0
int      cproc_channel_get_io_priority        (CprocChannel *self);
CPROC_AVAILABLE_IN_1_0
void     cproc_channel_set_io_priority        (CprocChannel *self,
                                               int           io_priority);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_send             (CprocChannel         *self,
                                         CprocMessage         *message,
                                         GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_channel_send_async       (CprocChannel         *self,
                                         CprocMessage         *message,
                                         GCancellable         *cancellable,
                                         GAsyncReadyCallback   callback,
                                         gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_send_finish      (CprocChannel         *self,
                                         GAsyncResult         *result,
                                         GError              **error);

CPROC_AVAILABLE_IN_1_0
void          cproc_channel_receive_async  (CprocChannel         *self,
                                            GCancellable         *cancellable,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_channel_receive_finish (CprocChannel         *self,
                                            GAsyncResult         *result,
                                            GError              **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
void          cproc_channel_pause          (CprocChannel         *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_channel_resume         (CprocChannel         *self);

/**
 * CprocRequestFunc:
 * @channel: the channel
 * @request: the request, which may be answered now or later
 * @user_data: the data that was given with the function
 *
 * Handles the requests of one method.
 *
 * Since: 1.0
 */
typedef void (*CprocRequestFunc) (CprocChannel *channel,
                                  CprocRequest *request,
                                  gpointer      user_data);

CPROC_AVAILABLE_IN_1_0
void          cproc_channel_request_async          (CprocChannel         *self,
                                                    const char           *method,
                                                    CprocMessage         *params,
                                                    guint                 timeout,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_channel_request_finish         (CprocChannel         *self,
                                                    GAsyncResult         *result,
                                                    GError              **error)
                                                    G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_channel_request                (CprocChannel         *self,
                                                    const char           *method,
                                                    CprocMessage         *params,
                                                    guint                 timeout,
                                                    GCancellable         *cancellable,
                                                    GError              **error)
                                                    G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_channel_request_get_error_data (GAsyncResult         *result);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_channel_notify_peer            (CprocChannel         *self,
                                                    const char           *method,
                                                    CprocMessage         *params,
                                                    GError              **error);
CPROC_AVAILABLE_IN_1_0
void          cproc_channel_serve                  (CprocChannel         *self,
                                                    const char           *method,
                                                    CprocRequestFunc      func,
                                                    gpointer              user_data,
                                                    GDestroyNotify        destroy);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_flush            (CprocChannel         *self,
                                         GCancellable         *cancellable,
                                         GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_channel_flush_async      (CprocChannel         *self,
                                         GCancellable         *cancellable,
                                         GAsyncReadyCallback   callback,
                                         gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_channel_flush_finish     (CprocChannel         *self,
                                         GAsyncResult         *result,
                                         GError              **error);

CPROC_AVAILABLE_IN_1_0
void     cproc_channel_close            (CprocChannel         *self);

G_END_DECLS
