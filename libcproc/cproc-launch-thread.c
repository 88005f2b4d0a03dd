/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-thread-private.h"

#include <signal.h>

typedef struct
{
  GThread *thread;
  GMainContext *context;
} LaunchThread;

static gpointer
run (gpointer user_data)
{
  LaunchThread *self = user_data;
  g_autoptr(GMainLoop) loop = g_main_loop_new (self->context, FALSE);

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (loop);

  return NULL;
}

static gpointer
launch_thread_new (gpointer unused)
{
  LaunchThread *self = g_new0 (LaunchThread, 1);
  sigset_t all, saved;

  /* The application's handlers are for its own threads. A thread begins with the mask of the one
   * that makes it. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &saved);
  self->context = g_main_context_new ();
  self->thread = g_thread_new ("cproc-launch", run, self);
  pthread_sigmask (SIG_SETMASK, &saved, NULL);

  return self;
}

static LaunchThread *
launch_thread_get (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, launch_thread_new, NULL);
}

GMainContext *
cproc_launch_thread_get_context (void)
{
  return launch_thread_get ()->context;
}

gboolean
cproc_launch_thread_is_current (void)
{
  return launch_thread_get ()->thread == g_thread_self ();
}

void
cproc_launch_thread_push (GSourceFunc func,
                          gpointer    user_data)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "cproc-launch");
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, cproc_launch_thread_get_context ());
}

typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean done;
  CprocLaunchThreadFunc func;
  gpointer user_data;
} Call;

static gboolean
run_call (gpointer user_data)
{
  Call *call = user_data;

  call->func (call->user_data);

  g_mutex_lock (&call->mutex);
  call->done = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->mutex);

  return G_SOURCE_REMOVE;
}

void
cproc_launch_thread_call (CprocLaunchThreadFunc func,
                          gpointer              user_data)
{
  Call call = { .func = func, .user_data = user_data };

  if (cproc_launch_thread_is_current ())
    {
      func (user_data);
      return;
    }

  g_mutex_init (&call.mutex);
  g_cond_init (&call.cond);
  cproc_launch_thread_push (run_call, &call);

  g_mutex_lock (&call.mutex);
  while (!call.done)
    g_cond_wait (&call.cond, &call.mutex);
  g_mutex_unlock (&call.mutex);

  g_mutex_clear (&call.mutex);
  g_cond_clear (&call.cond);
}
