/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of the channel that a worker gets, seen from its parent. */

#include "config.h"

#include "channel-util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GSubprocess *subprocess;
  End *end;
} Peer;

/* fd: the value of the variable; the socket is at 3 in the child. */
static GSubprocess *
spawn (const char *mode,
       const char *fd,
       const char *serialization,
       int         socket)
{
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "channel-peer", NULL);
  g_autoptr(GError) error = NULL;
  GSubprocess *subprocess;

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  if (fd != NULL)
    g_subprocess_launcher_setenv (launcher, "NODE_CHANNEL_FD", fd, TRUE);
  else
    g_subprocess_launcher_unsetenv (launcher, "NODE_CHANNEL_FD");
  if (serialization != NULL)
    g_subprocess_launcher_setenv (launcher, "NODE_CHANNEL_SERIALIZATION_MODE", serialization, TRUE);
  if (socket >= 0)
    g_subprocess_launcher_take_fd (launcher, socket, 3);
  subprocess = g_subprocess_launcher_spawn (launcher, &error, path, mode, NULL);
  g_assert_no_error (error);
  g_subprocess_launcher_close (launcher);

  return subprocess;
}

static Peer
peer_new (const char *mode)
{
  int fds[2];
  Peer self;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  self.subprocess = spawn (mode, "3", "json", fds[1]);
  self.end = end_new_for_fd (fds[0]);

  return self;
}

static char *
peer_end (Peer *self)
{
  g_autoptr(GError) error = NULL;
  char *output = NULL;

  g_subprocess_communicate_utf8 (self->subprocess, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (self->subprocess));
  g_object_unref (self->subprocess);
  end_free (self->end);

  return output;
}

static void
send_text (Peer       *self,
           const char *json)
{
  g_autoptr(GError) error = NULL;

  send_json (self->end->channel, json, &error);
  g_assert_no_error (error);
}

static void
test_hello (void)
{
  Peer peer = peer_new ("hello");
  g_autofree char *output = NULL;

  send_text (&peer, "\"Hello there!\"");
  run_until (&peer.end->n_messages, 1);
  g_assert_cmpstr (peer.end->log->str, ==, "{\"foo\":1,\"bar\":2}\n");
  cproc_channel_close (peer.end->channel);
  run_until_disconnected (peer.end);
  output = peer_end (&peer);
  g_assert_cmpstr (output, ==, "got a message from master: Hello there!\ndisconnected\n");
}

static void
test_environment (void)
{
  Peer peer = peer_new ("environment");
  g_autofree char *output = NULL;

  run_until_disconnected (peer.end);
  g_assert_cmpstr (peer.end->log->str, ==,
                   "{\"fd\":false,\"mode\":false,\"cloexec\":true,\"nonblocking\":true,"
                   "\"same\":true}\ndisconnected\n");
  output = peer_end (&peer);
}

/* Neither the tree nor the text in between changes a number. */
static void
test_exact_numbers (void)
{
  Peer peer = peer_new ("echo-node");
  g_autofree char *output = NULL;

  send_text (&peer, "[9223372036854775807,-9223372036854775808,9007199254740993,0.1,"
                    "4.94065645841247e-324,1.7976931348623157e308,0]");
  send_text (&peer, "{\"z\":1,\"a\":{\"\":[]},\"m\":\"\\u0000\\ud800\"}");
  run_until (&peer.end->n_messages, 2);
  g_assert_cmpstr (peer.end->log->str, ==,
                   "[9223372036854775807,-9223372036854775808,9007199254740993,0.1,"
                   "4.94065645841247e-324,1.7976931348623157e+308,0]\n"
                   "{\"z\":1,\"a\":{\"\":[]},\"m\":\"\357\277\275\357\277\275\"}\n");
  cproc_channel_close (peer.end->channel);
  output = peer_end (&peer);
}

static void
test_invalid (void)
{
  g_autofree char *expected =
    g_strdup_printf ("{\"invalid\":%d}\n1\n", CPROC_ERROR_INVALID_MESSAGE);
  int fds[2];
  g_autofree char *output = NULL;
  Peer peer;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  write_string (fds[0], "undefined\n");
  peer.subprocess = spawn ("echo", "3", NULL, fds[1]);
  peer.end = end_new_for_fd (fds[0]);
  send_text (&peer, "1");
  run_until (&peer.end->n_messages, 2);
  g_assert_cmpstr (peer.end->log->str, ==, expected);
  cproc_channel_close (peer.end->channel);
  output = peer_end (&peer);
}

static void
test_fds (void)
{
  Peer peer = peer_new ("echo");
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autofree char *output = NULL;
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  for (guint i = 0; i < 20; i++)
    g_unix_fd_list_append (list, null, NULL);
  close (null);
  g_assert_true (send_json_with_fds (peer.end->channel, "\"these\"", list, NULL));
  g_clear_object (&list);
  run_until (&peer.end->n_messages, 1);
  g_assert_cmpstr (peer.end->log->str, ==, "\"these\" +20\n");
  cproc_channel_close (peer.end->channel);
  output = peer_end (&peer);
}

/* It sends 4 MB and returns from main(): all of it comes. */
static void
test_send_and_exit (void)
{
  Peer peer = peer_new ("send-and-exit");
  g_autofree char *output = NULL;

  run_until_disconnected (peer.end);
  g_assert_cmpuint (peer.end->n_messages, ==, 4000);
  g_assert_cmpuint (peer.end->n_invalid, ==, 0);
  output = peer_end (&peer);
}

/* Also while this side writes to it as much and lets nothing out, with nobody to read that: it may
 * end before that is written, but not before what it sent is. */
static void
test_send_and_exit_both (void)
{
  Peer peer = peer_new ("send-and-exit");
  g_autofree char *large = g_strnfill (4000000, 'x');
  g_autoptr(GError) error = NULL;
  g_autofree char *output = NULL;

  large[0] = large[3999999] = '"';
  send_text (&peer, large);
  if (!cproc_channel_flush (peer.end->channel, NULL, &error))
    g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  run_until_disconnected (peer.end);
  g_assert_cmpuint (peer.end->n_messages, ==, 4000);
  output = peer_end (&peer);
}

/* This side does not read, and then ends: the worker ends. */
static void
test_exit_and_parent_gone (void)
{
  Peer peer = peer_new ("send-and-exit");
  g_autofree char *output = NULL;

  run_until (&peer.end->n_messages, 1);
  cproc_channel_close (peer.end->channel);
  run_until_disconnected (peer.end);
  g_assert_true (g_subprocess_wait (peer.subprocess, NULL, NULL));
  output = peer_end (&peer);
}

static void
test_burst_and_exit (void)
{
  Peer peer = peer_new ("burst-and-exit");
  g_autofree char *output = NULL;

  send_text (&peer, "1");
  run_until_disconnected (peer.end);
  g_assert_cmpuint (peer.end->n_messages, ==, 1000);
  g_assert_cmpuint (peer.end->n_invalid, ==, 0);
  output = peer_end (&peer);
}

/* A parent that does not read does not keep the worker from ending. */
static void
test_exit_unread (void)
{
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  subprocess = spawn ("exit-unread", "3", "json", fds[1]);
  g_subprocess_wait (subprocess, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (subprocess));
  text = read_available (fds[0]);
  g_assert_true (g_str_has_prefix (text, "[0,\"xxx"));
  close (fds[0]);
}

static void
test_fork_writes_nothing (void)
{
  Peer peer = peer_new ("fork");
  g_autofree char *output = NULL;

  run_until_disconnected (peer.end);
  g_assert_cmpuint (peer.end->n_messages, ==, 4000);
  g_assert_cmpuint (peer.end->n_invalid, ==, 0);
  output = peer_end (&peer);
}

static void
test_exit_in_thread (void)
{
  Peer peer = peer_new ("exit-in-thread");
  g_autofree char *output = NULL;

  send_text (&peer, "1");
  run_until_disconnected (peer.end);
  g_assert_cmpstr (peer.end->log->str, ==, "\"exiting\"\ndisconnected\n");
  output = peer_end (&peer);
}

static void
test_worker_closes (void)
{
  Peer peer = peer_new ("close");
  g_autofree char *output = NULL;

  send_text (&peer, "1");
  send_text (&peer, "2");
  run_until_disconnected (peer.end);
  g_assert_cmpstr (peer.end->log->str, ==, "1\ndisconnected\n");
  output = peer_end (&peer);
  g_assert_cmpstr (output, ==, "disconnected\n");
}

static void
check_error (const char *fd,
             const char *serialization,
             gboolean    with_socket,
             const char *expected)
{
  g_autoptr(GSubprocess) subprocess = NULL;
  g_autofree char *output = NULL;
  int fds[2] = { -1, -1 };

  if (with_socket)
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  subprocess = spawn ("error", fd, serialization, fds[1]);
  g_assert_true (g_subprocess_communicate_utf8 (subprocess, NULL, NULL, &output, NULL, NULL));
  g_assert_true (g_subprocess_get_successful (subprocess));
  if (!g_str_has_prefix (output, expected))
    g_assert_cmpstr (output, ==, expected);
  if (with_socket)
    close (fds[0]);
}

static void
test_errors (void)
{
  g_autofree char *argument = g_strdup_printf ("g-io-error-quark %d ", G_IO_ERROR_INVALID_ARGUMENT);
  g_autofree char *not_socket = g_strdup_printf ("g-io-error-quark %d ",
                                                 g_io_error_from_errno (ENOTSOCK));
  g_autofree char *bad = g_strdup_printf ("g-io-error-quark %d ", g_io_error_from_errno (EBADF));
  g_autofree char *mode = g_strdup_printf ("cproc-error-quark %d ", CPROC_ERROR_NOT_SUPPORTED);

  check_error (NULL, NULL, FALSE, "no channel\n");
  check_error ("", "json", FALSE, "no channel\n");
  check_error ("3", "json", TRUE, "a channel\n");
  check_error ("3", "", TRUE, "a channel\n");
  check_error ("3", NULL, TRUE, "a channel\n");
  check_error ("3", "advanced", TRUE, mode);
  check_error ("3", "xml", TRUE, mode);
  check_error ("abc", "json", TRUE, argument);
  check_error ("-1", "json", TRUE, argument);
  check_error ("+3", "json", TRUE, argument);
  check_error (" 3", "json", TRUE, argument);
  check_error ("3 ", "json", TRUE, argument);
  check_error ("0x3", "json", TRUE, argument);
  check_error ("99999999999999999999", "json", TRUE, argument);
  check_error ("4294967299", "json", TRUE, argument);
  check_error ("1000000", "json", TRUE, bad);
  check_error ("1", "json", TRUE, not_socket);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-parent/hello", test_hello);
  g_test_add_func ("/channel-parent/environment", test_environment);
  g_test_add_func ("/channel-parent/exact-numbers", test_exact_numbers);
  g_test_add_func ("/channel-parent/invalid", test_invalid);
  g_test_add_func ("/channel-parent/fds", test_fds);
  g_test_add_func ("/channel-parent/send-and-exit", test_send_and_exit);
  g_test_add_func ("/channel-parent/send-and-exit/both", test_send_and_exit_both);
  g_test_add_func ("/channel-parent/send-and-exit/parent-gone", test_exit_and_parent_gone);
  g_test_add_func ("/channel-parent/burst-and-exit", test_burst_and_exit);
  g_test_add_func ("/channel-parent/exit-unread", test_exit_unread);
  g_test_add_func ("/channel-parent/fork", test_fork_writes_nothing);
  g_test_add_func ("/channel-parent/exit-in-thread", test_exit_in_thread);
  g_test_add_func ("/channel-parent/worker-closes", test_worker_closes);
  g_test_add_func ("/channel-parent/errors", test_errors);

  return g_test_run ();
}
