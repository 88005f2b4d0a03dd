/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib-unix.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

static gboolean
is_stream (CprocStream stream)
{
  return stream == CPROC_STREAM_STDOUT || stream == CPROC_STREAM_STDERR;
}

static CprocOutputReader *
child_get_output (CprocChild  *self,
                  CprocStream  stream)
{
  return &cproc_child_get_priv (self)->outputs[stream - CPROC_STREAM_STDOUT];
}

/**
 * cproc_child_pause:
 * @self: a child
 * @stream: the stream
 *
 * Stops reading a stream: the pipe fills, and then the child waits, so that memory stays bounded
 * whatever it writes.
 *
 * After the call no output of the stream comes until [method@Cproc.Child.resume]. A paused stream
 * holds [signal@Cproc.Child::closed] back. Allowed at any time, before the start too.
 *
 * Since: 1.0
 */
void
cproc_child_pause (CprocChild  *self,
                   CprocStream  stream)
{
  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (is_stream (stream));

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  cproc_output_reader_pause (child_get_output (self, stream));
}

/**
 * cproc_child_resume:
 * @self: a child
 * @stream: the stream
 *
 * Goes on reading a stream that was paused.
 *
 * Since: 1.0
 */
void
cproc_child_resume (CprocChild  *self,
                    CprocStream  stream)
{
  CprocChildPrivate *priv;
  CprocOutputReader *output;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (is_stream (stream));

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  output = child_get_output (self, stream);
  if (!output->paused)
    return;

  priv->output_time = g_get_monotonic_time ();
  cproc_output_reader_resume (output, priv->context);
  cproc_child_update_stream_drain (self, output);
}

/* Where will that stream lead? */
static CprocStdio
child_get_mode (CprocChild *self,
                int         target)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (priv->command);

  cproc_launch_set_defaults (launch, hooks->default_stdio[0], hooks->default_stdio[1],
                             hooks->default_stdio[2]);

  return cproc_launch_get_mode (launch, target);
}

static gboolean
child_is_new (CprocChild *self)
{
  return cproc_child_get_priv (self)->state == CPROC_STATE_NEW && !cproc_child_is_starting (self) &&
         !cproc_child_get_priv (self)->is_preparing;
}

static gboolean
open_ends (CprocStdio  mode,
           CprocPipe  *ends)
{
  int fds[2];

  if (mode == CPROC_STDIO_PIPE)
    return cproc_fd_open_pipe (ends, NULL);

  if (mode != CPROC_STDIO_SOCKET || !cproc_fd_open_socketpair (fds, NULL))
    return FALSE;

  cproc_fd_make_one_way (fds[0], fds[1]);
  *ends = (CprocPipe) { .read = fds[0], .write = fds[1] };

  return TRUE;
}

/* The parent's end of a stream that is taken over before the start; where the system has none to
 * give, the start will tell. */
static int
child_open_early_pipe (CprocChild *self,
                       int         target)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocPipe ends;

  if (!open_ends (child_get_mode (self, target), &ends))
    return -1;

  /* What is written waits in our queue, and not in the call. */
  if (target == 0)
    cproc_fd_set_nonblocking (ends.write, NULL);

  priv->early_pipes[target] = target == 0 ? ends.read : ends.write;

  return target == 0 ? ends.write : ends.read;
}

static int
child_take_over_output (CprocChild  *self,
                        CprocStream  stream)
{
  CprocOutputReader *output = child_get_output (self, stream);
  int fd;

  if (child_is_new (self))
    return child_open_early_pipe (self, stream);

  /* What has been cut into lines cannot be given back. */
  if (!output->paused || output->fd < 0 || output->lines != NULL)
    return -1;

  fd = cproc_output_reader_steal_fd (output);
  cproc_output_reader_mark_absent (output);
  /* As whoever gets it expects it, another child's standard input for one. */
  g_unix_set_fd_nonblocking (fd, FALSE, NULL);

  return fd;
}

static GInputStream *
child_get_input_stream (CprocChild  *self,
                        CprocStream  stream)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  GInputStream **field = &priv->input_streams[stream - CPROC_STREAM_STDOUT];
  int fd;

  if (*field != NULL)
    return *field;

  fd = child_take_over_output (self, stream);
  if (fd < 0)
    return NULL;

  *field = g_unix_input_stream_new (fd, TRUE);
  /* Not from inside the call, as every signal. */
  cproc_child_expect_closed (self);

  return *field;
}

/**
 * cproc_child_get_stdout_stream:
 * @self: a child
 *
 * Takes over standard output: the caller reads it himself, and no signals come for it.
 *
 * To be called before the start, or while the stream is paused. [signal@Cproc.Child::closed] does
 * not wait for a stream that was taken over.
 *
 * Where only [signal@Cproc.Child::output] is listened to, or nothing, a stream that has been read
 * from can be taken over in a pause: the caller goes on where the last signal ended. Once
 * something of it has been read for [signal@Cproc.Child::line] or [signal@Cproc.Child::lines] it
 * cannot be, since more may have been read than was delivered.
 *
 * Returns: (transfer none) (nullable): the stream; `NULL` if standard output is no pipe, is being
 *   read for signals, or has been read for lines
 *
 * Since: 1.0
 */
GInputStream *
cproc_child_get_stdout_stream (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return NULL;

  return child_get_input_stream (self, CPROC_STREAM_STDOUT);
}

/**
 * cproc_child_get_stderr_stream:
 * @self: a child
 *
 * Takes over standard error; see [method@Cproc.Child.get_stdout_stream].
 *
 * Returns: (transfer none) (nullable): the stream; `NULL` if standard error is no pipe, is being
 *   read for signals, or has been read for lines
 *
 * Since: 1.0
 */
GInputStream *
cproc_child_get_stderr_stream (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return NULL;

  return child_get_input_stream (self, CPROC_STREAM_STDERR);
}

/**
 * cproc_child_get_stdin_stream:
 * @self: a child
 *
 * Gets the stream that leads to the child's standard input.
 *
 * It may be got before the start, and during one. What was given to
 * [method@Cproc.Child.write_async] before goes first. Writing to a child that does not read any
 * more is `G_IO_ERROR_BROKEN_PIPE`; it never raises SIGPIPE. Like the child it is for one thread.
 *
 * Returns: (transfer none) (nullable): the stream; `NULL` if standard input is no pipe
 *
 * Since: 1.0
 */
GOutputStream *
cproc_child_get_stdin_stream (CprocChild *self)
{
  CprocChildPrivate *priv;

  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return NULL;

  priv = cproc_child_get_priv (self);
  if (priv->writer == NULL && child_is_new (self))
    {
      int fd = child_open_early_pipe (self, 0);

      if (fd >= 0)
        {
          g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

          priv->writer = cproc_pipe_writer_new (fd, context);
          cproc_pipe_writer_set_owner (priv->writer, priv->owner);
        }
    }

  if (priv->stdin_stream == NULL && priv->writer != NULL)
    priv->stdin_stream = cproc_pipe_output_stream_new (priv->writer);

  return priv->stdin_stream;
}

/**
 * cproc_child_get_pipe_stream:
 * @self: a child that has been started
 * @target_fd: the number that was given to [method@Cproc.Command.add_pipe]
 *
 * Gets the parent's end of an extra pipe.
 *
 * Returns: (transfer none) (nullable): the stream, with an input stream, an output stream or both;
 *   `NULL` if there is no such pipe
 *
 * Since: 1.0
 */
GIOStream *
cproc_child_get_pipe_stream (CprocChild *self,
                             int         target_fd)
{
  CprocChildPrivate *priv;

  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return NULL;

  priv = cproc_child_get_priv (self);
  if (priv->pipe_streams == NULL)
    return NULL;

  return g_hash_table_lookup (priv->pipe_streams, GINT_TO_POINTER (target_fd));
}

static gboolean
child_check_writable (CprocChild  *self,
                      GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (priv->writer != NULL)
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  if (priv->state == CPROC_STATE_NEW && priv->start == NULL)
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING, _("“%s” has not been started"),
                 name);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                 _("The standard input of “%s” is no pipe"), name);

  return FALSE;
}

/**
 * cproc_child_write_async:
 * @self: a child that has been started, or is being started by [method@Cproc.Child.start_async]
 * @bytes: what to write
 * @io_priority: the priority of the callback, `G_PRIORITY_DEFAULT` as a rule
 * @cancellable: (nullable): to withdraw what has not begun to be written
 * @callback: (scope async) (nullable): called when all of it has been written
 * @user_data: data for @callback
 *
 * Writes to the child's standard input, in the order of the calls.
 *
 * The callback comes when the pipe has taken everything, so waiting for it before the next call
 * keeps memory bounded when the child reads slowly.
 *
 * Since: 1.0
 */
void
cproc_child_write_async (CprocChild          *self,
                         GBytes              *bytes,
                         int                  io_priority,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!cproc_child_check_async_call (self, G_STRFUNC, callback, user_data,
                                     cproc_child_write_async))
    return;

  /* A task would hold the child until a main loop, which may never run, has told nobody. */
  if (callback == NULL && cancellable == NULL)
    {
      if (cproc_child_get_priv (self)->writer != NULL)
        cproc_pipe_writer_push (cproc_child_get_priv (self)->writer, bytes, NULL);
      return;
    }

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_child_write_async);
  g_task_set_priority (task, io_priority);
  /* What has been written has been written. */
  g_task_set_check_cancellable (task, FALSE);

  if (g_task_return_error_if_cancelled (task))
    return;

  if (child_check_writable (self, &error))
    cproc_pipe_writer_push (cproc_child_get_priv (self)->writer, bytes, task);
  else
    g_task_return_error (task, error);
}

/**
 * cproc_child_write_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.write_async].
 *
 * Returns: `TRUE` if all was written; else `FALSE` with `G_IO_ERROR_BROKEN_PIPE` if the child does
 *   not read any more or has no pipe there, `G_IO_ERROR_CANCELLED`, or
 *   [error@Cproc.Error.NOT_RUNNING] before the start
 *
 * Since: 1.0
 */
gboolean
cproc_child_write_finish (CprocChild    *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_child_write_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_child_close_stdin:
 * @self: a child
 *
 * Closes the child's standard input once all that was given to [method@Cproc.Child.write_async] is
 * written: the child reads its end.
 *
 * Since: 1.0
 */
void
cproc_child_close_stdin (CprocChild *self)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->writer != NULL)
    cproc_pipe_writer_close (priv->writer);
}
