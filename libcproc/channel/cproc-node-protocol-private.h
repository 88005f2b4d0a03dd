/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-receive-queue-private.h"
#include "cproc-send-queue-private.h"
#include "cproc-json-private.h"
#include "cproc-message-private.h"

G_BEGIN_DECLS

/* Interprets the frames of a channel as Node's lib/internal/child_process.js does. */
typedef struct
{
  /* A message with several descriptors comes as one frame for each. */
  char *set_text;
  GArray *set_fds;
  guint set_count;
} CprocNodeProtocol;

/* The most bytes that a frame with a descriptor adds to its message. */
#define CPROC_NODE_PROTOCOL_MAX_OVERHEAD 128

void cproc_node_protocol_clear (CprocNodeProtocol *self);

/* Takes a received frame and returns what it brings the user: a message, an error, or nothing. The
 * replies that it demands go to out. */
CprocMessage *cproc_node_protocol_take_frame (CprocNodeProtocol  *self,
                                              CprocReceiveQueue  *in,
                                              CprocSendQueue     *out,
                                              const char         *text,
                                              gsize               length,
                                              GError            **error);

/* Called when the other side has ended: drops an incomplete message. FALSE with an error if there
 * was one. */
gboolean cproc_node_protocol_finish (CprocNodeProtocol  *self,
                                     CprocReceiveQueue  *in,
                                     GError            **error);

GError *cproc_node_protocol_too_large (guint64 max_size);

/* Returns whether the text may be sent: its "cmd" must not look like one of the protocol. The text
 * has passed the check. */
gboolean cproc_node_protocol_allows_text (const char  *text,
                                          gsize        length,
                                          GError     **error);

/* Return the text before and after a message in the frame that carries one of its `count`
 * descriptors. type: Node's name for it. members: further members, or NULL. */
char *cproc_node_protocol_begin_handle (const char *type,
                                        const char *members,
                                        guint       index,
                                        guint       count);
#define CPROC_NODE_PROTOCOL_END_HANDLE "}\n"

G_END_DECLS
