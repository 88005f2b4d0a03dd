/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-error.h"
#include "cproc-json-private.h"

static char *
write_node (JsonNode *node)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  cproc_json_write (node, out, &error);
  g_assert_no_error (error);
  g_assert_cmpint (strlen (out->str), ==, out->len);

  cproc_json_check (out->str, out->len, &error);
  g_assert_no_error (error);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
assert_written (JsonNode   *node,
                const char *expected)
{
  g_autofree char *text = write_node (node);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_not_written (JsonNode   *node,
                    const char *message)
{
  g_autoptr(GString) out = g_string_new ("before");
  g_autoptr(GError) error = NULL;

  g_assert_false (cproc_json_write (node, out, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_cmpstr (out->str, ==, "before");
  g_assert_cmpint (out->len, ==, strlen ("before"));
}

static JsonNode *
string_node (const char *string)
{
  return json_node_init_string (json_node_alloc (), string);
}

static JsonNode *
double_node (double value)
{
  return json_node_init_double (json_node_alloc (), value);
}

static void
test_compact (void)
{
  static const char * const texts[] = {
    "{\"foo\":1,\"bar\":2}", "[]", "{}", "[[],{},[[]]]", "\"Hello there!\"", "true", "false",
    "null",
    "[null,true,false,0,-1,1.5,\"\"]", "{\"z\":{\"y\":{}},\"a\":[{\"x\":[]}],\"\":null}",
    "[{\"a\":[1,2,3]},{\"a\":[]},[{}],4]",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(JsonNode) node = cproc_json_parse (texts[i], strlen (texts[i]));

      assert_written (node, texts[i]);
    }
}

static void
test_appends (void)
{
  g_autoptr(GString) out = g_string_new ("a");
  g_autoptr(JsonNode) node = string_node ("b");

  g_assert_true (cproc_json_write (node, out, NULL));
  g_string_append_c (out, '\n');
  g_assert_true (cproc_json_write (node, out, NULL));
  g_assert_cmpstr (out->str, ==, "a\"b\"\n\"b\"");
}

static void
test_integers (void)
{
  static const gint64 integers[] = {
    0, 1, -1, 9, 10, -10, 1234567890, G_MAXINT32, G_MININT32, G_GINT64_CONSTANT (9007199254740993),
    G_MAXINT64, G_MININT64, G_MININT64 + 1,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++)
    {
      g_autoptr(JsonNode) node = json_node_init_int (json_node_alloc (), integers[i]);
      g_autofree char *expected = g_strdup_printf ("%" G_GINT64_FORMAT, integers[i]);

      assert_written (node, expected);
    }
}

/* A double stays one: it never looks like an integer. */
static const struct
{
  double value;
  const char *text;
} doubles[] = {
  { 0.0, "0.0" },
  { -0.0, "-0.0" },
  { 1.0, "1.0" },
  { -1.0, "-1.0" },
  { 123456789.0, "123456789.0" },
  { 0.1, "0.1" },
  { -2.75, "-2.75" },
  { 3.14159, "3.14159" },
  { 0.30000000000000004, "0.30000000000000004" },
  { 1.0 / 3.0, "0.3333333333333333" },
  { 100.0 / 3.0, "33.333333333333336" },
  { 9007199254740992.0, "9007199254740992.0" },
  { 1e21, "1e+21" },
  { 1.5e21, "1.5e+21" },
  { 1e100, "1e+100" },
  { 0.001, "0.001" },
  { 2.2250738585072014e-308, "2.2250738585072014e-308" },
  { -1.7976931348623157e308, "-1.7976931348623157e+308" },
};

static void
test_doubles (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (doubles); i++)
    {
      g_autoptr(JsonNode) node = double_node (doubles[i].value);

      assert_written (node, doubles[i].text);
    }
}

static guint64
random_bits (void)
{
  return (guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
}

static void
assert_reads_back (double value)
{
  g_autoptr(JsonNode) node = double_node (value);
  g_autofree char *text = write_node (node);
  double read_back = g_ascii_strtod (text, NULL);

  g_assert_cmpint (memcmp (&read_back, &value, sizeof value), ==, 0);
  g_assert_nonnull (strpbrk (text, ".e"));
  g_assert_true (cproc_json_check (text, strlen (text), NULL));
}

static void
test_random_doubles (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      guint64 bits = random_bits ();
      double value;

      memcpy (&value, &bits, sizeof value);
      if (isfinite (value))
        assert_reads_back (value);

      assert_reads_back (ldexp ((double) (bits >> 11), g_test_rand_int_range (-75, 5)));
      assert_reads_back ((double) (bits % 1000000) / 1000);
      assert_reads_back (ldexp (1, (int) (bits % 2098) - 1074));
    }
}

static void
test_strings (void)
{
  static const struct
  {
    const char *string, *text;
  } cases[] = {
    { "", "\"\"" },
    { "a/b", "\"a/b\"" },
    { "\"\\", "\"\\\"\\\\\"" },
    { "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"" },
    { "\x01\x0b\x0e\x1f", "\"\\u0001\\u000b\\u000e\\u001f\"" },
    { "a\nb", "\"a\\nb\"" },
    { "\x7f", "\"\x7f\"" },
    /* Not escaped, as in Node: U+0085, U+2028, U+2029, and what is past U+FFFF. */
    { "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9", "\"\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\"" },
    { "\xf0\x9d\x84\x9e\xef\xbf\xbf", "\"\xf0\x9d\x84\x9e\xef\xbf\xbf\"" },
    { "<script>&'</script>", "\"<script>&'</script>\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(JsonNode) node = string_node (cases[i].string);
      g_autofree char *in_name = g_strdup_printf ("{%s:%s}", cases[i].text, cases[i].text);
      g_autoptr(JsonNode) object = json_node_alloc ();

      assert_written (node, cases[i].text);

      json_node_init (object, JSON_NODE_OBJECT);
      json_node_take_object (object, json_object_new ());
      json_object_set_string_member (json_node_get_object (object), cases[i].string,
                                     cases[i].string);
      assert_written (object, in_name);
    }
}

/* Many bytes are looked at in one step: an escape must be seen at every place. */
static void
test_every_place_in_a_string (void)
{
  static const char * const pieces[] = { "\n", "\x01", "\"", "\xc3\xa4",
                                         "\xe2\x82\xac\xf0\x9d\x84\x9e" };

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    for (gsize length = 0; length < 70; length++)
      for (gsize at = 0; at <= length; at++)
        {
          g_autoptr(GString) string = g_string_new (NULL);
          g_autoptr(JsonNode) node = NULL;
          g_autoptr(JsonNode) again = NULL;
          g_autofree char *text = NULL;

          for (gsize n = 0; n < length; n++)
            g_string_append_c (string, (char) ('#' + n % 0x39));
          g_string_insert (string, at, pieces[i]);

          node = string_node (string->str);
          text = write_node (node);
          again = cproc_json_parse (text, strlen (text));
          g_assert_cmpstr (json_node_get_string (again), ==, string->str);
        }
}

static void
test_without_value (void)
{
  g_autoptr(JsonNode) value = json_node_new (JSON_NODE_VALUE);
  g_autoptr(JsonNode) object = json_node_new (JSON_NODE_OBJECT);
  g_autoptr(JsonNode) array = json_node_new (JSON_NODE_ARRAY);
  g_autoptr(JsonNode) string = json_node_new (JSON_NODE_VALUE);
  g_autoptr(JsonNode) list = json_node_new (JSON_NODE_ARRAY);

  json_node_set_string (string, NULL);

  assert_written (NULL, "null");
  assert_written (value, "null");
  assert_written (object, "null");
  assert_written (array, "null");
  assert_written (string, "null");

  json_node_take_array (list, json_array_new ());
  json_array_add_element (json_node_get_array (list), json_node_ref (value));
  json_array_add_element (json_node_get_array (list), json_node_ref (object));
  json_array_add_element (json_node_get_array (list), json_node_ref (array));
  assert_written (list, "[null,null,null]");
}

static void
test_other_types (void)
{
  g_auto(GValue) number = G_VALUE_INIT;
  g_auto(GValue) real = G_VALUE_INIT;
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_VALUE);

  g_value_init (&number, G_TYPE_INT);
  g_value_set_int (&number, -7);
  json_node_set_value (node, &number);
  assert_written (node, "-7");

  g_value_init (&real, G_TYPE_FLOAT);
  g_value_set_float (&real, 0.5f);
  json_node_set_value (node, &real);
  assert_written (node, "0.5");
}

static void
test_not_json (void)
{
  const char *not_a_number = "This cannot be written as JSON: it has a number that is infinite or "
                             "not a number";
  const char *not_utf8 = "This cannot be written as JSON: it has text that is not valid UTF-8";
  static const char * const strings[] = { "\xff", "a\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80",
                                          "\xf4\x90\x80\x80", "ok\xc0\x80",
                                          "0123456789abcdef\xe9" };
  const double numbers[] = { NAN, -NAN, INFINITY, -INFINITY };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr(JsonNode) node = double_node (numbers[i]);
      g_autoptr(JsonNode) array = json_node_init_array (json_node_alloc (), NULL);

      assert_not_written (node, not_a_number);

      json_node_take_array (array, json_array_new ());
      json_array_add_int_element (json_node_get_array (array), 1);
      json_array_add_element (json_node_get_array (array), g_steal_pointer (&node));
      assert_not_written (array, not_a_number);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_autoptr(JsonNode) node = string_node (strings[i]);
      g_autoptr(JsonNode) object = json_node_init_object (json_node_alloc (), NULL);

      assert_not_written (node, not_utf8);

      json_node_take_object (object, json_object_new ());
      json_object_set_null_member (json_node_get_object (object), strings[i]);
      assert_not_written (object, not_utf8);
    }
}

static JsonNode *
nested (guint depth)
{
  JsonNode *node = string_node ("deep");

  while (depth-- > 0)
    {
      JsonNode *outer = json_node_alloc ();

      if (depth % 2 == 0)
        {
          json_node_init (outer, JSON_NODE_ARRAY);
          json_node_take_array (outer, json_array_new ());
          json_array_add_element (json_node_get_array (outer), node);
        }
      else
        {
          json_node_init (outer, JSON_NODE_OBJECT);
          json_node_take_object (outer, json_object_new ());
          json_object_set_member (json_node_get_object (outer), "a", node);
        }
      node = outer;
    }

  return node;
}

static void
test_depth (void)
{
  for (guint depth = 510; depth <= 515; depth++)
    {
      g_autoptr(JsonNode) node = nested (depth);

      if (depth <= 512)
        g_free (write_node (node));
      else
        assert_not_written (node, "This cannot be written as JSON: it is nested too deeply");
    }
}

/* A list that is in itself has no end, but a depth. */
static void
test_circle (void)
{
  g_autoptr(JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  JsonNode *inner = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);
  json_node_set_array (inner, array);
  json_array_add_element (array, inner);

  assert_not_written (node, "This cannot be written as JSON: it is nested too deeply");

  json_array_remove_element (array, 0);
}

static char *
random_string (void)
{
  GString *string = g_string_new (NULL);
  guint length = g_test_rand_int_range (0, 24);

  for (guint i = 0; i < length; i++)
    {
      gunichar c;

      do
        c = g_test_rand_bit () ? g_test_rand_int_range (1, 0x80)
                               : g_test_rand_int_range (1, 0x110000) >> (g_test_rand_bit () * 8);
      while (!g_unichar_validate (c) || c == 0);
      g_string_append_unichar (string, c);
    }

  return g_string_free (string, FALSE);
}

static JsonNode *
random_node (guint depth)
{
  JsonNode *node = json_node_alloc ();
  guint n = depth > 0 ? g_test_rand_int_range (0, 6) : 0;
  g_autofree char *string = random_string ();

  switch (g_test_rand_int_range (depth > 0 ? 0 : 2, 8))
    {
    case 0:
      json_node_init (node, JSON_NODE_ARRAY);
      json_node_take_array (node, json_array_new ());
      for (guint i = 0; i < n; i++)
        json_array_add_element (json_node_get_array (node), random_node (depth - 1));
      return node;
    case 1:
      json_node_init (node, JSON_NODE_OBJECT);
      json_node_take_object (node, json_object_new ());
      for (guint i = 0; i < n; i++)
        {
          g_autofree char *name = random_string ();

          json_object_set_member (json_node_get_object (node), name, random_node (depth - 1));
        }
      return node;
    case 2:
      return json_node_init_null (node);
    case 3:
      return json_node_init_boolean (node, g_test_rand_bit ());
    case 4:
      return json_node_init_int (node, (gint64) random_bits () >> g_test_rand_int_range (0, 64));
    case 5:
      return json_node_init_double (node, g_test_rand_double_range (-1e6, 1e6));
    case 6:
      return json_node_init_double (node, g_test_rand_int_range (-10000, 10000) / 100.0);
    default:
      return json_node_init_string (node, string);
    }
}

/* What is written is read back as the same, by ours and by json-glib's parser. */
static void
test_random_trees (void)
{
  g_autoptr(JsonParser) parser = json_parser_new ();

  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr(JsonNode) node = random_node (6);
      g_autofree char *text = write_node (node);
      g_autoptr(JsonNode) again = cproc_json_parse (text, strlen (text));
      g_autoptr(GError) error = NULL;

      g_assert_true (json_node_equal (node, again));
      assert_written (again, text);

      json_parser_load_from_data (parser, text, -1, &error);
      g_assert_no_error (error);
      g_assert_true (json_node_equal (json_parser_get_root (parser), again));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-write/compact", test_compact);
  g_test_add_func ("/json-write/appends", test_appends);
  g_test_add_func ("/json-write/integers", test_integers);
  g_test_add_func ("/json-write/doubles", test_doubles);
  g_test_add_func ("/json-write/random-doubles", test_random_doubles);
  g_test_add_func ("/json-write/strings", test_strings);
  g_test_add_func ("/json-write/every-place-in-a-string", test_every_place_in_a_string);
  g_test_add_func ("/json-write/without-value", test_without_value);
  g_test_add_func ("/json-write/other-types", test_other_types);
  g_test_add_func ("/json-write/not-json", test_not_json);
  g_test_add_func ("/json-write/depth", test_depth);
  g_test_add_func ("/json-write/circle", test_circle);
  g_test_add_func ("/json-write/random-trees", test_random_trees);

  return g_test_run ();
}
