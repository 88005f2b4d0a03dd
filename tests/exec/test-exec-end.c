/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"

/* Commands that do not end well: by themselves, by a limit or by a cancellation. */

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
    for (TestRun kind = 0; kind < TEST_N_RUNS; kind++)
      {
        g_autoptr(CprocExec) exec = test_exec_new (cases[i].args[0], cases[i].args[1], NULL);
        g_autoptr(GError) error = NULL;

        g_assert_false (test_exec_run (exec, kind, &error));
        g_assert_error (error, CPROC_ERROR, cases[i].code);
        test_assert_message (error, "“", cases[i].after);
      }
}

/* The last line of the program, without the parts that a terminal would not show. */
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
      g_autoptr(CprocExec) exec = cproc_exec_new_shell (cases[i].line);
      g_autoptr(GError) error = NULL;
      g_autofree char *message = g_strdup_printf ("“%s” %s", cases[i].line, cases[i].message);

      g_assert_false (cproc_exec_run (exec, NULL, &error));
      g_assert_cmpstr (error->message, ==, message);
    }
}

/* A page without a line end does not become the message: it is cut, at a character. */
static void
test_last_line_is_cut (void)
{
  static const guint lengths[] = { 239, 240, 241, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *line = g_strdup_printf ("printf 'é%%.0s' $(seq %u) >&2; exit 2", lengths[i]);
      g_autoptr(CprocExec) exec = cproc_exec_new_shell (line);
      g_autoptr(GString) expected = g_string_new (NULL);
      g_autoptr(GError) error = NULL;
      g_autofree char *text = NULL;

      g_string_append_printf (expected, "“%s” exited with code 2: ", line);
      for (guint n = 0; n < MIN (lengths[i], 240); n++)
        g_string_append (expected, "é");
      if (lengths[i] > 240)
        g_string_append (expected, "…");

      g_assert_false (cproc_exec_run (exec, NULL, &error));
      g_assert_cmpstr (error->message, ==, expected->str);

      /* Nothing of it is lost. */
      text = cproc_exec_get_stderr_text (exec);
      g_assert_cmpint (g_utf8_strlen (text, -1), ==, lengths[i]);
    }
}

static void
test_start_error (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };

  for (TestRun kind = 0; kind < TEST_N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = cproc_exec_new (argv);
      g_autoptr(GError) error = NULL;

      g_assert_false (test_exec_run (exec, kind, &error));
      g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
      g_assert_cmpint (cproc_child_get_state (CPROC_CHILD (exec)), ==, CPROC_STATE_NEW);
      test_exec_assert_output (exec, "", "");
    }
}

static void
test_second_run (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "out", NULL);

  test_exec_assert_success (exec);
  for (TestRun kind = 0; kind < TEST_N_RUNS; kind++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (test_exec_run (exec, kind, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
    }
  test_exec_assert_output (exec, "out", "");
}

static void
run_again (CprocExec *exec)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
}

/* From a handler: the first run is not disturbed. */
static void
test_second_run_inside (void)
{
  const char *names[] = { "started", "output", "exit", "closed" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "out", NULL);

      g_signal_connect (exec, names[i], G_CALLBACK (run_again), NULL);
      g_assert_true (cproc_exec_run (exec, NULL, NULL));
      test_exec_assert_output (exec, "out", "");
    }
}

static void
test_timeout (void)
{
  for (TestRun kind = 0; kind < TEST_N_RUNS; kind++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("sleep-forever", "so far", NULL);
      g_autoptr(GError) error = NULL;

      cproc_child_set_timeout (CPROC_CHILD (exec), 20);
      g_assert_false (test_exec_run (exec, kind, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
      test_assert_message (error, "“",
                           " sleep-forever 'so far'” was ended because it ran for more than 20 ms");
    }
}

static void
check_limit (const char *stream,
             gint64      limit,
             gint64      size,
             TestRun     kind)
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
  g_assert_cmpint (test_exec_run (exec, kind, &error), ==, fits);

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
          check_limit (name, limits[i], size, i % TEST_N_RUNS);
      check_limit (name, -1, 3000000, TEST_RUN_SYNC);
      check_limit (name, 204800, 50000000, TEST_RUN_ASYNC);
    }
}

/* A program that does not end by itself; the other stream is kept. */
static void
test_limit_other_stream (void)
{
  g_autoptr(CprocExec) exec = cproc_exec_new_shell ("echo kept >&2; trap '' TERM; exec yes");
  g_autoptr(GError) error = NULL;

  cproc_exec_set_max_buffer (exec, 10);
  cproc_child_set_kill_grace (CPROC_CHILD (exec), 20);
  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT);
  test_exec_assert_output (exec, "y\ny\ny\ny\ny\n", "kept\n");
  g_assert_cmpint (cproc_child_get_term_signal (CPROC_CHILD (exec)), ==, SIGKILL);
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
  test_exec_assert_output (exec, "ready\n", "");
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
  test_exec_assert_success (exec);
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

static void
cancel_at_exit (CprocExec    *exec,
                int           exit_code,
                int           term_signal,
                GCancellable *cancellable)
{
  g_cancellable_cancel (cancellable);
}

/* Cancelled when only a grandchild is left, which the kill does not reach. */
static void
test_cancel_draining (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("spawn-grandchild", "session", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (CPROC_CHILD (exec));
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  cproc_child_set_drain_timeout (CPROC_CHILD (exec), -1);
  g_signal_connect (exec, "exit", G_CALLBACK (cancel_at_exit), cancellable);
  g_assert_false (cproc_exec_run (exec, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (cproc_child_get_exit_code (CPROC_CHILD (exec)), ==, 0);
  test_kill_grandchild (record);
}

static void
cancel_at_timeout (CprocExec    *exec,
                   GParamSpec   *pspec,
                   GCancellable *cancellable)
{
  g_cancellable_cancel (cancellable);
}

/* Cancelled when it is being ended already. */
static void
test_first_reason (void)
{
  g_autoptr(CprocExec) exec = cproc_exec_new_shell ("trap '' TERM; cat");
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  cproc_command_set_stdin_mode (cproc_child_get_command (CPROC_CHILD (exec)), CPROC_STDIO_PIPE);
  cproc_child_set_kill_grace (CPROC_CHILD (exec), 300);
  cproc_child_set_timeout (CPROC_CHILD (exec), 100);
  g_signal_connect (exec, "notify::timed-out", G_CALLBACK (cancel_at_timeout), cancellable);
  g_assert_false (cproc_exec_run (exec, cancellable, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/exec-end/failure/ends", test_failures);
  g_test_add_func ("/exec-end/failure/last-line", test_last_line);
  g_test_add_func ("/exec-end/failure/last-line-is-cut", test_last_line_is_cut);
  g_test_add_func ("/exec-end/failure/start", test_start_error);
  g_test_add_func ("/exec-end/failure/second-run", test_second_run);
  g_test_add_func ("/exec-end/failure/second-run-inside", test_second_run_inside);
  g_test_add_func ("/exec-end/failure/timeout", test_timeout);
  g_test_add_func ("/exec-end/limit", test_limits);
  g_test_add_func ("/exec-end/limit/other-stream", test_limit_other_stream);
  g_test_add_func ("/exec-end/cancel/running", test_cancel);
  g_test_add_func ("/exec-end/cancel/before", test_cancelled_before);
  g_test_add_func ("/exec-end/cancel/starting", test_cancel_while_starting);
  g_test_add_func ("/exec-end/cancel/draining", test_cancel_draining);
  g_test_add_func ("/exec-end/first-reason", test_first_reason);

  return g_test_run ();
}
