/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a pipe is read by, and a socket at first. */
#define CPROC_CHUNK_SIZE (64 * 1024)

/* What one read brought. The lines of a chunk lie in it, so it lives as long as somebody is still
 * emitting them: a handler may run a main loop of its own, which reads on. */
typedef struct
{
  int ref_count;   /* atomic: what is handed out may end in any thread */
  GThread *thread; /* which reads into it */
  char *data;
  gsize size;
} CprocChunk;

CprocChunk *cproc_chunk_take      (gsize       size);
CprocChunk *cproc_chunk_ref       (CprocChunk *self);
void        cproc_chunk_unref     (CprocChunk *self);

/* Without a copy. */
GBytes     *cproc_chunk_get_bytes (CprocChunk *self,
                                   gsize       length);

static inline gboolean
cproc_chunk_contains (const CprocChunk *self,
                      const char       *data)
{
  return self != NULL && data >= self->data && data < self->data + self->size;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocChunk, cproc_chunk_unref)

G_END_DECLS
