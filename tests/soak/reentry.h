/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

/* One round of soak-reentry: some objects, and asynchronous calls that wait on them. Whatever is
 * called back, a callback or a handler of a signal, acts at random on any of them. */
typedef struct _Round Round;

typedef enum
{
  ITEM_CHILD,
  ITEM_EXEC,
  ITEM_WORKER,
  ITEM_CHANNEL,
  ITEM_POOL,
  ITEM_PROGRESS,
  ITEM_REQUEST,
  N_ITEM_KINDS
} ItemKind;

/* An object, which the round holds until an action drops it. */
typedef struct
{
  Round *round;
  ItemKind kind;
  gpointer object; /* NULL: dropped */
  GWeakRef weak;
} Item;

/* An asynchronous call, which must be called back exactly once. */
typedef struct
{
  Round *round;
  const char *name;
  GCancellable *cancellable; /* NULL for some */
  guint n_called;
} Call;

struct _Round
{
  guint64 seed;
  GRand *rand;
  GPtrArray *items; /* Item */
  GPtrArray *calls; /* Call */
  guint n_waiting;  /* calls that were not called back yet */
  int n_alive;      /* atomic: objects that are not finalized */
  guint depth;      /* of nested main loops */
  guint n_syncs;    /* calls that block; they wait for streams that are paused */
  int budget;       /* actions that are left */
  gboolean ending;  /* nothing more is done */
};

/* reentry.c */
int      round_range       (Round *self,
                            int    begin,
                            int    end);
gboolean round_one_in      (Round *self,
                            int    n);
/* A thread of its own does it, after a moment. */
void     round_unref_later (Round        *self,
                            gpointer      object);
void     round_cancel_later (Round        *self,
                             GCancellable *cancellable);
Call    *round_add_call    (Round      *self,
                            const char *name);
void     round_run         (guint64 seed);

/* reentry-items.c: Takes the reference. */
Item    *round_add_item    (Round    *self,
                            ItemKind  kind,
                            gpointer  object);
void     round_make_item   (Round    *self);
Item    *round_pick_item   (Round    *self,
                            guint     kinds);
void     item_end          (Item     *self);
void     item_free         (gpointer  data);

/* reentry-acts.c: Does something at random. call: the one that was called back, or NULL. */
void     round_act         (Round    *self,
                            Call     *call);

/* reentry-calls.c: Calls a random method of the object; all of them take this callback. */
void     item_call         (Item         *self);
void     on_called_back    (GObject      *source,
                            GAsyncResult *result,
                            gpointer      user_data);
