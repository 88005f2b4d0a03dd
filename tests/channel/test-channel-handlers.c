/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a handler does while it is called. */

#include "config.h"

#include "channel-util.h"

#include <string.h>
#include <unistd.h>

static void
send_number (CprocChannel *channel,
             guint         number)
{
  g_autofree char *json = g_strdup_printf ("%u", number);
  g_autoptr(GError) error = NULL;

  send_json (channel, json, &error);
  g_assert_no_error (error);
}

static void
on_message_close (CprocChannel *channel,
                  CprocMessage *message,
                  gpointer      user_data)
{
  cproc_channel_close (channel);
}

/* No message after the close, although some have been read. */
static void
test_close (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_close), NULL);
  write_string (peer, "1\n2\nbroken\n3\n");
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\ndisconnected\n");
  close (peer);
  end_free (a);
}

static void
on_invalid_message_close (CprocChannel *channel,
                          GError       *error,
                          gpointer      user_data)
{
  cproc_channel_close (channel);
}

static void
test_close_on_invalid (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "invalid-message", G_CALLBACK (on_invalid_message_close), NULL);
  write_string (peer, "1\nbroken\n3\n");
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\ninvalid\ndisconnected\n");
  close (peer);
  end_free (a);
}

static void
drop (End *end)
{
  g_signal_handlers_disconnect_by_data (end->channel, end);
  g_clear_object (&end->channel);
}

static void
on_message_drop (CprocChannel *channel,
                 CprocMessage *message,
                 gpointer      user_data)
{
  drop (user_data);
}

static void
test_drop (void)
{
  guint n_fds = count_fds ();
  int peer;
  End *a = end_new (&peer);
  gpointer weak = a->channel;

  g_object_add_weak_pointer (weak, &weak);
  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_drop), a);
  write_string (peer, "1\n2\n3\n");
  while (weak != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (a->n_messages, ==, 1);
  g_assert_true (is_closed (peer));
  close (peer);
  end_free (a);
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

static void
on_disconnected_drop (CprocChannel *channel,
                      gpointer      user_data)
{
  drop (user_data);
}

static void
test_drop_at_end (void)
{
  int peer;
  End *a = end_new (&peer);
  gpointer weak = a->channel;

  g_object_add_weak_pointer (weak, &weak);
  g_signal_connect (a->channel, "disconnected", G_CALLBACK (on_disconnected_drop), a);
  close (peer);
  while (weak != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  end_free (a);
}

static void
on_congested_drop (CprocChannel *channel,
                   GParamSpec   *pspec,
                   gpointer      user_data)
{
  drop (user_data);
}

/* In the middle of a send of the user's. */
static void
test_drop_in_notify (void)
{
  g_autofree char *large = g_strnfill (3000000, '1');
  int peer;
  End *a = end_new (&peer);

  large[0] = large[2999999] = '"';
  g_signal_connect (a->channel, "notify::congested", G_CALLBACK (on_congested_drop), a);
  g_assert_true (send_json (a->channel, large, NULL));
  g_assert_null (a->channel);
  g_assert_true (is_closed (peer));
  close (peer);
  end_free (a);
}

static void
on_message_count_down (CprocChannel *channel,
                       CprocMessage *message,
                       gpointer      user_data)
{
  gint64 number = json_node_get_int (cproc_message_get_root (message));

  if (number > 0)
    send_number (channel, number - 1);
  else
    cproc_channel_close (channel);
}

static void
test_ping_pong (void)
{
  End *a, *b;

  end_new_pair (&a, &b);
  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_count_down), NULL);
  g_signal_connect (b->channel, "message", G_CALLBACK (on_message_count_down), NULL);
  send_number (a->channel, 9999);
  run_until_disconnected (a);
  run_until_disconnected (b);
  g_assert_cmpuint (a->n_messages + b->n_messages, ==, 10000);
  end_free (a);
  end_free (b);
}

/* Runs a main loop in the handler until `goal` messages have come. */
typedef struct
{
  guint goal;
  guint depth;
  guint max_depth;
  guint n_iterations;
  GString *order;
} Nested;

static void
on_message_nested (CprocChannel *channel,
                   CprocMessage *message,
                   gpointer      user_data)
{
  Nested *nested = user_data;

  g_string_append_printf (nested->order, "%s ", cproc_message_get_text (message));
  nested->depth++;
  nested->max_depth = MAX (nested->depth, nested->max_depth);
  if (nested->goal > 0)
    nested->goal--;

  for (guint i = 0; nested->goal > 0 && i < nested->n_iterations; i++)
    g_main_context_iteration (NULL, FALSE);
  nested->depth--;
}

/* A handler that waits for the next message in a loop of its own gets it, in order. */
static void
test_nested_loop (void)
{
  int peer;
  End *a = end_new (&peer);
  Nested nested = { 10, 0, 0, G_MAXUINT, g_string_new (NULL) };

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_nested), &nested);
  write_string (peer, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n");
  run_until (&a->n_messages, 12);
  g_assert_cmpstr (nested.order->str, ==, "1 2 3 4 5 6 7 8 9 10 11 12 ");
  g_assert_cmpuint (nested.max_depth, ==, 10);
  close (peer);
  end_free (a);
  g_string_free (nested.order, TRUE);
}

/* The peer cannot nest the loops without a bound, and at the bound nothing is lost. */
static void
test_nested_bound (void)
{
  int peer;
  End *a = end_new (&peer);
  Nested nested = { 100, 0, 0, 3, g_string_new (NULL) };
  g_autoptr(GString) expected = g_string_new (NULL);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_nested), &nested);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *line = g_strdup_printf ("%u\n", i);

      write_string (peer, line);
      g_string_append_printf (expected, "%u ", i);
    }
  /* Told once. */
  g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*in 64 main loops*");
  run_until (&a->n_messages, 100);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (nested.order->str, ==, expected->str);
  g_assert_cmpuint (nested.max_depth, >, 4);
  g_assert_cmpuint (nested.max_depth, <=, 64);

  /* As deep as before, once more. */
  nested.goal = 100;
  nested.max_depth = 0;
  for (guint i = 0; i < 100; i++)
    write_string (peer, "1\n");
  run_until (&a->n_messages, 200);
  g_assert_cmpuint (nested.max_depth, >, 4);
  g_assert_cmpuint (nested.max_depth, <=, 64);
  close (peer);
  end_free (a);
  g_string_free (nested.order, TRUE);
}

/* As run() and wait() do: the channel goes to another context for as long as the handler takes. */
static void
on_message_move (CprocChannel *channel,
                 CprocMessage *message,
                 gpointer      user_data)
{
  End *end = user_data;
  GMainContext *other;
  guint goal = end->n_messages + 1;

  if (goal % 2 == 0 || goal > 6)
    return;

  other = g_main_context_new ();
  cproc_channel_set_context (channel, other);
  while (end->n_messages < goal)
    g_main_context_iteration (other, TRUE);
  cproc_channel_set_context (channel, g_main_context_default ());
  g_main_context_unref (other);
}

static void
test_move (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_move), a);
  write_string (peer, "1\n2\n3\n4\n5\n6\n7\n8\n");
  run_until (&a->n_messages, 8);
  g_assert_cmpstr (a->log->str, ==, "1\n2\n3\n4\n5\n6\n7\n8\n");
  close (peer);
  run_until_disconnected (a);
  end_free (a);
}

static void
on_message_move_away (CprocChannel *channel,
                      CprocMessage *message,
                      gpointer      user_data)
{
  cproc_channel_set_context (channel, user_data);
}

/* The channel stays in that context: the next message arrives there. */
static void
test_move_away (void)
{
  GMainContext *other = g_main_context_new ();
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_move_away), other);
  write_string (peer, "1\n2\n3\n");
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "1\n");
  while (a->n_messages < 3)
    g_main_context_iteration (other, TRUE);
  g_assert_cmpstr (a->log->str, ==, "1\n2\n3\n");
  close (peer);
  end_free (a);
  g_main_context_unref (other);
}

static void
on_message_drain (CprocChannel *channel,
                  CprocMessage *message,
                  gpointer      user_data)
{
  cproc_channel_drain (channel);
}

static void
test_drain (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect_after (a->channel, "message", G_CALLBACK (on_message_drain), NULL);
  write_string (peer, "1\n2\n3\n4\n");
  close (peer);
  run_until_disconnected (a);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "1\n2\n3\n4\ndisconnected\n");
  end_free (a);
}

static void
on_message_reset (CprocChannel *channel,
                  CprocMessage *message,
                  gpointer      user_data)
{
  cproc_channel_reset (channel);
}

static void
test_reset (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_reset), NULL);
  write_string (peer, "1\n2\n");
  run_until (&a->n_messages, 1);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "1\n");
  close (peer);
  end_free (a);
}

static void
on_message_flush (CprocChannel *channel,
                  CprocMessage *message,
                  gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  send_number (channel, 1);
  cproc_channel_flush (channel, NULL, &error);
  g_assert_no_error (error);
}

/* A flush reads ahead. The messages that it read come after those that were there before. */
static void
test_flush (void)
{
  g_autoptr(GString) lines = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_flush), NULL);
  for (guint i = 0; i < 100; i++)
    g_string_append_printf (lines, "%u\n", i);
  write_string (peer, lines->str);
  run_until (&a->n_messages, 100);
  g_assert_cmpstr (a->log->str, ==, lines->str);
  close (peer);
  end_free (a);
}

static gboolean
set_flag (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

static void
on_message_twice (CprocChannel *channel,
                  CprocMessage *message,
                  gpointer      user_data)
{
  send_number (channel, 1);
  send_number (channel, 1);
}

/* Two channels that answer each message with two more keep each other busy for ever, and let the
 * other sources of the loop run. */
static void
test_no_starvation (void)
{
  End *a, *b;
  gboolean flag = FALSE;

  end_new_pair (&a, &b);
  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_twice), NULL);
  g_signal_connect (b->channel, "message", G_CALLBACK (on_message_count_down), NULL);
  for (guint i = 0; i < 20; i++)
    send_number (a->channel, 1000000000);
  g_timeout_add (10, set_flag, &flag);
  while (!flag)
    g_main_context_iteration (NULL, TRUE);
  end_free (a);
  end_free (b);
}

static void
on_sent_close (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  gboolean *done = user_data;

  *done = cproc_channel_send_finish (CPROC_CHANNEL (object), result, NULL);
  cproc_channel_close (CPROC_CHANNEL (object));
}

static void
test_close_in_callback (void)
{
  int peer;
  End *a = end_new (&peer);
  gboolean done = FALSE;

  send_json_async (a->channel, "1", NULL, on_sent_close, &done);
  run_until_disconnected (a);
  g_assert_true (done);
  assert_reads (peer, "1\n");
  close (peer);
  end_free (a);
}

static void
on_connected_nested (CprocChannel *channel,
                     GParamSpec   *pspec,
                     gpointer      user_data)
{
  run_until_disconnected (user_data);
}

/* The loop of a notification sees the end before the call that made it returns. */
static void
test_nested_in_notify (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "notify::connected", G_CALLBACK (on_connected_nested), a);
  close (peer);
  run_until_disconnected (a);
  run_pending ();
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  end_free (a);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-handlers/close", test_close);
  g_test_add_func ("/channel-handlers/close-on-invalid", test_close_on_invalid);
  g_test_add_func ("/channel-handlers/drop", test_drop);
  g_test_add_func ("/channel-handlers/drop-at-end", test_drop_at_end);
  g_test_add_func ("/channel-handlers/drop-in-notify", test_drop_in_notify);
  g_test_add_func ("/channel-handlers/ping-pong", test_ping_pong);
  g_test_add_func ("/channel-handlers/nested-loop", test_nested_loop);
  g_test_add_func ("/channel-handlers/nested-bound", test_nested_bound);
  g_test_add_func ("/channel-handlers/move", test_move);
  g_test_add_func ("/channel-handlers/move-away", test_move_away);
  g_test_add_func ("/channel-handlers/drain", test_drain);
  g_test_add_func ("/channel-handlers/reset", test_reset);
  g_test_add_func ("/channel-handlers/flush", test_flush);
  g_test_add_func ("/channel-handlers/no-starvation", test_no_starvation);
  g_test_add_func ("/channel-handlers/close-in-callback", test_close_in_callback);
  g_test_add_func ("/channel-handlers/nested-in-notify", test_nested_in_notify);

  return g_test_run ();
}
