/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libuv. Here what has to do with streams. */

#include "bench-libuv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buffer[BENCH_READ_SIZE];
static size_t unfinished;
static long long n_bytes;
static long long n_lines;
static long long left_to_write;
static int parts_left;
static int batch;
static UvChild *child;

static void
part_ended (void)
{
  if (--parts_left == 0)
    uv_stop (uv_default_loop ());
}

static void
on_ended (uv_process_t *process,
          int64_t       status,
          int           signal)
{
  part_ended ();
}

/* One buffer is enough: what is read is used before the next read. */
static void
on_alloc (uv_handle_t *handle,
          size_t       suggested,
          uv_buf_t    *into)
{
  into->base = buffer + unfinished;
  into->len = sizeof buffer - unfinished;
}

static int
has_ended (uv_stream_t *stream,
           ssize_t      n)
{
  if (n >= 0)
    return 0;
  uv_close ((uv_handle_t *) stream, NULL);
  part_ended ();

  return 1;
}

static void
on_read (uv_stream_t    *stream,
         ssize_t         n,
         const uv_buf_t *from)
{
  if (!has_ended (stream, n))
    n_bytes += n;
}

static void
run (const char * const *argv,
     const int           piped[3],
     uv_read_cb          read_cb)
{
  parts_left = 1 + (read_cb != NULL);
  child = uv_child_start (argv, piped, on_ended);
  if (read_cb != NULL)
    uv_read_start ((uv_stream_t *) &child->pipes[1], on_alloc, read_cb);
}

static void
finish (void)
{
  uv_run (uv_default_loop (), UV_RUN_DEFAULT);
  bench_end ();
  uv_child_free (child);
}

void
libuv_output (void)
{
  static const int piped[3] = { 0, 1, 0 };
  long mib = bench_param ("mib", 1024);
  char total[32];
  char chunk[32];
  const char *argv[] = { bench_child (), "write", total, chunk, NULL };

  snprintf (total, sizeof total, "%lld", (long long) mib << 20);
  snprintf (chunk, sizeof chunk, "%ld", bench_param ("chunk", 65536));
  bench_begin ();
  run (argv, piped, on_read);
  finish ();
  bench_check (n_bytes == (long long) mib << 20, "output is missing");
  bench_extra ("cpu_per_gb", bench_cpu () / (n_bytes / 1e9));
  bench_report (n_bytes / 1e9 / bench_wall (), "GB/s");
}

static __attribute__ ((noinline)) void
on_line (const char *line)
{
  __asm__ volatile ("" :: "r" (line) : "memory");
  n_lines++;
}

static __attribute__ ((noinline)) void
on_lines (char   **lines,
          size_t   n)
{
  __asm__ volatile ("" :: "r" (lines) : "memory");
  n_lines += n;
}

static void
on_read_lines (uv_stream_t    *stream,
               ssize_t         n,
               const uv_buf_t *from)
{
  static char *lines[BENCH_READ_SIZE];
  char *at = buffer;
  char *end = buffer + unfinished + n;
  char *newline;
  size_t n_cut = 0;

  if (has_ended (stream, n))
    return;

  while ((newline = memchr (at, '\n', end - at)) != NULL)
    {
      *newline = '\0';
      if (batch)
        lines[n_cut++] = at;
      else
        on_line (at);
      at = newline + 1;
    }
  if (n_cut > 0)
    on_lines (lines, n_cut);
  unfinished = end - at;
  memmove (buffer, at, unfinished);
}

static void
run_lines (void)
{
  static const int piped[3] = { 0, 1, 0 };
  long count = bench_param ("count", 1000000);
  char number[32];
  const char *argv[] = { bench_child (), "lines", number, "40", NULL };

  snprintf (number, sizeof number, "%ld", count);
  bench_begin ();
  run (argv, piped, on_read_lines);
  finish ();
  bench_check (n_lines == count, "lines are missing");
  bench_report (count / 1e6 / bench_wall (), "M/s");
}

void
libuv_line (void)
{
  batch = 0;
  run_lines ();
}

void
libuv_lines (void)
{
  batch = 1;
  run_lines ();
}

static void
write_one (uv_write_t *request);

static void
on_written (uv_write_t *request,
            int         status)
{
  bench_check (status == 0, "write failed");
  write_one (request);
}

static void
write_one (uv_write_t *request)
{
  static char block[BENCH_WRITE_SIZE];
  uv_buf_t data = { block, sizeof block };

  if (left_to_write <= 0)
    {
      free (request);
      if (left_to_write == 0 && !uv_is_closing ((uv_handle_t *) &child->pipes[0])
          && uv_stream_get_write_queue_size ((uv_stream_t *) &child->pipes[0]) == 0)
        uv_close ((uv_handle_t *) &child->pipes[0], NULL);
      return;
    }
  left_to_write -= sizeof block;
  uv_write (request, (uv_stream_t *) &child->pipes[0], &data, 1, on_written);
}

static void
start_writing (long long total)
{
  int i;

  left_to_write = total;
  for (i = 0; i < BENCH_WRITES_AHEAD; i++)
    write_one (malloc (sizeof (uv_write_t)));
}

void
libuv_stdin (void)
{
  static const int piped[3] = { 1, 0, 0 };
  const char *argv[] = { bench_child (), "sink", NULL };
  long long total = (long long) bench_param ("mib", 1024) << 20;

  bench_begin ();
  run (argv, piped, NULL);
  start_writing (total);
  finish ();
  bench_extra ("cpu_per_gb", bench_cpu () / (total / 1e9));
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

void
libuv_cat (void)
{
  static const int piped[3] = { 1, 1, 0 };
  const char *argv[] = { "/bin/cat", NULL };
  long long total = (long long) bench_param ("mib", 512) << 20;

  bench_begin ();
  run (argv, piped, on_read);
  start_writing (total);
  finish ();
  bench_check (n_bytes == total, "output is missing");
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

static long long last_expiry;
static double worst_message;

static void
on_timer (uv_timer_t *timer)
{
  long long now = bench_now ();

  bench_sample (now - last_expiry - 1000000);
  last_expiry = now;
}

static void
on_end (uv_timer_t *timer)
{
  uv_stop (uv_default_loop ());
}

static void
on_tick_alloc (uv_handle_t *handle,
               size_t       suggested,
               uv_buf_t    *into)
{
  static char ticks[4096];

  *into = uv_buf_init (ticks, sizeof ticks - 1);
}

/* A message is one write of a few bytes: never cut. */
static void
on_tick (uv_stream_t    *stream,
         ssize_t         n,
         const uv_buf_t *from)
{
  char *at = from->base;

  bench_check (n > 0, "the ticks ended");
  from->base[n] = '\0';
  while ((at = strstr (at, "{\"t\":")) != NULL)
    {
      double delay = bench_now () - strtoll (at + 5, NULL, 10);

      if (delay > worst_message)
        worst_message = delay;
      at += 5;
    }
}

void
libuv_fairness (void)
{
  static const int piped[3] = { 0, 1, 0 };
  const char *flood_argv[] = { bench_child (), "write", "0", "1048576", NULL };
  const char *tick_argv[] = { bench_child (), "ticks", "1", "1000", NULL };
  UvChild *ticks;
  uv_timer_t timer;
  uv_timer_t end;

  run (flood_argv, piped, on_read);
  ticks = uv_child_start (tick_argv, piped, NULL);
  uv_read_start ((uv_stream_t *) &ticks->pipes[1], on_tick_alloc, on_tick);
  uv_timer_init (uv_default_loop (), &timer);
  uv_timer_init (uv_default_loop (), &end);
  last_expiry = bench_now ();
  uv_timer_start (&timer, on_timer, 1, 1);
  uv_timer_start (&end, on_end, bench_param ("msec", 1000), 0);
  bench_begin ();
  uv_run (uv_default_loop (), UV_RUN_DEFAULT);
  bench_report_delays (worst_message, n_bytes);
  uv_process_kill (&child->process, SIGKILL);
  uv_process_kill (&ticks->process, SIGKILL);
}
