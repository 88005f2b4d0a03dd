/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcproc. Here what has to do with messages: read as text, or with the parameter `json` as a
 * JsonNode. */

#include "bench-cproc.h"

#include <stdlib.h>
#include <string.h>

static gboolean as_json;
static JsonNode *node;
static const char *text;
static long left;

CprocWorker *
cp_worker (const char * const *argv)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);

  as_json = bench_param ("json", 0);
  return cproc_worker_new_for_command (command);
}

static void
set_message (const char *json)
{
  GError *error = NULL;

  text = json;
  if (as_json)
    {
      node = json_from_string (json, &error);
      bench_check_error (node != NULL, error);
    }
}

static void
send_message (CprocWorker *worker)
{
  g_autoptr (CprocMessage) message = NULL;
  GError *error = NULL;

  /* Made anew for each: a program has other contents each time. */
  message = as_json ? cproc_message_new_node (node, &error)
                    : cproc_message_new_text (text, &error);
  bench_check_error (message != NULL && cproc_worker_send (worker, message, &error), error);
}

/* What a program that uses the message would at least do with it. */
static void
check_message (CprocMessage *message,
               const char   *expected)
{
  if (as_json)
    {
      JsonNode *root = cproc_message_get_root (message);

      bench_check (JSON_NODE_HOLDS_OBJECT (root) == (expected[0] == '{'), "another message");
    }
  else
    {
      bench_check (cproc_message_get_text (message)[0] == expected[0], "another message");
    }
}

static void
on_echo (CprocWorker  *worker,
         CprocMessage *message,
         gpointer      user_data)
{
  check_message (message, text);
  if (--left == 0)
    g_main_loop_quit (bench_loop);
  else
    send_message (worker);
}

static void
run_echo (CprocWorker *worker,
          long         count)
{
  left = count;
  send_message (worker);
  g_main_loop_run (bench_loop);
}

static void
echo (const char *json,
      long        count,
      long        before)
{
  const char *argv[] = { bench_child (), "echo", "-1", NULL };
  g_autoptr (CprocWorker) worker = cp_worker (argv);

  set_message (json);
  g_signal_connect (worker, "message", G_CALLBACK (on_echo), NULL);
  cp_start (CPROC_CHILD (worker));
  run_echo (worker, before);
  bench_begin ();
  run_echo (worker, count);
  bench_end ();
  cproc_worker_close_channel (worker);
  cp_end (CPROC_CHILD (worker));
  bench_report (count / bench_wall (), "/s");
}

void
cp_roundtrip (void)
{
  echo (BENCH_SMALL, bench_param ("count", 10000), 10);
}

void
cp_echo (void)
{
  long length;
  char *json = bench_message (&length);

  echo (json, bench_param ("count", 10), 1);
  free (json);
}

static void
on_message (CprocWorker  *worker,
            CprocMessage *message,
            gpointer      user_data)
{
  check_message (message, BENCH_SMALL);
  if (--left == 0)
    g_main_loop_quit (bench_loop);
}

void
cp_oneway (void)
{
  long count = bench_param ("count", 100000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "messages", "-1", number, NULL };
  g_autoptr (CprocWorker) worker = NULL;

  left = count;
  bench_begin ();
  worker = cp_worker (argv);
  g_signal_connect (worker, "message", G_CALLBACK (on_message), NULL);
  cp_start (CPROC_CHILD (worker));
  g_main_loop_run (bench_loop);
  bench_end ();
  cproc_worker_close_channel (worker);
  cp_end (CPROC_CHILD (worker));
  bench_report (count / 1e3 / bench_wall (), "k/s");
}

/* As many as the channel takes without being congested. */
static void
send_more (CprocWorker *worker)
{
  CprocChannel *channel = cproc_worker_get_channel (worker);

  while (left > 0 && !cproc_channel_get_congested (channel))
    {
      left--;
      send_message (worker);
    }
}

static void
on_congested (CprocChannel *channel,
              GParamSpec   *pspec,
              gpointer      user_data)
{
  if (!cproc_channel_get_congested (channel))
    send_more (user_data);
}

static void
on_done (CprocWorker  *worker,
         CprocMessage *message,
         gpointer      user_data)
{
  g_main_loop_quit (bench_loop);
}

void
cp_send (void)
{
  long count = bench_param ("count", 100000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "count", "-1", number, NULL };
  g_autoptr (CprocWorker) worker = cp_worker (argv);

  set_message (BENCH_SMALL);
  left = count;
  g_signal_connect (worker, "message", G_CALLBACK (on_done), NULL);
  g_signal_connect (cproc_worker_get_channel (worker), "notify::congested",
                    G_CALLBACK (on_congested), worker);
  cp_start (CPROC_CHILD (worker));
  bench_begin ();
  send_more (worker);
  g_main_loop_run (bench_loop);
  bench_end ();
  cproc_worker_close_channel (worker);
  cp_end (CPROC_CHILD (worker));
  bench_report (count / 1e3 / bench_wall (), "k/s");
}

void
cp_memory_worker (void)
{
  long count = bench_param ("count", 200);
  const char *argv[] = { bench_child (), "idle", NULL };
  g_autoptr (GPtrArray) workers = g_ptr_array_new_with_free_func (g_object_unref);
  long base = 0;
  long i;

  for (i = -20; i < count; i++)
    {
      CprocWorker *worker = cp_worker (argv);

      if (i == 0)
        base = bench_rss ();
      g_signal_connect (worker, "message", G_CALLBACK (on_message), NULL);
      cp_start (CPROC_CHILD (worker));
      g_ptr_array_add (workers, worker);
    }
  bench_extra ("threads", bench_threads ());
  bench_report ((bench_rss () - base) / (double) count, "KiB");
  for (i = 0; i < (long) workers->len; i++)
    {
      cproc_child_force_exit (workers->pdata[i], NULL);
      cp_end (workers->pdata[i]);
    }
}
