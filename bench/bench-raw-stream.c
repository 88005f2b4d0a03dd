/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The limit: plain system calls. Here what has to do with streams. */

#include "bench-raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench-common.h"

#define BIG_PIPE (1 << 20)

static pid_t
start_reader (const char * const *argv,
              int                *fd,
              int                 pipe_size)
{
  RawStart start = RAW_START_INIT;
  int fds[2];
  pid_t pid;

  raw_pipe (fds, pipe_size);
  start.fds[1] = fds[1];
  pid = raw_spawn (argv, &start);
  *fd = fds[0];

  return pid;
}

void
raw_output (void)
{
  static char buffer[BENCH_READ_SIZE];
  long mib = bench_param ("mib", 1024);
  char total[32];
  char chunk[32];
  const char *argv[] = { bench_child (), "write", total, chunk, NULL };
  long long length = 0;
  ssize_t n;
  pid_t pid;
  int fd;

  snprintf (total, sizeof total, "%lld", (long long) mib << 20);
  snprintf (chunk, sizeof chunk, "%ld", bench_param ("chunk", 65536));
  bench_begin ();
  pid = start_reader (argv, &fd, BIG_PIPE);
  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    length += n;
  raw_wait (pid);
  bench_end ();
  bench_check (length == (long long) mib << 20, "output is missing");
  bench_extra ("cpu_per_gb", bench_cpu () / (length / 1e9));
  bench_report (length / 1e9 / bench_wall (), "GB/s");
}

static long long n_lines;
static long long n_bytes;

static __attribute__ ((noinline)) void
on_line (const char *line,
         size_t      length)
{
  __asm__ volatile ("" :: "r" (line) : "memory");
  n_lines++;
  n_bytes += length;
}

static __attribute__ ((noinline)) void
on_lines (char   **lines,
          size_t   n)
{
  __asm__ volatile ("" :: "r" (lines) : "memory");
  n_lines += n;
}

/* Cuts what is in the buffer; returns the length of the unfinished line, moved to its start. */
static size_t
cut_lines (char   *buffer,
           size_t  length,
           int     batch)
{
  static char *lines[BENCH_READ_SIZE];
  char *at = buffer;
  char *end = buffer + length;
  char *newline;
  size_t n = 0;

  while ((newline = memchr (at, '\n', end - at)) != NULL)
    {
      *newline = '\0';
      if (batch)
        lines[n++] = at;
      else
        on_line (at, newline - at);
      at = newline + 1;
    }
  if (n > 0)
    on_lines (lines, n);
  memmove (buffer, at, end - at);

  return end - at;
}

static void
run_lines (int batch)
{
  static char buffer[BENCH_READ_SIZE];
  long count = bench_param ("count", 1000000);
  char number[32];
  const char *argv[] = { bench_child (), "lines", number, "40", NULL };
  size_t left = 0;
  ssize_t n;
  pid_t pid;
  int fd;

  snprintf (number, sizeof number, "%ld", count);
  bench_begin ();
  pid = start_reader (argv, &fd, BIG_PIPE);
  while ((n = read (fd, buffer + left, sizeof buffer - left)) > 0)
    left = cut_lines (buffer, left + n, batch);
  raw_wait (pid);
  bench_end ();
  bench_check (n_lines == count, "lines are missing");
  bench_report (count / 1e6 / bench_wall (), "M/s");
}

void
raw_line (void)
{
  run_lines (0);
}

void
raw_lines (void)
{
  run_lines (1);
}

void
raw_stdin (void)
{
  static char block[BENCH_WRITE_SIZE];
  long mib = bench_param ("mib", 1024);
  const char *argv[] = { bench_child (), "sink", NULL };
  RawStart start = RAW_START_INIT;
  long long left = (long long) mib << 20;
  int fds[2];
  pid_t pid;

  bench_begin ();
  raw_pipe (fds, 0);
  start.fds[0] = fds[0];
  pid = raw_spawn (argv, &start);
  while (left > 0)
    {
      ssize_t n = write (fds[1], block, sizeof block);

      bench_check (n > 0, "write failed");
      left -= n;
    }
  close (fds[1]);
  raw_wait (pid);
  bench_end ();
  bench_extra ("cpu_per_gb", bench_cpu () / ((mib << 20) / 1e9));
  bench_report ((mib << 20) / 1e9 / bench_wall (), "GB/s");
}

void
raw_cat (void)
{
  static char block[BENCH_WRITE_SIZE];
  static char buffer[BENCH_READ_SIZE];
  const char *argv[] = { "/bin/cat", NULL };
  long long total = (long long) bench_param ("mib", 512) << 20;
  long long to_write = total;
  long long length = 0;
  RawStart start = RAW_START_INIT;
  struct pollfd polls[2];
  int in[2];
  int out[2];
  ssize_t n = 1;
  pid_t pid;

  bench_begin ();
  raw_pipe (in, 0);
  raw_pipe (out, 0);
  start.fds[0] = in[0];
  start.fds[1] = out[1];
  pid = raw_spawn (argv, &start);
  fcntl (in[1], F_SETFL, O_NONBLOCK);
  polls[0] = (struct pollfd) { in[1], POLLOUT, 0 };
  polls[1] = (struct pollfd) { out[0], POLLIN, 0 };
  while (n != 0)
    {
      poll (polls, 2, -1);
      if (polls[1].revents != 0 && (n = read (out[0], buffer, sizeof buffer)) > 0)
        length += n;
      if (polls[0].revents == 0)
        continue;
      if ((n = write (in[1], block, sizeof block)) > 0)
        to_write -= n;
      n = 1;
      if (to_write <= 0)
        {
          close (in[1]);
          polls[0].fd = -1;
        }
    }
  raw_wait (pid);
  bench_end ();
  bench_check (length >= total, "output is missing");
  bench_report (length / 1e9 / bench_wall (), "GB/s");
}

static double worst_message;

static void
read_ticks (int fd)
{
  static char buffer[4096];
  static size_t left;
  ssize_t n = read (fd, buffer + left, sizeof buffer - left - 1);
  char *at = buffer;
  char *newline;

  bench_check (n > 0, "the ticks ended");
  buffer[left + n] = '\0';
  while ((newline = strchr (at, '\n')) != NULL)
    {
      double delay = bench_now () - strtoll (at + 5, NULL, 10);

      if (delay > worst_message)
        worst_message = delay;
      at = newline + 1;
    }
  left = strlen (at);
  memmove (buffer, at, left);
}

void
raw_fairness (void)
{
  static char buffer[BENCH_READ_SIZE];
  const char *flood_argv[] = { bench_child (), "write", "0", "1048576", NULL };
  const char *tick_argv[] = { bench_child (), "ticks", "1", "1000", NULL };
  struct itimerspec period = { { 0, 1000000 }, { 0, 1000000 } };
  struct pollfd polls[3];
  long long end = bench_now () + bench_param ("msec", 1000) * 1000000;
  long long last;
  long long length = 0;
  pid_t pids[2];
  int i;

  for (i = 0; i < 3; i++)
    polls[i].events = POLLIN;
  pids[0] = start_reader (flood_argv, &polls[0].fd, BIG_PIPE);
  pids[1] = start_reader (tick_argv, &polls[1].fd, 0);
  polls[2].fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC);
  timerfd_settime (polls[2].fd, 0, &period, NULL);
  bench_begin ();
  last = bench_now ();
  while (last < end)
    {
      unsigned long long expirations;

      poll (polls, 3, -1);
      if (polls[0].revents != 0)
        length += read (polls[0].fd, buffer, sizeof buffer);
      if (polls[1].revents != 0)
        read_ticks (polls[1].fd);
      if (polls[2].revents != 0
          && read (polls[2].fd, &expirations, sizeof expirations) == sizeof expirations)
        {
          bench_sample (bench_now () - last - 1000000);
          last = bench_now ();
        }
    }
  for (i = 0; i < 2; i++)
    {
      kill (pids[i], SIGKILL);
      raw_wait (pids[i]);
    }
  bench_report_delays (worst_message, length);
}
