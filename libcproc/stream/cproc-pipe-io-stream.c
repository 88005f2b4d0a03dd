/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gunixinputstream.h>

#include "cproc-pipe-io-stream-private.h"
#include "cproc-pipe-writer-private.h"

/* GSimpleIOStream needs both an input and an output stream; a pipe has only one. */

#define CPROC_TYPE_PIPE_IO_STREAM (cproc_pipe_io_stream_get_type ())

G_DECLARE_FINAL_TYPE (CprocPipeIOStream, cproc_pipe_io_stream, CPROC, PIPE_IO_STREAM, GIOStream)

struct _CprocPipeIOStream
{
  GIOStream parent_instance;

  GInputStream *input;
  GOutputStream *output;
};

G_DEFINE_FINAL_TYPE (CprocPipeIOStream, cproc_pipe_io_stream, G_TYPE_IO_STREAM)

static GInputStream *
cproc_pipe_io_stream_get_input_stream (GIOStream *stream)
{
  return CPROC_PIPE_IO_STREAM (stream)->input;
}

static GOutputStream *
cproc_pipe_io_stream_get_output_stream (GIOStream *stream)
{
  return CPROC_PIPE_IO_STREAM (stream)->output;
}

static gboolean
cproc_pipe_io_stream_close (GIOStream     *stream,
                            GCancellable  *cancellable,
                            GError       **error)
{
  CprocPipeIOStream *self = CPROC_PIPE_IO_STREAM (stream);

  if (self->output != NULL)
    return g_output_stream_close (self->output, cancellable, error);

  return g_input_stream_close (self->input, cancellable, error);
}

static void
cproc_pipe_io_stream_close_async (GIOStream           *stream,
                                  int                  io_priority,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (stream, cancellable, callback, user_data);
  GError *error = NULL;

  /* Closing a pipe does not block. */
  g_task_set_source_tag (task, cproc_pipe_io_stream_close_async);
  g_task_set_priority (task, io_priority);
  if (cproc_pipe_io_stream_close (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
cproc_pipe_io_stream_close_finish (GIOStream     *stream,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
cproc_pipe_io_stream_dispose (GObject *object)
{
  CprocPipeIOStream *self = CPROC_PIPE_IO_STREAM (object);

  /* GIOStream closes in its dispose, and still needs the streams then. */
  G_OBJECT_CLASS (cproc_pipe_io_stream_parent_class)->dispose (object);

  g_clear_object (&self->input);
  g_clear_object (&self->output);
}

static void
cproc_pipe_io_stream_class_init (CprocPipeIOStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  object_class->dispose = cproc_pipe_io_stream_dispose;

  stream_class->get_input_stream = cproc_pipe_io_stream_get_input_stream;
  stream_class->get_output_stream = cproc_pipe_io_stream_get_output_stream;
  stream_class->close_fn = cproc_pipe_io_stream_close;
  stream_class->close_async = cproc_pipe_io_stream_close_async;
  stream_class->close_finish = cproc_pipe_io_stream_close_finish;
}

static void
cproc_pipe_io_stream_init (CprocPipeIOStream *self)
{
}

static GIOStream *
socket_stream_new (int fd)
{
  /* This fails only for a descriptor that is not a socket. */
  g_autoptr(GSocket) socket = g_socket_new_from_fd (fd, NULL);

  g_assert (socket != NULL);

  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

GIOStream *
cproc_pipe_io_stream_new (int                 fd,
                          CprocPipeDirection  direction,
                          GMainContext       *context)
{
  CprocPipeIOStream *self;

  if (direction == CPROC_PIPE_DIRECTION_BOTH)
    return socket_stream_new (fd);

  self = g_object_new (CPROC_TYPE_PIPE_IO_STREAM, NULL);
  if (direction == CPROC_PIPE_DIRECTION_READ)
    {
      self->input = g_unix_input_stream_new (fd, TRUE);
    }
  else
    {
      CprocPipeWriter *writer = cproc_pipe_writer_new (fd, context);

      self->output = cproc_pipe_output_stream_new (writer);
      cproc_pipe_writer_unref (writer);
    }

  return G_IO_STREAM (self);
}
