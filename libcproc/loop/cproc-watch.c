/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-poller-private.h"
#include "cproc-source-private.h"
#include "cproc-watch-private.h"

typedef struct
{
  GSource source;
  pid_t process; /* the process that made it */
  CprocWatchFunc func;
  gpointer user_data;
  CprocOwner *owner;
} CprocTimerSource;

static gboolean
timer_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  CprocTimerSource *self = (CprocTimerSource *) source;
  gpointer object = NULL;

  /* A fork must not act on the parent's timer. */
  if (self->process != getpid ())
    return G_SOURCE_REMOVE;

  if (self->owner != NULL && (object = cproc_owner_hold (self->owner)) == NULL)
    return G_SOURCE_REMOVE;
  /* Another thread may have stopped the timer meanwhile, and dropped all references but this one.
   * Stopping destroys the source, so a callback may free the owner. */
  if (!g_source_is_destroyed (source))
    self->func (self->user_data);
  if (object != NULL)
    cproc_owner_drop (self->owner, object);

  return G_SOURCE_CONTINUE;
}

static void
timer_source_finalize (GSource *source)
{
  g_clear_pointer (&((CprocTimerSource *) source)->owner, cproc_owner_unref);
}

static GSourceFuncs timer_source_funcs = {
  .dispatch = timer_source_dispatch,
  .finalize = timer_source_finalize,
};

void
cproc_watch_set_owner (CprocWatch *self,
                       CprocOwner *owner)
{
  self->owner = owner;
}

void
cproc_watch_set_bounded (CprocWatch *self,
                         gboolean    is_bounded)
{
  self->is_bounded = is_bounded;
}

gboolean
cproc_watch_is_turn_over (CprocWatch *self)
{
  return self->poller != NULL && cproc_poller_is_turn_over (self->poller);
}

void
cproc_watch_set_priority (CprocWatch   *self,
                          GMainContext *context,
                          int           priority)
{
  self->priority = priority;
  cproc_watch_move (self, context);
}

void
cproc_watch_start (CprocWatch     *self,
                   GMainContext   *context,
                   int             fd,
                   GIOCondition    condition,
                   CprocWatchFunc  func,
                   gpointer        user_data)
{
  cproc_watch_stop (self);

  self->fd = fd;
  self->condition = condition;
  self->func = func;
  self->user_data = user_data;

  cproc_poller_add (self, context);
}

void
cproc_watch_stop (CprocWatch *self)
{
  if (self->poller != NULL)
    cproc_poller_remove (self);
  self->pending = FALSE;
}

void
cproc_watch_move (CprocWatch   *self,
                  GMainContext *context)
{
  gboolean pending = self->pending;

  if (!cproc_watch_is_active (self))
    return;

  cproc_watch_start (self, context, self->fd, self->condition, self->func, self->user_data);
  cproc_watch_set_pending (self, pending);
}

void
cproc_watch_set_pending (CprocWatch *self,
                         gboolean    pending)
{
  if (self->pending == pending || !cproc_watch_is_active (self))
    return;

  self->pending = pending;
  cproc_poller_set_pending (self, pending);
}

void
cproc_timer_set_owner (CprocTimer *self,
                       CprocOwner *owner)
{
  self->owner = owner;
}

static void
timer_attach (CprocTimer   *self,
              GMainContext *context)
{
  GSource *source = g_source_new (&timer_source_funcs, sizeof (CprocTimerSource));

  cproc_timer_stop (self);

  ((CprocTimerSource *) source)->process = getpid ();
  ((CprocTimerSource *) source)->func = self->func;
  ((CprocTimerSource *) source)->user_data = self->user_data;
  if (self->owner != NULL)
    ((CprocTimerSource *) source)->owner = cproc_owner_ref (self->owner);
  g_source_set_static_name (source, "[libcproc] timer");
  /* A handler that runs a nested main loop must see other events too. */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_ready_time (source, self->deadline);
  g_source_attach (source, context);
  self->source = source;
}

void
cproc_timer_start (CprocTimer     *self,
                   GMainContext   *context,
                   guint           msec,
                   CprocWatchFunc  func,
                   gpointer        user_data)
{
  self->deadline = g_get_monotonic_time () + (gint64) msec * G_TIME_SPAN_MILLISECOND;
  self->func = func;
  self->user_data = user_data;
  timer_attach (self, context);
}

void
cproc_timer_stop (CprocTimer *self)
{
  cproc_source_clear (&self->source);
}

void
cproc_timer_move (CprocTimer   *self,
                  GMainContext *context)
{
  if (self->source != NULL)
    timer_attach (self, context);
}
