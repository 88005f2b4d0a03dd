/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "child-read-util.h"

/* What the application reads itself. */

static void
test_lines (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "one\r\n\nthr\xff" "ee", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  /* Before the start. */
  read_line (child, &result);
  test_start (child);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "one");
  assert_next_line (child, CPROC_STREAM_STDOUT, "");
  assert_next_line (child, CPROC_STREAM_STDOUT, "thr\357\277\275ee");
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  test_finalize (child);
}

static void
test_bytes (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "head\nbody\nmore", NULL);

  cproc_child_set_keep_output (child, TRUE);
  test_start (child);
  assert_next_line (child, CPROC_STREAM_STDOUT, "head");
  assert_next_bytes (child, 2, "bo");
  assert_next_line (child, CPROC_STREAM_STDOUT, "dy");
  test_run_until_state (child, CPROC_STATE_CLOSED);
  assert_next_bytes (child, 100, "more");
  assert_next_bytes (child, 100, "");
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
}

static void
test_both_streams (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out\n", "2", "err\n", NULL);
  g_autoptr(GAsyncResult) out = NULL;
  g_autoptr(GAsyncResult) err = NULL;
  g_autofree char *out_line = NULL;
  g_autofree char *err_line = NULL;

  cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, test_store_result, &out);
  cproc_child_read_line_async (child, CPROC_STREAM_STDERR, NULL, test_store_result, &err);
  test_start (child);
  out_line = finish_line (child, &out);
  err_line = finish_line (child, &err);
  g_assert_cmpstr (out_line, ==, "out");
  g_assert_cmpstr (err_line, ==, "err");
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_pending (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GAsyncResult) third = NULL;
  g_autofree char *line = NULL;

  read_line (child, &first);
  read_line (child, &second);
  assert_line_fails (child, &second, G_IO_ERROR, G_IO_ERROR_PENDING);
  test_start (child);
  read_line (child, &third);
  assert_line_fails (child, &third, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_assert_null (first);
  g_assert_null (cproc_child_try_read_line (child, CPROC_STREAM_STDOUT));

  test_write (child, "a\n", -1);
  line = finish_line (child, &first);
  g_assert_cmpstr (line, ==, "a");
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_cancel (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, cancellable, test_store_result,
                               &result);
  test_start (child);
  test_write (child, "half", -1);
  g_cancellable_cancel (cancellable);
  assert_line_fails (child, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* One that is cancelled already. */
  cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, cancellable, test_store_result,
                               &result);
  assert_line_fails (child, &result, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_write (child, " and half\n", -1);
  read_line (child, &result);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "half and half");
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
on_read_in_order (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  GString *events = user_data;
  CprocChild *child = CPROC_CHILD (source);
  g_autoptr(GError) error = NULL;
  g_autofree char *line = cproc_child_read_line_finish (child, result, &error);

  g_assert_no_error (error);
  g_string_append_printf (events, "%s%s ", line != NULL ? line : "end",
                          cproc_child_get_state (child) == CPROC_STATE_CLOSED ? "(late)" : "");
  if (line != NULL)
    cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, on_read_in_order, events);
}

static void
on_closed_in_order (CprocChild *child,
                    gpointer    user_data)
{
  g_string_append (user_data, "closed ");
}

/* Whoever reads on in the callback has read all before `closed`, also inside of a wait. */
static void
test_order (gconstpointer user_data)
{
  gboolean in_wait = GPOINTER_TO_INT (user_data);

  for (guint round = 0; round < 20; round++)
    {
      g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\nc", NULL);
      g_autoptr(GString) events = g_string_new (NULL);
      g_autoptr(GError) error = NULL;

      cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, on_read_in_order, events);
      g_signal_connect (child, "closed", G_CALLBACK (on_closed_in_order), events);
      test_start (child);
      if (in_wait)
        cproc_child_wait (child, NULL, &error);
      g_assert_no_error (error);
      test_run_until_state (child, CPROC_STATE_CLOSED);
      g_assert_cmpstr (events->str, ==, "a b c end closed ");
    }
}

/* What is there already is read inside of a wait too; the callback of a cancelled read, which is
 * due in the application's context, does not hold the wait up. */
static void
test_wait (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) cancelled = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;

  test_start (child);
  test_write (child, "a\nb\n", -1);
  assert_next_line (child, CPROC_STREAM_STDOUT, "a");
  cproc_child_close_stdin (child);
  g_cancellable_cancel (cancellable);
  cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, cancellable, test_store_result,
                               &cancelled);
  read_line (child, &result);
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_nonnull (result);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, "b");
  assert_line_fails (child, &cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_back_pressure (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "100000000", NULL);
  gsize total = 0;

  cproc_child_set_keep_output (child, TRUE);
  test_start (child);

  /* What is kept, what a pipe holds, and one read more. */
  g_assert_cmpuint (await_blocked (child), <=, MAX_KEPT + 1024 * 1024 + 64 * 1024);
  while (TRUE)
    {
      g_autoptr(GBytes) bytes = read_bytes (child, 1000000);
      gsize size;
      const char *data = g_bytes_get_data (bytes, &size);

      if (size == 0)
        break;
      g_assert_cmpuint (size, <=, 1000000);
      for (gsize i = 0; i < size; i += 997)
        g_assert_cmpint (data[i], ==, 'a' + (total + i) % 26);
      total += size;
    }
  g_assert_cmpuint (total, ==, 100000000);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* A stream that waits for us is no silence of the child's. */
static void
test_idle_timeout (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "5000000", NULL);
  gint64 until;

  cproc_child_set_keep_output (child, TRUE);
  cproc_child_set_idle_timeout (child, 100);
  test_start (child);
  await_blocked (child);
  until = g_get_monotonic_time () + 300 * G_TIME_SPAN_MILLISECOND;
  while (g_get_monotonic_time () < until)
    g_main_context_iteration (NULL, FALSE);
  g_assert_false (cproc_child_get_timed_out (child));
  g_assert_true (cproc_child_kill (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* A line may be longer than what is kept as a rule. */
static void
test_long_line (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "3000000", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;
  g_autofree char *piece = NULL;

  read_line (child, &result);
  test_start (child);
  piece = finish_line (child, &result);
  g_assert_cmpuint (strlen (piece), ==, 1024 * 1024);

  cproc_child_set_max_line_length (child, -1);
  read_line (child, &result);
  line = finish_line (child, &result);
  g_assert_cmpuint (strlen (line), ==, 3000000 - 1024 * 1024);
  g_assert_cmpint (line[0], ==, 'a' + (1024 * 1024) % 26);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
on_read_flags (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  CprocChild *child = CPROC_CHILD (source);
  g_autofree char *line = cproc_child_read_line_finish (child, result, NULL);

  g_string_append_printf (user_data, "%s:%d ", line, cproc_child_get_line_flags (child));
  if (line != NULL)
    cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, on_read_flags, user_data);
}

static void
test_line_flags (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "abcdef\n\xff\ng", NULL);
  g_autoptr(GString) events = g_string_new (NULL);

  cproc_child_set_max_line_length (child, 4);
  cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, on_read_flags, events);
  test_start_and_close (child);
  g_assert_cmpstr (events->str, ==, "abcd:1 ef:0 \357\277\275:2 g:4 (null):0 ");
  g_assert_cmpint (cproc_child_get_line_flags (child), ==, CPROC_LINE_FLAGS_NONE);
}

static void
test_decoding (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "\xe9\r\xe8\r\n", NULL);

  cproc_child_set_keep_output (child, TRUE);
  cproc_child_set_encoding (child, "latin-1");
  cproc_child_set_universal_newlines (child, TRUE);
  test_start (child);
  assert_next_line (child, CPROC_STREAM_STDOUT, "é");
  assert_next_line (child, CPROC_STREAM_STDOUT, "è");
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_no_lines (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\n", NULL);
  g_autoptr(GAsyncResult) result = NULL;

  cproc_child_set_keep_output (child, TRUE);
  cproc_child_set_max_line_length (child, 0);
  test_start (child);
  read_line (child, &result);
  assert_line_fails (child, &result, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  assert_next_bytes (child, 10, "a\n");
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* `exit` and `closed` come, and what was kept is still there. */
static void
test_kept_after_closed (gconstpointer user_data)
{
  const char *size = user_data;
  g_autoptr(CprocChild) child = test_child_new ("write", "1", size, NULL);
  g_autoptr(GBytes) all = NULL;
  gsize total = 0;

  cproc_child_set_keep_output (child, TRUE);
  test_start_and_close (child);
  g_assert_true (cproc_child_get_drained (child));
  while (total < g_ascii_strtoull (size, NULL, 10))
    {
      g_autoptr(GBytes) bytes = read_bytes (child, 10000);

      g_assert_cmpuint (g_bytes_get_size (bytes), >, 0);
      total += g_bytes_get_size (bytes);
    }
  assert_next_bytes (child, 1, "");
}

/* The program ends while the pipe is full and nobody reads. */
static void
test_full_at_exit (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "100000000", NULL);
  gsize total = 0;
  guint64 written;

  cproc_child_set_keep_output (child, TRUE);
  test_start (child);
  written = await_blocked (child);
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  while (TRUE)
    {
      g_autoptr(GBytes) bytes = read_bytes (child, 1000000);

      if (g_bytes_get_size (bytes) == 0)
        break;
      total += g_bytes_get_size (bytes);
    }

  /* The write that was cut short is not in the count, but in the pipe. */
  g_assert_cmpuint (total, >=, written);
  g_assert_cmpuint (total, >, MAX_KEPT);
}

/* Another process holds the stream open: it is given up, as ever. */
static void
test_drain (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) result = NULL;

  g_signal_handlers_disconnect_matched (child, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, record);
  cproc_child_set_keep_output (child, TRUE);
  cproc_child_set_drain_timeout (child, 0);
  test_start_and_close (child);
  g_assert_false (cproc_child_get_drained (child));
  read_line (child, &result);
  g_ptr_array_add (record->lines[1], finish_line (child, &result));
  assert_next_line (child, CPROC_STREAM_STDOUT, NULL);
  test_kill_grandchild (record);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-read/lines", test_lines);
  g_test_add_func ("/child-read/bytes", test_bytes);
  g_test_add_func ("/child-read/both-streams", test_both_streams);
  g_test_add_func ("/child-read/pending", test_pending);
  g_test_add_func ("/child-read/cancel", test_cancel);
  g_test_add_data_func ("/child-read/order", GINT_TO_POINTER (FALSE), test_order);
  g_test_add_data_func ("/child-read/order-in-wait", GINT_TO_POINTER (TRUE), test_order);
  g_test_add_func ("/child-read/wait", test_wait);
  g_test_add_func ("/child-read/back-pressure", test_back_pressure);
  g_test_add_func ("/child-read/idle-timeout", test_idle_timeout);
  g_test_add_func ("/child-read/long-line", test_long_line);
  g_test_add_func ("/child-read/line-flags", test_line_flags);
  g_test_add_func ("/child-read/decoding", test_decoding);
  g_test_add_func ("/child-read/no-lines", test_no_lines);
  g_test_add_data_func ("/child-read/kept-after-closed", "200000", test_kept_after_closed);
  g_test_add_data_func ("/child-read/kept-beyond-after-closed", "300000", test_kept_after_closed);
  g_test_add_func ("/child-read/full-at-exit", test_full_at_exit);
  g_test_add_func ("/child-read/drain", test_drain);

  return g_test_run ();
}
