/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-json-private.h"

G_BEGIN_DECLS

/* Reads and writes requests and replies of JSON-RPC 2.0, and keeps the table of the requests that
 * wait for their reply. Independent of the channel. */

typedef enum
{
  CPROC_RPC_NONE,         /* an ordinary message */
  CPROC_RPC_ANSWER,       /* an id and no method */
  CPROC_RPC_REQUEST,      /* a method and an id */
  CPROC_RPC_NOTIFICATION, /* a method and no id */
} CprocRpcKind;

/* Parts of a checked text; one that is missing has no data. */
typedef struct
{
  CprocRpcKind kind;
  CprocJsonSpan id;
  CprocJsonSpan method;
  CprocJsonSpan params;
  CprocJsonSpan result;
  CprocJsonSpan error;
} CprocRpc;

CprocRpcKind cproc_rpc_read (CprocRpc   *self,
                             const char *text,
                             gsize       length);

/* Returns the value of a positive integer, however it is written; 0 for anything else. */
gint64 cproc_rpc_read_id (const CprocJsonSpan *span);

/* Returns what is the same for equal ids: 1.0 is 1. */
char  *cproc_rpc_dup_key (const char *id,
                          gsize       length);

/* Reads the error object of an answer. FALSE if it is malformed. */
gboolean cproc_rpc_read_error (const CprocJsonSpan  *error,
                               int                  *code,
                               char                **message,
                               CprocJsonSpan        *data);

/* id: 0 for a notification. params: NULL for none. */
char *cproc_rpc_write_request (gint64      id,
                               const char *method,
                               const char *params);
char *cproc_rpc_write_result  (const char *id,
                               const char *result);
char *cproc_rpc_write_error   (const char *id,
                               int         code,
                               const char *message,
                               const char *data);

typedef struct
{
  gint64 last_id;
  GHashTable *pending; /* gint64 to the waiting data; NULL while there is none */
  GHashTable *late;    /* ids that were given up; their answers may still come */
} CprocRequestTable;

void     cproc_request_table_clear   (CprocRequestTable *self);

/* Ids are integers from 1. */
gint64   cproc_request_table_add     (CprocRequestTable *self,
                                      gpointer           waiting);
guint    cproc_request_table_size    (CprocRequestTable *self);

/* Removes and returns the data that waits for that id; NULL if there is none. */
gpointer cproc_request_table_take    (CprocRequestTable *self,
                                      gint64             id);

/* The same for a request that is given up: its answer may still come. */
gpointer cproc_request_table_give_up (CprocRequestTable *self,
                                      gint64             id);

/* Returns whether the id was given up before, and forgets it. */
gboolean cproc_request_table_is_late (CprocRequestTable *self,
                                      gint64             id);

/* Removes and returns any entry; NULL if there is none. */
gpointer cproc_request_table_take_any (CprocRequestTable *self);

void     cproc_request_table_foreach (CprocRequestTable *self,
                                      GFunc              func,
                                      gpointer           user_data);

G_END_DECLS
