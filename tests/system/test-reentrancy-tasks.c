/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "child-util.h"

/* Callbacks of asynchronous calls that cancel their own cancellable, and those of the calls beside
 * them, and run the main loop: each comes exactly once. */

#define N_CALLS 4
#define MUCH (512 * 1024)

typedef struct _TestCalls TestCalls;

typedef struct
{
  TestCalls *calls;
  GCancellable *cancellable;
  guint n_called;
} TestCall;

struct _TestCalls
{
  TestCall items[N_CALLS];
  guint n_called;
};

static void
calls_init (TestCalls *self)
{
  *self = (TestCalls) { 0 };
  for (guint i = 0; i < N_CALLS; i++)
    {
      self->items[i].calls = self;
      self->items[i].cancellable = g_cancellable_new ();
    }
}

/* All callbacks have come; no one comes a second time. */
static void
calls_end (TestCalls *self,
           guint      n_calls)
{
  test_run_until_count (&self->n_called, n_calls);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_assert_cmpuint (self->n_called, ==, n_calls);
  for (guint i = 0; i < N_CALLS; i++)
    {
      g_assert_cmpuint (self->items[i].n_called, ==, i < n_calls ? 1 : 0);
      g_object_unref (self->items[i].cancellable);
    }
}

static void
cancel_all_and_run (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  TestCall *call = user_data;

  call->n_called++;
  call->calls->n_called++;
  for (guint i = 0; i < N_CALLS; i++)
    g_cancellable_cancel (call->calls->items[i].cancellable);
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
wait_with_all (CprocChild *child,
               TestCalls  *calls)
{
  for (guint i = 0; i < N_CALLS; i++)
    {
      TestCall *call = &calls->items[i];

      if (i % 2 == 0)
        cproc_child_wait_async (child, call->cancellable, cancel_all_and_run, call);
      else
        cproc_child_wait_check_async (child, call->cancellable, cancel_all_and_run, call);
    }
}

static void
write_with_all (CprocChild *child,
                TestCalls  *calls)
{
  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (MUCH), MUCH);

      cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, calls->items[i].cancellable,
                               cancel_all_and_run, &calls->items[i]);
    }
}

static CprocChild *
child_new_with_input (const char *mode,
                      const char *argument)
{
  g_autoptr(CprocCommand) command = test_command_new (mode, argument, NULL);

  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);

  return cproc_child_new_for_command (command);
}

static void
test_wait_ends (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "1", NULL);
  TestCalls calls;

  calls_init (&calls);
  test_start (child);
  wait_with_all (child, &calls);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

/* The handler drops the only reference while the child waits. */
static void
test_wait_check_drops (void)
{
  CprocChild *child = test_child_new ("exit", "1", NULL);
  g_autoptr(GError) error = NULL;

  g_signal_connect (child, "closed", G_CALLBACK (g_object_unref), NULL);
  test_start (child);
  g_assert_false (cproc_child_wait_check (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_EXITED);
}

static void
test_wait_cancelled (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  TestCalls calls;

  calls_init (&calls);
  test_start (child);
  wait_with_all (child, &calls);
  g_cancellable_cancel (calls.items[1].cancellable);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

static void
test_start_fails (void)
{
  const char *argv[] = { "/nonexistent/program", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  TestCalls calls;

  calls_init (&calls);
  cproc_child_start_async (child, calls.items[0].cancellable, cancel_all_and_run,
                           &calls.items[0]);
  for (guint i = 1; i < N_CALLS; i++)
    cproc_child_wait_async (child, calls.items[i].cancellable, cancel_all_and_run,
                            &calls.items[i]);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

static void
test_start_is_cancelled (void)
{
  g_autoptr(CprocChild) child = child_new_with_input ("cat", NULL);
  TestCalls calls;

  calls_init (&calls);
  cproc_child_start_async (child, calls.items[0].cancellable, cancel_all_and_run,
                           &calls.items[0]);
  for (guint i = 1; i < N_CALLS; i++)
    cproc_child_wait_async (child, calls.items[i].cancellable, cancel_all_and_run,
                            &calls.items[i]);
  g_cancellable_cancel (calls.items[0].cancellable);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

static void
test_write_succeeds (void)
{
  g_autoptr(CprocChild) child = child_new_with_input ("cat", NULL);
  TestCalls calls;

  calls_init (&calls);
  test_start (child);
  write_with_all (child, &calls);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

static void
test_write_fails (void)
{
  g_autoptr(CprocChild) child = child_new_with_input ("exit", "0");
  TestCalls calls;

  calls_init (&calls);
  test_start (child);
  write_with_all (child, &calls);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

/* Written in the middle of a larger one, the small ones end in the same turn. */
static void
test_small_writes (void)
{
  g_autoptr(CprocChild) child = child_new_with_input ("cat", NULL);
  g_autoptr(GBytes) large = g_bytes_new_take (g_malloc0 (8 * MUCH), 8 * MUCH);
  g_autoptr(GBytes) small = g_bytes_new_static ("x\n", 2);
  TestCalls calls;

  calls_init (&calls);
  test_start (child);
  for (guint i = 0; i < N_CALLS; i++)
    cproc_child_write_async (child, i == 0 ? large : small, G_PRIORITY_DEFAULT,
                             i == 0 ? NULL : calls.items[i].cancellable, cancel_all_and_run,
                             &calls.items[i]);
  calls_end (&calls, N_CALLS);
  test_finalize (child);
}

static void
test_run_ends (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("exit", "1", NULL);
  TestCalls calls;

  calls_init (&calls);
  cproc_exec_run_async (exec, calls.items[0].cancellable, cancel_all_and_run, &calls.items[0]);
  for (guint i = 1; i < N_CALLS; i++)
    cproc_child_wait_async (CPROC_CHILD (exec), calls.items[i].cancellable, cancel_all_and_run,
                            &calls.items[i]);
  calls_end (&calls, N_CALLS);
  test_finalize (exec);
}

static void
test_run_is_cancelled (void)
{
  g_autoptr(CprocExec) exec = test_exec_new ("sleep-forever", NULL);
  TestCalls calls;

  calls_init (&calls);
  cproc_exec_run_async (exec, calls.items[0].cancellable, cancel_all_and_run, &calls.items[0]);
  test_run_until_state (CPROC_CHILD (exec), CPROC_STATE_RUNNING);
  for (guint i = 1; i < N_CALLS; i++)
    cproc_child_wait_async (CPROC_CHILD (exec), calls.items[i].cancellable, cancel_all_and_run,
                            &calls.items[i]);
  g_cancellable_cancel (calls.items[0].cancellable);
  calls_end (&calls, N_CALLS);
  test_finalize (exec);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reentrancy-tasks/wait-check-drops", test_wait_check_drops);
  g_test_add_func ("/reentrancy-tasks/wait/ends", test_wait_ends);
  g_test_add_func ("/reentrancy-tasks/wait/cancelled", test_wait_cancelled);
  g_test_add_func ("/reentrancy-tasks/start/fails", test_start_fails);
  g_test_add_func ("/reentrancy-tasks/start/cancelled", test_start_is_cancelled);
  g_test_add_func ("/reentrancy-tasks/write/succeeds", test_write_succeeds);
  g_test_add_func ("/reentrancy-tasks/write/fails", test_write_fails);
  g_test_add_func ("/reentrancy-tasks/write/small", test_small_writes);
  g_test_add_func ("/reentrancy-tasks/run/ends", test_run_ends);
  g_test_add_func ("/reentrancy-tasks/run/cancelled", test_run_is_cancelled);

  return g_test_run ();
}
