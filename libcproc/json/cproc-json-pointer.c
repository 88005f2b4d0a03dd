/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include "cproc-json-scan-private.h"
#include "cproc-json-view-private.h"
#include "cproc-json-walk-private.h"

/* Returns whether the pointer is valid: empty, or each token begins with a slash, and each tilde
 * stands before 0 or 1. */
static gboolean
is_pointer (const char *pointer)
{
  if (*pointer != '\0' && *pointer != '/')
    return FALSE;

  while ((pointer = strchr (pointer, '~')) != NULL)
    {
      pointer++;
      if (*pointer != '0' && *pointer != '1')
        return FALSE;
    }

  return TRUE;
}

/* Reads the token after the slash at *pointer, and steps over it. Returns its length. out has room
 * for as many bytes as the pointer. */
static gsize
read_token (const char **pointer,
            char        *out)
{
  const char *p = *pointer + 1;
  char *start = out;

  for (; *p != '\0' && *p != '/'; p++)
    {
      if (*p == '~')
        *out++ = *++p == '1' ? '/' : '~';
      else
        *out++ = *p;
    }

  *pointer = p;

  return out - start;
}

/* Reads the index of an element. FALSE if the token is not one: not a number, a leading zero, too
 * large. */
static gboolean
read_index (const char *token,
            gsize       length,
            guint64    *index)
{
  if (length == 0 || length > 19 || (token[0] == '0' && length > 1))
    return FALSE;

  *index = 0;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (token[i]))
        return FALSE;
      *index = *index * 10 + (token[i] - '0');
    }

  return TRUE;
}

/* Returns the value in the object or array at place that the token names, or NULL. */
static const char *
find_child (const char *place,
            const char *end,
            const char *token,
            gsize       length)
{
  const char *found = NULL;
  const char *child;
  CprocJsonWalk walk;
  guint64 index = 0;

  if (!cproc_json_walk_init (&walk, place, end) ||
      (!walk.is_object && !read_index (token, length, &index)))
    return NULL;

  while ((child = cproc_json_walk_next (&walk)) != NULL)
    {
      if (walk.is_object && cproc_json_walk_name_is (&walk, token, length))
        found = child;
      if (!walk.is_object && index-- == 0)
        return child;

      cproc_json_walk_leave (&walk, cproc_json_skip_value (child, end));
    }

  return found;
}

static gboolean
fail_not_found (const CprocJsonView  *self,
                const char           *pointer,
                GError              **error)
{
  g_autofree char *base = NULL;

  if (error == NULL)
    return FALSE;

  base = cproc_json_view_dup_pointer (self, self->base);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _("The message has nothing at “%s%s”"), base, pointer);

  return FALSE;
}

gboolean
cproc_json_view_lookup (const CprocJsonView  *self,
                        const char           *pointer,
                        CprocJsonSpan        *value,
                        GError              **error)
{
  const char *rest = pointer;
  const char *place = self->base;
  char small[128];
  g_autofree char *large = NULL;
  char *token = small;

  if (!is_pointer (pointer))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("“%s” is not a JSON Pointer: it must be empty or begin with “/”, and “~” must "
                     "be followed by 0 or 1"), pointer);
      return FALSE;
    }

  if (strlen (pointer) > sizeof small)
    token = large = g_malloc (strlen (pointer));

  while (*rest != '\0' && place != NULL)
    {
      gsize length = read_token (&rest, token);

      place = find_child (place, self->end, token, length);
    }

  if (place == NULL)
    return fail_not_found (self, pointer, error);

  *value = (CprocJsonSpan) { place, cproc_json_skip_value (place, self->end) - place };

  return TRUE;
}

gint64
cproc_json_view_get_length (const CprocJsonView *self,
                            const char          *pointer)
{
  g_autoptr(GHashTable) names = NULL;
  CprocJsonSpan value;
  CprocJsonWalk walk;
  const char *child;
  gint64 length = 0;

  if (!cproc_json_view_lookup (self, pointer, &value, NULL) ||
      !cproc_json_walk_init (&walk, value.data, self->end))
    return -1;

  if (walk.is_object)
    names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (; (child = cproc_json_walk_next (&walk)) != NULL; length++)
    {
      if (names != NULL)
        {
          char *name = g_malloc (walk.name.length + 1);

          cproc_json_walk_copy_name (&walk, name);
          g_hash_table_add (names, name);
        }
      cproc_json_walk_leave (&walk, cproc_json_skip_value (child, self->end));
    }

  return names != NULL ? (gint64) g_hash_table_size (names) : length;
}

static void
append_token (GString             *pointer,
              const CprocJsonWalk *walk,
              guint64              index)
{
  g_autofree char *name = NULL;

  if (!walk->is_object)
    {
      g_string_append_printf (pointer, "/%" G_GUINT64_FORMAT, index);
      return;
    }

  name = g_malloc (walk->name.length + 1);
  cproc_json_walk_copy_name (walk, name);
  g_string_append_c (pointer, '/');
  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '~' || *p == '/')
        g_string_append (pointer, *p == '~' ? "~0" : "~1");
      else
        g_string_append_c (pointer, *p);
    }
}

/* Descends through each value that contains the place. */
char *
cproc_json_view_dup_pointer (const CprocJsonView *self,
                             const char          *place)
{
  GString *pointer = g_string_new (NULL);
  const char *value = cproc_json_skip_space (self->text, self->end);
  CprocJsonWalk walk;

  while (value != NULL && value < place && cproc_json_walk_init (&walk, value, self->end))
    {
      const char *behind;

      for (guint64 index = 0; (value = cproc_json_walk_next (&walk)) != NULL; index++)
        {
          behind = cproc_json_skip_value (value, self->end);
          if (place < behind)
            {
              append_token (pointer, &walk, index);
              break;
            }
          cproc_json_walk_leave (&walk, behind);
        }
    }

  return g_string_free (pointer, FALSE);
}
