/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-channel-internal-private.h"

/* Signals of a channel. The delegate is called directly, before the handlers: a worker that
 * connected like everybody else would need one emission more for each message, and three
 * closures. */

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
  g_signal_emit (self, cproc_channel_signals[CPROC_CHANNEL_SIGNAL_MESSAGE], 0, message);
}

void
cproc_channel_emit_invalid (CprocChannel *self,
                            GError       *error)
{
  if (self->delegate != NULL)
    self->delegate_functions->invalid_message (self->delegate, error);
  g_signal_emit (self, cproc_channel_signals[CPROC_CHANNEL_SIGNAL_INVALID_MESSAGE], 0, error);
}

void
cproc_channel_emit_disconnected (CprocChannel *self)
{
  if (self->delegate != NULL)
    self->delegate_functions->disconnected (self->delegate);
  g_signal_emit (self, cproc_channel_signals[CPROC_CHANNEL_SIGNAL_DISCONNECTED], 0);
}
