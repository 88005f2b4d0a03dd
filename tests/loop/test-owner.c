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
  GObject *object = cproc_owner_hold (self->owner);

  g_assert_true (G_IS_OBJECT (object));
  cproc_owner_drop (self->owner, object);
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
  g_assert_true (cproc_owner_leave (holder.owner));
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

static void
test_held (void)
{
  g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr(CprocOwner) owner = cproc_owner_new (object);
  GObject *held = cproc_owner_hold (owner);

  /* The last reference was dropped while the object was held: it is kept until that thread has
   * certainly left g_object_unref(). */
  g_assert_true (held == object);
  g_assert_cmpuint (object->ref_count, ==, 2);
  g_assert_false (cproc_owner_leave (owner));
  g_assert_false (cproc_owner_leave (owner));
  g_assert_cmpuint (object->ref_count, ==, 3);
  cproc_owner_drop (owner, held);
  g_assert_cmpuint (g_atomic_int_get (&object->ref_count), >=, 1);
  while (g_atomic_int_get (&object->ref_count) > 1)
    g_usleep (1000);

  /* As g_object_run_dispose() calls dispose. */
  held = cproc_owner_hold (owner);
  g_object_ref (object);
  g_assert_true (cproc_owner_leave (owner));
  g_object_unref (object);
  cproc_owner_drop (owner, held);

  g_assert_null (cproc_owner_hold (owner));
}

static gpointer
make_object (gpointer user_data)
{
  g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr(CprocOwner) owner = cproc_owner_new (object);
  GWeakRef weak;

  g_weak_ref_init (&weak, object);
  g_weak_ref_clear (&weak);
  g_assert_true (cproc_owner_leave (owner));

  return NULL;
}

static guint n_woken;

/* As the binding of a language waits for its interpreter, which another thread has. */
static void
on_toggled (gpointer  user_data,
            GObject  *object,
            gboolean  is_last)
{
  g_thread_join (g_thread_new ("maker", make_object, NULL));
  n_woken++;
}

static void
test_toggle (void)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr(CprocOwner) owner = cproc_owner_new (object);

  g_object_add_toggle_ref (object, on_toggled, NULL);
  g_object_unref (object);
  n_woken = 0;
  cproc_owner_drop (owner, cproc_owner_hold (owner));

  g_assert_cmpuint (n_woken, ==, 2);
  g_assert_true (cproc_owner_leave (owner));
  g_object_remove_toggle_ref (object, on_toggled, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/owner/alive", test_alive);
  g_test_add_func ("/owner/gone", test_gone);
  g_test_add_func ("/owner/held", test_held);
  g_test_add_func ("/owner/toggle", test_toggle);

  return g_test_run ();
}
