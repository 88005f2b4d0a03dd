/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a channel ends. */

#include "config.h"

#include "channel-util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
on_notify (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  GString *log = user_data;

  g_string_append_printf (log, "%s ", pspec->name);
}

static void
test_peer_closes (void)
{
  int peer;
  End *a = end_new (&peer);

  g_assert_true (cproc_channel_is_open (a->channel));
  write_string (peer, "1\n2\n");
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\n2\ndisconnected\n");
  g_assert_false (cproc_channel_is_open (a->channel));
  assert_refuses (a->channel, "1", CPROC_ERROR_CHANNEL_CLOSED);
  cproc_channel_close (a->channel);
  cproc_channel_drain (a->channel);
  run_pending ();
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  end_free (a);
}

/* Data that was sent to a side that has ended meanwhile turns its end into a reset. */
static void
test_peer_resets (void)
{
  int peer;
  End *a = end_new (&peer);

  end_send (a, "1");
  write_string (peer, "2\n");
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "2\ndisconnected\n");
  end_free (a);
}

/* A send is the first to see that the other side is gone. What that side sent before still
 * arrives. */
static void
test_send_to_closed_peer (void)
{
  int peer;
  End *a = end_new (&peer);
  g_autoptr(GString) log = g_string_new (NULL);

  g_signal_connect (a->channel, "notify", G_CALLBACK (on_notify), log);
  write_string (peer, "1\n2\n");
  close (peer);
  assert_refuses (a->channel, "3", CPROC_ERROR_CHANNEL_CLOSED);
  g_assert_false (cproc_channel_get_connected (a->channel));
  g_assert_cmpstr (log->str, ==, "connected ");
  g_assert_cmpstr (a->log->str, ==, "");
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\n2\ndisconnected\n");
  g_assert_cmpstr (log->str, ==, "connected ");
  end_free (a);
}

/* The other side reads no more, but has not closed its end. */
static void
test_peer_stops_reading (void)
{
  int peer;
  End *a = end_new (&peer);

  write_string (peer, "1\n");
  g_assert_cmpint (shutdown (peer, SHUT_RD), ==, 0);
  assert_refuses (a->channel, "3", CPROC_ERROR_CHANNEL_CLOSED);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\ndisconnected\n");
  close (peer);
  end_free (a);
}

static void
test_truncated (void)
{
  int peer;
  End *a = end_new (&peer);

  write_string (peer, "1\n{\"a\":");
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\ninvalid\ndisconnected\n");
  end_free (a);
}

static void
test_close (void)
{
  int peer;
  End *a = end_new (&peer);

  end_send (a, "1");
  cproc_channel_close (a->channel);
  g_assert_cmpuint (a->n_disconnected, ==, 0);
  g_assert_false (cproc_channel_get_connected (a->channel));
  g_assert_true (cproc_channel_is_open (a->channel));
  g_assert_true (is_closed (peer));
  assert_reads (peer, "1\n");
  assert_refuses (a->channel, "1", CPROC_ERROR_CHANNEL_CLOSED);
  cproc_channel_close (a->channel);
  run_until_disconnected (a);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "disconnected\n");
  close (peer);
  end_free (a);
}

/* What comes after it, or came before and was not looked at, is ignored. */
static void
test_close_ignores_input (void)
{
  int peer;
  End *a = end_new (&peer);

  write_string (peer, "1\n");
  cproc_channel_close (a->channel);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "disconnected\n");
  close (peer);
  end_free (a);
}

/* It is open until the other side has taken everything. */
static void
test_close_writes_queue (void)
{
  g_autofree char *large = make_large (3000000);
  End *a, *b;

  end_new_pair (&a, &b);
  end_send (a, large);
  end_send (a, "1");
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), >, 1000000);
  cproc_channel_close (a->channel);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), >, 1000000);
  end_send (b, "\"ignored\"");
  run_until_disconnected (b);
  g_assert_cmpuint (b->n_messages, ==, 2);
  run_until_disconnected (a);
  g_assert_cmpuint (a->n_messages, ==, 0);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  end_free (a);
  end_free (b);
}

/* Two sides that write and do not read: closing must not lock them up. */
static void
test_close_with_writing_peer (void)
{
  g_autofree char *large = make_large (3000000);
  g_autofree char *small = g_strnfill (2000, '1');
  int peer;
  End *a = end_new (&peer);
  gsize sent = 0, received = 0;
  char buffer[65536];

  small[1999] = '\n';
  end_send (a, large);
  cproc_channel_close (a->channel);

  /* It writes all of this before it reads a byte. */
  while (sent < 4000000)
    {
      gssize n = send (peer, small, 2000, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n > 0)
        sent += n;
      else
        g_main_context_iteration (NULL, TRUE);
    }

  while (a->n_disconnected == 0)
    {
      gssize n = recv (peer, buffer, sizeof buffer, MSG_DONTWAIT);

      if (n > 0)
        received += n;
      else
        g_main_context_iteration (NULL, TRUE);
    }
  received += read (peer, buffer, sizeof buffer);
  g_assert_cmpuint (received, >=, 65536);
  g_assert_cmpstr (a->log->str, ==, "disconnected\n");
  close (peer);
  end_free (a);
}

static void
test_close_and_peer_dies (void)
{
  g_autofree char *large = make_large (3000000);
  int peer;
  End *a = end_new (&peer);

  end_send (a, large);
  cproc_channel_close (a->channel);
  run_pending ();
  g_assert_cmpuint (a->n_disconnected, ==, 0);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  end_free (a);
}

/* The last reference goes while the other side does not read: its descriptor goes with it. */
static void
test_close_and_drop (void)
{
  g_autofree char *large = make_large (3000000);
  guint n_fds = count_fds ();
  int peer;
  End *a = end_new (&peer);

  end_send (a, large);
  cproc_channel_close (a->channel);
  end_free (a);
  g_assert_true (is_closed (peer));
  close (peer);
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

static void
test_drop (void)
{
  int peer;
  End *a = end_new (&peer);

  end_send (a, "1");
  end_free (a);
  assert_reads (peer, "1\n");
  g_assert_true (is_closed (peer));
  close (peer);
}

static void
test_drain (void)
{
  g_autofree char *large = make_large (70000);
  int peer;
  End *a = end_new (&peer);

  /* What fits into the socket's buffer. */
  for (guint i = 0; i < 100; i++)
    write_string (peer, "1\n");
  write_string (peer, large);
  write_string (peer, "\n");
  close (peer);
  cproc_channel_drain (a->channel);
  g_assert_cmpuint (a->n_messages, ==, 101);
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  g_assert_false (cproc_channel_is_open (a->channel));
  end_free (a);
}

/* Another process holds the other end, as a grandchild may. */
static void
test_drain_held_open (void)
{
  int peer;
  End *a = end_new (&peer);

  write_string (peer, "1\n2\n3");
  cproc_channel_drain (a->channel);
  g_assert_cmpstr (a->log->str, ==, "1\n2\ninvalid\ndisconnected\n");
  close (peer);
  end_free (a);
}

static void
on_message_writes_more (CprocChannel *channel,
                        CprocMessage *message,
                        gpointer      user_data)
{
  write_string (*(int *) user_data, "1\n");
}

/* And goes on writing for ever. */
static void
test_drain_ends (void)
{
  int peer;
  End *a = end_new (&peer);

  g_signal_connect (a->channel, "message", G_CALLBACK (on_message_writes_more), &peer);
  for (guint i = 0; i < 50; i++)
    write_string (peer, "1\n");
  cproc_channel_drain (a->channel);
  g_assert_cmpuint (a->n_messages, >=, 50);
  g_assert_cmpuint (a->n_messages, <, 200);
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  close (peer);
  end_free (a);
}

static void
test_drain_after_close (void)
{
  g_autofree char *large = make_large (3000000);
  int peer;
  End *a = end_new (&peer);

  end_send (a, large);
  write_string (peer, "1\n");
  cproc_channel_close (a->channel);
  cproc_channel_drain (a->channel);
  g_assert_cmpstr (a->log->str, ==, "disconnected\n");
  g_assert_true (is_closed (peer));
  close (peer);
  end_free (a);

  a = end_new (&peer);
  cproc_channel_close (a->channel);
  g_assert_cmpuint (a->n_disconnected, ==, 0);
  cproc_channel_drain (a->channel);
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  run_pending ();
  g_assert_cmpuint (a->n_disconnected, ==, 1);
  close (peer);
  end_free (a);
}

static void
test_reset (void)
{
  g_autofree char *large = make_large (3000000);
  int peer;
  int fds[2];
  End *a = end_new (&peer);

  end_send (a, large);
  write_string (peer, "1\n");
  cproc_channel_reset (a->channel);
  g_assert_true (is_closed (peer));
  close (peer);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "");
  g_assert_false (cproc_channel_get_connected (a->channel));
  assert_refuses (a->channel, "1", CPROC_ERROR_NOT_RUNNING);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_assert_true (cproc_channel_open (a->channel, fds[0], NULL, NULL));
  end_send (a, "2");
  assert_reads (fds[1], "2\n");
  write_string (fds[1], "3\n");
  run_until (&a->n_messages, 1);
  close (fds[1]);
  end_free (a);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-end/peer-closes", test_peer_closes);
  g_test_add_func ("/channel-end/peer-resets", test_peer_resets);
  g_test_add_func ("/channel-end/send-to-closed-peer", test_send_to_closed_peer);
  g_test_add_func ("/channel-end/peer-stops-reading", test_peer_stops_reading);
  g_test_add_func ("/channel-end/truncated", test_truncated);
  g_test_add_func ("/channel-end/close", test_close);
  g_test_add_func ("/channel-end/close/ignores-input", test_close_ignores_input);
  g_test_add_func ("/channel-end/close/writes-queue", test_close_writes_queue);
  g_test_add_func ("/channel-end/close/writing-peer", test_close_with_writing_peer);
  g_test_add_func ("/channel-end/close/peer-dies", test_close_and_peer_dies);
  g_test_add_func ("/channel-end/close/drop", test_close_and_drop);
  g_test_add_func ("/channel-end/drop", test_drop);
  g_test_add_func ("/channel-end/drain", test_drain);
  g_test_add_func ("/channel-end/drain/held-open", test_drain_held_open);
  g_test_add_func ("/channel-end/drain/ends", test_drain_ends);
  g_test_add_func ("/channel-end/drain/after-close", test_drain_after_close);
  g_test_add_func ("/channel-end/reset", test_reset);

  return g_test_run ();
}
