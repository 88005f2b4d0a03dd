/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-backtrace-private.h"
#include "cproc-buffer-private.h"
#include "cproc-child.h"
#include "cproc-exec.h"

G_BEGIN_DECLS

struct _CprocExec
{
  CprocChild parent_instance;

  gint64 max_buffer;
  GBytes *input;
  gboolean may_get_input; /* a prepared process has a pipe for input, if there will be any */
  gboolean capture_stack;

  CprocBuffer buffers[2];
  GBytes *bytes[2]; /* in their place once all has been read */
  CprocStream limited_stream; /* the one that wrote too much, or 0 */
  gboolean no_memory;         /* and that was too much for want of memory */
  CprocBacktrace stack;
  char *error_stack; /* the stack as text, once it is asked for */
};

G_END_DECLS
