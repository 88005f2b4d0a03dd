/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "launch-descendants.h"

/* Ways to find them, of which a system may lack the better ones. */
typedef struct
{
  const char *name;
  bool lacks_children_file;
  bool lacks_pidfd;
} Way;

static const Way ways[] = {
  { "children-file", false, false },
  { "scan", true, false },
  { "children-file-no-pidfd", false, true },
  { "scan-no-pidfd", true, true },
};

typedef struct
{
  int ready[2]; /* each process writes one byte when it has started all of its own */
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  const Way *way = data;

  g_assert_cmpint (pipe (self->ready), ==, 0);
  launch_lacks_children_file = way->lacks_children_file;
  launch_lacks_pidfd = way->lacks_pidfd;
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  close (self->ready[0]);
  close (self->ready[1]);
  launch_lacks_children_file = false;
  launch_lacks_pidfd = false;
}

/* In a child, from here on … */

static _Noreturn void
be_ready (Fixture *self)
{
  alarm (600);
  while (write (self->ready[1], "r", 1) < 0 && errno == EINTR)
    ;
  for (;;)
    pause ();
}

static void
make_chain (Fixture *self,
            int      length)
{
  while (--length > 0 && fork () == 0)
    ;
  be_ready (self);
}

static gpointer
fork_in_thread (gpointer data)
{
  if (fork () == 0)
    be_ready (data);
  be_ready (data);
}

static void
make_threaded (Fixture *self)
{
  pthread_t thread;

  pthread_create (&thread, NULL, fork_in_thread, self);
  for (;;)
    pause ();
}

/* A subreaper, whose grandchild has become its child. */
static void
make_nested (Fixture *self)
{
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (fork () == 0)
    {
      if (fork () != 0)
        _exit (0);
      setsid ();
      be_ready (self);
    }
  wait (NULL);
  be_ready (self);
}

static void
make_double_fork (Fixture *self)
{
  if (fork () != 0)
    _exit (0);
  setsid ();
  be_ready (self);
}

/* … to here. */

static void
await_ready (Fixture *self,
             int      n)
{
  char c;

  for (; n > 0; n--)
    g_assert_cmpint (read (self->ready[0], &c, 1), ==, 1);
}

/* The orphans of those that were ended have come here. */
static void
assert_all_ended_by (int signum,
                     int n)
{
  int n_ended = 0;
  int status;
  pid_t pid;

  while ((pid = wait (&status)) > 0)
    if (WIFSIGNALED (status))
      {
        g_assert_cmpint (WTERMSIG (status), ==, signum);
        n_ended++;
      }
    else
      /* The first of a double fork. */
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);

  g_assert_cmpint (n_ended, ==, n);
}

static void
test_none (Fixture       *self,
           gconstpointer  data)
{
  g_assert_cmpint (launch_signal_descendants (SIGTERM), ==, 0);
  g_assert_cmpint (launch_signal_descendants (SIGKILL), ==, 0);
}

static void
test_chain (Fixture       *self,
            gconstpointer  data)
{
  if (fork () == 0)
    make_chain (self, 40);
  await_ready (self, 40);
  g_assert_cmpint (launch_signal_descendants (SIGTERM), ==, 40);
  assert_all_ended_by (SIGTERM, 40);
}

/* So many that what /proc says of them does not fit into one read. */
static void
test_wide (Fixture       *self,
           gconstpointer  data)
{
  const Way *way = data;
  int n = way->lacks_children_file ? 50 : 800;
  int i;

  for (i = 0; i < n; i++)
    if (fork () == 0)
      be_ready (self);
  await_ready (self, n);
  g_assert_cmpint (launch_signal_descendants (SIGTERM), ==, n);
  assert_all_ended_by (SIGTERM, n);
}

static void
test_threaded (Fixture       *self,
               gconstpointer  data)
{
  if (fork () == 0)
    make_threaded (self);
  await_ready (self, 2);
  g_assert_cmpint (launch_signal_descendants (SIGTERM), ==, 2);
  assert_all_ended_by (SIGTERM, 2);
}

static void
test_nested (Fixture       *self,
             gconstpointer  data)
{
  if (fork () == 0)
    make_nested (self);
  await_ready (self, 2);
  g_assert_cmpint (launch_signal_descendants (SIGTERM), ==, 2);
  assert_all_ended_by (SIGTERM, 2);
}

static void
test_double_fork (Fixture       *self,
                  gconstpointer  data)
{
  pid_t first = fork ();

  if (first == 0)
    make_double_fork (self);
  await_ready (self, 1);
  g_assert_cmpint (waitpid (first, NULL, 0), ==, first);
  g_assert_cmpint (launch_signal_descendants (SIGTERM), ==, 1);
  assert_all_ended_by (SIGTERM, 1);
}

/* Round by round: what has lost its parent is found in the next one. */
static void
test_kill (Fixture       *self,
           gconstpointer  data)
{
  int n_ended = 0;
  pid_t pid;

  if (fork () == 0)
    make_chain (self, 40);
  await_ready (self, 40);
  while ((pid = waitpid (-1, NULL, WNOHANG)) >= 0)
    if (pid == 0)
      launch_signal_descendants (SIGKILL);
    else
      n_ended++;
  g_assert_cmpint (n_ended, ==, 40);
}

static void
add (const char *name,
     void      (*func) (Fixture *, gconstpointer))
{
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strdup_printf ("/descendants/%s/%s", name, ways[i].name);

      g_test_add (path, Fixture, &ways[i], set_up, func, tear_down);
    }
}

/* As an ordinary user, on a /proc that hides what is not dumpable; changing the user makes a
 * process so. */
static _Noreturn void
run_hidden (Fixture *self)
{
  int n_left = 3;
  char c;

  if (unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
      || mount ("proc", "/proc", "proc", 0, "hidepid=2") != 0
      || setresgid (65534, 65534, 65534) != 0 || setresuid (65534, 65534, 65534) != 0
      || prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    _exit (77);

  if (fork () == 0)
    {
      setsid ();
      if (fork () == 0 && fork () == 0)
        setsid ();
      be_ready (self);
    }
  while (n_left-- > 0)
    if (read (self->ready[0], &c, 1) != 1)
      _exit (1);
  while (waitpid (-1, NULL, WNOHANG) >= 0)
    launch_signal_descendants (SIGKILL);
  _exit (0);
}

static void
test_hidden (Fixture       *self,
             gconstpointer  data)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    run_hidden (self);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == 77)
    g_test_skip ("A mount namespace is needed, and to be root");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), ==, 0);

  add ("none", test_none);
  add ("chain", test_chain);
  add ("wide", test_wide);
  add ("threaded", test_threaded);
  add ("nested", test_nested);
  add ("double-fork", test_double_fork);
  add ("kill", test_kill);
  g_test_add ("/descendants/hidden", Fixture, &ways[0], set_up, test_hidden, tear_down);

  return g_test_run ();
}
