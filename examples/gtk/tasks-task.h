/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

#include "tasks-output.h"
#include "tasks-usage.h"

G_BEGIN_DECLS

/* A command and its last run: what a row and the page beside it show. */

#define TASKS_TYPE_TASK (tasks_task_get_type ())
G_DECLARE_FINAL_TYPE (TasksTask, tasks_task, TASKS, TASK, GObject)

TasksTask   *tasks_task_new         (const char   *line);

const char  *tasks_task_get_title   (TasksTask    *self);
TasksOutput *tasks_task_get_output  (TasksTask    *self);
int          tasks_task_get_pid     (TasksTask    *self);
gboolean     tasks_task_get_running (TasksTask    *self);

void         tasks_task_run         (TasksTask    *self);
/* Asks the first time, and forces the second. */
void         tasks_task_stop        (TasksTask    *self);
void         tasks_task_set_paused  (TasksTask    *self,
                                     gboolean      paused);

/* Each second; NULL where nothing is known. */
void         tasks_task_update      (TasksTask    *self,
                                     TasksProcess *usage);

G_END_DECLS
