/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libuv. Here what has to do with processes. */

#include "bench-libuv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char * const true_argv[] = { "/bin/true", NULL };
static const int not_piped[3] = { 0, 0, 0 };
static const int outputs_piped[3] = { 0, 1, 1 };
static const int all_piped[3] = { 1, 1, 1 };

static long left_to_start;
static long left_to_end;

UvChild *
uv_child_start (const char * const *argv,
                const int           piped[3],
                uv_exit_cb          on_exit)
{
  UvChild *child = calloc (1, sizeof (UvChild));
  uv_process_options_t options = { 0 };
  uv_stdio_container_t stdio[3];
  int i;

  for (i = 0; i < 3; i++)
    {
      child->piped[i] = piped[i];
      if (piped[i])
        {
          uv_pipe_init (uv_default_loop (), &child->pipes[i], 0);
          child->pipes[i].data = child;
          stdio[i].flags = UV_CREATE_PIPE | (i == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE);
          stdio[i].data.stream = (uv_stream_t *) &child->pipes[i];
        }
      else
        {
          stdio[i].flags = UV_INHERIT_FD;
          stdio[i].data.fd = i;
        }
    }
  options.file = argv[0];
  options.args = (char **) argv;
  options.exit_cb = on_exit;
  options.stdio = stdio;
  options.stdio_count = 3;
  child->process.data = child;
  bench_check (uv_spawn (uv_default_loop (), &child->process, &options) == 0, "uv_spawn failed");

  return child;
}

static void
on_closed (uv_handle_t *handle)
{
  free (handle->data);
}

void
uv_child_free (UvChild *child)
{
  int i;

  for (i = 0; i < 3; i++)
    {
      if (child->piped[i] && !uv_is_closing ((uv_handle_t *) &child->pipes[i]))
        uv_close ((uv_handle_t *) &child->pipes[i], NULL);
    }
  /* The pipes' handles are in the same memory, and must be done with first. */
  uv_run (uv_default_loop (), UV_RUN_NOWAIT);
  uv_close ((uv_handle_t *) &child->process, on_closed);
}

static void
on_started_ended (uv_process_t *process,
                  int64_t       status,
                  int           signal)
{
  uv_close ((uv_handle_t *) process, on_closed);
}

static void
libuv_start (void)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  for (i = 0; i < count; i++)
    {
      bench_begin ();
      uv_child_start (true_argv, not_piped, on_started_ended);
      bench_end ();
      uv_run (uv_default_loop (), UV_RUN_DEFAULT);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void start_next (void);

static void
on_ended (uv_process_t *process,
          int64_t       status,
          int           signal)
{
  uv_close ((uv_handle_t *) process, on_closed);
  if (left_to_start > 0)
    start_next ();
  if (--left_to_end == 0)
    uv_stop (uv_default_loop ());
}

static void
start_next (void)
{
  left_to_start--;
  uv_child_start (true_argv, not_piped, on_ended);
}

static void
run_many (long count,
          long in_flight)
{
  left_to_start = count;
  left_to_end = count;
  bench_begin ();
  while (in_flight-- > 0)
    start_next ();
  uv_run (uv_default_loop (), UV_RUN_DEFAULT);
  bench_end ();
}

static void
libuv_spawn (void)
{
  long count = bench_param ("count", 200);

  bench_touch ();
  run_many (count, 1);
  bench_report (count / bench_wall (), "/s");
}

static void
libuv_flight (void)
{
  long count = bench_param ("count", 500);
  long in_flight = bench_param ("flight", 64);

  run_many (count, in_flight < count ? in_flight : count);
  bench_report (count / bench_wall (), "/s");
}

static UvChild **
start_idle (long      n,
            const int piped[3])
{
  const char *argv[] = { bench_child (), "idle", NULL };
  UvChild **idle = calloc (n + 1, sizeof (UvChild *));
  long i;

  for (i = 0; i < n; i++)
    idle[i] = uv_child_start (argv, piped, NULL);

  return idle;
}

static void
end_idle (UvChild **idle,
          long      n)
{
  long i;

  for (i = 0; i < n; i++)
    {
      uv_process_kill (&idle[i]->process, SIGKILL);
      uv_close ((uv_handle_t *) &idle[i]->process, NULL);
    }
  free (idle);
}

static void
libuv_live (void)
{
  long count = bench_param ("count", 100);
  long live = bench_param ("live", 10);
  UvChild **idle = start_idle (live, not_piped);

  run_many (count, 1);
  end_idle (idle, live);
  bench_report (bench_cpu () * 1e6 / count, "µs CPU");
}

typedef struct
{
  char *data;
  size_t length;
  size_t size;
} Output;

static Output outputs[3];
static int left_of_exec;

static void
exec_part_ended (void)
{
  if (--left_of_exec == 0)
    uv_stop (uv_default_loop ());
}

static void
on_exec_ended (uv_process_t *process,
               int64_t       status,
               int           signal)
{
  exec_part_ended ();
}

static int
stream_number (uv_stream_t *stream)
{
  UvChild *child = stream->data;

  return (uv_pipe_t *) stream - child->pipes;
}

/* Reads straight into the place where the output is kept. */
static void
on_exec_alloc (uv_handle_t *handle,
               size_t       suggested,
               uv_buf_t    *buffer)
{
  Output *output = &outputs[stream_number ((uv_stream_t *) handle)];

  if (output->size - output->length < BENCH_READ_SIZE)
    {
      output->size = output->size * 2 + BENCH_READ_SIZE;
      output->data = realloc (output->data, output->size);
    }
  buffer->base = output->data + output->length;
  buffer->len = output->size - output->length;
}

static void
on_exec_read (uv_stream_t    *stream,
              ssize_t         n,
              const uv_buf_t *buffer)
{
  if (n > 0)
    {
      outputs[stream_number (stream)].length += n;
      return;
    }
  if (n < 0)
    {
      uv_close ((uv_handle_t *) stream, NULL);
      exec_part_ended ();
    }
}

static void
exec_once (const char * const *argv,
           size_t              expected)
{
  UvChild *child;
  int i;

  left_of_exec = 3;
  child = uv_child_start (argv, outputs_piped, on_exec_ended);
  for (i = 1; i < 3; i++)
    uv_read_start ((uv_stream_t *) &child->pipes[i], on_exec_alloc, on_exec_read);
  uv_run (uv_default_loop (), UV_RUN_DEFAULT);
  bench_check (outputs[1].length == expected, "output is missing");
  for (i = 1; i < 3; i++)
    {
      free (outputs[i].data);
      memset (&outputs[i], 0, sizeof (Output));
    }
  uv_child_free (child);
}

static void
libuv_exec (void)
{
  long count = bench_param ("count", 100);
  long size = bench_param ("size", 20);
  char total[32];
  const char *argv[] = { bench_child (), "write", total, "65536", NULL };
  long base;
  long i;

  snprintf (total, sizeof total, "%ld", size);
  exec_once (argv, size);
  bench_peak_reset ();
  base = bench_rss ();
  bench_begin ();
  for (i = 0; i < count; i++)
    exec_once (argv, size);
  bench_end ();
  bench_extra ("memory", (bench_peak () - base) * 1024.0 / size);
  bench_report (count / bench_wall (), "/s");
}

static void
on_stamped (uv_process_t *process,
            int64_t       status,
            int           signal)
{
  long long now = bench_now ();

  bench_sample (now - bench_stamp_read ());
  uv_close ((uv_handle_t *) process, on_closed);
}

static void
libuv_exit (void)
{
  long count = bench_param ("count", 100);
  const char *argv[] = { bench_child (), "stamp", bench_stamp_path (), "3", NULL };
  long i;

  for (i = 0; i < count; i++)
    {
      uv_child_start (argv, not_piped, on_stamped);
      uv_run (uv_default_loop (), UV_RUN_DEFAULT);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
report_memory (const int piped[3])
{
  long count = bench_param ("count", 500);
  UvChild **idle = start_idle (20, piped);
  UvChild **more;
  long base = bench_rss ();

  more = start_idle (count, piped);
  bench_extra ("threads", bench_threads ());
  bench_report ((bench_rss () - base) / (double) count, "KiB");
  end_idle (more, count);
  end_idle (idle, 20);
}

static void
libuv_memory_child (void)
{
  report_memory (not_piped);
}

static void
libuv_memory_piped (void)
{
  report_memory (all_piped);
}

static const BenchCase cases[] = {
  { "start", libuv_start },
  { "start-async", libuv_start },
  { "spawn", libuv_spawn },
  { "flight", libuv_flight },
  { "live", libuv_live },
  { "exec", libuv_exec },
  { "exit", libuv_exit },
  { "memory-child", libuv_memory_child },
  { "memory-piped", libuv_memory_piped },
  { "output", libuv_output },
  { "line", libuv_line },
  { "lines", libuv_lines },
  { "stdin", libuv_stdin },
  { "cat", libuv_cat },
  { "fairness", libuv_fairness },
  { NULL, NULL },
};

int
main (int    argc,
      char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  return bench_main (argc, argv, "libuv", cases);
}
