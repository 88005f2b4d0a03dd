/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a pipe is read by, and a socket at first. */
#define CPROC_READ_SIZE (64 * 1024)

/* What one read brought. The lines of a read lie in it, so it lives as long as somebody is still
 * emitting them: a handler may run a main loop of its own, which reads on. */
typedef struct
{
  int ref_count;   /* atomic: what is handed out may end in any thread */
  GThread *thread; /* which reads into it */
  char *data;
  gsize size;
} CprocReadBuffer;

CprocReadBuffer *cproc_read_buffer_take      (gsize            size);
CprocReadBuffer *cproc_read_buffer_ref       (CprocReadBuffer *self);
void             cproc_read_buffer_unref     (CprocReadBuffer *self);

/* Without a copy. */
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
