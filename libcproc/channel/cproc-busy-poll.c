/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-busy-poll-private.h"

void
cproc_busy_poll_init (CprocBusyPoll *self)
{
  *self = (CprocBusyPoll) { .n_wanted = CPROC_BUSY_POLL_MIN_WANTED };
}

gint64
cproc_busy_poll_ask (CprocBusyPoll *self,
                     gint64         now)
{
  self->asked = now;

  return self->n_quick >= self->n_wanted ? now + CPROC_BUSY_POLL_AWAKE : 0;
}

void
cproc_busy_poll_answer (CprocBusyPoll *self,
                        gint64         now)
{
  if (now - self->asked >= CPROC_BUSY_POLL_QUICK)
    self->n_quick = 0;
  else if (self->n_quick < CPROC_BUSY_POLL_MAX_WANTED)
    self->n_quick++;

  self->asked = 0;
}

void
cproc_busy_poll_hit (CprocBusyPoll *self)
{
  if (self->n_wanted > CPROC_BUSY_POLL_MIN_WANTED)
    self->n_wanted--;

  self->asked = 0;
}

/* Keep the question: its answer comes after a sleep. */
void
cproc_busy_poll_miss (CprocBusyPoll *self)
{
  self->n_wanted = MIN (self->n_wanted * 2, CPROC_BUSY_POLL_MAX_WANTED);
  self->n_quick = 0;
}
