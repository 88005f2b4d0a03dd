/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-watch-private.h"

/* The descriptors of one main context: each of them gets its turn, and all of them together leave
 * the context to its other sources. */

/* Two of them use up a turn of the main context. */
#define BUSY_USEC 2500

typedef struct
{
  CprocWatch watch;
  int fds[2];
  guint n_calls;
} Item;

/* Leaves what has come where it is: there is always more. */
static void
on_ready (gpointer user_data)
{
  Item *self = user_data;
  gint64 end = g_get_monotonic_time () + BUSY_USEC;

  self->n_calls++;
  while (g_get_monotonic_time () < end)
    ;
}

static void
item_start (Item *self)
{
  g_assert_cmpint (cproc_fd_pair_above (self->fds, FALSE, STDERR_FILENO), ==, 0);
  g_assert_cmpint (write (self->fds[1], "", 1), ==, 1);
  cproc_watch_set_bounded (&self->watch, TRUE);
  cproc_watch_start (&self->watch, g_main_context_default (), self->fds[0], G_IO_IN, on_ready,
                     self);
}

static void
item_stop (Item *self)
{
  cproc_watch_stop (&self->watch);
  close (self->fds[0]);
  close (self->fds[1]);
}

static void
run_turns (guint n)
{
  for (guint i = 0; i < n; i++)
    g_main_context_iteration (NULL, FALSE);
}

/* With few of them the main context polls, with many epoll does. */
static void
test_slow_handlers (gconstpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  g_autofree Item *items = g_new0 (Item, n);

  for (guint i = 0; i < n; i++)
    item_start (&items[i]);
  run_turns (n * 4);
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpuint (items[i].n_calls, >=, 2);
      g_assert_cmpuint (items[i].n_calls, <=, 8);
      item_stop (&items[i]);
    }
}

static void
test_pending (void)
{
  Item items[3] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      cproc_watch_set_bounded (&items[i].watch, TRUE);
      cproc_watch_start (&items[i].watch, g_main_context_default (), -1, 0, on_ready, &items[i]);
      cproc_watch_set_pending (&items[i].watch, TRUE);
    }
  run_turns (G_N_ELEMENTS (items) * 4);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      g_assert_cmpuint (items[i].n_calls, >=, 2);
      g_assert_cmpuint (items[i].n_calls, <=, 6);
      cproc_watch_stop (&items[i].watch);
    }
}

/* What is always pending leaves room for what is ready. */
static void
test_pending_and_ready (void)
{
  Item ready = { 0 };
  Item pending = { 0 };

  item_start (&ready);
  cproc_watch_set_bounded (&pending.watch, TRUE);
  cproc_watch_start (&pending.watch, g_main_context_default (), -1, 0, on_ready, &pending);
  cproc_watch_set_pending (&pending.watch, TRUE);
  run_turns (8);
  g_assert_cmpuint (pending.n_calls, >=, 2);
  g_assert_cmpuint (ready.n_calls, >=, 2);
  cproc_watch_stop (&pending.watch);
  item_stop (&ready);
}

static gboolean
on_other (gpointer user_data)
{
  (*(guint *) user_data)++;

  return G_SOURCE_CONTINUE;
}

static guint
add_other (int    priority,
           guint *n_calls)
{
  return g_idle_add_full (priority, on_other, n_calls, NULL);
}

/* Sources of the priorities at which GTK lays out and draws, and an idle one, are always ready. */
static void
test_others (gconstpointer data)
{
  static const int priorities[] = { 0, 110, 120, G_PRIORITY_DEFAULT_IDLE };
  guint n = GPOINTER_TO_UINT (data);
  g_autofree Item *items = g_new0 (Item, n);

  for (guint p = 0; p < G_N_ELEMENTS (priorities); p++)
    {
      guint n_calls = 0;
      guint id = add_other (priorities[p], &n_calls);
      guint n_served = 0;

      for (guint i = 0; i < n; i++)
        item_start (&items[i]);
      /* What is left over waits 50 ms at most for the context to have nothing better to do. */
      while (n_served < n)
        {
          n_served = 0;
          g_main_context_iteration (NULL, FALSE);
          for (guint i = 0; i < n; i++)
            n_served += items[i].n_calls >= 2;
        }
      /* A turn serves two or three of them. */
      g_assert_cmpuint (n_calls, >=, 2 * n / 4);

      for (guint i = 0; i < n; i++)
        item_stop (&items[i]);
      memset (items, 0, n * sizeof *items);
      g_source_remove (id);
    }
}

/* An exit, say, is told while output must wait for its turn. */
static void
test_unbounded (gconstpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  g_autofree Item *items = g_new0 (Item, n);
  Item other = { 0 };
  guint n_others = 0;
  guint id = add_other (G_PRIORITY_HIGH_IDLE, &n_others);

  for (guint i = 0; i < n; i++)
    item_start (&items[i]);
  run_turns (4);
  item_start (&other);
  cproc_watch_set_bounded (&other.watch, FALSE);
  run_turns (8);
  g_assert_cmpuint (other.n_calls, ==, 8);

  for (guint i = 0; i < n; i++)
    item_stop (&items[i]);
  item_stop (&other);
  g_source_remove (id);
}

/* Pollers of two priorities share one turn. */
static void
test_priorities (void)
{
  Item items[2] = { 0 };
  guint n_calls = 0;
  guint id = add_other (G_PRIORITY_HIGH_IDLE + 20, &n_calls);

  items[1].watch.priority = G_PRIORITY_HIGH_IDLE;
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    item_start (&items[i]);
  while (items[0].n_calls < 8)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (n_calls, >=, 2);

  cproc_watch_set_priority (&items[0].watch, g_main_context_default (), G_PRIORITY_LOW);
  g_assert_true (cproc_watch_is_active (&items[0].watch));
  items[1].n_calls = 0;
  while (items[1].n_calls < 4)
    g_main_context_iteration (NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    item_stop (&items[i]);
  g_source_remove (id);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/poller/slow-handlers/few", GUINT_TO_POINTER (3), test_slow_handlers);
  g_test_add_data_func ("/poller/slow-handlers/many", GUINT_TO_POINTER (20), test_slow_handlers);
  g_test_add_data_func ("/poller/slow-handlers/very-many", GUINT_TO_POINTER (80),
                        test_slow_handlers);
  g_test_add_data_func ("/poller/others/few", GUINT_TO_POINTER (3), test_others);
  g_test_add_data_func ("/poller/others/many", GUINT_TO_POINTER (10), test_others);
  g_test_add_data_func ("/poller/unbounded/few", GUINT_TO_POINTER (3), test_unbounded);
  g_test_add_data_func ("/poller/unbounded/many", GUINT_TO_POINTER (20), test_unbounded);
  g_test_add_func ("/poller/priorities", test_priorities);
  g_test_add_func ("/poller/pending", test_pending);
  g_test_add_func ("/poller/pending-and-ready", test_pending_and_ready);

  return g_test_run ();
}
