/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "cproc-pool-private.h"
#include "libcproc.h"

/* Pools of real workers: tests/programs/worker.c, which serves requests. */

typedef struct
{
  CprocPool *pool;
  GString *log; /* of the signals */
  guint n_messages;
  char *last_message;
} TestPool;

typedef struct
{
  gboolean done;
  CprocMessage *result;
  CprocMessage *data;
  GError *error;
} Answer;

static void
on_worker_started (CprocPool   *pool,
                   CprocWorker *worker,
                   TestPool    *self)
{
  g_assert_true (CPROC_IS_WORKER (worker));
  g_string_append (self->log, "started ");
}

static void
on_worker_ended (CprocPool    *pool,
                 CprocWorker  *worker,
                 const GError *error,
                 TestPool     *self)
{
  g_string_append (self->log, error != NULL ? "crashed " : "ended ");
}

static void
on_message (CprocPool    *pool,
            CprocWorker  *worker,
            CprocMessage *message,
            TestPool     *self)
{
  g_free (self->last_message);
  self->last_message = g_strdup (cproc_message_get_text (message));
  self->n_messages++;
}

static void
on_failed (CprocPool    *pool,
           const GError *error,
           TestPool     *self)
{
  g_string_append (self->log, "failed ");
}

static CprocCommand *
command_new (void)
{
  const char * const args[] = { "serve", NULL };

  return cproc_command_new_module (g_getenv ("CPROC_TEST_WORKER"), args);
}

static TestPool *
pool_new (CprocCommand *command,
          guint         size)
{
  TestPool *self = g_new0 (TestPool, 1);

  self->pool = cproc_pool_new (command, size);
  self->log = g_string_new (NULL);
  g_signal_connect (self->pool, "worker-started", G_CALLBACK (on_worker_started), self);
  g_signal_connect (self->pool, "worker-ended", G_CALLBACK (on_worker_ended), self);
  g_signal_connect (self->pool, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->pool, "failed", G_CALLBACK (on_failed), self);
  g_object_unref (command);

  return self;
}

static void
on_done (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  gboolean *done = user_data;

  g_assert_true (g_async_result_is_tagged (result, cproc_pool_close_async)
                 ? cproc_pool_close_finish (CPROC_POOL (source), result, NULL)
                 : cproc_pool_drain_finish (CPROC_POOL (source), result, NULL));
  *done = TRUE;
}

static void
run_until (gboolean *condition)
{
  while (!*condition)
    g_main_context_iteration (NULL, TRUE);
}

static guint64
get_total (TestPool   *self,
           const char *name)
{
  g_autoptr(GVariant) all = cproc_pool_dup_statistics (self->pool);
  guint64 total = 0;
  guint current = 0;

  if (g_variant_lookup (all, name, "t", &total))
    return total;

  g_assert_true (g_variant_lookup (all, name, "u", &current));

  return current;
}

static void
pool_free (TestPool *self)
{
  gboolean done = FALSE;

  cproc_pool_close_async (self->pool, NULL, on_done, &done);
  run_until (&done);
  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_CLOSED);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->pool)), ==, 0);
  g_assert_cmpuint (get_total (self, "started"), ==, get_total (self, "ended"));
  g_assert_cmpuint (get_total (self, "submitted"), ==,
                    get_total (self, "completed") + get_total (self, "failed") +
                    get_total (self, "timed-out") + get_total (self, "cancelled"));
  g_assert_finalize_object (self->pool);
  g_string_free (self->log, TRUE);
  g_free (self->last_message);
  g_free (self);
}

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *self = user_data;

  self->result = cproc_pool_request_finish (CPROC_POOL (source), result, &self->error);
  self->data = cproc_pool_request_get_error_data (result);
  self->done = TRUE;
}

static void
answer_clear (Answer *self)
{
  g_clear_pointer (&self->result, cproc_message_unref);
  g_clear_pointer (&self->data, cproc_message_unref);
  g_clear_error (&self->error);
  self->done = FALSE;
}

static void
request (TestPool     *self,
         const char   *method,
         const char   *json,
         guint         timeout,
         GCancellable *cancellable,
         Answer       *answer)
{
  g_autoptr(CprocMessage) params = json != NULL ? cproc_message_new_text (json, NULL) : NULL;

  cproc_pool_request_async (self->pool, method, params, timeout, cancellable, on_answer, answer);
}

static void
assert_result (Answer     *answer,
               const char *text)
{
  run_until (&answer->done);
  g_assert_no_error (answer->error);
  g_assert_cmpstr (cproc_message_get_text (answer->result), ==, text);
  answer_clear (answer);
}

static void
assert_fails (Answer *answer,
              GQuark  domain,
              int     code)
{
  run_until (&answer->done);
  g_assert_error (answer->error, domain, code);
  answer_clear (answer);
}

static void
test_answers (void)
{
  TestPool *self = pool_new (command_new (), 2);
  Answer answers[20] = { { FALSE } };
  gboolean done = FALSE;

  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_IDLE);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *json = g_strdup_printf ("[%u,1]", i);

      request (self, "add", json, 0, NULL, &answers[i]);
    }
  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_RUNNING);

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i + 1);

      assert_result (&answers[i], text);
    }
  cproc_pool_drain_async (self->pool, NULL, on_done, &done);
  run_until (&done);
  g_assert_cmpuint (get_total (self, "completed"), ==, 20);
  g_assert_cmpuint (get_total (self, "wait-time-count"), ==, 20);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->pool)), <=, 2);
  pool_free (self);
}

static void
test_errors (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answer = { FALSE };

  request (self, "fail", NULL, 0, NULL, &answer);
  run_until (&answer.done);
  g_assert_error (answer.error, CPROC_REPLY_ERROR, -7);
  g_assert_cmpstr (answer.error->message, ==, "no");
  g_assert_cmpstr (cproc_message_get_text (answer.data), ==, "[1]");
  answer_clear (&answer);

  request (self, "add", "1", 0, NULL, &answer);
  assert_fails (&answer, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (self->log->str, ==, "started ");
  pool_free (self);
}

static guint
count_told (TestPool   *self,
            const char *what)
{
  guint n = 0;

  for (const char *p = self->log->str; (p = strstr (p, what)) != NULL; p += strlen (what))
    n++;

  return n;
}

static void
test_crash (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answers[3] = { { FALSE } };

  g_object_set (self->pool, "restart-delay", 0, NULL);
  request (self, "crash", NULL, 0, NULL, &answers[0]);
  request (self, "exit", "[3]", 0, NULL, &answers[1]);
  request (self, "add", "[1,2]", 0, NULL, &answers[2]);
  run_until (&answers[0].done);
  g_assert_error (answers[0].error, CPROC_ERROR, CPROC_ERROR_WORKER_ENDED);
  g_assert_nonnull (strstr (answers[0].error->message, "SIGKILL"));
  answer_clear (&answers[0]);
  assert_fails (&answers[1], CPROC_ERROR, CPROC_ERROR_WORKER_ENDED);
  assert_result (&answers[2], "3");
  g_assert_cmpuint (count_told (self, "started "), ==, 3);
  g_assert_cmpuint (count_told (self, "crashed "), ==, 2);
  pool_free (self);
}

static void
test_crash_loop (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answer = { FALSE };

  g_object_set (self->pool, "restart-delay", 1, "retries", 100, NULL);
  request (self, "crash", NULL, 0, NULL, &answer);
  assert_fails (&answer, CPROC_ERROR, CPROC_ERROR_WORKER_ENDED);
  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_FAILED);
  g_assert_true (g_str_has_suffix (self->log->str, "crashed failed "));
  g_assert_cmpuint (get_total (self, "started"), ==, 6);
  g_assert_cmpuint (get_total (self, "retried"), ==, 5);

  request (self, "add", "[1,2]", 0, NULL, &answer);
  assert_result (&answer, "3");
  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_RUNNING);
  pool_free (self);
}

static void
test_not_there (void)
{
  const char * const argv[] = { "/no/such/worker", NULL };
  TestPool *self = pool_new (cproc_command_new (argv), 2);
  Answer answers[2] = { { FALSE } };

  request (self, "add", "[1,2]", 0, NULL, &answers[0]);
  request (self, "add", "[1,2]", 0, NULL, &answers[1]);
  assert_fails (&answers[0], G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  assert_fails (&answers[1], G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_FAILED);
  pool_free (self);
}

static void
test_time_limits (void)
{
  TestPool *self = pool_new (command_new (), 1);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Answer answer = { FALSE };
  Answer waits = { FALSE };

  /* It answers that it was cancelled, and goes on. */
  request (self, "hang", NULL, 50, NULL, &answer);
  assert_fails (&answer, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
  request (self, "hang", NULL, 0, cancellable, &answer);
  request (self, "add", "[1,2]", 0, NULL, &waits);
  g_cancellable_cancel (cancellable);
  assert_fails (&answer, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_result (&waits, "3");
  g_assert_cmpstr (self->log->str, ==, "started ");
  pool_free (self);
}

static void
test_deaf (void)
{
  CprocCommand *command = command_new ();
  TestPool *self;
  Answer answer = { FALSE };

  cproc_command_set_environment_variable (command, "SERVE_DEAF", "1");
  self = pool_new (command, 1);
  g_object_set (self->pool, "cancel-grace", 20, NULL);
  /* The worker runs now: a request that timed out before would not reach it. */
  request (self, "add", "[0,1]", 0, NULL, &answer);
  assert_result (&answer, "1");
  request (self, "hang", NULL, 20, NULL, &answer);
  assert_fails (&answer, CPROC_ERROR, CPROC_ERROR_TIMED_OUT);
  request (self, "add", "[1,2]", 0, NULL, &answer);
  assert_result (&answer, "3");
  g_assert_cmpuint (get_total (self, "started"), ==, 2);
  pool_free (self);
}

static void
test_setup (void)
{
  TestPool *self = pool_new (command_new (), 1);
  g_autoptr(CprocMessage) good = cproc_message_new_text ("{}", NULL);
  g_autoptr(CprocMessage) bad = cproc_message_new_text ("{\"bad\":true}", NULL);
  Answer answer = { FALSE };

  g_object_set (self->pool, "restart-intensity", 0, NULL);
  cproc_pool_set_setup (self->pool, bad);
  request (self, "add", "[1,2]", 0, NULL, &answer);
  run_until (&answer.done);
  g_assert_error (answer.error, CPROC_ERROR, CPROC_ERROR_WORKER_ENDED);
  g_assert_nonnull (strstr (answer.error->message, "bad setup"));
  answer_clear (&answer);
  g_assert_cmpstr (self->log->str, ==, "failed ");

  cproc_pool_set_setup (self->pool, good);
  request (self, "add", "[1,2]", 0, NULL, &answer);
  assert_result (&answer, "3");
  pool_free (self);
}

static void
test_messages (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answer = { FALSE };

  request (self, "tell", NULL, 0, NULL, &answer);
  assert_result (&answer, "null");
  g_assert_cmpstr (self->last_message, ==, "\"not an answer\"");
  cproc_pool_broadcast (self->pool, "note", NULL);
  while (self->n_messages < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (self->last_message, ==, "\"noted\"");
  pool_free (self);
}

static void
on_request_received (CprocPool    *pool,
                     CprocWorker  *worker,
                     CprocRequest *request,
                     TestPool     *self)
{
  g_autoptr(CprocMessage) result = cproc_message_new_text ("\"down\"", NULL);

  g_assert_true (CPROC_IS_WORKER (worker));
  g_assert_cmpstr (cproc_request_get_method (request), ==, "up");
  g_assert_cmpstr (cproc_message_get_text (cproc_request_get_params (request)), ==, "[1]");
  g_assert_true (cproc_request_reply (request, result, NULL));
  g_string_append (self->log, "request ");
}

/* A worker asks its pool while it works for it; without a handler that is a message. */
static void
test_request_received (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answer = { FALSE };
  gulong handler;

  request (self, "ask", NULL, 0, NULL, &answer);
  while (self->n_messages == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (self->last_message, "\"method\":\"up\""));
  g_assert_false (answer.done);
  cproc_pool_abort (self->pool);
  assert_fails (&answer, CPROC_ERROR, CPROC_ERROR_CLOSED);
  pool_free (self);

  self = pool_new (command_new (), 1);
  handler = g_signal_connect (self->pool, "request-received", G_CALLBACK (on_request_received),
                              self);
  request (self, "ask", NULL, 0, NULL, &answer);
  assert_result (&answer, "\"down\"");
  g_assert_cmpstr (self->log->str, ==, "started request ");
  g_assert_cmpuint (self->n_messages, ==, 0);
  g_signal_handler_disconnect (self->pool, handler);
  pool_free (self);
}

static void
test_keys (void)
{
  TestPool *self = pool_new (command_new (), 2);
  Answer answers[6] = { { FALSE } };
  g_autofree char *pid = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    cproc_pool_request_full_async (self->pool, "pid", NULL, 0, "one", 0, NULL, on_answer,
                                   &answers[i]);
  run_until (&answers[0].done);
  pid = g_strdup (cproc_message_get_text (answers[0].result));
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    assert_result (&answers[i], pid);
  pool_free (self);
}

static void
test_recycling (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answer = { FALSE };

  g_object_set (self->pool, "max-requests", 1, NULL);
  for (guint i = 0; i < 3; i++)
    {
      request (self, "add", "[1,2]", 0, NULL, &answer);
      assert_result (&answer, "3");
    }
  g_assert_cmpuint (get_total (self, "started"), ==, 3);
  g_assert_null (strstr (self->log->str, "crashed"));
  pool_free (self);
}

static void
test_abort (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answers[2] = { { FALSE } };

  request (self, "hang", NULL, 0, NULL, &answers[0]);
  request (self, "add", "[1,2]", 0, NULL, &answers[1]);
  while (self->log->len == 0)
    g_main_context_iteration (NULL, TRUE);
  cproc_pool_abort (self->pool);
  assert_fails (&answers[0], CPROC_ERROR, CPROC_ERROR_CLOSED);
  assert_fails (&answers[1], CPROC_ERROR, CPROC_ERROR_CLOSED);
  request (self, "add", "[1,2]", 0, NULL, &answers[0]);
  assert_fails (&answers[0], CPROC_ERROR, CPROC_ERROR_CLOSED);
  pool_free (self);
}

/* Dropped with workers that run, and while one starts. */
static void
test_drop (void)
{
  TestPool *self = pool_new (command_new (), 2);
  Answer answer = { FALSE };

  request (self, "add", "[1,2]", 0, NULL, &answer);
  assert_result (&answer, "3");
  g_object_set (self->pool, "min-size", 2, NULL);
  while (get_total (self, "started") < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (self->pool);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_string_free (self->log, TRUE);
  g_free (self);
}

static void
wait_for_spares (TestPool *self,
                 guint     n)
{
  while (cproc_pool_spares_size (self->pool->spares) != n)
    g_main_context_iteration (NULL, TRUE);
}

/* Prepared workers are taken when one is needed, replaced, and dropped at the end. */
static void
test_prepared (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Answer answer = { FALSE };

  g_object_set (self->pool, "prepared", 2, "max-requests", 1, NULL);
  wait_for_spares (self, 2);
  g_assert_cmpuint (get_total (self, "started"), ==, 0);
  g_assert_cmpuint (get_total (self, "workers"), ==, 0);
  for (guint i = 0; i < 5; i++)
    {
      request (self, "add", "[1,2]", 0, NULL, &answer);
      if (i == 0)
        g_assert_cmpuint (cproc_pool_spares_size (self->pool->spares), ==, 1);
      assert_result (&answer, "3");
    }
  wait_for_spares (self, 2);
  g_object_set (self->pool, "prepared", 1, NULL);
  wait_for_spares (self, 1);
  g_object_set (self->pool, "prepared", 0, NULL);
  wait_for_spares (self, 0);
  g_object_set (self->pool, "prepared", 1, NULL);
  wait_for_spares (self, 1);
  pool_free (self);
}

/* A worker that cannot be prepared fails when it is needed, and is not tried repeatedly. */
static void
test_prepared_not_there (void)
{
  const char * const argv[] = { "/no/such/worker", NULL };
  TestPool *self = pool_new (cproc_command_new (argv), 1);
  Answer answer = { FALSE };

  g_object_set (self->pool, "prepared", 1, NULL);
  request (self, "add", NULL, 0, NULL, &answer);
  assert_fails (&answer, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_assert_cmpuint (cproc_pool_spares_size (self->pool->spares), ==, 0);
  pool_free (self);
}

typedef struct
{
  CprocPool *pool;
  GMainContext *context;
  Answer answer;
} Foreign;

/* The answer comes in the main context of the caller. */
static gpointer
use_in_thread (gpointer data)
{
  Foreign *self = data;

  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  cproc_pool_request_async (self->pool, "add", NULL, 0, NULL, on_answer, &self->answer);
  while (!self->answer.done)
    g_main_context_iteration (self->context, TRUE);
  cproc_pool_abort (self->pool);
  cproc_pool_broadcast (self->pool, "note", NULL);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);

  return NULL;
}

static void
test_foreign_thread (void)
{
  TestPool *self = pool_new (command_new (), 1);
  Foreign foreign = { self->pool, NULL, { FALSE } };

  for (guint i = 0; i < 3; i++)
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*called from another thread*");
  g_assert_true (g_main_context_acquire (NULL));
  g_thread_join (g_thread_new ("foreign", use_in_thread, &foreign));
  g_main_context_release (NULL);
  g_test_assert_expected_messages ();
  assert_fails (&foreign.answer, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (get_total (self, "submitted"), ==, 0);
  g_assert_cmpint (cproc_pool_get_state (self->pool), ==, CPROC_POOL_STATE_IDLE);
  pool_free (self);
}

static void
test_settings (void)
{
  g_autoptr(CprocCommand) command = command_new ();
  g_autoptr(CprocPool) pool = cproc_pool_new (command, 0);
  guint size, min_size, concurrency, idle_timeout, start_timeout, max_age, intensity, period, delay;
  int max_queue, max_requests, retries, cancel_grace;
  gint64 max_rss;

  g_object_get (pool, "size", &size, "min-size", &min_size, "concurrency", &concurrency,
                "idle-timeout", &idle_timeout, "start-timeout", &start_timeout,
                "max-age", &max_age, "restart-intensity", &intensity, "restart-period", &period,
                "restart-delay", &delay, "max-queue", &max_queue, "max-requests", &max_requests,
                "retries", &retries, "cancel-grace", &cancel_grace, "max-rss", &max_rss, NULL);
  g_assert_cmpuint (size, ==, g_get_num_processors ());
  g_assert_cmpuint (min_size, ==, 0);
  g_assert_cmpuint (concurrency, ==, 1);
  g_assert_cmpuint (idle_timeout, ==, 0);
  g_assert_cmpuint (start_timeout, ==, 30000);
  g_assert_cmpuint (max_age, ==, 0);
  g_assert_cmpuint (intensity, ==, 5);
  g_assert_cmpuint (period, ==, 10000);
  g_assert_cmpuint (delay, ==, 100);
  g_assert_cmpint (max_queue, ==, 1000);
  g_assert_cmpint (max_requests, ==, -1);
  g_assert_cmpint (retries, ==, 0);
  g_assert_cmpint (cancel_grace, ==, 5000);
  g_assert_cmpint (max_rss, ==, -1);
  g_object_set (pool, "cancel-grace", -1, "idle-timeout", 7, NULL);
  g_object_get (pool, "cancel-grace", &cancel_grace, "idle-timeout", &idle_timeout, NULL);
  g_assert_cmpint (cancel_grace, ==, -1);
  g_assert_cmpuint (idle_timeout, ==, 7);
  g_assert_true (cproc_pool_get_command (pool) == command);
  g_assert_null (cproc_pool_get_setup (pool));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/answers", test_answers);
  g_test_add_func ("/pool/errors", test_errors);
  g_test_add_func ("/pool/crash", test_crash);
  g_test_add_func ("/pool/crash-loop", test_crash_loop);
  g_test_add_func ("/pool/not-there", test_not_there);
  g_test_add_func ("/pool/time-limits", test_time_limits);
  g_test_add_func ("/pool/deaf", test_deaf);
  g_test_add_func ("/pool/setup", test_setup);
  g_test_add_func ("/pool/messages", test_messages);
  g_test_add_func ("/pool/request-received", test_request_received);
  g_test_add_func ("/pool/keys", test_keys);
  g_test_add_func ("/pool/recycling", test_recycling);
  g_test_add_func ("/pool/abort", test_abort);
  g_test_add_func ("/pool/drop", test_drop);
  g_test_add_func ("/pool/prepared", test_prepared);
  g_test_add_func ("/pool/prepared-not-there", test_prepared_not_there);
  g_test_add_func ("/pool/foreign-thread", test_foreign_thread);
  g_test_add_func ("/pool/settings", test_settings);

  return g_test_run ();
}
