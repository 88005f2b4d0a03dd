/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcproc. Here what has to do with processes. */

#include "bench-cproc.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static const char * const true_argv[] = { "/bin/true", NULL };

static long left_to_start;
static long left_to_end;

CprocChild *
cp_child (const char * const *argv,
          CprocStdio          in,
          CprocStdio          out,
          CprocStdio          err)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);

  cproc_command_set_stdin_mode (command, in);
  cproc_command_set_stdout_mode (command, out);
  cproc_command_set_stderr_mode (command, err);
  if (bench_param ("none", 0))
    cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE);

  return cproc_child_new_for_command (command);
}

/* With the parent's own descriptors, as every peer's in these cases. */
static CprocChild *
new_child (const char * const *argv)
{
  if (bench_param ("piped", 0) || g_str_equal (bench_case (), "memory-piped"))
    return cproc_child_new (argv);
  return cp_child (argv, CPROC_STDIO_INHERIT, CPROC_STDIO_INHERIT, CPROC_STDIO_INHERIT);
}

void
cp_start (CprocChild *child)
{
  GError *error = NULL;

  bench_check_error (cproc_child_start (child, &error), error);
}

static void
on_run_closed (CprocChild *child,
               gpointer    user_data)
{
  g_main_loop_quit (bench_loop);
}

void
cp_run (CprocChild *child)
{
  g_signal_connect (child, "closed", G_CALLBACK (on_run_closed), NULL);
  g_main_loop_run (bench_loop);
}

void
cp_end (CprocChild *child)
{
  GError *error = NULL;

  bench_check_error (cproc_child_wait (child, NULL, &error), error);
}

static void
cp_start_call (void)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  for (i = 0; i < count; i++)
    {
      g_autoptr (CprocChild) child = NULL;

      bench_begin ();
      child = new_child (true_argv);
      cp_start (child);
      bench_end ();
      cp_end (child);
    }
  bench_report (bench_median () / 1e3, "µs");
}

/* All that a command can be told and that needs no special right; with the right, ids too. */
static CprocChild *
new_set_child (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new (true_argv);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_INHERIT);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_INHERIT);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_INHERIT);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_GROUP);
  cproc_command_set_cwd (command, "/");
  cproc_command_set_umask (command, 022);
  cproc_command_set_resource_limit (command, RLIMIT_CORE, 0, 0);
  cproc_command_set_resource_limit (command, RLIMIT_NOFILE, 1024, 1024);
  if (geteuid () == 0)
    {
      cproc_command_set_user_id (command, getuid ());
      cproc_command_set_group_id (command, getgid ());
    }

  return cproc_child_new_for_command (command);
}

static void
cp_start_set (void)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  for (i = 0; i < count; i++)
    {
      g_autoptr (CprocChild) child = NULL;

      bench_begin ();
      child = new_set_child ();
      cp_start (child);
      bench_end ();
      cp_end (child);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static gint64 busy_since;
static double longest_stall;

/* The loop is kept from its work from the end of one poll to the next. */
static int
timed_poll (GPollFD *fds,
            guint    n_fds,
            int      timeout)
{
  int result;

  longest_stall = MAX (longest_stall, bench_now () - busy_since);
  result = g_poll (fds, n_fds, timeout);
  busy_since = bench_now ();

  return result;
}

static void
on_started (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  GError *error = NULL;

  bench_check_error (cproc_child_start_finish (CPROC_CHILD (object), result, &error), error);
  g_main_loop_quit (bench_loop);
}

static void
cp_start_async (void)
{
  long count = bench_param ("count", 100);
  long i;

  bench_touch ();
  g_main_context_set_poll_func (NULL, timed_poll);
  for (i = 0; i < count; i++)
    {
      g_autoptr (CprocChild) child = NULL;

      longest_stall = 0;
      bench_begin ();
      busy_since = bench_now ();
      child = new_child (true_argv);
      cproc_child_start_async (child, NULL, on_started, NULL);
      g_main_loop_run (bench_loop);
      longest_stall = MAX (longest_stall, bench_now () - busy_since);
      bench_end_as (longest_stall);
      cp_end (child);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void start_next (void);

static void
on_ended (CprocChild *child,
         int         exit_code,
         int         term_signal,
         gpointer    user_data)
{
  bench_check (exit_code == 0, "another end");
  if (left_to_start > 0)
    start_next ();
}

static void
on_closed (CprocChild *child,
           gpointer    user_data)
{
  if (--left_to_end == 0)
    g_main_loop_quit (bench_loop);
  g_object_unref (child);
}

static void
start_next (void)
{
  CprocChild *child = new_child (true_argv);

  left_to_start--;
  g_signal_connect (child, "exit", G_CALLBACK (on_ended), NULL);
  g_signal_connect (child, "closed", G_CALLBACK (on_closed), NULL);
  cp_start (child);
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
cp_spawn (void)
{
  long count = bench_param ("count", 200);

  bench_touch ();
  run_many (count, 1);
  bench_report (count / bench_wall (), "/s");
}

static void
cp_flight (void)
{
  long count = bench_param ("count", 500);

  run_many (count, MIN (count, bench_param ("flight", 64)));
  bench_report (count / bench_wall (), "/s");
}

static GPtrArray *
start_idle (long n)
{
  const char *argv[] = { bench_child (), "idle", NULL };
  GPtrArray *idle = g_ptr_array_new_with_free_func (g_object_unref);

  while (n-- > 0)
    {
      CprocChild *child = new_child (argv);

      cp_start (child);
      g_ptr_array_add (idle, child);
    }

  return idle;
}

static void
end_idle (GPtrArray *idle)
{
  guint i;

  for (i = 0; i < idle->len; i++)
    cproc_child_force_exit (idle->pdata[i], NULL);
  for (i = 0; i < idle->len; i++)
    cp_end (idle->pdata[i]);
  g_ptr_array_unref (idle);
}

static void
cp_live (void)
{
  long count = bench_param ("count", 100);
  GPtrArray *idle = start_idle (bench_param ("live", 10));

  run_many (count, 1);
  end_idle (idle);
  bench_report (bench_cpu () * 1e6 / count, "µs CPU");
}

static void
on_exec_done (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GBytes) output = NULL;
  GError *error = NULL;

  bench_check_error (cproc_exec_run_finish (CPROC_EXEC (object), result, &error), error);
  output = cproc_exec_get_stdout_bytes (CPROC_EXEC (object));
  bench_check (g_bytes_get_size (output) == *(gsize *) user_data, "output is missing");
  g_main_loop_quit (bench_loop);
}

static void
exec_once (const char * const *argv,
           gsize               expected)
{
  g_autoptr (CprocExec) exec = cproc_exec_new (argv);

  cproc_exec_set_max_buffer (exec, -1);
  cproc_exec_run_async (exec, NULL, on_exec_done, &expected);
  g_main_loop_run (bench_loop);
}

static void
cp_exec (void)
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
on_stamped (CprocChild *child,
            int         exit_code,
            int         term_signal,
            gpointer    user_data)
{
  long long now = bench_now ();

  bench_sample (now - bench_stamp_read ());
}

static void
cp_exit (void)
{
  long count = bench_param ("count", 100);
  const char *argv[] = { bench_child (), "stamp", bench_stamp_path (), "3", NULL };
  long i;

  for (i = 0; i < count; i++)
    {
      g_autoptr (CprocChild) child = new_child (argv);

      g_signal_connect (child, "exit", G_CALLBACK (on_stamped), NULL);
      cp_start (child);
      cp_run (child);
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
cp_memory (void)
{
  long count = bench_param ("count", 500);
  GPtrArray *idle = start_idle (20);
  GPtrArray *more;
  long base = bench_rss ();

  more = start_idle (count);
  bench_extra ("threads", bench_threads ());
  bench_report ((bench_rss () - base) / (double) count, "KiB");
  end_idle (more);
  end_idle (idle);
}

static void
append_stage (CprocPipeline      *pipeline,
              const char * const *argv,
              CprocStdio          out)
{
  g_autoptr(CprocCommand) command = cproc_command_new (argv);

  cproc_command_set_stdout_mode (command, out);
  cproc_pipeline_append (pipeline, command);
}

/* The same line as a shell's. */
static void
cp_pipeline (void)
{
  long size = bench_param ("size", 1024);
  g_autofree char *total = g_strdup_printf ("%ld", size * 1024 * 1024);
  const char *writer[] = { bench_child (), "write", total, "65536", NULL };
  const char *cat[] = { "cat", NULL };
  const char *last[] = { "wc", "-c", NULL };
  g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
  g_autoptr(GError) error = NULL;

  append_stage (pipeline, writer, CPROC_STDIO_DEFAULT);
  for (int i = 0; i < 3; i++)
    append_stage (pipeline, cat, CPROC_STDIO_DEFAULT);
  append_stage (pipeline, last, CPROC_STDIO_NULL);
  bench_begin ();
  bench_check (cproc_pipeline_start (pipeline, &error) &&
               cproc_pipeline_wait_check (pipeline, NULL, &error), "the pipeline failed");
  bench_end ();
  bench_report (size / bench_wall (), "MiB/s");
}

static const BenchCase cases[] = {
  { "start", cp_start_call },
  { "start-set", cp_start_set },
  { "start-async", cp_start_async },
  { "spawn", cp_spawn },
  { "flight", cp_flight },
  { "live", cp_live },
  { "exec", cp_exec },
  { "exit", cp_exit },
  { "pipeline", cp_pipeline },
  { "memory-child", cp_memory },
  { "memory-piped", cp_memory },
  { "memory-worker", cp_memory_worker },
  { "output", cp_output },
  { "line", cp_line },
  { "lines", cp_lines },
  { "stdin", cp_stdin },
  { "cat", cp_cat },
  { "fairness", cp_fairness },
  { "roundtrip", cp_roundtrip },
  { "oneway", cp_oneway },
  { "send", cp_send },
  { "echo", cp_echo },
  { NULL, NULL },
};

int
main (int    argc,
      char **argv)
{
  bench_loop = g_main_loop_new (NULL, FALSE);
  return bench_main (argc, argv, "cproc", cases);
}
