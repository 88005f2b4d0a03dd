/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>

#include "cproc-error.h"
#include "cproc-gettext-private.h"
#include "cproc-handle-private.h"

/* The pause before the first resend; it doubles before each further one. */
#define RESEND_PAUSE 50000 /* microseconds */

/* A bound on memory: if the other side causes more runs without reading any, it gets wrong
 * answers. */
#define MAX_ANSWER_RUNS 4096

CprocHandle *
cproc_handle_new (CprocMessage *message,
                  guint         n_fds)
{
  CprocHandle *self = g_new0 (CprocHandle, 1);

  self->ref_count = 1;
  self->message = cproc_message_ref (message);
  self->n_fds = n_fds;
  self->n_open = n_fds;

  return self;
}

CprocHandle *
cproc_handle_ref (CprocHandle *self)
{
  self->ref_count++;

  return self;
}

void
cproc_handle_unref (CprocHandle *self)
{
  if (--self->ref_count > 0)
    return;

  cproc_message_unref (self->message);
  g_free (self);
}

static void
handle_unref (gpointer data)
{
  cproc_handle_unref (data);
}

/* Takes ownership of handle. */
static void
handle_table_fail (CprocHandleTable *self,
                   CprocHandle      *handle)
{
  g_queue_push_tail (&self->failed, handle);
}

/* Notes the fate of one more frame. Takes ownership of handle. */
static void
handle_table_end_frame (CprocHandleTable *self,
                        CprocHandle      *handle,
                        CprocHandleFate   fate)
{
  gboolean may_resend;

  handle->fate = MAX (handle->fate, fate);
  if (--handle->n_open > 0 || handle->fate == CPROC_HANDLE_ARRIVED ||
      (handle->fate == CPROC_HANDLE_CLOSED && handle->n_resends == 0))
    {
      cproc_handle_unref (handle);
      return;
    }

  may_resend = handle->fate == CPROC_HANDLE_REFUSED || handle->fate == CPROC_HANDLE_UNSENT;
  if (!may_resend || handle->n_resends == CPROC_HANDLE_MAX_RESENDS)
    {
      handle_table_fail (self, handle);
      return;
    }

  handle->due = g_get_monotonic_time () + ((gint64) RESEND_PAUSE << handle->n_resends);
  g_queue_push_tail (&self->refused, handle);
}

void
cproc_handle_table_add_sent (CprocHandleTable *self,
                             CprocHandle      *handle)
{
  g_queue_push_tail (&self->sent, cproc_handle_ref (handle));
}

void
cproc_handle_table_answer (CprocHandleTable *self,
                           CprocHandleFate   fate)
{
  CprocHandle *handle = g_queue_pop_head (&self->sent);

  if (handle != NULL)
    handle_table_end_frame (self, handle, fate);
}

void
cproc_handle_table_unsent (CprocHandleTable *self,
                           CprocHandle      *handle,
                           CprocHandleFate   fate)
{
  handle_table_end_frame (self, cproc_handle_ref (handle), fate);
}

void
cproc_handle_table_lose (CprocHandleTable *self,
                         CprocHandle      *handle,
                         CprocHandleFate   fate)
{
  handle->fate = fate;
  handle_table_fail (self, cproc_handle_ref (handle));
}

static GList *
handle_table_find_next (CprocHandleTable *self)
{
  GList *next = self->refused.head;

  for (GList *l = next; l != NULL; l = l->next)
    {
      if (((CprocHandle *) l->data)->due < ((CprocHandle *) next->data)->due)
        next = l;
    }

  return next;
}

gint64
cproc_handle_table_get_due (CprocHandleTable *self)
{
  GList *next = handle_table_find_next (self);

  return next != NULL ? ((CprocHandle *) next->data)->due : -1;
}

CprocHandle *
cproc_handle_table_take_due (CprocHandleTable *self,
                             gint64            now)
{
  GList *next = handle_table_find_next (self);
  CprocHandle *handle = next != NULL ? next->data : NULL;

  if (handle == NULL || handle->due > now)
    return NULL;

  g_queue_delete_link (&self->refused, next);
  handle->n_resends++;
  handle->n_open = handle->n_fds;
  handle->fate = CPROC_HANDLE_ARRIVED;

  return handle;
}

void
cproc_handle_table_close_writing (CprocHandleTable *self)
{
  CprocHandle *handle;

  while ((handle = g_queue_pop_head (&self->refused)) != NULL)
    {
      handle->fate = CPROC_HANDLE_CLOSED;
      handle_table_fail (self, handle);
    }
}

void
cproc_handle_table_close (CprocHandleTable *self)
{
  CprocHandle *handle;

  while ((handle = g_queue_pop_head (&self->sent)) != NULL)
    handle_table_end_frame (self, handle, CPROC_HANDLE_CLOSED);

  cproc_handle_table_close_writing (self);
}

void
cproc_handle_table_clear (CprocHandleTable *self)
{
  g_queue_clear_full (&self->sent, handle_unref);
  g_queue_clear_full (&self->refused, handle_unref);
  g_queue_clear_full (&self->failed, handle_unref);
}

static GError *
handle_fate_to_error (CprocHandleFate fate)
{
  switch (fate)
    {
    case CPROC_HANDLE_REFUSED:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                  _("The other side could not take a descriptor of the message"));

    case CPROC_HANDLE_UNSENT:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                  _("The system did not pass on a descriptor of the message: too "
                                    "many are on their way"));

    case CPROC_HANDLE_EMPTIED:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                  _("The descriptors were taken out of the message before it was "
                                    "sent"));

    case CPROC_HANDLE_CLOSED:
    case CPROC_HANDLE_ARRIVED:
    default:
      return g_error_new_literal (CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED,
                                  _("The message channel was closed before a descriptor of the "
                                    "message arrived"));
    }
}

CprocMessage *
cproc_handle_table_take_failed (CprocHandleTable  *self,
                                GError           **error)
{
  CprocHandle *handle = g_queue_pop_head (&self->failed);
  CprocMessage *message;

  if (handle == NULL)
    return NULL;

  g_propagate_error (error, handle_fate_to_error (handle->fate));
  message = cproc_message_ref (handle->message);
  cproc_handle_unref (handle);

  return message;
}

/* A run of `n` equal answers. */
typedef struct
{
  CprocHandleFate fate;
  guint64 n;
} AnswerRun;

void
cproc_answer_queue_push (CprocAnswerQueue *self,
                         CprocHandleFate   fate)
{
  AnswerRun *run = g_queue_peek_tail (&self->runs);

  if (run == NULL || (run->fate != fate && self->runs.length < MAX_ANSWER_RUNS))
    {
      run = g_new0 (AnswerRun, 1);
      run->fate = fate;
      g_queue_push_tail (&self->runs, run);
    }

  run->n++;
}

gboolean
cproc_answer_queue_pop (CprocAnswerQueue *self,
                        CprocHandleFate  *fate)
{
  AnswerRun *run = g_queue_peek_head (&self->runs);

  if (run == NULL)
    return FALSE;

  *fate = run->fate;
  if (--run->n == 0)
    g_free (g_queue_pop_head (&self->runs));

  return TRUE;
}

void
cproc_answer_queue_clear (CprocAnswerQueue *self)
{
  g_queue_clear_full (&self->runs, g_free);
}
