/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "cproc-child-private.h"
#include "cproc-exec-private.h"
#include "cproc-backtrace-private.h"
#include "cproc-gettext-private.h"

/**
 * CprocExec:
 *
 * A child whose output is kept and whose end is the answer: what Node's `child_process.exec()`
 * gives a Node program.
 *
 * ```c
 * g_autoptr(CprocExec) exec = cproc_exec_new_shell ("ls -l");
 * g_autoptr(GError) error = NULL;
 *
 * if (cproc_exec_run (exec, NULL, &error))
 *   {
 *     g_autofree char *text = cproc_exec_get_stdout_text (exec);
 *
 *     g_print ("%s", text);
 *   }
 * else
 *   {
 *     g_printerr ("%s\n", error->message);
 *   }
 * ```
 *
 * A line for the shell must not hold text from elsewhere: use [ctor@Cproc.Exec.new] for that.
 *
 * ## Input and output
 *
 * The output is kept however the program ends, up to [property@Cproc.Exec:max-buffer] bytes of each
 * stream; a program that writes more is ended. Standard input is empty unless
 * [property@Cproc.Exec:input] or the command says otherwise.
 *
 * ## How it ends
 *
 * Only exit code 0 is a success. Otherwise there is an error, from [error@Cproc.Error] if the
 * program ran. Its message names the command, the code or the signal, and the last line of standard
 * error. [property@Cproc.Child:timeout] and a cancellation end the program, and everything in its
 * group.
 *
 * ## It is a child
 *
 * All signals of a [class@Cproc.Child] are emitted as well; it may be started like any child, and
 * [method@Cproc.Child.wait_check] then reports what [method@Cproc.Exec.run] would. It is used in
 * one thread, as any child.
 *
 * Since: 1.0
 */

/* The 200 kB of Node's documentation. */
#define DEFAULT_MAX_BUFFER (200 * 1024)

typedef enum
{
  PROP_MAX_BUFFER = 1,
  PROP_INPUT,
  PROP_CAPTURE_STACK,
  PROP_STDOUT_TEXT,
  PROP_STDERR_TEXT,
} CprocExecProperty;

static GParamSpec *properties[PROP_STDERR_TEXT + 1];

G_DEFINE_FINAL_TYPE (CprocExec, cproc_exec, CPROC_TYPE_CHILD)

static gboolean
exec_wants_stack (CprocExec *self)
{
  const GDebugKey keys[] = { { "stack", 1 } };

  return self->capture_stack ||
         g_parse_debug_string (g_getenv ("CPROC_DEBUG"), keys, G_N_ELEMENTS (keys)) != 0;
}

static gboolean
cproc_exec_prepare (CprocChild   *child,
                    CprocLaunch  *launch,
                    GError      **error)
{
  CprocExec *self = CPROC_EXEC (child);

  /* The input of a prepared process may be set until the start. */
  self->may_get_input = self->input == NULL && cproc_launch_is_held (launch) &&
                        cproc_command_get_stdin_mode (cproc_child_get_command (child)) ==
                          CPROC_STDIO_DEFAULT;
  if (self->input != NULL || self->may_get_input)
    cproc_launch_set_defaults (launch, CPROC_STDIO_PIPE, CPROC_STDIO_PIPE, CPROC_STDIO_PIPE);

  if (self->input != NULL && !cproc_launch_is_piped (launch, 0) &&
      cproc_launch_get_mode (launch, 0) != CPROC_STDIO_TERMINAL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("There is input for a program whose standard input leads elsewhere"));
      return FALSE;
    }

  g_clear_pointer (&self->error_stack, g_free);
  self->stack.n_frames = 0;
  if (exec_wants_stack (self))
    cproc_backtrace_capture (&self->stack);

  return TRUE;
}

static void
cproc_exec_prepared (CprocChild *child)
{
  CprocExec *self = CPROC_EXEC (child);
  CprocPipeWriter *writer = cproc_child_get_priv (child)->writer;

  if (writer == NULL || (self->input == NULL && !self->may_get_input))
    return;

  /* A program that does not read all of its input is not an error. */
  if (self->input != NULL)
    cproc_pipe_writer_push (writer, self->input, NULL);
  cproc_pipe_writer_close (writer);
}

/* Returns how many bytes of a stream may still be kept. */
static gsize
exec_get_room (CprocExec   *self,
               CprocBuffer *buffer)
{
  guint64 room = self->max_buffer;

  if (self->max_buffer < 0)
    return G_MAXSIZE;

  room -= MIN (buffer->length, room);

  return (gsize) MIN (room, G_MAXSIZE);
}

static char *
cproc_exec_reserve (CprocChild  *child,
                    CprocStream  stream,
                    gsize       *size)
{
  CprocExec *self = CPROC_EXEC (child);
  CprocBuffer *buffer = &self->buffers[stream - CPROC_STREAM_STDOUT];
  char *data = cproc_buffer_get_room (buffer, size);

  *size = MIN (*size, exec_get_room (self, buffer));

  return *size >= CPROC_READ_SIZE ? data : NULL;
}

static void
cproc_exec_received (CprocChild  *child,
                     CprocStream  stream,
                     const char  *data,
                     gsize        length)
{
  CprocExec *self = CPROC_EXEC (child);
  CprocBuffer *buffer = &self->buffers[stream - CPROC_STREAM_STDOUT];
  gsize room = exec_get_room (self, buffer);
  gboolean kept = TRUE;

  if (buffer->data != NULL && data == buffer->data + buffer->length)
    cproc_buffer_commit (buffer, length);
  else
    kept = cproc_buffer_append (buffer, data, MIN (length, room));

  if ((length > room || !kept) && self->limited_stream == 0)
    {
      self->limited_stream = stream;
      self->no_memory = !kept;
      cproc_run_end (cproc_child_get_run (child), CPROC_END_LIMIT);
    }
}

static gboolean
cproc_exec_finishing (CprocChild *child)
{
  CprocExec *self = CPROC_EXEC (child);

  /* A handler of notify::stdout-text may run a main loop, which comes here again. */
  if (self->bytes[0] != NULL)
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (self->buffers); i++)
    self->bytes[i] = cproc_buffer_to_bytes (&self->buffers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (self->buffers); i++)
    if (g_bytes_get_size (self->bytes[i]) > 0)
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STDOUT_TEXT + i]);

  return TRUE;
}

static GError *
exec_new_limit_error (CprocExec *self)
{
  g_autofree char *line = cproc_command_dup_line (cproc_child_get_command (CPROC_CHILD (self)));
  GBytes *kept = self->bytes[self->limited_stream - CPROC_STREAM_STDOUT];
  gint64 limit = self->no_memory ? (gint64) g_bytes_get_size (kept) : self->max_buffer;
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, limit);
  g_autofree char *reason =
    g_strdup_printf (self->limited_stream == CPROC_STREAM_STDOUT
                       ? _("“%s” was ended because it wrote more than %s bytes to standard "
                           "output (stdout)")
                       : _("“%s” was ended because it wrote more than %s bytes to standard "
                           "error (stderr)"),
                     line, number);

  return g_error_new (CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT, "%s%s%s", reason,
                      self->no_memory ? ": " : "", self->no_memory ? g_strerror (ENOMEM) : "");
}

/* A program that did not get all of its input may have exited with 0 and a wrong result. */
static GError *
exec_dup_input_failure (CprocExec *self)
{
  CprocPipeWriter *writer = cproc_child_get_priv (CPROC_CHILD (self))->writer;
  g_autofree char *line = cproc_command_dup_line (cproc_child_get_command (CPROC_CHILD (self)));
  GError *error = NULL;

  /* Input that was set after the start has no reader. */
  if (self->input != NULL && writer != NULL)
    error = cproc_pipe_writer_dup_failure (writer);

  g_prefix_error (&error, "“%s”: ", line);

  return error;
}

static GError *
cproc_exec_dup_failure (CprocChild *child)
{
  CprocExec *self = CPROC_EXEC (child);
  GError *error;

  if (cproc_child_get_run (child)->end_reason == CPROC_END_LIMIT)
    return exec_new_limit_error (self);

  error = cproc_child_dup_failure (child);

  return error != NULL ? error : exec_dup_input_failure (self);
}

static void
cproc_exec_finalize (GObject *object)
{
  CprocExec *self = CPROC_EXEC (object);

  g_clear_pointer (&self->input, g_bytes_unref);
  for (guint i = 0; i < G_N_ELEMENTS (self->buffers); i++)
    {
      cproc_buffer_clear (&self->buffers[i]);
      g_clear_pointer (&self->bytes[i], g_bytes_unref);
    }
  g_clear_pointer (&self->error_stack, g_free);

  G_OBJECT_CLASS (cproc_exec_parent_class)->finalize (object);
}

static void
cproc_exec_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  CprocExec *self = CPROC_EXEC (object);

  switch ((CprocExecProperty) prop_id)
    {
    case PROP_MAX_BUFFER:
      g_value_set_int64 (value, self->max_buffer);
      break;
    case PROP_INPUT:
      g_value_set_boxed (value, self->input);
      break;
    case PROP_CAPTURE_STACK:
      g_value_set_boolean (value, self->capture_stack);
      break;
    case PROP_STDOUT_TEXT:
      g_value_take_string (value, cproc_exec_get_stdout_text (self));
      break;
    case PROP_STDERR_TEXT:
      g_value_take_string (value, cproc_exec_get_stderr_text (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_exec_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  CprocExec *self = CPROC_EXEC (object);

  switch ((CprocExecProperty) prop_id)
    {
    case PROP_MAX_BUFFER:
      cproc_exec_set_max_buffer (self, g_value_get_int64 (value));
      break;
    case PROP_INPUT:
      cproc_exec_set_input (self, g_value_get_boxed (value));
      break;
    case PROP_CAPTURE_STACK:
      cproc_exec_set_capture_stack (self, g_value_get_boolean (value));
      break;
    case PROP_STDOUT_TEXT:
    case PROP_STDERR_TEXT:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  /**
   * CprocExec:max-buffer: (getter get_max_buffer) (setter set_max_buffer)
   *
   * How much of each stream is kept, in bytes; -1 all of it.
   *
   * A program that writes more to one of them is ended, with [error@Cproc.Error.OUTPUT_LIMIT]; the
   * first bytes, up to this number, are kept. The same happens if there is no memory for the
   * output, whatever the number.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_BUFFER] =
    g_param_spec_int64 ("max-buffer", NULL, NULL, -1, G_MAXINT64, DEFAULT_MAX_BUFFER,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocExec:input: (getter get_input) (setter set_input)
   *
   * What the program reads from its standard input; `NULL`: nothing.
   *
   * Since: 1.0
   */
  properties[PROP_INPUT] =
    g_param_spec_boxed ("input", NULL, NULL, G_TYPE_BYTES,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocExec:capture-stack: (getter get_capture_stack) (setter set_capture_stack)
   *
   * Whether [method@Cproc.Exec.get_error_stack] has the call stack of the start; also so when
   * the environment variable `CPROC_DEBUG` holds `stack`.
   *
   * Since: 1.0
   */
  properties[PROP_CAPTURE_STACK] =
    g_param_spec_boolean ("capture-stack", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocExec:stdout-text: (getter get_stdout_text)
   *
   * What the program has written to standard output, as text.
   *
   * It notifies once, before [signal@Cproc.Child::closed], if there is any.
   *
   * Since: 1.0
   */
  properties[PROP_STDOUT_TEXT] =
    g_param_spec_string ("stdout-text", NULL, NULL, "",
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocExec:stderr-text: (getter get_stderr_text)
   *
   * What the program has written to standard error, as text.
   *
   * It notifies once, before [signal@Cproc.Child::closed], if there is any.
   *
   * Since: 1.0
   */
  properties[PROP_STDERR_TEXT] =
    g_param_spec_string ("stderr-text", NULL, NULL, "",
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
cproc_exec_class_init (CprocExecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  CprocChildHooks *hooks = cproc_child_class_get_hooks (CPROC_CHILD_CLASS (klass));

  object_class->finalize = cproc_exec_finalize;
  object_class->get_property = cproc_exec_get_property;
  object_class->set_property = cproc_exec_set_property;

  hooks->default_stdio[0] = CPROC_STDIO_NULL;
  hooks->prepare = cproc_exec_prepare;
  hooks->prepared = cproc_exec_prepared;
  hooks->reserve = cproc_exec_reserve;
  hooks->received = cproc_exec_received;
  hooks->finishing = cproc_exec_finishing;
  hooks->dup_failure = cproc_exec_dup_failure;

  install_properties (object_class);
}

static void
cproc_exec_init (CprocExec *self)
{
  self->max_buffer = DEFAULT_MAX_BUFFER;
}

/**
 * cproc_exec_new:
 * @argv: (array zero-terminated=1) (element-type filename): the program and its arguments
 *
 * Creates an exec for a program and its arguments, without a shell.
 *
 * Returns: (transfer full): a new exec, not started
 *
 * Since: 1.0
 */
CprocExec *
cproc_exec_new (const char * const *argv)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);

  cproc_command_set_closes_fds (command);

  return cproc_exec_new_for_command (command);
}

/**
 * cproc_exec_new_shell:
 * @line: (type filename): a command line
 *
 * Creates an exec for a line that `/bin/sh` runs.
 *
 * Never put text from elsewhere into the line: the shell would run the commands in it. Use
 * [ctor@Cproc.Exec.new] for such text.
 *
 * Returns: (transfer full): a new exec, not started
 *
 * Since: 1.0
 */
CprocExec *
cproc_exec_new_shell (const char *line)
{
  g_autoptr (CprocCommand) command = NULL;

  g_return_val_if_fail (line != NULL, NULL);

  command = cproc_command_new_shell (line);
  cproc_command_set_closes_fds (command);

  return cproc_exec_new_for_command (command);
}

/**
 * cproc_exec_new_for_command:
 * @command: what to run
 *
 * Creates an exec for a command.
 *
 * Returns: (transfer full): a new exec, not started
 *
 * Since: 1.0
 */
CprocExec *
cproc_exec_new_for_command (CprocCommand *command)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (command), NULL);

  return g_object_new (CPROC_TYPE_EXEC, "command", command, NULL);
}

/**
 * cproc_exec_get_max_buffer:
 * @self: an exec
 *
 * Gets how much of each stream is kept.
 *
 * Returns: the number of bytes, or -1
 *
 * Since: 1.0
 */
gint64
cproc_exec_get_max_buffer (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), 0);

  return self->max_buffer;
}

/**
 * cproc_exec_set_max_buffer:
 * @self: an exec
 * @max_buffer: bytes; -1 without a limit
 *
 * Sets how much of each stream is kept.
 *
 * Since: 1.0
 */
void
cproc_exec_set_max_buffer (CprocExec *self,
                           gint64     max_buffer)
{
  g_return_if_fail (CPROC_IS_EXEC (self));
  g_return_if_fail (max_buffer >= -1);

  if (self->max_buffer == max_buffer)
    return;

  self->max_buffer = max_buffer;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_BUFFER]);
}

/**
 * cproc_exec_get_input:
 * @self: an exec
 *
 * Gets what the program reads from its standard input.
 *
 * Returns: (transfer none) (nullable): the input, or `NULL`
 *
 * Since: 1.0
 */
GBytes *
cproc_exec_get_input (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), NULL);

  return self->input;
}

/**
 * cproc_exec_set_input:
 * @self: an exec that has not been started
 * @input: (nullable): the input; `NULL` for none
 *
 * Sets what the program reads from its standard input.
 *
 * A program that ends without reading all of it is not an error.
 *
 * Since: 1.0
 */
void
cproc_exec_set_input (CprocExec *self,
                      GBytes    *input)
{
  g_return_if_fail (CPROC_IS_EXEC (self));

  if (self->input == input)
    return;

  g_clear_pointer (&self->input, g_bytes_unref);
  self->input = input != NULL ? g_bytes_ref (input) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INPUT]);
}

/**
 * cproc_exec_get_capture_stack:
 * @self: an exec
 *
 * Gets whether the call stack of the start is kept.
 *
 * Returns: `TRUE` if it is
 *
 * Since: 1.0
 */
gboolean
cproc_exec_get_capture_stack (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), FALSE);

  return self->capture_stack;
}

/**
 * cproc_exec_set_capture_stack:
 * @self: an exec
 * @capture_stack: `TRUE` to keep it
 *
 * Sets whether the call stack of the start is kept.
 *
 * Since: 1.0
 */
void
cproc_exec_set_capture_stack (CprocExec *self,
                              gboolean   capture_stack)
{
  g_return_if_fail (CPROC_IS_EXEC (self));

  capture_stack = !!capture_stack;
  if (self->capture_stack == capture_stack)
    return;

  self->capture_stack = capture_stack;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAPTURE_STACK]);
}
