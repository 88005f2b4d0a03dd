/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "tasks-task.h"

G_BEGIN_DECLS

struct _TasksTask
{
  GObject parent_instance;

  char *title;
  CprocChild *child;
  CprocProgress *progress;
  TasksOutput *output;
  GError *error; /* of the start */

  gint64 start_time;
  gint64 exit_time;
  gint64 stop_time; /* when asked to stop */
  guint grace_source;
  gboolean running;
  gboolean paused;

  gint64 sample_time;
  guint64 sample_ticks;
  int percent; /* of a processor; negative: not known */
  guint64 memory;
};

enum
{
  PROP_TITLE = 1,
  PROP_OUTPUT,
  PROP_STATUS,
  PROP_ICON_NAME,
  PROP_RUNNING,
  PROP_STOPPING,
  PROP_PAUSED,
  PROP_PROGRESS,
  PROP_HAS_PROGRESS,
  PROP_GRACE,
  PROP_ELAPSED,
  PROP_CPU,
  PROP_MEMORY,
  PROP_PROCESS,
  N_PROPS
};

void        tasks_task_notify        (TasksTask *self,
                                      guint      first,
                                      guint      last);

gboolean    tasks_task_is_stopping   (TasksTask *self);
double      tasks_task_get_grace     (TasksTask *self);
/* Negative: not known. */
double      tasks_task_get_progress  (TasksTask *self);
const char *tasks_task_get_icon_name (TasksTask *self);
char       *tasks_task_dup_status    (TasksTask *self);
char       *tasks_task_dup_elapsed   (TasksTask *self);
char       *tasks_task_dup_cpu       (TasksTask *self);
char       *tasks_task_dup_memory    (TasksTask *self);
char       *tasks_task_dup_process   (TasksTask *self);

G_END_DECLS
