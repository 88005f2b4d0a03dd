/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-monitor.h"

#include "tasks-task.h"
#include "tasks-usage.h"

/* Of a list. */
typedef struct
{
  guint source;
  gboolean sampling;
} Monitor;

static void
monitor_free (Monitor *monitor)
{
  g_clear_handle_id (&monitor->source, g_source_remove);
  g_free (monitor);
}

static Monitor *
get_monitor (GListModel *tasks)
{
  Monitor *monitor = g_object_get_data (G_OBJECT (tasks), "tasks-monitor");

  if (monitor == NULL)
    {
      monitor = g_new0 (Monitor, 1);
      g_object_set_data_full (G_OBJECT (tasks), "tasks-monitor", monitor,
                              (GDestroyNotify) monitor_free);
    }

  return monitor;
}

static void
update_tasks (GListModel *tasks,
              GHashTable *usage)
{
  for (guint i = 0; i < g_list_model_get_n_items (tasks); i++)
    {
      g_autoptr(TasksTask) task = g_list_model_get_item (tasks, i);
      gpointer pid = GINT_TO_POINTER (tasks_task_get_pid (task));

      tasks_task_update (task, usage != NULL ? g_hash_table_lookup (usage, pid) : NULL);
    }
}

static void
sampled (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GListModel) tasks = user_data;
  g_autoptr(GHashTable) usage = tasks_usage_sample_finish (result);

  get_monitor (tasks)->sampling = FALSE;
  update_tasks (tasks, usage);
}

static gboolean
update (gpointer user_data)
{
  GListModel *tasks = user_data;
  Monitor *monitor = get_monitor (tasks);
  g_autoptr(GArray) pids = g_array_new (FALSE, FALSE, sizeof (int));

  for (guint i = 0; i < g_list_model_get_n_items (tasks); i++)
    {
      g_autoptr(TasksTask) task = g_list_model_get_item (tasks, i);
      int pid = tasks_task_get_pid (task);

      if (tasks_task_get_running (task))
        g_array_append_val (pids, pid);
    }

  if (pids->len == 0)
    {
      monitor->source = 0;
      return G_SOURCE_REMOVE;
    }

  /* Where the sample takes long the time goes on all the same. */
  if (monitor->sampling)
    update_tasks (tasks, NULL);
  else
    tasks_usage_sample_async (pids, sampled, g_object_ref (tasks));
  monitor->sampling = TRUE;

  return G_SOURCE_CONTINUE;
}

void
tasks_monitor_wake (GListModel *tasks)
{
  Monitor *monitor = get_monitor (tasks);

  if (monitor->source == 0)
    monitor->source = g_timeout_add_seconds (1, update, tasks);
}
