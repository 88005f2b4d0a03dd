/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-terminal-line-private.h"

G_BEGIN_DECLS

/* What a writer must know of a terminal that it types at: fd is an end of its master. The modes are
 * those of the moment, since the program may change them at any time. */

/* Checks whether data can be typed now: in line mode, no line may be longer than the kernel keeps.
 * The error is G_IO_ERROR_MESSAGE_TOO_LARGE. */
gboolean cproc_terminal_typing_check   (const CprocTerminalLine  *line,
                                        int                       fd,
                                        const char               *data,
                                        gsize                     length,
                                        GError                  **error);

/* Types as much of the data as the terminal takes, and follows the line. Returns what write()
 * returns; never 0 for data that is not empty. */
gssize   cproc_terminal_typing_write   (CprocTerminalLine        *line,
                                        int                       fd,
                                        const char               *data,
                                        gsize                     length);

/* Returns what is typed for the end of the input; it may be empty. */
GBytes  *cproc_terminal_typing_get_end (const CprocTerminalLine  *line,
                                        int                       fd);

G_END_DECLS
