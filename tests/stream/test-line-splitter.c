/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-line-splitter-private.h"

#include <string.h>

#include "cproc-text-decoder-private.h"
#include "naive-text.h"
#include "splitter-util.h"

#define R NAIVE_REPLACEMENT

typedef struct
{
  const char *name;
  const char *encoding;
  gsize max_length;
  const char *data;
  gsize length;
  const char *lines[9];
} Sample;

#define SAMPLE(name, encoding, max, data, ...) \
  { name, encoding, max, data, sizeof data - 1, { __VA_ARGS__ } }

static const Sample samples[] = {
  SAMPLE ("empty-input", "UTF-8", 0, "", NULL),
  SAMPLE ("one-line", "UTF-8", 0, "abc\n", "abc"),
  SAMPLE ("no-final-newline", "UTF-8", 0, "abc\ndef", "abc", "def"),
  SAMPLE ("empty-lines", "UTF-8", 0, "\n\na\n\n", "", "", "a", ""),
  SAMPLE ("only-newline", "UTF-8", 1, "\n", ""),
  SAMPLE ("crlf", "UTF-8", 0, "abc\r\n\r\nde\r\n", "abc", "", "de"),
  SAMPLE ("lone-cr", "UTF-8", 0, "a\rb\n\r\r\nc\r", "a\rb", "\r", "c\r"),
  SAMPLE ("only-cr", "UTF-8", 0, "\r", "\r"),
  SAMPLE ("characters", "UTF-8", 0, "é€\n😀\r\n€", "é€", "😀", "€"),
  SAMPLE ("nul", "UTF-8", 0, "a\0b\n\0\n\0", "a" R "b", R, R),
  SAMPLE ("broken", "UTF-8", 0, "a\xff\n\xe2\x82\n\xf0\x9f\r\nok\n\xc3", "a" R, R, R, "ok", R),
  SAMPLE ("good-after-bad", "UTF-8", 0, "\xff\ngood\n\xfe\ngood\n", R, "good", R, "good"),

  SAMPLE ("limit-below", "UTF-8", 5, "abcd\nx", "abcd", "x"),
  SAMPLE ("limit-just", "UTF-8", 4, "abcd\nx", "abcd", "x"),
  SAMPLE ("limit-above", "UTF-8", 3, "abcd\nx", "abc", "d", "x"),
  SAMPLE ("limit-twice", "UTF-8", 3, "abcdef\nx", "abc", "def", "x"),
  SAMPLE ("limit-below-crlf", "UTF-8", 5, "abcd\r\nx", "abcd", "x"),
  SAMPLE ("limit-just-crlf", "UTF-8", 4, "abcd\r\nx", "abcd", "x"),
  SAMPLE ("limit-above-crlf", "UTF-8", 3, "abcd\r\nx", "abc", "d", "x"),
  SAMPLE ("limit-just-end", "UTF-8", 4, "abcd", "abcd"),
  SAMPLE ("limit-above-end", "UTF-8", 3, "abcd", "abc", "d"),
  SAMPLE ("limit-cr-at-end", "UTF-8", 4, "abcd\r", "abcd", "\r"),
  SAMPLE ("limit-cr-in-line", "UTF-8", 4, "abcd\re\n", "abcd", "\re"),
  SAMPLE ("limit-two-cr", "UTF-8", 4, "abcd\r\r\n", "abcd", "\r"),
  SAMPLE ("limit-in-character", "UTF-8", 4, "aa€b\n", "aa", "€b"),
  SAMPLE ("limit-in-broken", "UTF-8", 4, "aa\xff" "b\n", "aa", R "b"),
  SAMPLE ("limit-in-nul", "UTF-8", 4, "aa\0\0\n", "aa", R, R),
  SAMPLE ("limit-one", "UTF-8", 1, "ab\r\n\nc", "a", "b", "", "c"),
  SAMPLE ("limit-below-character", "UTF-8", 1, "€€\r\n\n😀", "€", "€", "", "😀"),
  SAMPLE ("limit-below-character-2", "UTF-8", 2, "a€b\n", "a", "€", "b"),

  SAMPLE ("latin-1", "ISO-8859-1", 0, "caf\xe9\r\n\xe9\n\xff", "café", "é", "ÿ"),
  SAMPLE ("latin-1-limit", "ISO-8859-1", 3, "\xe9\xe9\xe9\n", "é", "é", "é"),
  SAMPLE ("utf-16le", "UTF-16LE", 0, "a\0\x0a\x0a\r\0\n\0\n\0\x3d\xd8\x00\xde", "aਊ", "", "😀"),
  SAMPLE ("utf-16be", "UTF-16BE", 0, "\0a\x0a\x0a\0\r\0\n\0\n\xd8\x3d\xde\x00", "aਊ", "", "😀"),
  SAMPLE ("utf-16le-broken", "UTF-16LE", 0, "\x00\xde\n\0\x3d\xd8\n\0z\0z", R, R, "z" R),
  SAMPLE ("utf-16le-limit", "UTF-16LE", 3, "a\0\xac\x20\xac\x20\r\0\n\0", "a", "€", "€"),
  SAMPLE ("utf-16", "UTF-16", 0, "\xfe\xff\0a\0\n\0b", "a", "b"),
  SAMPLE ("utf-32le", "UTF-32LE", 0, "\x0a\x0a\0\0\n\0\0\0z\0\0\0", "ਊ", "z"),
  SAMPLE ("shift-jis", "SHIFT_JIS", 0, "\x83\x5c\r\n\x83\x65", "ソ", "テ"),
  SAMPLE ("iso-2022-jp", "ISO-2022-JP", 0, "\x1b$B$\"\x1b(B\nb\n", "あ", "b"),
};

static CprocLineSplitter *
open_lines (const char *encoding,
            gsize       max_length)
{
  g_autoptr(GError) error = NULL;
  CprocLineSplitter *lines = cproc_line_splitter_new (encoding, max_length, &error);

  if (lines == NULL)
    {
      g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION);
      g_assert_cmpstr (encoding, !=, "UTF-8");
      g_test_skip ("The system does not know this encoding");
    }

  return lines;
}

/* Feeds what lies between the cuts, each piece in memory of its own that is gone afterwards. */
static GPtrArray *
cut_at (CprocLineSplitter *lines,
        const char        *data,
        gsize              length,
        const gsize       *cuts,
        gsize              n_cuts)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  gsize start = 0;

  for (gsize i = 0; i <= n_cuts; i++)
    {
      gsize end = i < n_cuts ? cuts[i] : length;
      g_autofree char *piece = g_memdup2 (data + start, end - start);

      cproc_line_splitter_feed (lines, piece, end - start);
      collect_lines (lines, found);
      start = end;
    }

  cproc_line_splitter_finish (lines);
  collect_lines (lines, found);
  g_assert_null (cproc_line_splitter_next (lines));

  return found;
}

static void
assert_lines (GPtrArray          *found,
              const char * const *expected,
              gsize               n_expected)
{
  g_assert_cmpuint (found->len, ==, n_expected);
  for (gsize i = 0; i < n_expected; i++)
    g_assert_cmpstr (g_ptr_array_index (found, i), ==, expected[i]);
}

static void
check_cuts (const char         *encoding,
            gsize               max_length,
            const char         *data,
            gsize               length,
            const gsize        *cuts,
            gsize               n_cuts,
            const char * const *expected,
            gsize               n_expected)
{
  g_autoptr(CprocLineSplitter) lines = open_lines (encoding, max_length);
  g_autoptr(GPtrArray) found = NULL;

  if (lines == NULL)
    return;

  found = cut_at (lines, data, length, cuts, n_cuts);
  assert_lines (found, expected, n_expected);
}

static void
check_everywhere (const char         *encoding,
                  gsize               max_length,
                  const char         *data,
                  gsize               length,
                  const char * const *expected,
                  gsize               n_expected)
{
  g_autofree gsize *all = g_new (gsize, length + 1);

  for (gsize i = 0; i <= length; i++)
    {
      for (gsize j = i; j <= length; j++)
        {
          gsize cuts[] = { i, j };

          check_cuts (encoding, max_length, data, length, cuts, 2, expected, n_expected);
        }
      all[i] = i;
    }

  check_cuts (encoding, max_length, data, length, NULL, 0, expected, n_expected);
  check_cuts (encoding, max_length, data, length, all, length + 1, expected, n_expected);
}

static void
test_sample (gconstpointer user_data)
{
  const Sample *sample = user_data;
  gsize n = 0;

  while (sample->lines[n] != NULL)
    n++;
  check_everywhere (sample->encoding, sample->max_length, sample->data, sample->length,
                    sample->lines, n);
}

/* What a slow and simple cutter makes of it, with every limit that can matter. */
static void
check_against_naive (const char *data,
                     gsize       length)
{
  GString *text = naive_decode_utf8 (data, length);

  for (gsize max_length = 0; max_length <= text->len + 1; max_length++)
    {
      g_autoptr(GPtrArray) expected = naive_cut (text, max_length);

      check_everywhere ("UTF-8", max_length, data, length,
                        (const char * const *) expected->pdata, expected->len);
    }

  g_string_free (text, TRUE);
}

static void
test_every_limit (void)
{
  const char *texts[] = {
    "ab\r\ncd\r\n", "é\n€\r\n😀", "\r\r\n\r", "\xe2\x82\n\xff\r\n\xf0\x9f\x98", "\n\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    check_against_naive (texts[i], strlen (texts[i]));
}

static void
make_garbage (char  *data,
              gsize  length)
{
  static const char parts[] = "\n\n\r\r\n\0aé€😀\xe2\x82\xf0\x9f\xff";
  guint plain = g_test_rand_int_range (0, 100);

  for (gsize i = 0; i < length; i++)
    {
      if ((guint) g_test_rand_int_range (0, 100) < plain)
        data[i] = 'x';
      else if (g_test_rand_bit ())
        data[i] = parts[g_test_rand_int_range (0, sizeof parts - 1)];
      else
        data[i] = g_test_rand_int ();
    }
}

static void
test_short_garbage (void)
{
  for (guint round = 0; round < 40; round++)
    {
      char data[12];

      make_garbage (data, sizeof data);
      check_against_naive (data, sizeof data);
    }
}

static void
test_long_garbage (void)
{
  const gsize length = 20000;
  g_autofree char *data = g_malloc (length);

  for (guint round = 0; round < 60; round++)
    {
      gsize max_length = round % 3 == 0 ? 0 : g_test_rand_int_range (1, 1 << (round % 14 + 1));
      g_autoptr(GArray) cuts = g_array_new (FALSE, FALSE, sizeof (gsize));
      g_autoptr(GPtrArray) expected = NULL;
      GString *text;

      make_garbage (data, length);
      text = naive_decode_utf8 (data, length);
      expected = naive_cut (text, max_length);
      g_string_free (text, TRUE);

      for (gsize cut = 0; cut < length; cut += g_test_rand_int_range (0, 1 << (round % 13 + 1)))
        g_array_append_val (cuts, cut);
      check_cuts ("UTF-8", max_length, data, length, &g_array_index (cuts, gsize, 0), cuts->len,
                  (const char * const *) expected->pdata, expected->len);
    }
}

/* Long lines of characters, so that they lie across the window in which text is checked. */
static void
test_windows (void)
{
  for (gsize shift = 0; shift < 8; shift++)
    {
      g_autoptr(GString) data = g_string_new (NULL);
      g_autoptr(GPtrArray) expected = NULL;

      for (gsize i = 0; i < shift; i++)
        g_string_append_c (data, 'x');
      for (guint i = 0; i < 9000; i++)
        g_string_append (data, i % 2999 == 2998 ? "\n" : i % 2 == 0 ? "€" : "😀");

      expected = naive_cut (data, 0);
      g_assert_cmpuint (expected->len, ==, 4);
      check_cuts ("UTF-8", 0, data->str, data->len, NULL, 0,
                  (const char * const *) expected->pdata, expected->len);
    }
}

/* The usual case costs no copy: the lines are where they were read. */
static void
test_in_place (void)
{
  g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new ("UTF-8", 8, NULL);
  char data[] = "one\ntwo\r\n\nfür €\n\xff\n345678\n123456789\nend";
  const char *piece;

  cproc_line_splitter_feed (lines, data, sizeof data - 1);
  g_assert_true (cproc_line_splitter_next (lines) == data);
  g_assert_true (cproc_line_splitter_next (lines) == data + 4);
  g_assert_cmpstr (data + 4, ==, "two");
  g_assert_true (cproc_line_splitter_next (lines) == data + 9);
  g_assert_true (cproc_line_splitter_next (lines) == data + 10);
  g_assert_cmpstr (data, ==, "one");
  g_assert_cmpstr (data + 10, ==, "für €");
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, R);
  g_assert_true (cproc_line_splitter_next (lines) == data + 21);
  g_assert_cmpstr (data + 21, ==, "345678");

  piece = cproc_line_splitter_next (lines);
  g_assert_cmpstr (piece, ==, "12345678");
  g_assert_false (piece >= data && piece < data + sizeof data);
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "9");
  g_assert_null (cproc_line_splitter_next (lines));

  cproc_line_splitter_finish (lines);
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "end");
  g_assert_null (cproc_line_splitter_next (lines));
}

/* Of a terminal, any number of "\r" before the "\n" belong to the line end, wherever it was cut. */
static void
test_terminal (void)
{
  static const char data[] = "a\r\r\nb\rc\n\r\r\r\n\nabcd\r\r\nabcde\r\r\r\r\r\r\r\r\r\r\nd\r\r";

  for (gsize step = 1; step < sizeof data; step++)
    {
      g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new ("UTF-8", 4, NULL);
      g_autoptr(GString) text = g_string_new (NULL);
      const char *line;

      cproc_line_splitter_set_terminal (lines, TRUE);
      for (gsize at = 0; at < sizeof data - 1; at += step)
        {
          gsize n = MIN (step, sizeof data - 1 - at);
          g_autofree char *piece = g_memdup2 (data + at, n);

          cproc_line_splitter_feed (lines, piece, n);
          while ((line = cproc_line_splitter_next (lines)) != NULL)
            g_string_append_printf (text, "%s|", line);
        }
      cproc_line_splitter_finish (lines);
      while ((line = cproc_line_splitter_next (lines)) != NULL)
        g_string_append_printf (text, "%s|", line);
      g_assert_cmpstr (text->str, ==, "a|b\rc|||abcd|abcd|e|d\r\r|");
    }
}

/* A line of nothing but "\r" is not held back for ever. */
static void
test_terminal_returns (void)
{
  g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new ("UTF-8", 10, NULL);
  gsize n_pieces = 0;

  cproc_line_splitter_set_terminal (lines, TRUE);
  for (guint i = 0; i < 1000; i++)
    {
      char piece[] = "\r";

      cproc_line_splitter_feed (lines, piece, 1);
      while (cproc_line_splitter_next (lines) != NULL)
        n_pieces++;
    }
  g_assert_cmpuint (n_pieces, >=, 97);
}

/* A line that has no end is handed out as it grows, so that it takes no more than its limit. */
static void
test_endless (void)
{
  g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new ("UTF-8", 1000, NULL);
  gsize n_pieces = 0;

  for (guint i = 0; i < 10000; i++)
    {
      char data[37];
      const char *piece;

      memset (data, 'x', sizeof data);
      cproc_line_splitter_feed (lines, data, sizeof data);
      while ((piece = cproc_line_splitter_next (lines)) != NULL)
        {
          g_assert_cmpuint (strlen (piece), ==, 1000);
          n_pieces++;
        }
    }

  g_assert_cmpuint (n_pieces, ==, 369);
  cproc_line_splitter_finish (lines);
  g_assert_cmpuint (strlen (cproc_line_splitter_next (lines)), ==, 1000);
  g_assert_null (cproc_line_splitter_next (lines));
}

static void
test_change_limit (void)
{
  g_autoptr(CprocLineSplitter) lines = cproc_line_splitter_new ("UTF-8", 0, NULL);
  char first[] = "abcdefghij";
  char second[] = "kl\nmnop\n";

  cproc_line_splitter_feed (lines, first, strlen (first));
  g_assert_null (cproc_line_splitter_next (lines));

  cproc_line_splitter_set_max_length (lines, 4);
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "abcd");
  cproc_line_splitter_set_max_length (lines, 3);
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "efg");
  cproc_line_splitter_set_max_length (lines, 0);
  g_assert_null (cproc_line_splitter_next (lines));

  cproc_line_splitter_feed (lines, second, strlen (second));
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "hijkl");
  cproc_line_splitter_set_max_length (lines, 2);
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "mn");
  g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "op");
  g_assert_null (cproc_line_splitter_next (lines));
}

/* Finished while lines are left: they come first. */
static void
test_finish_early (void)
{
  const char *encodings[] = { "UTF-8", "ISO-8859-1" };

  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      g_autoptr(CprocLineSplitter) lines = open_lines (encodings[i], 0);
      char data[] = "a\nb\nc";

      if (lines == NULL)
        continue;

      cproc_line_splitter_feed (lines, data, strlen (data));
      g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "a");
      cproc_line_splitter_finish (lines);
      cproc_line_splitter_finish (lines);
      g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "b");
      g_assert_cmpstr (cproc_line_splitter_next (lines), ==, "c");
      g_assert_null (cproc_line_splitter_next (lines));
      g_assert_null (cproc_line_splitter_next (lines));
    }
}

static void
test_nothing_fed (void)
{
  const char *encodings[] = { "UTF-8", "UTF-16LE" };

  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    {
      g_autoptr(CprocLineSplitter) lines = open_lines (encodings[i], 10);

      if (lines == NULL)
        continue;

      g_assert_null (cproc_line_splitter_next (lines));
      cproc_line_splitter_finish (lines);
      g_assert_null (cproc_line_splitter_next (lines));
    }
}

static void
test_unknown (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (cproc_line_splitter_new ("no-such-encoding", 0, &error));
  g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *path = g_strdup_printf ("/line-splitter/cut-anywhere/%s", samples[i].name);

      g_test_add_data_func (path, &samples[i], test_sample);
    }
  g_test_add_func ("/line-splitter/every-limit", test_every_limit);
  g_test_add_func ("/line-splitter/short-garbage", test_short_garbage);
  g_test_add_func ("/line-splitter/long-garbage", test_long_garbage);
  g_test_add_func ("/line-splitter/windows", test_windows);
  g_test_add_func ("/line-splitter/in-place", test_in_place);
  g_test_add_func ("/line-splitter/endless", test_endless);
  g_test_add_func ("/line-splitter/terminal", test_terminal);
  g_test_add_func ("/line-splitter/terminal-returns", test_terminal_returns);
  g_test_add_func ("/line-splitter/change-limit", test_change_limit);
  g_test_add_func ("/line-splitter/finish-early", test_finish_early);
  g_test_add_func ("/line-splitter/nothing-fed", test_nothing_fed);
  g_test_add_func ("/line-splitter/unknown-encoding", test_unknown);

  return g_test_run ();
}
