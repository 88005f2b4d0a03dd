/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-json-scan-private.h"
#include "cproc-json-walk-private.h"

static const char *
skip_string (const char *p,
             const char *end)
{
  gboolean has_escapes;

  return cproc_json_string_end (p + 1, end, &has_escapes) + 1;
}

/* Marks in a word the bytes that may be quotes or brackets. Brackets and braces differ in one bit.
 * Borrows run upwards, so only the lowest mark is reliable. */
static inline guint64
mark_structure (guint64 word)
{
  guint64 folded = word | CPROC_UTF8_EACH ('{' ^ '[');
  guint64 quote = word ^ CPROC_UTF8_EACH ('"');
  guint64 open = folded ^ CPROC_UTF8_EACH ('{');
  guint64 close = folded ^ CPROC_UTF8_EACH ('}');

  quote = (quote - CPROC_UTF8_EACH (1)) & ~quote;
  open = (open - CPROC_UTF8_EACH (1)) & ~open;
  close = (close - CPROC_UTF8_EACH (1)) & ~close;

  return (quote | open | close) & CPROC_UTF8_EACH (0x80);
}

const char *
cproc_json_skip_brackets (const char *p,
                          const char *end,
                          guint       depth)
{
  while (depth > 0)
    {
      g_assert (p < end);

      if (end - p >= 8)
        {
          guint64 marks = mark_structure (cproc_utf8_load_word (p));

          if (marks == 0)
            {
              p += 8;
              continue;
            }
          p += __builtin_ctzll (marks) / 8;
        }

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

  return p;
}

const char *
cproc_json_skip_value (const char *p,
                       const char *end)
{
  if (*p == '"')
    return skip_string (p, end);

  if (*p == '{' || *p == '[')
    return cproc_json_skip_brackets (p + 1, end, 1);

  while (p < end && (guchar) *p > ' ' && *p != ',' && *p != ']' && *p != '}')
    p++;

  return p;
}

gboolean
cproc_json_walk_init (CprocJsonWalk *self,
                      const char    *p,
                      const char    *end)
{
  if (p == end || (*p != '{' && *p != '['))
    return FALSE;

  self->p = p + 1;
  self->end = end;
  self->is_object = *p == '{';
  self->name = (CprocJsonSpan) { NULL, 0 };
  self->name_has_escapes = FALSE;

  return TRUE;
}

const char *
cproc_json_walk_next (CprocJsonWalk *self)
{
  const char *p = cproc_json_skip_space (self->p, self->end);

  if (*p == ',')
    p = cproc_json_skip_space (p + 1, self->end);

  if (*p == '}' || *p == ']')
    {
      self->p = p + 1;
      return NULL;
    }

  if (self->is_object)
    {
      const char *name_end = cproc_json_string_end (p + 1, self->end, &self->name_has_escapes);

      self->name = (CprocJsonSpan) { p + 1, name_end - (p + 1) };
      p = cproc_json_skip_space (name_end + 1, self->end);
      p = cproc_json_skip_space (p + 1, self->end);
    }

  self->p = p;

  return p;
}

gboolean
cproc_json_walk_name_is (const CprocJsonWalk *self,
                         const char          *name,
                         gsize                length)
{
  g_autofree char *decoded = NULL;

  if (!self->name_has_escapes)
    return self->name.length == length && memcmp (self->name.data, name, length) == 0;

  /* An escape is longer than the character that it stands for. */
  if (self->name.length < length)
    return FALSE;

  decoded = g_malloc (self->name.length + 1);
  cproc_json_walk_copy_name (self, decoded);

  return strlen (decoded) == length && memcmp (decoded, name, length) == 0;
}

void
cproc_json_walk_copy_name (const CprocJsonWalk *self,
                           char                *out)
{
  gsize length = self->name.length;

  if (self->name_has_escapes)
    length = cproc_json_decode (out, self->name.data, length);
  else
    memcpy (out, self->name.data, length);

  out[length] = '\0';
}
