/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The most descriptors that are read; for one more, the oldest is closed. */
#define CPROC_SINK_MAX 256

/* Reads a descriptor to its end in the library's thread, drops the data, and closes the descriptor.
 * So a program that was left in the background can go on writing. Takes ownership of the
 * descriptor, which must be non-blocking. Any thread may call this. */
void  cproc_sink_take      (int fd);

/* Returns the number of descriptors that are being read. */
guint cproc_sink_get_count (void);

G_END_DECLS
