/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gfiledescriptorbased.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "child-util.h"

/* Tests the input of a child. SIGPIPE has its default action here, so a SIGPIPE would end the
 * test. */

#define MUCH (4 * 1024 * 1024)

static GBytes *
new_bytes (gsize length,
           char  fill)
{
  char *data = g_malloc (length);

  memset (data, fill, length);

  return g_bytes_new_take (data, length);
}

static void
write_async (CprocChild    *child,
             GBytes        *bytes,
             GCancellable  *cancellable,
             GAsyncResult **result)
{
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, cancellable, test_store_result,
                           result);
}

static gboolean
finish_write (CprocChild    *child,
              GAsyncResult **result,
              GError       **error)
{
  gboolean written = cproc_child_write_finish (child, test_await (result), error);

  g_clear_object (result);

  return written;
}

static void
test_order (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GString) expected = g_string_new (NULL);

  test_start (child);
  for (int i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strnfill (1 + i * 37 % 5000, (char) ('a' + i % 26));

      g_string_append (expected, text);
      test_write (child, text, -1);
      if (i % 50 == 0)
        test_write (child, "", 0);
    }
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, expected->str);
  test_finalize (child);
}

static void
test_finish (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GBytes) bytes = new_bytes (10, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  write_async (child, bytes, NULL, &result);
  /* Not from inside the call. */
  g_assert_null (result);
  g_assert_true (finish_write (child, &result, &error));
  g_assert_no_error (error);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_finalize (child);
}

/* The callback comes when the pipe has taken it, so whoever waits for it needs no more memory. */
static void
test_back_pressure (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(CprocChild) other = test_child_new ("exit", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) bytes = new_bytes (MUCH, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  /* It cannot write, so it does not read. */
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  write_async (child, bytes, NULL, &result);
  test_start_and_close (other);
  g_assert_null (result);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  g_assert_true (finish_write (child, &result, &error));
  g_assert_no_error (error);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, MUCH);
}

static void
test_cancel (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GBytes) few = new_bytes (10, 'y');
  g_autoptr(GCancellable) first_cancellable = g_cancellable_new ();
  g_autoptr(GCancellable) second_cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  write_async (child, much, first_cancellable, &first);
  write_async (child, few, second_cancellable, &second);
  test_write (child, "end", -1);

  /* A cancelled write that has not begun is withdrawn; one that has begun is completed. */
  g_cancellable_cancel (first_cancellable);
  g_cancellable_cancel (second_cancellable);
  g_assert_false (finish_write (child, &second, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (first);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  g_assert_true (finish_write (child, &first, &error));
  g_assert_no_error (error);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, MUCH + 3);
  g_assert_null (memchr (record->text[1]->str, 'y', record->text[1]->len));
  test_finalize (child);
}

static void
test_cancelled_before (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GBytes) bytes = new_bytes (10, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  g_cancellable_cancel (cancellable);
  write_async (child, bytes, cancellable, &result);
  g_assert_false (finish_write (child, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, 0);
}

/* The queue stands still and is then closed; the cancelled write was the last in it. */
static void
test_cancel_then_close (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GBytes) few = new_bytes (10, 'y');
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  write_async (child, few, cancellable, &result);
  cproc_child_close_stdin (child);
  g_cancellable_cancel (cancellable);
  g_assert_false (finish_write (child, &result, &error));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

static void
assert_broken (CprocChild *child,
               gsize       length)
{
  g_autoptr(GBytes) bytes = new_bytes (length, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  write_async (child, bytes, NULL, &result);
  g_assert_false (finish_write (child, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static void
test_broken_pipe (void)
{
  g_autoptr(CprocChild) gone = test_child_new ("exit", NULL);
  g_autoptr(CprocChild) deaf = test_child_new ("close-and-sleep", "0", "1", NULL);
  g_autoptr(CprocChild) dying = test_child_new ("sleep-forever", NULL);
  g_autoptr(TestRecord) record = test_record_new (deaf);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start_and_close (gone);
  assert_broken (gone, 1);

  test_start (deaf);
  while (test_record_count (record, "stream-ended::stdout") == 0)
    g_main_context_iteration (NULL, TRUE);
  assert_broken (deaf, 1);
  assert_broken (deaf, MUCH);
  cproc_child_force_exit (deaf, NULL);
  test_run_until_state (deaf, CPROC_STATE_CLOSED);

  /* One that dies while the write waits for it. */
  test_start (dying);
  write_async (dying, much, NULL, &result);
  cproc_child_force_exit (dying, NULL);
  g_assert_false (finish_write (dying, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  test_run_until_state (dying, CPROC_STATE_CLOSED);
}

/* A grandchild could read still, but the child that was written to is closed. */
static void
test_broken_at_end (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_set_drain_timeout (child, 0);
  test_start (child);
  write_async (child, much, NULL, &result);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_false (finish_write (child, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  assert_broken (child, 1);
  test_kill_grandchild (record);
}

/* A child that does not read its input is not an error, neither for the writer nor for the
 * child. */
static void
test_not_read (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "answer", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_assert_true (cproc_child_wait_check (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (record->text[1]->str, ==, "answer");
}

static void
test_not_writable (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(GBytes) bytes = new_bytes (1, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  write_async (child, bytes, NULL, &result);
  g_assert_false (finish_write (child, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  test_start (child);
  write_async (child, bytes, NULL, &result);
  g_assert_false (finish_write (child, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_message (error, "The standard input of “", "” is not a pipe: set stdin-mode of its "
                       "command to PIPE, or write before the start");
  test_write (child, "nobody asks", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* The program finds the input that was written before the start, with a callback or without. */
static void
test_before_start (void)
{
  for (guint kind = 0; kind < 4; kind++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
      g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
      g_autoptr(TestRecord) record = test_record_new (child);
      g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
      g_autoptr(GAsyncResult) result = NULL;

      if (kind % 2 == 1)
        cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
      cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      write_async (child, much, NULL, &result);
      if (kind < 2)
        cproc_child_close_stdin (child);
      test_start (child);
      if (kind >= 2)
        cproc_child_close_stdin (child);
      test_run_until_state (child, CPROC_STATE_CLOSED);
      g_assert_cmpuint (record->text[1]->len, ==, 2 * MUCH);
      g_assert_true (finish_write (child, &result, NULL));
    }
}

/* A program does not wait for input that is never written. */
static void
test_nothing_written (void)
{
  for (guint kind = 0; kind < 3; kind++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
      g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
      g_autoptr(GError) error = NULL;

      if (kind == 2)
        cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
      if (kind > 0)
        cproc_child_close_stdin (child);
      g_assert_true (cproc_child_start (child, &error));
      g_assert_true (cproc_child_wait_check (child, NULL, &error));
      g_assert_no_error (error);
    }
}

static void
test_close (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');

  test_start (child);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  cproc_child_close_stdin (child);
  cproc_child_close_stdin (child);
  assert_broken (child, 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, MUCH);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  cproc_child_close_stdin (child);
}

static void
test_stream_broken_pipe (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(GError) error = NULL;
  GOutputStream *stream;

  test_start_and_close (child);
  stream = cproc_child_get_stdin_stream (child);
  g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  g_clear_error (&error);
  g_assert_true (g_pollable_output_stream_is_writable (G_POLLABLE_OUTPUT_STREAM (stream)));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
}

/* The stream after the queue, blocking or not. */
static void
test_stream_after_queue (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GError) error = NULL;
  GOutputStream *stream;
  GPollableOutputStream *pollable;

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  stream = cproc_child_get_stdin_stream (child);
  pollable = G_POLLABLE_OUTPUT_STREAM (stream);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (pollable, "y", 1, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  for (;;)
    {
      gssize n = g_pollable_output_stream_write_nonblocking (pollable, "y", 1, NULL, &error);

      if (n == 1)
        break;
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      g_clear_error (&error);
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, MUCH + 1);
  g_assert_cmpint (record->text[1]->str[MUCH], ==, 'y');
}

/* Blocking, and yet after what was queued. */
static void
test_stream_blocks (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;

  g_assert_true (g_close (g_file_open_tmp ("cproc-XXXXXX", &path, NULL), NULL));
  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  cproc_command_set_stdio_file (command, 1, path, CPROC_FILE_FLAGS_WRITE);
  test_start (child);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_assert_true (g_output_stream_write_all (cproc_child_get_stdin_stream (child), "y", 1, NULL,
                                            NULL, &error));
  g_assert_no_error (error);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_cmpuint (length, ==, MUCH + 1);
  g_assert_cmpint (text[MUCH], ==, 'y');
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static gpointer
cancel_in_thread (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return NULL;
}

static void
test_stream_cancel (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *much = g_malloc0 (MUCH);
  g_autoptr(GError) error = NULL;
  GThread *thread;

  test_start (child);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  g_assert_false (g_output_stream_write_all (cproc_child_get_stdin_stream (child), much, MUCH,
                                             NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  cproc_child_force_exit (child, NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static gboolean
stream_writable (GObject *stream,
                 gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

static void
test_stream_async (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *much = g_strnfill (MUCH, 'x');
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GSource) source = NULL;
  g_autoptr(GError) error = NULL;
  GOutputStream *stream;
  gboolean writable = FALSE;

  test_start (child);
  stream = cproc_child_get_stdin_stream (child);
  g_assert_true (g_pollable_output_stream_can_poll (G_POLLABLE_OUTPUT_STREAM (stream)));
  source = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (stream), NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (stream_writable), &writable, NULL);
  g_source_attach (source, NULL);
  test_run_until (&writable);

  g_output_stream_write_all_async (stream, much, MUCH, G_PRIORITY_DEFAULT, NULL,
                                   test_store_result, &result);
  g_assert_true (g_output_stream_write_all_finish (stream, test_await (&result), NULL, &error));
  g_clear_object (&result);
  g_output_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
  /* Not in a thread of its own, for which the queue is not made. */
  g_assert_cmpint (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (stream)), ==, -1);
  g_assert_true (g_output_stream_close_finish (stream, test_await (&result), &error));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, MUCH);
}

/* A callback writes too, while others are being told of their writes. */
static void
write_in_callback (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  CprocChild *child = CPROC_CHILD (source);

  g_assert_true (cproc_child_write_finish (child, result, NULL));
  g_assert_true (g_output_stream_write_all (cproc_child_get_stdin_stream (child), "c", 1, NULL,
                                            NULL, NULL));
  test_write (child, "d", 1);
  cproc_child_close_stdin (child);
}

static void
test_write_in_callback (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GBytes) much = new_bytes (MUCH, 'x');
  g_autoptr(GBytes) few = g_bytes_new_static ("a", 1);

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  cproc_child_write_async (child, few, G_PRIORITY_DEFAULT, NULL, write_in_callback, NULL);
  test_write (child, "b", 1);
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, MUCH + 4);
  g_assert_cmpstr (record->text[1]->str + MUCH, ==, "abcd");
}

static void
start_and_write (CprocChild    *child,
                 GCancellable  *cancellable,
                 GAsyncResult **start_result,
                 GAsyncResult **write_result)
{
  g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (3000000), 3000000);

  cproc_child_start_async (child, cancellable, test_store_result, start_result);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, test_store_result, write_result);
}

/* Written before the process is there, more than the pipe takes. */
static void
test_while_starting (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) start_result = NULL;
  g_autoptr(GAsyncResult) write_result = NULL;

  start_and_write (child, NULL, &start_result, &write_result);
  g_assert_nonnull (cproc_child_get_stdin_stream (child));
  test_write (child, "the end", -1);
  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_start_finish (child, test_await (&start_result), NULL));
  g_assert_true (cproc_child_write_finish (child, test_await (&write_result), NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, 3000007);
  g_assert_true (g_str_has_suffix (record->text[1]->str + 3000000, "the end"));
}

/* … and fails with the start, which may be tried again. */
static void
test_while_start_fails (gconstpointer data)
{
  const char *missing[] = { "/nonexistent/program", NULL };
  const char *there[] = { g_getenv ("CPROC_TEST_CHILD"), "cat", NULL };
  gboolean cancel = GPOINTER_TO_INT (data);
  g_autoptr(CprocCommand) command = cproc_command_new (cancel ? there : missing);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) start_result = NULL;
  g_autoptr(GAsyncResult) write_result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  start_and_write (child, cancellable, &start_result, &write_result);
  if (cancel)
    g_cancellable_cancel (cancellable);
  g_assert_false (cproc_child_start_finish (child, test_await (&start_result), NULL));
  g_assert_false (cproc_child_write_finish (child, test_await (&write_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  cproc_command_set_argv (command, there);
  test_start (child);
  test_write (child, "again", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "again");
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(CprocChild) child = NULL;

  g_test_init (&argc, &argv, NULL);

  /* Newer versions of GSubprocess ignore it, once there has been one. */
  child = test_child_new ("exit", NULL);
  test_start_and_close (child);
  signal (SIGPIPE, SIG_DFL);

  g_test_add_func ("/child-write/order", test_order);
  g_test_add_func ("/child-write/finish", test_finish);
  g_test_add_func ("/child-write/back-pressure", test_back_pressure);
  g_test_add_func ("/child-write/cancel/queued", test_cancel);
  g_test_add_func ("/child-write/cancel/before", test_cancelled_before);
  g_test_add_func ("/child-write/cancel/then-close", test_cancel_then_close);
  g_test_add_func ("/child-write/broken-pipe", test_broken_pipe);
  g_test_add_func ("/child-write/broken-pipe/at-end", test_broken_at_end);
  g_test_add_func ("/child-write/not-read", test_not_read);
  g_test_add_func ("/child-write/not-writable", test_not_writable);
  g_test_add_func ("/child-write/before-start", test_before_start);
  g_test_add_func ("/child-write/nothing-written", test_nothing_written);
  g_test_add_func ("/child-write/close", test_close);
  g_test_add_func ("/child-write/stream/broken-pipe", test_stream_broken_pipe);
  g_test_add_func ("/child-write/stream/after-queue", test_stream_after_queue);
  g_test_add_func ("/child-write/stream/blocks", test_stream_blocks);
  g_test_add_func ("/child-write/stream/cancel", test_stream_cancel);
  g_test_add_func ("/child-write/stream/async", test_stream_async);
  g_test_add_func ("/child-write/in-callback", test_write_in_callback);
  g_test_add_func ("/child-write/starting", test_while_starting);
  g_test_add_data_func ("/child-write/starting/fails", GINT_TO_POINTER (FALSE),
                        test_while_start_fails);
  g_test_add_data_func ("/child-write/starting/cancelled", GINT_TO_POINTER (TRUE),
                        test_while_start_fails);

  return g_test_run ();
}
