/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-glib.h"

#include <stdlib.h>
#include <string.h>

GMainLoop *bench_loop;

static long n_lines;
static gint64 last_expiry;
static double worst_message;

void
bench_check_error (gboolean  good,
                   GError   *error)
{
  bench_check (good, error != NULL ? error->message : "failed without an error");
}

void
bench_count_line (const char *line)
{
  bench_check (line[0] == 'a', "another line");
  n_lines++;
}

void
bench_count_lines (gsize       n,
                   const char *first)
{
  bench_check (n == 0 || first[0] == 'a', "another line");
  n_lines += n;
}

void
bench_report_lines (long count)
{
  bench_check (n_lines == count, "lines are missing");
  bench_report (count / 1e6 / bench_wall (), "M/s");
}

static gboolean
on_timeout (gpointer user_data)
{
  gint64 now = bench_now ();

  bench_sample (now - last_expiry - 1000000);
  last_expiry = now;

  return G_SOURCE_CONTINUE;
}

static gboolean
on_end (gpointer user_data)
{
  g_main_loop_quit (bench_loop);
  return G_SOURCE_REMOVE;
}

void
bench_fairness_start (void)
{
  last_expiry = bench_now ();
  g_timeout_add (1, on_timeout, NULL);
  g_timeout_add (bench_param ("msec", 1000), on_end, NULL);
  bench_begin ();
}

void
bench_fairness_tick (const char *message)
{
  double delay;

  bench_check (g_str_has_prefix (message, "{\"t\":"), "another message");
  delay = bench_now () - strtoll (message + 5, NULL, 10);
  worst_message = MAX (worst_message, delay);
}

void
bench_fairness_end (long long bytes)
{
  bench_report_delays (worst_message, bytes);
}

GBytes *
bench_block (void)
{
  static GBytes *block;

  if (block == NULL)
    block = g_bytes_new_take (g_malloc0 (BENCH_WRITE_SIZE), BENCH_WRITE_SIZE);
  return block;
}
