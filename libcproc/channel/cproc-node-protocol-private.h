/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-receive-queue-private.h"
#include "cproc-send-queue-private.h"
#include "cproc-json-private.h"
#include "cproc-message-private.h"

G_BEGIN_DECLS

/* What the frames of a channel mean, after Node's lib/internal/child_process.js. */
typedef struct
{
  /* A message with several descriptors comes as one frame for each. */
  char *set_text;
  GArray *set_fds;
  guint set_count;
} CprocNodeProtocol;

/* How much longer than its message a frame with a descriptor is at most. */
#define CPROC_NODE_PROTOCOL_MAX_OVERHEAD 128

void cproc_node_protocol_clear (CprocNodeProtocol *self);

/* What a frame that came brings the user: a message, an error, or nothing; the replies that it
 * demands go to out. */
CprocMessage *cproc_node_protocol_take_frame (CprocNodeProtocol  *self,
                                              CprocReceiveQueue  *in,
                                              CprocSendQueue     *out,
                                              const char         *text,
                                              gsize               length,
                                              GError            **error);

/* The other side has ended: what is incomplete is dropped. FALSE with an error if there was any. */
gboolean cproc_node_protocol_finish (CprocNodeProtocol  *self,
                                     CprocReceiveQueue  *in,
                                     GError            **error);

GError *cproc_node_protocol_too_large (guint64 max_size);

/* Whether this may be sent: "cmd" must not look like the protocol's own. The text has passed the
 * check. */
gboolean cproc_node_protocol_allows_text (const char  *text,
                                          gsize        length,
                                          GError     **error);

/* What stands before and behind a message in the frame that carries one of its `count` descriptors.
 * type: Node's word. members: further ones, or NULL. */
char *cproc_node_protocol_begin_handle (const char *type,
                                        const char *members,
                                        guint       index,
                                        guint       count);
#define CPROC_NODE_PROTOCOL_END_HANDLE "}\n"

G_END_DECLS
