/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel-util.h"

/* Tests which receiver gets a message, and when the channel reads at all. */

/* A channel that nothing listens to. */
static CprocChannel *
quiet_new (int *peer)
{
  CprocChannel *channel = cproc_channel_new ();
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  *peer = fds[1];
  g_assert_true (cproc_channel_open (channel, fds[0], NULL, &error));
  g_assert_no_error (error);

  return channel;
}

static void
note_text (CprocChannel *channel,
           CprocMessage *message,
           gpointer      user_data)
{
  g_string_append_printf (user_data, "%s ", cproc_message_get_text (message));
}

static void
note_end (CprocChannel *channel,
          gpointer      user_data)
{
  g_string_append (user_data, "end ");
}

static void
on_received (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CprocMessage) message =
    cproc_channel_receive_finish (CPROC_CHANNEL (object), result, &error);
  GString *log = user_data;

  if (message != NULL)
    g_string_append_printf (log, "got:%s ", cproc_message_get_text (message));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING))
    g_string_append (log, "pending ");
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_string_append (log, "cancelled ");
  else if (g_error_matches (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED))
    g_string_append (log, "refused ");
  else
    g_string_append (log, error == NULL ? "none " : error->message);
}

static void
receive (CprocChannel *channel,
         GCancellable *cancellable,
         GString      *log)
{
  cproc_channel_receive_async (channel, cancellable, on_received, log);
}

static void
test_late_handler (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  CprocChannel *channel = quiet_new (&peer);
  gulong handler;

  write_string (peer, "1\n2\n");
  run_pending ();
  handler = g_signal_connect (channel, "message", G_CALLBACK (note_text), log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "1 2 ");

  /* Between two handlers, and while one is blocked. */
  g_signal_handler_block (channel, handler);
  write_string (peer, "3\n");
  run_pending ();
  g_signal_handler_unblock (channel, handler);
  run_pending ();
  g_signal_handler_disconnect (channel, handler);
  write_string (peer, "4\n");
  run_pending ();
  g_signal_connect (channel, "message", G_CALLBACK (note_text), log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "1 2 3 4 ");

  close (peer);
  run_pending ();
  g_assert_finalize_object (channel);
}

/* The kernel's buffer is all that a peer can fill. */
static void
test_waits_in_kernel (void)
{
  g_autofree char *block = g_strnfill (65536, 'x');
  gsize sent = 0;
  int peer;
  CprocChannel *channel = quiet_new (&peer);
  gssize n;

  do
    {
      n = send (peer, block, 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
      sent += MAX (n, 0);
      run_pending ();
    }
  while (n > 0 && sent < 16 * 1024 * 1024);
  g_assert_cmpuint (sent, <, 4 * 1024 * 1024);
  close (peer);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*invalid message was skipped*");
  run_pending ();
  g_test_assert_expected_messages ();
  g_assert_false (cproc_channel_is_open (channel));
  g_assert_finalize_object (channel);
}

static void
test_dropped_at_end (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  CprocChannel *channel = quiet_new (&peer);

  g_signal_connect (channel, "disconnected", G_CALLBACK (note_end), log);
  write_string (peer, "1\n2\n3\n");
  close (peer);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*3 of its messages were dropped*");
  run_pending ();
  g_test_assert_expected_messages ();
  g_assert_cmpstr (log->str, ==, "end ");
  g_assert_finalize_object (channel);
}

static void
test_receive (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  int peer;
  CprocChannel *channel = quiet_new (&peer);

  receive (channel, NULL, log);
  receive (channel, NULL, log);
  run_pending ();
  write_string (peer, "1\n2\n3\n");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "pending got:1 ");

  receive (channel, NULL, log);
  run_pending ();
  receive (channel, NULL, log);
  run_pending ();
  receive (channel, cancellable, log);
  run_pending ();
  g_cancellable_cancel (cancellable);
  run_pending ();
  write_string (peer, "4\n5\n");
  receive (channel, cancellable, log);
  run_pending ();
  receive (channel, NULL, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "pending got:1 got:2 got:3 cancelled cancelled got:4 ");

  /* What came before the end can be received after it. */
  g_string_set_size (log, 0);
  g_signal_connect (channel, "disconnected", G_CALLBACK (note_end), log);
  write_string (peer, "6\n");
  close (peer);
  run_pending ();
  for (guint i = 0; i < 4; i++)
    {
      receive (channel, NULL, log);
      run_pending ();
    }
  g_assert_cmpstr (log->str, ==, "end got:5 got:6 none none ");
  g_assert_finalize_object (channel);
}

/* A receive goes before the handlers, for one message. */
static void
test_receive_and_handler (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  CprocChannel *channel = quiet_new (&peer);

  g_signal_connect (channel, "message", G_CALLBACK (note_text), log);
  receive (channel, NULL, log);
  write_string (peer, "1\n");
  run_pending ();
  write_string (peer, "2\n");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "got:1 2 ");

  receive (channel, NULL, log);
  cproc_channel_close (channel);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "got:1 2 none ");
  close (peer);
  g_assert_finalize_object (channel);
}

static void
test_pause (void)
{
  int peer;
  End *a = end_new (&peer);

  cproc_channel_pause (a->channel);
  write_string (peer, "1\n");
  run_pending ();
  end_send (a, "5");
  assert_reads (peer, "5\n");
  close (peer);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "");
  cproc_channel_drain (a->channel);
  g_assert_cmpstr (a->log->str, ==, "");
  cproc_channel_resume (a->channel);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "1\ndisconnected\n");
  end_free (a);
}

static void
test_pause_and_close (void)
{
  int peer;
  End *a = end_new (&peer);

  cproc_channel_pause (a->channel);
  write_string (peer, "1\n");
  close (peer);
  run_pending ();
  cproc_channel_close (a->channel);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "disconnected\n");
  end_free (a);
}

static gpointer
send_in_thread (gpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (send_json (data, "1", &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);

  return NULL;
}

/* It is refused, and changes nothing. */
static void
test_other_thread (void)
{
  int peer;
  End *a = end_new (&peer);

  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*another thread*");
  g_thread_join (g_thread_new ("other", send_in_thread, a->channel));
  g_test_assert_expected_messages ();
  assert_reads (peer, "");
  end_send (a, "2");
  assert_reads (peer, "2\n");
  close (peer);
  end_free (a);
}

static gpointer
drop_in_thread (gpointer data)
{
  g_object_unref (data);

  return NULL;
}

static void
test_dropped_in_thread (void)
{
  int peer;
  CprocChannel *channel = quiet_new (&peer);

  g_thread_join (g_thread_new ("other", drop_in_thread, channel));
  g_assert_true (is_closed (peer));
  run_pending ();
  close (peer);
}

static void
test_for_socket (void)
{
  g_autoptr(GSocket) unconnected = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                                                 G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  CprocChannel *channel;
  int fds[2];

  g_assert_null (cproc_channel_new_for_socket (unconnected, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  channel = cproc_channel_new_for_socket (socket, &error);
  g_assert_no_error (error);
  g_signal_connect (channel, "message", G_CALLBACK (note_text), log);
  write_string (fds[1], "1\n");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "1 ");
  g_assert_true (send_json (channel, "2", &error));
  assert_reads (fds[1], "2\n");
  cproc_channel_close (channel);
  run_pending ();
  g_assert_true (g_socket_is_closed (socket));
  g_assert_true (is_closed (fds[1]));
  close (fds[1]);
  g_assert_finalize_object (channel);
}

static void
test_properties (void)
{
  g_autoptr(CprocChannel) channel = cproc_channel_new ();
  gboolean busy_poll;
  int exit_flush_timeout, io_priority;
  gint64 max_message_size;

  g_object_get (channel, "busy-poll", &busy_poll, "exit-flush-timeout", &exit_flush_timeout,
                "io-priority", &io_priority, "max-message-size", &max_message_size, NULL);
  g_assert_true (busy_poll);
  g_assert_cmpint (exit_flush_timeout, ==, 5000);
  g_assert_cmpint (io_priority, ==, G_PRIORITY_DEFAULT);
  g_assert_cmpint (max_message_size, ==, 64 * 1024 * 1024);
  g_object_set (channel, "busy-poll", FALSE, "exit-flush-timeout", 0, "io-priority", 300,
                "max-message-size", (gint64) -1, NULL);
  g_assert_false (cproc_channel_get_busy_poll (channel));
  g_assert_cmpint (cproc_channel_get_exit_flush_timeout (channel), ==, 0);
  g_assert_cmpint (cproc_channel_get_io_priority (channel), ==, 300);
  g_assert_cmpint (cproc_channel_get_max_message_size (channel), ==, -1);
}

/* 0 refuses every message, -1 none. */
static void
test_size_bounds (void)
{
  int peer;
  End *a = end_new (&peer);

  cproc_channel_set_max_message_size (a->channel, 0);
  assert_refuses (a->channel, "1", CPROC_ERROR_MESSAGE_TOO_LARGE);
  write_string (peer, "1\n");
  run_pending ();
  cproc_channel_set_max_message_size (a->channel, -1);
  end_send (a, "1");
  write_string (peer, "2\n");
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "too large\n2\n");
  close (peer);
  end_free (a);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-receive/late-handler", test_late_handler);
  g_test_add_func ("/channel-receive/waits-in-kernel", test_waits_in_kernel);
  g_test_add_func ("/channel-receive/dropped-at-end", test_dropped_at_end);
  g_test_add_func ("/channel-receive/receive", test_receive);
  g_test_add_func ("/channel-receive/receive-and-handler", test_receive_and_handler);
  g_test_add_func ("/channel-receive/pause", test_pause);
  g_test_add_func ("/channel-receive/pause-and-close", test_pause_and_close);
  g_test_add_func ("/channel-receive/other-thread", test_other_thread);
  g_test_add_func ("/channel-receive/dropped-in-thread", test_dropped_in_thread);
  g_test_add_func ("/channel-receive/for-socket", test_for_socket);
  g_test_add_func ("/channel-receive/properties", test_properties);
  g_test_add_func ("/channel-receive/size-bounds", test_size_bounds);

  return g_test_run ();
}
