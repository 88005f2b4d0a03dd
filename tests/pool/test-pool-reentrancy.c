/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "child-util.h"

/* Callbacks and handlers of a pool that cancel, run a main loop and drop the pool; and a pool whose
 * last reference another thread drops. */

typedef struct
{
  CprocPool *pool; /* NULL once it is dropped */
  GCancellable *cancellable;
  guint n_called;
  guint n_answers;
} Test;

static CprocPool *
pool_new (void)
{
  const char *args[] = { "serve", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new_module (g_getenv ("CPROC_TEST_WORKER"),
                                                              args);

  return cproc_pool_new (command, 1);
}

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CprocMessage) answer = cproc_pool_request_finish (CPROC_POOL (source), result, NULL);
  Test *self = user_data;

  if (answer != NULL)
    self->n_answers++;
  self->n_called++;
}

static void
request (Test       *self,
         const char *method)
{
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);

  cproc_pool_request_async (self->pool, method, params, 0, NULL, on_answer, self);
}

static void
on_answer_asks_again (GObject      *source,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  Test *self = user_data;

  on_answer (source, result, self);
  request (self, "add");
  test_run_until_count (&self->n_answers, 2);
}

/* A main loop in the callback of a request gets the answer of another. */
static void
test_nested_loop (void)
{
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);
  Test self = { pool_new () };

  cproc_pool_request_async (self.pool, "add", params, 0, NULL, on_answer_asks_again, &self);
  test_run_until_count (&self.n_called, 2);
  g_assert_cmpuint (self.n_answers, ==, 2);
  g_object_unref (self.pool);
  test_await_no_children ();
}

static void
drop_pool (Test *self)
{
  g_clear_object (&self->pool);
}

static void
test_dropped_by_handler (gconstpointer signal_name)
{
  Test self = { pool_new () };
  gpointer pool = self.pool;

  g_object_add_weak_pointer (pool, &pool);
  g_signal_connect_swapped (pool, signal_name, G_CALLBACK (drop_pool), &self);
  request (&self, "tell");
  request (&self, "crash");
  while (pool != NULL && self.n_called < 2)
    g_main_context_iteration (NULL, TRUE);
  while (pool != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (self.pool);
  test_await_no_children ();
}

static void
on_ended_early (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  Test *self = user_data;

  if (g_async_result_is_tagged (result, cproc_pool_drain_async))
    g_assert_false (cproc_pool_drain_finish (CPROC_POOL (source), result, &error));
  else
    g_assert_false (cproc_pool_close_finish (CPROC_POOL (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  self->n_called++;
  g_cancellable_cancel (self->cancellable);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* The calls that wait for the pool end when they are cancelled. */
static void
test_waits_are_cancelled (void)
{
  Test self = { pool_new (), g_cancellable_new () };

  request (&self, "hang");
  cproc_pool_drain_async (self.pool, self.cancellable, on_ended_early, &self);
  cproc_pool_drain_async (self.pool, self.cancellable, on_ended_early, &self);
  cproc_pool_close_async (self.pool, self.cancellable, on_ended_early, &self);
  g_cancellable_cancel (self.cancellable);
  test_run_until_count (&self.n_called, 3);
  cproc_pool_close_async (self.pool, self.cancellable, on_ended_early, &self);
  test_run_until_count (&self.n_called, 4);

  cproc_pool_abort (self.pool);
  test_run_until_count (&self.n_called, 5);
  while (cproc_pool_get_state (self.pool) != CPROC_POOL_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (self.cancellable);
  g_object_unref (self.pool);
  test_await_no_children ();
}

static gpointer
drop_object (gpointer object)
{
  g_object_unref (object);

  return NULL;
}

/* A worker that starts, one that works, and one that has not answered a cancelled request. */
static void
test_dropped_in_thread (void)
{
  for (guint i = 0; i < 12; i++)
    {
      Test self = { pool_new (), g_cancellable_new () };
      g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);
      GThread *thread;

      cproc_pool_request_async (self.pool, "add", params, 0, self.cancellable, on_answer, &self);
      cproc_pool_request_async (self.pool, "hang", params, 0, self.cancellable, on_answer, &self);
      if (i % 3 > 0)
        test_run_until_count (&self.n_called, 1);
      g_cancellable_cancel (self.cancellable);
      test_run_until_count (&self.n_called, 2);

      thread = g_thread_new ("drop", drop_object, self.pool);
      for (guint j = 0; j < 10; j++)
        g_main_context_iteration (NULL, FALSE);
      g_thread_join (thread);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_object_unref (self.cancellable);
    }
  test_await_no_children ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool-reentrancy/nested-loop", test_nested_loop);
  g_test_add_data_func ("/pool-reentrancy/dropped/message", "message", test_dropped_by_handler);
  g_test_add_data_func ("/pool-reentrancy/dropped/worker-started", "worker-started",
                        test_dropped_by_handler);
  g_test_add_data_func ("/pool-reentrancy/dropped/worker-ended", "worker-ended",
                        test_dropped_by_handler);
  g_test_add_data_func ("/pool-reentrancy/dropped/drained", "drained", test_dropped_by_handler);
  g_test_add_func ("/pool-reentrancy/waits-are-cancelled", test_waits_are_cancelled);
  g_test_add_func ("/pool-reentrancy/dropped-in-thread", test_dropped_in_thread);

  return g_test_run ();
}
