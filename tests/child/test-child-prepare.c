/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-child-private.h"
#include "launch-util.h"

/* A process that is made before the start. */

static const CprocContainment containments[] = {
  CPROC_CONTAINMENT_AUTO, CPROC_CONTAINMENT_NONE, CPROC_CONTAINMENT_GROUP, CPROC_CONTAINMENT_TREE,
};

static void
prepare (CprocChild *child)
{
  g_autoptr(GError) error = NULL;

  cproc_child_prepare (child, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_PREPARED);
  g_assert_cmpint (cproc_child_get_pid (child), ==, 0);
}

typedef struct
{
  GAsyncResult *result;
  gboolean is_done;
} Answer;

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *answer = user_data;

  answer->result = g_object_ref (result);
  answer->is_done = TRUE;
}

static CprocJob *
get_job (CprocChild *child)
{
  return cproc_launch_get_job (cproc_child_get_priv (child)->prepared);
}

static void
await_end (int pidfd)
{
  struct pollfd ended = { pidfd, POLLIN, 0 };

  if (pidfd >= 0)
    g_assert_cmpint (poll (&ended, 1, -1), ==, 1);
}

static void
test_start_of_prepared (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("echo", "1", "hi\n", NULL);
      TestRecord *record = test_record_new (child);
      g_autofree char *events = NULL;

      cproc_command_set_containment (cproc_child_get_command (child), containments[i]);
      prepare (child);
      test_start_and_close (child);
      g_assert_cmpint (cproc_child_get_pid (child), >, 0);
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
      g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "hi\n");
      events = test_record_dup (record);
      g_assert_true (g_str_has_prefix (events, "started, "));
      test_record_free (record);
    }
}

static void
test_async (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "3", NULL);
  g_autoptr(GError) error = NULL;
  Answer answer = { NULL, FALSE };

  cproc_child_prepare_async (child, NULL, on_answer, &answer);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_clear_error (&error);
  g_assert_false (cproc_child_prepare (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_clear_error (&error);
  g_assert_false (cproc_child_kill (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);

  test_run_until (&answer.is_done);
  cproc_child_prepare_finish (child, answer.result, &error);
  g_assert_no_error (error);
  g_clear_object (&answer.result);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_PREPARED);

  answer.is_done = FALSE;
  cproc_child_start_async (child, NULL, on_answer, &answer);
  test_run_until (&answer.is_done);
  cproc_child_start_finish (child, answer.result, &error);
  g_assert_no_error (error);
  g_clear_object (&answer.result);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 3);
}

/* It cannot be reached by what needs a running program. */
static void
test_refused (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "0", NULL);
  g_autoptr(GError) error = NULL;

  cproc_command_set_stdin_mode (cproc_child_get_command (child), CPROC_STDIO_NULL);
  prepare (child);
  g_assert_false (cproc_child_prepare (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_clear_error (&error);
  g_assert_false (cproc_child_kill (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);
  g_assert_false (cproc_child_send_signal (child, 0, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);
  g_assert_false (cproc_child_force_exit (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);
  g_assert_false (cproc_child_wait (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);
  g_assert_null (cproc_child_get_stdin_stream (child));
  g_assert_null (cproc_child_take_stdout_stream (child));
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_PREPARED);
}

/* What the process has is what there was then. */
static void
test_frozen (void)
{
  const char *const argv[] = { "/bin/sh", "-c", "umask; pwd; echo $A; echo $B", NULL };
  const char *const other[] = { "/bin/false", NULL };
  g_autoptr(CprocExec) exec = NULL;
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  mode_t mask = umask (0027);

  cproc_command_set_cwd (command, "/");
  cproc_command_set_environment_variable (command, "A", "a");
  g_setenv ("B", "b", TRUE);
  exec = cproc_exec_new_for_command (command);
  prepare (CPROC_CHILD (exec));

  umask (mask);
  g_unsetenv ("B");
  cproc_command_set_environment_variable (command, "A", "changed");
  cproc_command_set_cwd (command, "/no/such/directory");
  cproc_command_set_argv (command, other);
  cproc_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpstr (text, ==, "0027\n/\na\nb\n");
}

/* Errors that can be seen before the program runs are those of prepare(). */
static void
test_prepare_fails (void)
{
  const char *const argv[] = { "/does/not/exist", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(GError) error = NULL;
  Answer answer = { NULL, FALSE };

  g_assert_false (cproc_child_prepare (child, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_clear_error (&error);
  cproc_child_prepare_async (child, NULL, on_answer, &answer);
  test_run_until (&answer.is_done);
  g_assert_false (cproc_child_prepare_finish (child, answer.result, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_clear_error (&error);
  g_clear_object (&answer.result);

  cproc_command_set_cwd (cproc_child_get_command (child), "/no/such/directory");
  g_assert_false (cproc_child_prepare (child, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
}

/* The program has been replaced by a file that is none: the next start makes a new process. */
static void
test_exec_fails (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = launch_write_file (directory, "program", "exit 4\n", 0755);
  const char *const argv[] = { path, NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(GError) error = NULL;

  prepare (child);
  g_free (launch_write_file (directory, "program", "", 0755));
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOEXEC);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);

  g_free (launch_write_file (directory, "program", "exit 4\n", 0755));
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 4);
  launch_remove (directory);
}

static void
on_state (CprocChild *child,
          GParamSpec *pspec,
          gpointer    user_data)
{
  (*(guint *) user_data)++;
}

/* The process dies: the child is as new. */
static void
test_dies (void)
{
  for (guint i = 0; i < 2 * G_N_ELEMENTS (containments); i++)
    {
      const char *const other[] = { "/bin/sh", "-c", "exit 5", NULL };
      g_autoptr(CprocChild) child = test_child_new ("exit", "0", NULL);
      CprocCommand *command = cproc_child_get_command (child);
      guint n_states = 0;
      int pidfd;

      cproc_command_set_containment (command, containments[i / 2]);
      prepare (child);
      g_signal_connect (child, "notify::state", G_CALLBACK (on_state), &n_states);
      pidfd = fcntl (cproc_job_get_pidfd (get_job (child)), F_DUPFD_CLOEXEC, 3);
      g_assert_true (cproc_job_signal (get_job (child), SIGKILL, NULL));
      await_end (pidfd);
      close (pidfd);
      if (i % 2 == 0)
        {
          test_run_until_count (&n_states, 1);
          g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
        }

      cproc_command_set_argv (command, other);
      test_start_and_close (child);
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, 5);
    }
}

static void
test_dropped (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    for (guint stops = 0; stops < 2; stops++)
      {
        g_autoptr(CprocChild) child = test_child_new ("exit", "0", NULL);
        int pidfd;

        cproc_command_set_containment (cproc_child_get_command (child), containments[i]);
        prepare (child);
        pidfd = fcntl (cproc_job_get_pidfd (get_job (child)), F_DUPFD_CLOEXEC, 3);
        if (stops != 0)
          g_assert_true (cproc_job_signal (get_job (child), SIGSTOP, NULL));
        test_finalize (child);
        await_end (pidfd);
        close (pidfd);
      }
}

static gpointer
unref_in_thread (gpointer child)
{
  g_object_unref (child);

  return NULL;
}

/* Any thread may drop the last reference, and no main loop has to run. */
static void
test_dropped_in_thread (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      CprocChild *child = test_child_new ("exit", "0", NULL);
      int pidfd;

      cproc_command_set_containment (cproc_child_get_command (child), containments[i]);
      prepare (child);
      pidfd = fcntl (cproc_job_get_pidfd (get_job (child)), F_DUPFD_CLOEXEC, 3);
      g_thread_join (g_thread_new ("drop", unref_in_thread, child));
      await_end (pidfd);
      close (pidfd);
    }
}

static void
test_no_leak (void)
{
  guint before = 0;

  for (int i = 0; i < 50; i++)
    {
      g_autoptr(CprocChild) dropped = test_child_new ("exit", "0", NULL);
      g_autoptr(CprocChild) started = test_child_new ("exit", "0", NULL);

      prepare (dropped);
      prepare (started);
      test_start_and_close (started);
      if (i == 0)
        before = launch_count_fds ();
    }
  /* GLib's worker may be about to close some of its own. */
  g_assert_cmpuint (launch_count_fds (), <, before + 10);
}

/* What is written meanwhile waits for the program. */
static void
test_stdin (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  TestRecord *record = test_record_new (child);

  cproc_command_set_stdin_mode (cproc_child_get_command (child), CPROC_STDIO_PIPE);
  prepare (child);
  test_write (child, "early", -1);
  g_assert_nonnull (cproc_child_get_stdin_stream (child));
  cproc_child_close_stdin (child);
  test_start_and_close (child);
  g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "early");
  test_record_free (record);
}

static void
test_input (void)
{
  for (guint has_input = 0; has_input < 2; has_input++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("cat", NULL);
      g_autoptr(GBytes) bytes = g_bytes_new_static ("input", 5);
      g_autoptr(GError) error = NULL;
      g_autofree char *text = NULL;

      prepare (CPROC_CHILD (exec));
      if (has_input != 0)
        cproc_exec_set_input (exec, bytes);
      cproc_exec_run (exec, NULL, &error);
      g_assert_no_error (error);
      text = cproc_exec_get_stdout_text (exec);
      g_assert_cmpstr (text, ==, has_input != 0 ? "input" : "");
    }
}

/* The timeout runs from the start. */
static void
test_timeout (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);

  cproc_child_set_timeout (child, 50);
  prepare (child);
  g_usleep (60000);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_PREPARED);
  test_start_and_close (child);
  g_assert_true (cproc_child_get_timed_out (child));
}

static void
test_cancelled (void)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("exit", "0", NULL);
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;
      Answer answer = { NULL, FALSE };

      if (i == 0)
        cproc_child_prepare_async (child, cancellable, on_answer, &answer);
      else
        prepare (child);
      if (i == 1)
        cproc_child_start_async (child, cancellable, on_answer, &answer);
      g_cancellable_cancel (cancellable);
      if (i == 2)
        cproc_child_start_async (child, cancellable, on_answer, &answer);

      test_run_until (&answer.is_done);
      if (i == 0)
        g_assert_false (cproc_child_prepare_finish (child, answer.result, &error));
      else
        g_assert_false (cproc_child_start_finish (child, answer.result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_object (&answer.result);
      g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
      g_assert_null (cproc_child_get_priv (child)->prepared);
      test_start_and_close (child);
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
    }
}

/* A prepared program that waits for its standard input after the start. */
static void
test_fifo (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *path = g_build_filename (directory, "fifo", NULL);
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  TestRecord *record = test_record_new (child);
  int fd;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  cproc_command_set_stdio_file (cproc_child_get_command (child), STDIN_FILENO, path,
                                CPROC_FILE_FLAGS_READ);
  prepare (child);
  test_start (child);
  fd = open (path, O_WRONLY | O_CLOEXEC);
  g_assert_cmpint (write (fd, "late", 4), ==, 4);
  close (fd);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "late");
  test_record_free (record);
  launch_remove (directory);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-prepare/start", test_start_of_prepared);
  g_test_add_func ("/child-prepare/async", test_async);
  g_test_add_func ("/child-prepare/refused", test_refused);
  g_test_add_func ("/child-prepare/frozen", test_frozen);
  g_test_add_func ("/child-prepare/prepare-fails", test_prepare_fails);
  g_test_add_func ("/child-prepare/exec-fails", test_exec_fails);
  g_test_add_func ("/child-prepare/dies", test_dies);
  g_test_add_func ("/child-prepare/dropped", test_dropped);
  g_test_add_func ("/child-prepare/dropped-in-thread", test_dropped_in_thread);
  g_test_add_func ("/child-prepare/no-leak", test_no_leak);
  g_test_add_func ("/child-prepare/stdin", test_stdin);
  g_test_add_func ("/child-prepare/input", test_input);
  g_test_add_func ("/child-prepare/timeout", test_timeout);
  g_test_add_func ("/child-prepare/cancelled", test_cancelled);
  g_test_add_func ("/child-prepare/fifo", test_fifo);

  return g_test_run ();
}
