/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "channel-util.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *
make_large (gsize length)
{
  char *text = g_strnfill (length, 'x');

  text[0] = text[length - 1] = '"';

  return text;
}

static void
send_text (End        *self,
           const char *json)
{
  g_autoptr(GError) error = NULL;

  cproc_channel_send_text (self->channel, json, &error);
  g_assert_no_error (error);
}

/* The order in which calls were finished, and how. */
static void
on_sent (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  GString *log = user_data;
  g_autoptr(GError) error = NULL;

  if (cproc_channel_send_text_finish (CPROC_CHANNEL (object), result, &error))
    g_string_append (log, "sent ");
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_string_append (log, "cancelled ");
  else
    g_string_append_printf (log, "%d ", error->code);
}

static void
on_flushed (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  GString *log = user_data;
  g_autoptr(GError) error = NULL;

  if (cproc_channel_flush_finish (CPROC_CHANNEL (object), result, &error))
    g_string_append (log, "flushed ");
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_string_append (log, "flush-cancelled ");
  else
    g_string_append_printf (log, "flush-%d ", error->code);
}

static void
on_node_sent (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  GString *log = user_data;
  g_autoptr(GError) error = NULL;

  if (cproc_channel_send_finish (CPROC_CHANNEL (object), result, &error))
    g_string_append (log, "sent ");
  else
    g_string_append_printf (log, "%d ", error->code);
}

/* Reads until nothing more comes. */
static char *
read_all (int peer)
{
  GString *text = g_string_new (NULL);
  gsize before;

  do
    {
      g_autofree char *part = NULL;

      before = text->len;
      run_pending ();
      part = read_available (peer);
      g_string_append (text, part);
    }
  while (text->len > before);

  return g_string_free (text, FALSE);
}

static void
test_async (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(JsonNode) node = json_node_init_int (json_node_alloc (), 2);
  int peer;
  End *a = end_new (&peer);

  cproc_channel_send_text_async (a->channel, "1", NULL, on_sent, log);
  cproc_channel_send_async (a->channel, node, NULL, on_node_sent, log);
  assert_reads (peer, "1\n2\n");
  g_assert_cmpstr (log->str, ==, "");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent sent ");

  cproc_channel_send_text_async (a->channel, "nonsense", NULL, on_sent, log);
  cproc_channel_send_text_async (a->channel, "3", NULL, NULL, NULL);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent sent 7 ");
  g_assert_cmpint (CPROC_ERROR_INVALID_MESSAGE, ==, 7);
  assert_reads (peer, "3\n");
  close (peer);
  end_free (a);
}

static void
test_async_closed (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(JsonNode) node = json_node_init_int (json_node_alloc (), 2);
  CprocChannel *channel = cproc_channel_new ();
  int peer;
  End *a = end_new (&peer);

  cproc_channel_send_text_async (channel, "1", NULL, on_sent, log);
  cproc_channel_send_async (channel, node, NULL, on_node_sent, log);
  cproc_channel_flush_async (channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "5 5 flushed ");
  g_assert_cmpint (CPROC_ERROR_NOT_RUNNING, ==, 5);
  g_assert_finalize_object (channel);

  g_string_truncate (log, 0);
  cproc_channel_close (a->channel);
  cproc_channel_send_text_async (a->channel, "1", NULL, on_sent, log);
  cproc_channel_send_async (a->channel, node, NULL, on_node_sent, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "6 6 ");
  g_assert_cmpint (CPROC_ERROR_CHANNEL_CLOSED, ==, 6);
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "6 6 flushed ");
  close (peer);
  end_free (a);
}

/* Done means that the kernel has it, and not before. */
static void
test_async_waits (void)
{
  g_autofree char *large = make_large (1000000);
  g_autofree char *text = NULL;
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  cproc_channel_send_text_async (a->channel, large, NULL, on_sent, log);
  cproc_channel_send_text_async (a->channel, "1", NULL, on_sent, log);
  send_text (a, "2");
  cproc_channel_send_text_async (a->channel, "3", NULL, on_sent, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "");
  text = read_all (peer);
  g_assert_cmpuint (strlen (text), ==, 1000000 + 7);
  g_assert_true (g_str_has_suffix (text, "\n1\n2\n3\n"));
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent sent sent ");
  close (peer);
  end_free (a);
}

static void
test_async_fails (void)
{
  g_autofree char *large = make_large (1000000);
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  int peer;
  End *a = end_new (&peer);

  cproc_channel_send_text_async (a->channel, "1", NULL, on_sent, log);
  cproc_channel_send_text_async (a->channel, large, NULL, on_sent, log);
  cproc_channel_send_text_async (a->channel, "3", NULL, on_sent, log);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (log->str, ==, "sent 6 6 flush-6 ");
  g_assert_false (cproc_channel_flush (a->channel, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent 6 6 flush-6 flush-6 ");
  end_free (a);
}

static void
test_cancel (void)
{
  g_autofree char *large = make_large (1000000);
  g_autofree char *text = NULL;
  g_autoptr(GCancellable) first = g_cancellable_new ();
  g_autoptr(GCancellable) second = g_cancellable_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  /* Some of it is with the kernel: it goes on. */
  cproc_channel_send_text_async (a->channel, large, first, on_sent, log);
  cproc_channel_send_text_async (a->channel, "1", NULL, on_sent, log);
  cproc_channel_send_text_async (a->channel, "2", second, on_sent, log);
  cproc_channel_send_text_async (a->channel, "3", second, on_sent, log);
  send_text (a, "4");
  cproc_channel_send_text_async (a->channel, "5", second, on_sent, log);
  g_cancellable_cancel (first);
  g_cancellable_cancel (second);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "cancelled cancelled cancelled ");

  text = read_all (peer);
  g_assert_cmpuint (strlen (text), ==, 1000000 + 5);
  g_assert_true (g_str_has_suffix (text, "\n1\n4\n"));
  run_pending ();
  g_assert_cmpstr (log->str, ==, "cancelled cancelled cancelled sent sent ");
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);

  /* Before the call. */
  g_string_truncate (log, 0);
  cproc_channel_send_text_async (a->channel, "6", second, on_sent, log);
  cproc_channel_flush_async (a->channel, second, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "cancelled flush-cancelled ");
  assert_reads (peer, "");
  close (peer);
  end_free (a);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

/* The task stays the main context's. */
static void
test_cancel_from_thread (void)
{
  g_autofree char *large = make_large (1000000);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  GThread *thread;
  int peer;
  End *a = end_new (&peer);

  send_text (a, large);
  cproc_channel_send_text_async (a->channel, "1", cancellable, on_sent, log);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  while (log->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_assert_cmpstr (log->str, ==, "cancelled ");
  close (peer);
  end_free (a);
}

static void
test_cancel_after_move (void)
{
  GMainContext *other = g_main_context_new ();
  g_autofree char *large = make_large (1000000);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  send_text (a, large);
  cproc_channel_send_text_async (a->channel, "1", cancellable, on_sent, log);
  cproc_channel_set_context (a->channel, other);
  g_cancellable_cancel (cancellable);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "");
  g_main_context_iteration (other, FALSE);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "cancelled ");
  close (peer);
  end_free (a);
  g_main_context_unref (other);
}

static void
test_congested (void)
{
  g_autofree char *large = make_large (700000);
  g_autofree char *text = NULL;
  int peer;
  guint n_congested = 0, n_queued = 0;
  End *a = end_new (&peer);

  g_signal_connect_swapped (a->channel, "notify::congested",
                            G_CALLBACK (g_atomic_int_inc), &n_congested);
  g_signal_connect_swapped (a->channel, "notify::queued-bytes",
                            G_CALLBACK (g_atomic_int_inc), &n_queued);
  send_text (a, large);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), >, 0);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), <, 700001);
  g_assert_false (cproc_channel_get_congested (a->channel));
  run_pending ();
  g_assert_cmpuint (n_congested, ==, 0);
  g_assert_cmpuint (n_queued, ==, 1);

  send_text (a, large);
  g_assert_true (cproc_channel_get_congested (a->channel));
  g_assert_cmpuint (n_congested, ==, 1);
  g_assert_cmpuint (n_queued, ==, 2);
  send_text (a, large);
  g_assert_cmpuint (n_congested, ==, 1);

  text = read_all (peer);
  g_assert_cmpuint (strlen (text), ==, 3 * 700001);
  run_pending ();
  g_assert_false (cproc_channel_get_congested (a->channel));
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  g_assert_cmpuint (n_congested, ==, 2);
  g_assert_cmpuint (n_queued, >, 2);
  close (peer);
  end_free (a);
}

/* Congested means more than 1 MiB, not that much. */
static void
test_congested_limit (void)
{
  g_autofree char *fill = make_large (500000);
  g_autofree char *rest = NULL;
  guint64 missing;
  int peer;
  End *a = end_new (&peer);

  send_text (a, fill);
  send_text (a, fill);
  missing = 1024 * 1024 - cproc_channel_get_queued_bytes (a->channel);
  rest = make_large (missing - 1);
  send_text (a, rest);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 1024 * 1024);
  g_assert_false (cproc_channel_get_congested (a->channel));
  send_text (a, "1");
  g_assert_true (cproc_channel_get_congested (a->channel));
  close (peer);
  end_free (a);
}

static gpointer
read_in_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  static char buffer[65536];
  gsize total = 0;
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    total += n;

  return GSIZE_TO_POINTER (total);
}

static void
test_flush (void)
{
  g_autofree char *large = make_large (5000000);
  g_autoptr(GError) error = NULL;
  GThread *thread;
  int peer;
  End *a = end_new (&peer);

  g_assert_true (cproc_channel_flush (a->channel, NULL, &error));
  send_text (a, large);
  send_text (a, "1");
  thread = g_thread_new ("read", read_in_thread, GINT_TO_POINTER (peer));
  cproc_channel_flush (a->channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  cproc_channel_close (a->channel);
  g_assert_cmpuint (GPOINTER_TO_SIZE (g_thread_join (thread)), ==, 5000003);
  close (peer);
  end_free (a);
}

/* It runs no main loop, and what comes meanwhile comes later, in order. */
static gpointer
write_then_read_in_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);

  for (guint i = 0; i < 100000; i++)
    write_string (fd, "123\n");
  write_string (fd, "\"last\"\n");

  return read_in_thread (data);
}

static void
test_flush_both (void)
{
  g_autofree char *large = make_large (5000000);
  g_autoptr(GError) error = NULL;
  GThread *thread;
  int peer;
  End *a = end_new (&peer);

  send_text (a, large);
  thread = g_thread_new ("write", write_then_read_in_thread, GINT_TO_POINTER (peer));
  cproc_channel_flush (a->channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (a->n_messages, ==, 0);
  run_until (&a->n_messages, 100001);
  g_assert_true (g_str_has_suffix (a->log->str, "123\n\"last\"\n"));
  cproc_channel_close (a->channel);
  g_assert_cmpuint (GPOINTER_TO_SIZE (g_thread_join (thread)), ==, 5000001);
  close (peer);
  end_free (a);
}

static void
test_flush_cancelled (void)
{
  g_autofree char *large = make_large (1000000);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  GThread *thread;
  int peer;
  End *a = end_new (&peer);

  send_text (a, large);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  g_assert_false (cproc_channel_flush (a->channel, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), >, 0);
  g_assert_true (cproc_channel_get_connected (a->channel));
  close (peer);
  end_free (a);
}

static gpointer
close_in_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  static char buffer[1000];

  while (read (fd, buffer, sizeof buffer) < 0)
    ;
  close (fd);

  return NULL;
}

static void
test_flush_and_peer_dies (void)
{
  g_autofree char *large = make_large (1000000);
  g_autoptr(GError) error = NULL;
  GThread *thread;
  int peer;
  End *a = end_new (&peer);

  send_text (a, large);
  thread = g_thread_new ("close", close_in_thread, GINT_TO_POINTER (peer));
  g_assert_false (cproc_channel_flush (a->channel, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  g_thread_join (thread);
  g_assert_cmpuint (a->n_disconnected, ==, 0);
  run_until_disconnected (a);
  end_free (a);
}

static void
test_flush_async (void)
{
  g_autofree char *large = make_large (1000000);
  g_autofree char *text = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  g_assert_cmpstr (log->str, ==, "");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "flushed ");

  g_string_truncate (log, 0);
  cproc_channel_send_text_async (a->channel, "1", NULL, on_sent, log);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  send_text (a, large);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  cproc_channel_flush_async (a->channel, cancellable, on_flushed, log);
  cproc_channel_send_text_async (a->channel, "2", NULL, on_sent, log);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent flushed ");
  g_cancellable_cancel (cancellable);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent flushed flush-cancelled ");
  text = read_all (peer);
  g_assert_true (g_str_has_suffix (text, "\"\n2\n"));
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent flushed flush-cancelled flushed sent flushed ");
  close (peer);
  end_free (a);
}

/* Closing lets what waits be finished, with the truth. */
static void
test_close_with_tasks (void)
{
  g_autofree char *large = make_large (1000000);
  g_autofree char *text = NULL;
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  cproc_channel_send_text_async (a->channel, large, NULL, on_sent, log);
  cproc_channel_close (a->channel);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "");
  text = read_all (peer);
  g_assert_cmpuint (strlen (text), ==, 1000001);
  run_until_disconnected (a);
  g_assert_cmpstr (log->str, ==, "sent flushed ");
  close (peer);
  end_free (a);
}

static void
test_reset_with_tasks (void)
{
  g_autofree char *large = make_large (1000000);
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  cproc_channel_send_text_async (a->channel, large, NULL, on_sent, log);
  cproc_channel_reset (a->channel);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "6 ");
  close (peer);
  end_free (a);
}

/* A burst within one turn of the main loop: the first ones go at once, all of them with the end of the turn. */
typedef struct
{
  End *end;
  int peer;
  guint n_messages;
  gsize at_once;
} Burst;

static gboolean
send_burst (gpointer data)
{
  Burst *burst = data;
  g_autofree char *text = NULL;

  for (guint i = 0; i < burst->n_messages; i++)
    send_text (burst->end, "1");
  text = read_available (burst->peer);
  burst->at_once = strlen (text);

  return G_SOURCE_REMOVE;
}

static void
test_burst (void)
{
  int peer;
  End *a = end_new (&peer);
  Burst burst = { a, peer, 5, 0 };
  g_autofree char *text = NULL;

  g_idle_add (send_burst, &burst);
  run_pending ();
  g_assert_cmpuint (burst.at_once, ==, 10);

  burst.n_messages = 100;
  g_idle_add (send_burst, &burst);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (burst.at_once, >=, 20);
  run_pending ();
  text = read_available (peer);
  g_assert_cmpuint (burst.at_once + strlen (text), ==, 200);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  close (peer);
  end_free (a);
}

/* Outside of a main loop nothing waits for one. */
static void
test_no_loop (void)
{
  int peer;
  End *a = end_new (&peer);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 100; i++)
    send_text (a, "1");
  text = read_available (peer);
  g_assert_cmpuint (strlen (text), ==, 200);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  close (peer);
  end_free (a);
}

/* Everything of every size arrives, in order, through a queue that is never empty. */
static void
test_order (void)
{
  g_autoptr(GString) expected = g_string_new (NULL);
  End *a, *b;

  end_new_pair (&a, &b);
  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *padding = g_strnfill (i % 7 == 0 ? i * 3 : i % 200, 'p');
      g_autofree char *json = g_strdup_printf ("[%u,\"%s\"]", i, padding);

      if (i % 3 == 0)
        cproc_channel_send_text_async (a->channel, json, NULL, NULL, NULL);
      else
        send_text (a, json);
      if (expected->len < 1000000)
        g_string_append_printf (expected, "%s\n", json);
      if (i % 50 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  run_until (&b->n_messages, 3000);
  g_assert_true (g_str_has_prefix (b->log->str, expected->str));
  end_free (a);
  run_until_disconnected (b);
  end_free (b);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-send/async", test_async);
  g_test_add_func ("/channel-send/async/closed", test_async_closed);
  g_test_add_func ("/channel-send/async/waits", test_async_waits);
  g_test_add_func ("/channel-send/async/fails", test_async_fails);
  g_test_add_func ("/channel-send/cancel", test_cancel);
  g_test_add_func ("/channel-send/cancel/from-thread", test_cancel_from_thread);
  g_test_add_func ("/channel-send/cancel/after-move", test_cancel_after_move);
  g_test_add_func ("/channel-send/congested", test_congested);
  g_test_add_func ("/channel-send/congested/limit", test_congested_limit);
  g_test_add_func ("/channel-send/flush", test_flush);
  g_test_add_func ("/channel-send/flush/both", test_flush_both);
  g_test_add_func ("/channel-send/flush/cancelled", test_flush_cancelled);
  g_test_add_func ("/channel-send/flush/peer-dies", test_flush_and_peer_dies);
  g_test_add_func ("/channel-send/flush/async", test_flush_async);
  g_test_add_func ("/channel-send/close-with-tasks", test_close_with_tasks);
  g_test_add_func ("/channel-send/reset-with-tasks", test_reset_with_tasks);
  g_test_add_func ("/channel-send/burst", test_burst);
  g_test_add_func ("/channel-send/no-loop", test_no_loop);
  g_test_add_func ("/channel-send/order", test_order);

  return g_test_run ();
}
