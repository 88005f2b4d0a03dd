/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GSubprocess as its users call it. Here what has to do with processes. */

#include "bench-gsubprocess.h"

#include <unistd.h>

static const char * const true_argv[] = { "/bin/true", NULL };

static long left_to_start;
static long left_to_end;

GSubprocess *
gs_spawn (const char * const *argv,
          GSubprocessFlags    flags)
{
  GError *error = NULL;
  GSubprocess *subprocess;

  if (bench_param ("inherit", 0))
    flags |= G_SUBPROCESS_FLAGS_INHERIT_FDS;
  subprocess = g_subprocess_newv (argv, flags, &error);
  bench_check_error (subprocess != NULL, error);

  return subprocess;
}

void
gs_wait (GSubprocess *subprocess)
{
  GError *error = NULL;

  bench_check_error (g_subprocess_wait (subprocess, NULL, &error), error);
}

static void
gs_start (void)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  for (i = 0; i < count; i++)
    {
      g_autoptr (GSubprocess) subprocess = NULL;

      bench_begin ();
      subprocess = gs_spawn (true_argv, G_SUBPROCESS_FLAGS_STDIN_INHERIT);
      bench_end ();
      gs_wait (subprocess);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
set_group (gpointer user_data)
{
  setpgid (0, 0);
}

static void
gs_start_set (void)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  for (i = 0; i < count; i++)
    {
      g_autoptr (GSubprocessLauncher) launcher = NULL;
      g_autoptr (GSubprocess) subprocess = NULL;
      g_autoptr (GError) error = NULL;

      bench_begin ();
      launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
      g_subprocess_launcher_set_cwd (launcher, "/");
      g_subprocess_launcher_set_child_setup (launcher, set_group, NULL, NULL);
      subprocess = g_subprocess_launcher_spawnv (launcher, true_argv, &error);
      bench_check_error (subprocess != NULL, error);
      bench_end ();
      gs_wait (subprocess);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void start_next (void);

static void
on_ended (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GSubprocess) subprocess = G_SUBPROCESS (object);
  GError *error = NULL;

  bench_check_error (g_subprocess_wait_finish (subprocess, result, &error), error);
  if (left_to_start > 0)
    start_next ();
  if (--left_to_end == 0)
    g_main_loop_quit (bench_loop);
}

static void
start_next (void)
{
  left_to_start--;
  g_subprocess_wait_async (gs_spawn (true_argv, G_SUBPROCESS_FLAGS_STDIN_INHERIT), NULL, on_ended,
                           NULL);
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
  g_main_loop_run (bench_loop);
  bench_end ();
}

static void
gs_spawn_wait (void)
{
  long count = bench_param ("count", 200);

  bench_touch ();
  run_many (count, 1);
  bench_report (count / bench_wall (), "/s");
}

static void
gs_flight (void)
{
  long count = bench_param ("count", 500);

  run_many (count, MIN (count, bench_param ("flight", 64)));
  bench_report (count / bench_wall (), "/s");
}

static GPtrArray *
start_idle (long             n,
            GSubprocessFlags flags)
{
  const char *argv[] = { bench_child (), "idle", NULL };
  GPtrArray *idle = g_ptr_array_new_with_free_func (g_object_unref);

  while (n-- > 0)
    g_ptr_array_add (idle, gs_spawn (argv, flags));

  return idle;
}

static void
end_idle (GPtrArray *idle)
{
  guint i;

  for (i = 0; i < idle->len; i++)
    g_subprocess_force_exit (idle->pdata[i]);
  for (i = 0; i < idle->len; i++)
    gs_wait (idle->pdata[i]);
  g_ptr_array_unref (idle);
}

static void
gs_live (void)
{
  long count = bench_param ("count", 100);
  GPtrArray *idle = start_idle (bench_param ("live", 10), G_SUBPROCESS_FLAGS_STDIN_INHERIT);

  run_many (count, 1);
  end_idle (idle);
  bench_report (bench_cpu () * 1e6 / count, "µs CPU");
}

static void
on_communicated (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GBytes) errors = NULL;
  GError *error = NULL;

  bench_check_error (g_subprocess_communicate_finish (G_SUBPROCESS (object), result, &output,
                                                      &errors, &error), error);
  bench_check (g_bytes_get_size (output) == *(gsize *) user_data, "output is missing");
  g_main_loop_quit (bench_loop);
}

static void
exec_once (const char * const *argv,
           gsize               expected)
{
  g_autoptr (GSubprocess) subprocess = NULL;

  subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_communicate_async (subprocess, NULL, NULL, on_communicated, &expected);
  g_main_loop_run (bench_loop);
}

static void
gs_exec (void)
{
  long count = bench_param ("count", 100);
  long size = bench_param ("size", 20);
  g_autofree char *total = g_strdup_printf ("%ld", size);
  const char *argv[] = { bench_child (), "write", total, "65536", NULL };
  long base;
  long i;

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
on_stamped (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  long long now = bench_now ();

  bench_sample (now - bench_stamp_read ());
  g_main_loop_quit (bench_loop);
}

static void
gs_exit (void)
{
  long count = bench_param ("count", 100);
  const char *argv[] = { bench_child (), "stamp", bench_stamp_path (), "3", NULL };
  long i;

  for (i = 0; i < count; i++)
    {
      g_autoptr (GSubprocess) subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDIN_INHERIT);

      g_subprocess_wait_async (subprocess, NULL, on_stamped, NULL);
      g_main_loop_run (bench_loop);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
report_memory (GSubprocessFlags flags)
{
  long count = bench_param ("count", 500);
  GPtrArray *idle = start_idle (20, flags);
  GPtrArray *more;
  long base = bench_rss ();

  more = start_idle (count, flags);
  bench_extra ("threads", bench_threads ());
  bench_report ((bench_rss () - base) / (double) count, "KiB");
  end_idle (more);
  end_idle (idle);
}

static void
gs_memory_child (void)
{
  report_memory (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
}

static void
gs_memory_piped (void)
{
  report_memory (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                 | G_SUBPROCESS_FLAGS_STDERR_PIPE);
}

static const BenchCase cases[] = {
  { "start", gs_start },
  { "start-set", gs_start_set },
  { "spawn", gs_spawn_wait },
  { "flight", gs_flight },
  { "live", gs_live },
  { "exec", gs_exec },
  { "exit", gs_exit },
  { "memory-child", gs_memory_child },
  { "memory-piped", gs_memory_piped },
  { "memory-worker", gs_memory_worker },
  { "output", gs_output },
  { "line", gs_line },
  { "lines", gs_lines },
  { "stdin", gs_stdin },
  { "cat", gs_cat },
  { "fairness", gs_fairness },
  { "roundtrip", gs_roundtrip },
  { "oneway", gs_oneway },
  { "send", gs_send },
  { "echo", gs_echo },
  { NULL, NULL },
};

int
main (int    argc,
      char **argv)
{
  bench_loop = g_main_loop_new (NULL, FALSE);
  return bench_main (argc, argv, "gsubprocess", cases);
}
