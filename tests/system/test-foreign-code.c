/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the other code in a program may do: handle or ignore SIGCHLD, wait for any child, fork, have
 * threads with children of their own, or never run the main loop. */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-pidfd-private.h"
#include "send-util.h"

#define N_RUNS 24

/* A sanitizer looks for leaks at the exit, which in a fork has lost the stacks of other threads. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

static const char *const containment_names[] = { "auto", "none", "group", "tree" };

static CprocChild *
child_new (CprocContainment  containment,
           const char       *mode,
           const char       *argument)
{
  g_autoptr(CprocCommand) command = test_command_new (mode, argument, NULL);

  cproc_command_set_containment (command, containment);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);

  return cproc_child_new_for_command (command);
}

/* Linux 6.15: how a process has ended can be asked for when somebody else has reaped it. */
static gboolean
kernel_keeps_end (void)
{
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;
  gboolean keeps;
  pid_t pid = fork ();
  int pidfd;

  if (pid == 0)
    _exit (9);
  pidfd = cproc_pidfd_open (pid);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  keeps = pidfd >= 0 && cproc_pidfd_get_end (pidfd, &end) && end.exit_code == 9;
  if (pidfd >= 0)
    close (pidfd);

  return keeps;
}

static gboolean end_is_kept;

/* The true end, or that it is not known; never another one, and never no end at all. */
static void
run_to_end (CprocContainment containment,
            guint            i,
            gboolean         is_known)
{
  g_autofree char *code = g_strdup_printf ("%u", i % 2 == 0 ? 7 : 0);
  g_autoptr(CprocChild) child = child_new (containment, "exit", code);

  test_start (child);
  if (i % 3 == 0)
    g_assert_true (cproc_child_wait (child, NULL, NULL));
  else
    test_run_until_state (child, CPROC_STATE_CLOSED);

  g_assert_cmpint (cproc_child_get_term_signal (child), ==, 0);
  if (is_known || cproc_child_get_exit_code (child) != -1)
    g_assert_cmpint (cproc_child_get_exit_code (child), ==, atoi (code));
  g_assert_false (cproc_child_kill (child, NULL));
}

/* … and one that is ended by us. */
static void
kill_to_end (CprocContainment containment)
{
  g_autoptr(CprocChild) child = child_new (containment, "sleep-forever", NULL);

  test_start (child);
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_true (cproc_child_get_term_signal (child) == SIGKILL ||
                 (cproc_child_get_exit_code (child) == -1 &&
                  cproc_child_get_term_signal (child) == 0));
}

static void
run_all (CprocContainment containment)
{
  for (guint i = 0; i < N_RUNS; i++)
    run_to_end (containment, i, end_is_kept);
  for (guint i = 0; i < 4; i++)
    kill_to_end (containment);
}

static gboolean
has_pidfds (void)
{
  int pidfd = cproc_pidfd_open (getpid ());

  return pidfd >= 0 && close (pidfd) == 0;
}

static void
reap_all (int signum)
{
  int saved_errno = errno;

  while (waitpid (-1, NULL, WNOHANG) > 0)
    ;
  errno = saved_errno;
}

typedef struct
{
  CprocContainment containment;
  const struct sigaction *action;
} Case;

static void
test_sigchld (gconstpointer data)
{
  const Case *self = data;
  struct sigaction saved;

  sigaction (SIGCHLD, self->action, &saved);
  run_all (self->containment);
  sigaction (SIGCHLD, &saved, NULL);
}

static void
test_sigchld_blocked (void)
{
  sigset_t set, saved;

  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  pthread_sigmask (SIG_BLOCK, &set, &saved);
  run_all (CPROC_CONTAINMENT_GROUP);
  pthread_sigmask (SIG_SETMASK, &saved, NULL);
}

static gboolean thief_is_over;

static gpointer
steal (gpointer unused)
{
  while (!g_atomic_int_get (&thief_is_over))
    if (waitpid (-1, NULL, WNOHANG) <= 0)
      g_usleep (20);

  return NULL;
}

/* A library that waits for whatever there is. */
static void
test_waits_for_any (gconstpointer data)
{
  GThread *thief;

  g_atomic_int_set (&thief_is_over, FALSE);
  thief = g_thread_new ("thief", steal, NULL);
  run_all (GPOINTER_TO_UINT (data));
  g_atomic_int_set (&thief_is_over, TRUE);
  g_thread_join (thief);
}

typedef struct
{
  CprocChild *child; /* answers what it is written */
  CprocWorker *worker;
  CprocExec *exec;
  CprocChild *starting;
  GAsyncResult *exec_result;
  GAsyncResult *start_result;
  gboolean is_idle; /* no other thread is at it */
  GString *text;
  guint n_messages;
} Family;

static void
on_output (CprocChild  *child,
           CprocStream  stream,
           GBytes      *bytes,
           Family      *self)
{
  g_string_append_len (self->text, g_bytes_get_data (bytes, NULL),
                       (gssize) g_bytes_get_size (bytes));
}

static void
on_message (CprocWorker  *worker,
            CprocMessage *message,
            Family       *self)
{
  self->n_messages++;
}

#define N_MESSAGES 5

static void
start_family (Family           *self,
              CprocContainment  containment)
{
  const char *args[] = { "echo", NULL };
  g_autofree char *text = g_strnfill (300000, '1');

  *self = (Family) { .text = g_string_new (NULL) };
  self->child = child_new (containment, "cat", NULL);
  g_signal_connect (self->child, "output", G_CALLBACK (on_output), self);
  test_start (self->child);

  self->worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
  g_signal_connect (self->worker, "message", G_CALLBACK (on_message), self);
  test_start (CPROC_CHILD (self->worker));
  /* More than the socket takes: some of it is queued. */
  text[0] = text[299999] = '"';
  for (guint i = 0; i < N_MESSAGES; i++)
    g_assert_true (send_json (self->worker, text, NULL));

  self->exec = test_exec_new ("write", "1", "100000", NULL);
  cproc_exec_run_async (self->exec, NULL, test_store_result, &self->exec_result);
  self->starting = child_new (containment, "cat", NULL);
  cproc_child_start_async (self->starting, NULL, test_store_result, &self->start_result);

  test_write (self->child, "before ", -1);
}

static void
assert_not_ours (gboolean  success,
                 GError  **error)
{
  if (success || !g_error_matches (*error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED))
    {
      g_printerr ("in the fork: %s\n", *error != NULL ? (*error)->message : "no error");
      _exit (10);
    }
  g_clear_error (error);
}

/* In the fork: all that a program may do there in good faith, or at its end. */
static _Noreturn void
be_fork (Family           *self,
         CprocContainment  containment,
         gboolean          with_exit)
{
  g_autoptr(CprocChild) another = child_new (containment, "exit", "0");
  g_autoptr(CprocExec) exec = test_exec_new ("exit", "0", NULL);
  GError *error = NULL;

  alarm (20);
  assert_not_ours (cproc_child_kill (self->child, &error), &error);
  assert_not_ours (cproc_child_force_exit (self->child, &error), &error);
  assert_not_ours (cproc_child_send_signal (self->child, 0, &error), &error);
  assert_not_ours (cproc_child_wait (self->child, NULL, &error), &error);
  assert_not_ours (cproc_child_start (another, &error), &error);
  assert_not_ours (cproc_exec_run (exec, NULL, &error), &error);
  g_clear_object (&another);
  g_clear_object (&exec);

  /* Another thread may have been using the main context, which is locked for ever then. */
  for (guint i = 0; i < 50 && self->is_idle; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (200);
    }
  g_object_run_dispose (G_OBJECT (self->child));
  g_object_unref (self->child);
  g_object_unref (self->worker);
  g_object_unref (self->exec);
  g_object_unref (self->starting);

  if (with_exit && !HAS_SANITIZER)
    exit (0);
  _exit (0);
}

static void
assert_unharmed (Family *self)
{
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  test_write (self->child, "after", -1);
  test_run_until_length (self->text, strlen ("before after"));
  g_assert_cmpstr (self->text->str, ==, "before after");
  cproc_child_close_stdin (self->child);
  test_run_until_state (self->child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (self->child), ==, 0);

  test_run_until_count (&self->n_messages, N_MESSAGES);
  cproc_worker_close_channel (self->worker);
  test_run_until_state (CPROC_CHILD (self->worker), CPROC_STATE_CLOSED);
  g_assert_cmpuint (self->n_messages, ==, N_MESSAGES);
  g_assert_cmpint (cproc_child_get_exit_code (CPROC_CHILD (self->worker)), ==, 0);

  cproc_exec_run_finish (self->exec, test_await (&self->exec_result), &error);
  g_assert_no_error (error);
  text = cproc_exec_get_stdout_text (self->exec);
  g_assert_cmpuint (strlen (text), ==, 100000);

  cproc_child_start_finish (self->starting, test_await (&self->start_result), &error);
  g_assert_no_error (error);
  cproc_child_close_stdin (self->starting);
  test_run_until_state (self->starting, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (self->starting), ==, 0);
}

static void
free_family (Family *self)
{
  test_finalize (self->child);
  test_finalize (self->worker);
  g_clear_object (&self->exec_result);
  g_clear_object (&self->start_result);
  test_finalize (self->exec);
  test_finalize (self->starting);
  g_string_free (self->text, TRUE);
}

typedef struct
{
  Family *family;
  CprocContainment containment;
  gboolean with_exit;
} Fork;

static gpointer
fork_and_wait (gpointer user_data)
{
  Fork *self = user_data;
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    be_fork (self->family, self->containment, self->with_exit);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);

  return GINT_TO_POINTER (status);
}

static void
test_fork (gconstpointer data)
{
  CprocContainment containment = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < 6; i++)
    {
      Family family;
      Fork task = { &family, containment, i % 2 == 0 };
      gpointer status;

      start_family (&family, containment);
      if (i % 3 == 0)
        {
          test_await (&family.start_result);
          test_await (&family.exec_result);
          family.is_idle = TRUE;
        }
      if (i < 3)
        status = fork_and_wait (&task);
      else
        status = g_thread_join (g_thread_new ("forker", fork_and_wait, &task));
      g_assert_cmpint (GPOINTER_TO_INT (status), ==, 0);
      assert_unharmed (&family);
      free_family (&family);
    }
  test_await_no_children ();
}

/* In a handler: the fork runs the main context until what is due there would have been done. */
static void
fork_and_run (guint msec)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      for (; msec > 0; msec--)
        {
          g_main_context_iteration (NULL, FALSE);
          g_usleep (1000);
        }
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
resume_and_fork (CprocChild *child)
{
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  fork_and_run (60);
}

/* The output of a child that has ended, while another holds its stream: it is not the fork's. */
static void
test_fork_drain (void)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "plain", "0", NULL);
  Family family = { .text = g_string_new (NULL) };

  cproc_child_set_drain_timeout (child, 20);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  g_signal_connect (child, "output", G_CALLBACK (on_output), &family);
  g_signal_connect (child, "exit", G_CALLBACK (resume_and_fork), NULL);
  test_start (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (family.text->len, >, 0);

  cproc_child_force_exit (child, NULL);
  g_string_free (family.text, TRUE);
}

/* Forks all the time, of one of many threads, while children come and go. */
static gpointer
fork_often (gpointer unused)
{
  while (!g_atomic_int_get (&thief_is_over))
    {
      pid_t pid = fork ();

      if (pid == 0)
        _exit (3);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
    }

  return NULL;
}

static void
test_forks_all_the_time (void)
{
  GThread *forker;

  g_atomic_int_set (&thief_is_over, FALSE);
  forker = g_thread_new ("forker", fork_often, NULL);
  for (guint i = 0; i < 3 * N_RUNS; i++)
    run_to_end (CPROC_CONTAINMENT_NONE + i % 3, i, TRUE);
  g_atomic_int_set (&thief_is_over, TRUE);
  g_thread_join (forker);
}

/* A thread with a main context of its own; every other one is of the kind that waits. */
static gpointer
run_children (gpointer number)
{
  guint n = GPOINTER_TO_UINT (number);
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *code = g_strdup_printf ("%u", 1 + (n * 8 + i) % 100);
      g_autoptr(CprocChild) child = child_new (CPROC_CONTAINMENT_NONE + (n + i) % 3, "exit", code);

      cproc_command_set_die_with_parent (cproc_child_get_command (child), i % 2 == 0);
      if (n % 2 == 0)
        cproc_child_start_async (child, NULL, NULL, NULL);
      else
        test_start (child);
      if (n % 2 == 0)
        while (cproc_child_get_state (child) != CPROC_STATE_CLOSED)
          g_main_context_iteration (context, TRUE);
      else
        g_assert_true (cproc_child_wait (child, NULL, NULL));
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, atoi (code));
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("owner", run_children, GUINT_TO_POINTER (i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  test_await_no_children ();
}

/* Nothing is told before a main loop runs; but signals are sent, the dead are reaped, and no output
 * is lost. */
static void
test_no_main_loop (gconstpointer data)
{
  CprocContainment containment = GPOINTER_TO_UINT (data);
  g_autoptr(CprocChild) child = child_new (containment, "cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(CprocChild) dropped = child_new (containment, "ignore-term", NULL);
  g_autoptr(GError) error = NULL;

  test_write (child, "written without a loop", -1);
  test_start (child);
  cproc_child_close_stdin (child);
  cproc_child_set_kill_grace (dropped, 20);
  test_start (dropped);
  test_finalize (dropped);
  test_await_no_children ();

  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "");
  g_assert_false (cproc_child_kill (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);

  g_assert_true (cproc_child_wait (child, NULL, NULL));
  g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "written without a loop");
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
}

static void
add (const char    *name,
     GTestDataFunc  func)
{
  for (CprocContainment i = CPROC_CONTAINMENT_NONE; i <= CPROC_CONTAINMENT_TREE; i++)
    {
      g_autofree char *path = g_strdup_printf ("/foreign-code/%s/%s", name, containment_names[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
    }
}

static void
add_sigchld (const char             *name,
             const struct sigaction *action)
{
  for (CprocContainment i = CPROC_CONTAINMENT_NONE; i <= CPROC_CONTAINMENT_TREE; i++)
    {
      g_autofree char *path = g_strdup_printf ("/foreign-code/sigchld-%s/%s", name,
                                               containment_names[i]);
      Case *self = g_new0 (Case, 1);

      self->containment = i;
      self->action = action;
      g_test_add_data_func_full (path, self, test_sigchld, g_free);
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct sigaction ignored = { .sa_handler = SIG_IGN };
  static const struct sigaction no_wait = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
  static const struct sigaction reaping = { .sa_handler = reap_all };

  g_test_init (&argc, &argv, NULL);
  end_is_kept = kernel_keeps_end ();
  /* GLib warns where somebody else has reaped. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);

  add ("no-main-loop", test_no_main_loop);
  add ("fork", test_fork);
  g_test_add_func ("/foreign-code/fork-in-handler/drain", test_fork_drain);
  g_test_add_func ("/foreign-code/forks-all-the-time", test_forks_all_the_time);
  g_test_add_func ("/foreign-code/threads", test_threads);
  g_test_add_func ("/foreign-code/sigchld-blocked", test_sigchld_blocked);

  /* Without these GLib itself learns of an end by SIGCHLD alone. */
  if (has_pidfds ())
    {
      add_sigchld ("ignored", &ignored);
      add_sigchld ("no-wait", &no_wait);
      add_sigchld ("reaping", &reaping);
      add ("waits-for-any", test_waits_for_any);
    }

  return g_test_run ();
}
