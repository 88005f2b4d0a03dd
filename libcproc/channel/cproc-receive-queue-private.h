/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "cproc-frame-splitter-private.h"

G_BEGIN_DECLS

/* The receiving half of a channel: what was read and not yet cut into frames, and the descriptors
 * that came with it. An idle channel keeps nothing of it.
 *
 * What comes from the socket is read into chunks. A chunk is not given back before every frame in
 * it has been taken, so handlers that read from other channels, or block in a flush of this one,
 * disturb nothing.
 *
 * A descriptor belongs to the last frame that has a byte in the read that brought it. A sender
 * attaches it to the first byte of its frame, and the kernel ends a read behind the data that a
 * descriptor came with, so this is the frame that it was sent with, however the bytes are cut. If
 * that frame does not ask for it, it is closed: no other frame ever gets it. */
typedef struct _CprocReceiveChunk CprocReceiveChunk;

typedef struct
{
  CprocFrameSplitter frames;
  CprocReceiveChunk *head; /* being cut, if cutting */
  CprocReceiveChunk *tail;
  guint64 bytes; /* in all chunks */
  guint n_fds;   /* of all chunks */
  int partial_fd; /* of the frame that has begun and not ended, or -1 */
  int frame_fd;   /* of the frame that was returned last, or -1 */
  guint cutting : 1;
} CprocReceiveQueue;

typedef enum
{
  CPROC_RECEIVE_DATA,
  CPROC_RECEIVE_AGAIN,
  CPROC_RECEIVE_END,
} CprocReceiveResult;

void cproc_receive_queue_init (CprocReceiveQueue *self,
                               guint64            max_size);

/* Forgets everything and closes the descriptors. */
void cproc_receive_queue_clear (CprocReceiveQueue *self);

/* Reads once. A `length` below CPROC_RECEIVE_CHUNK means that there is probably no more for now. */
#define CPROC_RECEIVE_CHUNK 65536
CprocReceiveResult cproc_receive_queue_receive (CprocReceiveQueue *self,
                                                int                fd,
                                                gsize             *length);

/* Whether there may be a frame without another read. */
gboolean cproc_receive_queue_has_data (CprocReceiveQueue *self);

/* Whether so much waits to be cut that no more should be read ahead. */
gboolean cproc_receive_queue_is_full (CprocReceiveQueue *self);

CprocFrameKind cproc_receive_queue_next (CprocReceiveQueue  *self,
                                         const char        **text,
                                         gsize              *length);

/* Takes the descriptor of the frame that was returned last; -1 if it came without. */
int cproc_receive_queue_take_fd (CprocReceiveQueue *self);

/* The frame that was returned last asks for nothing more: closes its descriptor if it is left. */
void cproc_receive_queue_expire_fd (CprocReceiveQueue *self);

/* Reads once and drops it. */
CprocReceiveResult cproc_receive_queue_discard (int fd);

G_END_DECLS
