/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The resident helper is the parent of the program, and stays as long as any process lives that the
 * program has started. As a subreaper it inherits every orphan below it, so a process cannot escape
 * by a double fork, or by a group or session of its own. When nothing is left it ends with the
 * program's status. */

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

/* The time that the tree has to end by itself after the library's process has died. */
#define ORPHAN_GRACE_MSEC 2000

/* A stop is not reported if this much is unread, so that there is always room for the end. */
#define MAX_UNREAD 16384

/* The time between two rounds of SIGKILL; it grows after many rounds. A process that waits for a
 * device dies only after that, and a process of another user may not die at all. */
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
  LaunchTreeReport ended; /* valid once the program has ended */
  bool stop_was_told;
  int last_signum; /* the last signal that was sent */
  bool is_ending;
  int32_t grace;   /* the last grace received */
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

  /* There is room, see MAX_UNREAD; if the library is gone nothing needs to be sent. */
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
  /* Without /proc no descendant is found, but the program is still known. */
  if (launch_signal_descendants (signum) == 0 && !self->has_ended)
    kill (self->target, signum);
}

/* A stopped process handles no other signal until it continues. */
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
      /* Add one, since now() is rounded down. */
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

/* Handles the end of the connection: the library's process has ended, or has dropped the child. */
static void
tree_handle_disconnect (Tree *self)
{
  self->is_connected = false;
  if (!self->is_ending)
    tree_terminate (self, SIGTERM);
  self->is_ending = true;
  tree_schedule_kill (self, now () + (self->grace > 0 ? self->grace : ORPHAN_GRACE_MSEC));
}

/* Handles a command. False if there is none. */
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

/* Handles a stop. A program that has asked to be traced stops at each signal until its parent,
 * which it takes for a debugger, lets it continue. The signal is passed on only if the helper
 * itself has sent it. The same holds for its children that become the helper's. Any other program
 * stops only by job control. */
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

/* Takes the terminal back. A shell with job control gives the terminal to a group of its own. If it
 * is killed it does not give it back, and the library's process would be stopped when it reads from
 * the terminal. */
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

/* Handles the last commands: they still reach the processes that the program has left behind. */
static bool
tree_may_let_go (Tree *self)
{
  if (!self->lets_go)
    return false;
  while (self->is_connected && tree_read_command (self))
    ;
  return !self->is_ending && self->kill_at == 0;
}

/* Reaps all ended children. False when there is nothing more to do. */
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

  /* The processes that the program left behind became children of the helper before the program
   * could be waited for. */
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

/* Ends with the program's status, so that GSubprocess sees the same as from the program itself. */
static _Noreturn void
tree_exit_like (int status)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  struct rlimit no_core = { 0, 0 };
  sigset_t set;
  int signum;

  if (WIFEXITED (status))
    _exit (WEXITSTATUS (status));

  /* Write no core: the program's own has been written. The limit alone does not prevent a core that
   * is written through a pipe. */
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

/* Writes a number before the text. */
static char *
prepend_number (char *text,
                int   n)
{
  do
    *--text = (char) ('0' + n % 10);
  while ((n /= 10) > 0);
  return text;
}

/* Gives up what belongs to the program, above all its streams: the other end of a pipe gets no end
 * of file before the last holder of this end is gone. */
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

  /* Give up its directory too, and its group. On a terminal, keep the group of the library's
   * process: with a parent in another group, the kernel would assume the job control of a shell. */
  while (chdir ("/") != 0 && errno == EINTR)
    ;
  if (!spec->foreground)
    setpgid (0, 0);

  text = prepend_number (text, kept[ascends]);
  *--text = ',';
  own.keep = prepend_number (text, kept[!ascends]);
  own.status_fd = spec->control_fd;
  launch_close_others (&own, &failure);

  /* Raise the limit: each process that is signalled in a round needs a pidfd. */
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

  /* Wait until the supervisor is ready, or has ended, which is handled below. */
  while (read (gate_fd, &c, 1) < 0 && errno == EINTR)
    ;
  close (gate_fd);

  /* The program must not survive the helper. */
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

/* Starts the program, which waits at a gate until the supervisor is ready. Otherwise the program
 * might stop the supervisor at once, and the library would wait for streams that the supervisor
 * still holds. */
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

  /* Report this before the status socket is closed, because then the library takes the program for
   * started. */
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

  /* Call the system call directly, since the C library does not let some signals be blocked. */
  syscall (SYS_rt_sigprocmask, (long) SIG_SETMASK, all, NULL, (long) _NSIG / 8);

  /* Do this before there is a child: if the library's process ignores SIGCHLD this process does
   * too, and gets no status. */
  sigaction (SIGCHLD, &action, NULL);

  if (!launch_proc_is_ours ())
    tree_fail (spec, LAUNCH_STEP_PROC);
  if (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    tree_fail (spec, LAUNCH_STEP_SUPERVISE);

  /* SIGCONT, because a descendant may have stopped this process when the parent dies. */
  prctl (PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0);

  tree_start (&self, spec, argv);

  /* A descendant must not trace this process or take its connection. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);

  tree_supervise (&self);
  tree_exit_like (self.ended.status);
}
