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

static gpointer
drop_in_thread (gpointer request)
{
  g_object_unref (request);

  return NULL;
}

/* The garbage collectors of some languages drop objects in threads of their own. */
static void
test_dropped_in_thread (void)
{
  CprocRequest *kept = NULL;
  int peer;
  End *a = end_new (&peer);

  cproc_channel_serve (a->channel, "keeps", on_kept, &kept, NULL);
  write_string (peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keeps\"}\n");
  run_pending ();
  g_thread_join (g_thread_new ("dropper", drop_in_thread, g_steal_pointer (&kept)));
  assert_reads (peer, "");
  run_pending ();
  assert_reads (peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,"
                      "\"message\":\"The request was dropped without an answer\"}}\n");
  close (peer);
  run_until_disconnected (a);
  end_free (a);
}

/* Ids are compared by value, and one that is used again is another request. */
static void
test_cancel_ids (void)
{
  static const struct
  {
    const char *id;
    const char *cancelled;
    gboolean same;
  } cases[] = {
    { "5", "5.0", TRUE },
    { "5.0", "5", TRUE },
    { "1e1", "10", TRUE },
    { "\"5\"", "\"5\"", TRUE },
    { "\"5\"", "5", FALSE },
    { "5", "\"5\"", FALSE },
    { "5", "6", FALSE },
    { "5", "null", FALSE },
    { "5", "[5]", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = NULL;
      CprocRequest *first = NULL;
      CprocRequest *second = NULL;
      int peer;
      End *a = end_new (&peer);

      text = g_strdup_printf ("{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"first\"}\n"
                              "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"second\"}\n"
                              "{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\","
                              "\"params\":{\"id\":%s}}\n",
                              cases[i].id, cases[i].id, cases[i].cancelled);
      cproc_channel_serve (a->channel, "first", on_kept, &first, NULL);
      cproc_channel_serve (a->channel, "second", on_kept, &second, NULL);
      write_string (peer, text);
      run_pending ();
      g_assert_false (g_cancellable_is_cancelled (cproc_request_get_cancellable (first)));
      g_assert_cmpint (g_cancellable_is_cancelled (cproc_request_get_cancellable (second)), ==,
                       cases[i].same);
      g_object_unref (first);
      g_object_unref (second);
      close (peer);
      run_until_disconnected (a);
      end_free (a);
    }
}

/* A reply that is too large fails here, and the other side is told that there is none. */
static void
test_reply_too_large (void)
{
  g_autoptr(CprocMessage) large = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *filling = g_strnfill (200, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", filling);
  g_autofree char *text = NULL;
  CprocRequest *kept = NULL;
  int peer;
  End *a = end_new (&peer);

  large = cproc_message_new_text (json, NULL);
  cproc_channel_set_max_message_size (a->channel, 150);
  cproc_channel_serve (a->channel, "keeps", on_kept, &kept, NULL);
  write_string (peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keeps\"}\n");
  run_pending ();
  g_assert_false (cproc_request_reply (kept, large, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_MESSAGE_TOO_LARGE);
  text = read_available (peer);
  g_assert_true (g_str_has_prefix (text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":"
                                         "{\"code\":-32603,"));
  g_object_unref (kept);
  run_pending ();
  assert_reads (peer, "");
  close (peer);
  run_until_disconnected (a);
  end_free (a);
}

static void
read_fd (CprocMessage *message,
         const char   *expected)
{
  GUnixFDList *list = cproc_message_get_fd_list (message);
  char buffer[16];
  int fd;

  g_assert_nonnull (list);
  fd = g_unix_fd_list_get (list, 0, NULL);
  g_assert_cmpint (read (fd, buffer, sizeof buffer), ==, strlen (expected));
  g_assert_cmpmem (buffer, strlen (expected), expected, strlen (expected));
  close (fd);
}

/* The read end of a pipe that has that text. */
static CprocMessage *
message_with_fd (const char *json,
                 const char *text)
{
  CprocMessage *message = cproc_message_new_text (json, NULL);
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], text, strlen (text)), ==, strlen (text));
  close (fds[1]);
  g_assert_cmpint (g_unix_fd_list_append (list, fds[0], NULL), ==, 0);
  close (fds[0]);
  g_assert_true (cproc_message_set_fd_list (message, list, NULL));

  return message;
}

static void
on_fd_served (CprocChannel *channel,
              CprocRequest *request,
              gpointer      user_data)
{
  g_autoptr(CprocMessage) result = message_with_fd ("{}", "there and back");

  read_fd (cproc_request_get_params (request), "there");
  g_assert_true (cproc_request_reply (request, result, NULL));
}

static void
on_fd_answered (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  CprocMessage **answer = user_data;

  *answer = cproc_channel_request_finish (CPROC_CHANNEL (object), result, NULL);
}

/* Descriptors go with the parameters and with the result. */
static void
test_descriptors (void)
{
  g_autoptr(CprocMessage) params = message_with_fd ("[]", "there");
  g_autoptr(CprocMessage) answer = NULL;
  End *a, *b;

  end_new_pair (&a, &b);
  cproc_channel_serve (b->channel, "m", on_fd_served, NULL, NULL);
  cproc_channel_request_async (a->channel, "m", params, 0, NULL, on_fd_answered, &answer);
  while (answer == NULL)
    g_main_context_iteration (NULL, TRUE);
  read_fd (answer, "there and back");
  g_clear_pointer (&answer, cproc_message_unref);
  g_assert_cmpuint (a->n_messages + b->n_messages, ==, 0);
  cproc_channel_close (a->channel);
  run_until_disconnected (a);
  run_until_disconnected (b);
  end_free (a);
  end_free (b);
}

/* Without a handler of messages, those that come before an answer are kept up to 1 MiB; then the
 * socket is read no more, and the answer waits behind them. */
static void
test_kept (void)
{
  g_autofree char *filling = g_strnfill (64 * 1024 - 3, 'x');
  g_autofree char *line = g_strdup_printf ("\"%s\"\n", filling);
  g_autoptr(GString) log = g_string_new (NULL);
  gsize length = strlen (line);
  gsize sent = 0;
  gsize before;
  int peer;
  End *a = end_new (&peer);

  g_signal_handlers_disconnect_by_data (a->channel, a);
  request (a, 0, NULL, log);
  run_pending ();
  do
    {
      ssize_t n;

      before = sent;
      while ((n = send (peer, line + sent % length, length - sent % length,
                        MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
        sent += n;
      run_pending ();
    }
  while (sent > before);

  /* What the kernel keeps is no more than some hundreds of KiB. */
  g_assert_cmpuint (sent, >, 1024 * 1024);
  g_assert_cmpuint (sent, <, 4 * 1024 * 1024);
  g_assert_cmpstr (log->str, ==, "");
  close (peer);
  cproc_channel_close (a->channel);
  run_pending ();
  g_assert_cmpstr (log->str, ==, "cproc-error-quark:6 ");
  end_free (a);
}

static gpointer
request_in_thread (gpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cproc_channel_request (data, "m", NULL, 0, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);

  return NULL;
}

static void
test_foreign_thread (void)
{
  int peer;
  End *a = end_new (&peer);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*called from another thread*");
  /* A context that a thread owns belongs to that thread. */
  g_assert_true (g_main_context_acquire (NULL));
  g_thread_join (g_thread_new ("foreign", request_in_thread, a->channel));
  g_main_context_release (NULL);
  g_test_assert_expected_messages ();
  assert_reads (peer, "");
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
  g_test_add_func ("/channel-request/dropped-in-thread", test_dropped_in_thread);
  g_test_add_func ("/channel-request/cancel-ids", test_cancel_ids);
  g_test_add_func ("/channel-request/reply-too-large", test_reply_too_large);
  g_test_add_func ("/channel-request/descriptors", test_descriptors);
  g_test_add_func ("/channel-request/kept", test_kept);
  g_test_add_func ("/channel-request/foreign-thread", test_foreign_thread);
  g_test_add_func ("/channel-request/request-received", test_request_received);
  g_test_add_func ("/channel-request/sync", test_sync);

  return g_test_run ();
}
