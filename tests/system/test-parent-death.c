/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A parent that is killed takes its children with it where that was asked for, whichever thread
 * started them and whether or not that has ended since. The parent is this program once more, as
 * --host CONTAINMENT WAY FLAGS. */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "census.h"
#include "child-util.h"
#include "cproc-pidfd-private.h"

/* How the host starts its child. */
typedef enum
{
  WAY_START,
  WAY_ASYNC,
  WAY_THREAD,       /* that has ended */
  WAY_ASYNC_THREAD, /* whose main context has gone with it */
  WAY_RUN,          /* in a thread that waits for it */
  WAY_WORKER,       /* of a thread that has ended */
  N_WAYS
} Way;

static const char *const way_names[N_WAYS] = {
  "start", "start-async", "thread", "async-thread", "run", "worker",
};

static const char *const containment_names[] = { "auto", "none", "group", "tree" };

typedef struct
{
  CprocContainment containment;
  Way way;
} Case;

static char *program;

typedef struct
{
  const Case *test_case;
  CprocChild *child;
  int tid;
} Starter;

static CprocChild *
make_child (const Case *self)
{
  static const char *const args[] = { "spawn-grandchild", "session", "cat", NULL };
  g_autoptr(CprocCommand) command = test_command_new (args[0], args[1], args[2], NULL);

  cproc_command_set_containment (command, self->containment);
  cproc_command_set_die_with_parent (command, g_getenv ("CPROC_TEST_LIVES_ON") == NULL);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_INHERIT);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_INHERIT);

  if (self->way == WAY_RUN)
    return CPROC_CHILD (cproc_exec_new_for_command (command));
  if (self->way == WAY_WORKER)
    return CPROC_CHILD (cproc_worker_new_for_command (command));

  return cproc_child_new_for_command (command);
}

static void
start_async (CprocChild *child)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GAsyncResult) result = NULL;

  g_main_context_push_thread_default (context);
  cproc_child_start_async (child, NULL, test_store_result, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_assert_true (cproc_child_start_finish (child, result, NULL));
  g_main_context_pop_thread_default (context);
}

static gpointer
start_in_thread (gpointer user_data)
{
  Starter *self = user_data;

  self->tid = (int) syscall (SYS_gettid);
  if (self->test_case->way == WAY_ASYNC_THREAD)
    start_async (self->child);
  else if (self->test_case->way == WAY_RUN)
    cproc_exec_run (CPROC_EXEC (self->child), NULL, NULL);
  else
    test_start (self->child);

  return NULL;
}

/* The child's line is its own to write; what it says of its starter's end comes after that. */
static _Noreturn void
run_host (const Case *self)
{
  Starter starter = { self, make_child (self), 0 };
  g_autoptr(GThread) thread = NULL;

  if (self->way == WAY_START)
    test_start (starter.child);
  else if (self->way == WAY_ASYNC)
    start_async (starter.child);
  else
    thread = g_thread_new ("starter", start_in_thread, &starter);

  if (thread != NULL && self->way != WAY_RUN)
    {
      g_thread_join (g_steal_pointer (&thread));
      /* The kernel signals as the thread goes, which may be a moment later. */
      while (syscall (SYS_tgkill, getpid (), starter.tid, 0) == 0)
        g_usleep (100);
    }

  while (cproc_child_get_pid (starter.child) == 0)
    g_usleep (100);
  g_printerr ("%" G_GINT64_FORMAT "\n", cproc_child_get_pid (starter.child));
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static GSubprocess *
start_host (const char *containment,
            const char *way,
            gboolean    lives_on)
{
  g_autoptr(GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                               G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr(GError) error = NULL;
  GSubprocess *host;

  if (lives_on)
    g_subprocess_launcher_setenv (launcher, "CPROC_TEST_LIVES_ON", "1", TRUE);
  host = g_subprocess_launcher_spawn (launcher, &error, program, "--host", containment, way, NULL);
  g_assert_no_error (error);

  return host;
}

static char *
read_line (GInputStream *stream)
{
  GString *line = g_string_new (NULL);
  char c;

  while (g_input_stream_read (stream, &c, 1, NULL, NULL) == 1 && c != '\n')
    g_string_append_c (line, c);

  return g_string_free (line, FALSE);
}

static int
read_pidfd (GInputStream *stream)
{
  g_autofree char *line = read_line (stream);
  int pid = atoi (line);
  int pidfd = cproc_pidfd_open (pid);

  g_assert_cmpint (pid, >, 1);
  g_assert_cmpint (pidfd, >=, 0);

  return pidfd;
}

static gboolean
is_alive (int pidfd)
{
  return poll (&(struct pollfd) { pidfd, POLLIN, 0 }, 1, 0) == 0;
}

static void
await_end_of (int pidfd)
{
  while (poll (&(struct pollfd) { pidfd, POLLIN, 0 }, 1, -1) < 0 && errno == EINTR)
    ;
  close (pidfd);
}

static gboolean
have_pidfds (void)
{
  int pidfd = cproc_pidfd_open (getpid ());

  return pidfd >= 0 && close (pidfd) == 0;
}

typedef struct
{
  GSubprocess *host;
  int child; /* pidfds */
  int grandchild;
} Family;

/* With a child that answers: one that is to be killed does not come to do so. */
static void
start_family (Family     *self,
              const Case *test_case,
              gboolean    lives_on)
{
  GInputStream *output;
  g_autofree char *answer = NULL;

  self->host = start_host (containment_names[test_case->containment], way_names[test_case->way],
                           lives_on);
  output = g_subprocess_get_stdout_pipe (self->host);
  self->grandchild = read_pidfd (output);
  self->child = read_pidfd (g_subprocess_get_stderr_pipe (self->host));

  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->host), "alive\n", 6,
                                            NULL, NULL, NULL));
  answer = read_line (output);
  g_assert_cmpstr (answer, ==, "alive");
}

static void
kill_host (Family *self)
{
  g_subprocess_force_exit (self->host);
  g_subprocess_wait (self->host, NULL, NULL);
}

static void
end_family (Family           *self,
            CprocContainment  containment)
{
  /* A session of its own is out of reach of all but a tree. */
  if (containment != CPROC_CONTAINMENT_TREE)
    cproc_pidfd_signal (self->grandchild, SIGKILL);
  await_end_of (self->grandchild);
  g_object_unref (self->host);
}

static void
test_dies (gconstpointer data)
{
  const Case *test_case = data;
  Family family;

  start_family (&family, test_case, FALSE);
  kill_host (&family);
  await_end_of (family.child);
  end_family (&family, test_case->containment);
}

/* Who did not ask for it has a child that goes on, as long as it has its input at least. */
static void
test_lives_on (void)
{
  Case test_case = { CPROC_CONTAINMENT_GROUP, WAY_START };
  g_autofree char *answer = NULL;
  Family family;

  start_family (&family, &test_case, TRUE);
  kill_host (&family);
  g_assert_true (is_alive (family.child));
  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (family.host), "still\n", 6,
                                            NULL, NULL, NULL));
  answer = read_line (g_subprocess_get_stdout_pipe (family.host));
  g_assert_cmpstr (answer, ==, "still");
  cproc_pidfd_signal (family.child, SIGKILL);
  await_end_of (family.child);
  end_family (&family, test_case.containment);
}

/* … but in a tree nothing does, asked or not. */
static void
test_tree_unasked (void)
{
  Case test_case = { CPROC_CONTAINMENT_TREE, WAY_ASYNC_THREAD };
  Family family;

  start_family (&family, &test_case, TRUE);
  kill_host (&family);
  await_end_of (family.child);
  end_family (&family, test_case.containment);
}

/* Starts one after the other until it is killed in the middle of it. All of them have a pipe. */
static _Noreturn void
run_busy_host (CprocContainment containment)
{
  for (guint i = 0;; i++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("spawn-grandchild", "double", "wait",
                                                          NULL);
      CprocChild *child;

      cproc_command_set_containment (command, containment);
      cproc_command_set_die_with_parent (command, TRUE);
      if (containment != CPROC_CONTAINMENT_TREE)
        cproc_command_set_argv (command, (const char *[]) { g_getenv ("CPROC_TEST_CHILD"),
                                                            "sleep-forever", NULL });
      cproc_command_set_stdio_file (command, STDIN_FILENO, "/dev/null", CPROC_FILE_FLAGS_READ);
      cproc_command_set_stdout_mode (command, CPROC_STDIO_INHERIT);
      child = cproc_child_new_for_command (command);
      if (i % 2 == 0)
        test_start (child);
      else
        cproc_child_start_async (child, NULL, NULL, NULL);
      if (i == 0)
        g_printerr ("ready\n");
      g_main_context_iteration (NULL, FALSE);
      /* No more than that; but the ends of these are looked for all the time. */
      if (i > 20)
        g_main_context_iteration (NULL, TRUE);
    }
}

static void
test_dies_in_start (gconstpointer data)
{
  CprocContainment containment = GPOINTER_TO_UINT (data);
  guint n = census_is_long () ? 500 : 15;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GSubprocess) host = start_host (containment_names[containment], "busy", FALSE);
      g_autofree char *word = read_line (g_subprocess_get_stderr_pipe (host));
      char buffer[4096];
      gssize length;

      g_assert_cmpstr (word, ==, "ready");
      g_usleep ((gulong) g_test_rand_int_range (0, 12000));
      g_subprocess_force_exit (host);

      /* Its end comes with that of the last of them. */
      while ((length = g_input_stream_read (g_subprocess_get_stdout_pipe (host), buffer,
                                            sizeof buffer, NULL, NULL)) > 0)
        ;
      g_assert_cmpint (length, ==, 0);
      g_subprocess_wait (host, NULL, NULL);
    }
}

/* The worker is not tied to its parent, but hears of its end; it tells by the stream that it has
 * from it. */
static _Noreturn void
run_worker_host (void)
{
  const char *args[] = { "last-words", NULL };
  CprocWorker *worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
  Case test_case = { CPROC_CONTAINMENT_AUTO, WAY_THREAD };
  Starter starter = { &test_case, CPROC_CHILD (worker), 0 };

  g_thread_join (g_thread_new ("starter", start_in_thread, &starter));
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_worker_hears (void)
{
  g_autoptr(GSubprocess) host = start_host ("auto", "worker-host", FALSE);
  GInputStream *output = g_subprocess_get_stdout_pipe (host);
  g_autofree char *first = read_line (output);
  g_autofree char *last = NULL;
  g_autofree char *nothing = NULL;

  g_assert_cmpstr (first, ==, "here");
  g_subprocess_force_exit (host);
  last = read_line (output);
  g_assert_cmpstr (last, ==, "disconnected");
  nothing = read_line (output);
  g_assert_cmpstr (nothing, ==, "");
  g_subprocess_wait (host, NULL, NULL);
}

static guint
find_name (const char * const *names,
           guint               n_names,
           const char         *name)
{
  for (guint i = 0; i < n_names; i++)
    if (g_str_equal (names[i], name))
      return i;

  g_assert_not_reached ();
}

static _Noreturn void
be_host (const char *containment,
         const char *way)
{
  Case test_case = {
    .containment = find_name (containment_names, G_N_ELEMENTS (containment_names), containment),
  };

  if (g_str_equal (way, "busy"))
    run_busy_host (test_case.containment);
  if (g_str_equal (way, "worker-host"))
    run_worker_host ();

  test_case.way = find_name (way_names, N_WAYS, way);
  run_host (&test_case);
}

static void
add_case (CprocContainment containment,
          Way              way)
{
  g_autofree char *path = g_strdup_printf ("/parent-death/%s/%s", containment_names[containment],
                                           way_names[way]);
  Case *test_case = g_new0 (Case, 1);

  test_case->containment = containment;
  test_case->way = way;
  g_test_add_data_func_full (path, test_case, test_dies, g_free);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--host"))
    be_host (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);
  program = argv[0];

  g_test_add_func ("/parent-death/worker-hears", test_worker_hears);

  /* valgrind 3.19 does not know these, and nobody's child is not seen to end otherwise. */
  if (!have_pidfds ())
    return g_test_run ();

  for (CprocContainment containment = CPROC_CONTAINMENT_NONE;
       containment <= CPROC_CONTAINMENT_TREE; containment++)
    {
      g_autofree char *path = g_strdup_printf ("/parent-death/%s/in-start",
                                               containment_names[containment]);

      for (Way way = 0; way < N_WAYS; way++)
        add_case (containment, way);
      g_test_add_data_func (path, GUINT_TO_POINTER (containment), test_dies_in_start);
    }
  g_test_add_func ("/parent-death/lives-on", test_lives_on);
  g_test_add_func ("/parent-death/tree-unasked", test_tree_unasked);

  return g_test_run ();
}
