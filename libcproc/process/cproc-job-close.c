/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-thread-private.h"
#include "cproc-job-private.h"

/* A child whose object is kept after its end, as in the history of a terminal, is not to cost a
 * descriptor. At its end it often cannot be given up yet, since the leader of a group counts as one
 * of it until it has been reaped. So all that are in this state are looked at together, on the
 * library's own thread, after a moment; each seldom, and then no more: what is left of its group or
 * its tree may live for long, and can be signalled as long as the object is kept. */
#define SWEEP_MSEC 10
#define MAX_SWEEPS 64

static GMutex retired_mutex;
static GHashTable *retired; /* CprocJob: its number of sweeps */
static gboolean is_sweeping;

static gboolean
is_power_of_two (guint n)
{
  return (n & (n - 1)) == 0;
}

static gboolean
sweep (gpointer user_data)
{
  GHashTableIter iter;
  gpointer job, value;
  gboolean again;

  g_mutex_lock (&retired_mutex);
  g_hash_table_iter_init (&iter, retired);
  while (g_hash_table_iter_next (&iter, &job, &value))
    {
      guint n = GPOINTER_TO_UINT (value) + 1;

      if (n == MAX_SWEEPS || (is_power_of_two (n) && cproc_job_try_close (job)))
        g_hash_table_iter_remove (&iter);
      else
        g_hash_table_iter_replace (&iter, GUINT_TO_POINTER (n));
    }
  again = g_hash_table_size (retired) > 0;
  is_sweeping = again;
  g_mutex_unlock (&retired_mutex);

  return again ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
begin_sweeping (void)
{
  g_autoptr(GSource) source = g_timeout_source_new (SWEEP_MSEC);

  g_source_set_static_name (source, "[libcproc] retired");
  g_source_set_callback (source, sweep, NULL, NULL);
  g_source_attach (source, cproc_thread_get_context ());
}

void
cproc_job_close_when_empty (CprocJob *self)
{
  gboolean must_begin;

  if (cproc_job_try_close (self))
    return;

  g_mutex_lock (&retired_mutex);
  if (retired == NULL)
    retired = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) cproc_job_unref, NULL);
  g_hash_table_replace (retired, cproc_job_ref (self), GUINT_TO_POINTER (0));
  must_begin = !is_sweeping;
  is_sweeping = TRUE;
  g_mutex_unlock (&retired_mutex);

  if (must_begin)
    begin_sweeping ();
}

void
cproc_job_cancel_close (CprocJob *self)
{
  g_mutex_lock (&retired_mutex);
  if (retired != NULL)
    g_hash_table_remove (retired, self);
  g_mutex_unlock (&retired_mutex);
}
