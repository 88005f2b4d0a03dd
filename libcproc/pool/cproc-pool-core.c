/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-pool-slots-private.h"

static void
request_free (CprocPoolRequest *self)
{
  g_free (self->key);
  g_free (self);
}

static void
slot_free (gpointer data)
{
  CprocPoolSlot *self = data;

  g_list_free (self->requests);
  g_hash_table_unref (self->keys);
  g_free (self);
}

static void
core_emit (CprocPoolCore *self)
{
  gboolean was_emitting = self->emitting;
  int outer_depth = self->emit_depth;
  CprocPoolTold *told;

  self->emitting = TRUE;
  self->emit_depth = g_main_depth ();
  while ((told = g_queue_pop_head (&self->events)) != NULL)
    {
      self->funcs->event (self->owner, told->event, told->subject, told->error);
      if (told->event == CPROC_POOL_EVENT_FORGOTTEN)
        request_free (told->subject);
      else if (told->event == CPROC_POOL_EVENT_WORKER_ENDED)
        slot_free (told->subject);
      g_clear_error (&told->error);
      g_free (told);
    }
  self->emitting = was_emitting;
  self->emit_depth = outer_depth;
}

static void
core_enter (CprocPoolCore *self)
{
  self->depth++;
}

/* Does all that has become possible, then tells what has happened. */
static void
core_leave (CprocPoolCore *self)
{
  if (self->depth == 1)
    cproc_pool_core_settle (self);

  self->depth--;
  /* Not from inside of a call that the event function makes; but a main loop that it runs gets what
   * happens meanwhile. */
  if (self->depth == 0 && (!self->emitting || g_main_depth () > self->emit_depth))
    core_emit (self);
}

static gint64
core_deaf_at (CprocPoolCore *self)
{
  return self->cancel_grace < 0 ? G_MAXINT64 : cproc_pool_core_now (self) + self->cancel_grace;
}

static void
core_fail_all (CprocPoolCore *self,
               const GError  *error)
{
  while (!g_sequence_is_empty (self->queue))
    {
      CprocPoolRequest *request = g_sequence_get (g_sequence_get_begin_iter (self->queue));

      cproc_pool_core_dequeue (request);
      cproc_pool_core_finish (self, request, CPROC_POOL_OUTCOME_FAILED, error);
      cproc_pool_core_forget (self, request);
    }

  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);

      for (GList *l = slot->requests; l != NULL; l = l->next)
        {
          CprocPoolRequest *request = l->data;

          if (request->over)
            continue;
          self->funcs->cancel (self->owner, slot, request);
          request->deaf_at = core_deaf_at (self);
          cproc_pool_core_finish (self, request, CPROC_POOL_OUTCOME_FAILED, error);
        }
    }
}

/* Ends a request before its worker has answered. */
static void
core_give_up (CprocPoolCore    *self,
              CprocPoolRequest *request,
              CprocPoolOutcome  outcome,
              const GError     *error)
{
  if (request->place != NULL)
    {
      cproc_pool_core_dequeue (request);
      cproc_pool_core_finish (self, request, outcome, error);
      cproc_pool_core_forget (self, request);
      return;
    }

  self->funcs->cancel (self->owner, request->slot, request);
  request->deaf_at = core_deaf_at (self);
  cproc_pool_core_finish (self, request, outcome, error);
}

static void
core_time_out (CprocPoolCore    *self,
               CprocPoolRequest *request)
{
  g_autoptr(GError) error = g_error_new_literal (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                                                 _("The request took too long"));

  core_give_up (self, request, CPROC_POOL_OUTCOME_TIMED_OUT, error);
}

/* Counts a crash as soon as a worker is known to be useless, not only at its end. */
static void
core_count_crash (CprocPoolCore *self,
                  CprocPoolSlot *slot)
{
  if (slot->counted || slot->asked)
    return;

  slot->counted = TRUE;
  slot->too_often = cproc_pool_restart_crashed (&self->restart, cproc_pool_core_now (self));
  self->n_failing += slot->too_often;
}

/* Handles the due requests of a worker. */
static void
core_check_slot (CprocPoolCore *self,
                 CprocPoolSlot *slot)
{
  gint64 now = cproc_pool_core_now (self);
  gboolean deaf = FALSE;

  for (GList *l = slot->requests; l != NULL; l = l->next)
    {
      CprocPoolRequest *request = l->data;

      if (!request->over && request->deadline <= now)
        core_time_out (self, request);

      deaf |= request->over && request->deaf_at <= now;
    }

  if (slot->kill_at <= now)
    {
      if (slot->state == CPROC_POOL_SLOT_STARTING)
        core_count_crash (self, slot);
      cproc_pool_slot_kill (self, slot);
    }
  else if (deaf && slot->state < CPROC_POOL_SLOT_DOOMED)
    {
      slot->state = CPROC_POOL_SLOT_DOOMED;
      cproc_pool_slot_unbind (self, slot);
      slot->kill_at = now + self->cancel_grace;
      for (GList *l = slot->requests; l != NULL; l = l->next)
        ((CprocPoolRequest *) l->data)->deaf_at = G_MAXINT64;
    }
}

void
cproc_pool_core_wake (CprocPoolCore *self)
{
  gint64 now = cproc_pool_core_now (self);
  GSequenceIter *iter = g_sequence_get_begin_iter (self->queue);

  core_enter (self);
  while (!g_sequence_iter_is_end (iter))
    {
      CprocPoolRequest *request = g_sequence_get (iter);

      iter = g_sequence_iter_next (iter);
      if (request->deadline <= now)
        core_time_out (self, request);
    }

  for (guint i = 0; i < self->slots->len; i++)
    core_check_slot (self, g_ptr_array_index (self->slots, i));
  core_leave (self);
}

void
cproc_pool_core_init (CprocPoolCore        *self,
                      const CprocPoolFuncs *funcs,
                      gpointer              owner)
{
  *self = (CprocPoolCore) {
    .funcs = funcs,
    .owner = owner,
    .size = 1,
    .concurrency = 1,
    .max_queue = 1000,
    .start_timeout = 30 * G_TIME_SPAN_SECOND,
    .max_requests = -1,
    .max_rss = -1,
    .cancel_grace = 5 * G_TIME_SPAN_SECOND,
    .kill_grace = 5 * G_TIME_SPAN_SECOND,
    .slots = g_ptr_array_new (),
    .queue = g_sequence_new (NULL),
    .bound = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  g_queue_init (&self->events);
  cproc_pool_restart_init (&self->restart);
}

void
cproc_pool_core_clear (CprocPoolCore *self)
{
  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);

      for (GList *l = slot->requests; l != NULL; l = l->next)
        cproc_pool_core_forget (self, l->data);
      slot_free (slot);
    }
  core_emit (self);
  g_ptr_array_unref (self->slots);
  g_sequence_free (self->queue);
  g_hash_table_unref (self->bound);
  cproc_pool_restart_clear (&self->restart);
}

/* Returns the number of waiting requests, without those that a starting worker will take at
 * once. */
static gboolean
core_is_full (CprocPoolCore *self)
{
  guint starting = cproc_pool_core_count (self, CPROC_POOL_SLOT_STARTING, CPROC_POOL_SLOT_STARTING);
  gint64 waiting = (gint64) cproc_pool_core_get_n_queued (self) -
                   (gint64) starting * self->concurrency;

  return self->max_queue >= 0 && waiting > self->max_queue;
}

static void
core_refuse (CprocPoolCore    *self,
             CprocPoolRequest *request,
             int               code,
             const char       *message)
{
  g_autoptr(GError) error = g_error_new_literal (CPROC_ERROR, code, message);

  if (request->place != NULL)
    cproc_pool_core_dequeue (request);
  cproc_pool_core_finish (self, request, CPROC_POOL_OUTCOME_FAILED, error);
  cproc_pool_core_forget (self, request);
}

static CprocPoolRequest *
request_new (CprocPoolCore *self,
             gpointer       data,
             int            priority,
             const char    *key,
             guint          timeout)
{
  CprocPoolRequest *request = g_new0 (CprocPoolRequest, 1);

  request->data = data;
  request->priority = priority;
  request->key = g_strdup (key);
  request->asked = cproc_pool_core_now (self);
  request->deadline = timeout == 0 ? G_MAXINT64
                                   : request->asked + timeout * G_TIME_SPAN_MILLISECOND;
  request->deaf_at = G_MAXINT64;
  request->tries_left = self->retries;
  request->order = ++self->n_pushed;

  return request;
}

void
cproc_pool_core_push (CprocPoolCore     *self,
                      gpointer           data,
                      int                priority,
                      const char        *key,
                      guint              timeout,
                      CprocPoolRequest **place)
{
  CprocPoolRequest *request = request_new (self, data, priority, key, timeout);

  core_enter (self);
  *place = request;
  self->statistics.submitted++;

  if (self->state >= CPROC_POOL_CORE_CLOSING)
    {
      core_refuse (self, request, CPROC_ERROR_CLOSED, _("The pool is closed"));
    }
  else
    {
      if (self->state == CPROC_POOL_CORE_FAILED)
        {
          self->state = CPROC_POOL_CORE_OPEN;
          cproc_pool_restart_reset (&self->restart);
        }
      self->busy = TRUE;
      cproc_pool_core_enqueue (self, request);
      cproc_pool_core_hand_out (self);
      cproc_pool_core_start_needed (self);
      if (request->place != NULL && core_is_full (self))
        core_refuse (self, request, CPROC_ERROR_QUEUE_FULL,
                     _("The queue of the pool is full"));
    }
  core_leave (self);
}

void
cproc_pool_core_cancel (CprocPoolCore    *self,
                        CprocPoolRequest *request)
{
  g_autoptr(GError) error = NULL;

  if (request->over)
    return;

  core_enter (self);
  error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The request was cancelled"));
  core_give_up (self, request, CPROC_POOL_OUTCOME_CANCELLED, error);
  core_leave (self);
}

void
cproc_pool_core_answered (CprocPoolCore    *self,
                          CprocPoolRequest *request,
                          gboolean          success)
{
  CprocPoolSlot *slot = request->slot;

  core_enter (self);
  if (slot->n_answers++ == 0)
    cproc_pool_restart_works (&self->restart);
  slot->worn |= self->max_requests >= 0 && slot->n_answers >= (guint) self->max_requests;
  slot->worn |= self->max_rss >= 0 && self->funcs->get_rss (self->owner, slot) > self->max_rss;
  cproc_pool_slot_drop (self, request);
  if (!request->over)
    {
      cproc_pool_times_add (&self->statistics.run_time,
                            cproc_pool_core_now (self) - request->given);
      cproc_pool_core_finish (self, request,
                              success ? CPROC_POOL_OUTCOME_COMPLETED : CPROC_POOL_OUTCOME_FAILED,
                              NULL);
    }
  cproc_pool_core_forget (self, request);
  core_leave (self);
}

void
cproc_pool_core_ready (CprocPoolCore *self,
                       CprocPoolSlot *slot)
{
  if (slot->state != CPROC_POOL_SLOT_STARTING)
    return;

  core_enter (self);
  slot->state = CPROC_POOL_SLOT_READY;
  slot->kill_at = G_MAXINT64;
  slot->idle_since = cproc_pool_core_now (self);
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_WORKER_STARTED, slot, NULL);
  core_leave (self);
}

static void
core_fail (CprocPoolCore *self,
           const GError  *error)
{
  if (self->state == CPROC_POOL_CORE_OPEN)
    self->state = CPROC_POOL_CORE_FAILED;
  core_fail_all (self, error);
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_FAILED, NULL, error);
}

/* Returns the requests of an ended worker to the front of the queue, or fails them. */
static void
core_take_back (CprocPoolCore *self,
                CprocPoolSlot *slot,
                gboolean       retry,
                const GError  *error)
{
  while (slot->requests != NULL)
    {
      CprocPoolRequest *request = slot->requests->data;

      cproc_pool_slot_drop (self, request);
      if (retry && !request->over && request->tries_left > 0)
        {
          request->tries_left--;
          request->order = -++self->n_returned;
          self->statistics.retried++;
          cproc_pool_core_enqueue (self, request);
          continue;
        }

      if (!request->over)
        cproc_pool_core_finish (self, request, CPROC_POOL_OUTCOME_FAILED, error);
      cproc_pool_core_forget (self, request);
    }
}

void
cproc_pool_core_ended (CprocPoolCore *self,
                       CprocPoolSlot *slot,
                       const GError  *error)
{
  core_enter (self);
  self->statistics.ended++;
  g_ptr_array_remove (self->slots, slot);
  cproc_pool_slot_unbind (self, slot);
  if (!slot->killed)
    core_count_crash (self, slot);
  self->n_failing -= slot->too_often;

  cproc_pool_core_tell (self, CPROC_POOL_EVENT_WORKER_ENDED, slot, slot->asked ? NULL : error);
  core_take_back (self, slot, !slot->too_often, error);
  if (slot->too_often)
    core_fail (self, error);
  core_leave (self);
}

void
cproc_pool_core_start_failed (CprocPoolCore *self,
                              CprocPoolSlot *slot,
                              const GError  *error)
{
  core_enter (self);
  self->statistics.ended++;
  g_ptr_array_remove (self->slots, slot);
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_WORKER_ENDED, slot, slot->asked ? NULL : error);
  if (!slot->asked)
    core_fail (self, error);
  core_leave (self);
}

void
cproc_pool_core_doom (CprocPoolCore *self,
                      CprocPoolSlot *slot)
{
  core_enter (self);
  core_count_crash (self, slot);
  cproc_pool_slot_kill (self, slot);
  core_leave (self);
}

void
cproc_pool_core_close (CprocPoolCore *self)
{
  core_enter (self);
  if (self->state < CPROC_POOL_CORE_CLOSING)
    self->state = CPROC_POOL_CORE_CLOSING;
  core_leave (self);
}

void
cproc_pool_core_abort (CprocPoolCore *self)
{
  g_autoptr(GError) error = g_error_new_literal (CPROC_ERROR, CPROC_ERROR_CLOSED,
                                                 _("The pool is closed"));

  core_enter (self);
  if (self->state < CPROC_POOL_CORE_CLOSING)
    self->state = CPROC_POOL_CORE_CLOSING;
  core_fail_all (self, error);
  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);

      slot->asked = TRUE;
      cproc_pool_slot_kill (self, slot);
    }
  core_leave (self);
}
