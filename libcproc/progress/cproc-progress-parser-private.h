/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-progress.h"

G_BEGIN_DECLS

/* Reads how far a program has come out of what it writes. Cuts the output at "\n" and at "\r", by
 * which programs write over a line, and asks a pattern or a function about each piece. Knows no
 * process; the child is only handed on to the function. */
typedef struct _CprocProgressParser CprocProgressParser;

CprocProgressParser *cproc_progress_parser_new_for_pattern (const char           *pattern,
                                                            GError              **error);
CprocProgressParser *cproc_progress_parser_new_for_func    (CprocProgressFunc     func,
                                                            gpointer              user_data,
                                                            GDestroyNotify        destroy);
CprocProgressParser *cproc_progress_parser_ref             (CprocProgressParser  *self);
void                 cproc_progress_parser_unref           (CprocProgressParser  *self);

/* Takes what was read, and asks nothing yet. The encoding was checked before. */
void                 cproc_progress_parser_feed            (CprocProgressParser  *self,
                                                            CprocStream           stream,
                                                            const char           *encoding,
                                                            const char           *data,
                                                            gsize                 length);

/* Asks about all that was fed. is_all: there is no more for now, so that an unfinished line counts
 * too. 0 to 1, or -1 when nothing of it tells. */
double               cproc_progress_parser_ask             (CprocProgressParser  *self,
                                                            CprocChild           *child,
                                                            CprocStream           stream,
                                                            gboolean              is_all);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocProgressParser, cproc_progress_parser_unref)

G_END_DECLS
