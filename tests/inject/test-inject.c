/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child-util.h"
#include "inject.h"
#include "send-util.h"
#include "terminal-util.h"

/* Each system call of the library fails once, in everything that children are for. What comes of it
 * is success or an error that names the program; `closed` comes, nothing stays behind, and the same
 * works again. Against the shared library, since what is to fail is told by where its text is.
 *
 * As a rule a call fails in one way; with CPROC_TEST_INJECT=all in every plausible one. */

/* That nothing hangs; a bound that has nothing to do with how long it should take. */
#define WATCHDOG_SEC 60

/* After so many of a kind it is enough: without pidfds a group is looked for in all of /proc. */
#define SOME_CALLS 25
#define MANY_CALLS 1000

typedef struct
{
  const char *name;
  gboolean (*run) (GError **error);
  gboolean memory_only; /* the calls for it alone */
} Scenario;

static char shot_name[128];

static void
on_alarm (int signum)
{
  static const char text[] = ": does not come to an end\n";

  if (write (STDERR_FILENO, shot_name, strlen (shot_name)) < 0 ||
      write (STDERR_FILENO, text, strlen (text)) < 0)
    _exit (1);
  abort ();
}

/* Every error has the name of the program. */
static gboolean
is_named (const char *message)
{
  return strstr (message, g_getenv ("CPROC_TEST_CHILD")) != NULL ||
         strstr (message, g_getenv ("CPROC_TEST_WORKER")) != NULL;
}

/* Where the error of one call need not say whose it is. */
static void
name_program (GError **error)
{
  g_prefix_error (error, "%s: ", g_getenv ("CPROC_TEST_CHILD"));
}

/* After a failure in the middle: to the end, whatever has become of it. */
static void
end_child (CprocChild *child)
{
  inject_disarm ();
  if (cproc_child_get_state (child) == CPROC_STATE_NEW)
    return;

  cproc_child_force_exit (child, NULL);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static gboolean
fail_child (CprocChild *child)
{
  end_child (child);

  return FALSE;
}

/* A line to it, and back from it. */
static gboolean
run_child (GError **error)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  if (!cproc_child_start (child, error))
    return fail_child (child);

  test_write (child, "there and back\n", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);

  return TRUE;
}

/* Made before the start, and let go; another is dropped. */
static gboolean
run_prepared (GError **error)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(CprocChild) dropped = test_child_new ("cat", NULL);
  g_autoptr(GAsyncResult) result = NULL;

  if (!cproc_child_prepare (dropped, error))
    return fail_child (dropped);

  cproc_child_prepare_async (child, NULL, test_store_result, &result);
  if (!cproc_child_prepare_finish (child, test_await (&result), error) ||
      !cproc_child_start (child, error))
    return fail_child (child);

  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);

  return TRUE;
}

/* Everything that a command can be given, and a start that does not wait. */
static CprocCommand *
full_command_new (const char *path)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);

  cproc_command_set_cwd (command, "/");
  cproc_command_set_die_with_parent (command, TRUE);
  cproc_command_set_umask (command, 022);
  cproc_command_set_environment_variable (command, "NAME", "value");
  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_BOTH);
  cproc_command_add_pipe (command, 5, CPROC_PIPE_DIRECTION_READ);
  cproc_command_set_stdio_file (command, STDOUT_FILENO, path, CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);

  return g_steal_pointer (&command);
}

static gboolean
run_async (GError **error)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "cproc-inject-XXXXXX", NULL);
  g_autoptr(CprocCommand) command = NULL;
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  gboolean started;
  int file = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);

  g_assert_cmpint (file, >=, 0);
  close (file);
  command = full_command_new (path);
  if (!cproc_command_pass_fd (command, STDERR_FILENO, 6, error))
    {
      name_program (error);
      unlink (path);
      return FALSE;
    }

  child = cproc_child_new_for_command (command);
  cproc_child_start_async (child, NULL, test_store_result, &result);
  started = cproc_child_start_finish (child, test_await (&result), error);
  if (started)
    {
      g_assert_nonnull (cproc_child_get_pipe_stream (child, 4));
      cproc_child_close_stdin (child);
      test_run_until_state (child, CPROC_STATE_CLOSED);
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
    }
  unlink (path);

  return started || fail_child (child);
}

/* More than a pipe holds, both ways. */
#define INPUT_SIZE (200 * 1000)

static gboolean
run_exec (GError **error)
{
  g_autofree char *data = g_strnfill (INPUT_SIZE, 'x');
  g_autoptr(GBytes) input = g_bytes_new (data, INPUT_SIZE);
  g_autoptr(GBytes) output = NULL;
  g_autoptr(CprocExec) exec = test_exec_new ("cat", NULL);

  cproc_exec_set_input (exec, input);
  if (!cproc_exec_run (exec, NULL, error))
    return fail_child (CPROC_CHILD (exec));

  output = cproc_exec_get_stdout_bytes (exec);
  g_assert_cmpint (cproc_child_get_state (CPROC_CHILD (exec)), ==, CPROC_STATE_CLOSED);
  g_assert_cmpuint (g_bytes_get_size (output), ==, INPUT_SIZE);
  g_assert_true (g_bytes_equal (input, output));

  return TRUE;
}

/* So much that its memory is mapped, and moved: there may be no more. */
#define LARGE_SIZE "9000000"

static gboolean
run_large_exec (GError **error)
{
  g_autoptr(CprocExec) exec = test_exec_new ("write", "1", LARGE_SIZE, NULL);
  g_autoptr(GBytes) output = NULL;

  cproc_exec_set_max_buffer (exec, -1);
  if (!cproc_exec_run (exec, NULL, error))
    return fail_child (CPROC_CHILD (exec));

  output = cproc_exec_get_stdout_bytes (exec);
  g_assert_cmpuint (g_bytes_get_size (output), ==, atoi (LARGE_SIZE));

  return TRUE;
}

/* An end that is not its own: the expected error is the success. */
static gboolean
is_expected (GError    **error,
             CprocError  expected)
{
  if (!g_error_matches (*error, CPROC_ERROR, expected))
    return FALSE;

  g_clear_error (error);

  return TRUE;
}

static gboolean
run_limited_exec (GError **error)
{
  g_autoptr(CprocExec) exec = test_exec_new ("write", "1", "1000000", NULL);
  g_autoptr(GAsyncResult) result = NULL;

  cproc_exec_set_max_buffer (exec, 1000);
  cproc_exec_run_async (exec, NULL, test_store_result, &result);
  g_assert_false (cproc_exec_run_finish (exec, test_await (&result), error));

  return is_expected (error, CPROC_ERROR_OUTPUT_LIMIT) || fail_child (CPROC_CHILD (exec));
}

static gboolean
run_timed_exec (GError **error)
{
  g_autoptr(CprocExec) exec = test_exec_new ("ignore-term", NULL);

  cproc_child_set_timeout (CPROC_CHILD (exec), 10);
  cproc_child_set_kill_grace (CPROC_CHILD (exec), 10);
  g_assert_false (cproc_exec_run (exec, NULL, error));

  return is_expected (error, CPROC_ERROR_TIMED_OUT) || fail_child (CPROC_CHILD (exec));
}

static void
keep_message (CprocWorker  *worker,
              CprocMessage *message,
              CprocMessage **kept)
{
  g_clear_pointer (kept, cproc_message_unref);
  *kept = cproc_message_ref (message);
}

static void
set_flag (CprocWorker *worker,
          gboolean    *flag)
{
  *flag = TRUE;
}

/* There and back with a descriptor, and something that is more than a socket's buffer holds. */
static gboolean
talk (CprocWorker   *worker,
      CprocMessage **kept,
      gboolean      *disconnected,
      GError       **error)
{
  g_autofree char *long_text = g_strnfill (INPUT_SIZE, 'x');
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  gboolean sent;

  g_assert_cmpint (g_unix_fd_list_append (fds, STDERR_FILENO, NULL), ==, 0);
  long_text[0] = long_text[INPUT_SIZE - 1] = '"';
  sent = send_json_with_fds (worker, "{\"with\":1}", fds, error) &&
         send_json (worker, long_text, error);
  if (!sent)
    {
      name_program (error);
      return FALSE;
    }

  while (!*disconnected &&
         (*kept == NULL || strcmp (cproc_message_get_text (*kept), long_text) != 0))
    g_main_context_iteration (NULL, TRUE);

  return TRUE;
}

static void
ignore_invalid (CprocWorker *worker,
                GError      *error,
                gpointer     user_data)
{
}

static gboolean
run_worker (GError **error)
{
  const char *args[] = { "echo", NULL };
  g_autoptr(CprocWorker) worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
  g_autoptr(CprocMessage) kept = NULL;
  gboolean disconnected = FALSE;

  g_signal_connect (worker, "message", G_CALLBACK (keep_message), &kept);
  /* Without a handler it would be a warning. */
  g_signal_connect (worker, "invalid-message", G_CALLBACK (ignore_invalid), NULL);
  g_signal_connect (worker, "disconnected", G_CALLBACK (set_flag), &disconnected);
  if (!cproc_child_start (CPROC_CHILD (worker), error) ||
      !talk (worker, &kept, &disconnected, error))
    return fail_child (CPROC_CHILD (worker));

  cproc_worker_close_channel (worker);
  test_run_until_state (CPROC_CHILD (worker), CPROC_STATE_CLOSED);
  g_assert_true (disconnected);

  return TRUE;
}

/* A kill that reaches a grandchild, and one that has to insist. */
static gboolean
run_kill (CprocContainment   containment,
          GError           **error)
{
  g_autoptr(CprocCommand) command = test_command_new ("spawn-grandchild", "ignore-term", "stay",
                                                      NULL);
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(TestRecord) record = NULL;
  gint64 grandchild;
  gboolean killed;

  cproc_command_set_containment (command, containment);
  child = cproc_child_new_for_command (command);
  record = test_record_new (child);
  cproc_child_set_kill_grace (child, 10);
  if (!cproc_child_start (child, error))
    return fail_child (child);

  /* Where the supervisor is lost to us, all of it has been killed already. */
  while (record->lines[1]->len == 0 && cproc_child_get_state (child) != CPROC_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);
  if (record->lines[1]->len == 0)
    return TRUE;

  grandchild = test_await_grandchild (record);
  killed = cproc_child_send_signal (child, 0, error) && cproc_child_kill (child, error);
  if (!killed)
    {
      name_program (error);
      end_child (child);
    }
  test_run_until_state (child, CPROC_STATE_CLOSED);

  /* Where a signal has not been sent it may live. */
  inject_disarm ();
  if (test_process_lives (grandchild))
    kill ((pid_t) grandchild, SIGKILL);
  test_await_process_end (grandchild);

  return killed;
}

static gboolean
run_group (GError **error)
{
  return run_kill (CPROC_CONTAINMENT_GROUP, error);
}

static gboolean
run_tree (GError **error)
{
  return run_kill (CPROC_CONTAINMENT_TREE, error);
}

/* So many that the library polls them by itself. */
#define N_CHILDREN 6

static gboolean
run_many (GError **error)
{
  CprocChild *children[N_CHILDREN];
  gboolean started = TRUE;

  for (guint i = 0; i < N_CHILDREN; i++)
    {
      children[i] = test_child_new ("cat", NULL);
      started = started && cproc_child_start (children[i], error);
    }

  for (guint i = 0; i < N_CHILDREN; i++)
    {
      if (cproc_child_get_state (children[i]) != CPROC_STATE_NEW)
        {
          cproc_child_close_stdin (children[i]);
          test_run_until_state (children[i], CPROC_STATE_CLOSED);
        }
      g_object_unref (children[i]);
    }

  return started;
}

/* Types at a terminal, and ends the input there. */
static gboolean
run_terminal (GError **error)
{
  g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
  g_autoptr(TestRecord) record = test_record_new (child);

  cproc_command_set_terminal_flags (command, CPROC_TERMINAL_FLAGS_NO_ECHO);
  /* Where a supervisor is lost to us, all is killed; "tree" tries that. */
  cproc_command_set_containment (command, CPROC_CONTAINMENT_GROUP);
  if (!cproc_child_start (child, error))
    return fail_child (child);

  test_write (child, "there and back\n", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);

  return TRUE;
}

static const Scenario scenarios[] = {
  { "child", run_child },
  { "async", run_async },
  { "prepared", run_prepared },
  { "exec", run_exec },
  { "limited-exec", run_limited_exec },
  { "timed-exec", run_timed_exec },
  { "large-exec", run_large_exec, TRUE },
  { "worker", run_worker },
  { "group", run_group },
  { "tree", run_tree },
  { "many", run_many },
  { "terminal", run_terminal },
};

/* How each may fail, the most likely first; 0 ends. */
static const int errors[INJECT_N_CALLS][8] = {
  [INJECT_PIPE2] = { EMFILE, ENFILE, ENOMEM },
  [INJECT_SOCKETPAIR] = { EMFILE, ENFILE, ENOMEM, ENOBUFS },
  [INJECT_FCNTL_DUP] = { EMFILE, ENOMEM },
  [INJECT_FCNTL] = { EPERM, EBUSY, ENOMEM },
  [INJECT_OPEN] = { EMFILE, ENFILE, EACCES, ENOSPC, ENOMEM, ENXIO },
  [INJECT_READ] = { EINTR, EAGAIN },
  [INJECT_WRITEV] = { ENOMEM, EINTR, EAGAIN, ENOSPC },
  [INJECT_SEND] = { ENOBUFS, EINTR, EAGAIN, EPIPE, ECONNRESET, ENOMEM },
  [INJECT_SENDMSG] = { ENOBUFS, EINTR, EAGAIN, ENOMEM },
  [INJECT_RECVMSG] = { ENOMEM, EINTR, ECONNRESET },
  [INJECT_POLL] = { EINTR, ENOMEM },
  [INJECT_EPOLL_CREATE1] = { EMFILE, ENFILE, ENOMEM },
  [INJECT_EPOLL_CTL] = { ENOSPC, ENOMEM },
  [INJECT_EPOLL_WAIT] = { EINTR },
  [INJECT_EVENTFD] = { EMFILE, ENFILE, ENOMEM },
  [INJECT_GETSOCKOPT] = { ENOBUFS },
  [INJECT_IOCTL] = { ENOTTY, EINVAL },
  [INJECT_ACCESS] = { EACCES },
  [INJECT_KILL] = { EPERM, ESRCH },
  [INJECT_GETPGID] = { EPERM, ESRCH },
  [INJECT_GETSID] = { EPERM, ESRCH },
  [INJECT_MMAP] = { ENOMEM },
  [INJECT_MREMAP] = { ENOMEM },
  [INJECT_MADVISE] = { ENOMEM, EINVAL },
  [INJECT_PIDFD_OPEN] = { EMFILE, ENFILE, ENOMEM, ESRCH },
  [INJECT_PIDFD_SEND_SIGNAL] = { EPERM, EINVAL, ESRCH },
  [INJECT_WAITID] = { EINTR, ECHILD, EINVAL },
  [INJECT_POSIX_SPAWN] = { EAGAIN, ENOMEM },
  [INJECT_POSIX_OPENPT] = { ENOSPC, EMFILE, ENFILE, ENOENT, EACCES, ENOMEM },
  [INJECT_TCGETATTR] = { EIO },
  [INJECT_WRITE] = { EINTR, EAGAIN },
};

static gboolean
is_thorough (void)
{
  return g_strcmp0 (g_getenv ("CPROC_TEST_INJECT"), "all") == 0;
}

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (!is_named (error->message))
    g_error ("%s: the program is not named: %s", shot_name, error->message);
}

static void
assert_works (const Scenario *scenario)
{
  g_autoptr(GError) error = NULL;
  gboolean worked;

  alarm (WATCHDOG_SEC);
  worked = scenario->run (&error);
  if (!worked)
    g_error ("%s: afterwards: %s", shot_name, error->message);
}

/* FALSE where there are not so many calls. */
static gboolean
shoot (const Scenario *scenario,
       InjectCall      call,
       guint           number,
       int             error_number)
{
  g_autoptr(GError) error = NULL;
  guint n_fds = test_count_fds ();
  gboolean worked;
  guint n_failed;

  g_snprintf (shot_name, sizeof shot_name, "%s: %s %u: %s", scenario->name, inject_get_name (call),
              number, g_strerror (error_number));
  alarm (WATCHDOG_SEC);

  inject_arm (call, number, error_number, FALSE);
  worked = scenario->run (&error);
  n_failed = inject_disarm ();
  if (n_failed > 0)
    g_test_message ("%s: %s", shot_name, worked ? "works" : error->message);
  if (!worked && n_failed == 0)
    g_error ("%s: fails by itself: %s", shot_name, error->message);
  if (!worked)
    check_error (error);
  test_await_no_children ();
  test_await_fd_count (n_fds);
  if (n_failed > 0)
    assert_works (scenario);

  return n_failed > 0;
}

static void
test_scenario (gconstpointer data)
{
  const Scenario *scenario = data;
  const InjectCall n_calls = scenario->memory_only ? INJECT_MADVISE + 1 : INJECT_N_CALLS;
  const guint max_calls = is_thorough () ? MANY_CALLS : SOME_CALLS;
  guint n_shots = 0;

  g_snprintf (shot_name, sizeof shot_name, "%s: at first", scenario->name);
  assert_works (scenario);

  for (InjectCall call = scenario->memory_only ? INJECT_MMAP : 0; call < n_calls; call++)
    for (guint i = 0; errors[call][i] != 0 && (i == 0 || is_thorough ()); i++)
      {
        guint number = 1;

        while (number <= max_calls && shoot (scenario, call, number, errors[call][i]))
          number++;
        n_shots += number - 1;
      }

  alarm (0);
  g_test_message ("%u calls have failed", n_shots);
  g_assert_cmpuint (n_shots, >=, scenario->memory_only ? 1 : 10);
}

/* What the system says of terminals does not look like a missing program. */
static void
test_terminal_errors (void)
{
  static const struct
  {
    int error_number;
    GIOErrorEnum code;
  } cases[] = {
    { ENOSPC, G_IO_ERROR_NO_SPACE },       { EMFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES },
    { ENFILE, G_IO_ERROR_TOO_MANY_OPEN_FILES }, { ENOENT, G_IO_ERROR_NOT_SUPPORTED },
    { EACCES, G_IO_ERROR_NOT_SUPPORTED },  { EPERM, G_IO_ERROR_NOT_SUPPORTED },
    { ENXIO, G_IO_ERROR_NOT_SUPPORTED },   { EIO, G_IO_ERROR_NOT_SUPPORTED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("cat", NULL);
      g_autoptr(CprocChild) child = cproc_child_new_for_command (test_terminal_set (command));
      g_autoptr(GError) error = NULL;

      inject_arm (INJECT_POSIX_OPENPT, 1, cases[i].error_number, FALSE);
      g_assert_false (cproc_child_start (child, &error));
      g_assert_cmpuint (inject_disarm (), ==, 1);
      g_assert_error (error, G_IO_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (error->message, "terminal"));
      check_error (error);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  signal (SIGALRM, on_alarm);
  g_test_add_func ("/inject/terminal-errors", test_terminal_errors);
  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    {
      g_autofree char *path = g_strconcat ("/inject/", scenarios[i].name, NULL);

      g_test_add_data_func (path, &scenarios[i], test_scenario);
    }

  return g_test_run ();
}
