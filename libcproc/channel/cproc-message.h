/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <json-glib/json-glib.h>

#include "cproc-version-macros.h"

G_BEGIN_DECLS

#define CPROC_TYPE_MESSAGE (cproc_message_get_type ())

/**
 * CprocMessage:
 *
 * One message that came over a [class@Cproc.Channel]: its JSON text, the same as a tree of
 * [struct@Json.Node], and the descriptors that came with it.
 *
 * ```c
 * static void
 * on_message (CprocWorker *worker, CprocMessage *message, gpointer user_data)
 * {
 *   JsonNode *root = cproc_message_get_root (message);
 *
 *   if (JSON_NODE_HOLDS_OBJECT (root))
 *     handle (json_node_get_object (root));
 *   else
 *     g_print ("%s\n", cproc_message_get_text (message));
 * }
 * ```
 *
 * A message never changes. It may be used from any thread.
 *
 * Since: 1.0
 */
typedef struct _CprocMessage CprocMessage;

CPROC_AVAILABLE_IN_1_0
GType         cproc_message_get_type    (void);

CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_message_ref         (CprocMessage *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_message_unref       (CprocMessage *self);

CPROC_AVAILABLE_IN_1_0
const char   *cproc_message_get_text    (CprocMessage *self);
CPROC_AVAILABLE_IN_1_0
JsonNode     *cproc_message_get_root    (CprocMessage *self);
CPROC_AVAILABLE_IN_1_0
GUnixFDList  *cproc_message_get_fd_list (CprocMessage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocMessage, cproc_message_unref)

G_END_DECLS
