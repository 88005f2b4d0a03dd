/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The resident helper: the parent of the program as long as anything lives that the program has
 * started. As a subreaper it inherits every orphan below it, so that a double fork, a group or a
 * session of its own lets nothing escape. It ends when nothing is left, as the program did. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"
#include "launch-descendants.h"
#include "launch-tree.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* How long the tree may take to end by itself when our process has died. */
#define ORPHAN_GRACE_MSEC 2000

/* A stop is not reported if so much is unread, so that there is always room for the end. */
#define MAX_UNREAD 16384

/* Between two rounds of SIGKILL; longer after many rounds. A process that waits for a device does
 * not die before it has it, and one of another user not at all. */
#define KILL_MSEC 2
#define KILL_PATIENT_MSEC 100
#define KILL_RESIGNED_MSEC 5000
#define N_KILLS 100
#define N_KILLS_PATIENT 200

typedef struct
{
  int control_fd;
  bool is_connected;
  bool foreground;
  bool lets_go;
  pid_t target;
  bool has_ended;
  LaunchTreeReport ended; /* once it has */
  bool stop_was_told;
  int last_signum; /* that was sent */
  bool is_ending;
  int32_t grace;   /* the last that was told */
  int64_t kill_at; /* ms; 0: never */
  unsigned n_kills;
  int64_t last_kill_at;
} Tree;

static int64_t
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (int64_t) time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t
usec (const struct timeval *time)
{
  return (int64_t) time->tv_sec * 1000000 + time->tv_usec;
}

/* attached_fd: -1 for none. */
static void
tree_report (int                     control_fd,
             const LaunchTreeReport *what,
             int                     attached_fd)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control;
  struct iovec part = { (void *) what, sizeof *what };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

  if (attached_fd >= 0)
    {
      memset (&control, 0, sizeof control);
      message.msg_control = &control;
      message.msg_controllen = sizeof control;
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (&control.header), &attached_fd, sizeof (int));
    }

  /* There is room, see MAX_UNREAD; a library that is not there needs none. */
  while (sendmsg (control_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

static void
tree_signal (Tree *self,
             int   signum)
{
  if (signum == 0)
    return;

  self->last_signum = signum;
  /* Without /proc nothing is found, but the program is still known. */
  if (launch_signal_descendants (signum) == 0 && !self->has_ended)
    kill (self->target, signum);
}

/* A stopped process handles no other signal before it goes on. */
static void
tree_terminate (Tree *self,
                int   signum)
{
  tree_signal (self, signum);
  if (signum != 0 && signum != SIGCONT)
    tree_signal (self, SIGCONT);
}

static void
tree_schedule_kill (Tree    *self,
                    int64_t  time)
{
  if (self->kill_at == 0 || time < self->kill_at)
    self->kill_at = time;
}

static void
tree_handle_command (Tree                    *self,
                     const LaunchTreeCommand *command)
{
  if (command->signum < 0 || command->signum >= _NSIG)
    return;

  if (command->kind == LAUNCH_TREE_END)
    {
      self->is_ending = true;
      self->grace = command->grace;
      /* One more, since now() is rounded down. */
      if (command->grace >= 0)
        tree_schedule_kill (self, now () + command->grace + 1);
    }

  /* Once is not enough if processes fork. */
  if (command->signum == SIGKILL)
    tree_schedule_kill (self, now ());
  else if (command->kind == LAUNCH_TREE_END)
    tree_terminate (self, command->signum);
  else
    tree_signal (self, command->signum);
}

/* Our process has ended, or has dropped the child. */
static void
tree_handle_disconnect (Tree *self)
{
  self->is_connected = false;
  if (!self->is_ending)
    tree_terminate (self, SIGTERM);
  self->is_ending = true;
  tree_schedule_kill (self, now () + (self->grace > 0 ? self->grace : ORPHAN_GRACE_MSEC));
}

/* Handles a command. False when there is none. */
static bool
tree_read_command (Tree *self)
{
  LaunchTreeCommand command;
  ssize_t length = recv (self->control_fd, &command, sizeof command, MSG_DONTWAIT);

  if (length == (ssize_t) sizeof command)
    tree_handle_command (self, &command);
  else if (length >= 0 || (errno != EAGAIN && errno != EINTR))
    tree_handle_disconnect (self);
  else
    return false;
  return self->is_connected;
}

/* A program that has asked to be traced stops at each signal, until its parent, which it takes for
 * a debugger, lets it go on; with the signal only if we have sent it. So do its children that
 * become ours. Any other program stops by job control alone. */
static void
tree_handle_stop (Tree  *self,
                  pid_t  pid,
                  int    status)
{
  LaunchTreeReport stopped = { .kind = LAUNCH_TREE_STOPPED };
  long signum = WIFSTOPPED (status) ? WSTOPSIG (status) : 0;
  void *passed_on = signum == self->last_signum ? (void *) signum : NULL;
  int n_unread = 0;

  if (signum != 0 && ptrace (PTRACE_DETACH, pid, NULL, passed_on) == 0)
    return;
  if (pid != self->target)
    return;

  if (signum != 0)
    {
      stopped.status = (int32_t) signum;
      ioctl (self->control_fd, TIOCOUTQ, &n_unread);
      self->stop_was_told = n_unread < MAX_UNREAD;
      if (!self->stop_was_told)
        return;
    }
  else if (!self->stop_was_told)
    return;
  else
    self->stop_was_told = false;
  tree_report (self->control_fd, &stopped, -1);
}

/* A shell with job control gives the terminal to a group of its own. If it is killed, it does not
 * give it back, and our process would be stopped when it reads the terminal. */
static void
tree_return_terminal (const Tree *self)
{
  pid_t group;
  int fd;

  if (!self->foreground)
    return;
  fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return;
  group = tcgetpgrp (fd);
  if (group > 1 && group != getpgrp () && kill (-group, 0) != 0 && errno == ESRCH)
    tcsetpgrp (fd, getpgrp ());
  close (fd);
}

/* A command that has come by now still reaches what the program has left behind. */
static bool
tree_may_let_go (Tree *self)
{
  if (!self->lets_go)
    return false;
  while (self->is_connected && tree_read_command (self))
    ;
  return !self->is_ending && self->kill_at == 0;
}

/* Reaps what there is to reap. False when there is nothing more to do. */
static bool
tree_reap (Tree *self)
{
  struct rusage usage;
  bool ends = false;
  int status;
  pid_t pid;

  while ((pid = wait4 (-1, &status, WNOHANG | WUNTRACED | WCONTINUED, &usage)) > 0)
    if (!WIFEXITED (status) && !WIFSIGNALED (status))
      tree_handle_stop (self, pid, status);
    else if (pid == self->target)
      {
        ends = self->has_ended = true;
        self->ended = (LaunchTreeReport) {
          .kind = LAUNCH_TREE_ENDED,
          .status = status,
          .user_time = usec (&usage.ru_utime),
          .system_time = usec (&usage.ru_stime),
          .max_rss = usage.ru_maxrss,
        };
      }

  /* What the program left behind became ours before it could be waited for. */
  if (ends)
    {
      tree_return_terminal (self);
      self->ended.is_gone = pid < 0 || tree_may_let_go (self);
      tree_report (self->control_fd, &self->ended, -1);
    }
  return pid == 0 && !self->ended.is_gone;
}

static int
tree_get_kill_interval (const Tree *self)
{
  if (self->n_kills < N_KILLS)
    return KILL_MSEC;
  return self->n_kills < N_KILLS_PATIENT ? KILL_PATIENT_MSEC : KILL_RESIGNED_MSEC;
}

/* Sends SIGKILL if it is due. Returns the ms until the next call, -1 for none. */
static int
tree_run_timer (Tree *self)
{
  int64_t time = now ();
  int64_t next = self->kill_at;

  if (self->kill_at == 0)
    return -1;
  if (self->n_kills > 0)
    next = self->last_kill_at + tree_get_kill_interval (self);

  if (time >= next)
    {
      tree_signal (self, SIGKILL);
      self->n_kills++;
      self->last_kill_at = now ();
      return tree_get_kill_interval (self);
    }
  return next - time < 60000 ? (int) (next - time) : 60000;
}

static void
tree_on_child (int signum)
{
  /* The signal ends ppoll(). */
}

static void
tree_supervise (Tree *self)
{
  sigset_t but_child;

  memset (&but_child, 0xff, sizeof but_child);
  sigdelset (&but_child, SIGCHLD);

  while (tree_reap (self))
    {
      struct pollfd control = { self->is_connected ? self->control_fd : -1, POLLIN, 0 };
      int msec = tree_run_timer (self);
      struct timespec timeout = { msec / 1000, msec % 1000 * 1000000L };

      if (ppoll (&control, 1, msec < 0 ? NULL : &timeout, &but_child) > 0)
        tree_read_command (self);
    }
  tree_return_terminal (self);
}

/* Ends as the program did: GSubprocess sees what it would see of the program. */
static _Noreturn void
tree_exit_like (int status)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  struct rlimit no_core = { 0, 0 };
  sigset_t set;
  int signum;

  if (WIFEXITED (status))
    _exit (WEXITSTATUS (status));

  /* But without a core: the program's own has been written. The limit alone does not prevent a core
   * that is written through a pipe. */
  setrlimit (RLIMIT_CORE, &no_core);
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);

  signum = WTERMSIG (status);
  sigaction (signum, &action, NULL);
  kill (getpid (), signum);
  sigemptyset (&set);
  sigaddset (&set, signum);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  _exit (128 + signum);
}

/* Puts a number before the text. */
static char *
prepend_number (char *text,
                int   n)
{
  do
    *--text = (char) ('0' + n % 10);
  while ((n /= 10) > 0);
  return text;
}

/* Gives up what is the program's, above all its streams: the other end of a pipe waits until the
 * last holder of this end is gone. */
static void
tree_detach (const LaunchSpec *spec,
             int               gate_fd)
{
  int kept[] = { spec->control_fd, gate_fd };
  bool ascends = gate_fd > spec->control_fd;
  char keep[32] = { 0 };
  char *text = keep + sizeof keep - 1;
  LaunchSpec own = *spec;
  LaunchRecord failure;
  struct rlimit limit;

  /* Its directory too, and its group. On a terminal it keeps that of our process: as a parent in
   * another group it would have the kernel think that a shell's job control is at work. */
  while (chdir ("/") != 0 && errno == EINTR)
    ;
  if (!spec->foreground)
    setpgid (0, 0);

  text = prepend_number (text, kept[ascends]);
  *--text = ',';
  own.keep = prepend_number (text, kept[!ascends]);
  own.status_fd = spec->control_fd;
  launch_close_others (&own, &failure);

  /* Each process that is signalled at a time needs a pidfd. */
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

static _Noreturn void
tree_run_program (const LaunchSpec  *spec,
                  char             **argv,
                  pid_t              helper,
                  int                gate_fd)
{
  LaunchSpec own = *spec;
  char c;

  /* Until the supervisor has withdrawn, or has ended, which is dealt with below. */
  while (read (gate_fd, &c, 1) < 0 && errno == EINTR)
    ;
  close (gate_fd);

  /* Killing the helper does not set the program free. */
  own.parent_pid = helper;
  launch_report (spec->status_fd, LAUNCH_STEP_PID, 0, 0);
  launch_become (&own, argv);
}

static _Noreturn void
tree_fail (const LaunchSpec *spec,
           LaunchStep        step)
{
  launch_report (spec->status_fd, step, errno, 0);
  _exit (LAUNCH_EXIT_FAILURE);
}

/* The program waits at a gate, which opens when the supervisor is ready: the program may stop the
 * supervisor at once, and then the library would wait for streams that it still holds. */
static void
tree_start (Tree              *self,
            const LaunchSpec  *spec,
            char             **argv)
{
  LaunchTreeReport started = { .kind = LAUNCH_TREE_STARTED };
  pid_t helper = getpid ();
  int gate[2];

  if (pipe2 (gate, O_CLOEXEC) != 0)
    tree_fail (spec, LAUNCH_STEP_SUPERVISE);
  self->target = fork ();
  if (self->target < 0)
    tree_fail (spec, LAUNCH_STEP_SUPERVISE);
  if (self->target == 0)
    {
      close (gate[1]);
      tree_run_program (spec, argv, helper, gate[0]);
    }

  /* Before the status socket is closed, which is when the library takes the program for started. */
  tree_report (spec->control_fd, &started, (int) syscall (SYS_pidfd_open, (long) self->target, 0L));
  tree_detach (spec, gate[1]);
  close (gate[1]);
}

_Noreturn void
launch_supervise (const LaunchSpec  *spec,
                  char             **argv)
{
  static const unsigned long all[] = { ~0ul, ~0ul, ~0ul, ~0ul };
  struct sigaction action = { .sa_handler = tree_on_child };
  Tree self = {
    .control_fd = spec->control_fd,
    .is_connected = true,
    .foreground = spec->foreground,
    .lets_go = spec->lets_go,
    .grace = -1,
  };

  /* The call itself, since the C libraries keep some signals from being blocked. */
  syscall (SYS_rt_sigprocmask, (long) SIG_SETMASK, all, NULL, (long) _NSIG / 8);

  /* Before there is a child: if our process ignores SIGCHLD, so do we, and there is no status. */
  sigaction (SIGCHLD, &action, NULL);

  if (!launch_proc_is_ours ())
    tree_fail (spec, LAUNCH_STEP_PROC);
  if (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    tree_fail (spec, LAUNCH_STEP_SUPERVISE);

  /* A descendant may have stopped this process when our parent dies. */
  prctl (PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0);

  tree_start (&self, spec, argv);

  /* A descendant must not trace it, or take its line. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);

  tree_supervise (&self);
  tree_exit_like (self.ended.status);
}
