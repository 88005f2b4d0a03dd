/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child-util.h"
#include "shared-program.h"

/* The system has no more of what a start needs. Every one is an error, nothing is left behind, and
 * when the shortage is over the same object works. */

/* More than any start opens at a time. */
#define MANY 40

/* Of the descriptors that a process may have; low, so that few have to be taken. */
#define LIMIT 128

static GArray *taken;
static struct rlimit saved_limit;

static void
take_all_fds (void)
{
  struct rlimit limit;
  int fd;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved_limit), ==, 0);
  limit = saved_limit;
  limit.rlim_cur = LIMIT;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);

  taken = g_array_new (FALSE, FALSE, sizeof (int));
  while ((fd = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0)
    g_array_append_val (taken, fd);
}

/* Without a descriptor to look at them with. */
static guint
count_fds (void)
{
  guint n = 0;

  for (int fd = 0; fd < LIMIT; fd++)
    n += fcntl (fd, F_GETFD) >= 0;

  return n;
}

static void
await_fd_count (guint n_fds)
{
  while (count_fds () > n_fds)
    g_usleep (500);
}

static void
give_back (guint n)
{
  while (n-- > 0 && taken->len > 0)
    {
      close (g_array_index (taken, int, taken->len - 1));
      g_array_set_size (taken, taken->len - 1);
    }
}

static void
give_all_back (void)
{
  give_back (G_MAXUINT);
  g_clear_pointer (&taken, g_array_unref);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved_limit), ==, 0);
}

/* What is started, in every way that differs in what it opens. */
typedef enum
{
  WITH_START,
  WITH_START_ASYNC,
  WITH_RUN,
  WITH_RUN_ASYNC,
} How;

typedef struct
{
  const char *name;
  GType (*type) (void);
  How how;
  CprocContainment containment;
  gboolean with_everything;
} Scenario;

static const Scenario scenarios[] = {
  { "bare", cproc_child_get_type, WITH_START, CPROC_CONTAINMENT_NONE, FALSE },
  { "child", cproc_child_get_type, WITH_START, CPROC_CONTAINMENT_GROUP, FALSE },
  { "child-async", cproc_child_get_type, WITH_START_ASYNC, CPROC_CONTAINMENT_GROUP, FALSE },
  { "everything", cproc_child_get_type, WITH_START, CPROC_CONTAINMENT_GROUP, TRUE },
  { "tree", cproc_child_get_type, WITH_START, CPROC_CONTAINMENT_TREE, FALSE },
  { "tree-async", cproc_child_get_type, WITH_START_ASYNC, CPROC_CONTAINMENT_TREE, TRUE },
  { "exec", cproc_exec_get_type, WITH_RUN, CPROC_CONTAINMENT_GROUP, FALSE },
  { "exec-bare", cproc_exec_get_type, WITH_RUN, CPROC_CONTAINMENT_NONE, FALSE },
  { "exec-async", cproc_exec_get_type, WITH_RUN_ASYNC, CPROC_CONTAINMENT_GROUP, FALSE },
  { "worker", cproc_worker_get_type, WITH_START, CPROC_CONTAINMENT_GROUP, FALSE },
  { "worker-async", cproc_worker_get_type, WITH_START_ASYNC, CPROC_CONTAINMENT_TREE, FALSE },
};

static gboolean
is_async (const Scenario *scenario)
{
  return scenario->how == WITH_START_ASYNC || scenario->how == WITH_RUN_ASYNC;
}

/* The first GTask of a process makes a thread and main contexts, and ends the process where there
 * can be none. That is GLib's affair. */
static void
prepare_tasks (void)
{
  g_main_context_default ();
  g_type_ensure (G_TYPE_TASK);
}

static CprocChild *
child_new (const Scenario *scenario)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", "0", NULL);

  cproc_command_set_containment (command, scenario->containment);
  if (scenario->with_everything)
    {
      cproc_command_set_cwd (command, "/");
      cproc_command_set_die_with_parent (command, TRUE);
      cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_BOTH);
      cproc_command_add_pipe (command, 5, CPROC_PIPE_DIRECTION_READ);
      cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
      cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
      g_assert_true (cproc_command_pass_fd (command, STDERR_FILENO, 6, NULL));
    }

  return g_object_new (scenario->type (), "command", command, NULL);
}

static gboolean
await_start (CprocChild  *child,
             GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  cproc_child_start_async (child, NULL, test_store_result, &result);

  return cproc_child_start_finish (child, test_await (&result), error);
}

static gboolean
await_run (CprocExec  *exec,
           GError    **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  cproc_exec_run_async (exec, NULL, test_store_result, &result);

  return cproc_exec_run_finish (exec, test_await (&result), error);
}

/* TRUE when it has run, from its start to its end. */
static gboolean
run_child (CprocChild  *child,
           How          how,
           GError     **error)
{
  switch (how)
    {
    case WITH_START:
      if (!cproc_child_start (child, error))
        return FALSE;
      break;
    case WITH_START_ASYNC:
      if (!await_start (child, error))
        return FALSE;
      break;
    case WITH_RUN:
      return cproc_exec_run (CPROC_EXEC (child), NULL, error);
    case WITH_RUN_ASYNC:
      return await_run (CPROC_EXEC (child), error);
    default:
      g_assert_not_reached ();
    }

  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);

  return TRUE;
}

static void
assert_runs (CprocChild *child,
             How         how)
{
  g_autoptr(GError) error = NULL;
  gboolean ran = run_child (child, how, &error);

  g_assert_no_error (error);
  g_assert_true (ran);
}

/* With this many descriptors left: TRUE when that is enough. n_kept: what the library may keep for
 * ever where this is the process's first start. */
static gboolean
run_with (const Scenario *scenario,
          guint           n_left,
          guint           n_kept)
{
  g_autoptr(CprocChild) child = child_new (scenario);
  g_autoptr(GError) error = NULL;
  guint n_fds;
  gboolean ran;

  take_all_fds ();
  give_back (n_left);
  n_fds = count_fds ();
  ran = run_child (child, scenario->how, &error);
  if (!ran)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
      await_fd_count (n_fds + n_kept);
      test_await_no_children ();
    }
  give_all_back ();

  if (!ran)
    assert_runs (child, scenario->how);

  return ran;
}

static void
test_descriptors (gconstpointer data)
{
  const Scenario *scenario = data;
  g_autoptr(CprocChild) first = child_new (scenario);
  guint n_fds;

  if (test_skip_on_valgrind ())
    return;

  /* What the library and GLib keep once they have it is not what this is about. */
  assert_runs (first, scenario->how);
  test_await_no_children ();
  g_clear_object (&first);
  n_fds = test_count_fds ();

  g_assert_false (run_with (scenario, 0, 0));
  for (guint n_left = 1; n_left < MANY; n_left++)
    run_with (scenario, n_left, 0);
  g_assert_true (run_with (scenario, MANY, 0));

  test_await_no_children ();
  test_await_fd_count (n_fds);
}

/* The first start of a process: the threads that it makes have descriptors of their own. */
static void
test_descriptors_first (gconstpointer data)
{
  const Scenario *scenario = data;

  if (test_skip_on_valgrind ())
    return;

  if (g_test_subprocess ())
    {
      if (is_async (scenario))
        prepare_tasks ();
      run_with (scenario, atoi (g_getenv ("CPROC_TEST_N")), 3);
      return;
    }

  /* The threads' come first, and the rest is as it is later. */
  for (guint n_left = 0; n_left < MANY; n_left += n_left < 8 ? 1 : 8)
    {
      g_autofree char *number = g_strdup_printf ("%u", n_left);

      g_setenv ("CPROC_TEST_N", number, TRUE);
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
    }
}

/* What runs goes on: the descriptors may go after the start. */
static void
test_descriptors_after_start (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  test_start (child);
  take_all_fds ();
  test_write (child, "still here\n", -1);
  test_run_until_length (record->text[CPROC_STREAM_STDOUT], 11);
  g_assert_true (cproc_child_send_signal (child, 0, &error));
  g_assert_no_error (error);
  g_assert_true (cproc_child_kill (child, &error));
  g_assert_no_error (error);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  give_all_back ();

  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGTERM);
}

/* A synchronous wait needs a descriptor of its own, and GLib ends the program where it has none. */
static void
test_descriptors_wait (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GError) error = NULL;

  test_start (child);
  take_all_fds ();
  g_assert_false (cproc_child_wait (child, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_clear_error (&error);
  g_assert_false (cproc_child_wait_check (child, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_clear_error (&error);
  give_all_back ();

  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_wait_check (child, NULL, &error));
  g_assert_no_error (error);
}

/* Many children at once, until no more can be started. Those that run are not harmed. */
static void
test_descriptors_many (void)
{
  g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GError) error = NULL;
  struct rlimit limit;

  if (test_skip_on_valgrind ())
    return;

  getrlimit (RLIMIT_NOFILE, &saved_limit);
  limit = saved_limit;
  limit.rlim_cur = LIMIT;
  setrlimit (RLIMIT_NOFILE, &limit);
  for (;;)
    {
      g_autoptr(CprocChild) child = test_child_new ("cat", NULL);

      if (!cproc_child_start (child, &error))
        break;
      g_ptr_array_add (children, g_steal_pointer (&child));
    }
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_cmpuint (children->len, >=, 10);

  for (guint i = 0; i < children->len; i++)
    cproc_child_close_stdin (children->pdata[i]);
  for (guint i = 0; i < children->len; i++)
    {
      test_run_until_state (children->pdata[i], CPROC_STATE_CLOSED);
      g_assert_cmpint (cproc_child_get_exit_code (children->pdata[i]), ==, 0);
    }
  setrlimit (RLIMIT_NOFILE, &saved_limit);
}

/* As a user who may have only so many processes, threads included; reports how it went. */
static int
run_with_processes (const char *scenario_name,
                    guint       n_left)
{
  const Scenario *scenario = NULL;
  uid_t user = 100000 + (uid_t) getpid ();
  struct rlimit limit;
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(GError) error = NULL;
  gboolean ran;

  /* A user of its own, so that nobody else's processes count. */
  if (geteuid () == 0 && setresuid (user, user, user) != 0)
    return 77;
  if (access (g_getenv ("CPROC_TEST_CHILD"), X_OK) != 0 ||
      access (g_getenv ("CPROC_LAUNCH_HELPER"), X_OK) != 0)
    return 77;

  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    if (g_str_equal (scenarios[i].name, scenario_name))
      scenario = &scenarios[i];
  g_assert_nonnull (scenario);
  child = child_new (scenario);

  if (is_async (scenario))
    prepare_tasks ();

  g_assert_cmpint (getrlimit (RLIMIT_NPROC, &saved_limit), ==, 0);
  limit = saved_limit;
  limit.rlim_cur = n_left;
  g_assert_cmpint (setrlimit (RLIMIT_NPROC, &limit), ==, 0);
  ran = run_child (child, scenario->how, &error);
  if (!ran)
    {
      g_printerr ("%s\n", error->message);
      g_assert_true (g_error_matches (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FORK) ||
                     g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY));
      g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
      test_await_no_children ();
    }
  g_assert_cmpint (setrlimit (RLIMIT_NPROC, &saved_limit), ==, 0);
  if (!ran)
    assert_runs (child, scenario->how);
  test_await_no_children ();

  return ran ? 0 : 1;
}

/* The main loop's own thread is one, GLib's and the library's may be two, the helper and its
 * program another two. */
#define MANY_PROCESSES 8

static void
test_processes (gconstpointer data)
{
  const Scenario *scenario = data;
  g_autoptr(TestSharedProgram) program = test_shared_program_new ("/proc/self/exe");
  g_autoptr(TestSharedProgram) child = test_shared_program_new (g_getenv ("CPROC_TEST_CHILD"));
  g_autoptr(TestSharedProgram) helper = test_shared_program_new (g_getenv ("CPROC_LAUNCH_HELPER"));
  g_auto(GStrv) environment = g_get_environ ();
  gboolean enough = FALSE;

  environment = g_environ_setenv (environment, "CPROC_TEST_CHILD", child->path, TRUE);
  environment = g_environ_setenv (environment, "CPROC_LAUNCH_HELPER", helper->path, TRUE);

  /* Where other processes of the same user come and go nothing can be foretold but this. */
  for (guint n_left = 1; n_left <= (geteuid () == 0 ? MANY_PROCESSES : 1); n_left++)
    {
      g_autofree char *number = g_strdup_printf ("%u", n_left);
      const char *argv[] = { program->path, "--processes", scenario->name, number, NULL };
      g_autoptr(GError) error = NULL;
      g_autofree char *output = NULL;
      int status;

      g_spawn_sync ("/", (char **) argv, environment,
                    G_SPAWN_LEAVE_DESCRIPTORS_OPEN | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                    &output, &status, &error);
      g_assert_no_error (error);
      if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
        {
          g_test_skip ("the program cannot be run as another user");
          return;
        }

      if (!WIFEXITED (status) || WEXITSTATUS (status) > 1)
        g_error ("with %u processes: status %#x: %s", n_left, (unsigned) status, output);
      if (n_left == 1)
        g_assert_cmpint (WEXITSTATUS (status), ==, 1);
      enough = WEXITSTATUS (status) == 0;
    }

  if (geteuid () == 0)
    g_assert_true (enough);
}

/* A full disk is the child's to notice, and ours to hear of. */
static void
test_full_disk (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("write", "1", "10", NULL);
  g_autoptr(CprocExec) exec = NULL;
  g_autoptr(GError) error = NULL;

  if (access ("/dev/full", W_OK) != 0)
    {
      g_test_skip ("there is no /dev/full");
      return;
    }

  cproc_command_set_stdio_file (command, STDOUT_FILENO, "/dev/full", CPROC_FILE_FLAGS_WRITE);
  exec = cproc_exec_new_for_command (command);
  g_assert_false (cproc_exec_run (exec, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_EXITED);
  g_assert_cmpint (cproc_child_get_exit_code (CPROC_CHILD (exec)), ==, 74);
}

/* A child's own limits are its own shortage. */
static void
test_childs_limits (void)
{
  g_autofree char *dir = g_dir_make_tmp ("cproc-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "file", NULL);
  g_autoptr(CprocCommand) large = test_command_new ("write", "1", "100000", NULL);
  g_autoptr(CprocCommand) fat = test_command_new ("burn", "0", "200000", NULL);
  g_autoptr(CprocCommand) busy = test_command_new ("burn", "60000", "0", NULL);
  g_autoptr(CprocChild) child = NULL;

  cproc_command_set_stdio_file (large, STDOUT_FILENO, path, CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_resource_limit (large, CPROC_RESOURCE_FSIZE, 5000, 5000);
  cproc_command_set_resource_limit (large, CPROC_RESOURCE_CORE, 0, 0);
  child = cproc_child_new_for_command (large);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGXFSZ);
  g_clear_object (&child);

  cproc_command_set_resource_limit (fat, CPROC_RESOURCE_AS, 50000 * 1024, 50000 * 1024);
  child = cproc_child_new_for_command (fat);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 71);
  g_clear_object (&child);

  cproc_command_set_resource_limit (busy, CPROC_RESOURCE_CPU, 1, 2);
  cproc_command_set_resource_limit (busy, CPROC_RESOURCE_CORE, 0, 0);
  child = cproc_child_new_for_command (busy);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGXCPU);

  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (rmdir (dir), ==, 0);
}

static void
add_test (const char     *name,
          const Scenario *scenario,
          GTestDataFunc   func)
{
  g_autofree char *path = g_strdup_printf ("/shortage/%s/%s", name, scenario->name);

  g_test_add_data_func (path, scenario, func);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--processes"))
    return run_with_processes (argv[2], (guint) atoi (argv[3]));

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    {
      add_test ("descriptors", &scenarios[i], test_descriptors);
      add_test ("descriptors-first", &scenarios[i], test_descriptors_first);
      add_test ("processes", &scenarios[i], test_processes);
    }
  g_test_add_func ("/shortage/descriptors-after-start", test_descriptors_after_start);
  g_test_add_func ("/shortage/descriptors-wait", test_descriptors_wait);
  g_test_add_func ("/shortage/descriptors-many", test_descriptors_many);
  g_test_add_func ("/shortage/full-disk", test_full_disk);
  g_test_add_func ("/shortage/childs-limits", test_childs_limits);

  return g_test_run ();
}
