/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"

/* Signals of a channel. The delegate is called directly, before the handlers: a worker that
 * connected like everybody else would need one emission more for each message, and three
 * closures. */

enum
{
  SIGNAL_MESSAGE,
  SIGNAL_INVALID_MESSAGE,
  SIGNAL_DISCONNECTED,
  N_SIGNALS
};

static guint channel_signals[N_SIGNALS];

typedef void (*MessageFunc) (gpointer      data1,
                             CprocMessage *message,
                             gpointer      data2);

/* GObject's own copies the argument for each handler, which looks its type up twice: a sixth of
 * the time of `oneway`. Here whoever emits holds the message. For handlers in C only: bindings
 * have their own closures and keep what they want. */
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

/* The parameters have no static scope: GJS would then keep no reference of its own to what a
 * handler stores. */
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
   * Messages that come while nothing is connected are dropped.
   *
   * Since: 1.0
   */
  channel_signals[SIGNAL_MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_MESSAGE);
  cproc_channel_set_marshaller (channel_signals[SIGNAL_MESSAGE], type);

  /**
   * CprocChannel::invalid-message:
   * @self: the channel
   * @error: what is wrong with it
   *
   * The other side has sent something that is no message, and it was skipped.
   *
   * The error is [error@Cproc.Error.INVALID_MESSAGE] or [error@Cproc.Error.MESSAGE_TOO_LARGE]. It
   * comes where the message would have come, between the others.
   *
   * Since: 1.0
   */
  channel_signals[SIGNAL_INVALID_MESSAGE] =
    g_signal_new ("invalid-message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * CprocChannel::disconnected:
   * @self: the channel
   *
   * The channel has ended: from this side by [method@Channel.close], or from the other.
   *
   * It is emitted once, after the last message, and never from inside of a method.
   *
   * Since: 1.0
   */
  channel_signals[SIGNAL_DISCONNECTED] =
    g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
cproc_channel_set_delegate (CprocChannel               *self,
                            const CprocChannelDelegate *functions,
                            gpointer                    delegate)
{
  self->delegate_functions = functions;
  self->delegate = delegate;
}

void
cproc_channel_emit_message (CprocChannel *self,
                            CprocMessage *message)
{
  if (self->delegate != NULL)
    self->delegate_functions->message (self->delegate, message);
  g_signal_emit (self, channel_signals[SIGNAL_MESSAGE], 0, message);
}

void
cproc_channel_emit_invalid (CprocChannel *self,
                            GError       *error)
{
  if (self->delegate != NULL)
    self->delegate_functions->invalid_message (self->delegate, error);
  g_signal_emit (self, channel_signals[SIGNAL_INVALID_MESSAGE], 0, error);
}

void
cproc_channel_emit_disconnected (CprocChannel *self)
{
  if (self->delegate != NULL)
    self->delegate_functions->disconnected (self->delegate);
  g_signal_emit (self, channel_signals[SIGNAL_DISCONNECTED], 0);
}
