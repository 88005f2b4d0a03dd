/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-watch-private.h"

/* The descriptors of one main context, and that each of them gets its turn. */

/* More than the poller keeps the main loop at a time. */
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
      cproc_watch_start (&items[i].watch, g_main_context_default (), -1, 0, on_ready, &items[i]);
      cproc_watch_set_pending (&items[i].watch, TRUE);
    }
  run_turns (G_N_ELEMENTS (items) * 4);
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    {
      g_assert_cmpuint (items[i].n_calls, ==, 4);
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
  cproc_watch_start (&pending.watch, g_main_context_default (), -1, 0, on_ready, &pending);
  cproc_watch_set_pending (&pending.watch, TRUE);
  run_turns (8);
  g_assert_cmpuint (pending.n_calls, >=, 2);
  g_assert_cmpuint (ready.n_calls, >=, 2);
  cproc_watch_stop (&pending.watch);
  item_stop (&ready);
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
  g_test_add_func ("/poller/pending", test_pending);
  g_test_add_func ("/poller/pending-and-ready", test_pending_and_ready);

  return g_test_run ();
}
