/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/resource.h>

#include "child-util.h"
#include "launch-util.h"

/* A copy of what is read goes to a file. */

static char *
read_file (const char *path)
{
  g_autoptr(GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

static CprocExec *
new_exec (const char     *line,
          int             fd,
          const char     *path,
          CprocFileFlags  flags)
{
  CprocExec *exec = cproc_exec_new_shell (line);

  cproc_command_set_stdio_tee (cproc_child_get_command (CPROC_CHILD (exec)), fd, path, flags);

  return exec;
}

static void
test_copy (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *out = launch_write_file (directory, "out", "something that was there", 0644);
  g_autofree char *err = g_build_filename (directory, "err", NULL);
  g_autoptr(CprocExec) exec = new_exec ("echo out; echo err >&2", 1, out,
                                        CPROC_FILE_FLAGS_DEFAULT);
  g_autofree char *out_text = NULL;
  g_autofree char *err_text = NULL;

  cproc_command_set_stdio_tee (cproc_child_get_command (CPROC_CHILD (exec)), 2, err,
                               CPROC_FILE_FLAGS_WRITE);
  test_exec_assert_success (exec);
  test_exec_assert_output (exec, "out\n", "err\n");
  out_text = read_file (out);
  err_text = read_file (err);
  g_assert_cmpstr (out_text, ==, "out\n");
  g_assert_cmpstr (err_text, ==, "err\n");
  launch_remove (directory);
}

/* A child whose stream has a handler, one whose stream has none, and one more at the end. */
static void
test_child (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  g_autofree char *text = NULL;

  for (int i = 0; i < 2; i++)
    {
      g_autoptr(CprocChild) child = cproc_child_new_shell ("echo line");
      TestRecord *record = i == 0 ? test_record_new (child) : NULL;

      cproc_command_set_stdio_tee (cproc_child_get_command (child), 1, path,
                                   CPROC_FILE_FLAGS_APPEND);
      test_start_and_close (child);
      if (record != NULL)
        g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "line\n");
      g_clear_pointer (&record, test_record_free);
    }

  text = read_file (path);
  g_assert_cmpstr (text, ==, "line\nline\n");
  launch_remove (directory);
}

static void
test_much (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  g_autoptr(CprocExec) exec = new_exec ("exec seq 200000", 1, path, CPROC_FILE_FLAGS_DEFAULT);
  g_autofree char *text = NULL;
  g_autofree char *read = NULL;

  cproc_exec_set_max_buffer (exec, -1);
  test_exec_assert_success (exec);
  text = cproc_exec_get_stdout_text (exec);
  read = read_file (path);
  g_assert_cmpstr (text, ==, read);
  launch_remove (directory);
}

static void
test_taken_back (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  g_autoptr(CprocExec) exec = new_exec ("echo x", 1, path, CPROC_FILE_FLAGS_DEFAULT);

  cproc_command_set_stdio_tee (cproc_child_get_command (CPROC_CHILD (exec)), 1, NULL,
                               CPROC_FILE_FLAGS_DEFAULT);
  test_exec_assert_success (exec);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  launch_remove (directory);
}

/* The program goes on, and all of its output is there. */
static void
assert_write_fails (const char *path,
                    GIOErrorEnum code)
{
  for (int kind = 0; kind < TEST_N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = new_exec ("exec seq 20000", 1, path, CPROC_FILE_FLAGS_DEFAULT);
      g_autoptr(GError) error = NULL;
      g_autofree char *text = NULL;

      g_assert_false (test_exec_run (exec, kind, &error));
      g_assert_error (error, G_IO_ERROR, (int) code);
      g_assert_nonnull (strstr (error->message, path));
      g_assert_cmpint (cproc_child_get_exit_code (CPROC_CHILD (exec)), ==, 0);
      text = cproc_exec_get_stdout_text (exec);
      g_assert_true (g_str_has_suffix (text, "\n20000\n"));
    }
}

static void
test_full_disk (void)
{
  g_autoptr(CprocExec) exec = NULL;
  g_autoptr(GError) error = NULL;

  if (!g_file_test ("/dev/full", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("there is no /dev/full");
      return;
    }

  assert_write_fails ("/dev/full", G_IO_ERROR_NO_SPACE);

  /* The program's own failure stands. */
  exec = new_exec ("echo x; exit 3", 1, "/dev/full", CPROC_FILE_FLAGS_DEFAULT);
  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_EXITED);
}

/* The signal of a file that would be too large does not come. */
static void
test_file_size_limit (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  struct rlimit limit, low;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  low = limit;
  low.rlim_cur = 10000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &low), ==, 0);
  assert_write_fails (path, G_IO_ERROR_FAILED);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  launch_remove (directory);
}

static void
assert_start_fails (CprocChild *child,
                    GQuark      domain,
                    int         code)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, domain, code);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
}

static void
test_refused (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "out", NULL);
  g_autofree char *missing = g_build_filename (directory, "missing", "out", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_shell ("true");
  CprocCommand *command = cproc_child_get_command (child);
  guint n_fds = test_count_fds ();

  cproc_command_set_stdio_tee (command, 1, missing, CPROC_FILE_FLAGS_DEFAULT);
  assert_start_fails (child, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  cproc_command_set_stdio_tee (command, 1, path, CPROC_FILE_FLAGS_READ);
  assert_start_fails (child, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  cproc_command_set_stdio_tee (command, 1, path, CPROC_FILE_FLAGS_DEFAULT);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_NULL);
  assert_start_fails (child, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  cproc_command_set_stdout_mode (command, CPROC_STDIO_PIPE);
  cproc_command_set_stdio_tee (command, 0, path, CPROC_FILE_FLAGS_DEFAULT);
  assert_start_fails (child, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_await_fd_count (n_fds);

  /* The next right call makes it good. */
  cproc_command_set_stdio_tee (command, 1, path, CPROC_FILE_FLAGS_DEFAULT);
  test_start_and_close (child);
  launch_remove (directory);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-tee/copy", test_copy);
  g_test_add_func ("/child-tee/child", test_child);
  g_test_add_func ("/child-tee/much", test_much);
  g_test_add_func ("/child-tee/taken-back", test_taken_back);
  g_test_add_func ("/child-tee/full-disk", test_full_disk);
  g_test_add_func ("/child-tee/file-size-limit", test_file_size_limit);
  g_test_add_func ("/child-tee/refused", test_refused);

  return g_test_run ();
}
