/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* 64 KiB stay in the second-level cache; larger reads were slower. */
#define CPROC_CHUNK_SIZE (64 * 1024)

/* What one read brought. The lines of a chunk lie in it, so it lives as long as somebody is still
 * emitting them: a handler may run a main loop of its own, which reads on. For one thread. */
typedef struct
{
  int ref_count;
  char *data; /* CPROC_CHUNK_SIZE; NULL once it has been handed out */
} CprocChunk;

CprocChunk *cproc_chunk_take  (void);
CprocChunk *cproc_chunk_ref   (CprocChunk *self);
void        cproc_chunk_unref (CprocChunk *self);

static inline gboolean
cproc_chunk_contains (const CprocChunk *self,
                      const char       *data)
{
  return self != NULL && data >= self->data && data < self->data + CPROC_CHUNK_SIZE;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocChunk, cproc_chunk_unref)

G_END_DECLS
