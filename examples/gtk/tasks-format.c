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

static gboolean
is_number (char c)
{
  return g_ascii_isdigit (c) || c == '.';
}

static gboolean
parse_percent (const char *line,
               double     *fraction)
{
  const char *sign = strrchr (line, '%');
  const char *begin;
  double percent;

  if (sign == NULL)
    return FALSE;

  begin = sign;
  while (begin > line && begin[-1] == ' ')
    begin--;
  while (begin > line && is_number (begin[-1]))
    begin--;
  if (!g_ascii_isdigit (*begin))
    return FALSE;

  percent = g_ascii_strtod (begin, NULL);
  *fraction = percent / 100;

  return percent <= 100;
}

static gboolean
parse_steps (const char *line,
             double     *fraction)
{
  char *end;
  guint64 step;
  guint64 steps;

  if (*line != '[' || !g_ascii_isdigit (line[1]))
    return FALSE;

  step = g_ascii_strtoull (line + 1, &end, 10);
  if (*end != '/' || !g_ascii_isdigit (end[1]))
    return FALSE;

  steps = g_ascii_strtoull (end + 1, &end, 10);
  if (*end != ']' || steps == 0 || step > steps)
    return FALSE;

  *fraction = (double) step / steps;

  return TRUE;
}

gboolean
tasks_format_progress (const char *line,
                       double     *fraction)
{
  return parse_steps (line, fraction) || parse_percent (line, fraction);
}
