/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "bench-glib.h"

/* With INHERIT_FDS where the parameter `inherit` says so. */
GSubprocess *gs_spawn (const char * const *argv,
                       GSubprocessFlags    flags);

/* Waits, in the loop, for a child whose end is not timed. */
void         gs_wait  (GSubprocess        *subprocess);

void gs_output        (void);
void gs_line          (void);
void gs_lines         (void);
void gs_stdin         (void);
void gs_cat           (void);
void gs_fairness      (void);

void gs_roundtrip     (void);
void gs_oneway        (void);
void gs_send          (void);
void gs_echo          (void);
void gs_memory_worker (void);
