/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes that are read into their place; not limited to 4 GiB as a GByteArray is. Embedded in its
 * owner, which begins it as zeros. */
typedef struct
{
  char *data;
  gsize length;
  gsize capacity;
  gboolean is_full; /* there was no memory for more: it takes none any more */
} CprocBuffer;

/* FALSE where there is no memory, which is only told of what is large. */
gboolean  cproc_buffer_append   (CprocBuffer *self,
                                 const char  *data,
                                 gsize        length);

/* What can be filled without growing, and then committed; NULL where that is nothing. */
char     *cproc_buffer_get_room (CprocBuffer *self,
                                 gsize       *size);
void      cproc_buffer_commit   (CprocBuffer *self,
                                 gsize        length);

/* Without a copy; the buffer is empty then. */
GBytes   *cproc_buffer_to_bytes (CprocBuffer *self);
void      cproc_buffer_clear    (CprocBuffer *self);

G_END_DECLS
