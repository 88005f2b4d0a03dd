/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages over GIO and json-glib, as one would write it without a library: a socket pair,
 * GDataInputStream, json_from_string(). */

#include "bench-gsubprocess.h"

#include <gio/gunixfdlist.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/socket.h>

typedef struct
{
  GSubprocess *subprocess;
  GSocketConnection *connection;
  GDataInputStream *lines;
} Peer;

static JsonNode *message;
static long left;

static Peer *
start_peer (const char * const *argv)
{
  Peer *peer = g_new0 (Peer, 1);
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GSocket) socket = NULL;
  GInputStream *input;
  GError *error = NULL;
  int fds[2];

  bench_check (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "no socket pair");
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_take_fd (launcher, fds[1], 3);
  peer->subprocess = g_subprocess_launcher_spawnv (launcher, argv, &error);
  bench_check_error (peer->subprocess != NULL, error);
  socket = g_socket_new_from_fd (fds[0], &error);
  bench_check_error (socket != NULL, error);
  peer->connection = g_socket_connection_factory_create_connection (socket);
  input = g_io_stream_get_input_stream (G_IO_STREAM (peer->connection));
  peer->lines = g_data_input_stream_new (input);

  return peer;
}

static void
end_peer (Peer *peer)
{
  g_io_stream_close (G_IO_STREAM (peer->connection), NULL, NULL);
  g_clear_object (&peer->lines);
  g_clear_object (&peer->connection);
  g_subprocess_force_exit (peer->subprocess);
  gs_wait (peer->subprocess);
  g_clear_object (&peer->subprocess);
  g_free (peer);
}

static void
on_written (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autofree char *text = user_data;
  GError *error = NULL;

  bench_check_error (g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL,
                                                       &error), error);
}

static void
send_message (Peer *peer)
{
  g_autofree char *json = json_to_string (message, FALSE);
  char *text = g_strconcat (json, "\n", NULL);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection)),
                                   text, strlen (text), G_PRIORITY_DEFAULT, NULL, on_written, text);
}

static JsonNode *
read_message (Peer         *peer,
              GAsyncResult *result)
{
  g_autofree char *line = NULL;
  JsonNode *node;
  GError *error = NULL;

  line = g_data_input_stream_read_line_finish_utf8 (peer->lines, result, NULL, &error);
  bench_check (line != NULL, "messages are missing");
  node = json_from_string (line, &error);
  bench_check_error (node != NULL, error);

  return node;
}

static void
on_echo (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Peer *peer = user_data;
  g_autoptr (JsonNode) node = read_message (peer, result);

  bench_check (JSON_NODE_TYPE (node) == JSON_NODE_TYPE (message), "another answer");
  if (--left == 0)
    {
      g_main_loop_quit (bench_loop);
      return;
    }
  send_message (peer);
  g_data_input_stream_read_line_async (peer->lines, G_PRIORITY_DEFAULT, NULL, on_echo, peer);
}

static void
run_echo (Peer *peer,
          long  count)
{
  left = count;
  send_message (peer);
  g_data_input_stream_read_line_async (peer->lines, G_PRIORITY_DEFAULT, NULL, on_echo, peer);
  g_main_loop_run (bench_loop);
}

static void
echo (const char *text,
      long        count,
      long        before)
{
  const char *argv[] = { bench_child (), "echo", "3", NULL };
  Peer *peer = start_peer (argv);

  message = json_from_string (text, NULL);
  run_echo (peer, before);
  bench_begin ();
  run_echo (peer, count);
  bench_end ();
  end_peer (peer);
  bench_report (count / bench_wall (), "/s");
}

void
gs_roundtrip (void)
{
  echo (BENCH_SMALL, bench_param ("count", 10000), 10);
}

void
gs_echo (void)
{
  long length;
  char *text = bench_message (&length);

  echo (text, bench_param ("count", 10), 1);
}

static void
on_message (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  Peer *peer = user_data;
  g_autoptr (JsonNode) node = read_message (peer, result);

  bench_check (JSON_NODE_HOLDS_OBJECT (node), "another message");
  if (--left == 0)
    {
      g_main_loop_quit (bench_loop);
      return;
    }
  g_data_input_stream_read_line_async (peer->lines, G_PRIORITY_DEFAULT, NULL, on_message, peer);
}

void
gs_oneway (void)
{
  long count = bench_param ("count", 100000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "messages", "3", number, NULL };
  Peer *peer;

  left = count;
  bench_begin ();
  peer = start_peer (argv);
  g_data_input_stream_read_line_async (peer->lines, G_PRIORITY_DEFAULT, NULL, on_message, peer);
  g_main_loop_run (bench_loop);
  bench_end ();
  end_peer (peer);
  bench_report (count / 1e3 / bench_wall (), "k/s");
}

static void
on_sent (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  on_written (object, result, g_object_steal_data (object, "text"));
  if (--left > 0)
    {
      Peer *peer = user_data;
      g_autofree char *json = json_to_string (message, FALSE);
      char *text = g_strconcat (json, "\n", NULL);

      g_object_set_data (object, "text", text);
      g_output_stream_write_all_async (G_OUTPUT_STREAM (object), text, strlen (text),
                                       G_PRIORITY_DEFAULT, NULL, on_sent, peer);
    }
}

static void
on_done (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  json_node_unref (read_message (user_data, result));
  g_main_loop_quit (bench_loop);
}

void
gs_send (void)
{
  long count = bench_param ("count", 100000);
  g_autofree char *number = g_strdup_printf ("%ld", count);
  const char *argv[] = { bench_child (), "count", "3", number, NULL };
  Peer *peer = start_peer (argv);
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (peer->connection));
  char *text = g_strdup (BENCH_SMALL "\n");

  message = json_from_string (BENCH_SMALL, NULL);
  left = count;
  bench_begin ();
  g_object_set_data (G_OBJECT (output), "text", text);
  g_output_stream_write_all_async (output, text, strlen (text), G_PRIORITY_DEFAULT, NULL, on_sent,
                                   peer);
  g_data_input_stream_read_line_async (peer->lines, G_PRIORITY_DEFAULT, NULL, on_done, peer);
  g_main_loop_run (bench_loop);
  bench_end ();
  end_peer (peer);
  bench_report (count / 1e3 / bench_wall (), "k/s");
}

static void
on_nothing (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
}

void
gs_memory_worker (void)
{
  long count = bench_param ("count", 200);
  const char *argv[] = { bench_child (), "idle", NULL };
  g_autoptr (GPtrArray) peers = g_ptr_array_new ();
  long base = 0;
  long i;

  for (i = -20; i < count; i++)
    {
      Peer *peer = start_peer (argv);

      if (i == 0)
        base = bench_rss ();
      g_data_input_stream_read_line_async (peer->lines, G_PRIORITY_DEFAULT, NULL, on_nothing, peer);
      g_ptr_array_add (peers, peer);
    }
  bench_extra ("threads", bench_threads ());
  bench_report ((bench_rss () - base) / (double) count, "KiB");
  for (i = 0; i < (long) peers->len; i++)
    g_subprocess_force_exit (((Peer *) peers->pdata[i])->subprocess);
}
