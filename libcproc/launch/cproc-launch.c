/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-state-private.h"

#include <string.h>
#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-launch-spec-private.h"
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

/* Whether the child's standard input is the terminal whose keys send signals to our group: then
 * it belongs there, or reading would stop it and Ctrl-C would pass it by. */
static gboolean
reads_terminal (CprocLaunch *self,
                CprocStdio   mode)
{
  return (mode == CPROC_STDIO_INHERIT || mode == CPROC_STDIO_FD) &&
         tcgetpgrp (cproc_launch_fds_get_child (&self->fds, STDIN_FILENO)) >= 0;
}

static void
resolve_containment (CprocLaunch *self,
                     CprocStdio   stdin_mode)
{
  self->containment = self->command->containment;

  /* Detached, it is to outlive its parent, and so cannot be a tree that ends with it. */
  if (self->containment == CPROC_CONTAINMENT_TREE && self->command->new_session)
    self->containment = CPROC_CONTAINMENT_AUTO;
  if (self->containment != CPROC_CONTAINMENT_AUTO)
    return;

  self->containment = !self->command->new_session && reads_terminal (self, stdin_mode)
                        ? CPROC_CONTAINMENT_NONE
                        : CPROC_CONTAINMENT_GROUP;
}

/* A launcher has the environment of this process, as it is now. */
static void
set_environment (CprocLaunch *self)
{
  if (self->command->environment != NULL)
    g_subprocess_launcher_set_environ (self->launcher, self->command->environment);

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

  /* The status pipe and the supervisor's control have the numbers after the command's. */
  if (!cproc_launch_fds_open (&self->fds, self->command, modes, 2, error))
    return FALSE;

  self->status_target = self->fds.highest - 1;
  resolve_containment (self, modes[0]);
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

  self->launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_INHERIT_FDS);
  set_environment (self);

  if (!open_fds (self, error) || !cproc_thread_ensure (error))
    {
      cproc_launch_prefix_error (&self->names, error);
      return FALSE;
    }

  self->spec = cproc_launch_spec_build (self->command, self->containment, &self->fds,
                                        self->status_target, self->control_target);

  return TRUE;
}

int
cproc_launch_steal_pipe (CprocLaunch *self,
                         int          target_fd)
{
  return cproc_launch_fds_steal_parent (&self->fds, target_fd);
}
