/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-command-private.h"
#include "cproc-launch-error-private.h"
#include "cproc-launch-fds-private.h"
#include "cproc-launch-private.h"

G_BEGIN_DECLS

/* The state of a launch. prepare copies everything that a start needs from the command, in the
 * caller's thread: spawn may run in another thread, while the application goes on to use the
 * command. GLib is always called in such a way that it uses posix_spawn(): with INHERIT_FDS,
 * without a directory or a child-setup function, and with each descriptor given explicitly
 * (gspawn.c, fork_exec()). */
struct _CprocLaunch
{
  CprocCommand *command;
  CprocStdio defaults[3];
  GPtrArray *variables; /* name, value, name, value... */
  CprocLaunchFds fds;

  CprocLaunchNames names;
  GSubprocessLauncher *launcher;
  char **argv;
  char *argv0; /* NULL: argv[0] */
  char *cwd;
  char *helper;
  char *spec;
  CprocContainment containment;
  gboolean foreground; /* our group has the terminal, and the child stays in it */
  gboolean die_with_parent;
  int status_target;  /* numbers of the helper's ends */
  int control_target; /* -1 if it does not stay */

  GSubprocess *subprocess;
  int status_fd;
  int status_peer; /* the helper's end; the launcher owns it while that exists */
  int control_fd;
  int pidfd;
  gint64 process_pid; /* of the GSubprocess: the helper's own if that stays */
  gint64 pid;         /* of the program; both as our namespace has them, 0: not known */
  gboolean is_held;      /* the program waits for cproc_launch_release() */
  gboolean is_ready;     /* it is waiting now */
  gboolean is_received;  /* the first record has been received */
  gboolean has_reported; /* and it was the pid */
  gboolean is_locked;    /* it locks its end until it has become the program */
  LaunchRecord failure;  /* step 0: none */
  CprocJob *job;
};

G_END_DECLS
