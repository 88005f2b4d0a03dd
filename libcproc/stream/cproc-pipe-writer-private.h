/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/uio.h>

#include "cproc-owner-private.h"

G_BEGIN_DECLS

/* The parent's end of a pipe that a child reads, with the queue of data still to be written.
 * Ref-counted: the child and its GOutputStream share it. */
typedef struct _CprocPipeWriter CprocPipeWriter;

/* Takes ownership of fd, which must be non-blocking. */
CprocPipeWriter *cproc_pipe_writer_new         (int                  fd,
                                                GMainContext        *context);
CprocPipeWriter *cproc_pipe_writer_ref         (CprocPipeWriter     *self);
void             cproc_pipe_writer_unref       (CprocPipeWriter     *self);

/* Call before the first write; see cproc_watch_set_owner(). */
void         cproc_pipe_writer_set_owner   (CprocPipeWriter   *self,
                                       CprocOwner    *owner);

/* Call before the first write: fd is the master of a terminal. A line that it would not keep is
 * G_IO_ERROR_MESSAGE_TOO_LARGE; the close types an end of file, and a write after it is
 * G_IO_ERROR_CLOSED. */
void             cproc_pipe_writer_set_terminal (CprocPipeWriter    *self);

/* Queues bytes. The task returns TRUE once the kernel has all of them; otherwise
 * G_IO_ERROR_BROKEN_PIPE, or the error that the system had no memory. */
void             cproc_pipe_writer_push        (CprocPipeWriter     *self,
                                                GBytes              *bytes,
                                                GTask               *task);

/* Closes the pipe after everything queued is written. */
void             cproc_pipe_writer_close       (CprocPipeWriter     *self);

/* Closes the pipe at once: queued writes fail. */
void             cproc_pipe_writer_abandon     (CprocPipeWriter     *self);

void             cproc_pipe_writer_set_context (CprocPipeWriter     *self,
                                                GMainContext        *context);

/* Returns the tasks that a dispatch would return later. Call this before the context of a
 * synchronous wait is given up. */
void             cproc_pipe_writer_return_done (CprocPipeWriter     *self);

/* Writes for the stream, after the queue. If block is FALSE it may return -1 with
 * G_IO_ERROR_WOULD_BLOCK. */
gssize           cproc_pipe_writer_write       (CprocPipeWriter     *self,
                                                const void          *data,
                                                gsize                length,
                                                gboolean             block,
                                                GCancellable        *cancellable,
                                                GError             **error);
int              cproc_pipe_writer_get_fd      (CprocPipeWriter     *self);

/* Returns the error that ended the writer too early, or with which it refused a write that had no
 * task; NULL if there is none, or if the child just stopped reading. */
GError          *cproc_pipe_writer_dup_failure (CprocPipeWriter     *self);

/* writev() that never raises SIGPIPE or SIGXFSZ. */
gssize           cproc_pipe_writev             (int                  fd,
                                                const struct iovec  *vectors,
                                                int                  n_vectors);

GOutputStream   *cproc_pipe_output_stream_new  (CprocPipeWriter     *writer);

G_END_DECLS
