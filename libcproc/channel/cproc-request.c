/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"

/**
 * CprocRequest:
 *
 * A request of the other side of a channel, which waits for its reply.
 *
 * A handler of [signal@Cproc.Channel::request-received], or a function given to
 * [method@Cproc.Channel.serve], gets it. It may reply at once or keep a reference and reply later;
 * requests may be answered in any order.
 *
 * ```c
 * static void
 * on_add (CprocChannel *channel, CprocRequest *request, gpointer user_data)
 * {
 *   CprocMessage *params = cproc_request_get_params (request);
 *   gint64 sum = cproc_message_get_int64 (params, "/0", NULL) +
 *                cproc_message_get_int64 (params, "/1", NULL);
 *   g_autofree char *json = g_strdup_printf ("%" G_GINT64_FORMAT, sum);
 *   g_autoptr(CprocMessage) result = cproc_message_new_text (json, NULL);
 *
 *   cproc_request_reply (request, result, NULL);
 * }
 *
 * cproc_channel_serve (channel, "add", on_add, NULL, NULL);
 * ```
 *
 * If the last reference is dropped without a reply, the request is answered with the error -32603,
 * or -32800 after it was cancelled. A garbage collector may drop it late: always reply.
 *
 * Since: 1.0
 */

struct _CprocRequest
{
  GObject parent_instance;

  CprocChannel *channel;
  char *id; /* as the other side wrote it; NULL: a notification */
  char *method;
  CprocMessage *params;
  GCancellable *cancellable;
  gboolean replied;
};

typedef enum
{
  PROP_METHOD = 1,
  PROP_PARAMS,
  PROP_CANCELLABLE,
  PROP_IS_NOTIFICATION,
} CprocRequestProperty;

static GParamSpec *properties[PROP_IS_NOTIFICATION + 1];

G_DEFINE_FINAL_TYPE (CprocRequest, cproc_request, G_TYPE_OBJECT)

/* Takes ownership of text. carried: the message whose descriptors go along, or NULL. */
static gboolean
send_text (CprocChannel  *channel,
           char          *text,
           CprocMessage  *carried,
           GError       **error)
{
  g_autoptr(CprocMessage) message = cproc_message_new_frame (text, carried);

  return cproc_channel_send (channel, message, error);
}

static void
send_dropped (CprocChannel *channel,
              const char   *id,
              gboolean      cancelled)
{
  send_text (channel,
             cproc_rpc_write_error (id,
                                    cancelled ? CPROC_REPLY_ERROR_CANCELLED
                                              : CPROC_REPLY_ERROR_INTERNAL_ERROR,
                                    cancelled ? "The request was cancelled"
                                              : "The request was dropped without an answer", NULL),
             NULL, NULL);
}

/* To be called in the channel's thread. */
static void
remove_incoming (CprocChannel *channel,
                 const char   *id,
                 GCancellable *cancellable)
{
  g_autofree char *key = cproc_rpc_dup_key (id, strlen (id));

  /* The other side may have used the id again. */
  if (channel->incoming != NULL && g_hash_table_lookup (channel->incoming, key) == cancellable)
    g_hash_table_remove (channel->incoming, key);
}

typedef struct
{
  CprocChannel *channel;
  char *id;
  GCancellable *cancellable;
} DroppedRequest;

static gboolean
on_dropped (gpointer user_data)
{
  DroppedRequest *self = user_data;

  remove_incoming (self->channel, self->id, self->cancellable);
  if (cproc_channel_get_connected (self->channel))
    send_dropped (self->channel, self->id, g_cancellable_is_cancelled (self->cancellable));

  return G_SOURCE_REMOVE;
}

static void
dropped_request_free (gpointer data)
{
  DroppedRequest *self = data;

  g_object_unref (self->channel);
  g_object_unref (self->cancellable);
  g_free (self->id);
  g_free (self);
}

/* Called in any thread that drops the last reference. */
static void
request_drop (CprocRequest *self)
{
  DroppedRequest *dropped = g_new0 (DroppedRequest, 1);
  g_autoptr(GSource) source = NULL;

  dropped->channel = g_object_ref (self->channel);
  dropped->id = g_strdup (self->id);
  dropped->cancellable = g_object_ref (self->cancellable);
  if (cproc_channel_is_in_thread (self->channel))
    {
      on_dropped (dropped);
      dropped_request_free (dropped);
      return;
    }

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_dropped, dropped, dropped_request_free);
  g_source_attach (source, self->channel->context);
}

static void
request_finish (CprocRequest *self)
{
  self->replied = TRUE;
  if (self->id != NULL)
    remove_incoming (self->channel, self->id, self->cancellable);
}

static void
cproc_request_dispose (GObject *object)
{
  CprocRequest *self = CPROC_REQUEST (object);

  if (self->channel != NULL && !self->replied && self->id != NULL)
    request_drop (self);
  g_clear_object (&self->channel);

  G_OBJECT_CLASS (cproc_request_parent_class)->dispose (object);
}

static void
cproc_request_finalize (GObject *object)
{
  CprocRequest *self = CPROC_REQUEST (object);

  g_free (self->id);
  g_free (self->method);
  g_clear_pointer (&self->params, cproc_message_unref);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (cproc_request_parent_class)->finalize (object);
}

static void
cproc_request_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  CprocRequest *self = CPROC_REQUEST (object);

  switch ((CprocRequestProperty) prop_id)
    {
    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;
    case PROP_PARAMS:
      g_value_set_boxed (value, self->params);
      break;
    case PROP_CANCELLABLE:
      g_value_set_object (value, self->cancellable);
      break;
    case PROP_IS_NOTIFICATION:
      g_value_set_boolean (value, self->id == NULL);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_request_class_init (CprocRequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = cproc_request_dispose;
  object_class->finalize = cproc_request_finalize;
  object_class->get_property = cproc_request_get_property;

  /**
   * CprocRequest:method:
   *
   * The name of the method.
   *
   * Since: 1.0
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL, flags);

  /**
   * CprocRequest:params:
   *
   * The parameters, with the descriptors that came along; `NULL` if there are none.
   *
   * Since: 1.0
   */
  properties[PROP_PARAMS] =
    g_param_spec_boxed ("params", NULL, NULL, CPROC_TYPE_MESSAGE, flags);

  /**
   * CprocRequest:cancellable:
   *
   * The cancellable that fires when the other side cancels the request, or the channel ends.
   *
   * Since: 1.0
   */
  properties[PROP_CANCELLABLE] =
    g_param_spec_object ("cancellable", NULL, NULL, G_TYPE_CANCELLABLE, flags);

  /**
   * CprocRequest:is-notification:
   *
   * Whether the other side does not wait for a reply.
   *
   * Since: 1.0
   */
  properties[PROP_IS_NOTIFICATION] =
    g_param_spec_boolean ("is-notification", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
cproc_request_init (CprocRequest *self)
{
  self->cancellable = g_cancellable_new ();
}

CprocRequest *
cproc_request_new (CprocChannel *channel,
                   char         *id,
                   char         *method,
                   CprocMessage *params)
{
  CprocRequest *self = g_object_new (CPROC_TYPE_REQUEST, NULL);

  self->channel = g_object_ref (channel);
  self->id = id;
  self->method = method;
  self->params = params;

  return self;
}

const char *
cproc_request_get_id (CprocRequest *self)
{
  return self->id;
}

/**
 * cproc_request_get_method:
 * @self: a request
 *
 * Gets the name of the method.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
cproc_request_get_method (CprocRequest *self)
{
  g_return_val_if_fail (CPROC_IS_REQUEST (self), NULL);

  return self->method;
}

/**
 * cproc_request_get_params:
 * @self: a request
 *
 * Gets the parameters, with the descriptors that came along.
 *
 * Returns: (transfer none) (nullable): the parameters, or `NULL` if there are none
 *
 * Since: 1.0
 */
CprocMessage *
cproc_request_get_params (CprocRequest *self)
{
  g_return_val_if_fail (CPROC_IS_REQUEST (self), NULL);

  return self->params;
}

/**
 * cproc_request_get_cancellable:
 * @self: a request
 *
 * Gets the cancellable that fires when the other side cancels the request, or the channel ends.
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 1.0
 */
GCancellable *
cproc_request_get_cancellable (CprocRequest *self)
{
  g_return_val_if_fail (CPROC_IS_REQUEST (self), NULL);

  return self->cancellable;
}

/**
 * cproc_request_get_is_notification:
 * @self: a request
 *
 * Gets whether the other side does not wait for a reply.
 *
 * Returns: `TRUE` for a notification
 *
 * Since: 1.0
 */
gboolean
cproc_request_get_is_notification (CprocRequest *self)
{
  g_return_val_if_fail (CPROC_IS_REQUEST (self), FALSE);

  return self->id == NULL;
}

/**
 * cproc_request_reply:
 * @self: a request that has no reply yet
 * @result: (transfer none): the result; its descriptors go along
 * @error: return location for an error
 *
 * Replies with a result.
 *
 * The reply to a notification is ignored. The error is [error@Cproc.Error.CHANNEL_CLOSED] if the
 * channel has ended, and [error@Cproc.Error.MESSAGE_TOO_LARGE] if the result is too large: then the
 * other side gets the error -32603.
 *
 * Returns: `TRUE` if the reply was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_request_reply (CprocRequest  *self,
                     CprocMessage  *result,
                     GError       **error)
{
  g_autoptr(GError) reason = NULL;

  g_return_val_if_fail (CPROC_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (result != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (!self->replied, FALSE);

  if (!cproc_channel_check_call (self->channel, G_STRFUNC, error))
    return FALSE;

  request_finish (self);
  if (self->id == NULL ||
      send_text (self->channel, cproc_rpc_write_result (self->id, cproc_message_get_text (result)),
                 result, &reason))
    return TRUE;

  if (!g_error_matches (reason, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    send_text (self->channel,
               cproc_rpc_write_error (self->id, CPROC_REPLY_ERROR_INTERNAL_ERROR, reason->message,
                                      NULL), NULL, NULL);
  g_propagate_error (error, g_steal_pointer (&reason));

  return FALSE;
}

/**
 * cproc_request_reply_error:
 * @self: a request that has no reply yet
 * @code: the code, as one of [error@Cproc.ReplyError] or one of the program's own
 * @message: what went wrong, for people
 * @data: (nullable) (transfer none): more about it, or `NULL`
 * @error: return location for an error
 *
 * Replies with an error.
 *
 * The other side gets it as an error of the domain `CPROC_REPLY_ERROR`. For the errors of this call
 * see [method@Cproc.Request.reply].
 *
 * Returns: `TRUE` if the reply was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_request_reply_error (CprocRequest  *self,
                           int            code,
                           const char    *message,
                           CprocMessage  *data,
                           GError       **error)
{
  const char *text;
  g_autoptr(GError) reason = NULL;

  g_return_val_if_fail (CPROC_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (!self->replied, FALSE);

  if (!cproc_channel_check_call (self->channel, G_STRFUNC, error))
    return FALSE;

  request_finish (self);
  text = data != NULL ? cproc_message_get_text (data) : NULL;
  if (self->id == NULL ||
      send_text (self->channel, cproc_rpc_write_error (self->id, code, message, text), NULL,
                 &reason))
    return TRUE;

  if (!g_error_matches (reason, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    send_text (self->channel, cproc_rpc_write_error (self->id, CPROC_REPLY_ERROR_INTERNAL_ERROR,
                                                     reason->message, NULL), NULL, NULL);
  g_propagate_error (error, g_steal_pointer (&reason));

  return FALSE;
}
