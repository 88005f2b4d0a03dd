/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "launch-status.h"

G_BEGIN_DECLS

/* What messages of a failed start speak of. */
typedef struct
{
  char *name;       /* the program, or the module; valid UTF-8 */
  char *runtime;    /* what runs the module; valid UTF-8; NULL: nothing does */
  char *cwd;        /* valid UTF-8; NULL: unchanged */
  gboolean is_path; /* the program is not looked for in PATH */
} CprocLaunchNames;

void    cproc_launch_names_clear   (CprocLaunchNames       *self);

/* Begins an error's message with what could not be done. */
void    cproc_launch_prefix_error  (const CprocLaunchNames *self,
                                    GError                **error);

/* As the helper has reported it. */
GError *cproc_launch_error_of_step (const CprocLaunchNames *self,
                                    LaunchStep              step,
                                    int                     saved_errno,
                                    int                     detail);

/* A TREE is not possible; without the program's name. */
GError *cproc_launch_error_of_tree   (void);

/* The helper could not be started. */
GError *cproc_launch_error_of_helper (const CprocLaunchNames *self,
                                      const char             *helper,
                                      const GError           *cause);

/* The helper was started, and ended without a report. */
GError *cproc_launch_error_of_silence (const CprocLaunchNames *self,
                                       const char             *helper);

/* GLib tells a failed posix_spawn()'s errno only as text, within a message that is translated.
 * 0 where it does not tell. */
int     cproc_launch_find_errno    (const char *message);

/* "standard input" and so on. */
char   *cproc_launch_dup_stream_name (int fd);

G_END_DECLS
