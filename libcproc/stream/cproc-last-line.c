/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-last-line-private.h"

#include <string.h>

#include "cproc-escape-filter-private.h"
#include "cproc-text-decoder-private.h"

/* Of the end at least so many bytes are kept. */
#define TAIL_SIZE 4096

/* The longest unit of an encoding: the tail begins with a whole one. */
#define UNIT 4

#define MAX_SHOWN 240 /* characters */

void
cproc_last_line_feed (CprocLastLine *self,
                      const char    *data,
                      gsize          length)
{
  gsize total;

  if (self->tail == NULL)
    self->tail = g_byte_array_new ();

  total = self->tail->len + length;
  if (total > 2 * TAIL_SIZE)
    {
      gsize dropped = (total - TAIL_SIZE) / UNIT * UNIT;
      gsize dropped_kept = MIN (dropped, self->tail->len);

      g_byte_array_remove_range (self->tail, 0, dropped_kept);
      data += dropped - dropped_kept;
      length -= dropped - dropped_kept;
    }

  g_byte_array_append (self->tail, (const guint8 *) data, length);
}

void
cproc_last_line_clear (CprocLastLine *self)
{
  g_clear_pointer (&self->tail, g_byte_array_unref);
}

static char *
last_line_without_escapes (const char *text)
{
  CprocEscapeFilter filter = { 0 };
  GString *left = g_string_new (NULL);

  cproc_escape_filter_apply (&filter, text, strlen (text), TRUE, left);
  cproc_escape_filter_flush (&filter, left);

  return g_string_free (left, FALSE);
}

static char *
last_line_show (const char *line)
{
  GString *shown = g_string_new (NULL);
  const char *c;
  glong n = 0;

  for (c = line; *c != '\0' && n < MAX_SHOWN; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (character == '\t')
        character = ' ';
      if (g_unichar_iscntrl (character))
        continue;
      g_string_append_unichar (shown, character);
      n++;
    }
  if (*c != '\0')
    g_string_append (shown, "…");

  return g_string_free (shown, FALSE);
}

char *
cproc_last_line_dup (CprocLastLine *self,
                     const char    *encoding)
{
  g_autofree char *text = NULL;
  g_autofree char *plain = NULL;
  const char *line;
  const char *after_return;

  if (self->tail == NULL)
    return NULL;

  text = cproc_text_decode ((const char *) self->tail->data, self->tail->len, encoding);
  plain = last_line_without_escapes (text);
  g_strchomp (plain);
  if (*plain == '\0')
    return NULL;

  line = strrchr (plain, '\n');
  line = line != NULL ? line + 1 : plain;
  after_return = strrchr (line, '\r');

  return last_line_show (after_return != NULL ? after_return + 1 : line);
}
