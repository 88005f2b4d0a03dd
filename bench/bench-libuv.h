/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <uv.h>

#include "bench-common.h"

/* One child. What the handles hold of it is closed, and freed, when all have ended. */
typedef struct
{
  uv_process_t process;
  uv_pipe_t pipes[3];
  int piped[3];
} UvChild;

/* piped: for each of the streams 0 to 2, whether it is a pipe; else it is inherited. */
UvChild *uv_child_start (const char * const *argv, const int piped[3], uv_exit_cb on_exit);
void     uv_child_free  (UvChild *child);

void libuv_output   (void);
void libuv_line     (void);
void libuv_lines    (void);
void libuv_stdin    (void);
void libuv_cat      (void);
void libuv_fairness (void);
