/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GSubprocess as its users call it. Here what has to do with streams. */

#include "bench-gsubprocess.h"

#include <string.h>

static long long n_bytes;
static long long left_to_write;
static GString *unfinished;

typedef void (*BytesFunc) (GBytes *bytes);

static void read_next (GInputStream *stream,
                       BytesFunc     func);

static void
on_bytes (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  BytesFunc func = user_data;
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (object), result, &error);
  bench_check_error (bytes != NULL, error);
  if (g_bytes_get_size (bytes) == 0)
    {
      g_main_loop_quit (bench_loop);
      return;
    }
  func (bytes);
  read_next (G_INPUT_STREAM (object), func);
}

static void
read_next (GInputStream *stream,
           BytesFunc     func)
{
  g_input_stream_read_bytes_async (stream, BENCH_READ_SIZE, G_PRIORITY_DEFAULT, NULL, on_bytes,
                                   func);
}

static void
count_bytes (GBytes *bytes)
{
  n_bytes += g_bytes_get_size (bytes);
}

void
gs_output (void)
{
  long mib = bench_param ("mib", 1024);
  g_autofree char *total = g_strdup_printf ("%lld", (long long) mib << 20);
  g_autofree char *chunk = g_strdup_printf ("%ld", bench_param ("chunk", 65536));
  const char *argv[] = { bench_child (), "write", total, chunk, NULL };
  g_autoptr (GSubprocess) subprocess = NULL;

  bench_begin ();
  subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  read_next (g_subprocess_get_stdout_pipe (subprocess), count_bytes);
  g_main_loop_run (bench_loop);
  gs_wait (subprocess);
  bench_end ();
  bench_check (n_bytes == (long long) mib << 20, "output is missing");
  bench_extra ("cpu_per_gb", bench_cpu () / (n_bytes / 1e9));
  bench_report (n_bytes / 1e9 / bench_wall (), "GB/s");
}

static void
on_line (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree char *line = NULL;
  GError *error = NULL;

  line = g_data_input_stream_read_line_finish_utf8 (G_DATA_INPUT_STREAM (object), result, NULL,
                                                    &error);
  bench_check_error (error == NULL, error);
  if (line == NULL)
    {
      g_main_loop_quit (bench_loop);
      return;
    }
  bench_count_line (line);
  g_data_input_stream_read_line_async (G_DATA_INPUT_STREAM (object), G_PRIORITY_DEFAULT, NULL,
                                       on_line, NULL);
}

void
gs_line (void)
{
  long count = bench_param ("count", 1000000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "lines", number, "40", NULL };
  g_autoptr (GSubprocess) subprocess = NULL;
  g_autoptr (GDataInputStream) lines = NULL;

  bench_begin ();
  subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (subprocess));
  g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_line, NULL);
  g_main_loop_run (bench_loop);
  gs_wait (subprocess);
  bench_end ();
  bench_report_lines (count);
}

static void
split_bytes (GBytes *bytes)
{
  g_auto (GStrv) lines = NULL;
  const char *end;
  gsize n;

  g_string_append_len (unfinished, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  end = g_strrstr_len (unfinished->str, unfinished->len, "\n");
  if (end == NULL)
    return;

  unfinished->str[end - unfinished->str] = '\0';
  bench_check (g_utf8_validate (unfinished->str, -1, NULL), "no UTF-8");
  lines = g_strsplit (unfinished->str, "\n", -1);
  n = g_strv_length (lines);
  bench_count_lines (n, n > 0 ? lines[0] : NULL);
  g_string_erase (unfinished, 0, end + 1 - unfinished->str);
}

void
gs_lines (void)
{
  long count = bench_param ("count", 1000000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "lines", number, "40", NULL };
  g_autoptr (GSubprocess) subprocess = NULL;

  bench_begin ();
  unfinished = g_string_new (NULL);
  subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  read_next (g_subprocess_get_stdout_pipe (subprocess), split_bytes);
  g_main_loop_run (bench_loop);
  gs_wait (subprocess);
  bench_end ();
  bench_report_lines (count);
}

static void
write_next (GOutputStream *stream);

static void
on_written (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  GError *error = NULL;

  bench_check_error (g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL,
                                                       &error), error);
  write_next (G_OUTPUT_STREAM (object));
}

static void
write_next (GOutputStream *stream)
{
  if (left_to_write <= 0)
    {
      g_output_stream_close (stream, NULL, NULL);
      return;
    }
  left_to_write -= BENCH_WRITE_SIZE;
  g_output_stream_write_all_async (stream, g_bytes_get_data (bench_block (), NULL),
                                   BENCH_WRITE_SIZE, G_PRIORITY_DEFAULT, NULL, on_written, NULL);
}

static void
on_ended (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_main_loop_quit (bench_loop);
}

void
gs_stdin (void)
{
  const char *argv[] = { bench_child (), "sink", NULL };
  long long total = (long long) bench_param ("mib", 1024) << 20;
  g_autoptr (GSubprocess) subprocess = NULL;

  left_to_write = total;
  bench_begin ();
  subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE);
  write_next (g_subprocess_get_stdin_pipe (subprocess));
  g_subprocess_wait_async (subprocess, NULL, on_ended, NULL);
  g_main_loop_run (bench_loop);
  bench_end ();
  bench_extra ("cpu_per_gb", bench_cpu () / (total / 1e9));
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

void
gs_cat (void)
{
  static const char * const argv[] = { "/bin/cat", NULL };
  long long total = (long long) bench_param ("mib", 512) << 20;
  g_autoptr (GSubprocess) subprocess = NULL;

  left_to_write = total;
  bench_begin ();
  subprocess = gs_spawn (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  write_next (g_subprocess_get_stdin_pipe (subprocess));
  read_next (g_subprocess_get_stdout_pipe (subprocess), count_bytes);
  g_main_loop_run (bench_loop);
  gs_wait (subprocess);
  bench_end ();
  bench_check (n_bytes == total, "output is missing");
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

static void
on_tick (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree char *line = NULL;

  line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (object), result, NULL, NULL);
  bench_check (line != NULL, "the ticks ended");
  bench_fairness_tick (line);
  g_data_input_stream_read_line_async (G_DATA_INPUT_STREAM (object), G_PRIORITY_DEFAULT, NULL,
                                       on_tick, NULL);
}

void
gs_fairness (void)
{
  const char *flood_argv[] = { bench_child (), "write", "0", "1048576", NULL };
  const char *tick_argv[] = { bench_child (), "ticks", "1", "1000", NULL };
  g_autoptr (GSubprocess) flood = gs_spawn (flood_argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) ticks = gs_spawn (tick_argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  GDataInputStream *lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (ticks));

  read_next (g_subprocess_get_stdout_pipe (flood), count_bytes);
  g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_tick, NULL);
  bench_fairness_start ();
  g_main_loop_run (bench_loop);
  bench_fairness_end (n_bytes);
  g_subprocess_force_exit (flood);
  g_subprocess_force_exit (ticks);
}
