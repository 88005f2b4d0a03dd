/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The limit: plain system calls. Here what has to do with messages. */

#include "bench-raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench-common.h"

static pid_t
start_worker (const char * const *argv,
              int                *fd)
{
  RawStart start = RAW_START_INIT;
  int fds[2];
  pid_t pid;

  bench_check (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "no socket pair");
  start.fds[3] = fds[1];
  pid = raw_spawn (argv, &start);
  *fd = fds[0];

  return pid;
}

static void
end_worker (pid_t pid,
            int   fd)
{
  close (fd);
  raw_wait (pid);
}

void
raw_roundtrip (void)
{
  static const char message[] = BENCH_SMALL "\n";
  const char *argv[] = { bench_child (), "echo", "3", NULL };
  long count = bench_param ("count", 10000);
  long i;
  pid_t pid;
  int fd;

  pid = start_worker (argv, &fd);
  for (i = -10; i < count; i++)
    {
      char answer[sizeof message];
      size_t length = 0;

      if (i == 0)
        bench_begin ();
      bench_check (write (fd, message, sizeof message - 1) > 0, "write failed");
      while (length == 0 || answer[length - 1] != '\n')
        {
          ssize_t n = read (fd, answer + length, sizeof answer - length);

          bench_check (n > 0, "no answer");
          length += n;
        }
      bench_check (length == sizeof message - 1, "another answer");
    }
  bench_end ();
  end_worker (pid, fd);
  bench_report (count / bench_wall (), "/s");
}

static long long n_messages;

static __attribute__ ((noinline)) void
on_message (const char *text)
{
  __asm__ volatile ("" :: "r" (text) : "memory");
  n_messages++;
}

void
raw_oneway (void)
{
  static char buffer[BENCH_READ_SIZE];
  long count = bench_param ("count", 1000000);
  char number[32];
  const char *argv[] = { bench_child (), "messages", "3", number, NULL };
  size_t left = 0;
  pid_t pid;
  int fd;

  snprintf (number, sizeof number, "%ld", count);
  bench_begin ();
  pid = start_worker (argv, &fd);
  while (n_messages < count)
    {
      ssize_t n = read (fd, buffer + left, sizeof buffer - left);
      char *at = buffer;
      char *end = buffer + left + n;
      char *newline;

      bench_check (n > 0, "messages are missing");
      while ((newline = memchr (at, '\n', end - at)) != NULL)
        {
          *newline = '\0';
          on_message (at);
          at = newline + 1;
        }
      left = end - at;
      memmove (buffer, at, left);
    }
  bench_end ();
  end_worker (pid, fd);
  bench_report (count / 1e3 / bench_wall (), "k/s");
}

/* One write for each message: what a program without a queue would do. */
void
raw_send (void)
{
  static const char message[] = BENCH_SMALL "\n";
  long count = bench_param ("count", 100000);
  char number[32];
  char answer[64];
  const char *argv[] = { bench_child (), "count", "3", number, NULL };
  long i;
  pid_t pid;
  int fd;

  snprintf (number, sizeof number, "%ld", count);
  pid = start_worker (argv, &fd);
  bench_begin ();
  for (i = 0; i < count; i++)
    bench_check (write (fd, message, sizeof message - 1) > 0, "write failed");
  bench_check (read (fd, answer, sizeof answer) > 0, "no answer");
  bench_end ();
  end_worker (pid, fd);
  bench_report (count / 1e3 / bench_wall (), "k/s");
}

static void
echo_once (int         fd,
           const char *message,
           long        length)
{
  static char buffer[BENCH_READ_SIZE];
  struct pollfd wait = { fd, POLLIN | POLLOUT, 0 };
  long written = 0;
  long got = 0;

  while (got < length)
    {
      ssize_t n;

      poll (&wait, 1, -1);
      if (wait.revents & POLLOUT)
        {
          n = send (fd, message + written, length - written, MSG_DONTWAIT);
          bench_check (n > 0 || errno == EAGAIN, "write failed");
          written += n > 0 ? n : 0;
          wait.events = written < length ? POLLIN | POLLOUT : POLLIN;
        }
      if (wait.revents & POLLIN)
        {
          n = recv (fd, buffer, sizeof buffer, 0);
          bench_check (n > 0, "no answer");
          got += n;
        }
    }
  bench_check (got == length && buffer[0] != '\0', "another answer");
}

void
raw_echo (void)
{
  const char *argv[] = { bench_child (), "echo", "3", NULL };
  long count = bench_param ("count", 100);
  long length;
  char *message = bench_message (&length);
  long i;
  pid_t pid;
  int fd;

  message[length++] = '\n';
  pid = start_worker (argv, &fd);
  echo_once (fd, message, length);
  bench_begin ();
  for (i = 0; i < count; i++)
    echo_once (fd, message, length);
  bench_end ();
  end_worker (pid, fd);
  free (message);
  bench_report (count / bench_wall (), "/s");
}
