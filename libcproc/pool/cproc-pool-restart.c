/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-restart-private.h"

#define MAX_DELAY (10 * G_TIME_SPAN_SECOND)

void
cproc_pool_restart_init (CprocPoolRestart *self)
{
  self->intensity = 5;
  self->period = 10 * G_TIME_SPAN_SECOND;
  self->delay = 100 * G_TIME_SPAN_MILLISECOND;
  self->next_delay = -1;
  self->not_before = 0;
  g_queue_init (&self->ends);
}

void
cproc_pool_restart_clear (CprocPoolRestart *self)
{
  g_queue_clear_full (&self->ends, g_free);
}

void
cproc_pool_restart_reset (CprocPoolRestart *self)
{
  cproc_pool_restart_clear (self);
  self->next_delay = -1;
  self->not_before = 0;
}

void
cproc_pool_restart_works (CprocPoolRestart *self)
{
  self->next_delay = -1;
}

gboolean
cproc_pool_restart_crashed (CprocPoolRestart *self,
                            gint64            now)
{
  gint64 *end = g_new (gint64, 1);
  gint64 delay = self->next_delay >= 0 ? self->next_delay : self->delay;

  *end = now;
  g_queue_push_tail (&self->ends, end);
  while (self->ends.length > 0 && *(gint64 *) g_queue_peek_head (&self->ends) <= now - self->period)
    g_free (g_queue_pop_head (&self->ends));

  self->not_before = now + delay;
  self->next_delay = MIN (MAX (delay, 1) * 2, MAX_DELAY);

  return self->ends.length > self->intensity;
}
