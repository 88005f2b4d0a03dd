/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-line-splitter-private.h"
#include "cproc-read-buffer-private.h"

G_BEGIN_DECLS

/* Keeps the bytes of a stream until somebody takes them, as lines or as bytes: where a line has
 * ended, the bytes after it come next. Independent of processes and descriptors.
 *
 * Bytes are given to the line splitter one line at a time, so that the others stay as they came.
 * After a piece of a line that is too long, the splitter has some bytes more; bytes of these that
 * do not decode are then given back as U+FFFD. */
typedef struct _CprocPullBuffer CprocPullBuffer;

/* The encoding must be known to the system. max_length: of a line, 0 is no limit. */
CprocPullBuffer *cproc_pull_buffer_new        (const char         *encoding,
                                               gboolean            universal_newlines,
                                               gsize               max_length);
void             cproc_pull_buffer_free       (CprocPullBuffer    *self);

/* Begins with what a splitter has not handed out. Call this first, if at all; takes the splitter,
 * and the buffer, which the splitter cuts; NULL: none. */
void             cproc_pull_buffer_take_lines (CprocPullBuffer    *self,
                                               CprocLineSplitter  *lines,
                                               CprocReadBuffer    *buffer);

void             cproc_pull_buffer_append     (CprocPullBuffer    *self,
                                               const char         *data,
                                               gsize               length);

/* The end: nothing more is appended, and the unfinished rest is the last line. */
void             cproc_pull_buffer_finish     (CprocPullBuffer    *self);

void             cproc_pull_buffer_set_max_length (CprocPullBuffer *self,
                                                   gsize            max_length);

/* Returns the number of bytes that are kept. */
gsize            cproc_pull_buffer_get_size   (CprocPullBuffer    *self);

/* Takes the next line; NULL if it has not come whole yet, or at the end. The line is valid until
 * the next call of any of these functions. */
const char      *cproc_pull_buffer_next_line  (CprocPullBuffer    *self,
                                               CprocLineFlags     *flags);

/* Takes 1 to count bytes; NULL if there are none. */
GBytes          *cproc_pull_buffer_take_bytes (CprocPullBuffer    *self,
                                               gsize               count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocPullBuffer, cproc_pull_buffer_free)

G_END_DECLS
