/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <sys/resource.h>

#include "cproc-rusage-private.h"

/* To see whether another one was reaped each is looked at; with more of them the answer is not
 * worth the system calls. */
#define MAX_OTHERS 32

typedef struct
{
  gint64 user_time;
  gint64 system_time;
  gint64 max_rss;
} CprocAccount;

static GMutex usage_mutex;
static GHashTable *running; /* CprocUsage, as a set */
static CprocAccount last;   /* of all children that have been told of */

static gint64
usec (const struct timeval *time)
{
  return time->tv_sec * G_USEC_PER_SEC + time->tv_usec;
}

static CprocAccount
read_account (void)
{
  struct rusage usage;

  getrusage (RUSAGE_CHILDREN, &usage);

  return (CprocAccount) { usec (&usage.ru_utime), usec (&usage.ru_stime), usage.ru_maxrss };
}

/* Have others been reaped whose end nobody has told of yet? Their account is in the sum, so it is
 * nobody's in particular, and will not be theirs either. */
static gboolean
others_are_mixed_in (void)
{
  GHashTableIter iter;
  gpointer key;
  gboolean mixed = FALSE;

  if (g_hash_table_size (running) > MAX_OTHERS)
    return TRUE;

  g_hash_table_iter_init (&iter, running);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      CprocUsage *other = key;
      CprocExitStatus end;

      if (cproc_pidfd_peek (other->pidfd, &end) != CPROC_WAIT_RESULT_NOT_OURS)
        continue;

      other->mixed = TRUE;
      mixed = TRUE;
    }

  return mixed;
}

static void
end_reaped (CprocUsage      *self,
            CprocExitStatus *end)
{
  gboolean is_mixed = others_are_mixed_in () || self->mixed;
  CprocAccount now = read_account ();

  end->has_usage = !is_mixed && now.user_time >= last.user_time &&
                   now.system_time >= last.system_time;
  end->user_time = now.user_time - last.user_time;
  end->system_time = now.system_time - last.system_time;
  /* Of this the kernel keeps the largest only. */
  end->max_rss = now.max_rss > last.max_rss ? now.max_rss : -1;

  last = now;
}

/* It has been seen before it was reaped, so it will still be added. */
static void
end_known (const CprocExitStatus *end)
{
  last.user_time += end->user_time;
  last.system_time += end->system_time;
  last.max_rss = MAX (last.max_rss, end->max_rss);
}

/* While none was running, others may have been reaped; and one that end_known() has been told of
 * may still have to be. */
static void
catch_up (void)
{
  CprocAccount now = read_account ();

  last.user_time = MAX (last.user_time, now.user_time);
  last.system_time = MAX (last.system_time, now.system_time);
  last.max_rss = MAX (last.max_rss, now.max_rss);
}

/* One has been dropped whose end nobody will see: it will be in the account of the next. */
static void
mix_all (void)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, running);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    ((CprocUsage *) key)->mixed = TRUE;
}

void
cproc_usage_begin (CprocUsage *self,
                   int         pidfd)
{
  *self = (CprocUsage) { .pidfd = pidfd };
  if (pidfd < 0)
    return;

  g_mutex_lock (&usage_mutex);
  if (running == NULL)
    running = g_hash_table_new (NULL, NULL);
  if (g_hash_table_size (running) == 0)
    catch_up ();
  self->registered = g_hash_table_add (running, self);
  g_mutex_unlock (&usage_mutex);
}

void
cproc_usage_end (CprocUsage      *self,
                 CprocExitStatus *end)
{
  if (!self->registered)
    return;

  g_mutex_lock (&usage_mutex);
  self->registered = FALSE;
  g_hash_table_remove (running, self);
  if (end != NULL && end->has_usage)
    end_known (end);
  else if (end != NULL)
    end_reaped (self, end);
  else
    mix_all ();
  g_mutex_unlock (&usage_mutex);
}
