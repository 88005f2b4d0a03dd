/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-terminal-line-private.h"

#include <unistd.h>

typedef enum
{
  INPUT_ORDINARY,
  INPUT_IGNORED, /* nothing is kept of it */
  INPUT_END,     /* of the line, or the whole line is gone */
  INPUT_ERASE,
  INPUT_QUOTE,
} Input;

static gboolean
is_key (const struct termios *modes,
        int                   key,
        guchar                byte)
{
  return byte == modes->c_cc[key] && byte != _POSIX_VDISABLE;
}

static gboolean
is_signal (const struct termios *modes,
           guchar                byte)
{
  return (modes->c_lflag & ISIG) != 0 &&
         (is_key (modes, VINTR, byte) || is_key (modes, VQUIT, byte) ||
          is_key (modes, VSUSP, byte));
}

static gboolean
is_flow (const struct termios *modes,
         guchar                byte)
{
  return (modes->c_iflag & IXON) != 0 &&
         (is_key (modes, VSTART, byte) || is_key (modes, VSTOP, byte));
}

/* The keys of line mode; IEXTEN is about those that POSIX does not know. */
static Input
classify_key (const struct termios *modes,
              guchar                byte)
{
  gboolean extended = (modes->c_lflag & IEXTEN) != 0;

  if (is_key (modes, VERASE, byte))
    return INPUT_ERASE;
  if (is_key (modes, VKILL, byte) || is_key (modes, VEOF, byte) || is_key (modes, VEOL, byte) ||
      (extended && is_key (modes, VEOL2, byte)) || byte == '\n')
    return INPUT_END;
  if (extended && is_key (modes, VLNEXT, byte))
    return INPUT_QUOTE;
  if (extended && (is_key (modes, VWERASE, byte) || is_key (modes, VREPRINT, byte)))
    return INPUT_IGNORED;

  return INPUT_ORDINARY;
}

/* A signal's key drops what has been typed, unless NOFLSH. */
static Input
classify (const struct termios *modes,
          guchar                byte)
{
  if (is_flow (modes, byte))
    return INPUT_IGNORED;
  if (is_signal (modes, byte))
    return (modes->c_lflag & NOFLSH) != 0 ? INPUT_IGNORED : INPUT_END;
  if (byte == '\r' && (modes->c_iflag & IGNCR) != 0)
    return INPUT_IGNORED;
  if (byte == '\r' && (modes->c_iflag & ICRNL) != 0)
    byte = '\n';
  else if (byte == '\n' && (modes->c_iflag & INLCR) != 0)
    byte = '\r';

  return classify_key (modes, byte);
}

gboolean
cproc_terminal_line_type (CprocTerminalLine    *self,
                          const struct termios *modes,
                          const char           *data,
                          gsize                 length)
{
  if ((modes->c_lflag & ICANON) == 0)
    {
      *self = (CprocTerminalLine) { 0 };
      return TRUE;
    }

  for (gsize i = 0; i < length; i++)
    {
      Input input = self->is_quoted ? INPUT_ORDINARY : classify (modes, (guchar) data[i]);

      self->is_quoted = input == INPUT_QUOTE;
      if (input == INPUT_END)
        self->length = 0;
      else if (input == INPUT_ERASE)
        self->length -= self->length > 0;
      else if (input == INPUT_ORDINARY && ++self->length > CPROC_TERMINAL_MAX_LINE)
        return FALSE;
    }

  return TRUE;
}

guint
cproc_terminal_line_get_end (const CprocTerminalLine *self,
                             const struct termios    *modes,
                             char                     end[3])
{
  gboolean is_line_mode = (modes->c_lflag & ICANON) != 0;

  if (modes->c_cc[VEOF] == _POSIX_VDISABLE)
    return 0;

  end[0] = end[1] = end[2] = (char) modes->c_cc[VEOF];

  /* A quoted one is text, and one in a line that has begun only hands that over. */
  if (is_line_mode && self->is_quoted)
    return 3;

  return is_line_mode && self->length > 0 ? 2 : 1;
}
