/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CPROC_FD_KIND_UNKNOWN,
  CPROC_FD_KIND_SOCKET,
  CPROC_FD_KIND_OTHER
} CprocFdKind;

/* Reads as read() does, from a descriptor of any kind that another process writes to. If that is a
 * socket, descriptors may come with the bytes. A plain read() would close them, which may block:
 * this leaves them to cproc-fd-closer. kind: unknown at first. */
gssize cproc_fd_read (int          fd,
                      CprocFdKind *kind,
                      gpointer     data,
                      gsize        size);

/* Closes a descriptor in whose queue such descriptors may be, and sets it to -1. */
void   cproc_fd_close (int         *fd,
                       CprocFdKind  kind);

G_END_DECLS
