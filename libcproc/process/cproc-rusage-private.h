/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-pidfd-private.h"

G_BEGIN_DECLS

/* What a process has used, where its reaper is GSubprocess: that one throws the kernel's account
 * away, and only getrusage (RUSAGE_CHILDREN) still has it, added to that of all children before.
 * So the difference that one end makes is that child's, as long as no other child was reaped in
 * between; where one of ours was, nothing is said. (Children that the application reaps by other
 * means cannot be told from ours.) Embedded in its owner, thread-safe. */
typedef struct
{
  int pidfd;
  gboolean registered;
  gboolean mixed; /* another one's account has this one's in it */
} CprocUsage;

/* pidfd: not owned */
void cproc_usage_begin (CprocUsage *self,
                        int         pidfd);

/* end: where it has the usage already, that is taken as it is. NULL: nobody wants to know. */
void cproc_usage_end   (CprocUsage      *self,
                        CprocExitStatus *end);

G_END_DECLS
