/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "cproc-child-private.h"

/**
 * cproc_child_get_command:
 * @self: a child
 *
 * Gets the command.
 *
 * Returns: (transfer none): the command
 *
 * Since: 1.0
 */
CprocCommand *
cproc_child_get_command (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  return cproc_child_get_priv (self)->command;
}

/**
 * cproc_child_get_pid:
 * @self: a child
 *
 * Gets the process's number; 0 before the start, and still there after the end.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
gint64
cproc_child_get_pid (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_run (self)->pid;
}

/**
 * cproc_child_get_state:
 * @self: a child
 *
 * Gets the state.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
CprocState
cproc_child_get_state (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), CPROC_STATE_NEW);

  return cproc_child_get_run (self)->state;
}

/**
 * cproc_child_get_exit_code:
 * @self: a child
 *
 * Gets the program's exit code.
 *
 * Returns: the code, 0 to 255, or -1
 *
 * Since: 1.0
 */
int
cproc_child_get_exit_code (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), -1);

  return cproc_child_get_run (self)->end.exit_code;
}

/**
 * cproc_child_get_term_signal:
 * @self: a child
 *
 * Gets the signal that ended the program.
 *
 * Returns: the signal's number, or 0
 *
 * Since: 1.0
 */
int
cproc_child_get_term_signal (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_run (self)->end.term_signal;
}

/**
 * cproc_child_get_timed_out:
 * @self: a child
 *
 * Gets whether the child was ended because of a timeout.
 *
 * Returns: `TRUE` if it was
 *
 * Since: 1.0
 */
gboolean
cproc_child_get_timed_out (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);

  return cproc_child_get_run (self)->timed_out;
}

/**
 * cproc_child_dup_resource_usage:
 * @self: a child
 *
 * Gets what the ended process has used.
 *
 * With containment `TREE` it is always known. Otherwise it is known if the library has seen the end
 * of the process before GLib has reaped it and thrown it away. The figures are exact.
 *
 * Returns: (transfer full) (nullable): the resource usage, or `NULL` when it is not known, or the
 *   process has not ended
 *
 * Since: 1.0
 */
CprocResourceUsage *
cproc_child_dup_resource_usage (CprocChild *self)
{
  const CprocExitStatus *end;

  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  end = &cproc_child_get_run (self)->end;

  return end->has_usage ? cproc_resource_usage_copy (&end->usage) : NULL;
}

/**
 * cproc_child_get_subprocess:
 * @self: a child
 *
 * Gets the subprocess underneath, for what GIO offers beyond this class.
 *
 * Its streams cannot be used: it has none. Signals are better sent with
 * [method@Cproc.Child.send_signal], which knows the containment.
 *
 * Returns: (transfer none) (nullable): the subprocess, or `NULL` before the start
 *
 * Since: 1.0
 */
GSubprocess *
cproc_child_get_subprocess (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  return cproc_child_get_priv (self)->subprocess;
}

/**
 * cproc_child_get_timeout:
 * @self: a child
 *
 * Gets how long the child may run.
 *
 * Returns: milliseconds from its start; 0 for ever
 *
 * Since: 1.0
 */
guint
cproc_child_get_timeout (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_run (self)->timeout;
}

/**
 * cproc_child_set_timeout:
 * @self: a child
 * @timeout: milliseconds from its start; 0 for ever
 *
 * Sets how long the child may run.
 *
 * Since: 1.0
 */
void
cproc_child_set_timeout (CprocChild *self,
                         guint timeout)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->run.timeout == timeout)
    return;

  cproc_run_set_timeout (&priv->run, timeout);
  cproc_child_notify (self, CPROC_CHILD_PROP_TIMEOUT);
}

/**
 * cproc_child_get_idle_timeout:
 * @self: a child
 *
 * Gets how long the child may run without output.
 *
 * Returns: milliseconds; 0 for ever
 *
 * Since: 1.0
 */
guint
cproc_child_get_idle_timeout (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_run (self)->idle_timeout;
}

/**
 * cproc_child_set_idle_timeout:
 * @self: a child
 * @idle_timeout: milliseconds; 0 for ever
 *
 * Sets how long the child may run without output.
 *
 * Since: 1.0
 */
void
cproc_child_set_idle_timeout (CprocChild *self,
                              guint idle_timeout)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->run.idle_timeout == idle_timeout)
    return;

  cproc_run_set_idle_timeout (&priv->run, idle_timeout);
  cproc_child_notify (self, CPROC_CHILD_PROP_IDLE_TIMEOUT);
}

/**
 * cproc_child_get_drain_timeout:
 * @self: a child
 *
 * Gets how long a stream that other processes hold open is still read after the exit.
 *
 * Returns: milliseconds; -1 for ever
 *
 * Since: 1.0
 */
int
cproc_child_get_drain_timeout (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_run (self)->drain_timeout;
}

/**
 * cproc_child_set_drain_timeout:
 * @self: a child
 * @drain_timeout: milliseconds; -1 for ever
 *
 * Sets how long a stream that other processes hold open is still read after the exit.
 *
 * Since: 1.0
 */
void
cproc_child_set_drain_timeout (CprocChild *self,
                               int drain_timeout)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (drain_timeout >= -1);
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->run.drain_timeout == drain_timeout)
    return;

  cproc_run_set_drain_timeout (&priv->run, drain_timeout);
  cproc_child_notify (self, CPROC_CHILD_PROP_DRAIN_TIMEOUT);
}

/**
 * cproc_child_get_kill_signal:
 * @self: a child
 *
 * Gets the signal by which the child is asked to end.
 *
 * Returns: a signal's number
 *
 * Since: 1.0
 */
int
cproc_child_get_kill_signal (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_priv (self)->kill_signal;
}

/**
 * cproc_child_set_kill_signal:
 * @self: a child
 * @kill_signal: a signal's number
 *
 * Sets the signal by which the child is asked to end.
 *
 * Once it was set, a child with a terminal gets it too, and not SIGHUP.
 *
 * Since: 1.0
 */
void
cproc_child_set_kill_signal (CprocChild *self,
                             int kill_signal)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (kill_signal > 0 && kill_signal < NSIG);
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  priv->has_kill_signal = TRUE;
  if (priv->kill_signal == kill_signal)
    return;

  priv->kill_signal = kill_signal;
  cproc_child_notify (self, CPROC_CHILD_PROP_KILL_SIGNAL);
}

/**
 * cproc_child_get_kill_grace:
 * @self: a child
 *
 * Gets the time between the kill signal and SIGKILL.
 *
 * Returns: milliseconds; 0 SIGKILL at once, -1 never
 *
 * Since: 1.0
 */
int
cproc_child_get_kill_grace (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_run (self)->kill_grace;
}

/**
 * cproc_child_set_kill_grace:
 * @self: a child
 * @kill_grace: milliseconds; 0 SIGKILL at once, -1 never
 *
 * Sets the time between the kill signal and SIGKILL.
 *
 * Since: 1.0
 */
void
cproc_child_set_kill_grace (CprocChild *self,
                            int         kill_grace)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (kill_grace >= -1);
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->run.kill_grace == kill_grace)
    return;

  priv->run.kill_grace = kill_grace;
  cproc_child_notify (self, CPROC_CHILD_PROP_KILL_GRACE);
}

/**
 * cproc_child_get_max_line_length:
 * @self: a child
 *
 * Gets the length above which a line is delivered in pieces.
 *
 * Returns: bytes; 0: no lines are delivered, -1: no limit
 *
 * Since: 1.0
 */
gint64
cproc_child_get_max_line_length (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), 0);

  return cproc_child_get_priv (self)->max_line_length;
}

/**
 * cproc_child_set_max_line_length:
 * @self: a child
 * @max_line_length: bytes; -1: no limit, 0: no line is delivered
 *
 * Sets the length above which a line is delivered in pieces.
 *
 * Since: 1.0
 */
void
cproc_child_set_max_line_length (CprocChild *self,
                                 gint64      max_line_length)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (max_line_length >= -1);
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->max_line_length == max_line_length)
    return;

  priv->max_line_length = max_line_length;
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_output_reader_set_max_line_length (&priv->outputs[i], max_line_length);
  cproc_child_notify (self, CPROC_CHILD_PROP_MAX_LINE_LENGTH);
}

/**
 * cproc_child_get_encoding:
 * @self: a child
 *
 * Gets the encoding of lines and text.
 *
 * Returns: (transfer none): the encoding's name
 *
 * Since: 1.0
 */
const char *
cproc_child_get_encoding (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);

  return cproc_child_get_priv (self)->encoding;
}

/**
 * cproc_child_set_encoding:
 * @self: a child
 * @encoding: (nullable): the encoding's name, see [property@Cproc.Child:encoding]; `NULL` for
 *   UTF-8
 *
 * Sets the encoding of lines and text, before the start.
 *
 * Since: 1.0
 */
void
cproc_child_set_encoding (CprocChild *self,
                          const char *encoding)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  g_return_if_fail (priv->run.state < CPROC_STATE_STARTING);
  if (encoding == NULL)
    encoding = "UTF-8";
  if (g_str_equal (priv->encoding, encoding))
    return;

  g_free (priv->encoding);
  priv->encoding = g_strdup (encoding);
  cproc_child_notify (self, CPROC_CHILD_PROP_ENCODING);
}

/**
 * cproc_child_get_universal_newlines:
 * @self: a child
 *
 * Gets whether `\r` ends a line too.
 *
 * Returns: `TRUE` if it does
 *
 * Since: 1.0
 */
gboolean
cproc_child_get_universal_newlines (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);

  return cproc_child_get_priv (self)->universal_newlines;
}

/**
 * cproc_child_set_universal_newlines:
 * @self: a child
 * @universal_newlines: `TRUE` if `\r` ends a line too
 *
 * Sets whether `\r` ends a line too, before the start.
 *
 * Since: 1.0
 */
void
cproc_child_set_universal_newlines (CprocChild *self,
                                    gboolean    universal_newlines)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  g_return_if_fail (priv->run.state < CPROC_STATE_STARTING);
  universal_newlines = !!universal_newlines;
  if (priv->universal_newlines == universal_newlines)
    return;

  priv->universal_newlines = universal_newlines;
  cproc_child_notify (self, CPROC_CHILD_PROP_UNIVERSAL_NEWLINES);
}

/**
 * cproc_child_get_keep_output:
 * @self: a child
 *
 * Gets whether the output is kept from its first byte.
 *
 * Returns: `TRUE` if it is
 *
 * Since: 1.0
 */
gboolean
cproc_child_get_keep_output (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);

  return cproc_child_get_priv (self)->keep_output;
}

/**
 * cproc_child_set_keep_output:
 * @self: a child
 * @keep_output: `TRUE` to keep it
 *
 * Sets whether the output is kept from its first byte, before the start; see
 * [property@Cproc.Child:keep-output].
 *
 * Since: 1.0
 */
void
cproc_child_set_keep_output (CprocChild *self,
                             gboolean    keep_output)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  g_return_if_fail (priv->run.state < CPROC_STATE_STARTING);
  keep_output = !!keep_output;
  if (priv->keep_output == keep_output)
    return;

  priv->keep_output = keep_output;
  cproc_child_notify (self, CPROC_CHILD_PROP_KEEP_OUTPUT);
}

/**
 * cproc_child_get_line_flags:
 * @self: a child
 *
 * Gets what the text of a line does not tell: whether it is cut, replaced or unterminated. Call it
 * in a handler of [signal@Cproc.Child::line] or [signal@Cproc.Child::lines], or in the callback of
 * [method@Cproc.Child.read_line_async].
 *
 * Returns: the flags; none at any other time
 *
 * Since: 1.0
 */
CprocLineFlags
cproc_child_get_line_flags (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), CPROC_LINE_FLAGS_NONE);

  return cproc_child_get_priv (self)->line_flags;
}

/**
 * cproc_child_get_drained:
 * @self: a child
 *
 * Gets whether all output was read to its end.
 *
 * Returns: `FALSE` if a stream was given up at [property@Cproc.Child:drain-timeout]
 *
 * Since: 1.0
 */
gboolean
cproc_child_get_drained (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), TRUE);

  return cproc_child_get_run (self)->drained;
}

/**
 * cproc_child_get_io_priority:
 * @self: a child
 *
 * Gets the priority of reading and of the signals in the main context.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
int
cproc_child_get_io_priority (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), G_PRIORITY_DEFAULT);

  return cproc_child_get_priv (self)->io_priority;
}

/**
 * cproc_child_set_io_priority:
 * @self: a child
 * @io_priority: a priority, as `G_PRIORITY_DEFAULT`
 *
 * Sets the priority of reading and of the signals in the main context.
 *
 * Since: 1.0
 */
void
cproc_child_set_io_priority (CprocChild *self,
                             int         io_priority)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->io_priority == io_priority)
    return;

  priv->io_priority = io_priority;
  cproc_exit_watch_set_priority (&priv->exit_watch, priv->context, io_priority);
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_output_reader_set_priority (&priv->outputs[i], io_priority);
  cproc_child_notify (self, CPROC_CHILD_PROP_IO_PRIORITY);
}
