/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  TASKS_LINE_STDOUT,
  TASKS_LINE_STDERR,
  TASKS_LINE_SENT,
  TASKS_LINE_RECEIVED,
  TASKS_LINE_NOTE,
} TasksLineKind;

#define TASKS_TYPE_LINE (tasks_line_get_type ())
G_DECLARE_FINAL_TYPE (TasksLine, tasks_line, TASKS, LINE, GObject)

const char    *tasks_line_get_text (TasksLine *self);
TasksLineKind  tasks_line_get_kind (TasksLine *self);

/* The last lines of something that may write for ever: a list model of TasksLine, bounded in lines
 * and in bytes. What is appended shows at the next flush, in one change. */

#define TASKS_OUTPUT_MAX_LINES 5000
#define TASKS_OUTPUT_MAX_BYTES (1024 * 1024)

#define TASKS_TYPE_OUTPUT (tasks_output_get_type ())
G_DECLARE_FINAL_TYPE (TasksOutput, tasks_output, TASKS, OUTPUT, GObject)

TasksOutput *tasks_output_new          (void);

void         tasks_output_append       (TasksOutput        *self,
                                        TasksLineKind       kind,
                                        const char         *text);
void         tasks_output_append_lines (TasksOutput        *self,
                                        TasksLineKind       kind,
                                        const char * const *lines);
void         tasks_output_flush        (TasksOutput        *self);
void         tasks_output_clear        (TasksOutput        *self);

/* How many are not kept any more. */
guint64      tasks_output_get_dropped  (TasksOutput        *self);

G_END_DECLS
