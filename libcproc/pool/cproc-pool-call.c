/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-private.h"
#include "cproc-source-private.h"

/* A request to the pool, from its task to the channel of a worker. */

void
cproc_pool_call_cancel (CprocPoolCall *self)
{
  if (self->channel != NULL)
    cproc_channel_cancel_request (self->channel, self->id);
}

void
cproc_pool_call_forget (CprocPoolCall *self)
{
  if (self->channel != NULL)
    cproc_channel_forget_request (self->channel, self->id);
  g_clear_object (&self->channel);
}

static void
call_drop_cancel (CprocPoolCall *self)
{
  cproc_source_clear (&self->cancel);
}

void
cproc_pool_call_free (CprocPoolCall *self)
{
  call_drop_cancel (self);
  cproc_pool_call_forget (self);
  g_clear_object (&self->task);
  g_clear_pointer (&self->params, cproc_message_unref);
  g_clear_pointer (&self->result, cproc_message_unref);
  g_clear_pointer (&self->data, cproc_message_unref);
  g_clear_error (&self->error);
  g_free (self->method);
  g_free (self);
}

void
cproc_pool_call_return (CprocPoolCall *self,
                        const GError  *error)
{
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  call_drop_cancel (self);
  if (self->data != NULL)
    g_task_set_task_data (task, g_steal_pointer (&self->data),
                          (GDestroyNotify) cproc_message_unref);

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (self->error != NULL)
    g_task_return_error (task, g_steal_pointer (&self->error));
  else
    g_task_return_pointer (task, g_steal_pointer (&self->result),
                           (GDestroyNotify) cproc_message_unref);
}
