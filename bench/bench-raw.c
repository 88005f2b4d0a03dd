/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The limit: plain system calls. Here what has to do with processes. */

#include "bench-raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"

extern char **environ;

static const char * const true_argv[] = { "/bin/true", NULL };

pid_t
raw_spawn (const char * const *argv,
           const RawStart     *start)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t pid;
  int i;
  int error;

  if (start == NULL)
    {
      error = posix_spawn (&pid, argv[0], NULL, NULL, (char **) argv, environ);
      bench_check (error == 0, "posix_spawn failed");
      return pid;
    }

  posix_spawn_file_actions_init (&actions);
  posix_spawnattr_init (&attributes);
  for (i = 0; i < 4; i++)
    {
      if (start->fds[i] >= 0)
        posix_spawn_file_actions_adddup2 (&actions, start->fds[i], i);
    }
  if (start->settings)
    {
      posix_spawn_file_actions_addchdir_np (&actions, "/");
      posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETPGROUP);
    }
  error = posix_spawn (&pid, argv[0], &actions, &attributes, (char **) argv, environ);
  bench_check (error == 0, "posix_spawn failed");
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  for (i = 0; i < 4; i++)
    {
      if (start->fds[i] >= 0)
        close (start->fds[i]);
    }

  return pid;
}

void
raw_wait (pid_t pid)
{
  while (waitpid (pid, NULL, 0) < 0)
    bench_check (errno == EINTR, "waitpid failed");
}

void
raw_pipe (int fds[2],
          int size)
{
  if (bench_param ("socket", 0))
    {
      bench_check (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "no sockets");
      return;
    }
  bench_check (pipe2 (fds, O_CLOEXEC) == 0, "no pipe");
  if (size > 0 && fcntl (fds[0], F_SETPIPE_SZ, size) < 0)
    fprintf (stderr, "the pipe stays small: %s\n", strerror (errno));
}

static void
raw_start_with (const RawStart *start)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  for (i = 0; i < count; i++)
    {
      pid_t pid;

      bench_begin ();
      pid = raw_spawn (true_argv, start);
      bench_end ();
      raw_wait (pid);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
raw_start (void)
{
  raw_start_with (NULL);
}

static void
raw_start_set (void)
{
  RawStart start = RAW_START_INIT;

  start.settings = 1;
  raw_start_with (&start);
}

static void
raw_spawn_wait (void)
{
  long count = bench_param ("count", 200);
  long i;

  bench_touch ();
  bench_begin ();
  for (i = 0; i < count; i++)
    raw_wait (raw_spawn (true_argv, NULL));
  bench_end ();
  bench_report (count / bench_wall (), "/s");
}

static void
raw_flight (void)
{
  long in_flight = bench_param ("flight", 64);
  long count = bench_param ("count", 500);
  long started;
  long ended;

  bench_begin ();
  for (started = 0; started < in_flight && started < count; started++)
    raw_spawn (true_argv, NULL);
  for (ended = 0; ended < count; ended++)
    {
      raw_wait (-1);
      if (started < count)
        {
          raw_spawn (true_argv, NULL);
          started++;
        }
    }
  bench_end ();
  bench_report (count / bench_wall (), "/s");
}

static void
raw_live (void)
{
  long live = bench_param ("live", 10);
  long count = bench_param ("count", 100);
  const char *argv[] = { bench_child (), "idle", NULL };
  pid_t *pids = calloc (live + 1, sizeof (pid_t));
  long i;

  for (i = 0; i < live; i++)
    pids[i] = raw_spawn (argv, NULL);
  bench_begin ();
  for (i = 0; i < count; i++)
    raw_wait (raw_spawn (true_argv, NULL));
  bench_end ();
  for (i = 0; i < live; i++)
    {
      kill (pids[i], SIGKILL);
      raw_wait (pids[i]);
    }
  free (pids);
  bench_report (bench_cpu () * 1e6 / count, "µs CPU");
}

typedef struct
{
  char *data;
  size_t length;
  size_t size;
} Buffer;

static ssize_t
buffer_read (Buffer *buffer,
             int     fd)
{
  ssize_t n;

  if (buffer->size - buffer->length < BENCH_READ_SIZE)
    {
      buffer->size = buffer->size * 2 + BENCH_READ_SIZE;
      buffer->data = realloc (buffer->data, buffer->size);
    }
  n = read (fd, buffer->data + buffer->length, buffer->size - buffer->length);
  if (n > 0)
    buffer->length += n;

  return n;
}

static void
raw_exec_once (const char * const *argv,
               size_t              expected)
{
  Buffer buffers[2] = { { NULL, 0, 0 }, { NULL, 0, 0 } };
  RawStart start = RAW_START_INIT;
  struct pollfd polls[2];
  int left = 2;
  pid_t pid;
  int i;

  for (i = 0; i < 2; i++)
    {
      int fds[2];

      raw_pipe (fds, 0);
      polls[i].fd = fds[0];
      polls[i].events = POLLIN;
      start.fds[i + 1] = fds[1];
    }
  pid = raw_spawn (argv, &start);
  while (left > 0)
    {
      poll (polls, 2, -1);
      for (i = 0; i < 2; i++)
        {
          if (polls[i].fd >= 0 && polls[i].revents != 0
              && buffer_read (&buffers[i], polls[i].fd) == 0)
            {
              close (polls[i].fd);
              polls[i].fd = -1;
              left--;
            }
        }
    }
  raw_wait (pid);
  bench_check (buffers[0].length == expected, "output is missing");
  free (buffers[0].data);
  free (buffers[1].data);
}

static void
raw_exec (void)
{
  long count = bench_param ("count", 100);
  long size = bench_param ("size", 20);
  char total[32];
  const char *argv[] = { bench_child (), "write", total, "65536", NULL };
  long base;
  long i;

  snprintf (total, sizeof total, "%ld", size);
  raw_exec_once (argv, size);
  bench_peak_reset ();
  base = bench_rss ();
  bench_begin ();
  for (i = 0; i < count; i++)
    raw_exec_once (argv, size);
  bench_end ();
  bench_extra ("memory", (bench_peak () - base) * 1024.0 / size);
  bench_report (count / bench_wall (), "/s");
}

static void
raw_exit (void)
{
  long count = bench_param ("count", 100);
  const char *argv[] = { bench_child (), "stamp", bench_stamp_path (), "3", NULL };
  long i;

  for (i = 0; i < count; i++)
    {
      pid_t pid = raw_spawn (argv, NULL);
      long long now;

      raw_wait (pid);
      now = bench_now ();
      bench_sample (now - bench_stamp_read ());
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
raw_memory (void)
{
  /* The kernel keeps the children; a number for each is all that is needed here. */
  bench_extra ("threads", bench_threads ());
  bench_report (sizeof (pid_t) / 1024.0, "KiB");
}

/* The shell's own. */
static void
raw_pipeline (void)
{
  long size = bench_param ("size", 1024);
  char line[4096];
  const char *argv[] = { "/bin/sh", "-c", line, NULL };
  int status = -1;
  pid_t pid;

  snprintf (line, sizeof line, "'%s' write %ld 65536 | cat | cat | cat | wc -c >/dev/null",
            bench_child (), size * 1024 * 1024);
  bench_begin ();
  pid = raw_spawn (argv, NULL);
  bench_check (waitpid (pid, &status, 0) == pid && status == 0, "the pipeline failed");
  bench_end ();
  bench_report (size / bench_wall (), "MiB/s");
}

static const BenchCase cases[] = {
  { "start", raw_start },
  { "start-set", raw_start_set },
  { "start-async", raw_start },
  { "spawn", raw_spawn_wait },
  { "flight", raw_flight },
  { "live", raw_live },
  { "exec", raw_exec },
  { "exit", raw_exit },
  { "pipeline", raw_pipeline },
  { "memory-child", raw_memory },
  { "memory-piped", raw_memory },
  { "memory-worker", raw_memory },
  { "output", raw_output },
  { "line", raw_line },
  { "lines", raw_lines },
  { "stdin", raw_stdin },
  { "cat", raw_cat },
  { "fairness", raw_fairness },
  { "roundtrip", raw_roundtrip },
  { "oneway", raw_oneway },
  { "send", raw_send },
  { "echo", raw_echo },
  { NULL, NULL },
};

int
main (int    argc,
      char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  return bench_main (argc, argv, "raw", cases);
}
