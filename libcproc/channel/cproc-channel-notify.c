/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-channel-internal-private.h"
#include "cproc-context-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"

static guint channel_signals[CPROC_CHANNEL_N_SIGNALS];

/* The signals of a channel. The delegate is called directly, before the handlers: if a worker
 * connected to the signals instead, each message would need one more emission, and each worker
 * three closures. */

typedef void (*MessageFunc) (gpointer      data1,
                             CprocMessage *message,
                             gpointer      data2);

/* GObject's own marshaller copies the argument for each handler and looks up its type twice. This
 * one does neither: the emitter holds the message. For handlers in C only: bindings have their own
 * closures. */
static void
marshal_message (GClosure *closure,
                 GValue   *return_value,
                 gpointer  instance,
                 va_list   args,
                 gpointer  marshal_data,
                 int       n_params,
                 GType    *param_types)
{
  gpointer callback = marshal_data != NULL ? marshal_data : ((GCClosure *) closure)->callback;
  CprocMessage *message;
  va_list copy;

  va_copy (copy, args);
  message = va_arg (copy, CprocMessage *);
  va_end (copy);

  if (G_CCLOSURE_SWAP_DATA (closure))
    ((MessageFunc) callback) (closure->data, message, instance);
  else
    ((MessageFunc) callback) (instance, message, closure->data);
}

void
cproc_channel_set_marshaller (guint signal_id,
                              GType type)
{
  g_signal_set_va_marshaller (signal_id, type, marshal_message);
}

/* The parameters do not have G_SIGNAL_TYPE_STATIC_SCOPE: with it GJS would keep no reference of its
 * own to a value that a handler stores. */
void
cproc_channel_install_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * CprocChannel::message:
   * @self: the channel
   * @message: the message
   *
   * The other side has sent a message.
   *
   * While nothing is connected, messages wait in the kernel, and the other side is made to wait.
   * When it ends, the messages that are left are dropped, with one warning.
   *
   * Since: 1.0
   */
  channel_signals[CPROC_CHANNEL_SIGNAL_MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_MESSAGE);
  cproc_channel_set_marshaller (channel_signals[CPROC_CHANNEL_SIGNAL_MESSAGE], type);

  /**
   * CprocChannel::invalid-message:
   * @self: the channel
   * @error: what is wrong with it
   *
   * The other side has sent something that is not a message, and it was skipped.
   *
   * The error is [error@Cproc.Error.INVALID_MESSAGE] or [error@Cproc.Error.MESSAGE_TOO_LARGE]. It
   * comes where the message would have come, between the others. If nothing is connected, a warning
   * tells the same.
   *
   * Since: 1.0
   */
  channel_signals[CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE] =
    g_signal_new ("invalid-message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * CprocChannel::disconnected:
   * @self: the channel
   *
   * The channel has ended: from this side by [method@Cproc.Channel.close], or from the other.
   *
   * It is emitted once, after the last message, and never from inside of a method.
   *
   * Since: 1.0
   */
  channel_signals[CPROC_CHANNEL_SIGNAL_DISCONNECTED] =
    g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * CprocChannel::request-received:
   * @self: the channel
   * @request: the request
   *
   * The other side has sent a request, or a notification.
   *
   * Methods that are given to [method@Cproc.Channel.serve] go before this. While nothing is
   * connected, and nothing is served, a request is a message like any other. If there are several
   * handlers the first to reply answers the request.
   *
   * Since: 1.0
   */
  channel_signals[CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED] =
    g_signal_new ("request-received", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_REQUEST);

  /**
   * CprocChannel::send-failed:
   * @self: the channel
   * @message: the message, with its descriptors
   * @error: why it did not arrive
   *
   * A message with descriptors did not arrive.
   *
   * Either the other side had no room for a descriptor, or the system refused to pass it because
   * too many descriptors of the user were on their way. After three more attempts with the same
   * result the error is `G_IO_ERROR_FAILED`. If the channel ends while a refused message waits to
   * be sent again the error is [error@Cproc.Error.CHANNEL_CLOSED]. Messages that were sent later
   * may have arrived before. If nothing is connected, a warning tells the same.
   *
   * Since: 1.0
   */
  channel_signals[CPROC_CHANNEL_SIGNAL_SEND_FAILED] =
    g_signal_new ("send-failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, CPROC_TYPE_MESSAGE, G_TYPE_ERROR);
}

void
cproc_channel_set_delegate (CprocChannel               *self,
                            const CprocChannelDelegate *functions,
                            gpointer                    delegate,
                            CprocOwner                 *owner)
{
  g_assert (self->delegate_owner == NULL);

  self->delegate_functions = functions;
  self->delegate = delegate;
  self->delegate_owner = cproc_owner_ref (owner);
}

void
cproc_channel_emit_message (CprocChannel *self,
                            CprocMessage *message)
{
  if (self->delegate != NULL)
    self->delegate_functions->message (self->delegate, message);
  g_signal_emit (self, channel_signals[CPROC_CHANNEL_SIGNAL_MESSAGE], 0, message);
}

gboolean
cproc_channel_has_handler (CprocChannel       *self,
                           CprocChannelSignal  signal)
{
  return g_signal_has_handler_pending (self, channel_signals[signal], 0, FALSE) ||
         (self->delegate != NULL &&
          self->delegate_functions->has_handler (self->delegate, signal));
}

void
cproc_channel_emit_invalid (CprocChannel *self,
                            GError       *error)
{
  if (!cproc_channel_has_handler (self, CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE))
    g_warning ("An invalid message was skipped: %s", error->message);

  if (self->delegate != NULL)
    self->delegate_functions->invalid_message (self->delegate, error);
  g_signal_emit (self, channel_signals[CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE], 0, error);
}

void
cproc_channel_emit_request (CprocChannel *self,
                            CprocRequest *request)
{
  if (self->delegate != NULL)
    self->delegate_functions->request_received (self->delegate, request);
  g_signal_emit (self, channel_signals[CPROC_CHANNEL_SIGNAL_REQUEST_RECEIVED], 0, request);
}

static void
channel_emit_send_failed (CprocChannel *self,
                          CprocMessage *message,
                          GError       *error)
{
  if (!cproc_channel_has_handler (self, CPROC_CHANNEL_SIGNAL_SEND_FAILED))
    g_warning ("A message with descriptors did not arrive: %s", error->message);

  if (self->delegate != NULL)
    self->delegate_functions->send_failed (self->delegate, message, error);
  g_signal_emit (self, channel_signals[CPROC_CHANNEL_SIGNAL_SEND_FAILED], 0, message, error);
}

/* Emits send-failed for every message that has failed. Calls user code. */
void
cproc_channel_emit_failed (CprocChannel *self)
{
  while (!g_queue_is_empty (&self->send_queue.handles.failed))
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(CprocMessage) message = NULL;

      message = cproc_handle_table_take_failed (&self->send_queue.handles, &error);
      channel_emit_send_failed (self, message, error);
    }
}

void
cproc_channel_emit_disconnected (CprocChannel *self)
{
  if (self->delegate != NULL)
    self->delegate_functions->disconnected (self->delegate);
  g_signal_emit (self, channel_signals[CPROC_CHANNEL_SIGNAL_DISCONNECTED], 0);
}

/* Returns whether this is the channel's thread: the one that owns its main context at the moment
 * or, if none owns it, the one that opened the channel. */
gboolean
cproc_channel_is_in_thread (CprocChannel *self)
{
  return self->context == NULL || cproc_context_is_here (self->context, self->thread);
}

gboolean
cproc_channel_check_call (CprocChannel  *self,
                          const char    *function,
                          GError       **error)
{
  if (self->context != NULL && self->process != getpid ())
    {
      g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                           _("The message channel belongs to the process that this one was "
                             "forked from"));
      return FALSE;
    }
  if (cproc_channel_is_in_thread (self))
    return TRUE;

  g_critical ("%s: called from another thread than that of the channel's main context", function);
  g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                       _("The message channel belongs to another thread, and its methods are "
                         "called from there"));

  return FALSE;
}

gboolean
cproc_channel_check_async_call (CprocChannel        *self,
                                const char          *function,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data,
                                gpointer             source_tag)
{
  GError *error = NULL;

  if (cproc_channel_check_call (self, function, &error))
    return TRUE;

  /* Runs in the main context of the caller. */
  if (callback != NULL)
    g_task_report_error (self, callback, user_data, source_tag, g_steal_pointer (&error));
  g_clear_error (&error);

  return FALSE;
}
