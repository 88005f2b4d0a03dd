/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "test-util.h"

/* What is typed goes into the entry, as the empty page says. */
static void
test_focus (void)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (window));

  g_assert_true (GTK_IS_TEXT (focus));
  g_assert_true (GTK_IS_ENTRY (gtk_widget_get_parent (focus)));
}

static void
test_run (void)
{
  TasksTask *task = tasks_window_run (window, "echo one; echo two >&2; echo three");
  g_autofree char *output = NULL;
  g_autofree char *copied = NULL;
  int pid;

  g_assert_true (tasks_task_get_running (task));
  assert_text (task, "status", "Starting");
  wait_for_end (task, 3);

  assert_text (task, "status", "Finished");
  output = dup_output (task);
  g_assert_nonnull (strstr (output, "0:one\n"));
  g_assert_nonnull (strstr (output, "1:two\n"));
  g_assert_nonnull (strstr (output, "0:three\n"));
  g_assert_cmpuint (count_lines (task), ==, 3);

  copied = tasks_output_view_dup_text (tasks_page_get_output_view (tasks_window_get_page (window)));
  g_assert_cmpuint (strlen (copied), ==, strlen ("one\ntwo\nthree\n"));

  /* The same again, in its place. */
  pid = tasks_task_get_pid (task);
  tasks_task_run (task);
  wait_for_end (task, 3);
  g_assert_cmpint (tasks_task_get_pid (task), !=, pid);
  g_assert_cmpuint (count_lines (task), ==, 3);
}

static void
test_ends (void)
{
  const struct { const char *line; const char *status; const char *icon; } cases[] = {
    { "exit 3", "Failed with code 3", "dialog-warning-symbolic" },
    { "kill -USR1 $$", "Ended by signal 10 (User defined signal 1)", "dialog-warning-symbolic" },
    { "/does/not/exist", "Failed with code 127", "dialog-warning-symbolic" },
    { ":", "Finished", "emblem-ok-symbolic" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TasksTask *task = tasks_window_run (window, cases[i].line);

      wait_for_end (task, 0);
      assert_text (task, "status", cases[i].status);
      assert_text (task, "icon-name", cases[i].icon);
    }

  g_assert_cmpuint (g_list_model_get_n_items (tasks_window_get_tasks (window)), ==, 4);
  gtk_widget_activate_action (GTK_WIDGET (window), "tasks.clear", NULL);
  g_assert_cmpuint (g_list_model_get_n_items (tasks_window_get_tasks (window)), ==, 0);
}

static gboolean
progress_is (TasksTask *task,
             gboolean   has,
             double     expected)
{
  gboolean has_progress;
  double progress;

  g_object_get (task, "has-progress", &has_progress, "progress", &progress, NULL);

  return has_progress == has && (!has || ABS (progress - expected) < 0.001);
}

/* It stops itself a little after what it writes can be read. */
static void
let_go_on (TasksTask *task)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) tasks_task_get_pid (task));

  for (gboolean stopped = FALSE; !stopped; g_usleep (1000))
    {
      g_autofree char *stat = NULL;

      g_assert_true (g_file_get_contents (path, &stat, NULL, NULL));
      stopped = strncmp (strrchr (stat, ')'), ") T", 3) == 0;
    }

  kill (tasks_task_get_pid (task), SIGCONT);
}

static void
test_progress (void)
{
  g_autofree char *line = g_strdup_printf ("for n in 10 25.5 100; do"
                                           " echo \"step at $n%%\"; kill -STOP $$; done");
  TasksTask *task = tasks_window_run (window, line);

  g_assert_true (progress_is (task, FALSE, 0));
  WAIT_UNTIL (progress_is (task, TRUE, 0.1));
  let_go_on (task);
  WAIT_UNTIL (progress_is (task, TRUE, 0.255));
  let_go_on (task);
  WAIT_UNTIL (progress_is (task, TRUE, 1));
  let_go_on (task);
  wait_for_end (task, 3);
  g_assert_true (progress_is (task, FALSE, 0));
}

/* Which ignores SIGTERM, and has started something in a session of its own. */
static void
test_stop (void)
{
  TasksTask *task = tasks_window_run (window, "trap : TERM; setsid sleep 1000 & echo $!;"
                                              " while :; do sleep 1000 & wait; done");
  g_autofree char *output = NULL;
  gboolean stopping;
  double grace;

  WAIT_UNTIL (count_lines (task) == 1);
  output = dup_output (task);
  assert_text (task, "status", "Running");

  tasks_task_stop (task);
  g_object_get (task, "stopping", &stopping, "grace", &grace, NULL);
  g_assert_true (stopping);
  g_assert_cmpfloat (grace, >, 0.5);
  assert_text (task, "status", "Stopping: 5 seconds left");
  /* Time passes, and is seen to. */
  WAIT_UNTIL (text_is (task, "status", "Stopping: 4 seconds left"));
  g_assert_true (tasks_task_get_running (task));

  tasks_task_stop (task);
  wait_for_end (task, 1);
  assert_text (task, "status", "Stopped by force");
  g_assert_cmpint (kill (atoi (output + 2), 0), !=, 0);
}

static void
test_usage (void)
{
  TasksTask *busy = tasks_window_run (window, "while :; do :; done");
  TasksTask *idle = tasks_window_run (window, "sleep 1000; :");
  g_autofree char *cpu = NULL;
  g_autofree char *memory = NULL;

  WAIT_UNTIL (!text_is (busy, "cpu", "–") && !text_is (busy, "cpu", "0 %") &&
              !text_is (idle, "memory", "–"));
  g_assert_false (text_is (busy, "memory", "–"));
  g_assert_false (text_is (busy, "elapsed", "–"));

  gtk_widget_activate_action (GTK_WIDGET (window), "tasks.stop-all", NULL);
  wait_for_end (busy, 0);
  wait_for_end (idle, 0);
  assert_text (busy, "status", "Stopped");
  /* What it took in all. */
  cpu = get_text (busy, "cpu");
  memory = get_text (busy, "memory");
  g_assert_true (g_str_has_suffix (cpu, " s"));
  g_assert_true (g_str_has_suffix (memory, " at most"));
}

static GtkAdjustment *
get_adjustment (GtkWidget *widget)
{
  GtkWidget *child;

  if (GTK_IS_LIST_VIEW (widget))
    return gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (widget));

  for (child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkAdjustment *found = get_adjustment (child);

      if (found != NULL)
        return found;
    }

  return NULL;
}

static gboolean
is_at_end (GtkAdjustment *adjustment)
{
  return gtk_adjustment_get_value (adjustment) + gtk_adjustment_get_page_size (adjustment) >=
         gtk_adjustment_get_upper (adjustment) - 1;
}

static void
test_follow (void)
{
  TasksOutputView *view = tasks_page_get_output_view (tasks_window_get_page (window));
  TasksTask *task = tasks_window_run (window, "i=0; while :; do"
                                              " i=$((i+1)); echo $i; sleep 0.01; done");
  GtkAdjustment *adjustment = get_adjustment (GTK_WIDGET (view));
  double position;
  guint lines;

  WAIT_UNTIL (gtk_adjustment_get_upper (adjustment) >
              3 * gtk_adjustment_get_page_size (adjustment) && is_at_end (adjustment));
  g_assert_true (tasks_output_view_get_following (view));

  /* Somebody scrolls up, and may read in peace. */
  position = gtk_adjustment_get_page_size (adjustment);
  gtk_adjustment_set_value (adjustment, position);
  g_assert_false (tasks_output_view_get_following (view));
  lines = count_lines (task);
  WAIT_UNTIL (count_lines (task) > lines + 20);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), ==, position);

  /* And down again. */
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
  g_assert_true (tasks_output_view_get_following (view));
  lines = count_lines (task);
  WAIT_UNTIL (count_lines (task) > lines + 20 && is_at_end (adjustment));

  tasks_task_stop (task);
  wait_for_end (task, 0);
}

static gboolean
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;

  return G_SOURCE_REMOVE;
}

static void
test_pause (void)
{
  gboolean passed = FALSE;
  TasksTask *task = tasks_window_run (window, "yes");
  guint64 shown;

  WAIT_UNTIL (tasks_output_get_dropped (tasks_task_get_output (task)) > 100000);
  tasks_task_set_paused (task, TRUE);
  assert_text (task, "status", "Paused");

  /* What had come before it shows when there is time for it, and then nothing more: as long as
   * another one lives. */
  g_timeout_add_full (G_PRIORITY_LOW, 100, set_flag, &passed, NULL);
  WAIT_UNTIL (passed);
  shown = tasks_output_get_dropped (tasks_task_get_output (task));
  wait_for_end (tasks_window_run (window, "sleep 0.3"), 0);
  g_assert_cmpuint (tasks_output_get_dropped (tasks_task_get_output (task)), ==, shown);

  tasks_task_set_paused (task, FALSE);
  WAIT_UNTIL (tasks_output_get_dropped (tasks_task_get_output (task)) > shown + 100000);

  /* A paused one can be stopped as well. */
  tasks_task_set_paused (task, TRUE);
  tasks_task_stop (task);
  wait_for_end (task, 0);
  assert_text (task, "status", "Stopped");
}

static gboolean
log_has (TasksWorkerPage *page,
         TasksLineKind    kind,
         const char      *text)
{
  GListModel *log = G_LIST_MODEL (tasks_worker_page_get_log (page));

  for (guint i = 0; i < g_list_model_get_n_items (log); i++)
    {
      g_autoptr(TasksLine) line = g_list_model_get_item (log, i);

      if (tasks_line_get_kind (line) == kind && g_str_equal (tasks_line_get_text (line), text))
        return TRUE;
    }

  return FALSE;
}

static void
test_worker (void)
{
  TasksWorkerPage *page = tasks_window_get_worker_page (window);

  tasks_window_show_page (window, "worker");
  tasks_worker_page_send (page, "nobody hears this");
  tasks_worker_page_start (page);
  tasks_worker_page_send (page, "91");
  tasks_worker_page_send (page, "Hello \"there\"!");
  tasks_worker_page_send (page, "{\"a\": [1, true, null]}");

  WAIT_UNTIL (log_has (page, TASKS_LINE_RECEIVED, "{\"number\":91,\"factors\":[7,13]}"));
  WAIT_UNTIL (log_has (page, TASKS_LINE_RECEIVED, "{\"echo\":\"Hello \\\"there\\\"!\"}"));
  WAIT_UNTIL (log_has (page, TASKS_LINE_RECEIVED, "{\"echo\":{\"a\":[1,true,null]}}"));
  g_assert_true (log_has (page, TASKS_LINE_SENT, "91"));

  tasks_worker_page_stop (page);
  WAIT_UNTIL (!tasks_worker_page_get_running (page));
  WAIT_UNTIL (log_has (page, TASKS_LINE_NOTE, "The worker was stopped"));
}

static void
test_worker_module (void)
{
  TasksWorkerPage *page = tasks_window_get_worker_page (window);

  /* Its file has a name that tells of no runtime, and it cannot be executed. */
  tasks_worker_page_set_module (page, "/etc/passwd");
  tasks_worker_page_start (page);
  WAIT_UNTIL (!tasks_worker_page_get_running (page));
  WAIT_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (tasks_worker_page_get_log (page))) == 1);

  tasks_worker_page_set_module (page, g_getenv ("TASKS_TEST_WORKER"));
  tasks_worker_page_start (page);
  tasks_worker_page_send (page, "Hello there!");
  WAIT_UNTIL (log_has (page, TASKS_LINE_STDOUT, "got a message from master: Hello there!"));
  WAIT_UNTIL (log_has (page, TASKS_LINE_RECEIVED, "{\"foo\":1,\"bar\":2}"));
  tasks_worker_page_stop (page);
  WAIT_UNTIL (!tasks_worker_page_get_running (page));
}

static GtkWidget *
get_dialog (void)
{
  g_autoptr(GList) toplevels = gtk_window_list_toplevels ();

  for (GList *link = toplevels; link != NULL; link = link->next)
    if (ADW_IS_MESSAGE_DIALOG (link->data) && gtk_widget_get_mapped (link->data))
      return link->data;

  return NULL;
}

static void
test_close (void)
{
  TasksTask *task = tasks_window_run (window, "sleep 1000");
  GtkWidget *dialog;

  WAIT_UNTIL (text_is (task, "status", "Running"));
  gtk_window_close (GTK_WINDOW (window));
  /* It asks first. */
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (window)));
  dialog = get_dialog ();
  g_assert_nonnull (dialog);
  adw_message_dialog_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  gtk_window_close (GTK_WINDOW (dialog));
  WAIT_UNTIL (get_dialog () == NULL);
  g_assert_true (tasks_task_get_running (task));
}

/* As wide as the metainfo says that a display must be. */
#define NARROW 360

static void
test_narrow (void)
{
  TasksTask *task = tasks_window_run (window, "sleep 1000");
  int minimum;

  WAIT_UNTIL (text_is (task, "status", "Running"));
  gtk_widget_measure (GTK_WIDGET (window), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL,
                      NULL);
  g_assert_cmpint (minimum, <=, NARROW);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add ("/tasks/window/focus", test_focus);
  test_add ("/tasks/window/run", test_run);
  test_add ("/tasks/window/ends", test_ends);
  test_add ("/tasks/window/progress", test_progress);
  test_add ("/tasks/window/stop", test_stop);
  test_add ("/tasks/window/usage", test_usage);
  test_add ("/tasks/window/follow", test_follow);
  test_add ("/tasks/window/pause", test_pause);
  test_add ("/tasks/window/worker", test_worker);
  test_add ("/tasks/window/worker-module", test_worker_module);
  test_add ("/tasks/window/narrow", test_narrow);
  test_add ("/tasks/window/close", test_close);

  return g_test_run ();
}
