/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/mman.h>

#include "cproc-buffer-private.h"

#define FIRST_CAPACITY 4096

/* Buffers of this size and more are mappings of their own: the system enlarges them without
 * copying, and uses large pages, which saves page faults. */
#define MAPPED_CAPACITY ((gsize) 4 * 1024 * 1024)

static gboolean
buffer_is_mapped (gsize capacity)
{
  return capacity >= MAPPED_CAPACITY;
}

/* Returns NULL if there is no memory. */
static char *
map_memory (char  *old,
            gsize  old_capacity,
            gsize  capacity)
{
  void *data;

  if (buffer_is_mapped (old_capacity))
    data = mremap (old, old_capacity, capacity, MREMAP_MAYMOVE);
  else
    data = mmap (NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (data == MAP_FAILED)
    return NULL;

  madvise (data, capacity, MADV_HUGEPAGE);

  return data;
}

/* Small buffers come from g_malloc(), which aborts when memory runs out. */
static gboolean
buffer_grow (CprocBuffer *self,
             gsize        needed)
{
  gsize capacity = MAX (self->capacity * 2, FIRST_CAPACITY);
  char *data;

  while (capacity < needed)
    capacity *= 2;

  if (!buffer_is_mapped (capacity))
    {
      self->data = g_realloc (self->data, capacity);
      self->capacity = capacity;
      return TRUE;
    }

  data = map_memory (self->data, self->capacity, capacity);
  if (data == NULL)
    return FALSE;

  if (!buffer_is_mapped (self->capacity))
    {
      if (self->length > 0)
        memcpy (data, self->data, self->length);
      g_free (self->data);
    }
  self->data = data;
  self->capacity = capacity;

  return TRUE;
}

gboolean
cproc_buffer_append (CprocBuffer *self,
                     const char  *data,
                     gsize        length)
{
  if (length == 0)
    return TRUE;

  if (!self->is_full && self->capacity - self->length < length)
    self->is_full = !buffer_grow (self, self->length + length);
  if (self->is_full)
    return FALSE;

  memcpy (self->data + self->length, data, length);
  self->length += length;

  return TRUE;
}

char *
cproc_buffer_get_room (CprocBuffer *self,
                       gsize       *size)
{
  *size = self->is_full ? 0 : self->capacity - self->length;

  return *size > 0 ? self->data + self->length : NULL;
}

void
cproc_buffer_commit (CprocBuffer *self,
                     gsize        length)
{
  g_assert (length <= self->capacity - self->length);

  self->length += length;
}

static void
buffer_free_copy (gpointer user_data)
{
  CprocBuffer *self = user_data;

  cproc_buffer_clear (self);
  g_free (self);
}

GBytes *
cproc_buffer_to_bytes (CprocBuffer *self)
{
  CprocBuffer taken = *self;

  *self = (CprocBuffer) { 0 };

  if (!buffer_is_mapped (taken.capacity))
    return g_bytes_new_take (g_realloc (taken.data, taken.length), taken.length);

  return g_bytes_new_with_free_func (taken.data, taken.length, buffer_free_copy,
                                     g_memdup2 (&taken, sizeof taken));
}

void
cproc_buffer_clear (CprocBuffer *self)
{
  if (buffer_is_mapped (self->capacity))
    munmap (self->data, self->capacity);
  else
    g_free (self->data);
  *self = (CprocBuffer) { 0 };
}
