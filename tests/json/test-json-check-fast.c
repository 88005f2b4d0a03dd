/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

#include "json-texts.h"

/* The check that goes token by token is the judge: the fast one says the same of every text that is
 * an object or an array. */

/* Of everything that a text can hold. */
static const char * const bases[] = {
  "{\"id\":12,\"name\":\"item 12\",\"size\":36.5,\"ok\":true,"
  "\"tags\":[\"red\",\"green\"],\"n\":null}",
  "[[],{},[[]],{\"a\":{}},[{}],[[1],[2,[3]]],{\"\":[]},\"\",[\"\"],{\"a\":[{\"b\":[{\"c\":0}]}]}]",
  "[0,-0,1,-1,10,0.5,-0.25,123456789012345678901234567890,1e5,1E+5,-1.5e-5,0e0,2.50,1.7e308]",
  "[true,false,null,[true],[false],{\"true\":true},{\"a\":false,\"b\":null},\"true\",null,false]",
  "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    \"x\"\n  ],\r\n\t\"c\" : { } , \"d\" : [ ]\n}\n",
  "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud800\\\\\","
  "\"\\\\\",\"\\\\\\\"\",{\"\\\"\":\"a\\\\\",\"\\u0041\":1}]",
  "[\"Grüße\",\"日本語\",\"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\",{\"ключ\":\"é\"},"
  "\"\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf\"]",
  "[\"{}[]:,\",\"a:b\",\"[1,2]\",{\"{\":\"}\",\",\":\":\"},"
  "\"tr\",\"0\",\"-\",\". e\",\" \",\"\x7f\"]",
};

/* What is likely to make a difference. */
static const char bytes[] =
  "{}[]:,\"\\/ \n\t\r019-+.eEtrufalsnx\x01\x1f\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc2\xdf\xe0\xed"
  "\xef\xf0\xf4\xf5\xff";

static gboolean
is_container (const char *text,
              gsize       length)
{
  const char *p = cproc_json_skip_space (text, text + length);

  return p < text + length && (*p == '{' || *p == '[');
}

static gboolean
is_same (const char *text,
         gsize       length,
         gboolean    expected)
{
  return !cproc_json_check_fast ("[]", 2, NULL) ||
         cproc_json_check_fast (text, length, NULL) == expected;
}

/* In memory of exactly its size, so that a tool sees when a byte beyond is touched. */
static void
assert_same (const char *text,
             gsize       length)
{
  g_autofree char *copy = g_memdup2 (text, length);
  gboolean valid = cproc_json_check_by_token (copy, length, NULL, NULL);
  gboolean expected = valid && is_container (text, length);

  if (is_same (copy, length, expected))
    return;

  g_test_message ("%s: %.*s", expected ? "not passed" : "passed", (int) length, text);
  g_test_fail ();
}

static gboolean
skip_without_fast (void)
{
  if (cproc_json_check_fast ("[]", 2, NULL))
    return FALSE;

  g_test_skip ("this processor has only the other check");

  return TRUE;
}

static char
random_byte (void)
{
  return bytes[g_test_rand_int_range (0, sizeof bytes)];
}

static void
test_texts (void)
{
  if (skip_without_fast ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (valid_texts); i++)
    assert_same (valid_texts[i].text, valid_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (allowed_texts); i++)
    assert_same (allowed_texts[i].text, allowed_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (invalid_texts); i++)
    assert_same (invalid_texts[i].text, invalid_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (bases); i++)
    g_assert_true (cproc_json_check_fast (bases[i], strlen (bases[i]), NULL));
}

static void
test_every_change (void)
{
  if (skip_without_fast ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (bases); i++)
    {
      gsize length = strlen (bases[i]);
      g_autofree char *text = g_strdup (bases[i]);

      for (gsize at = 0; at < length; at++)
        {
          assert_same (text, at);
          for (guint c = 0; c <= 0xff; c++)
            {
              text[at] = (char) c;
              assert_same (text, length);
            }
          text[at] = bases[i][at];
        }
    }
}

/* Every text at every place in a window: behind a string, and behind space, of any length. */
static void
test_every_place (void)
{
  if (skip_without_fast ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (bases); i++)
    for (gsize before = 0; before < 140; before++)
      for (guint spaced = 0; spaced <= 1; spaced++)
        {
          g_autofree char *filling = g_strnfill (before, spaced ? ' ' : 'a');
          g_autofree char *text =
            g_strdup_printf (spaced ? "[%s%s]" : "{\"%s\":%s}", filling, bases[i]);
          gsize length = strlen (text);

          g_assert_true (cproc_json_check_fast (text, length, NULL));
          for (gsize at = 0; at < length; at++)
            {
              char was = text[at];

              assert_same (text, at);
              text[at] = random_byte ();
              assert_same (text, length);
              text[at] = was;
            }
        }
}

/* Nearly valid: parts of valid ones, with a few bytes changed, left out or put in. */
static void
test_random (void)
{
  guint rounds = g_test_slow () ? 2000000 : 40000;

  if (skip_without_fast ())
    return;

  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr(GString) text = g_string_new ("[");
      guint n_parts = g_test_rand_int_range (1, 6);

      for (guint n = 0; n < n_parts; n++)
        g_string_append_printf (text, "%s%s", n > 0 ? "," : "",
                                bases[g_test_rand_int_range (0, G_N_ELEMENTS (bases))]);
      g_string_append_c (text, ']');

      for (int n = g_test_rand_int_range (0, 4); n > 0; n--)
        {
          gsize at = g_test_rand_int_range (0, (int) text->len);

          if (g_test_rand_bit ())
            g_string_erase (text, at, g_test_rand_int_range (0, 2));
          if (g_test_rand_bit ())
            g_string_insert_c (text, at, random_byte ());
        }
      assert_same (text->str, text->len);
    }
}

/* In a mix of tokens what follows what is at random. */
static void
test_tokens (void)
{
  static const char * const tokens[] = {
    "{", "}", "[", "]", ":", ",", "\"a\"", "\"\"", "1", "-2.5", "true", " ", "\n",
    "{\"a\":", "[1", "\"a\":1", ",\"b\":", "},{", "],[", "{}", "[]", "1e9", "\"\\\\\"", "\"é\"",
  };
  guint rounds = g_test_slow () ? 2000000 : 100000;

  if (skip_without_fast ())
    return;

  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr(GString) text = g_string_new (g_test_rand_bit () ? "[" : "{\"a\":[");
      guint n_tokens = g_test_rand_int_range (0, 8);

      for (guint n = 0; n < n_tokens; n++)
        g_string_append (text, tokens[g_test_rand_int_range (0, G_N_ELEMENTS (tokens))]);
      g_string_append (text, text->str[0] == '[' ? "]" : "]}");
      assert_same (text->str, text->len);
    }
}

static void
test_long (void)
{
  static const char * const shapes[] = {
    "[@1]", "[1@]", "[\"@\"]", "{\"@\":1}", "[\"a\"@]", "{\"a\":@1}", "{\"a\"@:1}",
    "{@}", "[[]@]", "[1,@2]", "{\"a\":1,@\"b\":2}", "[0.@1]", "[-@]", "{\"a\":[@]}",
    "[{@},{}]", "{\"a\":{}@,\"b\":1}", "[[@[]]]", "{\"a\":1,@2}", "[1e@]", "@[]", "[]@",
    "[1,@]", "{\"a\":@}", "{@:1}", "{\"a\":1,@:2}", "{@[]:1}",
  };
  /* Each stands where the @ is, many times. */
  static const char fillings[] = " \n1a0,[\"\\";

  if (skip_without_fast ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (const char *c = fillings; *c != '\0'; c++)
      for (gsize n = 0; n < 400; n += n < 140 ? 1 : 13)
        {
          g_autofree char *filling = g_strnfill (n, *c);
          g_autoptr(GString) text = g_string_new (shapes[i]);

          g_string_replace (text, "@", filling, 1);
          assert_same (text->str, text->len);
        }
}

static void
test_depth (void)
{
  if (skip_without_fast ())
    return;

  for (guint depth = 500; depth < 520; depth++)
    for (guint shape = 0; shape < 3; shape++)
      {
        static const char * const opening[] = { "[", "{\"a\":", " \n[ 1, " };
        static const char * const closing[] = { "]", "}", "\t]" };
        g_autoptr(GString) text = g_string_new (NULL);

        for (guint i = 0; i < depth; i++)
          g_string_append (text, opening[shape]);
        g_string_append (text, "1");
        for (guint i = 0; i < depth; i++)
          g_string_append (text, closing[shape]);

        assert_same (text->str, text->len);
        g_assert_cmpint (cproc_json_check_fast (text->str, text->len, NULL), ==, depth <= 512);
      }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-check-fast/texts", test_texts);
  g_test_add_func ("/json-check-fast/every-change", test_every_change);
  g_test_add_func ("/json-check-fast/every-place", test_every_place);
  g_test_add_func ("/json-check-fast/random", test_random);
  g_test_add_func ("/json-check-fast/tokens", test_tokens);
  g_test_add_func ("/json-check-fast/long", test_long);
  g_test_add_func ("/json-check-fast/depth", test_depth);

  return g_test_run ();
}
