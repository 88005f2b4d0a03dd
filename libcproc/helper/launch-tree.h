/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdint.h>

/* What goes over the line between the library and the resident helper, a stream socket. Both run
 * on one machine and are built together, so these are plain structs; each is sent whole.
 *
 * The end of the line is a command as well: the library's process has ended, or has dropped the
 * child. All is to be ended. */

typedef enum
{
  LAUNCH_TREE_SIGNAL = 1, /* send signum to every descendant; 0 does nothing */
  LAUNCH_TREE_END,        /* the same, SIGCONT, and SIGKILL after grace */
} LaunchTreeCommandKind;

typedef struct
{
  uint32_t kind;
  int32_t signum;
  int32_t grace; /* ms; -1 for never */
} LaunchTreeCommand;

typedef enum
{
  LAUNCH_TREE_STARTED = 1, /* comes with a pidfd of the program, where the system has that */
  LAUNCH_TREE_ENDED,       /* the program has; what it started may live on */
  LAUNCH_TREE_STOPPED,     /* the program has been stopped, or continued */
} LaunchTreeReportKind;

typedef struct
{
  uint32_t kind;
  int32_t status;      /* ENDED: of wait(); STOPPED: the signal, 0 where it goes on */
  int64_t user_time;   /* microseconds */
  int64_t system_time; /* microseconds */
  int64_t max_rss;     /* KiB */
  uint32_t is_gone;    /* nothing is left that a command could reach */
  uint32_t reserved;
} LaunchTreeReport;
