/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdint.h>

/* The messages between the library and the resident helper, over a stream socket. Both run on one
 * machine and are built together, so these are plain structs; each is sent whole.
 *
 * The end of the connection is a command as well: the library's process has ended, or has dropped
 * the child, so the helper ends everything. */

typedef enum
{
  LAUNCH_TREE_SIGNAL = 1, /* send signum to every descendant; 0 does nothing */
  LAUNCH_TREE_END,        /* sends signum and SIGCONT, and SIGKILL after grace */
} LaunchTreeCommandKind;

typedef struct
{
  uint32_t kind;
  int32_t signum;
  int32_t grace; /* ms; -1 for never */
} LaunchTreeCommand;

typedef enum
{
  LAUNCH_TREE_STARTED = 1, /* comes with a pidfd of the program, if the system has pidfds */
  LAUNCH_TREE_ENDED,       /* the program has ended; its descendants may live on */
  LAUNCH_TREE_STOPPED,     /* the program has been stopped or continued */
} LaunchTreeReportKind;

typedef struct
{
  uint32_t kind;
  int32_t status;      /* ENDED: the status of wait(); STOPPED: the signal, 0 if it continues */
  int64_t user_time;   /* microseconds */
  int64_t system_time; /* microseconds */
  int64_t max_rss;     /* KiB */
  uint32_t is_gone;    /* no process is left for a command */
  uint32_t reserved;
} LaunchTreeReport;
