/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can be said about a command before the system is asked. */

#include "config.h"

#include "cproc-command-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

static gboolean
cproc_command_has_fd (CprocCommand *self,
                      int           target_fd)
{
  for (guint i = 0; i < self->fds->len; i++)
    {
      if (g_array_index (self->fds, CprocCommandFd, i).target_fd == target_fd)
        return TRUE;
    }

  return FALSE;
}

static gboolean
cproc_command_check_argv (CprocCommand  *self,
                          GError       **error)
{
  if (self->argv != NULL && self->argv[0] != NULL && self->argv[0][0] != '\0')
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("No program was given"));
  return FALSE;
}

/* The messages of what follows come after “Could not start …: ”. */
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
          /* What stands after the "=" may be a secret. */
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

static const char *
stream_name (int fd)
{
  switch (fd)
    {
    case 0:
      return _("standard input");
    case 1:
      return _("standard output");
    default:
      return _("standard error");
    }
}

static gboolean
cproc_command_check_file (CprocCommand  *self,
                          int            fd,
                          GError       **error)
{
  const CprocFileFlags writing = CPROC_FILE_FLAGS_WRITE | CPROC_FILE_FLAGS_APPEND;
  const CprocFileFlags known = CPROC_FILE_FLAGS_READ | CPROC_FILE_FLAGS_EXCLUSIVE | writing;
  CprocFileFlags flags = self->stdio[fd].flags;

  if (self->stdio[fd].path == NULL || *self->stdio[fd].path == '\0')
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("%s is to lead to a file, but none was named"), stream_name (fd));
  else if ((flags & (CPROC_FILE_FLAGS_READ | writing)) == 0 || (flags & ~known) != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("%s is to lead to a file, but neither for reading nor for writing"),
                 stream_name (fd));
  else if ((flags & CPROC_FILE_FLAGS_EXCLUSIVE) != 0 && (flags & writing) == 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("%s is to make a file, but not to write it"), stream_name (fd));
  else
    return TRUE;

  return FALSE;
}

static gboolean
cproc_command_check_stdio (CprocCommand  *self,
                           int            fd,
                           GError       **error)
{
  switch (self->stdio[fd].mode)
    {
    case CPROC_STDIO_MERGE:
      if (fd == 2)
        return TRUE;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("%s cannot be merged: only standard error can, into standard output"),
                   stream_name (fd));
      return FALSE;

    case CPROC_STDIO_FD:
      if (cproc_command_has_fd (self, fd))
        return TRUE;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("%s is to be a descriptor, but none was given"), stream_name (fd));
      return FALSE;

    case CPROC_STDIO_FILE:
      return cproc_command_check_file (self, fd, error);

    case CPROC_STDIO_DEFAULT:
    case CPROC_STDIO_PIPE:
    case CPROC_STDIO_INHERIT:
    case CPROC_STDIO_NULL:
    case CPROC_STDIO_SOCKET:
    default:
      return TRUE;
    }
}

static gboolean
cproc_command_check_pipe (CprocCommand  *self,
                          guint          position,
                          GError       **error)
{
  int target_fd = g_array_index (self->pipes, CprocCommandPipe, position).target_fd;
  gboolean used = cproc_command_has_fd (self, target_fd);

  for (guint i = 0; i < position && !used; i++)
    used = g_array_index (self->pipes, CprocCommandPipe, i).target_fd == target_fd;

  if (target_fd < 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("a pipe cannot become number %d"), target_fd);
  else if (target_fd <= 2)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("an added pipe cannot become number %d, which is a standard stream"), target_fd);
  else if (used)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("descriptor %d of the program is to be two things at once"), target_fd);
  else
    return TRUE;

  return FALSE;
}

static gboolean
cproc_command_check_limit (const CprocCommandLimit  *limit,
                           GError                  **error)
{
  if (limit->resource < 0 || limit->resource >= (int) RLIM_NLIMITS)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("there is no resource number %d to limit"), limit->resource);
  else if (limit->soft < -1 || limit->hard < -1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("a limit of resource number %d is below zero"), limit->resource);
  else if (limit->hard >= 0 && (limit->soft == -1 || limit->soft > limit->hard))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("the soft limit of resource number %d is above the hard one"), limit->resource);
  else
    return TRUE;

  return FALSE;
}

static gboolean
cproc_command_check (CprocCommand  *self,
                     GError       **error)
{
  if (self->error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->error));
      return FALSE;
    }

  if (!cproc_command_check_environment (self, error))
    return FALSE;

  for (int fd = 0; fd <= 2; fd++)
    {
      if (!cproc_command_check_stdio (self, fd, error))
        return FALSE;
    }

  for (guint i = 0; i < self->pipes->len; i++)
    {
      if (!cproc_command_check_pipe (self, i, error))
        return FALSE;
    }

  for (guint i = 0; i < self->limits->len; i++)
    {
      if (!cproc_command_check_limit (&g_array_index (self->limits, CprocCommandLimit, i), error))
        return FALSE;
    }

  return TRUE;
}

gboolean
cproc_command_validate (CprocCommand  *self,
                        GError       **error)
{
  g_autofree char *name = NULL;

  g_return_val_if_fail (CPROC_IS_COMMAND (self), FALSE);

  if (!cproc_command_check_argv (self, error))
    return FALSE;
  if (cproc_command_check (self, error))
    return TRUE;

  name = cproc_command_dup_name (self);
  g_prefix_error (error, _("Could not start “%s”: "), name);
  return FALSE;
}
