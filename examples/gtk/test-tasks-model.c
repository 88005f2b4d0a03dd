/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "tasks-format.h"
#include "tasks-output.h"
#include "tasks-usage.h"

/* What needs no display. */

static void
test_clean (void)
{
  const struct { const char *line; const char *clean; } cases[] = {
    { "", "" },
    { "plain, päivää 你好", "plain, päivää 你好" },
    { "a\tb", "a\tb" },
    { "10%\r20%\r30%", "30%" },
    { "ends\r", "ends" },
    { "\033[1;31mred\033[0m", "red" },
    { "\033[38;2;1;2;3mx\033[Ky", "xy" },
    { "\033]0;title\ax", "x" },
    { "\033]0;no end", "" },
    { "\033", "" },
    { "\033[", "" },
    { "\033(Bx", "Bx" },
    { "\033äx", "äx" },
    { "\a\b\001x", "x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = tasks_format_clean ('#', cases[i].line);

      g_assert_cmpint (clean[0], ==, '#');
      g_assert_cmpstr (clean + 1, ==, cases[i].clean);
      g_assert_true (g_utf8_validate (clean, -1, NULL));
    }
}

static void
test_duration (void)
{
  const struct { gint64 seconds; const char *text; } cases[] = {
    { -5, "0:00" }, { 0, "0:00" }, { 59, "0:59" }, { 65, "1:05" }, { 3599, "59:59" },
    { 3600, "1:00:00" }, { 100 * 3600 + 61, "100:01:01" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = tasks_format_duration (cases[i].seconds * G_USEC_PER_SEC);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_usage_parse (void)
{
  TasksProcess process;

  g_assert_true (tasks_usage_parse (
    "42 (a ) b (c) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 999 4096 123 18446744",
    &process));
  g_assert_cmpint (process.pid, ==, 42);
  g_assert_cmpint (process.parent, ==, 7);
  g_assert_cmpuint (process.ticks, ==, 100);
  g_assert_cmpuint (process.pages, ==, 123);

  g_assert_false (tasks_usage_parse ("", &process));
  g_assert_false (tasks_usage_parse ("42", &process));
  g_assert_false (tasks_usage_parse ("42 (cut) S 7 42 42 0", &process));
  g_assert_false (tasks_usage_parse ("x (name) S 1 1 1", &process));
}

static void
test_usage_sum (void)
{
  const TasksProcess table[] = {
    { 1, 0, 1, 1 }, { 10, 1, 10, 100 }, { 11, 10, 1, 10 }, { 12, 11, 2, 20 }, { 20, 1, 5, 50 },
    /* A ring: the table was read while it changed. */
    { 30, 31, 1, 1 }, { 31, 30, 1, 1 },
  };
  const int wanted[] = { 10, 11, 20, 99 };
  g_autoptr(GArray) processes = g_array_new (FALSE, FALSE, sizeof (TasksProcess));
  g_autoptr(GArray) pids = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr(GHashTable) sums = NULL;
  TasksProcess *sum;

  g_array_append_vals (processes, table, G_N_ELEMENTS (table));
  g_array_append_vals (pids, wanted, G_N_ELEMENTS (wanted));
  sums = tasks_usage_sum (processes, pids);

  g_assert_cmpuint (g_hash_table_size (sums), ==, 3);
  sum = g_hash_table_lookup (sums, GINT_TO_POINTER (10));
  g_assert_cmpuint (sum->ticks, ==, 13);
  g_assert_cmpuint (sum->pages, ==, 130);
  sum = g_hash_table_lookup (sums, GINT_TO_POINTER (11));
  g_assert_cmpuint (sum->ticks, ==, 3);
  sum = g_hash_table_lookup (sums, GINT_TO_POINTER (20));
  g_assert_cmpuint (sum->pages, ==, 50);
}

static void
keep_result (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GHashTable **) user_data = tasks_usage_sample_finish (result);
}

static void
test_usage_sample (void)
{
  g_autoptr(GArray) pids = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr(GHashTable) sums = NULL;
  TasksProcess *sum;
  int pid = getpid ();

  g_array_append_val (pids, pid);
  tasks_usage_sample_async (pids, keep_result, &sums);
  while (sums == NULL)
    g_main_context_iteration (NULL, TRUE);

  sum = g_hash_table_lookup (sums, GINT_TO_POINTER (pid));
  g_assert_nonnull (sum);
  g_assert_cmpint (sum->parent, ==, getppid ());
  g_assert_cmpuint (sum->pages, >, 0);
}

typedef struct
{
  guint changes;
  guint length; /* as an observer counts it */
} Observer;

static void
observe (GListModel *model,
         guint       position,
         guint       removed,
         guint       added,
         Observer   *observer)
{
  observer->changes++;
  g_assert_cmpuint (position + removed, <=, observer->length);
  observer->length += added - removed;
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, observer->length);
}

static TasksOutput *
output_new (Observer *observer)
{
  TasksOutput *output = tasks_output_new ();

  g_signal_connect (output, "items-changed", G_CALLBACK (observe), observer);

  return output;
}

static void
assert_line (TasksOutput   *output,
             guint          position,
             TasksLineKind  kind,
             const char    *text)
{
  g_autoptr(TasksLine) line = g_list_model_get_item (G_LIST_MODEL (output), position);

  g_assert_nonnull (line);
  g_assert_cmpint (tasks_line_get_kind (line), ==, kind);
  g_assert_cmpstr (tasks_line_get_text (line), ==, text);
}

static void
test_output (void)
{
  Observer observer = { 0 };
  g_autoptr(TasksOutput) output = output_new (&observer);

  tasks_output_append_lines (output, TASKS_LINE_STDERR, (const char *[]) { "one", "two", NULL });
  tasks_output_append (output, TASKS_LINE_NOTE, "");
  g_assert_cmpuint (observer.changes, ==, 0);

  tasks_output_flush (output);
  tasks_output_flush (output);
  g_assert_cmpuint (observer.changes, ==, 1);
  g_assert_cmpuint (observer.length, ==, 3);
  assert_line (output, 0, TASKS_LINE_STDERR, "one");
  assert_line (output, 1, TASKS_LINE_STDERR, "two");
  assert_line (output, 2, TASKS_LINE_NOTE, "");
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (output), 3));

  tasks_output_append (output, TASKS_LINE_NOTE, "pending");
  tasks_output_clear (output);
  tasks_output_flush (output);
  g_assert_cmpuint (observer.length, ==, 0);
  g_assert_finalize_object (g_steal_pointer (&output));
}

/* Whatever the sizes of what comes, the last lines are there, in order, and no more than that. */
static void
test_output_lines (void)
{
  Observer observer = { 0 };
  g_autoptr(TasksOutput) output = output_new (&observer);
  guint64 written = 0;

  for (guint size = 1; size < 4 * TASKS_OUTPUT_MAX_LINES; size *= 3)
    {
      g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *last = NULL;

      for (guint i = 0; i < size; i++)
        g_ptr_array_add (lines, g_strdup_printf ("%" G_GUINT64_FORMAT, written++));
      g_ptr_array_add (lines, NULL);
      tasks_output_append_lines (output, TASKS_LINE_STDOUT,
                                 (const char * const *) lines->pdata);
      tasks_output_flush (output);

      last = g_strdup_printf ("%" G_GUINT64_FORMAT, written - 1);
      assert_line (output, observer.length - 1, TASKS_LINE_STDOUT, last);
      g_assert_cmpuint (observer.length, ==, MIN (written, TASKS_OUTPUT_MAX_LINES));
      g_assert_cmpuint (tasks_output_get_dropped (output), ==, written - observer.length);
    }
}

static void
test_output_bytes (void)
{
  Observer observer = { 0 };
  g_autoptr(TasksOutput) output = output_new (&observer);
  g_autofree char *line = g_strnfill (1023, 'x'); /* and its kind: 1024 */

  for (guint i = 0; i < 1500; i++)
    {
      tasks_output_append (output, TASKS_LINE_STDOUT, line);
      if (i % 100 == 0)
        tasks_output_flush (output);
    }
  tasks_output_flush (output);

  g_assert_cmpuint (observer.length, ==, TASKS_OUTPUT_MAX_BYTES / 1024);
  g_assert_cmpuint (tasks_output_get_dropped (output), ==, 1500 - TASKS_OUTPUT_MAX_BYTES / 1024);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tasks/format/clean", test_clean);
  g_test_add_func ("/tasks/format/duration", test_duration);
  g_test_add_func ("/tasks/usage/parse", test_usage_parse);
  g_test_add_func ("/tasks/usage/sum", test_usage_sum);
  g_test_add_func ("/tasks/usage/sample", test_usage_sample);
  g_test_add_func ("/tasks/output/lines-and-kinds", test_output);
  g_test_add_func ("/tasks/output/bounded-in-lines", test_output_lines);
  g_test_add_func ("/tasks/output/bounded-in-bytes", test_output_bytes);

  return g_test_run ();
}
