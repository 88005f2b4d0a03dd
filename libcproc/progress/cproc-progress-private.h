/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-child.h"

G_BEGIN_DECLS

/* How far a program has come, out of what it writes. Cuts the output at "\n" and at "\r", by which
 * programs write over a line, and asks a pattern or a function about each piece. Knows no process;
 * the child is only handed on to the function. */
typedef struct _CprocProgress CprocProgress;

CprocProgress *cproc_progress_new_for_pattern (const char         *pattern,
                                               GError            **error);
CprocProgress *cproc_progress_new_for_func    (CprocProgressFunc   func,
                                               gpointer            user_data,
                                               GDestroyNotify      destroy);
CprocProgress *cproc_progress_ref             (CprocProgress      *self);
void           cproc_progress_unref           (CprocProgress      *self);

/* Takes what was read, and asks nobody yet. The encoding was checked before. */
void           cproc_progress_feed            (CprocProgress      *self,
                                               CprocStream         stream,
                                               const char         *encoding,
                                               const char         *data,
                                               gsize               length);

/* Asks about all that was fed. is_all: for now there is no more, so that an unfinished line counts
 * too. 0 to 1, or -1 when nothing of it tells. */
double         cproc_progress_ask             (CprocProgress      *self,
                                               CprocChild         *child,
                                               CprocStream         stream,
                                               gboolean            is_all);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocProgress, cproc_progress_unref)

G_END_DECLS
