/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "cproc-frame-splitter-private.h"

G_BEGIN_DECLS

/* The receiving half of a channel: the bytes that were read and not yet cut into frames, and the
 * descriptors that came with them. An idle channel keeps no memory for it.
 *
 * Data is read from the socket into chunks. A chunk is kept until every frame in it has been taken.
 * So handlers may read from other channels, or block in a flush of this one.
 *
 * A descriptor belongs to the last frame that has a byte in the read that brought it. A sender
 * attaches the descriptor to the first byte of its frame, and the kernel ends a read after the data
 * that a descriptor came with. So this is always the frame that it was sent with, however the bytes
 * are cut. If that frame does not ask for the descriptor, it is closed: no other frame ever gets
 * it. */
typedef struct _CprocReceiveChunk CprocReceiveChunk;

typedef struct
{
  CprocFrameSplitter frames;
  CprocReceiveChunk *head; /* the chunk that is being cut, if cutting */
  CprocReceiveChunk *tail;
  guint64 bytes; /* in all chunks */
  guint n_fds;   /* of all chunks */
  int partial_fd; /* of the unfinished frame, or -1 */
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

/* Drops all data and closes the descriptors. */
void cproc_receive_queue_clear (CprocReceiveQueue *self);

/* Reads once. A `length` below CPROC_RECEIVE_CHUNK means that there is probably no more for now. */
#define CPROC_RECEIVE_CHUNK 65536
CprocReceiveResult cproc_receive_queue_receive (CprocReceiveQueue *self,
                                                int                fd,
                                                gsize             *length);

/* Returns whether there may be a frame without another read. */
gboolean cproc_receive_queue_has_data (CprocReceiveQueue *self);

/* Returns whether so much data waits to be cut that the channel should not read more. */
gboolean cproc_receive_queue_is_full (CprocReceiveQueue *self);

CprocFrameKind cproc_receive_queue_next (CprocReceiveQueue  *self,
                                         const char        **text,
                                         gsize              *length);

/* Takes the descriptor of the last returned frame; -1 if it has none. */
int cproc_receive_queue_take_fd (CprocReceiveQueue *self);

/* Ends the use of the last returned frame: closes its descriptor unless it was taken. */
void cproc_receive_queue_expire_fd (CprocReceiveQueue *self);

/* Reads once and drops the data. */
CprocReceiveResult cproc_receive_queue_discard (int fd);

G_END_DECLS
