/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"

/* What the source of a channel waits for, and the queue's way to the kernel. */

/* Brings what the source waits for up to date. */
void
cproc_channel_watch (CprocChannel *self)
{
  GIOCondition condition = G_IO_IN;

  if (self->source == NULL)
    return;

  if (self->blocked)
    condition |= G_IO_OUT;

  if (self->fd < 0)
    {
      if (self->poll.events != 0)
        g_source_remove_poll (self->source, &self->poll);
      self->poll.events = 0;
    }
  else if (self->poll.events == 0)
    {
      self->poll = (GPollFD) { .fd = self->fd, .events = condition };
      g_source_add_poll (self->source, &self->poll);
    }
  else
    {
      self->poll.events = condition;
    }

  if (self->retry)
    g_source_set_ready_time (self->source,
                             g_get_monotonic_time () + CPROC_SEND_RETRY_MSEC * 1000);
  else if (g_source_get_ready_time (self->source) >= 0)
    g_source_set_ready_time (self->source, -1);
}

void
cproc_channel_write_queue (CprocChannel *self)
{
  CprocSendResult result = cproc_send_queue_write (&self->send_queue, self->fd);

  self->last_write = g_get_monotonic_time ();
  self->corked = FALSE;
  self->blocked = result == CPROC_SEND_BLOCKED;
  self->retry = result == CPROC_SEND_RETRY;

  if (result == CPROC_SEND_CLOSED)
    cproc_channel_close_writing (self);
  else
    cproc_channel_watch (self);
}

/* The other side takes nothing any more. What it sent before is still to be read. */
void
cproc_channel_close_writing (CprocChannel *self)
{
  cproc_send_queue_fail (&self->send_queue);
  self->write_closed = TRUE;
  self->corked = FALSE;
  self->blocked = FALSE;
  self->retry = FALSE;
  cproc_channel_watch (self);
}
