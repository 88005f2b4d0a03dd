/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "launch-status.h"

G_BEGIN_DECLS

/* The names that the messages of a failed start use. */
typedef struct
{
  char *name;       /* the program, or the module; valid UTF-8 */
  char *runtime;    /* the program that runs the module; valid UTF-8; NULL: none */
  char *cwd;        /* valid UTF-8; NULL: unchanged */
  gboolean is_path; /* the program is not searched for in PATH */
} CprocLaunchNames;

void    cproc_launch_names_clear   (CprocLaunchNames       *self);

/* Prepends to an error's message what could not be done. */
void    cproc_launch_prefix_error  (const CprocLaunchNames *self,
                                    GError                **error);

/* Makes the error of a step that the helper has reported. */
GError *cproc_launch_error_of_step (const CprocLaunchNames *self,
                                    LaunchStep              step,
                                    int                     saved_errno,
                                    int                     detail);

/* Makes the error for a system on which TREE is not possible; without the program's name. */
GError *cproc_launch_error_of_tree   (void);

/* Makes the error for a helper that could not be started. */
GError *cproc_launch_error_of_helper (const CprocLaunchNames *self,
                                      const char             *helper,
                                      const GError           *cause);

/* Makes the error for a helper that was started and ended without a report. */
GError *cproc_launch_error_of_silence (const CprocLaunchNames *self,
                                       const char             *helper);

/* Finds the errno of a failed posix_spawn() in GLib's message, which has it only as translated
 * text. Returns 0 if there is none. */
int     cproc_launch_find_errno    (const char *message);

/* Returns the stream's name, such as "standard input". */
char   *cproc_launch_dup_stream_name (int fd);

G_END_DECLS
