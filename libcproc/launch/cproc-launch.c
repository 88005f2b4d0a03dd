/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-state-private.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cproc-error.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-launch-spec-private.h"
#include "cproc-process-tree-private.h"
#include "cproc-thread-private.h"

CprocLaunch *
cproc_launch_new (CprocCommand *command)
{
  CprocLaunch *self = g_new0 (CprocLaunch, 1);

  self->command = g_object_ref (command);
  self->variables = g_ptr_array_new_with_free_func (g_free);
  self->defaults[0] = self->defaults[1] = self->defaults[2] = CPROC_STDIO_PIPE;
  self->status_target = self->control_target = -1;
  self->status_fd = self->control_fd = self->pidfd = -1;
  cproc_launch_fds_init (&self->fds);

  return self;
}

void
cproc_launch_free (CprocLaunch *self)
{
  /* The helper ends by itself when the status socket closes, unless it is stopped. */
  if (self->is_ready)
    cproc_job_signal (cproc_launch_get_job (self), SIGKILL, NULL);

  cproc_fd_clear (&self->status_fd);
  cproc_fd_clear (&self->control_fd);
  cproc_fd_clear (&self->pidfd);
  cproc_launch_fds_clear (&self->fds);
  cproc_launch_names_clear (&self->names);
  g_clear_pointer (&self->job, cproc_job_unref);
  g_clear_object (&self->subprocess);
  g_clear_object (&self->launcher);
  g_clear_pointer (&self->argv, g_strfreev);
  g_clear_pointer (&self->argv0, g_free);
  g_clear_pointer (&self->cwd, g_free);
  g_clear_pointer (&self->helper, g_free);
  g_clear_pointer (&self->spec, g_free);
  g_clear_pointer (&self->variables, g_ptr_array_unref);
  g_clear_object (&self->command);
  g_free (self);
}

void
cproc_launch_set_defaults (CprocLaunch *self,
                           CprocStdio   in,
                           CprocStdio   out,
                           CprocStdio   err)
{
  self->defaults[0] = in;
  self->defaults[1] = out;
  self->defaults[2] = err;
}

void
cproc_launch_hold (CprocLaunch *self)
{
  self->is_held = TRUE;
}

gboolean
cproc_launch_is_held (CprocLaunch *self)
{
  return self->is_held;
}

void
cproc_launch_take_fd (CprocLaunch *self,
                      int          fd,
                      int          target_fd)
{
  cproc_launch_fds_take (&self->fds, fd, target_fd);
}

void
cproc_launch_take_pipe (CprocLaunch *self,
                        int          fd,
                        int          target_fd)
{
  g_assert (cproc_launch_is_piped (self, target_fd));

  cproc_launch_fds_take (&self->fds, fd, target_fd);
}

void
cproc_launch_take_terminal (CprocLaunch *self,
                            int          fd)
{
  cproc_launch_fds_take_terminal (&self->fds, fd);
}

void
cproc_launch_set_variable (CprocLaunch *self,
                           const char  *name,
                           const char  *value)
{
  g_ptr_array_add (self->variables, g_strdup (name));
  g_ptr_array_add (self->variables, g_strdup (value));
}

CprocStdio
cproc_launch_get_mode (CprocLaunch *self,
                       int          fd)
{
  CprocStdio mode = self->command->stdio[fd].mode;

  return mode == CPROC_STDIO_DEFAULT ? self->defaults[fd] : mode;
}

gboolean
cproc_launch_is_piped (CprocLaunch *self,
                       int          fd)
{
  CprocStdio mode = cproc_launch_get_mode (self, fd);

  return mode == CPROC_STDIO_PIPE || mode == CPROC_STDIO_SOCKET;
}

/* Returns whether the keys of a terminal signal our group. */
static gboolean
has_terminal (void)
{
  int fd = open ("/dev/tty", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  gboolean has = fd >= 0 && tcgetpgrp (fd) == getpgrp ();

  cproc_fd_clear (&fd);

  return has;
}

static gboolean
check_tree (CprocLaunch  *self,
            GError      **error)
{
  if (self->command->new_session)
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                         _("a command with a session of its own outlives its parent, and cannot "
                           "have the containment TREE"));
  else if (!cproc_process_tree_is_possible ())
    g_propagate_error (error, cproc_launch_error_of_tree ());
  else
    return TRUE;

  return FALSE;
}

/* Returns whether the child stays in our group. On a terminal, a program in a group of its own
 * would be stopped when it reads from the terminal, and would not get Ctrl-C and a hang-up. In our
 * group, a helper signals its processes one by one. A program with a terminal of its own leads a
 * session; its jobs have groups of their own, which only a helper reaches. */
static gboolean
resolve_containment (CprocLaunch  *self,
                     GError      **error)
{
  CprocContainment containment = self->command->containment;
  gboolean has_own;

  if (containment == CPROC_CONTAINMENT_TREE && !check_tree (self, error))
    return FALSE;

  has_own = self->fds.terminal_target >= 0;
  self->foreground = (containment == CPROC_CONTAINMENT_AUTO ||
                      containment == CPROC_CONTAINMENT_TREE) &&
                     !self->command->new_session && !self->command->no_terminal && !has_own &&
                     has_terminal ();
  if (containment != CPROC_CONTAINMENT_AUTO)
    self->containment = containment;
  else if ((self->foreground || has_own) && cproc_process_tree_is_possible ())
    self->containment = CPROC_CONTAINMENT_TREE;
  else if (!self->foreground)
    self->containment = CPROC_CONTAINMENT_GROUP;
  else
    self->containment = CPROC_CONTAINMENT_NONE;

  return TRUE;
}

static void
set_environment (CprocLaunch *self)
{
  g_auto(GStrv) environment = cproc_command_dup_environ (self->command);

  g_subprocess_launcher_set_environ (self->launcher, environment);

  for (guint i = 0; i < self->variables->len; i += 2)
    g_subprocess_launcher_setenv (self->launcher, g_ptr_array_index (self->variables, i),
                                  g_ptr_array_index (self->variables, i + 1), TRUE);
}

static gboolean
open_fds (CprocLaunch  *self,
          GError      **error)
{
  CprocStdio modes[3];

  for (int i = 0; i < 3; i++)
    modes[i] = cproc_launch_get_mode (self, i);
  if (!cproc_command_validate_stdin (self->command, modes[0], error))
    return FALSE;

  /* The status socket and the supervisor's control socket have the numbers after the command's. */
  if (!cproc_launch_fds_open (&self->fds, self->command, modes, 2, error))
    return FALSE;

  self->status_target = self->fds.highest - 1;
  if (!resolve_containment (self, error))
    return FALSE;
  if (self->containment == CPROC_CONTAINMENT_TREE)
    self->control_target = self->fds.highest;

  return TRUE;
}

static gboolean
take_over_command (CprocLaunch  *self,
                   GError      **error)
{
  CprocCommand *command = self->command;

  if (!cproc_command_validate (command, error))
    return FALSE;
  self->argv = cproc_command_resolve_argv (command, error);
  if (self->argv == NULL)
    return FALSE;

  self->argv0 = g_strdup (command->argv0);
  self->cwd = g_strdup (command->cwd);
  self->die_with_parent = command->die_with_parent;
  self->names.name = cproc_command_dup_name (command);
  self->names.cwd = command->cwd != NULL ? g_filename_display_name (command->cwd) : NULL;
  if (command->is_module && !g_str_has_suffix (self->argv[0], command->argv[0]))
    self->names.runtime = g_filename_display_name (self->argv[0]);
  self->names.is_path = strchr (self->argv[0], '/') != NULL;

  return TRUE;
}

gboolean
cproc_launch_prepare (CprocLaunch  *self,
                      GError      **error)
{
  if (!take_over_command (self, error))
    return FALSE;

  self->helper = cproc_launch_dup_helper ();
  self->launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_INHERIT_FDS);
  set_environment (self);

  if (!cproc_thread_ensure (error) || !open_fds (self, error))
    {
      cproc_launch_prefix_error (&self->names, error);
      return FALSE;
    }

  self->spec = cproc_launch_spec_build (self->command, self->containment, self->foreground,
                                        self->is_held,
                                        &self->fds, self->status_target, self->control_target);

  return TRUE;
}

int
cproc_launch_steal_pipe (CprocLaunch *self,
                         int          target_fd)
{
  return cproc_launch_fds_steal_parent (&self->fds, target_fd);
}
