/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "child-read-util.h"

/* Reads beside handlers, pauses, starts and whatever else a child has. */

typedef struct
{
  GString *lines;
  GAsyncResult *result;
} Handover;

static void
on_line_then_read (CprocChild  *child,
                   CprocStream  stream,
                   const char  *line,
                   gpointer     user_data)
{
  Handover *self = user_data;

  g_string_append_printf (self->lines, "%s ", line);
  if (g_str_equal (line, "two"))
    read_line (child, &self->result);
}

static void
on_lines_then_read (CprocChild         *child,
                    CprocStream         stream,
                    const char * const *lines,
                    gpointer            user_data)
{
  for (; *lines != NULL; lines++)
    on_line_then_read (child, stream, *lines, user_data);
}

/* It goes on after the last line that was emitted, in the midst of what was read at once. */
static void
test_after_lines (gconstpointer user_data)
{
  gboolean as_lines = GPOINTER_TO_INT (user_data);
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(GString) lines = g_string_new (NULL);
  Handover handover = { lines, NULL };
  g_autofree char *line = NULL;

  child = test_child_new ("echo", "1", as_lines ? "one\ntwo\nthr" : "one\ntwo\nthree\nfour\nfi",
                          NULL);
  if (as_lines)
    g_signal_connect (child, "lines::stdout", G_CALLBACK (on_lines_then_read), &handover);
  else
    g_signal_connect (child, "line::stdout", G_CALLBACK (on_line_then_read), &handover);

  g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*not emitted as signals*");
  test_start (child);
  line = finish_line (child, &handover.result);
  g_assert_cmpstr (line, ==, as_lines ? "thr" : "three");
  if (!as_lines)
    {
      assert_next_line (child, CPROC_STREAM_STDOUT, "four");
      assert_next_bytes (child, 10, "fi");
    }
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (lines->str, ==, "one two ");
}

/* A handler of lines is warned about once; `output` goes on. */
static void
test_handlers (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  read_line (child, &result);
  test_start (child);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*not emitted as signals*");
  test_write (child, "a\n", -1);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "a");
  g_test_assert_expected_messages ();
  test_write (child, "b\n", -1);
  assert_next_line (child, CPROC_STREAM_STDOUT, "b");
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "a\nb\n");
  g_assert_cmpuint (record->lines[1]->len, ==, 0);
}

static void
count_output (CprocChild  *child,
              CprocStream  stream,
              GBytes      *bytes,
              gpointer     user_data)
{
  *(gsize *) user_data += g_bytes_get_size (bytes);
}

/* A stream with a handler is not kept, and so does not make the child wait. */
static void
test_keep_output_unheard (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "2", "3000000", "3000000", "1", "3", NULL);
  gsize received = 0;

  g_assert_false (cproc_child_get_keep_output (child));
  cproc_child_set_keep_output (child, TRUE);
  g_assert_true (cproc_child_get_keep_output (child));
  g_signal_connect (child, "output::stderr", G_CALLBACK (count_output), &received);
  test_start_and_close (child);
  g_assert_cmpuint (received, ==, 3000000);
  assert_next_bytes (child, 10, "abc");
  assert_next_line (child, CPROC_STREAM_STDERR, NULL);
}

/* What is kept early never makes the child wait. */
static void
test_keep_early (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "3", "3000000", "2", "3000000", NULL);
  g_autoptr(CprocChild) heard = test_child_new ("echo", "1", "heard\n", NULL);
  g_autoptr(TestRecord) record = NULL;
  g_autoptr(GAsyncResult) result = NULL;

  cproc_child_keep_early_output (child);
  test_start_and_close (child);
  assert_next_line (child, CPROC_STREAM_STDOUT, "abc");
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDERR));
  cproc_child_read_line_async (child, CPROC_STREAM_STDERR, NULL, test_store_result, &result);
  assert_line_fails (child, &result, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT);
  assert_next_line (child, CPROC_STREAM_STDERR, NULL);

  cproc_child_keep_early_output (heard);
  test_start (heard);
  record = test_record_new (heard);
  test_run_until_state (heard, CPROC_STATE_CLOSED);
  g_assert_cmpstr (g_ptr_array_index (record->lines[1], 0), ==, "heard");
}

static void
test_try (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\nc", NULL);

  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDOUT));
  test_start (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  for (char c = 'a'; c <= 'c'; c++)
    {
      g_autofree char *line = cproc_child_try_read_line (child, CPROC_STREAM_STDOUT);

      g_assert_nonnull (line);
      g_assert_cmpint (line[0], ==, c);
    }
  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDOUT));
  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDERR));
}

/* The child that waited goes on to its end, and a handler gets what comes. */
static void
test_discard (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "3000000", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  gsize received = 0;

  cproc_child_set_keep_output (child, TRUE);
  test_start (child);
  await_blocked (child);
  cproc_child_discard_output (child, CPROC_STREAM_STDOUT);
  g_signal_connect (child, "output::stdout", G_CALLBACK (count_output), &received);
  cproc_child_read_line_async (child, CPROC_STREAM_STDERR, NULL, test_store_result, &result);
  cproc_child_discard_output (child, CPROC_STREAM_STDERR);
  assert_line_fails (child, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (received, >, 1000000);
  g_assert_cmpuint (received, <=, 3000000 - MAX_KEPT);
  cproc_child_discard_output (child, CPROC_STREAM_STDOUT);
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
}

static void
test_pause (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\n", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  cproc_child_set_keep_output (child, TRUE);
  test_start (child);
  assert_next_line (child, CPROC_STREAM_STDOUT, "a");
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  read_line (child, &result);
  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDOUT));
  test_run_until_state (child, CPROC_STATE_EXITED);
  for (guint i = 0; i < 50; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_null (result);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "b");
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_start_fails (gconstpointer user_data)
{
  gboolean is_async = GPOINTER_TO_INT (user_data);
  const char *argv[] = { "/no/such/program", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) started = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      read_line (child, &result);
      if (is_async)
        {
          cproc_child_start_async (child, NULL, test_store_result, &started);
          test_await (&started);
          g_assert_false (cproc_child_start_finish (child, started, &error));
          g_clear_object (&started);
        }
      else
        g_assert_false (cproc_child_start (child, &error));
      g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
      g_clear_error (&error);
      assert_line_fails (child, &result, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
    }
  test_finalize (child);
}

static void
test_start_cancelled (void)
{
  g_autoptr(CprocChild) child = test_child_new ("lines", "1", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) started = NULL;
  g_autofree char *line = NULL;

  read_line (child, &result);
  cproc_child_start_async (child, cancellable, test_store_result, &started);
  g_cancellable_cancel (cancellable);
  assert_line_fails (child, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_await (&started);

  read_line (child, &result);
  cproc_child_start_async (child, cancellable, NULL, NULL);
  assert_line_fails (child, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  read_line (child, &result);
  test_start (child);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "line 1");
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_not_supported (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "a", NULL);
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(CprocChild) taken = test_child_new ("echo", "1", "a", NULL);
  g_autoptr(GAsyncResult) result = NULL;

  cproc_command_set_stdout_mode (command, CPROC_STDIO_NULL);
  child = cproc_child_new_for_command (command);
  read_line (child, &result);
  assert_line_fails (child, &result, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  test_start (child);
  read_line (child, &result);
  assert_line_fails (child, &result, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDOUT));
  test_run_until_state (child, CPROC_STATE_CLOSED);

  g_assert_nonnull (cproc_child_take_stdout_stream (taken));
  read_line (taken, &result);
  assert_line_fails (taken, &result, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  test_start (taken);
  read_line (taken, &result);
  assert_line_fails (taken, &result, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  test_run_until_state (taken, CPROC_STATE_CLOSED);
}

/* The command is changed between the read and the start. */
static void
test_not_supported_later (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a", NULL);
  g_autoptr(GAsyncResult) result = NULL;

  read_line (child, &result);
  cproc_command_set_stdout_mode (cproc_child_get_command (child), CPROC_STDIO_NULL);
  test_start (child);
  assert_line_fails (child, &result, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_take_after_read (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  read_line (child, &result);
  g_assert_null (cproc_child_take_stdout_stream (child));
  test_start (child);
  test_write (child, "a\n", -1);
  line = finish_line (child, &result);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  g_assert_null (cproc_child_take_stdout_stream (child));
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
on_other_lines (CprocChild         *child,
                CprocStream         stream,
                const char * const *lines,
                gpointer            user_data)
{
  for (; *lines != NULL; lines++)
    g_string_append_printf (user_data, "%s ", *lines);
}

/* A handler of the other stream is not touched, and an exec has all of its output. */
static void
test_others (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "out\n", "2", "err\n", NULL);
  CprocChild *child = CPROC_CHILD (exec);
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;

  g_signal_connect (child, "lines::stderr", G_CALLBACK (on_other_lines), lines);
  read_line (child, &result);
  g_assert_true (cproc_exec_run (exec, NULL, &error));
  g_assert_no_error (error);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "out");
  g_assert_cmpstr (lines->str, ==, "err ");
  g_assert_cmpstr (cproc_exec_get_stdout_text (exec), ==, "out\n");
  g_assert_cmpstr (cproc_exec_get_stderr_text (exec), ==, "err\n");
}

static void
test_prepared (void)
{
  g_autoptr(CprocChild) child = test_child_new ("lines", "2", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;

  cproc_child_prepare (child, &error);
  g_assert_no_error (error);
  cproc_child_set_keep_output (child, TRUE);
  read_line (child, &result);
  test_start (child);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "line 1");
  assert_next_line (child, CPROC_STREAM_STDOUT, "line 2");
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* A read that waits holds the child, whose last reference nobody else has. */
static void
test_held (void)
{
  CprocChild *child = test_child_new ("after-line", "lines", "2", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  read_line (child, &result);
  test_start (child);
  test_write (child, "\n", -1);
  g_object_add_weak_pointer (G_OBJECT (child), (gpointer *) &child);
  g_object_unref (child);
  g_assert_nonnull (child);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "line 1");
  while (child != NULL)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_properties (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  gboolean keep_output = FALSE;

  g_object_set (child, "keep-output", TRUE, NULL);
  g_object_get (child, "keep-output", &keep_output, NULL);
  g_assert_true (keep_output);
  test_start (child);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*CPROC_STATE_STARTING*");
  cproc_child_set_keep_output (child, FALSE);
  g_test_assert_expected_messages ();
  g_assert_true (cproc_child_get_keep_output (child));
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/child-read-other/after-line", GINT_TO_POINTER (FALSE), test_after_lines);
  g_test_add_data_func ("/child-read-other/after-lines", GINT_TO_POINTER (TRUE), test_after_lines);
  g_test_add_func ("/child-read-other/handlers", test_handlers);
  g_test_add_func ("/child-read-other/keep-output-unheard", test_keep_output_unheard);
  g_test_add_func ("/child-read-other/keep-early", test_keep_early);
  g_test_add_func ("/child-read-other/try", test_try);
  g_test_add_func ("/child-read-other/discard", test_discard);
  g_test_add_func ("/child-read-other/pause", test_pause);
  g_test_add_data_func ("/child-read-other/start-fails", GINT_TO_POINTER (FALSE), test_start_fails);
  g_test_add_data_func ("/child-read-other/start-fails-async", GINT_TO_POINTER (TRUE),
                        test_start_fails);
  g_test_add_func ("/child-read-other/start-cancelled", test_start_cancelled);
  g_test_add_func ("/child-read-other/not-supported", test_not_supported);
  g_test_add_func ("/child-read-other/not-supported-later", test_not_supported_later);
  g_test_add_func ("/child-read-other/take-after-read", test_take_after_read);
  g_test_add_func ("/child-read-other/others", test_others);
  g_test_add_func ("/child-read-other/prepared", test_prepared);
  g_test_add_func ("/child-read-other/held", test_held);
  g_test_add_func ("/child-read-other/properties", test_properties);

  return g_test_run ();
}
