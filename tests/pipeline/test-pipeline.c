/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "child-util.h"
#include "launch-util.h"

static CprocChild *
append (CprocPipeline *pipeline,
        const char    *line)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);

  return cproc_pipeline_append (pipeline, command);
}

static CprocExec *
append_exec (CprocPipeline *pipeline,
             const char    *line)
{
  g_autoptr(CprocExec) last = cproc_exec_new_shell (line);

  return CPROC_EXEC (cproc_pipeline_append_child (pipeline, CPROC_CHILD (last)));
}

static void
start (CprocPipeline *pipeline)
{
  g_autoptr(GError) error = NULL;

  cproc_pipeline_start (pipeline, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_RUNNING);
}

static void
wait_check (CprocPipeline *pipeline)
{
  g_autoptr(GError) error = NULL;

  cproc_pipeline_wait_check (pipeline, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, -1);
}

static void
assert_output (CprocExec  *last,
               const char *expected)
{
  g_autofree char *text = cproc_exec_get_stdout_text (last);

  g_assert_cmpstr (text, ==, expected);
}

static gboolean
is_pending (CprocPipeline *pipeline)
{
  return cproc_pipeline_get_state (pipeline) != CPROC_STATE_CLOSED;
}

static void
run_until_closed (CprocPipeline *pipeline)
{
  while (is_pending (pipeline))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_yes_head (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  CprocChild *yes = append (pipeline, "exec yes");
  CprocExec *head = append_exec (pipeline, "head -n 1");

  start (pipeline);
  wait_check (pipeline);
  assert_output (head, "y\n");
  g_assert_cmpint (cproc_child_get_term_signal (yes), ==, SIGPIPE);
}

static void
test_three_stages (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  CprocExec *head;

  append (pipeline, "exec seq 100000");
  append (pipeline, "exec grep 7");
  head = append_exec (pipeline, "exec head -n 2");
  start (pipeline);
  wait_check (pipeline);
  assert_output (head, "7\n17\n");
}

static void
on_output (CprocChild  *child,
           CprocStream  stream,
           GBytes      *bytes,
           gpointer     user_data)
{
  GString *text = user_data;

  g_string_append_len (text, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
}

/* Writes go to the first stage; each standard error is that stage's, or goes on. */
static void
test_streams (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GString) inner = g_string_new (NULL);
  g_autoptr(GString) first_error = g_string_new (NULL);
  CprocChild *first = append (pipeline, "echo apart >&2; exec cat");
  CprocChild *second = append (pipeline, "echo merged >&2; exec cat");
  CprocExec *last = append_exec (pipeline, "exec sort");

  test_write (first, "hello\n", -1);
  cproc_child_close_stdin (first);
  cproc_command_set_stderr_mode (cproc_child_get_command (second), CPROC_STDIO_MERGE);
  g_signal_connect (first, "output::stderr", G_CALLBACK (on_output), first_error);
  g_signal_connect (first, "output::stdout", G_CALLBACK (on_output), inner);
  g_signal_connect (second, "output::stdout", G_CALLBACK (on_output), inner);
  start (pipeline);
  wait_check (pipeline);
  assert_output (last, "hello\nmerged\n");
  g_assert_cmpstr (first_error->str, ==, "apart\n");
  g_assert_cmpstr (inner->str, ==, "");
}

/* Much standard error of a stage that nobody listens to, while one waits for another stage. */
static void
test_talkative_stage (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GError) error = NULL;
  CprocExec *last;

  append (pipeline, "head -c 1000000 /dev/zero >&2; echo done");
  last = append_exec (pipeline, "exec cat");
  start (pipeline);
  cproc_child_wait_check (CPROC_CHILD (last), NULL, &error);
  g_assert_no_error (error);
  assert_output (last, "done\n");
  wait_check (pipeline);
}

static void
test_list (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(CprocChild) item = NULL;
  CprocChild *first = append (pipeline, "exec true");
  CprocChild *second = append (pipeline, "exec true");

  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (pipeline)) == CPROC_TYPE_CHILD);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (pipeline)), ==, 2);
  item = g_list_model_get_item (G_LIST_MODEL (pipeline), 1);
  g_assert_true (item == second && item != first);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (pipeline), 2));
}

static void
assert_nothing_ran (CprocPipeline *pipeline,
                    const char    *marker)
{
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_NEW);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (pipeline)); i++)
    {
      g_autoptr(CprocChild) child = g_list_model_get_item (G_LIST_MODEL (pipeline), i);

      g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
    }
}

static void
count_call (guint *count)
{
  (*count)++;
}

/* Nothing has run and nothing is left, again and again; then it can be started. */
static void
test_missing_program (void)
{
  const char *argv[] = { "/nonexistent/program", NULL };
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *marker = g_build_filename (directory, "ran", NULL);
  g_autofree char *line = g_strdup_printf ("touch '%s'", marker);
  guint n_fds = 0, n_started = 0;

  for (int i = 0; i < 5; i++)
    {
      g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
      g_autoptr(CprocCommand) command = cproc_command_new (argv);
      g_autoptr(GError) error = NULL;
      CprocChild *first = append (pipeline, line);

      g_signal_connect_swapped (first, "started", G_CALLBACK (count_call), &n_started);
      cproc_pipeline_append (pipeline, command);
      append (pipeline, line);
      for (int k = 0; k < 2; k++)
        {
          g_assert_false (cproc_pipeline_start (pipeline, &error));
          g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
          g_assert_true (g_str_has_prefix (error->message, "Stage 2 of 3: "));
          g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, 1);
          assert_nothing_ran (pipeline, marker);
          test_await_no_children ();
          g_clear_error (&error);
        }
      if (i == 1)
        n_fds = test_count_fds ();
    }

  g_assert_cmpuint (n_started, ==, 0);
  test_await_fd_count (n_fds);
  launch_remove (directory);
}

/* It is found when the others run. */
static void
test_bad_format (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = launch_write_file (directory, "bad", "", 0755);
  const char *argv[] = { path, NULL };

  for (int i = 0; i < 3; i++)
    {
      g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
      g_autoptr(CprocCommand) command = cproc_command_new (argv);
      g_autoptr(GError) error = NULL;
      CprocChild *first;
      guint n_started = 0;

      cproc_pipeline_append (pipeline, command);
      first = append (pipeline, "sleep 60");
      g_signal_connect_swapped (first, "started", G_CALLBACK (count_call), &n_started);
      g_assert_false (cproc_pipeline_start (pipeline, &error));
      g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOEXEC);
      g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, 0);
      g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_NEW);
      g_assert_cmpuint (n_started, ==, 0);
      test_await_no_children ();
    }

  launch_remove (directory);
}

static void
test_kill (void)
{
  const CprocContainment containments[] = { CPROC_CONTAINMENT_AUTO, CPROC_CONTAINMENT_TREE };

  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
      g_autoptr(GError) error = NULL;

      g_assert_false (cproc_pipeline_kill (pipeline, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
      g_clear_error (&error);
      for (int stage = 0; stage < 3; stage++)
        cproc_command_set_containment (
          cproc_child_get_command (append (pipeline, "sleep 60 & sleep 60")), containments[i]);
      start (pipeline);
      g_assert_true (cproc_pipeline_send_signal (pipeline, 0, &error));
      g_assert_true (cproc_pipeline_kill (pipeline, &error));
      g_assert_no_error (error);
      run_until_closed (pipeline);
      g_assert_false (cproc_pipeline_wait_check (pipeline, NULL, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_SIGNALED);
      g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, 0);
      test_await_no_children ();
    }
}

static void
test_send_signal (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GError) error = NULL;
  CprocChild *children[2];

  for (int i = 0; i < 2; i++)
    children[i] = append (pipeline, "exec sleep 60");
  start (pipeline);
  g_assert_true (cproc_pipeline_send_signal (pipeline, SIGINT, &error));
  run_until_closed (pipeline);
  for (int i = 0; i < 2; i++)
    g_assert_cmpint (cproc_child_get_term_signal (children[i]), ==, SIGINT);
  g_assert_false (cproc_pipeline_kill (pipeline, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
}

static void
test_timeout (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GError) error = NULL;

  append (pipeline, "exec sleep 60");
  append (pipeline, "exec sleep 61");
  cproc_pipeline_set_timeout (pipeline, 50);
  start (pipeline);
  g_assert_false (cproc_pipeline_wait_check (pipeline, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "exec sleep 60 | exec sleep 61"));
  g_assert_true (cproc_pipeline_get_timed_out (pipeline));
}

/* The first by its place is the error, and each further one a line. */
static void
test_failures (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GError) error = NULL;

  append (pipeline, "exec cat; exit 3");
  append (pipeline, "cat; echo second >&2; exit 4");
  append (pipeline, "cat; exit 141");
  append (pipeline, "cat; echo last >&2; exit 5");
  start (pipeline);
  g_assert_true (cproc_pipeline_wait (pipeline, NULL, &error));
  g_assert_false (cproc_pipeline_wait_check (pipeline, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_EXITED);
  g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, 1);
  g_assert_cmpstr (error->message, ==,
                   "“cat; echo second >&2; exit 4” exited with code 4: second\n"
                   "“cat; echo last >&2; exit 5” exited with code 5: last");
}

static void
test_pipefail (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();

  append (pipeline, "exit 3");
  append (pipeline, "exec cat");
  cproc_pipeline_set_pipefail (pipeline, FALSE);
  start (pipeline);
  wait_check (pipeline);
}

static void
test_last_by_sigpipe (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GError) error = NULL;

  append (pipeline, "exec true");
  append (pipeline, "kill -PIPE $$");
  start (pipeline);
  g_assert_false (cproc_pipeline_wait_check (pipeline, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_SIGNALED);
  g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, 1);
}

static void
assert_refused (CprocPipeline *pipeline,
                GQuark         domain,
                int            code,
                const char    *part)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_pipeline_start (pipeline, &error));
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_joints (void)
{
  for (int i = 0; i < 3; i++)
    {
      g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
      CprocChild *first = append (pipeline, "exec true");
      CprocExec *last = append_exec (pipeline, "exec cat");
      g_autoptr(GBytes) input = g_bytes_new_static ("x", 1);

      if (i == 0)
        cproc_command_set_stdout_mode (cproc_child_get_command (first), CPROC_STDIO_NULL);
      else if (i == 1)
        cproc_command_set_stdin_mode (cproc_child_get_command (CPROC_CHILD (last)),
                                      CPROC_STDIO_PIPE);
      else
        cproc_exec_set_input (last, input);
      assert_refused (pipeline, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                      i == 0 ? "Stage 1 of 2: " : "Stage 2 of 2: ");
    }
}

static void
test_misuse (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(CprocPipeline) other = cproc_pipeline_new ();
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("true");
  g_autoptr(GError) error = NULL;
  CprocChild *child;

  assert_refused (pipeline, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no stages");
  child = append (pipeline, "exec true");
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_clear_error (&error);
  g_assert_true (cproc_pipeline_append_child (other, child) == child);
  assert_refused (other, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED, "Stage 1 of 1: ");

  start (pipeline);
  assert_refused (pipeline, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED, "already");
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*state == CPROC_STATE_NEW*");
  g_assert_null (cproc_pipeline_append (pipeline, command));
  g_test_assert_expected_messages ();
  wait_check (pipeline);
}

/* A child has no pipeline any more once the pipeline is gone. */
static void
test_left_stage (void)
{
  CprocPipeline *pipeline = cproc_pipeline_new ();
  g_autoptr(CprocChild) child = g_object_ref (append (pipeline, "exec true"));

  test_finalize (pipeline);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

static void
test_dropped (void)
{
  CprocPipeline *pipeline = cproc_pipeline_new ();
  g_autoptr(CprocChild) child = g_object_ref (append (pipeline, "exec sleep 60"));

  append (pipeline, "exec sleep 60");
  start (pipeline);
  test_finalize (pipeline);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGTERM);
  test_await_no_children ();
}

static void
on_closed (CprocPipeline *pipeline,
           GString       *events)
{
  g_string_append (events, "pipeline ");
}

static void
on_child_closed (CprocChild *child,
                 GString    *events)
{
  g_string_append (events, "child ");
}

static void
test_start_async (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GString) events = g_string_new (NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) end = NULL;
  g_autoptr(GError) error = NULL;
  CprocChild *first = append (pipeline, "echo a b");
  CprocExec *last = append_exec (pipeline, "exec wc -w");

  g_signal_connect (pipeline, "closed", G_CALLBACK (on_closed), events);
  g_signal_connect_after (first, "closed", G_CALLBACK (on_child_closed), events);
  g_signal_connect_after (last, "closed", G_CALLBACK (on_child_closed), events);
  cproc_pipeline_start_async (pipeline, NULL, test_store_result, &result);
  g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_STARTING);
  cproc_pipeline_wait_check_async (pipeline, NULL, test_store_result, &end);
  g_assert_true (cproc_pipeline_start_finish (pipeline, test_await (&result), &error));
  g_assert_no_error (error);
  g_assert_true (cproc_pipeline_wait_check_finish (pipeline, test_await (&end), &error));
  g_assert_no_error (error);
  assert_output (last, "2\n");
  g_assert_cmpstr (events->str, ==, "child child pipeline ");
}

static void
test_start_async_fails (void)
{
  const char *argv[] = { "/nonexistent/program", NULL };
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  append (pipeline, "exec cat");
  cproc_pipeline_append (pipeline, command);
  cproc_pipeline_start_async (pipeline, NULL, test_store_result, &result);
  g_assert_false (cproc_pipeline_start_finish (pipeline, test_await (&result), &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_assert_cmpint (cproc_pipeline_get_failed_stage (pipeline), ==, 1);
  g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_NEW);
  test_await_no_children ();
}

/* The stage waits for the writer of a named pipe, in its helper. */
static void
test_cancelled (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "fifo", NULL);
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  cproc_command_set_stdio_file (cproc_child_get_command (append (pipeline, "exec cat")), 0, path,
                                CPROC_FILE_FLAGS_READ);
  append (pipeline, "exec cat");
  cproc_pipeline_start_async (pipeline, cancellable, test_store_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_false (cproc_pipeline_start_finish (pipeline, test_await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (cproc_pipeline_get_state (pipeline), ==, CPROC_STATE_NEW);
  test_await_no_children ();
  launch_remove (directory);
}

/* While it is started: a kill waits, and so does a synchronous wait. */
static void
test_starting (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CprocChild *first = append (pipeline, "exec sleep 60");

  append (pipeline, "exec cat");
  cproc_pipeline_start_async (pipeline, NULL, test_store_result, &result);
  g_assert_true (cproc_pipeline_kill (pipeline, &error));
  g_assert_true (cproc_pipeline_wait (pipeline, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cproc_child_get_term_signal (first), ==, SIGTERM);
  g_assert_true (cproc_pipeline_start_finish (pipeline, test_await (&result), &error));
}

static void
on_started (CprocChild    *child,
            CprocPipeline *pipeline)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_pipeline_kill (pipeline, &error));
  g_assert_no_error (error);
}

static void
test_kill_in_handler (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  CprocChild *first = append (pipeline, "exec sleep 60");
  CprocChild *last = append (pipeline, "exec sleep 60");

  g_signal_connect (first, "started", G_CALLBACK (on_started), pipeline);
  start (pipeline);
  run_until_closed (pipeline);
  g_assert_cmpint (cproc_child_get_term_signal (last), ==, SIGTERM);
}

/* All that has to be seen by a reader is seen, through many stages. */
static void
test_many_bytes (void)
{
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  CprocExec *last;

  append (pipeline, "exec head -c 20000000 /dev/zero");
  for (int i = 0; i < 8; i++)
    append (pipeline, "exec cat");
  last = append_exec (pipeline, "exec wc -c");
  start (pipeline);
  wait_check (pipeline);
  assert_output (last, "20000000\n");
}

static void
test_no_leak (void)
{
  guint n_fds = 0;

  for (int i = 0; i < 10; i++)
    {
      g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();

      append (pipeline, "echo x");
      append (pipeline, "exec cat");
      start (pipeline);
      wait_check (pipeline);
      if (i == 1)
        n_fds = test_count_fds ();
    }

  test_await_fd_count (n_fds);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pipeline/yes-head", test_yes_head);
  g_test_add_func ("/pipeline/three-stages", test_three_stages);
  g_test_add_func ("/pipeline/streams", test_streams);
  g_test_add_func ("/pipeline/talkative-stage", test_talkative_stage);
  g_test_add_func ("/pipeline/list", test_list);
  g_test_add_func ("/pipeline/missing-program", test_missing_program);
  g_test_add_func ("/pipeline/bad-format", test_bad_format);
  g_test_add_func ("/pipeline/kill", test_kill);
  g_test_add_func ("/pipeline/send-signal", test_send_signal);
  g_test_add_func ("/pipeline/timeout", test_timeout);
  g_test_add_func ("/pipeline/failures", test_failures);
  g_test_add_func ("/pipeline/pipefail", test_pipefail);
  g_test_add_func ("/pipeline/last-by-sigpipe", test_last_by_sigpipe);
  g_test_add_func ("/pipeline/joints", test_joints);
  g_test_add_func ("/pipeline/misuse", test_misuse);
  g_test_add_func ("/pipeline/left-stage", test_left_stage);
  g_test_add_func ("/pipeline/dropped", test_dropped);
  g_test_add_func ("/pipeline/start-async", test_start_async);
  g_test_add_func ("/pipeline/start-async-fails", test_start_async_fails);
  g_test_add_func ("/pipeline/cancelled", test_cancelled);
  g_test_add_func ("/pipeline/starting", test_starting);
  g_test_add_func ("/pipeline/kill-in-handler", test_kill_in_handler);
  g_test_add_func ("/pipeline/many-bytes", test_many_bytes);
  g_test_add_func ("/pipeline/no-leak", test_no_leak);

  return g_test_run ();
}
