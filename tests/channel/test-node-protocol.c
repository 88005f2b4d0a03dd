/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tests the frames of the protocol itself, and Node's sockets. */

#include "config.h"

#include "channel-util.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static GSocket *
new_socket (GSocketFamily family,
            GSocketType   type)
{
  g_autoptr(GError) error = NULL;
  GSocket *socket = g_socket_new (family, type, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);

  return socket;
}

static void
check_socket (GSocket    *socket,
              const char *expected)
{
  g_autoptr(GError) error = NULL;
  int peer;
  End *a = end_new (&peer);

  g_assert_true (send_json_with_socket (a->channel, "1", socket, &error));
  g_assert_no_error (error);
  g_assert_false (g_socket_is_closed (socket));
  assert_reads (peer, expected);
  close (peer);
  end_free (a);
}

static void
test_socket (void)
{
  g_autoptr(GSocket) server = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM);
  g_autoptr(GSocket) fresh = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM);
  g_autoptr(GSocket) udp = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM);
  g_autoptr(GSocket) unix_datagram = new_socket (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM);
  g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr(GSocket) connected = NULL;
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_socket_bind (server, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (server, &error);
  g_assert_no_error (error);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  connected = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);

  check_socket (server, "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":1}\n");
  check_socket (connected, "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":1}\n");
  check_socket (fresh, HANDLE ("1"));
  check_socket (udp, "{\"cmd\":\"NODE_HANDLE\",\"type\":\"dgram.Socket\",\"dgramType\":\"udp4\","
                     "\"msg\":1}\n");
  check_socket (unix_datagram, HANDLE ("1"));
  close (fds[1]);
}

static void
test_socket_arrives (void)
{
  guint before = count_fds ();
  g_autoptr(GPtrArray) messages = NULL;
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GError) error = NULL;
  End *a, *b;
  int fds[2];

  end_new_pair (&a, &b);
  messages = end_keep_messages (b);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  g_assert_true (send_json_with_socket (a->channel, "\"connection\"", socket, &error));
  g_socket_close (socket, NULL);
  run_until (&b->n_messages, 1);
  g_assert_cmpstr (b->log->str, ==, "\"connection\" +1\n");
  write_string (peek_fd (messages, 0, 0), "hello");
  assert_reads (fds[1], "hello");
  close (fds[1]);
  end_free (a);
  end_free (b);
  g_clear_pointer (&messages, g_ptr_array_unref);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* Node's parent waits for these before it closes a server. */
static void
test_node_questions (void)
{
  g_autofree char *long_key = g_strnfill (3000, 'k');
  g_autofree char *question = NULL;
  int peer;
  End *a = end_new (&peer);

  write_string (peer, "{\"cmd\":\"NODE_SOCKET_GET_COUNT\",\"key\":\"4:127.0.0.1:0\"}\n");
  run_pending ();
  assert_reads (peer, "{\"cmd\":\"NODE_SOCKET_COUNT\",\"key\":\"4:127.0.0.1:0\",\"count\":0}\n");
  write_string (peer, "{\"cmd\":\"NODE_SOCKET_NOTIFY_CLOSE\",\"key\":\"\\u0034\"}\n");
  run_pending ();
  assert_reads (peer, "{\"cmd\":\"NODE_SOCKET_ALL_CLOSED\",\"key\":\"\\u0034\"}\n");

  /* Without a key, or with a key that is far too long, there is nothing to answer. */
  question = g_strdup_printf ("{\"cmd\":\"NODE_SOCKET_GET_COUNT\",\"key\":\"%s\"}\n", long_key);
  write_string (peer, question);
  write_string (peer, "{\"cmd\":\"NODE_SOCKET_GET_COUNT\"}\n");
  write_string (peer, ACK NACK ACK "{\"cmd\":\"NODE_CLUSTER\",\"seq\":1}\n");
  write_string (peer, "{\"cmd\":\"NODE_NEW\"}\n");
  write_string (peer, "{\"cmd\":\"NODE_\"}\n{\"cmd\":\"node_x\"}\n");
  run_until (&a->n_messages, 2);
  assert_reads (peer, "");
  g_assert_cmpstr (a->log->str, ==, "{\"cmd\":\"NODE_\"}\n{\"cmd\":\"node_x\"}\n");
  close (peer);
  end_free (a);
}

/* A peer that makes us answer and does not read the answers. */
static void
test_replies_are_bounded (void)
{
  g_autoptr(GString) many = g_string_new (NULL);
  g_autoptr(GString) replies = g_string_new (NULL);
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC), peer;
  End *a = end_new (&peer);
  gsize n_acks = 0;

  for (guint i = 0; i < 1000; i++)
    g_string_append (many, "{\"cmd\":\"NODE_SOCKET_GET_COUNT\",\"key\":\"4:127.0.0.1:0\"}\n");
  for (guint i = 0; i < 100; i++)
    {
      write_string (peer, many->str);
      run_pending ();
      g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), <, 65536);
    }

  for (guint i = 0; i < 10000; i++)
    {
      write_with_fds (peer, HANDLE ("1"), &null, 1);
      if (i % 20 == 0)
        run_pending ();
    }
  run_until (&a->n_messages, 10000);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), <, 65536);

  /* Every acknowledgement comes when it is read at last. */
  for (;;)
    {
      g_autofree char *text = read_available (peer);

      if (*text == '\0')
        break;
      g_string_append (replies, text);
      run_pending ();
    }
  for (const char *p = replies->str; (p = strstr (p, "_ACK")) != NULL; p++)
    n_acks++;
  g_assert_cmpuint (n_acks, ==, 10000);
  g_assert_true (g_str_has_suffix (replies->str, ACK));
  close (null);
  close (peer);
  end_free (a);
}

/* Reads everything, and counts the descriptors. */
static guint
count_received (int peer)
{
  g_autofree char *data = g_malloc (65536);
  guint n_fds = 0;
  gssize n;

  for (;;)
    {
      union
      {
        struct cmsghdr align;
        char buffer[CMSG_SPACE (16 * sizeof (int))];
      } control;
      struct iovec iov = { data, 65536 };
      struct msghdr header = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
      };

      run_pending ();
      n = recvmsg (peer, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (n <= 0)
        return n_fds;

      if (header.msg_controllen > 0)
        {
          g_assert_cmpuint (control.align.cmsg_len, ==, CMSG_LEN (sizeof (int)));
          close (*(int *) (void *) CMSG_DATA (&control.align));
          n_fds++;
        }
    }
}

/* A handle that takes more than one call to write has its descriptor on the first byte only. */
static void
test_handle_in_parts (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC), peer;
  g_autofree char *large = make_large (1000000);
  End *a = end_new (&peer);

  g_unix_fd_list_append (list, null, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (send_json_with_fds (a->channel, large, list, NULL));
      end_send (a, large);
    }
  g_assert_cmpuint (count_received (peer), ==, 2);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  close (null);
  close (peer);
  end_free (a);
}

/* Two sides that send each other more handles than there is room for acknowledgements do not
 * deadlock. */
static void
test_both_ways (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  g_autofree char *large = g_strnfill (1000, '1');
  End *a, *b;

  end_new_pair (&a, &b);
  g_unix_fd_list_append (list, null, NULL);
  large[0] = large[999] = '"';
  for (guint i = 0; i < 300; i++)
    {
      g_assert_true (send_json_with_fds (a->channel, large, list, NULL));
      g_assert_true (send_json_with_fds (b->channel, large, list, NULL));
    }
  run_until (&a->n_messages, 300);
  run_until (&b->n_messages, 300);
  run_pending ();
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  g_assert_cmpuint (cproc_channel_get_queued_bytes (b->channel), ==, 0);
  g_assert_cmpuint (a->n_invalid + b->n_invalid, ==, 0);
  close (null);
  end_free (a);
  end_free (b);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/node-protocol/socket", test_socket);
  g_test_add_func ("/node-protocol/socket-arrives", test_socket_arrives);
  g_test_add_func ("/node-protocol/node-questions", test_node_questions);
  g_test_add_func ("/node-protocol/replies-are-bounded", test_replies_are_bounded);
  g_test_add_func ("/node-protocol/handle-in-parts", test_handle_in_parts);
  g_test_add_func ("/node-protocol/both-ways", test_both_ways);

  return g_test_run ();
}
