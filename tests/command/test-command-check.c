/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tests what a command gives its process, and which settings are mistakes. */

#include "config.h"

#include "cproc-command-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static CprocCommand *
make_command (void)
{
  const char *argv[] = { "prog", NULL };

  return cproc_command_new (argv);
}

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

static int
open_null (void)
{
  int fd = open ("/dev/null", O_RDWR);

  g_assert_cmpint (fd, >=, 0);

  return fd;
}

/* A number that no descriptor has. */
static int
closed_fd (void)
{
  int fd = open_null ();

  close (fd);

  return fd;
}

static void
assert_valid (CprocCommand *command)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_command_validate (command, &error));
  g_assert_no_error (error);
}

static void
assert_invalid (CprocCommand *command,
                const char   *what)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (cproc_command_validate (command, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_str_has_prefix (error->message, "Could not start “prog”: "));
      if (strstr (error->message, what) == NULL)
        g_error ("“%s” does not have “%s”", error->message, what);
    }
}

static void
test_take_fd (void)
{
  CprocCommand *command = make_command ();
  int first = open_null ();
  int second = open_null ();

  cproc_command_take_fd (command, first, 5);
  cproc_command_take_fd (command, second, 6);
  g_assert_cmpuint (command->fds->len, ==, 2);
  g_assert_cmpint (fcntl (first, F_GETFD), ==, FD_CLOEXEC);
  assert_valid (command);
  g_assert_cmpint (cproc_command_get_stdin_mode (command), ==, CPROC_STDIO_DEFAULT);

  g_assert_finalize_object (command);
  g_assert_false (is_open (first));
  g_assert_false (is_open (second));
}

static void
test_take_fd_stdio (void)
{
  CprocStdio (*get_mode[3]) (CprocCommand *) = {
    cproc_command_get_stdin_mode, cproc_command_get_stdout_mode, cproc_command_get_stderr_mode,
  };
  CprocCommand *command = make_command ();

  for (int target = 0; target <= 2; target++)
    {
      g_assert_cmpint (get_mode[target] (command), ==, CPROC_STDIO_DEFAULT);
      cproc_command_take_fd (command, open_null (), target);
      g_assert_cmpint (get_mode[target] (command), ==, CPROC_STDIO_FD);
    }

  assert_valid (command);
  g_assert_finalize_object (command);
}

static void
test_take_fd_replaced (void)
{
  CprocCommand *command = make_command ();
  int first = open_null ();
  int second = open_null ();

  cproc_command_take_fd (command, first, 5);
  cproc_command_take_fd (command, first, 5);
  g_assert_true (is_open (first));
  cproc_command_take_fd (command, second, 5);
  g_assert_false (is_open (first));
  g_assert_true (is_open (second));
  g_assert_cmpuint (command->fds->len, ==, 1);
  assert_valid (command);

  g_assert_finalize_object (command);
  g_assert_false (is_open (second));
}

/* One file for both outputs: it is closed once, with the last of them. */
static void
test_take_fd_twice (void)
{
  CprocCommand *command = make_command ();
  int fd = open_null ();
  int other = open_null ();

  cproc_command_take_fd (command, fd, 1);
  cproc_command_take_fd (command, fd, 2);
  cproc_command_take_fd (command, fd, 7);
  cproc_command_take_fd (command, other, 2);
  g_assert_true (is_open (fd));
  assert_valid (command);

  g_assert_finalize_object (command);
  g_assert_false (is_open (fd));
  g_assert_false (is_open (other));
}

static void
test_take_fd_bad (void)
{
  CprocCommand *command = make_command ();
  int fd = closed_fd ();
  g_autofree char *what = g_strdup_printf ("descriptor %d, to become number 7, is not open", fd);

  cproc_command_take_fd (command, fd, 7);
  assert_invalid (command, what);

  /* By now the number may be a stranger's. */
  g_assert_cmpint (open_null (), ==, fd);
  g_assert_finalize_object (command);
  g_assert_true (is_open (fd));
  close (fd);

  command = make_command ();
  cproc_command_take_fd (command, -1, 7);
  cproc_command_take_fd (command, open_null (), -5);
  assert_invalid (command, "descriptor -1, to become number 7, is not open");
  g_assert_finalize_object (command);
}

static void
test_take_fd_bad_target (void)
{
  CprocCommand *command = make_command ();
  int fd = open_null ();
  g_autofree char *what = g_strdup_printf ("descriptor %d cannot become number -1", fd);

  cproc_command_take_fd (command, fd, -1);
  g_assert_false (is_open (fd));
  assert_invalid (command, what);
  g_assert_finalize_object (command);
}

static void
test_pass_fd (void)
{
  CprocCommand *command = make_command ();
  g_autoptr(GError) error = NULL;
  int fd = open_null ();
  int copy;

  g_assert_true (cproc_command_pass_fd (command, fd, 1, &error));
  g_assert_no_error (error);
  copy = g_array_index (command->fds, CprocCommandFd, 0).fd;
  g_assert_cmpint (copy, !=, fd);
  g_assert_cmpint (cproc_command_get_stdout_mode (command), ==, CPROC_STDIO_FD);

  close (fd);
  assert_valid (command);
  g_assert_finalize_object (command);
  g_assert_false (is_open (copy));
}

static void
test_pass_fd_bad (void)
{
  CprocCommand *command = make_command ();
  g_autoptr(GError) error = NULL;
  int fd = closed_fd ();
  g_autofree char *what = g_strdup_printf ("Descriptor %d, to become number 4: ", fd);

  g_assert_false (cproc_command_pass_fd (command, fd, 4, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_prefix (error->message, what));
  g_clear_error (&error);

  g_assert_false (cproc_command_pass_fd (command, -1, 4, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "Descriptor -1"));
  g_clear_error (&error);

  g_assert_false (cproc_command_pass_fd (command, 0, -2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "-2"));
  g_assert_false (cproc_command_pass_fd (command, fd, 4, NULL));

  /* The mistake was reported by the call, so the command itself is unchanged. */
  assert_valid (command);
  g_assert_finalize_object (command);
}

static void
test_pipes (void)
{
  CprocCommand *command = make_command ();
  const CprocCommandPipe *pipes;

  cproc_command_add_pipe (command, 3, CPROC_PIPE_DIRECTION_WRITE);
  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_BOTH);
  cproc_command_take_fd (command, open_null (), 5);
  assert_valid (command);
  pipes = &g_array_index (command->pipes, CprocCommandPipe, 0);
  g_assert_cmpuint (command->pipes->len, ==, 2);
  g_assert_cmpint (pipes[0].target_fd, ==, 3);
  g_assert_cmpint (pipes[0].direction, ==, CPROC_PIPE_DIRECTION_WRITE);
  g_assert_cmpint (pipes[1].target_fd, ==, 4);
  g_assert_cmpint (pipes[1].direction, ==, CPROC_PIPE_DIRECTION_BOTH);

  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_READ);
  assert_invalid (command, "descriptor 4 of the program cannot be two things at once");
  cproc_command_add_pipe (command, 5, CPROC_PIPE_DIRECTION_READ);
  assert_invalid (command, "descriptor 4 of the program cannot be two things at once");
  cproc_command_add_pipe (command, 6, CPROC_PIPE_DIRECTION_READ);
  assert_valid (command);
  g_assert_cmpuint (command->pipes->len, ==, 3);
  g_assert_finalize_object (command);
}

static void
test_pipes_bad (void)
{
  CprocCommand *command;
  g_autoptr (GError) error = NULL;
  int fd;

  for (int target = -1; target <= 2; target++)
    {
      g_autofree char *what = g_strdup_printf ("pipe cannot become number %d", target);

      command = make_command ();
      cproc_command_add_pipe (command, target, CPROC_PIPE_DIRECTION_READ);
      assert_invalid (command, what);
      g_assert_finalize_object (command);
    }

  command = make_command ();
  cproc_command_add_pipe (command, 6, CPROC_PIPE_DIRECTION_READ);
  fd = open_null ();
  cproc_command_take_fd (command, fd, 6);
  g_assert_false (is_open (fd));
  assert_invalid (command, "cannot become number 6, which is an added pipe");
  g_assert_false (cproc_command_pass_fd (command, 0, 6, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  cproc_command_take_fd (command, open_null (), 7);
  assert_valid (command);
  g_assert_finalize_object (command);
}

static void
test_stdio_file (void)
{
  CprocCommand *command = make_command ();

  cproc_command_set_stdio_file (command, 0, "in", CPROC_FILE_FLAGS_READ);
  cproc_command_set_stdio_file (command, 1, "out", CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_stdio_file (command, 2, "err",
                                CPROC_FILE_FLAGS_APPEND | CPROC_FILE_FLAGS_EXCLUSIVE);
  assert_valid (command);
  g_assert_cmpint (cproc_command_get_stdin_mode (command), ==, CPROC_STDIO_FILE);
  g_assert_cmpint (cproc_command_get_stdout_mode (command), ==, CPROC_STDIO_FILE);
  g_assert_cmpint (cproc_command_get_stderr_mode (command), ==, CPROC_STDIO_FILE);
  g_assert_cmpstr (command->stdio[0].path, ==, "in");
  g_assert_cmpstr (command->stdio[1].path, ==, "out");
  g_assert_cmpint (command->stdio[1].flags, ==, CPROC_FILE_FLAGS_WRITE);

  cproc_command_set_stdio_file (command, 0, command->stdio[0].path + 1, CPROC_FILE_FLAGS_READ);
  g_assert_cmpstr (command->stdio[0].path, ==, "n");
  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  assert_valid (command);
  g_assert_finalize_object (command);
}

static void
test_stdio_file_bad (void)
{
  const struct
  {
    const char *path;
    CprocFileFlags flags;
    const char *what;
  } cases[] = {
    { "x", CPROC_FILE_FLAGS_EXCLUSIVE, "the file “x” must be opened for writing" },
    { "x", CPROC_FILE_FLAGS_READ | CPROC_FILE_FLAGS_EXCLUSIVE, "must be opened for writing" },
    { "x", CPROC_FILE_FLAGS_WRITE | 1 << 10, "flags 1026 for the file “x” are not known" },
    { "", CPROC_FILE_FLAGS_READ, "the path of the file for descriptor 1 is empty" },
  };
  CprocCommand *command;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      command = make_command ();
      cproc_command_set_stdio_file (command, 1, cases[i].path, cases[i].flags);
      g_assert_cmpint (cproc_command_get_stdout_mode (command), ==, CPROC_STDIO_DEFAULT);
      assert_invalid (command, cases[i].what);

      cproc_command_set_stdio_file (command, 1, "x", CPROC_FILE_FLAGS_WRITE);
      assert_valid (command);
      g_assert_finalize_object (command);
    }

  command = make_command ();
  cproc_command_set_stdio_file (command, 3, "x", CPROC_FILE_FLAGS_WRITE);
  assert_invalid (command, "descriptor 3 is not a standard stream");
  g_assert_finalize_object (command);
}

/* No flags: what the stream is for. */
static void
test_stdio_file_default (void)
{
  CprocCommand *command = make_command ();

  for (int fd = 0; fd <= 2; fd++)
    {
      cproc_command_set_stdio_file (command, fd, "x", CPROC_FILE_FLAGS_DEFAULT);
      g_assert_cmpint (command->stdio[fd].flags, ==,
                       fd == 0 ? CPROC_FILE_FLAGS_READ : CPROC_FILE_FLAGS_WRITE);
    }
  assert_valid (command);
  g_assert_finalize_object (command);
}

/* Another mode closes the descriptor that the stream had. */
static void
test_mode_forgets (void)
{
  CprocCommand *command = make_command ();
  int fd = open_null ();
  int other = open_null ();

  cproc_command_take_fd (command, fd, 1);
  cproc_command_take_fd (command, other, 5);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_FD);
  g_assert_true (is_open (fd));
  cproc_command_set_stdout_mode (command, CPROC_STDIO_PIPE);
  g_assert_false (is_open (fd));
  g_assert_true (is_open (other));
  cproc_command_set_stdout_mode (command, CPROC_STDIO_FD);
  assert_invalid (command, "standard output has no descriptor");

  fd = open_null ();
  cproc_command_take_fd (command, fd, 1);
  cproc_command_set_stdio_file (command, 1, "x", CPROC_FILE_FLAGS_WRITE);
  g_assert_false (is_open (fd));
  assert_valid (command);
  g_assert_finalize_object (command);
}

/* A closed descriptor stays named: only another descriptor, or another mode, clears the error. */
static void
test_close_fds (void)
{
  CprocCommand *command = make_command ();
  int shared = open_null ();
  int other = open_null ();

  cproc_command_take_fd (command, shared, 2);
  cproc_command_take_fd (command, shared, 5);
  cproc_command_take_fd (command, other, 6);
  cproc_command_close_fds (command);
  g_assert_false (is_open (shared));
  g_assert_false (is_open (other));
  assert_invalid (command, "descriptor 2 was closed");

  /* The number may be another file's by now. */
  g_assert_cmpint (open_null (), ==, shared);
  cproc_command_close_fds (command);
  g_assert_true (is_open (shared));
  close (shared);

  cproc_command_set_stderr_mode (command, CPROC_STDIO_NULL);
  assert_invalid (command, "descriptor 5 was closed");
  cproc_command_take_fd (command, open_null (), 5);
  assert_invalid (command, "descriptor 6 was closed");
  g_assert_true (cproc_command_pass_fd (command, 0, 6, NULL));
  assert_valid (command);
  g_assert_finalize_object (command);
}

/* Each setter's mistake goes with its own next right call, and with no other one's. */
static void
test_mistakes_cleared (void)
{
  CprocCommand *command = make_command ();

  cproc_command_set_environment_variable (command, "A=B", "x");
  cproc_command_set_stdio_file (command, 4, "x", CPROC_FILE_FLAGS_READ);
  cproc_command_take_fd (command, -1, 3);
  cproc_command_add_pipe (command, 1, CPROC_PIPE_DIRECTION_READ);
  cproc_command_set_resource_limit (command, -1, 0, 0);

  assert_invalid (command, "“A=B” cannot be the name");
  cproc_command_set_cwd (command, "/");
  assert_invalid (command, "“A=B” cannot be the name");
  cproc_command_set_environment_variable (command, "A", "x");
  assert_invalid (command, "descriptor 4 is not a standard stream");
  cproc_command_set_stdio_file (command, 1, "x", CPROC_FILE_FLAGS_WRITE);
  assert_invalid (command, "descriptor -1, to become number 3, is not open");
  cproc_command_take_fd (command, open_null (), 3);
  assert_invalid (command, "an added pipe cannot become number 1");
  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_READ);
  assert_invalid (command, "no resource number -1");
  cproc_command_set_resource_limit (command, RLIMIT_CORE, 0, 0);
  assert_valid (command);
  g_assert_finalize_object (command);
}

static void
test_modes_bad (void)
{
  CprocCommand *command = make_command ();

  cproc_command_set_stdin_mode (command, CPROC_STDIO_MERGE);
  assert_invalid (command, "standard input cannot be merged");
  cproc_command_set_stdin_mode (command, CPROC_STDIO_FD);
  assert_invalid (command, "standard input has no descriptor: none was given for it");
  cproc_command_set_stdin_mode (command, CPROC_STDIO_FILE);
  assert_invalid (command, "standard input has no file: none was named for it");
  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);

  cproc_command_set_stdout_mode (command, CPROC_STDIO_MERGE);
  assert_invalid (command, "standard output cannot be merged");
  cproc_command_set_stdout_mode (command, CPROC_STDIO_INHERIT);

  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  assert_valid (command);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_FD);
  assert_invalid (command, "standard error has no descriptor");
  g_assert_finalize_object (command);
}

static void
test_environment_bad (void)
{
  const char *no_equals[] = { "A=1", "B", NULL };
  const char *no_name[] = { "A=1", "=secret", NULL };
  const char *empty[] = { "", NULL };
  const char *good[] = { "A=", "B==", NULL };
  CprocCommand *command = make_command ();

  cproc_command_set_environment (command, no_equals);
  assert_invalid (command, "“B” in the environment is not of the form");
  cproc_command_set_environment (command, empty);
  assert_invalid (command, "“” in the environment is not of the form");
  cproc_command_set_environment (command, no_name);
  assert_invalid (command, "the environment has a value without a name");
  cproc_command_set_environment (command, good);
  assert_valid (command);
  g_assert_finalize_object (command);
}

static void
test_variable_bad (void)
{
  const char *names[] = { "", "A=B", "=" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *what = g_strdup_printf ("“%s” cannot be the name", names[i]);
      CprocCommand *command = make_command ();

      if (i % 2 == 0)
        cproc_command_set_environment_variable (command, names[i], "x");
      else
        cproc_command_unset_environment_variable (command, names[i]);
      /* The first mistake is the one that is told. */
      cproc_command_take_fd (command, -1, 3);

      g_assert_null (cproc_command_get_environment (command));
      assert_invalid (command, what);
      g_assert_finalize_object (command);
    }
}

static void
test_limits_bad (void)
{
  const struct
  {
    int resource;
    gint64 soft;
    gint64 hard;
    const char *what;
  } cases[] = {
    { RLIMIT_CORE, 2, 1, "soft limit of resource number 4 is above" },
    { RLIMIT_CORE, -1, 1, "soft limit of resource number 4 is above" },
    { RLIMIT_CORE, 1, 0, "soft limit of resource number 4 is above" },
    { RLIMIT_CORE, -2, 1, "limit of resource number 4 is below zero" },
    { RLIMIT_CORE, 0, -2, "limit of resource number 4 is below zero" },
    { -1, 0, 0, "no resource number -1" },
    { RLIM_NLIMITS, 0, 0, "no resource number" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CprocCommand *command = make_command ();

      cproc_command_set_resource_limit (command, cases[i].resource, cases[i].soft, cases[i].hard);
      assert_invalid (command, cases[i].what);
      g_assert_finalize_object (command);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/command/take-fd/closed-at-the-end", test_take_fd);
  g_test_add_func ("/command/take-fd/stdio", test_take_fd_stdio);
  g_test_add_func ("/command/take-fd/replaced", test_take_fd_replaced);
  g_test_add_func ("/command/take-fd/twice", test_take_fd_twice);
  g_test_add_func ("/command/take-fd/bad", test_take_fd_bad);
  g_test_add_func ("/command/take-fd/bad-target", test_take_fd_bad_target);
  g_test_add_func ("/command/pass-fd/copies", test_pass_fd);
  g_test_add_func ("/command/pass-fd/bad", test_pass_fd_bad);
  g_test_add_func ("/command/pipes/used-twice", test_pipes);
  g_test_add_func ("/command/pipes/bad", test_pipes_bad);
  g_test_add_func ("/command/stdio-file/good", test_stdio_file);
  g_test_add_func ("/command/stdio-file/bad", test_stdio_file_bad);
  g_test_add_func ("/command/stdio-file/default-flags", test_stdio_file_default);
  g_test_add_func ("/command/modes/bad", test_modes_bad);
  g_test_add_func ("/command/modes/forget-the-descriptor", test_mode_forgets);
  g_test_add_func ("/command/close-fds", test_close_fds);
  g_test_add_func ("/command/mistakes-cleared", test_mistakes_cleared);
  g_test_add_func ("/command/environment/bad", test_environment_bad);
  g_test_add_func ("/command/environment/bad-variable", test_variable_bad);
  g_test_add_func ("/command/limits/bad", test_limits_bad);

  return g_test_run ();
}
