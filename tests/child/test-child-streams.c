/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child-util.h"

/* Streams that the caller reads and writes himself, extra pipes, and those that lead elsewhere. */

static char *
read_all (GInputStream *stream)
{
  GString *text = g_string_new (NULL);
  char buffer[1000];
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (text, buffer, n);
  g_assert_cmpint (n, ==, 0);

  return g_string_free (text, FALSE);
}

static void
write_all (GOutputStream *stream,
           const char    *text)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_output_stream_write_all (stream, text, strlen (text), NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
test_output_before_start (gconstpointer data)
{
  gboolean is_stdout = GPOINTER_TO_INT (data) == CPROC_STREAM_STDOUT;
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", "2", "err", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *text = NULL;
  GInputStream *stream;
  int other = is_stdout ? 2 : 1;

  stream = is_stdout ? cproc_child_take_stdout_stream (child)
                     : cproc_child_take_stderr_stream (child);
  g_assert_true (G_IS_INPUT_STREAM (stream));

  /* The end does not wait for a stream that it has nothing to do with, nor are there signals. */
  test_start_and_close (child);
  g_assert_cmpuint (record->text[3 - other]->len, ==, 0);
  g_assert_cmpuint (record->text[other]->len, ==, 3);
  g_assert_cmpuint (test_record_count (record, "stream-ended"), ==, 1);

  text = read_all (stream);
  g_assert_cmpstr (text, ==, is_stdout ? "out" : "err");
  g_assert_true (stream == (is_stdout ? cproc_child_take_stdout_stream (child)
                                      : cproc_child_take_stderr_stream (child)));
  test_finalize (child);
}

static void
test_output_while_paused (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", "2", "err", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *text = NULL;
  GInputStream *stream;

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  g_assert_null (cproc_child_take_stderr_stream (child));
  test_run_until_state (child, CPROC_STATE_EXITED);
  stream = cproc_child_take_stdout_stream (child);
  g_assert_true (G_IS_INPUT_STREAM (stream));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  text = read_all (stream);
  g_assert_cmpstr (text, ==, "out");
  g_assert_cmpstr (record->text[2]->str, ==, "err");
  g_assert_cmpuint (test_record_count (record, "stream-ended::stdout"), ==, 0);

  /* There is nothing left to resume. */
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  g_assert_null (cproc_child_take_stderr_stream (child));
}

static void
pause_at_first_line (CprocChild  *child,
                     CprocStream  stream,
                     const char  *line,
                     gboolean    *is_paused)
{
  if (g_str_equal (line, "line 1"))
    {
      cproc_child_pause (child, stream);
      *is_paused = TRUE;
    }
}

/* More has been read than was delivered, and none of it may be lost. */
static void
test_taken_after_lines (void)
{
  g_autoptr(CprocChild) child = test_child_new ("lines", "1000", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gboolean is_paused = FALSE;

  g_signal_connect (child, "line::stdout", G_CALLBACK (pause_at_first_line), &is_paused);
  test_start (child);
  test_run_until (&is_paused);
  g_assert_null (cproc_child_take_stdout_stream (child));
  test_run_until_state (child, CPROC_STATE_EXITED);
  g_assert_null (cproc_child_take_stdout_stream (child));

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->lines[1]->len, ==, 1000);
  g_assert_cmpstr (g_ptr_array_index (record->lines[1], 999), ==, "line 1000");
}

static void
pause_at_output (CprocChild  *child,
                 CprocStream  stream,
                 GBytes      *bytes,
                 GString     *text)
{
  g_string_append_len (text, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  cproc_child_pause (child, stream);
}

/* … but where it comes as it is read, the caller goes on with the next byte. */
static void
test_taken_after_output (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "300000", NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *rest = NULL;
  GInputStream *stream;

  g_signal_connect (child, "output::stdout", G_CALLBACK (pause_at_output), text);
  test_start (child);
  test_run_until_length (text, 1);
  stream = cproc_child_take_stdout_stream (child);
  g_assert_nonnull (stream);
  rest = read_all (stream);
  g_string_append (text, rest);
  g_assert_cmpuint (text->len, ==, 300000);
  for (guint i = 0; i < 300000; i++)
    g_assert_cmpint (text->str[i], ==, 'a' + i % 26);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* The last thing that the end waited for. */
static void
test_taken_at_end (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_pause (child, CPROC_STREAM_STDERR);
  test_start (child);
  while (cproc_child_get_state (child) != CPROC_STATE_EXITED ||
         test_record_count (record, "stream-ended::stdout") == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (cproc_child_take_stderr_stream (child));
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_EXITED);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* One child's output becomes another's input. */
static void
test_pipeline (void)
{
  g_autoptr(CprocChild) first = test_child_new ("lines", "100000", NULL);
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocChild) second = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (second);
  g_autoptr(GError) error = NULL;
  GInputStream *stream;

  cproc_child_pause (first, CPROC_STREAM_STDOUT);
  test_start (first);
  stream = cproc_child_take_stdout_stream (first);
  g_assert_true (cproc_command_pass_fd (
    command, g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (stream)), 0, &error));
  g_assert_no_error (error);
  g_assert_true (g_input_stream_close (stream, NULL, NULL));
  test_start (second);
  test_run_until_state (second, CPROC_STATE_CLOSED);
  test_run_until_state (first, CPROC_STATE_CLOSED);

  g_assert_cmpuint (record->lines[1]->len, ==, 100000);
  g_assert_cmpstr (g_ptr_array_index (record->lines[1], 99999), ==, "line 100000");
}

static void
test_stdin_before_start (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  GOutputStream *stream = cproc_child_get_stdin_stream (child);

  g_assert_true (G_IS_OUTPUT_STREAM (stream));
  g_assert_true (stream == cproc_child_get_stdin_stream (child));
  write_all (stream, "before ");
  test_write (child, "the start ", -1);
  test_start (child);
  g_assert_true (stream == cproc_child_get_stdin_stream (child));
  write_all (stream, "and after");
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "before the start and after");
  test_finalize (child);
}

/* What waits to be written goes to the main context that the child is started in. */
static void
test_stdin_changes_context (void)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *much = g_strnfill (4000000, 'x');

  g_assert_nonnull (cproc_child_get_stdin_stream (child));
  test_write (child, much, -1);
  cproc_child_close_stdin (child);
  g_main_context_push_thread_default (context);
  test_start (child);
  while (cproc_child_get_state (child) != CPROC_STATE_CLOSED)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_assert_cmpuint (record->text[1]->len, ==, 4000000);
  test_finalize (child);
}

/* A stream outlives its child. */
static void
test_streams_stay (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "text", NULL);
  g_autoptr(GInputStream) input = g_object_ref (cproc_child_take_stdout_stream (child));
  g_autoptr(GOutputStream) output = g_object_ref (cproc_child_get_stdin_stream (child));
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  test_start_and_close (child);
  test_finalize (child);
  text = read_all (input);
  g_assert_cmpstr (text, ==, "text");
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static void
test_stream_of_dropped_child (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(GOutputStream) output = g_object_ref (cproc_child_get_stdin_stream (child));
  g_autoptr(GError) error = NULL;

  test_start (child);
  test_finalize (child);
  g_assert_cmpint (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (output)), ==, -1);
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  test_await_no_children ();
}

static void
drop_with_streams (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);

  g_assert_nonnull (cproc_child_get_stdin_stream (child));
  g_assert_nonnull (cproc_child_take_stdout_stream (child));
  g_assert_nonnull (cproc_child_take_stderr_stream (child));
  test_finalize (child);
}

static void
test_never_started (void)
{
  guint n_fds;

  /* The first one opens what the library keeps. */
  drop_with_streams ();
  n_fds = test_count_fds ();
  for (guint i = 0; i < 10; i++)
    drop_with_streams ();
  test_await_fd_count (n_fds);
}

static void
test_no_pipe (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  for (int i = 0; i < 2; i++)
    {
      g_assert_null (cproc_child_get_stdin_stream (child));
      g_assert_null (cproc_child_take_stdout_stream (child));
      g_assert_null (cproc_child_take_stderr_stream (child));
      if (i == 0)
        test_start_and_close (child);
    }
}

/* The command may have changed its mind since. */
static void
test_mode_changes (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "x", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  GInputStream *stream = cproc_child_take_stdout_stream (child);
  g_autofree char *text = NULL;

  cproc_command_set_stdout_mode (command, CPROC_STDIO_NULL);
  test_start_and_close (child);
  text = read_all (stream);
  g_assert_cmpstr (text, ==, "");
}

static void
test_extra_pipes (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", "4", "3", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autofree char *text = NULL;
  GIOStream *in, *out;

  cproc_command_add_pipe (command, 3, CPROC_PIPE_DIRECTION_READ);
  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_WRITE);
  test_start (child);
  in = cproc_child_get_pipe_stream (child, 3);
  out = cproc_child_get_pipe_stream (child, 4);
  g_assert_null (cproc_child_get_pipe_stream (child, 5));
  g_assert_true (in == cproc_child_get_pipe_stream (child, 3));
  g_assert_null (g_io_stream_get_output_stream (in));
  g_assert_null (g_io_stream_get_input_stream (out));

  write_all (g_io_stream_get_output_stream (out), "through the child");
  g_assert_true (g_io_stream_close (out, NULL, NULL));
  text = read_all (g_io_stream_get_input_stream (in));
  g_assert_cmpstr (text, ==, "through the child");
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_finalize (child);
}

static void
test_extra_pipe_async (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", "4", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GIOStream *stream;

  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_WRITE);
  cproc_command_add_pipe (command, 5, CPROC_PIPE_DIRECTION_READ);
  test_start (child);
  stream = cproc_child_get_pipe_stream (child, 4);
  write_all (g_io_stream_get_output_stream (stream), "text");
  for (int fd = 4; fd <= 5; fd++)
    {
      stream = cproc_child_get_pipe_stream (child, fd);
      g_io_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
      g_assert_true (g_io_stream_close_finish (stream, test_await (&result), &error));
      g_assert_no_error (error);
      g_clear_object (&result);
    }
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "text");
}

static void
test_extra_socket (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", "7", "7", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  char buffer[5];
  GIOStream *stream;

  cproc_command_add_pipe (command, 7, CPROC_PIPE_DIRECTION_BOTH);
  test_start (child);
  stream = cproc_child_get_pipe_stream (child, 7);
  write_all (g_io_stream_get_output_stream (stream), "there");
  g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (stream), buffer, 5, NULL,
                                          NULL, NULL));
  g_assert_cmpmem (buffer, 5, "there", 5);
  g_assert_true (g_io_stream_close (stream, NULL, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_finalize (child);
}

static void
test_merge (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "one ", "2", "two ", "1",
                                                      "three", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "one two three");
  g_assert_cmpuint (record->text[2]->len, ==, 0);
  /* A stream that is not there does not end. */
  g_assert_cmpuint (test_record_count (record, "stream-ended::stdout"), ==, 1);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stderr"), ==, 0);
}

static void
test_null (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("write", "1", "1000000", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *events = NULL;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_NULL);
  test_start_and_close (child);
  events = test_record_dup (record);
  g_assert_cmpstr (events, ==, "started, exit 0 0, closed");
}

static char *
make_file (int *fd)
{
  g_autoptr(GError) error = NULL;
  char *path;

  *fd = g_file_open_tmp ("cproc-XXXXXX", &path, &error);
  g_assert_no_error (error);

  return path;
}

static void
assert_contents (const char *path,
                 const char *text)
{
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, text);
}

static void
test_file (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "out", "2", "err", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(CprocChild) again = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  int fd;
  g_autofree char *path = make_file (&fd);

  g_close (fd, NULL);
  cproc_command_set_stdio_file (command, 1, path, CPROC_FILE_FLAGS_APPEND);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[2]->str, ==, "err");
  g_assert_cmpuint (record->text[1]->len, ==, 0);
  test_start_and_close (again);
  assert_contents (path, "outout");
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_fd (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "out", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  int fd;
  g_autofree char *path = make_file (&fd);

  cproc_command_take_fd (command, fd, 1);
  g_assert_cmpint (cproc_command_get_stdout_mode (command), ==, CPROC_STDIO_FD);
  test_start_and_close (child);
  assert_contents (path, "out");
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_inherit (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("echo", "2", "err", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  int fd, saved = dup (STDERR_FILENO);
  g_autofree char *path = make_file (&fd);

  cproc_command_set_stderr_mode (command, CPROC_STDIO_INHERIT);
  g_assert_cmpint (dup2 (fd, STDERR_FILENO), ==, STDERR_FILENO);
  test_start_and_close (child);
  g_assert_cmpint (dup2 (saved, STDERR_FILENO), ==, STDERR_FILENO);
  assert_contents (path, "err");
  g_assert_cmpuint (record->text[2]->len, ==, 0);

  g_close (saved, NULL);
  g_close (fd, NULL);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Whoever was left in the background goes on writing, though nobody hears it. */
static void
test_given_up (void)
{
  for (guint kept_open = 0; kept_open < 2; kept_open++)
    {
      g_autoptr(CprocChild) child = NULL;
      g_autoptr(TestRecord) record = NULL;
      g_autofree char *path = NULL;
      g_autofree char *text = NULL;
      g_autofree char *line = NULL;

      g_assert_true (g_close (g_file_open_tmp ("cproc-XXXXXX", &path, NULL), NULL));
      line = g_strdup_printf ("%s echo now",
                              kept_open ? "(read -r x <\"$0\".go; echo late; echo ok >\"$0\") &"
                                        : "echo ok >\"$0\";");
      {
        const char *argv[] = { "/bin/sh", "-c", line, path, NULL };
        g_autofree char *go = g_strconcat (path, ".go", NULL);

        g_assert_cmpint (mkfifo (go, 0600), ==, 0);
        child = cproc_child_new (argv);
        record = test_record_new (child);
        cproc_child_set_drain_timeout (child, 20);
        g_assert_true (cproc_child_get_drained (child));
        test_start_and_close (child);
        g_assert_cmpint (cproc_child_get_drained (child), ==, !kept_open);
        g_assert_cmpstr (record->text[1]->str, ==, "now\n");
        test_finalize (child);

        if (kept_open)
          {
            int fd = g_open (go, O_WRONLY, 0);

            g_assert_cmpint (write (fd, "\n", 1), ==, 1);
            close (fd);
          }
        while (text == NULL || *text == '\0')
          {
            g_clear_pointer (&text, g_free);
            g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
            g_usleep (1000);
          }
        g_assert_cmpstr (text, ==, "ok\n");
        g_unlink (go);
      }
      g_unlink (path);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/child-streams/stdout/before-start",
                        GINT_TO_POINTER (CPROC_STREAM_STDOUT), test_output_before_start);
  g_test_add_data_func ("/child-streams/stderr/before-start",
                        GINT_TO_POINTER (CPROC_STREAM_STDERR), test_output_before_start);
  g_test_add_func ("/child-streams/stdout/paused", test_output_while_paused);
  g_test_add_func ("/child-streams/stdout/after-lines", test_taken_after_lines);
  g_test_add_func ("/child-streams/stdout/after-output", test_taken_after_output);
  g_test_add_func ("/child-streams/stderr/at-end", test_taken_at_end);
  g_test_add_func ("/child-streams/pipeline", test_pipeline);
  g_test_add_func ("/child-streams/stdin/before-start", test_stdin_before_start);
  g_test_add_func ("/child-streams/stdin/other-context", test_stdin_changes_context);
  g_test_add_func ("/child-streams/stay", test_streams_stay);
  g_test_add_func ("/child-streams/dropped-child", test_stream_of_dropped_child);
  g_test_add_func ("/child-streams/never-started", test_never_started);
  g_test_add_func ("/child-streams/no-pipe", test_no_pipe);
  g_test_add_func ("/child-streams/mode-changes", test_mode_changes);
  g_test_add_func ("/child-streams/pipe/one-way", test_extra_pipes);
  g_test_add_func ("/child-streams/pipe/async", test_extra_pipe_async);
  g_test_add_func ("/child-streams/pipe/both-ways", test_extra_socket);
  g_test_add_func ("/child-streams/mode/merge", test_merge);
  g_test_add_func ("/child-streams/mode/null", test_null);
  g_test_add_func ("/child-streams/mode/file", test_file);
  g_test_add_func ("/child-streams/mode/fd", test_fd);
  g_test_add_func ("/child-streams/mode/inherit", test_inherit);
  g_test_add_func ("/child-streams/given-up", test_given_up);

  return g_test_run ();
}
