/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checks a command as far as this is possible without asking the system. */

#include "config.h"

#include "cproc-command-private.h"

#include <string.h>
#include <unistd.h>

#include "cproc-gettext-private.h"

static gboolean
cproc_command_check_argv (CprocCommand  *self,
                          GError       **error)
{
  if (self->argv != NULL && self->argv[0] != NULL && self->argv[0][0] != '\0')
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("No program was given"));
  return FALSE;
}

/* The messages of the checks below come after “Could not start …: ”. */
static gboolean
cproc_command_check_environment (CprocCommand  *self,
                                 GError       **error)
{
  for (guint i = 0; self->environment != NULL && self->environment[i] != NULL; i++)
    {
      const char *entry = self->environment[i];
      g_autofree char *shown = NULL;

      if (*entry == '=')
        {
          /* Do not print the entry: the value may be a secret. */
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                               _("the environment has a value without a name"));
          return FALSE;
        }

      if (strchr (entry, '=') != NULL)
        continue;

      shown = g_filename_display_name (entry);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("“%s” in the environment is not of the form NAME=value"), shown);
      return FALSE;
    }

  return TRUE;
}

static gboolean
cproc_command_check_stdio (CprocCommand  *self,
                           int            fd,
                           GError       **error)
{
  const char *message;

  if (self->stdio[fd].mode == CPROC_STDIO_MERGE && fd != 2)
    message = fd == 0 ? _("standard input cannot be merged: only standard error can, into standard "
                          "output")
                      : _("standard output cannot be merged: only standard error can, into "
                          "standard output");
  else if (self->stdio[fd].mode == CPROC_STDIO_FD && !cproc_command_has_fd (self, fd))
    message = fd == 0 ? _("standard input has no descriptor: none was given for it")
              : fd == 1 ? _("standard output has no descriptor: none was given for it")
                        : _("standard error has no descriptor: none was given for it");
  else if (self->stdio[fd].mode == CPROC_STDIO_FILE && self->stdio[fd].path == NULL)
    message = fd == 0 ? _("standard input has no file: none was named for it")
              : fd == 1 ? _("standard output has no file: none was named for it")
                        : _("standard error has no file: none was named for it");
  else
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, message);
  return FALSE;
}

static gboolean
cproc_command_check_fds (CprocCommand  *self,
                         GError       **error)
{
  for (guint i = 0; i < self->fds->len; i++)
    {
      const CprocCommandFd *item = &g_array_index (self->fds, CprocCommandFd, i);

      if (item->fd >= 0)
        continue;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("descriptor %d was closed"), item->target_fd);
      return FALSE;
    }

  return TRUE;
}

static gboolean
cproc_command_check_groups (CprocCommand  *self,
                            GError       **error)
{
  const guint32 *groups;
  gsize n;

  if (self->supplementary_groups == NULL)
    return TRUE;

  groups = g_variant_get_fixed_array (self->supplementary_groups, &n, sizeof *groups);
  for (gsize i = 0; i < n; i++)
    {
      if (groups[i] <= CPROC_COMMAND_MAX_ID)
        continue;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("%u is not the number of a supplementary group"), groups[i]);
      return FALSE;
    }

  if (n <= CPROC_COMMAND_MAX_GROUPS)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("%u supplementary groups are more than the %u that the system allows"), (guint) n,
               CPROC_COMMAND_MAX_GROUPS);
  return FALSE;
}

static gboolean
cproc_command_check (CprocCommand  *self,
                     GError       **error)
{
  if (self->mistakes->len > 0)
    {
      g_propagate_error (error, g_error_copy (g_array_index (self->mistakes, CprocCommandMistake,
                                                             0).error));
      return FALSE;
    }

  if (!cproc_command_check_environment (self, error))
    return FALSE;

  for (int fd = 0; fd <= 2; fd++)
    {
      if (!cproc_command_check_stdio (self, fd, error))
        return FALSE;
    }

  return cproc_command_check_fds (self, error) && cproc_command_check_groups (self, error) &&
         cproc_command_check_terminal (self, error);
}

static void
cproc_command_prefix_start_error (CprocCommand  *self,
                                  GError       **error)
{
  g_autofree char *name = cproc_command_dup_name (self);

  /* Translators: a program, and before the reason why it could not be started */
  g_prefix_error (error, _("Could not start “%s”: "), name);
}

gboolean
cproc_command_validate (CprocCommand  *self,
                        GError       **error)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), FALSE);

  if (!cproc_command_check_argv (self, error))
    return FALSE;
  if (cproc_command_check (self, error))
    return TRUE;

  cproc_command_prefix_start_error (self, error);
  return FALSE;
}

/* Only the controlling terminal has a foreground group for this process. */
static gboolean
cproc_command_reads_terminal (CprocStdio mode)
{
  return mode == CPROC_STDIO_INHERIT && tcgetpgrp (STDIN_FILENO) >= 0;
}

gboolean
cproc_command_validate_stdin (CprocCommand  *self,
                              CprocStdio     mode,
                              GError       **error)
{
  if (!self->no_terminal || !cproc_command_reads_terminal (mode))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("a program without a terminal cannot have the terminal as its standard "
                         "input"));
  return FALSE;
}
