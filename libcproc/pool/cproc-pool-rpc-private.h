/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-message-private.h"

G_BEGIN_DECLS

/* Requests and answers in the format of JSON-RPC 2.0. */

/* params: (nullable): an object or an array; its descriptors go with the request.
 * id: 0 for a notification. */
CprocMessage *cproc_pool_rpc_new_request (gint64         id,
                                          const char    *method,
                                          CprocMessage  *params);

/* Tells the other side that nobody waits for that answer any more. */
CprocMessage *cproc_pool_rpc_new_cancel  (gint64         id);

/* The id that a message answers, or 0 if it is not an answer. */
gint64        cproc_pool_rpc_get_id      (CprocMessage  *message);

/* The result in an answer, with the descriptors that came with it. NULL with the other side's error
 * of CPROC_REPLY_ERROR, and its data; or with CPROC_ERROR_INVALID_MESSAGE. */
CprocMessage *cproc_pool_rpc_read_answer (CprocMessage  *message,
                                          CprocMessage **data,
                                          GError       **error);

G_END_DECLS
