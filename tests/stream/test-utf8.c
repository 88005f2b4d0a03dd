/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-utf8-private.h"

#include "census.h"
#include "naive-text.h"

/* Longer than what is looked at in one step, and not a multiple of it. */
#define LENGTH 150

static const char * const texts[] = {
  "Portez ce vieux whisky au juge blond qui fume : déjà vu, là-bas, naïf, Noël, garçon, œuf. ",
  "Съешь ещё этих мягких французских булок, да выпей же чаю. ",
  "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。",
  "\xf0\x9f\x98\x80\xf0\x9f\x8e\x89 a \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac ",
  "The quick brown fox jumps over the lazy dog, and nothing else is to be seen here at all. ",
  "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
};

/* What is likely to make a difference. */
static const char bytes[] =
  "\x00\x01\x1f \"\\az\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef"
  "\xf0\xf1\xf3\xf4\xf5\xf8\xff";

static gboolean
is_stop (guchar        c,
         CprocUtf8Stop stop)
{
  if (stop == CPROC_UTF8_STOP_NUL)
    return c == 0;

  return c < 0x20 || c == '"' || c == '\\';
}

static gsize
naive_skip (const char    *data,
            gsize          length,
            CprocUtf8Stop  stop)
{
  gsize i = 0;

  while (i < length && !is_stop ((guchar) data[i], stop))
    {
      gsize size = naive_character_size (data + i, length - i);

      if (size == 0)
        break;
      i += size;
    }

  return i;
}

/* In memory of exactly its size, so that a tool sees when a byte beyond is touched. */
static void
assert_skip (const char *data,
             gsize       length)
{
  g_autofree char *copy = g_memdup2 (data, length);
  const char *end = copy + length;

  for (CprocUtf8Stop stop = CPROC_UTF8_STOP_NUL; stop <= CPROC_UTF8_STOP_ESCAPED; stop++)
    {
      gsize expected = naive_skip (data, length, stop);

      g_assert_cmpuint (cproc_utf8_skip (copy, end, stop) - copy, ==, expected);
      g_assert_cmpuint (cproc_utf8_skip_plain (copy, end, stop) - copy, ==, expected);
    }
}

static char *
repeat (const char *text,
        gsize       length)
{
  GString *repeated = g_string_new (NULL);

  while (repeated->len < length)
    g_string_append (repeated, text);

  return g_string_free (repeated, FALSE);
}

/* Every byte at every place of every script. */
static void
test_every_byte (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = repeat (texts[i], LENGTH);

      for (gsize place = 0; place < LENGTH; place++)
        {
          char saved = text[place];

          for (guint value = 0; value < 256; value++)
            {
              text[place] = (char) value;
              assert_skip (text, LENGTH);
            }
          text[place] = saved;
        }
    }
}

static void
test_every_length (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = repeat (texts[i], 2 * LENGTH);

      for (gsize start = 0; start < 40; start++)
        for (gsize length = 0; length <= LENGTH; length++)
          assert_skip (text + start, length);
    }
}

/* Each pair of bytes, with what may follow, at places on both sides of the end of a step. */
static void
test_every_pair (void)
{
  static const char * const behind[] = { "", "\x80", "\x80\xbf", "\xbf\xbf\x80", "x" };
  char data[80];

  for (guint pair = 0; pair < 0x10000; pair++)
    for (guint i = 0; i < G_N_ELEMENTS (behind); i++)
      {
        gsize place = 28 + (pair + i) % 8;
        gsize size = strlen (behind[i]);

        memset (data, 'x', sizeof data);
        data[place] = (char) (pair >> 8);
        data[place + 1] = (char) pair;
        memcpy (data + place + 2, behind[i], size);
        assert_skip (data, sizeof data);
        assert_skip (data, place + 2 + size);
      }
}

static void
append_random_character (GString *text)
{
  static const gunichar limits[] = { 0x80, 0x800, 0x10000, 0x110000 };
  gunichar c;

  do
    c = g_test_rand_int_range (1, limits[g_test_rand_int_range (0, G_N_ELEMENTS (limits))]);
  while (c >= 0xd800 && c <= 0xdfff);

  g_string_append_unichar (text, c);
}

/* Valid characters of all sizes, then up to three bytes changed, left out or put in. */
static void
test_nearly_valid (void)
{
  guint rounds = census_is_long () ? 10000000 : 50000;
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < rounds; i++)
    {
      gsize length = g_test_rand_int_range (0, LENGTH);
      int kind = g_test_rand_int_range (-3, G_N_ELEMENTS (texts));

      g_string_truncate (text, 0);
      while (text->len < length)
        {
          if (kind < 0)
            append_random_character (text);
          else
            g_string_append (text, texts[kind]);
        }

      for (int n = g_test_rand_int_range (0, 4); n > 0 && text->len > 0; n--)
        {
          gsize at = g_test_rand_int_range (0, (int) text->len);

          if (g_test_rand_bit ())
            g_string_erase (text, at, g_test_rand_int_range (0, 2));
          if (g_test_rand_bit ())
            g_string_insert_c (text, at, bytes[g_test_rand_int_range (0, sizeof bytes)]);
        }
      assert_skip (text->str, text->len);
    }
}

/* Any bytes, and only bytes that matter. */
static void
test_random (void)
{
  guint rounds = census_is_long () ? 10000000 : 50000;

  for (guint i = 0; i < rounds; i++)
    {
      char data[LENGTH];
      gsize length = g_test_rand_int_range (0, sizeof data);
      int ascii = g_test_rand_int_range (0, 100);
      gboolean any = g_test_rand_bit ();

      for (gsize n = 0; n < length; n++)
        {
          guint value = g_test_rand_int ();

          if ((int) (value >> 16) % 100 < ascii)
            data[n] = 'a';
          else
            data[n] = any ? (char) value : bytes[(value & 0xff) % sizeof bytes];
        }
      assert_skip (data, length);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/utf8/every-byte", test_every_byte);
  g_test_add_func ("/utf8/every-length", test_every_length);
  g_test_add_func ("/utf8/every-pair", test_every_pair);
  g_test_add_func ("/utf8/nearly-valid", test_nearly_valid);
  g_test_add_func ("/utf8/random", test_random);

  return g_test_run ();
}
