/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "tool.h"

/* The three verbs from a shell: see cproc(1). */

static const struct
{
  const char *name;
  int (*run) (int argc, char **argv);
  const char *summary;
} verbs[] = {
  { "exec", tool_exec, N_("Run a program and print its output when it has ended") },
  { "spawn", tool_spawn, N_("Run a program and print each line as it comes") },
  { "fork", tool_fork, N_("Run a worker; each line is a message") },
};

static char *
get_help (void)
{
  GString *help = g_string_new (NULL);

  g_string_append_printf (help, _("Usage: %s VERB [OPTION…] [--] PROGRAM [ARGUMENT…]\n\n"),
                          g_get_prgname ());
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_string_append_printf (help, "  %-6s  %s\n", verbs[i].name, _(verbs[i].summary));
  g_string_append_printf (help, _("\n“%s VERB --help” tells more.\n"), g_get_prgname ());

  return g_string_free (help, FALSE);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("cproc");
  /* A closed standard output is an error like any other: what runs is to be ended first. */
  signal (SIGPIPE, SIG_IGN);

  if (argc < 2)
    {
      g_autofree char *help = get_help ();

      g_printerr ("%s", help);
      return TOOL_EXIT_USAGE;
    }

  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    {
      g_autofree char *help = get_help ();

      g_print ("%s", help);
      return EXIT_SUCCESS;
    }

  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("cproc %s\n", CPROC_VERSION_S);
      return EXIT_SUCCESS;
    }

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (argv[1], verbs[i].name))
      {
        g_autofree char *name = g_strdup_printf ("cproc %s", verbs[i].name);

        g_set_prgname (name);
        return verbs[i].run (argc - 1, argv + 1);
      }

  g_printerr (_("%s: “%s” is no verb: it is exec, spawn or fork\n"), g_get_prgname (), argv[1]);

  return TOOL_EXIT_USAGE;
}
