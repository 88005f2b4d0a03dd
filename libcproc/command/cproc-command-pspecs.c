/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-command-private.h"

#define N_PROPERTIES (CPROC_COMMAND_PROP_TERMINAL_FLAGS + 1)

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)

static GParamSpec *properties[N_PROPERTIES];

void
cproc_command_notify (CprocCommand         *self,
                      CprocCommandProperty  property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
cproc_command_init_program_properties (void)
{
  /**
   * CprocCommand:argv:
   *
   * The program and its arguments; of a module, the module and its arguments.
   *
   * A program without a slash is looked up in `PATH`.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_ARGV] =
    g_param_spec_boxed ("argv", NULL, NULL, G_TYPE_STRV, FLAGS);

  /**
   * CprocCommand:argv0:
   *
   * What the program finds as its own name, where that is not the file that is run.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_ARGV0] =
    g_param_spec_string ("argv0", NULL, NULL, NULL, FLAGS);

  /**
   * CprocCommand:exec-path:
   *
   * The program that runs the module of a command made by [ctor@Cproc.Command.new_module].
   *
   * `NULL` leaves the choice to the module's own kind. Other commands have no use for it.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_EXEC_PATH] =
    g_param_spec_string ("exec-path", NULL, NULL, NULL, FLAGS);

  /**
   * CprocCommand:exec-argv:
   *
   * Arguments for the program that runs a module, before the module itself.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_EXEC_ARGV] =
    g_param_spec_boxed ("exec-argv", NULL, NULL, G_TYPE_STRV, FLAGS);
}

static void
cproc_command_init_place_properties (void)
{
  /**
   * CprocCommand:cwd:
   *
   * The directory in which the program starts; `NULL` is the parent's own.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_CWD] =
    g_param_spec_string ("cwd", NULL, NULL, NULL, FLAGS);

  /**
   * CprocCommand:environment:
   *
   * The environment that the program starts from, as `NAME=value`; `NULL` is the parent's own at
   * the time of the start.
   *
   * The changes of [method@Cproc.Command.set_environment_variable] are not in it; each start
   * applies them to it.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_ENVIRONMENT] =
    g_param_spec_boxed ("environment", NULL, NULL, G_TYPE_STRV, FLAGS);
}

static void
cproc_command_init_stream_properties (void)
{
  /**
   * CprocCommand:stdin-mode:
   *
   * Where the program's standard input comes from.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_STDIN_MODE] =
    g_param_spec_enum ("stdin-mode", NULL, NULL, CPROC_TYPE_STDIO, CPROC_STDIO_DEFAULT, FLAGS);

  /**
   * CprocCommand:stdout-mode:
   *
   * Where the program's standard output goes.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_STDOUT_MODE] =
    g_param_spec_enum ("stdout-mode", NULL, NULL, CPROC_TYPE_STDIO, CPROC_STDIO_DEFAULT, FLAGS);

  /**
   * CprocCommand:stderr-mode:
   *
   * Where the program's standard error goes.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_STDERR_MODE] =
    g_param_spec_enum ("stderr-mode", NULL, NULL, CPROC_TYPE_STDIO, CPROC_STDIO_DEFAULT, FLAGS);

  /**
   * CprocCommand:terminal-flags:
   *
   * The modes that the program's terminal has at the start, where a stream has the mode
   * `CPROC_STDIO_TERMINAL`.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_TERMINAL_FLAGS] =
    g_param_spec_flags ("terminal-flags", NULL, NULL, CPROC_TYPE_TERMINAL_FLAGS,
                        CPROC_TERMINAL_FLAGS_NONE, FLAGS);
}

static void
cproc_command_init_reach_properties (void)
{
  /**
   * CprocCommand:containment:
   *
   * How far kill, timeout, limits and the parent's death reach.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_CONTAINMENT] =
    g_param_spec_enum ("containment", NULL, NULL, CPROC_TYPE_CONTAINMENT, CPROC_CONTAINMENT_AUTO,
                       FLAGS);

  /**
   * CprocCommand:new-session:
   *
   * Whether the program leads a session of its own, detached from the parent and its terminal.
   *
   * Such a program outlives the parent, and dropping the last reference to its child does not end
   * it.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_NEW_SESSION] =
    g_param_spec_boolean ("new-session", NULL, NULL, FALSE, FLAGS);

  /**
   * CprocCommand:no-terminal:
   *
   * Whether the program is kept from the parent's terminal, so that opening `/dev/tty` fails.
   *
   * It leads a session of its own; containment stays in force.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_NO_TERMINAL] =
    g_param_spec_boolean ("no-terminal", NULL, NULL, FALSE, FLAGS);

  /**
   * CprocCommand:die-with-parent:
   *
   * Whether the program is ended when the parent process ends, however that comes about.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_DIE_WITH_PARENT] =
    g_param_spec_boolean ("die-with-parent", NULL, NULL, FALSE, FLAGS);
}

static void
cproc_command_init_process_properties (void)
{
  /**
   * CprocCommand:user-id:
   *
   * The user to run as; -1 leaves it unchanged.
   *
   * Set [property@Cproc.Command:group-id] as well: with the user alone, the program keeps the
   * parent's group.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_USER_ID] =
    g_param_spec_int64 ("user-id", NULL, NULL, -1, CPROC_COMMAND_MAX_ID, -1, FLAGS);

  /**
   * CprocCommand:group-id:
   *
   * The group to run as; -1 leaves it unchanged.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_GROUP_ID] =
    g_param_spec_int64 ("group-id", NULL, NULL, -1, CPROC_COMMAND_MAX_ID, -1, FLAGS);

  /**
   * CprocCommand:supplementary-groups:
   *
   * The supplementary groups to run with, an array of numbers.
   *
   * `NULL` drops them where [property@Cproc.Command:user-id] or [property@Cproc.Command:group-id]
   * is set and the kernel allows it, and leaves them unchanged otherwise.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_SUPPLEMENTARY_GROUPS] =
    g_param_spec_variant ("supplementary-groups", NULL, NULL, G_VARIANT_TYPE ("au"), NULL, FLAGS);

  /**
   * CprocCommand:umask:
   *
   * The mask of permissions that new files do not get, as in umask(2); -1 leaves it unchanged.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_UMASK] =
    g_param_spec_int ("umask", NULL, NULL, -1, CPROC_COMMAND_MAX_UMASK, -1, FLAGS);

  /**
   * CprocCommand:nice:
   *
   * The increment of the niceness, as with nice(1): 10 gives way to others, 0 changes nothing.
   *
   * A negative increment needs a privilege.
   *
   * Since: 1.0
   */
  properties[CPROC_COMMAND_PROP_NICE] =
    g_param_spec_int ("nice", NULL, NULL, -CPROC_COMMAND_MAX_NICE, CPROC_COMMAND_MAX_NICE, 0,
                      FLAGS);
}

void
cproc_command_install_properties (GObjectClass *object_class)
{
  cproc_command_init_program_properties ();
  cproc_command_init_place_properties ();
  cproc_command_init_stream_properties ();
  cproc_command_init_reach_properties ();
  cproc_command_init_process_properties ();
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}
