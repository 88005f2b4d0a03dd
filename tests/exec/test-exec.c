/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"

/* Commands whose output is kept and whose end is the answer. */

static void
test_constructors (void)
{
  const char *argv[] = { g_getenv ("CPROC_TEST_CHILD"), "echo", "1", "$HOME", NULL };
  g_autoptr(CprocExec) shell = cproc_exec_new_shell ("echo one; echo two >&2");
  g_autoptr(CprocExec) plain = cproc_exec_new (argv);
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocExec) other = cproc_exec_new_for_command (command);

  test_exec_assert_success (shell);
  test_exec_assert_output (shell, "one\n", "two\n");
  test_exec_assert_success (plain);
  test_exec_assert_output (plain, "$HOME", "");
  g_assert_true (cproc_child_get_command (CPROC_CHILD (other)) == command);
  test_exec_assert_success (other);
  test_finalize (other);
}

static void
test_properties (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("exit", NULL);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("in", 2);
  g_autoptr(GBytes) input = NULL;
  gint64 max_buffer;
  gboolean capture_stack;
  guint n = 0;

  g_object_get (exec, "max-buffer", &max_buffer, "input", &input, "capture-stack",
                &capture_stack, NULL);
  g_assert_cmpint (max_buffer, ==, 204800);
  g_assert_null (input);
  g_assert_false (capture_stack);

  g_signal_connect_swapped (exec, "notify", G_CALLBACK (g_atomic_int_inc), &n);
  g_object_set (exec, "max-buffer", (gint64) -1, "input", bytes, "capture-stack", TRUE, NULL);
  g_assert_cmpint (cproc_exec_get_max_buffer (exec), ==, -1);
  g_assert_true (cproc_exec_get_input (exec) == bytes);
  g_assert_true (cproc_exec_get_capture_stack (exec));
  g_assert_cmpuint (n, ==, 3);

  cproc_exec_set_max_buffer (exec, -1);
  cproc_exec_set_input (exec, bytes);
  cproc_exec_set_capture_stack (exec, 2);
  g_assert_cmpuint (n, ==, 3);
  cproc_exec_set_input (exec, NULL);
  g_assert_null (cproc_exec_get_input (exec));

  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*max_buffer >= -1*");
  cproc_exec_set_max_buffer (exec, -2);
  g_test_assert_expected_messages ();
}

static void
on_text (CprocExec  *exec,
         GParamSpec *pspec,
         GString    *seen)
{
  g_autofree char *text = NULL;

  /* The outer notifications go on after a main loop has run inside of one. */
  g_main_context_iteration (NULL, FALSE);
  g_object_get (exec, pspec->name, &text, NULL);
  g_string_append_printf (seen, "%s=%s;", pspec->name, text);
}

static void
test_text_properties (void)
{
  static const struct { const char *line; const char *seen; } cases[] = {
    { "echo one; echo two >&2", "stdout-text=one\n;stderr-text=two\n;" },
    { "printf o; exit 3", "stdout-text=o;" },
    { "printf e >&2; kill -9 $$", "stderr-text=e;" },
    { ":", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocExec) exec = cproc_exec_new_shell (cases[i].line);
      g_autoptr(GString) seen = g_string_new (NULL);
      g_autofree char *before = NULL;

      g_object_get (exec, "stdout-text", &before, NULL);
      g_assert_cmpstr (before, ==, "");
      g_signal_connect (exec, "notify::stdout-text", G_CALLBACK (on_text), seen);
      g_signal_connect (exec, "notify::stderr-text", G_CALLBACK (on_text), seen);
      cproc_exec_run (exec, NULL, NULL);
      g_assert_cmpstr (seen->str, ==, cases[i].seen);
    }
}

static void
test_run (void)
{
  for (TestRun kind = 0; kind < TEST_N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "out\n", "2", "err\n", NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) bytes = NULL;

      test_exec_assert_output (exec, "", "");
      g_assert_true (test_exec_run (exec, kind, &error));
      g_assert_no_error (error);
      test_exec_assert_output (exec, "out\n", "err\n");
      bytes = cproc_exec_get_stdout_bytes (exec);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "out\n", 4);
      g_clear_pointer (&bytes, g_bytes_unref);
      bytes = cproc_exec_get_stderr_bytes (exec);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "err\n", 4);
      test_finalize (exec);
    }
}

static void
test_signals (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "a\nb", NULL);
  g_autoptr(TestRecord) record = test_record_new (CPROC_CHILD (exec));
  g_autofree char *lines = NULL;

  test_exec_assert_success (exec);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "a|b");
  g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
  test_exec_assert_output (exec, "a\nb", "");
}

/* During the call only the child is read; the application's own sources do not run. */
static gboolean
must_not_run (gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_no_other_sources (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("exit", NULL);
  guint id = g_idle_add (must_not_run, NULL);

  test_exec_assert_success (exec);
  g_source_remove (id);
}

static void
test_input (void)
{
  static const gsize sizes[] = { 0, 1, 70000, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (TestRun kind = 0; kind < TEST_N_RUNS; kind++)
      {
        g_autoptr(CprocExec) exec = test_exec_new ("cat", NULL);
        g_autoptr(GBytes) input = g_bytes_new_take (g_strnfill (sizes[i], 'i'), sizes[i]);
        g_autoptr(GBytes) output = NULL;

        cproc_exec_set_input (exec, input);
        cproc_exec_set_max_buffer (exec, -1);
        g_assert_true (test_exec_run (exec, kind, NULL));
        output = cproc_exec_get_stdout_bytes (exec);
        g_assert_true (g_bytes_equal (input, output));
      }
}

static void
test_input_not_read (void)
{
  g_autoptr(CprocExec) none = test_exec_new ("cat", NULL);
  g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "answer", NULL);
  g_autoptr(GBytes) input = g_bytes_new_take (g_malloc0 (3000000), 3000000);

  /* Node hangs here. */
  test_exec_assert_success (none);
  test_exec_assert_output (none, "", "");

  cproc_exec_set_input (exec, input);
  test_exec_assert_success (exec);
  test_exec_assert_output (exec, "answer", "");
}

static void
test_input_elsewhere (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocExec) exec = cproc_exec_new_for_command (command);
  g_autoptr(GBytes) input = g_bytes_new_static ("in", 2);
  g_autoptr(GError) error = NULL;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  cproc_exec_set_input (exec, input);
  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "standard input leads elsewhere"));

  /* And with it at its place. */
  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  test_exec_assert_success (exec);
  test_exec_assert_output (exec, "in", "");
}

/* The command says otherwise: the caller writes. */
static void
test_piped_stdin (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocExec) exec = cproc_exec_new_for_command (command);
  CprocChild *child = CPROC_CHILD (exec);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  test_start (child);
  test_write (child, "by hand", -1);
  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_wait_check (child, NULL, NULL));
  test_exec_assert_output (exec, "by hand", "");
}

static void
test_text (void)
{
  static const char data[] = "a\0b\xff\xc3";
  g_autoptr(CprocExec) exec = test_exec_new ("cat", NULL);
  g_autoptr(CprocExec) latin1 = test_exec_new ("cat", NULL);
  g_autoptr(GBytes) input = g_bytes_new_static (data, 5);
  g_autoptr(GBytes) bytes = NULL;

  cproc_exec_set_input (exec, input);
  test_exec_assert_success (exec);
  test_exec_assert_output (exec, "a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd", "");
  bytes = cproc_exec_get_stdout_bytes (exec);
  g_assert_true (g_bytes_equal (bytes, input));

  cproc_exec_set_input (latin1, input);
  cproc_child_set_encoding (CPROC_CHILD (latin1), "ISO-8859-1");
  test_exec_assert_success (latin1);
  test_exec_assert_output (latin1, "a\xef\xbf\xbd" "bÿÃ", "");
}

/* A grandchild that holds the streams open does not delay run() for ever. */
static void
test_grandchild (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("spawn-grandchild", "plain", "0", NULL);
  g_autofree char *text = NULL;

  cproc_child_set_drain_timeout (CPROC_CHILD (exec), 10);
  test_exec_assert_success (exec);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), >, 1);
  g_assert_cmpint (kill ((pid_t) g_ascii_strtoll (text, NULL, 10), SIGKILL), ==, 0);
}

/* An exec that is kept for its output holds only one descriptor: the pidfd. */
static void
test_kept (void)
{
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_fds = 0;

  for (int i = 0; i < 21; i++)
    {
      CprocExec *exec = test_exec_new ("echo", "1", "x", NULL);

      test_exec_assert_success (exec);
      g_ptr_array_add (kept, exec);
      test_await_no_children ();
      if (i == 0)
        n_fds = test_count_fds ();
    }

  test_await_fd_count (n_fds + 20);
}

static void
test_error_stack (void)
{
  g_autoptr(CprocExec) without = test_exec_new ("exit", "1", NULL);
  g_autoptr(CprocExec) with = test_exec_new ("exit", "1", NULL);
  g_autoptr(CprocExec) debug = test_exec_new ("exit", "1", NULL);

  g_unsetenv ("CPROC_DEBUG");
  g_assert_false (cproc_exec_run (without, NULL, NULL));
  g_assert_null (cproc_exec_get_error_stack (without));

  cproc_exec_set_capture_stack (with, TRUE);
  g_assert_null (cproc_exec_get_error_stack (with));
  g_assert_false (cproc_exec_run (with, NULL, NULL));
  g_setenv ("CPROC_DEBUG", "stack", TRUE);
  g_assert_false (cproc_exec_run (debug, NULL, NULL));
  g_unsetenv ("CPROC_DEBUG");

#ifdef HAVE_BACKTRACE
  g_assert_true (g_str_has_prefix (cproc_exec_get_error_stack (with), "    at "));
  g_assert_nonnull (strstr (cproc_exec_get_error_stack (with), "test-exec"));
  g_assert_cmpstr (cproc_exec_get_error_stack (with), ==, cproc_exec_get_error_stack (with));
#ifdef HAVE_LIBDW
  g_assert_nonnull (strstr (cproc_exec_get_error_stack (with), "    at test_error_stack ("));
#endif
  g_assert_nonnull (cproc_exec_get_error_stack (debug));
#else
  g_assert_null (cproc_exec_get_error_stack (with));
#endif
}

/* The pages say that g_shell_quote() makes any text safe in a line: whatever it is, it arrives. */
static void
test_shell_quote (void)
{
  static const char special[] = "'\"\\$`!;&|<>(){}[]*?~#=% \t\n-\r\a\x7f\xff\xc3";

  for (guint round = 0; round < 20; round++)
    {
      g_autoptr(GString) line = g_string_new ("printf '%s\\n'");
      g_autoptr(GString) expected = g_string_new (NULL);
      g_autoptr(CprocExec) exec = NULL;
      g_autoptr(GBytes) bytes = NULL;

      for (guint n = 0; n < 50; n++)
        {
          char text[20] = "";
          g_autofree char *quoted = NULL;

          for (int i = g_test_rand_int_range (0, 19); i >= 0; i--)
            text[i] = g_test_rand_bit ()
                        ? special[g_test_rand_int_range (0, sizeof special - 1)]
                        : (char) g_test_rand_int_range (1, 256);
          quoted = g_shell_quote (text);
          g_string_append_printf (line, " %s", quoted);
          g_string_append_printf (expected, "%s\n", text);
        }
      exec = cproc_exec_new_shell (line->str);
      test_exec_assert_success (exec);
      bytes = cproc_exec_get_stdout_bytes (exec);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected->str,
                       expected->len);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/exec/constructors", test_constructors);
  g_test_add_func ("/exec/properties", test_properties);
  g_test_add_func ("/exec/text-properties", test_text_properties);
  g_test_add_func ("/exec/run", test_run);
  g_test_add_func ("/exec/signals", test_signals);
  g_test_add_func ("/exec/no-other-sources", test_no_other_sources);
  g_test_add_func ("/exec/input", test_input);
  g_test_add_func ("/exec/input/not-read", test_input_not_read);
  g_test_add_func ("/exec/input/elsewhere", test_input_elsewhere);
  g_test_add_func ("/exec/input/piped", test_piped_stdin);
  g_test_add_func ("/exec/text", test_text);
  g_test_add_func ("/exec/grandchild", test_grandchild);
  g_test_add_func ("/exec/kept", test_kept);
  g_test_add_func ("/exec/shell-quote", test_shell_quote);
  g_test_add_func ("/exec/error-stack", test_error_stack);

  return g_test_run ();
}
