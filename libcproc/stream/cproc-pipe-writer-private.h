/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/uio.h>

#include "cproc-owner-private.h"

G_BEGIN_DECLS

/* The parent's end of a pipe that a child reads, and what waits to be written to it. Ref-counted:
 * the child and its GOutputStream share it. */
typedef struct _CprocPipeWriter CprocPipeWriter;

/* fd is given away; it must be non-blocking. */
CprocPipeWriter *cproc_pipe_writer_new         (int                  fd,
                                                GMainContext        *context);
CprocPipeWriter *cproc_pipe_writer_ref         (CprocPipeWriter     *self);
void             cproc_pipe_writer_unref       (CprocPipeWriter     *self);

/* Before anything is written; see cproc_watch_set_owner(). */
void         cproc_pipe_writer_set_owner   (CprocPipeWriter   *self,
                                       CprocOwner    *owner);

/* The task returns TRUE once all of it is with the kernel, or G_IO_ERROR_BROKEN_PIPE, or
 * that the system had no room. */
void             cproc_pipe_writer_push        (CprocPipeWriter     *self,
                                                GBytes              *bytes,
                                                GTask               *task);

/* After all that is queued. */
void             cproc_pipe_writer_close       (CprocPipeWriter     *self);

/* At once: what is queued fails. */
void             cproc_pipe_writer_abandon     (CprocPipeWriter     *self);

void             cproc_pipe_writer_set_context (CprocPipeWriter     *self,
                                                GMainContext        *context);

/* For the stream: after what is queued; -1 with G_IO_ERROR_WOULD_BLOCK where block is FALSE. */
gssize           cproc_pipe_writer_write       (CprocPipeWriter     *self,
                                                const void          *data,
                                                gsize                length,
                                                gboolean             block,
                                                GCancellable        *cancellable,
                                                GError             **error);
int              cproc_pipe_writer_get_fd      (CprocPipeWriter     *self);

/* What has ended it too early, but for the child's not reading: NULL where nothing has. */
GError          *cproc_pipe_writer_dup_failure (CprocPipeWriter     *self);

/* writev() that never raises SIGPIPE. */
gssize           cproc_pipe_writev             (int                  fd,
                                                const struct iovec  *vectors,
                                                int                  n_vectors);

GOutputStream   *cproc_pipe_output_stream_new  (CprocPipeWriter     *writer);

G_END_DECLS
