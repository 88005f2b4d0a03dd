/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "terminal-util.h"

/* What a program finds at its terminal, and where its output comes. */

static void
test_all_streams (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("test -t 0 && test -t 1 && test -t 2 && echo out && echo err >&2 && "
                       "echo tty > /dev/tty");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;

  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "out\r\nerr\r\ntty\r\n");
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "out|err|tty");
  g_assert_cmpuint (test_record_count (record, "stream-ended"), ==, 1);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stdout"), ==, 1);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  g_assert_true (cproc_child_get_drained (child));
  test_finalize (child);
}

/* It leads a session, whose terminal this is; it is in the foreground there. */
static void
test_session (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("read -r pid name state parent group session tty foreground rest "
                       "< /proc/$$/stat; echo $(($pid == $session && $pid == $group && "
                       "$pid == $foreground))");
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "1\r\n");
  test_finalize (child);
}

static CprocExec *
exec_new (const char *line,
          CprocStdio  in,
          CprocStdio  out,
          CprocStdio  err)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);

  cproc_command_set_stdin_mode (command, in);
  cproc_command_set_stdout_mode (command, out);
  cproc_command_set_stderr_mode (command, err);

  return cproc_exec_new_for_command (command);
}

static void
run (CprocExec *exec)
{
  g_autoptr(GError) error = NULL;
  gboolean ok = cproc_exec_run (exec, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

/* Standard error that is merged into a terminal, and an Exec's, which is then empty. */
static void
test_merge (void)
{
  g_autoptr(CprocExec) exec = exec_new ("echo out; echo err >&2; test -t 2", CPROC_STDIO_DEFAULT,
                                        CPROC_STDIO_TERMINAL, CPROC_STDIO_MERGE);

  run (exec);
  test_exec_assert_output (exec, "out\r\nerr\r\n", "");
}

/* Standard input that was left alone does not follow. */
static void
test_default_input (void)
{
  g_autoptr(CprocExec) exec = exec_new ("readlink /proc/self/fd/0; echo x > /dev/tty",
                                        CPROC_STDIO_DEFAULT, CPROC_STDIO_TERMINAL,
                                        CPROC_STDIO_PIPE);

  run (exec);
  test_exec_assert_output (exec, "/dev/null\r\nx\r\n", "");
}

static void
test_stderr_only (void)
{
  g_autoptr(CprocExec) exec = exec_new ("printf 'a\\nb'; echo err >&2; echo tty > /dev/tty",
                                        CPROC_STDIO_DEFAULT, CPROC_STDIO_PIPE,
                                        CPROC_STDIO_TERMINAL);

  run (exec);
  test_exec_assert_output (exec, "a\nb", "err\r\ntty\r\n");
}

/* Where neither standard output nor standard error leads to the terminal, its output has a stream
 * of its own. */
static void
test_own_stream (void)
{
  g_autoptr(CprocCommand) command =
    cproc_command_new_shell ("printf 'Password: ' > /dev/tty; stty -echo; read -r x; "
                             "printf 'got %s\\n' $x; echo more > /dev/tty");
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_TERMINAL);
  test_start (child);
  test_terminal_await (record, CPROC_STREAM_TERMINAL, "Password: ");
  test_write (child, "secret\r", -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "got secret\n");
  lines = test_record_dup_lines (record, CPROC_STREAM_TERMINAL);
  g_assert_true (g_str_has_suffix (lines, "more"));
  g_assert_cmpuint (test_record_count (record, "stream-ended::terminal"), ==, 1);
  g_assert_cmpuint (test_record_count (record, "stream-ended"), ==, 3);
  test_finalize (child);
}

/* An Exec keeps nothing of that stream. */
static void
test_own_stream_of_exec (void)
{
  g_autoptr(CprocExec) exec = exec_new ("echo out; echo err >&2; echo tty > /dev/tty",
                                        CPROC_STDIO_TERMINAL, CPROC_STDIO_PIPE, CPROC_STDIO_PIPE);

  run (exec);
  test_exec_assert_output (exec, "out\n", "err\n");
}

static void
test_unheard (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("head -c 300000 /dev/zero");

  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_finalize (child);
}

/* Every line end of a terminal, cut by any read. */
static void
test_lines (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("printf 'a\\r\\nb\\r\\r\\r\\n\\nc\\rd\\n'; stty -onlcr; printf 'e\\nf\\r'");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;

  test_start_and_close (child);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "a|b||c\rd|e|f\r");
  test_finalize (child);
}

/* Nothing is missing of what a program writes just before its end. */
static void
test_complete (void)
{
  static const guint sizes[] = { 1, 100, 4095, 4096, 20000, 200000 };

  for (guint i = 0; i < 60; i++)
    {
      guint size = sizes[i % G_N_ELEMENTS (sizes)];
      g_autofree char *line = g_strdup_printf ("head -c %u /dev/zero", size);
      g_autoptr(CprocExec) exec = exec_new (line, CPROC_STDIO_DEFAULT, CPROC_STDIO_TERMINAL,
                                            CPROC_STDIO_TERMINAL);
      g_autoptr(GBytes) bytes = NULL;

      run (exec);
      bytes = cproc_exec_get_stdout_bytes (exec);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, size);
    }
}

static void
set_size (CprocChild *child,
          guint       columns,
          guint       rows)
{
  g_autoptr(GError) error = NULL;
  gboolean ok = cproc_child_set_terminal_size (child, columns, rows, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

typedef enum
{
  SIZE_DEFAULT,
  SIZE_OF_COMMAND,
  SIZE_OF_NEW,
  SIZE_OF_PREPARED,
} SizeCase;

static void
check_first_size (SizeCase    size_case,
                  const char *expected)
{
  g_autoptr(CprocCommand) command = test_command_new ("print-sizes", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;

  if (size_case >= SIZE_OF_COMMAND)
    cproc_command_set_terminal_size (command, 132, 50);
  if (size_case >= SIZE_OF_NEW)
    set_size (child, 65535, 1);
  if (size_case == SIZE_OF_PREPARED)
    {
      g_assert_true (cproc_child_prepare (child, NULL));
      set_size (child, 10, 20);
    }
  test_start (child);
  test_terminal_await_lines (record, 1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_true (g_str_has_prefix (lines, expected));
  g_assert_cmpuint (record->lines[1]->len, ==, 1);
  test_finalize (child);
}

static void
test_first_size (void)
{
  check_first_size (SIZE_DEFAULT, "80x24");
  check_first_size (SIZE_OF_COMMAND, "132x50");
  check_first_size (SIZE_OF_NEW, "65535x1");
  check_first_size (SIZE_OF_PREPARED, "10x20");
}

static void
test_resize (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("print-sizes", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  test_terminal_await_lines (record, 1);
  set_size (child, 100, 30);
  test_terminal_await_lines (record, 2);
  /* The same size again is no change. */
  set_size (child, 100, 30);
  set_size (child, 101, 30);
  test_terminal_await_lines (record, 3);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "80x24|100x30|101x30");

  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_false (cproc_child_set_terminal_size (child, 10, 10, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  test_finalize (child);
}

static void
test_bad_size (void)
{
  static const guint bad[][2] = { { 0, 24 }, { 80, 0 }, { 65536, 24 }, { 80, G_MAXUINT } };
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("stty size");
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  g_autoptr(TestRecord) record = test_record_new (child);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (cproc_child_set_terminal_size (child, bad[i][0], bad[i][1], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);

      cproc_command_set_terminal_size (command, bad[i][0], bad[i][1]);
      test_terminal_assert_start_error (child, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }

  cproc_command_set_terminal_size (command, 12, 34);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "34 12\r\n");
  test_finalize (child);
}

static void
test_no_terminal (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_child_set_terminal_size (child, 80, 24, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_cmpint (cproc_child_take_terminal (child, &error), ==, -1);
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  test_finalize (child);
}

static void
test_modes (void)
{
  static const struct
  {
    CprocTerminalFlags flags;
    const char *encoding;
    const char *expected;
  } cases[] = {
    { CPROC_TERMINAL_FLAGS_NONE, "UTF-8", "icanon echo isig onlcr iutf8" },
    { CPROC_TERMINAL_FLAGS_NO_ECHO, "UTF-8", "icanon -echo isig onlcr iutf8" },
    { CPROC_TERMINAL_FLAGS_RAW, "UTF-8", "-icanon -echo -isig onlcr iutf8" },
    { CPROC_TERMINAL_FLAGS_NONE, "ISO-8859-1", "icanon echo isig onlcr -iutf8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocExec) exec =
        exec_new ("stty -a | tr -d ';' | tr ' ' '\\n' | grep -x -e '-*\\(icanon\\|echo\\|isig\\|"
                  "onlcr\\|iutf8\\)' | tr '\\n' ' '",
                  CPROC_STDIO_TERMINAL, CPROC_STDIO_PIPE, CPROC_STDIO_PIPE);
      g_autofree char *text = NULL;
      g_auto(GStrv) words = g_strsplit (cases[i].expected, " ", -1);

      cproc_command_set_terminal_flags (cproc_child_get_command (CPROC_CHILD (exec)),
                                        cases[i].flags);
      cproc_child_set_encoding (CPROC_CHILD (exec), cases[i].encoding);
      run (exec);
      text = cproc_exec_get_stdout_text (exec);
      g_test_message ("%s", text);
      for (guint j = 0; words[j] != NULL; j++)
        {
          g_autofree char *word = g_strconcat (words[j], " ", NULL);
          const char *found = strstr (text, word);

          g_assert_nonnull (found);
          g_assert_true (found == text || found[-1] == ' ');
        }
    }
}

/* RAW: it is a terminal, and every byte passes as it is. */
static void
test_raw (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("test -t 0 && exec head -c 512");
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  g_autoptr(TestRecord) record = test_record_new (child);
  char bytes[512];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (char) i;
  cproc_command_set_terminal_flags (command, CPROC_TERMINAL_FLAGS_RAW);
  test_start (child);
  test_write (child, bytes, sizeof bytes);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpmem (record->text[1]->str, record->text[1]->len, bytes, sizeof bytes);
  test_finalize (child);
}

/* Nothing but the three streams is open in the program, and nothing of it here but the master. */
static void
test_descriptors (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("print-fds", NULL);
  g_autoptr(CprocExec) exec = cproc_exec_new_for_command (test_terminal_set (command));
  guint n_fds;

  run (exec);
  n_fds = test_count_fds ();
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(CprocExec) again = cproc_exec_new_for_command (command);
      g_autofree char *text = NULL;

      run (again);
      text = cproc_exec_get_stdout_text (again);
      g_assert_null (strstr (text, "3 "));
      test_finalize (again);
    }
  test_await_fd_count (n_fds);
}

static void
test_missing_program (void)
{
  const char *argv[] = { "/no/such/program", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  const char *argv_true[] = { "true", NULL };

  test_terminal_assert_start_error (child, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  cproc_command_set_argv (command, argv_true);
  test_start_and_close (child);
  test_finalize (child);
}

static void
test_contradictions (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("exit 7");
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));

  cproc_command_set_new_session (command, TRUE);
  test_terminal_assert_start_error (child, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  cproc_command_set_new_session (command, FALSE);

  cproc_command_set_no_terminal (command, TRUE);
  test_terminal_assert_start_error (child, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  cproc_command_set_no_terminal (command, FALSE);

  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  test_terminal_assert_start_error (child, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);

  cproc_command_set_containment (command, CPROC_CONTAINMENT_GROUP);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 7);
  test_finalize (child);
}

static void
test_environment (void)
{
  static const char line[] = "echo \"$TERM|$COLUMNS|$LINES|$TERMCAP|$WINDOWID\"";
  static const struct
  {
    const char *inherited;
    const char *set;
    const char *expected;
  } cases[] = {
    { "vt220", NULL, "vt220||||\r\n" },
    { "", NULL, "xterm-256color||||\r\n" },
    { NULL, NULL, "xterm-256color||||\r\n" },
    { "vt220", "dumb", "dumb||||\r\n" },
    { "vt220", "", "xterm-256color||||\r\n" },
  };
  const char * const variables[] = { "COLUMNS", "LINES", "TERMCAP", "WINDOWID" };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_setenv (variables[i], "1", TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocExec) exec = exec_new (line, CPROC_STDIO_TERMINAL, CPROC_STDIO_TERMINAL,
                                            CPROC_STDIO_TERMINAL);

      if (cases[i].inherited != NULL)
        g_setenv ("TERM", cases[i].inherited, TRUE);
      else
        g_unsetenv ("TERM");
      if (cases[i].set != NULL)
        cproc_command_set_environment_variable (cproc_child_get_command (CPROC_CHILD (exec)),
                                                "TERM", cases[i].set);
      run (exec);
      test_exec_assert_output (exec, cases[i].expected, "");
    }
}

/* The command's own are passed as they are; and without a terminal nothing is left out. */
static void
test_environment_of_command (void)
{
  static const char line[] = "echo \"$TERM|$COLUMNS|$LINES\"";
  const char * const environment[] = { "TERM=screen", "COLUMNS=5", NULL };
  g_autoptr(CprocExec) exec = exec_new (line, CPROC_STDIO_DEFAULT, CPROC_STDIO_TERMINAL,
                                        CPROC_STDIO_TERMINAL);
  g_autoptr(CprocExec) other = exec_new (line, CPROC_STDIO_DEFAULT, CPROC_STDIO_PIPE,
                                         CPROC_STDIO_PIPE);
  CprocCommand *command = cproc_child_get_command (CPROC_CHILD (exec));

  cproc_command_set_environment (command, environment);
  cproc_command_set_environment_variable (command, "LINES", "6");
  run (exec);
  test_exec_assert_output (exec, "screen|5|6\r\n", "");

  g_setenv ("TERM", "dumb", TRUE);
  g_setenv ("COLUMNS", "7", TRUE);
  g_setenv ("LINES", "8", TRUE);
  run (other);
  test_exec_assert_output (other, "dumb|7|8\n", "");
}

static void
test_user (void)
{
  g_autoptr(CprocExec) exec = NULL;
  CprocCommand *command;

  if (geteuid () != 0)
    {
      g_test_skip ("Only root can start a program as another user");
      return;
    }

  exec = exec_new ("stat -c %u \"$(tty)\"", CPROC_STDIO_TERMINAL, CPROC_STDIO_PIPE,
                   CPROC_STDIO_PIPE);
  command = cproc_child_get_command (CPROC_CHILD (exec));
  cproc_command_set_user_id (command, 65534);
  cproc_command_set_group_id (command, 65534);
  cproc_command_set_cwd (command, "/");
  run (exec);
  test_exec_assert_output (exec, "65534\n", "");
}

static void
test_asynchronous (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("read -r x; echo \"got $x\"");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);
  test_write (child, "hello\r", -1);
  set_size (child, 20, 20);
  test_await (&result);
  g_assert_true (cproc_child_start_finish (child, result, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_nonnull (strstr (record->text[1]->str, "got hello\r\n"));
  g_clear_object (&result);
  test_finalize (child);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-terminal/all-streams", test_all_streams);
  g_test_add_func ("/child-terminal/session", test_session);
  g_test_add_func ("/child-terminal/merge", test_merge);
  g_test_add_func ("/child-terminal/default-input", test_default_input);
  g_test_add_func ("/child-terminal/stderr-only", test_stderr_only);
  g_test_add_func ("/child-terminal/own-stream", test_own_stream);
  g_test_add_func ("/child-terminal/own-stream-of-exec", test_own_stream_of_exec);
  g_test_add_func ("/child-terminal/unheard", test_unheard);
  g_test_add_func ("/child-terminal/lines", test_lines);
  g_test_add_func ("/child-terminal/complete", test_complete);
  g_test_add_func ("/child-terminal/first-size", test_first_size);
  g_test_add_func ("/child-terminal/resize", test_resize);
  g_test_add_func ("/child-terminal/bad-size", test_bad_size);
  g_test_add_func ("/child-terminal/no-terminal", test_no_terminal);
  g_test_add_func ("/child-terminal/modes", test_modes);
  g_test_add_func ("/child-terminal/raw", test_raw);
  g_test_add_func ("/child-terminal/descriptors", test_descriptors);
  g_test_add_func ("/child-terminal/missing-program", test_missing_program);
  g_test_add_func ("/child-terminal/contradictions", test_contradictions);
  g_test_add_func ("/child-terminal/environment", test_environment);
  g_test_add_func ("/child-terminal/environment-of-command", test_environment_of_command);
  g_test_add_func ("/child-terminal/user", test_user);
  g_test_add_func ("/child-terminal/asynchronous", test_asynchronous);

  return g_test_run ();
}
