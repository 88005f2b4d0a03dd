/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-text-decoder-private.h"

#include <string.h>

#include "naive-text.h"

#define R NAIVE_REPLACEMENT

typedef struct
{
  const char *name;
  const char *encoding;
  const char *data;
  gsize length;
  const char *text;
} Sample;

#define SAMPLE(name, encoding, data, text) { name, encoding, data, sizeof data - 1, text }

static const Sample samples[] = {
  SAMPLE ("empty", "UTF-8", "", ""),
  SAMPLE ("ascii", "UTF-8", "ls -l /tmp\n", "ls -l /tmp\n"),
  SAMPLE ("utf-8", "UTF-8", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", "aé€😀z"),
  SAMPLE ("edges", "utf8",
          "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
          "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
          "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
          "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
  SAMPLE ("byte-order-mark", "UTF-8", "\xef\xbb\xbfx", "\xef\xbb\xbfx"),
  SAMPLE ("nul", "UTF-8", "a\0b\0\0", "a" R "b" R R),
  SAMPLE ("nul-in-character", "UTF-8", "\xe2\x82\0\xac", R R R),
  /* From the Unicode standard, "U+FFFD Substitution of Maximal Subparts", tables 3-8 to 3-11. */
  SAMPLE ("non-shortest", "UTF-8", "\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", R R R R R R R R "A"),
  SAMPLE ("surrogates", "UTF-8", "\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", R R R R R R R R "A"),
  SAMPLE ("other-ill-formed", "UTF-8", "\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
          R R R R R "A" R R "B"),
  SAMPLE ("truncated", "UTF-8", "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", R R R R "A"),
  SAMPLE ("no-lead", "UTF-8", "\xf5\xf8\xfc\xfe\xc1\xbf", R R R R R R),
  SAMPLE ("unfinished-2", "UTF-8", "a\xc3", "a" R),
  SAMPLE ("unfinished-3", "UTF-8", "a\xe2\x82", "a" R),
  SAMPLE ("unfinished-4", "UTF-8", "a\xf0\x9f\x98", "a" R),
  SAMPLE ("lead-after-lead", "UTF-8", "\xf0\x9f\xf0\x9f\x98\x80", R "😀"),

  SAMPLE ("latin-1", "ISO-8859-1", "caf\xe9\0\xff", "café" R "ÿ"),
  SAMPLE ("windows-1252", "WINDOWS-1252", "\x80 5\x81", "€ 5" R),
  SAMPLE ("us-ascii", "US-ASCII", "a\x80\xff" "b", "a" R R "b"),
  SAMPLE ("koi8-r", "KOI8-R", "\xf0\xd2\xc9", "При"),
  SAMPLE ("utf-16le", "UTF-16LE", "a\0\x0a\x0a\n\0\x3d\xd8\x00\xde", "aਊ\n😀"),
  SAMPLE ("utf-16be", "UTF-16BE", "\0a\x0a\x0a\0\n\xd8\x3d\xde\x00", "aਊ\n😀"),
  SAMPLE ("utf-16le-lone-high", "UTF-16LE", "\x3d\xd8" "b\0c\0", R "bc"),
  SAMPLE ("utf-16le-lone-low", "UTF-16LE", "\x00\xde" "b\0c\0", R "bc"),
  SAMPLE ("utf-16le-nul", "UTF-16LE", "a\0\0\0b\0", "a" R "b"),
  SAMPLE ("utf-16le-unfinished-1", "UTF-16LE", "a\0b", "a" R),
  SAMPLE ("utf-16le-unfinished-3", "UTF-16LE", "a\0\x3d\xd8\x00", "a" R),
  SAMPLE ("utf-16-mark-le", "UTF-16", "\xff\xfe" "a\0b\0", "ab"),
  SAMPLE ("utf-16-mark-be", "UTF-16", "\xfe\xff" "\0a\0b", "ab"),
  SAMPLE ("utf-32le", "UTF-32LE", "a\0\0\0\x00\xf6\x01\0z\0\0\0", "a😀z"),
  SAMPLE ("utf-32le-too-high", "UTF-32LE", "\0\0\x11\0z\0\0\0", R "z"),
  SAMPLE ("shift-jis", "SHIFT_JIS", "\x83\x5c\x83\x65\x0a", "ソテ\n"),
  SAMPLE ("euc-jp", "EUC-JP", "\xa4\xa2\x8f\xb0\xa1\x21", "あ丂!"),
  SAMPLE ("big5", "BIG5", "\xa4\xa4\xa4\xe5", "中文"),
  SAMPLE ("gb18030", "GB18030", "\xd6\xd0\x94\x39\xfc\x36" "a", "中😀a"),
  SAMPLE ("gb18030-unfinished", "GB18030", "a\x94\x39\xfc", "a" R),
  SAMPLE ("iso-2022-jp", "ISO-2022-JP", "a\x1b$B$\"$$\x1b(Bb\n", "aあいb\n"),
  SAMPLE ("euc-kr", "EUC-KR", "\xb0\xa1\xff" "a", "가" R "a"),
  /* The converter waits for an accent that never comes. */
  SAMPLE ("big5-hkscs", "BIG5-HKSCS", "\x88\x66", "Ê"),
};

static CprocTextDecoder *
open_decoder (const char *encoding)
{
  g_autoptr(GError) error = NULL;
  CprocTextDecoder *decoder = cproc_text_decoder_new (encoding, &error);

  if (decoder == NULL)
    {
      g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION);
      g_assert_cmpstr (encoding, !=, "UTF-8");
      g_test_skip ("The system does not know this encoding");
    }

  return decoder;
}

/* A piece of its own, so that a sanitizer sees a read beyond it. */
static void
decode_piece (CprocTextDecoder *decoder,
              const char       *data,
              gsize             length,
              gboolean          flush,
              GString          *out)
{
  g_autofree char *copy = g_memdup2 (data, length);

  cproc_text_decoder_decode (decoder, copy, length, flush, out);
}

static void
assert_text (const GString *text,
             const char    *expected,
             gsize          length)
{
  g_assert_cmpmem (text->str, text->len, expected, length);
  g_assert_true (g_utf8_validate_len (text->str, text->len, NULL));
}

static void
test_sample (gconstpointer user_data)
{
  const Sample *sample = user_data;
  g_autoptr(CprocTextDecoder) decoder = open_decoder (sample->encoding);
  gsize expected = strlen (sample->text);
  g_autoptr(GString) text = g_string_new (NULL);

  if (decoder == NULL)
    return;

  /* The decoder serves again after each flush. */
  for (gsize first = 0; first <= sample->length; first++)
    {
      for (gsize second = first; second <= sample->length; second++)
        {
          g_string_truncate (text, 0);
          decode_piece (decoder, sample->data, first, FALSE, text);
          decode_piece (decoder, sample->data + first, second - first, FALSE, text);
          decode_piece (decoder, sample->data + second, sample->length - second, TRUE, text);
          assert_text (text, sample->text, expected);
        }
    }

  g_string_truncate (text, 0);
  for (gsize i = 0; i < sample->length; i++)
    decode_piece (decoder, sample->data + i, 1, FALSE, text);
  decode_piece (decoder, "", 0, TRUE, text);
  assert_text (text, sample->text, expected);
}

static void
test_sample_text (gconstpointer user_data)
{
  const Sample *sample = user_data;
  g_autoptr(CprocTextDecoder) decoder = open_decoder (sample->encoding);
  g_autofree char *data = g_memdup2 (sample->data, sample->length);
  g_autofree char *text = NULL;

  if (decoder == NULL)
    return;

  text = cproc_text_decode (data, sample->length, sample->encoding);
  g_assert_cmpstr (text, ==, sample->text);
}

/* What iconv makes of a broken text is its own affair, but not where the text was cut. Those with
 * shifts came from the fuzzer. */
static void
test_cut_alike (void)
{
  static const Sample broken[] = {
    SAMPLE ("utf-7", "UTF-7", "5 \x80\n\x81+3D3eAA-\n", NULL),
    SAMPLE ("utf-7-bad", "UTF-7", "a+AOk-b+3D3eAA\xd8\x98\xd8\0+2D3e\xff-\n", NULL),
    SAMPLE ("iso-2022-cn-ext", "ISO-2022-CN-EXT", "\x94\xc6\xd2\x0e\0\xc0`\0\0\n\x0f", NULL),
    SAMPLE ("iso-2022-jp", "ISO-2022-JP", "\x1b$B\xff$\"\x80$$\x1b(B\x1b$\x1b$B!", NULL),
    SAMPLE ("shift-jis", "SHIFT_JIS", "\x83\x5c\x83\xff\x83\n\xf0\x83", NULL),
    SAMPLE ("euc-jp", "EUC-JP", "\xa4\xa2\x8f\xb0\x21\x8f\xff\xff\xa4\n", NULL),
    SAMPLE ("gb18030", "GB18030", "\x94\x39\xfc\xff\x81\x30\x81\n\xfe\x30\x94", NULL),
    SAMPLE ("big5-hkscs", "BIG5-HKSCS", "\x88\x66\xff\x88\x62\x88\x66\x88\xa5\x88", NULL),
    SAMPLE ("utf-16", "UTF-16", "\xfe\xff\xdc\x00\x00\x61\xd8\x00\x00\x0a\xd8\x00\xdc", NULL),
  };

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autoptr(CprocTextDecoder) decoder = cproc_text_decoder_new (broken[i].encoding, NULL);
      g_autofree char *whole = NULL;
      Sample sample = broken[i];

      if (decoder == NULL)
        continue;

      whole = cproc_text_decode (sample.data, sample.length, sample.encoding);
      g_assert_nonnull (strstr (whole, R));
      sample.text = whole;
      test_sample (&sample);
    }
}

/* Every sequence of up to four bytes that can matter, cut everywhere. */
static void
test_sequences (void)
{
  const char bytes[] = "\x00\x0a\x41\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc2\xdf\xe0\xe1\xed\xef"
                       "\xf0\xf1\xf4\xf5\xff";
  const guint n = sizeof bytes - 1;
  g_autoptr(CprocTextDecoder) decoder = cproc_text_decoder_new ("UTF-8", NULL);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < n * n * n * n; i++)
    {
      const char data[] = { bytes[i % n], bytes[i / n % n], bytes[i / n / n % n],
                            bytes[i / n / n / n] };
      GString *expected = naive_decode_utf8 (data, sizeof data);

      for (gsize cut = 0; cut < sizeof data; cut++)
        {
          g_string_truncate (text, 0);
          cproc_text_decoder_decode (decoder, data, cut, FALSE, text);
          cproc_text_decoder_decode (decoder, data + cut, sizeof data - cut, TRUE, text);
          g_assert_cmpmem (text->str, text->len, expected->str, expected->len);
        }

      g_string_free (expected, TRUE);
    }
}

static void
test_garbage (void)
{
  g_autoptr(CprocTextDecoder) decoder = cproc_text_decoder_new ("UTF-8", NULL);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint round = 0; round < 300; round++)
    {
      char data[300];
      GString *expected;

      /* Rounds differ in how much of it is ASCII, for the fast paths to begin and end. */
      for (gsize i = 0; i < sizeof data; i++)
        data[i] = g_test_rand_int_range (0, 100) < (int) (round % 100) ? 'a'
                                                                       : g_test_rand_int () & 0xff;
      expected = naive_decode_utf8 (data, sizeof data);

      g_string_truncate (text, 0);
      for (gsize i = 0; i < sizeof data;)
        {
          gsize n = g_test_rand_int_range (0, 60);

          n = MIN (n, sizeof data - i);
          decode_piece (decoder, data + i, n, FALSE, text);
          i += n;
        }
      decode_piece (decoder, "", 0, TRUE, text);
      assert_text (text, expected->str, expected->len);

      g_string_free (expected, TRUE);
    }
}

static void
test_is_utf8 (void)
{
  const char *names[] = { "UTF-8", "utf-8", "UTF8", "utf8" };
  g_autoptr(CprocTextDecoder) other = open_decoder ("ISO-8859-1");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(CprocTextDecoder) decoder = cproc_text_decoder_new (names[i], NULL);

      g_assert_true (cproc_text_decoder_is_utf8 (decoder));
    }

  if (other != NULL)
    g_assert_false (cproc_text_decoder_is_utf8 (other));
}

/* Names as Node and Python have them. */
static void
test_names (void)
{
  static const char *const names[][2] = {
    { "utf8", "UTF-8" },
    { "utf_8", "UTF-8" },
    { "latin1", "ISO-8859-1" },
    { "latin-1", "ISO-8859-1" },
    { "L1", "ISO-8859-1" },
    { "iso8859-1", "ISO-8859-1" },
    { "iso8859_15", "ISO-8859-15" },
    { "latin9", "ISO-8859-15" },
    { "binary", "ISO-8859-1" },
    { "utf16le", "UTF-16LE" },
    { "utf_16_be", "UTF-16BE" },
    { "ucs-2", "UTF-16LE" },
    { "us-ascii", "ASCII" },
    { "cp1252", "CP1252" },
    { "windows-1252", "CP1252" },
    { "shift_jis", "SHIFT_JIS" },
    { "sjis", "SHIFT_JIS" },
    { "euc_jp", "EUC-JP" },
    { "koi8_r", "KOI8-R" },
    { "mac_roman", "MACINTOSH" },
    { "IBM850", "IBM850" },
    { "no-such", "no-such" },
    { "latin99", "latin99" },
    { "windows", "windows" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *known = cproc_encoding_dup_known_name (names[i][0]);

      g_assert_cmpstr (known, ==, names[i][1]);
    }
}

static void
test_unknown (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_null (cproc_text_decoder_new ("no-such-\xff-encoding", &error));
  g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION);
  g_assert_nonnull (strstr (error->message, "“no-such-" R "-encoding”"));

  text = cproc_text_decode ("a\xff\0b", 4, "no-such-encoding");
  g_assert_cmpstr (text, ==, "a" R R "b");
}

/* More than one buffer of a converter's output, and characters across its edges. */
static void
test_long (void)
{
  g_autoptr(CprocTextDecoder) decoder = open_decoder ("UTF-16LE");
  g_autoptr(GString) data = g_string_new (NULL);
  g_autoptr(GString) expected = g_string_new (NULL);
  g_autoptr(GString) text = g_string_new (NULL);

  if (decoder == NULL)
    return;

  for (guint i = 0; i < 20000; i++)
    {
      if (i % 6000 == 5999)
        {
          g_string_append_len (data, "\x3d\xd8", 2);
          g_string_append (expected, R);
        }
      else if (i % 7 == 0)
        {
          g_string_append_len (data, "\x3d\xd8\x00\xde", 4);
          g_string_append (expected, "😀");
        }
      else
        {
          g_string_append_len (data, "\xac\x20", 2);
          g_string_append (expected, "€");
        }
    }

  decode_piece (decoder, data->str, data->len, TRUE, text);
  assert_text (text, expected->str, expected->len);

  g_string_truncate (text, 0);
  for (gsize i = 0; i < data->len; i += 777)
    decode_piece (decoder, data->str + i, MIN (data->len - i, 777), FALSE, text);
  decode_piece (decoder, "", 0, TRUE, text);
  assert_text (text, expected->str, expected->len);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *cut = g_strdup_printf ("/text-decoder/cut-anywhere/%s", samples[i].name);
      g_autofree char *text = g_strdup_printf ("/text-decoder/text/%s", samples[i].name);

      g_test_add_data_func (cut, &samples[i], test_sample);
      g_test_add_data_func (text, &samples[i], test_sample_text);
    }
  g_test_add_func ("/text-decoder/cut-alike", test_cut_alike);
  g_test_add_func ("/text-decoder/all-sequences", test_sequences);
  g_test_add_func ("/text-decoder/garbage", test_garbage);
  g_test_add_func ("/text-decoder/is-utf8", test_is_utf8);
  g_test_add_func ("/text-decoder/names", test_names);
  g_test_add_func ("/text-decoder/unknown-encoding", test_unknown);
  g_test_add_func ("/text-decoder/long", test_long);

  return g_test_run ();
}
