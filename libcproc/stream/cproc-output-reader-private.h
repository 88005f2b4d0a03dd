/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-enums.h"
#include "cproc-fd-read-private.h"
#include "cproc-line-splitter-private.h"
#include "cproc-pull-buffer-private.h"
#include "cproc-read-buffer-private.h"
#include "cproc-watch-private.h"

G_BEGIN_DECLS

typedef struct _CprocLineBatch CprocLineBatch;

/* What becomes of the bytes of a stream that nobody listens to. A stream that is kept emits no
 * lines. */
typedef enum
{
  CPROC_KEEP_NOTHING, /* they are dropped */
  CPROC_KEEP_EARLY,   /* kept until there are too many of them, or somebody listens; then dropped */
  CPROC_KEEP_UNHEARD, /* kept, unless somebody listens when the first of them are read */
  CPROC_KEEP_PULLED,  /* kept, since somebody asks for them */
} CprocKeep;

/* Where more is kept than this, the stream is not read. */
#define CPROC_MAX_KEPT (256 * 1024)

/* What a reader asks its owner and tells it; `data` is the owner. The owner lives until the reader
 * is cleared, and holds itself while the watch or the timer calls: see CprocOwner. */
typedef struct
{
  /* Is there a listener? Asked at each read. */
  gboolean (*wants_output) (gpointer data, CprocStream stream);
  gboolean (*wants_line)   (gpointer data, CprocStream stream);
  gboolean (*wants_lines)  (gpointer data, CprocStream stream);

  /* Where the next read of a stream without listeners goes, CPROC_READ_SIZE or more; NULL:
   * anywhere. */
  char    *(*reserve)      (gpointer data, CprocStream stream, gsize *size);

  /* Every read, before it is emitted; in the place that was reserved, or elsewhere. Must not call
   * the application's functions. */
  void     (*received)     (gpointer data, CprocStream stream, const char *bytes, gsize length);

  /* Before lines are emitted: emits what was announced before. */
  void     (*before_lines) (gpointer data);

  void     (*output)       (gpointer data, CprocStream stream, GBytes *bytes);
  void     (*line)         (gpointer data, CprocStream stream, const char *line);
  void     (*lines)        (gpointer data, CprocStream stream, const char * const *lines);

  /* Of a stream that is kept: does somebody wait for more of it than there is? And: something more
   * has come, or the end. */
  gboolean (*is_awaited)   (gpointer data, CprocStream stream);
  void     (*kept)         (gpointer data, CprocStream stream);

  /* The stream is not read any further, although another process has it open. */
  void     (*given_up)     (gpointer data, CprocStream stream);

  /* The stream has ended, and all of it has been emitted. */
  void     (*ended)        (gpointer data, CprocStream stream);
} CprocOutputReaderFuncs;

/* Reads one stream for its owner: standard output or error. Embedded in the owner. */
typedef struct
{
  const CprocOutputReaderFuncs *funcs;
  gpointer data;
  CprocStream stream;
  GMainContext *context; /* not held: the owner's */
  int fd;                /* -1: not open */
  CprocFdKind fd_kind;

  char *encoding;
  gint64 max_line_length; /* -1: no limit; 0: there are no lines */
  gboolean universal_newlines;
  gboolean is_terminal;
  CprocLineFlags line_flags; /* of what `line` or `lines` is called for */

  CprocWatch watch; /* there is something to read, or to emit */
  gboolean is_expired; /* that time is over */
  gsize drain_left;    /* what is still read after it */
  CprocTimer drain; /* how long after the exit others may hold the stream open */

  CprocLineSplitter *lines;
  CprocReadBuffer *buffer; /* what `lines` still cuts */
  CprocLineBatch *batch; /* lines that have been cut and not emitted one by one yet */
  guint batch_next;

  CprocKeep keep;
  CprocPullBuffer *pull; /* what is kept; NULL: nothing */
  gboolean has_read;
  gboolean has_lost;   /* what was kept early has been dropped */
  gboolean is_full;    /* so much is kept that it is not read */
  gboolean has_grant;  /* the process has ended, and may have left this much in the pipe: */
  gsize grant;         /* it is read however much is kept */
  gboolean is_eof_told;

  gboolean to_lines; /* who listens: judged at each read */
  gboolean to_line;

  gboolean paused;
  gboolean uses_large_pipe; /* the child has written much: see reader_enlarge() */
  gsize read_size;
  gboolean eof;   /* nothing more will be read */
  gboolean absent; /* it was never open, or has been taken over */
  gboolean ended; /* and all has been emitted; or was never open, or was taken over */
} CprocOutputReader;

void     cproc_output_reader_init                (CprocOutputReader            *self,
                                                  CprocStream                   stream,
                                                  const CprocOutputReaderFuncs *funcs,
                                                  gpointer                      data);
void     cproc_output_reader_clear               (CprocOutputReader *self);
void     cproc_output_reader_set_owner           (CprocOutputReader *self,
                                                  CprocOwner        *owner);

void     cproc_output_reader_set_priority        (CprocOutputReader *self,
                                                  int                priority);

/* Before it is opened; the encoding must be known to the system. */
void     cproc_output_reader_set_encoding        (CprocOutputReader *self,
                                                  const char        *encoding);
void     cproc_output_reader_set_universal_newlines (CprocOutputReader *self,
                                                     gboolean           universal_newlines);

void     cproc_output_reader_set_terminal        (CprocOutputReader *self,
                                                  gboolean           is_terminal);

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
                                                  gint64             max_length);

void     cproc_output_reader_set_context         (CprocOutputReader *self,
                                                  GMainContext      *context);

/* Whether it is not read, although there may be something to read. */
static inline gboolean
cproc_output_reader_is_held (const CprocOutputReader *self)
{
  return self->paused || self->is_full;
}

/* Goes on reading where there is room again, or somebody waits. */
void     cproc_output_reader_wake                (CprocOutputReader *self);

/* cproc-output-pull.c: a stream that is kept. From the first call with PULLED on it emits no
 * lines; what has not been emitted as a line yet is the first that is taken. */
void     cproc_output_reader_keep                (CprocOutputReader *self,
                                                  CprocKeep          keep);

/* As if it had never been kept. */
void     cproc_output_reader_discard             (CprocOutputReader *self);

/* Take the next line, or 1 to count bytes; NULL if there is nothing yet, or at the end. */
char    *cproc_output_reader_take_line           (CprocOutputReader *self,
                                                  CprocLineFlags    *flags);
GBytes  *cproc_output_reader_take_bytes          (CprocOutputReader *self,
                                                  gsize              count);

/* For cproc-output-reader.c. */
void     cproc_output_reader_drop_kept           (CprocOutputReader *self);
gboolean cproc_output_reader_has_room            (CprocOutputReader *self);
gboolean cproc_output_reader_update_keep         (CprocOutputReader *self);
void     cproc_output_reader_append_kept         (CprocOutputReader *self,
                                                  const char        *data,
                                                  gsize              length);
gboolean cproc_output_reader_tell_eof            (CprocOutputReader *self);

/* cproc-output-lines.c: for cproc-output-reader.c. */
gboolean cproc_output_reader_update_listeners    (CprocOutputReader *self);
void     cproc_output_reader_feed_lines          (CprocOutputReader *self,
                                                  CprocReadBuffer   *buffer,
                                                  gsize              length);

/* Emits the lines that are there; FALSE while a pause or the end of the turn holds some back. */
gboolean cproc_output_reader_deliver_lines       (CprocOutputReader *self);
void     cproc_output_reader_drop_lines          (CprocOutputReader *self);

G_END_DECLS
