/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <libcproc.h>

/* Programs compare states and store codes: the numbers are part of the ABI. */
static void
test_numbers (void)
{
  const struct
  {
    int value;
    int number;
  } table[] = {
    { CPROC_STATE_NEW, 0 },
    { CPROC_STATE_PREPARED, 1 },
    { CPROC_STATE_STARTING, 2 },
    { CPROC_STATE_RUNNING, 3 },
    { CPROC_STATE_EXITED, 4 },
    { CPROC_STATE_CLOSED, 5 },
    { CPROC_ERROR_EXITED, 0 },
    { CPROC_ERROR_NOT_SUPPORTED, 9 },
    { CPROC_ERROR_RUNNER_FAILED, 10 },
    { CPROC_ERROR_RUNNER_LOST, 11 },
    { CPROC_ERROR_QUEUE_FULL, 12 },
    { CPROC_ERROR_WORKER_ENDED, 13 },
    { CPROC_ERROR_CLOSED, 14 },
    { CPROC_LINE_FLAGS_NONE, 0 },
    { CPROC_LINE_FLAGS_CONTINUES, 1 },
    { CPROC_LINE_FLAGS_REPLACED, 2 },
    { CPROC_LINE_FLAGS_UNTERMINATED, 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    g_assert_cmpint (table[i].value, ==, table[i].number);
}

static void
test_nicks (void)
{
  const struct
  {
    GType type;
    int value;
    const char *nick;
  } table[] = {
    { CPROC_TYPE_STATE, CPROC_STATE_PREPARED, "prepared" },
    { CPROC_TYPE_STATE, CPROC_STATE_STARTING, "starting" },
    { CPROC_TYPE_STATE, CPROC_STATE_CLOSED, "closed" },
    { CPROC_TYPE_STDIO, CPROC_STDIO_SOCKET, "socket" },
    { CPROC_TYPE_CONTAINMENT, CPROC_CONTAINMENT_TREE, "tree" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      GEnumClass *klass = g_type_class_ref (table[i].type);

      g_assert_cmpstr (g_enum_get_value (klass, table[i].value)->value_nick, ==, table[i].nick);
      g_type_class_unref (klass);
    }
}

static void
test_line_flags (void)
{
  GFlagsClass *klass = g_type_class_ref (CPROC_TYPE_LINE_FLAGS);

  g_assert_cmpint (klass->mask, ==, 7);
  g_assert_cmpstr (g_flags_get_first_value (klass, CPROC_LINE_FLAGS_REPLACED)->value_nick, ==,
                   "replaced");
  g_type_class_unref (klass);
}

static void
test_resource_usage (void)
{
  CprocResourceUsage usage = { .user_time = 1, .system_time = 2, .max_rss = G_MAXINT64 };
  g_autoptr (CprocResourceUsage) copy = cproc_resource_usage_copy (&usage);
  g_auto (GValue) value = G_VALUE_INIT;
  const CprocResourceUsage *boxed;

  g_value_init (&value, CPROC_TYPE_RESOURCE_USAGE);
  g_value_set_boxed (&value, copy);
  copy->user_time = 5;
  boxed = g_value_get_boxed (&value);

  g_assert_cmpint (boxed->user_time, ==, 1);
  g_assert_cmpint (boxed->system_time, ==, 2);
  g_assert_cmpint (boxed->max_rss, ==, G_MAXINT64);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/enums/numbers", test_numbers);
  g_test_add_func ("/enums/nicks", test_nicks);
  g_test_add_func ("/enums/line-flags", test_line_flags);
  g_test_add_func ("/enums/resource-usage", test_resource_usage);

  return g_test_run ();
}
