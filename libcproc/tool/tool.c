/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <math.h>
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
      g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

      g_printerr ("%s", help);
      *exit_code = TOOL_EXIT_USAGE;
      return FALSE;
    }

  return TRUE;
}

gboolean
tool_parse_seconds (const char *option_name,
                    const char *value,
                    guint      *msec,
                    GError    **error)
{
  char *end;
  double seconds = g_ascii_strtod (value, &end);

  if (end == value || *end != '\0' || !(seconds > 0) || seconds * 1000 > G_MAXUINT)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a number of seconds"), value);
      return FALSE;
    }

  *msec = ceil (seconds * 1000);

  return TRUE;
}

void
tool_contain (CprocCommand *command)
{
  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  cproc_command_set_die_with_parent (command, TRUE);
  /* The terminal belongs to this command, and it would stop another group that reads it. */
  cproc_command_set_stdin_mode (command, isatty (STDIN_FILENO) ? CPROC_STDIO_NULL
                                                               : CPROC_STDIO_INHERIT);
}

static gboolean
interrupted (gpointer user_data)
{
  CprocChild *child = user_data;

  if (g_object_get_data (G_OBJECT (child), "tool-interrupted") != NULL)
    cproc_child_force_exit (child, NULL);
  else
    cproc_child_kill (child, NULL);
  g_object_set_data (G_OBJECT (child), "tool-interrupted", child);

  return G_SOURCE_CONTINUE;
}

void
tool_run_until_closed (CprocChild *child)
{
  const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  guint sources[G_N_ELEMENTS (signals)];

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sources[i] = g_unix_signal_add (signals[i], interrupted, child);

  while (cproc_child_get_state (child) != CPROC_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (sources[i]);
}

int
tool_report_start (const GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);

  if (g_error_matches (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
    return TOOL_EXIT_NOT_FOUND;

  return TOOL_EXIT_NOT_EXECUTABLE;
}

int
tool_get_exit_code (CprocChild *child)
{
  if (cproc_child_get_timed_out (child))
    return TOOL_EXIT_TIMED_OUT;
  if (cproc_child_get_term_signal (child) != 0)
    return TOOL_EXIT_SIGNAL + cproc_child_get_term_signal (child);
  if (cproc_child_get_exit_code (child) < 0)
    return EXIT_FAILURE;

  return cproc_child_get_exit_code (child);
}
