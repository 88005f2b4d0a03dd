/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-child.h"
#include "cproc-read-buffer-private.h"
#include "cproc-line-splitter-private.h"
#include "cproc-watch-private.h"

G_BEGIN_DECLS

typedef struct _CprocLineBatch CprocLineBatch;

/* One stream that is read for its child: standard output or error. Embedded in the child. */
typedef struct
{
  CprocChild *child; /* the owner */
  CprocStream stream;
  int fd; /* -1: not open */

  CprocWatch watch; /* there is something to read, or to emit */
  CprocTimer drain; /* how long after the exit others may hold the stream open */

  CprocLineSplitter *lines;
  CprocReadBuffer *buffer; /* what `lines` still cuts */
  CprocLineBatch *batch; /* lines that have been cut and not emitted one by one yet */
  guint batch_next;

  gboolean to_lines; /* who listens: judged at each read */
  gboolean to_line;

  gboolean paused;
  gboolean uses_large_pipe; /* the child has written much: see reader_enlarge() */
  gsize read_size;
  gboolean eof;   /* nothing more will be read */
  gboolean ended; /* and all has been emitted; or was never open, or was taken over */
} CprocOutputReader;

void     cproc_output_reader_init                (CprocOutputReader *self,
                                                  CprocChild        *child,
                                                  CprocStream        stream);
void     cproc_output_reader_clear               (CprocOutputReader *self);

/* fd is given away. */
void     cproc_output_reader_open                (CprocOutputReader *self,
                                                  int                fd,
                                                  GMainContext      *context);

/* A new run begins, or the stream has been given to the user: there is nothing to read. */
void     cproc_output_reader_mark_absent         (CprocOutputReader *self);
int      cproc_output_reader_steal_fd            (CprocOutputReader *self);

void     cproc_output_reader_pause               (CprocOutputReader *self);
void     cproc_output_reader_resume              (CprocOutputReader *self,
                                                  GMainContext      *context);

/* The process has ended: whatever is in the pipe is read, but its end is waited for no longer than
 * this (ms; -1: for ever). */
void     cproc_output_reader_start_drain         (CprocOutputReader *self,
                                                  GMainContext      *context,
                                                  int                msec);

void     cproc_output_reader_set_max_line_length (CprocOutputReader *self,
                                                  gsize              max_length);

void     cproc_output_reader_set_context         (CprocOutputReader *self,
                                                  GMainContext      *context);

/* cproc-stream-lines.c: for cproc-stream.c. */
gboolean cproc_output_reader_update_listeners    (CprocOutputReader *self);
void     cproc_output_reader_feed_lines          (CprocOutputReader *self,
                                                  CprocReadBuffer   *buffer,
                                                  gsize              length);

/* Emits the lines that are there; FALSE while a pause holds some back. */
gboolean cproc_output_reader_deliver_lines       (CprocOutputReader *self);
void     cproc_output_reader_drop_lines          (CprocOutputReader *self);

G_END_DECLS
