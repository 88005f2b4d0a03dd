/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-enums.h"

G_BEGIN_DECLS

/* Cuts the data of a stream into lines of valid UTF-8 without their "\n" or "\r\n". A line longer
 * than max_length bytes of UTF-8 comes in pieces of at most that size; 0 is no limit. A character
 * is never cut: one that is larger than max_length comes alone. Independent of processes and
 * descriptors. */
typedef struct _CprocLineSplitter CprocLineSplitter;

CprocLineSplitter *cproc_line_splitter_new            (const char         *encoding,
                                                       gsize               max_length,
                                                       GError            **error);
void               cproc_line_splitter_free           (CprocLineSplitter  *self);

/* Takes more bytes. It changes data in place; data must stay valid until cproc_line_splitter_next()
 * has returned NULL. */
void               cproc_line_splitter_feed           (CprocLineSplitter  *self,
                                                       char               *data,
                                                       gsize               length);

/* Ends the input: the unfinished rest becomes the last line. */
void               cproc_line_splitter_finish         (CprocLineSplitter  *self);

/* Returns the next line, or NULL if it needs more input. The line is valid until the next call. */
const char        *cproc_line_splitter_next           (CprocLineSplitter  *self);

void               cproc_line_splitter_set_max_length (CprocLineSplitter  *self,
                                                       gsize               max_length);

/* Call before the first feed. TRUE: "\r" ends a line as well, as soon as it comes; a "\n" that
 * follows it belongs to it. */
void               cproc_line_splitter_set_universal_newlines (CprocLineSplitter *self,
                                                               gboolean           universal);

/* Call before the first feed. TRUE: any number of "\r" before a "\n" belong to the line end. */
void               cproc_line_splitter_set_terminal (CprocLineSplitter *self,
                                                     gboolean           is_terminal);

/* Get the flags of the line that cproc_line_splitter_next() returned last, and whether it is one of
 * several pieces; the last piece counts as one. */
CprocLineFlags     cproc_line_splitter_get_flags      (CprocLineSplitter  *self);
gboolean           cproc_line_splitter_is_piece       (CprocLineSplitter  *self);

/* Puts the line back: the next call of cproc_line_splitter_next() returns it again. */
void               cproc_line_splitter_return         (CprocLineSplitter  *self);

/* Returns the size of the text of the line that has begun and has no end yet. */
gsize              cproc_line_splitter_get_open_length (CprocLineSplitter *self);

/* Takes out what has not been handed out as a line yet: first text, which was decoded already, then
 * bytes, as they came. skips_newline: set to whether a "\n" that comes next belongs to the last
 * line. */
void               cproc_line_splitter_steal_rest (CprocLineSplitter *self,
                                                   GString           *text,
                                                   GString           *bytes,
                                                   gboolean          *skips_newline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocLineSplitter, cproc_line_splitter_free)

G_END_DECLS
