/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "terminal-util.h"

/* The end of a terminal and of what runs there. */

/* A shell that gives each job a group of its own: its first line is the pid of a job in the
 * background. */
#define JOB "set -m; sleep 600 & echo $!; "

static gint64
await_job (TestRecord *record)
{
  return test_await_grandchild (record);
}

/* The hang-up at the leader's end does not reach a job in the background, which keeps the terminal
 * open. */
static void
test_background_job (void)
{
  g_autoptr(CprocChild) child = test_terminal_new (JOB "exit 3");
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 job;

  cproc_child_set_drain_timeout (child, 50);
  test_start (child);
  job = await_job (record);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 3);
  g_assert_false (cproc_child_get_drained (child));
  g_assert_true (test_process_lives (job));
  test_kill_grandchild (record);
  test_finalize (child);
}

/* What it writes before that time is over still comes. */
static void
test_background_output (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("set -m; { read -r x; sleep 0.2; echo late; } < /dev/null & exit 0");
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_drain_timeout (child, -1);
  test_start_and_close (child);
  g_assert_nonnull (strstr (record->text[1]->str, "late\r\n"));
  g_assert_true (cproc_child_get_drained (child));
  test_finalize (child);
}

static CprocChild *
trapping_new (void)
{
  return test_terminal_new ("trap 'exit 4' HUP; trap 'exit 5' TERM; trap '' CONT; echo ready; "
                            "while :; do sleep 0.01; done");
}

typedef void (*EndFunc) (CprocChild *child);

static void
end_by_kill (CprocChild *child)
{
  g_assert_true (cproc_child_kill (child, NULL));
}

static void
end_by_timeout (CprocChild *child)
{
  cproc_child_set_timeout (child, 1);
}

static void
end_with_term (CprocChild *child)
{
  cproc_child_set_kill_signal (child, SIGTERM);
  g_assert_true (cproc_child_kill (child, NULL));
}

static void
check_signal (EndFunc end,
              int     exit_code)
{
  g_autoptr(CprocChild) child = trapping_new ();
  g_autoptr(TestRecord) record = test_record_new (child);

  g_assert_cmpint (cproc_child_get_kill_signal (child), ==, SIGTERM);
  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
  g_assert_cmpint (cproc_child_get_kill_signal (child), ==, SIGTERM);
  end (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, exit_code);
  test_finalize (child);
}

/* SIGHUP, unless a signal was set, be it the one that the property has anyway. */
static void
test_kill_signal (void)
{
  check_signal (end_by_kill, 4);
  check_signal (end_by_timeout, 4);
  check_signal (end_with_term, 5);
}

/* A stopped program too. */
static void
test_kill_stopped (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("echo ready; exec sleep 600");
  g_autoptr(TestRecord) record = test_record_new (child);
  guint n_stopped = 0;

  g_signal_connect_swapped (child, "stopped", G_CALLBACK (test_count), &n_stopped);
  cproc_child_set_kill_grace (child, -1);
  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
  g_assert_true (cproc_child_send_signal (child, SIGSTOP, NULL));
  test_run_until_count (&n_stopped, 1);
  g_assert_true (cproc_child_kill (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGHUP);
  test_finalize (child);
}

static void
test_kill_after_grace (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("trap '' HUP; echo ready; "
                                                   "while :; do sleep 600; done");
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_kill_grace (child, 50);
  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
  g_assert_true (cproc_child_kill (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGKILL);
  test_finalize (child);
}

/* The jobs of a shell have groups of their own. */
static void
test_kill_jobs (void)
{
  g_autoptr(CprocChild) child = test_terminal_new (JOB "wait");
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 job;

  test_start (child);
  job = await_job (record);
  g_assert_true (cproc_child_kill (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_await_process_end (job);
  test_finalize (child);
}

/* What is written at the end still comes. */
static void
test_last_words (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("trap 'head -c 30000 /dev/zero; exit 6' HUP; echo ready; "
                       "while :; do sleep 0.01; done");
  g_autoptr(TestRecord) record = test_record_new (child);
  guint n_zeros = 0;

  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "ready\r\n");
  g_assert_true (cproc_child_kill (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 6);
  for (gsize i = 0; i < record->text[1]->len; i++)
    n_zeros += record->text[1]->str[i] == '\0';
  g_assert_cmpuint (n_zeros, ==, 30000);
  test_finalize (child);
}

/* Dropping the child hangs up and ends the jobs. */
static void
test_drop (void)
{
  g_autoptr(CprocChild) child = test_terminal_new (JOB "sleep 600");
  TestRecord *record = test_record_new (child);
  gint64 job, pid;

  test_start (child);
  job = await_job (record);
  pid = cproc_child_get_pid (child);
  test_finalize (child);
  test_record_free (record);
  test_await_process_end (pid);
  test_await_process_end (job);
}

/* A shell that is interactive ignores SIGTERM. */
static void
test_drop_shell (void)
{
  g_autoptr(CprocCommand) command = NULL;
  g_autoptr(CprocChild) child = NULL;
  TestRecord *record;
  const char *argv[] = { "/bin/sh", "-i", NULL };
  gint64 pid;

  command = cproc_command_new (argv);
  child = cproc_child_new_for_command (test_terminal_set (command));
  record = test_record_new (child);
  cproc_command_set_environment_variable (command, "PS1", "prompt> ");
  cproc_command_unset_environment_variable (command, "ENV");
  cproc_child_set_kill_grace (child, -1);
  test_start (child);
  test_terminal_await (record, CPROC_STREAM_STDOUT, "prompt> ");
  pid = cproc_child_get_pid (child);
  test_finalize (child);
  test_record_free (record);
  test_await_process_end (pid);
}

static void
test_send_signal (void)
{
  g_autoptr(CprocChild) child =
    test_terminal_new ("set -m; sh -c 'trap \"echo job\" USR1; echo $$; while :; do sleep 0.01; "
                       "done' & trap 'echo shell' USR1; echo up; wait; wait");
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_terminal_await_lines (record, 2);
  g_assert_true (cproc_child_send_signal (child, SIGUSR1, NULL));
  test_terminal_await (record, CPROC_STREAM_STDOUT, "job");
  test_terminal_await (record, CPROC_STREAM_STDOUT, "shell");
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_finalize (child);
}

static void
test_containment (void)
{
  static const CprocContainment containments[] = {
    CPROC_CONTAINMENT_GROUP, CPROC_CONTAINMENT_TREE
  };

  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr(CprocCommand) command = cproc_command_new_shell ("echo ready; sleep 600");
      g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
      g_autoptr(TestRecord) record = test_record_new (child);

      cproc_command_set_containment (command, containments[i]);
      test_start (child);
      test_terminal_await (record, CPROC_STREAM_STDOUT, "ready");
      g_assert_true (cproc_child_kill (child, NULL));
      test_run_until_state (child, CPROC_STATE_CLOSED);
      g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGHUP);
      test_finalize (child);
    }
}

/* A prepared child that is dropped leaves nothing, and one that is started is as any other. */
static void
test_prepared (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("test -t 0 && echo yes");
  g_autoptr(CprocChild) dropped = test_terminal_new ("exit 0");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_child_prepare (dropped, &error));
  g_assert_no_error (error);
  test_finalize (dropped);

  g_assert_true (cproc_child_prepare (child, &error));
  g_assert_no_error (error);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "yes\r\n");
  test_finalize (child);
  test_await_no_children ();
}

static void
test_wait (void)
{
  g_autoptr(CprocChild) child = test_terminal_new ("read -r x; exit 0");
  g_autoptr(GError) error = NULL;

  test_start (child);
  test_write (child, "\r", 1);
  g_assert_true (cproc_child_wait_check (child, NULL, &error));
  g_assert_no_error (error);
  test_finalize (child);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-terminal-end/background-job", test_background_job);
  g_test_add_func ("/child-terminal-end/background-output", test_background_output);
  g_test_add_func ("/child-terminal-end/kill-signal", test_kill_signal);
  g_test_add_func ("/child-terminal-end/kill-stopped", test_kill_stopped);
  g_test_add_func ("/child-terminal-end/kill-after-grace", test_kill_after_grace);
  g_test_add_func ("/child-terminal-end/kill-jobs", test_kill_jobs);
  g_test_add_func ("/child-terminal-end/last-words", test_last_words);
  g_test_add_func ("/child-terminal-end/drop", test_drop);
  g_test_add_func ("/child-terminal-end/drop-shell", test_drop_shell);
  g_test_add_func ("/child-terminal-end/send-signal", test_send_signal);
  g_test_add_func ("/child-terminal-end/containment", test_containment);
  g_test_add_func ("/child-terminal-end/prepared", test_prepared);
  g_test_add_func ("/child-terminal-end/wait", test_wait);

  return g_test_run ();
}
