/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcproc. Here what has to do with streams. */

#include "bench-cproc.h"

static long long n_bytes;
static long long left_to_write;

static CprocStdio
piped (void)
{
  return bench_param ("socket", 0) ? CPROC_STDIO_SOCKET : CPROC_STDIO_PIPE;
}

static CprocChild *
new_reader (const char * const *argv)
{
  return cp_child (argv, CPROC_STDIO_NULL, piped (), CPROC_STDIO_INHERIT);
}

static void
on_output (CprocChild  *child,
           CprocStream  stream,
           GBytes      *bytes,
           gpointer     user_data)
{
  n_bytes += g_bytes_get_size (bytes);
}

void
cp_output (void)
{
  long mib = bench_param ("mib", 1024);
  g_autofree char *total = g_strdup_printf ("%lld", (long long) mib << 20);
  g_autofree char *chunk = g_strdup_printf ("%ld", bench_param ("chunk", 65536));
  const char *argv[] = { bench_child (), "write", total, chunk, NULL };
  g_autoptr (CprocChild) child = NULL;

  bench_begin ();
  child = new_reader (argv);
  g_signal_connect (child, "output::stdout", G_CALLBACK (on_output), NULL);
  cp_start (child);
  cp_run (child);
  bench_end ();
  bench_check (n_bytes == (long long) mib << 20, "output is missing");
  bench_extra ("cpu_per_gb", bench_cpu () / (n_bytes / 1e9));
  bench_report (n_bytes / 1e9 / bench_wall (), "GB/s");
}

static void
on_line (CprocChild  *child,
         CprocStream  stream,
         const char  *line,
         gpointer     user_data)
{
  bench_count_line (line);
}

static void
on_lines (CprocChild         *child,
          CprocStream         stream,
          const char * const *lines,
          gpointer            user_data)
{
  bench_count_lines (g_strv_length ((char **) lines), lines[0]);
}

static void
run_lines (const char *signal,
           GCallback   func)
{
  long count = bench_param ("count", 1000000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "lines", number, "40", NULL };
  g_autoptr (CprocChild) child = NULL;

  bench_begin ();
  child = new_reader (argv);
  g_signal_connect (child, signal, func, NULL);
  cp_start (child);
  cp_run (child);
  bench_end ();
  bench_report_lines (count);
}

void
cp_line (void)
{
  run_lines ("line::stdout", G_CALLBACK (on_line));
}

void
cp_lines (void)
{
  run_lines ("lines::stdout", G_CALLBACK (on_lines));
}

static void write_next (CprocChild *child);

static void
on_written (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  GError *error = NULL;

  bench_check_error (cproc_child_write_finish (CPROC_CHILD (object), result, &error), error);
  write_next (CPROC_CHILD (object));
}

static void
write_next (CprocChild *child)
{
  if (left_to_write <= 0)
    return;
  left_to_write -= BENCH_WRITE_SIZE;
  cproc_child_write_async (child, bench_block (), G_PRIORITY_DEFAULT, NULL, on_written, NULL);
  /* Closes after all that is queued. */
  if (left_to_write <= 0)
    cproc_child_close_stdin (child);
}

static void
start_writing (CprocChild *child,
               long long   total)
{
  int i;

  left_to_write = total;
  for (i = 0; i < BENCH_WRITES_AHEAD; i++)
    write_next (child);
}

void
cp_stdin (void)
{
  const char *argv[] = { bench_child (), "sink", NULL };
  long long total = (long long) bench_param ("mib", 1024) << 20;
  g_autoptr (CprocChild) child = NULL;

  bench_begin ();
  child = cp_child (argv, piped (), CPROC_STDIO_INHERIT, CPROC_STDIO_INHERIT);
  cp_start (child);
  start_writing (child, total);
  cp_run (child);
  bench_end ();
  bench_extra ("cpu_per_gb", bench_cpu () / (total / 1e9));
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

void
cp_cat (void)
{
  static const char * const argv[] = { "/bin/cat", NULL };
  long long total = (long long) bench_param ("mib", 512) << 20;
  g_autoptr (CprocChild) child = NULL;

  bench_begin ();
  child = cp_child (argv, piped (), piped (), CPROC_STDIO_INHERIT);
  g_signal_connect (child, "output::stdout", G_CALLBACK (on_output), NULL);
  cp_start (child);
  start_writing (child, total);
  cp_run (child);
  bench_end ();
  bench_check (n_bytes == total, "output is missing");
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

static void
on_tick (CprocWorker  *worker,
         CprocMessage *message,
         gpointer      user_data)
{
  bench_fairness_tick (cproc_message_get_text (message));
}

void
cp_fairness (void)
{
  const char *flood_argv[] = { bench_child (), "write", "0", "1048576", NULL };
  const char *tick_argv[] = { bench_child (), "ticks", "-1", "1000", NULL };
  g_autoptr (CprocChild) flood = new_reader (flood_argv);
  g_autoptr (CprocWorker) ticks = cp_worker (tick_argv);

  g_signal_connect (flood, "output::stdout", G_CALLBACK (on_output), NULL);
  g_signal_connect (ticks, "message", G_CALLBACK (on_tick), NULL);
  cp_start (flood);
  cp_start (CPROC_CHILD (ticks));
  bench_fairness_start ();
  g_main_loop_run (bench_loop);
  bench_fairness_end (n_bytes);
  cproc_child_force_exit (flood, NULL);
  cproc_child_force_exit (CPROC_CHILD (ticks), NULL);
  cp_end (flood);
  cp_end (CPROC_CHILD (ticks));
}
