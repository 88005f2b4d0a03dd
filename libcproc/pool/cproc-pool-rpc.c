/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-json-value-private.h"
#include "cproc-json-walk-private.h"
#include "cproc-pool-rpc-private.h"

static void
append_string (GString    *text,
               const char *string)
{
  g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), string);

  cproc_json_write (node, text, NULL);
}

CprocMessage *
cproc_pool_rpc_new_request (gint64        id,
                            const char   *method,
                            CprocMessage *params)
{
  g_autoptr(GString) text = g_string_new ("{\"jsonrpc\":\"2.0\",");
  CprocMessage *message;

  if (id != 0)
    g_string_append_printf (text, "\"id\":%" G_GINT64_FORMAT ",", id);
  g_string_append (text, "\"method\":");
  append_string (text, method);
  if (params != NULL)
    {
      g_string_append (text, ",\"params\":");
      g_string_append_len (text, params->text, params->length);
    }
  g_string_append_c (text, '}');

  message = cproc_message_new (text->str, text->len,
                               params != NULL && params->fd_list != NULL
                               ? g_object_ref (params->fd_list) : NULL);
  /* No member of the outermost object is "cmd". */
  message->may_be_internal = FALSE;
  if (params != NULL)
    {
      message->handle_type = params->handle_type;
      message->handle_members = params->handle_members;
      cproc_message_seal (params);
    }

  return message;
}

CprocMessage *
cproc_pool_rpc_new_cancel (gint64 id)
{
  g_autofree char *text = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT "}", id);
  g_autoptr(CprocMessage) params = cproc_message_new (text, strlen (text), NULL);

  return cproc_pool_rpc_new_request (0, "$/cancelRequest", params);
}

/* The members of an answer; of those with one name the last. */
typedef struct
{
  CprocJsonSpan version;
  CprocJsonSpan id;
  CprocJsonSpan method;
  CprocJsonSpan result;
  CprocJsonSpan error;
} Envelope;

static gboolean
envelope_init (Envelope     *self,
               CprocMessage *message)
{
  struct
  {
    const char *name;
    CprocJsonSpan *span;
  } members[] = {
    { "jsonrpc", &self->version },
    { "id", &self->id },
    { "method", &self->method },
    { "result", &self->result },
    { "error", &self->error },
  };
  const char *end = message->text + message->length;
  CprocJsonWalk walk;
  const char *place;

  *self = (Envelope) { { NULL, 0 } };
  if (!cproc_json_walk_init (&walk, message->text, end) || !walk.is_object)
    return FALSE;

  while ((place = cproc_json_walk_next (&walk)) != NULL)
    {
      const char *behind = cproc_json_skip_value (place, end);

      for (guint i = 0; i < G_N_ELEMENTS (members); i++)
        {
          if (cproc_json_walk_name_is (&walk, members[i].name, strlen (members[i].name)))
            *members[i].span = (CprocJsonSpan) { place, behind - place };
        }
      cproc_json_walk_leave (&walk, behind);
    }

  return TRUE;
}

gint64
cproc_pool_rpc_get_id (CprocMessage *message)
{
  g_autofree char *version = NULL;
  Envelope envelope;
  gint64 id;

  if (!envelope_init (&envelope, message) || envelope.version.data == NULL ||
      envelope.method.data != NULL || envelope.id.data == NULL ||
      !cproc_json_span_to_int64 (&envelope.id, &id))
    return 0;

  version = cproc_json_span_to_string (&envelope.version);

  return g_strcmp0 (version, "2.0") == 0 ? id : 0;
}

static void
set_error (const CprocJsonSpan  *object,
           CprocMessage        **data,
           GError              **error)
{
  g_autofree char *message = NULL;
  CprocJsonSpan span;
  gint64 code;

  if (object->data[0] != '{' ||
      !cproc_json_find_member (object->data, object->length, "code", &span) ||
      !cproc_json_span_to_int64 (&span, &code) || code < G_MININT || code > G_MAXINT)
    {
      g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                           _("The answer has an error without a code"));
      return;
    }

  if (cproc_json_find_member (object->data, object->length, "message", &span))
    message = cproc_json_span_to_string (&span);
  if (cproc_json_find_member (object->data, object->length, "data", &span))
    *data = cproc_message_new (span.data, span.length, NULL);

  g_set_error_literal (error, CPROC_REPLY_ERROR, (int) code, message != NULL ? message : "");
}

CprocMessage *
cproc_pool_rpc_read_answer (CprocMessage  *message,
                            CprocMessage **data,
                            GError       **error)
{
  Envelope envelope;
  GUnixFDList *fd_list;

  envelope_init (&envelope, message);
  if (envelope.error.data != NULL && envelope.error.data[0] != 'n')
    {
      set_error (&envelope.error, data, error);
      return NULL;
    }

  if (envelope.result.data == NULL)
    envelope.result = (CprocJsonSpan) { "null", strlen ("null") };
  fd_list = message->fd_list != NULL ? g_object_ref (message->fd_list) : NULL;

  return cproc_message_new (envelope.result.data, envelope.result.length, fd_list);
}
