/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "channel-util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_both_ways (void)
{
  End *a, *b;

  end_new_pair (&a, &b);
  end_send (a, "\"Hello there!\"");
  end_send (a, "2");
  end_send (b, "{\"foo\":1,\"bar\":2}");
  run_until (&a->n_messages, 1);
  run_until (&b->n_messages, 2);
  g_assert_cmpstr (a->log->str, ==, "{\"foo\":1,\"bar\":2}\n");
  g_assert_cmpstr (b->log->str, ==, "\"Hello there!\"\n2\n");
  end_free (a);
  run_until_disconnected (b);
  end_free (b);
}

/* Any JSON value is a message, and its text arrives as it was. */
static void
test_kinds (void)
{
  static const char * const texts[] = {
    "null", "true", "false", "0", "-0", "-12.5e-3", "9223372036854775807", "-9223372036854775808",
    "9007199254740993", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"😀 \u2028 \u2029 \302\205\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "[]", "[[],{},null]", "{}", "{\"b\":1,\"a\":2,\"\":3}",
    "{\"cmd\":\"node_x\"}", "{\"cmd\":1}", "{\"cmd\":null}", "[\"NODE_X\"]", "\"NODE_X\"",
    "{\"command\":\"NODE_X\"}", "{\"a\":{\"cmd\":\"NODE_X\"}}",
  };
  End *a, *b;

  end_new_pair (&a, &b);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    end_send (a, texts[i]);
  run_until (&b->n_messages, G_N_ELEMENTS (texts));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *line = g_strconcat (texts[i], "\n", NULL);

      g_assert_true (g_str_has_prefix (b->log->str, line));
      g_string_erase (b->log, 0, strlen (line));
    }
  g_assert_cmpstr (b->log->str, ==, "");
  end_free (a);
  end_free (b);
}

static void
test_node (void)
{
  g_autoptr(JsonNode) node = json_from_string ("{\"foo\":1,\"bar\":[2.5,\"x\\ny\",null]}", NULL);
  g_autoptr(JsonNode) string = json_node_init_string (json_node_alloc (), "Hello there!");
  g_autoptr(GError) error = NULL;
  End *a, *b;

  end_new_pair (&a, &b);
  g_assert_true (send_node (a->channel, node, &error));
  g_assert_no_error (error);
  g_assert_true (send_node (a->channel, string, &error));
  g_assert_no_error (error);
  run_until (&b->n_messages, 2);
  g_assert_cmpstr (b->log->str, ==,
                   "{\"foo\":1,\"bar\":[2.5,\"x\\ny\",null]}\n\"Hello there!\"\n");
  end_free (a);
  end_free (b);
}

static void
test_node_refused (void)
{
  g_autoptr(JsonNode) infinite = json_node_init_double (json_node_alloc (), INFINITY);
  g_autoptr(JsonNode) internal = json_from_string ("{\"cmd\":\"NODE_X\"}", NULL);
  g_autoptr(JsonNode) nearly = json_from_string ("{\"cmd\":{\"NODE_X\":1}}", NULL);
  g_autoptr(GError) error = NULL;
  int peer;
  End *a = end_new (&peer);

  g_assert_false (send_node (a->channel, infinite, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_clear_error (&error);
  g_assert_false (send_node (a->channel, internal, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_assert_nonnull (strstr (error->message, "NODE_X"));
  g_clear_error (&error);
  cproc_channel_set_max_message_size (a->channel, 15);
  g_assert_false (send_node (a->channel, internal, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_MESSAGE_TOO_LARGE);
  g_clear_error (&error);
  assert_reads (peer, "");

  /* What was refused leaves nothing behind. */
  cproc_channel_set_max_message_size (a->channel, 20);
  g_assert_true (send_node (a->channel, nearly, &error));
  g_assert_no_error (error);
  assert_reads (peer, "{\"cmd\":{\"NODE_X\":1}}\n");
  close (peer);
  end_free (a);
}

static void
test_variant (void)
{
  g_autoptr(GError) error = NULL;
  GVariant *large = g_variant_new ("(st)", "x", G_MAXUINT64);
  GVariant *inside;
  int peer;
  End *a = end_new (&peer);

  g_assert_true (send_variant (a->channel, g_variant_new_parsed ("{'foo': <1>, 'bar': <2>}"),
                               &error));
  g_assert_no_error (error);
  g_assert_true (send_variant (a->channel, g_variant_new_string ("x"), &error));
  g_assert_no_error (error);
  g_assert_true (send_variant (a->channel, g_variant_new_uint64 (G_MAXINT64), &error));
  g_assert_no_error (error);
  assert_reads (peer, "{\"foo\":1,\"bar\":2}\n\"x\"\n9223372036854775807\n");

  /* The floating reference is consumed also then. */
  g_variant_ref (large);
  g_assert_false (send_variant (a->channel, large, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_assert_nonnull (strstr (error->message, "18446744073709551615"));
  g_clear_error (&error);
  g_variant_unref (large);

  inside = g_variant_new_parsed ("[<1>, <{'a': <uint64 9223372036854775808>}>]");
  g_assert_false (send_variant (a->channel, inside, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_clear_error (&error);
  g_assert_false (send_variant (a->channel, g_variant_new_double (NAN), &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  assert_reads (peer, "");
  close (peer);
  end_free (a);
}

static void
test_text_refused (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  int peer;
  End *a = end_new (&peer);

  assert_refuses (a->channel, "", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, " ", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "undefined", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "{\"a\":1}\n{\"b\":2}", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "\"a\nb\"", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "\"\xff\"", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "\xef\xbb\xbf" "1", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, deep, CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "{\"cmd\":\"NODE_HANDLE\"}", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "{\"cmd\":\"NODE_\"}", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, " {\"cm\\u0064\" : \"\\u004eODE_X\"}", CPROC_ERROR_INVALID_MESSAGE);
  assert_refuses (a->channel, "{\"cmd\":1,\"cmd\":\"NODE_X\"}", CPROC_ERROR_INVALID_MESSAGE);
  assert_reads (peer, "");
  end_send (a, "{\"cmd\":\"NODE_X\",\"cmd\":1}");
  assert_reads (peer, "{\"cmd\":\"NODE_X\",\"cmd\":1}\n");
  close (peer);
  end_free (a);
}

/* A frame is one line whatever the text looks like. */
static void
test_text_lines (void)
{
  int peer;
  End *a = end_new (&peer);

  end_send (a, "{\n  \"a\": 1,\r\n  \"b\": \"x\\ny\"\n}\n");
  assert_reads (peer, "{   \"a\": 1,    \"b\": \"x\\ny\" }\n");
  close (peer);
  end_free (a);
}

static void
test_size (void)
{
  End *a, *b;
  int peer;

  end_new_pair (&a, &b);
  g_assert_cmpuint (cproc_channel_get_max_message_size (a->channel), ==, 64 * 1024 * 1024);
  cproc_channel_set_max_message_size (a->channel, 5);
  end_send (a, "12345");
  assert_refuses (a->channel, "123456", CPROC_ERROR_MESSAGE_TOO_LARGE);

  cproc_channel_set_max_message_size (b->channel, 4);
  end_send (a, "1234");
  end_send (a, "5");
  run_until (&b->n_messages, 2);
  g_assert_cmpstr (b->log->str, ==, "too large\n1234\n5\n");
  end_free (a);
  end_free (b);

  /* The line end does not count. */
  a = end_new (&peer);
  cproc_channel_set_max_message_size (a->channel, 3);
  write_string (peer, "123\n123\r\n1234\n12 \n1234\r\n");
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "123\n123\ntoo large\n12\ntoo large\ndisconnected\n");
  end_free (a);
}

static void
on_notify (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  GString *log = user_data;

  g_string_append_printf (log, "%s ", pspec->name);
}

static void
test_properties (void)
{
  CprocChannel *channel = cproc_channel_new ();
  g_autoptr(GString) log = g_string_new (NULL);
  gboolean connected, congested;
  guint64 queued, max;
  int fds[2];

  g_signal_connect (channel, "notify", G_CALLBACK (on_notify), log);
  g_object_get (channel, "connected", &connected, "congested", &congested, "queued-bytes", &queued,
                "max-message-size", &max, NULL);
  g_assert_false (connected);
  g_assert_false (congested);
  g_assert_cmpuint (queued, ==, 0);
  g_assert_cmpuint (max, ==, 64 * 1024 * 1024);

  g_object_set (channel, "max-message-size", (guint64) 1000, NULL);
  g_object_set (channel, "max-message-size", (guint64) 1000, NULL);
  g_assert_cmpuint (cproc_channel_get_max_message_size (channel), ==, 1000);
  g_assert_cmpstr (log->str, ==, "max-message-size ");

  g_string_truncate (log, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_assert_true (cproc_channel_open (channel, fds[0], NULL, NULL));
  g_assert_true (cproc_channel_get_connected (channel));
  g_assert_cmpstr (log->str, ==, "connected ");

  g_string_truncate (log, 0);
  cproc_channel_close (channel);
  g_assert_false (cproc_channel_get_connected (channel));
  g_assert_cmpstr (log->str, ==, "connected ");
  run_pending ();
  g_assert_cmpstr (log->str, ==, "connected ");
  close (fds[1]);
  g_assert_finalize_object (channel);
}

static void
test_not_open (void)
{
  CprocChannel *channel = cproc_channel_new ();
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_NULL);
  g_autoptr(GError) error = NULL;

  assert_refuses (channel, "1", CPROC_ERROR_NOT_RUNNING);
  g_assert_false (send_node (channel, node, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);
  g_assert_false (send_variant (channel, g_variant_new_int32 (1), &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_assert_true (cproc_channel_flush (channel, NULL, NULL));
  g_assert_false (cproc_channel_is_open (channel));
  cproc_channel_close (channel);
  cproc_channel_drain (channel);
  g_assert_false (cproc_channel_is_open (channel));
  g_assert_finalize_object (channel);
}

static void
test_open_fails (void)
{
  CprocChannel *channel = cproc_channel_new ();
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  g_assert_false (cproc_channel_open (channel, fds[0], NULL, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (ENOTSOCK));
  g_assert_cmpint (fcntl (fds[0], F_GETFD), ==, -1);
  close (fds[1]);
  g_assert_false (cproc_channel_is_open (channel));
  g_assert_finalize_object (channel);
}

static void
test_set_context (void)
{
  GMainContext *other = g_main_context_new ();
  g_autofree char *large = make_large (3000000);
  int peer;
  End *a = end_new (&peer);

  cproc_channel_set_context (a->channel, other);
  write_string (peer, "1\n");
  run_pending ();
  g_assert_cmpuint (a->n_messages, ==, 0);
  while (a->n_messages < 1)
    g_main_context_iteration (other, TRUE);

  /* What is queued moves too. */
  end_send (a, large);
  cproc_channel_set_context (a->channel, g_main_context_default ());
  while (cproc_channel_get_queued_bytes (a->channel) > 0)
    {
      g_free (read_available (peer));
      run_pending ();
    }

  cproc_channel_set_context (a->channel, other);
  close (peer);
  while (a->n_disconnected == 0)
    g_main_context_iteration (other, TRUE);
  cproc_channel_set_context (a->channel, g_main_context_default ());
  end_free (a);
  g_main_context_unref (other);
}

/* The channel belongs to the thread that opened it, whatever the default context does. */
static gpointer
use_in_thread (gpointer data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  End *a, *b;

  g_main_context_push_thread_default (context);
  end_new_pair (&a, &b);
  end_send (a, "1");
  while (b->n_messages == 0)
    g_main_context_iteration (context, TRUE);
  cproc_channel_close (a->channel);
  while (a->n_disconnected == 0 || b->n_disconnected == 0)
    g_main_context_iteration (context, TRUE);
  end_free (a);
  end_free (b);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("channel", use_in_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
on_slow_message (CprocChannel *channel,
                 CprocMessage *message,
                 gpointer      user_data)
{
  gint64 end = g_get_monotonic_time () + 1000;

  while (g_get_monotonic_time () < end)
    ;
}

static gboolean
on_other (gpointer user_data)
{
  (*(guint *) user_data)++;

  return G_SOURCE_CONTINUE;
}

/* A peer writes without end, and the handlers take their time: the sources by which a window is
 * drawn get their turns, and a second channel too. */
static void
test_bounded_dispatch (void)
{
  int peers[2];
  End *ends[2];
  g_autoptr(GString) many = g_string_new (NULL);
  guint n_others = 0;
  guint id = g_idle_add_full (G_PRIORITY_HIGH_IDLE + 20, on_other, &n_others, NULL);

  for (guint i = 0; i < 100; i++)
    g_string_append (many, "1\n");
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      ends[i] = end_new (&peers[i]);
      g_signal_connect (ends[i]->channel, "message", G_CALLBACK (on_slow_message), NULL);
      write_string (peers[i], many->str);
    }

  while (ends[0]->n_messages < 100 || ends[1]->n_messages < 100)
    {
      guint before = ends[0]->n_messages + ends[1]->n_messages;

      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (ends[0]->n_messages + ends[1]->n_messages - before, <=, 24);
      g_assert_cmpuint (ABS ((int) (ends[0]->n_messages - ends[1]->n_messages)), <=, 48);
    }
  g_assert_cmpuint (n_others, >=, 8);

  g_source_remove (id);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      close (peers[i]);
      end_free (ends[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel/both-ways", test_both_ways);
  g_test_add_func ("/channel/kinds", test_kinds);
  g_test_add_func ("/channel/node", test_node);
  g_test_add_func ("/channel/node-refused", test_node_refused);
  g_test_add_func ("/channel/variant", test_variant);
  g_test_add_func ("/channel/text-refused", test_text_refused);
  g_test_add_func ("/channel/text-lines", test_text_lines);
  g_test_add_func ("/channel/size", test_size);
  g_test_add_func ("/channel/properties", test_properties);
  g_test_add_func ("/channel/not-open", test_not_open);
  g_test_add_func ("/channel/open-fails", test_open_fails);
  g_test_add_func ("/channel/set-context", test_set_context);
  g_test_add_func ("/channel/threads", test_threads);
  g_test_add_func ("/channel/bounded-dispatch", test_bounded_dispatch);

  return g_test_run ();
}
