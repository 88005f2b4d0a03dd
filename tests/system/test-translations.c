/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <libintl.h>
#include <locale.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <libcproc.h>

#include "cproc-gettext-private.h"

/* The errors speak the user's language. */

static const struct
{
  const char *language;
  const char *message;
} languages[] = {
  { "de", "„exit 3“ endete mit dem Code 3" },
  { "es", "«exit 3» terminó con el código 3" },
  { "fr", "« exit 3 » s’est terminé avec le code 3" },
  { "ja", "“exit 3”はコード 3 で終了しました" },
  { "pt_BR", "“exit 3” terminou com o código 3" },
  { "zh_CN", "“exit 3”以代码 3 退出" },
  { "en", "“exit 3” exited with code 3" },
};

static void
run (void)
{
  g_autoptr(CprocExec) exec = cproc_exec_new_shell ("exit 3");
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_print ("%s\n", error->message);
}

static void
test_languages (void)
{
  if (g_test_subprocess ())
    {
      run ();
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autofree char *pattern = g_strdup_printf ("*%s*", languages[i].message);

      g_setenv ("LANGUAGE", languages[i].language, TRUE);
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      g_test_trap_assert_stdout (pattern);
    }
}

/* Nothing is translated in "C", and newer C libraries translate nothing in "C.UTF-8" either: use
 * the same locale under the name of another. */
static void
use_locale (void)
{
  g_autofree char *directory = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "locales", NULL);
  g_autofree char *locale = g_build_filename (directory, "en_US.UTF-8", NULL);

  g_mkdir_with_parents (directory, 0755);
  if (symlink ("/usr/lib/locale/C.utf8", locale) != 0)
    g_assert_cmpint (errno, ==, EEXIST);
  g_setenv ("LOCPATH", directory, TRUE);
  g_assert_nonnull (setlocale (LC_ALL, "en_US.UTF-8"));
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *directory = g_build_filename (g_getenv ("G_TEST_BUILDDIR"), "..", "po", NULL);

  use_locale ();
  g_test_init (&argc, &argv, NULL);
  /* Where they are before they are installed; the library binds its domain only once. */
  cproc_gettext ("stdin");
  bindtextdomain (GETTEXT_PACKAGE, directory);

  g_test_add_func ("/languages", test_languages);

  return g_test_run ();
}
