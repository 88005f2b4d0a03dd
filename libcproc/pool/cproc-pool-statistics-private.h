/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CPROC_POOL_N_BUCKETS 20

/* Times in µs. Bucket n counts those below 2 to the power of n + 1 that are in no bucket before;
 * the last one has the rest. */
typedef struct
{
  guint64 count;
  guint64 sum;
  guint64 max;
  guint64 buckets[CPROC_POOL_N_BUCKETS];
} CprocPoolTimes;

/* submitted = completed + failed + timed_out + cancelled + those that wait or run. */
typedef struct
{
  guint64 submitted;
  guint64 completed;
  guint64 failed;
  guint64 timed_out;
  guint64 cancelled;
  guint64 retried;
  guint64 started; /* workers */
  guint64 ended;
  CprocPoolTimes wait_time;
  CprocPoolTimes run_time;
} CprocPoolStatistics;

void cproc_pool_times_add (CprocPoolTimes       *self,
                           gint64                time);

/* Adds NAME-count, NAME-sum and NAME-max, and the buckets as NAME, to an a{sv}. */
void cproc_pool_times_dup (const CprocPoolTimes *self,
                           GVariantBuilder      *builder,
                           const char           *name);

G_END_DECLS
