/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib-unix.h>

#include "cproc-hub-private.h"
#include "cproc-watch-private.h"

typedef struct
{
  GSource source;
  CprocWatchFunc func;
  gpointer user_data;
} CprocFuncSource;

static gboolean
func_source_dispatch (GSource     *source,
                      GSourceFunc  callback,
                      gpointer     user_data)
{
  CprocFuncSource *self = (CprocFuncSource *) source;

  /* Whoever stops the watch destroys the source, so a callback that frees the owner is safe. */
  self->func (self->user_data);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs func_source_funcs = { .dispatch = func_source_dispatch };

static GSource *
func_source_new (const char     *name,
                 CprocWatchFunc  func,
                 gpointer        user_data)
{
  GSource *source = g_source_new (&func_source_funcs, sizeof (CprocFuncSource));
  CprocFuncSource *self = (CprocFuncSource *) source;

  self->func = func;
  self->user_data = user_data;
  g_source_set_static_name (source, name);
  /* A handler that runs a main loop of its own is to see what goes on. */
  g_source_set_can_recurse (source, TRUE);

  return source;
}

static void
source_clear (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
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

  if (cproc_hub_add (self, context))
    return;

  self->source = func_source_new ("[libcproc] watch", func, user_data);
  if (fd >= 0)
    g_source_add_unix_fd (self->source, fd, condition);
  g_source_attach (self->source, context);
}

void
cproc_watch_stop (CprocWatch *self)
{
  if (self->hub != NULL)
    cproc_hub_remove (self);
  source_clear (&self->source);
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
  if (self->hub != NULL)
    cproc_hub_set_pending (self, pending);
  else
    g_source_set_ready_time (self->source, pending ? 0 : -1);
}

static void
timer_attach (CprocTimer   *self,
              GMainContext *context)
{
  source_clear (&self->source);
  self->source = func_source_new ("[libcproc] timer", self->func, self->user_data);
  g_source_set_ready_time (self->source, self->deadline);
  g_source_attach (self->source, context);
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
  source_clear (&self->source);
}

void
cproc_timer_move (CprocTimer   *self,
                  GMainContext *context)
{
  if (self->source != NULL)
    timer_attach (self, context);
}
