/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts every object of the library into the hands of callbacks and handlers that do the worst, at
 * random: cancel their own call and those of others, run the main loop, drop references, here and
 * in another thread, kill, pause, write, close. Run it under AddressSanitizer or ThreadSanitizer:
 *
 *     soak-reentry [--rounds=N] [--seed=N]
 *
 * Every round has a seed, which it prints if it goes wrong; --rounds=1 --seed=N makes the same
 * again, as far as time does not decide. Every call must be called back exactly once, and every
 * object be finalized. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "child-util.h"
#include "reentry.h"

#define PATIENCE (60 * G_USEC_PER_SEC)
#define MAX_BUDGET 120

/* The first rounds open what stays. */
#define N_FIRST_ROUNDS 20

static int n_rounds = 20;
static gint64 first_seed = -1;
static guint64 n_calls;
static guint64 n_objects;

static const GOptionEntry entries[] = {
  { "rounds", 0, 0, G_OPTION_ARG_INT, &n_rounds, "So many rounds (20)", "N" },
  { "seed", 0, 0, G_OPTION_ARG_INT64, &first_seed, "The first round's seed (random)", "N" },
  G_OPTION_ENTRY_NULL
};

/* What the other thread does. */
typedef struct
{
  gpointer object;
  gboolean cancel;
  guint delay; /* µs */
} Errand;

static GAsyncQueue *errands;

static gpointer
run_errands (gpointer user_data)
{
  for (;;)
    {
      Errand *errand = g_async_queue_pop (errands);

      if (errand->delay > 0)
        g_usleep (errand->delay);
      if (errand->cancel)
        g_cancellable_cancel (errand->object);
      g_clear_object (&errand->object);
      g_free (errand);
    }

  return NULL;
}

static void
push_errand (gpointer object,
             gboolean cancel,
             guint    delay)
{
  Errand *errand = g_new (Errand, 1);

  *errand = (Errand) { object, cancel, delay };
  g_async_queue_push (errands, errand);
}

void
round_unref_later (Round    *self,
                   gpointer  object)
{
  push_errand (object, FALSE, round_one_in (self, 3) ? round_range (self, 0, 300) : 0);
}

void
round_cancel_later (Round        *self,
                    GCancellable *cancellable)
{
  push_errand (g_object_ref (cancellable), TRUE,
               round_one_in (self, 2) ? round_range (self, 0, 3000) : 0);
}

int
round_range (Round *self,
             int    begin,
             int    end)
{
  return g_rand_int_range (self->rand, begin, end);
}

gboolean
round_one_in (Round *self,
              int    n)
{
  return g_rand_int_range (self->rand, 0, n) == 0;
}

Call *
round_add_call (Round      *self,
                const char *name)
{
  Call *call = g_new0 (Call, 1);

  call->round = self;
  call->name = name;
  /* A receive of a worker that is never started has no other end. */
  if (!round_one_in (self, 4) || strstr (name, "receive") != NULL)
    call->cancellable = g_cancellable_new ();
  if (call->cancellable != NULL && round_one_in (self, 8))
    round_cancel_later (self, call->cancellable);
  g_ptr_array_add (self->calls, call);
  self->n_waiting++;
  n_calls++;

  return call;
}

static void
call_free (gpointer data)
{
  Call *self = data;

  g_clear_object (&self->cancellable);
  g_free (self);
}

static void G_GNUC_NORETURN
round_fail (Round      *self,
            const char *reason)
{
  g_printerr ("soak-reentry: --rounds=1 --seed=%" G_GUINT64_FORMAT ": %s\n", self->seed, reason);
  for (guint i = 0; i < self->calls->len; i++)
    {
      Call *call = g_ptr_array_index (self->calls, i);

      if (call->n_called != 1)
        g_printerr ("  %s was called back %u times%s\n", call->name, call->n_called,
                    g_cancellable_is_cancelled (call->cancellable) ? ", cancelled" : "");
    }
  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = g_ptr_array_index (self->items, i);
      g_autoptr(GObject) object = g_weak_ref_get (&item->weak);

      if (object != NULL)
        g_printerr ("  %s is alive, with %u references\n", G_OBJECT_TYPE_NAME (object),
                    object->ref_count - 1);
    }
  abort ();
}

static gboolean
is_over (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

/* The main loop, for so long. */
static void
iterate_for (guint msec)
{
  gboolean over = FALSE;
  guint id = g_timeout_add (msec, is_over, &over);

  while (!over)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (g_main_context_find_source_by_id (NULL, id));
}

static void
round_begin (Round *self)
{
  guint n = round_range (self, 2, 8);

  for (guint i = 0; i < n; i++)
    round_make_item (self);
  while (self->budget > 0)
    {
      round_act (self, NULL);
      for (int i = round_range (self, 0, 4); i > 0; i--)
        g_main_context_iteration (NULL, FALSE);
      if (round_one_in (self, 10))
        iterate_for (round_range (self, 1, 20));
    }
}

static void
round_cancel_all (Round *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    g_cancellable_cancel (((Call *) g_ptr_array_index (self->calls, i))->cancellable);
}

/* Makes an end of all, and waits for the callbacks. */
static void
round_end_calls (Round *self)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  self->ending = TRUE;
  while (self->n_waiting > 0)
    {
      for (guint i = 0; i < self->items->len; i++)
        item_end (g_ptr_array_index (self->items, i));
      if (g_get_monotonic_time () > deadline)
        round_fail (self, "calls are not called back");
      if (g_get_monotonic_time () > deadline - PATIENCE + G_USEC_PER_SEC)
        round_cancel_all (self);
      iterate_for (1);
    }
}

static void
round_end_objects (Round *self)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;

  for (guint i = 0; i < self->items->len; i++)
    g_clear_object (&((Item *) g_ptr_array_index (self->items, i))->object);
  while (g_atomic_int_get (&self->n_alive) > 0)
    {
      if (g_get_monotonic_time () > deadline)
        round_fail (self, "objects are not finalized");
      iterate_for (1);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
round_run (guint64 seed)
{
  Round self = { .seed = seed };
  guint32 numbers[] = { (guint32) seed, (guint32) (seed >> 32) };

  self.rand = g_rand_new_with_seed_array (numbers, G_N_ELEMENTS (numbers));
  self.items = g_ptr_array_new_with_free_func (item_free);
  self.calls = g_ptr_array_new_with_free_func (call_free);
  self.budget = g_rand_int_range (self.rand, 10, MAX_BUDGET);

  round_begin (&self);
  round_end_calls (&self);
  round_end_objects (&self);

  for (guint i = 0; i < self.calls->len; i++)
    if (((Call *) g_ptr_array_index (self.calls, i))->n_called != 1)
      round_fail (&self, "a call was called back twice");
  n_objects += self.items->len;
  g_ptr_array_unref (self.calls);
  g_ptr_array_unref (self.items);
  g_rand_free (self.rand);
}

/* The seed is in the log when a sanitizer ends the program. */
static void
run_rounds (guint64 seed)
{
  guint n_fds = 0;

  for (int i = 0; i < n_rounds; i++)
    {
      if (n_rounds <= 200 || i % 100 == 0)
        g_print ("# --seed=%" G_GUINT64_FORMAT "\n", seed + i);
      round_run (seed + i);
      if (i == N_FIRST_ROUNDS)
        {
          test_await_no_children ();
          n_fds = test_count_fds ();
        }
    }

  test_await_no_children ();
  if (n_rounds > N_FIRST_ROUNDS)
    test_await_fd_count (n_fds);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GOptionContext) context = g_option_context_new ("- libcproc, from inside of itself");
  g_autoptr(GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  if (first_seed < 0)
    first_seed = g_random_int ();
  errands = g_async_queue_new ();
  g_thread_unref (g_thread_new ("errands", run_errands, NULL));

  g_print ("1..1\n");
  run_rounds (first_seed);
  g_print ("# %d rounds: %" G_GUINT64_FORMAT " objects, %" G_GUINT64_FORMAT " calls\n", n_rounds,
           n_objects, n_calls);
  g_print ("ok 1 soak-reentry\n");

  return 0;
}
