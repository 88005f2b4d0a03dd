/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-command-private.h"
#include "cproc-launch-private.h"

/* Shared by the tests of the launch layer. Each function asserts that it succeeds. */

/* Runs a mode of tests/child; the arguments end with NULL. */
CprocCommand *launch_command_new (const char *mode,
                                  ...) G_GNUC_NULL_TERMINATED;

CprocLaunch  *launch_start       (CprocCommand *command);

/* What the child writes to its standard output, and exit code 0 after it. */
char         *launch_read        (CprocLaunch *launch);
char         *launch_run         (CprocCommand *command);

/* The start must fail, with this error and with all of these texts in its message; NULL ends. */
void          launch_fail        (CprocCommand *command,
                                  GQuark        domain,
                                  int           code,
                                  ...) G_GNUC_NULL_TERMINATED;

int           launch_wait        (CprocLaunch *launch); /* the exit code; -1 for a signal */

char         *launch_read_fd     (int fd); /* to its end, and closes it */

/* Of "key=value" lines. */
gint64        launch_get_number  (const char *output,
                                  const char *key);

guint         launch_count_fds   (void);

/* Skips the test where posix_spawn() is a fork, which cannot tell that the exec has failed. */
gboolean      launch_skip_on_valgrind (void);

/* A directory of the test's own; launch_remove() removes it with what is in it. */
char         *launch_make_directory (void);
void          launch_remove         (const char *directory);
char         *launch_write_file     (const char *directory,
                                     const char *name,
                                     const char *contents,
                                     int         mode);
