/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-receive-queue-private.h"
#include "cproc-send-queue-private.h"
#include "cproc-channel-private.h"
#include "cproc-node-protocol-private.h"
#include "cproc-busy-poll-private.h"
#include "cproc-owner-private.h"
#include "cproc-request-table-private.h"
#include "cproc-turn-private.h"

/* Shared by the files of CprocChannel; no other file includes this. Each file uses only those below
 * it:
 *
 * cproc-channel-request-sync.c  requests that block
 * cproc-channel.c               the object
 * cproc-channel-parent.c        the channel to the parent process
 * cproc-channel-source.c        the source in the main context: reading, writing, emitting
 * cproc-channel-receive.c       gives each message to a receive or to a handler, or keeps it
 * cproc-channel-request.c       requests and their answers, in both directions
 * cproc-request.c               a request of the other side
 * cproc-channel-send.c          the methods that send
 * cproc-channel-flush.c         waits until the kernel has all that was sent
 * cproc-channel-submit.c        the way from a message to the kernel
 * cproc-channel-transport.c     the events to wait for, writing the queue, closing
 * cproc-channel-properties.c    the properties and their notification
 * cproc-channel-notify.c        the signals, and whether they have handlers
 *
 * User code runs only from the dispatch of the source, from cproc_channel_drain() and, as property
 * notifications, at the end of a method that the user has called: never in the middle of a change
 * of state. After any of these every field may have changed. */

G_BEGIN_DECLS

typedef enum
{
  CPROC_CHANNEL_NEW,     /* no socket yet */
  CPROC_CHANNEL_OPEN,
  CPROC_CHANNEL_CLOSING, /* closed by this side; the queue is still being written */
  CPROC_CHANNEL_ENDED,   /* the socket is closed, `disconnected` is to be emitted */
  CPROC_CHANNEL_DONE,
} CprocChannelState;

/* The source of the channel: see cproc-channel-source.c. */
typedef struct
{
  GSource source;
  CprocOwner *owner;          /* the channel's */
  CprocOwner *delegate_owner; /* the worker's, or NULL */
  CprocTurn *turn;
} CprocChannelSource;

struct _CprocChannel
{
  GObject parent_instance;

  CprocOwner *owner; /* any thread may drop the last reference */
  int fd;
  int write_fd;    /* the same as fd, except if there are two streams */
  GSocket *socket; /* owns the descriptor, or NULL */
  GInputStream *input;   /* owns fd, or NULL */
  GOutputStream *output; /* owns write_fd, or NULL */
  pid_t process;   /* the process that opened it; a fork must not use it */
  GThread *thread; /* the thread that opened it */
  CprocChannelState state;
  GMainContext *context;
  GSource *source;
  GPollFD poll;           /* the socket in the source; no events: not polled */
  GPollFD write_poll;     /* write_fd of two streams, while the queue waits for it */
  guint depth; /* depth of nested dispatches */

  const CprocChannelDelegate *delegate_functions;
  gpointer delegate; /* NULL: there is none, or it is gone */
  CprocOwner *delegate_owner;

  CprocReceiveQueue receive_queue;
  CprocSendQueue send_queue;
  CprocNodeProtocol protocol;
  gint64 max_message_size;
  int exit_flush_timeout;
  int io_priority;

  GTask *receive_task; /* gets the next message, or NULL */
  GQueue kept;         /* messages kept for a receive */
  gsize kept_bytes;
  GQueue deferred;     /* messages that came during a synchronous request */
  guint sync_depth;    /* depth of synchronous requests */
  CprocRequestTable requests; /* requests sent by this side, PendingRequest */
  GHashTable *incoming;       /* unanswered requests: id to GCancellable; or NULL */
  GHashTable *served;         /* method to its function; or NULL */
  guint n_dropped;     /* messages at the end for which there was no handler */

  /* For bursts: see channel_is_burst(). */
  guint turn_writes;
  gint64 last_write;

  CprocBusyPoll busy_poll;

  guint busy_polling : 1; /* allowed */
  guint passes_fds : 1;
  guint input_blocks : 1;  /* fd was a blocking one, and becomes one again */
  guint output_blocks : 1; /* the same of write_fd */
  guint paused : 1;
  guint reading : 1;  /* something here wants messages, when the source last looked */
  guint pulled : 1;   /* a receive has been asked for */
  guint hung_up : 1;  /* the other side has closed its end; unread messages may be left */
  guint drains : 1;   /* the other process has ended */
  guint warned : 1;   /* warned of too many nested main loops */
  guint at_end : 1;  /* nothing more can be read */
  guint write_closed : 1;  /* nothing more can be written */
  guint blocked : 1; /* the queue waits for the socket */
  guint retry : 1;   /* the queue waits for some time to pass */
  guint corked : 1;  /* the queue waits for the end of this turn of the main loop */

  /* The values that were last notified. */
  guint shown_connected : 1;
  guint shown_congested : 1;
  guint64 shown_bytes;
};

#define CPROC_CHANNEL_DEFAULT_MAX_MESSAGE_SIZE (64 * 1024 * 1024)
#define CPROC_CHANNEL_DEFAULT_EXIT_FLUSH_TIMEOUT 5000

/* cproc-channel-properties.c: notifies the changes; after a send, only those that cannot wait. */
void cproc_channel_install_properties (GObjectClass *object_class);
gboolean cproc_channel_properties_changed (CprocChannel *self);
void cproc_channel_notify (CprocChannel *self);
void cproc_channel_notify_sent (CprocChannel *self);

/* cproc-channel-source.c */
void cproc_channel_attach (CprocChannel *self);
void cproc_channel_detach (CprocChannel *self);
void cproc_channel_read_rest (CprocChannel *self);
void cproc_channel_process_pending (CprocChannel *self);

/* cproc-channel-transport.c */
void cproc_channel_watch (CprocChannel *self);
void cproc_channel_write_queue (CprocChannel *self);
void cproc_channel_close_writing (CprocChannel *self);
void cproc_channel_end (CprocChannel *self);

/* cproc-channel-send.c */
void cproc_channel_resend (CprocChannel *self);

/* cproc-channel-receive.c
 *
 * listens: returns whether a message would be taken now. deliver: calls user code. */
gboolean cproc_channel_listens (CprocChannel *self);
gboolean cproc_channel_wants_message (CprocChannel *self);
void cproc_channel_deliver (CprocChannel *self,
                            CprocMessage *message);
gboolean cproc_channel_deliver_kept (CprocChannel *self);
void cproc_channel_end_receive (CprocChannel *self);
void cproc_channel_fail_receive (CprocChannel *self,
                                 GError       *error);

/* cproc-channel-request.c
 *
 * take_rpc: TRUE if the message was a request or an answer; calls user code. */
gboolean cproc_channel_has_requests (CprocChannel *self);
gboolean cproc_channel_take_answer (CprocChannel *self,
                                    CprocMessage *message);
gboolean cproc_channel_take_request (CprocChannel *self,
                                     CprocMessage *message);
void cproc_channel_end_requests (CprocChannel *self);
void cproc_channel_move_requests (CprocChannel *self);
void cproc_channel_clear_served (CprocChannel *self);

/* cproc-request.c. id: NULL for a notification. Takes ownership of all arguments except the
 * channel. */
CprocRequest *cproc_request_new (CprocChannel *channel,
                                 char         *id,
                                 char         *method,
                                 CprocMessage *params);
const char *cproc_request_get_id (CprocRequest *self);

/* cproc-channel-notify.c
 *
 * install_signals: for the class. check_call: FALSE with NOT_SUPPORTED in a fork and, with a
 * critical warning, in another thread. */
void cproc_channel_install_signals (GObjectClass *object_class);
gboolean cproc_channel_check_call (CprocChannel  *self,
                                   const char    *function,
                                   GError       **error);
gboolean cproc_channel_check_async_call (CprocChannel        *self,
                                         const char          *function,
                                         GAsyncReadyCallback  callback,
                                         gpointer             user_data,
                                         gpointer             source_tag);
gboolean cproc_channel_has_handler (CprocChannel       *self,
                                    CprocChannelSignal  signal);
void cproc_channel_emit_message (CprocChannel *self,
                                 CprocMessage *message);
void cproc_channel_emit_invalid (CprocChannel *self,
                                 GError       *error);
void cproc_channel_emit_failed (CprocChannel *self);
void cproc_channel_emit_disconnected (CprocChannel *self);
void cproc_channel_emit_request (CprocChannel *self,
                                 CprocRequest *request);

/* cproc-channel-submit.c
 *
 * push: the channel must be open. Takes ownership of everything in the item; on an error the task
 * stays the caller's. */
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
                                       gint64         deadline,
                                       GCancellable  *cancellable,
                                       GError       **error);
GError  *cproc_channel_lost               (void);
void cproc_channel_return_tasks (CprocChannel *self);
void cproc_channel_move_tasks (CprocChannel *self);

G_END_DECLS
