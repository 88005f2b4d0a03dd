/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-pidfd-private.h"

/* Whatever ends a child ends all that it has started, whatever these have done meanwhile: each
 * cause with each shape of a tree. Every process of a tree holds the writing end of one pipe, so
 * its end tells that there is none left. */

#define PIPE_FD 9
#define GRACE 50

typedef struct
{
  const char *name;
  const char *line; /* for sh; $C is tests/child */
  guint n_ready;    /* lines that say that all of it is there */
  CprocContainment containment; /* what it takes at least */
} Shape;

static const Shape shapes[] = {
  { "pipeline", "$C sleep-forever r | $C cat 0 9", 1, CPROC_CONTAINMENT_GROUP },
  { "background", "$C sleep-forever r >&9 & $C sleep-forever r >&9 & wait", 2,
    CPROC_CONTAINMENT_GROUP },
  { "double-fork", "($C sleep-forever r >&9 &); $C sleep-forever r >&9", 2,
    CPROC_CONTAINMENT_GROUP },
  { "ignore-term", "$C ignore-term >&9 & $C ignore-term >&9", 2, CPROC_CONTAINMENT_GROUP },
  { "session", "$C spawn-grandchild session wait >&9", 1, CPROC_CONTAINMENT_TREE },
  { "session-double-fork", "($C spawn-grandchild session wait >&9 &); $C sleep-forever r >&9", 2,
    CPROC_CONTAINMENT_TREE },
  { "bomb", "exec $C bomb 200 >&9", 1, CPROC_CONTAINMENT_TREE },
};

typedef struct
{
  CprocExec *exec;
  GCancellable *cancellable;
  GAsyncResult *result;
  int pipe_fd;
} Tree;

typedef struct
{
  const char *name;
  void (*bring_about) (Tree *self);
  void (*check) (Tree *self); /* when it has come to its end */
} Cause;

static char *program;

typedef struct
{
  const Cause *cause;
  const Shape *shape;
  CprocContainment containment;
} Case;

static void
by_kill (Tree *self)
{
  g_assert_true (cproc_child_kill (CPROC_CHILD (self->exec), NULL));
}

static void
by_force (Tree *self)
{
  g_assert_true (cproc_child_force_exit (CPROC_CHILD (self->exec), NULL));
}

static void
by_timeout (Tree *self)
{
  cproc_child_set_timeout (CPROC_CHILD (self->exec), 1);
}

static void
by_idle_timeout (Tree *self)
{
  cproc_child_set_idle_timeout (CPROC_CHILD (self->exec), 1);
}

/* Paused until now, it has written more than that already. */
static void
by_limit (Tree *self)
{
  cproc_exec_set_max_buffer (self->exec, 3);
  cproc_child_resume (CPROC_CHILD (self->exec), CPROC_STREAM_STDOUT);
}

static void
by_cancellation (Tree *self)
{
  g_cancellable_cancel (self->cancellable);
}

static void
by_drop (Tree *self)
{
  g_assert_finalize_object (g_steal_pointer (&self->exec));
}

static void
check_failure (Tree *self,
               int   code)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_exec_run_finish (self->exec, test_await (&self->result), &error));
  g_assert_error (error, CPROC_ERROR, code);
}

static void
check_signaled (Tree *self)
{
  check_failure (self, CPROC_ERROR_SIGNALED);
}

static void
check_timed_out (Tree *self)
{
  check_failure (self, CPROC_ERROR_TIMED_OUT);
}

static void
check_limit (Tree *self)
{
  check_failure (self, CPROC_ERROR_OUTPUT_LIMIT);
}

static void
check_cancelled (Tree *self)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_exec_run_finish (self->exec, test_await (&self->result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static const Cause causes[] = {
  { "kill", by_kill, check_signaled },
  { "force-exit", by_force, check_signaled },
  { "timeout", by_timeout, check_timed_out },
  { "idle-timeout", by_idle_timeout, check_timed_out },
  { "limit", by_limit, check_limit },
  { "cancellation", by_cancellation, check_cancelled },
  { "drop", by_drop, NULL },
};

static void
tree_start (Tree       *self,
            const Case *data)
{
  g_autofree char *line = g_strconcat ("echo text; ", data->shape->line, NULL);
  const char *argv[] = { "sh", "-c", line, NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  CprocChild *child;
  GInputStream *stream;

  cproc_command_set_environment_variable (command, "C", g_getenv ("CPROC_TEST_CHILD"));
  cproc_command_set_containment (command, data->containment);
  cproc_command_add_pipe (command, PIPE_FD, CPROC_PIPE_DIRECTION_READ);

  self->exec = cproc_exec_new_for_command (command);
  self->cancellable = g_cancellable_new ();
  child = CPROC_CHILD (self->exec);
  cproc_child_set_kill_grace (child, GRACE);
  /* What is held open by somebody who should be gone is to be seen. */
  cproc_child_set_drain_timeout (child, -1);

  if (data->cause->bring_about == by_limit)
    cproc_child_pause (child, CPROC_STREAM_STDOUT);
  if (data->cause->check != NULL)
    {
      cproc_exec_run_async (self->exec, self->cancellable, test_store_result, &self->result);
      test_run_until_state (child, CPROC_STATE_RUNNING);
    }
  else
    test_start (child);

  /* The stream ends with the child. */
  stream = g_io_stream_get_input_stream (cproc_child_get_pipe_stream (child, PIPE_FD));
  self->pipe_fd = dup (g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (stream)));
  g_assert_cmpint (self->pipe_fd, >=, 0);
}

/* Without the main loop. */
static void
tree_await_ready (Tree  *self,
                  guint  n_lines)
{
  struct pollfd pollfd = { self->pipe_fd, POLLIN, 0 };

  while (n_lines > 0)
    {
      char c;

      g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
      g_assert_cmpint (read (self->pipe_fd, &c, 1), ==, 1);
      n_lines -= c == '\n';
    }
}

/* Nobody writes any more, so what makes it readable is its end. */
static void
tree_await_end (Tree *self)
{
  struct pollfd pollfd = { self->pipe_fd, POLLIN, 0 };
  char c;

  while (poll (&pollfd, 1, 1) <= 0)
    g_main_context_iteration (NULL, FALSE);

  g_assert_cmpint (read (self->pipe_fd, &c, 1), ==, 0);
}

static void
tree_clear (Tree *self)
{
  close (self->pipe_fd);
  g_clear_object (&self->result);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->exec);
  test_await_no_children ();
}

static void
test_end (gconstpointer user_data)
{
  const Case *data = user_data;
  Tree tree = { .pipe_fd = -1 };

  tree_start (&tree, data);
  tree_await_ready (&tree, data->shape->n_ready);
  data->cause->bring_about (&tree);
  tree_await_end (&tree);
  if (data->cause->check != NULL)
    data->cause->check (&tree);
  tree_clear (&tree);
}

static guint64
find_number (const char *text,
             const char *name)
{
  const char *field = strstr (text, name);

  g_assert_nonnull (field);

  return g_ascii_strtoull (field + strlen (name), NULL, 10);
}

/* The parent of a tree stays as long as the tree does: it is to be no burden. */
static void
test_helper_is_small (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", "ready", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *status = NULL;
  g_autofree char *maps = NULL;
  const char *pid;

  /* With the C library of most systems in it, or with what counts lines, it is what that makes of
   * it. */
  if (g_strcmp0 (g_getenv ("CPROC_TEST_SMALL_HELPER"), "1") != 0)
    {
      g_test_skip ("The launch helper was built without musl");
      return;
    }

  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  test_start (child);
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);

  pid = g_subprocess_get_identifier (cproc_child_get_subprocess (child));
  g_assert_cmpint (g_ascii_strtoll (pid, NULL, 10), !=, cproc_child_get_pid (child));
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = g_strdup_printf ("/proc/%s/%s", pid, i == 0 ? "status" : "maps");

      g_assert_true (g_file_get_contents (path, i == 0 ? &status : &maps, NULL, NULL) || i == 1);
    }

  g_test_message ("%" G_GUINT64_FORMAT " KiB resident, %" G_GUINT64_FORMAT " its own",
                  find_number (status, "VmRSS:"), find_number (status, "RssAnon:"));
  g_assert_cmpuint (find_number (status, "VmRSS:"), <, 200);
  g_assert_cmpuint (find_number (status, "Threads:"), ==, 1);
  /* It allocates nothing, and needs no library. It is not dumpable, so that an ordinary user cannot
   * see this. */
  g_assert_true (maps != NULL || getuid () != 0);
  if (maps != NULL)
    {
      g_assert_null (strstr (maps, "[heap]"));
      g_assert_null (strstr (maps, ".so"));
    }

  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

/* This process, as main() has it, in another one: starts a child that is to survive it. */
static _Noreturn void
run_host (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", "ready", NULL);
  CprocChild *child = cproc_child_new_for_command (command);
  TestRecord *record = test_record_new (child);

  cproc_command_set_new_session (command, TRUE);
  test_start (child);
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_print ("%" G_GINT64_FORMAT "\n", cproc_child_get_pid (child));
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_new_session_survives_parent (void)
{
  const char *argv[] = { program, "--host", NULL };
  g_autoptr(CprocChild) host = cproc_child_new (argv);
  g_autoptr(TestRecord) record = test_record_new (host);
  struct pollfd pollfd = { -1, POLLIN, 0 };
  gint64 pid;

  test_start (host);
  pid = test_await_grandchild (record);
  pollfd.fd = cproc_pidfd_open ((pid_t) pid);
  g_assert_cmpint (pollfd.fd, >=, 0);
  g_assert_true (cproc_child_force_exit (host, NULL));
  test_run_until_state (host, CPROC_STATE_CLOSED);

  /* What the kernel would send it on its parent's death has been sent by now. */
  g_assert_cmpint (poll (&pollfd, 1, 20), ==, 0);
  g_assert_cmpint (kill ((pid_t) pid, SIGKILL), ==, 0);
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
  close (pollfd.fd);
}

static void
add_tests (CprocContainment  containment,
           const char       *name)
{
  for (guint c = 0; c < G_N_ELEMENTS (causes); c++)
    for (guint s = 0; s < G_N_ELEMENTS (shapes); s++)
      {
        g_autofree char *path = NULL;
        Case *data;

        if (shapes[s].containment == CPROC_CONTAINMENT_TREE &&
            containment != CPROC_CONTAINMENT_TREE)
          continue;

        path = g_strdup_printf ("/containment/%s/%s/%s", name, causes[c].name, shapes[s].name);
        data = g_new (Case, 1);
        *data = (Case) { &causes[c], &shapes[s], containment };
        g_test_add_data_func_full (path, data, test_end, g_free);
      }
}

static void
test_no_pidfds (void)
{
  test_skip_without_pidfds ();
}

int
main (int    argc,
      char **argv)
{
  int pidfd;

  if (argc == 2 && g_str_equal (argv[1], "--host"))
    run_host ();

  g_test_init (&argc, &argv, NULL);
  program = argv[0];

  pidfd = cproc_pidfd_open (getpid ());
  if (pidfd < 0)
    {
      g_test_add_func ("/containment/no-pidfds", test_no_pidfds);
      return g_test_run ();
    }

  close (pidfd);
  add_tests (CPROC_CONTAINMENT_AUTO, "auto");
  add_tests (CPROC_CONTAINMENT_GROUP, "group");
  add_tests (CPROC_CONTAINMENT_TREE, "tree");
  g_test_add_func ("/containment/helper-is-small", test_helper_is_small);
  g_test_add_func ("/containment/new-session-survives-parent", test_new_session_survives_parent);

  return g_test_run ();
}
