/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "cproc-thread-private.h"
#include "launch-util.h"
#include "shared-program.h"

static void
test_arguments (void)
{
  g_autoptr(CprocCommand) command =
    launch_command_new ("print-args", "one two", "", "-x", "\xff\xfe", NULL);
  g_autofree char *expected =
    g_strdup_printf ("%s\none two\n\n-x\n\xff\xfe\n", g_getenv ("CPROC_TEST_CHILD"));
  g_autofree char *output = launch_run (command);

  g_assert_cmpstr (output, ==, expected);
}

static void
test_argv0 (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-args", "x", NULL);
  g_autofree char *output = NULL;

  cproc_command_set_argv0 (command, "-another name");
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "-another name\nx\n");
}

static void
test_environment (void)
{
  const char *const environment[] = { "A=1", "B=", "C=a=b", NULL };
  g_autoptr(CprocCommand) command = launch_command_new ("print-env", NULL);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  g_autofree char *output = NULL;
  g_autofree char *more = NULL;

  cproc_command_set_environment (command, environment);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "A=1\nB=\nC=a=b\n");

  cproc_launch_set_variable (launch, "D", "4");
  cproc_launch_set_variable (launch, "A", "0");
  g_assert_true (cproc_launch_prepare (launch, NULL));
  g_assert_true (cproc_launch_spawn (launch, NULL));
  g_assert_true (cproc_launch_confirm (launch, NULL));
  more = launch_read (launch);
  g_assert_cmpstr (more, ==, "A=0\nB=\nC=a=b\nD=4\n");
}

/* The environment is inherited as it is at the start, not as it was when the process began. */
static void
test_environment_inherited (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-env", "CPROC_TEST_VALUE", NULL);
  g_autofree char *unset = launch_run (command);
  g_autofree char *set = NULL;

  g_setenv ("CPROC_TEST_VALUE", "seen", TRUE);
  set = launch_run (command);
  g_unsetenv ("CPROC_TEST_VALUE");

  g_assert_cmpstr (unset, ==, "(unset)\n");
  g_assert_cmpstr (set, ==, "seen\n");
}

static void
test_cwd (void)
{
  g_autofree char *directory = launch_make_directory ();
  g_autofree char *resolved = realpath (directory, NULL);
  g_autofree char *expected = g_strconcat (resolved, "\n", NULL);
  g_autoptr(CprocCommand) command = launch_command_new ("print-cwd", NULL);
  g_autofree char *output = NULL;

  cproc_command_set_cwd (command, directory);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, expected);

  launch_remove (directory);
}

/* A relative path of a program is relative to the child's working directory, as with chdir() and
 * exec(). */
static void
test_cwd_relative_program (void)
{
  const char *const argv[] = { "./there", NULL };
  g_autofree char *directory = launch_make_directory ();
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autofree char *output = NULL;

  g_free (launch_write_file (directory, "there", "#!/bin/sh\necho here\n", 0755));
  cproc_command_set_cwd (command, directory);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "here\n");

  launch_remove (directory);
}

static void
test_group (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-ids", NULL);
  g_autoptr(CprocLaunch) launch = launch_start (command);
  g_autofree char *output = launch_read (launch);

  g_assert_cmpint (launch_get_number (output, "pid"), ==, cproc_launch_get_pid (launch));
  g_assert_cmpint (launch_get_number (output, "ppid"), ==, getpid ());
  g_assert_cmpint (launch_get_number (output, "pgid"), ==, cproc_launch_get_pid (launch));
  g_assert_cmpint (launch_get_number (output, "sid"), ==, getsid (0));
  g_assert_cmpint (launch_get_number (output, "death-signal"), ==, 0);
}

/* A start that is given up before the program runs must leave nothing. */
static void
test_group_is_there_at_once (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("sleep-forever", NULL);

  for (int i = 0; i < 100; i++)
    {
      g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
      g_autoptr(GError) error = NULL;

      cproc_command_set_new_session (command, i % 2 == 0);
      g_assert_true (cproc_launch_prepare (launch, NULL));
      g_assert_true (cproc_launch_spawn (launch, NULL));
      cproc_job_signal (cproc_launch_get_job (launch), SIGKILL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (launch_wait (launch), ==, -1);
    }
}

static void
test_no_group (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-ids", NULL);
  g_autofree char *output = NULL;

  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  output = launch_run (command);
  g_assert_cmpint (launch_get_number (output, "pgid"), ==, getpgrp ());
}

static void
test_session (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-ids", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *output = NULL;

  cproc_command_set_new_session (command, TRUE);
  launch = launch_start (command);
  output = launch_read (launch);
  g_assert_cmpint (launch_get_number (output, "sid"), ==, cproc_launch_get_pid (launch));
  g_assert_cmpint (launch_get_number (output, "pgid"), ==, cproc_launch_get_pid (launch));
}

static gint64
get_group (CprocCommand *command)
{
  g_autofree char *output = launch_run (command);

  return launch_get_number (output, "pgid");
}

/* With a terminal of its own, as a shell has one. */
static void
test_group_at_terminal (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr(CprocCommand) reads = launch_command_new ("print-ids", NULL);
      g_autoptr(CprocCommand) reads_not = launch_command_new ("print-ids", NULL);
      g_autoptr(CprocCommand) session = launch_command_new ("print-ids", NULL);
      int controller = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
      int terminal;

      g_assert_cmpint (setsid (), >, 0);
      g_assert_cmpint (grantpt (controller), ==, 0);
      g_assert_cmpint (unlockpt (controller), ==, 0);
      terminal = open (ptsname (controller), O_RDWR | O_CLOEXEC);
      g_assert_cmpint (terminal, >=, 0);
      g_assert_cmpint (dup2 (terminal, STDIN_FILENO), ==, STDIN_FILENO);
      g_assert_cmpint (tcgetpgrp (STDIN_FILENO), ==, getpgrp ());

      /* Ctrl-C must reach it, and it may read, whatever its standard input is. */
      cproc_command_set_stdin_mode (reads, CPROC_STDIO_INHERIT);
      g_assert_cmpint (get_group (reads), ==, getpgrp ());
      cproc_command_set_stdin_mode (reads_not, CPROC_STDIO_NULL);
      g_assert_cmpint (get_group (reads_not), ==, getpgrp ());
      /* What was asked for comes first. */
      cproc_command_set_containment (reads, CPROC_CONTAINMENT_GROUP);
      g_assert_cmpint (get_group (reads), !=, getpgrp ());
      cproc_command_set_stdin_mode (session, CPROC_STDIO_INHERIT);
      cproc_command_set_new_session (session, TRUE);
      g_assert_cmpint (get_group (session), !=, getpgrp ());
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_umask_and_nice (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-ids", NULL);
  int nice_here = getpriority (PRIO_PROCESS, 0);
  g_autofree char *output = NULL;

  cproc_command_set_umask (command, 0137);
  cproc_command_set_nice (command, 3);
  output = launch_run (command);
  g_assert_nonnull (strstr (output, "umask=137\n"));
  g_assert_cmpint (launch_get_number (output, "nice"), ==, MIN (nice_here + 3, 19));

  /* None of it is ours. */
  g_assert_cmpint (getpriority (PRIO_PROCESS, 0), ==, nice_here);
}

static void
test_limits (void)
{
  g_autofree char *cpu = g_strdup_printf ("%d", RLIMIT_CPU);
  g_autofree char *files = g_strdup_printf ("%d", RLIMIT_NOFILE);
  g_autofree char *core = g_strdup_printf ("%d", RLIMIT_CORE);
  g_autoptr(CprocCommand) command = launch_command_new ("print-limits", cpu, files, core, NULL);
  g_autofree char *output = NULL;

  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CPU, 100, 200);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_NOFILE, 40, 50);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, 0, 0);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "100 200\n40 50\n0 0\n");
}

/* Lower than a descriptor that the child is given: the limit is for what it opens itself. */
static void
test_limit_of_few_files (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-fds", NULL);
  g_autofree char *output = NULL;

  cproc_command_set_resource_limit (command, CPROC_RESOURCE_NOFILE, 4, 4);
  cproc_command_add_pipe (command, 9, CPROC_PIPE_DIRECTION_WRITE);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "0 pipe r blocking\n1 pipe w blocking\n2 pipe w blocking\n"
                               "9 pipe r blocking\n");
}

static void
test_ids (void)
{
  g_autoptr(TestSharedProgram) child = test_shared_program_new (g_getenv ("CPROC_TEST_CHILD"));
  const char *argv[] = { child->path, "print-ids", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autofree char *output = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("takes the right to change ids");
      return;
    }

  cproc_command_set_user_id (command, 12345);
  cproc_command_set_group_id (command, 23456);
  cproc_command_set_die_with_parent (command, TRUE);
  /* Both need a right that the new user has not: they must come first. */
  cproc_command_set_nice (command, -1);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, -1, -1);
  output = launch_run (command);
  g_assert_cmpint (launch_get_number (output, "uid"), ==, 12345);
  g_assert_cmpint (launch_get_number (output, "euid"), ==, 12345);
  g_assert_cmpint (launch_get_number (output, "gid"), ==, 23456);
  g_assert_cmpint (launch_get_number (output, "egid"), ==, 23456);
  g_assert_cmpint (launch_get_number (output, "groups"), ==, 0);
  /* A change of ids clears it: it must come last. */
  g_assert_cmpint (launch_get_number (output, "death-signal"), ==, SIGKILL);
}

static void
assert_signals_are_fresh (CprocContainment containment)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-signals", NULL);
  g_autofree char *output = NULL;
  sigset_t blocked, saved;

  sigemptyset (&blocked);
  sigaddset (&blocked, SIGTERM);
  sigaddset (&blocked, SIGUSR1);
  sigaddset (&blocked, SIGRTMIN + 3);
  pthread_sigmask (SIG_BLOCK, &blocked, &saved);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGQUIT, SIG_IGN);
  signal (SIGRTMAX, SIG_IGN);

  cproc_command_set_containment (command, containment);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "");

  signal (SIGPIPE, SIG_DFL);
  signal (SIGQUIT, SIG_DFL);
  signal (SIGRTMAX, SIG_DFL);
  pthread_sigmask (SIG_SETMASK, &saved, NULL);
}

static void
test_signals (void)
{
  assert_signals_are_fresh (CPROC_CONTAINMENT_GROUP);
  assert_signals_are_fresh (CPROC_CONTAINMENT_NONE);
}

static gboolean
has_pidfds (void)
{
  int fd = (int) syscall (SYS_pidfd_open, getpid (), 0);

  if (fd >= 0)
    close (fd);

  /* Not an older kernel, nor valgrind. */
  return fd >= 0;
}

/* By the time it could be asked, GSubprocess has often reaped the process. */
static void
assert_pid_is_never_lost (CprocContainment containment)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);

  cproc_command_set_containment (command, containment);
  for (int i = 0; i < 300; i++)
    {
      g_autoptr(CprocLaunch) launch = launch_start (command);

      g_assert_cmpint (cproc_launch_get_pid (launch), >, 1);
      if (has_pidfds ())
        g_assert_cmpint (cproc_job_get_pidfd (cproc_launch_get_job (launch)), >=, 0);
      g_assert_cmpint (launch_wait (launch), ==, 0);
    }
}

static void
test_pid_is_never_lost (void)
{
  assert_pid_is_never_lost (CPROC_CONTAINMENT_GROUP);
  assert_pid_is_never_lost (CPROC_CONTAINMENT_NONE);
}

static void
test_pidfd (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);
  g_autoptr(CprocLaunch) launch = launch_start (command);
  struct pollfd ended = { .events = POLLIN };
  int stdin_fd = cproc_launch_steal_pipe (launch, STDIN_FILENO);

  ended.fd = cproc_job_get_pidfd (cproc_launch_get_job (launch));
  if (!has_pidfds ())
    {
      g_test_skip ("there are no pidfds");
      close (stdin_fd);
      launch_wait (launch);
      return;
    }

  g_assert_cmpint (ended.fd, >=, 0);
  g_assert_cmpint (poll (&ended, 1, 0), ==, 0);
  close (stdin_fd);
  g_assert_cmpint (poll (&ended, 1, -1), ==, 1);
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

static gpointer
start_in_thread (gpointer command)
{
  return launch_start (command);
}

/* The kernel's parent-death signal comes when the thread ends that made the process. */
static void
test_die_with_parent_outlives_thread (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("cat", NULL);
  g_autoptr(CprocLaunch) launch = NULL;
  g_autofree char *output = NULL;
  int stdin_fd;

  cproc_command_set_die_with_parent (command, TRUE);
  launch = g_thread_join (g_thread_new ("short", start_in_thread, command));

  stdin_fd = cproc_launch_steal_pipe (launch, STDIN_FILENO);
  g_assert_cmpint (write (stdin_fd, "alive", 5), ==, 5);
  close (stdin_fd);
  output = launch_read (launch);
  g_assert_cmpstr (output, ==, "alive");
}

/* A process that starts another and is killed: only the pipe that both hold tells the end. */
static void
test_die_with_parent (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr(CprocCommand) command = launch_command_new ("sleep-forever", "up", NULL);
      int fd = atoi (g_getenv ("CPROC_TEST_FD"));
      CprocLaunch *launch;
      char c;

      cproc_command_set_die_with_parent (command, TRUE);
      cproc_command_take_fd (command, fd, 5);
      launch = launch_start (command);
      g_assert_cmpint (poll (&(struct pollfd) { cproc_launch_steal_pipe (launch, 1), POLLIN, 0 },
                             1, -1), ==, 1);
      c = 'x';
      g_assert_cmpint (write (fd, &c, 1), ==, 1);
      raise (SIGKILL);
    }
  else
    {
      const char *argv[] = { NULL, "-q", "-p", g_test_get_path (), "--GTestSubprocess", NULL };
      g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
      g_autoptr(GSubprocess) parent = NULL;
      g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
      g_autofree char *told = NULL;
      int fds[2];

      argv[0] = self;
      g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
      g_subprocess_launcher_take_fd (launcher, fds[1], 9);
      g_subprocess_launcher_setenv (launcher, "CPROC_TEST_FD", "9", TRUE);
      parent = g_subprocess_launcher_spawnv (launcher, argv, NULL);
      g_assert_nonnull (parent);
      g_subprocess_launcher_close (launcher);

      /* Its end comes when the last holder has ended: the child has none of its own accord. */
      told = launch_read_fd (fds[0]);
      g_assert_cmpstr (told, ==, "x");
      g_subprocess_wait (parent, NULL, NULL);
    }
}

static gpointer
spawn_blocked (gpointer command)
{
  sigset_t all;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, NULL);

  return launch_run (command);
}

static void
test_from_blocked_thread (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("print-signals", NULL);
  g_autofree char *output = NULL;

  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);
  output = g_thread_join (g_thread_new ("blocked", spawn_blocked, command));
  g_assert_cmpstr (output, ==, "");
}

static gboolean
note_thread (gpointer user_data)
{
  GThread **thread = user_data;
  sigset_t mask;

  pthread_sigmask (SIG_SETMASK, NULL, &mask);
  g_assert_true (sigismember (&mask, SIGTERM));
  g_assert_true (sigismember (&mask, SIGUSR1));
  g_assert_true (g_main_context_is_owner (cproc_thread_get_context ()));
  g_atomic_pointer_set (thread, g_thread_self ());

  return G_SOURCE_REMOVE;
}

static void
note_nothing (gpointer unused)
{
  g_assert_true (cproc_thread_is_current ());
}

static void
test_thread (void)
{
  GThread *threads[2] = { NULL, NULL };

  cproc_thread_push (note_thread, &threads[0]);
  cproc_thread_push (note_thread, &threads[1]);
  /* In turn, and this one is waited for. */
  cproc_thread_call (note_nothing, NULL);

  g_assert_false (cproc_thread_is_current ());
  g_assert_nonnull (threads[0]);
  g_assert_true (threads[0] == threads[1]);
  g_assert_true (threads[0] != g_thread_self ());
}

static void
test_status_fd (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  struct pollfd status = { .events = 0 };

  g_assert_true (cproc_launch_prepare (launch, NULL));
  g_assert_true (cproc_launch_spawn (launch, NULL));
  status.fd = cproc_launch_get_status_fd (launch);
  g_assert_cmpint (status.fd, >=, 0);

  /* When all has been decided: then nothing is left to wait for. */
  g_assert_cmpint (poll (&status, 1, -1), ==, 1);
  g_assert_cmpint (status.revents, ==, POLLHUP);
  g_assert_true (cproc_launch_confirm (launch, NULL));
  g_assert_cmpint (cproc_launch_get_status_fd (launch), ==, -1);
  g_assert_cmpint (launch_wait (launch), ==, 0);
}

/* Both in one is sooner, and not too soon: what has that number is the program, not the helper. */
static void
test_run (void)
{
  g_autoptr(CprocCommand) command = launch_command_new ("sleep-forever", NULL);

  for (int i = 0; i < 100; i++)
    {
      g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
      g_autofree char *link = NULL;
      g_autofree char *program = NULL;

      cproc_command_set_containment (command, i % 2 == 0 ? CPROC_CONTAINMENT_GROUP
                                                         : CPROC_CONTAINMENT_TREE);
      g_assert_true (cproc_launch_prepare (launch, NULL));
      g_assert_true (cproc_launch_run (launch, NULL));
      g_assert_cmpint (cproc_launch_get_status_fd (launch), ==, -1);
      link = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/exe", cproc_launch_get_pid (launch));
      program = g_file_read_link (link, NULL);
      g_assert_cmpstr (program, ==, g_getenv ("CPROC_TEST_CHILD"));
      cproc_job_signal (cproc_launch_get_job (launch), SIGKILL, NULL);
      launch_wait (launch);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/launch/arguments", test_arguments);
  g_test_add_func ("/launch/argv0", test_argv0);
  g_test_add_func ("/launch/environment", test_environment);
  g_test_add_func ("/launch/environment-inherited", test_environment_inherited);
  g_test_add_func ("/launch/cwd", test_cwd);
  g_test_add_func ("/launch/cwd-relative-program", test_cwd_relative_program);
  g_test_add_func ("/launch/group", test_group);
  g_test_add_func ("/launch/group-is-there-at-once", test_group_is_there_at_once);
  g_test_add_func ("/launch/no-group", test_no_group);
  g_test_add_func ("/launch/session", test_session);
  g_test_add_func ("/launch/group-at-terminal", test_group_at_terminal);
  g_test_add_func ("/launch/umask-and-nice", test_umask_and_nice);
  g_test_add_func ("/launch/limits", test_limits);
  g_test_add_func ("/launch/limit-of-few-files", test_limit_of_few_files);
  g_test_add_func ("/launch/ids", test_ids);
  g_test_add_func ("/launch/signals", test_signals);
  g_test_add_func ("/launch/pid-is-never-lost", test_pid_is_never_lost);
  g_test_add_func ("/launch/pidfd", test_pidfd);
  g_test_add_func ("/launch/die-with-parent", test_die_with_parent);
  g_test_add_func ("/launch/die-with-parent-outlives-thread",
                   test_die_with_parent_outlives_thread);
  g_test_add_func ("/launch/from-blocked-thread", test_from_blocked_thread);
  g_test_add_func ("/launch/thread", test_thread);
  g_test_add_func ("/launch/status-fd", test_status_fd);
  g_test_add_func ("/launch/run", test_run);

  return g_test_run ();
}
