/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-channel.h"

G_BEGIN_DECLS

/* Who is told of everything before those that are connected to the signals. */
typedef struct
{
  void (*message)         (gpointer      delegate,
                           CprocMessage *message);
  void (*invalid_message) (gpointer      delegate,
                           GError       *error);
  void (*disconnected)    (gpointer      delegate);
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
 * `disconnected` has been emitted when it returns. */
void cproc_channel_drain (CprocChannel *self);

/* TRUE from when it has its socket until `disconnected` has been emitted. */
gboolean cproc_channel_is_open (CprocChannel *self);

G_END_DECLS
