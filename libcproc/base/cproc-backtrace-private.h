/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CPROC_BACKTRACE_MAX 64

/* A call stack, innermost first. No frames: none was captured. */
typedef struct
{
  gpointer frames[CPROC_BACKTRACE_MAX];
  int n_frames;
} CprocBacktrace;

/* Takes the stack of the caller. */
void  cproc_backtrace_capture (CprocBacktrace       *self);

/* A line for each call, with the name of the function; NULL where there are no frames. */
char *cproc_backtrace_to_text (const CprocBacktrace *self);

G_END_DECLS
