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

static int
run_verb (int    argc,
          char **argv)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (argv[0], verbs[i].name))
      {
        g_autofree char *name = g_strdup_printf ("cproc %s", verbs[i].name);

        g_set_prgname (name);
        return verbs[i].run (argc, argv);
      }

  g_printerr (_("%s: Unknown verb “%s”; expected exec, spawn or fork\n"), g_get_prgname (),
              argv[0]);

  return TOOL_EXIT_USAGE;
}

static int
print_help (char *verb)
{
  char option[] = "--help";
  char *argv[] = { verb, option, NULL };
  g_autofree char *help = get_help ();

  if (verb != NULL)
    return run_verb (2, argv);

  g_print ("%s", help);

  return EXIT_SUCCESS;
}

static gboolean
is_word (const char *word,
         const char *name,
         const char *option,
         const char *letter)
{
  return g_str_equal (word, name) || g_str_equal (word, option) || g_str_equal (word, letter);
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

  if (is_word (argv[1], "help", "--help", "-h"))
    return print_help (argv[2]);

  if (is_word (argv[1], "version", "--version", "-V"))
    {
      g_print ("cproc %s\n", CPROC_VERSION_S);
      return EXIT_SUCCESS;
    }

  return run_verb (argc - 1, argv + 1);
}
