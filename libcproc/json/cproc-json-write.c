/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>

#include "cproc-error.h"
#include "cproc-gettext-private.h"
#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

/* Walks the tree in a loop, as the check walks the text: any text that this writes passes the
 * check. A node without a value, and NULL, are written as null. */

/* The position of the walk in an object or, with a list, in an array. */
typedef struct
{
  JsonArray *list;
  guint next;
  guint length;

  JsonObjectIter members;
} Level;

typedef struct
{
  GString *out;
  const char *error_reason;
} Writer;

static gboolean
writer_fail (Writer     *self,
             const char *reason)
{
  self->error_reason = reason;

  return FALSE;
}

/* Makes room for more bytes at the end; writer_commit() tells how many were used. */
static inline char *
writer_reserve (Writer *self,
                gsize   length)
{
  GString *out = self->out;

  if (out->allocated_len - out->len <= length)
    {
      gsize used = out->len;

      g_string_set_size (out, used + length);
      out->len = used;
    }

  return out->str + out->len;
}

static inline void
writer_commit (Writer     *self,
               const char *end)
{
  self->out->len = end - self->out->str;
}

static inline void
writer_append (Writer     *self,
               const char *text,
               gsize       length)
{
  char *out = writer_reserve (self, length);

  memcpy (out, text, length);
  writer_commit (self, out + length);
}

static inline void
writer_append_char (Writer *self,
                    char    c)
{
  *writer_reserve (self, 1) = c;
  self->out->len++;
}

static void
writer_append_escape (Writer *self,
                      guchar  c)
{
  static const char hex[] = "0123456789abcdef";
  static const char shorts[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                 ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\' };

  if (shorts[c] != '\0')
    writer_append (self, (const char[]) { '\\', shorts[c] }, 2);
  else
    writer_append (self, (const char[]) { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xf] }, 6);
}

static gboolean
writer_append_string (Writer     *self,
                      const char *p)
{
  const char *end = p + strlen (p);
  const char *run = p;

  writer_append_char (self, '"');

  for (;;)
    {
      p = cproc_utf8_skip (p, end, CPROC_UTF8_STOP_ESCAPED);
      if (p < end && (guchar) *p >= 0x80)
        return writer_fail (self, N_("it has text that is not valid UTF-8"));

      writer_append (self, run, p - run);
      if (p == end)
        break;

      writer_append_escape (self, *p++);
      run = p;
    }

  writer_append_char (self, '"');

  return TRUE;
}

static void
writer_append_int (Writer *self,
                   gint64  value)
{
  guint64 left = value < 0 ? 0 - (guint64) value : (guint64) value;
  char buffer[24];
  char *p = buffer + sizeof buffer;

  do
    *--p = '0' + left % 10;
  while ((left /= 10) > 0);

  if (value < 0)
    *--p = '-';

  writer_append (self, p, buffer + sizeof buffer - p);
}

static gboolean
writer_append_double (Writer *self,
                      double  value)
{
  char *out;

  if (!isfinite (value))
    return writer_fail (self, N_("it has a number that is infinite or not a number"));

  out = writer_reserve (self, CPROC_JSON_DOUBLE_SIZE);
  writer_commit (self, out + cproc_json_double_to_text (value, out));

  return TRUE;
}

/* Appends a value that contains no others. */
static gboolean
writer_append_scalar (Writer   *self,
                      JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  const char *string;

  switch (type)
    {
    case G_TYPE_INT64:
      writer_append_int (self, json_node_get_int (node));
      return TRUE;

    case G_TYPE_DOUBLE:
      return writer_append_double (self, json_node_get_double (node));

    case G_TYPE_BOOLEAN:
      if (json_node_get_boolean (node))
        writer_append (self, "true", 4);
      else
        writer_append (self, "false", 5);
      return TRUE;

    case G_TYPE_STRING:
      string = json_node_get_string (node);
      if (string != NULL)
        return writer_append_string (self, string);
      break;

    default:
      break;
    }

  writer_append (self, "null", 4);

  return TRUE;
}

/* Returns whether node has children; then level is set to the first. */
static gboolean
level_init (Level    *self,
            JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      JsonObject *object = json_node_get_object (node);

      if (object == NULL)
        return FALSE;

      self->list = NULL;
      self->length = json_object_get_size (object);
      json_object_iter_init_ordered (&self->members, object);
    }
  else if (JSON_NODE_HOLDS_ARRAY (node))
    {
      self->list = json_node_get_array (node);
      if (self->list == NULL)
        return FALSE;

      self->length = json_array_get_length (self->list);
    }
  else
    return FALSE;

  self->next = 0;

  return TRUE;
}

/* Writes the text before the next value, which becomes node. */
static gboolean
writer_begin_next (Writer    *self,
                   Level     *level,
                   JsonNode **node)
{
  const char *name;

  if (level->next++ > 0)
    writer_append_char (self, ',');

  if (level->list != NULL)
    {
      *node = json_array_get_element (level->list, level->next - 1);
      return TRUE;
    }

  json_object_iter_next_ordered (&level->members, &name, node);
  if (!writer_append_string (self, name))
    return FALSE;

  writer_append_char (self, ':');

  return TRUE;
}

static gboolean
writer_append_tree (Writer   *self,
                    JsonNode *node)
{
  Level levels[CPROC_JSON_MAX_DEPTH + 1];
  guint depth = 0;

  for (;;)
    {
      if (node != NULL && level_init (&levels[depth], node))
        {
          if (depth == CPROC_JSON_MAX_DEPTH)
            return writer_fail (self, N_("it is nested too deeply"));

          writer_append_char (self, levels[depth++].list != NULL ? '[' : '{');
        }
      else if (node == NULL)
        writer_append (self, "null", 4);
      else if (!writer_append_scalar (self, node))
        return FALSE;

      while (depth > 0 && levels[depth - 1].next == levels[depth - 1].length)
        writer_append_char (self, levels[--depth].list != NULL ? ']' : '}');

      if (depth == 0)
        return TRUE;

      if (!writer_begin_next (self, &levels[depth - 1], &node))
        return FALSE;
    }
}

gboolean
cproc_json_write (JsonNode  *node,
                  GString   *out,
                  GError   **error)
{
  Writer writer = { .out = out };
  gsize length = out->len;
  gboolean success = writer_append_tree (&writer, node);

  if (!success)
    {
      out->len = length;
      g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                   _("This cannot be written as JSON: %s"), _(writer.error_reason));
    }

  out->str[out->len] = '\0';

  return success;
}
