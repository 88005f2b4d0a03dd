/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-busy-poll-private.h"

void
cproc_exchange_init (CprocExchange *self)
{
  *self = (CprocExchange) { .n_wanted = CPROC_EXCHANGE_MIN_WANTED };
}

gint64
cproc_exchange_ask (CprocExchange *self,
                    gint64         now)
{
  self->asked = now;

  return self->n_quick >= self->n_wanted ? now + CPROC_EXCHANGE_AWAKE : 0;
}

void
cproc_exchange_answer (CprocExchange *self,
                       gint64         now)
{
  if (now - self->asked >= CPROC_EXCHANGE_QUICK)
    self->n_quick = 0;
  else if (self->n_quick < CPROC_EXCHANGE_MAX_WANTED)
    self->n_quick++;

  self->asked = 0;
}

void
cproc_exchange_hit (CprocExchange *self)
{
  if (self->n_wanted > CPROC_EXCHANGE_MIN_WANTED)
    self->n_wanted--;

  self->asked = 0;
}

/* The question stays: its answer comes after a sleep. */
void
cproc_exchange_miss (CprocExchange *self)
{
  self->n_wanted = MIN (self->n_wanted * 2, CPROC_EXCHANGE_MAX_WANTED);
  self->n_quick = 0;
}
