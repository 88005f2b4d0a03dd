/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

#include "tasks-output.h"

G_BEGIN_DECLS

/* Shows the lines that children write at a pace that a window can follow. A stream that brings more
 * is paused until its turn comes again: its pipe fills, and the child waits. */

/* Before the child is started. */
void tasks_feed_connect    (CprocChild    *child,
                            TasksOutput   *output);

/* For as long as a person wants to read in peace. */
void tasks_feed_set_paused (CprocChild    *child,
                            gboolean       paused);

/* The same for what comes otherwise: it shows with the next frames. */
void tasks_feed_append     (TasksOutput   *output,
                            TasksLineKind  kind,
                            const char    *text);

G_END_DECLS
