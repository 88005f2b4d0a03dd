/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-enums.h"
#include "cproc-line-splitter-private.h"
#include "cproc-read-buffer-private.h"
#include "cproc-watch-private.h"

G_BEGIN_DECLS

typedef struct _CprocLineBatch CprocLineBatch;

/* The functions that a reader calls on its owner, which is `data`. The owner lives until the reader
 * is cleared, and holds itself while the watch or the timer calls: see CprocOwner. */
typedef struct
{
  /* Return whether there is a listener. Called at each read. */
  gboolean (*wants_output) (gpointer data, CprocStream stream);
  gboolean (*wants_line)   (gpointer data, CprocStream stream);
  gboolean (*wants_lines)  (gpointer data, CprocStream stream);

  /* Returns the place for the next read of a stream without listeners, CPROC_READ_SIZE or more;
   * NULL: any place. */
  char    *(*reserve)      (gpointer data, CprocStream stream, gsize *size);

  /* Called for every read before it is emitted; the bytes lie in the reserved place or elsewhere.
   * Must not call the application's functions. */
  void     (*received)     (gpointer data, CprocStream stream, const char *bytes, gsize length);

  /* Called before lines are emitted: emits signals that are due earlier. */
  void     (*before_lines) (gpointer data);

  void     (*output)       (gpointer data, CprocStream stream, GBytes *bytes);
  void     (*line)         (gpointer data, CprocStream stream, const char *line);
  void     (*lines)        (gpointer data, CprocStream stream, const char * const *lines);

  /* Called after the emissions of a read. is_all: the stream is empty at the moment. */
  void     (*was_emitted)  (gpointer data, CprocStream stream, gboolean is_all);

  /* The stream is not read any further, though another process has it open. */
  void     (*given_up)     (gpointer data, CprocStream stream);

  /* Called when the stream has ended and everything in it has been emitted. */
  void     (*ended)        (gpointer data, CprocStream stream);
} CprocOutputReaderFuncs;

/* Reads one stream for its owner: standard output or error. Embedded in the owner. */
typedef struct
{
  const CprocOutputReaderFuncs *funcs;
  gpointer data;
  CprocStream stream;
  GMainContext *context; /* no reference: the owner's */
  int fd;                /* -1: not open */

  char *encoding;
  gint64 max_line_length; /* -1: no limit; 0: there are no lines */
  gboolean universal_newlines;
  CprocLineFlags line_flags; /* of the line or lines that are being emitted */

  CprocWatch watch; /* there is something to read, or to emit */
  gboolean is_expired; /* the drain time is over */
  gsize drain_left;    /* how much is still read after the drain time */
  CprocTimer drain; /* how long other processes may hold the stream open after the exit */

  CprocLineSplitter *lines;
  CprocReadBuffer *buffer; /* the buffer that `lines` still cuts */
  CprocLineBatch *batch; /* lines that are cut but not emitted one by one yet */
  guint batch_next;

  gboolean to_lines; /* which signals have listeners: checked at each read */
  gboolean to_line;

  gboolean paused;
  gboolean uses_large_pipe; /* the child has written much: see reader_enlarge() */
  gsize read_size;
  gboolean eof;   /* nothing more will be read */
  gboolean ended; /* eof, and all has been emitted; or never open, or taken over */
} CprocOutputReader;

void     cproc_output_reader_init                (CprocOutputReader            *self,
                                                  CprocStream                   stream,
                                                  const CprocOutputReaderFuncs *funcs,
                                                  gpointer                      data);
void     cproc_output_reader_clear               (CprocOutputReader *self);
void     cproc_output_reader_set_owner           (CprocOutputReader *self,
                                                  CprocOwner        *owner);

/* Call before open; the system must know the encoding. */
void     cproc_output_reader_set_encoding        (CprocOutputReader *self,
                                                  const char        *encoding);
void     cproc_output_reader_set_universal_newlines (CprocOutputReader *self,
                                                     gboolean           universal_newlines);

/* Takes ownership of fd. */
void     cproc_output_reader_open                (CprocOutputReader *self,
                                                  int                fd,
                                                  GMainContext      *context);

/* Marks the stream as having nothing to read: a new run begins, or the stream was handed to the
 * user. */
void     cproc_output_reader_mark_absent         (CprocOutputReader *self);
int      cproc_output_reader_steal_fd            (CprocOutputReader *self);

void     cproc_output_reader_pause               (CprocOutputReader *self);
void     cproc_output_reader_resume              (CprocOutputReader *self,
                                                  GMainContext      *context);

/* Called when the process has ended: reads everything that is in the pipe, but waits for its end no
 * longer than this (ms; -1: for ever). */
void     cproc_output_reader_start_drain         (CprocOutputReader *self,
                                                  GMainContext      *context,
                                                  int                msec);

void     cproc_output_reader_set_max_line_length (CprocOutputReader *self,
                                                  gint64             max_length);

void     cproc_output_reader_set_context         (CprocOutputReader *self,
                                                  GMainContext      *context);

/* cproc-output-lines.c: for cproc-output-reader.c. */
gboolean cproc_output_reader_update_listeners    (CprocOutputReader *self);
void     cproc_output_reader_feed_lines          (CprocOutputReader *self,
                                                  CprocReadBuffer   *buffer,
                                                  gsize              length);

/* Emits the available lines; FALSE if a pause or the end of the turn holds some back. */
gboolean cproc_output_reader_deliver_lines       (CprocOutputReader *self);
void     cproc_output_reader_drop_lines          (CprocOutputReader *self);

G_END_DECLS
