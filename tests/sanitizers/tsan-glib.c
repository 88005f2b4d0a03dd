/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GLib's locks are futexes of its own, and the system's GLib was not built for ThreadSanitizer,
 * which so sees no order in what they guard. These stand before GLib's in the tests' programs and
 * tell of it; what GLib orders inside of itself comes through the descriptors that wake its
 * loops. */

#include "config.h"

#include <dlfcn.h>
#include <glib-object.h>
#include <sanitizer/tsan_interface.h>

#define NEXT(function) ((__typeof__ (&function)) dlsym (RTLD_NEXT, #function))

void
(g_mutex_lock) (GMutex *mutex)
{
  NEXT (g_mutex_lock) (mutex);
  __tsan_acquire (mutex);
}

void
(g_mutex_unlock) (GMutex *mutex)
{
  __tsan_release (mutex);
  NEXT (g_mutex_unlock) (mutex);
}

void
(g_cond_wait) (GCond  *cond,
               GMutex *mutex)
{
  __tsan_release (mutex);
  NEXT (g_cond_wait) (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
(g_once_init_enter) (volatile void *location)
{
  gboolean enter = NEXT (g_once_init_enter) (location);

  __tsan_acquire ((void *) location);

  return enter;
}

void
(g_once_init_leave) (volatile void *location,
                     gsize          result)
{
  __tsan_release ((void *) location);
  NEXT (g_once_init_leave) (location, result);
}

/* Whoever lets go of the last reference sees what all others did before. */

gboolean
(g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean is_last;

  __tsan_release (count);
  is_last = NEXT (g_atomic_ref_count_dec) (count);
  __tsan_acquire (count);

  return is_last;
}

void
(g_object_unref) (gpointer object)
{
  __tsan_release (object);
  __tsan_acquire (object);
  NEXT (g_object_unref) (object);
}

/* What was done before a source was attached or made ready comes before its dispatch. All sources
 * as one: which context they belong to is GLib's to know. */

static int sources;

typedef struct
{
  GSourceFuncs funcs;
  const GSourceFuncs *original;
} Wrapped;

static gboolean
dispatch (GSource     *source,
          GSourceFunc  callback,
          gpointer     user_data)
{
  const Wrapped *wrapped;

  __tsan_acquire (&sources);
  wrapped = (const Wrapped *) source->source_funcs;

  return wrapped->original->dispatch (source, callback, user_data);
}

GSource *
(g_source_new) (GSourceFuncs *funcs,
                guint         size)
{
  Wrapped *wrapped = g_new0 (Wrapped, 1);

  wrapped->funcs = *funcs;
  wrapped->funcs.dispatch = dispatch;
  wrapped->original = funcs;

  return NEXT (g_source_new) (&wrapped->funcs, size);
}

GSource *
(g_idle_source_new) (void)
{
  GSource *source = g_source_new (&g_idle_funcs, sizeof (GSource));

  g_source_set_priority (source, G_PRIORITY_DEFAULT_IDLE);

  return source;
}

guint
(g_source_attach) (GSource      *source,
                   GMainContext *context)
{
  __tsan_release (&sources);

  return NEXT (g_source_attach) (source, context);
}

void
(g_source_set_ready_time) (GSource *source,
                           gint64   ready_time)
{
  __tsan_release (&sources);
  NEXT (g_source_set_ready_time) (source, ready_time);
}
