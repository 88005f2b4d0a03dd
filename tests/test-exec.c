/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"

/* Commands whose output is kept and whose end is the answer. */

static void
assert_output (CprocExec  *exec,
               const char *out,
               const char *err)
{
  g_autofree char *out_text = cproc_exec_get_stdout_text (exec);
  g_autofree char *err_text = cproc_exec_get_stderr_text (exec);

  g_assert_cmpstr (out_text, ==, out);
  g_assert_cmpstr (err_text, ==, err);
}

static void
assert_success (CprocExec *exec)
{
  g_autoptr(GError) error = NULL;
  gboolean success = cproc_exec_run (exec, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (success);
}

/* The three ways to the answer must give the same. */
typedef enum
{
  RUN_SYNC,
  RUN_ASYNC,
  RUN_AS_CHILD,
  N_RUNS
} RunKind;

static gboolean
run (CprocExec  *exec,
     RunKind     kind,
     GError    **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  switch (kind)
    {
    case RUN_SYNC:
      return cproc_exec_run (exec, NULL, error);
    case RUN_ASYNC:
      cproc_exec_run_async (exec, NULL, test_store_result, &result);
      g_assert_null (result);
      return cproc_exec_run_finish (exec, test_await (&result), error);
    case RUN_AS_CHILD:
      return cproc_child_start (CPROC_CHILD (exec), error) &&
             cproc_child_wait_check (CPROC_CHILD (exec), NULL, error);
    case N_RUNS:
    default:
      g_assert_not_reached ();
    }
}

static void
test_constructors (void)
{
  const char *argv[] = { g_getenv ("CPROC_TEST_CHILD"), "echo", "1", "$HOME", NULL };
  g_autoptr(CprocExec) shell = cproc_exec_new ("echo one; echo two >&2");
  g_autoptr(CprocExec) plain = cproc_exec_new_argv (argv);
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocExec) other = cproc_exec_new_for_command (command);

  assert_success (shell);
  assert_output (shell, "one\n", "two\n");
  assert_success (plain);
  assert_output (plain, "$HOME", "");
  g_assert_true (cproc_child_get_command (CPROC_CHILD (other)) == command);
  assert_success (other);
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
test_run (void)
{
  for (RunKind kind = 0; kind < N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "out\n", "2", "err\n", NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) bytes = NULL;

      assert_output (exec, "", "");
      g_assert_true (run (exec, kind, &error));
      g_assert_no_error (error);
      assert_output (exec, "out\n", "err\n");
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

  assert_success (exec);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "a|b");
  g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
  assert_output (exec, "a\nb", "");
}

/* Only a child that is read, and not the application, runs meanwhile. */
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

  assert_success (exec);
  g_source_remove (id);
}

static void
test_failures (void)
{
  static const struct
  {
    const char *args[7];
    int code;
    const char *after;
  } cases[] = {
    { { "exit", "3" }, CPROC_ERROR_EXITED, " exit 3” exited with code 3" },
    { { "signal", "9" }, CPROC_ERROR_SIGNALED, " signal 9” was ended by signal SIGKILL" },
    { { "signal", "11" }, CPROC_ERROR_SIGNALED, " signal 11” was ended by signal SIGSEGV" },
    { { "no-mode" }, CPROC_ERROR_EXITED,
      " no-mode” exited with code 64: usage: child MODE [ARGUMENT...]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (RunKind kind = 0; kind < N_RUNS; kind++)
      {
        g_autoptr(CprocExec) exec = test_exec_new (cases[i].args[0], cases[i].args[1], NULL);
        g_autoptr(GError) error = NULL;

        g_assert_false (run (exec, kind, &error));
        g_assert_error (error, CPROC_ERROR, cases[i].code);
        test_assert_message (error, "“", cases[i].after);
      }
}

/* What the program said last, without what a terminal would not show. */
static void
test_last_line (void)
{
  static const struct
  {
    const char *line, *message;
  } cases[] = {
    { "echo first >&2; echo ' last ' >&2; echo >&2; exit 2", "exited with code 2:  last" },
    { "printf 'no end' >&2; exit 2", "exited with code 2: no end" },
    { "printf '\\377' >&2; exit 2", "exited with code 2: \xef\xbf\xbd" },
    { "echo out; exit 2", "exited with code 2" },
    { "echo why >&2; kill -TERM $$", "was ended by signal SIGTERM: why" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocExec) exec = cproc_exec_new (cases[i].line);
      g_autoptr(GError) error = NULL;
      g_autofree char *message = g_strdup_printf ("“%s” %s", cases[i].line, cases[i].message);

      g_assert_false (cproc_exec_run (exec, NULL, &error));
      g_assert_cmpstr (error->message, ==, message);
    }
}

static void
test_start_error (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };

  for (RunKind kind = 0; kind < N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = cproc_exec_new_argv (argv);
      g_autoptr(GError) error = NULL;

      g_assert_false (run (exec, kind, &error));
      g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
      g_assert_cmpint (cproc_child_get_state (CPROC_CHILD (exec)), ==, CPROC_STATE_NEW);
      assert_output (exec, "", "");
    }
}

static void
test_second_run (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "out", NULL);

  assert_success (exec);
  for (RunKind kind = 0; kind < N_RUNS; kind++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (run (exec, kind, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
    }
  assert_output (exec, "out", "");
}

static void
test_timeout (void)
{
  for (RunKind kind = 0; kind < N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("sleep-forever", "so far", NULL);
      g_autoptr(GError) error = NULL;

      cproc_child_set_timeout (CPROC_CHILD (exec), 20);
      g_assert_false (run (exec, kind, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
      test_assert_message (error, "“",
                           " sleep-forever 'so far'” was ended because it ran for more than 20 ms");
    }
}

static void
test_input (void)
{
  static const gsize sizes[] = { 0, 1, 70000, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (RunKind kind = 0; kind < N_RUNS; kind++)
      {
        g_autoptr(CprocExec) exec = test_exec_new ("cat", NULL);
        g_autoptr(GBytes) input = g_bytes_new_take (g_strnfill (sizes[i], 'i'), sizes[i]);
        g_autoptr(GBytes) output = NULL;

        cproc_exec_set_input (exec, input);
        cproc_exec_set_max_buffer (exec, -1);
        g_assert_true (run (exec, kind, NULL));
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
  assert_success (none);
  assert_output (none, "", "");

  cproc_exec_set_input (exec, input);
  assert_success (exec);
  assert_output (exec, "answer", "");
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
  assert_success (exec);
  assert_output (exec, "in", "");
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
  assert_output (exec, "by hand", "");
}

static void
check_limit (const char *stream,
             gint64      limit,
             gint64      size,
             RunKind     kind)
{
  g_autofree char *size_text = g_strdup_printf ("%" G_GINT64_FORMAT, size);
  g_autoptr(CprocExec) exec = test_exec_new ("write", stream, size_text, "7000", NULL);
  g_autoptr(TestRecord) record = test_record_new (CPROC_CHILD (exec));
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *after = NULL;
  gboolean is_stdout = g_str_equal (stream, "1");
  gboolean fits = limit < 0 || size <= limit;

  if (limit != 204800)
    cproc_exec_set_max_buffer (exec, limit);
  g_assert_cmpint (run (exec, kind, &error), ==, fits);

  /* What is kept are the first bytes; the signals had them all. */
  bytes = is_stdout ? cproc_exec_get_stdout_bytes (exec) : cproc_exec_get_stderr_bytes (exec);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, fits ? size : limit);
  g_assert_cmpuint (record->text[is_stdout ? 1 : 2]->len, >=, g_bytes_get_size (bytes));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   record->text[is_stdout ? 1 : 2]->str, g_bytes_get_size (bytes));
  if (fits)
    {
      g_assert_no_error (error);
      return;
    }

  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT);
  after = g_strdup_printf (" write %s %s 7000” was ended because it wrote more than "
                           "%" G_GINT64_FORMAT " bytes to standard %s", stream, size_text, limit,
                           is_stdout ? "output (stdout)" : "error (stderr)");
  test_assert_message (error, "“", after);
  g_assert_false (cproc_child_get_timed_out (CPROC_CHILD (exec)));
}

static void
test_limits (void)
{
  static const gint64 limits[] = { 0, 1, 1000, 65536, 204800 };

  for (int stream = 1; stream <= 2; stream++)
    {
      g_autofree char *name = g_strdup_printf ("%d", stream);

      for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
        for (gint64 size = MAX (limits[i] - 1, 0); size <= limits[i] + 1; size++)
          check_limit (name, limits[i], size, i % N_RUNS);
      check_limit (name, -1, 3000000, RUN_SYNC);
      check_limit (name, 204800, 50000000, RUN_ASYNC);
    }
}

/* One that does not go by itself; the other stream is kept. */
static void
test_limit_other_stream (void)
{
  g_autoptr(CprocExec) exec = cproc_exec_new ("echo kept >&2; trap '' TERM; exec yes");
  g_autoptr(GError) error = NULL;

  cproc_exec_set_max_buffer (exec, 10);
  cproc_child_set_kill_grace (CPROC_CHILD (exec), 20);
  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT);
  assert_output (exec, "y\ny\ny\ny\ny\n", "kept\n");
  g_assert_cmpint (cproc_child_get_term_signal (CPROC_CHILD (exec)), ==, SIGKILL);
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
  assert_success (exec);
  assert_output (exec, "a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd", "");
  bytes = cproc_exec_get_stdout_bytes (exec);
  g_assert_true (g_bytes_equal (bytes, input));

  cproc_exec_set_input (latin1, input);
  cproc_child_set_encoding (CPROC_CHILD (latin1), "ISO-8859-1");
  assert_success (latin1);
  assert_output (latin1, "a\xef\xbf\xbd" "bÿÃ", "");
}

static void
assert_cancelled (CprocExec *exec,
                  gboolean   success,
                  GError    *error)
{
  g_assert_false (success);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (cproc_child_get_state (CPROC_CHILD (exec)), ==, CPROC_STATE_CLOSED);
  test_assert_message (error, "“", " sleep-forever ready” was ended because the operation was "
                                   "cancelled");
  assert_output (exec, "ready\n", "");
}

static void
cancel_at_line (CprocExec    *exec,
                CprocStream   stream,
                const char   *line,
                GCancellable *cancellable)
{
  g_cancellable_cancel (cancellable);
}

static void
test_cancel (void)
{
  for (int i = 0; i < 2; i++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("sleep-forever", "ready", NULL);
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gboolean success;

      g_signal_connect (exec, "line", G_CALLBACK (cancel_at_line), cancellable);
      if (i == 0)
        {
          success = cproc_exec_run (exec, cancellable, &error);
        }
      else
        {
          cproc_exec_run_async (exec, cancellable, test_store_result, &result);
          success = cproc_exec_run_finish (exec, test_await (&result), &error);
        }
      assert_cancelled (exec, success, error);
      g_assert_cmpint (cproc_child_get_term_signal (CPROC_CHILD (exec)), ==, SIGTERM);
    }
  test_await_no_children ();
}

static void
test_cancelled_before (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("exit", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (cproc_exec_run (exec, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  cproc_exec_run_async (exec, cancellable, test_store_result, &result);
  g_assert_false (cproc_exec_run_finish (exec, test_await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (cproc_child_get_state (CPROC_CHILD (exec)), ==, CPROC_STATE_NEW);

  /* It has not been started, so it may be. */
  assert_success (exec);
}

static void
test_cancel_while_starting (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("exit", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_exec_run_async (exec, cancellable, test_store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_false (cproc_exec_run_finish (exec, test_await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_await_no_children ();
}

/* A grandchild that keeps the streams does not keep run(). */
static void
test_grandchild (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("spawn-grandchild", "plain", "0", NULL);
  g_autofree char *text = NULL;

  cproc_child_set_drain_timeout (CPROC_CHILD (exec), 10);
  assert_success (exec);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), >, 1);
  g_assert_cmpint (kill ((pid_t) g_ascii_strtoll (text, NULL, 10), SIGKILL), ==, 0);
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
  g_assert_nonnull (cproc_exec_get_error_stack (debug));
#else
  g_assert_null (cproc_exec_get_error_stack (with));
#endif
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/exec/constructors", test_constructors);
  g_test_add_func ("/exec/properties", test_properties);
  g_test_add_func ("/exec/run", test_run);
  g_test_add_func ("/exec/signals", test_signals);
  g_test_add_func ("/exec/no-other-sources", test_no_other_sources);
  g_test_add_func ("/exec/failure/ends", test_failures);
  g_test_add_func ("/exec/failure/last-line", test_last_line);
  g_test_add_func ("/exec/failure/start", test_start_error);
  g_test_add_func ("/exec/failure/second-run", test_second_run);
  g_test_add_func ("/exec/failure/timeout", test_timeout);
  g_test_add_func ("/exec/input", test_input);
  g_test_add_func ("/exec/input/not-read", test_input_not_read);
  g_test_add_func ("/exec/input/elsewhere", test_input_elsewhere);
  g_test_add_func ("/exec/input/piped", test_piped_stdin);
  g_test_add_func ("/exec/limit", test_limits);
  g_test_add_func ("/exec/limit/other-stream", test_limit_other_stream);
  g_test_add_func ("/exec/text", test_text);
  g_test_add_func ("/exec/cancel/running", test_cancel);
  g_test_add_func ("/exec/cancel/before", test_cancelled_before);
  g_test_add_func ("/exec/cancel/starting", test_cancel_while_starting);
  g_test_add_func ("/exec/grandchild", test_grandchild);
  g_test_add_func ("/exec/error-stack", test_error_stack);

  return g_test_run ();
}
