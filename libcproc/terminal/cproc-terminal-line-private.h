/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <termios.h>

#include <glib.h>

G_BEGIN_DECLS

/* The most bytes of a line that the kernel keeps in line mode, the line end not counted; it drops
 * the rest without a word. */
#define CPROC_TERMINAL_MAX_LINE 4095

/* The line that is being typed at a terminal, as far as it has been typed here. Pure: no system
 * call. */
typedef struct
{
  guint length;
  gboolean is_quoted; /* the next byte is an ordinary one */
} CprocTerminalLine;

/* Follows what is typed. FALSE if in line mode a line would be longer than the kernel keeps. A
 * deleted character counts as one byte, and a deleted word as nothing: the kernel may have deleted
 * more. In other modes there are no lines, and the line is empty afterwards. */
gboolean cproc_terminal_line_type    (CprocTerminalLine       *self,
                                      const struct termios    *modes,
                                      const char              *data,
                                      gsize                    length);

/* Finds what is typed for an end of file. Returns the number of bytes in end. */
guint    cproc_terminal_line_get_end (const CprocTerminalLine *self,
                                      const struct termios    *modes,
                                      char                     end[3]);

G_END_DECLS
