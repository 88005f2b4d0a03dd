/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdint.h>

/* The helper's reports to the library on the status socket. LAUNCH_STEP_PID comes first, with a
 * pidfd; the kernel adds the sender's pid in the library's namespace. So both are known even if
 * GSubprocess has reaped the child by then. After that comes the step that failed, or the end of
 * the stream, because the exec of the program closes it. */
typedef enum
{
  LAUNCH_STEP_PID = 1, /* not a failure; detail: whether the helper locks the socket */
  LAUNCH_STEP_SPEC,
  LAUNCH_STEP_DESCRIPTORS,
  LAUNCH_STEP_GROUP,
  LAUNCH_STEP_SESSION,
  LAUNCH_STEP_NICE,
  LAUNCH_STEP_LIMIT, /* detail is the resource */
  LAUNCH_STEP_GROUP_ID,
  LAUNCH_STEP_USER_ID,
  LAUNCH_STEP_DEATH_SIGNAL,
  LAUNCH_STEP_CWD,
  LAUNCH_STEP_EXEC,
  LAUNCH_STEP_INTERPRETER, /* the program exists, its interpreter does not */
  LAUNCH_STEP_SUPERVISE,   /* the resident helper could not begin */
  LAUNCH_STEP_PROC,        /* the resident helper needs /proc */
  LAUNCH_STEP_GROUPS,
  LAUNCH_STEP_OPEN, /* detail is the descriptor */
  LAUNCH_STEP_READY, /* not a failure: the helper waits for a byte, just before the program */
  LAUNCH_STEP_TERMINAL,
} LaunchStep;

/* Written by one write(), which the kernel does not split. */
typedef struct
{
  int32_t step;
  int32_t value; /* an errno, except with LAUNCH_STEP_PID */
  int32_t detail;
} LaunchRecord;
