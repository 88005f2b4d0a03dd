/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "child-util.h"

/* Handlers that do the worst, each in every signal of a child. */

static const char *const signal_names[] = { "started", "output",       "lines",  "line",
                                            "exit",    "stream-ended", "closed", "notify::state" };

typedef struct
{
  CprocChild *child; /* NULL once it is gone */
  CprocChild *other;
  TestRecord *record;
  guint n_calls;
  guint n_timers;
} TestHandler;

typedef void (*HandlerFunc) (TestHandler *self);

static void
drop_child (TestHandler *self)
{
  if (self->n_calls++ == 0)
    g_object_unref (self->child);
}

static void
start_other (TestHandler *self)
{
  if (self->n_calls++ > 0)
    return;

  self->other = test_child_new ("exit", NULL);
  test_start (self->other);
}

static void
run_other (TestHandler *self)
{
  g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "other", NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  self->n_calls++;
  g_assert_true (cproc_exec_run (exec, NULL, &error));
  g_assert_no_error (error);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpstr (text, ==, "other");
}

static void
run_nested_loop (TestHandler *self)
{
  self->n_calls++;
  /* There is no end to wait for from inside of the start. */
  if (cproc_child_get_state (self->child) != CPROC_STATE_NEW)
    test_run_until_state (self->child, CPROC_STATE_CLOSED);
}

static void
wait_for_child (TestHandler *self)
{
  g_autoptr(GError) error = NULL;

  self->n_calls++;
  if (cproc_child_get_state (self->child) == CPROC_STATE_NEW)
    return;

  g_assert_true (cproc_child_wait (self->child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cproc_child_get_state (self->child), ==, CPROC_STATE_CLOSED);
}

static void
disconnect_all (TestHandler *self)
{
  self->n_calls++;
  g_signal_handlers_disconnect_by_data (self->child, self);
}

static void
kill_child (TestHandler *self)
{
  self->n_calls++;
  cproc_child_kill (self->child, NULL);
}

static void
force_child (TestHandler *self)
{
  self->n_calls++;
  cproc_child_force_exit (self->child, NULL);
}

static void
write_and_close (TestHandler *self)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("text", 4);

  self->n_calls++;
  cproc_child_write_async (self->child, bytes, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  cproc_child_close_stdin (self->child);
}

static void
pause_and_resume (TestHandler *self)
{
  self->n_calls++;
  cproc_child_pause (self->child, CPROC_STREAM_STDOUT);
  cproc_child_pause (self->child, CPROC_STREAM_STDERR);
  cproc_child_resume (self->child, CPROC_STREAM_STDERR);
  cproc_child_resume (self->child, CPROC_STREAM_STDOUT);
}

static gboolean
resume_later (gpointer user_data)
{
  TestHandler *self = user_data;

  cproc_child_resume (self->child, CPROC_STREAM_STDOUT);
  cproc_child_resume (self->child, CPROC_STREAM_STDERR);
  self->n_timers--;

  return G_SOURCE_REMOVE;
}

static void
pause_for_a_while (TestHandler *self)
{
  self->n_calls++;
  cproc_child_pause (self->child, CPROC_STREAM_STDOUT);
  cproc_child_pause (self->child, CPROC_STREAM_STDERR);
  g_timeout_add (1, resume_later, self);
  self->n_timers++;
}

static void
set_everything (TestHandler *self)
{
  self->n_calls++;
  cproc_child_set_timeout (self->child, 100000 + self->n_calls);
  cproc_child_set_idle_timeout (self->child, 100000 + self->n_calls);
  cproc_child_set_drain_timeout (self->child, 100000 + self->n_calls);
  cproc_child_set_max_line_length (self->child, 100 + self->n_calls);
}

static void
start_again (TestHandler *self)
{
  g_autoptr(GError) error = NULL;

  if (cproc_child_get_state (self->child) == CPROC_STATE_NEW)
    return;

  self->n_calls++;
  g_assert_false (cproc_child_start (self->child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
}

static void
handler_init (TestHandler *self)
{
  *self = (TestHandler) { 0 };
  self->child = test_child_new ("echo", "1", "a\nb\nc", "2", "d\n", NULL);
  g_object_add_weak_pointer (G_OBJECT (self->child), (gpointer *) &self->child);
  /* Nothing may depend on it. */
  cproc_child_set_drain_timeout (self->child, -1);
  self->record = test_record_new (self->child);
}

static void
handler_clear (TestHandler *self)
{
  if (self->child != NULL)
    {
      g_object_remove_weak_pointer (G_OBJECT (self->child), (gpointer *) &self->child);
      test_finalize (self->child);
    }
  if (self->other != NULL)
    test_run_until_state (self->other, CPROC_STATE_CLOSED);
  g_clear_object (&self->other);
  test_record_free (self->record);
  test_await_no_children ();
}

/* All of it, and everything once. */
static void
assert_complete (TestHandler *self)
{
  g_assert_cmpuint (test_record_count (self->record, "started"), ==, 1);
  g_assert_cmpuint (test_record_count (self->record, "exit"), ==, 1);
  g_assert_cmpuint (test_record_count (self->record, "stream-ended::stdout"), ==, 1);
  g_assert_cmpuint (test_record_count (self->record, "stream-ended::stderr"), ==, 1);
  g_assert_cmpuint (test_record_count (self->record, "closed"), ==, 1);
  if (test_record_count (self->record, "exit 0 0") == 0)
    return;

  g_assert_cmpstr (self->record->text[1]->str, ==, "a\nb\nc");
  g_assert_cmpstr (self->record->text[2]->str, ==, "d\n");
  g_assert_cmpuint (self->record->lines[1]->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (self->record->lines[1], 0), ==, "a");
  g_assert_cmpstr (g_ptr_array_index (self->record->lines[1], 2), ==, "c");
  g_assert_cmpuint (self->record->lines[2]->len, ==, 1);
}

static void
check_in_signal (HandlerFunc func,
                 const char *signal_name,
                 gboolean    waits)
{
  TestHandler self;

  g_test_message ("in %s, %s", signal_name, waits ? "waiting" : "by main loop");
  handler_init (&self);
  g_signal_connect_swapped (self.child, signal_name, G_CALLBACK (func), &self);
  test_start (self.child);
  if (waits && self.child != NULL)
    g_assert_true (cproc_child_wait (self.child, NULL, NULL));
  while (self.child != NULL && cproc_child_get_state (self.child) != CPROC_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (self.n_calls, >, 0);
  while (self.n_timers > 0 || g_main_context_pending (NULL))
    g_main_context_iteration (NULL, TRUE);
  if (self.child != NULL)
    assert_complete (&self);
  handler_clear (&self);
}

static void
test_by_main_loop (gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (signal_names); i++)
    check_in_signal ((HandlerFunc) data, signal_names[i], FALSE);
}

static void
test_waiting (gconstpointer data)
{
  /* Not while it is being started: then there is nothing to wait for. */
  for (guint i = 1; i < G_N_ELEMENTS (signal_names); i++)
    check_in_signal ((HandlerFunc) data, signal_names[i], TRUE);
}

/* What a handler was given stays as it is, whatever its main loop reads meanwhile. */
typedef struct
{
  guint n_lines;
  gboolean stop;
} TestLoop;

static void
run_loop_in_line (CprocChild  *child,
                  CprocStream  stream,
                  const char  *line,
                  TestLoop    *self)
{
  g_autofree char *copy = g_strdup (line);
  guint number = ++self->n_lines;

  g_assert_cmpuint (strtoul (line + strlen ("line "), NULL, 10), ==, number);
  if (number == 1)
    {
      /* Until far behind what was read with this one. */
      while (!self->stop)
        g_main_context_iteration (NULL, TRUE);
      cproc_child_resume (child, stream);
    }
  else if (number == 20000)
    {
      cproc_child_pause (child, stream);
      self->stop = TRUE;
    }
  else if (number == 20001)
    {
      test_run_until_state (child, CPROC_STATE_CLOSED);
    }
  g_assert_cmpstr (line, ==, copy);
}

static void
test_line_stays (void)
{
  g_autoptr(CprocChild) child = test_child_new ("lines", "60000", NULL);
  TestLoop loop = { 0 };

  g_signal_connect (child, "line::stdout", G_CALLBACK (run_loop_in_line), &loop);
  test_start_and_close (child);
  g_assert_cmpuint (loop.n_lines, ==, 60000);
  test_finalize (child);
}

/* One that two reads brought, while others come that do so. */
static void
run_loop_in_split_line (CprocChild  *child,
                        CprocStream  stream,
                        const char  *line,
                        TestLoop    *self)
{
  if (++self->n_lines > 1)
    return;

  test_write (child, "ghi\njkl", -1);
  test_run_until_count (&self->n_lines, 2);
  g_assert_cmpstr (line, ==, "abcdef");
  cproc_child_close_stdin (child);
}

static void
test_split_line_stays (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  TestLoop loop = { 0 };

  g_signal_connect (child, "line::stdout", G_CALLBACK (run_loop_in_split_line), &loop);
  test_start (child);
  test_write (child, "abc", -1);
  test_run_until_length (record->text[1], 3);
  test_write (child, "def\n", -1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (loop.n_lines, ==, 3);
}

static void
run_loop_in_lines (CprocChild         *child,
                   CprocStream         stream,
                   const char * const *lines,
                   guint              *n_lines)
{
  g_autofree char *copy = g_strjoinv (",", (char **) lines);
  g_autofree char *again = NULL;

  *n_lines += g_strv_length ((char **) lines);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  again = g_strjoinv (",", (char **) lines);
  g_assert_cmpstr (again, ==, copy);
}

static void
test_lines_stay (void)
{
  g_autoptr(CprocChild) child = test_child_new ("lines", "30000", NULL);
  guint n_lines = 0;

  g_signal_connect (child, "lines::stdout", G_CALLBACK (run_loop_in_lines), &n_lines);
  test_start_and_close (child);
  g_assert_cmpuint (n_lines, ==, 30000);
  test_finalize (child);
}

/* The last reference goes in the callback of a call. */
static void
drop_in_callback (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  CprocChild **child = user_data;

  g_clear_object (child);
}

static void
test_drop_in_callbacks (void)
{
  CprocChild *child, *gone;
  g_autoptr(GBytes) bytes = g_bytes_new_static ("text", 4);

  child = gone = test_child_new ("sleep-forever", NULL);
  g_object_add_weak_pointer (G_OBJECT (gone), (gpointer *) &gone);
  cproc_child_start_async (child, NULL, drop_in_callback, &child);
  while (gone != NULL)
    g_main_context_iteration (NULL, TRUE);

  child = gone = test_child_new ("exit", NULL);
  g_object_add_weak_pointer (G_OBJECT (gone), (gpointer *) &gone);
  test_start (child);
  cproc_child_wait_async (child, NULL, drop_in_callback, &child);
  while (gone != NULL)
    g_main_context_iteration (NULL, TRUE);

  child = gone = test_child_new ("sleep-forever", NULL);
  g_object_add_weak_pointer (G_OBJECT (gone), (gpointer *) &gone);
  test_start (child);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, drop_in_callback, &child);
  while (gone != NULL)
    g_main_context_iteration (NULL, TRUE);

  /* Here the end does not come from the process or a stream. */
  child = gone = test_child_new ("exit", NULL);
  g_object_add_weak_pointer (G_OBJECT (gone), (gpointer *) &gone);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  cproc_child_pause (child, CPROC_STREAM_STDERR);
  test_start (child);
  cproc_child_wait_async (child, NULL, drop_in_callback, &child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  g_assert_nonnull (cproc_child_take_stdout_stream (child));
  g_assert_nonnull (cproc_child_take_stderr_stream (child));
  while (gone != NULL)
    g_main_context_iteration (NULL, TRUE);

  test_await_no_children ();
}

static void
wait_if_running (CprocChild *child)
{
  if (cproc_child_get_state (child) != CPROC_STATE_CLOSED)
    g_assert_true (cproc_child_wait (child, NULL, NULL));
}

static void
loop_if_running (CprocChild *child)
{
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* What a notification announces comes before all that comes while its handler waits. */
static void
test_order_in_notifications (void)
{
  const char *names[] = { "notify::pid", "notify::state", "notify::exit-code" };
  const GCallback handlers[] = { G_CALLBACK (wait_if_running), G_CALLBACK (loop_if_running) };

  for (guint i = 0; i < G_N_ELEMENTS (names) * G_N_ELEMENTS (handlers); i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("echo", "1", "x\n", NULL);
      g_autoptr(TestRecord) record = test_record_new (child);
      guint n;

      g_signal_connect (child, names[i / 2], handlers[i % 2], NULL);
      test_start (child);
      test_run_until_state (child, CPROC_STATE_CLOSED);

      n = record->events->len;
      g_assert_cmpstr (g_ptr_array_index (record->events, 0), ==, "started");
      g_assert_cmpstr (g_ptr_array_index (record->events, n - 1), ==, "closed");
      g_assert_cmpuint (test_record_count (record, "started"), ==, 1);
      g_assert_cmpuint (test_record_count (record, "exit"), ==, 1);
      g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
    }
}

static void
add_tests (const char *name,
           HandlerFunc func,
           gboolean    may_wait)
{
  g_autofree char *by_main_loop = g_strdup_printf ("/reentrancy-child/%s/by-main-loop", name);
  g_autofree char *waiting = g_strdup_printf ("/reentrancy-child/%s/waiting", name);

  g_test_add_data_func (by_main_loop, func, test_by_main_loop);
  if (may_wait)
    g_test_add_data_func (waiting, func, test_waiting);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_tests ("drop", drop_child, TRUE);
  add_tests ("start-other", start_other, TRUE);
  add_tests ("run-other", run_other, TRUE);
  /* In a wait the child is not in the main context that is run here. */
  add_tests ("nested-loop", run_nested_loop, FALSE);
  add_tests ("wait", wait_for_child, TRUE);
  add_tests ("disconnect", disconnect_all, TRUE);
  add_tests ("kill", kill_child, TRUE);
  add_tests ("force-exit", force_child, TRUE);
  add_tests ("write", write_and_close, TRUE);
  add_tests ("pause", pause_and_resume, TRUE);
  add_tests ("pause-for-a-while", pause_for_a_while, FALSE);
  add_tests ("set-everything", set_everything, TRUE);
  add_tests ("start-again", start_again, TRUE);
  g_test_add_func ("/reentrancy-child/line-stays", test_line_stays);
  g_test_add_func ("/reentrancy-child/split-line-stays", test_split_line_stays);
  g_test_add_func ("/reentrancy-child/lines-stay", test_lines_stay);
  g_test_add_func ("/reentrancy-child/drop-in-callbacks", test_drop_in_callbacks);
  g_test_add_func ("/reentrancy-child/order-in-notifications", test_order_in_notifications);

  return g_test_run ();
}
