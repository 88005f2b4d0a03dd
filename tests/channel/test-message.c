/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "cproc-message-private.h"

static void
test_text (void)
{
  static const char text[] = "{\"foo\":1,\"bar\":[true,null]}rest";
  g_autoptr(CprocMessage) message = cproc_message_new (text, strlen (text) - 4, NULL);

  g_assert_cmpstr (cproc_message_get_text (message), ==, "{\"foo\":1,\"bar\":[true,null]}");
  g_assert_true (cproc_message_get_text (message) == cproc_message_get_text (message));
  g_assert_null (cproc_message_get_fd_list (message));
}

static void
test_take (void)
{
  char *storage = g_malloc (sizeof (CprocMessage) + 1000);
  char *text = storage + sizeof (CprocMessage);
  g_autoptr(CprocMessage) message = NULL;

  memcpy (text, "  [1]  ", 7);
  message = cproc_message_new_take (storage, text + 2, 3);
  g_assert_cmpstr (cproc_message_get_text (message), ==, "[1]");
  g_assert_cmpint (json_array_get_length (json_node_get_array (cproc_message_get_root (message))),
                   ==, 1);
}

static void
test_root (void)
{
  static const char text[] = "{\"foo\":9223372036854775807,\"bar\":2.5}";
  g_autoptr(CprocMessage) message = cproc_message_new (text, strlen (text), NULL);
  JsonNode *root = cproc_message_get_root (message);
  JsonObject *object = json_node_get_object (root);

  g_assert_cmpint (json_object_get_int_member (object, "foo"), ==, G_MAXINT64);
  g_assert_cmpfloat (json_object_get_double_member (object, "bar"), ==, 2.5);
  g_assert_true (json_node_is_immutable (root));
  g_assert_true (json_object_is_immutable (object));
  g_assert_true (cproc_message_get_root (message) == root);
}

static void
test_root_kinds (void)
{
  struct
  {
    const char *text;
    JsonNodeType type;
    GType value_type;
  } kinds[] = {
    { "\"x\"", JSON_NODE_VALUE, G_TYPE_STRING },
    { "12", JSON_NODE_VALUE, G_TYPE_INT64 },
    { "1.5", JSON_NODE_VALUE, G_TYPE_DOUBLE },
    { "true", JSON_NODE_VALUE, G_TYPE_BOOLEAN },
    { "null", JSON_NODE_NULL, G_TYPE_INVALID },
    { "[]", JSON_NODE_ARRAY, G_TYPE_NONE },
    { "{}", JSON_NODE_OBJECT, G_TYPE_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr(CprocMessage) message =
        cproc_message_new (kinds[i].text, strlen (kinds[i].text), NULL);
      JsonNode *root = cproc_message_get_root (message);

      g_assert_cmpint (json_node_get_node_type (root), ==, kinds[i].type);
      if (kinds[i].type == JSON_NODE_VALUE)
        g_assert_cmpstr (g_type_name (json_node_get_value_type (root)), ==,
                         g_type_name (kinds[i].value_type));
    }
}

/* The text keeps what a JsonNode has no character for. */
static void
test_escapes (void)
{
  static const char text[] = "\"a\\u0000b\\ud800c\"";
  g_autoptr(CprocMessage) message = cproc_message_new (text, strlen (text), NULL);

  g_assert_cmpstr (cproc_message_get_text (message), ==, text);
  g_assert_cmpstr (json_node_get_string (cproc_message_get_root (message)), ==,
                   "a\357\277\275b\357\277\275c");
}

static void
test_fd_list (void)
{
  CprocMessage *message;
  GUnixFDList *list;
  int fds[2];
  char c;

  g_assert_cmpint (pipe (fds), ==, 0);
  message = cproc_message_new ("1", 1, g_unix_fd_list_new_from_array (&fds[1], 1));
  list = cproc_message_get_fd_list (message);
  g_assert_cmpint (g_unix_fd_list_get_length (list), ==, 1);
  g_assert_true (cproc_message_get_fd_list (message) == list);

  /* The last reference closes it. */
  g_assert_true (cproc_message_ref (message) == message);
  cproc_message_unref (message);
  g_assert_cmpint (g_unix_fd_list_get_length (cproc_message_get_fd_list (message)), ==, 1);
  cproc_message_unref (message);
  g_assert_cmpint (read (fds[0], &c, 1), ==, 0);
  close (fds[0]);
}

static void
test_boxed (void)
{
  CprocMessage *message = cproc_message_new ("1", 1, NULL);
  g_auto(GValue) value = G_VALUE_INIT;

  g_value_init (&value, CPROC_TYPE_MESSAGE);
  g_value_take_boxed (&value, message);
  g_assert_true (g_value_get_boxed (&value) == message);
  g_assert_true (g_boxed_copy (CPROC_TYPE_MESSAGE, message) == message);
  g_boxed_free (CPROC_TYPE_MESSAGE, message);
}

#define N_THREADS 8

static gpointer
get_root_in_thread (gpointer data)
{
  g_autoptr(CprocMessage) message = data;

  return cproc_message_get_root (message);
}

/* Whoever is first, all get the same tree. */
static void
test_threads (void)
{
  for (guint round = 0; round < 50; round++)
    {
      g_autoptr(CprocMessage) message = cproc_message_new ("{\"a\":[1,2,3]}", 13, NULL);
      GThread *threads[N_THREADS];
      gpointer roots[N_THREADS];

      for (guint i = 0; i < N_THREADS; i++)
        threads[i] = g_thread_new ("root", get_root_in_thread, cproc_message_ref (message));
      for (guint i = 0; i < N_THREADS; i++)
        roots[i] = g_thread_join (threads[i]);
      for (guint i = 0; i < N_THREADS; i++)
        g_assert_true (roots[i] == cproc_message_get_root (message));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message/text", test_text);
  g_test_add_func ("/message/take", test_take);
  g_test_add_func ("/message/root", test_root);
  g_test_add_func ("/message/root-kinds", test_root_kinds);
  g_test_add_func ("/message/escapes", test_escapes);
  g_test_add_func ("/message/fd-list", test_fd_list);
  g_test_add_func ("/message/boxed", test_boxed);
  g_test_add_func ("/message/threads", test_threads);

  return g_test_run ();
}
