/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gunixfdlist.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child-util.h"
#include "send-util.h"

/* Descriptors to a worker and back from it, and handlers of a worker that do the worst. */

static void
keep_message (CprocWorker  *worker,
              CprocMessage *message,
              GPtrArray    *messages)
{
  g_ptr_array_add (messages, cproc_message_ref (message));
}

static CprocWorker *
worker_new (const char *mode,
            GPtrArray  *messages)
{
  const char *args[] = { mode, NULL };
  CprocWorker *worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);

  if (messages != NULL)
    g_signal_connect (worker, "message", G_CALLBACK (keep_message), messages);

  return worker;
}

static CprocMessage *
await_message (GPtrArray *messages,
               guint      index)
{
  test_run_until_count (&messages->len, index + 1);

  return g_ptr_array_index (messages, index);
}

static void
close_and_await (CprocWorker *worker)
{
  cproc_worker_close_channel (worker);
  test_run_until_state (CPROC_CHILD (worker), CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (CPROC_CHILD (worker)), ==, 0);
}

/* What came back leads to the same pipe. */
static void
assert_leads_to (CprocMessage *message,
                 int           index,
                 int           read_fd)
{
  g_autoptr(GError) error = NULL;
  int fd = g_unix_fd_list_get (cproc_message_get_fd_list (message), index, &error);
  char c = 0;

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  g_assert_cmpint (read (read_fd, &c, 1), ==, 1);
  g_assert_cmpint (c, ==, 'x');
  close (fd);
}

static void
test_with_fds (void)
{
  g_autoptr(GPtrArray) messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) cproc_message_unref);
  g_autoptr(CprocWorker) worker = worker_new ("echo", messages);
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GError) error = NULL;
  int pipes[2][2];

  test_start (CPROC_CHILD (worker));
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpint (pipe (pipes[i]), ==, 0);
      g_assert_cmpint (g_unix_fd_list_append (list, pipes[i][1], &error), ==, i);
    }

  g_assert_true (send_json_with_fds (worker, "\"two\"", list, &error));
  g_assert_no_error (error);
  g_assert_true (send_json_with_fds (worker, "\"none\"", NULL, &error));
  g_assert_no_error (error);
  g_clear_object (&list);
  close (pipes[0][1]);
  close (pipes[1][1]);

  g_assert_cmpstr (cproc_message_get_text (await_message (messages, 0)), ==, "\"two\"");
  g_assert_cmpint (g_unix_fd_list_get_length (
    cproc_message_get_fd_list (await_message (messages, 0))), ==, 2);
  assert_leads_to (await_message (messages, 0), 0, pipes[0][0]);
  assert_leads_to (await_message (messages, 0), 1, pipes[1][0]);
  g_assert_cmpstr (cproc_message_get_text (await_message (messages, 1)), ==, "\"none\"");
  g_assert_null (cproc_message_get_fd_list (await_message (messages, 1)));

  close_and_await (worker);
  test_finalize (worker);
  /* Nobody holds a copy of them any more. */
  g_ptr_array_set_size (messages, 0);
  for (int i = 0; i < 2; i++)
    {
      char c;

      g_assert_cmpint (read (pipes[i][0], &c, 1), ==, 0);
      close (pipes[i][0]);
    }
}

static void
test_socket (void)
{
  g_autoptr(GPtrArray) messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) cproc_message_unref);
  g_autoptr(CprocWorker) worker = worker_new ("echo", messages);
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GError) error = NULL;
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  socket = g_socket_new_from_fd (ends[0], &error);
  g_assert_no_error (error);

  g_assert_false (send_json_with_socket (worker, "1", socket, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);

  test_start (CPROC_CHILD (worker));
  g_assert_true (send_json_with_socket (worker, "\"a socket\"", socket, &error));
  g_assert_no_error (error);
  assert_leads_to (await_message (messages, 0), 0, ends[1]);
  close_and_await (worker);
  close (ends[1]);
}

static void
test_fds_leave_nothing (void)
{
  guint n_fds = 0;

  for (int i = 0; i < 8; i++)
    {
      g_autoptr(GPtrArray) messages =
        g_ptr_array_new_with_free_func ((GDestroyNotify) cproc_message_unref);
      g_autoptr(CprocWorker) worker = worker_new ("echo", messages);
      g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();

      g_assert_cmpint (g_unix_fd_list_append (list, STDERR_FILENO, NULL), ==, 0);
      test_start (CPROC_CHILD (worker));
      g_assert_true (send_json_with_fds (worker, "1", list, NULL));
      await_message (messages, 0);
      close_and_await (worker);
      test_finalize (worker);
      test_await_no_children ();
      if (i == 0)
        n_fds = test_count_fds ();
    }

  test_await_fd_count (n_fds);
}

/* What a handler does in `message`, and in `disconnected`. */
typedef void (*HandlerFunc) (CprocWorker **worker);

static void
drop_worker (CprocWorker **worker)
{
  g_clear_object (worker);
}

static void
wait_for_worker (CprocWorker **worker)
{
  g_assert_true (cproc_child_wait (CPROC_CHILD (*worker), NULL, NULL));
}

static void
run_nested_loop (CprocWorker **worker)
{
  test_run_until_state (CPROC_CHILD (*worker), CPROC_STATE_CLOSED);
}

static void
kill_worker (CprocWorker **worker)
{
  cproc_child_kill (CPROC_CHILD (*worker), NULL);
}

static void
close_channel (CprocWorker **worker)
{
  cproc_worker_close_channel (*worker);
}

static void
send_back (CprocWorker **worker)
{
  send_json (*worker, "1", NULL);
}

static const struct
{
  const char *name;
  HandlerFunc func;
  gboolean may_wait; /* in a synchronous wait, too */
} handlers[] = {
  { "drop", drop_worker, TRUE },
  { "wait", wait_for_worker, TRUE },
  { "nested-loop", run_nested_loop, FALSE },
  { "kill", kill_worker, TRUE },
  { "close", close_channel, TRUE },
  { "send", send_back, TRUE },
};

typedef struct
{
  CprocWorker *worker;
  guint handler;
  gboolean done;
  guint n_messages;
  guint n_disconnected;
  guint n_closed;
} TestHandler;

static void
count_message (CprocWorker  *worker,
               CprocMessage *message,
               TestHandler  *self)
{
  g_assert_cmpuint (self->n_disconnected, ==, 0);
  self->n_messages++;
}

static void
count_disconnected (CprocWorker *worker,
                    TestHandler *self)
{
  self->n_disconnected++;
}

static void
count_closed (CprocWorker *worker,
              TestHandler *self)
{
  g_assert_cmpuint (self->n_disconnected, ==, 1);
  self->n_closed++;
}

static void
do_worst (TestHandler *self)
{
  if (self->done)
    return;

  self->done = TRUE;
  handlers[self->handler].func (&self->worker);
}

/* The worker sends and exits: the messages come before the exit or, at the end, after it. */
static void
check_handler (guint       handler,
               const char *signal_name,
               gboolean    late,
               gboolean    waits)
{
  /* So few go into the socket, and the worker can exit before anything is read. */
  const char *args[] = { "send", late ? "50" : "500", NULL };
  TestHandler self = { .handler = handler };
  gpointer weak;

  g_test_message ("%s in %s%s%s", handlers[handler].name, signal_name, late ? ", late" : "",
                  waits ? ", waiting" : "");
  self.worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
  weak = self.worker;
  g_object_add_weak_pointer (weak, &weak);
  g_signal_connect (self.worker, "message", G_CALLBACK (count_message), &self);
  g_signal_connect (self.worker, "disconnected", G_CALLBACK (count_disconnected), &self);
  g_signal_connect (self.worker, "closed", G_CALLBACK (count_closed), &self);
  g_signal_connect_swapped (self.worker, signal_name, G_CALLBACK (do_worst), &self);

  test_start (CPROC_CHILD (self.worker));
  if (late)
    test_await_process_end (cproc_child_get_pid (CPROC_CHILD (self.worker)));
  if (waits)
    cproc_child_wait (CPROC_CHILD (self.worker), NULL, NULL);
  while (weak != NULL && self.n_closed == 0)
    g_main_context_iteration (NULL, TRUE);

  g_assert_true (self.done);
  if (weak != NULL || waits)
    {
      g_assert_cmpuint (self.n_closed, ==, 1);
      g_assert_cmpuint (self.n_disconnected, ==, 1);
    }
  if (handlers[handler].func == wait_for_worker || handlers[handler].func == run_nested_loop)
    g_assert_cmpuint (self.n_messages, ==, late ? 50 : 500);
  if (weak != NULL)
    g_assert_finalize_object (G_OBJECT (weak));
  test_await_no_children ();
}

static void
test_handler (gconstpointer data)
{
  static const char *const signal_names[] = { "message", "disconnected", "exit", "closed" };
  guint handler = GPOINTER_TO_UINT (data);

  for (guint i = 0; i < G_N_ELEMENTS (signal_names); i++)
    for (int late = 0; late < 2; late++)
      {
        check_handler (handler, signal_names[i], late, FALSE);
        if (handlers[handler].may_wait)
          check_handler (handler, signal_names[i], late, TRUE);
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-fds/fds", test_with_fds);
  g_test_add_func ("/worker-fds/socket", test_socket);
  g_test_add_func ("/worker-fds/leave-nothing", test_fds_leave_nothing);
  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    {
      g_autofree char *path = g_strdup_printf ("/worker-fds/handler/%s", handlers[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_handler);
    }

  return g_test_run ();
}
