/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "launch-util.h"

#define STDIO_PIPES "0 pipe r blocking\n1 pipe w blocking\n2 pipe w blocking\n"

static void
set_modes (CprocCommand *command,
           CprocStdio    in,
           CprocStdio    out,
           CprocStdio    err)
{
  cproc_command_set_stdin_mode (command, in);
  cproc_command_set_stdout_mode (command, out);
  cproc_command_set_stderr_mode (command, err);
}

/* Descriptors that a careless library leaves open, and a socket that would keep a port in use. */
static void
test_exact (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
  g_autofree char *output = NULL;
  int left_open[200];

  for (guint i = 0; i < G_N_ELEMENTS (left_open); i++)
    {
      left_open[i] = open ("/dev/null", O_RDONLY);
      g_assert_cmpint (left_open[i], >=, 0);
    }

  cproc_command_take_fd (command, open ("/dev/null", O_RDWR | O_CLOEXEC), 7);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, STDIO_PIPES "7 character rw blocking\n");

  g_clear_pointer (&output, g_free);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, STDIO_PIPES "7 character rw blocking\n");

  for (guint i = 0; i < G_N_ELEMENTS (left_open); i++)
    close (left_open[i]);
}

/* A command keeps its own, for the next start. */
static void
test_again (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("echo", "5", "x", NULL);
  g_autofree char *text = NULL;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  cproc_command_take_fd (command, fds[1], 5);
  for (int i = 0; i < 3; i++)
    {
      g_autoptr(CprocLaunch) launch = launch_start (command);

      g_assert_cmpint (launch_wait (launch), ==, 0);
    }

  g_clear_object (&command);
  text = launch_read_fd (fds[0]);
  g_assert_cmpstr (text, ==, "xxx");
}

/* Every number that a descriptor of ours could have, the ones that are free here first. GLib's
 * path closes a target that has the number of one that it maps. */
static void
test_colliding (void)
{
  for (int target = 3; target < 90; target += target < 12 || (target > 62 && target < 75) ? 1 : 7)
    {
      g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
      g_autofree char *expected = NULL;
      g_autofree char *output = NULL;

      cproc_command_take_fd (command, open ("/dev/null", O_RDWR | O_CLOEXEC), target);
      cproc_command_add_pipe (command, target + 1, CPROC_PIPE_DIRECTION_READ);
      cproc_command_add_pipe (command, target + 3, CPROC_PIPE_DIRECTION_BOTH);
      expected = g_strdup_printf (STDIO_PIPES "%d character rw blocking\n%d pipe w blocking\n"
                                  "%d socket rw blocking\n", target, target + 1, target + 3);
      output = launch_run (command);
      g_assert_cmpstr (output, ==, expected);
    }
}

/* The numbers are exchanged between parent and child. */
static void
test_swapped (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("echo", "66", "sixty-six", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *text = NULL;
  int first[2], second[2];

  g_assert_cmpint (pipe2 (first, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (second, O_CLOEXEC), ==, 0);
  g_assert_cmpint (dup3 (first[1], 65, O_CLOEXEC), ==, 65);
  g_assert_cmpint (dup3 (second[1], 66, O_CLOEXEC), ==, 66);
  close (first[1]);
  close (second[1]);
  cproc_command_take_fd (command, 65, 66);
  cproc_command_take_fd (command, 66, 65);

  launch = launch_start (command);
  g_assert_cmpint (launch_wait (launch), ==, 0);
  g_clear_object (&command);
  g_clear_pointer (&launch, cproc_launch_free);
  text = launch_read_fd (first[0]);
  g_assert_cmpstr (text, ==, "sixty-six");
  close (second[0]);
}

static void
test_pipe_both (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("cat", "8", "8", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  char seen[6] = "";
  int fd;

  cproc_command_add_pipe (command, 8, CPROC_PIPE_DIRECTION_BOTH);
  launch = launch_start (command);
  fd = cproc_launch_steal_pipe (launch, 8);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, !=, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_SETFL, 0), ==, 0);
  g_assert_cmpint (write (fd, "there", 5), ==, 5);
  g_assert_cmpint (read (fd, seen, 5), ==, 5);
  g_assert_cmpstr (seen, ==, "there");
  close (fd);
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

static void
test_parents_ends (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocLaunch) launch = launch_start (command);

  for (int target = 0; target < 3; target++)
    {
      int fd = cproc_launch_steal_pipe (launch, target);

      g_assert_cmpint (fd, >, STDERR_FILENO);
      g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, !=, 0);
      g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
      g_assert_cmpint (cproc_launch_steal_pipe (launch, target), ==, -1);
      close (fd);
    }
  launch_wait (launch);
}

/* A pipe that was made before the start: the child's end does not stay open here. */
static void
test_taken_pipe (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("echo", "1", "out", "4", "four", NULL);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  g_autofree char *out = NULL;
  g_autofree char *four = NULL;
  int early[2], channel[2];

  g_assert_cmpint (pipe2 (early, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (channel, O_CLOEXEC), ==, 0);
  cproc_launch_take_pipe (launch, early[1], STDOUT_FILENO);
  cproc_launch_take_fd (launch, channel[1], 4);
  g_assert_true (cproc_launch_prepare (launch, NULL));
  g_assert_cmpint (cproc_launch_steal_pipe (launch, STDOUT_FILENO), ==, -1);
  g_assert_true (cproc_launch_spawn (launch, NULL));
  g_assert_true (cproc_launch_confirm (launch, NULL));
  out = launch_read_fd (early[0]);
  four = launch_read_fd (channel[0]);
  g_assert_cmpstr (out, ==, "out");
  g_assert_cmpstr (four, ==, "four");
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

static void
test_merge (void)
{
  g_autoptr(CprocCommand) command =
    launch_command_new ("echo", "1", "a", "2", "b", "1", "c", "2", "d", NULL);
  g_autofree char *output = NULL;

  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "abcd");
}

static void
test_merge_into_file (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  g_autoptr(CprocCommand) command = launch_command_new ("echo", "1", "a", "2", "b", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *contents = NULL;

  cproc_command_set_stdio_file (command, STDOUT_FILENO, path, CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  launch = launch_start (command);
  g_assert_cmpint (launch_wait (launch), ==, 0);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "ab");

  launch_remove (directory);
}

static void
run_into_file (const char     *path,
               CprocFileFlags  flags)
{
  g_autoptr(CprocCommand) command = launch_command_new ("echo", "1", "new", NULL);
  g_autoptr(CprocLaunch) launch = NULL;

  cproc_command_set_stdio_file (command, STDOUT_FILENO, path, flags);
  launch = launch_start (command);
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

static void
test_file (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = launch_write_file (directory, "out", "old and longer", 0644);
  g_autofree char *other = g_build_filename (directory, "other", NULL);
  g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);
  g_autofree char *output = NULL;

  run_into_file (path, CPROC_FILE_FLAGS_WRITE);
  run_into_file (path, CPROC_FILE_FLAGS_APPEND);
  run_into_file (other, CPROC_FILE_FLAGS_APPEND | CPROC_FILE_FLAGS_EXCLUSIVE);

  cproc_command_set_stdio_file (command, STDIN_FILENO, path, CPROC_FILE_FLAGS_READ);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "newnew");

  launch_remove (directory);
}

/* Only the open must not block; the child's reads block as usual. */
static void
test_file_flags_of_child (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *in = launch_write_file (directory, "in", "", 0644);
  g_autofree char *out = g_build_filename (directory, "out", NULL);
  g_autofree char *err = g_build_filename (directory, "err", NULL);
  g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *contents = NULL;

  cproc_command_set_stdio_file (command, 0, in, CPROC_FILE_FLAGS_READ);
  cproc_command_set_stdio_file (command, 1, out, CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_stdio_file (command, 2, err, CPROC_FILE_FLAGS_READ | CPROC_FILE_FLAGS_APPEND);
  launch = launch_start (command);
  g_assert_cmpint (launch_wait (launch), ==, 0);
  g_assert_true (g_file_get_contents (out, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "0 file r blocking\n1 file w blocking\n2 file rw blocking\n");

  launch_remove (directory);
}

static void
test_null (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
  g_autofree char *output = NULL;

  set_modes (command, CPROC_STDIO_NULL, CPROC_STDIO_PIPE, CPROC_STDIO_NULL);
  output = launch_run (command);
  g_assert_cmpstr (output, ==,
                   "0 character rw blocking\n1 pipe w blocking\n2 character rw blocking\n");
}

/* One description, shared with us: its flags are not ours to change. */
static void
test_fd_of_command (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);
  g_autofree char *output = NULL;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  g_assert_true (cproc_command_pass_fd (command, fds[0], STDIN_FILENO, NULL));
  g_assert_cmpint (write (fds[1], "in", 2), ==, 2);
  close (fds[1]);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "in");
  g_assert_cmpint (fcntl (fds[0], F_GETFL) & O_NONBLOCK, ==, 0);
  close (fds[0]);
}

static void
test_inherit (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr(CprocCommand) command = launch_command_new ("echo", "1", "to stdout\n", "2",
                                                            "to stderr\n", NULL);
      g_autoptr(CprocLaunch) launch = NULL;
      int before = fcntl (STDOUT_FILENO, F_GETFL);

      set_modes (command, CPROC_STDIO_INHERIT, CPROC_STDIO_INHERIT, CPROC_STDIO_INHERIT);
      launch = launch_start (command);
      g_assert_cmpint (launch_wait (launch), ==, 0);
      g_assert_cmpint (fcntl (STDOUT_FILENO, F_GETFL), ==, before);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*to stdout*");
  g_test_trap_assert_stderr ("*to stderr*");
}

/* As a daemon has it. What is opened then first gets the numbers 0 to 2. */
static void
test_closed_stdio (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr(CprocCommand) inherits = launch_command_new ("print-fds", NULL);
      g_autoptr(CprocCommand) pipes = launch_command_new ("print-fds", NULL);
      g_autofree char *inherited = NULL;
      g_autofree char *piped = NULL;

      close (STDIN_FILENO);
      close (STDOUT_FILENO);
      close (STDERR_FILENO);

      set_modes (inherits, CPROC_STDIO_INHERIT, CPROC_STDIO_PIPE, CPROC_STDIO_INHERIT);
      inherited = launch_run (inherits);
      g_assert_cmpstr (inherited, ==,
                       "0 character rw blocking\n1 pipe w blocking\n2 character rw blocking\n");
      cproc_command_add_pipe (pipes, 3, CPROC_PIPE_DIRECTION_READ);
      piped = launch_run (pipes);
      g_assert_cmpstr (piped, ==, STDIO_PIPES "3 pipe w blocking\n");

      _exit (0);
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static gpointer
start_many (gpointer unused)
{
  for (int i = 0; i < 20; i++)
    {
      g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
      g_autofree char *output = NULL;

      cproc_command_set_containment (command, i % 2 == 0 ? CPROC_CONTAINMENT_GROUP
                                                         : CPROC_CONTAINMENT_NONE);
      cproc_command_set_die_with_parent (command, i % 4 == 0);
      cproc_command_add_pipe (command, 5, CPROC_PIPE_DIRECTION_READ);
      output = launch_run (command);
      g_assert_cmpstr (output, ==, STDIO_PIPES "5 pipe w blocking\n");
    }

  return NULL;
}

/* Descriptors of one start must not be inherited by the child of another: the end of a pipe there
 * would keep its reader waiting. */
static void
test_threads (void)
{
  GThread *threads[6];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("start", start_many, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_no_leak (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  guint before = 0;

  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_BOTH);
  cproc_command_take_fd (command, open ("/dev/null", O_RDONLY | O_CLOEXEC), 5);
  for (int i = 0; i < 50; i++)
    {
      g_autoptr(CprocLaunch) launch = launch_start (command);

      g_assert_cmpint (launch_wait (launch), ==, 0);
      /* The first brings GLib's worker and its descriptors. */
      if (i == 0)
        before = launch_count_fds ();
    }

  /* GLib's worker may be about to close one of its own. */
  g_assert_cmpuint (launch_count_fds (), <, before + 10);
}

/* Prepared, and then not wanted. */
static void
test_no_leak_unused (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  guint before = launch_count_fds ();
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);

  cproc_launch_take_fd (launch, open ("/dev/null", O_RDONLY | O_CLOEXEC), 5);
  g_assert_true (cproc_launch_prepare (launch, NULL));
  g_clear_pointer (&launch, cproc_launch_free);
  /* GLib's worker may have been about to close one of its own. */
  g_assert_cmpuint (launch_count_fds (), <=, before);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/launch-fds/exact", test_exact);
  g_test_add_func ("/launch-fds/again", test_again);
  g_test_add_func ("/launch-fds/colliding", test_colliding);
  g_test_add_func ("/launch-fds/swapped", test_swapped);
  g_test_add_func ("/launch-fds/pipe-both", test_pipe_both);
  g_test_add_func ("/launch-fds/parents-ends", test_parents_ends);
  g_test_add_func ("/launch-fds/taken-pipe", test_taken_pipe);
  g_test_add_func ("/launch-fds/merge", test_merge);
  g_test_add_func ("/launch-fds/merge-into-file", test_merge_into_file);
  g_test_add_func ("/launch-fds/file", test_file);
  g_test_add_func ("/launch-fds/file-flags-of-child", test_file_flags_of_child);
  g_test_add_func ("/launch-fds/null", test_null);
  g_test_add_func ("/launch-fds/fd-of-command", test_fd_of_command);
  g_test_add_func ("/launch-fds/inherit", test_inherit);
  g_test_add_func ("/launch-fds/closed-stdio", test_closed_stdio);
  g_test_add_func ("/launch-fds/threads", test_threads);
  g_test_add_func ("/launch-fds/no-leak", test_no_leak);
  g_test_add_func ("/launch-fds/no-leak-unused", test_no_leak_unused);

  return g_test_run ();
}
