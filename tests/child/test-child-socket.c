/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "channel-util.h"
#include "child-util.h"

/* Standard streams over sockets: all is as with pipes, but for what a program can see of them. */

#define MUCH (3 * 1024 * 1024 + 1)

static CprocCommand *
set_sockets (CprocCommand *command)
{
  cproc_command_set_stdin_mode (command, CPROC_STDIO_SOCKET);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_SOCKET);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_SOCKET);

  return command;
}

static CprocChild *
child_new (const char *mode,
           const char *argument)
{
  g_autoptr(CprocCommand) command = test_command_new (mode, argument, NULL);

  return cproc_child_new_for_command (set_sockets (command));
}

static CprocExec *
shell_new (const char *line)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);

  return cproc_exec_new_for_command (set_sockets (command));
}

static void
test_through (void)
{
  g_autoptr(CprocChild) child = child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *data = g_malloc (MUCH);

  for (gsize i = 0; i < MUCH; i++)
    data[i] = 'a' + i % 23;

  test_start (child);
  test_write (child, data, MUCH);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpmem (record->text[1]->str, record->text[1]->len, data, MUCH);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_finalize (child);
}

static void
test_kind (void)
{
  g_autoptr(CprocExec) exec = shell_new ("test -S /proc/self/fd/0 && test -S /proc/self/fd/1 && "
                                         "test -S /proc/self/fd/2 && echo out && echo err >&2");
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_exec_run (exec, NULL, &error));
  g_assert_no_error (error);
  test_exec_assert_output (exec, "out\n", "err\n");
}

/* As with a pipe: nothing can be read from what is for writing, and nothing is written to what is
 * for reading. */
static void
test_one_way (void)
{
  g_autoptr(CprocExec) exec = shell_new ("cat <&1; cat <&2; trap '' PIPE; "
                                         "echo lost >&0 || echo refused");
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_exec_run (exec, NULL, &error));
  g_assert_no_error (error);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpstr (text, ==, "refused\n");
}

static void
test_input (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocExec) exec = cproc_exec_new_for_command (set_sockets (command));
  g_autoptr(GBytes) input = g_bytes_new_static ("given", 5);
  g_autoptr(GError) error = NULL;

  cproc_exec_set_input (exec, input);
  g_assert_true (cproc_exec_run (exec, NULL, &error));
  g_assert_no_error (error);
  test_exec_assert_output (exec, "given", "");
}

static void
test_merge (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "out", "2", "err", NULL);
  g_autoptr(CprocExec) exec = NULL;
  g_autoptr(GError) error = NULL;

  set_sockets (command);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  exec = cproc_exec_new_for_command (command);
  g_assert_true (cproc_exec_run (exec, NULL, &error));
  g_assert_no_error (error);
  test_exec_assert_output (exec, "outerr", "");
}

/* Neither ends this process by SIGPIPE nor leaves the writer waiting. */
static void
test_broken (void)
{
  g_autoptr(CprocChild) child = child_new ("sleep-forever", NULL);
  g_autofree char *data = g_malloc0 (MUCH);
  g_autoptr(GBytes) bytes = g_bytes_new_static (data, MUCH);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
  cproc_child_force_exit (child, NULL);
  g_assert_false (cproc_child_write_finish (child, test_await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* Taken over before the start they are sockets too. */
static void
test_taken_over (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("test -S /proc/self/fd/0 && "
                                                             "test -S /proc/self/fd/1 && cat");
  g_autoptr(CprocChild) child = cproc_child_new_for_command (set_sockets (command));
  GOutputStream *in = cproc_child_get_stdin_stream (child);
  GInputStream *out = cproc_child_take_stdout_stream (child);
  g_autoptr(GError) error = NULL;
  char buffer[16] = "";
  gsize length;

  test_start (child);
  g_assert_true (g_output_stream_write_all (in, "through", 7, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_output_stream_close (in, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_input_stream_read_all (out, buffer, sizeof buffer, &length, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, length, "through", 7);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* A paused stream keeps the child from writing on. */
static void
test_pause (void)
{
  g_autoptr(CprocChild) child = child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *data = g_malloc0 (MUCH);
  g_autoptr(GBytes) bytes = g_bytes_new_static (data, MUCH);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  test_write (child, data, MUCH);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (result);
  g_assert_cmpuint (record->text[1]->len, ==, 0);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_write_finish (child, test_await (&result), &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, 2 * MUCH);
}

/* The child sends a descriptor along whose close() takes an hour: in the main loop the test would
 * not end. It is closed elsewhere, where the stream is read, and where it is dropped unread. */
static void
test_lingering_descriptor (void)
{
  for (guint read = 0; read < 2; read++)
    {
      g_autoptr(CprocCommand) command = set_sockets (test_command_new ("send-fd", NULL));
      g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
      g_autoptr(TestRecord) record = test_record_new (child);
      int listener;

      cproc_command_take_fd (command, make_lingering_socket (&listener), 3);
      cproc_child_pause (child, CPROC_STREAM_STDOUT);
      test_start (child);
      cproc_command_close_fds (command);
      while (record->lines[2]->len == 0)
        g_main_context_iteration (NULL, TRUE);

      if (read)
        {
          cproc_child_resume (child, CPROC_STREAM_STDOUT);
          test_run_until_length (record->text[1], strlen ("sent\n"));
          cproc_child_close_stdin (child);
          test_run_until_state (child, CPROC_STATE_CLOSED);
        }
      g_clear_pointer (&record, test_record_free);
      test_finalize (child);
      close (listener);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-socket/through", test_through);
  g_test_add_func ("/child-socket/kind", test_kind);
  g_test_add_func ("/child-socket/one-way", test_one_way);
  g_test_add_func ("/child-socket/input", test_input);
  g_test_add_func ("/child-socket/merge", test_merge);
  g_test_add_func ("/child-socket/broken", test_broken);
  g_test_add_func ("/child-socket/taken-over", test_taken_over);
  g_test_add_func ("/child-socket/pause", test_pause);
  g_test_add_func ("/child-socket/lingering-descriptor", test_lingering_descriptor);

  return g_test_run ();
}
