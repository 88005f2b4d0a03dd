/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <glib-unix.h>

#include "cproc-channel-internal-private.h"
#include "cproc-fd-closer-private.h"

/* A half-closed connection counts as ended. */
#define IO_HALF_CLOSED ((GIOCondition) POLLRDHUP)

/* Returns the events to wait for. Until something here wants messages they stay in the kernel, and
 * make the other side wait. The end of the other side is noticed in any case. */
static GIOCondition
channel_condition (CprocChannel *self)
{
  GIOCondition condition = IO_HALF_CLOSED;

  /* The system would report the end of the other side again and again. */
  if (self->fd < 0 ||
      (self->input != NULL && self->at_end && self->state == CPROC_CHANNEL_CLOSING))
    return 0;
  if (self->hung_up && self->paused && self->state == CPROC_CHANNEL_OPEN)
    return self->blocked && self->write_fd == self->fd ? G_IO_OUT : 0;

  if (self->state == CPROC_CHANNEL_CLOSING || self->reading)
    condition |= G_IO_IN;
  if (self->blocked && self->write_fd == self->fd)
    condition |= G_IO_OUT;

  return condition;
}

/* Sets the time of the next attempt to write, or to send a refused message again. */
static void
channel_set_ready_time (CprocChannel *self)
{
  gint64 due = cproc_handle_table_get_due (&self->send_queue.handles);

  if (self->retry)
    {
      gint64 next = g_get_monotonic_time () + CPROC_SEND_RETRY_MSEC * 1000;

      due = due < 0 ? next : MIN (due, next);
    }

  if (g_source_get_ready_time (self->source) != due)
    g_source_set_ready_time (self->source, due);
}

/* Two streams: the output is polled only while the queue waits for it. */
static void
channel_watch_output (CprocChannel *self)
{
  gboolean is_wanted = self->blocked && self->fd >= 0 && self->write_fd != self->fd;

  if (is_wanted == (self->write_poll.events != 0))
    return;

  if (is_wanted)
    {
      self->write_poll = (GPollFD) { .fd = self->write_fd, .events = G_IO_OUT };
      g_source_add_poll (self->source, &self->write_poll);
    }
  else
    {
      g_source_remove_poll (self->source, &self->write_poll);
      self->write_poll.events = self->write_poll.revents = 0;
    }
}

/* Updates the events that the source waits for. */
void
cproc_channel_watch (CprocChannel *self)
{
  GIOCondition condition = channel_condition (self);

  if (self->source == NULL)
    return;

  channel_watch_output (self);
  if (condition == 0)
    {
      if (self->poll.events != 0)
        g_source_remove_poll (self->source, &self->poll);
      self->poll.events = 0;
      self->poll.revents = 0;
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

  channel_set_ready_time (self);
}

void
cproc_channel_write_queue (CprocChannel *self)
{
  CprocSendResult result = cproc_send_queue_write (&self->send_queue, self->write_fd);

  self->last_write = g_get_monotonic_time ();
  self->corked = FALSE;
  self->blocked = result == CPROC_SEND_BLOCKED;
  self->retry = result == CPROC_SEND_RETRY;

  if (result == CPROC_SEND_CLOSED)
    cproc_channel_close_writing (self);
  else
    cproc_channel_watch (self);
}

/* Called when the other side reads no more. The messages that it sent before are still read. */
void
cproc_channel_close_writing (CprocChannel *self)
{
  cproc_send_queue_fail (&self->send_queue);
  cproc_handle_table_close_writing (&self->send_queue.handles);
  self->write_closed = TRUE;
  self->corked = FALSE;
  self->blocked = FALSE;
  self->retry = FALSE;
  cproc_channel_watch (self);
}

static void
channel_close_streams (CprocChannel *self)
{
  g_autoptr(GInputStream) input = g_steal_pointer (&self->input);
  g_autoptr(GOutputStream) output = g_steal_pointer (&self->output);

  /* Other processes may share the pipe or the terminal, and expect it to block. */
  if (self->input_blocks)
    g_unix_set_fd_nonblocking (self->fd, FALSE, NULL);
  if (self->output_blocks)
    g_unix_set_fd_nonblocking (self->write_fd, FALSE, NULL);
  self->fd = self->write_fd = -1;

  g_output_stream_close (output, NULL, NULL);
  g_input_stream_close (input, NULL, NULL);
}

/* Closing the socket also closes descriptors in unread data, which may block. */
static void
channel_close_socket (CprocChannel *self)
{
  int fd = self->fd;
  int unread = 0;

  if (self->input != NULL)
    {
      channel_close_streams (self);
      return;
    }

  self->fd = self->write_fd = -1;
  if (ioctl (fd, FIONREAD, &unread) < 0)
    unread = 0;

  if (self->socket != NULL)
    {
      if (unread > 0)
        cproc_fd_closer_push (fcntl (fd, F_DUPFD_CLOEXEC, 3));
      g_socket_close (self->socket, NULL);
      g_clear_object (&self->socket);
    }
  else if (unread > 0)
    {
      cproc_fd_closer_push (fd);
    }
  else
    {
      close (fd);
    }
}

void
cproc_channel_end (CprocChannel *self)
{
  self->state = CPROC_CHANNEL_ENDED;
  cproc_channel_close_writing (self);
  cproc_handle_table_close (&self->send_queue.handles);
  channel_close_socket (self);
  cproc_channel_watch (self);

  self->write_closed = FALSE;
  self->at_end = FALSE;
  self->drains = FALSE;
  cproc_receive_queue_clear (&self->receive_queue);
  cproc_node_protocol_clear (&self->protocol);
}
