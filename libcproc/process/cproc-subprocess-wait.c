/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-thread-private.h"
#include "cproc-source-private.h"
#include "cproc-subprocess-wait-private.h"

/* Shared with the library's thread, which waits for GSubprocess. */
struct _CprocSubprocessWait
{
  gatomicrefcount ref_count;
  pid_t process; /* the process that made it */
  GMutex lock;
  GSubprocess *subprocess;
  gboolean is_over;
  GSource *source; /* NULL: the owner has freed it */
  CprocOwner *owner;
  CprocWatchFunc func;
  gpointer user_data;
};

static void
subprocess_wait_unref (CprocSubprocessWait *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->owner, cproc_owner_unref);
  g_object_unref (self->subprocess);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
on_reaped (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  CprocSubprocessWait *self = user_data;

  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  if (self->source != NULL)
    g_source_set_ready_time (self->source, 0);
  g_mutex_unlock (&self->lock);

  subprocess_wait_unref (self);
}

static gboolean
wait_in_thread (gpointer user_data)
{
  CprocSubprocessWait *self = user_data;

  g_subprocess_wait_async (self->subprocess, NULL, on_reaped, self);

  return G_SOURCE_REMOVE;
}

static gboolean
dispatch (GSource     *source,
          GSourceFunc  callback,
          gpointer     user_data)
{
  CprocSubprocessWait *self = user_data;
  gpointer object = NULL;

  g_source_set_ready_time (source, -1);
  /* A fork does not have the thread that waits. */
  if (self->process != getpid ())
    return G_SOURCE_REMOVE;

  if (self->owner == NULL || (object = cproc_owner_hold (self->owner)) != NULL)
    self->func (self->user_data);
  if (object != NULL)
    cproc_owner_drop (self->owner, object);

  return G_SOURCE_REMOVE;
}

static void
subprocess_wait_unref_data (gpointer data)
{
  subprocess_wait_unref (data);
}

static gboolean
never_called (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static void
detach (CprocSubprocessWait *self)
{
  cproc_source_clear (&self->source);
}

static void
attach (CprocSubprocessWait *self,
        GMainContext        *context)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };

  self->source = g_source_new (&funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "[libcproc] reap");
  /* Hold a reference during the dispatch: another thread may free the wait. */
  g_atomic_ref_count_inc (&self->ref_count);
  g_source_set_callback (self->source, never_called, self, subprocess_wait_unref_data);
  g_source_set_ready_time (self->source, self->is_over ? 0 : -1);
  g_source_attach (self->source, context);
}

CprocSubprocessWait *
cproc_subprocess_wait_new (GSubprocess    *subprocess,
                           GMainContext   *context,
                           CprocOwner     *owner,
                           CprocWatchFunc  func,
                           gpointer        user_data)
{
  CprocSubprocessWait *self = g_new0 (CprocSubprocessWait, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->process = getpid ();
  g_mutex_init (&self->lock);
  self->subprocess = g_object_ref (subprocess);
  self->owner = owner != NULL ? cproc_owner_ref (owner) : NULL;
  self->func = func;
  self->user_data = user_data;
  attach (self, context);

  g_atomic_ref_count_inc (&self->ref_count);
  cproc_thread_push (wait_in_thread, self);

  return self;
}

void
cproc_subprocess_wait_free (CprocSubprocessWait *self)
{
  g_mutex_lock (&self->lock);
  detach (self);
  g_mutex_unlock (&self->lock);

  subprocess_wait_unref (self);
}

void
cproc_subprocess_wait_move (CprocSubprocessWait *self,
                            GMainContext        *context)
{
  g_mutex_lock (&self->lock);
  detach (self);
  attach (self, context);
  g_mutex_unlock (&self->lock);
}
