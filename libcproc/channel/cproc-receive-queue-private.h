/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "cproc-frame-splitter-private.h"

G_BEGIN_DECLS

/* The receiving half of a channel: what was read and not yet cut into frames, and the descriptors
 * that came and have not found their frame. Nothing of it is there while the channel is idle.
 *
 * What comes from the socket is read into chunks. A chunk is not given back before every frame in
 * it has been taken, so handlers that read from other channels, or block in a flush of this one,
 * disturb nothing. */
typedef struct _CprocReceiveChunk CprocReceiveChunk;

typedef struct
{
  int fd;
  /* How many frames that take no descriptor it outlives; CPROC_RECEIVE_CURRENT for what came
   * with the chunk that is being cut, any frame of which may be its own. */
  guint grace;
} CprocPendingFd;

typedef struct
{
  CprocFrameSplitter frames;
  CprocReceiveChunk *head; /* being cut, if cut */
  CprocReceiveChunk *tail;
  guint64 bytes; /* in all chunks */
  guint n_chunk_fds;
  guint n_pending;
  CprocPendingFd *pending;
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

/* The frame just returned is to have a descriptor: the oldest that can be meant, or -1. */
int cproc_receive_queue_take_fd (CprocReceiveQueue *self);

/* The frame just returned has none: descriptors that no frame can claim any more are closed. */
void cproc_receive_queue_expire_fds (CprocReceiveQueue *self);

/* Reads once and drops it. */
CprocReceiveResult cproc_receive_queue_discard (int fd);

G_END_DECLS
