/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-private.h"
#include "cproc-source-private.h"

/**
 * CprocPool:
 *
 * Workers of one command, to which requests are given.
 *
 * A worker is a [class@Cproc.Worker]: any program that answers requests in the format of JSON-RPC
 * 2.0 on its channel. A Node script does so in two lines:
 *
 * ```js
 * process.on('message', async ({ jsonrpc, id, params }) =>
 *   process.send({ jsonrpc, id, result: await work(params) }));
 * ```
 *
 * ```c
 * g_autoptr(CprocCommand) command = cproc_command_new_module ("worker.js", NULL);
 * g_autoptr(CprocMessage) params = cproc_message_new_text ("[1, 2]", NULL);
 * CprocPool *pool = cproc_pool_new (command, 4);
 *
 * cproc_pool_request_async (pool, "add", params, 0, NULL, on_answer, NULL);
 * ```
 *
 * Workers start when they are needed. Requests wait in a queue until a worker is free: those with a
 * higher priority first, then the oldest. Requests with one key go to one worker, as long as it
 * lives.
 *
 * ## When something goes wrong
 *
 * A request fails with [error@Cproc.Error.WORKER_ENDED] if its worker ends without an answer,
 * unless [property@Cproc.Pool:retries] gives it to another one. A worker that crashed is
 * replaced after [property@Cproc.Pool:restart-delay]. If too many crash the pool fails:
 * everything that is pending fails, and a new request tries again. If a worker cannot be started at
 * all the pool fails at once, with the error of the start.
 *
 * An error that the worker answers with is from `CPROC_REPLY_ERROR`.
 *
 * ## The end
 *
 * [method@Cproc.Pool.close_async] does what is queued, then lets the workers go;
 * [method@Cproc.Pool.abort] gives up at once. A pending request keeps the pool alive. When the last
 * reference is dropped the workers end.
 *
 * ## Threads
 *
 * A pool belongs to the main context that was the thread-default one when it was made. A method
 * that is called from another thread than that context's is refused: it writes a critical, and its
 * error is [error@Cproc.Error.NOT_SUPPORTED].
 *
 * Since: 1.0
 */

enum
{
  SIGNAL_WORKER_STARTED,
  SIGNAL_WORKER_ENDED,
  SIGNAL_MESSAGE,
  SIGNAL_REQUEST_RECEIVED,
  SIGNAL_FAILED,
  SIGNAL_DRAINED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CprocPool, cproc_pool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

G_DEFINE_ENUM_TYPE (CprocPoolState, cproc_pool_state,
                    G_DEFINE_ENUM_VALUE (CPROC_POOL_STATE_IDLE, "idle"),
                    G_DEFINE_ENUM_VALUE (CPROC_POOL_STATE_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (CPROC_POOL_STATE_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (CPROC_POOL_STATE_CLOSING, "closing"),
                    G_DEFINE_ENUM_VALUE (CPROC_POOL_STATE_CLOSED, "closed"))

static gint64
core_now (gpointer owner)
{
  return g_get_monotonic_time ();
}

static void
core_schedule (gpointer owner,
               gint64   due)
{
  CprocPool *self = owner;

  if (self->timer != NULL)
    g_source_set_ready_time (self->timer, due == G_MAXINT64 ? -1 : due);
}

static void
core_start (gpointer       owner,
            CprocPoolSlot *slot)
{
  cproc_pool_worker_start (owner, slot);
}

static gboolean
core_give (gpointer           owner,
           CprocPoolSlot     *slot,
           CprocPoolRequest  *request,
           GError           **error)
{
  return cproc_pool_worker_give (slot->data, request->data, error);
}

static void
core_cancel (gpointer          owner,
             CprocPoolSlot    *slot,
             CprocPoolRequest *request)
{
  cproc_pool_call_cancel (request->data);
}

static void
core_close (gpointer       owner,
            CprocPoolSlot *slot)
{
  cproc_pool_worker_close (slot->data);
}

static void
core_kill (gpointer       owner,
           CprocPoolSlot *slot)
{
  cproc_pool_worker_kill (slot->data);
}

static gboolean
core_is_congested (gpointer       owner,
                   CprocPoolSlot *slot)
{
  return cproc_pool_worker_is_congested (slot->data);
}

static gint64
core_get_rss (gpointer       owner,
              CprocPoolSlot *slot)
{
  return cproc_pool_worker_get_rss (slot->data);
}

static CprocPoolState
pool_judge_state (CprocPool *self)
{
  switch (self->core.state)
    {
    case CPROC_POOL_CORE_FAILED:
      return CPROC_POOL_STATE_FAILED;
    case CPROC_POOL_CORE_CLOSING:
      return CPROC_POOL_STATE_CLOSING;
    case CPROC_POOL_CORE_CLOSED:
      return CPROC_POOL_STATE_CLOSED;
    case CPROC_POOL_CORE_OPEN:
    default:
      return self->core.slots->len > 0 || cproc_pool_core_get_n_queued (&self->core) > 0
             ? CPROC_POOL_STATE_RUNNING : CPROC_POOL_STATE_IDLE;
    }
}

static void
pool_update_state (CprocPool *self)
{
  CprocPoolState state = pool_judge_state (self);

  if (state == self->state)
    return;

  self->state = state;
  cproc_pool_notify_state (self);
}

static void
pool_update_spares (CprocPool *self)
{
  gboolean is_open = self->core.state < CPROC_POOL_CORE_CLOSING;

  cproc_pool_spares_fill (self->spares, self->command, is_open ? self->core.prepared : 0,
                          self->context);
}

static void
pool_add_worker (CprocPool     *self,
                 CprocPoolSlot *slot)
{
  CprocPoolHandle *handle = slot->data;

  g_ptr_array_add (self->workers, g_object_ref (handle->worker));
  g_list_model_items_changed (G_LIST_MODEL (self), self->workers->len - 1, 0, 1);
  g_signal_emit (self, signals[SIGNAL_WORKER_STARTED], 0, handle->worker);
}

static void
pool_remove_worker (CprocPool     *self,
                    CprocPoolSlot *slot,
                    const GError  *error)
{
  CprocPoolHandle *handle = slot->data;
  g_autoptr(CprocWorker) worker = g_object_ref (handle->worker);
  guint place;

  cproc_pool_worker_free (handle);
  if (!g_ptr_array_find (self->workers, worker, &place))
    return;

  g_ptr_array_remove_index (self->workers, place);
  g_list_model_items_changed (G_LIST_MODEL (self), place, 1, 0);
  g_signal_emit (self, signals[SIGNAL_WORKER_ENDED], 0, worker, error);
}

/* During the disposal of the pool, only the calls still exist. */
static void
core_event (gpointer        owner,
            CprocPoolEvent  event,
            gpointer        subject,
            const GError   *error)
{
  CprocPool *self = owner;
  CprocPoolRequest *request = subject;

  switch (event)
    {
    case CPROC_POOL_EVENT_FINISHED:
      cproc_pool_call_return (request->data, error);
      break;
    case CPROC_POOL_EVENT_FORGOTTEN:
      cproc_pool_call_free (request->data);
      break;
    case CPROC_POOL_EVENT_WORKER_STARTED:
      pool_add_worker (self, subject);
      break;
    case CPROC_POOL_EVENT_WORKER_ENDED:
      pool_remove_worker (self, subject, error);
      break;
    case CPROC_POOL_EVENT_FAILED:
      pool_update_state (self);
      g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
      break;
    case CPROC_POOL_EVENT_CONGESTED:
      cproc_pool_notify_congested (self);
      break;
    case CPROC_POOL_EVENT_DRAINED:
      g_signal_emit (self, signals[SIGNAL_DRAINED], 0);
      cproc_pool_return_waits (&self->drains);
      break;
    case CPROC_POOL_EVENT_CLOSED:
      pool_update_state (self);
      cproc_pool_return_waits (&self->closes);
      break;
    case CPROC_POOL_EVENT_STATE:
    default:
      pool_update_spares (self);
      pool_update_state (self);
      break;
    }
}

static const CprocPoolFuncs core_funcs = {
  .now = core_now,
  .schedule = core_schedule,
  .start = core_start,
  .give = core_give,
  .cancel = core_cancel,
  .close = core_close,
  .kill = core_kill,
  .is_congested = core_is_congested,
  .get_rss = core_get_rss,
  .event = core_event,
};

static gboolean
timer_dispatch (GSource     *source,
                GSourceFunc  callback,
                gpointer     user_data)
{
  g_source_set_ready_time (source, -1);

  return callback (user_data);
}

static GSourceFuncs timer_funcs = {
  .dispatch = timer_dispatch,
};

static gboolean
on_due (gpointer user_data)
{
  CprocOwner *owner = user_data;
  CprocPool *self = cproc_owner_hold (owner);

  if (self == NULL)
    return G_SOURCE_REMOVE;

  cproc_pool_core_wake (&self->core);
  cproc_owner_drop (owner, self);

  return G_SOURCE_CONTINUE;
}

static GType
pool_get_item_type (GListModel *model)
{
  return CPROC_TYPE_WORKER;
}

static guint
pool_get_n_items (GListModel *model)
{
  return CPROC_POOL (model)->workers->len;
}

static gpointer
pool_get_item (GListModel *model,
               guint       position)
{
  CprocPool *self = CPROC_POOL (model);

  return position < self->workers->len
         ? g_object_ref (g_ptr_array_index (self->workers, position)) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = pool_get_item_type;
  iface->get_n_items = pool_get_n_items;
  iface->get_item = pool_get_item;
}

static void
cproc_pool_init (CprocPool *self)
{
  self->owner = cproc_owner_new (self);
  cproc_pool_core_init (&self->core, &core_funcs, self);
  self->core.size = g_get_num_processors ();
  self->spares = cproc_pool_spares_new ();
  self->handles = g_ptr_array_new ();
  self->workers = g_ptr_array_new_with_free_func (g_object_unref);
  self->context = g_main_context_ref_thread_default ();
  self->thread = g_thread_ref (g_thread_self ());
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_due, cproc_owner_ref (self->owner),
                         (GDestroyNotify) cproc_owner_unref);
  g_source_set_static_name (self->timer, "CprocPool");
  g_source_attach (self->timer, self->context);
}

static void
cproc_pool_dispose (GObject *object)
{
  CprocPool *self = CPROC_POOL (object);

  if (!cproc_owner_leave (self->owner))
    return;

  cproc_source_clear (&self->timer);

  /* Dropping a running worker ends it. */
  while (self->handles->len > 0)
    cproc_pool_worker_free (g_ptr_array_index (self->handles, 0));
  g_ptr_array_set_size (self->workers, 0);

  G_OBJECT_CLASS (cproc_pool_parent_class)->dispose (object);
}

static void
cproc_pool_finalize (GObject *object)
{
  CprocPool *self = CPROC_POOL (object);

  cproc_pool_core_clear (&self->core);
  g_clear_pointer (&self->spares, cproc_pool_spares_free);
  cproc_owner_unref (self->owner);
  g_ptr_array_unref (self->handles);
  g_ptr_array_unref (self->workers);
  g_clear_object (&self->command);
  g_clear_pointer (&self->setup, cproc_message_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_thread_unref (self->thread);

  G_OBJECT_CLASS (cproc_pool_parent_class)->finalize (object);
}

static void
install_signals (GType type)
{
  /**
   * CprocPool::worker-started:
   * @self: the pool
   * @worker: the worker
   *
   * A worker has started, and has answered [property@Cproc.Pool:setup].
   *
   * Since: 1.0
   */
  signals[SIGNAL_WORKER_STARTED] =
    g_signal_new ("worker-started", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_WORKER);

  /**
   * CprocPool::worker-ended:
   * @self: the pool
   * @worker: the worker
   * @error: (nullable): why, or `NULL` if the pool has asked for it
   *
   * A worker has ended.
   *
   * Since: 1.0
   */
  signals[SIGNAL_WORKER_ENDED] =
    g_signal_new ("worker-ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, CPROC_TYPE_WORKER, G_TYPE_ERROR);

  /**
   * CprocPool::message:
   * @self: the pool
   * @worker: the worker
   * @message: what it sent
   *
   * A worker has sent a message that is not the answer to a request.
   *
   * Since: 1.0
   */
  signals[SIGNAL_MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, CPROC_TYPE_WORKER, CPROC_TYPE_MESSAGE);

  /**
   * CprocPool::request-received:
   * @self: the pool
   * @worker: who has sent it
   * @request: the request
   *
   * A worker has sent a request, or a notification.
   *
   * A handler that is connected to the worker or to its channel goes before this. While nothing is
   * connected, a request is a message like any other. If there are several handlers the first to
   * reply answers the request.
   *
   * Since: 1.0
   */
  signals[SIGNAL_REQUEST_RECEIVED] =
    g_signal_new ("request-received", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, CPROC_TYPE_WORKER, CPROC_TYPE_REQUEST);

  /**
   * CprocPool::failed:
   * @self: the pool
   * @error: why
   *
   * The pool has failed: too many workers crashed, or none could be started.
   *
   * Since: 1.0
   */
  signals[SIGNAL_FAILED] =
    g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * CprocPool::drained:
   * @self: the pool
   *
   * The last request has ended: the queue is empty, and no worker is busy.
   *
   * Since: 1.0
   */
  signals[SIGNAL_DRAINED] =
    g_signal_new ("drained", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
cproc_pool_class_init (CprocPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cproc_pool_dispose;
  object_class->finalize = cproc_pool_finalize;

  cproc_pool_install_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));
}

/**
 * cproc_pool_new:
 * @command: what a worker runs
 * @size: how many workers there are at most; 0 for one for each processor
 *
 * Creates a pool.
 *
 * Returns: (transfer full): a new pool, without workers yet
 *
 * Since: 1.0
 */
CprocPool *
cproc_pool_new (CprocCommand *command,
                guint         size)
{
  CprocPool *self;

  g_return_val_if_fail (CPROC_IS_COMMAND (command), NULL);

  self = g_object_new (CPROC_TYPE_POOL, "command", command, NULL);
  cproc_pool_set_size (self, size);

  return self;
}
