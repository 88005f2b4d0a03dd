/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer that means harm, or knows no better. */

#include "config.h"

#include "channel-util.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Writes what it can without blocking, reading nothing, and lets the channel have its turn. */
static void
pour (End        *end,
      int         peer,
      const char *data,
      gsize       length)
{
  while (length > 0)
    {
      gssize n = send (peer, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n > 0)
        {
          data += n;
          length -= n;
        }
      else
        {
          g_main_context_iteration (NULL, TRUE);
        }
    }
  run_pending ();
}

static void
check (const char *text,
       const char *expected)
{
  int peer;
  End *a = end_new (&peer);

  pour (a, peer, text, strlen (text));
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, expected);
  end_free (a);
}

static void
test_invalid (void)
{
  check ("undefined\n1\n", "invalid\n1\ndisconnected\n");
  check ("\n \n\t\n\r\n1\n", "invalid\ninvalid\ninvalid\ninvalid\n1\ndisconnected\n");
  check ("{bad}\n{\"next\":1}\n", "invalid\n{\"next\":1}\ndisconnected\n");
  check ("1 2\n[1\n2]\n3\n", "invalid\ninvalid\ninvalid\n3\ndisconnected\n");
  check ("\xef\xbb\xbf" "1\n2\n", "invalid\n2\ndisconnected\n");
  check ("\"\xed\xa0\x80\"\n\"\xff\"\n1\n", "invalid\ninvalid\n1\ndisconnected\n");
  check ("NaN\n'a'\n01\n[1,]\n\"\t\"\n// x\n1e400\n1\n",
         "invalid\ninvalid\ninvalid\ninvalid\ninvalid\ninvalid\ninvalid\n1\ndisconnected\n");
  check ("{\"cmd\":\"NODE_X\"\n1\n", "invalid\n1\ndisconnected\n");
}

/* What a peer may do and others do not. */
static void
test_tolerated (void)
{
  check (" \t[1, 2]\t \r\n1\r\n", "[1, 2]\n1\ndisconnected\n");
  check ("{\"a\":1,\"a\":2}\n", "{\"a\":1,\"a\":2}\ndisconnected\n");
  check ("\"\\ud800\"\n", "\"\\ud800\"\ndisconnected\n");
}

static void
test_nul (void)
{
  int peer;
  End *a = end_new (&peer);

  pour (a, peer, "1\0\n\0\n\"a\0b\"\n2\n", 14);
  g_assert_cmpstr (a->log->str, ==, "invalid\ninvalid\ninvalid\n2\n");
  close (peer);
  end_free (a);
}

static void
test_internal_disguised (void)
{
  check ("{\"cmd\":\"NODE_X\"}\n"
         " {\"a\":{\"cmd\":1},\"cmd\" : \"NODE_X\"}\n"
         "{\"\\u0063md\":\"\\u004eODE_X\"}\n"
         "{\"cmd\":1,\"cmd\":\"NODE_X\"}\n"
         "{\"cmd\":\"NODE_X\",\"cmd\":1}\n"
         "{\"cmd\":\"NODE_\"}\n"
         "{\"cmd\":\"XNODE_X\"}\n"
         "[{\"cmd\":\"NODE_X\"}]\n",
         "{\"cmd\":\"NODE_X\",\"cmd\":1}\n{\"cmd\":\"NODE_\"}\n{\"cmd\":\"XNODE_X\"}\n"
         "[{\"cmd\":\"NODE_X\"}]\ndisconnected\n");
}

static void
test_deep (void)
{
  gsize depth = 1000000;
  g_autofree char *deep = g_malloc (2 * depth + 2);
  g_autofree char *just = g_malloc (2 * 512 + 2);
  int peer;
  End *a = end_new (&peer);

  memset (deep, '[', depth);
  memset (deep + depth, ']', depth);
  strcpy (deep + 2 * depth, "\n");
  pour (a, peer, deep, 2 * depth + 1);
  memset (just, '[', 512);
  memset (just + 512, ']', 512);
  strcpy (just + 2 * 512, "\n");
  pour (a, peer, just, 2 * 512 + 1);
  run_until (&a->n_messages, 1);
  g_assert_cmpuint (a->n_invalid, ==, 1);
  close (peer);
  end_free (a);
}

/* A line without end takes no memory, and is reported once. */
static void
test_endless_line (void)
{
  g_autofree char *piece = g_strnfill (1024 * 1024, 'x');
  gsize resident;
  int peer;
  End *a = end_new (&peer);

  cproc_channel_set_max_message_size (a->channel, 1024 * 1024);
  pour (a, peer, piece, 1024 * 1024);
  resident = get_resident ();
  for (guint i = 0; i < 100; i++)
    pour (a, peer, piece, 1024 * 1024);
  g_assert_cmpuint (get_resident (), <, resident + 20 * 1024 * 1024);
  g_assert_cmpstr (a->log->str, ==, "too large\n");

  pour (a, peer, "\n1\n", 3);
  g_assert_cmpstr (a->log->str, ==, "too large\n1\n");
  pour (a, peer, piece, 1024 * 1024);
  pour (a, peer, "x\n", 2);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "too large\n1\ntoo large\ndisconnected\n");
  end_free (a);
}

/* The largest that is allowed arrives whole, one more does not. */
static void
test_largest (void)
{
  gsize size = 5 * 1024 * 1024;
  g_autofree char *large = g_strnfill (size + 2, 'x');
  int peer;
  End *a = end_new (&peer);

  cproc_channel_set_max_message_size (a->channel, size);
  large[0] = large[size - 1] = '"';
  large[size] = '\n';
  pour (a, peer, large, size + 1);
  run_until (&a->n_messages, 1);
  g_assert_cmpuint (a->log->len, ==, size + 1);
  g_string_truncate (a->log, 0);

  large[size - 1] = 'x';
  large[size] = '"';
  large[size + 1] = '\n';
  pour (a, peer, large, size + 2);
  run_until (&a->n_invalid, 1);
  g_assert_cmpstr (a->log->str, ==, "too large\n");
  close (peer);
  end_free (a);
}

/* One byte at a time, each in a read of its own. */
static void
test_bytes (void)
{
  static const char text[] = "{\"a\":\"zwölf\"}\r\nbad\n{\"cmd\":\"NODE_X\"}\n[]\n";
  int peer;
  End *a = end_new (&peer);

  for (gsize i = 0; text[i] != '\0'; i++)
    {
      pour (a, peer, text + i, 1);
      run_pending ();
    }
  g_assert_cmpstr (a->log->str, ==, "{\"a\":\"zwölf\"}\ninvalid\n[]\n");
  close (peer);
  end_free (a);
}

static void
test_flood_of_nothing (void)
{
  g_autofree char *lines = g_strnfill (100000, '\n');
  int peer;
  End *a = end_new (&peer);

  pour (a, peer, lines, 100000);
  run_until (&a->n_invalid, 100000);
  pour (a, peer, "1\n", 2);
  run_until (&a->n_messages, 1);
  close (peer);
  end_free (a);
}

/* Whatever the peer sends, the channel ends, and nothing is leaked. */
static void
test_garbage (void)
{
  guint before = count_fds ();

  for (guint round = 0; round < 50; round++)
    {
      char garbage[5000];
      int peer;
      End *a = end_new (&peer);

      for (gsize i = 0; i < sizeof garbage; i++)
        garbage[i] = round % 2 == 0 ? g_test_rand_int_range (0, 256)
                                    : "{}[]\",:\\u1eN\n \r"[g_test_rand_int_range (0, 15)];
      pour (a, peer, garbage, sizeof garbage);
      close (peer);
      run_until_disconnected (a);
      end_free (a);
    }
  g_assert_cmpuint (count_fds (), ==, before);
}

/* Acknowledgements that nobody has asked for. */
static void
test_stray_replies (void)
{
  int peer;
  End *a = end_new (&peer);

  pour (a, peer, "{\"cmd\":\"NODE_HANDLE_ACK\"}\n{\"cmd\":\"NODE_HANDLE_NACK\"}\n1\n", 55);
  run_until (&a->n_messages, 1);
  g_assert_true (send_json (a->channel, "2", NULL));
  assert_reads (peer, "2\n");
  g_assert_cmpstr (a->log->str, ==, "1\n");
  close (peer);
  end_free (a);
}

/* Acknowledgements too many, refusals of what has arrived, and all of it before anything was read:
 * what is not refused goes out once, and in order; what is goes out again, or is told of. */
static void
test_wrong_replies (void)
{
  static const char *const replies[] = { NACK, ACK ACK ACK ACK, NACK NACK NACK NACK NACK,
                                         ACK "1\n" NACK "broken\n" ACK ACK };
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
      g_autoptr(GString) all = g_string_new (NULL);
      guint before = count_fds ();
      int peer;
      End *a = end_new (&peer);

      g_unix_fd_list_append (list, null, NULL);
      for (guint n = 0; n < 3; n++)
        g_assert_true (send_json_with_fds (a->channel, "7", list, NULL));
      g_assert_true (send_json (a->channel, "8", NULL));
      pour (a, peer, replies[i], strlen (replies[i]));

      /* Each request gets an answer, also if the peer miscounts. */
      for (guint n = 0; n < 10; n++)
        {
          g_autofree char *text = read_all (peer);

          g_string_append (all, text);
          pour (a, peer, ACK, strlen (ACK));
        }
      g_assert_true (g_str_has_suffix (all->str, "8\n"));
      g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
      g_assert_true (cproc_channel_get_connected (a->channel));
      close (peer);
      run_until_disconnected (a);
      end_free (a);
      g_clear_object (&list);
      g_assert_cmpuint (count_fds (), <=, before);
    }
  close (null);
}

/* Garbage with descriptors on any byte: a descriptor that no message has is closed. */
static void
test_garbage_with_fds (void)
{
  static const char *const pieces[] = { "1\n", "broken\n", "\"x", "\"\n", "\xff\n", "\n",
                                        HANDLE ("1"), "{\"cmd\":\"NODE_HANDLE\"", "}\n",
                                        "{\"cmd\":\"NODE_X\"}\n", ACK, NACK };
  int fds[20], null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  guint before = count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = null;

  for (guint round = 0; round < 100; round++)
    {
      int peer;
      End *a = end_new (&peer);

      for (guint i = 0; i < 40; i++)
        {
          const char *piece = pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))];

          write_with_fds (peer, piece, fds, g_test_rand_int_range (1, G_N_ELEMENTS (fds)));
          if (g_test_rand_bit ())
            run_pending ();
        }
      if (g_test_rand_bit ())
        cproc_channel_close (a->channel);
      close (peer);
      run_until_disconnected (a);
      end_free (a);
      g_assert_cmpuint (count_fds (), ==, before);
    }
  close (null);
}

/* Not what is resident: a sanitizer keeps what was freed. */
static gsize
get_in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

static gpointer
flood (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  g_autofree char *lines = g_malloc (65536);

  for (guint i = 0; i < 65536; i += 4)
    memcpy (lines + i, i % 8 == 0 ? "[1]\n" : "[1,\n", 4);
  while (send (fd, lines, 65536, MSG_NOSIGNAL) > 0)
    ;

  return NULL;
}

static gboolean
count_tick (gpointer data)
{
  ++*(guint *) data;

  return G_SOURCE_CONTINUE;
}

/* A peer that writes without end and never reads does not occupy the main loop. */
static void
test_flood (void)
{
  int peer;
  End *a = end_new (&peer);
  GThread *thread = g_thread_new ("flood", flood, GINT_TO_POINTER (peer));
  guint n_ticks = 0;
  guint source = g_timeout_add (1, count_tick, &n_ticks);
  gsize in_use;

  run_until (&a->n_messages, 10000);
  g_assert_true (send_json (a->channel, "1", NULL));
  in_use = get_in_use ();
  n_ticks = 0;
  run_until (&n_ticks, 50);
  run_until (&a->n_messages, 200000);
  g_assert_cmpuint (a->n_invalid, >, 0);
  g_assert_cmpuint (get_in_use (), <, in_use + 20 * 1024 * 1024);
  g_source_remove (source);
  cproc_channel_close (a->channel);
  run_until_disconnected (a);
  end_free (a);
  g_thread_join (thread);
  close (peer);
}

/* It closes in the middle of what we write, and of what it writes. */
static void
test_closes_in_the_middle (void)
{
  g_autofree char *large = g_strnfill (1000000, 'x');
  char buffer[1000];
  int peer;
  End *a = end_new (&peer);

  large[0] = large[999999] = '"';
  g_assert_true (send_json (a->channel, large, NULL));
  g_assert_cmpint (recv (peer, buffer, sizeof buffer, 0), ==, 1000);
  pour (a, peer, "1\n{\"a\"", 6);
  close (peer);
  run_until_disconnected (a);
  g_assert_cmpstr (a->log->str, ==, "1\ninvalid\ndisconnected\n");
  g_assert_cmpuint (cproc_channel_get_queued_bytes (a->channel), ==, 0);
  end_free (a);
}

#define N_IDLE 200

/* Five hundred silent workers cost nothing. */
static void
test_idle_is_small (void)
{
  g_autofree char *large = g_strnfill (300000, 'x');
  g_autofree int *peers = g_new (int, N_IDLE);
  g_autofree End **ends = g_new (End *, N_IDLE);
  struct mallinfo2 before, behind;

  large[0] = '"';
  large[299998] = '"';
  large[299999] = '\n';
  ends[0] = end_new (&peers[0]);
  pour (ends[0], peers[0], large, 300000);
  close (peers[0]);
  end_free (ends[0]);

  before = mallinfo2 ();
  for (guint i = 0; i < N_IDLE; i++)
    {
      ends[i] = end_new (&peers[i]);
      pour (ends[i], peers[i], large, 300000);
      g_string_free (ends[i]->log, TRUE);
      ends[i]->log = g_string_new (NULL);
      pour (ends[i], peers[i], "1\n", 2);
      g_assert_true (send_json (ends[i]->channel, "1", NULL));
    }
  run_pending ();
  behind = mallinfo2 ();
  g_test_message ("%zu bytes each", (behind.uordblks - before.uordblks) / N_IDLE);
  g_assert_cmpuint (behind.uordblks - before.uordblks, <, N_IDLE * 6 * 1024);

  for (guint i = 0; i < N_IDLE; i++)
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

  g_test_add_func ("/channel-hostile/invalid", test_invalid);
  g_test_add_func ("/channel-hostile/tolerated", test_tolerated);
  g_test_add_func ("/channel-hostile/nul", test_nul);
  g_test_add_func ("/channel-hostile/internal-disguised", test_internal_disguised);
  g_test_add_func ("/channel-hostile/deep", test_deep);
  g_test_add_func ("/channel-hostile/endless-line", test_endless_line);
  g_test_add_func ("/channel-hostile/largest", test_largest);
  g_test_add_func ("/channel-hostile/bytes", test_bytes);
  g_test_add_func ("/channel-hostile/flood-of-nothing", test_flood_of_nothing);
  g_test_add_func ("/channel-hostile/garbage", test_garbage);
  g_test_add_func ("/channel-hostile/stray-replies", test_stray_replies);
  g_test_add_func ("/channel-hostile/wrong-replies", test_wrong_replies);
  g_test_add_func ("/channel-hostile/garbage-with-descriptors", test_garbage_with_fds);
  g_test_add_func ("/channel-hostile/flood", test_flood);
  g_test_add_func ("/channel-hostile/closes-in-the-middle", test_closes_in_the_middle);
  g_test_add_func ("/channel-hostile/idle-is-small", test_idle_is_small);

  return g_test_run ();
}
