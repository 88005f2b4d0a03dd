/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cproc-launch-thread-private.h"
#include "launch-util.h"

/* Where a program is looked for, and when the helper is left out. */

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

/* What cannot be run is passed over, and told of when nothing better is found. */
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

/* An empty entry is the working directory: the child's. */
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

/* Whether the bare path is taken: it has no status to wait for. */
static gboolean
starts_bare (CprocCommand *command)
{
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  gboolean bare;

  g_assert_true (cproc_launch_prepare (launch, NULL));
  g_assert_true (cproc_launch_spawn (launch, NULL));
  bare = cproc_launch_get_status_fd (launch) < 0;
  g_assert_true (cproc_launch_confirm (launch, NULL));
  g_assert_cmpint (launch_wait (launch), ==, 0);

  return bare;
}

static CprocCommand *
plain_command_new (void)
{
  CprocCommand *command = launch_command_new ("exit", "0", NULL);

  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);

  return command;
}

/* Only after it has seen a process that GSubprocess still knew. */
static void
let_bare_path_open (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);
  g_autoptr(CprocLaunch) launch = launch_start (command);

  close (cproc_launch_steal_pipe (launch, STDIN_FILENO));
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

static void
check_bare_command (void)
{
  g_autoptr(CprocCommand) command = plain_command_new ();
  g_autoptr(CprocCommand) argv0 = plain_command_new ();
  g_autoptr(CprocCommand) cwd = plain_command_new ();
  g_autoptr(CprocCommand) mask = plain_command_new ();
  g_autoptr(CprocCommand) limit = plain_command_new ();
  g_autoptr(CprocCommand) path = command_new ("true", "/usr/bin:/bin:/no/such");

  g_assert_true (starts_bare (command));
  cproc_command_take_fd (command, open ("/dev/null", O_RDONLY | O_CLOEXEC), 3);
  cproc_command_add_pipe (command, 7, CPROC_PIPE_DIRECTION_READ);
  g_assert_true (starts_bare (command));
  cproc_command_set_containment (command, CPROC_CONTAINMENT_AUTO);
  g_assert_false (starts_bare (command));

  cproc_command_set_argv0 (argv0, "another");
  g_assert_false (starts_bare (argv0));
  cproc_command_set_cwd (cwd, "/");
  g_assert_false (starts_bare (cwd));
  cproc_command_set_umask (mask, 022);
  g_assert_false (starts_bare (mask));
  cproc_command_set_resource_limit (limit, CPROC_RESOURCE_CORE, 0, 0);
  g_assert_false (starts_bare (limit));

  /* Only ours would be looked through. */
  cproc_command_set_containment (path, CPROC_CONTAINMENT_NONE);
  g_assert_false (starts_bare (path));
  cproc_command_set_environment_variable (path, "PATH", g_getenv ("PATH"));
  g_assert_true (starts_bare (path));
}

static void
check_bare_process (void)
{
  g_autoptr(CprocCommand) command = plain_command_new ();
  sigset_t blocked, saved;
  int fd;

  signal (SIGUSR2, SIG_IGN);
  g_assert_false (starts_bare (command));
  signal (SIGUSR2, SIG_DFL);
  g_assert_true (starts_bare (command));

  sigemptyset (&blocked);
  sigaddset (&blocked, SIGUSR2);
  pthread_sigmask (SIG_BLOCK, &blocked, &saved);
  g_assert_false (starts_bare (command));
  pthread_sigmask (SIG_SETMASK, &saved, NULL);

  fd = open ("/dev/null", O_RDONLY);
  g_assert_false (starts_bare (command));
  close (fd);
  g_assert_true (starts_bare (command));
}

static void
check_bare_child (void)
{
  g_autoptr(CprocCommand) fds = launch_command_new ("print-fds", NULL);
  g_autoptr(CprocCommand) signals = launch_command_new ("print-signals", NULL);
  g_autofree char *fds_output = NULL;
  g_autofree char *signals_output = NULL;

  cproc_command_set_containment (fds, CPROC_CONTAINMENT_NONE);
  cproc_command_take_fd (fds, open ("/dev/null", O_RDONLY | O_CLOEXEC), 4);
  cproc_command_set_stderr_mode (fds, CPROC_STDIO_MERGE);
  g_assert_true (starts_bare (fds));
  fds_output = launch_run (fds);
  g_assert_cmpstr (fds_output, ==, "0 pipe r blocking\n1 pipe w blocking\n2 pipe w blocking\n"
                                   "4 character r blocking\n");

  cproc_command_set_containment (signals, CPROC_CONTAINMENT_NONE);
  signals_output = launch_run (signals);
  g_assert_cmpstr (signals_output, ==, "");
}

static void
spawn_there (gpointer launch)
{
  g_autoptr(GError) error = NULL;

  cproc_launch_spawn (launch, &error);
  g_assert_no_error (error);
}

/* In the library's thread, which blocks all signals: the child must not. */
static void
check_bare_in_thread (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-signals", NULL);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  g_autofree char *output = NULL;

  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  g_assert_true (cproc_launch_prepare (launch, NULL));
  cproc_launch_thread_call (spawn_there, launch);
  g_assert_cmpint (cproc_launch_get_status_fd (launch), <, 0);
  g_assert_true (cproc_launch_confirm (launch, NULL));
  output = launch_read (launch);
  g_assert_cmpstr (output, ==, "");
}

static void
test_bare (Fixture       *self,
           gconstpointer  unused)
{
  if (g_test_subprocess ())
    {
      let_bare_path_open ();
      check_bare_command ();
      check_bare_process ();
      check_bare_child ();
      check_bare_in_thread ();
      return;
    }

  /* A process with no more than it has made itself: GLib closes the rest before the exec. */
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
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
  ADD ("/launch-path/script-without-interpreter", test_script_without_interpreter);
  ADD ("/launch-path/bare", test_bare);

  return g_test_run ();
}
