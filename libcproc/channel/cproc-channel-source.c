/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cproc-channel-internal-private.h"

/* The source of a channel. At the beginning of each turn of the main loop it checks whether there
 * are handlers, because no event announces that one is connected. */

#define MAX_DISCARDS_PER_DISPATCH 16

/* A handler may run a nested main loop, in which further messages come, in order. This bounds the
 * depth, which the peer could otherwise make as large as it likes. */
#define MAX_DEPTH 64

/* Called when the other side has ended, so there is nothing more to wait for. */
static gboolean
channel_is_ending (CprocChannel *self)
{
  return self->hung_up || self->at_end || self->write_closed || self->drains;
}

static gboolean
channel_may_read (CprocChannel *self)
{
  return self->state == CPROC_CHANNEL_OPEN && !self->paused &&
         (channel_is_ending (self) || cproc_channel_listens (self));
}

static gboolean
channel_has_input (CprocChannel *self)
{
  if (self->state != CPROC_CHANNEL_OPEN || self->paused)
    return FALSE;

  if (channel_is_ending (self))
    return TRUE;

  return self->reading &&
         (cproc_receive_queue_has_data (&self->receive_queue) ||
          (self->sync_depth == 0 && !g_queue_is_empty (&self->deferred)) ||
          (!g_queue_is_empty (&self->kept) && cproc_channel_wants_message (self)));
}

static gboolean
channel_has_work (CprocChannel *self)
{
  return channel_has_input (self) || self->corked ||
         !g_queue_is_empty (&self->send_queue.done) ||
         !g_queue_is_empty (&self->send_queue.failed) ||
         !g_queue_is_empty (&self->send_queue.handles.failed) ||
         (self->state == CPROC_CHANNEL_ENDED && self->sync_depth == 0) ||
         (self->state == CPROC_CHANNEL_CLOSING && self->send_queue.head == NULL) ||
         cproc_channel_properties_changed (self);
}

static void
channel_update_reading (CprocChannel *self)
{
  gboolean reading = channel_may_read (self);

  if (self->reading == reading)
    return;

  self->reading = reading;
  cproc_channel_watch (self);
}

/* The channel and its delegate, which no thread disposes of while a function of the source runs. */
typedef struct
{
  CprocChannel *channel;
  gpointer delegate;
} CprocChannelHold;

/* FALSE: the channel is being disposed of, or has another source. */
static gboolean
channel_source_hold (CprocChannelSource *self,
                     CprocChannelHold   *hold)
{
  hold->delegate = self->delegate_owner != NULL ? cproc_owner_hold (self->delegate_owner) : NULL;
  hold->channel = cproc_owner_hold (self->owner);

  if (hold->channel != NULL && hold->delegate == NULL)
    hold->channel->delegate = NULL;

  return hold->channel != NULL && hold->channel->source == (GSource *) self;
}

/* The delegate's disposal uses the channel. */
static void
channel_source_drop (CprocChannelSource *self,
                     CprocChannelHold   *hold)
{
  if (hold->delegate != NULL)
    cproc_owner_drop (self->delegate_owner, hold->delegate);
  if (hold->channel != NULL)
    cproc_owner_drop (self->owner, hold->channel);
}

static gboolean
channel_source_prepare (GSource *source,
                        int     *timeout)
{
  CprocChannelSource *self = (CprocChannelSource *) source;
  CprocChannelHold hold;

  *timeout = -1;
  if (channel_source_hold (self, &hold))
    {
      hold.channel->turn_writes = 0;
      channel_update_reading (hold.channel);
      if (channel_has_work (hold.channel))
        *timeout = 0;
    }
  channel_source_drop (self, &hold);

  return *timeout == 0 && cproc_turn_is_open (self->turn, source);
}

static gboolean
channel_is_writable (CprocChannel *self)
{
  GIOCondition events = self->write_fd != self->fd ? self->write_poll.revents
                                                   : self->poll.revents & ~G_IO_IN;

  return events != 0;
}

static gboolean
channel_check (CprocChannel *self,
               GSource      *source)
{
  gboolean is_readable = (self->poll.revents & ~G_IO_OUT) != 0;
  gboolean is_writable = channel_is_writable (self);

  return cproc_turn_admit (((CprocChannelSource *) source)->turn, source,
                           is_readable || channel_has_work (self)) ||
         (is_writable && self->blocked) || self->corked;
}

static gboolean
channel_source_check (GSource *source)
{
  CprocChannelSource *self = (CprocChannelSource *) source;
  CprocChannelHold hold;
  gboolean is_ready = channel_source_hold (self, &hold) && channel_check (hold.channel, source);

  channel_source_drop (self, &hold);

  return is_ready;
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
      guint n_refused = self->send_queue.handles.refused.length;

      message = cproc_node_protocol_take_frame (&self->protocol, &self->receive_queue,
                                               &self->send_queue, text,
                                               length, &error);
      if (self->send_queue.handles.refused.length > n_refused)
        cproc_channel_watch (self);
      /* Write now: a handler may take its time, and Node sends nothing more until it has the
       * acknowledgement. */
      if (self->write_closed)
        cproc_send_queue_fail (&self->send_queue);
      else if (self->send_queue.head != NULL && !self->blocked && !self->retry)
        cproc_channel_write_queue (self);
    }

  cproc_receive_queue_expire_fd (&self->receive_queue);
  if (message != NULL)
    cproc_channel_deliver (self, message);
  else if (error != NULL)
    cproc_channel_emit_invalid (self, error);
}

static CprocReceiveResult
channel_receive (CprocChannel *self,
                 gsize        *length)
{
  CprocReceiveResult result = cproc_receive_queue_receive (&self->receive_queue, self->fd, length);

  /* Not writable and nothing to read: treat the peer as gone. */
  if (result == CPROC_RECEIVE_END || (result == CPROC_RECEIVE_AGAIN && self->write_closed))
    self->at_end = TRUE;

  return result;
}

static void
channel_tell_dropped (CprocChannel *self)
{
  if (!self->pulled)
    {
      self->n_dropped += g_queue_get_length (&self->kept);
      g_queue_clear_full (&self->kept, (GDestroyNotify) cproc_message_unref);
    }
  if (self->n_dropped > 0)
    g_warning ("The other side of a message channel has ended, and %u of its messages were "
               "dropped: nothing was connected to “message”", self->n_dropped);
  self->n_dropped = 0;
}

/* Two streams end one after the other: the reader of the output may still be there. */
static void
channel_end_input (CprocChannel *self)
{
  if (self->input == NULL || self->write_closed || self->send_queue.head == NULL)
    {
      cproc_channel_end (self);
      return;
    }

  self->state = CPROC_CHANNEL_CLOSING;
  self->at_end = TRUE;
  cproc_channel_watch (self);
}

/* Called when all that was read has been emitted and no more will come. */
static void
channel_finish_input (CprocChannel *self)
{
  channel_tell_dropped (self);
  while (self->state == CPROC_CHANNEL_OPEN && !self->paused)
    {
      g_autoptr(GError) error = NULL;

      if (!cproc_node_protocol_finish (&self->protocol, &self->receive_queue, &error))
        cproc_channel_emit_invalid (self, error);
      else
        channel_end_input (self);
    }
}

/* Emits the frames. The handlers may close the channel, move it to another context or call
 * this again. So every frame is taken out before it is emitted, and all state is read anew
 * after that. */
static void
channel_read (CprocChannel *self,
              GSource      *source,
              gboolean      may_receive)
{
  CprocTurn *turn = ((CprocChannelSource *) source)->turn;

  while (self->source == source && channel_may_read (self))
    {
      const char *text;
      gsize length;
      CprocFrameKind kind = CPROC_FRAME_NONE;
      gboolean delivered = cproc_channel_deliver_kept (self);

      if (!delivered)
        kind = cproc_receive_queue_next (&self->receive_queue, &text, &length);
      if (kind != CPROC_FRAME_NONE)
        channel_take_frame (self, kind, text, length);
      if (delivered || kind != CPROC_FRAME_NONE)
        {
          if (self->source != source || cproc_turn_is_over (turn))
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

/* Returns whether a handler has answered the only message that came. */
static gboolean
channel_is_exchange (CprocChannel *self,
                     GSource      *source)
{
  return self->busy_polling && self->reading && self->source == source &&
         self->state == CPROC_CHANNEL_OPEN && self->turn_writes == 1 &&
         self->send_queue.head == NULL && !self->at_end && !self->write_closed &&
         !channel_has_work (self);
}

/* Polls for an answer. The message is dispatched in the next turn of the main loop, as after a
 * sleep. */
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
        channel_end_input (self);
      if (result != CPROC_RECEIVE_DATA)
        return;
    }
}

/* Finishes a change of state: calls user code. */
void
cproc_channel_process_pending (CprocChannel *self)
{
  if (self->state == CPROC_CHANNEL_CLOSING && self->send_queue.head == NULL)
    cproc_channel_end (self);

  cproc_channel_return_tasks (self);
  cproc_channel_emit_failed (self);
  cproc_channel_notify (self);

  if (self->state != CPROC_CHANNEL_ENDED)
    return;

  cproc_channel_end_requests (self);
  /* Messages that came during a synchronous request are emitted after it. */
  if (self->sync_depth > 0)
    return;
  while (!g_queue_is_empty (&self->deferred) && cproc_channel_deliver_kept (self))
    ;
  if (self->state != CPROC_CHANNEL_ENDED)
    return;

  self->state = CPROC_CHANNEL_DONE;
  cproc_channel_detach (self);
  /* Flushes that the user code above has asked for. */
  cproc_channel_return_tasks (self);
  cproc_channel_end_receive (self);
  cproc_channel_emit_disconnected (self);
}

static gboolean
channel_may_write (CprocChannel *self,
                   GSource      *source)
{
  if (self->retry)
    return g_source_get_ready_time (source) <= g_source_get_time (source);

  return self->blocked && channel_is_writable (self);
}

/* Calls user code, limited by the turn. */
static void
channel_run_turn (CprocChannel *self,
                  GSource      *source,
                  GIOCondition  ready)
{
  if ((ready & (G_IO_HUP | G_IO_ERR | POLLRDHUP)) != 0 && !self->hung_up)
    {
      self->hung_up = TRUE;
      cproc_channel_watch (self);
    }

  if (self->busy_poll.asked != 0 && (ready & G_IO_IN) != 0)
    cproc_busy_poll_answer (&self->busy_poll, g_get_monotonic_time ());

  if (self->drains && !self->paused)
    cproc_channel_read_rest (self);
  else if (self->state == CPROC_CHANNEL_OPEN)
    channel_read (self, source, (ready & ~G_IO_OUT) != 0 || channel_is_ending (self));
  else if (self->state == CPROC_CHANNEL_CLOSING && (ready & ~G_IO_OUT) != 0)
    channel_discard (self);

  if (self->source == source)
    cproc_channel_process_pending (self);
}

static void
channel_dispatch (CprocChannel *self,
                  GSource      *source,
                  GIOCondition  ready)
{
  CprocTurnDispatch dispatch;

  cproc_channel_resend (self);
  if (self->corked || channel_may_write (self, source))
    cproc_channel_write_queue (self);
  if (!cproc_turn_enter (((CprocChannelSource *) source)->turn, source, &dispatch))
    return;

  channel_run_turn (self, source, ready);
  cproc_turn_leave (&dispatch);
  if (channel_is_exchange (self, source))
    channel_await_answer (self);
}

/* GLib checks whether a source can recurse before it dispatches it. So at one below the bound the
 * next nested dispatch is the last. */
static void
channel_enter_depth (CprocChannel *self,
                     GSource      *source)
{
  if (++self->depth < MAX_DEPTH - 1)
    return;

  g_source_set_can_recurse (source, FALSE);
  if (!self->warned)
    g_warning ("A message channel is used in %d main loops inside of each other; in the next one "
               "no message comes", MAX_DEPTH);
  self->warned = TRUE;
}

static gboolean
channel_source_dispatch (GSource     *source,
                         GSourceFunc  callback,
                         gpointer     user_data)
{
  CprocChannelSource *self = (CprocChannelSource *) source;
  CprocChannelHold hold;
  gboolean is_held = channel_source_hold (self, &hold);
  /* A fork must leave the messages to its parent. */
  gboolean is_foreign = is_held && hold.channel->process != getpid ();

  if (is_held && !is_foreign && hold.channel->depth < MAX_DEPTH)
    {
      channel_enter_depth (hold.channel, source);
      channel_dispatch (hold.channel, source, hold.channel->poll.revents);
      if (hold.channel->depth-- == MAX_DEPTH - 1)
        g_source_set_can_recurse (source, TRUE);
    }
  channel_source_drop (self, &hold);

  /* Another thread that disposes of the channel still uses the source, and destroys it. */
  return is_foreign ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
channel_source_finalize (GSource *source)
{
  CprocChannelSource *self = (CprocChannelSource *) source;

  cproc_turn_unref (self->turn);
  cproc_owner_unref (self->owner);
  g_clear_pointer (&self->delegate_owner, cproc_owner_unref);
}

static GSourceFuncs channel_source_funcs = {
  .prepare = channel_source_prepare,
  .check = channel_source_check,
  .dispatch = channel_source_dispatch,
  .finalize = channel_source_finalize,
};

void
cproc_channel_attach (CprocChannel *self)
{
  CprocChannelSource *source;

  g_assert (self->source == NULL);

  self->source = g_source_new (&channel_source_funcs, sizeof (CprocChannelSource));
  source = (CprocChannelSource *) self->source;
  source->owner = cproc_owner_ref (self->owner);
  if (self->delegate_owner != NULL)
    source->delegate_owner = cproc_owner_ref (self->delegate_owner);
  source->turn = cproc_turn_acquire (self->context);
  g_source_set_static_name (self->source, "[libcproc] channel");
  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_priority (self->source, self->io_priority);
  cproc_channel_watch (self);
  g_source_attach (self->source, self->context);
}

void
cproc_channel_detach (CprocChannel *self)
{
  if (self->source == NULL)
    return;

  self->poll.events = 0;
  self->write_poll.events = self->write_poll.revents = 0;
  g_source_destroy (self->source);
  cproc_turn_release (((CprocChannelSource *) self->source)->turn, self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

/* Reads all that the other side wrote before it ended. Other processes may still hold its end open
 * and write to it: only the data that is there now counts. */
void
cproc_channel_read_rest (CprocChannel *self)
{
  int rest = 0;

  self->drains = TRUE;
  if (ioctl (self->fd, FIONREAD, &rest) < 0)
    rest = 0;

  while (self->state == CPROC_CHANNEL_OPEN && !self->paused)
    {
      const char *text;
      gsize length;
      CprocFrameKind kind;

      if (cproc_channel_deliver_kept (self))
        continue;

      kind = cproc_receive_queue_next (&self->receive_queue, &text, &length);
      if (kind != CPROC_FRAME_NONE)
        channel_take_frame (self, kind, text, length);
      else if (rest > 0 && channel_receive (self, &length) == CPROC_RECEIVE_DATA)
        rest -= (int) length;
      else
        channel_finish_input (self);
    }
}
