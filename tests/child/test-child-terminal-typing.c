/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "terminal-util.h"

/* Writing to a terminal is typing. */

#define LONGEST 4095

/* The program's standard output is a pipe, so that the echo is apart. */
static CprocChild *
piped_new (const char         *line,
           CprocTerminalFlags  flags)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_terminal_flags (command, flags);

  return cproc_child_new_for_command (command);
}

static void
test_echo (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("read -r x; echo \"<$x>\"");
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_write (child, "hi\r", -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "hi\r\n<hi>\r\n");
  test_finalize (child);
}

static void
test_no_echo (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("read -r x; echo \"<$x>\"");
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_command_set_terminal_flags (command, CPROC_TERMINAL_FLAGS_NO_ECHO);
  test_start (child);
  test_write (child, "hi\r", -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "<hi>\r\n");
  test_finalize (child);
}

/* What is typed before the start waits for the program. */
static void
test_before_start (void)
{
  g_autoptr(CprocChild) child = piped_new ("read -r x; read -r y; echo \"$x,$y\"",
                                           CPROC_TERMINAL_FLAGS_NONE);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_write (child, "one\r", -1);
  test_write (child, "two\r", -1);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "one,two\n");
  g_assert_cmpstr (record->text[0]->str, ==, "one\r\ntwo\r\n");
  test_finalize (child);
}

/* A failed start keeps what was typed before, as a pipe does. */
static void
test_before_failed_start (void)
{
  const char *argv[] = { "/no/such/program", NULL };
  const char *argv_cat[] = { "cat", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_TERMINAL);
  test_write (child, "kept\r", -1);
  cproc_child_close_stdin (child);
  g_assert_false (cproc_child_start (child, NULL));
  cproc_command_set_argv (command, argv_cat);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "kept\n");
  test_finalize (child);
}

static void
check_key (const char *key,
           int         term_signal)
{
  g_autoptr(CprocChild) child = test_terminal_new ("ulimit -c 0; echo ready; exec cat");
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
  test_write (child, key, -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, term_signal);
  test_finalize (child);
}

static void
test_keys (void)
{
  check_key ("\x03", SIGINT);
  check_key ("\x1c", SIGQUIT);
  check_key ("\x04", 0);
}

/* The job in the foreground is stopped, and its shell goes on. */
static void
test_stop_key (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("set -m; sh -c 'echo ready; exec sleep 600'; echo status $?; kill -9 %1");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *expected = g_strdup_printf ("status %d\r\n", 128 + SIGTSTP);

  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
  test_write (child, "\x1a", 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_nonnull (strstr (record->text[1]->str, expected));
  test_finalize (child);
}

/* Deleting is the terminal's. */
static void
test_edit (void)
{
  g_autoptr(CprocChild) child = piped_new ("read -r x; echo \"$x\"", CPROC_TERMINAL_FLAGS_NONE);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_write (child, "wrong\x15right \xc3\xa9\x7fword\x17x\r", -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "right x\n");
  test_finalize (child);
}

/* A program that does not read makes the writes wait, and gets every byte. */
static void
check_much (const char         *prefix,
            CprocTerminalFlags  flags,
            gsize               line_length)
{
  g_autofree char *line = g_strconcat (prefix, "echo ready > /dev/tty; read -r x; ",
                                       "head -c 400000 | cksum", NULL);
  g_autoptr(CprocChild) child = piped_new (line, flags);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GString) text = g_string_sized_new (400000);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(CprocExec) exec = NULL;
  g_autofree char *expected = NULL;
  const char *argv[] = { "cksum", NULL };

  for (gsize i = 0; i < 400000; i++)
    g_string_append_c (text, i % line_length == line_length - 1 ? '\n' : 'a' + i / 7 % 26);
  text->str[text->len - 1] = '\n';
  bytes = g_bytes_new (text->str, text->len);
  exec = cproc_exec_new (argv);
  cproc_exec_set_input (exec, bytes);
  g_assert_true (cproc_exec_run (exec, NULL, NULL));
  expected = cproc_exec_get_stdout_text (exec);

  test_start (child);
  test_terminal_await (record, CPROC_STREAM_TERMINAL, "ready");
  test_write (child, "\n", 1);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
  test_await (&result);
  g_assert_true (cproc_child_write_finish (child, result, NULL));
  g_clear_object (&result);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, expected);
  test_finalize (child);
}

static void
test_much (void)
{
  check_much ("", CPROC_TERMINAL_FLAGS_NONE, 80);
  check_much ("", CPROC_TERMINAL_FLAGS_NO_ECHO, 4096);
  check_much ("stty raw; ", CPROC_TERMINAL_FLAGS_NO_ECHO, 1000000);
}

/* The kernel would drop the end of such a line. */
static void
test_too_long (void)
{
  g_autoptr(CprocChild) child = piped_new ("cat", CPROC_TERMINAL_FLAGS_NO_ECHO);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *longest = g_strnfill (LONGEST, 'x');
  g_autofree char *longer = g_strnfill (LONGEST + 1, 'x');
  g_autofree char *expected = g_strconcat (longest, "\nshort\n", NULL);

  test_start (child);
  test_terminal_write (child, longer, G_IO_ERROR_MESSAGE_TOO_LARGE);
  test_terminal_write (child, longest, -1);
  test_terminal_write (child, "x", G_IO_ERROR_MESSAGE_TOO_LARGE);
  test_terminal_write (child, "\r", -1);
  test_terminal_write (child, "short\r", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, expected);
  test_finalize (child);
}

/* The same by the stream. */
static void
test_stream (void)
{
  g_autoptr(CprocChild) child = piped_new ("cat", CPROC_TERMINAL_FLAGS_NO_ECHO);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *longer = g_strnfill (LONGEST + 1, 'x');
  GOutputStream *stream;
  g_autoptr(GError) error = NULL;

  test_start (child);
  stream = cproc_child_get_stdin_stream (child);
  g_assert_nonnull (stream);
  g_assert_false (g_output_stream_write_all (stream, longer, LONGEST + 1, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_clear_error (&error);
  g_assert_true (g_output_stream_write_all (stream, "hi", 2, NULL, NULL, &error));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "hi");
  test_finalize (child);
}

/* In raw mode there is no limit. */
static void
test_raw (void)
{
  g_autoptr(CprocChild) child = piped_new ("head -c 5000 | wc -c", CPROC_TERMINAL_FLAGS_RAW);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *text = g_strnfill (5000, 'x');

  test_start (child);
  test_terminal_write (child, text, -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "5000\n");
  test_finalize (child);
}

/* The end of file comes after what was written before, and ends a line that has begun. */
static void
check_close (const char *text,
             const char *expected)
{
  g_autoptr(CprocChild) child = piped_new ("cat; echo end", CPROC_TERMINAL_FLAGS_NONE);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_write (child, text, -1);
  cproc_child_close_stdin (child);
  test_terminal_write (child, "more", G_IO_ERROR_CLOSED);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, expected);
  test_finalize (child);
}

static void
test_close (void)
{
  check_close ("", "end\n");
  check_close ("ab\r", "ab\nend\n");
  check_close ("ab", "abend\n");
  check_close ("\x16", "\x04" "end\n");
}

/* A program that reads bytes gets one byte. */
static void
test_close_raw (void)
{
  g_autoptr(CprocChild) child =
    piped_new ("stty min 0 time 5 < /dev/tty; od -An -tx1", CPROC_TERMINAL_FLAGS_RAW);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_write (child, "ab", -1);
  cproc_child_close_stdin (child);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, " 61 62 04\n");
  test_finalize (child);
}

/* Nothing is typed where the character is disabled. */
static void
test_close_disabled (void)
{
  g_autoptr(CprocChild) child =
    piped_new ("stty eof undef; echo ready; read -r x; stty raw min 0 time 1; od -An -tx1; "
               "echo end", CPROC_TERMINAL_FLAGS_NONE);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
  test_write (child, "x\r", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "ready\nend\n");
  test_finalize (child);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-terminal-typing/echo", test_echo);
  g_test_add_func ("/child-terminal-typing/no-echo", test_no_echo);
  g_test_add_func ("/child-terminal-typing/before-start", test_before_start);
  g_test_add_func ("/child-terminal-typing/before-failed-start", test_before_failed_start);
  g_test_add_func ("/child-terminal-typing/keys", test_keys);
  g_test_add_func ("/child-terminal-typing/stop-key", test_stop_key);
  g_test_add_func ("/child-terminal-typing/edit", test_edit);
  g_test_add_func ("/child-terminal-typing/much", test_much);
  g_test_add_func ("/child-terminal-typing/too-long", test_too_long);
  g_test_add_func ("/child-terminal-typing/stream", test_stream);
  g_test_add_func ("/child-terminal-typing/raw", test_raw);
  g_test_add_func ("/child-terminal-typing/close", test_close);
  g_test_add_func ("/child-terminal-typing/close-raw", test_close_raw);
  g_test_add_func ("/child-terminal-typing/close-disabled", test_close_disabled);

  return g_test_run ();
}
