/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "channel-util.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_async (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  send_json_async (a->channel, "1", NULL, on_sent, log);
  send_json_async (a->channel, "2", NULL, on_sent, log);
  assert_reads (peer, "1\n2\n");
  g_assert_cmpstr (log->str, ==, "");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent sent ");

  send_json_async (a->channel, "{\"cmd\":\"NODE_X\"}", NULL, on_sent, log);
  send_json_async (a->channel, "3", NULL, NULL, NULL);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent sent not-sent:7 ");
  g_assert_cmpint (CPROC_ERROR_INVALID_MESSAGE, ==, 7);
  assert_reads (peer, "3\n");
  close (peer);
  end_free (a);
}

static void
test_async_closed (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  CprocChannel *channel = cproc_channel_new ();
  int peer;
  End *a = end_new (&peer);

  send_json_async (channel, "1", NULL, on_sent, log);
  send_json_async (channel, "2", NULL, on_sent, log);
  cproc_channel_flush_async (channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:5 not-sent:5 flushed ");
  g_assert_cmpint (CPROC_ERROR_NOT_RUNNING, ==, 5);
  g_assert_finalize_object (channel);

  g_string_truncate (log, 0);
  cproc_channel_close (a->channel);
  send_json_async (a->channel, "1", NULL, on_sent, log);
  send_json_async (a->channel, "2", NULL, on_sent, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:6 not-sent:6 ");
  g_assert_cmpint (CPROC_ERROR_CHANNEL_CLOSED, ==, 6);
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:6 not-sent:6 flushed ");
  close (peer);
  end_free (a);
}

/* Wrong use keeps nothing, and calls nobody back. */
static void
test_async_null (void)
{
  g_autoptr(CprocMessage) message = cproc_message_new_text ("1", NULL);
  g_autoptr(GString) log = g_string_new (NULL);
  GCancellable *cancellable = g_cancellable_new ();
  int peer;
  End *a = end_new (&peer);

  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*message != NULL*");
  cproc_channel_send_async (a->channel, NULL, cancellable, on_sent, log);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*CPROC_IS_CHANNEL*");
  cproc_channel_send_async (NULL, message, cancellable, on_sent, log);
  g_test_assert_expected_messages ();
  run_pending ();
  g_assert_cmpstr (log->str, ==, "");
  g_assert_finalize_object (cancellable);

  /* These may be NULL. */
  cproc_channel_send_async (a->channel, message, NULL, NULL, NULL);
  run_pending ();
  assert_reads (peer, "1\n");
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

  send_json_async (a->channel, large, NULL, on_sent, log);
  send_json_async (a->channel, "1", NULL, on_sent, log);
  end_send (a, "2");
  send_json_async (a->channel, "3", NULL, on_sent, log);
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

  send_json_async (a->channel, "1", NULL, on_sent, log);
  send_json_async (a->channel, large, NULL, on_sent, log);
  send_json_async (a->channel, "3", NULL, on_sent, log);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (log->str, ==, "sent not-sent:6 not-sent:6 not-flushed:6 ");
  g_assert_false (cproc_channel_flush (a->channel, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent not-sent:6 not-sent:6 not-flushed:6 not-flushed:6 ");
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
  send_json_async (a->channel, large, first, on_sent, log);
  send_json_async (a->channel, "1", NULL, on_sent, log);
  send_json_async (a->channel, "2", second, on_sent, log);
  send_json_async (a->channel, "3", second, on_sent, log);
  end_send (a, "4");
  send_json_async (a->channel, "5", second, on_sent, log);
  g_cancellable_cancel (first);
  g_cancellable_cancel (second);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:cancelled not-sent:cancelled not-sent:cancelled ");

  text = read_all (peer);
  g_assert_cmpuint (strlen (text), ==, 1000000 + 5);
  g_assert_true (g_str_has_suffix (text, "\n1\n4\n"));
  run_pending ();
  g_assert_cmpstr (log->str, ==,
                   "not-sent:cancelled not-sent:cancelled not-sent:cancelled sent sent ");
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);

  /* Before the call. */
  g_string_truncate (log, 0);
  send_json_async (a->channel, "6", second, on_sent, log);
  cproc_channel_flush_async (a->channel, second, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:cancelled not-flushed:cancelled ");
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

  end_send (a, large);
  send_json_async (a->channel, "1", cancellable, on_sent, log);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  while (log->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_assert_cmpstr (log->str, ==, "not-sent:cancelled ");
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

  end_send (a, large);
  send_json_async (a->channel, "1", cancellable, on_sent, log);
  cproc_channel_set_context (a->channel, other);
  g_cancellable_cancel (cancellable);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "");
  g_main_context_iteration (other, FALSE);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:cancelled ");
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
  end_send (a, large);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), >, 0);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), <, 700001);
  g_assert_false (cproc_channel_get_congested (a->channel));
  run_pending ();
  g_assert_cmpuint (n_congested, ==, 0);
  g_assert_cmpuint (n_queued, ==, 1);

  end_send (a, large);
  g_assert_true (cproc_channel_get_congested (a->channel));
  g_assert_cmpuint (n_congested, ==, 1);
  g_assert_cmpuint (n_queued, ==, 2);
  end_send (a, large);
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

  end_send (a, fill);
  end_send (a, fill);
  missing = 1024 * 1024 - cproc_channel_get_queued_bytes (a->channel);
  rest = make_large (missing - 1);
  end_send (a, rest);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 1024 * 1024);
  g_assert_false (cproc_channel_get_congested (a->channel));
  end_send (a, "1");
  g_assert_true (cproc_channel_get_congested (a->channel));
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

  send_json_async (a->channel, large, NULL, on_sent, log);
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

  send_json_async (a->channel, large, NULL, on_sent, log);
  cproc_channel_reset (a->channel);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "not-sent:6 ");
  close (peer);
  end_free (a);
}

/* A burst within one turn of the main loop: the first ones go at once, the last with its end. */
typedef struct
{
  End *end;
  int peer;
  guint n_messages;
  gsize at_once;
  guint64 max_queued;
} Burst;

static gboolean
send_burst (gpointer data)
{
  Burst *burst = data;
  g_autofree char *text = NULL;

  for (guint i = 0; i < burst->n_messages; i++)
    {
      end_send (burst->end, "1");
      burst->max_queued = MAX (burst->max_queued,
                               cproc_channel_get_queued_bytes (burst->end->channel));
    }
  text = read_available (burst->peer);
  burst->at_once = strlen (text);

  return G_SOURCE_REMOVE;
}

static void
test_burst (void)
{
  int peer;
  End *a = end_new (&peer);
  Burst burst = { a, peer, 5, 0, 0 };
  g_autofree char *text = NULL;

  g_idle_add (send_burst, &burst);
  run_pending ();
  g_assert_cmpuint (burst.at_once, ==, 10);
  g_assert_cmpuint (burst.max_queued, ==, 0);

  burst.n_messages = 100;
  g_idle_add (send_burst, &burst);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (burst.at_once, >=, 20);
  g_assert_cmpuint (burst.max_queued, >, 20);
  run_pending ();
  text = read_available (peer);
  g_assert_cmpuint (burst.at_once + strlen (text), ==, 200);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  close (peer);
  end_free (a);
}

static gboolean
send_burst_and_drop (gpointer data)
{
  Burst *burst = data;

  for (guint i = 0; i < burst->n_messages; i++)
    end_send (burst->end, "1");
  end_free (burst->end);

  return G_SOURCE_REMOVE;
}

/* What waits for the end of the turn goes out with the channel too. */
static void
test_burst_and_drop (void)
{
  int peer;
  End *a = end_new (&peer);
  Burst burst = { a, peer, 100, 0, 0 };
  g_autofree char *text = NULL;

  g_idle_add (send_burst_and_drop, &burst);
  run_pending ();
  text = read_available (peer);
  g_assert_cmpuint (strlen (text), ==, 200);
  close (peer);
}

/* Outside of a main loop nothing waits for one. */
static void
test_no_loop (void)
{
  int peer;
  End *a = end_new (&peer);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 100; i++)
    end_send (a, "1");
  text = read_available (peer);
  g_assert_cmpuint (strlen (text), ==, 200);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  close (peer);
  end_free (a);
}

static void
count_sent (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  guint *n_sent = user_data;

  g_assert_true (cproc_channel_send_finish (CPROC_CHANNEL (object), result, NULL));
  (*n_sent)++;
}

/* Everything of every size arrives, in order, through a queue that is never empty. */
static void
test_order (void)
{
  g_autoptr(GString) expected = g_string_new (NULL);
  guint n_sent = 0;
  End *a, *b;

  end_new_pair (&a, &b);
  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *padding = g_strnfill (i % 7 == 0 ? i * 3 : i % 200, 'p');
      g_autofree char *json = g_strdup_printf ("[%u,\"%s\"]", i, padding);

      if (i % 3 == 0)
        send_json_async (a->channel, json, NULL, count_sent, &n_sent);
      else
        end_send (a, json);
      if (expected->len < 1000000)
        g_string_append_printf (expected, "%s\n", json);
      if (i % 50 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  run_until (&b->n_messages, 3000);
  run_until (&n_sent, 1000);
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
  g_test_add_func ("/channel-send/close-with-tasks", test_close_with_tasks);
  g_test_add_func ("/channel-send/reset-with-tasks", test_reset_with_tasks);
  g_test_add_func ("/channel-send/burst", test_burst);
  g_test_add_func ("/channel-send/burst/drop", test_burst_and_drop);
  g_test_add_func ("/channel-send/async-null", test_async_null);
  g_test_add_func ("/channel-send/no-loop", test_no_loop);
  g_test_add_func ("/channel-send/order", test_order);

  return g_test_run ();
}
