/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child of a program that is in the foreground of a terminal. Each test is a process of its own,
 * the leader of a session on a terminal that it holds the other end of. */

#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-pidfd-private.h"

/* Opens the terminal. Ctrl-C, a stop and a hang-up are for the child. */
static int
open_terminal (void)
{
  int controller = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  int terminal;

  signal (SIGINT, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  signal (SIGTSTP, SIG_IGN);
  g_assert_cmpint (setsid (), >, 0);
  g_assert_cmpint (grantpt (controller), ==, 0);
  g_assert_cmpint (unlockpt (controller), ==, 0);
  terminal = open (ptsname (controller), O_RDWR | O_CLOEXEC);
  g_assert_cmpint (terminal, >=, 0);
  g_assert_cmpint (tcgetpgrp (terminal), ==, getpgrp ());

  return controller;
}

static void
type (int         controller,
      const char *text)
{
  gssize length = (gssize) strlen (text);

  g_assert_cmpint (write (controller, text, (gsize) length), ==, length);
}

static pid_t
get_foreground_group (void)
{
  int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  pid_t group = tcgetpgrp (fd);

  close (fd);

  return group;
}

static void
test_asks (gconstpointer data)
{
  g_autoptr(CprocExec) exec = cproc_exec_new_shell (data);
  CprocCommand *command = cproc_child_get_command (CPROC_CHILD (exec));
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  int controller = open_terminal ();

  if (strstr (data, "/dev/tty") == NULL)
    cproc_command_set_stdio_file (command, 0, "/dev/tty", CPROC_FILE_FLAGS_READ);
  type (controller, "secret\n");
  cproc_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpstr (text, ==, "got secret\n");
}

static void
test_interactive_shell (gconstpointer data)
{
  const char *argv[] = { "bash", "--norc", "-ic", data, NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr(TestRecord) record = test_record_new (child);

  open_terminal ();
  test_start (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (record->lines[1]->len, ==, 1);
  /* The shell has had a group of its own in the foreground. */
  g_assert_cmpint (get_foreground_group (), ==, getpgrp ());
}

static void
test_interrupt (gconstpointer data)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", "ready", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  int controller = open_terminal ();

  test_start (child);
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);
  type (controller, "\003");
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGINT);
}

static void
test_kill (gconstpointer data)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "session", "wait", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 grandchild;

  open_terminal ();
  cproc_child_set_kill_grace (child, 20);
  test_start (child);
  grandchild = test_await_grandchild (record);
  g_assert_true (cproc_child_kill (child, NULL));
  test_await_process_end (grandchild);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static void
test_left_behind (gconstpointer data)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "closed", "0", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 grandchild;
  int pidfd;

  open_terminal ();
  test_start (child);
  grandchild = test_await_grandchild (record);
  pidfd = cproc_pidfd_open ((pid_t) grandchild);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_subprocess_wait (cproc_child_get_subprocess (child), NULL, NULL);
  g_clear_pointer (&record, test_record_free);
  test_finalize (child);

  g_assert_cmpint (cproc_pidfd_signal (pidfd, 0), ==, 0);
  g_assert_true (test_process_lives (grandchild));
  g_assert_cmpint (cproc_pidfd_signal (pidfd, SIGKILL), ==, 0);
  close (pidfd);
}

static void
test_background (gconstpointer data)
{
  g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", "ready", NULL);
  g_autoptr(CprocChild) job = cproc_child_new_for_command (command);
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", "ready", NULL);
  int fd;

  open_terminal ();
  signal (SIGTTOU, SIG_IGN);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_GROUP);
  test_start (job);
  fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  g_assert_cmpint (tcsetpgrp (fd, (pid_t) cproc_child_get_pid (job)), ==, 0);
  close (fd);

  /* Reading the terminal would stop our whole group. */
  test_start (child);
  g_assert_cmpint (getpgid ((pid_t) cproc_child_get_pid (child)), ==,
                   (pid_t) cproc_child_get_pid (child));
  g_assert_true (cproc_child_force_exit (child, NULL));
  g_assert_true (cproc_child_force_exit (job, NULL));
}

/* The program in the terminal, which waits for a command and has no handlers. It tells who is to
 * end with it. */
static void
run_until_hang_up (const char *name,
                   int         report)
{
  g_autoptr(CprocChild) child = test_child_new ("spawn-grandchild", "session", "wait", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gint64 processes[2];

  g_assert_cmpint (setsid (), >, 0);
  g_assert_cmpint (open (name, O_RDWR | O_CLOEXEC), >=, 0);
  test_start (child);
  processes[0] = cproc_child_get_pid (child);
  processes[1] = test_await_grandchild (record);
  g_assert_cmpint (write (report, processes, sizeof processes), ==, sizeof processes);
  cproc_child_wait (child, NULL, NULL);
}

/* The window is closed: the program ends, and nothing is left behind, not even what has a session
 * of its own. */
static void
test_hang_up (gconstpointer data)
{
  int controller = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_autofree char *name = NULL;
  gint64 processes[2];
  int report[2], status;
  pid_t program;

  g_assert_cmpint (grantpt (controller), ==, 0);
  g_assert_cmpint (unlockpt (controller), ==, 0);
  name = g_strdup (ptsname (controller));
  g_assert_cmpint (pipe2 (report, O_CLOEXEC), ==, 0);

  program = fork ();
  if (program == 0)
    {
      close (controller);
      run_until_hang_up (name, report[1]);
      _exit (1);
    }

  close (report[1]);
  g_assert_cmpint (read (report[0], processes, sizeof processes), ==, sizeof processes);
  g_assert_true (test_process_lives (processes[0]));
  g_assert_true (test_process_lives (processes[1]));
  close (controller);
  g_assert_cmpint (waitpid (program, &status, 0), ==, program);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGHUP);
  test_await_process_end (processes[0]);
  test_await_process_end (processes[1]);
  close (report[0]);
}

typedef struct
{
  const char *path;
  GTestDataFunc func;
  gconstpointer data;
  const char *needs; /* a program */
} Case;

static const Case cases[] = {
  { "asks/dev-tty", test_asks, "read x </dev/tty; echo got $x", NULL },
  { "asks/file", test_asks, "read x; echo got $x", NULL },
  { "interactive-shell/ends", test_interactive_shell, "echo through", "bash" },
  { "interactive-shell/killed", test_interactive_shell, "echo through; kill -KILL $$", "bash" },
  { "interrupt", test_interrupt, NULL, NULL },
  { "hang-up", test_hang_up, NULL, NULL },
  { "kill", test_kill, NULL, NULL },
  { "left-behind", test_left_behind, NULL, NULL },
  { "background", test_background, NULL, NULL },
};

static void
run_case (gconstpointer data)
{
  const Case *self = data;
  g_autofree char *program = self->needs != NULL ? g_find_program_in_path (self->needs) : NULL;

  if (g_test_subprocess ())
    {
      self->func (self->data);
      return;
    }

  if (test_skip_without_pidfds ())
    return;
  if (self->needs != NULL && program == NULL)
    {
      g_test_skip ("A program that this needs is missing");
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/foreground/%s", cases[i].path);

      g_test_add_data_func (path, &cases[i], run_case);
    }

  return g_test_run ();
}
