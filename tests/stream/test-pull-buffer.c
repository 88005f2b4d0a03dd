/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-pull-buffer-private.h"
#include "naive-text.h"

#define R NAIVE_REPLACEMENT

static CprocPullBuffer *
open_buffer (gsize max_length)
{
  return cproc_pull_buffer_new ("UTF-8", FALSE, max_length);
}

static void
append (CprocPullBuffer *buffer,
        const char      *text)
{
  cproc_pull_buffer_append (buffer, text, strlen (text));
}

static void
assert_line (CprocPullBuffer *buffer,
             const char      *expected,
             CprocLineFlags   expected_flags)
{
  CprocLineFlags flags = CPROC_LINE_FLAGS_NONE;

  g_assert_cmpstr (cproc_pull_buffer_next_line (buffer, &flags), ==, expected);
  g_assert_cmpint (flags, ==, expected_flags);
}

static void
assert_data (CprocPullBuffer *buffer,
             gsize            count,
             const char      *expected,
             gsize            length)
{
  g_autoptr(GBytes) bytes = cproc_pull_buffer_take_bytes (buffer, count);

  if (length == 0)
    g_assert_null (bytes);
  else
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, length);
}

static void
assert_bytes (CprocPullBuffer *buffer,
              gsize            count,
              const char      *expected)
{
  assert_data (buffer, count, expected, strlen (expected));
}

static void
test_lines (void)
{
  g_autoptr(CprocPullBuffer) buffer = open_buffer (0);

  assert_line (buffer, NULL, 0);
  append (buffer, "one\r\n\ntw");
  g_assert_cmpuint (cproc_pull_buffer_get_size (buffer), ==, 8);
  assert_line (buffer, "one", 0);
  g_assert_cmpuint (cproc_pull_buffer_get_size (buffer), ==, 3);
  assert_line (buffer, "", 0);
  assert_line (buffer, NULL, 0);
  append (buffer, "o\xff\nthr");
  assert_line (buffer, "two" R, CPROC_LINE_FLAGS_REPLACED);
  assert_line (buffer, NULL, 0);
  append (buffer, "ee");
  cproc_pull_buffer_finish (buffer);
  assert_line (buffer, "three", CPROC_LINE_FLAGS_UNTERMINATED);
  assert_line (buffer, NULL, 0);
  assert_line (buffer, NULL, 0);
  assert_bytes (buffer, 1, "");
}

static void
test_nothing (void)
{
  g_autoptr(CprocPullBuffer) buffer = open_buffer (5);

  assert_bytes (buffer, 10, "");
  cproc_pull_buffer_finish (buffer);
  assert_line (buffer, NULL, 0);
  assert_bytes (buffer, 10, "");
  g_assert_cmpuint (cproc_pull_buffer_get_size (buffer), ==, 0);
}

static void
test_bytes (void)
{
  g_autoptr(CprocPullBuffer) buffer = open_buffer (0);

  append (buffer, "abcdef");
  assert_bytes (buffer, 2, "ab");
  assert_bytes (buffer, 100, "cdef");
  assert_bytes (buffer, 100, "");
  cproc_pull_buffer_append (buffer, "\0\xff\n", 3);
  assert_data (buffer, G_MAXSIZE, "\0\xff\n", 3);
  append (buffer, "end");
  cproc_pull_buffer_finish (buffer);
  assert_bytes (buffer, 100, "end");
  assert_line (buffer, NULL, 0);
}

/* Bytes come as they are, whatever has been looked for among them. */
static void
test_bytes_after_lines (void)
{
  g_autoptr(CprocPullBuffer) buffer = open_buffer (0);

  append (buffer, "line\r\n\xff\xfe" "body\nnext\nun");
  assert_line (buffer, "line", 0);
  assert_bytes (buffer, 3, "\xff\xfe" "b");
  assert_line (buffer, "ody", 0);
  assert_line (buffer, "next", 0);
  assert_line (buffer, NULL, 0);
  assert_bytes (buffer, 100, "un");
  append (buffer, "d\xe2\x82");
  assert_line (buffer, NULL, 0);
  assert_bytes (buffer, 2, "d\xe2");
  append (buffer, "\nx");
  assert_line (buffer, R, CPROC_LINE_FLAGS_REPLACED);
  cproc_pull_buffer_finish (buffer);
  assert_bytes (buffer, 100, "x");
}

static void
test_pieces (void)
{
  g_autoptr(CprocPullBuffer) buffer = open_buffer (4);

  append (buffer, "abcd\nabcdef\r\nab");
  assert_line (buffer, "abcd", 0);
  assert_line (buffer, "abcd", CPROC_LINE_FLAGS_CONTINUES);
  assert_line (buffer, "ef", 0);
  append (buffer, "cdefghijklmnopqrstuvwxyz");
  assert_line (buffer, "abcd", CPROC_LINE_FLAGS_CONTINUES);
  assert_bytes (buffer, 3, "efg");
  assert_line (buffer, "hijk", CPROC_LINE_FLAGS_CONTINUES);
  cproc_pull_buffer_set_max_length (buffer, 8);
  assert_line (buffer, "lmnopqrs", CPROC_LINE_FLAGS_CONTINUES);
  assert_line (buffer, NULL, 0);
  assert_bytes (buffer, 100, "tuvwxyz");
  append (buffer, "0123456789");
  assert_line (buffer, "01234567", CPROC_LINE_FLAGS_CONTINUES);
  cproc_pull_buffer_finish (buffer);
  assert_bytes (buffer, 1, "8");
  assert_line (buffer, "9", CPROC_LINE_FLAGS_UNTERMINATED);
}

static void
test_universal_newlines (void)
{
  g_autoptr(CprocPullBuffer) buffer = cproc_pull_buffer_new ("UTF-8", TRUE, 0);

  append (buffer, "10%\r20%\r\n\r");
  assert_line (buffer, "10%", 0);
  assert_line (buffer, "20%", 0);
  assert_line (buffer, "", 0);
  assert_line (buffer, NULL, 0);
  append (buffer, "\nx\r");
  assert_line (buffer, "x", 0);
  append (buffer, "\nbytes\r");

  /* The "\n" belongs to the line, whoever reads on. */
  assert_bytes (buffer, 3, "byt");
  assert_line (buffer, "es", 0);
  assert_bytes (buffer, 3, "");
  append (buffer, "\n");
  assert_bytes (buffer, 3, "");
  append (buffer, "\ny\r");
  assert_bytes (buffer, 3, "\ny\r");
  append (buffer, "\n");
  assert_line (buffer, "", 0);
  cproc_pull_buffer_finish (buffer);
  assert_line (buffer, NULL, 0);
}

typedef struct
{
  const char *encoding;
  const char *data;
  gsize length;
  const char *first;
  const char *rest;
  gsize rest_length;
  const char *last;
} Sample;

#define SAMPLE(encoding, data, first, rest, last) \
  { encoding, data, sizeof data - 1, first, rest, sizeof rest - 1, last }

/* After the first line, one time bytes are taken, and one time the last line. */
static const Sample samples[] = {
  SAMPLE ("ISO-8859-1", "\xe9\xff\r\n\xe9", "éÿ", "\xe9", "é"),
  SAMPLE ("UTF-16LE", "\x0a\x0a\r\0\n\0b\0", "ਊ", "b\0", "b"),
  SAMPLE ("UTF-16BE", "\x0a\x0a\0\r\0\n\0b", "ਊ", "\0b", "b"),
  SAMPLE ("UTF-16", "\xfe\xff\0a\0\n\0b", "a", "\0b", "b"),
  SAMPLE ("UTF-32LE", "\x0a\x0a\0\0\n\0\0\0z\0\0\0", "ਊ", "z\0\0\0", "z"),
  SAMPLE ("SHIFT_JIS", "\x83\x5c\r\n\x83\x65", "ソ", "\x83\x65", "テ"),
  SAMPLE ("ISO-2022-JP", "\x1b$B$\"\x1b(B\nb", "あ", "b", "b"),
  SAMPLE ("IBM037", "\x81\x25\x82", "a", "\x82", "b"),
};

static void
test_encodings (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      const Sample *sample = &samples[i];

      for (gsize cut = 0; cut <= sample->length; cut++)
        for (guint bytes = 0; bytes < 2; bytes++)
          {
            g_autoptr(CprocPullBuffer) buffer = cproc_pull_buffer_new (sample->encoding, FALSE, 0);
            CprocLineFlags flags = 0;
            const char *line;

            cproc_pull_buffer_append (buffer, sample->data, cut);
            line = cproc_pull_buffer_next_line (buffer, &flags);
            if (line != NULL)
              g_assert_cmpstr (line, ==, sample->first);
            cproc_pull_buffer_append (buffer, sample->data + cut, sample->length - cut);
            if (line == NULL)
              assert_line (buffer, sample->first, 0);

            cproc_pull_buffer_finish (buffer);
            if (bytes)
              assert_data (buffer, 100, sample->rest, sample->rest_length);
            else
              assert_line (buffer, sample->last, CPROC_LINE_FLAGS_UNTERMINATED);
          }
    }
}

/* What others have cut into lines up to here. */
static CprocPullBuffer *
go_on_after_line (const char *encoding,
                  char       *data,
                  gsize       length,
                  const char *first)
{
  CprocPullBuffer *buffer = cproc_pull_buffer_new (encoding, FALSE, 4);
  g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new (encoding, 4, NULL);

  cproc_line_splitter_feed (lines, data, length);
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, first);
  cproc_pull_buffer_take_lines (buffer, g_steal_pointer (&lines), NULL);

  return buffer;
}

static void
test_take_lines (void)
{
  char data[] = "one\ntwo\n\xff\n345678\nun";
  char same[] = "one\ntwo\n\xff\n345678\nun";
  char long_line[] = "123456789\nx";
  char wide[] = "a\0\n\0b\0\xac\x20";
  g_autoptr(CprocPullBuffer) buffer = go_on_after_line ("UTF-8", data, strlen (data), "one");
  g_autoptr(CprocPullBuffer) other = go_on_after_line ("UTF-8", same, strlen (same), "one");
  g_autoptr(CprocPullBuffer) third = go_on_after_line ("UTF-8", long_line, strlen (long_line),
                                                       "1234");
  g_autoptr(CprocPullBuffer) fourth = go_on_after_line ("UTF-16LE", wide, 8, "a");

  append (buffer, "til\n");
  assert_line (buffer, "two", 0);
  assert_line (buffer, R, CPROC_LINE_FLAGS_REPLACED);
  assert_line (buffer, "3456", CPROC_LINE_FLAGS_CONTINUES);
  assert_line (buffer, "78", 0);
  cproc_pull_buffer_set_max_length (buffer, 0);
  assert_line (buffer, "until", 0);

  append (other, "til\n");
  assert_bytes (other, 100, "two\n\xff\n345678\nuntil\n");

  assert_bytes (third, 100, "56789\nx");
  assert_data (fourth, 100, "b\0\xac\x20", 4);
}

/* A stream that was taken over after its end. */
static void
test_take_finished_lines (void)
{
  g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new ("UTF-8", 4, NULL);
  g_autoptr(CprocPullBuffer) buffer = open_buffer (4);
  char data[] = "one\n123456";

  cproc_line_splitter_feed (lines, data, strlen (data));
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "one");
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "1234");
  g_assert_null (cproc_line_splitter_next (lines));
  cproc_line_splitter_finish (lines);
  cproc_pull_buffer_take_lines (buffer, g_steal_pointer (&lines), NULL);
  cproc_pull_buffer_finish (buffer);
  assert_bytes (buffer, 1, "5");
  assert_line (buffer, "6", CPROC_LINE_FLAGS_UNTERMINATED);
  assert_line (buffer, NULL, 0);
}

static void
make_garbage (char  *data,
              gsize  length)
{
  static const char parts[] = "\n\n\r\r\n\0aé€😀\xe2\x82\xf0\x9f\xff";
  guint plain = g_test_rand_int_range (0, 100);

  for (gsize i = 0; i < length; i++)
    data[i] = (guint) g_test_rand_int_range (0, 100) < plain ?
                'x' : parts[g_test_rand_int_range (0, sizeof parts - 1)];
}

/* Appends some more, until there is no more. */
static void
append_some (CprocPullBuffer *buffer,
             const char      *data,
             gsize            length,
             gsize           *position)
{
  gsize n = g_test_rand_int_range (0, 3000);

  n = MIN (n, length - *position);
  cproc_pull_buffer_append (buffer, data + *position, n);
  *position += n;
  if (*position == length)
    cproc_pull_buffer_finish (buffer);
}

static void
test_garbage_lines (void)
{
  for (guint round = 0; round < 100; round++)
    {
      const gsize length = 20000;
      g_autofree char *data = g_malloc (length);
      gsize max_length = round % 3 == 0 ? 0 : g_test_rand_int_range (1, 1 << (round % 14 + 1));
      g_autoptr(CprocPullBuffer) buffer = open_buffer (max_length);
      g_autoptr(GPtrArray) expected = NULL;
      gsize position = 0;
      guint n = 0;
      GString *text;

      make_garbage (data, length);
      text = naive_decode_utf8 (data, length);
      expected = naive_cut (text, max_length);
      g_string_free (text, TRUE);

      while (position < length)
        {
          CprocLineFlags flags;
          const char *line;

          append_some (buffer, data, length, &position);
          while ((line = cproc_pull_buffer_next_line (buffer, &flags)) != NULL)
            g_assert_cmpstr (line, ==, g_ptr_array_index (expected, n++));
        }
      g_assert_cmpuint (n, ==, expected->len);
    }
}

/* Lines and bytes in turn: all of it comes, each byte once. */
static void
test_garbage_mixed (void)
{
  for (guint round = 0; round < 200; round++)
    {
      const gsize length = 20000;
      g_autofree char *data = g_malloc (length);
      g_autoptr(CprocPullBuffer) buffer = open_buffer (0);
      gsize position = 0;
      gsize taken = 0;

      make_garbage (data, length);
      while (position < length || cproc_pull_buffer_get_size (buffer) > 0)
        {
          gsize count = g_test_rand_int_range (1, 500);
          CprocLineFlags flags = 0;

          if (position < length)
            append_some (buffer, data, length, &position);

          if (g_test_rand_bit () && cproc_pull_buffer_next_line (buffer, &flags) != NULL)
            {
              const char *end = memchr (data + taken, '\n', length - taken);

              g_assert_cmpint (end == NULL, ==, (flags & CPROC_LINE_FLAGS_UNTERMINATED) != 0);
              taken = end != NULL ? (gsize) (end + 1 - data) : length;
              continue;
            }

          count = MIN (count, position - taken);
          assert_data (buffer, count, data + taken, count);
          taken += count;
        }
      g_assert_cmpuint (taken, ==, length);
    }
}

/* A long line without an end does not stay after it is gone. */
static void
test_large (void)
{
  g_autoptr(CprocPullBuffer) buffer = open_buffer (0);
  g_autofree char *data = g_malloc (4 << 20);
  CprocLineFlags flags;

  memset (data, 'x', 4 << 20);
  cproc_pull_buffer_append (buffer, data, 4 << 20);
  assert_line (buffer, NULL, 0);
  append (buffer, "\ny\n");
  g_assert_cmpuint (strlen (cproc_pull_buffer_next_line (buffer, &flags)), ==, 4 << 20);
  assert_line (buffer, "y", 0);
  append (buffer, "z\n");
  assert_line (buffer, "z", 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pull-buffer/lines", test_lines);
  g_test_add_func ("/pull-buffer/nothing", test_nothing);
  g_test_add_func ("/pull-buffer/bytes", test_bytes);
  g_test_add_func ("/pull-buffer/bytes-after-lines", test_bytes_after_lines);
  g_test_add_func ("/pull-buffer/pieces", test_pieces);
  g_test_add_func ("/pull-buffer/universal-newlines", test_universal_newlines);
  g_test_add_func ("/pull-buffer/encodings", test_encodings);
  g_test_add_func ("/pull-buffer/take-lines", test_take_lines);
  g_test_add_func ("/pull-buffer/take-finished-lines", test_take_finished_lines);
  g_test_add_func ("/pull-buffer/garbage-lines", test_garbage_lines);
  g_test_add_func ("/pull-buffer/garbage-mixed", test_garbage_mixed);
  g_test_add_func ("/pull-buffer/large", test_large);

  return g_test_run ();
}
