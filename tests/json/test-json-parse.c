/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-json-private.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* From memory of exactly its size, so that a tool sees when a byte beyond is touched. */
static JsonNode *
parse_len (const char *text,
           gsize       length)
{
  g_autofree char *copy = g_memdup2 (text, length);
  g_autoptr(GError) error = NULL;

  cproc_json_check (copy, length, &error);
  g_assert_no_error (error);

  return cproc_json_parse (copy, length);
}

static JsonNode *
parse (const char *text)
{
  return parse_len (text, strlen (text));
}

static void
assert_written (JsonNode   *node,
                const char *expected)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_true (cproc_json_write (node, out, NULL));
  g_assert_cmpstr (out->str, ==, expected);
}

static void
assert_value_type (const char *text,
                   GType       type)
{
  g_autoptr(JsonNode) node = parse (text);

  g_assert_true (JSON_NODE_HOLDS_VALUE (node));
  g_assert_true (json_node_get_value_type (node) == type);
}

static void
test_kinds (void)
{
  g_autoptr(JsonNode) object = parse ("{}");
  g_autoptr(JsonNode) array = parse (" [ ] ");
  g_autoptr(JsonNode) null = parse ("null");
  g_autoptr(JsonNode) yes = parse ("true");
  g_autoptr(JsonNode) no = parse ("\tfalse\n");

  g_assert_true (JSON_NODE_HOLDS_OBJECT (object));
  g_assert_cmpint (json_object_get_size (json_node_get_object (object)), ==, 0);
  g_assert_true (JSON_NODE_HOLDS_ARRAY (array));
  g_assert_cmpint (json_array_get_length (json_node_get_array (array)), ==, 0);
  g_assert_true (JSON_NODE_HOLDS_NULL (null));
  g_assert_true (json_node_get_boolean (yes));
  g_assert_false (json_node_get_boolean (no));

  assert_value_type ("true", G_TYPE_BOOLEAN);
  assert_value_type ("false", G_TYPE_BOOLEAN);
  assert_value_type ("0", G_TYPE_INT64);
  assert_value_type ("-1", G_TYPE_INT64);
  assert_value_type ("-0", G_TYPE_DOUBLE);
  assert_value_type ("1.0", G_TYPE_DOUBLE);
  assert_value_type ("1e2", G_TYPE_DOUBLE);
  assert_value_type ("1E2", G_TYPE_DOUBLE);
  assert_value_type ("\"\"", G_TYPE_STRING);
}

static void
test_integers (void)
{
  static const gint64 integers[] = {
    0, 1, -1, 9, 10, -10, 42, G_MAXINT32, G_MININT32, G_GINT64_CONSTANT (9007199254740993),
    G_GINT64_CONSTANT (999999999999999999), G_GINT64_CONSTANT (1000000000000000000),
    G_MAXINT64 - 1, G_MAXINT64, G_MININT64 + 1, G_MININT64,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, integers[i]);
      g_autoptr(JsonNode) node = parse (text);

      g_assert_true (json_node_get_value_type (node) == G_TYPE_INT64);
      g_assert_cmpint (json_node_get_int (node), ==, integers[i]);
    }
}

/* As JavaScript writes those that it has as doubles: 2 ** 64 is 18446744073709552000. */
static void
test_large_integers (void)
{
  static const struct
  {
    const char *text;
    double value;
  } cases[] = {
    { "9223372036854775808", 9223372036854775808.0 },
    { "-9223372036854775809", -9223372036854775808.0 },
    { "9999999999999999999", 1e19 },
    { "18446744073709551615", 18446744073709551616.0 },
    { "18446744073709552000", 18446744073709551616.0 },
    { "-18446744073709552000", -18446744073709551616.0 },
    { "100000000000000000000", 1e20 },
    { "1000000000000000000000000000000000000", 1e36 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *inside = g_strdup_printf ("[1,%s,2]", cases[i].text);
      g_autoptr(JsonNode) node = parse (cases[i].text);
      g_autoptr(JsonNode) array = parse (inside);

      g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
      g_assert_true (json_node_get_double (node) == cases[i].value);
      g_assert_true (json_array_get_double_element (json_node_get_array (array), 1) ==
                     cases[i].value);
      g_assert_cmpint (json_array_get_int_element (json_node_get_array (array), 2), ==, 2);
    }
}

static void
test_minus_zero (void)
{
  static const char * const texts[] = { "-0", "-0.0", "-0e5", "-0.000E-3", "-1e-400" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(JsonNode) node = parse (texts[i]);

      g_assert_cmpfloat (json_node_get_double (node), ==, 0);
      g_assert_true (signbit (json_node_get_double (node)));
    }
}

/* Every bit as the C library has it. */
static void
assert_double (const char *text)
{
  g_autoptr(JsonNode) node = parse (text);
  double value = json_node_get_double (node);
  double expected = g_ascii_strtod (text, NULL);

  g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
  if (memcmp (&value, &expected, sizeof value) != 0)
    g_error ("%s was read as %.17g", text, value);
}

static void
test_doubles (void)
{
  static const char * const texts[] = {
    "0.0", "1.5", "-1.5", "0.1", "0.3", "3.14159265358979", "1e22", "1e23", "1e-22", "1e-23",
    "9007199254740992.0", "9007199254740993.0", "9007199254740993e0", "90071992547409.93e2",
    "9007199254740991e22", "123456789012345678e-5", "0.1e1", "1.0000000000000002",
    "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000011102230246251565404236316680908203126", "4.9e-324",
    "2.4703282292062327e-324",
    "2.2250738585072011e-308", "2.2250738585072014e-308", "1.7976931348623157e308", "5e-324",
    "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000.0",
    "1e0000000000000000000000000000000000000001", "0e999999999999999999999999", "8.5e-1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_double (texts[i]);
}

static void
test_random_doubles (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr(GString) text = g_string_new (g_test_rand_bit () ? "-" : NULL);
      guint n_whole = g_test_rand_int_range (0, 20);
      guint n_fraction = g_test_rand_int_range (1, 20);

      g_string_append_c (text, (char) g_test_rand_int_range (n_whole > 0 ? '1' : '0', '9' + 1));
      for (guint n = 1; n < n_whole; n++)
        g_string_append_c (text, (char) g_test_rand_int_range ('0', '9' + 1));
      g_string_append_c (text, '.');
      for (guint n = 0; n < n_fraction; n++)
        g_string_append_c (text, (char) g_test_rand_int_range ('0', '9' + 1));
      if (g_test_rand_bit ())
        g_string_append_printf (text, "e%d", g_test_rand_int_range (-345, 288));

      assert_double (text->str);
    }
}

static void
test_strings (void)
{
  static const struct
  {
    const char *text, *string;
  } cases[] = {
    { "\"\"", "" },
    { "\"abc\"", "abc" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
    { "\"a\\nb\"", "a\nb" },
    { "\"\\n\"", "\n" },
    { "\"\\\\n\"", "\\n" },
    { "\"\\\\\\\\\"", "\\\\" },
    { "\"\\u0041\\u00e9\\u20AC\\uFFFF\"", "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf" },
    { "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\"", "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80" },
    { "\"\\ud834\\udd1e\"", "\xf0\x9d\x84\x9e" },
    { "\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
    { "\"x\\ud83d\\ude39y\"", "x\xf0\x9f\x98\xb9y" },
    { "\"caf\xc3\xa9 \xe2\x82\xac\"", "caf\xc3\xa9 \xe2\x82\xac" },
    { "\"\xf0\x9d\x84\x9e\"", "\xf0\x9d\x84\x9e" },

    /* What GLib's strings cannot hold. */
    { "\"\\u0000\"", REPLACEMENT },
    { "\"a\\u0000b\"", "a" REPLACEMENT "b" },
    { "\"\\ud800\"", REPLACEMENT },
    { "\"\\udfff\"", REPLACEMENT },
    { "\"\\ud800abc\"", REPLACEMENT "abc" },
    { "\"\\ud800\\n\"", REPLACEMENT "\n" },
    { "\"\\ud800\\\\udc00\"", REPLACEMENT "\\udc00" },
    { "\"\\ud800\\u0041\"", REPLACEMENT "A" },
    { "\"\\ud800\\ud800\\udc00\"", REPLACEMENT "\xf0\x90\x80\x80" },
    { "\"\\udc00\\ud800\"", REPLACEMENT REPLACEMENT },
    { "\"\\ud888\\u1234\"", REPLACEMENT "\xe1\x88\xb4" },
    { "\"\\ud800\\u0000\"", REPLACEMENT REPLACEMENT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(JsonNode) node = parse (cases[i].text);
      CprocJsonSpan span = { cases[i].text, strlen (cases[i].text) };
      g_autofree char *string = cproc_json_span_to_string (&span);

      g_assert_cmpstr (json_node_get_string (node), ==, cases[i].string);
      g_assert_cmpstr (string, ==, cases[i].string);
    }
}

/* Of every length around those that a step and a buffer have, with an escape at every place. */
static void
test_lengths (void)
{
  for (gsize length = 0; length < 300; length++)
    for (gsize at = 0; at <= length; at += MAX (1, length / 40))
      {
        g_autoptr(GString) expected = g_string_new (NULL);
        g_autoptr(GString) text = g_string_new (NULL);
        g_autofree char *plain = NULL;
        g_autoptr(JsonNode) node = NULL;
        JsonObject *object;

        for (gsize i = 0; i < length; i++)
          g_string_append_c (expected, (char) ('#' + i % 0x39));

        plain = g_strdup (expected->str);
        g_string_printf (text, "{\"%s\":\"%s\"}", plain, plain);
        g_string_insert (text, 2 + at, "\\u20ac");
        g_string_insert (expected, at, "\xe2\x82\xac");

        node = parse (text->str);
        object = json_node_get_object (node);
        g_assert_true (json_object_has_member (object, expected->str));
        g_assert_cmpstr (json_object_get_string_member (object, expected->str), ==, plain);
      }
}

static void
test_one_long_string (void)
{
  g_autofree char *inside = g_strnfill (3000000, 'x');
  g_autofree char *text = g_strdup_printf ("[\"a\",\"%s\",\"b\\n%s\",\"c\"]", inside, inside);
  g_autoptr(JsonNode) node = parse (text);
  JsonArray *array = json_node_get_array (node);

  g_assert_cmpstr (json_array_get_string_element (array, 0), ==, "a");
  g_assert_cmpstr (json_array_get_string_element (array, 1), ==, inside);
  g_assert_cmpstr (json_array_get_string_element (array, 2) + 2, ==, inside);
  g_assert_cmpstr (json_array_get_string_element (array, 3), ==, "c");
}

static void
assert_members (JsonNode   *node,
                const char *expected)
{
  g_autoptr(GString) names = g_string_new (NULL);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    g_string_append_printf (names, "%s ", name);

  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_duplicates (void)
{
  g_autoptr(JsonNode) node = parse ("{\"a\":1,\"b\":2,\"a\":{\"x\":1,\"x\":[2]},\"c\":3,\"b\":null,"
                                    "\"\\u0061\":{\"y\":\"last\"}}");
  JsonObject *object = json_node_get_object (node);

  assert_members (node, "a b c ");
  assert_members (json_object_get_member (object, "a"), "y ");
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (object, "a"), "y"),
                   ==, "last");
  g_assert_true (json_object_get_null_member (object, "b"));
  g_assert_cmpint (json_object_get_int_member (object, "c"), ==, 3);
}

/* An object that is large is filled in another way, so that the other side cannot make it slow. */
static void
test_many_duplicates (void)
{
  static const char * const values[] = { "7", "\"s\"", "{\"in\":[1,{}]}", "[{\"in\":2}]", "null",
                                         "1.5", "true" };
  g_autoptr(GString) text = g_string_new ("{");
  g_autoptr(JsonNode) node = NULL;
  JsonObject *object;
  JsonNode *last;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  guint n = 0;

  for (guint i = 0; i < 50000; i++)
    g_string_append_printf (text, "\"name%u\":%s,", i, values[i % G_N_ELEMENTS (values)]);
  for (guint i = 0; i < 50004; i++)
    g_string_append_printf (text, "\"name49999\":%s,", values[i % G_N_ELEMENTS (values)]);
  g_string_append (text, "\"name0\":[\"first\"],\"end\":{\"in\":{}}}");

  node = parse_len (text->str, text->len);
  object = json_node_get_object (node);
  last = json_object_get_member (object, "name49999");

  g_assert_cmpint (json_object_get_size (object), ==, 50001);
  assert_members (last, "in ");
  g_assert_true (json_node_get_parent (last) == node);

  json_object_iter_init_ordered (&iter, object);
  for (; n < 50000 && json_object_iter_next_ordered (&iter, &name, &member); n++)
    {
      g_autofree char *expected = g_strdup_printf ("name%u", n);

      g_assert_cmpstr (name, ==, expected);
    }
  g_assert_cmpint (n, ==, 50000);
  assert_written (json_object_get_member (object, "name0"), "[\"first\"]");
}

/* Large, with every member named twice, and the last value given twice in the same way. */
static char *
large_object (const char *last_value)
{
  GString *text = g_string_new ("{");

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (text, "\"%u\":[%u],", i % 100, i);

  g_string_append_printf (text, "\"99\":%s,\"99\":%s}", last_value, last_value);

  return g_string_free (text, FALSE);
}

static void
test_nested_duplicates (void)
{
  g_autofree char *inner = large_object ("\"in\"");
  g_autofree char *middle = large_object (inner);
  g_autofree char *outer = large_object (middle);
  g_autoptr(JsonNode) node = parse (outer);
  JsonNode *level = node;

  for (guint depth = 0; depth < 3; depth++)
    {
      JsonObject *object = json_node_get_object (level);
      JsonNode *parent = level;
      JsonArray *array = json_object_get_array_member (object, "7");

      g_assert_cmpint (json_object_get_size (object), ==, 100);
      g_assert_cmpint (json_array_get_length (array), ==, 1);
      g_assert_cmpint (json_array_get_int_element (array, 0), ==, 107);

      level = json_object_get_member (object, "99");
      g_assert_true (json_node_get_parent (level) == parent);
    }

  g_assert_cmpstr (json_node_get_string (level), ==, "in");
}

static void
assert_parents (JsonNode *node,
                JsonNode *parent)
{
  g_autoptr(GList) children = NULL;

  g_assert_true (json_node_get_parent (node) == parent);

  if (JSON_NODE_HOLDS_OBJECT (node))
    children = json_object_get_values (json_node_get_object (node));
  else if (JSON_NODE_HOLDS_ARRAY (node))
    children = json_array_get_elements (json_node_get_array (node));

  for (GList *l = children; l != NULL; l = l->next)
    assert_parents (l->data, node);
}

static void
test_parents (void)
{
  g_autoptr(JsonNode) node = parse ("{\"a\":[1,[2,{\"b\":{\"c\":null}}],3],\"d\":[],\"d\":[{}]}");

  assert_parents (node, NULL);
}

static void
test_depth (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(JsonNode) node = NULL;
  JsonNode *inner;

  for (guint i = 0; i < 256; i++)
    g_string_append (text, "[1,{\"a\":");
  g_string_append (text, "\"deep\"");
  for (guint i = 0; i < 256; i++)
    g_string_append (text, ",\"b\":[]},2]");
  /* The empty arrays are one too deep at the bottom. */
  g_assert_false (cproc_json_check (text->str, text->len, NULL));
  g_string_erase (text, strstr (text->str, ",\"b\":[]") - text->str, strlen (",\"b\":[]"));

  node = parse (text->str);
  inner = node;
  for (guint i = 0; i < 256; i++)
    {
      g_assert_cmpint (json_array_get_length (json_node_get_array (inner)), ==, 3);
      inner = json_array_get_element (json_node_get_array (inner), 1);
      inner = json_object_get_member (json_node_get_object (inner), "a");
    }
  g_assert_cmpstr (json_node_get_string (inner), ==, "deep");
}

/* Where json-glib's own parser is right, ours says the same. */
static void
test_like_json_glib (void)
{
  static const char * const texts[] = {
    "{\"foo\":1,\"bar\":2}", "[]", "{}", "[[],{},[[]]]", "\"Hello there!\"", "17", "true", "null",
    "{\"id\":42,\"params\":{\"a\":[1,2.5,-3e-2,null,true,false],\"b\":\"\\u00e4\"}}",
    " [ 1 , \"a\\tb\" , { \"x\" : [ ] , \"y\" : { } } ] ",
    "[0.1,0.2,0.30000000000000004,1e300,5e-324]",
    "[9223372036854775807,-9223372036854775808]", "{\"a\":1,\"b\":2,\"a\":3}",
    "[\"\\ud834\\udd1e\",\"\\u20ac\",\"\xe2\x82\xac\"]",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(JsonNode) node = parse (texts[i]);
      g_autoptr(JsonParser) parser = json_parser_new ();
      g_autoptr(GError) error = NULL;
      JsonNode *root;

      json_parser_load_from_data (parser, texts[i], -1, &error);
      g_assert_no_error (error);

      root = json_parser_get_root (parser);
      g_assert_true (json_node_equal (node, root));
      if (JSON_NODE_HOLDS_OBJECT (root))
        {
          g_autoptr(GString) names = g_string_new (NULL);
          g_autoptr(GList) members = json_object_get_members (json_node_get_object (root));

          for (GList *l = members; l != NULL; l = l->next)
            g_string_append_printf (names, "%s ", (char *) l->data);
          assert_members (node, names->str);
        }
    }
}

static void
assert_found (const char *text,
              const char *name,
              const char *expected)
{
  gsize length = strlen (text);
  g_autofree char *copy = g_memdup2 (text, length);
  CprocJsonSpan span = { NULL };
  gboolean found;

  g_assert_true (cproc_json_check (copy, length, NULL));
  found = cproc_json_find_member (copy, length, name, &span);

  g_assert_cmpint (found, ==, expected != NULL);
  if (expected != NULL)
    g_assert_cmpmem (span.data, span.length, expected, strlen (expected));
}

static void
test_find_member (void)
{
  const char *text = " { \"a\" : 1 , \"cmd\":\"x\\\"}\", \"o\":{\"in\":[\"]}\\\\\",{}]} ,"
                     "\"l\":[ {\"in\":2}]\n,\"t\":true,\"\":-1.5e3,\"caf\xc3\xa9\":null , "
                     "\"q\\\"\":\"\", \"nul\\u0000\":0 } ";

  assert_found (text, "a", "1");
  assert_found (text, "cmd", "\"x\\\"}\"");
  assert_found (text, "o", "{\"in\":[\"]}\\\\\",{}]}");
  assert_found (text, "l", "[ {\"in\":2}]");
  assert_found (text, "t", "true");
  assert_found (text, "", "-1.5e3");
  assert_found (text, "caf\xc3\xa9", "null");
  assert_found (text, "q\"", "\"\"");
  assert_found (text, "nul" REPLACEMENT, "0");

  assert_found (text, "in", NULL);
  assert_found (text, "aa", NULL);
  assert_found (text, "cm", NULL);
  assert_found (text, "cmdx", NULL);
  assert_found (text, "nul", NULL);

  /* The last of that name, however it is written. */
  assert_found ("{\"cmd\":1,\"\\u0063md\":2}", "cmd", "2");
  assert_found ("{\"c\\u006Dd\":[3],\"cmd\":{\"cmd\":4},\"x\":5}", "cmd", "{\"cmd\":4}");

  assert_found ("{}", "a", NULL);
  assert_found (" {\t} ", "", NULL);
  assert_found ("[\"a\",{\"a\":1}]", "a", NULL);
  assert_found ("\"{\\\"a\\\":1}\"", "a", NULL);
  assert_found ("1", "a", NULL);
  assert_found ("null", "a", NULL);
}

static void
test_span_is_no_string (void)
{
  static const char * const texts[] = { "1", "null", "[\"a\"]", "{\"a\":\"b\"}", "true" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      CprocJsonSpan span = { texts[i], strlen (texts[i]) };

      g_assert_null (cproc_json_span_to_string (&span));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-parse/kinds", test_kinds);
  g_test_add_func ("/json-parse/integers", test_integers);
  g_test_add_func ("/json-parse/large-integers", test_large_integers);
  g_test_add_func ("/json-parse/minus-zero", test_minus_zero);
  g_test_add_func ("/json-parse/doubles", test_doubles);
  g_test_add_func ("/json-parse/random-doubles", test_random_doubles);
  g_test_add_func ("/json-parse/strings", test_strings);
  g_test_add_func ("/json-parse/lengths", test_lengths);
  g_test_add_func ("/json-parse/one-long-string", test_one_long_string);
  g_test_add_func ("/json-parse/duplicates", test_duplicates);
  g_test_add_func ("/json-parse/many-duplicates", test_many_duplicates);
  g_test_add_func ("/json-parse/nested-duplicates", test_nested_duplicates);
  g_test_add_func ("/json-parse/parents", test_parents);
  g_test_add_func ("/json-parse/depth", test_depth);
  g_test_add_func ("/json-parse/like-json-glib", test_like_json_glib);
  g_test_add_func ("/json-parse/find-member", test_find_member);
  g_test_add_func ("/json-parse/span-is-no-string", test_span_is_no_string);

  return g_test_run ();
}
