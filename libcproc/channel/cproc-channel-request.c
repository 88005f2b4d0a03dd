/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"
#include "cproc-source-private.h"

#define CANCEL_METHOD "$/cancelRequest"

/* The key under which a task keeps the data of the other side's error. */
#define ERROR_DATA "cproc-error-data"

/* A request of this side that waits for its answer: with a task, or with a function. */
typedef struct
{
  CprocChannel *channel; /* the task's source, or a channel that this source holds */
  gint64 id;
  GTask *task;
  CprocAnswerFunc func;
  gpointer user_data;
  gint64 deadline; /* 0: none */
  GSource *timer;
  GSource *cancel_source;
} PendingRequest;

typedef struct
{
  grefcount ref_count;
  CprocRequestFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Served;

static void
pending_request_free (PendingRequest *self)
{
  cproc_source_clear (&self->timer);
  cproc_source_clear (&self->cancel_source);
  g_clear_object (&self->task);
  g_object_unref (self->channel);
  g_free (self);
}

static void
message_unref (gpointer data)
{
  cproc_message_unref (data);
}

/* Ends the request and frees it. Takes ownership of result, data and error. */
static void
pending_request_end (PendingRequest *self,
                     CprocMessage   *result,
                     CprocMessage   *data,
                     GError         *error)
{
  g_autoptr(GTask) task = g_steal_pointer (&self->task);
  CprocAnswerFunc func = self->func;
  gpointer user_data = self->user_data;

  pending_request_free (self);
  if (func != NULL)
    {
      func (user_data, result, data, error);
      return;
    }

  if (data != NULL)
    g_object_set_data_full (G_OBJECT (task), ERROR_DATA, data, message_unref);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, result, message_unref);
}

static gboolean
send_frame (CprocChannel  *self,
            char          *text,
            CprocMessage  *carried,
            GError       **error)
{
  g_autoptr(CprocMessage) frame = cproc_message_new_frame (text, carried);

  return cproc_channel_send (self, frame, error);
}

static void
send_cancel (CprocChannel *self,
             gint64        id)
{
  g_autofree char *params = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT "}", id);

  if (cproc_channel_get_connected (self))
    send_frame (self, cproc_rpc_write_request (0, CANCEL_METHOD, params), NULL, NULL);
}

/* Gives the request up: an answer that still comes is dropped. Takes ownership of error. */
static void
pending_request_give_up (PendingRequest *self,
                         GError         *error)
{
  cproc_request_table_give_up (&self->channel->requests, self->id);
  send_cancel (self->channel, self->id);
  pending_request_end (self, NULL, NULL, error);
}

static gboolean
on_request_timeout (gpointer user_data)
{
  pending_request_give_up (user_data,
                           g_error_new_literal (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                                                _("The request was not answered in time")));

  return G_SOURCE_REMOVE;
}

static gboolean
on_request_cancelled (GCancellable *cancellable,
                      gpointer      user_data)
{
  pending_request_give_up (user_data,
                           g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                _("Operation was cancelled")));

  return G_SOURCE_REMOVE;
}

static void
pending_request_watch (gpointer data,
                       gpointer user_data)
{
  PendingRequest *self = data;
  GCancellable *cancellable = self->task != NULL ? g_task_get_cancellable (self->task) : NULL;

  cproc_source_clear (&self->timer);
  cproc_source_clear (&self->cancel_source);

  if (self->deadline != 0)
    {
      gint64 left = MAX (0, self->deadline - g_get_monotonic_time ());

      self->timer = g_timeout_source_new ((guint) MIN ((left + 999) / 1000, G_MAXUINT));
      g_source_set_callback (self->timer, on_request_timeout, self, NULL);
      g_source_attach (self->timer, self->channel->context);
    }
  if (cancellable != NULL)
    {
      self->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (on_request_cancelled), self, NULL);
      g_source_attach (self->cancel_source, self->channel->context);
    }
}

void
cproc_channel_move_requests (CprocChannel *self)
{
  cproc_request_table_foreach (&self->requests, pending_request_watch, NULL);
}

gboolean
cproc_channel_has_requests (CprocChannel *self)
{
  return cproc_request_table_size (&self->requests) > 0 || self->served != NULL ||
         cproc_channel_has_handler (self, CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED);
}

/* Makes a message of a part of a received one, with its descriptors. */
static CprocMessage *
message_from_span (CprocMessage        *message,
                   const CprocJsonSpan *span)
{
  GUnixFDList *list = cproc_message_get_fd_list (message);

  return cproc_message_new (span->data, span->length, list != NULL ? g_object_ref (list) : NULL);
}

/* Returns the error in an answer. */
static GError *
read_reply_error (CprocMessage    *message,
                  const CprocRpc  *rpc,
                  CprocMessage   **data)
{
  g_autofree char *text = NULL;
  CprocJsonSpan span = { NULL, 0 };
  int code;

  if (!cproc_rpc_read_error (&rpc->error, &code, &text, &span))
    return g_error_new_literal (CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                                _("The other side answered with an error that is not valid"));

  if (span.data != NULL)
    *data = message_from_span (message, &span);

  return g_error_new_literal (CPROC_REPLY_ERROR, code, text);
}

gboolean
cproc_channel_take_answer (CprocChannel *self,
                           CprocMessage *message)
{
  static const CprocJsonSpan null = { "null", 4 };
  CprocMessage *data = NULL;
  PendingRequest *pending;
  GError *error;
  CprocRpc rpc;
  gint64 id;

  if (self->requests.last_id == 0 ||
      cproc_rpc_read (&rpc, message->text, message->length) != CPROC_RPC_ANSWER)
    return FALSE;

  id = cproc_rpc_read_id (&rpc.id);
  pending = cproc_request_table_take (&self->requests, id);
  if (pending == NULL)
    return cproc_request_table_is_late (&self->requests, id);

  if (rpc.error.data != NULL)
    {
      error = read_reply_error (message, &rpc, &data);
      pending_request_end (pending, NULL, data, error);
      return TRUE;
    }

  pending_request_end (pending,
                       message_from_span (message, rpc.result.data != NULL ? &rpc.result : &null),
                       NULL, NULL);

  return TRUE;
}

static Served *
served_ref (Served *self)
{
  g_ref_count_inc (&self->ref_count);

  return self;
}

static void
served_unref (gpointer data)
{
  Served *self = data;

  if (!g_ref_count_dec (&self->ref_count))
    return;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

static void
channel_cancel_incoming (CprocChannel        *self,
                         const CprocJsonSpan *params)
{
  CprocJsonSpan span;
  g_autofree char *key = NULL;
  GCancellable *cancellable;

  if (self->incoming == NULL || params->data == NULL ||
      !cproc_json_find_member (params->data, params->length, "id", &span))
    return;

  key = cproc_rpc_dup_key (span.data, span.length);
  cancellable = g_hash_table_lookup (self->incoming, key);
  if (cancellable == NULL)
    return;

  g_object_ref (cancellable);
  g_cancellable_cancel (cancellable);
  g_object_unref (cancellable);
}

static CprocRequest *
request_from_rpc (CprocChannel   *self,
                  CprocMessage   *message,
                  const CprocRpc *rpc)
{
  char *id = rpc->kind == CPROC_RPC_REQUEST ? g_strndup (rpc->id.data, rpc->id.length) : NULL;
  CprocMessage *params =
    rpc->params.data != NULL ? message_from_span (message, &rpc->params) : NULL;
  CprocRequest *request =
    cproc_request_new (self, id, cproc_json_span_to_string (&rpc->method), params);

  if (id == NULL)
    return request;

  if (self->incoming == NULL)
    self->incoming = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  g_hash_table_replace (self->incoming, cproc_rpc_dup_key (rpc->id.data, rpc->id.length),
                        g_object_ref (cproc_request_get_cancellable (request)));

  return request;
}

gboolean
cproc_channel_read_request (CprocChannel  *self,
                            CprocMessage  *message,
                            CprocRequest **request)
{
  g_autofree char *method = NULL;
  CprocRpc rpc;

  *request = NULL;
  if (cproc_rpc_read (&rpc, message->text, message->length) < CPROC_RPC_REQUEST)
    return FALSE;

  method = cproc_json_span_to_string (&rpc.method);
  if (g_strcmp0 (method, CANCEL_METHOD) == 0)
    channel_cancel_incoming (self, &rpc.params);
  else
    *request = request_from_rpc (self, message, &rpc);

  return TRUE;
}

gboolean
cproc_channel_take_request (CprocChannel *self,
                            CprocMessage *message)
{
  gboolean has_handler = cproc_channel_has_handler (self, CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED);
  g_autoptr(CprocRequest) request = NULL;
  const char *method;
  Served *served;

  if ((!has_handler && self->served == NULL) ||
      !cproc_channel_read_request (self, message, &request))
    return FALSE;
  if (request == NULL)
    return TRUE;

  method = cproc_request_get_method (request);
  served = self->served != NULL ? g_hash_table_lookup (self->served, method) : NULL;
  if (served != NULL)
    {
      served_ref (served);
      served->func (self, request, served->user_data);
      served_unref (served);
    }
  else if (has_handler)
    {
      cproc_channel_emit_request (self, request);
    }
  else
    {
      g_autofree char *text = g_strdup_printf (_("There is no method “%s”"), method);

      cproc_request_reply_error (request, CPROC_REPLY_ERROR_METHOD_NOT_FOUND, text, NULL, NULL);
    }

  return TRUE;
}

static void
cancel_request (gpointer data,
                gpointer user_data)
{
  g_cancellable_cancel (data);
}

/* Called when the channel has ended. Calls user code. */
void
cproc_channel_end_requests (CprocChannel *self)
{
  g_autoptr(GPtrArray) incoming = g_ptr_array_new_with_free_func (g_object_unref);
  PendingRequest *pending;
  GHashTableIter iter;
  gpointer cancellable;

  while ((pending = cproc_request_table_take_any (&self->requests)) != NULL)
    pending_request_end (pending, NULL, NULL,
                         g_error_new_literal (CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED,
                                              _("The message channel was closed before the "
                                                "request was answered")));

  if (self->incoming == NULL)
    return;

  g_hash_table_iter_init (&iter, self->incoming);
  while (g_hash_table_iter_next (&iter, NULL, &cancellable))
    g_ptr_array_add (incoming, g_object_ref (cancellable));
  g_ptr_array_foreach (incoming, cancel_request, NULL);
}

void
cproc_channel_clear_served (CprocChannel *self)
{
  g_clear_pointer (&self->served, g_hash_table_unref);
}

static gboolean
check_params (CprocMessage  *params,
              GError       **error)
{
  if (params == NULL || params->text[0] == '{' || params->text[0] == '[')
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("The parameters of a request must be an object or an array"));

  return FALSE;
}

/* Sends the request and returns its id; on an error, which is 0, it is freed. The send notifies
 * properties: user code may run a main loop there, in which the request ends. */
static gint64
pending_request_send (PendingRequest  *self,
                      const char      *method,
                      CprocMessage    *params,
                      GError         **error)
{
  g_autoptr(CprocChannel) channel = g_object_ref (self->channel);
  const char *text = params != NULL ? cproc_message_get_text (params) : NULL;
  gint64 id = cproc_request_table_add (&channel->requests, self);

  self->id = id;
  pending_request_watch (self, NULL);
  if (send_frame (channel, cproc_rpc_write_request (id, method, text), params, error))
    return id;

  if (cproc_request_table_take (&channel->requests, id) == NULL)
    {
      g_clear_error (error);
      return id;
    }

  pending_request_free (self);

  return 0;
}

gint64
cproc_channel_add_request (CprocChannel     *self,
                           const char       *method,
                           CprocMessage     *params,
                           CprocAnswerFunc   func,
                           gpointer          user_data,
                           GError          **error)
{
  PendingRequest *pending = g_new0 (PendingRequest, 1);

  pending->channel = g_object_ref (self);
  pending->func = func;
  pending->user_data = user_data;

  return pending_request_send (pending, method, params, error);
}

void
cproc_channel_cancel_request (CprocChannel *self,
                              gint64        id)
{
  send_cancel (self, id);
}

void
cproc_channel_start_request (CprocChannel *self,
                             const char   *method,
                             CprocMessage *params,
                             guint         timeout,
                             GTask        *task)
{
  GError *error = NULL;
  PendingRequest *pending;

  /* Do not discard an answer that has come. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    {
      g_object_unref (task);
      return;
    }
  if (!check_params (params, &error) || !cproc_channel_check_call (self, G_STRFUNC, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  pending = g_new0 (PendingRequest, 1);
  pending->channel = g_object_ref (self);
  pending->task = g_object_ref (task);
  pending->deadline = timeout > 0 ? g_get_monotonic_time () + timeout * 1000LL : 0;

  if (pending_request_send (pending, method, params, &error) == 0)
    g_task_return_error (task, error);
  g_object_unref (task);
}

/**
 * cproc_channel_request_async:
 * @self: a channel
 * @method: the name of the method
 * @params: (nullable) (transfer none): an object or an array, whose descriptors go along, or `NULL`
 * @timeout: how long to wait for the answer, in milliseconds; 0 for no limit
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when the answer has come
 * @user_data: data for the callback
 *
 * Sends a request to the other side, which answers it.
 *
 * A request is an object of JSON-RPC 2.0, so the other side may be a program that knows nothing of
 * libcproc, as a worker of Node:
 *
 * ```js
 * process.on('message', async ({ jsonrpc, id, params }) =>
 *   process.send({ jsonrpc, id, result: await work(params) }));
 * ```
 *
 * Any number of requests may wait; their answers come in any order. The time runs from this call. A
 * request that times out or is cancelled tells the other side so with a notification
 * `$/cancelRequest`, and a late answer is dropped.
 *
 * While a request waits, messages for which there is no handler are kept. When more than 1 MiB of
 * them are kept the channel reads no more, and then only the timeout ends the request.
 *
 * Since: 1.0
 */
void
cproc_channel_request_async (CprocChannel        *self,
                             const char          *method,
                             CprocMessage        *params,
                             guint                timeout,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (method != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, cproc_channel_request_async);
  cproc_channel_start_request (self, method, params, timeout, task);
}

/**
 * cproc_channel_request_finish:
 * @self: a channel
 * @result: the result
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Channel.request_async].
 *
 * An error that the other side answered is of the domain `CPROC_REPLY_ERROR`, with its code and its
 * text; see [func@Cproc.Channel.request_get_error_data]. The others are:
 * [error@Cproc.Error.TIMED_OUT]; `G_IO_ERROR_CANCELLED`; [error@Cproc.Error.CHANNEL_CLOSED] if the
 * channel ended first; `G_IO_ERROR_INVALID_ARGUMENT` if the parameters are neither an object nor an
 * array; [error@Cproc.Error.INVALID_MESSAGE] if the answer is malformed; and those of
 * [method@Cproc.Channel.send].
 *
 * Returns: (transfer full): the result, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_channel_request_finish (CprocChannel  *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_channel_request_async), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_channel_request_get_error_data:
 * @result: the result of a request that has failed
 *
 * Gets the data of the error that the other side answered.
 *
 * Returns: (transfer none) (nullable): the data, or `NULL` if there is none
 *
 * Since: 1.0
 */
CprocMessage *
cproc_channel_request_get_error_data (GAsyncResult *result)
{
  g_return_val_if_fail (G_IS_TASK (result), NULL);

  return g_object_get_data (G_OBJECT (result), ERROR_DATA);
}

/**
 * cproc_channel_notify_peer:
 * @self: a channel
 * @method: the name of the method
 * @params: (nullable) (transfer none): an object or an array, whose descriptors go along, or `NULL`
 * @error: return location for an error
 *
 * Sends a notification to the other side: a request without an answer.
 *
 * For the errors see [method@Cproc.Channel.request_finish].
 *
 * Returns: `TRUE` if it was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_notify_peer (CprocChannel  *self,
                           const char    *method,
                           CprocMessage  *params,
                           GError       **error)
{
  const char *text;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (method != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_params (params, error))
    return FALSE;

  text = params != NULL ? cproc_message_get_text (params) : NULL;

  return send_frame (self, cproc_rpc_write_request (0, method, text), params, error);
}

/**
 * cproc_channel_serve:
 * @self: a channel
 * @method: the name of a method
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): what handles its
 *   requests; `NULL` takes it away
 * @user_data: data for the function
 * @destroy: (nullable): what to call with the data when it is not needed any more
 *
 * Handles the requests of one method.
 *
 * Once any method is served, a request for which there is neither a function nor a handler of
 * [signal@Cproc.Channel::request-received] is answered with the error -32601.
 *
 * Since: 1.0
 */
void
cproc_channel_serve (CprocChannel     *self,
                     const char       *method,
                     CprocRequestFunc  func,
                     gpointer          user_data,
                     GDestroyNotify    destroy)
{
  Served *served;

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (method != NULL);

  if (func == NULL)
    {
      if (self->served != NULL)
        g_hash_table_remove (self->served, method);
      if (self->served != NULL && g_hash_table_size (self->served) == 0)
        cproc_channel_clear_served (self);
      if (destroy != NULL)
        destroy (user_data);
      return;
    }

  served = g_new0 (Served, 1);
  g_ref_count_init (&served->ref_count);
  served->func = func;
  served->user_data = user_data;
  served->destroy = destroy;
  if (self->served == NULL)
    self->served = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, served_unref);
  g_hash_table_replace (self->served, g_strdup (method), served);
}
