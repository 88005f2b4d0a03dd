/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-channel-private.h"
#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-worker.h"

/**
 * CprocWorker:
 *
 * A child with a message channel: what Node's `child_process.fork()` gives a Node program.
 *
 * A message is any JSON value. The format on the wire is Node's own, so the worker may be a program
 * that uses [func@Cproc.Channel.get_parent], in any language, or a Node script with
 * `process.send()` and `process.on('message')` that knows nothing of libcproc.
 *
 * ```c
 * static void
 * on_message (CprocWorker *worker, CprocMessage *message, gpointer user_data)
 * {
 *   g_print ("got message from child: %s\n", cproc_message_get_text (message));
 *   cproc_worker_close_channel (worker);
 * }
 *
 * g_autoptr(CprocWorker) worker = cproc_worker_new ("worker.js", NULL);
 * g_autoptr(CprocMessage) hello = cproc_message_new_text ("\"Hello there!\"", NULL);
 *
 * g_signal_connect (worker, "message", G_CALLBACK (on_message), NULL);
 * if (!cproc_child_start (CPROC_CHILD (worker), &error) ||
 *     !cproc_worker_send (worker, hello, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * The standard streams are the parent's own unless the command says otherwise.
 *
 * ## The end
 *
 * Every message comes before [signal@Cproc.Worker::disconnected], and that before
 * [signal@Cproc.Child::closed]. [method@Cproc.Worker.close_channel], after all that was sent, tells
 * the worker that there is no more to do; [method@Cproc.Child.kill] does not wait for it.
 *
 * ## A worker that is not trusted
 *
 * What it sends is checked before it is parsed. [signal@Cproc.Worker::invalid-message] tells of
 * anything that is not a message, and the messages after it arrive as usual.
 *
 * ## Threads
 *
 * A worker is used like any [class@Cproc.Child], in the thread of the main context that it was
 * started in.
 *
 * Since: 1.0
 */

#define DEFAULT_CHANNEL_FD 3

struct _CprocWorker
{
  CprocChild parent_instance;

  CprocChannel *channel;
  int channel_fd;
};

typedef enum
{
  PROP_CHANNEL = 1,
  PROP_CHANNEL_FD,
} CprocWorkerProperty;

static GParamSpec *properties[PROP_CHANNEL_FD + 1];
/* By CprocChannelSignal. */
static guint signals[CPROC_CHANNEL_N_SIGNALS];

G_DEFINE_FINAL_TYPE (CprocWorker, cproc_worker, CPROC_TYPE_CHILD)

static void
worker_message (gpointer      owner,
                CprocMessage *message)
{
  cproc_run_emit_due (cproc_child_get_run (owner));
  g_signal_emit (owner, signals[CPROC_CHANNEL_SIGNAL_MESSAGE], 0, message);
}

static void
worker_invalid_message (gpointer  owner,
                        GError   *error)
{
  cproc_run_emit_due (cproc_child_get_run (owner));
  g_signal_emit (owner, signals[CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE], 0, error);
}

static void
worker_disconnected (gpointer owner)
{
  cproc_run_emit_due (cproc_child_get_run (owner));
  g_signal_emit (owner, signals[CPROC_CHANNEL_SIGNAL_DISCONNECTED], 0);
  /* A paused channel held `closed` back. */
  cproc_run_expect_closed (cproc_child_get_run (owner));
}

static void
worker_request_received (gpointer      owner,
                         CprocRequest *request)
{
  cproc_run_emit_due (cproc_child_get_run (owner));
  g_signal_emit (owner, signals[CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED], 0, request);
}

static void
worker_send_failed (gpointer      owner,
                    CprocMessage *message,
                    GError       *error)
{
  cproc_run_emit_due (cproc_child_get_run (owner));
  g_signal_emit (owner, signals[CPROC_CHANNEL_SIGNAL_SEND_FAILED], 0, message, error);
}

static gboolean
worker_has_handler (gpointer           owner,
                    CprocChannelSignal signal)
{
  return g_signal_has_handler_pending (owner, signals[signal], 0, FALSE);
}

static const CprocChannelDelegate delegate_functions = {
  .message = worker_message,
  .invalid_message = worker_invalid_message,
  .disconnected = worker_disconnected,
  .request_received = worker_request_received,
  .send_failed = worker_send_failed,
  .has_handler = worker_has_handler,
};

static gboolean
cproc_worker_prepare (CprocChild   *child,
                      CprocLaunch  *launch,
                      GError      **error)
{
  CprocWorker *self = CPROC_WORKER (child);
  g_autofree char *number = g_strdup_printf ("%d", self->channel_fd);
  g_autoptr(GMainContext) nowhere = cproc_fd_new_context (error);
  int fds[2];

  if (nowhere == NULL || !cproc_fd_open_socketpair (fds, error))
    return FALSE;

  /* Messages that are sent now wait in the socket. If the start fails, do not emit
   * `disconnected`. */
  if (!cproc_channel_open (self->channel, fds[0], nowhere, error))
    {
      cproc_fd_clear (&fds[1]);
      return FALSE;
    }

  /* The number that Node's documentation of child_process uses, under "options.stdio". */
  cproc_launch_take_fd (launch, fds[1], self->channel_fd);
  cproc_launch_set_variable (launch, "NODE_CHANNEL_FD", number);
  cproc_launch_set_variable (launch, "NODE_CHANNEL_SERIALIZATION_MODE", "json");

  return TRUE;
}

static void
cproc_worker_unprepare (CprocChild *child)
{
  cproc_channel_reset (CPROC_WORKER (child)->channel);
}

static void
cproc_worker_prepared (CprocChild *child)
{
  cproc_channel_set_context (CPROC_WORKER (child)->channel, cproc_child_get_priv (child)->context);
}

static void
cproc_worker_set_context (CprocChild   *child,
                          GMainContext *context)
{
  cproc_channel_set_context (CPROC_WORKER (child)->channel, context);
}

static gboolean
cproc_worker_finishing (CprocChild *child)
{
  CprocChannel *channel = CPROC_WORKER (child)->channel;

  cproc_channel_drain (channel);

  return !cproc_channel_is_open (channel);
}

static void
cproc_worker_dispose (GObject *object)
{
  CprocWorker *self = CPROC_WORKER (object);
  gboolean is_foreign = cproc_child_is_foreign (CPROC_CHILD (self));

  if (!is_foreign && !cproc_child_leave_sources (CPROC_CHILD (self)))
    return;

  if (!is_foreign)
    cproc_channel_abandon (self->channel,
                           cproc_child_get_state (CPROC_CHILD (self)) < CPROC_STATE_STARTING,
                           cproc_child_get_priv (CPROC_CHILD (self))->context);

  G_OBJECT_CLASS (cproc_worker_parent_class)->dispose (object);
}

static void
cproc_worker_finalize (GObject *object)
{
  CprocWorker *self = CPROC_WORKER (object);

  g_clear_object (&self->channel);

  G_OBJECT_CLASS (cproc_worker_parent_class)->finalize (object);
}

static void
cproc_worker_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  CprocWorker *self = CPROC_WORKER (object);

  switch ((CprocWorkerProperty) prop_id)
    {
    case PROP_CHANNEL:
      g_value_set_object (value, self->channel);
      break;
    case PROP_CHANNEL_FD:
      g_value_set_int (value, self->channel_fd);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_worker_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  CprocWorker *self = CPROC_WORKER (object);

  switch ((CprocWorkerProperty) prop_id)
    {
    case PROP_CHANNEL_FD:
      cproc_worker_set_channel_fd (self, g_value_get_int (value));
      break;
    case PROP_CHANNEL:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  /**
   * CprocWorker:channel: (getter get_channel)
   *
   * The parent's end of the message channel; not connected before the start.
   *
   * Since: 1.0
   */
  properties[PROP_CHANNEL] =
    g_param_spec_object ("channel", NULL, NULL, CPROC_TYPE_CHANNEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocWorker:channel-fd: (getter get_channel_fd) (setter set_channel_fd)
   *
   * The number that the channel's descriptor has in the worker, which finds it in
   * `NODE_CHANNEL_FD`; set it before the start.
   *
   * Since: 1.0
   */
  properties[PROP_CHANNEL_FD] =
    g_param_spec_int ("channel-fd", NULL, NULL, 3, G_MAXINT, DEFAULT_CHANNEL_FD,
                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
install_signals (GType type)
{
  /**
   * CprocWorker::message:
   * @self: the worker
   * @message: what it sent
   *
   * The worker has sent a message.
   *
   * While nothing is connected, messages wait in the kernel; see [signal@Cproc.Channel::message].
   *
   * Since: 1.0
   */
  signals[CPROC_CHANNEL_SIGNAL_MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_MESSAGE);
  cproc_channel_set_marshaller (signals[CPROC_CHANNEL_SIGNAL_MESSAGE], type);

  /**
   * CprocWorker::invalid-message:
   * @self: the worker
   * @error: what is wrong with it
   *
   * The worker has sent something that is not a message; it has been skipped.
   *
   * The error is [error@Cproc.Error.INVALID_MESSAGE] or [error@Cproc.Error.MESSAGE_TOO_LARGE]. If
   * nothing is connected, it becomes a warning.
   *
   * Since: 1.0
   */
  signals[CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE] =
    g_signal_new ("invalid-message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * CprocWorker::disconnected:
   * @self: the worker
   *
   * The channel is closed, by either side. Exactly once, after every message.
   *
   * Since: 1.0
   */
  signals[CPROC_CHANNEL_SIGNAL_DISCONNECTED] =
    g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * CprocWorker::request-received:
   * @self: the worker
   * @request: the request
   *
   * The worker has sent a request, or a notification; see
   * [signal@Cproc.Channel::request-received].
   *
   * Since: 1.0
   */
  signals[CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED] =
    g_signal_new ("request-received", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_REQUEST);

  /**
   * CprocWorker::send-failed:
   * @self: the worker
   * @message: the message, with its descriptors
   * @error: why it did not arrive
   *
   * A message with descriptors did not arrive; see [signal@Cproc.Channel::send-failed].
   *
   * If nothing is connected, it becomes a warning.
   *
   * Since: 1.0
   */
  signals[CPROC_CHANNEL_SIGNAL_SEND_FAILED] =
    g_signal_new ("send-failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, CPROC_TYPE_MESSAGE, G_TYPE_ERROR);
}

static void
cproc_worker_class_init (CprocWorkerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  CprocChildHooks *hooks = cproc_child_class_get_hooks (CPROC_CHILD_CLASS (klass));

  object_class->dispose = cproc_worker_dispose;
  object_class->finalize = cproc_worker_finalize;
  object_class->get_property = cproc_worker_get_property;
  object_class->set_property = cproc_worker_set_property;

  for (guint i = 0; i < G_N_ELEMENTS (hooks->default_stdio); i++)
    hooks->default_stdio[i] = CPROC_STDIO_INHERIT;
  hooks->prepare = cproc_worker_prepare;
  hooks->unprepare = cproc_worker_unprepare;
  hooks->prepared = cproc_worker_prepared;
  hooks->set_context = cproc_worker_set_context;
  hooks->finishing = cproc_worker_finishing;

  install_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));
}

static void
cproc_worker_init (CprocWorker *self)
{
  self->channel_fd = DEFAULT_CHANNEL_FD;
  self->channel = cproc_channel_new ();
  cproc_channel_set_delegate (self->channel, &delegate_functions, self,
                              cproc_child_get_priv (CPROC_CHILD (self))->owner);
}

/**
 * cproc_worker_new:
 * @module: (type filename): what to run: a program, or a script that Node, Python or GJS runs
 * @args: (nullable) (array zero-terminated=1) (element-type filename): its arguments
 *
 * Creates a worker for a module.
 *
 * See [ctor@Cproc.Command.new_module] for how the module is run.
 *
 * Returns: (transfer full): a new worker, not started
 *
 * Since: 1.0
 */
CprocWorker *
cproc_worker_new (const char         *module,
                  const char * const *args)
{
  g_autoptr(CprocCommand) command = NULL;

  g_return_val_if_fail (module != NULL, NULL);

  command = cproc_command_new_module (module, args);
  cproc_command_set_closes_fds (command);

  return cproc_worker_new_for_command (command);
}

/**
 * cproc_worker_new_for_command:
 * @command: what to run
 *
 * Creates a worker for a command.
 *
 * Returns: (transfer full): a new worker, not started
 *
 * Since: 1.0
 */
CprocWorker *
cproc_worker_new_for_command (CprocCommand *command)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (command), NULL);

  return g_object_new (CPROC_TYPE_WORKER, "command", command, NULL);
}

/**
 * cproc_worker_get_channel:
 * @self: a worker
 *
 * Gets the parent's end of the message channel.
 *
 * Returns: (transfer none): the channel
 *
 * Since: 1.0
 */
CprocChannel *
cproc_worker_get_channel (CprocWorker *self)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), NULL);

  return self->channel;
}

/**
 * cproc_worker_get_channel_fd:
 * @self: a worker
 *
 * Gets the number that the channel's descriptor has in the worker.
 *
 * Returns: the number, 3 unless something else is set
 *
 * Since: 1.0
 */
int
cproc_worker_get_channel_fd (CprocWorker *self)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), -1);

  return self->channel_fd;
}

/**
 * cproc_worker_set_channel_fd:
 * @self: a worker that has not been started
 * @channel_fd: the number, at least 3
 *
 * Sets the number that the channel's descriptor has in the worker.
 *
 * Since: 1.0
 */
void
cproc_worker_set_channel_fd (CprocWorker *self,
                             int          channel_fd)
{
  g_return_if_fail (CPROC_IS_WORKER (self));
  g_return_if_fail (channel_fd >= 3);

  if (self->channel_fd == channel_fd)
    return;

  self->channel_fd = channel_fd;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CHANNEL_FD]);
}

/**
 * cproc_worker_send:
 * @self: a worker that has been started
 * @message: (transfer none): the message
 * @error: return location for an error
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send].
 *
 * Returns: `TRUE` if it was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send (CprocWorker   *self,
                   CprocMessage  *message,
                   GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_send (cproc_worker_get_channel (self), message, error);
}

/* The channel's task has the channel as its source: this one has the worker. */
static void
worker_sent (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;

  if (cproc_channel_send_finish (CPROC_CHANNEL (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * cproc_worker_send_async:
 * @self: a worker that has been started
 * @message: (transfer none): the message
 * @cancellable: (nullable): to withdraw what has not begun to be written
 * @callback: (scope async) (nullable): called when the kernel has it all
 * @user_data: data for @callback
 *
 * Sends a message to the worker; see [method@Cproc.Channel.send_async].
 *
 * Since: 1.0
 */
void
cproc_worker_send_async (CprocWorker         *self,
                         CprocMessage        *message,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_WORKER (self));
  g_return_if_fail (message != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_worker_send_async);
  g_task_set_check_cancellable (task, FALSE);
  cproc_channel_send_async (cproc_worker_get_channel (self), message, cancellable, worker_sent,
                            task);
}

/**
 * cproc_worker_send_finish:
 * @self: a worker
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Worker.send_async].
 *
 * Returns: `TRUE` if the kernel has it all
 *
 * Since: 1.0
 */
gboolean
cproc_worker_send_finish (CprocWorker   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_worker_send_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
worker_received (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  CprocMessage *message = cproc_channel_receive_finish (CPROC_CHANNEL (source), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, message, (GDestroyNotify) cproc_message_unref);
}

/**
 * cproc_worker_receive_async:
 * @self: a worker
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when a message has come, or the channel has
 *   ended
 * @user_data: data for the callback
 *
 * Receives the next message of the worker; see [method@Cproc.Channel.receive_async].
 *
 * Since: 1.0
 */
void
cproc_worker_receive_async (CprocWorker         *self,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_WORKER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_worker_receive_async);
  g_task_set_check_cancellable (task, FALSE);
  cproc_channel_receive_async (self->channel, cancellable, worker_received, task);
}

/**
 * cproc_worker_receive_finish:
 * @self: a worker
 * @result: the result
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Worker.receive_async].
 *
 * Returns: (transfer full) (nullable): the message; `NULL` without an error if the channel has
 *   ended
 *
 * Since: 1.0
 */
CprocMessage *
cproc_worker_receive_finish (CprocWorker   *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_worker_receive_async), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_worker_request_async:
 * @self: a worker that has been started
 * @method: the name of the method
 * @params: (nullable) (transfer none): an object or an array, or `NULL`
 * @timeout: how long to wait for the answer, in milliseconds; 0 for no limit
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when the answer has come
 * @user_data: data for the callback
 *
 * Sends a request to the worker; see [method@Cproc.Channel.request_async].
 *
 * Since: 1.0
 */
void
cproc_worker_request_async (CprocWorker         *self,
                            const char          *method,
                            CprocMessage        *params,
                            guint                timeout,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_WORKER (self));
  g_return_if_fail (method != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_worker_request_async);
  cproc_channel_start_request (self->channel, method, params, timeout, task);
}

/**
 * cproc_worker_request_finish:
 * @self: a worker
 * @result: the result
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Worker.request_async]; see [method@Cproc.Channel.request_finish].
 *
 * Returns: (transfer full): the result, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_worker_request_finish (CprocWorker   *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_worker_request_async), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_worker_request:
 * @self: a worker that has been started
 * @method: the name of the method
 * @params: (nullable) (transfer none): an object or an array, or `NULL`
 * @timeout: how long to wait for the answer, in milliseconds; 0 for no limit
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @error: return location for an error
 *
 * Sends a request to the worker and blocks until it has answered; see
 * [method@Cproc.Channel.request].
 *
 * Returns: (transfer full): the result, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_worker_request (CprocWorker   *self,
                      const char    *method,
                      CprocMessage  *params,
                      guint          timeout,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), NULL);

  return cproc_channel_request (self->channel, method, params, timeout, cancellable, error);
}

/**
 * cproc_worker_notify_peer:
 * @self: a worker that has been started
 * @method: the name of the method
 * @params: (nullable) (transfer none): an object or an array, or `NULL`
 * @error: return location for an error
 *
 * Sends a notification to the worker; see [method@Cproc.Channel.notify_peer].
 *
 * Returns: `TRUE` if it was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_worker_notify_peer (CprocWorker   *self,
                          const char    *method,
                          CprocMessage  *params,
                          GError       **error)
{
  g_return_val_if_fail (CPROC_IS_WORKER (self), FALSE);

  return cproc_channel_notify_peer (self->channel, method, params, error);
}

/**
 * cproc_worker_close_channel:
 * @self: a worker
 *
 * Closes the message channel after all that is queued; the worker is told, and runs on.
 *
 * [signal@Cproc.Worker::disconnected] follows. (Named so because `disconnect` is GObject's own in
 * many languages.)
 *
 * Since: 1.0
 */
void
cproc_worker_close_channel (CprocWorker *self)
{
  g_return_if_fail (CPROC_IS_WORKER (self));

  cproc_channel_close (cproc_worker_get_channel (self));
}
