/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <adwaita.h>

#include "tasks-task.h"

G_BEGIN_DECLS

/* A task in the list; all it shows is bound in its template. */

#define TASKS_TYPE_ROW (tasks_row_get_type ())
G_DECLARE_FINAL_TYPE (TasksRow, tasks_row, TASKS, ROW, AdwBin)

G_END_DECLS
