/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a child gets where there is no /dev/null. Each returns a descriptor, close-on-exec, or -1
 * and errno. */

/* Reading finds the end. */
int cproc_launch_null_open_empty (void);

/* What is written there is read in the library's thread and dropped, as long as this process
 * lives. */
int cproc_launch_null_open_sink  (void);

G_END_DECLS
