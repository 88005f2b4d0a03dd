/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/types.h>

/* What a raw start needs beside its arguments; -1 leaves a descriptor as it is. */
typedef struct
{
  int fds[4]; /* the child's 0, 1, 2 and 3 */
  int settings; /* own group and working directory */
} RawStart;

#define RAW_START_INIT { { -1, -1, -1, -1 }, 0 }

/* posix_spawn() with the fewest file actions; the descriptors are closed after it. */
pid_t raw_spawn  (const char * const *argv, const RawStart *start);
void  raw_wait   (pid_t pid);
void  raw_pipe   (int fds[2], int size);

void raw_output     (void);
void raw_line       (void);
void raw_lines      (void);
void raw_stdin      (void);
void raw_cat        (void);
void raw_fairness   (void);

void raw_roundtrip  (void);
void raw_oneway     (void);
void raw_send       (void);
void raw_echo       (void);
