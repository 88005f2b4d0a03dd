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
 * One message of a [class@Cproc.Channel]: its JSON text, the same as a tree of
 * [struct@Json.Node], and the descriptors that travel with it.
 *
 * A message that was received is what a handler of [signal@Cproc.Channel::message] gets:
 *
 * ```c
 * static void
 * on_message (CprocWorker *worker, CprocMessage *message, gpointer user_data)
 * {
 *   g_autoptr(GError) error = NULL;
 *   gint64 foo = cproc_message_get_int64 (message, "/foo", &error);
 *
 *   if (error != NULL)
 *     g_warning ("%s", error->message);
 *   else
 *     g_print ("%" G_GINT64_FORMAT "\n", foo);
 * }
 * ```
 *
 * Values are read straight out of the text, by JSON Pointer
 * ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)): `/servers/0/name` is the name of the first
 * server, and the empty pointer is the whole message. `~1` in a pointer stands for a slash in a
 * name, `~0` for a tilde. Of members with one name the last counts, as in JavaScript.
 * [struct@Cproc.MessageIter] goes over many values in C; a tree is needed only where a program
 * works with one.
 *
 * A message to send is made out of JSON text, a [struct@Json.Node] or a [struct@GLib.Variant], and
 * goes out by [method@Cproc.Channel.send]:
 *
 * ```c
 * g_autoptr(CprocMessage) message = cproc_message_new_text ("{\"foo\":1}", &error);
 *
 * if (message == NULL || !cproc_channel_send (channel, message, &error))
 *   g_warning ("Cannot send: %s", error->message);
 * ```
 *
 * The constructors check the message, so sending it, again or on another channel, costs no further
 * check; a message that was received can be sent on as it is.
 *
 * Descriptors are set before the message is sent for the first time. From then on a message never
 * changes, and may be used from any thread. A received message is so from the start.
 *
 * Since: 1.0
 */
typedef struct _CprocMessage CprocMessage;

CPROC_AVAILABLE_IN_1_0
GType         cproc_message_get_type    (void);

CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_message_new_text    (const char    *json,
                                         GError       **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_message_new_node    (JsonNode      *node,
                                         GError       **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocMessage *cproc_message_new_variant (GVariant      *variant,
                                         GError       **error) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
gboolean      cproc_message_set_fd_list (CprocMessage  *self,
                                         GUnixFDList   *fd_list,
                                         GError       **error);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_message_set_socket  (CprocMessage  *self,
                                         GSocket       *socket,
                                         GError       **error);

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

CPROC_AVAILABLE_IN_1_0
gboolean      cproc_message_has         (CprocMessage        *self,
                                         const char          *pointer);
CPROC_AVAILABLE_IN_1_0
gint64        cproc_message_get_int64   (CprocMessage        *self,
                                         const char          *pointer,
                                         GError             **error);
CPROC_AVAILABLE_IN_1_0
double        cproc_message_get_double  (CprocMessage        *self,
                                         const char          *pointer,
                                         GError             **error);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_message_get_boolean (CprocMessage        *self,
                                         const char          *pointer,
                                         GError             **error);
CPROC_AVAILABLE_IN_1_0
char         *cproc_message_dup_string  (CprocMessage        *self,
                                         const char          *pointer,
                                         GError             **error);
CPROC_AVAILABLE_IN_1_0
gint64        cproc_message_get_length  (CprocMessage        *self,
                                         const char          *pointer);
CPROC_AVAILABLE_IN_1_0
GVariant     *cproc_message_dup_variant (CprocMessage        *self,
                                         const char          *pointer,
                                         const GVariantType  *type,
                                         GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocMessage, cproc_message_unref)

G_END_DECLS
