/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-command-private.h"

G_BEGIN_DECLS

/* The bare path leaves out the helper: for a command that changes nothing about the process but
 * its streams, from a process that has nothing to hand down that the child must not have. */

/* What can be told from the command; path is PATH as the child will have it. */
gboolean cproc_launch_bare_fits     (const CprocCommand *command,
                                     CprocContainment    containment,
                                     const char         *program,
                                     const char         *path);

/* What can be told from this process, now: no signal ignored, no descriptor that would be
 * inherited. */
gboolean cproc_launch_bare_is_clean (void);

/* The calling thread blocks no signal. */
gboolean cproc_launch_bare_has_empty_mask (void);

G_END_DECLS
