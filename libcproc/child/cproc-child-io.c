/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib-unix.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-task-private.h"

static gboolean
is_stream (CprocStream stream)
{
  return stream >= CPROC_STREAM_TERMINAL && stream <= CPROC_STREAM_STDERR;
}

static CprocOutputReader *
child_get_output (CprocChild  *self,
                  CprocStream  stream)
{
  return &cproc_child_get_priv (self)->outputs[stream];
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

CprocStdio
cproc_child_get_default_stdin (CprocChild *self)
{
  CprocStdio mode = cproc_child_get_hooks (self)->default_stdio[0];

  return mode == CPROC_STDIO_NULL && cproc_child_get_priv (self)->wants_stdin ? CPROC_STDIO_PIPE
                                                                              : mode;
}

/* Returns where the stream will lead. */
static CprocStdio
child_get_mode (CprocChild *self,
                int         target)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (priv->command);

  cproc_launch_set_defaults (launch, cproc_child_get_default_stdin (self),
                             hooks->default_stdio[1], hooks->default_stdio[2]);

  return cproc_launch_get_mode (launch, target);
}

static gboolean
child_is_new (CprocChild *self)
{
  return cproc_child_get_run (self)->state == CPROC_STATE_NEW &&
         !cproc_child_get_priv (self)->is_preparing;
}

static gboolean
is_piped (CprocStdio mode)
{
  return mode == CPROC_STDIO_PIPE || mode == CPROC_STDIO_SOCKET;
}

gboolean
cproc_child_is_piped (CprocChild *self,
                      int         target)
{
  CprocStdio mode = child_get_mode (self, target);

  return is_piped (mode) || mode == CPROC_STDIO_TERMINAL;
}

static gboolean
open_ends (CprocStdio   mode,
           CprocPipe   *ends,
           GError     **error)
{
  int fds[2];

  if (mode == CPROC_STDIO_PIPE)
    return cproc_fd_open_pipe (ends, error);

  if (!cproc_fd_open_socketpair (fds, error))
    return FALSE;

  cproc_fd_make_one_way (fds[0], fds[1]);
  *ends = (CprocPipe) { .read = fds[0], .write = fds[1] };

  return TRUE;
}

/* Makes the pipe of a stream before the start, and returns the parent's end. -1 without an error if
 * the stream is not to be a pipe; -1 with an error if the system gives no pipe. */
static int
child_open_early_pipe (CprocChild  *self,
                       int          target,
                       GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocStdio mode = child_get_mode (self, target);
  CprocPipe ends;

  if (mode == CPROC_STDIO_TERMINAL && target == 0)
    return cproc_child_open_early_terminal (self, error);
  if (!is_piped (mode) || !open_ends (mode, &ends, error))
    return -1;

  /* Data that the pipe does not take waits in our queue; the call does not block. */
  if (target == 0)
    cproc_fd_set_nonblocking (ends.write, NULL);

  priv->early_pipes[target] = target == 0 ? ends.read : ends.write;

  return target == 0 ? ends.write : ends.read;
}

/* Makes the pipe to standard input before the start, if the command allows one. */
static void
child_ask_for_stdin (CprocChild  *self,
                     GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autoptr(GMainContext) context = NULL;
  int fd;

  if (priv->writer != NULL || !child_is_new (self))
    return;

  priv->wants_stdin = TRUE;
  fd = child_open_early_pipe (self, 0, error);
  if (fd < 0)
    return;

  context = g_main_context_ref_thread_default ();
  priv->writer = cproc_pipe_writer_new (fd, context);
  if (child_get_mode (self, 0) == CPROC_STDIO_TERMINAL)
    cproc_pipe_writer_set_terminal (priv->writer);
  cproc_pipe_writer_set_owner (priv->writer, priv->owner);
}

static int
child_take_over_output (CprocChild  *self,
                        CprocStream  stream)
{
  CprocOutputReader *output = child_get_output (self, stream);
  int fd;

  if (output->keep == CPROC_KEEP_PULLED)
    return -1;
  if (child_is_new (self))
    return child_open_early_pipe (self, stream, NULL);

  /* Data that has been cut into lines, or is kept, cannot be given back. */
  if (!output->paused || output->fd < 0 || output->lines != NULL || output->pull != NULL ||
      output->is_terminal)
    return -1;

  fd = cproc_output_reader_steal_fd (output);
  cproc_output_reader_mark_absent (output);
  /* The new owner expects a blocking descriptor, for example to pass it to another child. */
  g_unix_set_fd_nonblocking (fd, FALSE, NULL);

  return fd;
}

static GInputStream *
child_take_input_stream (CprocChild  *self,
                        CprocStream  stream)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  GInputStream **field = &priv->input_streams[stream];
  int fd;

  if (*field != NULL)
    return *field;

  fd = child_take_over_output (self, stream);
  if (fd < 0)
    return NULL;

  *field = g_unix_input_stream_new (fd, TRUE);
  /* Emitted later: no signal is emitted from inside a method. */
  cproc_run_expect_closed (cproc_child_get_run (self));

  return *field;
}

/**
 * cproc_child_take_stdout_stream:
 * @self: a child
 *
 * Takes over standard output: the caller reads the stream itself, and no signals come for it.
 *
 * To be called before the start, or while the stream is paused. [signal@Cproc.Child::closed] does
 * not wait for a stream that was taken over.
 *
 * Where only [signal@Cproc.Child::output] is listened to, or nothing, a stream that has been read
 * from can be taken over in a pause: the caller goes on where the last signal ended. Once
 * something of it has been read for [signal@Cproc.Child::line] or [signal@Cproc.Child::lines] it
 * cannot be, since more may have been read than was delivered.
 *
 * Returns: (transfer none) (nullable): the stream; `NULL` if standard output is not a pipe, is
 *   being read for signals, or has been read for lines, or by
 *   [method@Cproc.Child.read_line_async]
 *
 * Since: 1.0
 */
GInputStream *
cproc_child_take_stdout_stream (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return NULL;

  return child_take_input_stream (self, CPROC_STREAM_STDOUT);
}

/**
 * cproc_child_take_stderr_stream:
 * @self: a child
 *
 * Takes over standard error; see [method@Cproc.Child.take_stdout_stream].
 *
 * Returns: (transfer none) (nullable): the stream; `NULL` if standard error is not a pipe, is being
 *   read for signals, or has been read for lines, or by
 *   [method@Cproc.Child.read_line_async]
 *
 * Since: 1.0
 */
GInputStream *
cproc_child_take_stderr_stream (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return NULL;

  return child_take_input_stream (self, CPROC_STREAM_STDERR);
}

/**
 * cproc_child_get_stdin_stream:
 * @self: a child
 *
 * Gets the stream that leads to the child's standard input.
 *
 * If [property@Cproc.Command:stdin-mode] is `DEFAULT`, a call before the start asks for a pipe. A
 * blocking write of more than a pipe holds returns only when the child reads, which it may not do
 * while its own output is not read: such a write can hang, where [method@Cproc.Child.write_async]
 * does not. What was given to [method@Cproc.Child.write_async] before goes first. Writing to a
 * child that does not read any more is `G_IO_ERROR_BROKEN_PIPE`; it never raises SIGPIPE. Like the
 * child, the stream belongs to one thread.
 *
 * Returns: (transfer none) (nullable): the stream; `NULL` if standard input is not a pipe
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
  child_ask_for_stdin (self, NULL);
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
  g_autoptr(GError) pipe_error = NULL;
  g_autofree char *name = NULL;

  if (!cproc_child_check_terminal_kept (self, error))
    return FALSE;

  child_ask_for_stdin (self, &pipe_error);
  if (priv->writer != NULL)
    return TRUE;

  if (pipe_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&pipe_error));
      return FALSE;
    }

  name = cproc_command_dup_name (priv->command);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _("The standard input of “%s” is not a pipe: set stdin-mode of its command to PIPE, "
                 "or write before the start"), name);

  return FALSE;
}

/* Inside a synchronous wait the callback comes before its return. */
static void
child_refuse_write (CprocChild *self,
                    GTask      *task,
                    GError     *error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->context != NULL)
    cproc_task_return_error (task, priv->context, error);
  else
    g_task_return_error (task, error);
}

/**
 * cproc_child_write_async:
 * @self: a child
 * @bytes: what to write
 * @io_priority: the priority of the callback, `G_PRIORITY_DEFAULT` as a rule
 * @cancellable: (nullable): to withdraw what has not begun to be written
 * @callback: (scope async) (nullable): called when all of it has been written
 * @user_data: data for @callback
 *
 * Writes to the child's standard input, in the order of the calls.
 *
 * It may be called before the start, which asks for a pipe where
 * [property@Cproc.Command:stdin-mode] is `DEFAULT`; the program then finds what was written.
 * Without that, and without the mode `PIPE` or `SOCKET`, standard input is not a pipe.
 *
 * The callback comes when the pipe has taken everything, so waiting for it before the next call
 * keeps memory bounded when the child reads slowly.
 *
 * At a terminal (`CPROC_STDIO_TERMINAL`), writing is typing: Enter is `\r`, the byte 0x03 is
 * Ctrl-C. Bytes for a program that takes them as they are need a terminal that is not in line mode.
 * In line mode the kernel keeps 4095 bytes of a line and drops the rest; a write that would make a
 * line longer fails with `G_IO_ERROR_MESSAGE_TOO_LARGE`, and nothing of it is typed. A program that
 * flushes its input as it changes modes, as one that asks for a password does, loses what was typed
 * before: type at its prompt.
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

  /* Without a callback no task is made: it would hold the child until a main loop runs, which may
   * never happen. */
  if (callback == NULL && cancellable == NULL)
    {
      if (child_check_writable (self, NULL))
        cproc_pipe_writer_push (cproc_child_get_priv (self)->writer, bytes, NULL);
      return;
    }

  task = cproc_task_new (self, cancellable, callback, user_data, cproc_child_write_async);
  g_task_set_priority (task, io_priority);

  if (g_task_return_error_if_cancelled (task))
    return;

  if (child_check_writable (self, &error))
    cproc_pipe_writer_push (cproc_child_get_priv (self)->writer, bytes, task);
  else
    child_refuse_write (self, task, error);
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
 *   not read any more, `G_IO_ERROR_NOT_SUPPORTED` if its standard input is neither a pipe nor a
 *   terminal, or `G_IO_ERROR_CANCELLED`; at a terminal also `G_IO_ERROR_MESSAGE_TOO_LARGE` for a
 *   line that it would not keep, and `G_IO_ERROR_CLOSED` after [method@Cproc.Child.close_stdin]
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
 * It may be called before the start too. A child without a pipe there is left as it is.
 *
 * At a terminal, the end-of-file character is typed, twice where a line has begun, and nothing
 * where the program has disabled the character; the terminal stays open.
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
  /* If the stream is not to be a pipe, it is the null device, which is at its end already. */
  if (child_is_new (self) && (is_piped (child_get_mode (self, 0)) ||
                              child_get_mode (self, 0) == CPROC_STDIO_TERMINAL))
    child_ask_for_stdin (self, NULL);
  if (priv->writer != NULL)
    cproc_pipe_writer_close (priv->writer);
}
