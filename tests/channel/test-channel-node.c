/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Node at the other end, as child and as parent. Its programs know nothing of libcproc. */

#include "config.h"

#include "channel-util.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>

static char *node;

typedef struct
{
  GSubprocess *subprocess;
  End *end;
} Child;

static Child
child_new (const char *mode,
           const char *argument)
{
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "node", "child.js", NULL);
  g_autoptr(GError) error = NULL;
  int fds[2];
  Child self;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_setenv (launcher, "NODE_CHANNEL_FD", "3", TRUE);
  g_subprocess_launcher_setenv (launcher, "NODE_CHANNEL_SERIALIZATION_MODE", "json", TRUE);
  g_subprocess_launcher_take_fd (launcher, fds[1], 3);
  self.subprocess = g_subprocess_launcher_spawn (launcher, &error, node, script, mode, argument,
                                                 NULL);
  g_assert_no_error (error);
  g_subprocess_launcher_close (launcher);
  self.end = end_new_for_fd (fds[0]);

  return self;
}

/* Returns what it has printed. */
static char *
child_end (Child *self)
{
  g_autoptr(GError) error = NULL;
  char *output = NULL;

  run_until_disconnected (self->end);
  g_subprocess_communicate_utf8 (self->subprocess, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (self->subprocess);
  end_free (self->end);

  return output;
}

static void
send_text (Child      *self,
           const char *json)
{
  g_autoptr(GError) error = NULL;

  send_json (self->end->channel, json, &error);
  g_assert_no_error (error);
}

/* The log ends in this. */
static void
assert_last (Child      *self,
             const char *expected)
{
  if (!g_str_has_suffix (self->end->log->str, expected))
    g_assert_cmpstr (self->end->log->str, ==, expected);
}

static void
test_child_hello (void)
{
  Child child = child_new ("hello", NULL);
  g_autofree char *output = NULL;

  send_text (&child, "\"Hello there!\"");
  run_until (&child.end->n_messages, 1);
  g_assert_cmpstr (child.end->log->str, ==, "{\"foo\":1,\"bar\":2}\n");
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
  g_assert_cmpstr (output, ==, "got a message from master: Hello there!\ndisconnected\n");
}

/* Everything that it can write, the line among them that is no JSON. */
static void
test_child_emits (void)
{
  Child child = child_new ("emit", NULL);
  g_autofree char *output = NULL;

  run_until_disconnected (child.end);
  g_assert_cmpstr (child.end->log->str, ==,
                   "null\ntrue\nfalse\n0\n0\n1.5\n1e+21\n1e-7\n9007199254740991\n"
                   "18446744073709552000\n-100000000000000000000\n\"\"\n\"plain\"\n"
                   "\"a\\u0000b\"\n\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\x7f\"\n"
                   "\"\302\205\u2028\u2029\"\n\"😀\"\n\"\\ud800\"\n\"a\\udc00b\"\n"
                   "[]\n[1,[2,null]]\n{}\n{\"b\":1,\"a\":2,\"\":3}\n{}\n"
                   "null\nnull\n\"1970-01-01T00:00:00.000Z\"\n"
                   "{\"type\":\"Buffer\",\"data\":[97,98]}\n{}\n"
                   "{\"cmd\":\"NODE_\"}\n{\"cmd\":\"node_x\"}\n"
                   "invalid\n\"last\"\ndisconnected\n");
  output = child_end (&child);
}

/* What comes back is what JavaScript makes of what was sent. */
static void
test_child_echoes (void)
{
  static const char * const texts[][2] = {
    { "null", NULL },
    { "true", NULL },
    { "-12.5", NULL },
    { "9007199254740991", NULL },
    { "9007199254740993", "9007199254740992" },
    { "\"\\u0000\"", NULL },
    { "\"\\ud800\"", NULL },
    { "\"\302\205\u2028\u2029😀\"", NULL },
    { "\"\\\"\\\\\\b\\f\\n\\r\\t\"", NULL },
    { "[[],{},null]", NULL },
    { "{\"b\":1,\"a\":{\"c\":[1,2]}}", NULL },
    { "{\n\"x\": 1,\r\n\"y\": 2 }\n", "{\"x\":1,\"y\":2}" },
    { "{\"cmd\":\"node_x\"}", NULL },
  };
  Child child = child_new ("echo", NULL);
  g_autoptr(GString) expected = g_string_new (NULL);
  g_autofree char *output = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      send_text (&child, texts[i][0]);
      g_string_append_printf (expected, "%s\n", texts[i][texts[i][1] != NULL ? 1 : 0]);
    }
  run_until (&child.end->n_messages, G_N_ELEMENTS (texts));
  g_assert_cmpstr (child.end->log->str, ==, expected->str);
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
  g_assert_cmpstr (output, ==, "disconnected\n");
}

/* Both ways at once, more than the buffers hold. */
static void
test_child_much (void)
{
  Child child = child_new ("echo", NULL);
  g_autofree char *large = g_strnfill (2000000, 'x');
  g_autofree char *output = NULL;

  large[0] = large[1999999] = '"';
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *json = g_strdup_printf ("[%u]", i);

      send_text (&child, json);
    }
  send_text (&child, large);
  send_text (&child, large);
  run_until (&child.end->n_messages, 2002);
  g_assert_true (g_str_has_prefix (child.end->log->str, "[0]\n[1]\n[2]\n"));
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
}

static void
test_child_too_large (void)
{
  Child child = child_new ("size", NULL);
  g_autofree char *output = NULL;

  cproc_channel_set_max_message_size (child.end->channel, 1000000);
  send_text (&child, "999998");
  send_text (&child, "999999");
  send_text (&child, "3");
  run_until (&child.end->n_messages, 2);
  g_assert_cmpuint (child.end->log->len, ==, 1000001 + strlen ("too large\n\"xxx\"\n"));
  assert_last (&child, "\"\ntoo large\n\"xxx\"\n");
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
}

static void
test_child_disconnects (void)
{
  Child child = child_new ("leave", NULL);
  g_autofree char *output = NULL;

  send_text (&child, "1");
  run_until_disconnected (child.end);
  g_assert_cmpstr (child.end->log->str, ==, "disconnected\n");
  output = child_end (&child);
  g_assert_cmpstr (output, ==, "disconnected\n");
}

static void
test_child_dies (void)
{
  Child child = child_new ("die", NULL);
  g_autofree char *output = NULL;

  send_text (&child, "1");
  run_until_disconnected (child.end);
  g_assert_false (send_json (child.end->channel, "1", NULL));
  output = child_end (&child);
}

static void
assert_greeting (int         fd,
                 const char *expected)
{
  g_autoptr(GString) text = g_string_new (NULL);
  char buffer[100];
  gssize n;

  g_assert_true (g_unix_set_fd_nonblocking (fd, FALSE, NULL));
  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  g_assert_cmpstr (text->str, ==, expected);
  close (fd);
}

static void
send_socket (Child      *self,
             const char *json,
             GSocket    *socket)
{
  g_autoptr(GError) error = NULL;

  send_json_with_socket (self->end->channel, json, socket, &error);
  g_assert_no_error (error);
}

static GSocket *
new_socket (GSocketFamily family,
            GSocketType   type)
{
  g_autoptr(GError) error = NULL;
  GSocket *socket = g_socket_new (family, type, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);

  return socket;
}

/* It gets objects of its own. */
static void
test_child_gets_socket (void)
{
  Child child = child_new ("greet", NULL);
  g_autoptr(GSocket) socket = NULL;
  g_autofree char *output = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], NULL);
  send_socket (&child, "\"a\"", socket);
  g_socket_close (socket, NULL);
  assert_greeting (fds[1], "socket for a");
  run_until (&child.end->n_messages, 1);
  g_assert_cmpstr (child.end->log->str, ==, "{\"message\":\"a\",\"kind\":\"Socket\"}\n");
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
}

static GSocket *
listen_at (const char *path)
{
  GSocket *server = new_socket (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM);
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr(GError) error = NULL;

  g_socket_bind (server, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (server, &error);
  g_assert_no_error (error);

  return server;
}

static GSocket *
connect_to (const char *path)
{
  GSocket *socket = new_socket (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM);
  g_autoptr(GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr(GError) error = NULL;

  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);

  return socket;
}

static void
test_child_gets_server (void)
{
  Child child = child_new ("greet", NULL);
  g_autofree char *dir = g_dir_make_tmp ("cproc-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "server", NULL);
  g_autoptr(GSocket) server = listen_at (path);
  g_autoptr(GSocket) socket = NULL;
  g_autofree char *output = NULL;

  send_socket (&child, "\"a\"", server);
  g_socket_close (server, NULL);
  socket = connect_to (path);
  assert_greeting (dup (g_socket_get_fd (socket)), "server for a");
  g_socket_close (socket, NULL); /* which it waits for */
  run_until (&child.end->n_messages, 1);
  g_assert_cmpstr (child.end->log->str, ==, "{\"message\":\"a\",\"kind\":\"Server\"}\n");
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
  g_unlink (path);
  g_rmdir (dir);
}

static void
test_child_gets_others (void)
{
  Child child = child_new ("greet", NULL);
  g_autoptr(GSocket) udp = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM);
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autofree char *output = NULL;
  int fds[2];

  send_socket (&child, "1", udp);
  g_assert_cmpint (pipe2 (fds, 0), ==, 0);
  g_unix_fd_list_append (list, fds[0], NULL);
  g_unix_fd_list_append (list, fds[1], NULL);
  g_assert_true (send_json_with_fds (child.end->channel, "2", list, NULL));
  send_text (&child, "3");
  run_until (&child.end->n_messages, 4);
  g_assert_cmpstr (child.end->log->str, ==,
                   "{\"message\":1,\"kind\":\"Socket\"}\n"
                   "{\"message\":2,\"kind\":\"Pipe\"}\n{\"message\":2,\"kind\":\"Pipe\"}\n"
                   "{\"message\":3}\n");
  close (fds[0]);
  close (fds[1]);
  cproc_channel_close (child.end->channel);
  output = child_end (&child);
}

typedef struct
{
  GSocket *connection;
  GSocket *server;
} Given;

static void
on_message_given (CprocChannel *channel,
                  CprocMessage *message,
                  gpointer      user_data)
{
  Given *given = user_data;
  GUnixFDList *list = cproc_message_get_fd_list (message);
  GSocket **socket;

  if (list == NULL)
    return;

  socket = g_str_equal (cproc_message_get_text (message), "\"server\"") ? &given->server
                                                                        : &given->connection;
  *socket = g_socket_new_from_fd (g_unix_fd_list_get (list, 0, NULL), NULL);
  g_assert_nonnull (*socket);
}

/* And gives away its own. */
static void
test_child_gives (void)
{
  g_autofree char *dir = g_dir_make_tmp ("cproc-XXXXXX", NULL);
  g_autofree char *server_path = g_build_filename (dir, "server", NULL);
  g_autofree char *connection_path = g_build_filename (dir, "connection", NULL);
  Child child = child_new ("give", dir);
  Given given = { NULL, NULL };
  g_autoptr(GSocket) client = NULL;
  g_autofree char *output = NULL;
  int listening = 0;

  g_signal_connect (child.end->channel, "message", G_CALLBACK (on_message_given), &given);
  run_until (&child.end->n_messages, 2);
  g_assert_nonnull (strstr (child.end->log->str, "\"server\" +1\n"));
  g_assert_nonnull (strstr (child.end->log->str, "\"ready\"\n"));

  client = connect_to (connection_path);
  run_until (&child.end->n_messages, 3);
  assert_last (&child, "\"connection\" +1\n");
  g_assert_cmpint (g_socket_send (given.connection, "hi", 2, NULL, NULL), ==, 2);
  g_socket_close (given.connection, NULL);
  assert_greeting (dup (g_socket_get_fd (client)), "hi");

  /* Node has the socket too, so Node may accept the connection. */
  g_assert_true (g_socket_get_option (given.server, SOL_SOCKET, SO_ACCEPTCONN, &listening, NULL));
  g_assert_cmpint (listening, ==, 1);

  g_object_unref (given.connection);
  g_object_unref (given.server);
  cproc_channel_close (child.end->channel);
  g_subprocess_force_exit (child.subprocess);
  output = child_end (&child);
  g_unlink (server_path);
  g_unlink (connection_path);
  g_rmdir (dir);
}

/* A program of Node's that is the parent of a libcproc worker and says how it went. */
static void
test_parent (gconstpointer data)
{
  const char *mode = data;
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "node", "parent.js", NULL);
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "channel-peer", NULL);
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;

  subprocess = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                 node, script, mode, program, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (subprocess, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "ok\n");
  g_assert_true (g_subprocess_get_successful (subprocess));
}

/* The worker sees the end and ends too, which closes the standard output that it inherited. */
static void
test_parent_dies (void)
{
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "node", "parent.js", NULL);
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "channel-peer", NULL);
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autofree char *output = NULL;
  g_autoptr(GError) error = NULL;

  subprocess = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                 node, script, "death", program, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (subprocess, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "disconnected\n");
  g_assert_false (g_subprocess_get_successful (subprocess));
}

static void
test_no_node (void)
{
  g_test_skip ("node is not installed");
}

static void
add_tests (void)
{
  static const char * const modes[] = {
    "hello", "forked", "kinds", "kindsNode", "badLine", "childCloses", "sendAndExit", "sockets",
  };

  g_test_add_func ("/channel-node/child/hello", test_child_hello);
  g_test_add_func ("/channel-node/child/emits", test_child_emits);
  g_test_add_func ("/channel-node/child/echoes", test_child_echoes);
  g_test_add_func ("/channel-node/child/much", test_child_much);
  g_test_add_func ("/channel-node/child/too-large", test_child_too_large);
  g_test_add_func ("/channel-node/child/disconnects", test_child_disconnects);
  g_test_add_func ("/channel-node/child/dies", test_child_dies);
  g_test_add_func ("/channel-node/child/gets-socket", test_child_gets_socket);
  g_test_add_func ("/channel-node/child/gets-server", test_child_gets_server);
  g_test_add_func ("/channel-node/child/gets-others", test_child_gets_others);
  g_test_add_func ("/channel-node/child/gives", test_child_gives);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *path = g_strconcat ("/channel-node/parent/", modes[i], NULL);

      g_test_add_data_func (path, modes[i], test_parent);
    }
  g_test_add_func ("/channel-node/parent/dies", test_parent_dies);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  node = g_find_program_in_path ("node");
  if (node != NULL)
    add_tests ();
  else
    g_test_add_func ("/channel-node", test_no_node);

  result = g_test_run ();
  g_free (node);

  return result;
}
