/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-channel.h"
#include "cproc-owner-private.h"

G_BEGIN_DECLS

typedef enum
{
  CPROC_CHANNEL_SIGNAL_MESSAGE,
  CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE,
  CPROC_CHANNEL_SIGNAL_DISCONNECTED,
  CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED,
  CPROC_CHANNEL_SIGNAL_SEND_FAILED,
  CPROC_CHANNEL_N_SIGNALS
} CprocChannelSignal;

/* The object that is notified of everything before the signal handlers. */
typedef struct
{
  void (*message)         (gpointer      delegate,
                           CprocMessage *message);
  void (*invalid_message) (gpointer      delegate,
                           GError       *error);
  void (*disconnected)    (gpointer      delegate);
  void (*request_received) (gpointer      delegate,
                            CprocRequest *request);
  void (*send_failed)      (gpointer      delegate,
                            CprocMessage *message,
                            GError       *error);
  /* Returns whether its own signal of that kind has a handler. */
  gboolean (*has_handler) (gpointer           delegate,
                           CprocChannelSignal signal);
} CprocChannelDelegate;

/* Creates a channel without a socket, such as that of a worker before the start: not connected. */
CprocChannel *cproc_channel_new         (void);

/* Call before the channel is opened. delegate: not owned; it is called only while its owner holds
 * it. */
void cproc_channel_set_delegate (CprocChannel               *self,
                                 const CprocChannelDelegate *functions,
                                 gpointer                    delegate,
                                 CprocOwner                 *owner);

/* Ends the channel of a worker that is being disposed of, in any thread. is_new: the worker was not
 * started, so that the channel is in no context that is run. context: the worker's. */
void cproc_channel_abandon (CprocChannel *self,
                            gboolean      is_new,
                            GMainContext *context);

/* For a signal whose only argument is a message. */
void cproc_channel_set_marshaller (guint signal_id,
                                   GType type);

/* Returns FALSE with an error if fd is not a connected stream socket. */
gboolean cproc_channel_check_socket (int      fd,
                                     GError **error);

/* Starts a request whose task may have a source other than the channel. Takes ownership of task. */
void cproc_channel_start_request (CprocChannel *self,
                                  const char   *method,
                                  CprocMessage *params,
                                  guint         timeout,
                                  GTask        *task);

/* Called once with the result of a request, or with an error and perhaps its data; with
 * CHANNEL_CLOSED when the channel has ended. Takes ownership of all but user_data. */
typedef void (*CprocAnswerFunc) (gpointer      user_data,
                                 CprocMessage *result,
                                 CprocMessage *data,
                                 GError       *error);

/* Sends a request without a time limit and returns its id, or 0 with an error. params: (nullable):
 * an object or an array. */
gint64 cproc_channel_add_request (CprocChannel     *self,
                                  const char       *method,
                                  CprocMessage     *params,
                                  CprocAnswerFunc   func,
                                  gpointer          user_data,
                                  GError          **error);

/* Tells the other side to give a request up; func is still called when the answer comes. */
void cproc_channel_cancel_request (CprocChannel *self,
                                   gint64        id);

/* FALSE: the message is neither a request nor a notification. request: set to it, or to NULL if it
 * was the cancellation of another. */
gboolean cproc_channel_read_request (CprocChannel  *self,
                                     CprocMessage  *message,
                                     CprocRequest **request);

/* Gives the channel its socket, which it owns from then on, and the context in which its signals
 * are emitted. */
gboolean cproc_channel_open (CprocChannel  *self,
                             int            fd,
                             GMainContext  *context,
                             GError       **error);

/* Resets the channel to new after a failed start. Queued messages fail; emits nothing. */
void cproc_channel_reset (CprocChannel *self);

/* Moves the channel to another context: for run() and wait(). */
void cproc_channel_set_context (CprocChannel *self,
                                GMainContext *context);

/* Called when the other process has ended: reads and emits all that it sent before, at once, then
 * closes. `disconnected` has been emitted when this returns. A paused channel does this when it is
 * resumed. */
void cproc_channel_drain (CprocChannel *self);

/* TRUE from the time it has its socket until `disconnected` has been emitted. */
gboolean cproc_channel_is_open (CprocChannel *self);

/* Whether this is the thread of the channel's main context, which alone may close it. */
gboolean cproc_channel_is_in_thread (CprocChannel *self);

G_END_DECLS
