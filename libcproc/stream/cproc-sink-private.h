/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many descriptors are read at most; for one more, the oldest is closed. */
#define CPROC_SINK_MAX 256

/* Reads a descriptor to its end on the library's thread and drops what comes, then closes it. A
 * program that was left in the background can so go on writing. The descriptor is given away; it
 * must be non-blocking. Any thread may call this. */
void  cproc_sink_take      (int fd);

/* How many descriptors are being read. */
guint cproc_sink_get_count (void);

G_END_DECLS
