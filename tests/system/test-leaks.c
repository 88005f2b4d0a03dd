/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever is done many times leaves the process as it was: its descriptors, threads, sources,
 * zombies and memory. With CPROC_TEST_LONG in the environment, many is very many. */

#include "config.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <signal.h>
#include <unistd.h>

#include "census.h"
#include "child-util.h"
#include "send-util.h"

typedef struct
{
  const char *name;
  void (*func) (guint round);
  guint n_short;
  guint n_long;
} Case;

static void
run_until_closed (CprocChild *child)
{
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
run_some_turns (guint n)
{
  for (guint i = 0; i < n; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
ignore_line (CprocChild  *child,
             CprocStream  stream,
             const char  *line,
             gpointer     user_data)
{
}

static void
ignore_output (CprocChild  *child,
               CprocStream  stream,
               GBytes      *bytes,
               gpointer     user_data)
{
}

static CprocChild *
child_new (CprocContainment  containment,
           const char       *mode,
           const char       *first,
           const char       *second)
{
  g_autoptr(CprocCommand) command = test_command_new (mode, first, second, NULL);

  cproc_command_set_containment (command, containment);

  return cproc_child_new_for_command (command);
}

static CprocContainment
containment_of (guint round)
{
  return CPROC_CONTAINMENT_NONE + round % 3;
}

/* Each way to hear of it in turn. */
static void
do_children (guint round)
{
  g_autoptr(CprocChild) child = child_new (CPROC_CONTAINMENT_AUTO, "echo", "1", "one\ntwo\nthree");

  if (round % 2 == 0)
    g_signal_connect (child, "line", G_CALLBACK (ignore_line), NULL);
  if (round % 3 == 0)
    g_signal_connect (child, "output", G_CALLBACK (ignore_output), NULL);
  test_start (child);
  run_until_closed (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

static void
do_children_of_each_kind (guint round)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", "3", NULL);
  g_autoptr(CprocChild) child = NULL;

  cproc_command_set_containment (command, containment_of (round));
  cproc_command_set_die_with_parent (command, round % 2 == 0);
  cproc_command_set_new_session (command, round % 4 >= 2 &&
                                          containment_of (round) != CPROC_CONTAINMENT_TREE);
  child = cproc_child_new_for_command (command);
  test_start (child);
  g_assert_true (cproc_child_wait (child, NULL, NULL));
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 3);
}

static void
do_start_async (guint round)
{
  g_autoptr(CprocChild) child = child_new (containment_of (round), "exit", "0", NULL);
  g_autoptr(GAsyncResult) result = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_true (cproc_child_start_finish (child, test_await (&result), NULL));
  run_until_closed (child);
}

static void
do_tree (guint round)
{
  static const char *const kinds[] = { "plain", "session", "double", "ignore-term" };
  g_autoptr(CprocChild) child = child_new (CPROC_CONTAINMENT_TREE, "spawn-grandchild",
                                           kinds[round % 4], round % 8 < 4 ? "wait" : "0");
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  test_await_grandchild (record);
  g_assert_true (cproc_child_force_exit (child, NULL));
  run_until_closed (child);
}

static void
do_dropped (guint round)
{
  g_autoptr(CprocChild) child = child_new (containment_of (round), "sleep-forever", "ready", NULL);

  cproc_child_set_kill_grace (child, round % 2 == 0 ? -1 : 10000);
  if (round % 3 == 0)
    test_write (child, "never written", -1);
  test_start (child);
  if (round % 3 == 1)
    test_write (child, "never read", -1);
  run_some_turns (round % 5);
  test_finalize (child);
}

/* The grace runs out, on the library's own thread, when the object is gone. */
static void
do_dropped_unwilling (guint round)
{
  g_autoptr(CprocChild) child = child_new (containment_of (round), "ignore-term", NULL, NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_set_kill_grace (child, 1);
  test_start (child);
  test_run_until_length (record->text[CPROC_STREAM_STDOUT], 6);
  test_finalize (child);
}

static void
do_killed (guint round)
{
  g_autoptr(CprocChild) child = child_new (containment_of (round), "sleep-forever", NULL, NULL);

  test_start (child);
  if (round % 2 == 0)
    cproc_child_set_timeout (child, 1 + round % 3);
  else
    g_assert_true (cproc_child_kill (child, NULL));
  run_until_closed (child);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGTERM);
  g_assert_false (cproc_child_kill (child, NULL));
}

/* As large an output as a pipe does not hold, now and then more than is kept. */
static void
do_execs (guint round)
{
  g_autofree char *size = g_strdup_printf ("%u", 1 + round * 1777 % 300000);
  g_autoptr(CprocExec) exec = test_exec_new ("write", "1", size, NULL);
  g_autofree char *text = NULL;

  test_exec_run (exec, round % TEST_N_RUNS, NULL);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpuint (strlen (text), ==, MIN (1 + round * 1777 % 300000, 204800));
}

static void
do_exec_input (guint round)
{
  g_autoptr(CprocExec) exec = test_exec_new (round % 2 == 0 ? "cat" : "exit", "0", "1", NULL);
  g_autoptr(GBytes) input = g_bytes_new_take (g_malloc0 (100000), 100000);

  cproc_exec_set_input (exec, input);
  g_assert_true (test_exec_run (exec, round % TEST_N_RUNS, NULL));
}

/* Cancelled before, while it starts, and while it runs. */
static void
do_cancelled_runs (guint round)
{
  g_autoptr(CprocExec) exec = test_exec_new ("sleep-forever", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  if (round % 6 == 0)
    g_cancellable_cancel (cancellable);
  cproc_exec_run_async (exec, cancellable, test_store_result, &result);
  for (guint i = 0; i < round % 6; i++)
    {
      run_some_turns (1);
      g_usleep (round % 24 * 20);
    }
  g_cancellable_cancel (cancellable);
  g_assert_false (cproc_exec_run_finish (exec, test_await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
do_cancelled_starts (guint round)
{
  g_autoptr(CprocChild) child = child_new (containment_of (round), "sleep-forever", NULL, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;

  cproc_child_start_async (child, cancellable, test_store_result, &result);
  run_some_turns (round % 4);
  if (round % 2 == 0)
    g_usleep (round % 8 * 50);
  g_cancellable_cancel (cancellable);
  test_await (&result);
  /* It may have been too late; then it is dropped. */
  cproc_child_start_finish (child, result, NULL);
}

static CprocChild *
child_new_failing (guint kind)
{
  const char *missing[] = { "/nonexistent/program", NULL };
  const char *directory[] = { "/", NULL };
  g_autoptr(CprocCommand) command = test_command_new ("exit", "0", NULL);
  CprocChild *child;

  switch (kind)
    {
    case 0:
      cproc_command_set_argv (command, missing);
      break;
    case 1:
      cproc_command_set_cwd (command, "/nonexistent");
      break;
    case 2:
      cproc_command_set_stdin_mode (command, CPROC_STDIO_FD);
      break;
    case 3:
      cproc_command_set_argv (command, directory);
      break;
    case 4:
      cproc_command_set_stdio_file (command, 1, "/nonexistent/file", CPROC_FILE_FLAGS_WRITE);
      break;
    case 5:
      cproc_command_set_argv (command, missing);
      cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
      break;
    default:
      break;
    }

  child = kind % 2 == 0 ? cproc_child_new_for_command (command)
                        : CPROC_CHILD (cproc_worker_new_for_command (command));
  if (kind == 6)
    cproc_child_set_encoding (child, "no-such-encoding");

  return child;
}

#define N_FAILURES 7

/* Each twice: a start that has failed may be tried again. */
static void
do_failed_starts (guint round)
{
  g_autoptr(CprocChild) child = child_new_failing (round % N_FAILURES);
  g_autoptr(GAsyncResult) result = NULL;

  g_assert_false (cproc_child_start (child, NULL));
  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_false (cproc_child_start_finish (child, test_await (&result), NULL));
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
}

static void
do_failed_runs (guint round)
{
  const char *missing[] = { "/nonexistent/program", NULL };
  g_autoptr(CprocExec) exec = cproc_exec_new (missing);

  cproc_exec_set_capture_stack (exec, round % 8 == 0);
  g_assert_false (test_exec_run (exec, round % TEST_N_RUNS, NULL));
}

static CprocWorker *
worker_new (const char *mode)
{
  const char *args[] = { mode, NULL };

  return cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
}

static void
count_message (CprocWorker  *worker,
               CprocMessage *message,
               guint        *n)
{
  (*n)++;
}

static void
do_workers (guint round)
{
  g_autoptr(CprocWorker) worker = worker_new ("echo");
  guint n = 0;

  g_signal_connect (worker, "message", G_CALLBACK (count_message), &n);
  test_start (CPROC_CHILD (worker));
  g_assert_true (send_json (worker, "{\"an\":[\"object\",1,2.5]}", NULL));
  test_run_until_count (&n, 1);
  cproc_worker_close_channel (worker);
  run_until_closed (CPROC_CHILD (worker));
  g_assert_cmpint (cproc_child_get_exit_code (CPROC_CHILD (worker)), ==, 0);
}

static void
do_workers_with_fds (guint round)
{
  g_autoptr(CprocWorker) worker = worker_new ("echo");
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  guint n = 0;

  g_signal_connect (worker, "message", G_CALLBACK (count_message), &n);
  g_unix_fd_list_append (fds, STDERR_FILENO, NULL);
  g_unix_fd_list_append (fds, STDERR_FILENO, NULL);
  test_start (CPROC_CHILD (worker));
  g_assert_true (send_json_with_fds (worker, "[1]", fds, NULL));
  if (round % 2 == 0)
    test_run_until_count (&n, 1);
  g_assert_true (cproc_child_force_exit (CPROC_CHILD (worker), NULL));
  run_until_closed (CPROC_CHILD (worker));
}

/* With messages in both directions under way, and more queued than the socket takes. */
static void
do_dropped_workers (guint round)
{
  g_autoptr(CprocWorker) worker = worker_new ("echo");
  g_autofree char *text = g_strnfill (500000, ' ');

  text[0] = '1';
  test_start (CPROC_CHILD (worker));
  for (guint i = 0; i < 1 + round % 3; i++)
    g_assert_true (send_json (worker, text, NULL));
  run_some_turns (round % 7);
  test_finalize (worker);
}

/* The streams that the caller takes over, the extra pipes, and a pause before. */
static void
do_streams (guint round)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocChild) child = NULL;
  char buffer[16];

  cproc_command_add_pipe (command, 5, CPROC_PIPE_DIRECTION_READ);
  cproc_command_add_pipe (command, 6, CPROC_PIPE_DIRECTION_BOTH);
  child = cproc_child_new_for_command (command);
  if (round % 2 == 0)
    cproc_child_get_stdin_stream (child);
  else
    test_write (child, "hello", -1);
  if (round % 3 == 0)
    g_assert_nonnull (cproc_child_take_stdout_stream (child));
  else
    cproc_child_pause (child, CPROC_STREAM_STDOUT);
  /* Taken over, and never started. */
  if (round % 5 == 0)
    return;

  test_start (child);
  g_assert_nonnull (cproc_child_get_pipe_stream (child, 6));
  if (round % 2 == 0)
    test_write (child, "hello", -1);
  cproc_child_close_stdin (child);
  g_assert_cmpint (g_input_stream_read (cproc_child_take_stdout_stream (child), buffer,
                                        sizeof buffer, NULL, NULL), ==, 5);
  run_until_closed (child);
}

/* More than the main context polls by itself. */
static void
do_many_at_once (guint round)
{
  CprocChild *children[40];

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      children[i] = child_new (containment_of (i), "cat", NULL, NULL);
      test_start (children[i]);
      test_write (children[i], "hello\n", -1);
    }
  for (guint i = 0; i < G_N_ELEMENTS (children); i += 2)
    cproc_child_close_stdin (children[i]);
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      if (i % 2 == 0)
        run_until_closed (children[i]);
      test_finalize (children[i]);
    }
}

static const Case cases[] = {
  { "children", do_children, 200, 10000 },
  { "children-of-each-kind", do_children_of_each_kind, 120, 10000 },
  { "start-async", do_start_async, 120, 10000 },
  { "tree", do_tree, 40, 2000 },
  { "dropped", do_dropped, 90, 5000 },
  { "dropped-unwilling", do_dropped_unwilling, 30, 1000 },
  { "killed", do_killed, 60, 5000 },
  { "execs", do_execs, 180, 10000 },
  { "exec-input", do_exec_input, 60, 5000 },
  { "cancelled-runs", do_cancelled_runs, 90, 5000 },
  { "cancelled-starts", do_cancelled_starts, 90, 5000 },
  { "failed-starts", do_failed_starts, 140, 10000 },
  { "failed-runs", do_failed_runs, 60, 5000 },
  { "workers", do_workers, 20, 1000 },
  { "workers-with-fds", do_workers_with_fds, 20, 1000 },
  { "dropped-workers", do_dropped_workers, 20, 1000 },
  { "streams", do_streams, 60, 5000 },
  { "many-at-once", do_many_at_once, 3, 100 },
};

static void
test_case (gconstpointer data)
{
  const Case *self = data;
  guint n = census_is_long () ? self->n_long : self->n_short;  Census before;

  /* What is made once and kept. */
  for (guint i = 0; i < MIN (n, 180); i++)
    self->func (i);
  census_take (&before);

  for (guint i = 0; i < n; i++)
    self->func (i);
  census_assert (&before, n);
}

static CprocChild *
make_kept (guint i)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", "0", NULL);
  CprocChild *child;

  cproc_command_set_containment (command, containment_of (i));
  switch (i / 3 % 3)
    {
    case 0:
      child = cproc_child_new_for_command (command);
      test_start (child);
      run_until_closed (child);
      break;
    case 1:
      child = CPROC_CHILD (cproc_worker_new_for_command (command));
      test_start (child);
      run_until_closed (child);
      break;
    case 2:
    default:
      child = CPROC_CHILD (cproc_exec_new_for_command (command));
      test_exec_assert_success (CPROC_EXEC (child));
      break;
    }

  return child;
}

/* The object alone costs no descriptor, and has the same answers. */
static void
test_kept (void)
{
  guint n = census_is_long () ? 900 : 45;
  g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func (g_object_unref);
  Census before;

  for (guint i = 0; i < 9; i++)
    g_object_unref (make_kept (i));
  census_take (&before);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (children, make_kept (i));
  test_await_fd_count (before.n_fds);

  for (guint i = 0; i < n; i++)
    {
      CprocChild *child = g_ptr_array_index (children, i);
      g_autoptr(GError) error = NULL;

      g_assert_false (cproc_child_kill (child, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
      g_assert_false (cproc_child_send_signal (child, 0, NULL));
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
      g_assert_cmpint (cproc_child_get_pid (child), >, 1);
    }
}

/* … but what is left of its group is not given up. */
static void
test_kept_with_group (void)
{
  g_autoptr(CprocChild) child = child_new (CPROC_CONTAINMENT_GROUP, "spawn-grandchild", "closed",
                                           "0");
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(CprocChild) other = NULL;
  gint64 grandchild;
  guint n_fds;

  if (test_skip_without_pidfds ())
    return;
  g_object_unref (make_kept (0));
  g_object_unref (make_kept (1));
  test_start (child);
  run_until_closed (child);
  grandchild = test_await_grandchild (record);
  test_await_no_children ();
  n_fds = test_count_fds ();

  /* One that has ended later is looked at at the same time. */
  other = make_kept (1);
  test_await_no_children ();
  test_await_fd_count (n_fds);

  g_assert_true (test_process_lives (grandchild));
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_await_process_end (grandchild);
}

/* What a careless library leaves open, and what it does to signals, is not the child's. */
static void
test_into_child (gconstpointer data)
{
  static const char expected[] = "0 character rw blocking\n1 pipe w blocking\n2 pipe w blocking\n"
                                 "9 character r blocking\n";
  CprocContainment containment = GPOINTER_TO_UINT (data);
  int left_open[200];
  sigset_t all, saved;

  for (guint i = 0; i < G_N_ELEMENTS (left_open); i++)
    left_open[i] = open ("/dev/null", O_RDONLY);
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &saved);
  signal (SIGUSR1, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);

  for (guint i = 0; i < 2 * TEST_N_RUNS; i++)
    {
      gboolean of_fds = i % 2 == 0;
      g_autoptr(CprocExec) exec = test_exec_new (of_fds ? "print-fds" : "print-signals", NULL);
      CprocCommand *command = cproc_child_get_command (CPROC_CHILD (exec));

      cproc_command_set_containment (command, containment);
      cproc_command_set_die_with_parent (command, i % 3 == 0);
      g_assert_true (cproc_command_pass_fd (command, left_open[0], 9, NULL));
      g_assert_true (test_exec_run (exec, i / 2, NULL));
      test_exec_assert_output (exec, of_fds ? expected : "", "");
    }

  signal (SIGUSR1, SIG_DFL);
  signal (SIGPIPE, SIG_DFL);
  pthread_sigmask (SIG_SETMASK, &saved, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (left_open); i++)
    close (left_open[i]);
}

int
main (int    argc,
      char **argv)
{
  census_init (argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/leaks/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/leaks/kept", test_kept);
  g_test_add_data_func ("/leaks/into-child/none", GUINT_TO_POINTER (CPROC_CONTAINMENT_NONE),
                        test_into_child);
  g_test_add_data_func ("/leaks/into-child/group", GUINT_TO_POINTER (CPROC_CONTAINMENT_GROUP),
                        test_into_child);
  g_test_add_data_func ("/leaks/into-child/tree", GUINT_TO_POINTER (CPROC_CONTAINMENT_TREE),
                        test_into_child);
  g_test_add_func ("/leaks/kept-with-group", test_kept_with_group);

  return g_test_run ();
}
