/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What running processes use, from /proc. */

typedef struct
{
  int pid;
  int parent;
  guint64 ticks; /* of processor time, with that of ended children */
  guint64 pages;
} TasksProcess;

/* One line of /proc/PID/stat. */
gboolean tasks_usage_parse (const char   *stat,
                            TasksProcess *process);

/* What each of the processes uses together with all that descend from it: a TasksProcess for each
 * that there is, by its number. */
GHashTable *tasks_usage_sum (GArray *processes,
                             GArray *pids);

/* The same with the processes that there are; in a thread. */
void        tasks_usage_sample_async  (GArray              *pids,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
GHashTable *tasks_usage_sample_finish (GAsyncResult        *result);

G_END_DECLS
