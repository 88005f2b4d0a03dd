/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-json-scan-private.h"
#include "cproc-json-value-private.h"
#include "cproc-json-view-private.h"
#include "cproc-json-walk-private.h"

/* Makes a GVariant in one pass over the text. The text is not deeper than CPROC_JSON_MAX_DEPTH, and
 * neither is the recursion: a type that is deeper than the value fails first. */

typedef struct
{
  const char *p; /* after the value that was read or has failed */
  const char *end;
  guint depth; /* of the brackets that are open at p */

  const char *failed_at; /* the value that does not fit, or NULL */
  const GVariantType *failed_type;
} Reader;

static GVariant *read_value (Reader             *self,
                             const GVariantType *type);

/* Records that the value at that place is not of that type. */
static GVariant *
reader_fail (Reader             *self,
             const char         *at,
             const GVariantType *type)
{
  self->failed_at = at;
  self->failed_type = type;

  return NULL;
}

static GVariant *
reader_fail_and_skip (Reader             *self,
                      const GVariantType *type)
{
  const char *start = self->p;

  self->p = cproc_json_skip_value (start, self->end);

  return reader_fail (self, start, type);
}

static GVariant *
new_integer (char    type,
             gint64  value)
{
  switch (type)
    {
    case 'y':
      return value >= 0 && value <= G_MAXUINT8 ? g_variant_new_byte ((guint8) value) : NULL;
    case 'n':
      return value >= G_MININT16 && value <= G_MAXINT16 ? g_variant_new_int16 ((gint16) value)
                                                        : NULL;
    case 'q':
      return value >= 0 && value <= G_MAXUINT16 ? g_variant_new_uint16 ((guint16) value) : NULL;
    case 'i':
      return value >= G_MININT32 && value <= G_MAXINT32 ? g_variant_new_int32 ((gint32) value)
                                                        : NULL;
    case 'h':
      return value >= G_MININT32 && value <= G_MAXINT32 ? g_variant_new_handle ((gint32) value)
                                                        : NULL;
    case 'u':
      return value >= 0 && value <= G_MAXUINT32 ? g_variant_new_uint32 ((guint32) value) : NULL;
    case 'x':
      return g_variant_new_int64 (value);
    default:
      return NULL;
    }
}

/* Returns NULL if the number does not fit. */
static GVariant *
new_number (char                 type,
            const CprocJsonSpan *span)
{
  guint64 whole;
  gint64 integer;
  double real;

  if (type == 'd')
    return cproc_json_span_to_double (span, &real) ? g_variant_new_double (real) : NULL;

  if (type == 't')
    return cproc_json_span_to_uint64 (span, &whole) ? g_variant_new_uint64 (whole) : NULL;

  return cproc_json_span_to_int64 (span, &integer) ? new_integer (type, integer) : NULL;
}

/* string: (transfer full). Returns NULL if it is not valid for the type. */
static GVariant *
new_string (char  type,
            char *string)
{
  GVariant *value = NULL;

  if (type == 's')
    return g_variant_new_take_string (string);

  if (type == 'o' && g_variant_is_object_path (string))
    value = g_variant_new_object_path (string);
  else if (type == 'g' && g_variant_is_signature (string))
    value = g_variant_new_signature (string);
  g_free (string);

  return value;
}

static GVariant *
new_scalar (char                 type,
            const CprocJsonSpan *span)
{
  gboolean truth;

  if (type == 'b')
    return cproc_json_span_to_boolean (span, &truth) ? g_variant_new_boolean (truth) : NULL;

  if (type == 's' || type == 'o' || type == 'g')
    {
      char *string = cproc_json_span_has_nul (span) ? NULL : cproc_json_span_to_string (span);

      return string != NULL ? new_string (type, string) : NULL;
    }

  return new_number (type, span);
}

/* Makes the same distinction as a JsonNode: an integer that fits into 64 bits, or a double. */
static GVariant *
new_untyped_number (const CprocJsonSpan *span)
{
  gint64 integer;
  gboolean is_real = memchr (span->data, '.', span->length) != NULL ||
                     memchr (span->data, 'e', span->length) != NULL ||
                     memchr (span->data, 'E', span->length) != NULL ||
                     (span->length == 2 && memcmp (span->data, "-0", 2) == 0);

  if (!is_real && cproc_json_span_to_int64 (span, &integer))
    return g_variant_new_int64 (integer);

  return new_number ('d', span);
}

static GVariant *
read_scalar (Reader             *self,
             const GVariantType *type)
{
  const char *start = self->p;
  CprocJsonSpan span = { start, cproc_json_skip_value (start, self->end) - start };
  GVariant *value;

  self->p = span.data + span.length;

  if (type != NULL)
    value = new_scalar (g_variant_type_peek_string (type)[0], &span);
  else if (*start == 'n')
    value = g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL);
  else if (*start == '"')
    value = new_scalar ('s', &span);
  else if (*start == 't' || *start == 'f')
    value = new_scalar ('b', &span);
  else
    value = new_untyped_number (&span);

  return value != NULL ? value : reader_fail (self, start, type);
}

static GVariant *
read_variant (Reader *self)
{
  GVariant *value = read_value (self, NULL);

  return value != NULL ? g_variant_new_variant (value) : NULL;
}

/* element: NULL for variants of any type. */
static GVariant *
read_element (Reader             *self,
              const GVariantType *element)
{
  return element != NULL ? read_value (self, element) : read_variant (self);
}

static void
drop (gpointer value)
{
  if (value != NULL)
    g_variant_unref (g_variant_ref_sink (value));
}

static GVariant *
read_array (Reader             *self,
            const GVariantType *element)
{
  const GVariantType *used = element != NULL ? element : G_VARIANT_TYPE_VARIANT;
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func (drop);
  CprocJsonWalk walk;
  const char *place;
  GVariant *array;

  cproc_json_walk_init (&walk, self->p, self->end);
  self->depth++;

  while ((place = cproc_json_walk_next (&walk)) != NULL)
    {
      GVariant *item;

      self->p = place;
      item = read_element (self, element);
      if (item == NULL)
        return NULL;
      g_ptr_array_add (items, item);
      cproc_json_walk_leave (&walk, self->p);
    }

  self->p = walk.p;
  self->depth--;
  array = g_variant_new_array (used, (GVariant **) items->pdata, items->len);
  g_ptr_array_set_free_func (items, NULL);

  return array;
}

static GVariant *
read_tuple (Reader             *self,
            const GVariantType *type)
{
  const char *start = self->p;
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func (drop);
  const GVariantType *item_type = g_variant_type_first (type);
  CprocJsonWalk walk;
  const char *place;
  GVariant *tuple;

  cproc_json_walk_init (&walk, self->p, self->end);
  self->depth++;

  while ((place = cproc_json_walk_next (&walk)) != NULL && item_type != NULL)
    {
      GVariant *item;

      self->p = place;
      item = read_value (self, item_type);
      if (item == NULL)
        return NULL;
      g_ptr_array_add (items, item);
      cproc_json_walk_leave (&walk, self->p);
      item_type = g_variant_type_next (item_type);
    }

  self->p = walk.p;
  if (place == NULL)
    self->depth--;
  if (place != NULL || item_type != NULL)
    return reader_fail (self, start, type);

  tuple = g_variant_new_tuple ((GVariant **) items->pdata, items->len);
  g_ptr_array_set_free_func (items, NULL);

  return tuple;
}

/* Makes the key of a dictionary from a name: a string, or a scalar parsed from it. */
static GVariant *
new_key (const CprocJsonWalk *walk,
         char                 type)
{
  char *name;
  CprocJsonSpan span;
  GVariant *key = NULL;

  if (cproc_json_span_has_nul (&walk->name))
    return NULL;

  name = g_malloc (walk->name.length + 1);
  cproc_json_walk_copy_name (walk, name);
  if (type == 's' || type == 'o' || type == 'g')
    return new_string (type, name);

  span = (CprocJsonSpan) { name, strlen (name) };
  if (strcmp (name, "true") == 0 || strcmp (name, "false") == 0 ||
      (span.length > 0 && cproc_json_check (name, span.length, NULL) &&
       (name[0] == '-' || g_ascii_isdigit (name[0])) &&
       !g_ascii_isspace (name[span.length - 1])))
    key = new_scalar (type, &span);
  g_free (name);

  return key;
}

typedef struct
{
  GVariant *key;   /* NULL if the name does not fit */
  GVariant *value; /* NULL if it does not fit */
  const char *failed_at;
  const GVariantType *failed_type;
} Member;

/* The members of an object. Of members with the same name the last counts, in the place of the
 * first. */
typedef struct
{
  GArray *all;
  GHashTable *places;
} Members;

static void
member_clear (gpointer data)
{
  Member *self = data;

  drop (self->key);
  drop (self->value);
}

static void
members_init (Members *self)
{
  self->all = g_array_new (FALSE, FALSE, sizeof (Member));
  self->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_array_set_clear_func (self->all, member_clear);
}

static void
members_clear (Members *self)
{
  g_array_unref (self->all);
  g_hash_table_unref (self->places);
}

/* Returns the member that walk is at, without its value. */
static Member *
members_get (Members             *self,
             const CprocJsonWalk *walk,
             char                 key_type)
{
  char *name = g_malloc (walk->name.length + 1);
  gpointer place;
  Member *member;

  cproc_json_walk_copy_name (walk, name);
  if (g_hash_table_lookup_extended (self->places, name, NULL, &place))
    {
      g_free (name);
      member = &g_array_index (self->all, Member, GPOINTER_TO_UINT (place));
    }
  else
    {
      g_hash_table_insert (self->places, name, GUINT_TO_POINTER (self->all->len));
      g_array_set_size (self->all, self->all->len + 1);
      member = &g_array_index (self->all, Member, self->all->len - 1);
      *member = (Member) { .key = new_key (walk, key_type) };
    }

  drop (g_steal_pointer (&member->value));

  return member;
}

/* Reads one member. A value that does not fit is not an error yet: another member of the same name
 * may follow. */
static void
read_member (Reader              *self,
             Members             *members,
             CprocJsonWalk       *walk,
             const char          *place,
             const GVariantType  *key_type,
             const GVariantType  *value_type)
{
  guint depth = self->depth;
  Member *member = members_get (members, walk, g_variant_type_peek_string (key_type)[0]);

  self->p = place;
  if (member->key != NULL)
    member->value = read_element (self, value_type);
  else
    reader_fail_and_skip (self, key_type);

  if (member->value == NULL)
    {
      member->failed_at = self->failed_at;
      member->failed_type = self->failed_type;
      self->p = cproc_json_skip_brackets (self->p, self->end, self->depth - depth);
      self->depth = depth;
    }

  cproc_json_walk_leave (walk, self->p);
}

/* Returns the first member that does not fit, or NULL. */
static const Member *
members_find_failed (const Members *self)
{
  for (guint i = 0; i < self->all->len; i++)
    {
      const Member *member = &g_array_index (self->all, Member, i);

      if (member->value == NULL)
        return member;
    }

  return NULL;
}

static GVariant *
members_end (Members            *self,
             const GVariantType *entry)
{
  g_autoptr(GVariantType) type = g_variant_type_new_array (entry);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, type);
  for (guint i = 0; i < self->all->len; i++)
    {
      Member *member = &g_array_index (self->all, Member, i);

      g_variant_builder_add_value (&builder,
                                   g_variant_new_dict_entry (g_steal_pointer (&member->key),
                                                             g_steal_pointer (&member->value)));
    }

  return g_variant_builder_end (&builder);
}

/* value_type: NULL for variants of any type. */
static GVariant *
read_dictionary (Reader             *self,
                 const GVariantType *entry,
                 const GVariantType *value_type)
{
  const GVariantType *key_type = g_variant_type_key (entry);
  GVariant *dictionary = NULL;
  const Member *failed;
  CprocJsonWalk walk;
  const char *place;
  Members members;

  cproc_json_walk_init (&walk, self->p, self->end);
  members_init (&members);
  self->depth++;

  while ((place = cproc_json_walk_next (&walk)) != NULL)
    read_member (self, &members, &walk, place, key_type, value_type);

  self->depth--;
  self->p = walk.p;
  failed = members_find_failed (&members);
  if (failed == NULL)
    dictionary = members_end (&members, entry);
  else
    reader_fail (self, failed->failed_at, failed->failed_type);
  members_clear (&members);

  return dictionary;
}

/* Reads an object of one member as a dictionary entry. */
static GVariant *
read_entry (Reader             *self,
            const GVariantType *type)
{
  const char *start = self->p;
  GVariant *read = read_dictionary (self, type, g_variant_type_value (type));
  g_autoptr(GVariant) dictionary = NULL;
  g_autoptr(GVariant) entry = NULL;
  g_autoptr(GVariant) key = NULL;
  g_autoptr(GVariant) value = NULL;

  if (read == NULL)
    return NULL;

  dictionary = g_variant_ref_sink (read);
  if (g_variant_n_children (dictionary) != 1)
    return reader_fail (self, start, type);

  entry = g_variant_get_child_value (dictionary, 0);
  key = g_variant_get_child_value (entry, 0);
  value = g_variant_get_child_value (entry, 1);

  return g_variant_new_dict_entry (key, value);
}

static GVariant *
read_maybe (Reader             *self,
            const GVariantType *type)
{
  const GVariantType *element = g_variant_type_element (type);
  GVariant *value;

  if (*self->p == 'n')
    {
      self->p += strlen ("null");
      return g_variant_new_maybe (element, NULL);
    }

  value = read_value (self, element);

  return value != NULL ? g_variant_new_maybe (element, value) : NULL;
}

static GVariant *
read_untyped (Reader *self)
{
  if (*self->p == '{')
    return read_dictionary (self, G_VARIANT_TYPE ("{sv}"), NULL);
  if (*self->p == '[')
    return read_array (self, NULL);

  return read_scalar (self, NULL);
}

/* Reads the value at p and steps over it. NULL: the value, or something in it, does not fit; then p
 * is after the failed part, and depth is the number of brackets open there. */
static GVariant *
read_value (Reader             *self,
            const GVariantType *type)
{
  if (type == NULL)
    return read_untyped (self);

  if (g_variant_type_is_variant (type))
    return read_variant (self);
  if (g_variant_type_is_maybe (type))
    return read_maybe (self, type);

  if (g_variant_type_is_basic (type))
    return *self->p != '{' && *self->p != '[' ? read_scalar (self, type)
                                              : reader_fail_and_skip (self, type);

  if (*self->p == '{' && g_variant_type_is_dict_entry (type))
    return read_entry (self, type);

  if (*self->p == '{' && g_variant_type_is_array (type) &&
      g_variant_type_is_dict_entry (g_variant_type_element (type)))
    {
      const GVariantType *entry = g_variant_type_element (type);

      return read_dictionary (self, entry, g_variant_type_value (entry));
    }

  if (*self->p == '[' && g_variant_type_is_array (type))
    return read_array (self, g_variant_type_element (type));

  if (*self->p == '[' && g_variant_type_is_tuple (type))
    return read_tuple (self, type);

  return reader_fail_and_skip (self, type);
}

GVariant *
cproc_json_view_dup_variant (const CprocJsonView  *self,
                             const char           *pointer,
                             const GVariantType   *type,
                             GError              **error)
{
  g_autofree char *place = NULL;
  g_autofree char *shown = NULL;
  CprocJsonSpan span;
  Reader reader;
  GVariant *value;

  if (!cproc_json_view_lookup (self, pointer, &span, error))
    return NULL;

  reader = (Reader) { .p = span.data, .end = self->end };
  value = read_value (&reader, type);
  if (value != NULL)
    return value;

  place = cproc_json_view_dup_pointer (self, reader.failed_at);
  if (reader.failed_type == NULL)
    {
      /* Every other kind of value has its own type. */
      g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                   _("The string at “%s” has a U+0000 in it"), place);
      return NULL;
    }

  shown = g_variant_type_dup_string (reader.failed_type);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("The value at “%s” does not fit the type “%s”"), place, shown);

  return NULL;
}
