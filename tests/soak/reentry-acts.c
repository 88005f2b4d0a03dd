/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "reentry.h"

#define MAX_DEPTH 5

static void
cancel_any (Round *self)
{
  Call *call;

  if (self->calls->len == 0)
    return;

  call = g_ptr_array_index (self->calls, round_range (self, 0, self->calls->len));
  if (call->cancellable == NULL)
    return;

  if (round_one_in (self, 3))
    round_cancel_later (self, call->cancellable);
  else
    g_cancellable_cancel (call->cancellable);
}

static void
run_nested_loop (Round *self)
{
  if (self->depth >= MAX_DEPTH)
    return;

  self->depth++;
  for (int i = round_range (self, 1, 20); i > 0; i--)
    g_main_context_iteration (NULL, FALSE);
  self->depth--;
}

static void
drop_any (Round *self)
{
  Item *item = round_pick_item (self, ~0U);
  gpointer object;

  if (item == NULL)
    return;

  if (round_one_in (self, 3))
    g_signal_handlers_disconnect_by_data (item->object, item);
  object = g_steal_pointer (&item->object);
  if (round_one_in (self, 2))
    round_unref_later (self, object);
  else
    g_object_unref (object);
}

static void
disconnect_any (Round *self)
{
  Item *item = round_pick_item (self, ~0U);

  if (item != NULL)
    g_signal_handlers_disconnect_by_data (item->object, item);
}

static void
call_any (Round *self)
{
  Item *item = round_pick_item (self, ~0U);

  if (item != NULL)
    item_call (item);
}

void
round_act (Round *self,
           Call  *call)
{
  if (self->ending)
    return;

  for (int i = round_range (self, 0, 3); i > 0 && self->budget > 0; i--)
    {
      int action = round_range (self, 0, 40);

      self->budget--;
      if (action < 5 && call != NULL && call->cancellable != NULL)
        g_cancellable_cancel (call->cancellable);
      else if (action < 9)
        cancel_any (self);
      else if (action < 12)
        run_nested_loop (self);
      else if (action < 14)
        drop_any (self);
      else if (action < 15)
        disconnect_any (self);
      else if (action < 18)
        round_make_item (self);
      else
        call_any (self);
    }
}
