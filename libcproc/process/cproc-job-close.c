/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-thread-private.h"
#include "cproc-job-private.h"

/* Closes the descriptors of jobs whose child has ended. An application may keep the child's object
 * for long, as in the history of a terminal, and the object must not cost a descriptor. Often the
 * job cannot be closed right at the end, since the leader of a group counts as a member until it is
 * reaped. So the library's thread looks at each such job again at growing intervals: the rest of a
 * group or a tree may live for long, and can be signalled as long as the object is kept. */
#define FIRST_MSEC 10
#define LAST_MSEC 60000
/* From this interval on, also check whether only zombies are left, which takes longer. */
#define THOROUGH_MSEC 40

typedef struct
{
  gint64 due; /* monotonic */
  guint msec; /* the interval before due */
} Closing;

static GMutex closing_mutex;
static GHashTable *closing; /* CprocJob to Closing */
static GSource *closing_source;
static gint64 closing_due; /* ready time of the source */

/* Returns the jobs that are due. The array holds a reference: a job that is removed meanwhile lives
 * until it has been looked at. */
static GPtrArray *
dup_due (gint64 now)
{
  GPtrArray *jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) cproc_job_unref);
  GHashTableIter iter;
  gpointer job, value;

  g_mutex_lock (&closing_mutex);
  g_hash_table_iter_init (&iter, closing);
  while (g_hash_table_iter_next (&iter, &job, &value))
    {
      Closing *item = value;

      if (item->due > now)
        continue;
      item->msec = MIN (item->msec * 2, LAST_MSEC);
      item->due = now + item->msec * G_TIME_SPAN_MILLISECOND;
      g_ptr_array_add (jobs, cproc_job_ref (job));
    }
  g_mutex_unlock (&closing_mutex);

  return jobs;
}

static gboolean
is_long_closing (CprocJob *job)
{
  Closing *item;
  gboolean is_long;

  g_mutex_lock (&closing_mutex);
  item = g_hash_table_lookup (closing, job);
  is_long = item != NULL && item->msec >= THOROUGH_MSEC;
  g_mutex_unlock (&closing_mutex);

  return is_long;
}

static void schedule_poll (void);

static gboolean
poll_closing (gpointer user_data)
{
  g_autoptr(GPtrArray) jobs = dup_due (g_get_monotonic_time ());

  for (guint i = 0; i < jobs->len; i++)
    if (cproc_job_try_close (jobs->pdata[i], is_long_closing (jobs->pdata[i])))
      cproc_job_cancel_close (jobs->pdata[i]);

  g_mutex_lock (&closing_mutex);
  schedule_poll ();
  g_mutex_unlock (&closing_mutex);

  return G_SOURCE_CONTINUE;
}

/* Call with the mutex locked. */
static void
schedule_poll (void)
{
  GHashTableIter iter;
  gpointer value;

  closing_due = -1;
  g_hash_table_iter_init (&iter, closing);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (closing_due < 0 || ((Closing *) value)->due < closing_due)
      closing_due = ((Closing *) value)->due;

  g_source_set_ready_time (closing_source, closing_due);
}

static gboolean
dispatch (GSource     *source,
          GSourceFunc  callback,
          gpointer     user_data)
{
  return callback (user_data);
}

/* Call with the mutex locked. The source stays for ever, as the library's thread does. */
static void
ensure_source (void)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };

  if (closing_source != NULL)
    return;

  closing = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) cproc_job_unref, g_free);
  closing_source = g_source_new (&funcs, sizeof (GSource));
  g_source_set_static_name (closing_source, "[libcproc] closing jobs");
  g_source_set_callback (closing_source, poll_closing, NULL, NULL);
  closing_due = -1;
  g_source_attach (closing_source, cproc_thread_get_context ());
}

void
cproc_job_close_when_empty (CprocJob *self)
{
  Closing *item;

  if (cproc_job_try_close (self, FALSE))
    return;

  item = g_new (Closing, 1);
  *item = (Closing) { g_get_monotonic_time () + FIRST_MSEC * G_TIME_SPAN_MILLISECOND, FIRST_MSEC };

  g_mutex_lock (&closing_mutex);
  ensure_source ();
  g_hash_table_replace (closing, cproc_job_ref (self), item);
  if (closing_due < 0 || item->due < closing_due)
    {
      closing_due = item->due;
      g_source_set_ready_time (closing_source, closing_due);
    }
  g_mutex_unlock (&closing_mutex);
}

void
cproc_job_cancel_close (CprocJob *self)
{
  g_mutex_lock (&closing_mutex);
  if (closing != NULL)
    g_hash_table_remove (closing, self);
  g_mutex_unlock (&closing_mutex);
}
