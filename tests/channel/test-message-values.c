/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "libcproc.h"

static CprocMessage *
message_new (const char *text)
{
  g_autoptr(GError) error = NULL;
  CprocMessage *message = cproc_message_new_text (text, &error);

  g_assert_no_error (error);

  return message;
}

static void
assert_error_names (GError     *error,
                    GQuark      domain,
                    int         code,
                    const char *pointer)
{
  g_autofree char *quoted = g_strdup_printf ("“%s”", pointer);

  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, quoted));
  g_error_free (error);
}

static const char nested[] =
  "{\"a\":{\"b\":[10,{\"c\":\"x\"},[true]]},\"\":1,\"m~n\":2,\"a/b\":3,\"\\u0065\\\"\":4,"
  "\"null\":null,\"list\":[],\"\303\244\":5}";

static const struct
{
  const char *pointer;
  gboolean has;
} places[] = {
  { "", TRUE },
  { "/a", TRUE },
  { "/a/b/0", TRUE },
  { "/a/b/1/c", TRUE },
  { "/a/b/2/0", TRUE },
  { "/", TRUE },
  { "/m~0n", TRUE },
  { "/a~1b", TRUE },
  { "/e\"", TRUE },
  { "/null", TRUE },
  { "/list", TRUE },
  { "/\303\244", TRUE },
  { "/b", FALSE },
  { "/a/", FALSE },
  { "/a/b/3", FALSE },
  { "/a/b/-", FALSE },
  { "/a/b/00", FALSE },
  { "/a/b/01", FALSE },
  { "/a/b/+1", FALSE },
  { "/a/b/", FALSE },
  { "/a/b/18446744073709551616", FALSE },
  { "/a/b/0/0", FALSE },
  { "/null/a", FALSE },
  { "/a/b/c", FALSE },
  { "a", FALSE },
  { "/m~n", FALSE },
  { "/m~2n", FALSE },
  { "/m~", FALSE },
};

static void
test_places (void)
{
  g_autoptr(CprocMessage) message = message_new (nested);

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    g_assert_cmpint (cproc_message_has (message, places[i].pointer), ==, places[i].has);
}

static void
test_missing (void)
{
  g_autoptr(CprocMessage) message = message_new (nested);
  GError *error = NULL;

  g_assert_cmpint (cproc_message_get_int64 (message, "/a/x", &error), ==, 0);
  assert_error_names (g_steal_pointer (&error), G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/a/x");
  g_assert_null (cproc_message_dup_string (message, "/a/b/9", &error));
  assert_error_names (g_steal_pointer (&error), G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/a/b/9");
  g_assert_null (cproc_message_dup_variant (message, "/b", NULL, &error));
  assert_error_names (g_steal_pointer (&error), G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/b");
}

static void
test_malformed (void)
{
  static const char * const pointers[] = { "a", "a/b", "/~", "/~2", "/a~", "/~~0" };
  g_autoptr(CprocMessage) message = message_new (nested);

  for (gsize i = 0; i < G_N_ELEMENTS (pointers); i++)
    {
      GError *error = NULL;

      g_assert_cmpfloat (cproc_message_get_double (message, pointers[i], &error), ==, 0);
      assert_error_names (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, pointers[i]);
      g_assert_cmpint (cproc_message_get_length (message, pointers[i]), ==, -1);
    }
}

static const struct
{
  const char *text;
  gboolean fits;
  gint64 value;
} integers[] = {
  { "0", TRUE, 0 },
  { "-0", TRUE, 0 },
  { "1.0", TRUE, 1 },
  { "1e3", TRUE, 1000 },
  { "1.5e1", TRUE, 15 },
  { "1500e-2", TRUE, 15 },
  { "-100.00", TRUE, -100 },
  { "0e999999999999999999999", TRUE, 0 },
  { "9223372036854775807", TRUE, G_MAXINT64 },
  { "-9223372036854775808", TRUE, G_MININT64 },
  { "9223372036854775807.000", TRUE, G_MAXINT64 },
  { "922337203685477580.7e1", TRUE, G_MAXINT64 },
  { "9007199254740993", TRUE, G_GINT64_CONSTANT (9007199254740993) },
  { "9223372036854775808", FALSE, 0 },
  { "-9223372036854775809", FALSE, 0 },
  { "18446744073709551616", FALSE, 0 },
  { "1e19", FALSE, 0 },
  { "1e300", FALSE, 0 },
  { "1.5", FALSE, 0 },
  { "1e-1", FALSE, 0 },
  { "1e-400", FALSE, 0 },
  { "\"1\"", FALSE, 0 },
  { "true", FALSE, 0 },
  { "null", FALSE, 0 },
  { "[1]", FALSE, 0 },
};

static void
test_integers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"a\":[%s]}", integers[i].text);
      g_autoptr(CprocMessage) message = message_new (text);
      GError *error = NULL;

      g_assert_cmpint (cproc_message_get_int64 (message, "/a/0", &error), ==, integers[i].value);
      if (integers[i].fits)
        g_assert_no_error (error);
      else
        assert_error_names (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, "/a/0");
    }
}

static void
test_doubles (void)
{
  g_autoptr(CprocMessage) message = message_new ("[1,0.1,1e-400,1.7976931348623157e308,"
                                                 "9007199254740993,-0,\"1\"]");
  const double expected[] = { 1, 0.1, 0, G_MAXDOUBLE, 9007199254740992.0, 0 };
  g_autoptr(GError) none = NULL;
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autofree char *pointer = g_strdup_printf ("/%zu", i);

      g_assert_cmpfloat (cproc_message_get_double (message, pointer, &none), ==, expected[i]);
      g_assert_no_error (none);
    }

  cproc_message_get_double (message, "/6", &error);
  assert_error_names (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, "/6");
}

static void
test_booleans (void)
{
  g_autoptr(CprocMessage) message = message_new ("[true,false,1,null]");
  g_autoptr(GError) none = NULL;
  GError *error = NULL;

  g_assert_true (cproc_message_get_boolean (message, "/0", &none));
  g_assert_false (cproc_message_get_boolean (message, "/1", &none));
  g_assert_no_error (none);
  g_assert_false (cproc_message_get_boolean (message, "/2", &error));
  assert_error_names (g_steal_pointer (&error), CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, "/2");
  g_assert_false (cproc_message_get_boolean (message, "/3", &error));
  assert_error_names (g_steal_pointer (&error), CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, "/3");
}

static void
test_strings (void)
{
  static const struct
  {
    const char *text;
    const char *string; /* NULL: refused */
  } strings[] = {
    { "\"\"", "" },
    { "\"Hello there!\"", "Hello there!" },
    { "\"a\\n\\\"\\\\\\/\\u00e4\\ud83d\\ude00\"", "a\n\"\\/\303\244\360\237\230\200" },
    { "\"\\ud800\"", "\357\277\275" },
    { "\"\\\\u0000\"", "\\u0000" },
    { "\"a\\u0000b\"", NULL },
    { "1", NULL },
    { "null", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_autoptr(CprocMessage) message = message_new (strings[i].text);
      GError *error = NULL;
      g_autofree char *string = cproc_message_dup_string (message, "", &error);

      g_assert_cmpstr (string, ==, strings[i].string);
      if (string == NULL)
        assert_error_names (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, "");
      else
        g_assert_no_error (error);
    }
}

static void
test_duplicates (void)
{
  g_autoptr(CprocMessage) message = message_new ("{\"a\":{\"b\":1,\"\\u0062\":2},\"c\":0,"
                                                 "\"a\":{\"b\":3,\"d\":4,\"\\u0062\":5}}");

  g_assert_cmpint (cproc_message_get_int64 (message, "/a/b", NULL), ==, 5);
  g_assert_cmpint (cproc_message_get_length (message, ""), ==, 2);
  g_assert_cmpint (cproc_message_get_length (message, "/a"), ==, 2);
}

static void
test_length (void)
{
  g_autoptr(CprocMessage) message = message_new (nested);

  g_assert_cmpint (cproc_message_get_length (message, "/a/b"), ==, 3);
  g_assert_cmpint (cproc_message_get_length (message, "/list"), ==, 0);
  g_assert_cmpint (cproc_message_get_length (message, ""), ==, 8);
  g_assert_cmpint (cproc_message_get_length (message, "/a/b/0"), ==, -1);
  g_assert_cmpint (cproc_message_get_length (message, "/null"), ==, -1);
  g_assert_cmpint (cproc_message_get_length (message, "/x"), ==, -1);
}

static const struct
{
  const char *text;
  const char *type;   /* NULL: none */
  const char *result; /* as g_variant_print() has it with types, or NULL: refused */
  const char *place;  /* of the error */
} variants[] = {
  { "{\"a\":1,\"b\":[true,null,1.5,\"x\"]}", NULL,
    "{'a': <int64 1>, 'b': <[<true>, <@mv nothing>, <1.5>, <'x'>]>}", NULL },
  { "{\"a\":1,\"b\":2,\"a\":3}", NULL, "{'a': <int64 3>, 'b': <int64 2>}", NULL },
  { "9223372036854775808", NULL, "9.2233720368547758e+18", NULL },
  { "-0", NULL, "-0.0", NULL },
  { "[]", NULL, "@av []", NULL },
  { "255", "y", "byte 0xff", NULL },
  { "300", "y", NULL, "" },
  { "-1", "q", NULL, "" },
  { "32768", "n", NULL, "" },
  { "2147483648", "i", NULL, "" },
  { "4294967295", "u", "uint32 4294967295", NULL },
  { "1e3", "x", "int64 1000", NULL },
  { "18446744073709551615", "t", "uint64 18446744073709551615", NULL },
  { "18446744073709551616", "t", NULL, "" },
  { "-1", "t", NULL, "" },
  { "1", "d", "1.0", NULL },
  { "1.5", "i", NULL, "" },
  { "1", "b", NULL, "" },
  { "\"/a\"", "o", "objectpath '/a'", NULL },
  { "\"a\"", "o", NULL, "" },
  { "\"a{sv}\"", "g", "signature 'a{sv}'", NULL },
  { "[1,[\"x\",true]]", "(i(sb))", "(1, ('x', true))", NULL },
  { "[1]", "(ii)", NULL, "" },
  { "[1,2,3]", "(ii)", NULL, "" },
  { "[[1,2],[3,\"x\"]]", "aai", NULL, "/1/1" },
  { "{\"a\":{\"b\":[0,300]}}", "a{sa{say}}", NULL, "/a/b/1" },
  { "{\"a\":\"x\",\"b\":2,\"a\":1}", "a{si}", "{'a': 1, 'b': 2}", NULL },
  { "{\"a\":[[\"x\"]],\"b\":[],\"a\":[]}", "a{saai}", "{'a': @aai [], 'b': []}", NULL },
  { "{\"a\":1,\"a\":\"x\"}", "a{si}", NULL, "/a" },
  { "{\"1\":true,\"-2\":false}", "a{ib}", "{1: true, -2: false}", NULL },
  { "{\"x\":true}", "a{ib}", NULL, "/x" },
  { "{\"a\":1}", "{sv}", "{'a', <int64 1>}", NULL },
  { "{\"a\":1,\"b\":1}", "{sv}", NULL, "" },
  { "[null,1]", "ami", "[@mi nothing, 1]", NULL },
  { "null", "v", "<@mv nothing>", NULL },
  { "{}", "ai", NULL, "" },
  { "[]", "a{sv}", "@a{sv} {}", NULL },
  { "\"a\\u0000b\"", "s", NULL, "" },
};

static void
test_variants (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autoptr(CprocMessage) message = message_new (variants[i].text);
      GError *error = NULL;
      const GVariantType *type = (const GVariantType *) variants[i].type;
      g_autoptr(GVariant) value = cproc_message_dup_variant (message, "", type, &error);

      g_test_message ("%s as %s", variants[i].text, variants[i].type);
      if (variants[i].result != NULL)
        {
          g_autofree char *printed = NULL;

          g_assert_no_error (error);
          printed = g_variant_print (value, TRUE);
          g_assert_cmpstr (printed, ==, variants[i].result);
          g_assert_false (g_variant_is_floating (value));
        }
      else
        {
          g_assert_null (value);
          assert_error_names (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, variants[i].place);
        }
    }
}

/* As deep as a message may be, down to a string that does not fit. */
static void
test_depth (void)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GString) pointer = g_string_new (NULL);
  g_autoptr(CprocMessage) message = NULL;
  g_autoptr(GVariant) value = NULL;
  GError *error = NULL;

  for (guint i = 0; i < 256; i++)
    {
      g_string_append (text, "{\"a\":[");
      g_string_append (pointer, "/a/0");
    }
  g_string_append (text, "\"\\u0000\"");
  for (guint i = 0; i < 256; i++)
    g_string_append (text, "]}");

  message = message_new (text->str);
  g_assert_true (cproc_message_has (message, pointer->str));
  g_assert_null (cproc_message_dup_variant (message, "", NULL, &error));
  assert_error_names (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, pointer->str);
  value = cproc_message_dup_variant (message, "/a/0", G_VARIANT_TYPE ("a{sv}"), NULL);
  g_assert_null (value);
}

static void
test_iter (void)
{
  g_autoptr(CprocMessage) message = message_new ("{\"files\":[{\"name\":\"a\",\"size\":1},"
                                                 "{\"name\":\"b\",\"size\":2}, {\"size\":\"x\"}]}");
  CprocMessageIter iter;
  g_autoptr(GError) none = NULL;
  g_autofree char *name = NULL;
  GError *error = NULL;

  g_assert_true (cproc_message_iter_init (&iter, message, "/files", &none));
  g_assert_true (cproc_message_iter_next (&iter));
  g_assert_null (cproc_message_iter_get_name (&iter));
  g_assert_cmpint (cproc_message_iter_get_int64 (&iter, "/size", &none), ==, 1);
  g_assert_cmpint (cproc_message_iter_get_length (&iter, ""), ==, 2);
  g_assert_true (cproc_message_iter_next (&iter));
  name = cproc_message_iter_dup_string (&iter, "/name", &none);
  g_assert_cmpstr (name, ==, "b");
  g_assert_no_error (none);
  g_assert_true (cproc_message_iter_next (&iter));
  g_assert_false (cproc_message_iter_has (&iter, "/name"));
  cproc_message_iter_get_int64 (&iter, "/size", &error);
  assert_error_names (g_steal_pointer (&error), CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                      "/files/2/size");
  cproc_message_iter_get_double (&iter, "/name", &error);
  assert_error_names (g_steal_pointer (&error), G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/files/2/name");
  g_assert_false (cproc_message_iter_next (&iter));
  g_assert_false (cproc_message_iter_next (&iter));
}

static void
test_iter_members (void)
{
  g_autofree char *long_name = g_strnfill (500, 'n');
  g_autofree char *text = g_strdup_printf ("{\"b\":1,\"\\u0061\":true,\"b\":[2],\"%s\":3.5}",
                                           long_name);
  g_autoptr(CprocMessage) message = message_new (text);
  g_autoptr(GVariant) variant = NULL;
  CprocMessageIter iter;
  GError *error = NULL;

  g_assert_true (cproc_message_iter_init (&iter, message, "", NULL));
  g_assert_true (cproc_message_iter_next (&iter));
  g_assert_cmpstr (cproc_message_iter_get_name (&iter), ==, "b");
  g_assert_cmpint (cproc_message_iter_get_int64 (&iter, "", NULL), ==, 1);
  g_assert_true (cproc_message_iter_next (&iter));
  g_assert_cmpstr (cproc_message_iter_get_name (&iter), ==, "a");
  g_assert_true (cproc_message_iter_get_boolean (&iter, "", NULL));
  g_assert_true (cproc_message_iter_next (&iter));
  g_assert_cmpstr (cproc_message_iter_get_name (&iter), ==, "b");
  variant = cproc_message_iter_dup_variant (&iter, "", G_VARIANT_TYPE ("ai"), NULL);
  g_assert_cmpuint (g_variant_n_children (variant), ==, 1);
  g_assert_true (cproc_message_iter_next (&iter));
  g_assert_cmpstr (cproc_message_iter_get_name (&iter), ==, long_name);
  g_assert_cmpfloat (cproc_message_iter_get_double (&iter, "", NULL), ==, 3.5);
  g_assert_false (cproc_message_iter_next (&iter));

  g_assert_false (cproc_message_iter_init (&iter, message, "/a", &error));
  assert_error_names (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, "/a");
  g_assert_false (cproc_message_iter_next (&iter));
}

/* What is read without a tree is what the tree has. */
static void
test_white_space (void)
{
  g_autoptr(CprocMessage) message = message_new (" { \"a\" : [ 1 , { \"b\" : \"]}\" } ] , "
                                                 "\"c\" : 2 } ");
  g_autofree char *string = cproc_message_dup_string (message, "/a/1/b", NULL);

  g_assert_cmpstr (string, ==, "]}");
  g_assert_cmpint (cproc_message_get_int64 (message, "/c", NULL), ==, 2);
  g_assert_cmpint (cproc_message_get_length (message, "/a"), ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message-values/places", test_places);
  g_test_add_func ("/message-values/missing", test_missing);
  g_test_add_func ("/message-values/malformed", test_malformed);
  g_test_add_func ("/message-values/integers", test_integers);
  g_test_add_func ("/message-values/doubles", test_doubles);
  g_test_add_func ("/message-values/booleans", test_booleans);
  g_test_add_func ("/message-values/strings", test_strings);
  g_test_add_func ("/message-values/duplicates", test_duplicates);
  g_test_add_func ("/message-values/length", test_length);
  g_test_add_func ("/message-values/variants", test_variants);
  g_test_add_func ("/message-values/depth", test_depth);
  g_test_add_func ("/message-values/iter", test_iter);
  g_test_add_func ("/message-values/iter/members", test_iter_members);
  g_test_add_func ("/message-values/white-space", test_white_space);

  return g_test_run ();
}
