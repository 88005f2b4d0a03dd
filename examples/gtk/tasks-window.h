/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <adwaita.h>

#include "tasks-page.h"
#include "tasks-task.h"
#include "tasks-worker-page.h"

G_BEGIN_DECLS

#define TASKS_TYPE_WINDOW (tasks_window_get_type ())
G_DECLARE_FINAL_TYPE (TasksWindow, tasks_window, TASKS, WINDOW, AdwApplicationWindow)

TasksWindow     *tasks_window_new             (GtkApplication *application);

/* A new task, which is shown. */
TasksTask       *tasks_window_run             (TasksWindow    *self,
                                               const char     *line);
guint            tasks_window_count_running   (TasksWindow    *self);

GListModel      *tasks_window_get_tasks       (TasksWindow    *self);
TasksPage       *tasks_window_get_page        (TasksWindow    *self);
TasksWorkerPage *tasks_window_get_worker_page (TasksWindow    *self);
void             tasks_window_show_page       (TasksWindow    *self,
                                               const char     *name);
void             tasks_window_select          (TasksWindow    *self,
                                               guint           position);

G_END_DECLS
