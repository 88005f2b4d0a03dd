/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-pool-restart-private.h"
#include "cproc-pool-statistics-private.h"

G_BEGIN_DECLS

/* The decisions of a pool: which worker gets which request, and when workers start and end. The
 * core knows no process, no channel and no clock. It reaches them through a table of functions, so
 * that a test runs it with fake workers and a fake clock. Times are in µs. */

typedef struct _CprocPoolCore CprocPoolCore;

typedef enum
{
  CPROC_POOL_SLOT_STARTING,
  CPROC_POOL_SLOT_READY,
  CPROC_POOL_SLOT_RETIRING, /* gets no more requests, and is closed when it has none */
  CPROC_POOL_SLOT_DOOMED,   /* gets no more requests, and is killed when it has none */
  CPROC_POOL_SLOT_CLOSING,  /* was told to end */
} CprocPoolSlotState;

/* A worker. */
typedef struct
{
  gpointer data; /* the owner's */
  CprocPoolSlotState state;
  gboolean asked; /* its end is wanted, and no crash */
  gboolean killed;
  gboolean counted;   /* among the crashes */
  gboolean too_often; /* with it there were too many */
  gboolean worn;   /* has had its requests, or its memory */

  GList *requests; /* that it has, given up ones included; the last given first */
  GHashTable *keys; /* bound to it */
  gint64 started;
  gint64 idle_since;
  gint64 kill_at; /* or G_MAXINT64 */
  guint64 last_used;
  guint n_answers;
} CprocPoolSlot;

typedef struct
{
  gpointer data; /* the owner's */
  int priority;
  char *key; /* or NULL */
  gint64 deadline; /* or G_MAXINT64 */

  gint64 asked;
  gint64 given;
  gint64 order; /* in the queue */
  int tries_left;
  GSequenceIter *place; /* in the queue, or NULL */
  CprocPoolSlot *slot;  /* that has it, or NULL */
  gboolean over;        /* the caller has its end; only the worker's answer is missing */
  gint64 deaf_at;       /* when the worker counts as deaf, or G_MAXINT64 */
} CprocPoolRequest;

typedef enum
{
  CPROC_POOL_OUTCOME_COMPLETED,
  CPROC_POOL_OUTCOME_FAILED,
  CPROC_POOL_OUTCOME_TIMED_OUT,
  CPROC_POOL_OUTCOME_CANCELLED,
} CprocPoolOutcome;

typedef enum
{
  CPROC_POOL_EVENT_FINISHED,       /* a request: its end, with an error or without */
  CPROC_POOL_EVENT_FORGOTTEN,      /* a request: the core needs it no more */
  CPROC_POOL_EVENT_WORKER_STARTED, /* a slot */
  CPROC_POOL_EVENT_WORKER_ENDED,   /* a slot: is freed afterwards; with an error unless asked for */
  CPROC_POOL_EVENT_FAILED,         /* with an error */
  CPROC_POOL_EVENT_STATE,
  CPROC_POOL_EVENT_CONGESTED,
  CPROC_POOL_EVENT_DRAINED,
  CPROC_POOL_EVENT_CLOSED,
} CprocPoolEvent;

/* start, give, cancel, close and kill must not call back into the core. */
typedef struct
{
  gint64   (*now)          (gpointer owner);
  void     (*schedule)     (gpointer owner, gint64 due);
  void     (*start)        (gpointer owner, CprocPoolSlot *slot);
  gboolean (*give)         (gpointer owner, CprocPoolSlot *slot, CprocPoolRequest *request,
                            GError **error);
  void     (*cancel)       (gpointer owner, CprocPoolSlot *slot, CprocPoolRequest *request);
  void     (*close)        (gpointer owner, CprocPoolSlot *slot);
  void     (*kill)         (gpointer owner, CprocPoolSlot *slot);
  gboolean (*is_congested) (gpointer owner, CprocPoolSlot *slot);
  gint64   (*get_rss)      (gpointer owner, CprocPoolSlot *slot);
  /* Called when the core is at rest: whatever this does may call into it again. */
  void     (*event)        (gpointer owner, CprocPoolEvent event, gpointer subject,
                            const GError *error);
} CprocPoolFuncs;

typedef enum
{
  CPROC_POOL_CORE_OPEN,
  CPROC_POOL_CORE_FAILED,
  CPROC_POOL_CORE_CLOSING,
  CPROC_POOL_CORE_CLOSED,
} CprocPoolCoreState;

struct _CprocPoolCore
{
  const CprocPoolFuncs *funcs;
  gpointer owner;

  /* Settings; after a change call cproc_pool_core_wake(). */
  guint size;
  guint min_size;
  guint concurrency;
  int max_queue;
  gint64 idle_timeout; /* 0: none */
  gint64 start_timeout; /* 0: none */
  int max_requests;
  gint64 max_age; /* 0: none */
  gint64 max_rss;
  int retries;
  gint64 cancel_grace; /* -1: for ever */
  gint64 kill_grace;
  guint prepared; /* for the owner */

  CprocPoolCoreState state;
  gboolean congested;
  gboolean busy; /* something was asked for, and "drained" not told yet */
  GPtrArray *slots;
  GSequence *queue;
  GHashTable *bound; /* keys to slots */
  guint64 n_uses;
  gint64 n_pushed;
  gint64 n_returned;
  guint n_running; /* not those that are over */
  guint n_failing; /* workers with whose end the pool will fail */
  CprocPoolRestart restart;
  CprocPoolStatistics statistics;

  GQueue events;
  guint depth;
  gboolean emitting;
  int emit_depth; /* g_main_depth() there */
};

void              cproc_pool_core_init         (CprocPoolCore        *self,
                                                const CprocPoolFuncs *funcs,
                                                gpointer              owner);

/* Tells nothing more, except FORGOTTEN for each request that the owner has given. */
void              cproc_pool_core_clear        (CprocPoolCore        *self);

/* Does everything that is due. Call this at the scheduled time, and after changes. */
void              cproc_pool_core_wake         (CprocPoolCore        *self);

/* Takes a request in, and sets *request before anything is told about it. Its end is told by
 * FINISHED; after FORGOTTEN it is gone. timeout: in ms, 0 for none. */
void              cproc_pool_core_push         (CprocPoolCore        *self,
                                                gpointer              data,
                                                int                   priority,
                                                const char           *key,
                                                guint                 timeout,
                                                CprocPoolRequest    **request);
void              cproc_pool_core_cancel       (CprocPoolCore        *self,
                                                CprocPoolRequest     *request);

/* success: FALSE for an error of the worker. */
void              cproc_pool_core_answered     (CprocPoolCore        *self,
                                                CprocPoolRequest     *request,
                                                gboolean              success);

void              cproc_pool_core_ready        (CprocPoolCore        *self,
                                                CprocPoolSlot        *slot);
/* The worker could not be started. */
void              cproc_pool_core_start_failed (CprocPoolCore        *self,
                                                CprocPoolSlot        *slot,
                                                const GError         *error);
void              cproc_pool_core_ended        (CprocPoolCore        *self,
                                                CprocPoolSlot        *slot,
                                                const GError         *error);
/* The worker does not work: its end will count as a crash. */
void              cproc_pool_core_doom         (CprocPoolCore        *self,
                                                CprocPoolSlot        *slot);

void              cproc_pool_core_close        (CprocPoolCore        *self);
void              cproc_pool_core_abort        (CprocPoolCore        *self);

guint             cproc_pool_core_get_n_queued (CprocPoolCore        *self);
guint             cproc_pool_core_get_n_idle   (CprocPoolCore        *self);

G_END_DECLS
