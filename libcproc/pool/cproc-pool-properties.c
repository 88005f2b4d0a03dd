/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-private.h"

/* The properties of a pool: most of them are settings of the core. */

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

  cproc_pool_wake (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[prop_id]);
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

void
cproc_pool_install_properties (GObjectClass *object_class)
{
  object_class->get_property = cproc_pool_get_property;
  object_class->set_property = cproc_pool_set_property;

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

void
cproc_pool_notify_state (CprocPool *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
cproc_pool_notify_congested (CprocPool *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONGESTED]);
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
  cproc_pool_wake (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SIZE]);
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
