/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-child.h"
#include "cproc-read-buffer-private.h"
#include "cproc-line-splitter-private.h"
#include "cproc-watch-private.h"

G_BEGIN_DECLS

typedef struct _CprocBatch CprocBatch;

/* One stream that is read for its child: standard output or error. Embedded in the child. */
typedef struct
{
  CprocChild *child; /* the owner */
  CprocStream stream;
  int fd; /* -1: not open */

  CprocWatch watch; /* there is something to read, or to emit */
  CprocTimer drain; /* how long after the exit others may hold the stream open */

  CprocLines *lines;
  CprocChunk *chunk; /* what `lines` still cuts */
  CprocBatch *batch; /* lines that have been cut and not emitted one by one yet */
  guint batch_next;

  gboolean to_lines; /* who listens: judged at each read */
  gboolean to_line;

  gboolean paused;
  gboolean is_large; /* the child has written much: see output_enlarge() */
  gsize read_size;
  gboolean eof;   /* nothing more will be read */
  gboolean ended; /* and all has been emitted; or was never open, or was taken over */
} CprocOutput;

void     cproc_output_init        (CprocOutput  *self,
                                   CprocChild   *child,
                                   CprocStream   stream);
void     cproc_output_clear       (CprocOutput  *self);

/* fd is given away. */
void     cproc_output_open        (CprocOutput  *self,
                                   int           fd,
                                   GMainContext *context);

/* A new run begins, or the stream has been given to the user: there is nothing to read. */
void     cproc_output_skip        (CprocOutput  *self);
int      cproc_output_steal_fd    (CprocOutput  *self);

void     cproc_output_pause       (CprocOutput  *self);
void     cproc_output_resume      (CprocOutput  *self,
                                   GMainContext *context);

/* The process has ended: whatever is in the pipe is read, but its end is waited for no longer than
 * this (ms; -1: for ever). */
void     cproc_output_start_drain (CprocOutput  *self,
                                   GMainContext *context,
                                   int           msec);

void     cproc_output_set_max_line_length (CprocOutput *self,
                                           gsize        max_length);

void     cproc_output_set_context (CprocOutput  *self,
                                   GMainContext *context);

/* cproc-stream-lines.c: for cproc-stream.c. */
gboolean cproc_output_judge_lines   (CprocOutput  *self);
void     cproc_output_feed_lines    (CprocOutput  *self,
                                     CprocChunk   *chunk,
                                     gsize         length);

/* Emits the lines that are there; FALSE while a pause holds some back. */
gboolean cproc_output_deliver_lines (CprocOutput  *self);
void     cproc_output_drop_lines    (CprocOutput  *self);

G_END_DECLS
