/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-pool-core-private.h"

G_BEGIN_DECLS

/* The part of the core that decides about workers and the queue. It calls nothing above it: it
 * stores events, and cproc-pool-core.c tells them. */

/* An event that is told when the core is at rest. */
typedef struct
{
  CprocPoolEvent event;
  gpointer subject;
  GError *error;
} CprocPoolTold;

gint64 cproc_pool_core_now (CprocPoolCore *self);
void cproc_pool_core_tell (CprocPoolCore *self,
                           CprocPoolEvent event,
                           gpointer subject,
                           const GError *error);
void cproc_pool_core_enqueue (CprocPoolCore *self,
                              CprocPoolRequest *request);
void cproc_pool_core_dequeue (CprocPoolRequest *request);
void cproc_pool_core_finish (CprocPoolCore *self,
                             CprocPoolRequest *request,
                             CprocPoolOutcome outcome,
                             const GError *error);
void cproc_pool_core_forget (CprocPoolCore *self,
                             CprocPoolRequest *request);
void cproc_pool_slot_unbind (CprocPoolCore *self,
                             CprocPoolSlot *slot);
void cproc_pool_slot_kill (CprocPoolCore *self,
                           CprocPoolSlot *slot);
void cproc_pool_core_hand_out (CprocPoolCore *self);
void cproc_pool_core_start_needed (CprocPoolCore *self);
guint cproc_pool_core_count (CprocPoolCore *self,
                             CprocPoolSlotState from,
                             CprocPoolSlotState to);
void cproc_pool_slot_drop (CprocPoolCore *self,
                           CprocPoolRequest *request);
void cproc_pool_core_settle (CprocPoolCore *self);

G_END_DECLS
