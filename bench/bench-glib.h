/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "bench-common.h"

/* What the two programs on GLib share. */

extern GMainLoop *bench_loop;

void     bench_check_error    (gboolean     good,
                               GError      *error);

/* A line of the child's mode `lines`; the bytes are checked in the end. */
void     bench_count_line     (const char  *line);
void     bench_count_lines    (gsize        n,
                               const char  *first);
void     bench_report_lines   (long         count);

/* The case `fairness`: a timer of 1 ms, and the messages of the mode `ticks`. */
void     bench_fairness_start (void);
void     bench_fairness_tick  (const char  *message);
void     bench_fairness_end   (long long    bytes);

/* A block to write, the same each time, without a copy. */
GBytes  *bench_block          (void);
