/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch-util.h"

/* Where a program is looked for. */

typedef struct
{
  char *first;
  char *second;
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  self->first = launch_make_directory ();
  self->second = launch_make_directory ();
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  launch_remove (self->first);
  launch_remove (self->second);
  g_free (self->first);
  g_free (self->second);
}

static void
add_script (const char *directory,
            const char *name,
            int         mode)
{
  g_autofree char *contents = g_strdup_printf ("#!/bin/sh\necho %s\n", directory);

  g_free (launch_write_file (directory, name, contents, mode));
}

static CprocCommand *
command_new (const char *program,
             const char *path)
{
  const char *const argv[] = { program, NULL };
  CprocCommand *command = cproc_command_new (argv);

  if (path != NULL)
    cproc_command_set_environment_variable (command, "PATH", path);
  else
    cproc_command_unset_environment_variable (command, "PATH");

  return command;
}

static void
assert_found (const char *program,
              const char *path,
              const char *directory)
{
  g_autoptr(CprocCommand) command = command_new (program, path);
  g_autofree char *expected = g_strconcat (directory, "\n", NULL);
  g_autofree char *output = launch_run (command);

  g_assert_cmpstr (output, ==, expected);
}

/* The child's PATH counts, not ours. */
static void
test_childs_path (Fixture       *self,
                  gconstpointer  unused)
{
  g_autofree char *both = g_strjoin (":", "/no/such", self->first, self->second, NULL);
  g_autofree char *swapped = g_strjoin (":", self->second, self->first, NULL);

  add_script (self->first, "cproc-test-program", 0755);
  assert_found ("cproc-test-program", both, self->first);
  add_script (self->second, "cproc-test-program", 0755);
  assert_found ("cproc-test-program", both, self->first);
  assert_found ("cproc-test-program", swapped, self->second);
}

/* A file that cannot be run is skipped, and is the error if nothing better is found. */
static void
test_not_executable (Fixture       *self,
                     gconstpointer  unused)
{
  g_autofree char *both = g_strjoin (":", self->first, self->second, "/no/such", NULL);
  g_autofree char *inner = g_build_filename (self->second, "cproc-test-directory", NULL);
  g_autoptr(CprocCommand) command = command_new ("cproc-test-program", both);
  g_autoptr(CprocCommand) directory = command_new ("cproc-test-directory", both);

  add_script (self->first, "cproc-test-program", 0644);
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES, NULL);
  add_script (self->second, "cproc-test-program", 0755);
  assert_found ("cproc-test-program", both, self->second);

  g_assert_cmpint (mkdir (inner, 0755), ==, 0);
  launch_fail (directory, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES, "directory", NULL);
}

/* An empty entry means the child's working directory. */
static void
test_empty_entry (Fixture       *self,
                  gconstpointer  unused)
{
  g_autoptr(CprocCommand) command = command_new ("cproc-test-program", "/no/such::/no/other");
  g_autofree char *expected = g_strconcat (self->first, "\n", NULL);
  g_autofree char *output = NULL;

  add_script (self->first, "cproc-test-program", 0755);
  cproc_command_set_cwd (command, self->first);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, expected);
}

static void
test_no_path (Fixture       *self,
              gconstpointer  unused)
{
  g_autoptr(CprocCommand) without = command_new ("sh", NULL);
  g_autoptr(CprocCommand) empty = command_new ("sh", "");
  g_autoptr(CprocLaunch) launch = NULL;

  cproc_command_set_stdin_mode (without, CPROC_STDIO_NULL);
  launch = launch_start (without);
  g_assert_cmpint (launch_wait (launch), ==, 0);

  cproc_command_set_cwd (empty, self->first);
  launch_fail (empty, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, NULL);
}

/* A directory whose name leaves no room for the program's. */
static void
test_long_entry (Fixture       *self,
                 gconstpointer  unused)
{
  g_autofree char *longest = g_strnfill (5000, 'x');
  g_autofree char *path = g_strjoin (":", longest, self->first, NULL);

  add_script (self->first, "cproc-test-program", 0755);
  assert_found ("cproc-test-program", path, self->first);
}

/* A directory that is a link to itself: what comes after it is looked at. */
static void
test_loop_of_links (Fixture       *self,
                    gconstpointer  unused)
{
  g_autofree char *loop = g_build_filename (self->second, "loop", NULL);
  g_autofree char *path = g_strjoin (":", loop, self->first, NULL);
  g_autoptr(CprocCommand) command = command_new ("cproc-test-program", loop);

  g_assert_cmpint (symlink ("loop", loop), ==, 0);
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_LOOP, NULL);
  add_script (self->first, "cproc-test-program", 0755);
  assert_found ("cproc-test-program", path, self->first);
  g_assert_cmpint (unlink (loop), ==, 0);
}

/* As execvp() does it: by the shell, with the file's path and all arguments in their places. */
static void
test_script_without_interpreter (Fixture       *self,
                                 gconstpointer  unused)
{
  const char *const argv[] = { "cproc-test-script", "one", "two words", "", NULL };
  g_autofree char *path =
    launch_write_file (self->first, "cproc-test-script", "echo \"$0\"\necho \"$#:$1:$2\"\n", 0755);
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autofree char *expected = g_strdup_printf ("%s\n3:one:two words\n", path);
  g_autofree char *output = NULL;

  cproc_command_set_environment_variable (command, "PATH", self->first);
  cproc_command_set_argv0 (command, "lost");
  output = launch_run (command);
  g_assert_cmpstr (output, ==, expected);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/launch-path/childs-path", test_childs_path);
  ADD ("/launch-path/not-executable", test_not_executable);
  ADD ("/launch-path/empty-entry", test_empty_entry);
  ADD ("/launch-path/no-path", test_no_path);
  ADD ("/launch-path/long-entry", test_long_entry);
  ADD ("/launch-path/loop-of-links", test_loop_of_links);
  ADD ("/launch-path/script-without-interpreter", test_script_without_interpreter);

  return g_test_run ();
}
