/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-progress.h"

G_BEGIN_DECLS

/* Reads out of a program's output how far it has come. Cuts the output at "\n" and at "\r", with
 * which programs overwrite a line, and asks a pattern or a function about each piece. It knows no
 * process; the child is only passed on to the function. */
typedef struct _CprocProgressParser CprocProgressParser;

CprocProgressParser *cproc_progress_parser_new_for_pattern (const char           *pattern,
                                                            GError              **error);
CprocProgressParser *cproc_progress_parser_new_for_func    (CprocProgressFunc     func,
                                                            gpointer              user_data,
                                                            GDestroyNotify        destroy);
CprocProgressParser *cproc_progress_parser_ref             (CprocProgressParser  *self);
void                 cproc_progress_parser_unref           (CprocProgressParser  *self);

/* Takes data that was read, and asks nothing yet. The encoding must be known to the system. */
void                 cproc_progress_parser_feed            (CprocProgressParser  *self,
                                                            CprocStream           stream,
                                                            const char           *encoding,
                                                            const char           *data,
                                                            gsize                 length);

/* Asks about all data that was fed. is_all: there is no more for now, so an unfinished line counts
 * too. Returns 0 to 1, or -1 if no line tells. */
double               cproc_progress_parser_ask             (CprocProgressParser  *self,
                                                            CprocChild           *child,
                                                            CprocStream           stream,
                                                            gboolean              is_all);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocProgressParser, cproc_progress_parser_unref)

G_END_DECLS
