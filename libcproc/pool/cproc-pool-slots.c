/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-slots-private.h"

#define CONGESTED_UNLIMITED 1000

gint64
cproc_pool_core_now (CprocPoolCore *self)
{
  return self->funcs->now (self->owner);
}

/* error: (nullable) */
void
cproc_pool_core_tell (CprocPoolCore  *self,
                      CprocPoolEvent  event,
                      gpointer        subject,
                      const GError   *error)
{
  CprocPoolTold *told = g_new (CprocPoolTold, 1);

  *told = (CprocPoolTold) { event, subject, error != NULL ? g_error_copy (error) : NULL };
  g_queue_push_tail (&self->events, told);
}

static gint
compare_requests (gconstpointer a,
                  gconstpointer b,
                  gpointer      user_data)
{
  const CprocPoolRequest *first = a;
  const CprocPoolRequest *second = b;

  if (first->priority != second->priority)
    return first->priority > second->priority ? -1 : 1;

  return first->order < second->order ? -1 : first->order > second->order;
}

void
cproc_pool_core_enqueue (CprocPoolCore    *self,
                         CprocPoolRequest *request)
{
  request->place = g_sequence_insert_sorted (self->queue, request, compare_requests, NULL);
}

void
cproc_pool_core_dequeue (CprocPoolRequest *request)
{
  g_clear_pointer (&request->place, g_sequence_remove);
}

guint
cproc_pool_core_get_n_queued (CprocPoolCore *self)
{
  return g_sequence_get_length (self->queue);
}

guint
cproc_pool_core_count (CprocPoolCore      *self,
                       CprocPoolSlotState  from,
                       CprocPoolSlotState  to)
{
  guint n = 0;

  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);

      n += slot->state >= from && slot->state <= to;
    }

  return n;
}

static guint
core_count_staying (CprocPoolCore *self)
{
  return cproc_pool_core_count (self, CPROC_POOL_SLOT_STARTING, CPROC_POOL_SLOT_READY);
}

guint
cproc_pool_core_get_n_idle (CprocPoolCore *self)
{
  guint n = 0;

  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);

      n += slot->state == CPROC_POOL_SLOT_READY && slot->requests == NULL;
    }

  return n;
}

/* Ends a request for its caller. Its worker may still be busy with it. */
void
cproc_pool_core_finish (CprocPoolCore    *self,
                        CprocPoolRequest *request,
                        CprocPoolOutcome  outcome,
                        const GError     *error)
{
  guint64 *counters[] = {
    [CPROC_POOL_OUTCOME_COMPLETED] = &self->statistics.completed,
    [CPROC_POOL_OUTCOME_FAILED] = &self->statistics.failed,
    [CPROC_POOL_OUTCOME_TIMED_OUT] = &self->statistics.timed_out,
    [CPROC_POOL_OUTCOME_CANCELLED] = &self->statistics.cancelled,
  };

  ++*counters[outcome];
  request->over = TRUE;
  if (request->slot != NULL)
    self->n_running--;
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_FINISHED, request, error);
}

void
cproc_pool_core_forget (CprocPoolCore    *self,
                        CprocPoolRequest *request)
{
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_FORGOTTEN, request, NULL);
}

void
cproc_pool_slot_unbind (CprocPoolCore *self,
                        CprocPoolSlot *slot)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, slot->keys);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_remove (self->bound, key);
  g_hash_table_remove_all (slot->keys);
}

void
cproc_pool_slot_kill (CprocPoolCore *self,
                      CprocPoolSlot *slot)
{
  slot->state = CPROC_POOL_SLOT_CLOSING;
  slot->kill_at = G_MAXINT64;
  cproc_pool_slot_unbind (self, slot);
  if (slot->killed)
    return;

  slot->killed = TRUE;
  self->funcs->kill (self->owner, slot);
}

/* Tells a worker that has no requests to end. */
static void
slot_close (CprocPoolCore *self,
            CprocPoolSlot *slot)
{
  slot->state = CPROC_POOL_SLOT_CLOSING;
  slot->asked = TRUE;
  cproc_pool_slot_unbind (self, slot);
  slot->kill_at = self->kill_grace < 0 ? G_MAXINT64 : cproc_pool_core_now (self) + self->kill_grace;
  self->funcs->close (self->owner, slot);
}

static void
slot_retire (CprocPoolCore *self,
             CprocPoolSlot *slot)
{
  slot->state = CPROC_POOL_SLOT_RETIRING;
  cproc_pool_slot_unbind (self, slot);
}

/* Takes a request away from its worker. */
void
cproc_pool_slot_drop (CprocPoolCore    *self,
                      CprocPoolRequest *request)
{
  CprocPoolSlot *slot = request->slot;

  slot->requests = g_list_remove (slot->requests, request);
  if (!request->over)
    self->n_running--;
  request->slot = NULL;
  if (slot->requests == NULL)
    slot->idle_since = cproc_pool_core_now (self);
}

static gboolean
slot_is_worn (CprocPoolCore *self,
              CprocPoolSlot *slot)
{
  return slot->worn || (slot->n_answers > 0 && self->max_age > 0 &&
                        cproc_pool_core_now (self) - slot->started >= self->max_age);
}

static gboolean
slot_is_free (CprocPoolCore *self,
              CprocPoolSlot *slot)
{
  return slot->state == CPROC_POOL_SLOT_READY &&
         g_list_length (slot->requests) < self->concurrency &&
         !self->funcs->is_congested (self->owner, slot);
}

/* Prefers the worker with the fewest requests, and among several the last used one. */
static CprocPoolSlot *
core_pick (CprocPoolCore *self)
{
  CprocPoolSlot *best = NULL;
  guint fewest = 0;

  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);
      guint n = g_list_length (slot->requests);

      if (!slot_is_free (self, slot) ||
          (best != NULL && (n > fewest || (n == fewest && slot->last_used <= best->last_used))))
        continue;

      best = slot;
      fewest = n;
    }

  return best;
}

static void
core_give (CprocPoolCore    *self,
           CprocPoolRequest *request,
           CprocPoolSlot    *slot)
{
  g_autoptr(GError) error = NULL;

  cproc_pool_core_dequeue (request);
  request->given = cproc_pool_core_now (self);
  if (!self->funcs->give (self->owner, slot, request, &error))
    {
      cproc_pool_core_finish (self, request, CPROC_POOL_OUTCOME_FAILED, error);
      cproc_pool_core_forget (self, request);
      return;
    }

  cproc_pool_times_add (&self->statistics.wait_time, request->given - request->asked);
  request->slot = slot;
  slot->requests = g_list_prepend (slot->requests, request);
  slot->last_used = ++self->n_uses;
  self->n_running++;

  if (request->key != NULL && !g_hash_table_contains (slot->keys, request->key))
    {
      g_hash_table_add (slot->keys, g_strdup (request->key));
      g_hash_table_insert (self->bound, g_strdup (request->key), slot);
    }
}

/* Gives waiting requests to workers. If the worker that a request is bound to is full, later
 * requests pass it. */
void
cproc_pool_core_hand_out (CprocPoolCore *self)
{
  GSequenceIter *iter = g_sequence_get_begin_iter (self->queue);

  while (!g_sequence_iter_is_end (iter))
    {
      CprocPoolRequest *request = g_sequence_get (iter);
      CprocPoolSlot *slot = NULL;
      CprocPoolSlot *any = core_pick (self);

      if (any == NULL)
        return;

      iter = g_sequence_iter_next (iter);
      if (request->key != NULL)
        slot = g_hash_table_lookup (self->bound, request->key);
      if (slot == NULL)
        slot = any;
      if (slot_is_free (self, slot))
        core_give (self, request, slot);
    }
}

static void
core_start (CprocPoolCore *self)
{
  CprocPoolSlot *slot = g_new0 (CprocPoolSlot, 1);

  slot->state = CPROC_POOL_SLOT_STARTING;
  slot->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  slot->started = cproc_pool_core_now (self);
  slot->kill_at = self->start_timeout > 0 ? slot->started + self->start_timeout : G_MAXINT64;
  g_ptr_array_add (self->slots, slot);
  self->statistics.started++;
  self->funcs->start (self->owner, slot);
}

/* Starts as many workers as the waiting requests need, and at least min_size. */
void
cproc_pool_core_start_needed (CprocPoolCore *self)
{
  guint staying = core_count_staying (self);
  guint starting = cproc_pool_core_count (self, CPROC_POOL_SLOT_STARTING, CPROC_POOL_SLOT_STARTING);
  guint waiting = 0;
  GSequenceIter *iter;

  if (self->state == CPROC_POOL_CORE_FAILED || self->state == CPROC_POOL_CORE_CLOSED ||
      self->n_failing > 0 ||
      cproc_pool_core_now (self) < self->restart.not_before)
    return;

  /* A request that waits for its own worker needs no other one. */
  for (iter = g_sequence_get_begin_iter (self->queue);
       !g_sequence_iter_is_end (iter) && waiting <= self->size * self->concurrency;
       iter = g_sequence_iter_next (iter))
    {
      CprocPoolRequest *request = g_sequence_get (iter);

      waiting += request->key == NULL || !g_hash_table_contains (self->bound, request->key);
    }

  while (staying < self->size &&
         (waiting > starting * self->concurrency ||
          (staying < self->min_size && self->state == CPROC_POOL_CORE_OPEN)))
    {
      core_start (self);
      staying++;
      starting++;
    }
}

/* Returns whether a caller waits for an answer of the worker. */
static gboolean
slot_runs (const CprocPoolSlot *slot)
{
  for (GList *l = slot->requests; l != NULL; l = l->next)
    {
      if (!((CprocPoolRequest *) l->data)->over)
        return TRUE;
    }

  return FALSE;
}

/* Ends workers that are worn out, idle for too long, or too many. */
static void
core_let_go (CprocPoolCore *self)
{
  guint staying = core_count_staying (self);
  gboolean closing = self->state >= CPROC_POOL_CORE_CLOSING &&
                     g_sequence_is_empty (self->queue) && self->n_running == 0;

  for (guint i = 0; i < self->slots->len; i++)
    {
      CprocPoolSlot *slot = g_ptr_array_index (self->slots, i);
      gint64 idle = cproc_pool_core_now (self) - slot->idle_since;

      if (slot->state == CPROC_POOL_SLOT_READY && slot_is_worn (self, slot))
        {
          slot_retire (self, slot);
          staying--;
        }
      if (closing && slot->state == CPROC_POOL_SLOT_STARTING)
        {
          slot->asked = TRUE;
          cproc_pool_slot_kill (self, slot);
        }
      if (slot->state == CPROC_POOL_SLOT_DOOMED && !slot_runs (slot))
        cproc_pool_slot_kill (self, slot);
      if (slot->requests != NULL)
        continue;

      if (slot->state == CPROC_POOL_SLOT_RETIRING)
        slot_close (self, slot);
      else if (slot->state == CPROC_POOL_SLOT_READY &&
               (closing || staying > self->size ||
                (self->idle_timeout > 0 && idle >= self->idle_timeout &&
                 staying > self->min_size)))
        {
          slot_close (self, slot);
          staying--;
        }
    }
}

static void
core_update_congested (CprocPoolCore *self)
{
  gint64 max = self->max_queue < 0 ? CONGESTED_UNLIMITED : self->max_queue;
  gint64 n = cproc_pool_core_get_n_queued (self);
  gboolean congested = self->congested ? n > max / 4 : n >= MAX (1, max / 2);

  if (congested == self->congested)
    return;

  self->congested = congested;
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_CONGESTED, NULL, NULL);
}

static gint64
slot_next_due (CprocPoolCore *self,
               CprocPoolSlot *slot,
               guint          staying)
{
  gint64 due = slot->kill_at;

  for (GList *l = slot->requests; l != NULL; l = l->next)
    {
      CprocPoolRequest *request = l->data;

      due = MIN (due, request->over ? request->deaf_at : request->deadline);
    }

  if (slot->state != CPROC_POOL_SLOT_READY)
    return due;

  if (slot->requests == NULL && self->idle_timeout > 0 && staying > self->min_size)
    due = MIN (due, slot->idle_since + self->idle_timeout);
  if (self->max_age > 0 && slot->n_answers > 0)
    due = MIN (due, slot->started + self->max_age);

  return due;
}

static void
core_schedule (CprocPoolCore *self)
{
  guint staying = core_count_staying (self);
  gint64 due = G_MAXINT64;
  GSequenceIter *iter;

  for (guint i = 0; i < self->slots->len; i++)
    due = MIN (due, slot_next_due (self, g_ptr_array_index (self->slots, i), staying));

  for (iter = g_sequence_get_begin_iter (self->queue); !g_sequence_iter_is_end (iter);
       iter = g_sequence_iter_next (iter))
    {
      CprocPoolRequest *request = g_sequence_get (iter);

      due = MIN (due, request->deadline);
    }

  if (self->restart.not_before > cproc_pool_core_now (self) &&
      (!g_sequence_is_empty (self->queue) || staying < self->min_size))
    due = MIN (due, self->restart.not_before);

  self->funcs->schedule (self->owner, due);
}

static void
core_check_ends (CprocPoolCore *self)
{
  if (!g_sequence_is_empty (self->queue) || self->n_running > 0)
    return;

  if (self->busy)
    {
      self->busy = FALSE;
      cproc_pool_core_tell (self, CPROC_POOL_EVENT_DRAINED, NULL, NULL);
    }

  if (self->state == CPROC_POOL_CORE_CLOSING && self->slots->len == 0)
    {
      self->state = CPROC_POOL_CORE_CLOSED;
      cproc_pool_core_tell (self, CPROC_POOL_EVENT_CLOSED, NULL, NULL);
    }
}

/* Does everything that has become possible. */
void
cproc_pool_core_settle (CprocPoolCore *self)
{
  core_let_go (self);
  cproc_pool_core_hand_out (self);
  cproc_pool_core_start_needed (self);
  core_let_go (self);
  core_update_congested (self);
  core_check_ends (self);
  core_schedule (self);
  cproc_pool_core_tell (self, CPROC_POOL_EVENT_STATE, NULL, NULL);
}
