/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-task-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "tasks-format.h"

gboolean
tasks_task_is_stopping (TasksTask *self)
{
  return self->stop_time != 0 && self->exit_time == 0;
}

/* How much of the time is left in which it may end by itself, 0 to 1. */
double
tasks_task_get_grace (TasksTask *self)
{
  double passed = (g_get_monotonic_time () - self->stop_time) / 1000.0;

  if (!tasks_task_is_stopping (self))
    return 0;

  return CLAMP (1 - passed / cproc_child_get_kill_grace (self->child), 0, 1);
}

double
tasks_task_get_progress (TasksTask *self)
{
  return self->progress != NULL ? cproc_progress_get_fraction (self->progress) : -1;
}

static char *
dup_end (TasksTask *self)
{
  int term_signal = cproc_child_get_term_signal (self->child);
  int exit_code = cproc_child_get_exit_code (self->child);

  if (self->stop_time != 0)
    return g_strdup (term_signal == SIGKILL ? _("Stopped by force") : _("Stopped"));
  if (term_signal != 0)
    return g_strdup_printf (_("Ended by signal %d (%s)"), term_signal, strsignal (term_signal));
  if (exit_code != 0)
    return g_strdup_printf (_("Failed with code %d"), exit_code);

  return g_strdup (_("Finished"));
}

char *
tasks_task_dup_status (TasksTask *self)
{
  if (self->child == NULL)
    return NULL;
  if (self->error != NULL)
    return g_strdup (_("Could not be started"));
  if (self->exit_time != 0)
    return dup_end (self);
  if (self->start_time == 0)
    return g_strdup (_("Starting"));
  if (self->stop_time != 0)
    {
      int grace = cproc_child_get_kill_grace (self->child);
      guint left = tasks_task_get_grace (self) * grace / 1000 + 0.999;

      return g_strdup_printf (ngettext ("Stopping: %u second left", "Stopping: %u seconds left",
                                        left),
                              left);
    }
  if (self->paused)
    return g_strdup (_("Paused"));

  return g_strdup (_("Running"));
}

const char *
tasks_task_get_icon_name (TasksTask *self)
{
  if (self->running)
    return self->paused ? "media-playback-pause-symbolic" : "media-playback-start-symbolic";
  if (self->child == NULL || self->stop_time != 0)
    return "media-playback-stop-symbolic";
  if (self->error != NULL || cproc_child_get_exit_code (self->child) != 0)
    return "dialog-warning-symbolic";

  return "emblem-ok-symbolic";
}

char *
tasks_task_dup_elapsed (TasksTask *self)
{
  gint64 end = self->exit_time != 0 ? self->exit_time : g_get_monotonic_time ();

  return self->start_time != 0 ? tasks_format_duration (end - self->start_time) : g_strdup ("–");
}

/* Known once it has ended. */
static CprocResourceUsage *
dup_usage (TasksTask *self)
{
  return self->exit_time != 0 ? cproc_child_dup_resource_usage (self->child) : NULL;
}

char *
tasks_task_dup_cpu (TasksTask *self)
{
  g_autoptr(CprocResourceUsage) usage = dup_usage (self);

  if (usage != NULL)
    return g_strdup_printf (_("%.2f s"), (usage->user_time + usage->system_time) / 1e6);
  if (self->exit_time == 0 && self->percent >= 0)
    return g_strdup_printf (_("%d %%"), self->percent);

  return g_strdup ("–");
}

char *
tasks_task_dup_memory (TasksTask *self)
{
  g_autoptr(CprocResourceUsage) usage = dup_usage (self);

  if (usage != NULL)
    {
      g_autofree char *size = g_format_size ((guint64) usage->max_rss);

      return g_strdup_printf (_("%s at most"), size);
    }
  if (self->exit_time == 0 && self->memory > 0)
    return g_format_size (self->memory);

  return g_strdup ("–");
}

char *
tasks_task_dup_process (TasksTask *self)
{
  return self->start_time != 0 ? g_strdup_printf ("%d", tasks_task_get_pid (self))
                               : g_strdup ("–");
}
