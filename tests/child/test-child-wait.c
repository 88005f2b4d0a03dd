/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "child-util.h"

/* Waiting, with and without a main loop, and children of several threads. */

static void
test_wait (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "one\ntwo", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  test_start (child);
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_CLOSED);
  g_assert_cmpstr (record->text[1]->str, ==, "one\ntwo");
  g_assert_cmpuint (record->lines[1]->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (record->events, record->events->len - 1), ==, "closed");

  /* And once more, when there is nothing to wait for. */
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  test_finalize (child);
}

static void
test_wait_not_started (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_child_wait (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  test_assert_message (error, "“", "” has not been started");
  g_clear_error (&error);

  g_assert_false (cproc_child_wait_check (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);

  cproc_child_wait_async (child, NULL, test_store_result, &result);
  g_assert_false (cproc_child_wait_finish (child, test_await (&result), &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
}

static void
test_wait_check (void)
{
  static const struct
  {
    const char *mode, *argument;
    int code;
    const char *after;
  } ends[] = {
    { "exit", "0", -1, NULL },
    { "exit", "7", CPROC_ERROR_EXITED, " exit 7” exited with code 7" },
    { "signal", "9", CPROC_ERROR_SIGNALED, " signal 9” was ended by signal SIGKILL" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autoptr(CprocChild) child = test_child_new (ends[i].mode, ends[i].argument, NULL);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      g_autoptr(GError) async_error = NULL;
      gboolean good = ends[i].code < 0;

      test_start (child);
      cproc_child_wait_check_async (child, NULL, test_store_result, &result);
      g_assert_cmpint (cproc_child_wait_check (child, NULL, &error), ==, good);
      /* The synchronous wait has called the callback of the other one. */
      g_assert_nonnull (result);
      g_assert_cmpint (cproc_child_wait_check_finish (child, result, &async_error), ==, good);
      if (good)
        {
          g_assert_no_error (error);
          g_assert_no_error (async_error);
          continue;
        }

      g_assert_error (error, CPROC_ERROR, ends[i].code);
      g_assert_error (async_error, CPROC_ERROR, ends[i].code);
      test_assert_message (error, "“", ends[i].after);
      test_assert_message (async_error, "“", ends[i].after);
    }
}

static void
note_wait (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  TestRecord *record = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_child_wait_finish (CPROC_CHILD (source), result, &error));
  g_assert_no_error (error);
  g_ptr_array_add (record->events, g_strdup ("waited"));
}

static void
test_wait_async (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "3", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  guint n;

  test_start (child);
  record->joined = FALSE;
  for (int i = 0; i < 3; i++)
    cproc_child_wait_async (child, NULL, note_wait, record);
  while (test_record_count (record, "waited") < 3)
    g_main_context_iteration (NULL, TRUE);

  /* Each after `closed`. */
  n = record->events->len;
  g_assert_cmpstr (g_ptr_array_index (record->events, n - 4), ==, "closed");

  cproc_child_wait_async (child, NULL, note_wait, record);
  g_assert_cmpuint (record->events->len, ==, n);
  while (test_record_count (record, "waited") < 4)
    g_main_context_iteration (NULL, TRUE);
  test_finalize (child);
}

static void
test_cancel_async (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) other = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_wait_async (child, cancellable, test_store_result, &result);
  cproc_child_wait_check_async (child, NULL, test_store_result, &other);
  g_cancellable_cancel (cancellable);
  g_assert_false (cproc_child_wait_finish (child, test_await (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  /* The cancellation affects neither the child nor the other wait. */
  g_assert_null (other);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_wait_check_finish (child, test_await (&other), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_clear_object (&other);
  test_finalize (child);
}

/* What has been waited for has been waited for. */
static void
test_cancel_late (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_wait_check_async (child, cancellable, test_store_result, &result);
  test_await (&result);
  g_cancellable_cancel (cancellable);
  g_assert_true (cproc_child_wait_check_finish (child, result, &error));
  g_assert_no_error (error);
}

static gpointer
cancel_in_thread (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return NULL;
}

static void
test_cancel_sync (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  GThread *thread;

  test_start (child);
  thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
  g_assert_false (cproc_child_wait (child, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_thread_join (thread);

  /* One that is cancelled already. */
  g_assert_false (cproc_child_wait_check (child, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);

  /* It has come back to its own context. */
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_finalize (child);
}

static gboolean
must_not_run (gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_no_other_sources (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "1000000", NULL);
  g_autoptr(CprocChild) other = test_child_new ("exit", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(TestRecord) other_record = test_record_new (other);
  g_autoptr(GError) error = NULL;
  guint idle, timer;

  idle = g_idle_add_full (G_PRIORITY_HIGH, must_not_run, NULL, NULL);
  timer = g_timeout_add (0, must_not_run, NULL);
  test_start (other);
  test_start (child);
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (record->text[1]->len, ==, 1000000);

  /* Not even another child. */
  g_assert_cmpuint (other_record->events->len, ==, 1);
  g_source_remove (idle);
  g_source_remove (timer);
  test_run_until_state (other, CPROC_STATE_CLOSED);
}

static void
wait_again (CprocChild  *child,
            CprocStream  stream,
            const char  *line,
            guint       *depth)
{
  g_autoptr(GError) error = NULL;

  (*depth)++;
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_CLOSED);
}

static void
test_nested (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "one\ntwo\nthree\n", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;
  guint depth = 0;

  g_signal_connect (child, "line::stdout", G_CALLBACK (wait_again), &depth);
  test_start (child);
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (depth, ==, 3);
  g_assert_cmpuint (record->lines[1]->len, ==, 3);
  g_assert_cmpuint (test_record_count (record, "closed"), ==, 1);
  test_finalize (child);
}

static void
cancel_inner_wait (CprocChild  *child,
                   CprocStream  stream,
                   const char  *line,
                   guint       *depth)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_in_thread, cancellable);

  (*depth)++;
  g_assert_false (cproc_child_wait (child, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  cproc_child_close_stdin (child);
}

static void
test_nested_cancel (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("line\n", 5);
  g_autoptr(GError) error = NULL;
  guint depth = 0;

  g_signal_connect (child, "line::stdout", G_CALLBACK (cancel_inner_wait), &depth);
  test_start (child);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_assert_true (cproc_child_wait_check (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (depth, ==, 1);
  test_finalize (child);
}

/* Waits in the notification that comes before `exit`: the later signals are delayed, but none is
 * lost. */
static void
wait_in_notify (CprocChild *child,
                GParamSpec *pspec,
                guint      *n_calls)
{
  (*n_calls)++;
  g_assert_true (cproc_child_wait (child, NULL, NULL));
}

static void
count_call (guint *n_calls)
{
  (*n_calls)++;
}

static void
test_in_notify (void)
{
  /* The streams end before the process, or after it. */
  static const char *const lines[] = { "exec >&- 2>&-; read x; exit 3", "read x; exit 3" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr(CprocChild) child = cproc_child_new_shell (lines[i]);
      guint n_notified = 0, n_exits = 0, n_ends = 0, n_closed = 0;

      g_signal_connect (child, "notify::exit-code", G_CALLBACK (wait_in_notify), &n_notified);
      g_signal_connect_swapped (child, "exit", G_CALLBACK (count_call), &n_exits);
      g_signal_connect_swapped (child, "stream-ended", G_CALLBACK (count_call), &n_ends);
      g_signal_connect_swapped (child, "closed", G_CALLBACK (count_call), &n_closed);
      cproc_child_set_drain_timeout (child, -1);
      test_start (child);
      if (i == 0)
        test_run_until_count (&n_ends, 2);
      cproc_child_close_stdin (child);
      test_run_until_state (child, CPROC_STATE_CLOSED);
      g_assert_cmpuint (n_notified, ==, 1);
      g_assert_cmpuint (n_exits, ==, 1);
      g_assert_cmpuint (n_closed, ==, 1);
      test_finalize (child);
    }
}

/* Two waits inside each other, as when the output of one child is the input of the other. */
static void
wait_for_other (CprocChild *child,
                CprocChild *other)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_child_wait (other, NULL, &error));
  g_assert_no_error (error);
}

static void
test_wait_for_other (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(CprocChild) other = test_child_new ("exit", "4", NULL);
  g_autoptr(GError) error = NULL;

  test_start (child);
  test_start (other);
  g_signal_connect (child, "closed", G_CALLBACK (wait_for_other), other);
  g_assert_true (cproc_child_wait (child, NULL, &error));
  g_assert_cmpint (cproc_child_get_exit_code (other), ==, 4);
}

/* Sends much and takes in much while nobody runs a main loop. */
static void
test_wait_writes (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gsize size = 4 * 1024 * 1024;
  g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
  cproc_child_close_stdin (child);
  g_assert_true (cproc_child_wait_check (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (record->text[1]->len, ==, size);
  g_assert_true (cproc_child_write_finish (child, test_await (&result), &error));
  g_assert_no_error (error);
}

/* Each thread with a main context of its own, in which all of its child's signals come. */
typedef struct
{
  GThread *thread;
  const char *code;
  guint n_lines;
  gboolean closed;
} TestThread;

static void
thread_line (CprocChild  *child,
             CprocStream  stream,
             const char  *line,
             TestThread  *self)
{
  g_assert_true (g_thread_self () == self->thread);
  self->n_lines++;
}

static void
thread_closed (CprocChild *child,
               TestThread *self)
{
  g_assert_true (g_thread_self () == self->thread);
  self->closed = TRUE;
}

static gpointer
thread_func (gpointer user_data)
{
  TestThread *self = user_data;
  g_autoptr(GMainContext) context = g_main_context_new ();

  self->thread = g_thread_self ();
  g_main_context_push_thread_default (context);
  for (int i = 0; i < 20; i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\n", "2", "c", NULL);
      g_autoptr(GError) error = NULL;

      self->closed = FALSE;
      g_signal_connect (child, "line", G_CALLBACK (thread_line), self);
      g_signal_connect (child, "closed", G_CALLBACK (thread_closed), self);
      if (i % 3 == 0)
        cproc_child_start_async (child, NULL, NULL, NULL);
      else
        test_start (child);
      if (i % 2 == 0)
        cproc_child_wait_check (child, NULL, &error);
      while (!self->closed)
        g_main_context_iteration (context, TRUE);
      g_assert_no_error (error);
      g_assert_cmpuint (self->n_lines, ==, (i + 1) * 3);

      /* A pending callback of the start still holds the child. */
      while (g_main_context_iteration (context, FALSE))
        ;
      test_finalize (child);
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_threads (void)
{
  TestThread threads[4] = { 0 };
  GThread *handles[G_N_ELEMENTS (threads)];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    handles[i] = g_thread_new ("child", thread_func, &threads[i]);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (handles[i]);
  test_await_no_children ();
}

/* The thread that started it has gone; what it left is fetched by another one. */
static gpointer
start_func (gpointer user_data)
{
  test_start (user_data);

  return NULL;
}

static void
test_starter_gone (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  GThread *thread = g_thread_new ("start", start_func, child);

  g_thread_join (thread);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  /* The child belongs to the thread that owns its main context. */
  g_assert_true (g_main_context_acquire (NULL));
  cproc_child_close_stdin (child);
  g_main_context_release (NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-wait/sync", test_wait);
  g_test_add_func ("/child-wait/not-started", test_wait_not_started);
  g_test_add_func ("/child-wait/check", test_wait_check);
  g_test_add_func ("/child-wait/async", test_wait_async);
  g_test_add_func ("/child-wait/cancel/async", test_cancel_async);
  g_test_add_func ("/child-wait/cancel/late", test_cancel_late);
  g_test_add_func ("/child-wait/cancel/sync", test_cancel_sync);
  g_test_add_func ("/child-wait/no-other-sources", test_no_other_sources);
  g_test_add_func ("/child-wait/nested", test_nested);
  g_test_add_func ("/child-wait/nested/cancel", test_nested_cancel);
  g_test_add_func ("/child-wait/nested/notify", test_in_notify);
  g_test_add_func ("/child-wait/nested/other", test_wait_for_other);
  g_test_add_func ("/child-wait/writes", test_wait_writes);
  g_test_add_func ("/child-wait/threads", test_threads);
  g_test_add_func ("/child-wait/starter-gone", test_starter_gone);

  return g_test_run ();
}
