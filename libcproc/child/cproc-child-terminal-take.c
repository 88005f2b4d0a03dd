/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Resizes the terminal of a child, or gives it away. */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

/* Returns whether the child has, had or will have a terminal that its user has not taken. */
static gboolean
child_check_terminal (CprocChild  *self,
                      GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = cproc_command_dup_name (priv->command);

  if (priv->terminal.is_taken)
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                 _("The terminal of “%s” has been taken over"), name);
  else if (!priv->terminal.is_used && (priv->run.state != CPROC_STATE_NEW ||
                                       !cproc_command_has_terminal (priv->command)))
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                 _("“%s” has no terminal: set the mode of a stream of its command to TERMINAL"),
                 name);
  else if (priv->run.state == CPROC_STATE_CLOSED)
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING, _("“%s” has ended"), name);
  else
    return TRUE;

  return FALSE;
}

/**
 * cproc_child_set_terminal_size:
 * @self: a child with a stream whose mode is `CPROC_STDIO_TERMINAL`
 * @columns: the width in characters, 1 to 65535
 * @rows: the height in characters, 1 to 65535
 * @error: return location for an error
 *
 * Sets the size of the child's terminal, and leaves the command as it is.
 *
 * Before the start it is the size that the program will find. Afterwards the program in the
 * foreground of the terminal gets SIGWINCH, if the size differs.
 *
 * Returns: `TRUE` if the size was set; else `FALSE` with `G_IO_ERROR_INVALID_ARGUMENT` for another
 *   number, [error@Cproc.Error.NOT_SUPPORTED] if the child has no terminal or it was taken over, or
 *   [error@Cproc.Error.NOT_RUNNING] after its end
 *
 * Since: 1.0
 */
gboolean
cproc_child_set_terminal_size (CprocChild  *self,
                               guint        columns,
                               guint        rows,
                               GError     **error)
{
  CprocChildPrivate *priv;

  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!cproc_child_check_call (self, G_STRFUNC, error) || !child_check_terminal (self, error))
    return FALSE;
  if (!cproc_command_check_terminal_size (columns, rows, error))
    {
      g_prefix_error (error, _("Could not resize the terminal: "));
      return FALSE;
    }

  priv = cproc_child_get_priv (self);
  if (priv->terminal.pair != NULL &&
      !cproc_terminal_resize (priv->terminal.pair, columns, rows, error))
    return FALSE;

  /* For a start that makes another terminal. */
  priv->terminal.columns = columns;
  priv->terminal.rows = rows;

  return TRUE;
}

/* Returns whether nothing of the terminal's output is on its way to a signal. */
static gboolean
child_check_output_untouched (CprocChild  *self,
                              GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocOutputReader *output = &priv->outputs[priv->terminal.stream];
  g_autofree char *name = NULL;

  if (priv->run.state <= CPROC_STATE_STARTING ||
      (output->paused && output->fd >= 0 && output->lines == NULL))
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
               _("The terminal of “%s” can only be taken over before the start, or while its "
                 "output is paused and has not been read for lines"), name);

  return FALSE;
}

/* The last holder of the master in this process is then the caller. */
static int
child_give_terminal_away (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocPipeWriter *writer = g_steal_pointer (&priv->writer);
  int fd;

  if (priv->run.state > CPROC_STATE_STARTING)
    {
      fd = cproc_output_reader_steal_fd (&priv->outputs[priv->terminal.stream]);
      cproc_output_reader_mark_absent (&priv->outputs[priv->terminal.stream]);
      cproc_fd_clear (&fd);
      /* Emitted later: no signal is emitted from inside a method. */
      cproc_run_expect_closed (&priv->run);
    }
  cproc_fd_clear (&priv->terminal.output_fd);
  cproc_fd_clear (&priv->terminal.input_fd);
  fd = g_steal_fd (&priv->terminal.pair->master);
  priv->terminal.is_taken = TRUE;
  priv->terminal.is_early = TRUE;

  priv->writer_is_early = FALSE;
  g_clear_object (&priv->stdin_stream);
  if (writer != NULL)
    {
      cproc_pipe_writer_abandon (writer);
      cproc_pipe_writer_unref (writer);
    }

  return fd;
}

/**
 * cproc_child_take_terminal:
 * @self: a child with a stream whose mode is `CPROC_STDIO_TERMINAL`
 * @error: return location for an error
 *
 * Takes over the child's terminal: the caller reads it, types at it and resizes it itself, as a
 * widget that shows terminals does.
 *
 * The descriptor is the terminal's master, close-on-exec and non-blocking, and no packet mode is
 * on. No other is open in this process: closing it hangs up, which sends SIGHUP to the program in
 * the foreground.
 *
 * Call it before the start, or while the stream is paused ([method@Cproc.Child.pause]) and has not
 * been read for [signal@Cproc.Child::line]. Before the start the terminal is made by this call, so
 * that it can be set up before the program finds it.
 *
 * Afterwards [method@Cproc.Child.write_async] and [method@Cproc.Child.set_terminal_size] fail, and
 * [method@Cproc.Child.close_stdin] does nothing; writes that are still queued fail. The stream
 * counts as ended. [signal@Cproc.Child::exit], [signal@Cproc.Child::closed] and
 * [method@Cproc.Child.kill] stay as they are.
 *
 * Returns: the descriptor, which the caller closes; -1 with [error@Cproc.Error.NOT_SUPPORTED] if
 *   the child has no terminal, it was taken over, or it is being read; or with the error that no
 *   terminal could be made
 *
 * Since: 1.0
 */
int
cproc_child_take_terminal (CprocChild  *self,
                           GError     **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (!cproc_child_check_call (self, G_STRFUNC, error) || !child_check_terminal (self, error) ||
      !child_check_output_untouched (self, error))
    return -1;
  if (cproc_child_get_priv (self)->terminal.pair == NULL &&
      !cproc_child_open_terminal (self, error))
    return -1;

  return child_give_terminal_away (self);
}
