/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-command.h"
#include "cproc-message.h"

G_BEGIN_DECLS

#define CPROC_TYPE_POOL (cproc_pool_get_type ())
#define CPROC_TYPE_POOL_STATE (cproc_pool_state_get_type ())

/**
 * CprocPoolState:
 * @CPROC_POOL_STATE_IDLE: there are no workers, and nothing waits
 * @CPROC_POOL_STATE_RUNNING: there are workers, or requests that wait for one
 * @CPROC_POOL_STATE_FAILED: too many workers crashed, or none could be started; a new request tries
 *   again
 * @CPROC_POOL_STATE_CLOSING: the pool takes no more requests
 * @CPROC_POOL_STATE_CLOSED: the last worker is gone
 *
 * What a [class@Cproc.Pool] does.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_POOL_STATE_IDLE,
  CPROC_POOL_STATE_RUNNING,
  CPROC_POOL_STATE_FAILED,
  CPROC_POOL_STATE_CLOSING,
  CPROC_POOL_STATE_CLOSED,
} CprocPoolState;

CPROC_AVAILABLE_IN_1_0
GType cproc_pool_state_get_type (void);

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocPool, cproc_pool, CPROC, POOL, GObject)

CPROC_AVAILABLE_IN_1_0
CprocPool      *cproc_pool_new                    (CprocCommand         *command,
                                                   guint                 size)
                                                   G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
CprocCommand   *cproc_pool_get_command            (CprocPool            *self);
CPROC_AVAILABLE_IN_1_0
CprocPoolState  cproc_pool_get_state              (CprocPool            *self);
CPROC_AVAILABLE_IN_1_0
gboolean        cproc_pool_get_congested          (CprocPool            *self);
CPROC_AVAILABLE_IN_1_0
guint           cproc_pool_get_size               (CprocPool            *self);
CPROC_AVAILABLE_IN_1_0
void            cproc_pool_set_size               (CprocPool            *self,
                                                   guint                 size);
CPROC_AVAILABLE_IN_1_0
CprocMessage   *cproc_pool_get_setup              (CprocPool            *self);
CPROC_AVAILABLE_IN_1_0
void            cproc_pool_set_setup              (CprocPool            *self,
                                                   CprocMessage         *setup);

CPROC_AVAILABLE_IN_1_0
void            cproc_pool_request_async          (CprocPool            *self,
                                                   const char           *method,
                                                   CprocMessage         *params,
                                                   guint                 timeout,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
void            cproc_pool_request_full_async     (CprocPool            *self,
                                                   const char           *method,
                                                   CprocMessage         *params,
                                                   int                   priority,
                                                   const char           *key,
                                                   guint                 timeout,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
CprocMessage   *cproc_pool_request_finish         (CprocPool            *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
CPROC_AVAILABLE_IN_1_0
CprocMessage   *cproc_pool_request_get_error_data (GAsyncResult         *result);

CPROC_AVAILABLE_IN_1_0
void            cproc_pool_broadcast              (CprocPool            *self,
                                                   const char           *method,
                                                   CprocMessage         *params);

CPROC_AVAILABLE_IN_1_0
void            cproc_pool_drain_async            (CprocPool            *self,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean        cproc_pool_drain_finish           (CprocPool            *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
CPROC_AVAILABLE_IN_1_0
void            cproc_pool_close_async            (CprocPool            *self,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean        cproc_pool_close_finish           (CprocPool            *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
CPROC_AVAILABLE_IN_1_0
void            cproc_pool_abort                  (CprocPool            *self);

CPROC_AVAILABLE_IN_1_0
GVariant       *cproc_pool_dup_statistics         (CprocPool            *self);

G_END_DECLS
