/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the children of every peer run: `bench-child MODE ARGUMENT…`. Linked statically where that
 * is possible, so that its start costs little beside what is measured. A FD of -1 stands for the
 * descriptor in NODE_CHANNEL_FD. */

#include "bench-common.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536

static long long
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int
parse_fd (const char *text)
{
  int fd = atoi (text);
  const char *channel = getenv ("NODE_CHANNEL_FD");

  if (fd < 0 && channel != NULL)
    fd = atoi (channel);
  return fd;
}

static void
write_all (int         fd,
           const char *data,
           size_t      length)
{
  while (length > 0)
    {
      ssize_t n = write (fd, data, length);

      if (n < 0 && errno == EAGAIN)
        {
          struct pollfd wait = { fd, POLLOUT, 0 };
          poll (&wait, 1, -1);
        }
      else if (n < 0 && errno != EINTR)
        {
          exit (0);
        }
      else if (n > 0)
        {
          data += n;
          length -= n;
        }
    }
}

/* Reads to the end, however it comes. */
static void
read_to_end (int fd)
{
  static char buffer[BLOCK];
  ssize_t n;

  do
    {
      n = read (fd, buffer, sizeof buffer);
      if (n < 0 && errno == EAGAIN)
        {
          struct pollfd wait = { fd, POLLIN, 0 };
          poll (&wait, 1, -1);
        }
    }
  while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
}

/* A crashed parent must not leave thousands of children. */
static void
die_with_parent (void)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () == 1)
    exit (0);
}

/* write TOTAL CHUNK; a TOTAL of 0 has no end */
static void
mode_write (char **args)
{
  long long total = atoll (args[0]);
  size_t chunk = atol (args[1]);
  char *data = malloc (chunk);
  int endless = total == 0;

  memset (data, 'x', chunk);
  if (endless)
    die_with_parent ();
  while (endless || total > 0)
    {
      size_t n = endless || total > (long long) chunk ? chunk : (size_t) total;

      write_all (1, data, n);
      total -= n;
    }
}

/* Writes COUNT times the same text, many in one write. */
static void
write_repeated (int         fd,
                const char *text,
                size_t      length,
                long long   count)
{
  size_t each = BLOCK / length;
  char *data = malloc (each * length);
  size_t i;

  for (i = 0; i < each; i++)
    memcpy (data + i * length, text, length);
  for (; count > 0; count -= each)
    {
      if ((long long) each > count)
        each = count;
      write_all (fd, data, each * length);
    }
  free (data);
}

/* The phrase in the script that run.py asks for by the environment; NULL: none. */
static const char *
find_phrase (void)
{
  static const char *const phrases[] = { BENCH_PHRASES };
  const char *script = getenv ("BENCH_SCRIPT");

  return script != NULL ? phrases[atoi (script)] : NULL;
}

/* lines COUNT LENGTH */
static void
mode_lines (char **args)
{
  const char *phrase = find_phrase ();
  size_t length = atol (args[1]);
  char *line = malloc (length);
  size_t end = length - 1;
  size_t i;

  for (i = 0; i < length; i++)
    line[i] = 'a' + i % 26;
  if (phrase != NULL)
    {
      /* Up to a whole character; the first byte stays, since the peers look at it. */
      while (end > 1 && (phrase[end - 1] & 0xc0) == 0x80)
        end--;
      memcpy (line + 1, phrase, end - 1);
    }
  line[length - 1] = '\n';
  write_repeated (1, line, length, atoll (args[0]));
}

/* sink */
static void
mode_sink (char **args)
{
  (void) args;
  read_to_end (0);
}

/* idle */
static void
mode_idle (char **args)
{
  (void) args;
  die_with_parent ();
  for (;;)
    pause ();
}

/* stamp FILE MILLISECONDS: leaves the moment just before its end */
static void
mode_stamp (char **args)
{
  int fd = open (args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct timespec time = { 0, atol (args[1]) * 1000000L };
  long long stamp;

  nanosleep (&time, NULL);
  stamp = now ();
  if (write (fd, &stamp, sizeof stamp) != sizeof stamp)
    _exit (1);
  _exit (0);
}

typedef struct
{
  char *data;
  size_t start;
  size_t end;
  size_t size;
} Queue;

static void
queue_push (Queue      *queue,
            const char *data,
            size_t      length)
{
  if (queue->start == queue->end)
    queue->start = queue->end = 0;
  if (queue->end + length > queue->size)
    {
      queue->size = (queue->end + length) * 2;
      queue->data = realloc (queue->data, queue->size);
    }
  memcpy (queue->data + queue->end, data, length);
  queue->end += length;
}

/* Sends what the other side takes now. */
static void
queue_send (Queue *queue,
            int    fd)
{
  ssize_t n = send (fd, queue->data + queue->start, queue->end - queue->start,
                    MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n > 0)
    queue->start += n;
  else if (n < 0 && errno != EAGAIN && errno != EINTR)
    exit (0);
}

/* echo FD: sends back what comes, and never stops reading because of it */
static void
mode_echo (char **args)
{
  static char buffer[BLOCK];
  int fd = parse_fd (args[0]);
  Queue queue = { NULL, 0, 0, 0 };

  for (;;)
    {
      ssize_t n;

      if (queue.start < queue.end)
        {
          struct pollfd wait = { fd, POLLIN | POLLOUT, 0 };

          poll (&wait, 1, -1);
          if (wait.revents & POLLOUT)
            queue_send (&queue, fd);
          if (!(wait.revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        }

      n = recv (fd, buffer, sizeof buffer, 0);
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        return;
      if (n > 0)
        {
          queue_push (&queue, buffer, n);
          queue_send (&queue, fd);
        }
    }
}

/* messages FD COUNT: many in a write; then waits for the end of the channel */
static void
mode_messages (char **args)
{
  const char *phrase = find_phrase ();
  char text[256] = "{\"foo\":1,\"bar\":2}\n";
  int fd = parse_fd (args[0]);

  if (phrase != NULL)
    snprintf (text, sizeof text, "{\"foo\":1,\"bar\":\"%s\"}\n", phrase);

  write_repeated (fd, text, strlen (text), atoll (args[1]));
  read_to_end (fd);
}

/* repeat FD COUNT HEX: the same with any bytes */
static void
mode_repeat (char **args)
{
  int fd = parse_fd (args[0]);
  size_t length = strlen (args[2]) / 2;
  char *data = malloc (length + 1);
  size_t i;

  for (i = 0; i < length; i++)
    {
      char digits[3] = { args[2][i * 2], args[2][i * 2 + 1], '\0' };
      data[i] = strtol (digits, NULL, 16);
    }
  write_repeated (fd, data, length, atoll (args[1]));
  read_to_end (fd);
}

/* count FD COUNT: answers when it has seen that many line ends */
static void
mode_count (char **args)
{
  static char buffer[BLOCK];
  int fd = parse_fd (args[0]);
  long long left = atoll (args[1]);

  while (left > 0)
    {
      ssize_t n = recv (fd, buffer, sizeof buffer, 0);
      const char *at = buffer;

      if (n == 0 || (n < 0 && errno != EINTR))
        return;
      while (n > 0 && (at = memchr (at, '\n', buffer + n - at)) != NULL)
        {
          left--;
          at++;
        }
    }
  write_all (fd, "{\"done\":true}\n", 14);
  read_to_end (fd);
}

/* ticks FD MICROSECONDS: the moment, again and again */
static void
mode_ticks (char **args)
{
  int fd = parse_fd (args[0]);
  struct timespec time = { 0, atol (args[1]) * 1000L };
  char text[64];

  die_with_parent ();
  for (;;)
    {
      nanosleep (&time, NULL);
      write_all (fd, text, sprintf (text, "{\"t\":%lld}\n", now ()));
    }
}

static const struct
{
  const char *name;
  int n_args;
  void (*run) (char **args);
} modes[] = {
  { "write", 2, mode_write },
  { "lines", 2, mode_lines },
  { "sink", 0, mode_sink },
  { "idle", 0, mode_idle },
  { "stamp", 2, mode_stamp },
  { "echo", 1, mode_echo },
  { "messages", 2, mode_messages },
  { "repeat", 3, mode_repeat },
  { "count", 2, mode_count },
  { "ticks", 2, mode_ticks },
};

int
main (int    argc,
      char **argv)
{
  size_t i;

  for (i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
    {
      if (strcmp (argv[1], modes[i].name) == 0 && argc >= 2 + modes[i].n_args)
        {
          modes[i].run (argv + 2);
          return 0;
        }
    }

  fprintf (stderr, "usage: bench-child MODE ARGUMENT…\n");
  return 2;
}
