/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

/* Builds the tree in a loop. A node is added to its parent before its value is read. So the way
 * back up is in the tree itself, and freeing the root frees everything. */

/* json-glib walks over all members to replace one, so the other side could make this take for ever.
 * In an object with this many members, later values of a repeated name are stored aside, and the
 * object is rebuilt at its end. */
#define MANY_MEMBERS 32

typedef struct _Later Later;

struct _Later
{
  Later *outer;
  JsonNode *owner;
  GHashTable *values;
};

typedef struct
{
  const char *p;
  const char *end;

  /* The node that is being filled: an object or an array, or NULL around the root. */
  JsonNode *parent;
  JsonObject *object;
  JsonArray *array;

  /* The later values of the enclosing objects, the innermost first. */
  Later *later;

  char *scratch;
  gsize scratch_size;
  char scratch_small[256];
} Builder;

static void
builder_skip_space (Builder *self)
{
  self->p = cproc_json_skip_space (self->p, self->end);
}

static G_NO_INLINE void
builder_grow_scratch (Builder *self,
                      gsize    size)
{
  if (self->scratch != self->scratch_small)
    g_free (self->scratch);

  self->scratch_size = MAX (size, 2 * self->scratch_size);
  self->scratch = g_malloc (self->scratch_size);
}

/* Returns the string at p, decoded; valid until the next one is read. */
static inline const char *
builder_read_string (Builder *self)
{
  const char *start = self->p + 1;
  gboolean has_escapes;
  const char *close = cproc_json_string_end (start, self->end, &has_escapes);
  gsize length = close - start;

  if (length >= self->scratch_size)
    builder_grow_scratch (self, length + 1);

  if (has_escapes)
    length = cproc_json_decode (self->scratch, start, length);
  else
    memcpy (self->scratch, start, length);

  self->scratch[length] = '\0';
  self->p = close + 1;

  return self->scratch;
}

/* Returns whether the digits fit into a signed 64-bit integer. */
static inline gboolean
digits_fit (const char *digits,
            gsize       length,
            gboolean    negative)
{
  if (length < 19)
    return TRUE;

  return length == 19 &&
         memcmp (digits, negative ? "9223372036854775808" : "9223372036854775807", 19) <= 0;
}

static inline void
builder_read_number (Builder  *self,
                     JsonNode *node)
{
  const char *start = self->p;
  gboolean negative = *start == '-';
  const char *p = start + (negative ? 1 : 0);
  const char *digits = p;
  guint64 whole = 0;

  for (; p < self->end && (guchar) (*p - '0') < 10; p++)
    whole = whole * 10 + (*p - '0');

  if (p < self->end && (*p == '.' || *p == 'e' || *p == 'E'))
    {
      do
        p++;
      while (p < self->end &&
             (g_ascii_isdigit (*p) || *p == 'e' || *p == 'E' || *p == '+' || *p == '-'));

      json_node_init_double (node, cproc_json_number_to_double (start, p - start));
    }
  else if (negative && *digits == '0')
    json_node_init_double (node, -0.0);
  else if (!digits_fit (digits, p - digits, negative))
    json_node_init_double (node, cproc_json_number_to_double (start, p - start));
  else
    json_node_init_int (node, negative ? (gint64) (0 - whole) : (gint64) whole);

  self->p = p;
}

/* Enters the object or array that node is. */
static void
builder_enter (Builder  *self,
               JsonNode *node)
{
  self->object = NULL;
  self->array = NULL;
  self->parent = node;

  if (*self->p++ == '{')
    {
      self->object = json_object_new ();
      json_node_init (node, JSON_NODE_OBJECT);
      json_node_take_object (node, self->object);
    }
  else
    {
      self->array = json_array_new ();
      json_node_init (node, JSON_NODE_ARRAY);
      json_node_take_array (node, self->array);
    }
}

static void
builder_put_by (Builder    *self,
                const char *name,
                JsonNode   *node)
{
  if (self->later == NULL || self->later->owner != self->parent)
    {
      Later *later = g_new (Later, 1);

      later->outer = self->later;
      later->owner = self->parent;
      later->values = g_hash_table_new_full (g_str_hash, g_str_equal,
                                             g_free, (GDestroyNotify) json_node_unref);
      self->later = later;
    }

  g_hash_table_replace (self->later->values, g_strdup (name), node);
}

static void
builder_apply_later (Builder *self)
{
  Later *later = self->later;
  JsonObject *object = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, self->object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      JsonNode *value = g_hash_table_lookup (later->values, name);

      json_object_set_member (object, name, json_node_ref (value != NULL ? value : node));
    }

  json_node_take_object (later->owner, object);

  self->later = later->outer;
  g_hash_table_unref (later->values);
  g_free (later);
}

static void
builder_leave (Builder *self)
{
  if (self->later != NULL && self->later->owner == self->parent)
    builder_apply_later (self);

  self->object = NULL;
  self->array = NULL;
  self->parent = json_node_get_parent (self->parent);
  self->p++;

  if (self->parent == NULL)
    return;

  if (JSON_NODE_HOLDS_OBJECT (self->parent))
    self->object = json_node_get_object (self->parent);
  else
    self->array = json_node_get_array (self->parent);
}

/* Reads the value at p into node. */
static inline void
builder_read_value (Builder  *self,
                    JsonNode *node)
{
  g_assert (self->p < self->end);

  switch (*self->p)
    {
    case '{':
    case '[':
      builder_enter (self, node);
      break;
    case '"':
      json_node_init_string (node, builder_read_string (self));
      break;
    case 't':
      json_node_init_boolean (node, TRUE);
      self->p += strlen ("true");
      break;
    case 'f':
      json_node_init_boolean (node, FALSE);
      self->p += strlen ("false");
      break;
    case 'n':
      json_node_init_null (node);
      self->p += strlen ("null");
      break;
    default:
      builder_read_number (self, node);
    }
}

/* Returns the node for the member whose name is at p. */
static inline JsonNode *
builder_add_member (Builder *self)
{
  const char *name = builder_read_string (self);
  JsonNode *node = json_node_alloc ();

  json_node_set_parent (node, self->parent);
  if (json_object_get_size (self->object) >= MANY_MEMBERS &&
      json_object_has_member (self->object, name))
    builder_put_by (self, name, node);
  else
    json_object_set_member (self->object, name, node);

  builder_skip_space (self);
  self->p++;

  return node;
}

static inline JsonNode *
builder_add_element (Builder *self)
{
  JsonNode *node = json_node_alloc ();

  json_node_set_parent (node, self->parent);
  json_array_add_element (self->array, node);

  return node;
}

JsonNode *
cproc_json_parse (const char *text,
                  gsize       length)
{
  Builder builder;
  JsonNode *root = json_node_alloc ();
  JsonNode *node = root;

  builder.p = text;
  builder.end = text + length;
  builder.parent = NULL;
  builder.later = NULL;
  builder.scratch = builder.scratch_small;
  builder.scratch_size = sizeof builder.scratch_small;

  for (;;)
    {
      builder_skip_space (&builder);
      builder_read_value (&builder, node);
      builder_skip_space (&builder);

      while (builder.parent != NULL && (*builder.p == '}' || *builder.p == ']'))
        {
          builder_leave (&builder);
          builder_skip_space (&builder);
        }

      if (builder.parent == NULL)
        break;

      if (*builder.p == ',')
        builder.p++;

      builder_skip_space (&builder);
      node = builder.object != NULL ? builder_add_member (&builder)
                                    : builder_add_element (&builder);
    }

  if (builder.scratch != builder.scratch_small)
    g_free (builder.scratch);

  return root;
}
