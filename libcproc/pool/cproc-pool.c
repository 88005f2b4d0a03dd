/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-private.h"

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

#define SETTING (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)
#define READABLE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

typedef enum
{
  PROP_SIZE = 1,
  PROP_MIN_SIZE,
  PROP_CONCURRENCY,
  PROP_MAX_QUEUE,
  PROP_IDLE_TIMEOUT,
  PROP_START_TIMEOUT,
  PROP_MAX_REQUESTS,
  PROP_MAX_AGE,
  PROP_MAX_RSS,
  PROP_RETRIES,
  PROP_CANCEL_GRACE,
  PROP_RESTART_INTENSITY,
  PROP_RESTART_PERIOD,
  PROP_RESTART_DELAY,
  PROP_PREPARED,
  PROP_COMMAND,
  PROP_SETUP,
  PROP_STATE,
  PROP_CONGESTED,
} CprocPoolProperty;

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

/* The place and the type of a setting in the core. */
typedef enum
{
  SETTING_COUNT, /* a guint or an int, as the property */
  SETTING_MS,    /* a gint64 of µs; the property has ms */
  SETTING_SIZE,  /* a gint64, as the property */
} SettingKind;

static const struct
{
  gsize offset;
  SettingKind kind;
} settings[] = {
  [PROP_SIZE] = { G_STRUCT_OFFSET (CprocPoolCore, size), SETTING_COUNT },
  [PROP_MIN_SIZE] = { G_STRUCT_OFFSET (CprocPoolCore, min_size), SETTING_COUNT },
  [PROP_CONCURRENCY] = { G_STRUCT_OFFSET (CprocPoolCore, concurrency), SETTING_COUNT },
  [PROP_MAX_QUEUE] = { G_STRUCT_OFFSET (CprocPoolCore, max_queue), SETTING_COUNT },
  [PROP_IDLE_TIMEOUT] = { G_STRUCT_OFFSET (CprocPoolCore, idle_timeout), SETTING_MS },
  [PROP_START_TIMEOUT] = { G_STRUCT_OFFSET (CprocPoolCore, start_timeout), SETTING_MS },
  [PROP_MAX_REQUESTS] = { G_STRUCT_OFFSET (CprocPoolCore, max_requests), SETTING_COUNT },
  [PROP_MAX_AGE] = { G_STRUCT_OFFSET (CprocPoolCore, max_age), SETTING_MS },
  [PROP_MAX_RSS] = { G_STRUCT_OFFSET (CprocPoolCore, max_rss), SETTING_SIZE },
  [PROP_RETRIES] = { G_STRUCT_OFFSET (CprocPoolCore, retries), SETTING_COUNT },
  [PROP_CANCEL_GRACE] = { G_STRUCT_OFFSET (CprocPoolCore, cancel_grace), SETTING_MS },
  [PROP_RESTART_INTENSITY] = { G_STRUCT_OFFSET (CprocPoolCore, restart.intensity), SETTING_COUNT },
  [PROP_RESTART_PERIOD] = { G_STRUCT_OFFSET (CprocPoolCore, restart.period), SETTING_MS },
  [PROP_RESTART_DELAY] = { G_STRUCT_OFFSET (CprocPoolCore, restart.delay), SETTING_MS },
  [PROP_PREPARED] = { G_STRUCT_OFFSET (CprocPoolCore, prepared), SETTING_COUNT },
};

static GParamSpec *properties[PROP_CONGESTED + 1];
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
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
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
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONGESTED]);
      break;
    case CPROC_POOL_EVENT_DRAINED:
      g_signal_emit (self, signals[SIGNAL_DRAINED], 0);
      cproc_pool_return_tasks (&self->drains);
      break;
    case CPROC_POOL_EVENT_CLOSED:
      pool_update_state (self);
      cproc_pool_return_tasks (&self->closes);
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
  g_autoptr(CprocPool) self = g_object_ref (user_data);

  cproc_pool_core_wake (&self->core);

  return G_SOURCE_CONTINUE;
}

static void
pool_wake (CprocPool *self)
{
  g_source_set_ready_time (self->timer, 0);
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
  cproc_pool_core_init (&self->core, &core_funcs, self);
  self->core.size = g_get_num_processors ();
  self->spares = cproc_pool_spares_new ();
  self->handles = g_ptr_array_new ();
  self->workers = g_ptr_array_new_with_free_func (g_object_unref);
  self->context = g_main_context_ref_thread_default ();
  self->thread = g_thread_ref (g_thread_self ());
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_due, self, NULL);
  g_source_set_static_name (self->timer, "CprocPool");
  g_source_attach (self->timer, self->context);
}

static void
cproc_pool_dispose (GObject *object)
{
  CprocPool *self = CPROC_POOL (object);

  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_clear_pointer (&self->timer, g_source_unref);
    }

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
  g_ptr_array_unref (self->handles);
  g_ptr_array_unref (self->workers);
  g_clear_object (&self->command);
  g_clear_pointer (&self->setup, cproc_message_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_thread_unref (self->thread);

  G_OBJECT_CLASS (cproc_pool_parent_class)->finalize (object);
}

static void
get_setting (CprocPool *self,
             guint      prop_id,
             GValue    *value)
{
  gpointer place = G_STRUCT_MEMBER_P (&self->core, settings[prop_id].offset);
  gint64 number;

  if (settings[prop_id].kind == SETTING_COUNT)
    number = G_VALUE_HOLDS_UINT (value) ? (gint64) *(guint *) place : *(int *) place;
  else
    number = *(gint64 *) place;

  if (settings[prop_id].kind == SETTING_MS && number > 0)
    number /= G_TIME_SPAN_MILLISECOND;

  if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, (guint) number);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, (int) number);
  else
    g_value_set_int64 (value, number);
}

static void
set_setting (CprocPool    *self,
             guint         prop_id,
             const GValue *value)
{
  gpointer place = G_STRUCT_MEMBER_P (&self->core, settings[prop_id].offset);
  gint64 number;

  if (G_VALUE_HOLDS_UINT (value))
    number = g_value_get_uint (value);
  else if (G_VALUE_HOLDS_INT (value))
    number = g_value_get_int (value);
  else
    number = g_value_get_int64 (value);

  if (settings[prop_id].kind == SETTING_COUNT && G_VALUE_HOLDS_UINT (value))
    *(guint *) place = (guint) number;
  else if (settings[prop_id].kind == SETTING_COUNT)
    *(int *) place = (int) number;
  else if (settings[prop_id].kind == SETTING_MS && number > 0)
    *(gint64 *) place = number * G_TIME_SPAN_MILLISECOND;
  else
    *(gint64 *) place = number;

  g_object_notify_by_pspec (G_OBJECT (self), properties[prop_id]);
  pool_wake (self);
}

static void
cproc_pool_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  CprocPool *self = CPROC_POOL (object);

  switch (prop_id)
    {
    case PROP_COMMAND:
      g_value_set_object (value, self->command);
      break;
    case PROP_SETUP:
      g_value_set_boxed (value, self->setup);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_CONGESTED:
      g_value_set_boolean (value, self->core.congested);
      break;
    default:
      get_setting (self, prop_id, value);
    }
}

static void
cproc_pool_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  CprocPool *self = CPROC_POOL (object);

  switch (prop_id)
    {
    case PROP_COMMAND:
      self->command = g_value_dup_object (value);
      break;
    case PROP_SETUP:
      cproc_pool_set_setup (self, g_value_get_boxed (value));
      break;
    case PROP_SIZE:
      cproc_pool_set_size (self, g_value_get_uint (value));
      break;
    default:
      set_setting (self, prop_id, value);
    }
}

static void
install_settings (void)
{
  /**
   * CprocPool:size: (getter get_size) (setter set_size)
   *
   * How many workers the pool has at most.
   *
   * When it becomes smaller, workers go as soon as they have nothing to do. 0 means one for each
   * processor.
   *
   * Since: 1.0
   */
  properties[PROP_SIZE] =
    g_param_spec_uint ("size", NULL, NULL, 1, G_MAXUINT, 1, SETTING);

  /**
   * CprocPool:min-size:
   *
   * How many workers the pool keeps, also without requests; others are started when needed.
   *
   * Since: 1.0
   */
  properties[PROP_MIN_SIZE] =
    g_param_spec_uint ("min-size", NULL, NULL, 0, G_MAXUINT, 0, SETTING);

  /**
   * CprocPool:concurrency:
   *
   * How many requests a worker has at a time.
   *
   * Since: 1.0
   */
  properties[PROP_CONCURRENCY] =
    g_param_spec_uint ("concurrency", NULL, NULL, 1, G_MAXUINT, 1, SETTING);

  /**
   * CprocPool:max-queue:
   *
   * How many requests may wait; -1 for no limit.
   *
   * A request beyond that fails at once with [error@Cproc.Error.QUEUE_FULL].
   *
   * Since: 1.0
   */
  properties[PROP_MAX_QUEUE] =
    g_param_spec_int ("max-queue", NULL, NULL, -1, G_MAXINT, 1000, SETTING);

  /**
   * CprocPool:idle-timeout:
   *
   * After how many milliseconds without a request a worker goes; 0 for never.
   *
   * Since: 1.0
   */
  properties[PROP_IDLE_TIMEOUT] =
    g_param_spec_uint ("idle-timeout", NULL, NULL, 0, G_MAXUINT, 0, SETTING);

  /**
   * CprocPool:start-timeout:
   *
   * How many milliseconds a worker may take from its start to the answer of
   * [property@Cproc.Pool:setup]; 0 for no limit.
   *
   * Since: 1.0
   */
  properties[PROP_START_TIMEOUT] =
    g_param_spec_uint ("start-timeout", NULL, NULL, 0, G_MAXUINT, 30000, SETTING);

  /**
   * CprocPool:max-requests:
   *
   * After how many requests a worker is replaced; -1 for never.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_REQUESTS] =
    g_param_spec_int ("max-requests", NULL, NULL, -1, G_MAXINT, -1, SETTING);

  /**
   * CprocPool:max-age:
   *
   * After how many milliseconds a worker is replaced; 0 for never.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_AGE] =
    g_param_spec_uint ("max-age", NULL, NULL, 0, G_MAXUINT, 0, SETTING);

  /**
   * CprocPool:max-rss:
   *
   * With how many bytes of memory a worker is replaced; -1 for never.
   *
   * It is looked at after each answer, for the worker alone.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_RSS] =
    g_param_spec_int64 ("max-rss", NULL, NULL, -1, G_MAXINT64, -1, SETTING);

  /**
   * CprocPool:retries:
   *
   * How often a request is given to another worker when its own has ended without an answer.
   *
   * Since: 1.0
   */
  properties[PROP_RETRIES] =
    g_param_spec_int ("retries", NULL, NULL, 0, G_MAXINT, 0, SETTING);

  /**
   * CprocPool:cancel-grace:
   *
   * How many milliseconds a worker has to answer a request that timed out or was cancelled, before
   * it is killed; -1 for ever.
   *
   * Since: 1.0
   */
  properties[PROP_CANCEL_GRACE] =
    g_param_spec_int ("cancel-grace", NULL, NULL, -1, G_MAXINT, 5000, SETTING);

  /**
   * CprocPool:restart-intensity:
   *
   * How many workers may crash within [property@Cproc.Pool:restart-period]; with one more the pool
   * fails.
   *
   * Since: 1.0
   */
  properties[PROP_RESTART_INTENSITY] =
    g_param_spec_uint ("restart-intensity", NULL, NULL, 0, G_MAXUINT, 5, SETTING);

  /**
   * CprocPool:restart-period:
   *
   * The time, in milliseconds, for [property@Cproc.Pool:restart-intensity].
   *
   * Since: 1.0
   */
  properties[PROP_RESTART_PERIOD] =
    g_param_spec_uint ("restart-period", NULL, NULL, 0, G_MAXUINT, 10000, SETTING);

  /**
   * CprocPool:restart-delay:
   *
   * How many milliseconds after a crash the next worker starts.
   *
   * The delay doubles with each crash, up to 10 seconds, until a new worker has answered.
   *
   * Since: 1.0
   */
  properties[PROP_RESTART_DELAY] =
    g_param_spec_uint ("restart-delay", NULL, NULL, 0, G_MAXUINT, 100, SETTING);

  /**
   * CprocPool:prepared:
   *
   * How many workers are kept prepared, beside those that run; see [method@Cproc.Child.prepare].
   *
   * A worker that is needed then starts in a fraction of the time. A prepared one is a process, but
   * not yet a worker of the pool, and has everything as it was when it was prepared.
   *
   * Since: 1.0
   */
  properties[PROP_PREPARED] =
    g_param_spec_uint ("prepared", NULL, NULL, 0, G_MAXUINT, 0, SETTING);
}

static void
install_properties (GObjectClass *object_class)
{
  install_settings ();

  /**
   * CprocPool:command: (getter get_command)
   *
   * What a worker runs.
   *
   * Since: 1.0
   */
  properties[PROP_COMMAND] =
    g_param_spec_object ("command", NULL, NULL, CPROC_TYPE_COMMAND,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocPool:setup: (getter get_setup) (setter set_setup)
   *
   * The parameters of a first request `setup` to each worker, or `NULL` for none.
   *
   * A worker that answers with an error does not count as started.
   *
   * Since: 1.0
   */
  properties[PROP_SETUP] =
    g_param_spec_boxed ("setup", NULL, NULL, CPROC_TYPE_MESSAGE, SETTING);

  /**
   * CprocPool:state: (getter get_state)
   *
   * What the pool does.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, CPROC_TYPE_POOL_STATE, CPROC_POOL_STATE_IDLE, READABLE);

  /**
   * CprocPool:congested: (getter get_congested)
   *
   * Whether so many requests wait that no more should be made: from half of
   * [property@Cproc.Pool:max-queue] on, until only a quarter waits.
   *
   * Since: 1.0
   */
  properties[PROP_CONGESTED] =
    g_param_spec_boolean ("congested", NULL, NULL, FALSE, READABLE);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
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
  object_class->get_property = cproc_pool_get_property;
  object_class->set_property = cproc_pool_set_property;

  install_properties (object_class);
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

/**
 * cproc_pool_get_command:
 * @self: a pool
 *
 * Gets the command.
 *
 * Returns: (transfer none): what a worker runs
 *
 * Since: 1.0
 */
CprocCommand *
cproc_pool_get_command (CprocPool *self)
{
  g_return_val_if_fail (CPROC_IS_POOL (self), NULL);

  return self->command;
}

/**
 * cproc_pool_get_state:
 * @self: a pool
 *
 * Gets the state.
 *
 * Returns: what the pool does
 *
 * Since: 1.0
 */
CprocPoolState
cproc_pool_get_state (CprocPool *self)
{
  g_return_val_if_fail (CPROC_IS_POOL (self), CPROC_POOL_STATE_CLOSED);

  return self->state;
}

/**
 * cproc_pool_get_congested:
 * @self: a pool
 *
 * Tells whether so many requests wait that no more should be made.
 *
 * Returns: `TRUE` if it is congested
 *
 * Since: 1.0
 */
gboolean
cproc_pool_get_congested (CprocPool *self)
{
  g_return_val_if_fail (CPROC_IS_POOL (self), FALSE);

  return self->core.congested;
}

/**
 * cproc_pool_get_size:
 * @self: a pool
 *
 * Gets the size.
 *
 * Returns: how many workers there are at most
 *
 * Since: 1.0
 */
guint
cproc_pool_get_size (CprocPool *self)
{
  g_return_val_if_fail (CPROC_IS_POOL (self), 0);

  return self->core.size;
}

/**
 * cproc_pool_set_size:
 * @self: a pool
 * @size: how many workers there are at most; 0 for one for each processor
 *
 * Sets the size. When it becomes smaller, workers go as soon as they have nothing to do.
 *
 * Since: 1.0
 */
void
cproc_pool_set_size (CprocPool *self,
                     guint      size)
{
  g_return_if_fail (CPROC_IS_POOL (self));

  if (size == 0)
    size = g_get_num_processors ();
  if (size == self->core.size)
    return;

  self->core.size = size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SIZE]);
  pool_wake (self);
}

/**
 * cproc_pool_get_setup:
 * @self: a pool
 *
 * Gets the parameters of the first request to each worker.
 *
 * Returns: (transfer none) (nullable): the parameters, or `NULL` if there is no such request
 *
 * Since: 1.0
 */
CprocMessage *
cproc_pool_get_setup (CprocPool *self)
{
  g_return_val_if_fail (CPROC_IS_POOL (self), NULL);

  return self->setup;
}

/**
 * cproc_pool_set_setup:
 * @self: a pool
 * @setup: (nullable): an object or an array, or `NULL` for no such request
 *
 * Sets the parameters of a first request `setup` to each worker that starts from now on.
 *
 * Since: 1.0
 */
void
cproc_pool_set_setup (CprocPool    *self,
                      CprocMessage *setup)
{
  g_return_if_fail (CPROC_IS_POOL (self));
  g_return_if_fail (cproc_pool_are_params (setup));

  if (setup != NULL)
    cproc_message_ref (setup);
  g_clear_pointer (&self->setup, cproc_message_unref);
  self->setup = setup;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SETUP]);
}
