/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "child-util.h"

/* Ending children, and what descends from them. */

/* A child that says when it is ready. */
static void
start_and_await (CprocChild *child)
{
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handlers_disconnect_by_data (child, record);
}

static void
assert_kill (CprocChild *child,
             int         term_signal)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_child_kill (child, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, term_signal);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, -1);
  g_assert_false (cproc_child_get_timed_out (child));
}

static void
test_kill (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);

  test_start (child);
  assert_kill (child, SIGTERM);
  test_finalize (child);
}

static void
test_kill_signal (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);

  cproc_child_set_kill_signal (child, SIGUSR1);
  test_start (child);
  assert_kill (child, SIGUSR1);
}

static void
test_kill_grace (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  gint64 before;

  cproc_child_set_kill_grace (child, 30);
  start_and_await (child);
  before = g_get_monotonic_time ();
  assert_kill (child, SIGKILL);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 30 * G_TIME_SPAN_MILLISECOND);
}

/* The grace is never shortened, in any containment. */
static void
test_kill_grace_whole (gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
      gint64 before;

      cproc_command_set_containment (cproc_child_get_command (child), GPOINTER_TO_UINT (data));
      cproc_child_set_kill_grace (child, 3);
      start_and_await (child);
      before = g_get_monotonic_time ();
      assert_kill (child, SIGKILL);
      g_assert_cmpint (g_get_monotonic_time () - before, >=, 3 * G_TIME_SPAN_MILLISECOND);
    }
}

/* -1: the signal alone. The child is let go by another one. */
static void
test_kill_no_grace (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  g_autoptr(CprocChild) other = test_child_new ("ignore-term", NULL);

  cproc_child_set_kill_grace (child, -1);
  cproc_child_set_kill_grace (other, 30);
  start_and_await (child);
  start_and_await (other);
  g_assert_true (cproc_child_kill (child, NULL));
  assert_kill (other, SIGKILL);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* 0: SIGKILL at once. */
static void
test_kill_at_once (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);

  cproc_child_set_kill_grace (child, 0);
  start_and_await (child);
  assert_kill (child, SIGKILL);
}

/* A stopped program is continued, so that it can take the signal. Without SIGCONT, only SIGKILL
 * would end it. */
static void
test_kill_stopped (gconstpointer data)
{
  g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", "ready", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);

  cproc_command_set_containment (command, GPOINTER_TO_INT (data));
  cproc_child_set_kill_grace (child, -1);
  start_and_await (child);
  g_assert_true (cproc_child_send_signal (child, SIGSTOP, NULL));
  assert_kill (child, SIGTERM);
}

static void
note_stop (CprocChild *child,
           int         signum,
           GString    *events)
{
  g_string_append_printf (events, "stopped %d,", signum);
  g_assert_true (cproc_child_send_signal (child, SIGCONT, NULL));
}

static void
note_continue (CprocChild *child,
               GString    *events)
{
  g_string_append (events, "continued,");
  g_assert_true (cproc_child_force_exit (child, NULL));
}

static void
test_stopped (gconstpointer data)
{
  g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", "ready", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(GString) events = g_string_new (NULL);
  g_autofree char *expected = g_strdup_printf ("stopped %d,continued,", SIGSTOP);

  if (test_skip_without_pidfds ())
    return;

  cproc_command_set_containment (command, GPOINTER_TO_INT (data));
  g_signal_connect (child, "stopped", G_CALLBACK (note_stop), events);
  g_signal_connect (child, "continued", G_CALLBACK (note_continue), events);
  start_and_await (child);
  g_assert_true (cproc_child_send_signal (child, SIGSTOP, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (events->str, ==, expected);
}

/* Asking again does not put it off. */
static void
test_kill_again (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);

  cproc_child_set_kill_grace (child, 30);
  start_and_await (child);
  g_assert_true (cproc_child_kill (child, NULL));
  cproc_child_set_kill_grace (child, 1000000);
  assert_kill (child, SIGKILL);
}

static void
test_force_exit (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  g_autoptr(GError) error = NULL;

  start_and_await (child);
  g_assert_true (cproc_child_force_exit (child, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGKILL);
}

static void
test_send_signal (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(GError) error = NULL;

  test_start (child);
  g_assert_true (cproc_child_send_signal (child, 0, &error));
  g_assert_no_error (error);
  g_assert_false (cproc_child_send_signal (child, -1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (cproc_child_send_signal (child, NSIG, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);

  g_assert_true (cproc_child_send_signal (child, SIGHUP, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGHUP);
}

static void
assert_not_running (gboolean  result,
                    GError  **error)
{
  g_assert_false (result);
  g_assert_error (*error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (error);
}

static void
test_not_running (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "3", NULL);
  GError *error = NULL;

  test_start_and_close (child);
  assert_not_running (cproc_child_kill (child, &error), &error);
  assert_not_running (cproc_child_force_exit (child, &error), &error);
  assert_not_running (cproc_child_send_signal (child, 0, &error), &error);
  assert_not_running (cproc_child_send_signal (child, SIGTERM, &error), &error);
  g_assert_false (cproc_child_kill (child, NULL));
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 3);
}

static CprocChild *
grandparent_new (const char       *how,
                 const char       *code,
                 CprocContainment  containment)
{
  g_autoptr(CprocCommand) command = test_command_new ("spawn-grandchild", how, code, NULL);

  cproc_command_set_containment (command, containment);

  return cproc_child_new_for_command (command);
}

static void
test_containment_none (void)
{
  g_autoptr(CprocChild) child = grandparent_new ("plain", "wait", CPROC_CONTAINMENT_NONE);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 grandchild;

  cproc_child_set_drain_timeout (child, 0);
  test_start (child);
  grandchild = test_await_grandchild (record);
  assert_kill (child, SIGTERM);
  g_assert_true (test_process_lives (grandchild));
  g_assert_false (cproc_child_send_signal (child, 0, NULL));
  g_assert_cmpint (kill ((pid_t) grandchild, SIGKILL), ==, 0);
  test_await_process_end (grandchild);
}

static void
test_containment_group (void)
{
  CprocContainment containments[] = { CPROC_CONTAINMENT_AUTO, CPROC_CONTAINMENT_GROUP };

  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr(CprocChild) child = grandparent_new ("plain", "wait", containments[i]);
      g_autoptr(TestRecord) record = test_record_new (child);
      gint64 grandchild;

      test_start (child);
      grandchild = test_await_grandchild (record);
      assert_kill (child, SIGTERM);
      test_await_process_end (grandchild);
    }
}

/* The leader follows the signal, and a member of its group does not. */
static void
test_group_grace (void)
{
  g_autoptr(CprocChild) child = grandparent_new ("ignore-term", "wait", CPROC_CONTAINMENT_GROUP);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 grandchild;

  if (test_skip_without_pidfds ())
    return;

  cproc_child_set_kill_grace (child, 50);
  cproc_child_set_drain_timeout (child, 0);
  test_start (child);
  grandchild = test_await_grandchild (record);
  assert_kill (child, SIGTERM);
  test_await_process_end (grandchild);
}

/* The same when nobody has the child any more. */
static void
test_group_grace_dropped (void)
{
  g_autoptr(CprocChild) child = grandparent_new ("ignore-term", "wait", CPROC_CONTAINMENT_GROUP);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 grandchild, pid;

  if (test_skip_without_pidfds ())
    return;

  cproc_child_set_kill_grace (child, 50);
  test_start (child);
  grandchild = test_await_grandchild (record);
  pid = cproc_child_get_pid (child);
  test_finalize (child);
  test_await_process_end (pid);
  test_await_process_end (grandchild);
}

static gboolean
await_reaped (gint64 pid)
{
  for (int i = 0; i < 400; i++)
    {
      if (kill ((pid_t) pid, 0) != 0)
        return TRUE;
      g_usleep (500);
    }

  return FALSE;
}

/* The leader has ended before, by itself. */
static void
test_group_without_leader (void)
{
  g_autoptr(CprocChild) child = grandparent_new ("plain", "0", CPROC_CONTAINMENT_GROUP);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;
  gint64 grandchild;

  if (test_skip_without_pidfds ())
    return;

  cproc_child_set_drain_timeout (child, 0);
  test_start_and_close (child);
  grandchild = test_await_grandchild (record);
  g_assert_true (test_process_lives (grandchild));
  g_assert_true (cproc_child_kill (child, &error));
  g_assert_no_error (error);
  test_await_process_end (grandchild);

  /* An orphan that nobody reaps counts still. */
  if (!await_reaped (grandchild))
    return;
  g_assert_false (cproc_child_kill (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
}

static void
test_containment_tree (void)
{
  static const char *const hows[] = { "session", "double" };

  for (guint i = 0; i < G_N_ELEMENTS (hows); i++)
    {
      g_autoptr(CprocChild) child = grandparent_new (hows[i], "wait", CPROC_CONTAINMENT_TREE);
      g_autoptr(TestRecord) record = test_record_new (child);
      gint64 grandchild;

      test_start (child);
      grandchild = test_await_grandchild (record);
      assert_kill (child, SIGTERM);
      test_await_process_end (grandchild);
    }
}

static void
test_drop_grace (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  gint64 pid;

  cproc_child_set_kill_grace (child, 30);
  start_and_await (child);
  pid = cproc_child_get_pid (child);
  test_finalize (child);
  test_await_process_end (pid);
  test_await_no_children ();
}

/* A child that was asked to end and was then dropped still ends. */
static void
test_drop_killed (void)
{
  g_autoptr(CprocChild) child = test_child_new ("ignore-term", NULL);
  gint64 pid;

  cproc_child_set_kill_grace (child, 50);
  start_and_await (child);
  pid = cproc_child_get_pid (child);
  g_assert_true (cproc_child_kill (child, NULL));
  cproc_child_set_kill_grace (child, -1);
  test_finalize (child);
  test_await_process_end (pid);
}

static void
test_new_session (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", "ready", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  gint64 pid;

  cproc_command_set_new_session (command, TRUE);
  start_and_await (child);
  pid = cproc_child_get_pid (child);
  test_finalize (child);

  /* Had it been sent a signal, it would have got it before this one's end. */
  child = test_child_new ("sleep-forever", NULL);
  test_start (child);
  assert_kill (child, SIGTERM);
  g_assert_true (test_process_lives (pid));
  g_assert_cmpint (kill ((pid_t) pid, SIGKILL), ==, 0);
  test_await_process_end (pid);
  test_await_no_children ();
}

static void
test_new_session_kill (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("spawn-grandchild", "plain", "wait", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 grandchild;

  cproc_command_set_new_session (command, TRUE);
  test_start (child);
  grandchild = test_await_grandchild (record);
  assert_kill (child, SIGTERM);
  test_await_process_end (grandchild);
}

static void
add_tests_of_containment (const char    *name,
                          GTestDataFunc  func)
{
  for (int i = CPROC_CONTAINMENT_NONE; i <= CPROC_CONTAINMENT_TREE; i++)
    {
      g_autoptr(GEnumClass) klass = g_type_class_ref (CPROC_TYPE_CONTAINMENT);
      g_autofree char *path = g_strdup_printf ("/child-kill/%s/%s", name,
                                               g_enum_get_value (klass, i)->value_nick);

      g_test_add_data_func (path, GINT_TO_POINTER (i), func);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-kill/kill", test_kill);
  g_test_add_func ("/child-kill/signal", test_kill_signal);
  g_test_add_func ("/child-kill/grace", test_kill_grace);
  g_test_add_data_func ("/child-kill/grace/whole/none",
                        GUINT_TO_POINTER (CPROC_CONTAINMENT_NONE), test_kill_grace_whole);
  g_test_add_data_func ("/child-kill/grace/whole/group",
                        GUINT_TO_POINTER (CPROC_CONTAINMENT_GROUP), test_kill_grace_whole);
  g_test_add_data_func ("/child-kill/grace/whole/tree",
                        GUINT_TO_POINTER (CPROC_CONTAINMENT_TREE), test_kill_grace_whole);
  g_test_add_func ("/child-kill/grace/none", test_kill_no_grace);
  g_test_add_func ("/child-kill/grace/at-once", test_kill_at_once);
  add_tests_of_containment ("stopped-child", test_kill_stopped);
  add_tests_of_containment ("tells-of-stops", test_stopped);
  g_test_add_func ("/child-kill/grace/again", test_kill_again);
  g_test_add_func ("/child-kill/force-exit", test_force_exit);
  g_test_add_func ("/child-kill/send-signal", test_send_signal);
  g_test_add_func ("/child-kill/not-running", test_not_running);
  g_test_add_func ("/child-kill/containment/none", test_containment_none);
  g_test_add_func ("/child-kill/containment/group", test_containment_group);
  g_test_add_func ("/child-kill/containment/tree", test_containment_tree);
  g_test_add_func ("/child-kill/group/grace", test_group_grace);
  g_test_add_func ("/child-kill/group/grace-dropped", test_group_grace_dropped);
  g_test_add_func ("/child-kill/group/without-leader", test_group_without_leader);
  g_test_add_func ("/child-kill/drop/grace", test_drop_grace);
  g_test_add_func ("/child-kill/drop/killed", test_drop_killed);
  g_test_add_func ("/child-kill/new-session/survives", test_new_session);
  g_test_add_func ("/child-kill/new-session/kill", test_new_session_kill);

  return g_test_run ();
}
