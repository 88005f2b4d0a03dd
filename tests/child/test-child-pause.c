/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"

/* Streams that are not read for some time. */

/* Everything that is ready in the main context by now has been dispatched, and more than that. */
static void
let_others_run (void)
{
  g_autoptr(CprocChild) other = test_child_new ("exit", NULL);

  test_start_and_close (other);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_before_start (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "2", "err", "1", "out", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  test_run_until_length (record->text[2], 3);
  let_others_run ();

  /* The stream that is paused holds the end back. */
  g_assert_cmpuint (record->text[1]->len, ==, 0);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stdout"), ==, 0);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_EXITED);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  g_assert_cmpuint (record->text[1]->len, ==, 0);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "out");
  test_finalize (child);
}

static void
test_resumed_before_start (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "out");
}

static void
test_stderr_only (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", "2", "err", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_pause (child, CPROC_STREAM_STDERR);
  test_start (child);
  while (test_record_count (record, "stream-ended::stdout") == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (record->text[1]->str, ==, "out");
  g_assert_cmpuint (record->text[2]->len, ==, 0);

  cproc_child_resume (child, CPROC_STREAM_STDERR);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[2]->str, ==, "err");
}

/* The drain does not run for a stream that is paused: nothing is lost however long it takes. */
static void
test_no_drain (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "60000", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_drain_timeout (child, 0);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  let_others_run ();
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_EXITED);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->text[1]->len, ==, 60000);
}

/* The drain begins anew: a grandchild holds the stream open. */
static void
test_drain_after_resume (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_drain_timeout (child, 0);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  let_others_run ();
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_EXITED);

  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_kill_grandchild (record);
}

/* One stream's time to drain does not begin anew when another is resumed. */
static void
test_drain_of_other (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 end;

  cproc_child_set_drain_timeout (child, 300);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);

  /* As often as it takes stderr to come to its end. */
  end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  while (test_record_count (record, "stream-ended::stderr") == 0 && g_get_monotonic_time () < end)
    {
      cproc_child_pause (child, CPROC_STREAM_STDOUT);
      cproc_child_resume (child, CPROC_STREAM_STDOUT);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_cmpuint (test_record_count (record, "stream-ended::stderr"), ==, 1);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stdout"), ==, 0);

  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_kill_grandchild (record);
}

static guint64
get_written_bytes (CprocChild *child)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/io",
                                           cproc_child_get_pid (child));
  g_autofree char *text = NULL;
  const char *field;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (field = strstr (text, "wchar: ")) == NULL)
    return 0;

  return g_ascii_strtoull (field + strlen ("wchar: "), NULL, 10);
}

static gboolean
is_asleep (CprocChild *child)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat",
                                           cproc_child_get_pid (child));
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  return strstr (text, ") S ") != NULL;
}

static void
test_bounded (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "100000000", NULL);

  /* A pipe holds 1 MiB at most; then the child has to wait. */
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  while (get_written_bytes (child) < 60000 || !is_asleep (child))
    g_main_context_iteration (NULL, FALSE);
  for (int i = 0; i < 20; i++)
    let_others_run ();
  g_assert_cmpuint (get_written_bytes (child), <=, 1200000);
  g_assert_true (is_asleep (child));

  cproc_child_force_exit (child, NULL);
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* Pauses at each event; whatever comes then is counted against it. */
typedef struct
{
  CprocChild *child;
  GString *text;
  gboolean is_paused;
} TestPause;

static void
pause_at_output (CprocChild  *child,
                 CprocStream  stream,
                 GBytes      *bytes,
                 TestPause   *self)
{
  g_assert_false (self->is_paused);
  g_string_append_len (self->text, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  cproc_child_pause (child, stream);
  self->is_paused = TRUE;
}

static void
pause_at_line (CprocChild  *child,
               CprocStream  stream,
               const char  *line,
               TestPause   *self)
{
  g_assert_false (self->is_paused);
  g_string_append_printf (self->text, "%s|", line);
  cproc_child_pause (child, stream);
  self->is_paused = TRUE;
}

static void
pause_at_lines (CprocChild         *child,
                CprocStream         stream,
                const char * const *lines,
                TestPause          *self)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      self->is_paused = FALSE;
      pause_at_line (child, stream, lines[i], self);
    }
}

static void
no_end_while_paused (CprocChild  *child,
                     CprocStream  stream,
                     TestPause   *self)
{
  g_assert_false (self->is_paused);
}

static guint
resume_until_closed (TestPause *self)
{
  guint n = 0;

  test_start (self->child);
  for (;;)
    {
      while (!self->is_paused && cproc_child_get_state (self->child) != CPROC_STATE_CLOSED)
        g_main_context_iteration (NULL, TRUE);
      if (!self->is_paused)
        return n;

      /* Nothing comes until it is resumed, and nothing from inside of that. */
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpint (cproc_child_get_state (self->child), !=, CPROC_STATE_CLOSED);
      cproc_child_resume (self->child, CPROC_STREAM_STDOUT);
      g_assert_true (self->is_paused);
      self->is_paused = FALSE;
      n++;
    }
}

static void
test_in_output (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "1000000", NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  TestPause pause = { child, text, FALSE };

  g_signal_connect (child, "output::stdout", G_CALLBACK (pause_at_output), &pause);
  g_signal_connect (child, "stream-ended::stdout", G_CALLBACK (no_end_while_paused), &pause);
  g_assert_cmpuint (resume_until_closed (&pause), >=, 1000000 / 65536);
  g_assert_cmpuint (text->len, ==, 1000000);
}

/* Also between lines that have been read already. */
static void
test_in_line (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\n\nc", NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  TestPause pause = { child, text, FALSE };

  g_signal_connect (child, "line::stdout", G_CALLBACK (pause_at_line), &pause);
  g_assert_cmpuint (resume_until_closed (&pause), ==, 4);
  g_assert_cmpstr (text->str, ==, "a|b||c|");
}

static void
test_in_lines (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\n\nc", NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  TestPause pause = { child, text, FALSE };

  /* The unfinished line comes with the end. */
  g_signal_connect (child, "lines::stdout", G_CALLBACK (pause_at_lines), &pause);
  g_assert_cmpuint (resume_until_closed (&pause), ==, 2);
  g_assert_cmpstr (text->str, ==, "a|b||c|");
}

/* Paused in `lines`, where the same lines still wait for `line`. */
static void
test_between_lines_and_line (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\n", NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  TestPause pause = { child, text, FALSE };

  g_signal_connect (child, "lines::stdout", G_CALLBACK (pause_at_lines), &pause);
  g_signal_connect (child, "line::stdout", G_CALLBACK (pause_at_line), &pause);
  g_assert_cmpuint (resume_until_closed (&pause), ==, 3);
  g_assert_cmpstr (text->str, ==, "a|b|a|b|");
}

/* Paused in `output`, where its lines have not been emitted. */
static void
test_between_output_and_line (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\n", NULL);
  g_autoptr(GString) text = g_string_new (NULL);
  TestPause pause = { child, text, FALSE };

  g_signal_connect (child, "output::stdout", G_CALLBACK (pause_at_output), &pause);
  g_signal_connect (child, "line::stdout", G_CALLBACK (pause_at_line), &pause);
  g_assert_cmpuint (resume_until_closed (&pause), ==, 3);
  g_assert_cmpstr (text->str, ==, "a\nb\na|b|");
}

static gboolean
resume_it (gpointer user_data)
{
  cproc_child_set_idle_timeout (user_data, 0);
  cproc_child_resume (user_data, CPROC_STREAM_STDOUT);

  return G_SOURCE_REMOVE;
}

static void
resume_stdout (CprocChild *child)
{
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
}

/* A synchronous wait waits for the resume, too: from a handler, or another thread's main loop. */
static void
test_in_wait (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  g_signal_connect_swapped (child, "stream-ended::stderr", G_CALLBACK (resume_stdout), child);
  test_start (child);
  g_assert_true (cproc_child_wait (child, NULL, NULL));
  g_assert_cmpstr (record->text[1]->str, ==, "out");
}

/* A silent time that the parent asked for does not count as idle. */
static void
test_no_idle (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "300000", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_idle_timeout (child, 20);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  test_start (child);
  g_timeout_add (200, resume_it, child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_false (cproc_child_get_timed_out (child));
  g_assert_cmpuint (record->text[1]->len, ==, 300000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-pause/before-start", test_before_start);
  g_test_add_func ("/child-pause/resumed-before-start", test_resumed_before_start);
  g_test_add_func ("/child-pause/stderr-only", test_stderr_only);
  g_test_add_func ("/child-pause/drain/none", test_no_drain);
  g_test_add_func ("/child-pause/drain/after-resume", test_drain_after_resume);
  g_test_add_func ("/child-pause/drain/of-other", test_drain_of_other);
  g_test_add_func ("/child-pause/bounded", test_bounded);
  g_test_add_func ("/child-pause/in/output", test_in_output);
  g_test_add_func ("/child-pause/in/line", test_in_line);
  g_test_add_func ("/child-pause/in/lines", test_in_lines);
  g_test_add_func ("/child-pause/in/between-lines-and-line", test_between_lines_and_line);
  g_test_add_func ("/child-pause/in/between-output-and-line", test_between_output_and_line);
  g_test_add_func ("/child-pause/in/wait", test_in_wait);
  g_test_add_func ("/child-pause/no-idle", test_no_idle);

  return g_test_run ();
}
