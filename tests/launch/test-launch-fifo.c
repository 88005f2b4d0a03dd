/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch-util.h"

/* Named pipes as standard streams: the child waits for the other end, the caller never does. */

static char *directory;
static char *fifo;

static CprocCommand *
command_new (const char     *mode,
             int             fd,
             CprocFileFlags  flags)
{
  CprocCommand *command = fd == STDOUT_FILENO ? launch_command_new (mode, "1", "written", NULL)
                                              : launch_command_new (mode, NULL);

  cproc_command_set_stdio_file (command, fd, fifo, flags);

  return command;
}

static const CprocContainment containments[] = {
  CPROC_CONTAINMENT_NONE, CPROC_CONTAINMENT_GROUP, CPROC_CONTAINMENT_TREE,
};

static void
test_late_writer (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr(CprocCommand) command = command_new ("cat", STDIN_FILENO, CPROC_FILE_FLAGS_READ);
      g_autoptr(CprocLaunch) launch = NULL;
      g_autofree char *output = NULL;
      int fd;

      cproc_command_set_containment (command, containments[i]);
      launch = launch_start (command);
      fd = open (fifo, O_WRONLY | O_CLOEXEC);
      g_assert_cmpint (write (fd, "late", 4), ==, 4);
      close (fd);
      output = launch_read (launch);
      g_assert_cmpstr (output, ==, "late");
    }
}

static void
test_late_reader (void)
{
  static const CprocFileFlags flags[] = {
    CPROC_FILE_FLAGS_WRITE, CPROC_FILE_FLAGS_APPEND,
    CPROC_FILE_FLAGS_WRITE | CPROC_FILE_FLAGS_APPEND,
  };

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      g_autoptr(CprocCommand) command = command_new ("echo", STDOUT_FILENO, flags[i]);
      g_autoptr(CprocLaunch) launch = launch_start (command);
      g_autofree char *output = launch_read_fd (open (fifo, O_RDONLY | O_CLOEXEC));

      g_assert_cmpstr (output, ==, "written");
      g_assert_cmpint (launch_wait (launch), ==, 0);
    }
}

/* Both standard output and standard error lead there. */
static void
test_merge (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("echo", "2", "error", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *output = NULL;

  cproc_command_set_stdio_file (command, STDOUT_FILENO, fifo, CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  launch = launch_start (command);
  output = launch_read_fd (open (fifo, O_RDONLY | O_CLOEXEC));
  g_assert_cmpstr (output, ==, "error");
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

/* The program gets a descriptor as any other: blocking, for the asked direction. */
static void
test_descriptor (void)
{
  g_autoptr(CprocCommand) command = command_new ("print-fds", STDIN_FILENO,
                                                 CPROC_FILE_FLAGS_READ);
  g_autoptr(CprocLaunch) launch = launch_start (command);
  int fd = open (fifo, O_WRONLY | O_CLOEXEC);
  g_autofree char *output = launch_read (launch);

  g_assert_cmpstr (output, ==,
                   "0 pipe r blocking\n1 pipe w blocking\n2 pipe w blocking\n");
  close (fd);
}

/* A child that waits can be signalled as any other. */
static void
test_ended_while_it_waits (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr(CprocCommand) command = command_new ("cat", STDIN_FILENO, CPROC_FILE_FLAGS_READ);
      g_autoptr(CprocLaunch) launch = NULL;
      g_autoptr(GError) error = NULL;

      cproc_command_set_containment (command, containments[i]);
      launch = launch_start (command);
      cproc_job_signal (cproc_launch_get_job (launch), SIGTERM, &error);
      g_assert_no_error (error);
      g_assert_cmpint (launch_wait (launch), ==, -1);
    }
}

/* A mistake that is known before the wait is an error of the start. */
static void
test_errors (void)
{
  const char *const missing_argv[] = { "/does/not/exist", NULL };
  const char *const unknown_argv[] = { "cproc-no-such-program", NULL };
  const char *const directory_argv[] = { "/", NULL };
  g_autoptr(CprocCommand) missing = cproc_command_new (missing_argv);
  g_autoptr(CprocCommand) unknown = cproc_command_new (unknown_argv);
  g_autoptr(CprocCommand) folder = cproc_command_new (directory_argv);
  /* Not a program of the tests: the user may not be able to reach their folder. */
  const char *const cat_argv[] = { "cat", NULL };
  g_autoptr(CprocCommand) forbidden = cproc_command_new (cat_argv);

  cproc_command_set_stdio_file (missing, STDIN_FILENO, fifo, CPROC_FILE_FLAGS_READ);
  cproc_command_set_stdio_file (unknown, STDIN_FILENO, fifo, CPROC_FILE_FLAGS_READ);
  cproc_command_set_stdio_file (folder, STDIN_FILENO, fifo, CPROC_FILE_FLAGS_READ);
  launch_fail (missing, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, NULL);
  launch_fail (unknown, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, NULL);
  launch_fail (folder, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES, NULL);

  if (getuid () != 0)
    return;
  cproc_command_set_stdio_file (forbidden, STDIN_FILENO, fifo, CPROC_FILE_FLAGS_READ);
  cproc_command_set_user_id (forbidden, 65534);
  cproc_command_set_group_id (forbidden, 65534);
  launch_fail (forbidden, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "standard input", NULL);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  directory = launch_make_directory ();
  fifo = g_build_filename (directory, "fifo", NULL);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);

  g_test_add_func ("/launch-fifo/late-writer", test_late_writer);
  g_test_add_func ("/launch-fifo/late-reader", test_late_reader);
  g_test_add_func ("/launch-fifo/merge", test_merge);
  g_test_add_func ("/launch-fifo/descriptor", test_descriptor);
  g_test_add_func ("/launch-fifo/ended-while-it-waits", test_ended_while_it_waits);
  g_test_add_func ("/launch-fifo/errors", test_errors);

  result = g_test_run ();
  launch_remove (directory);
  g_free (directory);
  g_free (fifo);

  return result;
}
