/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "test-util.h"

#include <locale.h>
#include <stdlib.h>

#include "tasks-worker.h"

static TasksApplication *application;

TasksWindow *window;

static void
run (gpointer      *fixture,
     gconstpointer  data)
{
  ((TestFunc) data) ();
}

static void
set_up (gpointer      *fixture,
        gconstpointer  data)
{
  window = tasks_application_get_window (application);
  gtk_window_present (GTK_WINDOW (window));
  WAIT_UNTIL (gtk_widget_get_mapped (GTK_WIDGET (window)));
}

static void
tear_down (gpointer      *fixture,
           gconstpointer  data)
{
  g_object_add_weak_pointer (G_OBJECT (window), (gpointer *) &window);
  gtk_window_destroy (GTK_WINDOW (window));
  WAIT_UNTIL (window == NULL);
}

char *
get_text (gpointer    object,
          const char *name)
{
  char *text;

  g_object_get (object, name, &text, NULL);

  return text;
}

gboolean
text_is (gpointer    object,
         const char *name,
         const char *expected)
{
  g_autofree char *text = get_text (object, name);

  return g_strcmp0 (text, expected) == 0;
}

char *
dup_output (TasksTask *task)
{
  GListModel *output = G_LIST_MODEL (tasks_task_get_output (task));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (output); i++)
    {
      g_autoptr(TasksLine) line = g_list_model_get_item (output, i);

      g_string_append_printf (text, "%d:%s\n", tasks_line_get_kind (line),
                              tasks_line_get_text (line));
    }

  return g_string_free (text, FALSE);
}

guint
count_lines (TasksTask *task)
{
  return g_list_model_get_n_items (G_LIST_MODEL (tasks_task_get_output (task)));
}

/* It ends, and its last lines are shown. */
void
wait_for_end (TasksTask *task,
              guint      lines)
{
  WAIT_UNTIL (!tasks_task_get_running (task) && count_lines (task) >= lines);
}

void
test_add (const char *path,
          TestFunc    func)
{
  g_test_add (path, gpointer, func, set_up, run, tear_down);
}

void
test_init (int    *argc,
           char ***argv)
{
  g_autoptr(GError) error = NULL;

  /* The worker that comes with the application is this program. */
  if (tasks_worker_run ())
    exit (0);

  setlocale (LC_ALL, "");
  g_test_init (argc, argv, NULL);
  if (!gtk_init_check ())
    {
      g_print ("1..0 # SKIP no display\n");
      exit (0);
    }

  application = tasks_application_new (G_APPLICATION_NON_UNIQUE);
  if (!g_application_register (G_APPLICATION (application), NULL, &error))
    g_error ("%s", error->message);
  g_application_hold (G_APPLICATION (application));
}
