/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool.h"

gboolean
tool_parse (int                  *argc,
            char               ***argv,
            const GOptionEntry   *entries,
            gpointer              data,
            const char           *parameters,
            const char           *summary,
            int                  *exit_code)
{
  g_autoptr(GOptionContext) context = g_option_context_new (parameters);
  GOptionGroup *group = g_option_group_new ("main", NULL, NULL, data, NULL);
  g_autoptr(GError) error = NULL;

  g_option_context_set_summary (context, summary);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  /* The options of what is run are its own. */
  g_option_context_set_strict_posix (context, TRUE);

  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      *exit_code = TOOL_EXIT_USAGE;
      return FALSE;
    }

  if (*argc > 1 && g_str_equal ((*argv)[1], "--"))
    {
      (*argv)++;
      (*argc)--;
    }

  if (*argc < 2)
    {
      g_printerr ("%s: %s\n", g_get_prgname (), _("No program was given"));
      g_printerr (_("“%s --help” tells more.\n"), g_get_prgname ());
      *exit_code = TOOL_EXIT_USAGE;
      return FALSE;
    }

  return TRUE;
}

gboolean
tool_parse_seconds (const char *value,
                    guint      *msec,
                    GError    **error)
{
  char *end;
  double seconds = g_ascii_strtod (value, &end);

  /* NaN is not more than 0 either. */
  if (end == value || *end != '\0' || !(seconds >= 0) || seconds * 1000 > G_MAXUINT)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a number of seconds"), value);
      return FALSE;
    }

  *msec = ceil (seconds * 1000);

  return TRUE;
}

CprocCommand *
tool_command_new (char   **argv,
                  gboolean shell)
{
  CprocCommand *command;

  if (shell && argv[1] != NULL)
    {
      g_printerr (_("%s: “%s” is too much: a shell takes one line\n"), g_get_prgname (), argv[1]);
      return NULL;
    }

  if (shell)
    command = cproc_command_new_shell (argv[0]);
  else
    command = cproc_command_new ((const char * const *) argv);
  tool_contain (command);

  return command;
}

void
tool_contain (CprocCommand *command)
{
  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  cproc_command_set_die_with_parent (command, TRUE);
  /* What is typed is for this command. */
  cproc_command_set_stdin_mode (command, isatty (STDIN_FILENO) ? CPROC_STDIO_NULL
                                                               : CPROC_STDIO_INHERIT);
}

void
tool_flush (ToolRun *run,
            FILE    *file)
{
  if ((fflush (file) == 0 && !ferror (file)) || run->write_error != 0)
    return;

  run->write_error = errno != 0 ? errno : EIO;
  if (run->child != NULL)
    cproc_child_kill (run->child, NULL);
}

/* Where a handler writes the number of its signal. Not g_unix_signal_add(), which tells it later
 * than the kernel: the child may have ended by the same Ctrl-C meanwhile. */
static int signal_pipe[2];

static void
on_signal (int signum)
{
  int saved_errno = errno;
  guint8 number = signum;

  /* Where the pipe is full there are enough of them. */
  if (write (signal_pipe[1], &number, 1) < 0)
    errno = saved_errno;
}

static void
interrupt (ToolRun *run,
           int      signum)
{
  if (run->interrupted_by != 0)
    cproc_child_force_exit (run->child, NULL);
  else
    cproc_child_kill (run->child, NULL);
  run->interrupted_by = signum;
}

static gboolean
read_signals (int          fd,
              GIOCondition condition,
              gpointer     user_data)
{
  guint8 number;

  while (read (fd, &number, 1) == 1)
    interrupt (user_data, number);

  return G_SOURCE_CONTINUE;
}

void
tool_run_until_closed (ToolRun *run)
{
  const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction old[G_N_ELEMENTS (signals)];
  const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
  g_autoptr(GError) error = NULL;
  guint source;

  if (!g_unix_open_pipe (signal_pipe, FD_CLOEXEC, &error) ||
      !g_unix_set_fd_nonblocking (signal_pipe[0], TRUE, &error) ||
      !g_unix_set_fd_nonblocking (signal_pipe[1], TRUE, &error))
    g_error ("%s", error->message);
  source = g_unix_fd_add (signal_pipe[0], G_IO_IN, read_signals, run);

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    /* Ignored is as nohup has it, or a shell for what runs in its background. */
    if (sigaction (signals[i], NULL, &old[i]) == 0 && old[i].sa_handler != SIG_IGN)
      sigaction (signals[i], &action, NULL);

  while (cproc_child_get_state (run->child) != CPROC_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);
  /* The result of a wait comes after the last signal. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  read_signals (signal_pipe[0], G_IO_IN, run);

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &old[i], NULL);
  g_source_remove (source);
  close (signal_pipe[0]);
  close (signal_pipe[1]);
}

int
tool_get_start_code (const GError *error)
{
  if (g_error_matches (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
    return TOOL_EXIT_NOT_FOUND;

  return TOOL_EXIT_NOT_EXECUTABLE;
}

int
tool_report_start (const GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);

  return tool_get_start_code (error);
}

int
tool_finish (ToolRun *run)
{
  CprocChild *child = run->child;

  /* A shell goes on with its script unless what was interrupted has ended by that signal. */
  if (run->interrupted_by != 0)
    {
      signal (run->interrupted_by, SIG_DFL);
      raise (run->interrupted_by);
    }

  /* The usual silent end of what a pipeline does not want any more. */
  if (run->write_error == EPIPE)
    return TOOL_EXIT_SIGNAL + SIGPIPE;
  if (run->write_error != 0)
    {
      g_printerr (_("%s: The output could not be written: %s\n"), g_get_prgname (),
                  g_strerror (run->write_error));
      return EXIT_FAILURE;
    }

  if (cproc_child_get_timed_out (child))
    return TOOL_EXIT_TIMED_OUT;
  if (cproc_child_get_term_signal (child) != 0)
    return TOOL_EXIT_SIGNAL + cproc_child_get_term_signal (child);
  if (cproc_child_get_exit_code (child) < 0)
    return EXIT_FAILURE;

  return cproc_child_get_exit_code (child);
}
