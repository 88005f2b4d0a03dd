/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child-util.h"

/* Starts: those that fail, and those that take their time. */

static gboolean
finish_start (CprocChild    *child,
              GAsyncResult **result,
              GError       **error)
{
  gboolean started = cproc_child_start_finish (child, test_await (result), error);

  g_clear_object (result);

  return started;
}

/* A start that failed leaves a child as new. */
static void
assert_as_new (CprocChild *child,
               TestRecord *record)
{
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
  g_assert_cmpint (cproc_child_get_pid (child), ==, 0);
  g_assert_null (cproc_child_get_subprocess (child));
  g_assert_cmpuint (record->events->len, ==, 0);
  test_await_no_children ();
}

static void
assert_failure (CprocChild *child,
                GQuark      domain,
                int         code)
{
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) async_error = NULL;
  g_autoptr(GAsyncResult) result = NULL;

  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, domain, code);
  assert_as_new (child, record);

  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_false (finish_start (child, &result, &async_error));
  g_assert_error (async_error, domain, code);
  g_assert_cmpstr (async_error->message, ==, error->message);
  assert_as_new (child, record);

  g_signal_handlers_disconnect_by_data (child, record);
}

static void
test_missing_program (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);

  assert_failure (child, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  test_finalize (child);
}

static void
test_not_executable (void)
{
  const char *argv[] = { "/dev/null", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);

  assert_failure (child, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES);
}

static void
test_bad_cwd (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);

  cproc_command_set_cwd (command, "/no/such/directory");
  assert_failure (child, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR);
}

static void
test_bad_encoding (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  cproc_child_set_encoding (child, "no-such-encoding");
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION);
  assert_as_new (child, record);
  g_assert_nonnull (g_strstr_len (error->message, -1, "no-such-encoding"));
}

static void
test_start_again (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_auto(GStrv) good_argv = g_strdupv ((char **) cproc_command_get_argv (command));
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;
  GOutputStream *stream = cproc_child_get_stdin_stream (child);

  cproc_command_set_argv (command, argv);
  for (int i = 0; i < 3; i++)
    {
      g_assert_false (cproc_child_start (child, &error));
      g_clear_error (&error);
    }

  cproc_command_set_argv (command, (const char * const *) good_argv);
  test_start (child);
  /* What was taken over before the starts that failed is of use still. */
  g_assert_true (g_output_stream_write_all (stream, "again", 5, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "again");
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_finalize (child);
}

static void
test_failures_leave_nothing (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };
  guint n_fds = 0;

  for (int i = 0; i < 10; i++)
    {
      g_autoptr(CprocChild) child = cproc_child_new (argv);

      assert_failure (child, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
      test_finalize (child);
      if (i == 0)
        n_fds = test_count_fds ();
    }

  test_await_fd_count (n_fds);
}

static void
test_no_descriptors (void)
{
  g_autoptr(CprocChild) first = test_child_new ("exit", NULL);
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  struct rlimit limit, low;
  guint n_failures = 0;

  if (test_skip_on_valgrind ())
    return;

  /* Makes what is made once. */
  test_start_and_close (first);
  test_await_no_children ();

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  for (low = limit, low.rlim_cur = 3;; low.rlim_cur++)
    {
      g_autoptr(GError) error = NULL;
      gboolean started;

      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
      started = cproc_child_start (child, &error);
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      if (started)
        break;
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      assert_as_new (child, record);
      n_failures++;
    }

  g_assert_cmpuint (n_failures, >, 3);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
note_callback (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  TestRecord *record = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_child_start_finish (CPROC_CHILD (source), result, &error));
  g_assert_no_error (error);
  g_ptr_array_add (record->events, g_strdup ("callback"));
}

static void
test_async (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "2", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_child_start_async (child, NULL, note_callback, record);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_STARTING);
  g_assert_cmpint (cproc_child_get_pid (child), ==, 0);
  g_assert_cmpuint (record->events->len, ==, 0);
  test_run_until_state (child, CPROC_STATE_CLOSED);

  g_assert_cmpstr (g_ptr_array_index (record->events, 0), ==, "started");
  g_assert_cmpstr (g_ptr_array_index (record->events, 1), ==, "callback");
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 2);
  test_finalize (child);
}

static void
test_async_second (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &first);
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_clear_error (&error);
  cproc_child_start_async (child, NULL, test_store_result, &second);
  g_assert_false (finish_start (child, &second, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_clear_error (&error);

  g_assert_true (finish_start (child, &first, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* The library's thread may be at any point when the cancellation comes. */
static void
cancel_after (guint n_iterations)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  if (n_iterations == 0)
    g_cancellable_cancel (cancellable);
  cproc_child_start_async (child, cancellable, test_store_result, &result);
  for (guint i = 1; i < n_iterations && result == NULL; i++)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);

  if (finish_start (child, &result, &error))
    {
      /* It had come too far. */
      g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
      cproc_child_force_exit (child, NULL);
      test_run_until_state (child, CPROC_STATE_CLOSED);
      return;
    }

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  assert_as_new (child, record);

  /* And it can be started. */
  test_start (child);
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  test_finalize (child);
}

static void
test_cancel (void)
{
  for (guint i = 0; i < 4; i++)
    for (guint n = 0; n < 8; n++)
      cancel_after (i);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  test_await_no_children ();
}

static void
test_cancel_late (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, cancellable, test_store_result, &result);
  g_assert_true (finish_start (child, &result, &error));
  g_assert_no_error (error);
  g_cancellable_cancel (cancellable);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (cproc_child_send_signal (child, 0, &error));
  g_assert_no_error (error);

  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

/* Only the call holds it. */
static void
test_drop_while_starting (void)
{
  CprocChild *child = test_child_new ("sleep-forever", NULL);
  GAsyncResult *result = NULL;
  gint64 pid;

  g_object_add_weak_pointer (G_OBJECT (child), (gpointer *) &child);
  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_object_unref (child);
  test_await (&result);
  pid = cproc_child_get_pid (child);
  g_assert_cmpint (pid, >, 0);
  g_assert_true (test_process_lives (pid));

  g_clear_object (&result);
  while (child != NULL)
    g_main_context_iteration (NULL, TRUE);
  test_await_process_end (pid);
  test_await_no_children ();
}

/* The synchronous wait does not run the main loop that the start is waiting in. */
static void
test_wait_while_starting (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "6", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 6);
  g_assert_null (result);
  g_assert_true (finish_start (child, &result, &error));
  g_assert_cmpuint (record->events->len, ==, 5);
  test_finalize (child);
}

static void
test_wait_while_failing (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(GAsyncResult) start_result = NULL;
  g_autoptr(GAsyncResult) wait_result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &start_result);
  cproc_child_wait_async (child, NULL, test_store_result, &wait_result);
  g_assert_false (cproc_child_wait (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);

  /* Whoever waited behind the start gets its error. */
  g_assert_false (cproc_child_wait_finish (child, test_await (&wait_result), &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_false (finish_start (child, &start_result, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
}

typedef gboolean (*KillFunc) (CprocChild *, GError **);

static void
kill_while_starting (KillFunc    kill_func,
                     const char *mode,
                     int         term_signal)
{
  g_autoptr(CprocChild) child = test_child_new (mode, NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_true (cproc_child_send_signal (child, 0, &error));
  g_assert_no_error (error);
  g_assert_true (kill_func (child, &error));
  g_assert_no_error (error);
  g_assert_true (finish_start (child, &result, &error));
  test_run_until_state (child, CPROC_STATE_CLOSED);

  g_assert_cmpstr (g_ptr_array_index (record->events, 0), ==, "started");
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, term_signal);
}

static gboolean
send_interrupt (CprocChild  *child,
                GError     **error)
{
  return cproc_child_send_signal (child, SIGINT, error);
}

/* The harder signal stands. */
static gboolean
kill_twice (CprocChild  *child,
            GError     **error)
{
  return cproc_child_force_exit (child, error) && cproc_child_kill (child, error);
}

/* A signal that comes later does not take a kill back. */
static gboolean
kill_and_more (CprocChild  *child,
               GError     **error)
{
  return cproc_child_kill (child, error) && cproc_child_send_signal (child, SIGCONT, error) &&
         cproc_child_send_signal (child, SIGWINCH, error);
}

static void
test_kill_while_starting (void)
{
  kill_while_starting (cproc_child_kill, "sleep-forever", SIGTERM);
  kill_while_starting (cproc_child_force_exit, "sleep-forever", SIGKILL);
  kill_while_starting (send_interrupt, "sleep-forever", SIGINT);
  kill_while_starting (kill_twice, "sleep-forever", SIGKILL);
  kill_while_starting (kill_and_more, "sleep-forever", SIGTERM);
}

/* In the order in which they were sent: otherwise it would stay stopped. */
static void
test_stop_while_starting (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_true (cproc_child_send_signal (child, SIGCONT, &error));
  g_assert_true (cproc_child_send_signal (child, SIGSTOP, &error));
  g_assert_true (cproc_child_send_signal (child, SIGCONT, &error));
  g_assert_true (finish_start (child, &result, &error));
  g_assert_no_error (error);

  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

/* A signal that a program takes no notice of, so that the grace has to do it. */
static void
test_kill_grace_while_starting (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);

  cproc_child_set_kill_signal (child, SIGWINCH);
  cproc_child_set_kill_grace (child, 20);
  cproc_child_start_async (child, NULL, NULL, NULL);
  g_assert_true (cproc_child_kill (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGKILL);
}

static void
test_async_not_contained (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", "8", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  cproc_child_start_async (child, NULL, note_callback, record);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (g_ptr_array_index (record->events, 1), ==, "callback");
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 8);
}

static void
test_bad_signal_while_starting (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);
  g_assert_false (cproc_child_send_signal (child, 1000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

static glong
count_faults (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return usage.ru_minflt + usage.ru_majflt;
}

/* Had the process been copied, each page that it writes to afterwards would be one more. */
static void
test_copies_nothing (void)
{
  gsize page_size = sysconf (_SC_PAGESIZE);
  gsize n_pages = 16384;
  char *pages;

  /* There every start is a copy. */
  if (test_skip_on_valgrind ())
    return;

  pages = mmap (NULL, n_pages * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
  g_assert_true (pages != MAP_FAILED);
  madvise (pages, n_pages * page_size, MADV_NOHUGEPAGE);
  for (gsize i = 0; i < n_pages; i++)
    pages[i * page_size] = 1;

  for (CprocContainment c = CPROC_CONTAINMENT_AUTO; c <= CPROC_CONTAINMENT_TREE; c++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", NULL);
      g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
      glong n_faults;

      cproc_command_set_containment (command, c);
      cproc_command_set_cwd (command, "/");
      cproc_command_set_nice (command, 1);
      test_start (child);
      n_faults = count_faults ();
      for (gsize i = 0; i < n_pages; i++)
        pages[i * page_size] = 2;
      g_assert_cmpint (count_faults () - n_faults, <, n_pages / 4);
      cproc_child_force_exit (child, NULL);
      test_run_until_state (child, CPROC_STATE_CLOSED);
    }
  munmap (pages, n_pages * page_size);
}

static void
note_state (CprocChild *child,
            GParamSpec *pspec,
            GString    *states)
{
  g_autoptr(GEnumClass) klass = g_type_class_ref (CPROC_TYPE_STATE);

  g_string_append_printf (states, "%s ",
                          g_enum_get_value (klass, cproc_child_get_state (child))->value_nick);
}

/* A start under way has a state of its own, and goes back where it fails or is cancelled. */
static void
test_starting (void)
{
  const struct
  {
    const char *program;
    gboolean cancel;
    const char *states;
  } cases[] = {
    { "/bin/true", FALSE, "starting running exited closed " },
    { "/no/such/program", FALSE, "starting new " },
    { "/bin/true", TRUE, "starting new " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *argv[] = { cases[i].program, NULL };
      g_autoptr(CprocChild) child = cproc_child_new (argv);
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GString) states = g_string_new (NULL);
      g_autoptr(GError) error = NULL;
      gboolean started;

      g_assert_false (cproc_child_kill (child, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
      g_clear_error (&error);
      g_signal_connect (child, "notify::state", G_CALLBACK (note_state), states);
      cproc_child_start_async (child, cancellable, test_store_result, &result);
      g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_STARTING);
      g_assert_true (cproc_child_send_signal (child, 0, &error));
      g_assert_no_error (error);
      g_assert_false (cproc_child_start (child, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
      g_clear_error (&error);
      if (cases[i].cancel)
        g_cancellable_cancel (cancellable);
      started = cproc_child_start_finish (child, test_await (&result), NULL);
      if (started)
        test_run_until_state (child, CPROC_STATE_CLOSED);
      g_assert_cmpstr (states->str, ==, cases[i].states);
    }
}

/* What is decided by the start is not changed after it. */
static void
test_settled (void)
{
  g_autoptr(CprocChild) child = test_child_new ("lines", "2", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*CPROC_STATE_STARTING*");
  cproc_child_set_encoding (child, "no-such-encoding");
  g_test_assert_expected_messages ();
  g_assert_cmpstr (cproc_child_get_encoding (child), ==, "UTF-8");
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->lines[1]->len, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-start/failure/missing-program", test_missing_program);
  g_test_add_func ("/child-start/failure/not-executable", test_not_executable);
  g_test_add_func ("/child-start/failure/cwd", test_bad_cwd);
  g_test_add_func ("/child-start/failure/encoding", test_bad_encoding);
  g_test_add_func ("/child-start/failure/again", test_start_again);
  g_test_add_func ("/child-start/failure/leaves-nothing", test_failures_leave_nothing);
  g_test_add_func ("/child-start/failure/no-descriptors", test_no_descriptors);
  g_test_add_func ("/child-start/copies-nothing", test_copies_nothing);
  g_test_add_func ("/child-start/async", test_async);
  g_test_add_func ("/child-start/async/second", test_async_second);
  g_test_add_func ("/child-start/async/cancel", test_cancel);
  g_test_add_func ("/child-start/async/cancel-late", test_cancel_late);
  g_test_add_func ("/child-start/async/drop", test_drop_while_starting);
  g_test_add_func ("/child-start/async/wait", test_wait_while_starting);
  g_test_add_func ("/child-start/async/wait-for-failure", test_wait_while_failing);
  g_test_add_func ("/child-start/async/kill", test_kill_while_starting);
  g_test_add_func ("/child-start/async/stop", test_stop_while_starting);
  g_test_add_func ("/child-start/async/kill-grace", test_kill_grace_while_starting);
  g_test_add_func ("/child-start/async/not-contained", test_async_not_contained);
  g_test_add_func ("/child-start/async/bad-signal", test_bad_signal_while_starting);
  g_test_add_func ("/child-start/starting", test_starting);
  g_test_add_func ("/child-start/settled", test_settled);

  return g_test_run ();
}
