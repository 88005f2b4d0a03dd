/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests run as a child: child MODE [ARGUMENT...]. Each mode does one thing whose effect
 * the test can foretell. It uses the C library alone, so that nothing of GLib's (threads,
 * descriptors, signal dispositions) mixes into what it reports about itself. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* args: what follows the mode, NULL-terminated. The result is the exit code. */
typedef int (*ModeFunc) (int n_args, char **args);

static long
number (int n_args, char **args, int index, long fallback)
{
  return index < n_args ? strtol (args[index], NULL, 0) : fallback;
}

static void
write_all (int fd, const char *data, size_t length)
{
  while (length > 0)
    {
      ssize_t written = write (fd, data, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        exit (errno == EPIPE ? 32 : 74);
      data += written;
      length -= (size_t) written;
    }
}

/* Ten minutes are for ever to a test, and no orphan of a failed one outlives them. */
static void
sleep_forever (void)
{
  signal (SIGALRM, SIG_DFL);
  alarm (600);
  for (;;)
    pause ();
}

/* exit CODE */
static int
mode_exit (int n_args, char **args)
{
  return (int) number (n_args, args, 0, 0);
}

/* signal NUMBER: ends itself so */
static int
mode_signal (int n_args, char **args)
{
  struct rlimit no_core = { 0, 0 };

  setrlimit (RLIMIT_CORE, &no_core);
  raise ((int) number (n_args, args, 0, SIGTERM));
  sleep_forever ();
  return 70;
}

/* print-args ...: argv[0], then each argument, one a line */
static int
mode_print_args (int n_args, char **args)
{
  int i;

  /* args[-1] is the mode, args[-2] is argv[0]. */
  puts (args[-2]);
  for (i = 0; i < n_args; i++)
    puts (args[i]);
  return 0;
}

/* print-env [NAME...]: the values, a missing one as (unset); without a name the whole block */
static int
mode_print_env (int n_args, char **args)
{
  int i;

  for (i = 0; n_args == 0 && environ[i] != NULL; i++)
    puts (environ[i]);
  for (i = 0; i < n_args; i++)
    {
      const char *value = getenv (args[i]);

      puts (value != NULL ? value : "(unset)");
    }
  return 0;
}

static int
mode_print_cwd (int n_args, char **args)
{
  char path[PATH_MAX];

  if (getcwd (path, sizeof path) == NULL)
    return 71;
  puts (path);
  return 0;
}

static const char *
file_kind (mode_t mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFREG: return "file";
    case S_IFDIR: return "directory";
    case S_IFCHR: return "character";
    case S_IFBLK: return "block";
    case S_IFIFO: return "pipe";
    case S_IFSOCK: return "socket";
    default: return "other";
    }
}

/* print-fds: for each open descriptor its number, kind, access (r, w or rw), blocking or not */
static int
mode_print_fds (int n_args, char **args)
{
  static const char *const access_names[] = { "r", "w", "rw", "?" };
  long limit = sysconf (_SC_OPEN_MAX);
  long fd;

  /* Not by /proc/self/fd, which would show the descriptor it is read with. One may be above a
   * limit that was lowered later. */
  for (fd = 0; (fd < limit && fd < 65536) || fd < 4096; fd++)
    {
      struct stat st;
      int flags;

      if (fstat ((int) fd, &st) != 0)
        continue;
      flags = fcntl ((int) fd, F_GETFL);
      printf ("%ld %s %s %s\n", fd, file_kind (st.st_mode), access_names[flags & O_ACCMODE],
              (flags & O_NONBLOCK) != 0 ? "nonblocking" : "blocking");
    }
  return 0;
}

/* print-signals: "ignored N" and "blocked N" for each */
static int
mode_print_signals (int n_args, char **args)
{
  sigset_t blocked;
  int signum;

  sigprocmask (SIG_SETMASK, NULL, &blocked);
  for (signum = 1; signum <= SIGRTMAX; signum++)
    {
      struct sigaction action;

      if (sigaction (signum, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        printf ("ignored %d\n", signum);
      if (sigismember (&blocked, signum) == 1)
        printf ("blocked %d\n", signum);
    }
  return 0;
}

/* print-ids: key=value, one a line */
static int
mode_print_ids (int n_args, char **args)
{
  mode_t mask = umask (0);
  int death_signal = 0;

  prctl (PR_GET_PDEATHSIG, &death_signal);
  printf ("pid=%ld\nppid=%ld\npgid=%ld\nsid=%ld\n",
          (long) getpid (), (long) getppid (), (long) getpgrp (), (long) getsid (0));
  printf ("nice=%d\numask=%03o\nuid=%ld\neuid=%ld\ngid=%ld\negid=%ld\ngroups=%d\n",
          getpriority (PRIO_PROCESS, 0), (unsigned) mask, (long) getuid (), (long) geteuid (),
          (long) getgid (), (long) getegid (), getgroups (0, NULL));
  printf ("death-signal=%d\n", death_signal);
  return 0;
}

/* print-limits RESOURCE...: "SOFT HARD", -1 for unlimited */
static int
mode_print_limits (int n_args, char **args)
{
  int i;

  for (i = 0; i < n_args; i++)
    {
      struct rlimit limit;

      if (getrlimit ((int) number (n_args, args, i, 0), &limit) != 0)
        return 71;
      printf ("%lld %lld\n",
              limit.rlim_cur == RLIM_INFINITY ? -1 : (long long) limit.rlim_cur,
              limit.rlim_max == RLIM_INFINITY ? -1 : (long long) limit.rlim_max);
    }
  return 0;
}

/* cat [FROM [TO]]: copies a descriptor to another to its end; 0 to 1 without arguments */
static int
mode_cat (int n_args, char **args)
{
  int from = (int) number (n_args, args, 0, 0);
  int to = (int) number (n_args, args, 1, 1);
  char buffer[65536];

  for (;;)
    {
      ssize_t n = read (from, buffer, sizeof buffer);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return 74;
      if (n == 0)
        return 0;
      write_all (to, buffer, (size_t) n);
    }
}

/* echo FD TEXT [FD TEXT...]: as it is, without a line end of its own */
static int
mode_echo (int n_args, char **args)
{
  int i;

  for (i = 0; i + 1 < n_args; i += 2)
    write_all ((int) number (n_args, args, i, 1), args[i + 1], strlen (args[i + 1]));
  return 0;
}

/* write FD BYTES [CHUNK [FD BYTES]]: byte i is 'a' + i % 26; two are written in turns of a chunk */
static int
mode_write (int n_args, char **args)
{
  int fds[] = { (int) number (n_args, args, 0, 1), (int) number (n_args, args, 3, 2) };
  long totals[] = { number (n_args, args, 1, 0), number (n_args, args, 4, 0) };
  long chunk = number (n_args, args, 2, 65536);
  char *buffer;
  long done, i;
  int n;

  if (chunk <= 0 || (buffer = malloc ((size_t) chunk)) == NULL)
    return 64;
  for (done = 0; done < totals[0] || done < totals[1]; done += chunk)
    for (n = 0; n < 2; n++)
      {
        long length = totals[n] - done < chunk ? totals[n] - done : chunk;

        for (i = 0; i < length; i++)
          buffer[i] = (char) ('a' + (done + i) % 26);
        if (length > 0)
          write_all (fds[n], buffer, (size_t) length);
      }
  free (buffer);
  return 0;
}

/* lines COUNT: "line 1" to "line COUNT" */
static int
mode_lines (int n_args, char **args)
{
  long count = number (n_args, args, 0, 0);
  long i;

  for (i = 1; i <= count; i++)
    printf ("line %ld\n", i);
  return 0;
}

/* sleep-forever [TEXT]: TEXT and a line end say that it is so far */
static int
mode_sleep_forever (int n_args, char **args)
{
  if (n_args > 0)
    {
      puts (args[0]);
      fflush (stdout);
    }
  sleep_forever ();
  return 70;
}

/* ignore-term: "ready" on stdout, then only SIGKILL ends it */
static int
mode_ignore_term (int n_args, char **args)
{
  signal (SIGTERM, SIG_IGN);
  signal (SIGINT, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  return mode_sleep_forever (1, (char *[]) { (char *) "ready", NULL });
}

/* close-and-sleep FD...: closes these, then sleeps for ever */
static int
mode_close_and_sleep (int n_args, char **args)
{
  int i;

  for (i = 0; i < n_args; i++)
    close ((int) number (n_args, args, i, -1));
  sleep_forever ();
  return 70;
}

/* read-line-and-exit CODE: waits for one line, or the end, of stdin */
static int
mode_read_line_and_exit (int n_args, char **args)
{
  char c;

  while (read (0, &c, 1) == 1 && c != '\n')
    ;
  return (int) number (n_args, args, 0, 0);
}

static void
on_usr1 (int signum)
{
  /* Only to end sigsuspend(). */
}

static void
block_usr1 (void)
{
  struct sigaction action = { .sa_handler = on_usr1 };
  sigset_t set;

  sigaction (SIGUSR1, &action, NULL);
  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, NULL);
}

/* Forks another of its kind at each SIGUSR1, which prints its number. */
static void
fork_when_told (void)
{
  sigset_t none;
  char text[32];

  sigemptyset (&none);
  alarm (600);
  for (;;)
    {
      sigsuspend (&none);
      if (fork () == 0)
        {
          alarm (600);
          write_all (1, text, (size_t) snprintf (text, sizeof text, "%ld\n", (long) getpid ()));
        }
    }
}

/* spawn-grandchild HOW CODE: prints the grandchild's pid and exits with CODE, or waits for ever
 * where CODE is "wait". HOW: "plain" keeps the streams open; "closed" closes them; "session" leads
 * a session of its own, "ignore-term" ignores that signal; "double" is forked twice, so that its
 * parent is init or a subreaper; "forker" forks when told to. CODE may also be "kill-parent" or
 * "stop-parent", of its own parent, or "cat", which it goes on with. */
static int
mode_spawn_grandchild (int n_args, char **args)
{
  const char *how = n_args > 0 ? args[0] : "plain";
  int ready[2];
  pid_t pid = 0;

  if (pipe (ready) != 0)
    return 71;
  if (fork () == 0)
    {
      if (strcmp (how, "session") == 0)
        setsid ();
      if (strcmp (how, "double") == 0 && fork () != 0)
        _exit (0);
      if (strcmp (how, "ignore-term") == 0)
        signal (SIGTERM, SIG_IGN);
      if (strcmp (how, "forker") == 0)
        block_usr1 ();
      pid = getpid ();
      write_all (ready[1], (const char *) &pid, sizeof pid);
      close (ready[0]);
      close (ready[1]);
      if (strcmp (how, "closed") == 0)
        {
          close (0);
          close (1);
          close (2);
        }
      if (strcmp (how, "forker") == 0)
        fork_when_told ();
      sleep_forever ();
    }
  close (ready[1]);
  if (read (ready[0], &pid, sizeof pid) != (ssize_t) sizeof pid)
    return 71;
  close (ready[0]);
  printf ("%ld\n", (long) pid);
  fflush (stdout);
  if (n_args > 1 && strcmp (args[1], "kill-parent") == 0)
    kill (getppid (), SIGKILL);
  if (n_args > 1 && strcmp (args[1], "stop-parent") == 0)
    kill (getppid (), SIGSTOP);
  if (n_args > 1 && strcmp (args[1], "cat") == 0)
    return mode_cat (0, NULL);
  if (n_args > 1 && (args[1][0] < '0' || args[1][0] > '9'))
    sleep_forever ();
  return (int) number (n_args, args, 1, 0);
}

/* send-fd: writes "sent\n" to standard output, a socket, together with descriptor 3, closes that
 * one, says so on standard error, and reads its standard input to the end */
static int
mode_send_fd (int n_args, char **args)
{
  int fd = 3;
  char text[] = "sent\n";
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = { .header = {
    .cmsg_len = CMSG_LEN (sizeof fd),
    .cmsg_level = SOL_SOCKET,
    .cmsg_type = SCM_RIGHTS,
  } };
  struct iovec vector = { text, sizeof text - 1 };
  struct msghdr header = {
    .msg_iov = &vector,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };

  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
  if (sendmsg (1, &header, 0) < 0)
    return 71;
  close (fd);
  write_all (2, "closed\n", 7);
  while (read (0, text, sizeof text) > 0)
    ;
  return 0;
}

/* stop-parent-for-ever: writes the number of one of two processes in sessions of their own that do
 * not take SIGTERM, and stop the parent of this one all the time */
static int
mode_stop_parent_for_ever (int n_args, char **args)
{
  const struct timespec moment = { 0, 100 * 1000 };
  pid_t parent = getppid ();
  pid_t pid = 0;
  int i;

  for (i = 0; i < 2; i++)
    if ((pid = fork ()) == 0)
      {
        setsid ();
        signal (SIGTERM, SIG_IGN);
        while (kill (parent, SIGSTOP) == 0)
          nanosleep (&moment, NULL);
        _exit (0);
      }
  printf ("%ld\n", (long) pid);
  fflush (stdout);
  sleep_forever ();
  return 0;
}

/* trace-me: asks to be traced, gets a signal, and when it goes on writes "ready" */
static int
mode_trace_me (int n_args, char **args)
{
  if (ptrace (PTRACE_TRACEME, 0, NULL, NULL) != 0)
    return 71;
  raise (SIGUSR1);
  puts ("ready");
  fflush (stdout);
  sleep_forever ();
  return 0;
}

/* bomb N: N processes that each fork until there are so many, and end by SIGKILL alone; "ready"
 * when they are there */
static int
mode_bomb (int n_args, char **args)
{
  int total = (int) number (n_args, args, 0, 0);
  atomic_int *n = mmap (NULL, sizeof *n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int number_of_this = 1;

  if (n == MAP_FAILED)
    return 71;
  signal (SIGTERM, SIG_IGN);
  *n = 1;
  while (number_of_this < total && (number_of_this = atomic_fetch_add (n, 1) + 1) <= total)
    switch (fork ())
      {
      case -1:
        _exit (71);
      case 0:
        if (number_of_this % 2 == 0)
          setsid ();
        break;
      default:
        /* The last one's parent. */
        if (number_of_this == total)
          write_all (1, "ready\n", 6);
      }
  sleep_forever ();
  return 70;
}

/* hop: does nothing but fork and end, for a minute at most; "ready" at first */
static int
mode_hop (int n_args, char **args)
{
  time_t end = time (NULL) + 60;

  signal (SIGTERM, SIG_IGN);
  write_all (1, "ready\n", 6);
  while (time (NULL) < end)
    if (fork () != 0)
      _exit (0);
  return 0;
}

static int run_mode (int n_args, char **args);

/* after-line MODE ...: once a line, or the end, of stdin has come */
static int
mode_after_line (int n_args, char **args)
{
  char c;

  while (read (0, &c, 1) == 1 && c != '\n')
    ;
  return run_mode (n_args, args);
}

/* in-group MODE ...: leads a process group */
static int
mode_in_group (int n_args, char **args)
{
  if (setpgid (0, 0) != 0)
    return 71;
  return run_mode (n_args, args);
}

/* leave-group: of a group's leader: goes over to its parent's group, says "ready", sleeps */
static int
mode_leave_group (int n_args, char **args)
{
  if (setpgid (0, getpgid (getppid ())) != 0)
    return 71;
  return mode_sleep_forever (1, (char *[]) { (char *) "ready", NULL });
}

/* burn MSEC KIB: uses that much processor time and memory */
static int
mode_burn (int n_args, char **args)
{
  long msec = number (n_args, args, 0, 0);
  size_t size = (size_t) number (n_args, args, 1, 0) * 1024;
  volatile char *memory = malloc (size + 1);
  size_t i;

  if (memory == NULL)
    return 71;
  for (i = 0; i < size; i += 1024)
    memory[i] = 1;
  while (clock () < msec * (CLOCKS_PER_SEC / 1000))
    ;
  return 0;
}

/* hold PID: keeps it as a debugger does: "ready", and lets go at the end of stdin */
static int
mode_hold (int n_args, char **args)
{
  char c;

  if (ptrace (PTRACE_SEIZE, (pid_t) number (n_args, args, 0, 0), NULL, NULL) != 0)
    {
      puts ("unable");
      return 0;
    }
  puts ("ready");
  fflush (stdout);
  while (read (0, &c, 1) > 0)
    ;
  return 0;
}

/* let-hold MODE ...: may be held by any process, where that must be asked for */
static int
mode_let_hold (int n_args, char **args)
{
  prctl (PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  return run_mode (n_args, args);
}

static void
on_winch (int signum)
{
}

static void
print_size (void)
{
  struct winsize size;

  if (ioctl (0, TIOCGWINSZ, &size) != 0)
    exit (71);
  printf ("%ux%u\n", size.ws_col, size.ws_row);
  fflush (stdout);
}

/* print-sizes: of the terminal at stdin, now and at each SIGWINCH, until the end of stdin */
static int
mode_print_sizes (int n_args, char **args)
{
  struct sigaction action = { .sa_handler = on_winch };
  struct pollfd input = { .fd = 0, .events = POLLIN };
  sigset_t blocked, others;
  char c;

  /* Only during the wait: none is missed. */
  sigemptyset (&blocked);
  sigaddset (&blocked, SIGWINCH);
  sigprocmask (SIG_BLOCK, &blocked, &others);
  sigaction (SIGWINCH, &action, NULL);
  print_size ();
  for (;;)
    if (ppoll (&input, 1, NULL, &others) < 0)
      print_size ();
    else if (read (0, &c, 1) <= 0)
      return 0;
}

static const struct
{
  const char *name;
  ModeFunc func;
} modes[] = {
  { "after-line", mode_after_line },
  { "bomb", mode_bomb },
  { "burn", mode_burn },
  { "cat", mode_cat },
  { "close-and-sleep", mode_close_and_sleep },
  { "echo", mode_echo },
  { "exit", mode_exit },
  { "hold", mode_hold },
  { "hop", mode_hop },
  { "ignore-term", mode_ignore_term },
  { "in-group", mode_in_group },
  { "leave-group", mode_leave_group },
  { "let-hold", mode_let_hold },
  { "lines", mode_lines },
  { "print-args", mode_print_args },
  { "print-cwd", mode_print_cwd },
  { "print-env", mode_print_env },
  { "print-fds", mode_print_fds },
  { "print-ids", mode_print_ids },
  { "print-limits", mode_print_limits },
  { "print-signals", mode_print_signals },
  { "print-sizes", mode_print_sizes },
  { "read-line-and-exit", mode_read_line_and_exit },
  { "signal", mode_signal },
  { "sleep-forever", mode_sleep_forever },
  { "spawn-grandchild", mode_spawn_grandchild },
  { "send-fd", mode_send_fd },
  { "stop-parent-for-ever", mode_stop_parent_for_ever },
  { "trace-me", mode_trace_me },
  { "write", mode_write },
};

/* args[0] is the mode, NULL-terminated. */
static int
run_mode (int n_args, char **args)
{
  size_t i;

  for (i = 0; n_args > 0 && i < sizeof modes / sizeof modes[0]; i++)
    if (strcmp (args[0], modes[i].name) == 0)
      return modes[i].func (n_args - 1, args + 1);

  fprintf (stderr, "usage: child MODE [ARGUMENT...]\n");
  return 64;
}

int
main (int argc, char **argv)
{
  return run_mode (argc - 1, argv + 1);
}
