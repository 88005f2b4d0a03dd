/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-watch-private.h"

/* Watches and timers whose object another thread drops. */

typedef struct
{
  CprocOwner *owner;
  CprocWatch watch;
  CprocTimer timer;
  guint n_calls;
} TestHolder;

static void
count_call (gpointer user_data)
{
  TestHolder *self = user_data;
  g_autoptr(GObject) object = cproc_owner_hold (self->owner);

  g_assert_true (G_IS_OBJECT (object));
  self->n_calls++;
  cproc_timer_stop (&self->timer);
  cproc_watch_stop (&self->watch);
}

static void
test_alive (void)
{
  g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  TestHolder holder = { cproc_owner_new (object) };

  cproc_timer_set_owner (&holder.timer, holder.owner);
  cproc_timer_start (&holder.timer, g_main_context_default (), 0, count_call, &holder);
  while (holder.n_calls == 0)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (holder.n_calls, ==, 1);
  g_assert_cmpuint (object->ref_count, ==, 1);
  cproc_owner_unref (holder.owner);
}

static void
test_gone (void)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  TestHolder holder = { cproc_owner_new (object) };
  CprocPipe ends;

  g_assert_true (cproc_fd_open_pipe (&ends, NULL));
  g_assert_cmpint (write (ends.write, "x", 1), ==, 1);
  cproc_timer_set_owner (&holder.timer, holder.owner);
  cproc_watch_set_owner (&holder.watch, holder.owner);
  cproc_timer_start (&holder.timer, g_main_context_default (), 0, count_call, &holder);
  cproc_watch_start (&holder.watch, g_main_context_default (), ends.read, G_IO_IN, count_call,
                     &holder);
  g_object_unref (object);
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);

  g_assert_null (cproc_owner_hold (holder.owner));
  g_assert_cmpuint (holder.n_calls, ==, 0);
  cproc_timer_stop (&holder.timer);
  cproc_watch_stop (&holder.watch);
  cproc_owner_unref (holder.owner);
  close (ends.read);
  close (ends.write);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/owner/alive", test_alive);
  g_test_add_func ("/owner/gone", test_gone);

  return g_test_run ();
}
