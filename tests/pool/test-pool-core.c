/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-error.h"
#include "cproc-pool-core-private.h"

#define MS G_TIME_SPAN_MILLISECOND

/* Fake workers are numbered in the order of their starts, requests are named by a letter. What the
 * core does and tells is written to a log. */

typedef struct
{
  CprocPoolCore core;
  gint64 now;
  gint64 due;
  GPtrArray *slots; /* by number; NULL once ended */
  GHashTable *requests; /* names to requests */
  gboolean congested_workers;
  gint64 rss;
  GString *log;
} Fake;

static guint
number_of (Fake          *self,
           CprocPoolSlot *slot)
{
  guint index = 0;

  g_assert_true (g_ptr_array_find (self->slots, slot, &index));

  return index;
}

static gint64
fake_now (gpointer owner)
{
  return ((Fake *) owner)->now;
}

static void
fake_schedule (gpointer owner,
               gint64   due)
{
  ((Fake *) owner)->due = due;
}

static void
fake_start (gpointer       owner,
            CprocPoolSlot *slot)
{
  Fake *self = owner;

  g_ptr_array_add (self->slots, slot);
  g_string_append_printf (self->log, "start%u ", number_of (self, slot));
}

static gboolean
fake_give (gpointer           owner,
           CprocPoolSlot     *slot,
           CprocPoolRequest  *request,
           GError           **error)
{
  Fake *self = owner;

  g_string_append_printf (self->log, "%s>%u ", (char *) request->data, number_of (self, slot));

  return TRUE;
}

static void
fake_cancel (gpointer          owner,
             CprocPoolSlot    *slot,
             CprocPoolRequest *request)
{
  g_string_append_printf (((Fake *) owner)->log, "cancel-%s ", (char *) request->data);
}

static void
fake_close (gpointer       owner,
            CprocPoolSlot *slot)
{
  Fake *self = owner;

  g_string_append_printf (self->log, "close%u ", number_of (self, slot));
}

static void
fake_kill (gpointer       owner,
           CprocPoolSlot *slot)
{
  Fake *self = owner;

  g_string_append_printf (self->log, "kill%u ", number_of (self, slot));
}

static gboolean
fake_is_congested (gpointer       owner,
                   CprocPoolSlot *slot)
{
  return ((Fake *) owner)->congested_workers;
}

static gint64
fake_get_rss (gpointer       owner,
              CprocPoolSlot *slot)
{
  return ((Fake *) owner)->rss;
}

static void
fake_event (gpointer        owner,
            CprocPoolEvent  event,
            gpointer        subject,
            const GError   *error)
{
  Fake *self = owner;
  CprocPoolRequest *request = subject;

  switch (event)
    {
    case CPROC_POOL_EVENT_FINISHED:
      if (error != NULL)
        g_string_append_printf (self->log, "%s!%d ", (char *) request->data, error->code);
      else
        g_string_append_printf (self->log, "%s. ", (char *) request->data);
      break;
    case CPROC_POOL_EVENT_FORGOTTEN:
      g_hash_table_remove (self->requests, request->data);
      break;
    case CPROC_POOL_EVENT_WORKER_ENDED:
      g_string_append_printf (self->log, "ended%u%s ", number_of (self, subject),
                              error != NULL ? "!" : "");
      self->slots->pdata[number_of (self, subject)] = NULL;
      break;
    case CPROC_POOL_EVENT_FAILED:
      g_string_append (self->log, "failed ");
      break;
    case CPROC_POOL_EVENT_CONGESTED:
      g_string_append (self->log, self->core.congested ? "congested " : "decongested ");
      break;
    case CPROC_POOL_EVENT_DRAINED:
      g_string_append (self->log, "drained ");
      break;
    case CPROC_POOL_EVENT_CLOSED:
      g_string_append (self->log, "closed ");
      break;
    case CPROC_POOL_EVENT_WORKER_STARTED:
    case CPROC_POOL_EVENT_STATE:
    default:
      break;
    }
}

static const CprocPoolFuncs funcs = {
  .now = fake_now,
  .schedule = fake_schedule,
  .start = fake_start,
  .give = fake_give,
  .cancel = fake_cancel,
  .close = fake_close,
  .kill = fake_kill,
  .is_congested = fake_is_congested,
  .get_rss = fake_get_rss,
  .event = fake_event,
};

static Fake *
fake_new (guint size)
{
  Fake *self = g_new0 (Fake, 1);

  self->now = 1000 * MS;
  self->due = G_MAXINT64;
  self->slots = g_ptr_array_new ();
  self->requests = g_hash_table_new (g_str_hash, g_str_equal);
  self->log = g_string_new (NULL);
  cproc_pool_core_init (&self->core, &funcs, self);
  self->core.size = size;

  return self;
}

/* Every request has ended once, and no worker is left. */
static void
fake_free (Fake *self)
{
  CprocPoolStatistics *all = &self->core.statistics;

  cproc_pool_core_abort (&self->core);
  for (guint i = 0; i < self->slots->len; i++)
    {
      if (self->slots->pdata[i] != NULL)
        cproc_pool_core_ended (&self->core, self->slots->pdata[i], NULL);
    }

  g_assert_cmpuint (g_hash_table_size (self->requests), ==, 0);
  g_assert_cmpuint (all->submitted, ==,
                    all->completed + all->failed + all->timed_out + all->cancelled);
  g_assert_cmpuint (all->started, ==, all->ended);
  g_assert_cmpint (self->core.state, ==, CPROC_POOL_CORE_CLOSED);

  cproc_pool_core_clear (&self->core);
  g_ptr_array_unref (self->slots);
  g_hash_table_unref (self->requests);
  g_string_free (self->log, TRUE);
  g_free (self);
}

static void
push_full (Fake       *self,
           const char *name,
           int         priority,
           const char *key,
           guint       timeout)
{
  CprocPoolRequest *request;
  CprocPoolRequest **place = &request;

  g_hash_table_insert (self->requests, (gpointer) name, (gpointer) name);
  cproc_pool_core_push (&self->core, (gpointer) name, priority, key, timeout, place);
  if (g_hash_table_contains (self->requests, name))
    g_hash_table_insert (self->requests, (gpointer) name, request);
}

static void
push (Fake       *self,
      const char *name)
{
  push_full (self, name, 0, NULL, 0);
}

static void
ready (Fake  *self,
       guint  number)
{
  cproc_pool_core_ready (&self->core, g_ptr_array_index (self->slots, number));
}

static void
answer (Fake       *self,
        const char *name)
{
  cproc_pool_core_answered (&self->core, g_hash_table_lookup (self->requests, name), TRUE);
}

static void
crash (Fake  *self,
       guint  number)
{
  g_autoptr(GError) error = g_error_new_literal (CPROC_ERROR, CPROC_ERROR_WORKER_ENDED, "crashed");

  cproc_pool_core_ended (&self->core, g_ptr_array_index (self->slots, number), error);
}

static void
go_on (Fake   *self,
       gint64  time)
{
  self->now += time;
  cproc_pool_core_wake (&self->core);
}

static void
assert_log (Fake       *self,
            const char *expected)
{
  g_assert_cmpstr (self->log->str, ==, expected);
  g_string_truncate (self->log, 0);
}

static void
test_starts_when_needed (void)
{
  Fake *fake = fake_new (2);

  push (fake, "a");
  assert_log (fake, "start0 ");
  push (fake, "b");
  push (fake, "c");
  assert_log (fake, "start1 ");
  ready (fake, 0);
  assert_log (fake, "a>0 ");
  ready (fake, 1);
  assert_log (fake, "b>1 ");
  answer (fake, "b");
  assert_log (fake, "c>1 b. ");
  answer (fake, "a");
  answer (fake, "c");
  assert_log (fake, "a. c. drained ");
  /* The one that was used last. */
  push (fake, "d");
  assert_log (fake, "d>1 ");
  fake_free (fake);
}

static void
test_min_size (void)
{
  Fake *fake = fake_new (4);

  fake->core.min_size = 2;
  cproc_pool_core_wake (&fake->core);
  assert_log (fake, "start0 start1 ");
  fake_free (fake);
}

static void
test_priority_and_key (void)
{
  Fake *fake = fake_new (2);

  fake->core.min_size = 2;
  cproc_pool_core_wake (&fake->core);
  ready (fake, 0);
  ready (fake, 1);
  g_string_truncate (fake->log, 0);

  push_full (fake, "a", 0, "k", 0);
  assert_log (fake, "a>0 ");
  push_full (fake, "b", 0, "k", 0);
  push (fake, "c");
  assert_log (fake, "c>1 ");
  push (fake, "d");
  push_full (fake, "e", 5, NULL, 0);
  answer (fake, "c");
  assert_log (fake, "e>1 c. ");
  answer (fake, "e");
  assert_log (fake, "d>1 e. ");
  answer (fake, "a");
  assert_log (fake, "b>0 a. ");
  fake_free (fake);
}

static void
test_concurrency (void)
{
  Fake *fake = fake_new (2);

  fake->core.concurrency = 2;
  push (fake, "a");
  push (fake, "b");
  assert_log (fake, "start0 ");
  push (fake, "c");
  assert_log (fake, "start1 ");
  ready (fake, 0);
  assert_log (fake, "a>0 b>0 ");
  ready (fake, 1);
  assert_log (fake, "c>1 ");
  push (fake, "d");
  assert_log (fake, "d>1 ");
  fake->congested_workers = TRUE;
  answer (fake, "a");
  push (fake, "e");
  assert_log (fake, "a. ");
  fake->congested_workers = FALSE;
  cproc_pool_core_wake (&fake->core);
  assert_log (fake, "e>0 ");
  fake_free (fake);
}

static void
test_queue_full (void)
{
  Fake *fake = fake_new (1);

  fake->core.max_queue = 0;
  push (fake, "a"); /* will be taken by the worker that starts */
  assert_log (fake, "start0 congested ");
  push (fake, "b");
  assert_log (fake, "b!12 ");
  ready (fake, 0);
  assert_log (fake, "a>0 decongested ");
  push (fake, "c");
  assert_log (fake, "c!12 ");
  fake->core.max_queue = 2;
  push (fake, "d");
  push (fake, "e");
  push (fake, "f");
  assert_log (fake, "congested f!12 ");
  fake_free (fake);
}

static void
test_retries (void)
{
  Fake *fake = fake_new (1);

  fake->core.retries = 1;
  push (fake, "a");
  push (fake, "b");
  ready (fake, 0);
  assert_log (fake, "start0 a>0 ");
  crash (fake, 0);
  assert_log (fake, "ended0! ");
  go_on (fake, 99 * MS);
  assert_log (fake, "");
  g_assert_cmpint (fake->due, ==, fake->now + 1 * MS);
  go_on (fake, 1 * MS);
  assert_log (fake, "start1 ");
  ready (fake, 1);
  assert_log (fake, "a>1 ");
  crash (fake, 1);
  assert_log (fake, "ended1! a!13 ");
  /* The delay has doubled. */
  go_on (fake, 199 * MS);
  assert_log (fake, "");
  go_on (fake, 1 * MS);
  assert_log (fake, "start2 ");
  g_assert_cmpuint (fake->core.statistics.retried, ==, 1);
  fake_free (fake);
}

static void
test_crash_loop (void)
{
  Fake *fake = fake_new (1);
  guint n = 0;

  push (fake, "a");
  push (fake, "b");
  fake->core.retries = 100;
  push (fake, "c");
  while (fake->core.state == CPROC_POOL_CORE_OPEN)
    {
      g_assert_cmpuint (fake->slots->len, ==, n + 1);
      crash (fake, n++);
      if (fake->core.state == CPROC_POOL_CORE_OPEN)
        {
          fake->now = fake->due;
          cproc_pool_core_wake (&fake->core);
        }
    }

  g_assert_cmpuint (n, ==, 6);
  g_assert_nonnull (strstr (fake->log->str, "ended5! a!13 b!13 c!13 failed"));
  g_string_truncate (fake->log, 0);
  go_on (fake, 60000 * MS);
  assert_log (fake, "");

  /* A new request tries again. */
  push (fake, "d");
  assert_log (fake, "start6 ");
  ready (fake, 6);
  answer (fake, "d");
  assert_log (fake, "d>6 d. drained ");
  fake_free (fake);
}

static void
test_start_error (void)
{
  Fake *fake = fake_new (2);
  g_autoptr(GError) error = g_error_new_literal (G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "not there");

  fake->core.retries = 3;
  push (fake, "a");
  push (fake, "b");
  cproc_pool_core_start_failed (&fake->core, g_ptr_array_index (fake->slots, 0), error);
  assert_log (fake, "start0 start1 ended0! a!8 b!8 failed drained ");
  fake_free (fake);
}

static void
test_timeout (void)
{
  Fake *fake = fake_new (1);

  push_full (fake, "a", 0, NULL, 50);
  push_full (fake, "b", 0, NULL, 60);
  ready (fake, 0);
  g_assert_cmpint (fake->due, ==, fake->now + 50 * MS);
  go_on (fake, 50 * MS);
  assert_log (fake, "start0 a>0 cancel-a a!2 ");
  go_on (fake, 10 * MS);
  assert_log (fake, "b!2 drained ");
  /* It answers after all. */
  go_on (fake, 100 * MS);
  answer (fake, "a");
  assert_log (fake, "");
  push_full (fake, "c", 0, NULL, 50);
  assert_log (fake, "c>0 ");
  go_on (fake, 50 * MS);
  go_on (fake, 5000 * MS);
  assert_log (fake, "cancel-c c!2 drained kill0 ");
  crash (fake, 0);
  assert_log (fake, "ended0! ");
  g_assert_cmpint (fake->core.restart.not_before, ==, 0);
  fake_free (fake);
}

static void
test_deaf_among_others (void)
{
  Fake *fake = fake_new (1);

  fake->core.concurrency = 3;
  push_full (fake, "a", 0, NULL, 50);
  push (fake, "b");
  ready (fake, 0);
  go_on (fake, 50 * MS);
  go_on (fake, 5000 * MS);
  assert_log (fake, "start0 a>0 b>0 cancel-a a!2 ");
  /* It takes no more, but b has its time. */
  push (fake, "c");
  assert_log (fake, "start1 ");
  answer (fake, "b");
  assert_log (fake, "kill0 b. ");
  crash (fake, 0);
  assert_log (fake, "ended0! ");
  fake_free (fake);
}

static void
test_cancel (void)
{
  Fake *fake = fake_new (1);

  push (fake, "a");
  push (fake, "b");
  ready (fake, 0);
  cproc_pool_core_cancel (&fake->core, g_hash_table_lookup (fake->requests, "b"));
  assert_log (fake, "start0 a>0 b!19 ");
  cproc_pool_core_cancel (&fake->core, g_hash_table_lookup (fake->requests, "a"));
  assert_log (fake, "cancel-a a!19 drained ");
  answer (fake, "a");
  g_assert_cmpuint (fake->core.statistics.cancelled, ==, 2);
  fake_free (fake);
}

static void
test_recycling (void)
{
  Fake *fake = fake_new (1);

  fake->core.max_requests = 2;
  push (fake, "a");
  push (fake, "b");
  push (fake, "c");
  ready (fake, 0);
  answer (fake, "a");
  assert_log (fake, "start0 a>0 b>0 a. ");
  answer (fake, "b");
  assert_log (fake, "close0 start1 b. ");
  go_on (fake, 5000 * MS);
  assert_log (fake, "kill0 ");
  crash (fake, 0);
  assert_log (fake, "ended0 ");
  ready (fake, 1);
  fake->core.max_requests = -1;
  fake->core.max_rss = 100;
  fake->rss = 101;
  answer (fake, "c");
  assert_log (fake, "c>1 close1 c. drained ");
  fake_free (fake);
}

static void
test_idle (void)
{
  Fake *fake = fake_new (3);

  fake->core.idle_timeout = 100 * MS;
  fake->core.min_size = 1;
  push (fake, "a");
  push (fake, "b");
  ready (fake, 0);
  ready (fake, 1);
  answer (fake, "a");
  answer (fake, "b");
  g_string_truncate (fake->log, 0);
  g_assert_cmpint (fake->due, ==, fake->now + 100 * MS);
  go_on (fake, 100 * MS);
  assert_log (fake, "close0 ");
  crash (fake, 0);
  fake->core.min_size = 0;
  go_on (fake, 0);
  assert_log (fake, "ended0 close1 ");
  fake_free (fake);
}

static void
test_shrink (void)
{
  Fake *fake = fake_new (2);

  push (fake, "a");
  push (fake, "b");
  ready (fake, 0);
  ready (fake, 1);
  answer (fake, "a");
  g_string_truncate (fake->log, 0);
  fake->core.size = 1;
  cproc_pool_core_wake (&fake->core);
  assert_log (fake, "close0 ");
  fake_free (fake);
}

static void
test_start_timeout (void)
{
  Fake *fake = fake_new (1);

  push (fake, "a");
  go_on (fake, 30000 * MS);
  assert_log (fake, "start0 kill0 ");
  go_on (fake, 100 * MS);
  assert_log (fake, "start1 ");
  crash (fake, 0);
  assert_log (fake, "ended0! ");
  g_assert_cmpuint (fake->core.restart.ends.length, ==, 1);
  fake_free (fake);
}

static void
test_close (void)
{
  Fake *fake = fake_new (1);

  push (fake, "a");
  push (fake, "b");
  ready (fake, 0);
  cproc_pool_core_close (&fake->core);
  push (fake, "c");
  assert_log (fake, "start0 a>0 c!14 ");
  answer (fake, "a");
  answer (fake, "b");
  assert_log (fake, "b>0 a. close0 b. drained ");
  crash (fake, 0);
  assert_log (fake, "ended0 closed ");
  fake_free (fake);
}

static void
test_abort (void)
{
  Fake *fake = fake_new (1);

  push (fake, "a");
  push (fake, "b");
  ready (fake, 0);
  cproc_pool_core_abort (&fake->core);
  assert_log (fake, "start0 a>0 cancel-a kill0 b!14 a!14 drained ");
  crash (fake, 0);
  assert_log (fake, "ended0 closed ");
  fake_free (fake);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool-core/starts-when-needed", test_starts_when_needed);
  g_test_add_func ("/pool-core/min-size", test_min_size);
  g_test_add_func ("/pool-core/priority-and-key", test_priority_and_key);
  g_test_add_func ("/pool-core/concurrency", test_concurrency);
  g_test_add_func ("/pool-core/queue-full", test_queue_full);
  g_test_add_func ("/pool-core/retries", test_retries);
  g_test_add_func ("/pool-core/crash-loop", test_crash_loop);
  g_test_add_func ("/pool-core/start-error", test_start_error);
  g_test_add_func ("/pool-core/timeout", test_timeout);
  g_test_add_func ("/pool-core/deaf-among-others", test_deaf_among_others);
  g_test_add_func ("/pool-core/cancel", test_cancel);
  g_test_add_func ("/pool-core/recycling", test_recycling);
  g_test_add_func ("/pool-core/idle", test_idle);
  g_test_add_func ("/pool-core/shrink", test_shrink);
  g_test_add_func ("/pool-core/start-timeout", test_start_timeout);
  g_test_add_func ("/pool-core/close", test_close);
  g_test_add_func ("/pool-core/abort", test_abort);

  return g_test_run ();
}
