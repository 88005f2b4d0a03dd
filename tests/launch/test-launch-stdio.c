/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch-util.h"

/* Our own standard streams: whichever of them are closed, a start neither uses nor changes them. */

typedef struct
{
  CprocStdio mode;
  const char *kind; /* of the child's stream, as print-fds says; of INHERIT: if ours is closed */
} Mode;

static const Mode modes[] = {
  { CPROC_STDIO_NULL, "character" },
  { CPROC_STDIO_PIPE, "pipe" },
  { CPROC_STDIO_SOCKET, "socket" },
  { CPROC_STDIO_FD, "file" },
  { CPROC_STDIO_INHERIT, "character" },
};

#define N_MODES G_N_ELEMENTS (modes)

/* What each of 0 to 2 is; "-" where it is closed. */
static char *
dup_table (void)
{
  g_autoptr(GString) table = g_string_new (NULL);

  for (int fd = 0; fd <= 2; fd++)
    {
      struct stat st;

      if (fstat (fd, &st) != 0)
        g_string_append (table, "- ");
      else
        g_string_append_printf (table, "%lu:%lu ", (gulong) st.st_dev, (gulong) st.st_ino);
    }

  return g_string_free (g_steal_pointer (&table), FALSE);
}

static void
assert_table (const char *expected)
{
  g_autofree char *table = dup_table ();

  g_assert_cmpstr (table, ==, expected);
}

/* GSubprocess's own wait makes a main context, and with it a descriptor. */
static void
await_end (CprocLaunch *launch)
{
  struct pollfd ended = { cproc_job_get_pidfd (cproc_launch_get_job (launch)), POLLIN, 0 };

  if (ended.fd >= 0)
    g_assert_cmpint (poll (&ended, 1, -1), ==, 1);
}

static void
set_mode (CprocCommand *command,
          int           fd,
          const Mode   *mode,
          int           file)
{
  if (mode->mode == CPROC_STDIO_FD)
    g_assert_true (cproc_command_pass_fd (command, file, fd, NULL));
  else if (fd == STDIN_FILENO)
    cproc_command_set_stdin_mode (command, mode->mode);
  else
    cproc_command_set_stderr_mode (command, mode->mode);
}

static void
assert_kind (const char *output,
             int         fd,
             const Mode *mode,
             gboolean    is_closed)
{
  g_autofree char *expected = g_strdup_printf ("%d %s ", fd, mode->kind);

  if (mode->mode != CPROC_STDIO_INHERIT || is_closed)
    g_assert_nonnull (strstr (output, expected));
}

static void
start_one (guint       closed,
           const Mode *in,
           const Mode *err,
           int         file)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
  g_autofree char *before = dup_table ();
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *output = NULL;

  set_mode (command, STDIN_FILENO, in, file);
  set_mode (command, STDERR_FILENO, err, file);
  launch = launch_start (command);
  assert_table (before);
  output = launch_read_fd (cproc_launch_steal_pipe (launch, STDOUT_FILENO));
  await_end (launch);
  assert_table (before);
  assert_kind (output, STDIN_FILENO, in, (closed & 1u << STDIN_FILENO) != 0);
  assert_kind (output, STDERR_FILENO, err, (closed & 1u << STDERR_FILENO) != 0);
}

static void
fail_one (void)
{
  const char *const argv[] = { "/does/not/exist", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autofree char *before = dup_table ();

  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, NULL);
  assert_table (before);
}

/* Each bit of `closed` is one of our streams. */
static void
close_streams (guint      closed,
               const int *saved)
{
  for (int fd = 0; fd <= 2; fd++)
    if ((closed & 1u << fd) != 0)
      close (fd);
    else
      g_assert_cmpint (dup2 (saved[fd], fd), ==, fd);
}

static void
run_in_subprocess (void)
{
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_closed (void)
{
  int file, saved[3];

  if (!g_test_subprocess ())
    {
      run_in_subprocess ();
      return;
    }

  file = open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  for (int fd = 0; fd <= 2; fd++)
    saved[fd] = fcntl (fd, F_DUPFD_CLOEXEC, 100);

  for (guint closed = 0; closed < 8; closed++)
    for (guint i = 0; i < N_MODES * N_MODES; i++)
      {
        close_streams (closed, saved);
        start_one (closed, &modes[i % N_MODES], &modes[i / N_MODES], file);
        fail_one ();
      }
  _exit (0);
}

/* Our 0 is the child's 1 or 2, and so on. */
static void
test_swapped (void)
{
  static const char *const names[] = { "zero", "one", "two" };
  g_autofree char *directory = NULL;

  if (!g_test_subprocess ())
    {
      run_in_subprocess ();
      return;
    }

  directory = launch_make_directory ();
  for (int fd = 0; fd <= 2; fd++)
    {
      g_autofree char *path = g_build_filename (directory, names[fd], NULL);
      int file = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

      g_assert_cmpint (dup2 (file, fd), ==, fd);
      close (file);
    }

  for (int shift = 1; shift < 3; shift++)
    {
      g_autoptr(CprocCommand) command = launch_command_new ("echo", "0", "a", "1", "b", "2", "c",
                                                            NULL);
      g_autofree char *before = dup_table ();
      g_autoptr(CprocLaunch) launch = NULL;

      for (int fd = 0; fd <= 2; fd++)
        g_assert_true (cproc_command_pass_fd (command, (fd + shift) % 3, fd, NULL));
      launch = launch_start (command);
      g_assert_cmpint (launch_wait (launch), ==, 0);
      assert_table (before);
      for (int fd = 0; fd <= 2; fd++)
        {
          char byte = 0;

          g_assert_cmpint (pread ((fd + shift) % 3, &byte, 1, 0), ==, 1);
          g_assert_cmpint (byte, ==, "abc"[fd]);
          g_assert_cmpint (ftruncate ((fd + shift) % 3, 0), ==, 0);
          lseek ((fd + shift) % 3, 0, SEEK_SET);
        }
    }
  launch_remove (directory);
  _exit (0);
}

/* A descriptor that the application opens there while a child runs belongs to the application. */
static void
test_reopened (void)
{
  if (!g_test_subprocess ())
    {
      run_in_subprocess ();
      return;
    }

  for (int fd = 0; fd <= 2; fd++)
    {
      g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);
      g_autoptr(CprocLaunch) launch = NULL;
      g_autofree char *table = NULL;
      int pipe_fd;

      cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
      cproc_command_set_stderr_mode (command, CPROC_STDIO_NULL);
      close (fd);
      launch = launch_start (command);
      g_assert_cmpint (open ("/dev/null", O_RDWR), ==, fd);
      table = dup_table ();

      pipe_fd = cproc_launch_steal_pipe (launch, STDIN_FILENO);
      close (pipe_fd);
      await_end (launch);
      g_clear_pointer (&launch, cproc_launch_free);
      assert_table (table);
    }
  _exit (0);
}

static gboolean
hide_devices (void)
{
  return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount ("none", "/dev", "tmpfs", 0, NULL) == 0;
}

/* Reading finds the end; more than a pipe holds can be written. */
static void
test_without_dev_null (void)
{
  const char *const argv[] = {
    "/bin/sh", "-c", "head -c 1000000 /proc/self/exe /proc/self/exe >&2; cat; echo $?", NULL,
  };
  g_autoptr(CprocCommand) command = NULL;
  g_autofree char *output = NULL;

  if (!g_test_subprocess ())
    {
      run_in_subprocess ();
      return;
    }
  if (!hide_devices ())
    {
      g_test_message ("no mount namespace here");
      _exit (0);
    }

  command = cproc_command_new (argv);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_NULL);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "0\n");
  _exit (0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/launch-stdio/closed", test_closed);
  g_test_add_func ("/launch-stdio/swapped", test_swapped);
  g_test_add_func ("/launch-stdio/reopened", test_reopened);
  g_test_add_func ("/launch-stdio/without-dev-null", test_without_dev_null);

  return g_test_run ();
}
