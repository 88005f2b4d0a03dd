/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a command comes down to: the program, and its arguments. */

#include "config.h"

#include "cproc-command-private.h"

#include <string.h>

#include <glib/gstdio.h>

static void
assert_argv (CprocCommand *command,
             const char   *joined)
{
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) argv = cproc_command_resolve_argv (command, &error);
  g_autofree char *found = NULL;

  g_assert_no_error (error);
  found = g_strjoinv ("|", argv);
  g_assert_cmpstr (found, ==, joined);
}

static void
assert_no_argv (CprocCommand *command,
                GQuark        domain,
                int           code,
                const char   *what)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cproc_command_resolve_argv (command, &error));
  g_assert_error (error, domain, code);
  if (strstr (error->message, what) == NULL)
    g_error ("“%s” does not have “%s”", error->message, what);
}

static void
test_no_program (void)
{
  const char *empty[] = { NULL };
  const char *nameless[] = { "", "a", NULL };
  const char * const *cases[] = { NULL, empty, nameless };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocCommand) command = cproc_command_new (cases[i]);
      g_autoptr(GError) error = NULL;

      assert_no_argv (command, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "No program was given");
      g_assert_false (cproc_command_validate (command, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, "No program was given");
    }
}

static void
test_resolve_plain (void)
{
  const char *argv[] = { "ls", "-l", "", "a b", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocCommand) shell = cproc_command_new_shell ("ls -l");

  /* What is for modules has no effect on others, nor has argv0 here. */
  cproc_command_set_exec_path (command, "node");
  cproc_command_set_argv0 (command, "zero");
  assert_argv (command, "ls|-l||a b");
  assert_argv (shell, "/bin/sh|-c|ls -l");
}

typedef struct
{
  char *directory;
  char *outer;
} ModuleFixture;

static void
module_set_up (ModuleFixture *fixture,
               gconstpointer  user_data)
{
  g_autoptr(GError) error = NULL;

  fixture->outer = g_get_current_dir ();
  fixture->directory = g_dir_make_tmp ("cproc-test-XXXXXX", &error);
  g_assert_no_error (error);
}

static void
module_tear_down (ModuleFixture *fixture,
                  gconstpointer  user_data)
{
  g_autoptr(GDir) directory = g_dir_open (fixture->directory, 0, NULL);
  const char *name;

  g_assert_cmpint (g_chdir (fixture->outer), ==, 0);
  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->outer);
}

static void
make_file (ModuleFixture *fixture,
           const char    *name,
           const char    *text,
           int            mode)
{
  g_autofree char *path = g_build_filename (fixture->directory, name, NULL);
  g_autoptr(GError) error = NULL;

  g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, mode, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static CprocCommand *
make_module (ModuleFixture *fixture,
             const char    *name)
{
  const char *args[] = { "x", "y", NULL };
  const char *exec_argv[] = { "-u", NULL };
  CprocCommand *command = cproc_command_new_module (name, args);

  cproc_command_set_cwd (command, fixture->directory);
  cproc_command_set_exec_argv (command, exec_argv);

  return command;
}

static void
assert_module (ModuleFixture *fixture,
               const char    *name,
               const char    *joined)
{
  g_autoptr(CprocCommand) command = make_module (fixture, name);

  assert_argv (command, joined);
}

static void
test_module_suffix (ModuleFixture *fixture,
                    gconstpointer  user_data)
{
  const char *names[] = { "a.js", "a.mjs", "a.cjs", "a.py", "a.gjs" };
  const char *runtimes[] = { "node", "node", "node", "python3", "gjs|-m" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *joined = g_strdup_printf ("%s|-u|%s|x|y", runtimes[i], names[i]);

      make_file (fixture, names[i], "", 0644);
      assert_module (fixture, names[i], joined);
    }

  /* No option of the program that runs it. */
  make_file (fixture, "-c.py", "", 0644);
  assert_module (fixture, "-c.py", "python3|-u|./-c.py|x|y");
}

static void
test_module_itself (ModuleFixture *fixture,
                    gconstpointer  user_data)
{
  g_autofree char *path = g_build_filename (fixture->directory, "worker", NULL);
  g_autofree char *joined = g_strconcat (path, "|x|y", NULL);

  make_file (fixture, "worker", "\177ELF", 0755);
  make_file (fixture, "script.py", "#!/usr/bin/env python3\n", 0755);
  assert_module (fixture, "worker", "./worker|x|y");
  assert_module (fixture, "./worker", "./worker|x|y");
  assert_module (fixture, path, joined);
  assert_module (fixture, "script.py", "./script.py|x|y");

  /* Executable, but nothing that the system can execute. */
  make_file (fixture, "mere.py", "print ()\n", 0755);
  make_file (fixture, "empty.js", "", 0755);
  assert_module (fixture, "mere.py", "python3|-u|mere.py|x|y");
  assert_module (fixture, "empty.js", "node|-u|empty.js|x|y");
}

static void
test_module_exec_path (ModuleFixture *fixture,
                       gconstpointer  user_data)
{
  g_autoptr(CprocCommand) command = make_module (fixture, "package.module");

  cproc_command_set_exec_path (command, "python3.11");
  assert_argv (command, "python3.11|-u|package.module|x|y");
  cproc_command_set_exec_argv (command, NULL);
  assert_argv (command, "python3.11|package.module|x|y");
  cproc_command_set_exec_path (command, "");
  assert_no_argv (command, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "No program was given");
}

static void
test_module_unknown (ModuleFixture *fixture,
                     gconstpointer  user_data)
{
  g_autoptr(CprocCommand) text = make_module (fixture, "notes.txt");
  g_autoptr(CprocCommand) directory = make_module (fixture, ".");

  make_file (fixture, "notes.txt", "#!/bin/sh\n", 0644);
  assert_no_argv (text, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "“notes.txt”");
  assert_no_argv (text, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "exec-path");
  assert_no_argv (directory, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "exec-path");
}

static void
test_module_missing (ModuleFixture *fixture,
                     gconstpointer  user_data)
{
  g_autoptr(CprocCommand) command = make_module (fixture, "none.py");
  g_autoptr(CprocCommand) beneath = make_module (fixture, "file/none.py");
  g_autoptr(CprocCommand) empty = make_module (fixture, "");

  make_file (fixture, "file", "", 0644);
  assert_no_argv (command, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "“none.py”");
  assert_no_argv (command, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, fixture->directory);
  assert_no_argv (beneath, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "“file/none.py”");
  assert_no_argv (empty, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "No program was given");

  cproc_command_set_cwd (command, "/no/such/directory");
  assert_no_argv (command, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR, "“/no/such/directory”");
}

/* Without a directory of its own, the module is looked up from the parent's. */
static void
test_module_cwd (ModuleFixture *fixture,
                 gconstpointer  user_data)
{
  g_autoptr(CprocCommand) command = make_module (fixture, "here.py");

  make_file (fixture, "here.py", "", 0644);
  cproc_command_set_cwd (command, NULL);
  assert_no_argv (command, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "“here.py”");
  g_assert_cmpint (g_chdir (fixture->directory), ==, 0);
  assert_argv (command, "python3|-u|here.py|x|y");
}

static void
add_module_test (const char *path,
                 void      (*func) (ModuleFixture *, gconstpointer))
{
  g_test_add (path, ModuleFixture, NULL, module_set_up, func, module_tear_down);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/command/resolve/no-program", test_no_program);
  g_test_add_func ("/command/resolve/plain", test_resolve_plain);
  add_module_test ("/command/resolve/module-suffix", test_module_suffix);
  add_module_test ("/command/resolve/module-itself", test_module_itself);
  add_module_test ("/command/resolve/module-exec-path", test_module_exec_path);
  add_module_test ("/command/resolve/module-unknown", test_module_unknown);
  add_module_test ("/command/resolve/module-missing", test_module_missing);
  add_module_test ("/command/resolve/module-cwd", test_module_cwd);

  return g_test_run ();
}
