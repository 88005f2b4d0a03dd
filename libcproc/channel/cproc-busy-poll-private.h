/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One message there, one back, again and again: whether the next answer is worth staying awake for.
 *
 * To sleep and be woken takes longer than the answer of a worker that does little, and costs as
 * much of the processor as to look for it: `roundtrip` (bench) goes 1.9 times as fast, with
 * 1.0 to 1.05 of the CPU time. So after some answers that came quickly the next one is looked for,
 * for a moment. Where it does not come (the other side needs this processor, or has something to
 * do) more of them are wanted before the next try: with both on one processor it costs 1 to 2 %.
 * Times are of g_get_monotonic_time(). */

#define CPROC_BUSY_POLL_QUICK 100 /* microseconds, with a sleep */
#define CPROC_BUSY_POLL_AWAKE 50  /* it is looked for no longer than this */
#define CPROC_BUSY_POLL_MIN_WANTED 8
#define CPROC_BUSY_POLL_MAX_WANTED 256

typedef struct
{
  gint64 asked;     /* when the question was sent whose answer is still to come, or 0 */
  guint16 n_quick;  /* answers that came quickly, in a row */
  guint16 n_wanted; /* so many before one is awaited */
} CprocBusyPoll;

void cproc_busy_poll_init (CprocBusyPoll *self);
/* Until when to look for the answer to a question sent then; 0 if not at all. */
gint64 cproc_busy_poll_ask (CprocBusyPoll *self,
                            gint64         now);
/* It came after a sleep. */
void cproc_busy_poll_answer (CprocBusyPoll *self,
                             gint64         now);
/* It came, or did not come, while it was looked for. */
void cproc_busy_poll_hit (CprocBusyPoll *self);
void cproc_busy_poll_miss (CprocBusyPoll *self);

G_END_DECLS
