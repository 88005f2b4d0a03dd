/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-thread-private.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gio/gio.h>

#include "cproc-error.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

typedef struct
{
  GThread *thread;
  GMainContext *context;
  pid_t process;
} CprocThread;

static gpointer
thread_run (gpointer user_data)
{
  CprocThread *self = user_data;
  g_autoptr(GMainLoop) loop = g_main_loop_new (self->context, FALSE);

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (loop);

  return NULL;
}

static GMutex thread_mutex;
static CprocThread *the_thread; /* atomic; never freed */

static gboolean
thread_fail (GError **error)
{
  g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FORK, _("making a thread failed: %s"),
               g_strerror (EAGAIN));

  return FALSE;
}

/* Call with the mutex locked. */
static gboolean
thread_make (GError **error)
{
  g_autofree CprocThread *self = g_new0 (CprocThread, 1);
  g_autoptr(GMainContext) context = cproc_fd_new_context (error);
  sigset_t all, saved;
  CprocFdHeld held;

  if (context == NULL || !cproc_fd_begin_context (&held, error))
    return FALSE;

  /* GLib makes the default context when the thread runs its loop, and aborts if it cannot. Make it
   * here, where an error can be reported. */
  g_main_context_default ();
  cproc_fd_end_context (&held);

  /* A new thread inherits the signal mask of the thread that makes it. Block all signals: the
   * application's handlers are meant for its own threads. */
  self->context = context;
  self->process = getpid ();
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &saved);
  self->thread = g_thread_try_new ("cproc-launch", thread_run, self, NULL);
  pthread_sigmask (SIG_SETMASK, &saved, NULL);

  if (self->thread == NULL)
    return thread_fail (error);

  g_steal_pointer (&context);
  g_atomic_pointer_set (&the_thread, g_steal_pointer (&self));

  return TRUE;
}

/* Returns the kernel's number of the thread. */
static gpointer
wait_for_unlock (gpointer mutex)
{
  g_mutex_lock (mutex);
  g_mutex_unlock (mutex);

  return GINT_TO_POINTER ((int) syscall (SYS_gettid));
}

/* The kernel still counts a thread for a moment after the join. */
static void
join_until_gone (GThread *thread)
{
  int number = GPOINTER_TO_INT (g_thread_join (thread));

  while (syscall (SYS_tgkill, getpid (), number, 0) == 0)
    g_usleep (50);
}

static gboolean
can_make_two_threads (void)
{
  GThread *threads[2] = { NULL, NULL };
  GMutex mutex;

  g_mutex_init (&mutex);
  g_mutex_lock (&mutex);
  threads[0] = g_thread_try_new ("cproc-probe", wait_for_unlock, &mutex, NULL);
  if (threads[0] != NULL)
    threads[1] = g_thread_try_new ("cproc-probe", wait_for_unlock, &mutex, NULL);
  g_mutex_unlock (&mutex);

  for (guint i = 0; i < G_N_ELEMENTS (threads) && threads[i] != NULL; i++)
    join_until_gone (threads[i]);
  g_mutex_clear (&mutex);

  return threads[1] != NULL;
}

/* GLib makes threads of its own, such as the one that reaps for GSubprocess, and aborts if it
 * cannot: a thread counts against the user's limit of processes. So check the limit first, then
 * make GLib's threads here, by initializing the type of GTask. */
static gboolean
thread_make_glibs (GError **error)
{
  gboolean can_be_made;
  CprocFdHeld held;

  if (g_type_from_name ("GTask") != G_TYPE_INVALID)
    return TRUE;
  if (!cproc_fd_begin_context (&held, error))
    return FALSE;

  can_be_made = can_make_two_threads () || thread_fail (error);
  if (can_be_made)
    g_type_ensure (G_TYPE_TASK);
  cproc_fd_end_context (&held);

  return can_be_made;
}

gboolean
cproc_thread_ensure (GError **error)
{
  CprocThread *self = g_atomic_pointer_get (&the_thread);
  gboolean ensured;

  /* A fork has neither the library's thread nor GLib's. */
  if (self != NULL && self->process != getpid ())
    {
      g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                           _("this process was forked from one that has used libcproc"));
      return FALSE;
    }
  if (self != NULL)
    return TRUE;

  g_mutex_lock (&thread_mutex);
  ensured = the_thread != NULL || (thread_make_glibs (error) && thread_make (error));
  g_mutex_unlock (&thread_mutex);

  return ensured;
}

static CprocThread *
thread_get (void)
{
  g_autoptr(GError) error = NULL;

  /* The caller has prepared a launch, which has already made the thread. */
  if (!cproc_thread_ensure (&error))
    g_error ("%s", error->message);

  return g_atomic_pointer_get (&the_thread);
}

GMainContext *
cproc_thread_get_context (void)
{
  return thread_get ()->context;
}

gboolean
cproc_thread_is_current (void)
{
  return thread_get ()->thread == g_thread_self ();
}

void
cproc_thread_push (GSourceFunc func,
                   gpointer    user_data)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "cproc-launch");
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, cproc_thread_get_context ());
}

typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean done;
  CprocThreadFunc func;
  gpointer user_data;
} Call;

static gboolean
thread_run_call (gpointer user_data)
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
cproc_thread_call (CprocThreadFunc func,
                   gpointer        user_data)
{
  Call call = { .func = func, .user_data = user_data };

  if (cproc_thread_is_current ())
    {
      func (user_data);
      return;
    }

  g_mutex_init (&call.mutex);
  g_cond_init (&call.cond);
  cproc_thread_push (thread_run_call, &call);

  g_mutex_lock (&call.mutex);
  while (!call.done)
    g_cond_wait (&call.cond, &call.mutex);
  g_mutex_unlock (&call.mutex);

  g_mutex_clear (&call.mutex);
  g_cond_clear (&call.cond);
}
