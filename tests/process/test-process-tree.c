/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-child-private.h"
#include "cproc-exit-watch-private.h"
#include "cproc-launch-private.h"

/* Longer than any test may take. */
#define FOR_EVER (3600 * 1000)

typedef struct
{
  CprocChild *child;
  GInputStream *output;
  int descendant; /* a pidfd */
  gboolean told;
  CprocExitStatus end;
} Fixture;

static char *program;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  self->descendant = -1;
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_clear_object (&self->output);
  g_clear_object (&self->child);
  if (self->descendant >= 0)
    close (self->descendant);
}

static CprocCommand *
command_new (const char *line)
{
  g_auto (GStrv) args = g_strsplit (line, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  CprocCommand *command;
  int i;

  g_ptr_array_add (argv, (gpointer) g_getenv ("CPROC_TEST_CHILD"));
  for (i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, args[i]);
  g_ptr_array_add (argv, NULL);

  command = cproc_command_new ((const char *const *) argv->pdata);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);

  return command;
}

static int
open_pidfd (int pid)
{
  int pidfd = cproc_pidfd_open (pid);

  g_assert_cmpint (pid, >, 0);
  g_assert_cmpint (pidfd, >=, 0);

  return pidfd;
}

/* valgrind 3.19 does not know these, and what is not our child is not seen to end otherwise. */
static gboolean
have_pidfds (void)
{
  int pidfd = cproc_pidfd_open (getpid ());

  return pidfd >= 0 && close (pidfd) == 0;
}

static gboolean
is_alive (int pidfd)
{
  struct pollfd fd = { pidfd, POLLIN, 0 };

  return poll (&fd, 1, 0) == 0;
}

/* Only the helper can wait for a descendant of the child. */
static void
await_end_of (int pidfd)
{
  struct pollfd fd = { pidfd, POLLIN, 0 };

  while (poll (&fd, 1, -1) < 0 && errno == EINTR)
    ;
}

static char *
read_line (GInputStream *stream)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char c;

  while (g_input_stream_read (stream, &c, 1, NULL, NULL) == 1 && c != '\n')
    g_string_append_c (line, c);

  return g_string_free (g_steal_pointer (&line), FALSE);
}

/* What it says first is read before the main loop has run. */
static char *
start_and_read (Fixture    *self,
                const char *line)
{
  g_autoptr (CprocCommand) command = command_new (line);
  g_autoptr (GError) error = NULL;

  self->child = cproc_child_new_for_command (command);
  self->output = g_object_ref (cproc_child_take_stdout_stream (self->child));
  cproc_child_start (self->child, &error);
  g_assert_no_error (error);

  return read_line (self->output);
}

static void
start (Fixture    *self,
       const char *line,
       const char *word)
{
  g_autofree char *first = start_and_read (self, line);

  g_assert_cmpstr (first, ==, word);
}

static void
start_with_descendant (Fixture    *self,
                       const char *line)
{
  g_autofree char *word = start_and_read (self, line);

  self->descendant = open_pidfd (atoi (word));
}

static void
run_until_exited (Fixture *self)
{
  test_run_until_state (self->child, CPROC_STATE_EXITED);
}

static void
assert_kills (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  cproc_child_kill (self->child, &error);
  g_assert_no_error (error);
}

static void
assert_not_running (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (cproc_child_send_signal (self->child, 0, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
}

/* The helper ends as the program did, and only when nothing is left. */
static GSubprocess *
await_helper (Fixture *self)
{
  GSubprocess *helper = cproc_child_get_subprocess (self->child);

  g_subprocess_wait (helper, NULL, NULL);

  return helper;
}

static void
test_exit_code (Fixture       *self,
                gconstpointer  data)
{
  start (self, "exit 7", "");
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_exit_code (self->child), ==, 7);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), ==, 0);
  assert_not_running (self);
  g_assert_cmpint (g_subprocess_get_exit_status (await_helper (self)), ==, 7);
}

static void
test_term_signal (Fixture       *self,
                  gconstpointer  data)
{
  static const int signals[] = { SIGKILL, SIGUSR1, SIGSEGV, SIGTERM, SIGPIPE };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autofree char *line = g_strdup_printf ("signal %d", signals[i]);
      GSubprocess *helper;

      start (self, line, "");
      run_until_exited (self);
      g_assert_cmpint (cproc_child_get_exit_code (self->child), ==, -1);
      g_assert_cmpint (cproc_child_get_term_signal (self->child), ==, signals[i]);
      helper = await_helper (self);
      g_assert_true (g_subprocess_get_if_signaled (helper));
      g_assert_cmpint (g_subprocess_get_term_sig (helper), ==, signals[i]);
      tear_down (self, NULL);
    }
}

/* The helper inherits it, and is to know the status all the same. */
static void
test_sigchld_ignored (Fixture       *self,
                      gconstpointer  data)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sigaction old_action;

  sigaction (SIGCHLD, &ignore, &old_action);
  start (self, "exit 7", "");
  run_until_exited (self);
  sigaction (SIGCHLD, &old_action, NULL);

  g_assert_cmpint (cproc_child_get_exit_code (self->child), ==, 7);
}

static void
test_not_found (Fixture       *self,
                gconstpointer  data)
{
  const char *argv[] = { "/nonexistent/program", NULL };
  g_autoptr (CprocCommand) command = cproc_command_new (argv);
  g_autoptr (CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr (GError) error = NULL;

  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
}

/* The program is what is seen, not the helper; and it leads a group that the helper is not in. */
static void
test_ids (Fixture       *self,
          gconstpointer  data)
{
  g_autofree char *pid = start_and_read (self, "print-ids");
  g_autofree char *parent = read_line (self->output);
  g_autofree char *group = read_line (self->output);
  g_autofree char *own = g_strdup_printf ("=%" G_GINT64_FORMAT, cproc_child_get_pid (self->child));
  g_autofree char *last = NULL;

  while (last == NULL || !g_str_has_prefix (last, "death-signal="))
    {
      g_free (last);
      last = read_line (self->output);
    }

  g_assert_true (g_str_has_suffix (pid, own));
  g_assert_true (g_str_has_suffix (group, own));
  g_assert_false (g_str_has_suffix (parent, own));

  /* Killing the helper does not free the program. */
  g_assert_cmpstr (last, ==, "death-signal=9");
}

/* A signal to our group, or to the program's group, does not reach the helper. */
static void
test_helper_group (Fixture       *self,
                   gconstpointer  data)
{
  GSubprocess *helper;
  int pid;

  start (self, "sleep-forever ready", "ready");
  helper = cproc_child_get_subprocess (self->child);
  pid = atoi (g_subprocess_get_identifier (helper));
  g_assert_cmpint (getpgid (pid), ==, pid);
  assert_kills (self);
  run_until_exited (self);
}

static void
on_told (const CprocExitStatus *end,
         gpointer               user_data)
{
  Fixture *self = user_data;

  self->end = *end;
  self->told = TRUE;
}

static void
test_usage (Fixture       *self,
            gconstpointer  data)
{
  g_autoptr (CprocCommand) command = command_new ("burn 60 16384");
  g_autoptr (CprocLaunch) launch = cproc_launch_new (command);
  g_autoptr (GError) error = NULL;
  CprocExitWatch watch = { 0 };

  g_assert_true (cproc_launch_prepare (launch, &error));
  g_assert_true (cproc_launch_spawn (launch, &error));
  g_assert_true (cproc_launch_confirm (launch, &error));
  cproc_exit_watch_start (&watch, g_main_context_default (), cproc_launch_get_subprocess (launch),
                          cproc_launch_get_job (launch), on_told, self);
  test_run_until (&self->told);

  g_assert_cmpint (self->end.exit_code, ==, 0);
  g_assert_true (self->end.has_usage);
  g_assert_cmpint (self->end.usage.user_time + self->end.usage.system_time, >=, 55 * 1000);
  g_assert_cmpint (self->end.usage.user_time + self->end.usage.system_time, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (self->end.usage.max_rss, >=, 16384 * 1024);
  g_assert_cmpint (self->end.usage.max_rss, <, 1024 * 1024 * 1024);
}

/* The end is the program's, not that of the last one that it has started. */
static void
test_exits_before_descendants (Fixture       *self,
                               gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  start_with_descendant (self, data);
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_exit_code (self->child), ==, 3);
  g_assert_true (is_alive (self->descendant));

  g_assert_true (cproc_child_send_signal (self->child, 0, &error));
  g_assert_no_error (error);
  g_assert_true (cproc_child_send_signal (self->child, SIGUSR1, &error));
  g_assert_no_error (error);
  await_end_of (self->descendant);
  g_assert_cmpint (g_subprocess_get_exit_status (await_helper (self)), ==, 3);
  assert_not_running (self);
}

/* The helper holds neither end of the child's streams. */
static void
test_streams_end (Fixture       *self,
                  gconstpointer  data)
{
  char c;

  start_with_descendant (self, "spawn-grandchild closed 0");
  g_assert_cmpint (g_input_stream_read (self->output, &c, 1, NULL, NULL), ==, 0);
  g_assert_true (is_alive (self->descendant));
}

static void
test_kill_reaches (Fixture       *self,
                   gconstpointer  data)
{
  start_with_descendant (self, data);
  cproc_child_set_kill_grace (self->child, 20);
  assert_kills (self);
  await_end_of (self->descendant);
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), ==, SIGTERM);
  await_helper (self);
  assert_not_running (self);
}

/* SIGTERM has no effect, and there is always one more. */
static void
test_force_exit_ends (Fixture       *self,
                      gconstpointer  data)
{
  start (self, data, "ready");
  cproc_child_force_exit (self->child, NULL);
  await_helper (self);
  run_until_exited (self);
  assert_not_running (self);
}

static void
test_bomb_after_grace (Fixture       *self,
                       gconstpointer  data)
{
  start (self, "bomb 200", "ready");
  cproc_child_set_kill_grace (self->child, 20);
  assert_kills (self);
  await_helper (self);
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), ==, SIGKILL);
}

static void
test_grace_is_kept (Fixture       *self,
                    gconstpointer  data)
{
  start_with_descendant (self, "spawn-grandchild ignore-term wait");
  cproc_child_set_kill_grace (self->child, FOR_EVER);
  assert_kills (self);
  run_until_exited (self);
  g_assert_true (is_alive (self->descendant));

  /* A shorter one counts. */
  cproc_child_set_kill_grace (self->child, 20);
  assert_kills (self);
  await_end_of (self->descendant);
}

/* Dropping the child leaves nothing behind, running or not. */
static void
test_drop (Fixture       *self,
           gconstpointer  data)
{
  start_with_descendant (self, data);
  if (g_str_has_suffix (data, "0"))
    run_until_exited (self);
  cproc_child_set_kill_grace (self->child, 20);
  g_clear_object (&self->output);
  g_assert_finalize_object (g_steal_pointer (&self->child));
  await_end_of (self->descendant);
}

/* This process, as main() has it, in another one: starts a child and is killed. */
static _Noreturn void
run_host (const char *line)
{
  Fixture self = { 0 };
  g_autofree char *word = start_and_read (&self, line);

  g_print ("%s\n%" G_GINT64_FORMAT "\n", word, cproc_child_get_pid (self.child));
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_host_dies (Fixture       *self,
                gconstpointer  data)
{
  g_autoptr (GSubprocess) host = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *descendant = NULL;
  g_autofree char *child = NULL;
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;
  GInputStream *output;
  int child_fd;

  host = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--host", data, NULL);
  g_assert_no_error (error);
  output = g_subprocess_get_stdout_pipe (host);
  descendant = read_line (output);
  child = read_line (output);
  child_fd = open_pidfd (atoi (child));
  self->descendant = open_pidfd (atoi (descendant));

  g_subprocess_force_exit (host);
  await_end_of (child_fd);
  await_end_of (self->descendant);

  /* Asked first; where the kernel remembers that (Linux 6.15). */
  if (cproc_pidfd_get_end (child_fd, &end))
    g_assert_cmpint (end.term_signal, ==, SIGTERM);
  close (child_fd);
}

static gint64
read_status (gint64      pid,
             const char *key)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/status", pid);
  g_autofree char *status = NULL;
  const char *value;

  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  value = strstr (status, key);
  g_assert_nonnull (value);
  value += strlen (key);

  return g_ascii_isalpha (*value) ? *value : g_ascii_strtoll (value, NULL, 10);
}

/* The helper is stopped when its parent dies, and this process, of the same session, adopts it. So
 * its group is no orphan, which the kernel would wake. */
static void
test_host_dies_helper_stopped (Fixture       *self,
                               gconstpointer  data)
{
  g_autoptr (GSubprocess) host = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *descendant = NULL;
  g_autofree char *child = NULL;
  GInputStream *output;
  pid_t helper;

  g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);
  host = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--host",
                           "spawn-grandchild session stop-parent", NULL);
  g_assert_no_error (error);
  output = g_subprocess_get_stdout_pipe (host);
  descendant = read_line (output);
  child = read_line (output);
  helper = (pid_t) read_status (atoi (child), "PPid:\t");
  self->descendant = open_pidfd (atoi (descendant));
  while (read_status (helper, "State:\t") != 'T')
    g_usleep (1000);

  g_subprocess_force_exit (host);
  await_end_of (self->descendant);
  g_assert_cmpint (waitpid (helper, NULL, 0), ==, helper);
  g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), ==, 0);
}

/* The program shoots its own supervisor: it dies with it, and so does its group. */
static void
test_helper_killed (Fixture       *self,
                    gconstpointer  data)
{
  start_with_descendant (self, "spawn-grandchild plain kill-parent");
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), ==, SIGKILL);
  await_end_of (self->descendant);
  assert_not_running (self);
}

/* It goes on when it is needed; where it is stopped once more, when it is missed. */
static void
test_helper_stopped (Fixture       *self,
                     gconstpointer  data)
{
  start_with_descendant (self, "spawn-grandchild session stop-parent");
  cproc_child_set_kill_grace (self->child, 20);
  assert_kills (self);
  await_end_of (self->descendant);
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), !=, 0);
}

static void
test_helper_stopped_and_dropped (Fixture       *self,
                                 gconstpointer  data)
{
  start_with_descendant (self, "spawn-grandchild session stop-parent");
  cproc_child_set_kill_grace (self->child, 20);
  g_clear_object (&self->output);
  g_assert_finalize_object (g_steal_pointer (&self->child));
  await_end_of (self->descendant);
}

/* Both stop it again and again, in sessions of their own, and do not take SIGTERM. */
static void
test_helper_stopped_for_ever (Fixture       *self,
                              gconstpointer  data)
{
  start_with_descendant (self, "stop-parent-for-ever");
  cproc_child_set_kill_grace (self->child, 20);
  assert_kills (self);
  await_end_of (self->descendant);
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), !=, 0);
}

/* A session of its own outlives the parent, and a tree ends with it. */
static void
test_new_session (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr (CprocCommand) command = command_new ("sleep-forever ready");
  g_autoptr (CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr (GError) error = NULL;

  cproc_command_set_new_session (command, TRUE);
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
}

/* A program that has asked to be traced takes its parent for the debugger. */
static void
test_traced (Fixture       *self,
             gconstpointer  data)
{
  start (self, "trace-me", "ready");
  assert_kills (self);
  run_until_exited (self);
  g_assert_cmpint (cproc_child_get_term_signal (self->child), ==, SIGTERM);
}

#define ADD(name, func, data) \
  g_test_add ("/process-tree/" name, Fixture, data, set_up, func, tear_down)

static void
add_tests_of_descendants (void)
{
  ADD ("exits-before-descendants/plain", test_exits_before_descendants, "spawn-grandchild plain 3");
  ADD ("exits-before-descendants/session", test_exits_before_descendants,
       "spawn-grandchild session 3");
  ADD ("exits-before-descendants/double", test_exits_before_descendants,
       "spawn-grandchild double 3");
  ADD ("streams-end", test_streams_end, NULL);
  ADD ("kill/plain", test_kill_reaches, "spawn-grandchild plain wait");
  ADD ("kill/session", test_kill_reaches, "spawn-grandchild session wait");
  ADD ("kill/double", test_kill_reaches, "spawn-grandchild double wait");
  ADD ("kill/ignore-term", test_kill_reaches, "spawn-grandchild ignore-term wait");
  ADD ("force-exit/bomb", test_force_exit_ends, "bomb 200");
  ADD ("force-exit/hop", test_force_exit_ends, "hop");
  ADD ("bomb-after-grace", test_bomb_after_grace, NULL);
  ADD ("grace-is-kept", test_grace_is_kept, NULL);
  ADD ("drop/running", test_drop, "spawn-grandchild session wait");
  ADD ("drop/ended", test_drop, "spawn-grandchild session 0");
  ADD ("drop/ignore-term", test_drop, "spawn-grandchild ignore-term wait");
  ADD ("host-dies/session", test_host_dies, "spawn-grandchild session wait");
  ADD ("host-dies/double", test_host_dies, "spawn-grandchild double wait");
  ADD ("host-dies/ignore-term", test_host_dies, "spawn-grandchild ignore-term wait");
  ADD ("host-dies/helper-stopped", test_host_dies_helper_stopped, NULL);
  ADD ("helper-killed", test_helper_killed, NULL);
  ADD ("helper-stopped", test_helper_stopped, NULL);
  ADD ("helper-stopped-and-dropped", test_helper_stopped_and_dropped, NULL);
  ADD ("helper-stopped-for-ever", test_helper_stopped_for_ever, NULL);
  ADD ("new-session", test_new_session, NULL);
  ADD ("traced", test_traced, NULL);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--host"))
    run_host (argv[2]);

  g_test_init (&argc, &argv, NULL);
  /* A newer GLib warns where another one has reaped a child; that is what is tried here. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  program = argv[0];

  ADD ("exit-code", test_exit_code, NULL);
  ADD ("term-signal", test_term_signal, NULL);
  ADD ("sigchld-ignored", test_sigchld_ignored, NULL);
  ADD ("not-found", test_not_found, NULL);
  ADD ("ids", test_ids, NULL);
  ADD ("helper-group", test_helper_group, NULL);
  ADD ("usage", test_usage, NULL);
  if (have_pidfds ())
    add_tests_of_descendants ();

  return g_test_run ();
}
