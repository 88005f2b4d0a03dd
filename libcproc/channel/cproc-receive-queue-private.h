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
typedef struct _CprocInChunk CprocInChunk;

typedef struct
{
  int fd;
  /* How many frames that take no descriptor it outlives; CPROC_IN_CURRENT for what came with the
   * chunk that is being cut, any frame of which may be its own. */
  guint grace;
} CprocPendingFd;

typedef struct
{
  CprocFrames frames;
  CprocInChunk *head; /* being cut, if cut */
  CprocInChunk *tail;
  guint64 bytes; /* in all chunks */
  guint n_chunk_fds;
  guint n_pending;
  CprocPendingFd *pending;
  guint cutting : 1;
} CprocIn;

typedef enum
{
  CPROC_IN_DATA,
  CPROC_IN_AGAIN,
  CPROC_IN_END,
} CprocInResult;

void           cproc_in_init      (CprocIn      *self,
                                   guint64       max_size);

/* Forgets everything and closes the descriptors. */
void           cproc_in_clear     (CprocIn      *self);

/* Reads once. A `length` below CPROC_IN_CHUNK means that there is probably no more for now. */
#define CPROC_IN_CHUNK 65536
CprocInResult  cproc_in_receive   (CprocIn      *self,
                                   int           fd,
                                   gsize        *length);

/* Whether there may be a frame without another read. */
gboolean       cproc_in_has_data  (CprocIn      *self);

/* Whether so much waits to be cut that no more should be read ahead. */
gboolean       cproc_in_is_full   (CprocIn      *self);

CprocFrameKind cproc_in_next      (CprocIn      *self,
                                   const char  **text,
                                   gsize        *length);

/* The frame just returned is to have a descriptor: the oldest that can be meant, or -1. */
int            cproc_in_take_fd   (CprocIn      *self);

/* The frame just returned has none: descriptors that no frame can claim any more are closed. */
void           cproc_in_pass_fds  (CprocIn      *self);

/* Reads once and drops it. */
CprocInResult  cproc_in_discard   (int           fd);

G_END_DECLS
