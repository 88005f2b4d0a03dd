/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Keeps the end of what is written to a stream, for its last line. Start it with all zero. */
typedef struct
{
  GByteArray *tail; /* NULL: nothing was written */
} CprocLastLine;

void  cproc_last_line_feed  (CprocLastLine *self,
                             const char    *data,
                             gsize          length);
void  cproc_last_line_clear (CprocLastLine *self);

/* The last line that is not blank, as a terminal would show it: the text after its last carriage
 * return, without escape sequences and control characters; cut where it is long. NULL: there is
 * none. */
char *cproc_last_line_dup   (CprocLastLine *self,
                             const char    *encoding);

G_END_DECLS
