/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-message.h"

G_BEGIN_DECLS

#define CPROC_TYPE_REQUEST (cproc_request_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocRequest, cproc_request, CPROC, REQUEST, GObject)

CPROC_AVAILABLE_IN_1_0
const char   *cproc_request_get_method          (CprocRequest  *self);
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_request_get_params          (CprocRequest  *self);
CPROC_AVAILABLE_IN_1_0
GCancellable *cproc_request_get_cancellable     (CprocRequest  *self);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_request_get_is_notification (CprocRequest  *self);

CPROC_AVAILABLE_IN_1_0
gboolean      cproc_request_reply               (CprocRequest  *self,
                                                 CprocMessage  *result,
                                                 GError       **error);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_request_reply_error         (CprocRequest  *self,
                                                 int            code,
                                                 const char    *message,
                                                 CprocMessage  *data,
                                                 GError       **error);

G_END_DECLS
