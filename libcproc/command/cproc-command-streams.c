/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The descriptors that a command gives its process. */

#include "config.h"

#include "cproc-command-private.h"

#include <fcntl.h>

#include <glib/gi18n-lib.h>

#include "cproc-fd-private.h"

static gboolean
is_stdio (int fd)
{
  return fd >= 0 && fd <= 2;
}

void
cproc_command_set_mode (CprocCommand *self,
                        int           fd,
                        CprocStdio    mode)
{
  g_assert (is_stdio (fd));

  if (self->stdio[fd].mode == mode)
    return;

  self->stdio[fd].mode = mode;
  cproc_command_notify (self, CPROC_COMMAND_PROP_STDIN_MODE + fd);
}

/**
 * cproc_command_get_stdin_mode:
 * @self: a command
 *
 * Gets where the program's standard input comes from.
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
CprocStdio
cproc_command_get_stdin_mode (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), CPROC_STDIO_DEFAULT);

  return self->stdio[0].mode;
}

/**
 * cproc_command_set_stdin_mode:
 * @self: a command
 * @mode: the mode; not `CPROC_STDIO_MERGE`
 *
 * Sets where the program's standard input comes from.
 *
 * Since: 1.0
 */
void
cproc_command_set_stdin_mode (CprocCommand *self,
                              CprocStdio    mode)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mode <= CPROC_STDIO_SOCKET);

  cproc_command_set_mode (self, 0, mode);
}

/**
 * cproc_command_get_stdout_mode:
 * @self: a command
 *
 * Gets where the program's standard output goes.
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
CprocStdio
cproc_command_get_stdout_mode (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), CPROC_STDIO_DEFAULT);

  return self->stdio[1].mode;
}

/**
 * cproc_command_set_stdout_mode:
 * @self: a command
 * @mode: the mode; not `CPROC_STDIO_MERGE`
 *
 * Sets where the program's standard output goes.
 *
 * Since: 1.0
 */
void
cproc_command_set_stdout_mode (CprocCommand *self,
                               CprocStdio    mode)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mode <= CPROC_STDIO_SOCKET);

  cproc_command_set_mode (self, 1, mode);
}

/**
 * cproc_command_get_stderr_mode:
 * @self: a command
 *
 * Gets where the program's standard error goes.
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
CprocStdio
cproc_command_get_stderr_mode (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), CPROC_STDIO_DEFAULT);

  return self->stdio[2].mode;
}

/**
 * cproc_command_set_stderr_mode:
 * @self: a command
 * @mode: the mode
 *
 * Sets where the program's standard error goes.
 *
 * Since: 1.0
 */
void
cproc_command_set_stderr_mode (CprocCommand *self,
                               CprocStdio    mode)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mode <= CPROC_STDIO_SOCKET);

  cproc_command_set_mode (self, 2, mode);
}

/**
 * cproc_command_set_stdio_file:
 * @self: a command
 * @fd: 0 for standard input, 1 for standard output, 2 for standard error
 * @path: (type filename): the file; a relative one is looked up by the parent, from its own
 *   directory
 * @flags: how it is opened; one of reading, writing and appending at least
 *
 * Makes a standard stream lead to a file, and sets its mode to `CPROC_STDIO_FILE`.
 *
 * The file is opened by each start.
 *
 * Since: 1.0
 */
void
cproc_command_set_stdio_file (CprocCommand   *self,
                              int             fd,
                              const char     *path,
                              CprocFileFlags  flags)
{
  char *copy;

  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (path != NULL);

  if (!is_stdio (fd))
    {
      cproc_command_misuse (self,
                            _("descriptor %d is no standard stream that could lead to a file"), fd);
      return;
    }

  copy = g_strdup (path);
  g_free (self->stdio[fd].path);
  self->stdio[fd].path = copy;
  self->stdio[fd].flags = flags;
  cproc_command_set_mode (self, fd, CPROC_STDIO_FILE);
}

/* A descriptor may have been given for several targets; it is closed with the last of them. */
static void
cproc_command_close_unless_kept (CprocCommand *self,
                                 int           fd)
{
  for (guint i = 0; i < self->fds->len; i++)
    {
      if (g_array_index (self->fds, CprocCommandFd, i).fd == fd)
        return;
    }

  cproc_fd_clear (&fd);
}

void
cproc_command_close_fds (CprocCommand *self)
{
  while (self->fds->len > 0)
    {
      int fd = g_array_index (self->fds, CprocCommandFd, self->fds->len - 1).fd;

      g_array_set_size (self->fds, self->fds->len - 1);
      cproc_command_close_unless_kept (self, fd);
    }
}

static void
cproc_command_add_fd (CprocCommand *self,
                      int           fd,
                      int           target_fd)
{
  CprocCommandFd entry = { fd, target_fd };

  for (guint i = 0; i < self->fds->len; i++)
    {
      CprocCommandFd earlier = g_array_index (self->fds, CprocCommandFd, i);

      if (earlier.target_fd == target_fd)
        {
          g_array_index (self->fds, CprocCommandFd, i) = entry;
          cproc_command_close_unless_kept (self, earlier.fd);
          return;
        }
    }

  g_array_append_val (self->fds, entry);
}

/**
 * cproc_command_take_fd:
 * @self: a command
 * @fd: a descriptor, which is given away
 * @target_fd: its number in the program
 *
 * Gives the program a descriptor of the caller's, which the command closes when it goes.
 *
 * A target of 0, 1 or 2 sets that stream's mode to `CPROC_STDIO_FD`. A later descriptor for the
 * same target replaces an earlier one. Give the same descriptor several times for it to have
 * several numbers in the program.
 *
 * Each start gives the program a duplicate, so that the command can be started again; it follows
 * that a pipe's other end sees no end of file while the command lives.
 *
 * Since: 1.0
 */
void
cproc_command_take_fd (CprocCommand *self,
                       int           fd,
                       int           target_fd)
{
  int flags;

  g_return_if_fail (CPROC_IS_COMMAND (self));

  /* One that is not open is not kept: by the time of closing, its number may be a stranger's. */
  flags = fd < 0 ? -1 : fcntl (fd, F_GETFD);
  if (flags < 0)
    {
      cproc_command_misuse (self, _("descriptor %d, to become number %d, is not open"), fd,
                            target_fd);
      return;
    }

  if (target_fd < 0)
    {
      cproc_command_misuse (self, _("descriptor %d cannot become number %d"), fd, target_fd);
      cproc_command_close_unless_kept (self, fd);
      return;
    }

  fcntl (fd, F_SETFD, flags | FD_CLOEXEC);
  cproc_command_add_fd (self, fd, target_fd);
  if (is_stdio (target_fd))
    cproc_command_set_mode (self, target_fd, CPROC_STDIO_FD);
}

/**
 * cproc_command_pass_fd:
 * @self: a command
 * @fd: a descriptor, which stays the caller's
 * @target_fd: its number in the program
 * @error: return location for an error
 *
 * Gives the program a duplicate of a descriptor of the caller's.
 *
 * The duplicate is made at once; what becomes of @fd afterwards makes no difference. Otherwise this
 * is as [method@Cproc.Command.take_fd].
 *
 * Returns: `TRUE`; else `FALSE` with `G_IO_ERROR_INVALID_ARGUMENT` where @fd is not open or
 *   @target_fd is negative, or with the system's reason
 *
 * Since: 1.0
 */
gboolean
cproc_command_pass_fd (CprocCommand  *self,
                       int            fd,
                       int            target_fd,
                       GError       **error)
{
  int copy;

  g_return_val_if_fail (CPROC_IS_COMMAND (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (target_fd < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("Descriptor %d cannot become number %d"), fd, target_fd);
      return FALSE;
    }

  copy = cproc_fd_dup (fd, error);
  if (copy < 0)
    {
      g_prefix_error (error, _("Descriptor %d, to become number %d: "), fd, target_fd);
      return FALSE;
    }

  cproc_command_take_fd (self, copy, target_fd);
  return TRUE;
}

/**
 * cproc_command_add_pipe:
 * @self: a command
 * @target_fd: the number of the child's end, 3 or above
 * @direction: the direction, as the parent sees it
 *
 * Gives the program one more pipe to the parent, beside the standard streams.
 *
 * The parent's end is had from [method@Cproc.Child.get_pipe_stream].
 *
 * Since: 1.0
 */
void
cproc_command_add_pipe (CprocCommand       *self,
                        int                 target_fd,
                        CprocPipeDirection  direction)
{
  CprocCommandPipe entry = { target_fd, direction };

  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (direction <= CPROC_PIPE_DIRECTION_BOTH);

  g_array_append_val (self->pipes, entry);
}
