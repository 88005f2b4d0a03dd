/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting for what was sent to be with the kernel. */

#include "config.h"

#include "channel-util.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
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
  end_send (a, large);
  end_send (a, "1");
  thread = g_thread_new ("read", read_in_thread, GINT_TO_POINTER (peer));
  cproc_channel_flush (a->channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  cproc_channel_close (a->channel);
  g_assert_cmpuint (GPOINTER_TO_SIZE (g_thread_join (thread)), ==, 5000003);
  close (peer);
  end_free (a);
}

/* A flush runs no main loop. Messages that arrive meanwhile are emitted later, in order. */
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

  end_send (a, large);
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

  end_send (a, large);
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

  end_send (a, large);
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
  send_json_async (a->channel, "1", NULL, on_sent, log);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  end_send (a, large);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  cproc_channel_flush_async (a->channel, cancellable, on_flushed, log);
  send_json_async (a->channel, "2", NULL, on_sent, log);
  cproc_channel_flush_async (a->channel, NULL, on_flushed, log);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent flushed ");
  g_cancellable_cancel (cancellable);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent flushed not-flushed:cancelled ");
  text = read_all (peer);
  g_assert_true (g_str_has_suffix (text, "\"\n2\n"));
  run_pending ();
  g_assert_cmpstr (log->str, ==, "sent flushed not-flushed:cancelled flushed sent flushed ");
  close (peer);
  end_free (a);
}

#define N_BURST 100

/* The fork runs the main loop, and must write nothing of the queue. */
static void
send_burst_and_fork (CprocChannel *channel,
                     CprocMessage *message,
                     End          *end)
{
  pid_t pid;
  int status;

  for (guint i = 0; i < N_BURST; i++)
    end_send (end, "1");
  g_assert_cmpuint (cproc_channel_get_queued_bytes (channel), >, 0);

  pid = fork ();
  if (pid == 0)
    {
      for (guint i = 0; i < 10; i++)
        g_main_context_iteration (NULL, FALSE);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
test_fork_in_burst (void)
{
  End *a, *b;

  end_new_pair (&a, &b);
  g_signal_connect (a->channel, "message", G_CALLBACK (send_burst_and_fork), a);
  end_send (b, "0");
  run_until (&b->n_messages, N_BURST);
  run_pending ();
  g_assert_cmpuint (b->n_messages, ==, N_BURST);
  end_free (a);
  end_free (b);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-flush/sync", test_flush);
  g_test_add_func ("/channel-flush/both", test_flush_both);
  g_test_add_func ("/channel-flush/cancelled", test_flush_cancelled);
  g_test_add_func ("/channel-flush/peer-dies", test_flush_and_peer_dies);
  g_test_add_func ("/channel-flush/async", test_flush_async);
  g_test_add_func ("/channel-flush/fork-in-burst", test_fork_in_burst);

  return g_test_run ();
}
