/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Decides when the next worker may start after a crash, and when there were too many crashes: more
 * than intensity within period. */
typedef struct
{
  guint intensity;
  gint64 period; /* µs, as all times here */
  gint64 delay;  /* the first one; it doubles with each crash, up to 10 s */

  gint64 next_delay;
  gint64 not_before;
  GQueue ends; /* of the times of the last crashes */
} CprocPoolRestart;

void     cproc_pool_restart_init    (CprocPoolRestart *self);
void     cproc_pool_restart_clear   (CprocPoolRestart *self);

/* A worker has crashed. TRUE: too often. */
gboolean cproc_pool_restart_crashed (CprocPoolRestart *self,
                                     gint64            now);

/* A new worker has answered. */
void     cproc_pool_restart_works   (CprocPoolRestart *self);

/* Forgets everything. */
void     cproc_pool_restart_reset   (CprocPoolRestart *self);

G_END_DECLS
