/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A line as a terminal would leave it, after a byte of the caller's: what a carriage return
 * overwrote and all escape sequences are gone. */
char *tasks_format_clean    (char        prefix,
                             const char *line);

/* 65 seconds are 1:05. */
char *tasks_format_duration (gint64      usec);

G_END_DECLS
