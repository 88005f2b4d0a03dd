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

/* Connects a request of the channel with the call, which may be freed before; both hold it. Any
 * thread may drop the pool, and its calls with it: the call is used only while the pool is held. */
struct _CprocPoolAnswer
{
  CprocOwner *owner;
  CprocPoolCall *call; /* NULL: the answer does not matter any more */
  CprocPoolAnswerFunc func;
};

static void
answer_clear (gpointer data)
{
  cproc_owner_unref (((CprocPoolAnswer *) data)->owner);
}

static void
answer_release (CprocPoolAnswer *self)
{
  g_atomic_rc_box_release_full (self, answer_clear);
}

/* The request stays with the channel, which drops the answer when it comes. */
void
cproc_pool_call_forget (CprocPoolCall *self)
{
  if (self->answer != NULL)
    self->answer->call = NULL;
  g_clear_pointer (&self->answer, answer_release);
  g_clear_object (&self->channel);
}

static void
on_answered (gpointer      user_data,
             CprocMessage *result,
             CprocMessage *data,
             GError       *error)
{
  CprocPoolAnswer *self = user_data;
  gpointer pool = cproc_owner_hold (self->owner);
  CprocPoolCall *call = pool != NULL ? self->call : NULL;

  if (call != NULL)
    {
      cproc_pool_call_forget (call);
      self->func (call, g_steal_pointer (&result), g_steal_pointer (&data),
                  g_steal_pointer (&error));
    }
  if (pool != NULL)
    cproc_owner_drop (self->owner, pool);

  g_clear_pointer (&result, cproc_message_unref);
  g_clear_pointer (&data, cproc_message_unref);
  g_clear_error (&error);
  answer_release (self);
}

gboolean
cproc_pool_call_send (CprocPoolCall        *self,
                      CprocOwner           *owner,
                      CprocChannel         *channel,
                      CprocPoolAnswerFunc   func,
                      GError              **error)
{
  CprocPoolAnswer *answer = g_atomic_rc_box_new0 (CprocPoolAnswer);

  answer->owner = cproc_owner_ref (owner);
  answer->call = self;
  answer->func = func;
  self->id = cproc_channel_add_request (channel, self->method, self->params, on_answered, answer,
                                        error);
  if (self->id == 0)
    {
      answer_release (answer);
      return FALSE;
    }

  self->answer = g_atomic_rc_box_acquire (answer);
  self->channel = g_object_ref (channel);

  return TRUE;
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
