/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tool.h"

#define ESCAPE 0x1b
#define BELL 0x07
#define CSI 0x9b /* what a terminal of 8 bits takes for ESC [ */

/* Skips what is between first and last, and one character behind it. */
static const char *
skip_range (const char *text,
            gunichar    first,
            gunichar    last)
{
  while (*text != '\0' && g_utf8_get_char (text) >= first && g_utf8_get_char (text) <= last)
    text = g_utf8_next_char (text);

  return *text != '\0' ? g_utf8_next_char (text) : text;
}

/* Skips to the end of a string of the terminal's: a title, a link, a clipboard. */
static const char *
skip_string (const char *text)
{
  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      if (g_utf8_get_char (text) == BELL || g_utf8_get_char (text) == 0x9c)
        return g_utf8_next_char (text);
      if (text[0] == ESCAPE && text[1] == '\\')
        return text + 2;
    }

  return text;
}

/* Returns where the text goes on after a control character and what belongs to it. */
static const char *
skip_control (const char *text)
{
  gunichar c = g_utf8_get_char (text);

  text = g_utf8_next_char (text);
  if (c == CSI)
    return skip_range (text, 0x20, 0x3f);
  if (c == 0x90 || c == 0x98 || (c >= 0x9d && c <= 0x9f))
    return skip_string (text);
  if (c != ESCAPE || *text == '\0')
    return text;
  if (*text == '[')
    return skip_range (text + 1, 0x20, 0x3f);
  if (*text == ']' || *text == 'P' || *text == 'X' || *text == '^' || *text == '_')
    return skip_string (text + 1);

  return skip_range (text, 0x20, 0x2f);
}

char *
tool_strip_escapes (const char *line)
{
  GString *text = g_string_sized_new (strlen (line));

  while (*line != '\0')
    {
      gunichar c = g_utf8_get_char (line);

      if (c != '\t' && g_unichar_iscntrl (c))
        {
          line = skip_control (line);
          continue;
        }

      g_string_append_unichar (text, c);
      line = g_utf8_next_char (line);
    }

  return g_string_free (text, FALSE);
}
