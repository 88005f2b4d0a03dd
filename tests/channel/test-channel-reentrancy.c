/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "channel-util.h"

/* Calls of callbacks and handlers in the moments when a channel changes its state. */

static void
on_answered (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cproc_channel_request_finish (CPROC_CHANNEL (object), result, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  g_string_append (user_data, "ended ");
  cproc_channel_flush_async (CPROC_CHANNEL (object), NULL, on_flushed, user_data);
}

/* The callback of a request that the end of the channel ends asks for a flush. */
static void
test_flush_at_end (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *self = end_new (&peer);

  cproc_channel_request_async (self->channel, "hang", NULL, 0, NULL, on_answered, log);
  cproc_channel_close (self->channel);
  run_until_disconnected (self);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "ended flushed ");
  close (peer);
  end_free (self);
}

typedef struct
{
  GCancellable *cancellable;
  guint n_called;
} Sent;

static void
cancel_and_run (CprocChannel *channel,
                GParamSpec   *pspec,
                gpointer      user_data)
{
  Sent *self = user_data;

  g_cancellable_cancel (self->cancellable);
  run_pending ();
}

static void
on_cancelled (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  Sent *self = user_data;

  g_assert_null (cproc_channel_request_finish (CPROC_CHANNEL (object), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  self->n_called++;
}

/* A request ends in the notification of the property that its own send changes. */
static void
test_request_ends_in_send (void)
{
  g_autofree char *text = g_strdup_printf ("[\"%0*d\"]", 4000000, 0);
  g_autoptr(CprocMessage) params = cproc_message_new_text (text, NULL);
  Sent sent = { g_cancellable_new (), 0 };
  int peer;
  End *self = end_new (&peer);

  g_signal_connect (self->channel, "notify::congested", G_CALLBACK (cancel_and_run), &sent);
  cproc_channel_request_async (self->channel, "add", params, 0, sent.cancellable, on_cancelled,
                               &sent);
  run_until (&sent.n_called, 1);
  run_pending ();
  g_assert_cmpuint (sent.n_called, ==, 1);
  g_object_unref (sent.cancellable);
  close (peer);
  end_free (self);
}

static void
send_in_handler (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cproc_channel_request_finish (CPROC_CHANNEL (object), result, &error));
  send_json_async (object, "1", NULL, on_sent, user_data);
}

/* A callback during a request that blocks makes a call of its own, which ends after the request. */
static void
test_call_in_sync_request (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  int peer;
  End *self = end_new (&peer);

  cproc_channel_request_async (self->channel, "hang", NULL, 1, NULL, send_in_handler, log);
  g_assert_null (cproc_channel_request (self->channel, "hang", NULL, 50, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
  while (log->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (log->str, ==, "sent ");
  close (peer);
  run_until_disconnected (self);
  end_free (self);
}

static gpointer
read_rest (gpointer data)
{
  g_autofree char *buffer = g_malloc (65536);

  while (read (GPOINTER_TO_INT (data), buffer, 65536) > 0)
    ;

  return NULL;
}

/* The other side has said its last and still reads: what is queued is written, even if this side
 * has paused the channel, and so knows nothing of the end yet. */
static void
test_paused_and_half_closed (void)
{
  g_autofree char *large = make_large (4000000);
  g_autoptr(GString) log = g_string_new (NULL);
  GThread *thread;
  int peer;
  End *self = end_new (&peer);

  cproc_channel_pause (self->channel);
  send_json_async (self->channel, large, NULL, on_sent, log);
  g_assert_cmpint (shutdown (peer, SHUT_WR), ==, 0);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "");

  thread = g_thread_new ("read", read_rest, GINT_TO_POINTER (peer));
  while (log->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (log->str, ==, "sent ");
  cproc_channel_resume (self->channel);
  run_until_disconnected (self);
  g_thread_join (thread);
  close (peer);
  end_free (self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-reentrancy/flush-at-end", test_flush_at_end);
  g_test_add_func ("/channel-reentrancy/request-ends-in-send", test_request_ends_in_send);
  g_test_add_func ("/channel-reentrancy/call-in-sync-request", test_call_in_sync_request);
  g_test_add_func ("/channel-reentrancy/paused-and-half-closed", test_paused_and_half_closed);

  return g_test_run ();
}
