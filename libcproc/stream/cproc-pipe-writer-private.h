/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/* The parent's end of a pipe that a child reads, and what waits to be written to it. Ref-counted:
 * the child and its GOutputStream share it. */
typedef struct _CprocWriter CprocWriter;

/* fd is given away; it must be non-blocking. */
CprocWriter *cproc_writer_new         (int            fd,
                                       GMainContext  *context);
CprocWriter *cproc_writer_ref         (CprocWriter   *self);
void         cproc_writer_unref       (CprocWriter   *self);

/* The task returns TRUE once all of it is with the kernel, or G_IO_ERROR_BROKEN_PIPE, or
 * that the system had no room. */
void         cproc_writer_push        (CprocWriter   *self,
                                       GBytes        *bytes,
                                       GTask         *task);

/* After all that is queued. */
void         cproc_writer_close       (CprocWriter   *self);

/* At once: what is queued fails. */
void         cproc_writer_abandon     (CprocWriter   *self);

void         cproc_writer_set_context (CprocWriter   *self,
                                       GMainContext  *context);

/* For the stream: after what is queued; -1 with G_IO_ERROR_WOULD_BLOCK where block is FALSE. */
gssize       cproc_writer_write       (CprocWriter   *self,
                                       const void    *data,
                                       gsize          length,
                                       gboolean       block,
                                       GCancellable  *cancellable,
                                       GError       **error);
int          cproc_writer_get_fd      (CprocWriter   *self);

/* What has ended it too early, but for the child's not reading: NULL where nothing has. */
GError      *cproc_writer_dup_failure (CprocWriter   *self);

/* writev() that never raises SIGPIPE. */
gssize       cproc_writev_no_signal   (int                 fd,
                                       const struct iovec *vectors,
                                       int                 n_vectors);

GOutputStream *cproc_pipe_output_stream_new (CprocWriter *writer);

G_END_DECLS
