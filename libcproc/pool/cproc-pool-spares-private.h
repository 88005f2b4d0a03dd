/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-worker.h"

G_BEGIN_DECLS

/* Workers that are prepared but not started. */
typedef struct _CprocPoolSpares CprocPoolSpares;

CprocPoolSpares *cproc_pool_spares_new  (void);
/* Drops the workers too. */
void             cproc_pool_spares_free (CprocPoolSpares *self);

/* Prepares or drops workers until there are so many. After a failure it waits until a worker is
 * taken: the caller that starts it gets the error. */
void             cproc_pool_spares_fill (CprocPoolSpares *self,
                                         CprocCommand    *command,
                                         guint            wanted,
                                         GMainContext    *context);
guint            cproc_pool_spares_size (CprocPoolSpares *self);

/* Returns a prepared worker or, if there is none, a new one. */
CprocWorker     *cproc_pool_spares_take (CprocPoolSpares *self,
                                         CprocCommand    *command);

G_END_DECLS
