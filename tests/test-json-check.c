/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-error.h"
#include "cproc-json-private.h"

typedef struct
{
  const char *text;
  gsize length;
} Text;

#define T(literal) { literal, sizeof (literal) - 1 }

/* What the grammar of RFC 8259 allows. */
static const Text valid_texts[] = {
  /* Any value is a text. */
  T ("true"), T ("false"), T ("null"), T ("42"), T ("-0.1"), T ("\"\""), T ("\"asd\""), T ("[]"),
  T ("{}"),

  /* Space: four characters, anywhere between tokens. */
  T (" \t\r\n1"), T ("1 \t\r\n"), T (" [] "), T ("[[]   ]"), T ("[ 4]"), T ("[\"a\"]\n"),
  T ("{\n\"a\"\t:\r1 ,\"b\" : [ 1\n, 2 ] \n}\n"), T ("true\r"),

  /* Lists. */
  T ("[\"\"]"), T ("[null, 1, \"1\", {}]"), T ("[1,null,null,null,2]"), T ("[[[[]]],[]]"),
  T ("[[],[{}],{\"\":[]}]"),

  /* Objects. */
  T ("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"), T ("{\"a\":\"b\",\"a\":\"c\"}"),
  T ("{\"\":0}"), T ("{\"foo\\u0000bar\": 42}"), T ("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
  T ("{\"a\":{\"b\":{\"c\":{}}}}"), T ("{\"a\":[{\"b\":[]}],\"c\":null}"),

  /* Numbers. */
  T ("0"), T ("-0"), T ("[0e1]"), T ("[0e+1]"), T ("[20e1]"), T ("[123e65]"), T ("[1E22]"),
  T ("[1E-2]"), T ("[1E+2]"), T ("[123.456e78]"), T ("[1e-2]"), T ("[123.456789]"), T ("-1"),
  T ("-0.0"), T ("0.0e-0"), T ("1.00000000000000000000000000000000000000000000000000000000000"),
  T ("[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]"),

  /* Strings. */
  T ("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), T ("[\"\\\\u0000\"]"), T ("[\"\\u0000\"]"),
  T ("[\"\\u0012\"]"), T ("[\"\\uFFFF\"]"), T ("[\"\\u0060\\u012a\\u12AB\"]"),
  T ("[\"\\uD801\\udc37\"]"), T ("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"), T ("[\"\\uDBFF\\uDFFF\"]"),
  T ("[\"a/*b*/c/*d//e\"]"), T ("[\"\x7f\"]"), T ("[\"\xcf\x80\"]"), T ("[\"\xe2\x80\xa8\"]"),
  T ("[\"\xef\xbf\xbf\"]"), T ("[\"\xf4\x8f\xbf\xbf\"]"), T ("[\"\xe2\x82\xac\xf0\x9d\x84\x9e\"]"),
  T ("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\""),
};

/* What the grammar leaves to us, and we allow. */
static const Text allowed_texts[] = {
  /* Surrogates that stand alone, when they are escaped. */
  T ("[\"\\uDADA\"]"), T ("[\"\\uD888\\u1234\"]"), T ("[\"\\uD800\\n\"]"), T ("[\"\\uDd1ea\"]"),
  T ("[\"\\uD800\\uD800\\n\"]"), T ("[\"\\ud800abc\"]"), T ("[\"\\uDd1e\\uD834\"]"),
  T ("{\"\\uDFAA\":0}"),

  /* Numbers that become 0, and those just in range. */
  T ("[123.456e-789]"), T ("[123e-10000000]"), T ("[1e-99999999999999999999999999999999999]"),
  T ("0e99999999999999999999999999999999999"), T ("-0.00e400"),
  T ("9223372036854775807"), T ("-9223372036854775808"), T ("9223372036854775808.0"),
  T ("9223372036854775808e0"), T ("1.7976931348623157e308"), T ("-1.7976931348623158e308"),
  T ("0.00000000000000000000000000000000000000017976931348623157e348"),
  T ("179769313486231570000000000000000000000000e267"),
  /* One less than where infinity begins. */
  T ("179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977"
     "587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845"
     "817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559"
     "699508093042880177904174497791.9999999999"),
};

static const Text invalid_texts[] = {
  /* Nothing, or nothing that begins a value. */
  T (""), T (" "), T ("\n"), T ("*"), T ("abc"), T ("<.>"), T ("'a'"), T ("\xc3\xa9"), T ("\xe9"),
  T ("]"), T ("}"), T (","), T (":"), T ("undefined"), T ("[a\xe5]"), T ("[\xff]"), T ("//"),

  /* Byte order marks and other encodings. */
  T ("\xef\xbb\xbf"), T ("\xef\xbb\xbf{}"), T ("\xef\xbb{}"),
  T ("\xff\xfe[\0\"\0\xe9\0\"\0]\0"), T ("\0[\0\"\0\xe9\0\"\0]"), T ("[\0\"\0\xe9\0\"\0]\0"),

  /* Words. */
  T ("tru"), T ("fals"), T ("nul"), T ("[tru]"), T ("[fals]"), T ("[nul]"), T ("truE"), T ("True"),
  T ("NULL"), T ("nulll"), T ("[\"x\", truth]"), T ("[true1]"), T ("truefalse"), T ("nan"),
  T ("NaN"), T ("[-NaN]"), T ("[Inf]"), T ("[+Inf]"), T ("[Infinity]"), T ("[-Infinity]"),

  /* Space that is none. */
  T ("[\f]"), T ("[\v1]"), T ("\x1f" "1"), T ("[\xe2\x81\xa0]"), T ("[\xc2\xa0]"),
  T ("[\xe2\x80\xa8]"), T ("[\0]"), T ("1\0"), T ("123\0" "4"),

  /* Lists. */
  T ("["), T ("[1"), T ("[1,"), T ("[,"), T ("[,]"), T ("[,1]"), T ("[1,]"), T ("[1,,2]"),
  T ("[1,,]"), T ("[1 true]"), T ("[3[4]]"), T ("[1:2]"), T ("[\"\": 1]"), T ("[\"\"],"),
  T ("[\"x\"]]"), T ("[\"x\""), T ("[   , \"\"]"), T ("[*]"), T ("[{}"), T ("[][]"), T ("[1]x"),
  T ("[1]]"), T ("1]"), T ("[1}"), T ("[[1]"), T ("[<null>]"), T ("[1;2]"), T ("[{]}"),

  /* Objects. */
  T ("{"), T ("{,"), T ("{]"), T ("{["), T ("{\"a"), T ("{\"a\""), T ("{\"a\":"), T ("{\"a\":1"),
  T ("{\"a\":1,"), T ("{\"a\":1,}"), T ("{\"id\":0,,,}"), T ("{,\"a\":1}"), T ("{\"a\":\"b\",,\"c\":1}"),
  T ("{\"x\"::\"b\"}"), T ("{\"x\", null}"), T ("{\"a\" \"b\"}"), T ("{\"a\" b}"), T ("{:\"b\"}"),
  T ("{1:1}"), T ("{9999E9999:1}"), T ("{null:null}"), T ("{a: \"b\"}"), T ("{'a':0}"),
  T ("{[: \"x\"}"), T ("{\"a\":\"a\" 123}"), T ("{\"a\"}"), T ("{ \"foo\" : \"bar\", \"a\" }"),
  T ("{\"a\":1]"), T ("{}}"), T ("{\"a\": true} \"x\""), T ("{\"a\":\"b\"}#"), T ("{\"a\":}"),
  T ("{\"\xb9\":\"0\"}"), T ("{\xf0\x9f\x87\xa8}"),

  /* Comments. */
  T ("{\"a\":\"b\"}/**/"), T ("{\"a\":\"b\"}//"), T ("{\"a\":/*comment*/\"b\"}"), T ("1#"),

  /* Numbers. */
  T ("-"), T ("+"), T ("[-]"), T ("[+1]"), T ("[++1234]"), T ("[- 1]"), T ("[-foo]"), T ("[--1]"),
  T ("[-01]"), T ("[012]"), T ("00"), T ("-00"), T ("00.5"), T ("[-012]"), T ("[1.]"), T ("[-2.]"),
  T ("1."), T ("[.123]"), T ("[.-1]"), T ("[-.123]"), T ("[0.1.2]"), T ("[-1.0.]"), T ("[0.e1]"),
  T ("[2.e3]"), T ("[0e]"), T ("0e"), T ("[0E+]"), T ("0e+"), T ("1.0e-"), T ("[0e+-1]"),
  T ("[1eE2]"), T ("[1e1.5]"), T ("[1ea]"), T ("[1 000.0]"), T ("[0x1]"), T ("[1+2]"), T ("[-1x]"),
  T ("[1.2a-3]"), T ("[1_000]"), T ("2@"), T ("[\xef\xbc\x91]"), T ("[123\xe5]"), T ("[1e1\xe5]"),
  T ("[0\xe5]"), T ("[1e\xe5]"), T ("0.3e"),

  /* Numbers out of range. */
  T ("9223372036854775808"), T ("-9223372036854775809"), T ("[100000000000000000000]"),
  T ("[-123123123123123123123123123123]"), T ("1e400"), T ("[-1e+9999]"), T ("[1.5e+9999]"),
  T ("[-123123e100000]"), T ("1e309"), T ("1.7976931348623159e308"),
  T ("[0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999999999999]"),
  T ("1e99999999999999999999999999999999999"),
  T ("179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977"
     "587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845"
     "817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559"
     "699508093042880177904174497792.0"),

  /* Strings. */
  T ("\""), T ("[\"asd]"), T ("\"\"x"), T ("[\"\\\"]"), T ("[\"\\"), T ("\"\\u"), T ("[\"\\a\"]"),
  T ("[\"\\x00\"]"), T ("[\"\\\0\"]"), T ("[\"\\\t\"]"), T ("[\"\\\xf0\x9f\x8c\x80\"]"),
  T ("[\"\\\xe5\"]"), T ("[\"\\u00A\"]"), T ("[\"\\uqqqq\"]"), T ("[\"\\u\xe5\"]"),
  T ("\"\\UA66D\""), T ("[\"\\uD834\\uDd\"]"), T ("[\"\\uD800\\u1x\"]"), T ("[\"\\uD800\\x\"]"),
  T ("[\"\\\\\\\"]"), T ("[\\u0020\"asd\"]"), T ("[\\n]"), T ("[\"\\u00 0\"]"), T ("[\"\\'\"]"),
  T ("[\"new\nline\"]"), T ("[\"\t\"]"), T ("[\"a\0a\"]"), T ("[\"\x1f\"]"), T ("[\"\r\"]"),
  T ("['single quote']"), T ("[\"\va\"\\f]"),

  /* Not UTF-8. */
  T ("\"\xff\""), T ("\"\x80\""), T ("\"\xbf\""), T ("\"\xc0\xaf\""), T ("\"\xc1\xbf\""),
  T ("\"\xe0\x80\xaf\""), T ("\"\xe0\x9f\xbf\""), T ("\"\xf0\x80\x80\xaf\""),
  T ("\"\xf0\x8f\xbf\xbf\""), T ("\"\xed\xa0\x80\""), T ("\"\xed\xbf\xbf\""),
  T ("\"\xed\xa0\xb4\xed\xb4\x9e\""), T ("\"\xf4\x90\x80\x80\""), T ("\"\xf5\x80\x80\x80\""),
  T ("\"\xfc\x83\xbf\xbf\xbf\xbf\""), T ("\"\xc3\""), T ("\"\xe2\x82\""), T ("\"\xf0\x9d\x84\""),
  T ("\"\xc3"), T ("\"\xe2\x82"), T ("\"\xf0\x9d\x84"), T ("\"\xe0\xff\""), T ("\"\xc3\\n\""),
  T ("\"\xe6\x97\xa5\xd1\x88\xfa\""), T ("[\"\xe9\"]"),
};

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
    { T ("[1 2]"), "Not JSON at byte 3: a comma or the end of the list must stand here" },
    { T ("[1}"), "Not JSON at byte 2: a comma or the end of the list must stand here" },
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
    { T ("[9223372036854775808]"), "Not JSON at byte 1: the number does not fit into 64 bits" },
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

/* The next judge is written for nothing but to be seen to be right: a function for each rule. */

typedef struct
{
  const char *p;
  const char *end;
} Judge;

static gboolean judge_value (Judge *self,
                             guint  depth);

static gboolean
judge_take (Judge      *self,
            const char *set)
{
  if (self->p == self->end || *self->p == '\0' || strchr (set, *self->p) == NULL)
    return FALSE;

  self->p++;
  return TRUE;
}

static void
judge_space (Judge *self)
{
  while (judge_take (self, " \t\r\n"))
    ;
}

static gboolean
judge_digits (Judge *self)
{
  gboolean any = FALSE;

  while (judge_take (self, "0123456789"))
    any = TRUE;

  return any;
}

static gboolean
judge_number (Judge *self)
{
  const char *start = self->p;
  g_autofree char *number = NULL;
  gboolean is_real = FALSE;
  gint64 whole;

  judge_take (self, "-");
  if (!judge_take (self, "0") && !judge_digits (self))
    return FALSE;
  if (judge_take (self, ".") && (is_real = TRUE) && !judge_digits (self))
    return FALSE;
  if (judge_take (self, "eE"))
    {
      is_real = TRUE;
      judge_take (self, "+-");
      if (!judge_digits (self))
        return FALSE;
    }

  number = g_strndup (start, self->p - start);
  if (is_real)
    return isfinite (g_ascii_strtod (number, NULL));

  return g_ascii_string_to_signed (number, 10, G_MININT64, G_MAXINT64, &whole, NULL);
}

static gboolean
judge_string (Judge *self)
{
  if (!judge_take (self, "\""))
    return FALSE;

  while (!judge_take (self, "\""))
    {
      if (judge_take (self, "\\"))
        {
          if (judge_take (self, "\"\\/bfnrt"))
            continue;
          if (!judge_take (self, "u"))
            return FALSE;
          for (guint i = 0; i < 4; i++)
            if (!judge_take (self, "0123456789abcdefABCDEF"))
              return FALSE;
        }
      else if (self->p == self->end || (guchar) *self->p < 0x20)
        return FALSE;
      else
        self->p++;
    }

  return TRUE;
}

static gboolean
judge_word (Judge      *self,
            const char *word)
{
  for (; *word != '\0'; word++)
    if (!judge_take (self, (const char[]) { *word, '\0' }))
      return FALSE;

  return TRUE;
}

static gboolean
judge_object (Judge *self,
              guint  depth)
{
  self->p++;
  judge_space (self);
  if (judge_take (self, "}"))
    return TRUE;

  do
    {
      judge_space (self);
      if (!judge_string (self))
        return FALSE;
      judge_space (self);
      if (!judge_take (self, ":") || !judge_value (self, depth + 1))
        return FALSE;
    }
  while (judge_take (self, ","));

  return judge_take (self, "}");
}

static gboolean
judge_array (Judge *self,
             guint  depth)
{
  self->p++;
  judge_space (self);
  if (judge_take (self, "]"))
    return TRUE;

  do
    {
      if (!judge_value (self, depth + 1))
        return FALSE;
    }
  while (judge_take (self, ","));

  return judge_take (self, "]");
}

static gboolean
judge_value (Judge *self,
             guint  depth)
{
  gboolean valid;

  judge_space (self);
  if (self->p == self->end)
    return FALSE;

  switch (*self->p)
    {
    case '{':
      valid = depth < 512 && judge_object (self, depth);
      break;
    case '[':
      valid = depth < 512 && judge_array (self, depth);
      break;
    case '"':
      valid = judge_string (self);
      break;
    case 't':
      valid = judge_word (self, "true");
      break;
    case 'f':
      valid = judge_word (self, "false");
      break;
    case 'n':
      valid = judge_word (self, "null");
      break;
    default:
      valid = judge_number (self);
    }

  judge_space (self);

  return valid;
}

static gboolean
judge_text (const char *text,
            gsize       length)
{
  Judge judge = { text, text + length };

  return g_utf8_validate_len (text, length, NULL) && judge_value (&judge, 0) &&
         judge.p == judge.end;
}

static void
assert_judged_alike (const char *text,
                     gsize       length)
{
  if (check_copy_ok (text, length) != judge_text (text, length))
    {
      g_autofree char *escaped = g_strndup (text, length);

      g_test_message ("judged differently: %s", escaped);
      g_test_fail ();
    }
}

static void
for_each_text (void (*func) (const char *text,
                             gsize       length))
{
  for (gsize i = 0; i < G_N_ELEMENTS (valid_texts); i++)
    func (valid_texts[i].text, valid_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (allowed_texts); i++)
    func (allowed_texts[i].text, allowed_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (invalid_texts); i++)
    func (invalid_texts[i].text, invalid_texts[i].length);
}

static void
judge_prefixes (const char *text,
                gsize       length)
{
  for (gsize n = 0; n <= length; n++)
    assert_judged_alike (text, n);
}

static void
test_prefixes (void)
{
  for_each_text (judge_prefixes);
}

/* Every byte left out, doubled, and replaced by each that means something. */
static void
judge_variants (const char *text,
                gsize       length)
{
  static const char bytes[] = "\"\\/{}[],:0159.-+eEu tfn\n\x1f\x7f\x80\xbf\xc3\xe2\xed\xf4\xff";

  for (gsize at = 0; at < length && length < 100; at++)
    {
      g_autoptr(GString) variant = g_string_new_len (text, length);

      for (gsize i = 0; i < sizeof bytes; i++)
        {
          variant->str[at] = bytes[i];
          assert_judged_alike (variant->str, variant->len);
        }

      variant->str[at] = text[at];
      g_string_insert_len (variant, at, text + at, 1);
      assert_judged_alike (variant->str, variant->len);
      g_string_erase (variant, at, 2);
      assert_judged_alike (variant->str, variant->len);
    }
}

static void
test_variants (void)
{
  for_each_text (judge_variants);
}

/* Many bytes are looked at in one step: whatever ends a run must be seen at every place of it. */
static void
test_every_place_in_a_string (void)
{
  static const Text pieces[] = {
    T ("\\n"), T ("\\u20ac"), T ("\xc3\xa4"), T ("\xe2\x82\xac"), T ("\xf0\x9d\x84\x9e"), T ("\x7f"),
    T ("\x1f"), T ("\0"), T ("\xff"), T ("\x80"), T ("\xc3"), T ("\xe2\x82"), T ("\\"), T ("\""),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    for (gsize length = 0; length < 70; length++)
      for (gsize at = 0; at <= length; at++)
        {
          g_autoptr(GString) text = g_string_new ("[\"");

          for (gsize n = 0; n < length; n++)
            g_string_append_c (text, (char) ('#' + n % 0x39));
          g_string_append (text, "\"]");
          g_string_insert_len (text, 2 + at, pieces[i].text, pieces[i].length);
          assert_judged_alike (text->str, text->len);
        }
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
  g_test_add_func ("/json-check/prefixes", test_prefixes);
  g_test_add_func ("/json-check/variants", test_variants);
  g_test_add_func ("/json-check/every-place-in-a-string", test_every_place_in_a_string);
  g_test_add_func ("/json-check/utf8", test_utf8);
  g_test_add_func ("/json-check/range-of-doubles", test_range_of_doubles);

  return g_test_run ();
}
