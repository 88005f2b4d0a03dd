/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Replacements for /dev/null on systems without it. Each function returns a close-on-exec
 * descriptor, or -1 and errno. */

/* Returns a descriptor whose read returns end of file. */
int cproc_launch_null_open_empty (void);

/* Returns a descriptor for output. The library's thread reads and drops the output, as long as this
 * process lives. */
int cproc_launch_null_open_sink  (void);

G_END_DECLS
