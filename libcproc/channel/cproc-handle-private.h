/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-message-private.h"

G_BEGIN_DECLS

/* A message whose descriptors are on their way. The other side answers each of its frames, in the
 * order in which they were sent: it has the descriptor, or it does not. If one of them did not
 * arrive the whole message is sent again, after a pause in which the shortage of descriptors may
 * end; after three resends the message has failed. Independent of sockets. */

#define CPROC_HANDLE_MAX_RESENDS 3

/* The fate of a frame, from good to bad. */
typedef enum
{
  CPROC_HANDLE_ARRIVED,
  CPROC_HANDLE_REFUSED, /* the other side says that no descriptor came */
  CPROC_HANDLE_UNSENT,  /* the system did not pass the descriptor on */
  CPROC_HANDLE_EMPTIED, /* the user has taken the descriptors out of the message */
  CPROC_HANDLE_CLOSED,  /* the channel ended before it arrived */
} CprocHandleFate;

typedef struct
{
  guint ref_count;
  CprocMessage *message;
  guint n_fds;
  guint n_open;         /* frames of this try without an answer yet */
  guint n_resends;
  gint64 due;           /* when to send it again */
  CprocHandleFate fate; /* the worst fate in this try */
} CprocHandle;

typedef struct
{
  GQueue sent;    /* CprocHandle, one for each frame that waits for its answer */
  GQueue refused; /* CprocHandle, to be sent again */
  GQueue failed;  /* CprocHandle, to be reported */
} CprocHandleTable;

CprocHandle *cproc_handle_new   (CprocMessage *message,
                                 guint         n_fds);
CprocHandle *cproc_handle_ref   (CprocHandle  *self);
void         cproc_handle_unref (CprocHandle  *self);

/* Notes that a frame is sent with its descriptor. */
void cproc_handle_table_add_sent (CprocHandleTable *self,
                                  CprocHandle      *handle);

/* Notes an answer of the other side. Ignores one that nothing waits for. */
void cproc_handle_table_answer   (CprocHandleTable *self,
                                  CprocHandleFate   fate);

/* Notes that a frame will not be sent. */
void cproc_handle_table_unsent   (CprocHandleTable *self,
                                  CprocHandle      *handle,
                                  CprocHandleFate   fate);

/* Notes that none of the frames will be sent. */
void cproc_handle_table_lose     (CprocHandleTable *self,
                                  CprocHandle      *handle,
                                  CprocHandleFate   fate);

/* Returns when the next refused message is due, in monotonic time; -1 for none. */
gint64 cproc_handle_table_get_due (CprocHandleTable *self);

/* Returns a refused message that is due, ready for another try, or NULL. (transfer full) */
CprocHandle *cproc_handle_table_take_due (CprocHandleTable *self,
                                          gint64            now);

/* Fails the refused messages, because nothing can be sent any more. */
void cproc_handle_table_close_writing (CprocHandleTable *self);

/* Ends all messages, because no answer comes any more. One that was never refused may have arrived,
 * and does not fail. */
void cproc_handle_table_close         (CprocHandleTable *self);
void cproc_handle_table_clear         (CprocHandleTable *self);

/* Returns a failed message, and why it failed, or NULL. (transfer full) */
CprocMessage *cproc_handle_table_take_failed (CprocHandleTable  *self,
                                              GError           **error);

/* The other direction: answers that this side owes and for which the send queue has no room. They
 * stay in order, because the other side counts them; their memory is bounded. */
typedef struct
{
  GQueue runs;
} CprocAnswerQueue;

void cproc_answer_queue_push  (CprocAnswerQueue *self,
                               CprocHandleFate   fate);
/* Returns FALSE if no answer is owed. */
gboolean cproc_answer_queue_pop (CprocAnswerQueue *self,
                                 CprocHandleFate  *fate);
void cproc_answer_queue_clear (CprocAnswerQueue *self);

G_END_DECLS
