/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

/* Looks into a text that has passed the check, without a tree: every place is known to hold what
 * the grammar says. */

static const char *
skip_string (const char *p,
             const char *end)
{
  gboolean has_escapes;

  return cproc_json_string_end (p + 1, end, &has_escapes) + 1;
}

static const char *
skip_nested (const char *p,
             const char *end)
{
  guint depth = 0;

  do
    {
      if (*p == '"')
        {
          p = skip_string (p, end);
          continue;
        }

      if (*p == '{' || *p == '[')
        depth++;
      else if (*p == '}' || *p == ']')
        depth--;
      p++;
    }
  while (depth > 0);

  return p;
}

static const char *
skip_value (const char *p,
            const char *end)
{
  if (*p == '"')
    return skip_string (p, end);

  if (*p == '{' || *p == '[')
    return skip_nested (p, end);

  while (p < end && (guchar) *p > ' ' && *p != ',' && *p != ']' && *p != '}')
    p++;

  return p;
}

static gboolean
name_equals (const char *raw,
             gsize       length,
             gboolean    has_escapes,
             const char *name)
{
  g_autofree char *decoded = NULL;

  if (!has_escapes)
    return strncmp (raw, name, length) == 0 && name[length] == '\0';

  decoded = g_malloc (length + 1);
  decoded[cproc_json_decode (decoded, raw, length)] = '\0';

  return strcmp (decoded, name) == 0;
}

gboolean
cproc_json_find_member (const char    *text,
                        gsize          length,
                        const char    *name,
                        CprocJsonSpan *value)
{
  const char *end = text + length;
  const char *p = cproc_json_skip_space (text, end);
  gboolean found = FALSE;

  if (p == end || *p != '{')
    return FALSE;

  p = cproc_json_skip_space (p + 1, end);
  while (*p != '}')
    {
      const char *name_start = p + 1;
      gboolean has_escapes;
      const char *name_end = cproc_json_string_end (name_start, end, &has_escapes);
      const char *value_start = cproc_json_skip_space (name_end + 1, end) + 1;

      value_start = cproc_json_skip_space (value_start, end);
      p = skip_value (value_start, end);
      if (name_equals (name_start, name_end - name_start, has_escapes, name))
        {
          value->data = value_start;
          value->length = p - value_start;
          found = TRUE;
        }

      p = cproc_json_skip_space (p, end);
      if (*p == ',')
        p = cproc_json_skip_space (p + 1, end);
    }

  return found;
}
