/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-fd-closer-private.h"

#include <signal.h>
#include <unistd.h>

/* A close() that blocks occupies its thread; the other threads go on. */
#define MAX_THREADS 8

static GMutex closer_mutex;
static GArray *closer_fds; /* waiting to be closed */
static guint closer_n_threads;
static guint closer_n_busy; /* threads that are inside close() */

static gpointer
closer_run (gpointer user_data)
{
  g_mutex_lock (&closer_mutex);

  while (closer_fds->len > 0)
    {
      int fd = g_array_index (closer_fds, int, closer_fds->len - 1);

      g_array_set_size (closer_fds, closer_fds->len - 1);
      closer_n_busy++;
      g_mutex_unlock (&closer_mutex);
      close (fd);
      g_mutex_lock (&closer_mutex);
      closer_n_busy--;
    }

  closer_n_threads--;
  g_mutex_unlock (&closer_mutex);

  return NULL;
}

/* Call with the mutex locked. If no thread can be made now, the descriptors wait for the next push.
 * The thread blocks all signals of the process. */
static void
closer_start_thread (void)
{
  sigset_t all, saved;
  GThread *thread;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &saved);
  closer_n_threads++;
  thread = g_thread_try_new ("cproc-closer", closer_run, NULL, NULL);
  if (thread != NULL)
    g_thread_unref (thread);
  else
    closer_n_threads--;
  pthread_sigmask (SIG_SETMASK, &saved, NULL);
}

void
cproc_fd_closer_push_all (const int *fds, guint n_fds)
{
  if (n_fds == 0)
    return;

  g_mutex_lock (&closer_mutex);
  if (closer_fds == NULL)
    closer_fds = g_array_new (FALSE, FALSE, sizeof (int));

  g_array_append_vals (closer_fds, fds, n_fds);
  if (closer_n_threads == closer_n_busy && closer_n_threads < MAX_THREADS)
    closer_start_thread ();
  g_mutex_unlock (&closer_mutex);
}

void
cproc_fd_closer_push (int fd)
{
  if (fd >= 0)
    cproc_fd_closer_push_all (&fd, 1);
}

gboolean
cproc_fd_closer_is_idle (void)
{
  gboolean idle;

  g_mutex_lock (&closer_mutex);
  idle = closer_n_busy == 0 && (closer_fds == NULL || closer_fds->len == 0);
  g_mutex_unlock (&closer_mutex);

  return idle;
}
