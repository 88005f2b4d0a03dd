/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "child-util.h"

/* Children in the hands of other threads: any of them may drop the last reference, and none but
 * the child's may call its methods. */

/* The main loop and the dropping thread are to meet as often as they can. */
#define N_DROPPED 300

typedef struct
{
  GAsyncQueue *children;
  guint n_lines;
} TestDropper;

static gpointer
drop_children (gpointer user_data)
{
  TestDropper *self = user_data;

  for (guint i = 0; i < N_DROPPED; i++)
    g_object_unref (g_async_queue_pop (self->children));

  return NULL;
}

static void
count_lines (CprocChild         *child,
             CprocStream         stream,
             const char * const *lines,
             gpointer            user_data)
{
  TestDropper *self = user_data;

  self->n_lines += g_strv_length ((char **) lines);
}

static CprocChild *
new_writer (guint        number,
            TestDropper *dropper)
{
  const char *argv[] = { "yes", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  CprocChild *child;

  /* All that may have a source of its own. */
  if (number % 3 == 0)
    cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  if (number % 3 == 1)
    child = CPROC_CHILD (cproc_exec_new_for_command (command));
  else
    child = cproc_child_new_for_command (command);
  if (CPROC_IS_EXEC (child))
    cproc_exec_set_max_buffer (CPROC_EXEC (child), -1);

  cproc_child_set_kill_grace (child, 100);
  cproc_child_set_timeout (child, 1 + number % 7);
  cproc_child_set_idle_timeout (child, 1 + number % 5);
  g_signal_connect (child, "lines", G_CALLBACK (count_lines), dropper);

  return child;
}

static void
test_drop_while_running (void)
{
  TestDropper dropper = { g_async_queue_new (), 0 };
  GThread *thread = g_thread_new ("drop", drop_children, &dropper);

  for (guint i = 0; i < N_DROPPED; i++)
    {
      CprocChild *child = new_writer (i, &dropper);

      test_start (child);
      if (i % 3 == 0)
        test_write (child, "x", 1);
      for (guint j = 0; j < i % 4; j++)
        g_main_context_iteration (NULL, FALSE);
      g_async_queue_push (dropper.children, child);
      for (guint j = 0; j < 4; j++)
        g_main_context_iteration (NULL, FALSE);
    }

  g_thread_join (thread);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_async_queue_unref (dropper.children);
  test_await_no_children ();
}

static gpointer
drop_child (gpointer child)
{
  g_object_unref (child);

  return NULL;
}

/* The main context is not run any more: the process ends and our ends of its pipes are closed all
 * the same. */
static void
test_drop_without_loop (void)
{
  guint n_fds = 0;

  for (guint i = 0; i < 4; i++)
    {
      CprocChild *child = test_child_new ("sleep-forever", NULL);
      gint64 pid;

      test_start (child);
      pid = cproc_child_get_pid (child);
      g_thread_join (g_thread_new ("drop", drop_child, child));
      test_await_process_end (pid);

      /* The first has opened what stays. */
      if (i == 0)
        n_fds = test_count_fds ();
      else
        test_await_fd_count (n_fds);
    }
}

typedef struct
{
  CprocChild *child;
  gboolean called_back;
} TestStranger;

static void
assert_not_supported (gboolean   result,
                      GError   **error)
{
  g_assert_false (result);
  g_assert_error (*error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_clear_error (error);
}

static void
on_refused (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  TestStranger *self = user_data;
  GError *error = NULL;
  gboolean finished;

  if (g_async_result_is_tagged (result, cproc_child_write_async))
    finished = cproc_child_write_finish (CPROC_CHILD (source), result, &error);
  else
    finished = cproc_child_wait_finish (CPROC_CHILD (source), result, &error);
  assert_not_supported (finished, &error);
  self->called_back = TRUE;
}

static void
expect_critical (void)
{
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*another thread*");
}

static void
call_methods (CprocChild *child)
{
  GError *error = NULL;

  for (guint i = 0; i < 11; i++)
    expect_critical ();

  assert_not_supported (cproc_child_start (child, &error), &error);
  assert_not_supported (cproc_child_kill (child, &error), &error);
  assert_not_supported (cproc_child_force_exit (child, &error), &error);
  assert_not_supported (cproc_child_send_signal (child, SIGUSR1, &error), &error);
  assert_not_supported (cproc_child_wait (child, NULL, &error), &error);
  assert_not_supported (cproc_child_wait_check (child, NULL, &error), &error);
  cproc_child_close_stdin (child);
  cproc_child_pause (child, CPROC_STREAM_STDOUT);
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  cproc_child_set_timeout (child, 1);
  g_assert_null (cproc_child_get_stdin_stream (child));
  g_test_assert_expected_messages ();
}

static void
call_async_methods (TestStranger *self,
                    GMainContext *context)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x", 1);

  expect_critical ();
  cproc_child_wait_async (self->child, NULL, on_refused, self);
  while (!self->called_back)
    g_main_context_iteration (context, TRUE);

  self->called_back = FALSE;
  expect_critical ();
  cproc_child_write_async (self->child, bytes, G_PRIORITY_DEFAULT, NULL, on_refused, self);
  while (!self->called_back)
    g_main_context_iteration (context, TRUE);
  g_test_assert_expected_messages ();
}

static gpointer
be_stranger (gpointer user_data)
{
  TestStranger *self = user_data;
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  call_methods (self->child);
  call_async_methods (self, context);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_refuses (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  TestStranger stranger = { child, FALSE };

  test_start (child);
  g_thread_join (g_thread_new ("stranger", be_stranger, &stranger));

  g_assert_cmpuint (cproc_child_get_timeout (child), ==, 0);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

static gpointer
start_child (gpointer child)
{
  test_start (child);

  return NULL;
}

/* A plain thread has the same thread-default main context; what counts is which thread runs it. */
static void
test_started_elsewhere (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  g_autoptr(GError) error = NULL;

  g_thread_join (g_thread_new ("start", start_child, child));
  g_assert_true (g_main_context_acquire (NULL));
  g_assert_true (cproc_child_kill (child, &error));
  g_assert_no_error (error);
  g_main_context_release (NULL);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-threads/drop/while-running", test_drop_while_running);
  g_test_add_func ("/child-threads/drop/without-loop", test_drop_without_loop);
  g_test_add_func ("/child-threads/refuses", test_refuses);
  g_test_add_func ("/child-threads/started-elsewhere", test_started_elsewhere);

  return g_test_run ();
}
