/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "cproc-error.h"
#include "cproc-process-group-private.h"
#include "cproc-job-private.h"

/* Longer than any test may take. */
#define FOR_EVER (3600 * 1000)

/* A kernel of today, one before Linux 6.9. */
static const guint new_kernel = 0;
static const guint old_kernel = CPROC_PIDFD_LACKS_GROUP;
/* In a sandbox that knows pidfd_open() alone. */
static const guint sandbox = CPROC_PIDFD_LACKS_SIGNAL;

typedef struct
{
  GSubprocess *subprocess;
  CprocJob *job;
  pid_t pid;
  pid_t grandchild; /* 0: there is none */
} Fixture;

static pid_t
read_pid (GSubprocess *subprocess)
{
  char buffer[32] = "";
  gssize length = g_input_stream_read (g_subprocess_get_stdout_pipe (subprocess), buffer,
                                       sizeof buffer - 1, NULL, NULL);

  g_assert_cmpint (length, >, 0);

  return atoi (buffer);
}

/* It says that it is so far, a number that is the grandchild's where there is one; not before the
 * job has been made, since it may end at once. */
static void
start_with_pidfd (Fixture          *self,
                  CprocContainment  containment,
                  gboolean          with_pidfd,
                  const char       *line)
{
  g_auto (GStrv) args = g_strsplit (line, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  int i;

  g_ptr_array_add (argv, (gpointer) g_getenv ("CPROC_TEST_CHILD"));
  g_ptr_array_add (argv, (gpointer) "after-line");
  for (i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, args[i]);
  g_ptr_array_add (argv, NULL);

  self->subprocess = g_subprocess_newv ((const char *const *) argv->pdata,
                                        G_SUBPROCESS_FLAGS_STDIN_PIPE |
                                        G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);

  self->pid = atoi (g_subprocess_get_identifier (self->subprocess));
  self->job = cproc_job_new (self->subprocess, self->pid,
                                 with_pidfd ? cproc_pidfd_open (self->pid) : -1, containment, -1);
  g_output_stream_write (g_subprocess_get_stdin_pipe (self->subprocess), "\n", 1, NULL, NULL);
  self->grandchild = read_pid (self->subprocess);
}

static void
start (Fixture          *self,
       CprocContainment  containment,
       const char       *line)
{
  start_with_pidfd (self, containment, TRUE, line);
}

static void
set_up (Fixture       *self,
        gconstpointer  kernel)
{
  g_atomic_int_set (&cproc_pidfd_lacks, *(const guint *) kernel);
}

static void
tear_down (Fixture       *self,
           gconstpointer  kernel)
{
  g_clear_pointer (&self->job, cproc_job_unref);
  g_clear_object (&self->subprocess);
  g_atomic_int_set (&cproc_pidfd_lacks, 0);
}

static void
assert_ended_by (Fixture *self,
                 int      signum)
{
  g_subprocess_wait (self->subprocess, NULL, NULL);
  g_assert_true (g_subprocess_get_if_signaled (self->subprocess));
  g_assert_cmpint (g_subprocess_get_term_sig (self->subprocess), ==, signum);
}

/* The grandchild is this process's once its parent has ended, which must have been seen before. */
static void
assert_orphan_ended_by (Fixture *self,
                        int      signum)
{
  int status;

  g_assert_cmpint (waitpid (self->grandchild, &status, 0), ==, self->grandchild);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, signum);
}

static void
assert_orphan_lives (Fixture *self)
{
  g_assert_cmpint (waitpid (self->grandchild, NULL, WNOHANG), ==, 0);
}

static void
assert_reaches (Fixture *self,
                int      signum)
{
  g_autoptr (GError) error = NULL;
  gboolean reached = cproc_job_signal (self->job, signum, &error);

  g_assert_no_error (error);
  g_assert_true (reached);
}

static void
assert_not_running (Fixture *self,
                    int      signum)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (cproc_job_signal (self->job, signum, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);

  g_assert_false (cproc_job_terminate (self->job, SIGTERM, FOR_EVER, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_assert_false (cproc_job_is_ending (self->job));
}

static void
assert_ends (Fixture *self,
             int      signum,
             int      grace)
{
  g_autoptr (GError) error = NULL;
  gboolean reached = cproc_job_terminate (self->job, signum, grace, &error);

  g_assert_no_error (error);
  g_assert_true (reached);
}

/* The process may not have been reaped yet: that is when the news of its end comes. */
static void
await_end (Fixture *self)
{
  struct pollfd pidfd = { cproc_job_get_pidfd (self->job), POLLIN, 0 };

  if (pidfd.fd < 0)
    g_subprocess_wait (self->subprocess, NULL, NULL);
  else
    while (poll (&pidfd, 1, -1) < 0 && errno == EINTR)
      ;
  cproc_job_leader_exited (self->job);
}

static void
test_process (Fixture       *self,
              gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_NONE, "spawn-grandchild plain wait");
  assert_reaches (self, 0);
  assert_reaches (self, SIGUSR1);
  assert_ended_by (self, SIGUSR1);

  assert_orphan_lives (self);
  kill (self->grandchild, SIGKILL);
  assert_orphan_ended_by (self, SIGKILL);

  /* The job was not told of the end, but the system knows. */
  assert_not_running (self, 0);
  cproc_job_leader_exited (self->job);
  assert_not_running (self, SIGTERM);
}

static void
test_process_zombie (Fixture       *self,
                     gconstpointer  kernel)
{
  for (guint i = 0; i < 20; i++)
    {
      start (self, CPROC_CONTAINMENT_NONE, "sleep-forever 0");
      kill (self->pid, SIGKILL);
      await_end (self);
      assert_not_running (self, 0);
      tear_down (self, NULL);
    }
}

static void
test_process_no_pidfd (Fixture       *self,
                       gconstpointer  kernel)
{
  start_with_pidfd (self, CPROC_CONTAINMENT_NONE, FALSE, "sleep-forever 0");
  assert_reaches (self, 0);
  assert_reaches (self, SIGUSR2);
  assert_ended_by (self, SIGUSR2);
  assert_not_running (self, 0);
  cproc_job_leader_exited (self->job);
  assert_not_running (self, 0);
}

static void
test_bad_signal (Fixture       *self,
                 gconstpointer  kernel)
{
  static const int bad[] = { -1, NSIG, G_MAXINT, G_MININT };

  start (self, CPROC_CONTAINMENT_NONE, "sleep-forever 0");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (cproc_job_signal (self->job, bad[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
      g_assert_false (cproc_job_terminate (self->job, bad[i], 1, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (cproc_job_is_ending (self->job));
    }

  /* The highest there is; valgrind keeps it for itself. */
  assert_reaches (self, NSIG - 1);
  g_subprocess_force_exit (self->subprocess);
  g_subprocess_wait (self->subprocess, NULL, NULL);
  g_assert_true (g_subprocess_get_if_signaled (self->subprocess));
}

static void
test_group (Fixture       *self,
            gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group spawn-grandchild plain wait");
  assert_reaches (self, 0);
  assert_reaches (self, SIGUSR1);
  assert_ended_by (self, SIGUSR1);
  assert_orphan_ended_by (self, SIGUSR1);
  assert_not_running (self, 0);
}

static void
test_group_no_pidfd (Fixture       *self,
                     gconstpointer  kernel)
{
  start_with_pidfd (self, CPROC_CONTAINMENT_GROUP, FALSE, "in-group spawn-grandchild plain 0");
  g_subprocess_wait (self->subprocess, NULL, NULL);
  cproc_job_leader_exited (self->job);
  assert_reaches (self, SIGUSR1);
  assert_orphan_ended_by (self, SIGUSR1);
  assert_not_running (self, 0);
}

/* The leader has ended by itself, and its group goes on. */
static void
test_group_without_leader (Fixture       *self,
                           gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group spawn-grandchild plain 0");
  await_end (self);
  assert_reaches (self, 0);
  g_subprocess_wait (self->subprocess, NULL, NULL);
  assert_reaches (self, 0);
  assert_reaches (self, SIGUSR2);
  assert_orphan_ended_by (self, SIGUSR2);
  assert_not_running (self, 0);
  assert_not_running (self, SIGTERM);
}

/* The same where nobody has told the job before it is used. */
static void
test_group_leader_unnoticed (Fixture       *self,
                             gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group spawn-grandchild plain 0");
  g_subprocess_wait (self->subprocess, NULL, NULL);
  assert_reaches (self, SIGUSR2);
  assert_orphan_ended_by (self, SIGUSR2);
  assert_not_running (self, 0);
}

static void
test_group_zombie (Fixture       *self,
                   gconstpointer  kernel)
{
  for (guint i = 0; i < 20; i++)
    {
      start (self, CPROC_CONTAINMENT_GROUP, "in-group sleep-forever 0");
      kill (self->pid, SIGKILL);
      await_end (self);
      assert_not_running (self, 0);
      tear_down (self, NULL);
    }
}

/* Members that were not there yet when the leader ended. */
static void
test_group_grows (Fixture       *self,
                  gconstpointer  kernel)
{
  pid_t first, second;

  start (self, CPROC_CONTAINMENT_GROUP, "in-group spawn-grandchild forker 0");
  await_end (self);
  first = self->grandchild;
  assert_reaches (self, SIGUSR1);
  second = read_pid (self->subprocess);
  g_assert_cmpint (second, !=, first);

  assert_reaches (self, SIGTERM);
  assert_orphan_ended_by (self, SIGTERM);
  self->grandchild = second;
  assert_orphan_ended_by (self, SIGTERM);
  assert_not_running (self, 0);
}

static void
test_group_left_by_leader (Fixture       *self,
                           gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group leave-group");
  g_assert_cmpint (getpgid (self->pid), ==, getpgrp ());
  assert_reaches (self, 0);
  assert_reaches (self, SIGUSR1);
  assert_ended_by (self, SIGUSR1);
  assert_not_running (self, 0);
}

static void
test_group_escape (Fixture       *self,
                   gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group spawn-grandchild session wait");
  assert_reaches (self, SIGTERM);
  assert_ended_by (self, SIGTERM);
  cproc_job_leader_exited (self->job);
  assert_not_running (self, 0);

  assert_orphan_lives (self);
  kill (self->grandchild, SIGKILL);
  assert_orphan_ended_by (self, SIGKILL);
}

/* The number of a group that has ended may belong to another program by now. */
static void
test_group_stranger (Fixture       *self,
                     gconstpointer  kernel)
{
  Fixture stranger = { 0 };
  CprocProcessGroup group;

  start (self, CPROC_CONTAINMENT_GROUP, "in-group sleep-forever 0");
  kill (self->pid, SIGKILL);
  assert_ended_by (self, SIGKILL);

  start (&stranger, CPROC_CONTAINMENT_GROUP, "in-group sleep-forever 0");
  cproc_process_group_init (&group, self->subprocess, stranger.pid,
                            cproc_job_get_pidfd (self->job));
  cproc_process_group_leader_exited (&group);
  g_assert_cmpint (cproc_process_group_signal (&group, SIGKILL), ==, ESRCH);
  cproc_process_group_clear (&group);

  /* The stranger hears the next one first. */
  assert_reaches (&stranger, SIGUSR1);
  assert_ended_by (&stranger, SIGUSR1);
  tear_down (&stranger, NULL);
}

/* A child in another process namespace takes itself for the first one there. */
static void
test_other_namespace (Fixture       *self,
                      gconstpointer  kernel)
{
  const pid_t never[] = { 1, 0, -1 };

  for (guint i = 0; i < G_N_ELEMENTS (never); i++)
    g_assert_cmpint (cproc_kill (never[i], 0), ==, ESRCH);

  start (self, CPROC_CONTAINMENT_GROUP, "in-group sleep-forever 0");
  g_clear_pointer (&self->job, cproc_job_unref);
  self->job = cproc_job_new (self->subprocess, 1, -1, CPROC_CONTAINMENT_GROUP, -1);
  /* It is still the child that GSubprocess knows. */
  assert_reaches (self, SIGTERM);
  assert_ended_by (self, SIGTERM);
}

static void
test_end_kills (Fixture       *self,
                gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_NONE, "ignore-term");
  assert_ends (self, SIGTERM, FOR_EVER);
  g_assert_true (cproc_job_is_ending (self->job));
  assert_ends (self, SIGTERM, 20);
  assert_ended_by (self, SIGKILL);
  while (cproc_job_is_ending (self->job))
    g_thread_yield ();
}

/* Nothing waits any more, but the SIGKILL is sent. */
static void
test_terminate_outlives_job (Fixture       *self,
                             gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_NONE, "ignore-term");
  assert_ends (self, SIGTERM, 20);
  g_clear_pointer (&self->job, cproc_job_unref);
  assert_ended_by (self, SIGKILL);
}

static void
test_end_group (Fixture       *self,
                gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group spawn-grandchild ignore-term wait");
  assert_ends (self, SIGTERM, FOR_EVER);
  assert_ended_by (self, SIGTERM);
  cproc_job_leader_exited (self->job);
  g_assert_true (cproc_job_is_ending (self->job));
  assert_ends (self, SIGTERM, 20);
  assert_orphan_ended_by (self, SIGKILL);
}

static void
test_end_shortens (Fixture       *self,
                   gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_NONE, "ignore-term");
  assert_ends (self, SIGTERM, FOR_EVER);
  assert_ends (self, SIGTERM, 20);
  assert_ends (self, SIGTERM, FOR_EVER);
  assert_ends (self, SIGTERM, -1);
  assert_ended_by (self, SIGKILL);
}

/* A process that obeys leaves no timer behind, whichever thread sees its end. */
static void
test_end_obeyed (Fixture       *self,
                 gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_GROUP, "in-group sleep-forever 0");
  assert_ends (self, SIGTERM, FOR_EVER);
  await_end (self);
  g_assert_false (cproc_job_is_ending (self->job));
  assert_not_running (self, 0);
  assert_ended_by (self, SIGTERM);
}

static void
test_end_obeyed_unnoticed (Fixture       *self,
                           gconstpointer  kernel)
{
  GWeakRef subprocess;
  gpointer alive;

  start (self, CPROC_CONTAINMENT_GROUP, "in-group sleep-forever 0");
  assert_ends (self, SIGTERM, FOR_EVER);
  assert_ended_by (self, SIGTERM);

  /* The library's own thread lets go of it as well. */
  g_weak_ref_init (&subprocess, self->subprocess);
  tear_down (self, NULL);
  while ((alive = g_weak_ref_get (&subprocess)) != NULL)
    {
      g_object_unref (alive);
      g_thread_yield ();
    }
  g_weak_ref_clear (&subprocess);
}

static void
test_end_never_kills (Fixture       *self,
                      gconstpointer  kernel)
{
  start (self, CPROC_CONTAINMENT_NONE, "ignore-term");
  assert_ends (self, SIGTERM, -1);
  g_assert_false (cproc_job_is_ending (self->job));
  assert_ends (self, SIGKILL, FOR_EVER);
  g_assert_false (cproc_job_is_ending (self->job));
  assert_ended_by (self, SIGKILL);
}

static void
test_stat (void)
{
  CprocProcStat stat;

  g_assert_true (cproc_proc_stat_parse ("12 (cat) S 1 12 7 0 -1 4194560", &stat));
  g_assert_cmpint (stat.state, ==, 'S');
  g_assert_cmpint (stat.group, ==, 12);
  g_assert_cmpint (stat.session, ==, 7);

  g_assert_true (cproc_proc_stat_parse ("12 (a) Z 3 4 5 (b) ) R 1 99 98 0", &stat));
  g_assert_cmpint (stat.state, ==, 'R');
  g_assert_cmpint (stat.group, ==, 99);
  g_assert_cmpint (stat.session, ==, 98);

  g_assert_false (cproc_proc_stat_parse ("", &stat));
  g_assert_false (cproc_proc_stat_parse ("12 cat S 1 12 7", &stat));
  g_assert_false (cproc_proc_stat_parse ("12 (cat)", &stat));
  g_assert_false (cproc_proc_stat_parse ("12 (cat) S 1 12", &stat));
  g_assert_false (cproc_proc_stat_parse ("12 (cat) S 1 x 7", &stat));
}

/* valgrind 3.19 does not know these. */
static gboolean
have_pidfds (void)
{
  int pidfd = cproc_pidfd_open (getpid ());

  return pidfd >= 0 && close (pidfd) == 0;
}

static void
add (const char *name,
     void      (*func) (Fixture *, gconstpointer))
{
  g_autofree char *now = g_strconcat ("/job/", name, "/now", NULL);
  g_autofree char *before = g_strconcat ("/job/", name, "/before-6.9", NULL);
  g_autofree char *refused = g_strconcat ("/job/", name, "/refused", NULL);

  g_test_add (now, Fixture, &new_kernel, set_up, func, tear_down);
  g_test_add (before, Fixture, &old_kernel, set_up, func, tear_down);
  g_test_add (refused, Fixture, &sandbox, set_up, func, tear_down);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  /* So that orphans come here, to be waited for. */
  g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);

  add ("process", test_process);
  add ("process-zombie", test_process_zombie);
  add ("process-no-pidfd", test_process_no_pidfd);
  add ("bad-signal", test_bad_signal);
  add ("group", test_group);
  add ("group-zombie", test_group_zombie);
  add ("group-left-by-leader", test_group_left_by_leader);
  add ("group-escape", test_group_escape);
  add ("group-stranger", test_group_stranger);
  add ("other-namespace", test_other_namespace);
  add ("end-kills", test_end_kills);
  add ("terminate-outlives-job", test_terminate_outlives_job);
  add ("end-shortens", test_end_shortens);
  add ("end-obeyed", test_end_obeyed);
  add ("end-never-kills", test_end_never_kills);
  g_test_add_func ("/job/stat", test_stat);

  /* Only the job holds descriptors for the rest of a group, and only it reports the leader's
   * end. */
  if (have_pidfds ())
    {
      add ("group-no-pidfd", test_group_no_pidfd);
      add ("group-without-leader", test_group_without_leader);
      add ("group-leader-unnoticed", test_group_leader_unnoticed);
      add ("group-grows", test_group_grows);
      add ("end-group", test_end_group);
      add ("end-obeyed-unnoticed", test_end_obeyed_unnoticed);
    }

  return g_test_run ();
}
