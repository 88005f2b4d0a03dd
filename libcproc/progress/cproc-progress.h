/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-child.h"

G_BEGIN_DECLS

/**
 * CprocProgressFunc:
 * @child: the child
 * @stream: the stream that the line is from
 * @line: a line, or what there is of it so far, valid UTF-8
 * @user_data: what was given to [method@Cproc.Progress.set_func]
 *
 * Tells how far a program has come.
 *
 * A line that is not finished may be passed again when it has grown.
 *
 * Returns: 0 to 1, or a negative number if the line does not tell
 *
 * Since: 1.0
 */
typedef double (*CprocProgressFunc) (CprocChild  *child,
                                     CprocStream  stream,
                                     const char  *line,
                                     gpointer     user_data);

#define CPROC_TYPE_PROGRESS (cproc_progress_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocProgress, cproc_progress, CPROC, PROGRESS, GObject)

CPROC_AVAILABLE_IN_1_0
CprocProgress *cproc_progress_new          (CprocChild         *child) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
CprocChild    *cproc_progress_get_child    (CprocProgress      *self);
CPROC_AVAILABLE_IN_1_0
double         cproc_progress_get_fraction (CprocProgress      *self);

CPROC_AVAILABLE_IN_1_0
gboolean       cproc_progress_set_pattern  (CprocProgress      *self,
                                            const char         *regex,
                                            GError            **error);
CPROC_AVAILABLE_IN_1_0
void           cproc_progress_set_func     (CprocProgress      *self,
                                            CprocProgressFunc   func,
                                            gpointer            user_data,
                                            GDestroyNotify      destroy);
CPROC_AVAILABLE_IN_1_0
void           cproc_progress_set_closure  (CprocProgress      *self,
                                            GClosure           *closure);

G_END_DECLS
