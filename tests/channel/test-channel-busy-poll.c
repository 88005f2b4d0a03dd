/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "channel-util.h"

#include <sys/socket.h>
#include <unistd.h>

/* One message there, one back: the channel looks for the answer before it goes to sleep. */

#define N_MESSAGES 3000

typedef struct
{
  guint n_answers;
  guint n_wanted;
  gboolean close;
} Exchange;

/* Sends back what comes, and goes after so many. */
typedef struct
{
  int fd;
  guint n_answers;
} Peer;

static gpointer
answer_in_thread (gpointer data)
{
  Peer *peer = data;
  char buffer[64];

  for (guint i = 0; i < peer->n_answers; i++)
    {
      gssize length = read (peer->fd, buffer, sizeof buffer);

      if (length <= 0 || send (peer->fd, buffer, length, MSG_NOSIGNAL) != length)
        break;
    }
  close (peer->fd);

  return NULL;
}

static void
send_number (CprocChannel *channel,
             guint         number)
{
  g_autofree char *json = g_strdup_printf ("%u", number);
  g_autoptr(GError) error = NULL;

  /* The peer may have gone after its last answer. */
  if (!send_json (channel, json, &error))
    g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
}

static void
on_answer (CprocChannel *channel,
           CprocMessage *message,
           gpointer      user_data)
{
  Exchange *exchange = user_data;
  g_autofree char *expected = g_strdup_printf ("%u", exchange->n_answers);

  g_assert_cmpstr (cproc_message_get_text (message), ==, expected);
  if (++exchange->n_answers < exchange->n_wanted)
    send_number (channel, exchange->n_answers);
  else if (exchange->close)
    cproc_channel_close (channel);
}

static void
begin (End      *end,
       Exchange *exchange)
{
  g_signal_connect (end->channel, "message", G_CALLBACK (on_answer), exchange);
  send_number (end->channel, 0);
}

/* N_MESSAGES are answered, and then one side goes. */
static void
run_to_end (Exchange exchange,
            Peer     peer)
{
  End *a = end_new (&peer.fd);
  GThread *thread = g_thread_new ("peer", answer_in_thread, &peer);

  begin (a, &exchange);
  run_until_disconnected (a);
  g_assert_cmpuint (exchange.n_answers, ==, N_MESSAGES);
  g_thread_join (thread);
  end_free (a);
}

/* The other side goes instead of answering. */
static void
test_end (void)
{
  run_to_end ((Exchange) { .n_wanted = G_MAXUINT }, (Peer) { .n_answers = N_MESSAGES });
}

static void
test_close (void)
{
  run_to_end ((Exchange) { .n_wanted = N_MESSAGES, .close = TRUE },
              (Peer) { .n_answers = G_MAXUINT });
}

static void
on_question (CprocChannel *channel,
             CprocMessage *message,
             gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  send_json (channel, cproc_message_get_text (message), &error);
  g_assert_no_error (error);
}

/* If the answer needs this thread, it never comes while the channel polls. */
static void
test_same_thread (void)
{
  Exchange exchange = { .n_wanted = N_MESSAGES };
  End *a, *b;

  end_new_pair (&a, &b);
  g_signal_connect (b->channel, "message", G_CALLBACK (on_question), NULL);
  begin (a, &exchange);
  run_until (&exchange.n_answers, N_MESSAGES);
  run_pending ();
  g_assert_cmpuint (exchange.n_answers, ==, N_MESSAGES);
  end_free (a);
  end_free (b);
}

static gboolean
on_timeout (gpointer user_data)
{
  guint *n_timeouts = user_data;

  (*n_timeouts)++;

  return G_SOURCE_CONTINUE;
}

/* An endless exchange lets the other sources of the main loop run. */
static void
test_others (void)
{
  Exchange exchange = { .n_wanted = G_MAXUINT };
  Peer peer = { .n_answers = G_MAXUINT };
  End *a = end_new (&peer.fd);
  GThread *thread = g_thread_new ("peer", answer_in_thread, &peer);
  guint n_timeouts = 0, n_idles = 0;
  guint timeout, idle;

  begin (a, &exchange);
  timeout = g_timeout_add (1, on_timeout, &n_timeouts);
  idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_timeout, &n_idles, NULL);
  run_until (&n_timeouts, 20);
  run_until (&n_idles, 20);
  g_source_remove (timeout);
  g_source_remove (idle);
  g_assert_cmpuint (exchange.n_answers, >, 0);
  cproc_channel_close (a->channel);
  run_until_disconnected (a);
  g_thread_join (thread);
  end_free (a);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-busy-poll/end", test_end);
  g_test_add_func ("/channel-busy-poll/close", test_close);
  g_test_add_func ("/channel-busy-poll/same-thread", test_same_thread);
  g_test_add_func ("/channel-busy-poll/others", test_others);

  return g_test_run ();
}
