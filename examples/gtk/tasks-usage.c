/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A chain of parents is shorter; a table that changed while it was read could have a ring. */
#define MAX_DEPTH 64

gboolean
tasks_usage_parse (const char   *stat,
                   TasksProcess *process)
{
  /* The name is in parentheses, and may have some of its own. */
  const char *rest = strrchr (stat, ')');
  guint64 own_user, own_system;
  gint64 children_user, children_system, pages;

  if (rest == NULL || sscanf (stat, "%d", &process->pid) != 1)
    return FALSE;

  if (sscanf (rest + 1,
              " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u"
              " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
              " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
              " %*d %*d %*d %*d %*u %*u %" G_GINT64_FORMAT,
              &process->parent, &own_user, &own_system, &children_user, &children_system,
              &pages) != 6)
    return FALSE;

  process->ticks = own_user + own_system + MAX (children_user, 0) + MAX (children_system, 0);
  process->pages = MAX (pages, 0);

  return TRUE;
}

static GHashTable *
index_processes (GArray *processes)
{
  GHashTable *by_pid = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < processes->len; i++)
    {
      TasksProcess *process = &g_array_index (processes, TasksProcess, i);

      g_hash_table_insert (by_pid, GINT_TO_POINTER (process->pid), process);
    }

  return by_pid;
}

GHashTable *
tasks_usage_sum (GArray *processes,
                 GArray *pids)
{
  g_autoptr(GHashTable) by_pid = index_processes (processes);
  GHashTable *sums = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  for (guint i = 0; i < pids->len; i++)
    {
      gpointer pid = GINT_TO_POINTER (g_array_index (pids, int, i));

      if (g_hash_table_contains (by_pid, pid))
        g_hash_table_insert (sums, pid, g_new0 (TasksProcess, 1));
    }

  for (guint i = 0; i < processes->len; i++)
    {
      TasksProcess *process = &g_array_index (processes, TasksProcess, i);
      TasksProcess *above = process;

      for (int depth = 0; above != NULL && depth < MAX_DEPTH; depth++)
        {
          TasksProcess *sum = g_hash_table_lookup (sums, GINT_TO_POINTER (above->pid));

          if (sum != NULL)
            {
              sum->pid = above->pid;
              sum->parent = above->parent;
              sum->ticks += process->ticks;
              sum->pages += process->pages;
            }
          above = g_hash_table_lookup (by_pid, GINT_TO_POINTER (above->parent));
        }
    }

  return sums;
}

static gboolean
read_stat (const char   *pid,
           TasksProcess *process)
{
  char path[64];
  char stat[1024];
  gssize length;
  int fd;

  g_snprintf (path, sizeof path, "/proc/%s/stat", pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;

  length = read (fd, stat, sizeof stat - 1);
  close (fd);
  if (length <= 0)
    return FALSE;

  stat[length] = '\0';

  return tasks_usage_parse (stat, process);
}

static void
sample (GTask        *task,
        gpointer      source,
        gpointer      task_data,
        GCancellable *cancellable)
{
  g_autoptr(GArray) processes = g_array_new (FALSE, FALSE, sizeof (TasksProcess));
  g_autoptr(GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      TasksProcess process;

      if (g_ascii_isdigit (*name) && read_stat (name, &process))
        g_array_append_val (processes, process);
    }

  g_task_return_pointer (task, tasks_usage_sum (processes, task_data),
                         (GDestroyNotify) g_hash_table_unref);
}

void
tasks_usage_sample_async (GArray              *pids,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, tasks_usage_sample_async);
  g_task_set_task_data (task, g_array_ref (pids), (GDestroyNotify) g_array_unref);
  g_task_run_in_thread (task, sample);
}

GHashTable *
tasks_usage_sample_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
