/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gfiledescriptorbased.h>
#include <glib-unix.h>

#include "cproc-pipe-writer-private.h"

/* Like GUnixOutputStream, but without SIGPIPE: before GLib 2.82 a write to a child that is gone
 * ends the application. Shares its pipe with the child's own queue. */

#define CPROC_TYPE_PIPE_OUTPUT_STREAM (cproc_pipe_output_stream_get_type ())

G_DECLARE_FINAL_TYPE (CprocPipeOutputStream, cproc_pipe_output_stream, CPROC, PIPE_OUTPUT_STREAM,
                      GOutputStream)

struct _CprocPipeOutputStream
{
  GOutputStream parent_instance;

  CprocPipeWriter *writer;
};

static int
cproc_pipe_output_stream_get_fd (GFileDescriptorBased *based)
{
  return cproc_pipe_writer_get_fd (CPROC_PIPE_OUTPUT_STREAM (based)->writer);
}

static void
file_descriptor_based_init (GFileDescriptorBasedIface *iface)
{
  iface->get_fd = cproc_pipe_output_stream_get_fd;
}

static gboolean
cproc_pipe_output_stream_is_writable (GPollableOutputStream *stream)
{
  GPollFD poll_fd = { cproc_pipe_output_stream_get_fd (G_FILE_DESCRIPTOR_BASED (stream)),
                      G_IO_OUT, 0 };

  /* A closed pipe counts as writable: a write then reports the error at once. */
  return poll_fd.fd < 0 || g_poll (&poll_fd, 1, 0) != 0;
}

static GSource *
cproc_pipe_output_stream_create_source (GPollableOutputStream *stream,
                                        GCancellable          *cancellable)
{
  int fd = cproc_pipe_output_stream_get_fd (G_FILE_DESCRIPTOR_BASED (stream));
  g_autoptr(GSource) child_source = NULL;

  if (fd >= 0)
    child_source = g_unix_fd_source_new (fd, G_IO_OUT);
  else
    child_source = g_timeout_source_new (0);

  return g_pollable_source_new_full (stream, child_source, cancellable);
}

static gssize
cproc_pipe_output_stream_write_nonblocking (GPollableOutputStream  *stream,
                                            const void             *data,
                                            gsize                   length,
                                            GError                **error)
{
  CprocPipeWriter *writer = CPROC_PIPE_OUTPUT_STREAM (stream)->writer;

  return cproc_pipe_writer_write (writer, data, length, FALSE, NULL, error);
}

static void
pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = cproc_pipe_output_stream_is_writable;
  iface->create_source = cproc_pipe_output_stream_create_source;
  iface->write_nonblocking = cproc_pipe_output_stream_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CprocPipeOutputStream, cproc_pipe_output_stream,
                               G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FILE_DESCRIPTOR_BASED,
                                                      file_descriptor_based_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      pollable_init))

static gssize
cproc_pipe_output_stream_write (GOutputStream  *stream,
                                const void     *data,
                                gsize           length,
                                GCancellable   *cancellable,
                                GError        **error)
{
  return cproc_pipe_writer_write (CPROC_PIPE_OUTPUT_STREAM (stream)->writer, data, length, TRUE,
                                  cancellable, error);
}

static gboolean
cproc_pipe_output_stream_close (GOutputStream  *stream,
                                GCancellable   *cancellable,
                                GError        **error)
{
  cproc_pipe_writer_close (CPROC_PIPE_OUTPUT_STREAM (stream)->writer);

  return TRUE;
}

static void
cproc_pipe_output_stream_close_async (GOutputStream       *stream,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (stream, cancellable, callback, user_data);

  /* The inherited implementation closes in a thread, but the queue belongs to this thread. */
  g_task_set_source_tag (task, cproc_pipe_output_stream_close_async);
  g_task_set_priority (task, io_priority);
  cproc_pipe_writer_close (CPROC_PIPE_OUTPUT_STREAM (stream)->writer);
  g_task_return_boolean (task, TRUE);
}

static gboolean
cproc_pipe_output_stream_close_finish (GOutputStream  *stream,
                                       GAsyncResult   *result,
                                       GError        **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
cproc_pipe_output_stream_finalize (GObject *object)
{
  CprocPipeOutputStream *self = CPROC_PIPE_OUTPUT_STREAM (object);

  g_clear_pointer (&self->writer, cproc_pipe_writer_unref);

  G_OBJECT_CLASS (cproc_pipe_output_stream_parent_class)->finalize (object);
}

static void
cproc_pipe_output_stream_class_init (CprocPipeOutputStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GOutputStreamClass *stream_class = G_OUTPUT_STREAM_CLASS (klass);

  object_class->finalize = cproc_pipe_output_stream_finalize;

  stream_class->write_fn = cproc_pipe_output_stream_write;
  stream_class->close_fn = cproc_pipe_output_stream_close;
  stream_class->close_async = cproc_pipe_output_stream_close_async;
  stream_class->close_finish = cproc_pipe_output_stream_close_finish;
}

static void
cproc_pipe_output_stream_init (CprocPipeOutputStream *self)
{
}

GOutputStream *
cproc_pipe_output_stream_new (CprocPipeWriter *writer)
{
  CprocPipeOutputStream *self = g_object_new (CPROC_TYPE_PIPE_OUTPUT_STREAM, NULL);

  self->writer = cproc_pipe_writer_ref (writer);

  return G_OUTPUT_STREAM (self);
}
