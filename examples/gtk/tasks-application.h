/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <adwaita.h>

#include "tasks-window.h"

G_BEGIN_DECLS

#define TASKS_TYPE_APPLICATION (tasks_application_get_type ())
G_DECLARE_FINAL_TYPE (TasksApplication, tasks_application, TASKS, APPLICATION, AdwApplication)

TasksApplication *tasks_application_new        (GApplicationFlags  flags);

/* Made when there is none. */
TasksWindow      *tasks_application_get_window (TasksApplication  *self);

G_END_DECLS
