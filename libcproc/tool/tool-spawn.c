/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool.h"

#define DIM "\033[2m"
#define RED "\033[31m"
#define BOLD "\033[1m"
#define RESET "\033[0m"

typedef struct
{
  guint timeout;
  guint idle_timeout;
  gboolean shell;
  gboolean plain;
  gboolean colour;
} ToolSpawn;

static char *
format_time (void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *seconds = g_date_time_format (now, "%H:%M:%S");

  return g_strdup_printf ("%s.%03d", seconds, g_date_time_get_microsecond (now) / 1000);
}

static void
print_line (CprocChild  *child,
            CprocStream  stream,
            const char  *line,
            ToolSpawn   *self)
{
  gboolean is_error = stream == CPROC_STREAM_STDERR;
  g_autofree char *time = NULL;

  if (self->plain)
    {
      fprintf (is_error ? stderr : stdout, "%s\n", line);
      fflush (is_error ? stderr : stdout);
      return;
    }

  time = format_time ();
  if (self->colour)
    printf (DIM "%s" RESET " %s%s" RESET " %s\n", time, is_error ? RED : DIM,
            is_error ? "err" : "out", line);
  else
    printf ("%s %s %s\n", time, is_error ? "err" : "out", line);
  fflush (stdout);
}

static void
print_end (CprocChild *child,
           int         exit_code,
           int         term_signal,
           ToolSpawn  *self)
{
  g_autofree char *time = NULL;

  if (self->plain)
    return;

  time = format_time ();
  printf ("%s%s %s", self->colour ? BOLD : "", time, _("end"));
  if (cproc_child_get_timed_out (child))
    printf (" %s", _("timed out"));
  else if (term_signal != 0)
    printf (_(" signal %d"), term_signal);
  else
    printf (_(" code %d"), exit_code);
  printf ("%s\n", self->colour ? RESET : "");
  fflush (stdout);
}

static int
spawn_run (ToolSpawn *self,
           char     **argv)
{
  g_autoptr(CprocCommand) command = NULL;
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(GError) error = NULL;

  if (self->shell)
    command = cproc_command_new_shell (argv[0]);
  else
    command = cproc_command_new ((const char * const *) argv);
  tool_contain (command);

  self->colour = isatty (STDOUT_FILENO) && g_getenv ("NO_COLOR") == NULL;
  child = cproc_child_new_for_command (command);
  cproc_child_set_timeout (child, self->timeout);
  cproc_child_set_idle_timeout (child, self->idle_timeout);
  g_signal_connect (child, "line", G_CALLBACK (print_line), self);
  g_signal_connect (child, "exit", G_CALLBACK (print_end), self);

  if (!cproc_child_start (child, &error))
    return tool_report_start (error);

  tool_run_until_closed (child);

  return tool_get_exit_code (child);
}

static gboolean
parse_idle (const char *option_name,
            const char *value,
            gpointer    data,
            GError    **error)
{
  ToolSpawn *self = data;

  return tool_parse_seconds (option_name, value, &self->idle_timeout, error);
}

static gboolean
parse_timeout (const char *option_name,
               const char *value,
               gpointer    data,
               GError    **error)
{
  ToolSpawn *self = data;

  return tool_parse_seconds (option_name, value, &self->timeout, error);
}

int
tool_spawn (int    argc,
            char **argv)
{
  ToolSpawn self = { 0 };
  const GOptionEntry entries[] = {
    { "timeout", 't', G_OPTION_FLAG_NONE, G_OPTION_ARG_CALLBACK, parse_timeout,
      N_("End the program after so many seconds"), N_("SECONDS") },
    { "idle-timeout", 'i', G_OPTION_FLAG_NONE, G_OPTION_ARG_CALLBACK, parse_idle,
      N_("End the program when it has written nothing for so many seconds"), N_("SECONDS") },
    { "shell", 's', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.shell,
      N_("The argument is a line for the shell"), NULL },
    { "plain", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.plain,
      N_("Print the lines as they are, each to its own stream"), NULL },
    G_OPTION_ENTRY_NULL
  };
  int exit_code;

  if (!tool_parse (&argc, &argv, entries, &self, _("PROGRAM [ARGUMENT…]"),
                   _("Runs a program and prints each line as it comes, with its time and stream."),
                   &exit_code))
    return exit_code;

  return spawn_run (&self, argv + 1);
}
