/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-error.h"
#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

#include "json-texts.h"

/* In memory of exactly its size, so that a tool sees when a byte beyond is touched. */
static gboolean
check_copy (const char  *text,
            gsize        length,
            GError     **error)
{
  g_autofree char *copy = g_memdup2 (text, length);

  return cproc_json_check (copy, length, error);
}

static gboolean
check_copy_ok (const char *text,
               gsize       length)
{
  return check_copy (text, length, NULL);
}

static void
assert_verdicts (const Text *texts,
                 gsize       n_texts,
                 gboolean    expected)
{
  for (gsize i = 0; i < n_texts; i++)
    {
      g_autoptr(GError) error = NULL;

      if (check_copy (texts[i].text, texts[i].length, &error) == expected)
        continue;

      g_test_message ("%.*s: %s", (int) texts[i].length, texts[i].text,
                      error != NULL ? error->message : "accepted");
      g_test_fail ();
    }
}

static void
test_valid (void)
{
  assert_verdicts (valid_texts, G_N_ELEMENTS (valid_texts), TRUE);
}

static void
test_allowed (void)
{
  assert_verdicts (allowed_texts, G_N_ELEMENTS (allowed_texts), TRUE);
}

static void
test_invalid (void)
{
  assert_verdicts (invalid_texts, G_N_ELEMENTS (invalid_texts), FALSE);
}

static void
test_no_data (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_json_check (NULL, 0, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_assert_cmpstr (error->message, ==, "Not JSON at byte 0: the text ends too early");
}

static void
test_messages (void)
{
  static const struct
  {
    Text text;
    const char *message;
  } cases[] = {
    { T ("[1,"), "Not JSON at byte 3: the text ends too early" },
    { T ("[tru"), "Not JSON at byte 4: the text ends too early" },
    { T ("\"abc"), "Not JSON at byte 4: the text ends too early" },
    { T ("\"\\u00"), "Not JSON at byte 5: the text ends too early" },
    { T ("1."), "Not JSON at byte 2: the text ends too early" },
    { T ("undefined"), "Not JSON at byte 0: no value is written like this" },
    { T ("[1, truth]"), "Not JSON at byte 4: no value is written like this" },
    { T ("[1 2]"), "Not JSON at byte 3: a comma or “]” must stand here" },
    { T ("[1}"), "Not JSON at byte 2: a comma or “]” must stand here" },
    { T ("{\"a\":1 \"b\"}"), "Not JSON at byte 7: a comma or “}” must stand here" },
    { T ("{} {}"), "Not JSON at byte 3: there is more after the value" },
    { T ("{\"a\":1,}"), "Not JSON at byte 7: a member's name must stand here" },
    { T ("{\"a\" 1}"), "Not JSON at byte 5: a colon must follow a member's name" },
    { T ("\"a\nb\""), "Not JSON at byte 2: a control character in a string must be escaped" },
    { T ("\"a\\qb\""), "Not JSON at byte 3: no escape sequence is written like this" },
    { T ("\"\\u00g0\""), "Not JSON at byte 5: four hexadecimal digits must follow “\\u”" },
    { T ("[\"ab\xff\"]"), "Not JSON at byte 4: this is not valid UTF-8" },
    { T ("\"\xe2\x82"), "Not JSON at byte 1: this is not valid UTF-8" },
    { T ("[-x]"), "Not JSON at byte 2: a digit must stand here" },
    { T ("[1.e5]"), "Not JSON at byte 3: a digit must stand here" },
    { T ("[-01]"), "Not JSON at byte 2: a number must not begin with 0" },
    { T ("[1,-1e400]"), "Not JSON at byte 3: the number is too large" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (check_copy (cases[i].text.text, cases[i].text.length, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static char *
nested (guint       depth,
        const char *open,
        const char *inside,
        const char *close)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, inside);
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);

  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  static const struct
  {
    const char *open, *inside, *close;
    guint depth_of_each, depth_inside;
  } shapes[] = {
    { "[", "", "]", 1, 0 },
    { "[", "1", "]", 1, 0 },
    { "{\"a\":", "1", "}", 1, 0 },
    { "[[],", "\"]\"", "]", 1, 1 },
    { "[{\"a\":", "1", "}]", 2, 0 },
    { "[{\"a\":", "{}", "}]", 2, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (guint n = 250; n <= 520; n++)
      {
        g_autofree char *text = nested (n, shapes[i].open, shapes[i].inside, shapes[i].close);
        guint depth = n * shapes[i].depth_of_each + shapes[i].depth_inside;

        g_assert_cmpint (check_copy_ok (text, strlen (text)), ==, depth <= 512);
      }
}

static void
test_depth_of_garbage (void)
{
  g_autofree char *brackets = g_strnfill (1000000, '[');
  g_autofree char *objects = nested (1000000, "{\"\":", "", "");
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_json_check (brackets, 1000000, &error));
  g_assert_cmpstr (error->message, ==, "Not JSON at byte 512: it is nested too deeply");
  g_assert_false (cproc_json_check (objects, strlen (objects), NULL));
}

static void
test_utf8 (void)
{
  static const guchar thirds[] = { 0x22, 0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0 };

  for (guint first = 0x80; first <= 0xff; first++)
    for (guint second = 0; second <= 0xff; second++)
      for (gsize i = 0; i < G_N_ELEMENTS (thirds) * G_N_ELEMENTS (thirds); i++)
        {
          char text[] = { '"', (char) first, (char) second, (char) thirds[i % 7],
                          (char) thirds[i / 7], '"' };
          gboolean valid = g_utf8_validate_len (text, sizeof text, NULL) && second >= 0x20;

          /* These would end the string, or begin an escape. */
          if (second == '"' || second == '\\' || memchr (text + 3, '"', 2) != NULL)
            continue;

          g_assert_cmpint (cproc_json_check (text, sizeof text, NULL), ==, valid);
        }
}

/* One that is too large for 64 bits is a double; it needs no point to be out of range. */
static void
test_range_of_integers (void)
{
  for (guint n_digits = 300; n_digits < 320; n_digits++)
    for (char first = '1'; first <= '2'; first++)
      for (guint negative = 0; negative <= 1; negative++)
        {
          g_autoptr(GString) number = g_string_new (negative ? "-" : NULL);

          g_string_append_c (number, first);
          for (guint i = 1; i < n_digits; i++)
            g_string_append_c (number, '0');
          g_assert_cmpint (check_copy_ok (number->str, number->len), ==,
                           isfinite (g_ascii_strtod (number->str, NULL)) != 0);
        }
}

/* The range of doubles ends where the C library says. */
static void
test_range_of_doubles (void)
{
  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr(GString) number = g_string_new (g_test_rand_bit () ? "-" : NULL);
      guint n_zeros = g_test_rand_int_range (0, 40);
      guint n_digits = g_test_rand_int_range (0, 330);
      gboolean tiny = g_test_rand_bit ();

      g_string_append (number, tiny ? "0." : "17976931348623158");
      for (guint n = 0; tiny && n < n_zeros; n++)
        g_string_append_c (number, '0');
      if (tiny)
        g_string_append (number, "17976931348623158");
      for (guint n = 0; n < n_digits; n++)
        g_string_append_c (number, (char) g_test_rand_int_range ('0', '9' + 1));
      g_string_append_printf (number, "%s%s%d", tiny ? "" : ".5", g_test_rand_bit () ? "e" : "E+",
                              (tiny ? 309 + (int) n_zeros : 292 - (int) n_digits) +
                              g_test_rand_int_range (-1, 2));
      if (strstr (number->str, "+-") != NULL)
        continue;

      g_assert_cmpint (check_copy_ok (number->str, number->len), ==,
                       isfinite (g_ascii_strtod (number->str, NULL)) != 0);
    }
}

/* Whether a member is named "cmd", in a short text and behind a long one. */
static void
test_names (void)
{
  static const struct
  {
    const char *text;
    gboolean may_have_cmd;
  } texts[] = {
    { "{\"cmd\":1}", TRUE },
    { "{\"a\":1,\"cmd\":2,\"b\":3}", TRUE },
    { "{\"a\":1 , \"cmd\" : 2}", TRUE },
    { "[{\"cmd\":1}]", TRUE },
    { "{\"c\\u006Dd\":1}", TRUE },
    { "{\"\\u0063md\":1}", TRUE },
    { "{\"a\":\"cmd\"}", FALSE },
    { "[\"cmd\",\"cmd\"]", FALSE },
    { "{\"cmd1\":1,\"CMD\":2,\"cm\":3,\"xcmd\":4}", FALSE },
    { "{\"a\\n\":\"\\\"cmd\\\"\"}", FALSE },
    { "\"cmd\"", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      for (guint padding = 0; padding < 300; padding += 7)
        {
          g_autofree char *spaces = g_strnfill (padding % 64, ' ');
          g_autofree char *pad = g_strnfill (padding, 'x');
          g_autofree char *text = g_strdup_printf ("[\"%s\",%s%s,[%s]]", pad, spaces, texts[i].text,
                                                   spaces);
          gboolean may_have_cmd = !texts[i].may_have_cmd;
          gboolean by_token = may_have_cmd;

          g_assert_true (cproc_json_check_names (text, strlen (text), &may_have_cmd, NULL));
          g_assert_cmpint (may_have_cmd, ==, texts[i].may_have_cmd);
          g_assert_true (cproc_json_check_by_token (text, strlen (text), &by_token, NULL));
          g_assert_cmpint (by_token, ==, texts[i].may_have_cmd);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-check/valid", test_valid);
  g_test_add_func ("/json-check/allowed", test_allowed);
  g_test_add_func ("/json-check/invalid", test_invalid);
  g_test_add_func ("/json-check/no-data", test_no_data);
  g_test_add_func ("/json-check/messages", test_messages);
  g_test_add_func ("/json-check/depth", test_depth);
  g_test_add_func ("/json-check/depth-of-garbage", test_depth_of_garbage);
  g_test_add_func ("/json-check/utf8", test_utf8);
  g_test_add_func ("/json-check/range-of-doubles", test_range_of_doubles);
  g_test_add_func ("/json-check/range-of-integers", test_range_of_integers);

  g_test_add_func ("/json-check/names", test_names);

  return g_test_run ();
}
