/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-frame-splitter-private.h"

#define HEADROOM 16
#define TOO_LARGE "(too large)"

/* Feeds what it is given in pieces of that size, each in memory of its own, and writes down what
 * comes out, one frame behind the other with a bar between them. */
static void
feed (CprocFrameSplitter *frames,
      GString            *out,
      const char         *data,
      gsize               length,
      gsize               piece)
{
  for (gsize i = 0; i < length; i += piece)
    {
      gsize n = MIN (piece, length - i);
      g_autofree char *copy = g_memdup2 (data + i, n);
      CprocFrameKind kind;
      const char *text;
      gsize text_length;

      cproc_frame_splitter_feed (frames, copy, n);
      while ((kind = cproc_frame_splitter_next (frames, &text, &text_length)) != CPROC_FRAME_NONE)
        {
          if (kind == CPROC_FRAME_TEXT)
            g_string_append_len (out, text, text_length);
          else
            g_string_append (out, TOO_LARGE);
          g_string_append_c (out, '|');
        }
    }
}

static void
check (guint64     max_size,
       const char *data,
       const char *expected,
       gsize       partial)
{
  gsize length = strlen (data);

  for (gsize piece = 1; piece <= length; piece++)
    {
      CprocFrameSplitter frames;
      g_autoptr(GString) out = g_string_new (NULL);

      cproc_frame_splitter_init (&frames, HEADROOM, max_size);
      feed (&frames, out, data, length, piece);
      g_assert_cmpstr (out->str, ==, expected);
      g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), ==, partial);
      cproc_frame_splitter_clear (&frames);
      g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), ==, 0);
    }
}

static void
test_cut (void)
{
  check (100, "1\n[2]\n\"3\"\n", "1|[2]|\"3\"|", 0);
  check (100, "\n\n1\n", "||1|", 0);
  check (100, "1\r\n2\n\r\n3\r\r\n", "1|2||3\r|", 0);
  check (100, "a\rb\n", "a\rb|", 0);
  check (100, "1\n23", "1|", 2);
  check (100, "1\n2\r", "1|", 2);
}

/* Every place where one cut can be, with a frame before and behind. */
static void
test_cut_everywhere (void)
{
  static const char data[] = "{\"first\":1}\n{\"second\":\"zwölf\"}\r\n[]\n";
  gsize length = strlen (data);

  for (gsize at = 0; at <= length; at++)
    {
      CprocFrameSplitter frames;
      g_autoptr(GString) out = g_string_new (NULL);

      cproc_frame_splitter_init (&frames, HEADROOM, 100);
      feed (&frames, out, data, at, MAX (at, 1));
      feed (&frames, out, data + at, length - at, length);
      g_assert_cmpstr (out->str, ==, "{\"first\":1}|{\"second\":\"zwölf\"}|[]|");
      cproc_frame_splitter_clear (&frames);
    }
}

static void
test_limit (void)
{
  check (4, "123\n1234\n12345\n1\n", "123|1234|" TOO_LARGE "|1|", 0);
  check (4, "1234\r\n12345\r\n1\n", "1234|" TOO_LARGE "|1|", 0);
  check (4, "12345678901234567890\n\n12345\n", TOO_LARGE "||" TOO_LARGE "|", 0);
  check (4, "1234\r", "", 5);
  check (4, "1234\r5\n6\n", TOO_LARGE "|6|", 0);
  check (1, "1\n12\n", "1|" TOO_LARGE "|", 0);
  check (G_MAXUINT64, "1\n12\n", "1|12|", 0);
}

/* An oversized frame is reported before its end, and nothing of it is kept. */
static void
test_oversized_is_not_kept (void)
{
  g_autofree char *piece = g_strnfill (65536, 'x');
  g_autoptr(GString) out = g_string_new (NULL);
  CprocFrameSplitter frames;

  cproc_frame_splitter_init (&frames, HEADROOM, 100000);
  feed (&frames, out, piece, 65536, 65536);
  g_assert_cmpstr (out->str, ==, "");
  g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), ==, 65536);

  for (guint i = 0; i < 2000; i++)
    {
      feed (&frames, out, piece, 65536, 65536);
      g_assert_cmpstr (out->str, ==, TOO_LARGE "|");
      g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), ==, 0);
      g_assert_null (frames.partial);
    }

  feed (&frames, out, "\n1\n", 3, 3);
  g_assert_cmpstr (out->str, ==, TOO_LARGE "|1|");
  cproc_frame_splitter_clear (&frames);
}

static void
test_limit_lowered (void)
{
  g_autoptr(GString) out = g_string_new (NULL);
  CprocFrameSplitter frames;

  cproc_frame_splitter_init (&frames, HEADROOM, 100);
  feed (&frames, out, "1234567", 7, 7);
  cproc_frame_splitter_set_max_size (&frames, 5);
  feed (&frames, out, "8", 1, 1);
  g_assert_cmpstr (out->str, ==, TOO_LARGE "|");
  feed (&frames, out, "9\n12345\n", 8, 8);
  g_assert_cmpstr (out->str, ==, TOO_LARGE "|12345|");

  /* Also where the end comes next. */
  cproc_frame_splitter_set_max_size (&frames, 100);
  feed (&frames, out, "1234567", 7, 7);
  cproc_frame_splitter_set_max_size (&frames, 5);
  feed (&frames, out, "\n1\n", 3, 3);
  g_assert_cmpstr (out->str, ==, TOO_LARGE "|12345|" TOO_LARGE "|1|");
  cproc_frame_splitter_clear (&frames);
}

static void
test_steal (void)
{
  CprocFrameSplitter frames;
  const char *text;
  gsize length;
  char *storage;

  cproc_frame_splitter_init (&frames, HEADROOM, 1000);
  cproc_frame_splitter_feed (&frames, "[1]\n[2,", 7);
  g_assert_cmpint (cproc_frame_splitter_next (&frames, &text, &length), ==, CPROC_FRAME_TEXT);
  g_assert_null (cproc_frame_splitter_steal (&frames));
  g_assert_cmpint (cproc_frame_splitter_next (&frames, &text, &length), ==, CPROC_FRAME_NONE);
  g_assert_null (cproc_frame_splitter_steal (&frames));

  cproc_frame_splitter_feed (&frames, "3]\n[4]\n", 7);
  g_assert_cmpint (cproc_frame_splitter_next (&frames, &text, &length), ==, CPROC_FRAME_TEXT);
  g_assert_cmpmem (text, length, "[2,3]", 5);
  storage = cproc_frame_splitter_steal (&frames);
  g_assert_nonnull (storage);
  g_assert_true (text == storage + HEADROOM);
  memset (storage, 0, HEADROOM);
  storage[HEADROOM + length] = '\0';
  g_assert_null (cproc_frame_splitter_steal (&frames));

  g_assert_cmpint (cproc_frame_splitter_next (&frames, &text, &length), ==, CPROC_FRAME_TEXT);
  g_assert_cmpmem (text, length, "[4]", 3);
  g_assert_cmpstr (storage + HEADROOM, ==, "[2,3]");
  g_free (storage);

  g_assert_cmpint (cproc_frame_splitter_next (&frames, &text, &length), ==, CPROC_FRAME_NONE);
  cproc_frame_splitter_clear (&frames);
}

/* Nothing is held between frames. */
static void
test_idle_is_small (void)
{
  g_autofree char *large = g_strnfill (300000, '1');
  g_autoptr(GString) out = g_string_new (NULL);
  CprocFrameSplitter frames;

  large[299999] = '\n';
  cproc_frame_splitter_init (&frames, HEADROOM, 1000000);
  feed (&frames, out, large, 300000, 65536);
  g_assert_cmpuint (out->len, ==, 300000);
  g_assert_null (frames.partial);
  cproc_frame_splitter_clear (&frames);
}

/* Begins a frame of that many bytes. */
static void
begin (CprocFrameSplitter *frames,
       GString            *out,
       gsize               length)
{
  g_autofree char *data = g_malloc (length);

  memset (data, 'x', length);
  feed (frames, out, data, length, 65536);
  g_assert_cmpuint (cproc_frame_splitter_get_partial (frames), ==, length);
}

/* A large frame after one of its size does not move while it grows; a short one takes no more than
 * it needs. */
static void
test_room (void)
{
  CprocFrameSplitter frames;
  g_autoptr(GString) out = g_string_new (NULL);

  cproc_frame_splitter_init (&frames, HEADROOM, 1000000);
  begin (&frames, out, 300000);
  feed (&frames, out, "\n", 1, 1);

  begin (&frames, out, 10);
  g_assert_cmpuint (frames.partial_capacity, <, 1000);
  feed (&frames, out, "\n", 1, 1);

  begin (&frames, out, 300000);
  feed (&frames, out, "\n", 1, 1);
  begin (&frames, out, 70000);
  g_assert_cmpuint (frames.partial_capacity, ==, 300001);
  cproc_frame_splitter_clear (&frames);

  /* Nor is there room for more than may come. */
  cproc_frame_splitter_init (&frames, HEADROOM, 300000);
  begin (&frames, out, 300000);
  feed (&frames, out, "\n", 1, 1);
  begin (&frames, out, 40000);
  g_assert_cmpuint (frames.partial_capacity, <, 300000);
  cproc_frame_splitter_clear (&frames);
}

static void
test_place (void)
{
  CprocFrameSplitter frames;
  g_autoptr(GString) out = g_string_new (NULL);
  char *place;

  cproc_frame_splitter_init (&frames, HEADROOM, 300000);
  g_assert_null (cproc_frame_splitter_get_place (&frames, 1));
  begin (&frames, out, 10);
  g_assert_null (cproc_frame_splitter_get_place (&frames, 1));
  feed (&frames, out, "\n", 1, 1);

  g_string_truncate (out, 0);
  begin (&frames, out, 39999);
  feed (&frames, out, "x", 1, 1);
  g_assert_null (cproc_frame_splitter_get_place (&frames, frames.partial_capacity - 40000));
  place = cproc_frame_splitter_get_place (&frames, 1000);
  g_assert_nonnull (place);
  memset (place, 'x', 1000);

  /* Bytes that end the frame, or make it too large, are left to be fed. */
  place[999] = '\n';
  g_assert_false (cproc_frame_splitter_take_placed (&frames, 1000));
  place[999] = 'y';
  cproc_frame_splitter_set_max_size (&frames, 40999);
  g_assert_false (cproc_frame_splitter_take_placed (&frames, 1000));
  g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), ==, 40000);

  cproc_frame_splitter_set_max_size (&frames, 41000);
  g_assert_true (cproc_frame_splitter_take_placed (&frames, 1000));
  g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), ==, 41000);
  feed (&frames, out, "\r\n", 2, 1);
  g_assert_cmpuint (out->len, ==, 41001);
  g_assert_cmpint (out->str[39999], ==, 'x');
  g_assert_true (g_str_has_suffix (out->str, "xy|"));
  cproc_frame_splitter_clear (&frames);
}

static void
test_flood (void)
{
  g_autofree char *lines = g_strnfill (65536, '\n');
  g_autoptr(GString) out = g_string_new (NULL);
  CprocFrameSplitter frames;

  cproc_frame_splitter_init (&frames, HEADROOM, 10);
  for (guint i = 0; i < 16; i++)
    feed (&frames, out, lines, 65536, 65536);
  g_assert_cmpuint (out->len, ==, 16 * 65536);
  cproc_frame_splitter_clear (&frames);
}

/* Random bytes in random pieces come out as the naive way would have them. */
static void
test_random (void)
{
  for (guint round = 0; round < 2000; round++)
    {
      guint64 max_size = g_test_rand_int_range (1, 12);
      gsize length = g_test_rand_int_range (0, 80);
      g_autofree char *data = g_malloc (length + 1);
      g_autoptr(GString) expected = g_string_new (NULL);
      g_autoptr(GString) out = g_string_new (NULL);
      g_auto(GStrv) lines = NULL;
      CprocFrameSplitter frames;
      gsize done = 0;

      for (gsize i = 0; i < length; i++)
        data[i] = "ab\r\n"[g_test_rand_int_range (0, 4)];
      data[length] = '\0';

      lines = g_strsplit (data, "\n", -1);
      for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
        {
          if (g_str_has_suffix (lines[i], "\r"))
            lines[i][strlen (lines[i]) - 1] = '\0';
          g_string_append_printf (expected, "%s|",
                                  strlen (lines[i]) > max_size ? TOO_LARGE : lines[i]);
        }

      cproc_frame_splitter_init (&frames, HEADROOM, max_size);
      while (done < length)
        {
          gsize n = g_test_rand_int_range (1, 20);

          n = MIN (n, length - done);
          feed (&frames, out, data + done, n, n);
          done += n;
        }

      /* The last one may be known to be too large although it has not ended. */
      if (out->len > expected->len)
        g_string_append (expected, TOO_LARGE "|");
      g_assert_cmpstr (out->str, ==, expected->str);
      cproc_frame_splitter_clear (&frames);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-splitter/cut", test_cut);
  g_test_add_func ("/frame-splitter/cut-everywhere", test_cut_everywhere);
  g_test_add_func ("/frame-splitter/limit", test_limit);
  g_test_add_func ("/frame-splitter/oversized-is-not-kept", test_oversized_is_not_kept);
  g_test_add_func ("/frame-splitter/limit-lowered", test_limit_lowered);
  g_test_add_func ("/frame-splitter/steal", test_steal);
  g_test_add_func ("/frame-splitter/idle-is-small", test_idle_is_small);
  g_test_add_func ("/frame-splitter/room", test_room);
  g_test_add_func ("/frame-splitter/place", test_place);
  g_test_add_func ("/frame-splitter/flood", test_flood);
  g_test_add_func ("/frame-splitter/random", test_random);

  return g_test_run ();
}
