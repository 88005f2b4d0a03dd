/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal-util.h"

/* A terminal that is given away. */

/* Reads the master by hand until the end. */
static char *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  struct pollfd poller = { .fd = fd, .events = POLLIN };
  char buffer[4096];
  gssize n;

  while (poll (&poller, 1, -1) == 1 && (n = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);

  return g_string_free (text, FALSE);
}

static void
assert_taken (CprocChild *child)
{
  g_autoptr(GError) error = NULL;

  test_terminal_write (child, "x", G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (cproc_child_get_stdin_stream (child));
  cproc_child_close_stdin (child);
  g_assert_false (cproc_child_set_terminal_size (child, 1, 1, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_cmpint (cproc_child_take_terminal (child, &error), ==, -1);
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
}

static void
assert_master (int fd)
{
  int packet_mode = -1;

  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, !=, 0);
  g_assert_cmpint (ioctl (fd, TIOCGPKT, &packet_mode), ==, 0);
  g_assert_cmpint (packet_mode, ==, 0);
}

static void
test_take_before (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("stty size; read -r x; echo \"got $x\"");
  g_autoptr(TestRecord) record = test_record_new (child);
  struct winsize size = { .ws_col = 99, .ws_row = 11 };
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *events = NULL;
  int fd = cproc_child_take_terminal (child, &error);

  g_assert_no_error (error);
  assert_master (fd);
  g_assert_cmpint (ioctl (fd, TIOCSWINSZ, &size), ==, 0);
  assert_taken (child);
  test_start (child);
  assert_taken (child);
  g_assert_cmpint (write (fd, "hi\r", 3), ==, 3);
  text = read_all (fd);
  g_assert_nonnull (strstr (text, "11 99\r\n"));
  g_assert_nonnull (strstr (text, "got hi\r\n"));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  events = test_record_dup (record);
  g_assert_cmpstr (events, ==, "started, exit 0 0, closed");
  close (fd);
  test_finalize (child);
}

/* The master is the last one here: closing it hangs up. */
static void
test_take_and_hang_up (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("while :; do sleep 100; done");
  int fd = cproc_child_take_terminal (child, NULL);

  test_write (child, "x", 1);
  test_start (child);
  close (fd);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGHUP);
  test_finalize (child);
}

/* A start that fails leaves the terminal to its taker, and to the next start. */
static void
test_take_and_retry (void)
{
  const char *argv[] = { "/no/such/program", NULL };
  const char *argv_true[] = { "echo", "again", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  int fd = cproc_child_take_terminal (child, NULL);
  g_autofree char *text = NULL;

  test_terminal_assert_start_error (child, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  cproc_command_set_argv (command, argv_true);
  test_start (child);
  text = read_all (fd);
  g_assert_cmpstr (text, ==, "again\r\n");
  test_run_until_state (child, CPROC_STATE_CLOSED);
  close (fd);
  test_finalize (child);
}

/* While the stream is paused and uncut. */
static void
test_take_after (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("read -r x; echo \"got $x\"");
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  int fd;

  test_start (child);
  g_assert_cmpint (cproc_child_take_terminal (child, &error), ==, -1);
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_null (cproc_child_take_stdout_stream (child));

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  g_assert_null (cproc_child_take_stdout_stream (child));
  fd = cproc_child_take_terminal (child, &error);
  g_assert_no_error (error);
  assert_master (fd);
  assert_taken (child);
  g_assert_cmpint (write (fd, "hi\r", 3), ==, 3);
  text = read_all (fd);
  g_assert_nonnull (strstr (text, "got hi\r\n"));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  close (fd);
  test_finalize (child);
}

static void
test_take_after_lines (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("printf 'a\\nb'; read -r x");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  test_start (child);
  test_terminal_await_lines (record, 1);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  g_assert_cmpint (cproc_child_take_terminal (child, &error), ==, -1);
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_write (child, "\r", 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_finalize (child);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-terminal-take/before", test_take_before);
  g_test_add_func ("/child-terminal-take/and-hang-up", test_take_and_hang_up);
  g_test_add_func ("/child-terminal-take/and-retry", test_take_and_retry);
  g_test_add_func ("/child-terminal-take/after", test_take_after);
  g_test_add_func ("/child-terminal-take/after-lines", test_take_after_lines);

  return g_test_run ();
}
