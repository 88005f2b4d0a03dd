/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-command-private.h"

/**
 * CprocCommand:
 *
 * A program to run, and how: everything that is decided before a start.
 *
 * A command holds the program and its arguments, the working directory, the environment, where the
 * standard streams lead, and the limits of the process. It is not a process: give it to
 * [ctor@Cproc.Child.new_for_command], [ctor@Cproc.Exec.new_for_command] or
 * [ctor@Cproc.Worker.new_for_command]. It can be started any number of times, and it may be dropped
 * once it has been given away.
 *
 * ```c
 * const char *argv[] = { "make", "-j4", NULL };
 * g_autoptr(CprocCommand) command = cproc_command_new (argv);
 * g_autoptr(CprocChild) child = NULL;
 *
 * cproc_command_set_cwd (command, "/home/ada/project");
 * cproc_command_set_environment_variable (command, "LC_ALL", "C");
 * cproc_command_set_stdio_file (command, 1, "build.log", CPROC_FILE_FLAGS_WRITE);
 * cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
 *
 * child = cproc_child_new_for_command (command);
 * ```
 *
 * ## Mistakes
 *
 * No setter fails. A wrong call (a variable without a name, a descriptor that is not open, two
 * things on one descriptor) changes nothing and is remembered: the next start fails with an error
 * that names the program and the mistake. The next right call of the same setter clears it. Most of
 * these errors are `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * ## Threads
 *
 * A command is not locked: change it in one thread, and not while it is being started. Once a start
 * has returned, or its callback has been called, a change concerns later starts only.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (CprocCommand, cproc_command, G_TYPE_OBJECT)

static gboolean
cproc_command_get_flag (CprocCommand *self,
                        guint         prop_id)
{
  if (prop_id == CPROC_COMMAND_PROP_NEW_SESSION)
    return self->new_session;

  return prop_id == CPROC_COMMAND_PROP_NO_TERMINAL ? self->no_terminal : self->die_with_parent;
}

static void
cproc_command_set_flag (CprocCommand *self,
                        guint         prop_id,
                        gboolean      flag)
{
  if (prop_id == CPROC_COMMAND_PROP_NEW_SESSION)
    cproc_command_set_new_session (self, flag);
  else if (prop_id == CPROC_COMMAND_PROP_NO_TERMINAL)
    cproc_command_set_no_terminal (self, flag);
  else
    cproc_command_set_die_with_parent (self, flag);
}

static void
cproc_command_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  CprocCommand *self = CPROC_COMMAND (object);

  switch ((CprocCommandProperty) prop_id)
    {
    case CPROC_COMMAND_PROP_ARGV:
      g_value_set_boxed (value, self->argv);
      break;
    case CPROC_COMMAND_PROP_ARGV0:
      g_value_set_string (value, self->argv0);
      break;
    case CPROC_COMMAND_PROP_EXEC_PATH:
      g_value_set_string (value, self->exec_path);
      break;
    case CPROC_COMMAND_PROP_EXEC_ARGV:
      g_value_set_boxed (value, self->exec_argv);
      break;
    case CPROC_COMMAND_PROP_CWD:
      g_value_set_string (value, self->cwd);
      break;
    case CPROC_COMMAND_PROP_ENVIRONMENT:
      g_value_set_boxed (value, self->environment);
      break;
    case CPROC_COMMAND_PROP_STDIN_MODE:
    case CPROC_COMMAND_PROP_STDOUT_MODE:
    case CPROC_COMMAND_PROP_STDERR_MODE:
      g_value_set_enum (value, self->stdio[prop_id - CPROC_COMMAND_PROP_STDIN_MODE].mode);
      break;
    case CPROC_COMMAND_PROP_CONTAINMENT:
      g_value_set_enum (value, self->containment);
      break;
    case CPROC_COMMAND_PROP_NEW_SESSION:
    case CPROC_COMMAND_PROP_NO_TERMINAL:
    case CPROC_COMMAND_PROP_DIE_WITH_PARENT:
      g_value_set_boolean (value, cproc_command_get_flag (self, prop_id));
      break;
    case CPROC_COMMAND_PROP_USER_ID:
      g_value_set_int64 (value, self->user_id);
      break;
    case CPROC_COMMAND_PROP_GROUP_ID:
      g_value_set_int64 (value, self->group_id);
      break;
    case CPROC_COMMAND_PROP_SUPPLEMENTARY_GROUPS:
      g_value_set_variant (value, self->supplementary_groups);
      break;
    case CPROC_COMMAND_PROP_UMASK:
      g_value_set_int (value, self->umask);
      break;
    case CPROC_COMMAND_PROP_NICE:
      g_value_set_int (value, self->nice);
      break;
    case CPROC_COMMAND_PROP_TERMINAL_FLAGS:
      g_value_set_flags (value, self->terminal_flags);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_command_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  CprocCommand *self = CPROC_COMMAND (object);

  switch ((CprocCommandProperty) prop_id)
    {
    case CPROC_COMMAND_PROP_ARGV:
      cproc_command_set_argv (self, g_value_get_boxed (value));
      break;
    case CPROC_COMMAND_PROP_ARGV0:
      cproc_command_set_argv0 (self, g_value_get_string (value));
      break;
    case CPROC_COMMAND_PROP_EXEC_PATH:
      cproc_command_set_exec_path (self, g_value_get_string (value));
      break;
    case CPROC_COMMAND_PROP_EXEC_ARGV:
      cproc_command_set_exec_argv (self, g_value_get_boxed (value));
      break;
    case CPROC_COMMAND_PROP_CWD:
      cproc_command_set_cwd (self, g_value_get_string (value));
      break;
    case CPROC_COMMAND_PROP_ENVIRONMENT:
      cproc_command_set_environment (self, g_value_get_boxed (value));
      break;
    case CPROC_COMMAND_PROP_STDIN_MODE:
    case CPROC_COMMAND_PROP_STDOUT_MODE:
    case CPROC_COMMAND_PROP_STDERR_MODE:
      cproc_command_set_mode (self, prop_id - CPROC_COMMAND_PROP_STDIN_MODE,
                              g_value_get_enum (value));
      break;
    case CPROC_COMMAND_PROP_CONTAINMENT:
      cproc_command_set_containment (self, g_value_get_enum (value));
      break;
    case CPROC_COMMAND_PROP_NEW_SESSION:
    case CPROC_COMMAND_PROP_NO_TERMINAL:
    case CPROC_COMMAND_PROP_DIE_WITH_PARENT:
      cproc_command_set_flag (self, prop_id, g_value_get_boolean (value));
      break;
    case CPROC_COMMAND_PROP_USER_ID:
      cproc_command_set_user_id (self, g_value_get_int64 (value));
      break;
    case CPROC_COMMAND_PROP_GROUP_ID:
      cproc_command_set_group_id (self, g_value_get_int64 (value));
      break;
    case CPROC_COMMAND_PROP_SUPPLEMENTARY_GROUPS:
      cproc_command_set_supplementary_groups (self, g_value_get_variant (value));
      break;
    case CPROC_COMMAND_PROP_UMASK:
      cproc_command_set_umask (self, g_value_get_int (value));
      break;
    case CPROC_COMMAND_PROP_NICE:
      cproc_command_set_nice (self, g_value_get_int (value));
      break;
    case CPROC_COMMAND_PROP_TERMINAL_FLAGS:
      cproc_command_set_terminal_flags (self, g_value_get_flags (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_command_finalize (GObject *object)
{
  CprocCommand *self = CPROC_COMMAND (object);

  g_strfreev (self->argv);
  g_free (self->argv0);
  g_free (self->exec_path);
  g_strfreev (self->exec_argv);
  g_free (self->cwd);
  g_strfreev (self->environment);
  g_ptr_array_unref (self->variables);
  for (guint i = 0; i < G_N_ELEMENTS (self->stdio); i++)
    {
      g_free (self->stdio[i].path);
      g_free (self->stdio[i].tee_path);
    }
  cproc_command_clear_fds (self);
  g_array_unref (self->fds);
  g_array_unref (self->pipes);
  g_array_unref (self->limits);
  g_clear_pointer (&self->supplementary_groups, g_variant_unref);
  g_array_unref (self->mistakes);

  G_OBJECT_CLASS (cproc_command_parent_class)->finalize (object);
}

static void
cproc_command_class_init (CprocCommandClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = cproc_command_get_property;
  object_class->set_property = cproc_command_set_property;
  object_class->finalize = cproc_command_finalize;

  cproc_command_install_properties (object_class);
}

static void
cproc_command_clear_mistake (gpointer mistake)
{
  g_clear_error (&((CprocCommandMistake *) mistake)->error);
}

static void
cproc_command_init (CprocCommand *self)
{
  self->variables = g_ptr_array_new_with_free_func (g_free);
  self->fds = g_array_new (FALSE, FALSE, sizeof (CprocCommandFd));
  self->pipes = g_array_new (FALSE, FALSE, sizeof (CprocCommandPipe));
  self->limits = g_array_new (FALSE, FALSE, sizeof (CprocCommandLimit));
  self->mistakes = g_array_new (FALSE, FALSE, sizeof (CprocCommandMistake));
  g_array_set_clear_func (self->mistakes, cproc_command_clear_mistake);
  self->user_id = -1;
  self->group_id = -1;
  self->umask = -1;
  self->terminal_columns = 80;
  self->terminal_rows = 24;
}

/**
 * cproc_command_new:
 * @argv: (nullable) (array zero-terminated=1) (element-type filename): the program and its
 *   arguments
 *
 * Creates a command that runs a program.
 *
 * No shell comes into it: each argument reaches the program as it is.
 *
 * Returns: (transfer full): a new command
 *
 * Since: 1.0
 */
CprocCommand *
cproc_command_new (const char * const *argv)
{
  return g_object_new (CPROC_TYPE_COMMAND, "argv", argv, NULL);
}

/**
 * cproc_command_new_shell:
 * @line: (type filename): a line of shell
 *
 * Creates a command that runs a line of shell: `/bin/sh -c line`.
 *
 * Never put text from elsewhere into the line: the shell would run the commands in it. Use
 * [ctor@Cproc.Command.new] for such text, or quote it with [func@GLib.shell_quote].
 *
 * Returns: (transfer full): a new command
 *
 * Since: 1.0
 */
CprocCommand *
cproc_command_new_shell (const char *line)
{
  const char *argv[] = { "/bin/sh", "-c", line, NULL };

  g_return_val_if_fail (line != NULL, NULL);

  return cproc_command_new (argv);
}

/**
 * cproc_command_new_module:
 * @path: (type filename): the module: a script, or a program
 * @args: (nullable) (array zero-terminated=1) (element-type filename): its arguments
 *
 * Creates a command that runs a module, as a worker does.
 *
 * Where [property@Cproc.Command:exec-path] is set, that program runs the module. Otherwise a module
 * that is an executable file runs as itself, and for others the suffix decides: `.js`, `.mjs` and
 * `.cjs` are for `node`, `.py` is for `python3`, and `.gjs` is for `gjs -m`. A script with such a
 * suffix must begin with `#!` to count as executable.
 *
 * A relative path is looked up from [property@Cproc.Command:cwd], never in `PATH`.
 *
 * Returns: (transfer full): a new command
 *
 * Since: 1.0
 */
CprocCommand *
cproc_command_new_module (const char         *path,
                          const char * const *args)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) argv = NULL;
  CprocCommand *self;

  g_return_val_if_fail (path != NULL, NULL);

  g_strv_builder_add (builder, path);
  if (args != NULL)
    g_strv_builder_addv (builder, (const char **) args);
  argv = g_strv_builder_end (builder);

  self = cproc_command_new ((const char * const *) argv);
  self->is_module = TRUE;

  return self;
}

/**
 * cproc_command_dup:
 * @self: a command
 *
 * Copies a command, with everything that was set on it.
 *
 * The descriptors that it holds are duplicated. A wrong call that the next start would report is
 * copied too; the next start also reports a descriptor that could not be duplicated.
 *
 * Returns: (transfer full): a new command
 *
 * Since: 1.0
 */
CprocCommand *
cproc_command_dup (CprocCommand *self)
{
  CprocCommand *copy;

  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  copy = g_object_new (CPROC_TYPE_COMMAND, NULL);
  copy->argv = g_strdupv (self->argv);
  copy->argv0 = g_strdup (self->argv0);
  copy->is_module = self->is_module;
  copy->exec_path = g_strdup (self->exec_path);
  copy->exec_argv = g_strdupv (self->exec_argv);
  copy->cwd = g_strdup (self->cwd);
  copy->environment = g_strdupv (self->environment);
  for (guint i = 0; i < self->variables->len; i++)
    g_ptr_array_add (copy->variables, g_strdup (g_ptr_array_index (self->variables, i)));

  for (guint i = 0; i < G_N_ELEMENTS (self->stdio); i++)
    {
      copy->stdio[i] = self->stdio[i];
      copy->stdio[i].path = g_strdup (self->stdio[i].path);
      copy->stdio[i].tee_path = g_strdup (self->stdio[i].tee_path);
    }
  g_array_append_vals (copy->pipes, self->pipes->data, self->pipes->len);
  g_array_append_vals (copy->limits, self->limits->data, self->limits->len);
  copy->containment = self->containment;
  copy->new_session = self->new_session;
  copy->no_terminal = self->no_terminal;
  copy->die_with_parent = self->die_with_parent;
  copy->user_id = self->user_id;
  copy->group_id = self->group_id;
  if (self->supplementary_groups != NULL)
    copy->supplementary_groups = g_variant_ref (self->supplementary_groups);
  copy->umask = self->umask;
  copy->nice = self->nice;
  copy->terminal_columns = self->terminal_columns;
  copy->terminal_rows = self->terminal_rows;
  copy->terminal_flags = self->terminal_flags;

  for (guint i = 0; i < self->mistakes->len; i++)
    {
      const CprocCommandMistake *mistake = &g_array_index (self->mistakes, CprocCommandMistake, i);

      cproc_command_take_mistake (copy, mistake->setter, g_error_copy (mistake->error));
    }
  cproc_command_copy_fds (copy, self);

  return copy;
}
