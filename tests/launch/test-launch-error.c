/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "cproc-launch-error-private.h"
#include "launch-util.h"

/* By the helper, and where it would be left out. */
static void
fail_on_both_paths (const char *program,
                    int         code,
                    const char *text)
{
  const char *const argv[] = { program, NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);

  launch_fail (command, G_SPAWN_ERROR, code, program, text, NULL);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  launch_fail (command, G_SPAWN_ERROR, code, program, text, NULL);
}

static void
test_missing_program (void)
{
  fail_on_both_paths ("/no/such/program", G_SPAWN_ERROR_NOENT, g_strerror (ENOENT));
  fail_on_both_paths ("no-such-program", G_SPAWN_ERROR_NOENT, "PATH");
}

static void
test_not_a_program (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *file = launch_write_file (directory, "file", "#!/bin/sh\n", 0644);
  g_autofree char *below = g_build_filename (file, "below", NULL);
  g_autofree char *no_interpreter =
    launch_write_file (directory, "no-interpreter", "#!/no/such/interpreter -x\n", 0755);

  fail_on_both_paths (file, G_SPAWN_ERROR_ACCES, g_strerror (EACCES));
  fail_on_both_paths (directory, G_SPAWN_ERROR_ACCES, "it is a directory");
  fail_on_both_paths (below, G_SPAWN_ERROR_NOTDIR, g_strerror (ENOTDIR));
  fail_on_both_paths (no_interpreter, G_SPAWN_ERROR_NOENT, "interpreter");

  launch_remove (directory);
}

/* An ELF header and nothing behind it. */
static void
test_bad_program (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = launch_write_file (directory, "bad", "\177ELF", 0755);
  const char *const argv[] = { path, NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocLaunch) launch = launch_start (command);

  /* To the kernel it is no format at all, so the shell gets it, as everywhere. */
  g_assert_cmpint (launch_wait (launch), !=, 0);

  launch_remove (directory);
}

static void
test_cwd (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *file = launch_write_file (directory, "file", "", 0644);
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);

  cproc_command_set_cwd (command, "/no/such/directory");
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR, "/child”", "“/no/such/directory”",
               g_strerror (ENOENT), NULL);
  cproc_command_set_cwd (command, file);
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR, file, g_strerror (ENOTDIR), NULL);

  launch_remove (directory);
}

/* The program is looked for in the other directory, so the message names both. */
static void
test_relative_in_cwd (void)
{
  const char *const argv[] = { "./not-here", NULL };
  g_autofree char *directory = launch_make_directory ();
  g_autoptr(CprocCommand) command = cproc_command_new (argv);

  cproc_command_set_cwd (command, directory);
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "“./not-here”", directory, NULL);

  launch_remove (directory);
}

static void
test_environment (void)
{
  const char *const no_name[] = { "A=1", "=secret", NULL };
  const char *const no_value[] = { "A=1", "B", NULL };
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);

  cproc_command_set_environment (command, no_name);
  launch_fail (command, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, NULL);
  cproc_command_set_environment (command, no_value);
  launch_fail (command, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "“B”", NULL);
}

/* Too long for the helper itself, and so that only the program's own start is too long. */
static void
test_too_big (void)
{
  g_autofree char *one = g_strnfill (4 * 1024 * 1024, 'x');
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", one, NULL);
  g_autoptr(CprocCommand) limited = NULL;

  if (launch_skip_on_valgrind ())
    return;

  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_TOO_BIG, NULL);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_TOO_BIG, NULL);

  /* A quarter of the stack is for the arguments, but never less than 128 KiB. */
  one[127 * 1024] = '\0';
  limited = launch_command_new ("exit", "0", one, one, one, NULL);
  cproc_command_set_resource_limit (limited, CPROC_RESOURCE_STACK, 1024 * 1024, -1);
  launch_fail (limited, G_SPAWN_ERROR, G_SPAWN_ERROR_TOO_BIG, NULL);
}

static void
test_limit (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);

  cproc_command_set_resource_limit (command, CPROC_RESOURCE_NOFILE, -1, -1);
  /* Above what the kernel allows anybody. */
  launch_fail (command, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "limit 7", NULL);
}

/* FALSE where what is left does not reach the helper, in a build directory of the user's own. */
static gboolean
drop_rights (void)
{
  if (geteuid () == 0)
    {
      g_assert_cmpint (setresgid (12345, 12345, 12345), ==, 0);
      g_assert_cmpint (setresuid (12345, 12345, 12345), ==, 0);
    }

  return access (g_getenv ("CPROC_LAUNCH_HELPER"), X_OK) == 0;
}

/* Without the right to a step, the error names the step that failed. */
static void
test_without_rights (void)
{
  if (g_test_subprocess ())
    {
      const char *const argv[] = { "/bin/sh", "-c", "exit 0", NULL };
      g_autoptr(CprocCommand) user = cproc_command_new (argv);
      g_autoptr(CprocCommand) group = cproc_command_new (argv);
      g_autoptr(CprocCommand) nicer = cproc_command_new (argv);
      g_autoptr(CprocCommand) own = cproc_command_new (argv);
      g_autoptr(CprocLaunch) launch = NULL;

      if (!drop_rights ())
        return;
      cproc_command_set_user_id (user, 0);
      launch_fail (user, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "user", NULL);
      cproc_command_set_group_id (group, 0);
      launch_fail (group, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "group", NULL);
      cproc_command_set_nice (nicer, -10);
      launch_fail (nicer, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "niceness", NULL);

      /* What it is already, it may ask for. */
      cproc_command_set_user_id (own, getuid ());
      cproc_command_set_group_id (own, getgid ());
      launch = launch_start (own);
      g_assert_cmpint (launch_wait (launch), ==, 0);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_forbidden_cwd (void)
{
  g_autofree char *directory = NULL;

  if (g_test_subprocess ())
    {
      const char *const argv[] = { "/bin/sh", "-c", "exit 0", NULL };
      g_autoptr(CprocCommand) command = cproc_command_new (argv);

      if (!drop_rights ())
        return;
      cproc_command_set_cwd (command, g_getenv ("CPROC_TEST_DIRECTORY"));
      launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR, g_strerror (EACCES), NULL);
      return;
    }

  directory = launch_make_directory ();
  g_assert_cmpint (g_chmod (directory, 0), ==, 0);
  g_setenv ("CPROC_TEST_DIRECTORY", directory, TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_unsetenv ("CPROC_TEST_DIRECTORY");
  g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
  launch_remove (directory);
}

static void
test_descriptors (void)
{
  g_autoptr(CprocCommand) closed = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocCommand) number = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocCommand) missing = launch_command_new ("exit", "0", NULL);
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  /* Other code closes a descriptor that the command was given. */
  cproc_command_take_fd (closed, fd, 5);
  close (fd);
  launch_fail (closed, G_IO_ERROR, g_io_error_from_errno (EBADF), "descriptor 5", NULL);
  fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  cproc_command_add_pipe (number, 1 << 30, CPROC_PIPE_DIRECTION_READ);
  launch_fail (number, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, NULL);

  cproc_command_set_stdout_mode (missing, CPROC_STDIO_FD);
  launch_fail (missing, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, NULL);
}

static void
test_two_of_a_number (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  g_autoptr(GError) error = NULL;

  cproc_command_take_fd (command, open ("/dev/null", O_RDONLY | O_CLOEXEC), 3);
  cproc_launch_take_fd (launch, open ("/dev/null", O_RDONLY | O_CLOEXEC), 3);
  g_assert_false (cproc_launch_prepare (launch, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_file (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = launch_write_file (directory, "there", "", 0644);
  g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);

  cproc_command_set_stdio_file (command, STDIN_FILENO, "/no/such/file", CPROC_FILE_FLAGS_READ);
  launch_fail (command, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "“/no/such/file”", "standard input",
               g_strerror (ENOENT), NULL);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stdio_file (command, STDERR_FILENO, path,
                                CPROC_FILE_FLAGS_WRITE | CPROC_FILE_FLAGS_EXCLUSIVE);
  launch_fail (command, G_IO_ERROR, G_IO_ERROR_EXISTS, path, "standard error", NULL);

  launch_remove (directory);
}

/* With any number of descriptors left, a start works or returns an error: GLib would abort. */
static void
test_too_many_files (void)
{
  if (g_test_subprocess ())
    {
      struct rlimit limit, saved;
      guint n_failed = 0;
      guint n_started = 0;

      g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
      for (limit = saved, limit.rlim_cur = 3; limit.rlim_cur < 100; limit.rlim_cur++)
        {
          g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
          g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
          g_autoptr(GError) error = NULL;

          cproc_command_add_pipe (command, 3, CPROC_PIPE_DIRECTION_READ);
          cproc_command_set_die_with_parent (command, limit.rlim_cur % 2 == 0);
          g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
          if (cproc_launch_prepare (launch, &error) && cproc_launch_spawn (launch, &error) &&
              cproc_launch_confirm (launch, &error))
            {
              g_assert_no_error (error);
              n_started++;
              g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
              /* Below this it is the program's own dynamic linker that has none. */
              g_assert_true (launch_wait (launch) == 0 || limit.rlim_cur < 16);
            }
          else
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
              n_failed++;
              g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
            }
        }
      g_assert_cmpuint (n_failed, >, 5);
      g_assert_cmpuint (n_started, >, 20);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

/* No descriptor and no zombie stays, and what failed can be tried again. */
static void
test_no_leak (void)
{
  const char *const argv[] = { "/no/such/program", NULL };
  g_autoptr(CprocCommand) missing = cproc_command_new (argv);
  g_autoptr(CprocCommand) cwd = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  guint before = 0;

  cproc_command_set_cwd (cwd, "/no/such/directory");
  cproc_command_add_pipe (cwd, 3, CPROC_PIPE_DIRECTION_BOTH);
  for (int i = 0; i < 100; i++)
    {
      launch_fail (missing, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, NULL);
      launch_fail (cwd, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR, NULL);
      if (i == 0)
        before = launch_count_fds ();
    }
  /* GLib's worker may be about to close one of its own. */
  g_assert_cmpuint (launch_count_fds (), <, before + 10);
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);

  cproc_command_set_cwd (cwd, NULL);
  launch = launch_start (cwd);
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

static void
set_helper (const char *path)
{
  static char *saved = NULL;

  if (saved == NULL)
    saved = g_strdup (g_getenv ("CPROC_LAUNCH_HELPER"));
  g_setenv ("CPROC_LAUNCH_HELPER", path != NULL ? path : saved, TRUE);
}

static void
test_helper (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *odd = launch_write_file (directory, "odd", "#!/bin/sh\nexit 3\n", 0755);
  g_autofree char *missing = g_build_filename (directory, "missing", NULL);
  g_autofree char *plain = launch_write_file (directory, "plain", "#!/bin/sh\n", 0644);
  g_autofree char *broken = launch_write_file (directory, "broken", "#!/no/such/shell\n", 0755);
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocLaunch) launch = NULL;

  set_helper (odd);
  launch_fail (command, G_IO_ERROR, G_IO_ERROR_FAILED, "launch helper", odd, NULL);
  if (!launch_skip_on_valgrind ())
    {
      set_helper (missing);
      launch_fail (command, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "launch helper", missing, NULL);
      set_helper (directory);
      launch_fail (command, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "launch helper", directory,
                   g_strerror (EISDIR), NULL);
      set_helper (plain);
      launch_fail (command, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "launch helper", plain, NULL);
      set_helper (broken);
      launch_fail (command, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "launch helper", broken,
                   "cannot be run", NULL);
    }
  set_helper (NULL);
  launch = launch_start (command);
  g_assert_cmpint (launch_wait (launch), ==, 0);

  launch_remove (directory);
}

/* A relative path stays that of the directory in which it was first used. */
static void
test_relative_helper (void)
{
  if (g_test_subprocess ())
    {
      g_autofree char *folder = g_path_get_dirname (g_getenv ("CPROC_LAUNCH_HELPER"));
      g_autofree char *name = g_path_get_basename (g_getenv ("CPROC_LAUNCH_HELPER"));
      g_autofree char *relative = g_build_filename (".", name, NULL);
      g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);

      g_assert_cmpint (chdir (folder), ==, 0);
      set_helper (relative);
      for (int i = 0; i < 2; i++)
        {
          g_autoptr(CprocLaunch) launch = launch_start (command);

          g_assert_cmpint (launch_wait (launch), ==, 0);
          g_assert_cmpint (chdir ("/"), ==, 0);
        }
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
run_fails (CprocCommand *command,
           GQuark        domain,
           int           code)
{
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_launch_prepare (launch, NULL));
  g_assert_false (cproc_launch_run (launch, &error));
  g_assert_error (error, domain, code);
  g_assert_null (cproc_launch_get_subprocess (launch));
}

/* Where nobody looks between spawn and confirm. */
static void
test_run (void)
{
  const char *const argv[] = { "/does/not/exist", NULL };
  g_autoptr(CprocCommand) missing = cproc_command_new (argv);
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *silent = launch_write_file (directory, "silent", "#!/bin/sh\nexit 3\n", 0755);

  for (int i = 0; i < 100; i++)
    run_fails (missing, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);

  set_helper (silent);
  run_fails (command, G_IO_ERROR, G_IO_ERROR_FAILED);
  set_helper (NULL);

  launch_remove (directory);
}

/* A spec that the helper does not understand, as a library of another version would write it. */
static void
test_malformed_spec (void)
{
  const char *const argv[] = { g_getenv ("CPROC_LAUNCH_HELPER"), "v1 me s9 k0,1,2,9 ?", "",
                               "/bin/sh", "sh", NULL };
  g_autoptr(GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr(GSubprocess) subprocess = NULL;
  LaunchRecord record = { 0 };
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  g_subprocess_launcher_take_fd (launcher, fds[1], 9);
  subprocess = g_subprocess_launcher_spawnv (launcher, argv, NULL);
  g_assert_nonnull (subprocess);
  g_subprocess_launcher_close (launcher);
  g_assert_cmpint (read (fds[0], &record, sizeof record), ==, sizeof record);
  g_assert_cmpint (record.step, ==, LAUNCH_STEP_SPEC);
  g_assert_cmpint (record.value, ==, EINVAL);
  g_assert_cmpint (read (fds[0], &record, sizeof record), ==, 0);
  close (fds[0]);
  g_subprocess_wait (subprocess, NULL, NULL);
  g_assert_cmpint (g_subprocess_get_exit_status (subprocess), ==, 127);
}

static void
test_find_errno (void)
{
  const int numbers[] = { E2BIG, EAGAIN, ENOMEM, ENOENT, EACCES, EMFILE, EPERM, EIO };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *message = g_strdup_printf ("Failed to spawn child process “%s” (%s)",
                                                  "/x/y", g_strerror (numbers[i]));

      g_assert_cmpint (cproc_launch_find_errno (message), ==, numbers[i]);
    }

  g_assert_cmpint (cproc_launch_find_errno (""), ==, 0);
  g_assert_cmpint (cproc_launch_find_errno ("Something else"), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/launch-error/missing-program", test_missing_program);
  g_test_add_func ("/launch-error/not-a-program", test_not_a_program);
  g_test_add_func ("/launch-error/bad-program", test_bad_program);
  g_test_add_func ("/launch-error/cwd", test_cwd);
  g_test_add_func ("/launch-error/relative-in-cwd", test_relative_in_cwd);
  g_test_add_func ("/launch-error/environment", test_environment);
  g_test_add_func ("/launch-error/too-big", test_too_big);
  g_test_add_func ("/launch-error/limit", test_limit);
  g_test_add_func ("/launch-error/without-rights", test_without_rights);
  g_test_add_func ("/launch-error/forbidden-cwd", test_forbidden_cwd);
  g_test_add_func ("/launch-error/descriptors", test_descriptors);
  g_test_add_func ("/launch-error/two-of-a-number", test_two_of_a_number);
  g_test_add_func ("/launch-error/file", test_file);
  g_test_add_func ("/launch-error/too-many-files", test_too_many_files);
  g_test_add_func ("/launch-error/no-leak", test_no_leak);
  g_test_add_func ("/launch-error/helper", test_helper);
  g_test_add_func ("/launch-error/relative-helper", test_relative_helper);
  g_test_add_func ("/launch-error/malformed-spec", test_malformed_spec);
  g_test_add_func ("/launch-error/run", test_run);
  g_test_add_func ("/launch-error/find-errno", test_find_errno);

  return g_test_run ();
}
