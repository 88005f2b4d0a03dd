/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

#include "bench-glib.h"

/* A child whose three streams lead where they are told. The parameter `none` sets containment
 * NONE. */
CprocChild  *cp_child        (const char * const *argv,
                              CprocStdio          in,
                              CprocStdio          out,
                              CprocStdio          err);
void         cp_start        (CprocChild         *child);

/* Waits, in the loop, until the child is closed; or only once, at the end of a case. */
void         cp_run          (CprocChild         *child);
void         cp_end          (CprocChild         *child);

void cp_output        (void);
void cp_line          (void);
void cp_lines         (void);
void cp_stdin         (void);
void cp_cat           (void);
void cp_fairness      (void);

CprocWorker *cp_worker       (const char * const *argv);

void cp_roundtrip     (void);
void cp_oneway        (void);
void cp_send          (void);
void cp_echo          (void);
void cp_memory_worker (void);
