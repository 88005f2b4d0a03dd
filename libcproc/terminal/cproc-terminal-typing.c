/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-terminal-typing-private.h"

#include <errno.h>
#include <unistd.h>

#include <gio/gio.h>

#include "cproc-gettext-private.h"

gboolean
cproc_terminal_typing_check (const CprocTerminalLine  *line,
                             int                       fd,
                             const char               *data,
                             gsize                     length,
                             GError                  **error)
{
  CprocTerminalLine after = *line;
  struct termios modes;

  if (tcgetattr (fd, &modes) != 0 || cproc_terminal_line_type (&after, &modes, data, length))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               _("A terminal in line mode keeps no more than %d bytes of a line"),
               CPROC_TERMINAL_MAX_LINE);

  return FALSE;
}

gssize
cproc_terminal_typing_write (CprocTerminalLine *line,
                             int                fd,
                             const char        *data,
                             gsize              length)
{
  struct termios modes;
  gboolean has_modes = tcgetattr (fd, &modes) == 0;
  gssize n;

  do
    n = write (fd, data, length);
  while (n < 0 && errno == EINTR);

  if (n > 0 && has_modes)
    cproc_terminal_line_type (line, &modes, data, n);
  if (n == 0 && length > 0)
    {
      errno = EAGAIN;
      n = -1;
    }

  return n;
}

GBytes *
cproc_terminal_typing_get_end (const CprocTerminalLine *line,
                               int                      fd)
{
  struct termios modes = { .c_lflag = ICANON };
  char end[3];
  guint n;

  /* If the modes cannot be read, assume those that a terminal has at first. */
  modes.c_cc[VEOF] = 0x04;
  tcgetattr (fd, &modes);
  n = cproc_terminal_line_get_end (line, &modes, end);

  return g_bytes_new (end, n);
}
