/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Descriptors that go with messages. */

#include "config.h"

#include "channel-util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PART(index, count, msg) "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\"," \
                                "\"index\":" #index ",\"count\":" #count ",\"msg\":" msg "}\n"

static void
open_pipe (int fds[2])
{
  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
}

/* Bytes written at one end of the pipe show that a received descriptor is the right one. */
static void
assert_is_pipe_to (int fd,
                   int read_end)
{
  char c = 0;

  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  g_assert_cmpint (read (read_end, &c, 1), ==, 1);
  g_assert_cmpint (c, ==, 'x');
}

#define N_FDS 50

static void
test_several (void)
{
  guint before = count_fds ();
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GPtrArray) messages = NULL;
  g_autoptr(GError) error = NULL;
  int pipes[N_FDS][2];
  End *a, *b;

  end_new_pair (&a, &b);
  messages = end_keep_messages (b);
  for (guint i = 0; i < N_FDS; i++)
    {
      open_pipe (pipes[i]);
      g_assert_cmpint (g_unix_fd_list_append (list, pipes[i][1], NULL), ==, i);
    }

  g_assert_true (send_json (a->channel, "1", NULL));
  g_assert_true (send_json_with_fds (a->channel, "{\"a\":\n2}", list, &error));
  g_assert_no_error (error);
  g_assert_true (send_json (a->channel, "3", NULL));
  run_until (&b->n_messages, 3);
  g_assert_cmpstr (b->log->str, ==, "1\n{\"a\": 2} +50\n3\n");
  g_assert_null (cproc_message_get_fd_list (messages->pdata[0]));
  for (guint i = 0; i < N_FDS; i++)
    {
      assert_is_pipe_to (peek_fd (messages, 1, i), pipes[i][0]);
      g_assert_cmpint (fcntl (peek_fd (messages, 1, i), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    }

  /* The acknowledgements are nobody's message. */
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "");

  /* The caller's descriptors stay the caller's. All others are closed with the message that holds
   * them. */
  g_assert_cmpint (g_unix_fd_list_get_length (list), ==, N_FDS);
  g_clear_object (&list);
  g_clear_pointer (&messages, g_ptr_array_unref);
  for (guint i = 0; i < N_FDS; i++)
    {
      close (pipes[i][1]);
      g_assert_true (is_closed (pipes[i][0]));
      close (pipes[i][0]);
    }
  end_free (a);
  end_free (b);
  g_assert_cmpuint (count_fds (), ==, before);
}

static void
test_wire (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GError) error = NULL;
  int fds[2], peer;
  End *a = end_new (&peer);

  open_pipe (fds);
  g_unix_fd_list_append (list, fds[1], NULL);
  g_assert_true (send_json_with_fds (a->channel, "1", list, &error));
  assert_reads (peer, HANDLE ("1"));
  g_unix_fd_list_append (list, fds[1], NULL);
  g_assert_true (send_json_with_fds (a->channel, "1", list, &error));
  assert_reads (peer, PART (0, 2, "1") PART (1, 2, "1"));

  /* None is a plain message. */
  g_clear_object (&list);
  list = g_unix_fd_list_new ();
  g_assert_true (send_json_with_fds (a->channel, "1", list, &error));
  g_assert_true (send_json_with_fds (a->channel, "2", NULL, &error));
  assert_reads (peer, "1\n2\n");
  close (fds[0]);
  close (fds[1]);
  close (peer);
  end_free (a);
}

static void
test_refused (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GError) error = NULL;
  guint before = count_fds ();
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC), peer;
  End *a = end_new (&peer);

  g_unix_fd_list_append (list, null, NULL);
  g_assert_false (send_json_with_fds (a->channel, "nonsense", list, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_clear_error (&error);
  g_assert_false (send_json_with_fds (a->channel, "{\"cmd\":\"NODE_X\"}", list, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_clear_error (&error);
  cproc_channel_set_max_message_size (a->channel, 100);
  g_assert_false (send_json_with_fds (a->channel, "[1,2,3]", list, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_MESSAGE_TOO_LARGE);
  g_clear_error (&error);
  cproc_channel_set_max_message_size (a->channel, 1000);

  for (guint i = 1; i < 254; i++)
    g_unix_fd_list_append (list, null, NULL);
  g_assert_false (send_json_with_fds (a->channel, "1", list, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  assert_reads (peer, "");

  cproc_channel_close (a->channel);
  g_clear_object (&list);
  list = g_unix_fd_list_new ();
  g_unix_fd_list_append (list, null, NULL);
  g_assert_false (send_json_with_fds (a->channel, "1", list, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED);
  close (null);
  close (peer);
  end_free (a);
  g_clear_object (&list);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* As many as a message can take, through a queue. */
static void
test_most (void)
{
  guint before = count_fds ();
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GPtrArray) messages = NULL;
  g_autofree char *large = g_strnfill (5000, '1');
  g_autoptr(GError) error = NULL;
  int fds[2];
  End *a, *b;

  end_new_pair (&a, &b);
  messages = end_keep_messages (b);
  open_pipe (fds);
  for (guint i = 0; i < 253; i++)
    g_unix_fd_list_append (list, fds[1], NULL);
  large[0] = large[4999] = '"';
  for (guint i = 0; i < 100; i++)
    end_send (a, large);
  g_assert_true (send_json_with_fds (a->channel, large, list, &error));
  g_assert_no_error (error);
  g_clear_object (&list);
  end_send (a, "1");
  g_assert_true (cproc_channel_get_congested (a->channel));
  run_until (&b->n_messages, 102);
  g_assert_cmpuint (b->n_invalid, ==, 0);
  assert_is_pipe_to (peek_fd (messages, 100, 252), fds[0]);
  close (fds[0]);
  close (fds[1]);
  end_free (a);
  end_free (b);
  g_clear_pointer (&messages, g_ptr_array_unref);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* The other side dies before it has taken them. */
static void
test_queued_and_lost (void)
{
  guint before = count_fds ();
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autofree char *large = g_strnfill (20000, '1');
  int fds[2], peer;
  End *a = end_new (&peer);

  open_pipe (fds);
  for (guint i = 0; i < 100; i++)
    g_unix_fd_list_append (list, fds[1], NULL);
  large[0] = large[19999] = '"';
  g_assert_true (send_json_with_fds (a->channel, large, list, NULL));
  g_clear_object (&list);
  close (fds[1]);
  g_assert_false (is_closed (fds[0]));
  close (peer);
  run_until_disconnected (a);
  g_assert_true (is_closed (fds[0]));
  close (fds[0]);
  end_free (a);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* Writes the text, at each # after what is before it has been read. */
static void
write_parts (int         fd,
             const char *text)
{
  g_auto(GStrv) parts = g_strsplit (text, "#", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (i > 0)
        run_pending ();
      write_string (fd, parts[i]);
    }
}

/* The places where a peer may attach a descriptor: what the peer writes, and which message gets
 * it. */
static void
check_placed (const char *before,
              const char *with_fd,
              const char *behind,
              const char *expected,
              const char *replies,
              gboolean    kept_until_end)
{
  guint n_fds = count_fds ();
  int fds[2], peer;
  End *a = end_new (&peer);

  open_pipe (fds);
  write_parts (peer, before);
  write_with_fds (peer, with_fd, &fds[1], 1);
  close (fds[1]);
  write_parts (peer, behind);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, expected);
  g_assert_cmpint (is_closed (fds[0]), !=, kept_until_end);
  assert_reads (peer, replies);
  close (peer);
  run_until_disconnected (a);
  g_assert_true (is_closed (fds[0]));
  close (fds[0]);
  end_free (a);
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

static void
test_placed (void)
{
  /* On the first byte, as Node does it; behind other frames; on the last byte: always on the last
   * frame of the read that brings it. */
  check_placed ("", HANDLE ("1"), "", "1 +1\n", ACK, FALSE);
  check_placed ("0\n", HANDLE ("1"), "2\n", "0\n1 +1\n2\n", ACK, FALSE);
  check_placed ("", HANDLE ("1") HANDLE ("2"), "", "invalid\n2 +1\n", NACK ACK, FALSE);
  check_placed ("", "{\"cmd\":", "#\"NODE_HANDLE\",\"msg\":1}\n", "1 +1\n", ACK, FALSE);
  check_placed ("{\"cmd\":\"NODE_HANDLE\",\"msg\":1}", "\n", "", "1 +1\n", ACK, FALSE);
  check_placed ("0\n0\n{\"cmd\":\"NODE_HANDLE\",\"ms", "g\":1}\n", "", "0\n0\n1 +1\n", ACK, FALSE);

  /* On another frame, which does not ask for a descriptor: it is closed. */
  check_placed ("", "0\n", "", "0\n", "", FALSE);
  check_placed ("", "0\n", HANDLE ("1"), "0\ninvalid\n", NACK, FALSE);
  check_placed ("", "0\n", "#" HANDLE ("1"), "0\ninvalid\n", NACK, FALSE);
  check_placed (HANDLE ("1"), "0\n", "", "invalid\n0\n", NACK, FALSE);
  check_placed ("", HANDLE ("1") "2\n", "", "invalid\n2\n", NACK, FALSE);
  check_placed ("", "\"a", "#b\"\n#" HANDLE ("1"), "\"ab\"\ninvalid\n", NACK, FALSE);
  check_placed ("", "0\n", "#1\n", "0\n1\n", "", FALSE);
  check_placed ("", "0\n", "#1\n#" HANDLE ("2"), "0\n1\ninvalid\n", NACK, FALSE);
  check_placed ("", "\"a", "", "", "", TRUE);
  check_placed ("", "\"a", "#b\"\n", "\"ab\"\n", "", FALSE);
  check_placed ("", "\"a", "#b\"\n#1\n", "\"ab\"\n1\n", "", FALSE);
  check_placed ("", "broken\n", "#broken\n", "invalid\ninvalid\n", "", FALSE);

  /* Too late. */
  check_placed (HANDLE ("1") "#", "0\n", "0\n", "invalid\n0\n0\n", NACK, FALSE);

  /* Node's own mistake when it sends again. */
  check_placed ("", HANDLE ("{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":1}"), "",
                "1 +1\n", ACK, FALSE);

  /* Nothing of the protocol's comes out. */
  check_placed ("", HANDLE ("{\"cmd\":\"NODE_X\"}"), "", "invalid\n", ACK, FALSE);
  check_placed ("", "{\"cmd\":\"NODE_HANDLE\"}\n", "", "invalid\n", ACK, FALSE);
  check_placed ("", "{\"cmd\":\"NODE_X\"}\n", "#1\n", "1\n", "", FALSE);

  /* A type that is not known is no reason. */
  check_placed ("", "{\"cmd\":\"NODE_HANDLE\",\"type\":\"new\",\"msg\":{}}\n", "", "{} +1\n", ACK,
                FALSE);
}

/* A frame with a descriptor in two writes of every length, between frames without one. */
static void
check_cut (const char *frame,
           const char *expected,
           gsize       cut,
           gboolean    in_two_reads)
{
  g_autofree char *first = g_strndup (frame, cut);
  int fds[2], peer;
  End *a = end_new (&peer);
  g_autoptr(GPtrArray) messages = end_keep_messages (a);

  open_pipe (fds);
  write_string (peer, HANDLE ("0") "0\n");
  write_with_fds (peer, first, &fds[1], 1);
  if (in_two_reads)
    run_pending ();
  if (frame[cut] != '\0')
    write_string (peer, frame + cut);
  write_string (peer, HANDLE ("3") "3\n");
  run_until (&a->n_invalid, 2);
  run_until (&a->n_messages, 3);
  g_assert_cmpstr (a->log->str, ==, expected);
  assert_is_pipe_to (peek_fd (messages, 1, 0), fds[0]);
  close (fds[0]);
  close (fds[1]);
  close (peer);
  end_free (a);
}

static void
test_cut (void)
{
  const char *frame = HANDLE ("1");

  for (gsize cut = 1; cut <= strlen (frame); cut++)
    {
      check_cut (frame, "invalid\n0\n1 +1\ninvalid\n3\n", cut, FALSE);
      check_cut (frame, "invalid\n0\n1 +1\ninvalid\n3\n", cut, TRUE);
    }
}

static void
test_parts (void)
{
  guint before = count_fds ();
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC), peer;
  End *a = end_new (&peer);

  write_with_fds (peer, PART (0, 2, "1"), &null, 1);
  write_with_fds (peer, PART (1, 2, "1"), &null, 1);
  run_until (&a->n_messages, 1);

  /* Plain messages between them, and a handle that is whole, are delivered. */
  write_with_fds (peer, PART (0, 2, "2"), &null, 1);
  write_string (peer, "3\n");
  write_with_fds (peer, HANDLE ("4"), &null, 1);
  write_with_fds (peer, PART (1, 2, "2"), &null, 1);
  run_until (&a->n_messages, 4);

  /* Another begins: the first is dropped. */
  write_with_fds (peer, PART (0, 3, "5"), &null, 1);
  write_with_fds (peer, PART (1, 3, "5"), &null, 1);
  write_with_fds (peer, PART (0, 2, "6"), &null, 1);
  write_with_fds (peer, PART (1, 2, "6"), &null, 1);
  run_until (&a->n_messages, 5);

  /* Not the one that is due. */
  write_with_fds (peer, PART (1, 2, "7"), &null, 1);
  write_with_fds (peer, PART (0, 3, "8"), &null, 1);
  write_with_fds (peer, PART (2, 3, "8"), &null, 1);
  write_with_fds (peer, PART (0, 3, "9"), &null, 1);
  write_with_fds (peer, PART (1, 4, "9"), &null, 1);

  /* One of its descriptors is missing. */
  write_with_fds (peer, PART (0, 2, "10"), &null, 1);
  write_string (peer, PART (1, 2, "10"));
  run_pending ();

  /* Numbers that are not descriptors are ignored. */
  write_with_fds (peer, PART (2, 2, "11"), &null, 1);
  write_with_fds (peer, PART (-1, 2, "12"), &null, 1);
  write_with_fds (peer, PART (0, 254, "13"), &null, 1);
  write_with_fds (peer, PART (0, 1, "14"), &null, 1);
  write_with_fds (peer, PART (0.0, "2", "15"), &null, 1);
  run_until (&a->n_messages, 10);

  /* The end comes first. */
  write_with_fds (peer, PART (0, 2, "16"), &null, 1);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==,
                   "1 +2\n3\n4 +1\n2 +2\ninvalid\n6 +2\ninvalid\ninvalid\ninvalid\ninvalid\n"
                   "11 +1\n12 +1\n13 +1\n14 +1\n15 +1\ninvalid\ndisconnected\n");
  close (null);
  end_free (a);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* A thousand descriptors at once, repeatedly, on frames that want none. */
static void
test_flood (void)
{
  guint before = count_fds ();
  int fds[253], null = open ("/dev/null", O_RDWR | O_CLOEXEC), peer;
  End *a = end_new (&peer);

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = null;

  for (guint round = 0; round < 20; round++)
    {
      for (guint i = 0; i < 4; i++)
        write_with_fds (peer, "\"x", fds, G_N_ELEMENTS (fds));
      run_pending ();
      g_assert_cmpuint (count_fds (), <=, before + 3 + 64);
    }
  write_string (peer, "\"\n1\n");
  run_until (&a->n_invalid, 1);
  run_until (&a->n_messages, 1);
  g_assert_cmpuint (count_fds (), ==, before + 3);

  /* Two descriptors in one write: the last frame has the first of them, no other frame has one. */
  write_with_fds (peer, HANDLE ("1") HANDLE ("2") HANDLE ("3"), fds, 2);
  run_until (&a->n_invalid, 3);
  run_pending ();
  g_assert_cmpstr (a->log->str, ==, "invalid\n1\ninvalid\ninvalid\n3 +1\n");
  g_assert_cmpuint (count_fds (), ==, before + 3);

  /* And what waits at the end. */
  write_with_fds (peer, "1\n", fds, G_N_ELEMENTS (fds));
  run_until (&a->n_messages, 3);
  write_with_fds (peer, "\"1", fds, G_N_ELEMENTS (fds));
  run_pending ();
  g_assert_cmpuint (count_fds (), ==, before + 4);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpuint (count_fds (), ==, before + 1);
  end_free (a);
  close (null);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* What comes after a close is closed. */
static void
test_after_close (void)
{
  guint before = count_fds ();
  g_autofree char *large = g_strnfill (1000000, '1');
  int fds[2], peer;
  End *a = end_new (&peer);

  open_pipe (fds);
  large[0] = large[999999] = '"';
  g_assert_true (send_json (a->channel, large, NULL));

  /* And what is waiting for its frame then. */
  write_string (peer, "0\n");
  write_with_fds (peer, "\"1", &fds[1], 1);
  run_pending ();
  close (fds[1]);
  g_assert_false (is_closed (fds[0]));
  cproc_channel_close (a->channel);
  g_assert_true (is_closed (fds[0]));
  close (fds[0]);

  open_pipe (fds);
  write_with_fds (peer, HANDLE ("1"), &fds[1], 1);
  close (fds[1]);
  run_pending ();
  g_assert_true (is_closed (fds[0]));
  close (fds[0]);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "0\ndisconnected\n");
  end_free (a);
  g_assert_cmpuint (count_fds (), ==, before);
}

/* Where the descriptor lies when it is closed. */
typedef enum
{
  LINGERS_ON_PLAIN_MESSAGE,
  LINGERS_IN_MESSAGE,
  LINGERS_IN_PART,
  LINGERS_IN_SOCKET,
  LINGERS_AFTER_CLOSE,
  N_LINGERS
} Lingers;

static void
let_linger (End     *a,
            int      peer,
            Lingers  where,
            int      fd)
{
  static const char * const frames[] = { "1\n", HANDLE ("1"), PART (0, 2, "1"), "1\n", "1\n" };

  if (where == LINGERS_AFTER_CLOSE)
    {
      g_autofree char *large = make_large (1000000);

      end_send (a, large);
      cproc_channel_close (a->channel);
    }

  write_with_fds (peer, frames[where], &fd, 1);
  close (fd);

  if (where == LINGERS_IN_SOCKET)
    cproc_channel_close (a->channel);
  else if (where == LINGERS_AFTER_CLOSE)
    run_pending ();
  else if (where == LINGERS_IN_PART)
    write_string (peer, "2\n");

  if (where == LINGERS_ON_PLAIN_MESSAGE || where == LINGERS_IN_MESSAGE || where == LINGERS_IN_PART)
    run_until (&a->n_messages, 1);

  close (peer);
  run_until_disconnected (a);
}

/* close() of each of these takes an hour: in the main loop the test would not end. It goes on when
 * the connection is reset. */
static void
test_lingering (void)
{
  guint before = count_fds ();

  for (guint where = 0; where < N_LINGERS; where++)
    {
      int listener, peer;
      int fd = make_lingering_socket (&listener);
      End *a = end_new (&peer);

      let_linger (a, peer, where, fd);
      end_free (a);
      close (listener);
    }

  g_assert_cmpuint (count_fds (), ==, before);
}

/* This process has no descriptor left: the message is refused and reported, and the next one
 * arrives. */
static void
test_no_numbers_left (void)
{
  struct rlimit limit, low;
  int null, peer;
  End *a;

  if (skip_on_valgrind ())
    return;

  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  a = end_new (&peer);

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  low = limit;
  low.rlim_cur = 3;
  write_with_fds (peer, HANDLE ("1"), &null, 1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  run_until (&a->n_invalid, 1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  run_pending ();
  assert_reads (peer, NACK);
  write_with_fds (peer, HANDLE ("2"), &null, 1);
  run_until (&a->n_messages, 1);
  g_assert_cmpstr (a->log->str, ==, "invalid\n2 +1\n");
  close (null);
  close (peer);
  end_free (a);
}

/* A descriptor that cannot be duplicated is an error before anything is sent. */
static void
test_no_numbers_to_send (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GError) error = NULL;
  struct rlimit limit, low;
  int null, peer;
  End *a;

  if (skip_on_valgrind ())
    return;

  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  a = end_new (&peer);

  g_unix_fd_list_append (list, null, NULL);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  low = limit;
  low.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  g_assert_false (send_json_with_fds (a->channel, "1", list, &error));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  assert_reads (peer, "");
  close (null);
  close (peer);
  end_free (a);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-fds/several", test_several);
  g_test_add_func ("/channel-fds/wire", test_wire);
  g_test_add_func ("/channel-fds/refused", test_refused);
  g_test_add_func ("/channel-fds/most", test_most);
  g_test_add_func ("/channel-fds/queued-and-lost", test_queued_and_lost);
  g_test_add_func ("/channel-fds/placed", test_placed);
  g_test_add_func ("/channel-fds/cut", test_cut);
  g_test_add_func ("/channel-fds/parts", test_parts);
  g_test_add_func ("/channel-fds/flood", test_flood);
  g_test_add_func ("/channel-fds/after-close", test_after_close);
  g_test_add_func ("/channel-fds/lingering", test_lingering);
  g_test_add_func ("/channel-fds/no-numbers-left", test_no_numbers_left);
  g_test_add_func ("/channel-fds/no-numbers-to-send", test_no_numbers_to_send);

  return g_test_run ();
}
