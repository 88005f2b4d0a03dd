/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "cproc-exit-watch-private.h"

/* Each way stands for a kernel: the two older ones must come to the same answer. */
static const guint kernels[] = {
  0,
  CPROC_PIDFD_LACKS_PEEK,
  CPROC_PIDFD_LACKS_PEEK | CPROC_PIDFD_LACKS_END,
};

typedef struct
{
  CprocExitWatch watch;
  GMainContext *context;
  GMainContext *told_in;
  CprocExitStatus end;
  guint n_told;
} Watcher;

static Watcher *
watcher_new (void)
{
  Watcher *self = g_new0 (Watcher, 1);

  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);

  return self;
}

static void
watcher_free (Watcher *self)
{
  cproc_exit_watch_stop (&self->watch);
  g_atomic_int_set (&cproc_pidfd_lacks, 0);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watcher, watcher_free)

static void
on_end (const CprocExitStatus *end,
        gpointer               user_data)
{
  Watcher *self = user_data;

  self->end = *end;
  self->told_in = g_main_context_ref_thread_default ();
  g_main_context_unref (self->told_in);
  self->n_told++;
}

static void
run_until_told (Watcher      *self,
                GMainContext *context)
{
  while (self->n_told == 0)
    g_main_context_iteration (context, TRUE);
}

/* It reads a line first, so that nothing has happened to it before the test wants it to. */
static GSubprocess *
start_child (const char *first,
             ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocess) subprocess = NULL;
  g_autoptr (GError) error = NULL;
  const char *arg;
  va_list args;

  g_ptr_array_add (argv, (gpointer) g_getenv ("CPROC_TEST_CHILD"));
  va_start (args, first);
  for (arg = first; arg != NULL; arg = va_arg (args, const char *))
    g_ptr_array_add (argv, (gpointer) arg);
  va_end (args);
  g_ptr_array_add (argv, NULL);

  subprocess = g_subprocess_newv ((const char *const *) argv->pdata,
                                  G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                  &error);
  g_assert_no_error (error);

  return g_steal_pointer (&subprocess);
}

static pid_t
pid_of (GSubprocess *subprocess)
{
  return atoi (g_subprocess_get_identifier (subprocess));
}

/* valgrind 3.19 does not know these. */
static gboolean
have_pidfds (void)
{
  int pidfd = cproc_pidfd_open (getpid ());

  return pidfd >= 0 && close (pidfd) == 0;
}

static CprocJob *
job_new (GSubprocess *subprocess,
         gboolean     with_pidfd)
{
  pid_t pid = pid_of (subprocess);

  return cproc_job_new (subprocess, pid, with_pidfd ? cproc_pidfd_open (pid) : -1,
                          CPROC_CONTAINMENT_NONE, -1);
}

static void
let_go (GSubprocess *subprocess)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (subprocess), NULL, NULL);
}

static void
test_code (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autoptr (Watcher) self = watcher_new ();
      g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "7", NULL);
      g_autoptr (CprocJob) job = job_new (subprocess, TRUE);

      g_atomic_int_set (&cproc_pidfd_lacks, kernels[i]);
      cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
      let_go (subprocess);
      run_until_told (self, self->context);

      g_assert_cmpint (self->end.exit_code, ==, 7);
      g_assert_cmpint (self->end.term_signal, ==, 0);
      g_assert_true (self->told_in == self->context);
    }
}

static void
test_signal (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autoptr (Watcher) self = watcher_new ();
      g_autoptr (GSubprocess) subprocess = start_child ("sleep-forever", NULL);
      g_autoptr (CprocJob) job = job_new (subprocess, TRUE);

      g_atomic_int_set (&cproc_pidfd_lacks, kernels[i]);
      cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
      g_subprocess_send_signal (subprocess, SIGUSR2);
      run_until_told (self, self->context);

      g_assert_cmpint (self->end.exit_code, ==, -1);
      g_assert_cmpint (self->end.term_signal, ==, SIGUSR2);
    }
}

static void
test_no_pidfd (void)
{
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "9", NULL);
  g_autoptr (CprocJob) job = job_new (subprocess, FALSE);

  cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
  let_go (subprocess);
  run_until_told (self, self->context);

  g_assert_cmpint (self->end.exit_code, ==, 9);
  g_assert_true (self->told_in == self->context);
}

/* Whether the process has ended before or not, the end is reported from the main context only. */
static void
test_never_from_start (gconstpointer data)
{
  gboolean with_pidfd = GPOINTER_TO_INT (data);
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "3", NULL);
  g_autoptr (CprocJob) job = job_new (subprocess, with_pidfd);

  let_go (subprocess);
  g_subprocess_wait (subprocess, NULL, NULL);
  cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
  g_assert_cmpuint (self->n_told, ==, 0);
  run_until_told (self, self->context);

  g_assert_cmpint (self->end.exit_code, ==, 3);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpuint (self->n_told, ==, 1);
}

/* As run() and wait() do it: there, and back again. */
static void
test_move (gconstpointer data)
{
  gboolean with_pidfd = GPOINTER_TO_INT (data);
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "4", NULL);
  g_autoptr (CprocJob) job = job_new (subprocess, with_pidfd);
  g_autoptr (GMainContext) other = g_main_context_new ();

  cproc_exit_watch_start (&self->watch, other, subprocess, job, on_end, self);
  cproc_exit_watch_move (&self->watch, self->context);
  cproc_exit_watch_move (&self->watch, other);
  cproc_exit_watch_move (&self->watch, self->context);

  let_go (subprocess);
  run_until_told (self, self->context);
  g_assert_cmpint (self->end.exit_code, ==, 4);
  while (g_main_context_iteration (other, FALSE))
    ;
  g_assert_cmpuint (self->n_told, ==, 1);

  /* Moving a watch that has reported, or was never started, does nothing. */
  cproc_exit_watch_move (&self->watch, other);
}

static void
test_stop (gconstpointer data)
{
  gboolean with_pidfd = GPOINTER_TO_INT (data);
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "0", NULL);
  g_autoptr (CprocJob) job = job_new (subprocess, with_pidfd);

  cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
  cproc_exit_watch_stop (&self->watch);
  let_go (subprocess);
  g_subprocess_wait (subprocess, NULL, NULL);
  while (g_main_context_iteration (self->context, FALSE))
    ;

  g_assert_cmpuint (self->n_told, ==, 0);
}

static void
on_end_free (const CprocExitStatus *end,
             gpointer               user_data)
{
  Watcher **self = user_data;

  g_assert_cmpint (end->exit_code, ==, 5);
  g_clear_pointer (self, watcher_free);
}

/* The owner may be freed, with the watch in it, while the end is reported. */
static void
test_free_when_told (gconstpointer data)
{
  gboolean with_pidfd = GPOINTER_TO_INT (data);
  Watcher *self = watcher_new ();
  g_autoptr (GMainContext) context = g_main_context_ref (self->context);
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "5", NULL);
  g_autoptr (CprocJob) job = job_new (subprocess, with_pidfd);

  cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end_free, &self);
  let_go (subprocess);
  while (self != NULL)
    g_main_context_iteration (context, TRUE);
}

static gboolean
kernel_keeps_status (void)
{
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "1", NULL);
  int pidfd = cproc_pidfd_open (pid_of (subprocess));
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;
  gboolean keeps;

  let_go (subprocess);
  g_subprocess_wait (subprocess, NULL, NULL);
  keeps = cproc_pidfd_get_end (pidfd, &end);
  g_assert_cmpint (end.exit_code, ==, keeps ? 1 : -1);
  close (pidfd);

  return keeps;
}

/* If the status cannot be fetched, a failure must not look like a success. */
static void
test_sigchld_ignored (gconstpointer data)
{
  int flags = GPOINTER_TO_INT (data);
  struct sigaction action = { .sa_handler = flags == 0 ? SIG_IGN : SIG_DFL, .sa_flags = flags };
  gboolean keeps = kernel_keeps_status ();

  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autoptr (Watcher) self = watcher_new ();
      g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "7", NULL);
      g_autoptr (CprocJob) job = job_new (subprocess, TRUE);
      gboolean known = keeps && (kernels[i] & CPROC_PIDFD_LACKS_END) == 0;
      struct sigaction old_action;

      g_atomic_int_set (&cproc_pidfd_lacks, kernels[i]);
      sigaction (SIGCHLD, &action, &old_action);
      cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
      let_go (subprocess);
      run_until_told (self, self->context);
      sigaction (SIGCHLD, &old_action, NULL);

      g_assert_cmpint (self->end.exit_code, ==, known ? 7 : -1);
      g_assert_cmpint (self->end.term_signal, ==, 0);
    }
}

static gpointer
wait_for (gpointer pid)
{
  while (waitpid (GPOINTER_TO_INT (pid), NULL, 0) < 0 && errno == EINTR)
    ;

  return NULL;
}

/* Another thread of the application reaps; whoever is first, the status is the same. */
static void
test_rival_reaper (void)
{
  if (!kernel_keeps_status ())
    return;

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (Watcher) self = watcher_new ();
      g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "7", NULL);
      g_autoptr (CprocJob) job = job_new (subprocess, TRUE);
      GThread *rival = g_thread_new ("rival", wait_for, GINT_TO_POINTER (pid_of (subprocess)));

      cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
      let_go (subprocess);
      run_until_told (self, self->context);
      g_thread_join (rival);

      g_assert_cmpint (self->end.exit_code, ==, 7);
    }
}

/* Of a child that GSubprocess does not know, so that the race against its reaper is won. */
static void
test_usage (void)
{
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (GSubprocess) subprocess = start_child ("read-line-and-exit", "0", NULL);
  g_autoptr (CprocJob) job = NULL;
  const char *program = g_getenv ("CPROC_TEST_CHILD");
  char *argv[] = { (char *) program, (char *) "burn", (char *) "60", (char *) "16384", NULL };
  int status;
  pid_t pid;

  g_assert_cmpint (posix_spawn (&pid, program, NULL, NULL, argv, environ), ==, 0);
  job = cproc_job_new (subprocess, pid, cproc_pidfd_open (pid), CPROC_CONTAINMENT_NONE, -1);
  cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
  run_until_told (self, self->context);

  g_assert_cmpint (self->end.exit_code, ==, 0);
  g_assert_true (self->end.has_usage);
  g_assert_cmpint (self->end.usage.user_time + self->end.usage.system_time, >=, 55 * 1000);
  g_assert_cmpint (self->end.usage.user_time + self->end.usage.system_time, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (self->end.usage.max_rss, >=, 16384 * 1024);
  g_assert_cmpint (self->end.usage.max_rss, <, 1024 * 1024 * 1024);

  /* Looked at, not reaped. */
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
}

static char *
read_word (GSubprocess *subprocess)
{
  char buffer[16] = "";
  gssize length = g_input_stream_read (g_subprocess_get_stdout_pipe (subprocess), buffer,
                                       sizeof buffer - 1, NULL, NULL);

  g_assert_cmpint (length, >, 0);

  return g_strchomp (g_strdup (buffer));
}

/* The process has ended, but a debugger holds it: no busy loop until the debugger releases it, and
 * then the right answer. */
static void
test_held_by_debugger (void)
{
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (GSubprocess) subprocess = start_child ("let-hold", "sleep-forever", "ready", NULL);
  g_autoptr (CprocJob) job = job_new (subprocess, TRUE);
  g_autofree char *pid = g_strdup (g_subprocess_get_identifier (subprocess));
  g_autofree char *target_word = read_word (subprocess);
  g_autoptr (GSubprocess) debugger = start_child ("hold", pid, NULL);
  g_autofree char *word = read_word (debugger);
  CprocExitStatus end;
  guint n_turns;

  g_assert_cmpstr (target_word, ==, "ready");

  /* A sandbox may not allow it at all. */
  if (g_str_equal (word, "unable"))
    {
      g_subprocess_force_exit (subprocess);
      return;
    }

  cproc_exit_watch_start (&self->watch, self->context, subprocess, job, on_end, self);
  g_subprocess_force_exit (subprocess);
  while (!cproc_timer_is_active (&self->watch.held_timer))
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpint (cproc_pidfd_peek (cproc_job_get_pidfd (job), &end), ==,
                   CPROC_WAIT_RESULT_RUNNING);

  /* Seldom looked at, not at every turn; nor once GSubprocess has come to its own conclusions. */
  for (n_turns = 0; self->watch.held_msec < 32; n_turns++)
    g_main_context_iteration (self->context, TRUE);
  g_assert_cmpuint (n_turns, <, 20);
  g_assert_cmpuint (self->n_told, ==, 0);

  let_go (debugger);
  run_until_told (self, self->context);
  g_assert_cmpint (self->end.term_signal, ==, SIGKILL);

  /* No zombie is left. */
  g_assert_cmpint (cproc_pidfd_peek (cproc_job_get_pidfd (job), &end), ==,
                   CPROC_WAIT_RESULT_NOT_OURS);
}

/* A child that GSubprocess has not made: it is signalled, and its end is told. Who has
 * made it reaps it. */
static void
test_no_subprocess (void)
{
  g_autoptr (Watcher) self = watcher_new ();
  g_autoptr (CprocJob) job = NULL;
  g_autoptr (GError) error = NULL;
  pid_t pid = fork ();

  if (pid == 0)
    for (;;)
      pause ();

  job = cproc_job_new (NULL, pid, cproc_pidfd_open (pid), CPROC_CONTAINMENT_NONE, -1);
  cproc_exit_watch_start (&self->watch, self->context, NULL, job, on_end, self);
  g_assert_true (cproc_job_signal (job, SIGUSR1, &error));
  g_assert_no_error (error);
  run_until_told (self, self->context);
  g_assert_cmpint (self->end.exit_code, ==, -1);
  g_assert_cmpint (self->end.term_signal, ==, SIGUSR1);
  g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, pid);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A newer GLib warns where another one has reaped a child; that is what is tried here. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);

  g_test_add_func ("/exit-watch/code", test_code);
  g_test_add_func ("/exit-watch/signal", test_signal);
  g_test_add_func ("/exit-watch/no-pidfd", test_no_pidfd);
  g_test_add_data_func ("/exit-watch/never-from-start/pidfd",
                        GINT_TO_POINTER (TRUE), test_never_from_start);
  g_test_add_data_func ("/exit-watch/never-from-start/no-pidfd",
                        GINT_TO_POINTER (FALSE), test_never_from_start);
  g_test_add_data_func ("/exit-watch/move/pidfd", GINT_TO_POINTER (TRUE), test_move);
  g_test_add_data_func ("/exit-watch/move/no-pidfd", GINT_TO_POINTER (FALSE), test_move);
  g_test_add_data_func ("/exit-watch/stop/pidfd", GINT_TO_POINTER (TRUE), test_stop);
  g_test_add_data_func ("/exit-watch/stop/no-pidfd", GINT_TO_POINTER (FALSE), test_stop);
  g_test_add_data_func ("/exit-watch/free-when-told/pidfd",
                        GINT_TO_POINTER (TRUE), test_free_when_told);
  g_test_add_data_func ("/exit-watch/free-when-told/no-pidfd",
                        GINT_TO_POINTER (FALSE), test_free_when_told);
  g_test_add_func ("/exit-watch/rival-reaper", test_rival_reaper);

  /* Without them GLib itself learns of an end by SIGCHLD alone. */
  if (have_pidfds ())
    {
      g_test_add_data_func ("/exit-watch/sigchld-ignored",
                            GINT_TO_POINTER (0), test_sigchld_ignored);
      g_test_add_data_func ("/exit-watch/sigchld-no-wait",
                            GINT_TO_POINTER (SA_NOCLDWAIT), test_sigchld_ignored);
      g_test_add_func ("/exit-watch/usage", test_usage);
      g_test_add_func ("/exit-watch/no-subprocess", test_no_subprocess);
      g_test_add_func ("/exit-watch/held-by-debugger", test_held_by_debugger);
    }

  return g_test_run ();
}
