/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A growing block of bytes that can be read into directly; not limited to 4 GiB as a GByteArray is.
 * Embedded in its owner, which sets it to zeros first. */
typedef struct
{
  char *data;
  gsize length;
  gsize capacity;
  gboolean is_full; /* out of memory: it takes no more bytes */
} CprocBuffer;

/* Appends bytes. FALSE if there is no memory; only large buffers report this. */
gboolean  cproc_buffer_append   (CprocBuffer *self,
                                 const char  *data,
                                 gsize        length);

/* Returns the free space that can be filled without growing, and then committed; NULL if there is
 * none. */
char     *cproc_buffer_get_room (CprocBuffer *self,
                                 gsize       *size);
void      cproc_buffer_commit   (CprocBuffer *self,
                                 gsize        length);

/* Returns the bytes without copying them, and leaves the buffer empty. */
GBytes   *cproc_buffer_to_bytes (CprocBuffer *self);
void      cproc_buffer_clear    (CprocBuffer *self);

G_END_DECLS
