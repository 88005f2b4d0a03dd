/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-json-walk-private.h"
#include "cproc-request-table-private.h"

/* Bounds the table of given-up ids, for a peer that never answers them. */
#define MAX_LATE 4096

/* An exact integer of a double is shorter than this, unless it is written in an unusual way. */
#define MAX_NUMBER 64

static gboolean
find (const char    *text,
      gsize          length,
      const char    *name,
      CprocJsonSpan *span)
{
  if (cproc_json_find_member (text, length, name, span))
    return TRUE;

  *span = (CprocJsonSpan) { NULL, 0 };

  return FALSE;
}

static gboolean
span_is_string (const CprocJsonSpan *span)
{
  return span->length > 0 && span->data[0] == '"';
}

static gboolean
span_is_number (const CprocJsonSpan *span)
{
  return span->length > 0 && (g_ascii_isdigit (span->data[0]) || span->data[0] == '-');
}

static gboolean
span_is_null (const CprocJsonSpan *span)
{
  return span->length == 4 && memcmp (span->data, "null", 4) == 0;
}

static gboolean
span_is_version_2 (const CprocJsonSpan *span)
{
  g_autofree char *string = NULL;

  if (span->length == strlen ("\"2.0\"") && memcmp (span->data, "\"2.0\"", span->length) == 0)
    return TRUE;
  if (!span_is_string (span))
    return FALSE;

  string = cproc_json_span_to_string (span);

  return g_strcmp0 (string, "2.0") == 0;
}

/* Finds the members in one walk; of those with one name the last counts. */
static void
rpc_find_members (CprocRpc      *self,
                  CprocJsonSpan *version,
                  const char    *text,
                  gsize          length)
{
  const struct
  {
    const char *name;
    CprocJsonSpan *span;
  } members[] = {
    { "jsonrpc", version },
    { "id", &self->id },
    { "method", &self->method },
    { "params", &self->params },
    { "result", &self->result },
    { "error", &self->error },
  };
  const char *end = text + length;
  CprocJsonWalk walk;
  const char *place;

  cproc_json_walk_init (&walk, text, end);
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
}

CprocRpcKind
cproc_rpc_read (CprocRpc   *self,
                const char *text,
                gsize       length)
{
  CprocJsonSpan version = { NULL, 0 };

  *self = (CprocRpc) { .kind = CPROC_RPC_NONE };
  if (length == 0 || text[0] != '{')
    return CPROC_RPC_NONE;

  rpc_find_members (self, &version, text, length);
  if (!span_is_version_2 (&version))
    return CPROC_RPC_NONE;

  if (self->method.data == NULL)
    {
      if (span_is_number (&self->id))
        self->kind = CPROC_RPC_ANSWER;
    }
  else if (span_is_string (&self->method))
    {
      if (self->id.data == NULL)
        self->kind = CPROC_RPC_NOTIFICATION;
      else if (span_is_number (&self->id) || span_is_string (&self->id) || span_is_null (&self->id))
        self->kind = CPROC_RPC_REQUEST;
    }

  return self->kind;
}

static gboolean
read_integer (const CprocJsonSpan *span,
              double               limit,
              double              *value)
{
  g_autofree char *text = NULL;

  if (!span_is_number (span) || span->length > MAX_NUMBER)
    return FALSE;

  text = g_strndup (span->data, span->length);
  *value = g_ascii_strtod (text, NULL);

  return *value >= -limit && *value <= limit && *value == (double) (gint64) *value;
}

gint64
cproc_rpc_read_id (const CprocJsonSpan *span)
{
  double value;

  return read_integer (span, 9007199254740991.0, &value) && value >= 1 ? (gint64) value : 0;
}

char *
cproc_rpc_dup_key (const char *id,
                   gsize       length)
{
  gint64 number = cproc_rpc_read_id (&(CprocJsonSpan) { id, length });

  return number > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, number) : g_strndup (id, length);
}

gboolean
cproc_rpc_read_error (const CprocJsonSpan  *error,
                      int                  *code,
                      char                **message,
                      CprocJsonSpan        *data)
{
  CprocJsonSpan span;
  double value;

  if (error->length == 0 || error->data[0] != '{' ||
      !find (error->data, error->length, "code", &span) ||
      !read_integer (&span, G_MAXINT, &value))
    return FALSE;

  *code = (int) value;
  find (error->data, error->length, "message", &span);
  *message = span_is_string (&span) ? cproc_json_span_to_string (&span) : g_strdup ("");
  find (error->data, error->length, "data", data);

  return TRUE;
}

static void
append_string (GString    *out,
               const char *string)
{
  g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), string);

  if (!cproc_json_write (node, out, NULL))
    g_string_append (out, "\"\"");
}

char *
cproc_rpc_write_request (gint64      id,
                         const char *method,
                         const char *params)
{
  GString *out = g_string_new ("{\"jsonrpc\":\"2.0\"");

  if (id > 0)
    g_string_append_printf (out, ",\"id\":%" G_GINT64_FORMAT, id);
  g_string_append (out, ",\"method\":");
  append_string (out, method);
  if (params != NULL)
    g_string_append_printf (out, ",\"params\":%s", params);
  g_string_append_c (out, '}');

  return g_string_free (out, FALSE);
}

char *
cproc_rpc_write_result (const char *id,
                        const char *result)
{
  return g_strconcat ("{\"jsonrpc\":\"2.0\",\"id\":", id, ",\"result\":", result, "}", NULL);
}

char *
cproc_rpc_write_error (const char *id,
                       int         code,
                       const char *message,
                       const char *data)
{
  GString *out = g_string_new ("{\"jsonrpc\":\"2.0\"");

  g_string_append_printf (out, ",\"id\":%s,\"error\":{\"code\":%d,\"message\":", id, code);
  append_string (out, message);
  if (data != NULL)
    g_string_append_printf (out, ",\"data\":%s", data);
  g_string_append (out, "}}");

  return g_string_free (out, FALSE);
}

void
cproc_request_table_clear (CprocRequestTable *self)
{
  g_clear_pointer (&self->pending, g_hash_table_unref);
  g_clear_pointer (&self->late, g_hash_table_unref);
}

gint64
cproc_request_table_add (CprocRequestTable *self,
                         gpointer           waiting)
{
  gint64 *id = g_memdup2 (&(gint64) { ++self->last_id }, sizeof (gint64));

  if (self->pending == NULL)
    self->pending = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_hash_table_insert (self->pending, id, waiting);

  return self->last_id;
}

guint
cproc_request_table_size (CprocRequestTable *self)
{
  return self->pending != NULL ? g_hash_table_size (self->pending) : 0;
}

gpointer
cproc_request_table_take (CprocRequestTable *self,
                          gint64             id)
{
  gpointer key = NULL;
  gpointer waiting = NULL;

  if (self->pending != NULL && g_hash_table_steal_extended (self->pending, &id, &key, &waiting))
    g_free (key);

  return waiting;
}

gpointer
cproc_request_table_give_up (CprocRequestTable *self,
                             gint64             id)
{
  gpointer waiting = cproc_request_table_take (self, id);

  if (waiting == NULL)
    return NULL;

  if (self->late == NULL)
    self->late = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  if (g_hash_table_size (self->late) >= MAX_LATE)
    g_hash_table_remove_all (self->late);
  g_hash_table_add (self->late, g_memdup2 (&id, sizeof id));

  return waiting;
}

gboolean
cproc_request_table_is_late (CprocRequestTable *self,
                             gint64             id)
{
  return self->late != NULL && g_hash_table_remove (self->late, &id);
}

gpointer
cproc_request_table_take_any (CprocRequestTable *self)
{
  GHashTableIter iter;
  gpointer key, waiting;

  if (self->pending == NULL)
    return NULL;

  g_hash_table_iter_init (&iter, self->pending);
  if (!g_hash_table_iter_next (&iter, &key, &waiting))
    return NULL;

  g_hash_table_iter_remove (&iter);

  return waiting;
}

void
cproc_request_table_foreach (CprocRequestTable *self,
                             GFunc              func,
                             gpointer           user_data)
{
  GHashTableIter iter;
  gpointer waiting;

  if (self->pending == NULL)
    return;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, NULL, &waiting))
    func (waiting, user_data);
}
