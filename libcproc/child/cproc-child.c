/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <unistd.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

/**
 * CprocChild:
 *
 * One run of a [class@Cproc.Command]: a process, its streams and its end.
 *
 * A child is made, started once, and then tells by signals what happens: its output as it comes,
 * whole or in lines, the end of the process, and the end of everything. A failed start leaves it as
 * it was, and may be tried again.
 *
 * ```c
 * static void
 * on_line (CprocChild *child, CprocStream stream, const char *line, gpointer user_data)
 * {
 *   g_print ("%s\n", line);
 * }
 *
 * const char *argv[] = { "tail", "-f", path, NULL };
 * g_autoptr(CprocChild) child = cproc_child_new (argv);
 *
 * g_signal_connect (child, "line::stdout", G_CALLBACK (on_line), NULL);
 * if (!cproc_child_start (child, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * ## Signals and their order
 *
 * [signal@Cproc.Child::started] is first. [signal@Cproc.Child::output],
 * [signal@Cproc.Child::lines] and [signal@Cproc.Child::line] bring what the child writes; for each
 * stream [signal@Cproc.Child::stream-ended] follows its last. [signal@Cproc.Child::exit] tells that
 * the process has ended; output may still come, since everything the process wrote is delivered.
 * [signal@Cproc.Child::closed] comes exactly once and is always last. A property changes, and
 * notifies, before the signal that tells of it.
 *
 * A stream without a listener is read as well, and its data dropped, so that a child never waits
 * for a reader that does not exist.
 *
 * ## Lifetime
 *
 * Dropping the last reference to a running child ends it with [property@Cproc.Child:kill-signal],
 * and SIGKILL after [property@Cproc.Child:kill-grace], unless its command asks for a session of
 * its own ([property@Cproc.Command:new-session]). The process is reaped in any case.
 *
 * ## Threads
 *
 * A child belongs to the main context that was the thread-default one when it was started: its
 * signals are emitted there, and its methods are called from the thread that runs that context. A
 * method that is called from another thread is refused: it writes a critical, changes nothing, and
 * returns `FALSE` with [error@Cproc.Error.NOT_SUPPORTED]. Properties may be read anywhere, and any
 * thread may drop the last reference.
 *
 * During [method@Cproc.Child.wait] the signals are emitted from inside the call, and none of the
 * application's own sources run.
 *
 * Since: 1.0
 */

G_DEFINE_TYPE_WITH_CODE (CprocChild, cproc_child, G_TYPE_OBJECT,
                         G_ADD_PRIVATE (CprocChild)
                         g_type_add_class_private (g_define_type_id, sizeof (CprocChildHooks)))

static void
cproc_child_constructed (GObject *object)
{
  CprocChild *self = CPROC_CHILD (object);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  G_OBJECT_CLASS (cproc_child_parent_class)->constructed (object);

  /* The start then fails, because there is no program. */
  if (priv->command == NULL)
    priv->command = g_object_new (CPROC_TYPE_COMMAND, NULL);
}

static void
cproc_child_dispose (GObject *object)
{
  CprocChild *self = CPROC_CHILD (object);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  /* A fork keeps the object for ever: its sources are in a main context, and threads that do not
   * exist here may have held its locks. */
  if (cproc_child_is_foreign (self))
    {
      g_object_ref (self);
      return;
    }

  if (!cproc_child_leave_sources (self))
    return;

  /* This may be any thread. No function of the sources runs any more, see cproc_owner_hold(): the
   * processes are ended and the pipes closed right here, whether or not the main context is ever
   * run again. */
  cproc_watch_stop (&priv->prepared_watch);
  g_clear_pointer (&priv->prepared, cproc_launch_free);
  cproc_exit_watch_stop (&priv->exit_watch);
  cproc_timer_stop (&priv->read_timer);
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_output_reader_clear (&priv->outputs[i]);

  if (priv->job != NULL)
    {
      cproc_run_abandon (&priv->run, cproc_command_get_new_session (priv->command));
      cproc_job_cancel_close (priv->job);
    }
  g_clear_pointer (&priv->job, cproc_job_unref);
  g_clear_object (&priv->subprocess);

  if (priv->writer != NULL)
    cproc_pipe_writer_abandon (priv->writer);
  g_clear_pointer (&priv->writer, cproc_pipe_writer_unref);
  g_clear_object (&priv->stdin_stream);
  for (guint i = 0; i < G_N_ELEMENTS (priv->input_streams); i++)
    g_clear_object (&priv->input_streams[i]);
  g_clear_pointer (&priv->pipe_streams, g_hash_table_unref);
  for (guint i = 0; i < G_N_ELEMENTS (priv->early_pipes); i++)
    cproc_fd_clear (&priv->early_pipes[i]);
  cproc_child_close_terminal (self);
  cproc_child_clear_tees (self);

  G_OBJECT_CLASS (cproc_child_parent_class)->dispose (object);
}

static void
cproc_child_finalize (GObject *object)
{
  CprocChild *self = CPROC_CHILD (object);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  /* Each wait holds the child. */
  g_assert (priv->waits == NULL);

  g_clear_object (&priv->command);
  g_clear_pointer (&priv->owner, cproc_owner_unref);
  g_clear_pointer (&priv->pipeline, cproc_owner_unref);
  g_clear_pointer (&priv->thread, g_thread_unref);
  g_clear_pointer (&priv->context, g_main_context_unref);
  g_clear_pointer (&priv->encoding, g_free);
  cproc_last_line_clear (&priv->last_error_line);

  G_OBJECT_CLASS (cproc_child_parent_class)->finalize (object);
}

static gboolean
child_get_flag (CprocChildPrivate *priv,
                guint              prop_id)
{
  if (prop_id == CPROC_CHILD_PROP_TIMED_OUT)
    return priv->run.timed_out;

  if (prop_id == CPROC_CHILD_PROP_KEEP_OUTPUT)
    return priv->keep_output;

  return prop_id == CPROC_CHILD_PROP_DRAINED ? priv->run.drained : priv->universal_newlines;
}

static void
cproc_child_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  CprocChild *self = CPROC_CHILD (object);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  switch ((CprocChildProperty) prop_id)
    {
    case CPROC_CHILD_PROP_COMMAND:
      g_value_set_object (value, priv->command);
      break;
    case CPROC_CHILD_PROP_PID:
      g_value_set_int64 (value, priv->run.pid);
      break;
    case CPROC_CHILD_PROP_STATE:
      g_value_set_enum (value, priv->run.state);
      break;
    case CPROC_CHILD_PROP_EXIT_CODE:
      g_value_set_int (value, priv->run.end.exit_code);
      break;
    case CPROC_CHILD_PROP_TERM_SIGNAL:
      g_value_set_int (value, priv->run.end.term_signal);
      break;
    case CPROC_CHILD_PROP_TIMED_OUT:
    case CPROC_CHILD_PROP_DRAINED:
    case CPROC_CHILD_PROP_UNIVERSAL_NEWLINES:
    case CPROC_CHILD_PROP_KEEP_OUTPUT:
      g_value_set_boolean (value, child_get_flag (priv, prop_id));
      break;
    case CPROC_CHILD_PROP_TIMEOUT:
      g_value_set_uint (value, priv->run.timeout);
      break;
    case CPROC_CHILD_PROP_IDLE_TIMEOUT:
      g_value_set_uint (value, priv->run.idle_timeout);
      break;
    case CPROC_CHILD_PROP_DRAIN_TIMEOUT:
      g_value_set_int (value, priv->run.drain_timeout);
      break;
    case CPROC_CHILD_PROP_KILL_SIGNAL:
      g_value_set_int (value, priv->kill_signal);
      break;
    case CPROC_CHILD_PROP_KILL_GRACE:
      g_value_set_int (value, priv->run.kill_grace);
      break;
    case CPROC_CHILD_PROP_MAX_LINE_LENGTH:
      g_value_set_int64 (value, priv->max_line_length);
      break;
    case CPROC_CHILD_PROP_ENCODING:
      g_value_set_string (value, priv->encoding);
      break;
    case CPROC_CHILD_PROP_IO_PRIORITY:
      g_value_set_int (value, priv->io_priority);
      break;
    case CPROC_CHILD_PROP_LINE_FLAGS:
      g_value_set_flags (value, priv->line_flags);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_child_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  CprocChild *self = CPROC_CHILD (object);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  switch ((CprocChildProperty) prop_id)
    {
    case CPROC_CHILD_PROP_COMMAND:
      priv->command = g_value_dup_object (value);
      break;
    case CPROC_CHILD_PROP_TIMEOUT:
      cproc_child_set_timeout (self, g_value_get_uint (value));
      break;
    case CPROC_CHILD_PROP_IDLE_TIMEOUT:
      cproc_child_set_idle_timeout (self, g_value_get_uint (value));
      break;
    case CPROC_CHILD_PROP_DRAIN_TIMEOUT:
      cproc_child_set_drain_timeout (self, g_value_get_int (value));
      break;
    case CPROC_CHILD_PROP_KILL_SIGNAL:
      cproc_child_set_kill_signal (self, g_value_get_int (value));
      break;
    case CPROC_CHILD_PROP_KILL_GRACE:
      cproc_child_set_kill_grace (self, g_value_get_int (value));
      break;
    case CPROC_CHILD_PROP_MAX_LINE_LENGTH:
      cproc_child_set_max_line_length (self, g_value_get_int64 (value));
      break;
    case CPROC_CHILD_PROP_ENCODING:
      cproc_child_set_encoding (self, g_value_get_string (value));
      break;
    case CPROC_CHILD_PROP_UNIVERSAL_NEWLINES:
      cproc_child_set_universal_newlines (self, g_value_get_boolean (value));
      break;
    case CPROC_CHILD_PROP_IO_PRIORITY:
      cproc_child_set_io_priority (self, g_value_get_int (value));
      break;
    case CPROC_CHILD_PROP_KEEP_OUTPUT:
      cproc_child_set_keep_output (self, g_value_get_boolean (value));
      break;
    case CPROC_CHILD_PROP_LINE_FLAGS:
    case CPROC_CHILD_PROP_PID:
    case CPROC_CHILD_PROP_STATE:
    case CPROC_CHILD_PROP_EXIT_CODE:
    case CPROC_CHILD_PROP_TERM_SIGNAL:
    case CPROC_CHILD_PROP_TIMED_OUT:
    case CPROC_CHILD_PROP_DRAINED:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_child_class_init (CprocChildClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  CprocChildHooks *hooks = cproc_child_class_get_hooks (klass);

  cproc_child_set_private_offset (g_type_class_get_instance_private_offset (klass));

  object_class->constructed = cproc_child_constructed;
  object_class->dispose = cproc_child_dispose;
  object_class->finalize = cproc_child_finalize;
  object_class->get_property = cproc_child_get_property;
  object_class->set_property = cproc_child_set_property;

  hooks->default_stdio[0] = CPROC_STDIO_NULL;
  hooks->default_stdio[1] = CPROC_STDIO_PIPE;
  hooks->default_stdio[2] = CPROC_STDIO_PIPE;

  cproc_child_install_properties (object_class);
  cproc_child_install_signals (G_TYPE_FROM_CLASS (klass));
}

gboolean
cproc_child_leave_sources (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_instance_private (self);

  return cproc_owner_leave (priv->owner);
}

/* Any thread may drop the last reference. */
static void
child_own_sources (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  priv->owner = cproc_owner_new (self);
  cproc_watch_set_owner (&priv->prepared_watch, priv->owner);
  cproc_exit_watch_set_owner (&priv->exit_watch, priv->owner);
  cproc_timer_set_owner (&priv->run_timer, priv->owner);
  cproc_timer_set_owner (&priv->read_timer, priv->owner);
  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    cproc_output_reader_set_owner (&priv->outputs[i], priv->owner);
}

static void
cproc_child_init (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_child_init_run (self);
  priv->kill_signal = SIGTERM;
  priv->max_line_length = 1024 * 1024;
  priv->encoding = g_strdup ("UTF-8");
  for (guint i = 0; i < G_N_ELEMENTS (priv->early_pipes); i++)
    priv->early_pipes[i] = -1;
  priv->joints[0] = priv->joints[1] = -1;
  cproc_child_init_terminal (self);
  cproc_child_init_tees (self);
  cproc_child_init_outputs (self);
  child_own_sources (self);
}

/**
 * cproc_child_new:
 * @argv: (array zero-terminated=1) (element-type filename): the program and its arguments
 *
 * Creates a child for a program and its arguments.
 *
 * Returns: (transfer full): a new child, not started
 *
 * Since: 1.0
 */
CprocChild *
cproc_child_new (const char * const *argv)
{
  g_autoptr(CprocCommand) command = cproc_command_new (argv);

  cproc_command_set_closes_fds (command);

  return cproc_child_new_for_command (command);
}

/**
 * cproc_child_new_shell:
 * @line: (type filename): a command line
 *
 * Creates a child for a line that `/bin/sh` runs.
 *
 * Never put text from elsewhere into such a line: the shell would run what it holds.
 *
 * Returns: (transfer full): a new child, not started
 *
 * Since: 1.0
 */
CprocChild *
cproc_child_new_shell (const char *line)
{
  g_autoptr(CprocCommand) command = NULL;

  g_return_val_if_fail (line != NULL, NULL);

  command = cproc_command_new_shell (line);
  cproc_command_set_closes_fds (command);

  return cproc_child_new_for_command (command);
}

/**
 * cproc_child_new_for_command:
 * @command: what to run
 *
 * Creates a child for a command.
 *
 * The command may be used for any number of children. Changes of the command count until the start.
 *
 * Returns: (transfer full): a new child, not started
 *
 * Since: 1.0
 */
CprocChild *
cproc_child_new_for_command (CprocCommand *command)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (command), NULL);

  return g_object_new (CPROC_TYPE_CHILD, "command", command, NULL);
}
