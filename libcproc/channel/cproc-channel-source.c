/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cproc-channel-internal-private.h"
#include "cproc-fd-closer-private.h"
#include "cproc-turn-private.h"

#define MAX_DISCARDS_PER_DISPATCH 16

/* A handler may run a nested main loop, in which further messages come, in order. A peer must not
 * be able to make that as deep as it likes. */
#define MAX_DEPTH 16

/* One source for everything, so that the end of a turn of the main loop is seen in its prepare():
 * what a burst of messages has left there goes out in one call, without a wake-up. */
typedef struct
{
  GSource source;
  CprocChannel *channel;
  CprocTurn *turn;
} CprocChannelSource;

static gboolean
channel_has_work (CprocChannel *self)
{
  return cproc_receive_queue_has_data (&self->receive_queue) || self->write_closed ||
         !g_queue_is_empty (&self->send_queue.done) ||
         !g_queue_is_empty (&self->send_queue.failed) ||
         self->state == CPROC_CHANNEL_ENDED ||
         (self->state == CPROC_CHANNEL_CLOSING && self->send_queue.head == NULL) ||
         (self->at_end && self->state == CPROC_CHANNEL_OPEN) ||
         cproc_channel_properties_changed (self);
}

static gboolean
channel_source_prepare (GSource *source,
                        int     *timeout)
{
  CprocChannel *self = ((CprocChannelSource *) source)->channel;

  self->turn_writes = 0;
  /* A fork has the queue too, and must not write it a second time. */
  if (self->corked && self->process == getpid ())
    cproc_channel_write_queue (self);

  *timeout = channel_has_work (self) ? 0 : -1;

  return *timeout == 0 && cproc_turn_is_open (((CprocChannelSource *) source)->turn, source);
}

static gboolean
channel_source_check (GSource *source)
{
  CprocTurn *turn = ((CprocChannelSource *) source)->turn;
  CprocChannel *self = ((CprocChannelSource *) source)->channel;
  gboolean is_readable = (self->poll.revents & ~G_IO_OUT) != 0;
  gboolean is_writable = (self->poll.revents & ~G_IO_IN) != 0;

  return cproc_turn_admit (turn, source, is_readable || channel_has_work (self)) ||
         (is_writable && self->blocked);
}

/* Descriptors in what nobody has read are closed with the socket. */
static void
channel_close_socket (int fd)
{
  int unread = 0;

  if (ioctl (fd, FIONREAD, &unread) == 0 && unread > 0)
    cproc_fd_closer_push (fd);
  else
    close (fd);
}

void
cproc_channel_end (CprocChannel *self)
{
  int fd = self->fd;

  self->state = CPROC_CHANNEL_ENDED;
  self->fd = -1;
  cproc_channel_close_writing (self);
  channel_close_socket (fd);

  self->write_closed = FALSE;
  self->at_end = FALSE;
  cproc_receive_queue_clear (&self->receive_queue);
  cproc_node_protocol_clear (&self->protocol);
}

static void
channel_take_frame (CprocChannel   *self,
                    CprocFrameKind  kind,
                    const char     *text,
                    gsize           length)
{
  g_autoptr(CprocMessage) message = NULL;
  g_autoptr(GError) error = NULL;

  if (kind == CPROC_FRAME_TOO_LARGE)
    {
      error = cproc_node_protocol_too_large (self->max_message_size);
    }
  else
    {
      message = cproc_node_protocol_take_frame (&self->protocol, &self->receive_queue,
                                               &self->send_queue, text,
                                               length, &error);
      /* At once: a handler may take its time, and Node sends nothing more until it has the
       * acknowledgement. */
      if (self->write_closed)
        cproc_send_queue_fail (&self->send_queue);
      else if (self->send_queue.head != NULL && !self->blocked && !self->retry)
        cproc_channel_write_queue (self);
    }

  cproc_receive_queue_expire_fd (&self->receive_queue);
  if (message != NULL)
    cproc_channel_emit_message (self, message);
  else if (error != NULL)
    cproc_channel_emit_invalid (self, error);
}

static CprocReceiveResult
channel_receive (CprocChannel *self,
                 gsize        *length)
{
  CprocReceiveResult result = cproc_receive_queue_receive (&self->receive_queue, self->fd, length);

  /* Who takes nothing and has sent nothing more has ended for us. */
  if (result == CPROC_RECEIVE_END || (result == CPROC_RECEIVE_AGAIN && self->write_closed))
    self->at_end = TRUE;

  return result;
}

/* Everything that was read has been emitted, and no more will come. */
static void
channel_finish_input (CprocChannel *self)
{
  while (self->state == CPROC_CHANNEL_OPEN)
    {
      g_autoptr(GError) error = NULL;

      if (cproc_node_protocol_finish (&self->protocol, &self->receive_queue, &error))
        cproc_channel_end (self);
      else
        cproc_channel_emit_invalid (self, error);
    }
}

/* The handlers may have closed the channel, moved it to another context or run this again: every
 * frame is taken out before it is emitted, and everything is looked at anew after that. */
static void
channel_read (CprocChannel *self,
              GSource      *source,
              gboolean      may_receive)
{
  CprocTurn *turn = ((CprocChannelSource *) source)->turn;

  while (self->source == source && self->state == CPROC_CHANNEL_OPEN)
    {
      const char *text;
      gsize length;
      CprocFrameKind kind;

      kind = cproc_receive_queue_next (&self->receive_queue, &text, &length);
      if (kind != CPROC_FRAME_NONE)
        {
          channel_take_frame (self, kind, text, length);
          if (cproc_turn_is_over (turn))
            return;
          continue;
        }

      if (self->at_end)
        {
          channel_finish_input (self);
          return;
        }

      if (!may_receive || cproc_turn_is_over (turn))
        return;

      channel_receive (self, &length);
      may_receive = length == CPROC_RECEIVE_CHUNK;
    }
}

/* A handler has answered the one message that had come. */
static gboolean
channel_is_exchange (CprocChannel *self,
                     GSource      *source)
{
  return self->source == source && self->state == CPROC_CHANNEL_OPEN && self->turn_writes == 1 &&
         self->send_queue.head == NULL && !self->at_end && !self->write_closed &&
         !channel_has_work (self);
}

/* What comes is dispatched in the next turn of the main loop, as it is after a sleep. */
static void
channel_await_answer (CprocChannel *self)
{
  gint64 deadline = cproc_busy_poll_ask (&self->busy_poll, self->last_write);
  gsize length;

  if (deadline == 0)
    return;

  do
    {
      if (channel_receive (self, &length) != CPROC_RECEIVE_AGAIN)
        {
          cproc_busy_poll_hit (&self->busy_poll);
          return;
        }
    }
  while (g_get_monotonic_time () < deadline);

  cproc_busy_poll_miss (&self->busy_poll);
}

static void
channel_discard (CprocChannel *self)
{
  for (guint i = 0; i < MAX_DISCARDS_PER_DISPATCH; i++)
    {
      CprocReceiveResult result = cproc_receive_queue_discard (self->fd);

      if (result == CPROC_RECEIVE_END)
        cproc_channel_end (self);
      if (result != CPROC_RECEIVE_DATA)
        return;
    }
}

/* What one change of state may have left: calls user code. */
void
cproc_channel_process_pending (CprocChannel *self)
{
  if (self->state == CPROC_CHANNEL_CLOSING && self->send_queue.head == NULL)
    cproc_channel_end (self);

  cproc_channel_return_tasks (self);
  cproc_channel_notify (self);

  if (self->state != CPROC_CHANNEL_ENDED)
    return;

  self->state = CPROC_CHANNEL_DONE;
  cproc_channel_detach (self);
  cproc_channel_emit_disconnected (self);
}

static gboolean
channel_may_write (CprocChannel *self,
                   GSource      *source,
                   GIOCondition  ready)
{
  if (self->retry)
    return g_source_get_ready_time (source) <= g_source_get_time (source);

  return self->blocked && (ready & ~G_IO_IN) != 0;
}

/* Calls user code, which the turn bounds. */
static void
channel_run_turn (CprocChannel *self,
                  GSource      *source,
                  GIOCondition  ready)
{
  if (self->busy_poll.asked != 0 && (ready & G_IO_IN) != 0)
    cproc_busy_poll_answer (&self->busy_poll, g_get_monotonic_time ());

  if (self->state == CPROC_CHANNEL_OPEN)
    channel_read (self, source, (ready & ~G_IO_OUT) != 0 || self->write_closed);
  else if (self->state == CPROC_CHANNEL_CLOSING && (ready & ~G_IO_OUT) != 0)
    channel_discard (self);

  if (self->source == source)
    cproc_channel_process_pending (self);
}

static gboolean
channel_source_dispatch (GSource     *source,
                         GSourceFunc  callback,
                         gpointer     user_data)
{
  CprocChannelSource *channel_source = (CprocChannelSource *) source;
  CprocChannel *self = channel_source->channel;
  GIOCondition ready = self->poll.revents;
  CprocTurnDispatch dispatch;

  if (self->depth >= MAX_DEPTH)
    return G_SOURCE_CONTINUE;
  /* A fork must not take what comes. */
  if (self->process != getpid ())
    return G_SOURCE_REMOVE;

  g_object_ref (self);

  /* GLib looks at it before a dispatch, so the next one within this one is the last. */
  if (++self->depth == MAX_DEPTH - 1)
    g_source_set_can_recurse (source, FALSE);

  if (channel_may_write (self, source, ready))
    cproc_channel_write_queue (self);
  if (cproc_turn_enter (channel_source->turn, source, &dispatch))
    {
      channel_run_turn (self, source, ready);
      cproc_turn_leave (&dispatch);
      if (channel_is_exchange (self, source))
        channel_await_answer (self);
    }

  if (self->depth-- == MAX_DEPTH - 1)
    g_source_set_can_recurse (source, TRUE);
  g_object_unref (self);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs channel_source_funcs = {
  .prepare = channel_source_prepare,
  .check = channel_source_check,
  .dispatch = channel_source_dispatch,
};

void
cproc_channel_attach (CprocChannel *self)
{
  g_assert (self->source == NULL);

  self->source = g_source_new (&channel_source_funcs, sizeof (CprocChannelSource));
  ((CprocChannelSource *) self->source)->channel = self;
  ((CprocChannelSource *) self->source)->turn = cproc_turn_acquire (self->context);
  g_source_set_static_name (self->source, "[libcproc] channel");
  g_source_set_can_recurse (self->source, TRUE);
  cproc_channel_watch (self);
  g_source_attach (self->source, self->context);
}

void
cproc_channel_detach (CprocChannel *self)
{
  if (self->source == NULL)
    return;

  cproc_turn_release (((CprocChannelSource *) self->source)->turn, self->source);
  self->poll.events = 0;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

/* All that the other side wrote before it ended. Others may still hold its end open and write to
 * it: what is there now is all that can have been meant. */
void
cproc_channel_read_rest (CprocChannel *self)
{
  int rest = 0;

  if (ioctl (self->fd, FIONREAD, &rest) < 0)
    rest = 0;

  while (self->state == CPROC_CHANNEL_OPEN)
    {
      const char *text;
      gsize length;
      CprocFrameKind kind = cproc_receive_queue_next (&self->receive_queue, &text, &length);

      if (kind != CPROC_FRAME_NONE)
        channel_take_frame (self, kind, text, length);
      else if (rest > 0 && channel_receive (self, &length) == CPROC_RECEIVE_DATA)
        rest -= (int) length;
      else
        channel_finish_input (self);
    }
}
