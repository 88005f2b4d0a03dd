/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <adwaita.h>

#include "tasks-output.h"

G_BEGIN_DECLS

/* A worker to talk to: what is typed is sent, what it answers is shown. */

#define TASKS_TYPE_WORKER_PAGE (tasks_worker_page_get_type ())
G_DECLARE_FINAL_TYPE (TasksWorkerPage, tasks_worker_page, TASKS, WORKER_PAGE, AdwBin)

TasksOutput *tasks_worker_page_get_log     (TasksWorkerPage *self);
gboolean     tasks_worker_page_get_running (TasksWorkerPage *self);

/* NULL: the one of the application. */
void         tasks_worker_page_set_module  (TasksWorkerPage *self,
                                            const char      *path);
void         tasks_worker_page_start       (TasksWorkerPage *self);
void         tasks_worker_page_stop        (TasksWorkerPage *self);
void         tasks_worker_page_send        (TasksWorkerPage *self,
                                            const char      *text);

G_END_DECLS
