/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-read-buffer-private.h"

static void
read_buffer_destroy (CprocReadBuffer *self)
{
  g_free (self->data);
  g_free (self);
}

/* One spare buffer for each thread: its streams take turns with it, so a silent child needs no
 * buffer. A buffer that was handed out and is no longer used comes back here. If it were
 * freed, the heap might return its pages to the system, and the next read would have to fault
 * them in again. */
static GPrivate spare_buffer = G_PRIVATE_INIT ((GDestroyNotify) read_buffer_destroy);

static CprocReadBuffer *
read_buffer_new (gsize size)
{
  CprocReadBuffer *self = g_new0 (CprocReadBuffer, 1);

  self->thread = g_thread_self ();
  self->data = g_malloc (size);
  self->size = size;

  return self;
}

CprocReadBuffer *
cproc_read_buffer_take (gsize size)
{
  CprocReadBuffer *self = g_private_get (&spare_buffer);

  if (self != NULL)
    g_private_set (&spare_buffer, NULL);
  if (self != NULL && self->size != size)
    g_clear_pointer (&self, read_buffer_destroy);
  if (self == NULL)
    self = read_buffer_new (size);
  self->ref_count = 1;

  return self;
}

CprocReadBuffer *
cproc_read_buffer_ref (CprocReadBuffer *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
cproc_read_buffer_unref (CprocReadBuffer *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->thread == g_thread_self () && g_private_get (&spare_buffer) == NULL)
    g_private_set (&spare_buffer, self);
  else
    read_buffer_destroy (self);
}

GBytes *
cproc_read_buffer_get_bytes (CprocReadBuffer *self,
                             gsize            length)
{
  return g_bytes_new_with_free_func (self->data, length, (GDestroyNotify) cproc_read_buffer_unref,
                                     cproc_read_buffer_ref (self));
}
