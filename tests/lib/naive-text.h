/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <string.h>

#include <glib.h>

/* Decoding and cutting as one would write them first: slow, and over a whole text at once. What
 * the library does in pieces and in place must come to the same. */

#define NAIVE_REPLACEMENT "\xef\xbf\xbd"

/* Whether some character of UTF-8 begins with these bytes, and is longer. */
static inline gboolean
naive_is_beginning (const char *data,
                    gsize       length)
{
  const char *seconds[] = { "\x80\x80\x80", "\x90\x80\x80", "\xa0\x80\x80" };

  for (gsize whole = length + 1; whole <= 4; whole++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
        {
          char character[4];

          memcpy (character, data, length);
          memcpy (character + length, seconds[i], whole - length);
          if (g_utf8_validate (character, whole, NULL) && g_utf8_strlen (character, whole) == 1)
            return TRUE;
        }
    }

  return FALSE;
}

/* The character at data, or 0 where there is none. */
static inline gsize
naive_character_size (const char *data,
                      gsize       length)
{
  for (gsize size = 1; size <= MIN (length, 4); size++)
    {
      if (g_utf8_validate_len (data, size, NULL))
        return size;
    }

  return 0;
}

static inline GString *
naive_decode_utf8 (const char *data,
                   gsize       length)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < length;)
    {
      gsize size = naive_character_size (data + i, length - i);

      if (size > 0)
        {
          g_string_append_len (text, data + i, size);
        }
      else
        {
          for (gsize n = size = 1; n <= MIN (length - i, 3); n++)
            {
              if (naive_is_beginning (data + i, n))
                size = n;
            }
          g_string_append (text, NAIVE_REPLACEMENT);
        }

      i += size;
    }

  return text;
}

/* Adds a line, or the pieces of one that is too long. */
static inline void
naive_add_line (GPtrArray  *lines,
                const char *line,
                gsize       length,
                gsize       max_length)
{
  while (max_length > 0 && length > max_length)
    {
      gsize size = 0;

      while (size < length)
        {
          gsize next = g_utf8_next_char (line + size) - line;

          if (next > max_length && size > 0)
            break;
          size = next;
        }

      g_ptr_array_add (lines, g_strndup (line, size));
      line += size;
      length -= size;
      if (length == 0)
        return;
    }

  g_ptr_array_add (lines, g_strndup (line, length));
}

/* text: valid UTF-8 without NUL. */
static inline GPtrArray *
naive_cut (const GString *text,
           gsize          max_length)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  const char *line = text->str;
  const char *newline;

  while ((newline = strchr (line, '\n')) != NULL)
    {
      gsize length = newline - line;

      if (length > 0 && newline[-1] == '\r')
        length--;
      naive_add_line (lines, line, length, max_length);
      line = newline + 1;
    }

  if (*line != '\0')
    naive_add_line (lines, line, strlen (line), max_length);

  return lines;
}
