/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-command-private.h"
#include "cproc-launch-fds-private.h"
#include "launch-spec.h"

G_BEGIN_DECLS

/* Builds the helper's SPEC argument, as helper/launch-spec.h describes it. status_fd and control_fd
 * are numbers in the child, above all of fds; control_fd is for TREE only, else -1. containment:
 * not AUTO. foreground: a TREE's helper stays in our group, which is the terminal's foreground. */
char  *cproc_launch_spec_build (const CprocCommand   *command,
                                CprocContainment      containment,
                                gboolean              foreground,
                                gboolean              is_held,
                                const CprocLaunchFds *fds,
                                int                   status_fd,
                                int                   control_fd);

/* Builds the helper's whole argv; helper is its path. Only the array is newly allocated. */
const char **cproc_launch_build_argv (const char           *helper,
                                      const char           *spec,
                                      const char           *cwd,
                                      const char           *argv0,
                                      const char * const   *argv);

/* Returns the path of the helper, whether or not it exists. */
char  *cproc_launch_dup_helper (void);

G_END_DECLS
