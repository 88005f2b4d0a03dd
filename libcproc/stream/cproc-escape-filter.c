/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-escape-filter-private.h"

/* The states of the parser of ECMA-48, section 5.3 and 5.6, as far as it matters where a sequence
 * ends. */
enum
{
  STATE_TEXT,
  STATE_ESCAPE,       /* after ESC: intermediate bytes, then one final byte */
  STATE_CONTROL,      /* CSI: parameters, intermediates, a final byte from @ to ~ */
  STATE_STRING,       /* OSC, DCS, SOS, PM, APC: up to ST, and for xterm up to BEL */
  STATE_STRING_ESCAPE /* ESC inside of a string: the start of ST */
};

enum
{
  BELL = 0x07,
  CANCEL = 0x18,
  SUBSTITUTE = 0x1a,
  ESCAPE = 0x1b,
};

static gboolean
is_string_opener (gunichar c)
{
  return c == 'P' || c == 'X' || c == ']' || c == '^' || c == '_';
}

/* The C1 controls are the bytes 0x40 to 0x5f after ESC as one character. */
static int
state_after_escape (gunichar c)
{
  if (c == '[')
    return STATE_CONTROL;
  if (is_string_opener (c))
    return STATE_STRING;

  return c >= 0x20 && c <= 0x2f ? STATE_ESCAPE : STATE_TEXT;
}

/* The state after a character inside of a sequence. */
static int
next_state (int      state,
            gunichar c)
{
  if (c == CANCEL || c == SUBSTITUTE)
    return STATE_TEXT;

  switch (state)
    {
    case STATE_ESCAPE:
      return c == ESCAPE ? STATE_ESCAPE : state_after_escape (c);
    case STATE_CONTROL:
      if (c == ESCAPE)
        return STATE_ESCAPE;
      return c >= 0x40 && c <= 0x7e ? STATE_TEXT : STATE_CONTROL;
    case STATE_STRING:
      if (c == ESCAPE)
        return STATE_STRING_ESCAPE;
      return c == BELL || c == 0x9c ? STATE_TEXT : STATE_STRING;
    case STATE_STRING_ESCAPE:
      /* Anything but "\\" ends the string as well, and begins a sequence of its own. */
      return c == '\\' ? STATE_TEXT : next_state (STATE_ESCAPE, c);
    default:
      g_assert_not_reached ();
    }
}

/* Whether the character begins a sequence. */
static gboolean
begins_sequence (gunichar  c,
                 guint8   *state)
{
  if (c == ESCAPE)
    *state = STATE_ESCAPE;
  else if (c >= 0x80 && c <= 0x9f
           && (c == 0x9b || is_string_opener (c - 0x40)))
    *state = c == 0x9b ? STATE_CONTROL : STATE_STRING;
  else
    return FALSE;

  return TRUE;
}

static void
release_returns (CprocEscapeFilter *self,
                 GString           *out)
{
  for (; self->n_returns > 0; self->n_returns--)
    g_string_append_c (out, '\r');
}

static void
append_text (CprocEscapeFilter *self,
             const char        *start,
             const char        *end,
             GString           *out)
{
  if (*start == '\n')
    self->n_returns = 0;
  else if (*start == '\r' && self->n_returns < G_MAXUINT16)
    {
      self->n_returns++;
      return;
    }

  release_returns (self, out);
  g_string_append_len (out, start, end - start);
}

void
cproc_escape_filter_apply (CprocEscapeFilter *self,
                           const char        *text,
                           gsize              length,
                           gboolean           strip_escapes,
                           GString           *out)
{
  const char *end = text + length;

  while (text < end)
    {
      const char *next = g_utf8_next_char (text);
      gunichar c = g_utf8_get_char (text);

      if (self->state != STATE_TEXT)
        self->state = next_state (self->state, c);
      else if (!strip_escapes || !begins_sequence (c, &self->state))
        append_text (self, text, next, out);
      text = next;
    }
}

void
cproc_escape_filter_flush (CprocEscapeFilter *self,
                           GString           *out)
{
  release_returns (self, out);
  self->state = STATE_TEXT;
}
