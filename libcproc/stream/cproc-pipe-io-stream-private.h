/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "cproc-enums.h"

G_BEGIN_DECLS

/* Takes ownership of fd, which must be non-blocking. */
GIOStream *cproc_pipe_io_stream_new (int                 fd,
                                     CprocPipeDirection  direction,
                                     GMainContext       *context);

G_END_DECLS
