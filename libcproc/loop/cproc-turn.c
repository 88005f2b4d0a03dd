/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-turn-private.h"

#include <time.h>

/* How long the library uses the main context before other sources get their turn. */
#define TURN_USEC (4 * G_TIME_SPAN_MILLISECOND)

/* How long the rest of the work waits for the main context to become idle. */
#define MAX_WAIT_USEC (50 * G_TIME_SPAN_MILLISECOND)

/* Number of emissions between two reads of the exact clock, as long as the coarse clock, which is
 * much cheaper, has not moved. */
#define MAX_SKIPS 16

struct _CprocTurn
{
  GSource source;        /* of low priority: ready while the turn is spent, and renews it */
  GMainContext *context; /* no reference: the context holds the source */
  guint n_users;         /* with the mutex */

  gint64 used;
  gint64 last_end;
  gint64 deadline;    /* of the current dispatch; 0: there is none */
  gint64 spent_since; /* 0: the turn is not spent */
  gint64 coarse;
  guint skips;
  GQueue waiting; /* GSource, no reference */
};

static GMutex turns_mutex;
static GHashTable *turns; /* GMainContext to CprocTurn */

static gint64
get_coarse_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC_COARSE, &now);

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void
turn_renew (CprocTurn *self)
{
  self->used = 0;
  self->spent_since = 0;
}

static gboolean
turn_is_spent (CprocTurn *self)
{
  if (self->spent_since == 0)
    return FALSE;

  if (g_get_monotonic_time () - self->spent_since >= MAX_WAIT_USEC)
    turn_renew (self);

  return self->spent_since != 0;
}

static gboolean
turn_prepare (GSource *source,
              int     *timeout)
{
  *timeout = -1;

  return ((CprocTurn *) source)->spent_since != 0;
}

static gboolean
turn_check (GSource *source)
{
  return ((CprocTurn *) source)->spent_since != 0;
}

static gboolean
turn_dispatch (GSource     *source,
               GSourceFunc  callback,
               gpointer     user_data)
{
  turn_renew ((CprocTurn *) source);

  return G_SOURCE_CONTINUE;
}

static void
turn_finalize (GSource *source)
{
  g_queue_clear (&((CprocTurn *) source)->waiting);
}

static GSourceFuncs turn_funcs = {
  .prepare = turn_prepare,
  .check = turn_check,
  .dispatch = turn_dispatch,
  .finalize = turn_finalize,
};

static CprocTurn *
turn_new (GMainContext *context)
{
  GSource *source = g_source_new (&turn_funcs, sizeof (CprocTurn));
  CprocTurn *self = (CprocTurn *) source;

  self->context = context;
  g_queue_init (&self->waiting);
  g_source_set_priority (source, G_PRIORITY_DEFAULT_IDLE);
  g_source_set_can_recurse (source, TRUE);
  g_source_set_static_name (source, "[libcproc] turn");
  g_source_attach (source, context);

  return self;
}

CprocTurn *
cproc_turn_acquire (GMainContext *context)
{
  CprocTurn *self;

  g_mutex_lock (&turns_mutex);
  if (turns == NULL)
    turns = g_hash_table_new (NULL, NULL);

  self = g_hash_table_lookup (turns, context);
  /* The context may have been freed and a new one allocated at the same address. */
  if (self == NULL || g_source_is_destroyed (&self->source))
    {
      self = turn_new (context);
      g_hash_table_insert (turns, context, self);
    }
  self->n_users++;
  g_source_ref (&self->source);
  g_mutex_unlock (&turns_mutex);

  return self;
}

void
cproc_turn_release (CprocTurn *self,
                    GSource   *source)
{
  gboolean is_last;

  g_mutex_lock (&turns_mutex);
  g_queue_remove (&self->waiting, source);
  is_last = --self->n_users == 0;
  if (is_last && g_hash_table_lookup (turns, self->context) == self)
    g_hash_table_remove (turns, self->context);
  g_mutex_unlock (&turns_mutex);

  if (!is_last)
    return;

  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

void
cproc_turn_unref (CprocTurn *self)
{
  g_source_unref (&self->source);
}

/* Returns whether another source of the same priority comes first. */
static gboolean
turn_must_queue (CprocTurn *self,
                 GSource   *source)
{
  gboolean must_queue = FALSE;

  g_mutex_lock (&turns_mutex);
  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      if (g_source_get_priority (l->data) != g_source_get_priority (source))
        continue;
      must_queue = l->data != source;
      break;
    }
  g_mutex_unlock (&turns_mutex);

  return must_queue;
}

static void
turn_set_waiting (CprocTurn *self,
                  GSource   *source,
                  gboolean   is_waiting)
{
  g_mutex_lock (&turns_mutex);
  if (!is_waiting)
    g_queue_remove (&self->waiting, source);
  else if (!g_source_is_destroyed (source) && g_queue_find (&self->waiting, source) == NULL)
    g_queue_push_tail (&self->waiting, source);
  g_mutex_unlock (&turns_mutex);
}

gboolean
cproc_turn_is_open (CprocTurn *self,
                    GSource   *source)
{
  return !turn_is_spent (self) && (self->waiting.length == 0 || !turn_must_queue (self, source));
}

gboolean
cproc_turn_admit (CprocTurn *self,
                  GSource   *source,
                  gboolean   is_ready)
{
  if (is_ready && cproc_turn_is_open (self, source))
    return TRUE;
  if (is_ready || self->waiting.length > 0)
    turn_set_waiting (self, source, is_ready);

  return FALSE;
}

gboolean
cproc_turn_enter (CprocTurn         *self,
                  GSource           *source,
                  CprocTurnDispatch *dispatch)
{
  gint64 now;

  if (turn_is_spent (self))
    {
      turn_set_waiting (self, source, TRUE);
      return FALSE;
    }
  if (self->waiting.length > 0)
    turn_set_waiting (self, source, FALSE);

  now = g_get_monotonic_time ();
  dispatch->turn = (CprocTurn *) g_source_ref (&self->source);
  dispatch->begin = now;
  dispatch->outer_deadline = self->deadline;

  /* The other sources have had as much time as the library may take. */
  if (now - self->last_end >= TURN_USEC)
    self->used = 0;
  self->deadline = now + TURN_USEC - self->used;
  self->skips = 0;

  return TRUE;
}

void
cproc_turn_leave (CprocTurnDispatch *dispatch)
{
  CprocTurn *self = dispatch->turn;
  gint64 now = g_get_monotonic_time ();

  self->used += now - dispatch->begin;
  self->last_end = now;
  self->deadline = dispatch->outer_deadline;
  self->skips = 0;
  if (self->used >= TURN_USEC && self->spent_since == 0)
    self->spent_since = now;

  g_source_unref (&self->source);
}

gboolean
cproc_turn_is_over (CprocTurn *self)
{
  gint64 coarse;

  if (self->deadline == 0)
    return FALSE;

  coarse = get_coarse_time ();
  if (self->skips > 0 && coarse == self->coarse)
    {
      self->skips--;
      return FALSE;
    }

  self->coarse = coarse;
  self->skips = MAX_SKIPS;

  return g_get_monotonic_time () >= self->deadline;
}
