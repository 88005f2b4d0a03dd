/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-chunk-private.h"

static void
chunk_destroy (CprocChunk *self)
{
  g_free (self->data);
  g_free (self);
}

/* A child that is silent holds no buffer: the thread's streams take turns with one. */
static GPrivate spare_chunk = G_PRIVATE_INIT ((GDestroyNotify) chunk_destroy);

CprocChunk *
cproc_chunk_take (void)
{
  CprocChunk *self = g_private_get (&spare_chunk);

  if (self != NULL)
    g_private_set (&spare_chunk, NULL);
  else
    self = g_new0 (CprocChunk, 1);

  if (self->data == NULL)
    self->data = g_malloc (CPROC_CHUNK_SIZE);
  self->ref_count = 1;

  return self;
}

CprocChunk *
cproc_chunk_ref (CprocChunk *self)
{
  self->ref_count++;
  return self;
}

void
cproc_chunk_unref (CprocChunk *self)
{
  if (--self->ref_count > 0)
    return;

  if (g_private_get (&spare_chunk) == NULL)
    g_private_set (&spare_chunk, self);
  else
    chunk_destroy (self);
}
