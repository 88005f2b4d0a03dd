/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"
#include "send-util.h"

/* Workers, written in C with this library: tests/worker.c. */

typedef struct
{
  CprocWorker *worker;
  CprocChild *child; /* the same */
  GPtrArray *texts;
  GString *events; /* all but the messages */
  guint n_messages;
  guint n_invalid;
} TestWorker;

static void
on_message (CprocWorker  *worker,
            CprocMessage *message,
            TestWorker   *self)
{
  g_ptr_array_add (self->texts, g_strdup (cproc_message_get_text (message)));
  self->n_messages++;
  g_assert_cmpuint (self->events->len > 0, ==, strstr (self->events->str, "exit") != NULL);
}

static void
on_invalid (CprocWorker *worker,
            GError      *error,
            TestWorker  *self)
{
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_ptr_array_add (self->texts, g_strdup ("(invalid)"));
  self->n_invalid++;
}

static void
on_disconnected (CprocWorker *worker,
                 TestWorker  *self)
{
  g_string_append (self->events, "disconnected ");
}

static void
on_exited (CprocWorker *worker,
           int          exit_code,
           int          term_signal,
           TestWorker  *self)
{
  g_string_append_printf (self->events, "exit=%d/%d ", exit_code, term_signal);
}

static void
on_closed (CprocWorker *worker,
           TestWorker  *self)
{
  g_string_append (self->events, "closed");
}

static void
worker_connect (TestWorker *self)
{
  self->child = CPROC_CHILD (self->worker);
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->events = g_string_new (NULL);
  g_signal_connect (self->worker, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->worker, "invalid-message", G_CALLBACK (on_invalid), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->worker, "exit", G_CALLBACK (on_exited), self);
  g_signal_connect (self->worker, "closed", G_CALLBACK (on_closed), self);
}

static TestWorker *
worker_new (const char *mode,
            const char *argument,
            const char *other)
{
  TestWorker *self = g_new0 (TestWorker, 1);
  const char *args[] = { mode, argument, other, NULL };

  g_assert_nonnull (g_getenv ("CPROC_TEST_WORKER"));
  self->worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
  worker_connect (self);

  return self;
}

static void
worker_free (TestWorker *self)
{
  if (self->worker != NULL)
    test_finalize (self->worker);
  g_ptr_array_unref (self->texts);
  g_string_free (self->events, TRUE);
  g_free (self);
  test_await_no_children ();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestWorker, worker_free)

static void
send (TestWorker *self,
      const char *json)
{
  g_autoptr(GError) error = NULL;
  gboolean sent = send_json (self->worker, json, &error);

  g_assert_no_error (error);
  g_assert_true (sent);
}

/* Exit and disconnected in either order, both once and before closed. */
static void
assert_end (TestWorker *self,
            const char *exit_event)
{
  g_autofree char *one = g_strdup_printf ("disconnected %s closed", exit_event);
  g_autofree char *other = g_strdup_printf ("%s disconnected closed", exit_event);

  test_run_until_state (self->child, CPROC_STATE_CLOSED);
  if (!g_str_equal (self->events->str, one))
    g_assert_cmpstr (self->events->str, ==, other);
  g_assert_false (cproc_channel_get_connected (cproc_worker_get_channel (self->worker)));
}

static void
test_properties (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("exit", NULL);
  g_autoptr(CprocWorker) worker = cproc_worker_new_for_command (command);
  g_autoptr(CprocChannel) channel = NULL;
  int channel_fd;
  guint n = 0;

  g_assert_true (cproc_child_get_command (CPROC_CHILD (worker)) == command);
  g_object_get (worker, "channel", &channel, "channel-fd", &channel_fd, NULL);
  g_assert_true (channel == cproc_worker_get_channel (worker));
  g_assert_false (cproc_channel_get_connected (channel));
  g_assert_cmpint (channel_fd, ==, 3);

  g_signal_connect_swapped (worker, "notify::channel-fd", G_CALLBACK (g_atomic_int_inc), &n);
  g_object_set (worker, "channel-fd", 9, NULL);
  cproc_worker_set_channel_fd (worker, 9);
  g_assert_cmpint (cproc_worker_get_channel_fd (worker), ==, 9);
  g_assert_cmpuint (n, ==, 1);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*channel_fd >= 3*");
  cproc_worker_set_channel_fd (worker, 2);
  g_test_assert_expected_messages ();
}

static void
test_exchange (void)
{
  g_autoptr(CprocCommand) command = NULL;
  const char *args[] = { "greet", NULL };
  g_autoptr(TestWorker) self = g_new0 (TestWorker, 1);
  g_autoptr(TestRecord) record = NULL;
  g_autofree char *line = NULL;

  command = cproc_command_new_module (g_getenv ("CPROC_TEST_WORKER"), args);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_PIPE);
  self->worker = cproc_worker_new_for_command (command);
  worker_connect (self);
  record = test_record_new (self->child);
  test_start (self->child);
  g_assert_true (cproc_channel_get_connected (cproc_worker_get_channel (self->worker)));
  send (self, "\"Hello there!\"");
  test_run_until_count (&self->n_messages, 1);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "{\"foo\":1,\"bar\":2}");
  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
  line = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (line, ==, "got a message from master: Hello there!");
}

static void
test_kinds (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);
  g_autoptr(JsonNode) node = json_from_string ("[1,\"ä\"]", NULL);
  g_autoptr(GError) error = NULL;
  static const char *const texts[] = { "[1,\"ä\"]", "null", "true", "{\"b\":1,\"a\":[]}",
                                       "9223372036854775807" };

  test_start (self->child);
  g_assert_true (send_node (self->worker, node, &error));
  g_assert_no_error (error);
  send (self, "null");
  g_assert_true (send_variant (self->worker, g_variant_new_boolean (TRUE), &error));
  g_assert_no_error (error);
  send (self, "{\"b\":1,\"a\":[]}");
  send (self, "9223372036854775807");
  test_run_until_count (&self->n_messages, G_N_ELEMENTS (texts));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_cmpstr (g_ptr_array_index (self->texts, i), ==, texts[i]);
  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
}

/* A process that was made before the start has the same channel; one that is dropped tells nothing
 * of it. */
static void
test_prepared (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);
  g_autoptr(TestWorker) dropped = worker_new ("echo", NULL, NULL);
  g_autoptr(GError) error = NULL;

  cproc_child_prepare (dropped->child, &error);
  g_assert_no_error (error);
  cproc_child_prepare (self->child, &error);
  g_assert_no_error (error);
  test_start (self->child);
  send (self, "{\"n\":1}");
  test_run_until_count (&self->n_messages, 1);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "{\"n\":1}");
  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
}

static void
test_async (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GAsyncResult) bad = NULL;
  g_autoptr(GError) error = NULL;

  test_start (self->child);
  send_json_async (self->worker, "{\"n\":1}", NULL, test_store_result, &first);
  send_json_async (self->worker, "2", NULL, test_store_result, &second);
  send_json_async (self->worker, "{\"cmd\":\"NODE_X\"}", NULL, test_store_result, &bad);
  g_assert_true (cproc_worker_send_finish (self->worker, test_await (&first), &error));
  g_assert_no_error (error);
  g_assert_true (cproc_worker_send_finish (self->worker, test_await (&second), &error));
  g_assert_no_error (error);
  g_assert_false (cproc_worker_send_finish (self->worker, test_await (&bad), &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  test_run_until_count (&self->n_messages, 2);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "{\"n\":1}");
  g_assert_cmpstr (g_ptr_array_index (self->texts, 1), ==, "2");

  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
  g_clear_object (&first);
  g_clear_object (&second);
  g_clear_object (&bad);
}

static void
test_many (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);
  g_autofree char *large = g_strnfill (3000000, 'x');

  large[0] = large[2999999] = '"';
  test_start (self->child);
  for (int i = 0; i < 3000; i++)
    {
      g_autofree char *text = g_strdup_printf ("%d", i);

      send (self, text);
    }
  send (self, large);
  test_run_until_count (&self->n_messages, 3001);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 2999), ==, "2999");
  g_assert_cmpstr (g_ptr_array_index (self->texts, 3000), ==, large);
  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
}

/* Nothing of it is lost: neither by the exit of the one nor by the silence of the other. */
static void
test_send_and_exit (void)
{
  g_autoptr(TestWorker) self = worker_new ("send", "20000", NULL);

  test_start (self->child);
  assert_end (self, "exit=0/0");
  g_assert_cmpuint (self->n_messages, ==, 20000);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 19999), ==, "19999");
}

static void
test_wait (void)
{
  g_autoptr(TestWorker) self = worker_new ("send", "20000", NULL);
  g_autoptr(GError) error = NULL;

  test_start (self->child);
  g_assert_true (cproc_child_wait_check (self->child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (self->n_messages, ==, 20000);
  assert_end (self, "exit=0/0");
}

static void
test_answer_and_exit (void)
{
  g_autoptr(TestWorker) self = worker_new ("exit", NULL, NULL);

  test_start (self->child);
  send (self, "\"last words\"");
  assert_end (self, "exit=6/0");
  g_assert_cmpuint (self->n_messages, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "\"last words\"");
}

static void
assert_refused (TestWorker *self,
                CprocError  code)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_NULL);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;

  g_assert_false (send_json (self->worker, "1", &error));
  g_assert_error (error, CPROC_ERROR, (int) code);
  g_clear_error (&error);
  g_assert_false (send_node (self->worker, node, &error));
  g_assert_error (error, CPROC_ERROR, (int) code);
  g_clear_error (&error);
  g_assert_false (send_variant (self->worker, g_variant_new_int32 (1), &error));
  g_assert_error (error, CPROC_ERROR, (int) code);
  g_clear_error (&error);
  g_assert_false (send_json_with_fds (self->worker, "1", NULL, &error));
  g_assert_error (error, CPROC_ERROR, (int) code);
  g_clear_error (&error);
  send_json_async (self->worker, "1", NULL, test_store_result, &result);
  g_assert_false (cproc_worker_send_finish (self->worker, test_await (&result), &error));
  g_assert_error (error, CPROC_ERROR, (int) code);
  g_clear_error (&error);
}

static void
test_refused (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);

  assert_refused (self, CPROC_ERROR_NOT_RUNNING);
  cproc_worker_close_channel (self->worker);
  assert_refused (self, CPROC_ERROR_NOT_RUNNING);

  test_start (self->child);
  cproc_worker_close_channel (self->worker);
  /* Never from inside the call. */
  g_assert_cmpuint (self->events->len, ==, 0);
  assert_refused (self, CPROC_ERROR_CHANNEL_CLOSED);
  assert_end (self, "exit=0/0");
  assert_refused (self, CPROC_ERROR_CHANNEL_CLOSED);
}

/* The worker lives on without its channel. */
static void
test_closed_by_worker (void)
{
  g_autoptr(CprocCommand) command = NULL;
  const char *args[] = { "close", NULL };
  g_autoptr(TestWorker) self = g_new0 (TestWorker, 1);

  command = cproc_command_new_module (g_getenv ("CPROC_TEST_WORKER"), args);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  self->worker = cproc_worker_new_for_command (command);
  worker_connect (self);
  test_start (self->child);
  send (self, "1");
  while (self->events->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (self->events->str, ==, "disconnected ");
  g_assert_cmpint (cproc_child_get_state (self->child), ==, CPROC_STATE_RUNNING);
  assert_refused (self, CPROC_ERROR_CHANNEL_CLOSED);
  cproc_child_close_stdin (self->child);
  assert_end (self, "exit=5/0");
}

/* Sent while it is being started. */
static void
test_start_async (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);
  g_autoptr(GAsyncResult) result = NULL;

  cproc_child_start_async (self->child, NULL, test_store_result, &result);
  send (self, "\"early\"");
  test_run_until_count (&self->n_messages, 1);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "\"early\"");
  g_clear_object (&result);
  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
}

static void
test_failed_start (void)
{
  const char *argv[] = { "cproc-no-such-program", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(TestWorker) self = g_new0 (TestWorker, 1);
  const char *good_argv[] = { g_getenv ("CPROC_TEST_WORKER"), "echo", NULL };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  self->worker = cproc_worker_new_for_command (command);
  worker_connect (self);
  g_assert_false (cproc_child_start (self->child, NULL));
  assert_refused (self, CPROC_ERROR_NOT_RUNNING);
  cproc_child_start_async (self->child, NULL, test_store_result, &result);
  /* It may have failed already, in the library's thread. */
  send_json (self->worker, "\"lost\"", NULL);
  g_assert_false (cproc_child_start_finish (self->child, test_await (&result), &error));
  assert_refused (self, CPROC_ERROR_NOT_RUNNING);
  g_assert_cmpuint (self->events->len, ==, 0);
  g_clear_object (&result);

  cproc_command_set_argv (command, good_argv);
  test_start (self->child);
  send (self, "\"kept\"");
  test_run_until_count (&self->n_messages, 1);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "\"kept\"");
  cproc_worker_close_channel (self->worker);
  assert_end (self, "exit=0/0");
}

static void
test_channel_fd (void)
{
  static const int numbers[] = { 4, 17, 200 };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);

      cproc_worker_set_channel_fd (self->worker, numbers[i]);
      test_start (self->child);
      send (self, "1");
      test_run_until_count (&self->n_messages, 1);
      cproc_worker_close_channel (self->worker);
      assert_end (self, "exit=0/0");
    }
}

static void
test_environment (void)
{
  g_autoptr(TestWorker) self = worker_new ("environment", g_getenv ("CPROC_TEST_CHILD"), NULL);

  test_start (self->child);
  assert_end (self, "exit=0/0");
  g_assert_cmpuint (self->n_messages, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (self->texts, 0), ==, "\"(unset)\\n(unset)\\n\"");
}

/* What a program has that knows nothing of this: the numbers, and the descriptor. */
static void
test_plain_program (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("print-env", "NODE_CHANNEL_FD",
                                                      "NODE_CHANNEL_SERIALIZATION_MODE", NULL);
  g_autoptr(TestWorker) self = g_new0 (TestWorker, 1);
  g_autoptr(TestRecord) record = NULL;
  g_autofree char *lines = NULL;

  cproc_command_set_stdout_mode (command, CPROC_STDIO_PIPE);
  self->worker = cproc_worker_new_for_command (command);
  worker_connect (self);
  record = test_record_new (self->child);
  test_start (self->child);
  assert_end (self, "exit=0/0");
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "3|json");
}

static void
on_send_failed (CprocWorker   *worker,
                CprocMessage  *message,
                GError        *error,
                CprocMessage **failed)
{
  g_assert_null (*failed);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  *failed = cproc_message_ref (message);
}

/* A worker that refuses every descriptor; without a handler the end of it is a warning. */
static void
test_send_failed (void)
{
  for (guint heard = 0; heard < 2; heard++)
    {
      g_autoptr(CprocCommand) command =
        cproc_command_new_shell ("for i in 1 2 3 4; do read frame; "
                                 "echo '{\"cmd\":\"NODE_HANDLE_NACK\"}'; done <&3 >&3");
      g_autoptr(TestWorker) self = g_new0 (TestWorker, 1);
      g_autoptr(CprocMessage) message = cproc_message_new_text ("[1]", NULL);
      g_autoptr(CprocMessage) failed = NULL;
      g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();

      self->worker = cproc_worker_new_for_command (command);
      worker_connect (self);
      if (heard)
        g_signal_connect (self->worker, "send-failed", G_CALLBACK (on_send_failed), &failed);
      else
        g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*did not arrive*");
      test_start (self->child);
      g_assert_cmpint (g_unix_fd_list_append (list, 0, NULL), ==, 0);
      g_assert_true (cproc_message_set_fd_list (message, list, NULL));
      g_assert_true (cproc_worker_send (self->worker, message, NULL));
      assert_end (self, "exit=0/0");
      g_assert_true (failed == (heard ? message : NULL));
      g_test_assert_expected_messages ();
    }
}

/* Half a message is none; what came before it counts. */
static void
test_dies_in_message (void)
{
  g_autoptr(TestWorker) self = worker_new ("raw", "1\n{\"half\":", "9");

  test_start (self->child);
  assert_end (self, "exit=-1/9");
  g_assert_cmpuint (self->n_messages, ==, 1);
}

static void
test_invalid (void)
{
  g_autoptr(TestWorker) self = worker_new ("raw", "1\nundefined\n\n2\n", NULL);
  g_autofree char *texts = NULL;

  test_start (self->child);
  assert_end (self, "exit=0/0");
  g_ptr_array_add (self->texts, NULL);
  texts = g_strjoinv (" ", (char **) self->texts->pdata);
  g_assert_cmpstr (texts, ==, "1 (invalid) (invalid) 2");
}

static void
note_too_large (CprocWorker *worker,
                GError      *error,
                guint       *n)
{
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_MESSAGE_TOO_LARGE);
  (*n)++;
}

static void
ignore_message (void)
{
}

static void
test_too_large (void)
{
  const char *args[] = { "raw", "[\"much too large\"]\n1\n", NULL };
  g_autoptr(CprocWorker) worker = cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
  g_autoptr(GError) error = NULL;
  guint n = 0;

  g_signal_connect (worker, "invalid-message", G_CALLBACK (note_too_large), &n);
  g_signal_connect (worker, "message", G_CALLBACK (ignore_message), NULL);
  cproc_channel_set_max_message_size (cproc_worker_get_channel (worker), 10);
  test_start (CPROC_CHILD (worker));
  g_assert_false (send_json (worker, "\"much too large\"", &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_MESSAGE_TOO_LARGE);
  test_run_until_state (CPROC_CHILD (worker), CPROC_STATE_CLOSED);
  g_assert_cmpuint (n, ==, 1);
}

/* Killed, and dropped while it runs. */
static void
test_kill (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);

  test_start (self->child);
  send (self, "1");
  test_run_until_count (&self->n_messages, 1);
  g_assert_true (cproc_child_kill (self->child, NULL));
  assert_end (self, "exit=-1/15");
}

static void
test_drop (void)
{
  g_autoptr(TestWorker) self = worker_new ("echo", NULL, NULL);
  CprocChannel *channel = cproc_worker_get_channel (self->worker);
  g_autoptr(GError) error = NULL;

  g_object_ref (channel);
  test_start (self->child);
  send (self, "1");
  test_finalize (self->worker);
  g_assert_false (send_json (channel, "2", &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  test_finalize (channel);
}

static gpointer
drop_in_thread (gpointer worker)
{
  g_object_unref (worker);

  return NULL;
}

/* A task that holds the worker may end in a thread of the library. */
static void
test_drop_in_thread (void)
{
  for (guint prepared = 0; prepared < 2; prepared++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("sleep-forever", NULL);
      CprocWorker *worker = cproc_worker_new_for_command (command);
      gpointer weak = worker;
      g_autoptr(GError) error = NULL;

      g_object_add_weak_pointer (G_OBJECT (worker), &weak);
      if (prepared)
        cproc_child_prepare (CPROC_CHILD (worker), &error);
      else
        cproc_child_start (CPROC_CHILD (worker), &error);
      g_assert_no_error (error);
      g_thread_join (g_thread_new ("drop", drop_in_thread, worker));
      g_assert_null (weak);
    }

  test_await_no_children ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker/properties", test_properties);
  g_test_add_func ("/worker/exchange", test_exchange);
  g_test_add_func ("/worker/kinds", test_kinds);
  g_test_add_func ("/worker/prepared", test_prepared);
  g_test_add_func ("/worker/async", test_async);
  g_test_add_func ("/worker/many", test_many);
  g_test_add_func ("/worker/send-and-exit", test_send_and_exit);
  g_test_add_func ("/worker/wait", test_wait);
  g_test_add_func ("/worker/answer-and-exit", test_answer_and_exit);
  g_test_add_func ("/worker/refused", test_refused);
  g_test_add_func ("/worker/closed-by-worker", test_closed_by_worker);
  g_test_add_func ("/worker/start-async", test_start_async);
  g_test_add_func ("/worker/failed-start", test_failed_start);
  g_test_add_func ("/worker/channel-fd", test_channel_fd);
  g_test_add_func ("/worker/environment", test_environment);
  g_test_add_func ("/worker/plain-program", test_plain_program);
  g_test_add_func ("/worker/dies-in-message", test_dies_in_message);
  g_test_add_func ("/worker/invalid", test_invalid);
  g_test_add_func ("/worker/too-large", test_too_large);
  g_test_add_func ("/worker/send-failed", test_send_failed);
  g_test_add_func ("/worker/kill", test_kill);
  g_test_add_func ("/worker/drop", test_drop);
  g_test_add_func ("/worker/drop-in-thread", test_drop_in_thread);

  return g_test_run ();
}
