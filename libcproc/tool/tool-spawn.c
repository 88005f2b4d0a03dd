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
  ToolRun run;
  guint timeout;
  guint idle_timeout;
  gboolean shell;
  gboolean plain;
  gboolean terminal;
  gboolean colour;
  gboolean is_terminal;
} ToolSpawn;

static char *
format_time (void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *seconds = g_date_time_format (now, "%H:%M:%S");

  return g_strdup_printf ("%s.%03d", seconds, g_date_time_get_microsecond (now) / 1000);
}

/* A terminal that can, and a user who has not said no: see no-color.org. */
static gboolean
wants_colour (void)
{
  const char *no_colour = g_getenv ("NO_COLOR");

  return isatty (STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') &&
         g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

static void
print_line (ToolSpawn  *self,
            const char *time,
            gboolean    is_error,
            const char *line)
{
  const char *name = is_error ? "err" : "out";

  if (self->colour)
    printf (DIM "%s" RESET " %s%s" RESET " %s\n", time, is_error ? RED : DIM, name, line);
  else
    printf ("%s %s %s\n", time, name, line);
}

static void
print_lines (CprocChild  *child,
             CprocStream  stream,
             char       **lines,
             ToolSpawn   *self)
{
  g_autofree char *time = format_time ();

  for (guint i = 0; lines[i] != NULL; i++)
    {
      /* A program could clear the screen, and write over what is said about it. */
      g_autofree char *harmless = self->is_terminal ? tool_strip_escapes (lines[i]) : NULL;

      print_line (self, time, stream == CPROC_STREAM_STDERR,
                  harmless != NULL ? harmless : lines[i]);
    }
  tool_flush (&self->run, stdout);
}

/* The bytes as they are, each stream to its own. */
static void
print_bytes (CprocChild  *child,
             CprocStream  stream,
             GBytes      *bytes,
             ToolSpawn   *self)
{
  FILE *file = stream == CPROC_STREAM_STDERR ? stderr : stdout;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  fwrite (data, 1, size, file);
  tool_flush (&self->run, file);
}

static char *
describe_end (CprocChild *child)
{
  int term_signal = cproc_child_get_term_signal (child);
  g_autofree char *name = NULL;

  if (cproc_child_get_timed_out (child))
    return g_strdup (_("timed out"));
  if (term_signal == 0)
    return g_strdup_printf (_("exited with code %d"), cproc_child_get_exit_code (child));

  name = cproc_signal_to_string (term_signal);

  return g_strdup_printf (_("ended by %s"), name);
}

static void
print_end (CprocChild *child,
           ToolSpawn  *self)
{
  g_autofree char *time = format_time ();
  g_autofree char *end = describe_end (child);

  if (self->plain)
    return;

  printf ("%s%s end %s%s\n", self->colour ? BOLD : "", time, end, self->colour ? RESET : "");
  tool_flush (&self->run, stdout);
}

static int
spawn_run (ToolSpawn *self,
           char     **argv)
{
  g_autoptr(CprocCommand) command = tool_command_new (argv, self->shell);
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(GError) error = NULL;
  ToolTerminal *terminal = NULL;

  if (command == NULL)
    return TOOL_EXIT_USAGE;
  if (self->terminal)
    tool_terminal_set (command, self->plain);

  child = cproc_child_new_for_command (command);
  cproc_child_set_timeout (child, self->timeout);
  cproc_child_set_idle_timeout (child, self->idle_timeout);
  if (self->plain)
    g_signal_connect (child, "output", G_CALLBACK (print_bytes), self);
  else
    g_signal_connect (child, "lines", G_CALLBACK (print_lines), self);
  g_signal_connect (child, "closed", G_CALLBACK (print_end), self);

  self->colour = wants_colour ();
  self->is_terminal = isatty (STDOUT_FILENO);
  if (!cproc_child_start (child, &error))
    return tool_report_start (error);

  self->run.child = child;
  if (self->terminal)
    terminal = tool_terminal_begin (child, self->plain);
  tool_run_until_closed (&self->run);
  g_clear_pointer (&terminal, tool_terminal_end);

  return tool_finish (&self->run);
}

static gboolean
parse_idle (const char *option_name,
            const char *value,
            gpointer    data,
            GError    **error)
{
  ToolSpawn *self = data;

  return tool_parse_seconds (value, &self->idle_timeout, error);
}

static gboolean
parse_timeout (const char *option_name,
               const char *value,
               gpointer    data,
               GError    **error)
{
  ToolSpawn *self = data;

  return tool_parse_seconds (value, &self->timeout, error);
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
      N_("Print what the program writes as it is, each stream to its own"), NULL },
    { "terminal", 'T', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.terminal,
      N_("Run the program at a terminal of its own; with --plain it gets every key"), NULL },
    G_OPTION_ENTRY_NULL
  };
  int exit_code;

  if (!tool_parse (&argc, &argv, entries, &self, _("[--] PROGRAM [ARGUMENT…]"),
                   _("Runs a program and prints each line as it comes, with its time and stream."),
                   &exit_code))
    return exit_code;

  return spawn_run (&self, argv + 1);
}
