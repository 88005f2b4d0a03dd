/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The size of a read from a pipe, and of the first reads from a socket. */
#define CPROC_READ_SIZE (64 * 1024)

/* The bytes of one read. The lines of the read lie in it, so it lives until all of them are
 * emitted: a handler may run a nested main loop, which reads on. */
typedef struct
{
  int ref_count;   /* atomic: the last reference may be dropped in any thread */
  GThread *thread; /* the thread that reads into it */
  char *data;
  gsize size;
} CprocReadBuffer;

CprocReadBuffer *cproc_read_buffer_take      (gsize            size);
CprocReadBuffer *cproc_read_buffer_ref       (CprocReadBuffer *self);
void             cproc_read_buffer_unref     (CprocReadBuffer *self);

/* Returns the first bytes, without a copy. */
GBytes          *cproc_read_buffer_get_bytes (CprocReadBuffer *self,
                                              gsize            length);

static inline gboolean
cproc_read_buffer_contains (const CprocReadBuffer *self,
                            const char            *data)
{
  return self != NULL && data >= self->data && data < self->data + self->size;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocReadBuffer, cproc_read_buffer_unref)

G_END_DECLS
