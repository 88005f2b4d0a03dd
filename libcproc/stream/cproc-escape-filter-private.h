/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes what only a terminal understands out of a text: the escape sequences of ECMA-48 (CSI, OSC,
 * DCS and the others, also as C1 controls), wherever the pieces of the text are cut. One or more
 * "\r" before a "\n" are taken out too, since a terminal ends lines so. Start it with all zero. */
typedef struct
{
  guint8 state;
  guint16 n_returns; /* "\r" that wait for what follows */
} CprocEscapeFilter;

/* Appends what is left of text, which is UTF-8 cut between characters, to out. */
void cproc_escape_filter_apply (CprocEscapeFilter *self,
                                const char        *text,
                                gsize              length,
                                gboolean           strip_escapes,
                                GString           *out);

/* There is no more text: appends what was held back. */
void cproc_escape_filter_flush (CprocEscapeFilter *self,
                                GString           *out);

G_END_DECLS
