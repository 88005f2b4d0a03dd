/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <adwaita.h>

#include "tasks-output.h"

G_BEGIN_DECLS

/* The lines of an output. It follows the last one until somebody scrolls up, and copies those
 * that are selected, or all. */

#define TASKS_TYPE_OUTPUT_VIEW (tasks_output_view_get_type ())
G_DECLARE_FINAL_TYPE (TasksOutputView, tasks_output_view, TASKS, OUTPUT_VIEW, AdwBin)

void     tasks_output_view_set_output    (TasksOutputView *self,
                                          TasksOutput     *output);
gboolean tasks_output_view_get_following (TasksOutputView *self);
char    *tasks_output_view_dup_text      (TasksOutputView *self);

G_END_DECLS
