/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <sys/uio.h>

#include "cproc-handle-private.h"

G_BEGIN_DECLS

#define CPROC_SEND_PARTS 3

/* The sending half of a channel: the data that the kernel has not taken yet, in order. It calls no
 * callbacks: finished tasks wait in a list until the owner returns them. */
typedef struct _CprocSendBlock CprocSendBlock;

typedef struct
{
  CprocSendBlock *head;
  CprocSendBlock *tail;
  guint64 bytes;
  gsize reply_bytes; /* the part of these bytes that is replies of the protocol */
  CprocAnswerQueue owed; /* not in the queue yet */
  CprocHandleTable handles;
  GQueue done;       /* GTask */
  GQueue failed;     /* GTask */
  guint lost : 1;    /* something queued could not be written */
} CprocSendQueue;

/* One frame, which is written in one go. */
typedef struct
{
  /* The prefix, the text of the message, and a constant suffix. */
  struct iovec parts[CPROC_SEND_PARTS];
  CprocMessage *message; /* owns the text and the descriptors; NULL: the text is copied */
  guint part;            /* index of this frame among the frames of the message */
  gboolean has_fd;       /* descriptor `part` of the message goes with the first byte */
  CprocHandle *handle;   /* for a frame with a descriptor, else NULL */
  GTask *task;           /* owned task to return when all is written, or NULL */
} CprocSendItem;

typedef enum
{
  CPROC_SEND_EMPTY,   /* all is written */
  CPROC_SEND_BLOCKED, /* poll for G_IO_OUT */
  CPROC_SEND_RETRY,   /* wait a little: the system lacks a resource that poll cannot wait for */
  CPROC_SEND_CLOSED,  /* the other side is gone */
} CprocSendResult;

/* How long CPROC_SEND_RETRY should wait. */
#define CPROC_SEND_RETRY_MSEC 20

void cproc_send_queue_init (CprocSendQueue *self);

/* Drops the queue. Its tasks go to the failed list. */
void cproc_send_queue_fail (CprocSendQueue *self);

/* Writes directly to the socket; the queue must be empty. *written is set to the number of bytes
 * written. Clears item->has_fd if the descriptor is sent. */
CprocSendResult cproc_send_queue_write_now (CprocSendQueue *self,
                                            CprocSendItem  *item,
                                            int             socket_fd,
                                            gsize          *written);

/* Queues the part of the item after the first `offset` bytes. The queue references the message as
 * long as it needs it. */
void cproc_send_queue_push (CprocSendQueue      *self,
                            const CprocSendItem *item,
                            gsize                offset);

/* Queue a reply that the protocol demands. The other side can provoke any number of replies without
 * reading them, so the queue of replies is bounded: beyond the bound, answers to descriptors are
 * only counted, and other replies are dropped. To stop reading instead would deadlock two sides
 * that pass each other descriptors. */
void cproc_send_queue_push_answer (CprocSendQueue  *self,
                                   CprocHandleFate  fate);
void cproc_send_queue_push_reply (CprocSendQueue *self,
                                  const char     *text,
                                  gsize           length);

CprocSendResult cproc_send_queue_write (CprocSendQueue *self,
                                        int             socket_fd);

/* Removes all frames of the task's message from the queue, and gives the queue's reference to the
 * task to the caller; FALSE if any byte of them has been written. */
gboolean cproc_send_queue_withdraw (CprocSendQueue *self,
                                    GTask          *task);

/* Calls func for each task that waits in the queue. */
void cproc_send_queue_foreach (CprocSendQueue *self,
                               GFunc           func,
                               gpointer        user_data);

static inline gsize
cproc_send_item_get_length (const CprocSendItem *item)
{
  return item->parts[0].iov_len + item->parts[1].iov_len + item->parts[2].iov_len;
}

G_END_DECLS
