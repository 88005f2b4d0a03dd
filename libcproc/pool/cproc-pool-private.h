/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-channel-private.h"
#include "cproc-message-private.h"
#include "cproc-owner-private.h"
#include "cproc-pool-core-private.h"
#include "cproc-pool-spares-private.h"
#include "cproc-pool.h"
#include "cproc-worker.h"

G_BEGIN_DECLS

struct _CprocPool
{
  GObject parent_instance;

  CprocOwner *owner; /* any thread may drop the last reference */
  CprocPoolCore core;
  CprocCommand *command;
  CprocMessage *setup;
  CprocPoolState state;

  GMainContext *context;
  GThread *thread; /* that made the pool */
  GSource *timer;
  CprocPoolSpares *spares;
  GPtrArray *handles; /* of all workers */
  GPtrArray *workers; /* those that the list shows */

  GQueue drains; /* see cproc_pool_add_wait() */
  GQueue closes;
};

typedef struct _CprocPoolHandle CprocPoolHandle;
typedef struct _CprocPoolCall CprocPoolCall;
typedef struct _CprocPoolAnswer CprocPoolAnswer;

/* A request on its way. */
struct _CprocPoolCall
{
  GTask *task; /* NULL once it is returned */
  GSource *cancel;
  char *method;
  CprocMessage *params;

  CprocPoolRequest *request;
  CprocChannel *channel; /* on which it waits for its answer, or NULL */
  CprocPoolAnswer *answer; /* for the channel, or NULL */
  gint64 id;
  CprocMessage *result;
  CprocMessage *data;
  GError *error;
};

/* A worker of the pool. The handlers of its signals hold it, each of them and the pool. */
struct _CprocPoolHandle
{
  CprocOwner *owner; /* the pool's */
  CprocPool *pool;   /* not owned; NULL once the pool has no such worker any more */
  CprocPoolSlot *slot;
  CprocWorker *worker;
  GCancellable *starting; /* or NULL */
  gint64 setup_id;        /* 0: none is on its way */
  GError *error; /* of the setup */
};

/* JSON-RPC allows nothing else. message: (nullable) */
static inline gboolean
cproc_pool_are_params (CprocMessage *message)
{
  return message == NULL || message->text[0] == '{' || message->text[0] == '[';
}

/* The calls that wait for the same. */
void     cproc_pool_add_wait            (GQueue            *waits,
                                         GTask             *task);
void     cproc_pool_return_waits        (GQueue            *waits);

/* After a change of the core's settings. */
static inline void
cproc_pool_wake (CprocPool *self)
{
  g_source_set_ready_time (self->timer, 0);
}

void     cproc_pool_install_properties  (GObjectClass      *object_class);
void     cproc_pool_notify_state        (CprocPool         *self);
void     cproc_pool_notify_congested    (CprocPool         *self);

/* Tells the worker to give the request up. */
void     cproc_pool_call_cancel         (CprocPoolCall     *self);
/* Called with the answer of the worker while the pool is held. Takes ownership of the values. */
typedef void (*CprocPoolAnswerFunc) (CprocPoolCall *self,
                                     CprocMessage  *result,
                                     CprocMessage  *data,
                                     GError        *error);

/* owner: the pool's. */
gboolean cproc_pool_call_send           (CprocPoolCall        *self,
                                         CprocOwner           *owner,
                                         CprocChannel         *channel,
                                         CprocPoolAnswerFunc   func,
                                         GError              **error);
/* Takes no answer of the worker from now on. */
void     cproc_pool_call_forget         (CprocPoolCall     *self);
/* error: (nullable): of the pool; else there is the worker's answer. */
void     cproc_pool_call_return         (CprocPoolCall     *self,
                                         const GError      *error);
void     cproc_pool_call_free           (CprocPoolCall     *self);

/* The functions of the core's table that deal with workers. */
void     cproc_pool_worker_start        (CprocPool         *pool,
                                         CprocPoolSlot     *slot);
gboolean cproc_pool_worker_give         (CprocPoolHandle   *self,
                                         CprocPoolCall     *call,
                                         GError           **error);
void     cproc_pool_worker_close        (CprocPoolHandle   *self);
void     cproc_pool_worker_kill         (CprocPoolHandle   *self);
gboolean cproc_pool_worker_is_congested (CprocPoolHandle   *self);
gint64   cproc_pool_worker_get_rss      (CprocPoolHandle   *self);
void     cproc_pool_worker_free         (CprocPoolHandle   *self);

G_END_DECLS
