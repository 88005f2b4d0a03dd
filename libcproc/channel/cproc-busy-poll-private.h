/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Decides whether to poll for the next answer instead of sleeping, for exchanges of one message
 * there and one back.
 *
 * To sleep and be woken takes longer than the answer of a worker that does little, and costs about
 * as much CPU time as polling. So after several quick answers the channel polls for the next one
 * for a moment. If that answer does not come in time (the other side needs this processor, or has
 * more to do), more quick answers are needed before the next try: this keeps the cost low when both
 * sides share one processor. Times are of g_get_monotonic_time(). */

#define CPROC_BUSY_POLL_QUICK 100 /* microseconds, including the wake-up */
#define CPROC_BUSY_POLL_AWAKE 50  /* polls no longer than this */
#define CPROC_BUSY_POLL_MIN_WANTED 8
#define CPROC_BUSY_POLL_MAX_WANTED 256

typedef struct
{
  gint64 asked;     /* time at which the unanswered question was sent, or 0 */
  guint16 n_quick;  /* answers that came quickly, in a row */
  guint16 n_wanted; /* number of quick answers needed before polling */
} CprocBusyPoll;

void cproc_busy_poll_init (CprocBusyPoll *self);
/* Records a question sent at that time. Returns until when to poll for its answer; 0 if not at
 * all. */
gint64 cproc_busy_poll_ask (CprocBusyPoll *self,
                            gint64         now);
/* Records an answer that came after a sleep. */
void cproc_busy_poll_answer (CprocBusyPoll *self,
                             gint64         now);
/* Records that the answer came, or did not come, while polling. */
void cproc_busy_poll_hit (CprocBusyPoll *self);
void cproc_busy_poll_miss (CprocBusyPoll *self);

G_END_DECLS
