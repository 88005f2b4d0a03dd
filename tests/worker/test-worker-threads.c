/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "child-util.h"
#include "send-util.h"

/* Workers, and their channels, whose last reference another thread drops. */

#define N_DROPPED 30

static gpointer
drop_objects (gpointer user_data)
{
  for (;;)
    {
      g_autoptr(GObject) object = g_async_queue_pop (user_data);

      if (!CPROC_IS_CHILD (object) && !CPROC_IS_CHANNEL (object))
        return NULL;
    }
}

static CprocWorker *
echo_new (void)
{
  const char *args[] = { "echo", NULL };
  CprocWorker *worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);

  cproc_child_set_kill_grace (CPROC_CHILD (worker), 100);

  return worker;
}

static void
answer_message (gpointer      sender,
                CprocMessage *message)
{
  cproc_channel_send (CPROC_IS_WORKER (sender) ? cproc_worker_get_channel (sender) : sender,
                      message, NULL);
}

/* Of some the channel is kept, and dropped later. */
static void
drop_while_messages_come (GAsyncQueue *dropped,
                          guint        number)
{
  CprocWorker *worker = echo_new ();
  CprocChannel *channel = cproc_worker_get_channel (worker);

  g_signal_connect (worker, "message", G_CALLBACK (answer_message), NULL);
  if (number % 2 == 0)
    g_signal_connect (channel, "message", G_CALLBACK (answer_message), NULL);
  test_start (CPROC_CHILD (worker));
  for (guint i = 0; i < 4; i++)
    g_assert_true (send_json (worker, "1", NULL));
  for (guint i = 0; i < number % 7; i++)
    g_main_context_iteration (NULL, TRUE);

  if (number % 3 == 0)
    g_object_ref (channel);
  g_async_queue_push (dropped, worker);
  for (guint i = 0; i < 4; i++)
    g_main_context_iteration (NULL, FALSE);
  if (number % 3 == 0)
    g_async_queue_push (dropped, channel);
}

static void
test_drop_while_messages_come (void)
{
  g_autoptr(GAsyncQueue) dropped = g_async_queue_new ();
  GThread *thread = g_thread_new ("drop", drop_objects, dropped);

  for (guint i = 0; i < N_DROPPED; i++)
    drop_while_messages_come (dropped, i);
  g_async_queue_push (dropped, g_object_new (G_TYPE_OBJECT, NULL));
  g_thread_join (thread);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  test_await_no_children ();
}

static gpointer
drop_object (gpointer object)
{
  g_object_unref (object);

  return NULL;
}

/* A channel that the program has kept is closed in its own thread. */
static void
test_channel_stays (void)
{
  CprocWorker *worker = echo_new ();
  g_autoptr(CprocChannel) channel = g_object_ref (cproc_worker_get_channel (worker));
  gboolean disconnected = FALSE;

  g_signal_connect_swapped (channel, "disconnected", G_CALLBACK (g_atomic_int_inc),
                            &disconnected);
  test_start (CPROC_CHILD (worker));
  g_thread_join (g_thread_new ("drop", drop_object, worker));
  test_run_until (&disconnected);
  g_assert_false (cproc_channel_get_connected (channel));
  test_await_no_children ();
}

static void
on_answered (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cproc_channel_request_finish (CPROC_CHANNEL (object), result, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  *(gboolean *) user_data = TRUE;
}

/* A worker that is prepared and never started: what waits at its channel ends with it. */
static void
test_dropped_unstarted (gconstpointer in_thread)
{
  CprocWorker *worker = echo_new ();
  CprocChannel *channel = cproc_worker_get_channel (worker);
  g_autoptr(GError) error = NULL;
  gboolean answered = FALSE;

  g_assert_true (cproc_child_prepare (CPROC_CHILD (worker), &error));
  g_assert_no_error (error);
  cproc_channel_request_async (channel, "add", NULL, 0, NULL, on_answered, &answered);
  if (in_thread != NULL)
    g_thread_join (g_thread_new ("drop", drop_object, worker));
  else
    g_object_unref (worker);
  test_run_until (&answered);
  test_await_no_children ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-threads/drop-while-messages-come", test_drop_while_messages_come);
  g_test_add_func ("/worker-threads/channel-stays", test_channel_stays);
  g_test_add_data_func ("/worker-threads/unstarted/here", NULL, test_dropped_unstarted);
  g_test_add_data_func ("/worker-threads/unstarted/in-thread", "thread", test_dropped_unstarted);

  return g_test_run ();
}
