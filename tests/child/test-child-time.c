/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "child-util.h"

/* Timeouts, and how long the end of a stream is waited for. Lower bounds only: a loaded machine
 * takes as long as it takes. */

static void
assert_timed_out (CprocChild *child,
                  const char *message)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_child_wait_check (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
  test_assert_message (error, "“", message);
  g_assert_true (cproc_child_get_timed_out (child));
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGTERM);
}

static void
note_timed_out (CprocChild *child,
                GParamSpec *pspec,
                TestRecord *record)
{
  g_assert_true (cproc_child_get_timed_out (child));
  g_ptr_array_add (record->events, g_strdup ("timed-out"));
}

static void
test_timeout (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *events = NULL;
  gint64 before = g_get_monotonic_time ();

  g_signal_connect (child, "notify::timed-out", G_CALLBACK (note_timed_out), record);
  cproc_child_set_timeout (child, 30);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 30 * G_TIME_SPAN_MILLISECOND);
  assert_timed_out (child, " sleep-forever” was ended because it ran for more than 30 ms");
  events = test_record_dup (record);
  g_assert_true (g_str_has_prefix (events, "started, timed-out, "));
  test_finalize (child);
}

/* It is a kill like any other. */
static void
test_timeout_grace (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_kill_grace (child, 20);
  test_start (child);
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);
  cproc_child_set_timeout (child, 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_true (cproc_child_get_timed_out (child));
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGKILL);
}

static void
test_timeout_changed (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);

  cproc_child_set_timeout (child, 1000000);
  test_start (child);
  cproc_child_set_timeout (child, 20);
  assert_timed_out (child, " sleep-forever” was ended because it ran for more than 20 ms");
}

static void
test_timeout_taken_back (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(CprocChild) other = test_child_new ("sleep-forever", NULL);

  cproc_child_set_timeout (child, 200);
  cproc_child_set_timeout (other, 300);
  test_start (child);
  cproc_child_set_timeout (child, 0);
  test_start_and_close (other);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_wait_check (child, NULL, NULL));
  g_assert_false (cproc_child_get_timed_out (child));
}

static void
test_timeout_not_reached (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "0", NULL);

  cproc_child_set_timeout (child, 1000000);
  cproc_child_set_idle_timeout (child, 1000000);
  test_start (child);
  g_assert_true (cproc_child_wait_check (child, NULL, NULL));
  g_assert_false (cproc_child_get_timed_out (child));
}

/* Counted from the start, not from when it is set. */
static void
test_timeout_over (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(CprocChild) other = test_child_new ("sleep-forever", NULL);

  cproc_child_set_timeout (other, 50);
  test_start (child);
  test_start_and_close (other);
  cproc_child_set_timeout (child, 40);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_true (cproc_child_get_timed_out (child));
}

static void
test_idle (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", "one line", NULL);

  cproc_child_set_idle_timeout (child, 30);
  test_start (child);
  assert_timed_out (child, " sleep-forever 'one line'” was ended because it wrote nothing for "
                           "30 ms");
}

static gboolean
feed (gpointer user_data)
{
  test_write (user_data, "x", 1);

  return G_SOURCE_CONTINUE;
}

/* Output of either stream puts it off; the time is as long as a loaded machine may pause. */
static void
test_idle_put_off (gconstpointer data)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", "0", data, NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 before = g_get_monotonic_time ();
  guint feeder;

  cproc_child_set_idle_timeout (child, 1000);
  test_start (child);
  feeder = g_timeout_add (20, feed, child);
  while (g_get_monotonic_time () - before < 1500 * G_TIME_SPAN_MILLISECOND)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (feeder);
  g_assert_cmpuint (record->text[1]->len + record->text[2]->len, >, 1);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  cproc_child_set_idle_timeout (child, 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_true (cproc_child_get_timed_out (child));
}

static void
test_first_reason (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  cproc_child_set_kill_grace (child, 100);
  test_start (child);
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);
  cproc_child_set_idle_timeout (child, 1);
  while (!cproc_child_get_timed_out (child))
    g_main_context_iteration (NULL, TRUE);
  cproc_child_set_timeout (child, 1);
  g_assert_false (cproc_child_wait_check (child, NULL, &error));
  test_assert_message (error, "“", " ignore-term” was ended because it wrote nothing for 1 ms");
}

/* A grandchild holds the streams open. */
static void
test_drain (gconstpointer data)
{
  int msec = GPOINTER_TO_INT (data);
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 exit_time;

  cproc_child_set_drain_timeout (child, msec);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  exit_time = g_get_monotonic_time ();
  test_run_until_state (child, CPROC_STATE_CLOSED);
  /* The clock was looked at a little later than it began. */
  g_assert_cmpint (g_get_monotonic_time () - exit_time, >=,
                   (msec - 20) * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (record->lines[1]->len, ==, 1);
  g_assert_true (test_process_lives (test_await_grandchild (record)));
  g_assert_cmpuint (test_record_count (record, "stream-ended"), ==, 2);
  test_kill_grandchild (record);
}

static void
test_drain_for_ever (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(CprocChild) other = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(TestRecord) other_record = test_record_new (other);

  cproc_child_set_drain_timeout (child, -1);
  cproc_child_set_drain_timeout (other, 50);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  test_start_and_close (other);
  test_kill_grandchild (other_record);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_EXITED);
  g_assert_cmpuint (test_record_count (record, "stream-ended"), ==, 0);

  test_kill_grandchild (record);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

static void
test_drain_changed (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_drain_timeout (child, -1);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_EXITED);
  cproc_child_set_drain_timeout (child, 0);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_kill_grandchild (record);
}

/* After a timeout no grandchild is waited for without end. */
static void
test_drain_after_timeout (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "session", "wait", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_drain_timeout (child, -1);
  test_start (child);
  test_await_grandchild (record);
  cproc_child_set_timeout (child, 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_kill_grandchild (record);
}

/* Whoever holds the stream open writes to it without end. */
static void
count_bytes (CprocChild  *child,
             CprocStream  stream,
             GBytes      *bytes,
             gsize       *total)
{
  *total += g_bytes_get_size (bytes);
}

static void
test_drain_noise (void)
{
  g_autoptr(CprocChild) child = NULL;
  g_autofree char *line = NULL;
  gsize total = 0;

  line = g_strdup_printf ("'%s' write 1 0x7fffffffffff &", g_getenv ("CPROC_TEST_CHILD"));
  child = cproc_child_new_shell (line);
  cproc_child_set_drain_timeout (child, 10);
  g_signal_connect (child, "output::stdout", G_CALLBACK (count_bytes), &total);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  cproc_child_force_exit (child, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-time/timeout", test_timeout);
  g_test_add_func ("/child-time/timeout/grace", test_timeout_grace);
  g_test_add_func ("/child-time/timeout/changed", test_timeout_changed);
  g_test_add_func ("/child-time/timeout/taken-back", test_timeout_taken_back);
  g_test_add_func ("/child-time/timeout/not-reached", test_timeout_not_reached);
  g_test_add_func ("/child-time/timeout/over", test_timeout_over);
  g_test_add_func ("/child-time/idle", test_idle);
  g_test_add_data_func ("/child-time/idle/put-off-by-stdout", "1", test_idle_put_off);
  g_test_add_data_func ("/child-time/idle/put-off-by-stderr", "2", test_idle_put_off);
  g_test_add_func ("/child-time/first-reason", test_first_reason);
  g_test_add_data_func ("/child-time/drain/0", GINT_TO_POINTER (0), test_drain);
  g_test_add_data_func ("/child-time/drain/100", GINT_TO_POINTER (100), test_drain);
  g_test_add_func ("/child-time/drain/for-ever", test_drain_for_ever);
  g_test_add_func ("/child-time/drain/changed", test_drain_changed);
  g_test_add_func ("/child-time/drain/after-timeout", test_drain_after_timeout);
  g_test_add_func ("/child-time/drain/noise", test_drain_noise);

  return g_test_run ();
}
