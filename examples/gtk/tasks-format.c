/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-format.h"

#include <string.h>

/* What follows an escape character: of a control sequence up to its letter, of a title up to its
 * bell, else one character. */
static const char *
skip_escape (const char *p)
{
  if (*p == '[')
    {
      p++;
      while (*p >= 0x20 && *p < 0x40)
        p++;
    }
  else if (*p == ']')
    {
      while (*p != '\0' && *p != '\a' && *p != '\033')
        p++;
      return *p == '\a' ? p + 1 : p;
    }

  /* Half a character would not be valid text. */
  return *p > 0 ? p + 1 : p;
}

char *
tasks_format_clean (char        prefix,
                    const char *line)
{
  gsize length = strlen (line);
  char *clean = g_malloc (length + 2);
  char *end = clean;

  *end++ = prefix;
  for (const char *p = line; *p != '\0';)
    {
      guchar c = *p++;

      if (c == '\r' && *p != '\0')
        end = clean + 1;
      else if (c == '\033')
        p = skip_escape (p);
      else if (c >= ' ' || c == '\t')
        *end++ = c;
    }
  *end = '\0';

  return clean;
}

char *
tasks_format_duration (gint64 usec)
{
  gint64 seconds = MAX (usec, 0) / G_USEC_PER_SEC;
  int hours = seconds / 3600;
  int minutes = seconds / 60 % 60;

  if (hours > 0)
    return g_strdup_printf ("%d:%02d:%02d", hours, minutes, (int) (seconds % 60));

  return g_strdup_printf ("%d:%02d", minutes, (int) (seconds % 60));
}
