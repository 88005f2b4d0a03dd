/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel-util.h"
#include "cproc-request-table-private.h"

/* Requests and their answers, against a bare socket and between two channels. */

static void
test_table (void)
{
  CprocRequestTable table = { 0 };
  int a, b;

  g_assert_cmpint (cproc_request_table_add (&table, &a), ==, 1);
  g_assert_cmpint (cproc_request_table_add (&table, &b), ==, 2);
  g_assert_cmpuint (cproc_request_table_size (&table), ==, 2);
  g_assert_true (cproc_request_table_take (&table, 2) == &b);
  g_assert_null (cproc_request_table_take (&table, 2));
  g_assert_false (cproc_request_table_is_late (&table, 2));
  g_assert_true (cproc_request_table_give_up (&table, 1) == &a);
  g_assert_null (cproc_request_table_give_up (&table, 1));
  g_assert_true (cproc_request_table_is_late (&table, 1));
  g_assert_false (cproc_request_table_is_late (&table, 1));
  g_assert_cmpint (cproc_request_table_add (&table, &a), ==, 3);
  g_assert_true (cproc_request_table_take_any (&table) == &a);
  g_assert_null (cproc_request_table_take_any (&table));
  cproc_request_table_clear (&table);
}

static void
test_read (void)
{
  static const struct
  {
    const char *text;
    CprocRpcKind kind;
    gint64 id;
  } cases[] = {
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}", CPROC_RPC_ANSWER, 1 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1.0}", CPROC_RPC_ANSWER, 1 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1e1}", CPROC_RPC_ANSWER, 10 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1.5}", CPROC_RPC_ANSWER, 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1e300}", CPROC_RPC_ANSWER, 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":\"1\"}", CPROC_RPC_NONE, 0 },
    { "{\"jsonrpc\":\"1.0\",\"id\":1}", CPROC_RPC_NONE, 0 },
    { "{\"id\":1}", CPROC_RPC_NONE, 0 },
    { "[{\"jsonrpc\":\"2.0\",\"id\":1}]", CPROC_RPC_NONE, 0 },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", CPROC_RPC_NOTIFICATION, 0 },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\"x\"}", CPROC_RPC_REQUEST, 0 },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":{}}", CPROC_RPC_NONE, 0 },
    { "{\"jsonrpc\":\"2.0\",\"method\":1,\"id\":1}", CPROC_RPC_NONE, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CprocRpc rpc;

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (cproc_rpc_read (&rpc, cases[i].text, strlen (cases[i].text)), ==,
                       cases[i].kind);
      if (cases[i].kind != CPROC_RPC_NONE)
        g_assert_cmpint (cproc_rpc_read_id (&rpc.id), ==, cases[i].id);
    }
}

static void
on_answered (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CprocMessage) answer =
    cproc_channel_request_finish (CPROC_CHANNEL (object), result, &error);
  CprocMessage *data = cproc_channel_request_get_error_data (result);
  GString *log = user_data;

  if (answer != NULL)
    g_string_append_printf (log, "%s ", cproc_message_get_text (answer));
  else
    g_string_append_printf (log, "%s:%d%s%s ", g_quark_to_string (error->domain), error->code,
                            data != NULL ? ":" : "",
                            data != NULL ? cproc_message_get_text (data) : "");
}

static void
request (End          *self,
         guint         timeout,
         GCancellable *cancellable,
         GString      *log)
{
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1]", NULL);

  cproc_channel_request_async (self->channel, "m", params, timeout, cancellable, on_answered, log);
}

/* A bare socket answers in any order, and in all the ways there are. */
static void
test_answers (void)
{
  g_autoptr(GString) log = g_string_new (NULL);
  int peer;
  End *a = end_new (&peer);

  for (guint i = 0; i < 6; i++)
    request (a, 0, NULL, log);
  assert_reads (peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[1]}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"m\",\"params\":[1]}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"m\",\"params\":[1]}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"m\",\"params\":[1]}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"m\",\"params\":[1]}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"m\",\"params\":[1]}\n");
  write_string (peer, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\"two\"}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":1.0}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":7,\"message\":\"x\","
                      "\"data\":[8]}}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":5}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":1}\n\"plain\"\n");
  run_pending ();
  close (peer);
  run_until_disconnected (a);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "\"two\" null cproc-reply-error-quark:7:[8] cproc-error-quark:7 "
                                 "cproc-error-quark:6 cproc-error-quark:6 ");
  g_assert_cmpstr (a->log->str, ==,
                   "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":1}\n\"plain\"\ndisconnected\n");
  end_free (a);
}

/* A late answer is dropped, a second one is a message. */
static void
test_given_up (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  g_autofree char *text = NULL;
  int peer;
  End *a = end_new (&peer);

  request (a, 1, NULL, log);
  request (a, 0, cancellable, log);
  g_cancellable_cancel (cancellable);
  while (strstr (log->str, "cproc-error-quark:2") == NULL ||
         strstr (log->str, "g-io-error-quark:19") == NULL)
    g_main_context_iteration (NULL, TRUE);
  text = read_available (peer);
  g_assert_nonnull (strstr (text, "\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}\n"));
  g_assert_nonnull (strstr (text, "\"method\":\"$/cancelRequest\",\"params\":{\"id\":2}}\n"));
  write_string (peer, "{\"jsonrpc\":\"2.0\",\"id\":1}\n{\"jsonrpc\":\"2.0\",\"id\":1}\n");
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "{\"jsonrpc\":\"2.0\",\"id\":1}\n");
  close (peer);
  run_until_disconnected (a);
  end_free (a);
}

static void
test_refused (void)
{
  g_autoptr(CprocMessage) number = cproc_message_new_text ("1", NULL);
  g_autoptr(CprocChannel) unopened = cproc_channel_new ();
  g_autoptr(GError) error = NULL;
  int peer;
  End *a = end_new (&peer);

  g_assert_false (cproc_channel_notify_peer (a->channel, "m", number, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cproc_channel_request (unopened, "m", NULL, 0, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);
  g_assert_true (cproc_channel_notify_peer (a->channel, "m", NULL, &error));
  g_assert_no_error (error);
  assert_reads (peer, "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}\n");
  close (peer);
  end_free (a);
}

static void
on_served (CprocChannel *channel,
           CprocRequest *request,
           gpointer      user_data)
{
  g_autoptr(CprocMessage) result = cproc_message_new_text ("{\"done\":1}", NULL);

  g_assert_cmpstr (cproc_message_get_text (cproc_request_get_params (request)), ==, "[1]");
  cproc_request_reply (request, result, NULL);
}

static void
on_fails (CprocChannel *channel,
          CprocRequest *request,
          gpointer      user_data)
{
  g_autoptr(CprocMessage) data = cproc_message_new_text ("\"why\"", NULL);

  cproc_request_reply_error (request, 42, "no", data, NULL);
}

static void
on_dropped (CprocChannel *channel,
            CprocRequest *request,
            gpointer      user_data)
{
}

static void
on_kept (CprocChannel *channel,
         CprocRequest *request,
         gpointer      user_data)
{
  *(CprocRequest **) user_data = g_object_ref (request);
}

static void
count_destroy (gpointer data)
{
  ++*(guint *) data;
}

static void
test_serve (void)
{
  guint n_destroyed = 0;
  CprocRequest *kept = NULL;
  g_autofree char *text = NULL;
  int peer;
  End *a = end_new (&peer);

  cproc_channel_serve (a->channel, "m", on_served, &n_destroyed, count_destroy);
  cproc_channel_serve (a->channel, "fails", on_fails, NULL, NULL);
  cproc_channel_serve (a->channel, "drops", on_dropped, NULL, NULL);
  cproc_channel_serve (a->channel, "keeps", on_kept, &kept, NULL);
  write_string (peer, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\",\"params\":[1]}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":2.50,\"method\":\"fails\"}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"drops\"}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"other\"}\n"
                      "{\"jsonrpc\":\"2.0\",\"method\":\"other\"}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"keeps\"}\n\"plain\"\n"
                      "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\","
                      "\"params\":{\"id\":5}}\n"
                      "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\","
                      "\"params\":{\"id\":9}}\n");
  run_pending ();
  text = read_available (peer);
  g_assert_cmpstr (text, ==,
                   "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"done\":1}}\n"
                   "{\"jsonrpc\":\"2.0\",\"id\":2.50,\"error\":{\"code\":42,\"message\":\"no\","
                   "\"data\":\"why\"}}\n"
                   "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32603,"
                   "\"message\":\"The request was dropped without an answer\"}}\n"
                   "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32601,"
                   "\"message\":\"There is no method “other”\"}}\n");
  g_assert_nonnull (kept);
  g_assert_true (g_cancellable_is_cancelled (cproc_request_get_cancellable (kept)));
  g_clear_object (&kept);
  run_pending ();
  assert_reads (peer, "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32800,"
                      "\"message\":\"The request was cancelled\"}}\n");
  g_assert_cmpstr (a->log->str, ==, "\"plain\"\n");
  cproc_channel_serve (a->channel, "m", NULL, NULL, NULL);
  g_assert_cmpuint (n_destroyed, ==, 1);
  close (peer);
  run_until_disconnected (a);
  end_free (a);
}

/* Without a handler a request is a message like any other; the handler is judged for each. */
static void
test_request_received (void)
{
  static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[1]}\n";
  int peer;
  End *a = end_new (&peer);
  gulong handler;

  write_string (peer, line);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, line);
  handler = g_signal_connect (a->channel, "request-received", G_CALLBACK (on_served), NULL);
  write_string (peer, line);
  run_pending ();
  assert_reads (peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"done\":1}}\n");
  g_assert_cmpuint (a->n_messages, ==, 1);
  g_signal_handler_disconnect (a->channel, handler);
  close (peer);
  run_until_disconnected (a);
  end_free (a);
}

static gpointer
answer_in_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  char buffer[256];

  g_assert_cmpint (recv (fd, buffer, sizeof buffer, 0), >, 0);
  write_string (fd, "\"before\"\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":3}\n\"after\"\n");

  return NULL;
}

/* Messages that come within it are emitted after it. */
static void
test_sync (void)
{
  g_autoptr(CprocMessage) result = NULL;
  g_autoptr(GError) error = NULL;
  GThread *thread;
  int peer;
  End *a = end_new (&peer);

  thread = g_thread_new ("peer", answer_in_thread, GINT_TO_POINTER (peer));
  result = cproc_channel_request (a->channel, "m", NULL, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cproc_message_get_text (result), ==, "3");
  g_assert_cmpstr (a->log->str, ==, "");
  g_thread_join (thread);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "\"before\"\n\"after\"\n");

  close (peer);
  g_clear_pointer (&result, cproc_message_unref);
  result = cproc_channel_request (a->channel, "m", NULL, 0, NULL, &error);
  g_assert_null (result);
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  run_until_disconnected (a);
  end_free (a);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-request/table", test_table);
  g_test_add_func ("/channel-request/read", test_read);
  g_test_add_func ("/channel-request/answers", test_answers);
  g_test_add_func ("/channel-request/given-up", test_given_up);
  g_test_add_func ("/channel-request/refused", test_refused);
  g_test_add_func ("/channel-request/serve", test_serve);
  g_test_add_func ("/channel-request/request-received", test_request_received);
  g_test_add_func ("/channel-request/sync", test_sync);

  return g_test_run ();
}
