/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-receive-queue-private.h"
#include "cproc-send-queue-private.h"
#include "cproc-channel-private.h"
#include "cproc-node-protocol-private.h"
#include "cproc-busy-poll-private.h"

/* What the files of CprocChannel share; nobody else includes this.
 *
 * cproc-channel.c           the object
 * cproc-channel-properties.c
 * cproc-channel-source.c    its life in the main context: reading, dispatching
 * cproc-channel-notify.c    its signals
 * cproc-channel-submit.c    how an item that is sent goes to the kernel or into the queue
 * cproc-channel-write.c     the watch of the socket, the queue's writing
 * cproc-channel-send.c      the methods that send
 * cproc-channel-flush.c     the methods that wait until all is written
 * cproc-channel-parent.c    the end that leads to the parent
 * The send and the receive queue, the protocol of Node, the splitter and the busy poll know neither
 * the object nor a main context.
 *
 * User code runs only from the dispatch of the source, from cproc_channel_drain() and, as property
 * notifications, from the end of a method of the user's own: nowhere in the middle of a change of
 * state. After any of these everything may be different. */

G_BEGIN_DECLS

typedef enum
{
  CPROC_CHANNEL_NEW,     /* no socket yet */
  CPROC_CHANNEL_OPEN,
  CPROC_CHANNEL_CLOSING, /* closed by us; what is queued is still being written */
  CPROC_CHANNEL_ENDED,   /* the socket is closed, `disconnected` is to be emitted */
  CPROC_CHANNEL_DONE,
} CprocChannelState;

struct _CprocChannel
{
  GObject parent_instance;

  int fd;
  pid_t process; /* that has it, and not a fork of it */
  CprocChannelState state;
  GMainContext *context;
  GSource *source;
  GPollFD poll;           /* of the socket, in the source; no events: not polled */
  guint depth; /* of dispatches within dispatches */

  const CprocChannelDelegate *delegate_functions;
  gpointer delegate;

  CprocReceiveQueue receive_queue;
  CprocSendQueue send_queue;
  CprocNodeProtocol protocol;
  guint64 max_message_size;

  /* A burst: see cproc_channel_is_burst(). */
  guint turn_writes;
  gint64 last_write;

  CprocBusyPoll busy_poll;

  guint at_end : 1;  /* nothing more can be read */
  guint write_closed : 1;  /* nothing more can be written */
  guint blocked : 1; /* the queue waits for the socket */
  guint retry : 1;   /* the queue waits for some time to pass */
  guint corked : 1;  /* the queue waits for the end of this turn of the main loop */

  /* What was last notified. */
  guint shown_connected : 1;
  guint shown_congested : 1;
  guint64 shown_bytes;
};

#define CPROC_CHANNEL_DEFAULT_MAX_MESSAGE_SIZE (64 * 1024 * 1024)

/* cproc-channel-properties.c: notifies what has changed; after a send only what cannot wait. */
void cproc_channel_install_properties (GObjectClass *object_class);
gboolean cproc_channel_properties_changed (CprocChannel *self);
void cproc_channel_notify (CprocChannel *self);
void cproc_channel_notify_sent (CprocChannel *self);

/* cproc-channel-source.c */
void cproc_channel_attach (CprocChannel *self);
void cproc_channel_detach (CprocChannel *self);
void cproc_channel_end (CprocChannel *self);
void cproc_channel_read_rest (CprocChannel *self);
void cproc_channel_process_pending (CprocChannel *self);

/* cproc-channel-write.c */
void cproc_channel_watch (CprocChannel *self);
void cproc_channel_write_queue (CprocChannel *self);
void cproc_channel_close_writing (CprocChannel *self);

/* cproc-channel-notify.c */
void cproc_channel_install_signals (GObjectClass *object_class);
void cproc_channel_emit_message (CprocChannel *self,
                                 CprocMessage *message);
void cproc_channel_emit_invalid (CprocChannel *self,
                                 GError       *error);
void cproc_channel_emit_disconnected (CprocChannel *self);

/* cproc-channel-submit.c
 *
 * push: the channel is open. Everything in the item is given away, but on an error not the task. */
gboolean cproc_channel_check_open (CprocChannel  *self,
                                   GError       **error);
gboolean cproc_channel_push (CprocChannel   *self,
                             CprocSendItem  *item,
                             GError        **error);
void cproc_channel_push_task (CprocChannel  *self,
                              CprocSendItem *item,
                              GTask         *task);
gboolean cproc_channel_flush_blocking (CprocChannel  *self,
                                       gboolean       keep_input,
                                       GCancellable  *cancellable,
                                       GError       **error);
GError  *cproc_channel_lost               (void);
void cproc_channel_return_tasks (CprocChannel *self);
void cproc_channel_move_tasks (CprocChannel *self);

G_END_DECLS
