/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <adwaita.h>

#include "tasks-output-view.h"
#include "tasks-task.h"

G_BEGIN_DECLS

/* One task: what it uses, what it writes, and the buttons for it. */

#define TASKS_TYPE_PAGE (tasks_page_get_type ())
G_DECLARE_FINAL_TYPE (TasksPage, tasks_page, TASKS, PAGE, AdwBin)

TasksOutputView *tasks_page_get_output_view (TasksPage *self);

G_END_DECLS
