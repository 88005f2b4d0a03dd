/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-channel.h"

G_BEGIN_DECLS

typedef enum
{
  CPROC_CHANNEL_SIGNAL_MESSAGE,
  CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE,
  CPROC_CHANNEL_SIGNAL_DISCONNECTED,
  CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED,
  CPROC_CHANNEL_N_SIGNALS
} CprocChannelSignal;

/* The object that is told of everything before the handlers of the signals. */
typedef struct
{
  void (*message)         (gpointer      delegate,
                           CprocMessage *message);
  void (*invalid_message) (gpointer      delegate,
                           GError       *error);
  void (*disconnected)    (gpointer      delegate);
  void (*request_received) (gpointer      delegate,
                            CprocRequest *request);
  /* Whether its own signal of that kind has a handler. */
  gboolean (*has_handler) (gpointer           delegate,
                           CprocChannelSignal signal);
} CprocChannelDelegate;

/* A channel without a socket, as a worker's is before the start: not connected. */
CprocChannel *cproc_channel_new         (void);

/* delegate: not owned; NULL takes it back. */
void cproc_channel_set_delegate (CprocChannel               *self,
                                 const CprocChannelDelegate *functions,
                                 gpointer                    delegate);

/* For a signal whose one argument is a message. */
void cproc_channel_set_marshaller (guint signal_id,
                                   GType type);

/* FALSE with an error if it is not a connected stream socket. */
gboolean cproc_channel_check_socket (int      fd,
                                     GError **error);

/* A request whose task may have another source than the channel. task: given away. */
void cproc_channel_start_request (CprocChannel *self,
                                  const char   *method,
                                  CprocMessage *params,
                                  guint         timeout,
                                  GTask        *task);

/* Gives it its socket (given away) and the context that its signals are emitted in. */
gboolean cproc_channel_open (CprocChannel  *self,
                             int            fd,
                             GMainContext  *context,
                             GError       **error);

/* The start failed: as new again; emits nothing. What was queued fails. */
void cproc_channel_reset (CprocChannel *self);

/* Goes on in another context: for run() and wait(). */
void cproc_channel_set_context (CprocChannel *self,
                                GMainContext *context);

/* The other process has ended: reads and emits all that it sent before, at once, then closes;
 * `disconnected` has been emitted when it returns. A
 * paused channel does so when it is resumed. */
void cproc_channel_drain (CprocChannel *self);

/* TRUE from when it has its socket until `disconnected` has been emitted. */
gboolean cproc_channel_is_open (CprocChannel *self);

G_END_DECLS
