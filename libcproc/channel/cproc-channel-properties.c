/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"

#define CONGESTED_BYTES (1024 * 1024)

typedef enum
{
  PROP_CONNECTED = 1,
  PROP_CONGESTED,
  PROP_QUEUED_BYTES,
  PROP_MAX_MESSAGE_SIZE,
  PROP_EXIT_FLUSH_TIMEOUT,
  PROP_BUSY_POLL,
  PROP_IO_PRIORITY,
} CprocChannelProperty;

static GParamSpec *properties[PROP_IO_PRIORITY + 1];

gboolean
cproc_channel_properties_changed (CprocChannel *self)
{
  return self->shown_bytes != self->send_queue.bytes ||
         self->shown_connected != cproc_channel_get_connected (self);
}

void
cproc_channel_notify (CprocChannel *self)
{
  gboolean connected = cproc_channel_get_connected (self);
  gboolean congested = cproc_channel_get_congested (self);
  gboolean bytes_changed = self->shown_bytes != self->send_queue.bytes;
  gboolean connected_changed = self->shown_connected != connected;
  gboolean congested_changed = self->shown_congested != congested;

  if (!bytes_changed && !connected_changed)
    return;

  self->shown_bytes = self->send_queue.bytes;
  self->shown_connected = connected;
  self->shown_congested = congested;

  g_object_ref (self);
  if (bytes_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_QUEUED_BYTES]);
  if (congested_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONGESTED]);
  if (connected_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECTED]);
  g_object_unref (self);
}

void
cproc_channel_notify_sent (CprocChannel *self)
{
  if (self->shown_congested != cproc_channel_get_congested (self) ||
      self->shown_connected != cproc_channel_get_connected (self))
    cproc_channel_notify (self);
}

static void
cproc_channel_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  CprocChannel *self = CPROC_CHANNEL (object);

  switch ((CprocChannelProperty) prop_id)
    {
    case PROP_CONNECTED:
      g_value_set_boolean (value, cproc_channel_get_connected (self));
      break;

    case PROP_CONGESTED:
      g_value_set_boolean (value, cproc_channel_get_congested (self));
      break;

    case PROP_QUEUED_BYTES:
      g_value_set_uint64 (value, cproc_channel_get_queued_bytes (self));
      break;

    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_int64 (value, cproc_channel_get_max_message_size (self));
      break;

    case PROP_EXIT_FLUSH_TIMEOUT:
      g_value_set_int (value, cproc_channel_get_exit_flush_timeout (self));
      break;

    case PROP_BUSY_POLL:
      g_value_set_boolean (value, cproc_channel_get_busy_poll (self));
      break;

    case PROP_IO_PRIORITY:
      g_value_set_int (value, cproc_channel_get_io_priority (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_channel_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  CprocChannel *self = CPROC_CHANNEL (object);

  switch ((CprocChannelProperty) prop_id)
    {
    case PROP_MAX_MESSAGE_SIZE:
      cproc_channel_set_max_message_size (self, g_value_get_int64 (value));
      break;

    case PROP_EXIT_FLUSH_TIMEOUT:
      cproc_channel_set_exit_flush_timeout (self, g_value_get_int (value));
      break;

    case PROP_BUSY_POLL:
      cproc_channel_set_busy_poll (self, g_value_get_boolean (value));
      break;

    case PROP_IO_PRIORITY:
      cproc_channel_set_io_priority (self, g_value_get_int (value));
      break;

    case PROP_CONNECTED:
    case PROP_CONGESTED:
    case PROP_QUEUED_BYTES:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
make_state_properties (void)
{
  /**
   * CprocChannel:connected:
   *
   * Whether messages can be sent.
   *
   * It is `FALSE` before a worker is started, from [method@Channel.close] on, and from when it is
   * known that the other side is gone. Messages that the other side sent before may still come.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTED] =
    g_param_spec_boolean ("connected", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CprocChannel:congested:
   *
   * Whether [property@Channel:queued-bytes] is over 1 MiB: the other side reads more slowly than
   * this one sends.
   *
   * Sending still works. A program that has much to send should stop at `TRUE` and go on when this
   * is notified and `FALSE` again, so that the queue does not grow without bound:
   *
   * ```python
   * def pump(channel, *_):
   *     while not channel.props.congested and (item := next(items, None)):
   *         channel.send(item)
   *
   * channel.connect('notify::congested', pump)
   * pump(channel)
   * ```
   *
   * Since: 1.0
   */
  properties[PROP_CONGESTED] =
    g_param_spec_boolean ("congested", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
make_size_properties (void)
{
  /**
   * CprocChannel:queued-bytes:
   *
   * The number of queued bytes that the kernel has not taken yet.
   *
   * The value is always exact; the notification comes at most once for each turn of the main loop.
   *
   * Since: 1.0
   */
  properties[PROP_QUEUED_BYTES] =
    g_param_spec_uint64 ("queued-bytes", NULL, NULL, 0, G_MAXUINT64, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * CprocChannel:max-message-size:
   *
   * The size in bytes that a message may have as text, in either direction; -1 for no limit.
   *
   * A larger one that comes is skipped without being kept in memory. Memory is only taken for bytes
   * that have really come.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_int64 ("max-message-size", NULL, NULL, -1, G_MAXINT64,
                        CPROC_CHANNEL_DEFAULT_MAX_MESSAGE_SIZE,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
make_time_properties (void)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * CprocChannel:exit-flush-timeout:
   *
   * How long the exit of a worker waits for its parent to take the messages that are still queued,
   * in milliseconds; 0 is not at all, -1 for ever.
   *
   * It counts for the channel of [func@Cproc.Channel.get_parent].
   *
   * Since: 1.0
   */
  properties[PROP_EXIT_FLUSH_TIMEOUT] =
    g_param_spec_int ("exit-flush-timeout", NULL, NULL, -1, G_MAXINT,
                      CPROC_CHANNEL_DEFAULT_EXIT_FLUSH_TIMEOUT, flags);

  /**
   * CprocChannel:busy-poll:
   *
   * Whether the channel may poll for an answer for up to 50 µs before the main loop sleeps.
   *
   * It polls only after several answers have come quickly. That makes an exchange of one message
   * for another faster, and keeps the processor awake; `FALSE` never does it.
   *
   * Since: 1.0
   */
  properties[PROP_BUSY_POLL] = g_param_spec_boolean ("busy-poll", NULL, NULL, TRUE, flags);

  /**
   * CprocChannel:io-priority:
   *
   * The priority of reading and of the signals in the main context.
   *
   * Since: 1.0
   */
  properties[PROP_IO_PRIORITY] =
    g_param_spec_int ("io-priority", NULL, NULL, G_MININT, G_MAXINT, G_PRIORITY_DEFAULT, flags);
}

void
cproc_channel_install_properties (GObjectClass *object_class)
{
  object_class->get_property = cproc_channel_get_property;
  object_class->set_property = cproc_channel_set_property;

  make_state_properties ();
  make_size_properties ();
  make_time_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

/**
 * cproc_channel_get_connected:
 * @self: a channel
 *
 * Gets whether messages can be sent.
 *
 * Returns: `TRUE` if they can
 *
 * Since: 1.0
 */
gboolean
cproc_channel_get_connected (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);

  return self->state == CPROC_CHANNEL_OPEN && !self->write_closed;
}

/**
 * cproc_channel_get_congested:
 * @self: a channel
 *
 * Gets whether more than 1 MiB waits to be written.
 *
 * Returns: `TRUE` if it does
 *
 * Since: 1.0
 */
gboolean
cproc_channel_get_congested (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);

  return self->send_queue.bytes > CONGESTED_BYTES;
}

/**
 * cproc_channel_get_queued_bytes:
 * @self: a channel
 *
 * Gets the number of queued bytes that the kernel has not taken yet.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
guint64
cproc_channel_get_queued_bytes (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), 0);

  return self->send_queue.bytes;
}

/**
 * cproc_channel_get_max_message_size:
 * @self: a channel
 *
 * Gets the size in bytes that a message may have.
 *
 * Returns: the number of bytes; -1 if there is no limit
 *
 * Since: 1.0
 */
gint64
cproc_channel_get_max_message_size (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), 0);

  return self->max_message_size;
}

/**
 * cproc_channel_set_max_message_size:
 * @self: a channel
 * @max_message_size: a number of bytes; -1 for no limit
 *
 * Sets the size in bytes that a message may have.
 *
 * Since: 1.0
 */
void
cproc_channel_set_max_message_size (CprocChannel *self,
                                    gint64        max_message_size)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (max_message_size >= -1);

  if (self->max_message_size == max_message_size)
    return;

  self->max_message_size = max_message_size;
  cproc_frame_splitter_set_max_size (&self->receive_queue.frames,
                                     max_message_size < 0 ? G_MAXUINT64
                                                          : (guint64) max_message_size);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_MESSAGE_SIZE]);
}

/**
 * cproc_channel_get_exit_flush_timeout:
 * @self: a channel
 *
 * Gets how long the exit of a worker waits for its parent.
 *
 * Returns: the time in milliseconds; -1 for ever
 *
 * Since: 1.0
 */
int
cproc_channel_get_exit_flush_timeout (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), 0);

  return self->exit_flush_timeout;
}

/**
 * cproc_channel_set_exit_flush_timeout:
 * @self: a channel
 * @exit_flush_timeout: a time in milliseconds; 0 for not at all, -1 for ever
 *
 * Sets how long the exit of a worker waits for its parent.
 *
 * Since: 1.0
 */
void
cproc_channel_set_exit_flush_timeout (CprocChannel *self,
                                      int           exit_flush_timeout)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (exit_flush_timeout >= -1);

  if (self->exit_flush_timeout == exit_flush_timeout)
    return;

  self->exit_flush_timeout = exit_flush_timeout;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_EXIT_FLUSH_TIMEOUT]);
}

/**
 * cproc_channel_get_busy_poll:
 * @self: a channel
 *
 * Gets whether the channel may look for an answer before the main loop sleeps.
 *
 * Returns: `TRUE` if it may
 *
 * Since: 1.0
 */
gboolean
cproc_channel_get_busy_poll (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);

  return self->busy_polling;
}

/**
 * cproc_channel_set_busy_poll:
 * @self: a channel
 * @busy_poll: whether it may
 *
 * Sets whether the channel may poll for an answer before the main loop sleeps.
 *
 * Since: 1.0
 */
void
cproc_channel_set_busy_poll (CprocChannel *self,
                             gboolean      busy_poll)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  busy_poll = !!busy_poll;
  if (self->busy_polling == busy_poll)
    return;

  self->busy_polling = busy_poll;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY_POLL]);
}

/**
 * cproc_channel_get_io_priority:
 * @self: a channel
 *
 * Gets the priority of reading and of the signals in the main context.
 *
 * Returns: the priority
 *
 * Since: 1.0
 */
int
cproc_channel_get_io_priority (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), G_PRIORITY_DEFAULT);

  return self->io_priority;
}

/**
 * cproc_channel_set_io_priority:
 * @self: a channel
 * @io_priority: a priority, as `G_PRIORITY_DEFAULT`
 *
 * Sets the priority of reading and of the signals in the main context.
 *
 * Since: 1.0
 */
void
cproc_channel_set_io_priority (CprocChannel *self,
                               int           io_priority)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  if (self->io_priority == io_priority)
    return;

  self->io_priority = io_priority;
  if (self->source != NULL)
    g_source_set_priority (self->source, io_priority);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IO_PRIORITY]);
}
