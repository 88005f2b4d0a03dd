/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-task-private.h"

#include <unistd.h>

#include "tasks-feed.h"

/* Longer lines come in pieces: a label takes its time for them. */
#define MAX_LINE_LENGTH 1000

/* "42%", as rsync, git, curl, meson and many others have it, or "[7/31]" like ninja. */
#define PROGRESS_PATTERN \
  "^\\[(?<done>\\d+)/(?<total>\\d+)\\]|(?<![\\d.])(?<percent>100|\\d{1,2}(\\.\\d+)?) ?%"

#define GRACE_INTERVAL 100 /* ms */

static void
progress_changed (TasksTask *self)
{
  tasks_task_notify (self, PROP_PROGRESS, PROP_HAS_PROGRESS);
}

static void
exited (CprocChild *child,
        int         exit_code,
        int         term_signal,
        TasksTask  *self)
{
  self->exit_time = g_get_monotonic_time ();
  g_clear_handle_id (&self->grace_source, g_source_remove);
  /* What it wrote last is not to be missed. */
  tasks_task_set_paused (self, FALSE);
}

static void
ended (TasksTask *self)
{
  self->running = FALSE;
  tasks_task_notify (self, PROP_STATUS, PROP_PROCESS);
}

static void
start_ended (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(TasksTask) self = user_data;

  if (cproc_child_start_finish (CPROC_CHILD (source), result, &self->error))
    return;

  tasks_feed_append (self->output, TASKS_LINE_NOTE, self->error->message);
  ended (self);
}

static void
started (CprocChild *child,
         TasksTask  *self)
{
  self->start_time = g_get_monotonic_time ();
  tasks_task_notify (self, PROP_STATUS, PROP_PROCESS);
}

static void
reset (TasksTask *self)
{
  g_clear_object (&self->progress);
  g_clear_object (&self->child);
  g_clear_error (&self->error);
  tasks_output_clear (self->output);
  self->start_time = 0;
  self->exit_time = 0;
  self->stop_time = 0;
  self->sample_time = 0;
  self->percent = -1;
  self->memory = 0;
}

void
tasks_task_run (TasksTask *self)
{
  g_autoptr(CprocCommand) command = NULL;

  if (self->running)
    return;

  reset (self);

  /* All of it ends with the task, and with this program. */
  command = cproc_command_new_shell (self->title);
  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  cproc_command_set_die_with_parent (command, TRUE);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);

  self->child = cproc_child_new_for_command (command);
  cproc_child_set_max_line_length (self->child, MAX_LINE_LENGTH);
  g_signal_connect_object (self->child, "started", G_CALLBACK (started), self, 0);
  g_signal_connect_object (self->child, "exit", G_CALLBACK (exited), self, 0);
  g_signal_connect_object (self->child, "closed", G_CALLBACK (ended), self, G_CONNECT_SWAPPED);
  self->progress = cproc_progress_new (self->child);
  g_signal_connect_object (self->progress, "notify::fraction", G_CALLBACK (progress_changed), self,
                           G_CONNECT_SWAPPED);
  cproc_progress_set_pattern (self->progress, PROGRESS_PATTERN, NULL);
  tasks_feed_connect (self->child, self->output);

  self->running = TRUE;
  cproc_child_start_async (self->child, NULL, start_ended, g_object_ref (self));
  tasks_task_notify (self, PROP_STATUS, PROP_PROCESS);
}

static gboolean
show_grace (gpointer user_data)
{
  tasks_task_notify (user_data, PROP_GRACE, PROP_GRACE);
  g_object_notify (user_data, "status");

  return G_SOURCE_CONTINUE;
}

void
tasks_task_stop (TasksTask *self)
{
  if (!self->running || self->exit_time != 0)
    return;

  if (self->stop_time != 0)
    {
      cproc_child_force_exit (self->child, NULL);
      return;
    }

  self->stop_time = g_get_monotonic_time ();
  self->grace_source = g_timeout_add (GRACE_INTERVAL, show_grace, self);
  cproc_child_kill (self->child, NULL);
  tasks_task_notify (self, PROP_STATUS, PROP_GRACE);
}

void
tasks_task_set_paused (TasksTask *self,
                       gboolean   paused)
{
  if (self->paused == paused || (paused && (!self->running || self->exit_time != 0)))
    return;

  self->paused = paused;
  tasks_feed_set_paused (self->child, paused);
  tasks_task_notify (self, PROP_STATUS, PROP_PAUSED);
}

void
tasks_task_update (TasksTask    *self,
                   TasksProcess *usage)
{
  gint64 now = g_get_monotonic_time ();

  if (self->start_time == 0 || self->exit_time != 0)
    return;

  if (usage != NULL)
    {
      gint64 passed = now - self->sample_time;

      if (self->sample_time != 0 && passed > 0 && usage->ticks >= self->sample_ticks)
        self->percent = (usage->ticks - self->sample_ticks) * 100 * G_USEC_PER_SEC /
                        sysconf (_SC_CLK_TCK) / passed;
      self->sample_time = now;
      self->sample_ticks = usage->ticks;
      self->memory = usage->pages * sysconf (_SC_PAGESIZE);
    }

  tasks_task_notify (self, PROP_ELAPSED, PROP_MEMORY);
}
