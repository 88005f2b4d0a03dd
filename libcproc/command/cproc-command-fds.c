/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The descriptors that a command passes to its process. */

#include "config.h"

#include "cproc-command-private.h"

#include <fcntl.h>

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

/* Closes the descriptor unless another target still uses it. */
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

static CprocCommandFd *
cproc_command_find_fd (CprocCommand *self,
                       int           target_fd)
{
  for (guint i = 0; i < self->fds->len; i++)
    {
      CprocCommandFd *item = &g_array_index (self->fds, CprocCommandFd, i);

      if (item->target_fd == target_fd)
        return item;
    }

  return NULL;
}

static gboolean
cproc_command_has_pipe (CprocCommand *self,
                        int           target_fd)
{
  for (guint i = 0; i < self->pipes->len; i++)
    {
      if (g_array_index (self->pipes, CprocCommandPipe, i).target_fd == target_fd)
        return TRUE;
    }

  return FALSE;
}

gboolean
cproc_command_has_fd (CprocCommand *self,
                      int           target_fd)
{
  return cproc_command_find_fd (self, target_fd) != NULL;
}

void
cproc_command_drop_fd (CprocCommand *self,
                       int           target_fd)
{
  CprocCommandFd *item = cproc_command_find_fd (self, target_fd);
  int fd;

  if (item == NULL)
    return;

  fd = item->fd;
  g_array_remove_index (self->fds, item - (CprocCommandFd *) (gpointer) self->fds->data);
  cproc_command_close_unless_kept (self, fd);
}

void
cproc_command_set_mode (CprocCommand *self,
                        int           fd,
                        CprocStdio    mode)
{
  g_assert (fd >= 0 && fd <= 2);

  if (mode != CPROC_STDIO_FD)
    cproc_command_drop_fd (self, fd);
  if (self->stdio[fd].mode == mode)
    return;

  self->stdio[fd].mode = mode;
  cproc_command_notify (self, CPROC_COMMAND_PROP_STDIN_MODE + fd);
}

void
cproc_command_clear_fds (CprocCommand *self)
{
  while (self->fds->len > 0)
    cproc_command_drop_fd (self, g_array_index (self->fds, CprocCommandFd, 0).target_fd);
}

void
cproc_command_copy_fds (CprocCommand       *self,
                        const CprocCommand *source)
{
  for (guint i = 0; i < source->fds->len; i++)
    {
      CprocCommandFd item = g_array_index (source->fds, CprocCommandFd, i);
      GError *error = NULL;

      if (item.fd >= 0)
        {
          item.fd = cproc_fd_dup (item.fd, &error);
          if (item.fd < 0)
            {
              g_prefix_error (&error, _("descriptor %d could not be copied: "), item.target_fd);
              cproc_command_take_mistake (self, CPROC_COMMAND_SETTER_FD, error);
            }
        }
      g_array_append_val (self->fds, item);
    }
}

static void
cproc_command_add_fd (CprocCommand *self,
                      int           fd,
                      int           target_fd)
{
  CprocCommandFd *earlier = cproc_command_find_fd (self, target_fd);
  CprocCommandFd item = { fd, target_fd };

  if (earlier == NULL)
    g_array_append_val (self->fds, item);
  else if (earlier->fd != fd)
    {
      int earlier_fd = earlier->fd;

      *earlier = item;
      cproc_command_close_unless_kept (self, earlier_fd);
    }
}

static gboolean
cproc_command_check_target (CprocCommand *self,
                            int           fd,
                            int           target_fd)
{
  if (target_fd < 0)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_FD,
                          _("descriptor %d cannot become number %d"), fd, target_fd);
  else if (cproc_command_has_pipe (self, target_fd))
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_FD,
                          _("descriptor %d cannot become number %d, which is an added pipe"), fd,
                          target_fd);
  else
    return TRUE;

  return FALSE;
}

/**
 * cproc_command_take_fd:
 * @self: a command
 * @fd: a descriptor, which is given away
 * @target_fd: its number in the program
 *
 * Gives the program a descriptor of the caller's; the command closes it when it is freed, or with
 * [method@Cproc.Command.close_fds].
 *
 * A target of 0, 1 or 2 sets that stream's mode to `CPROC_STDIO_FD`. A later descriptor for the
 * same target replaces an earlier one. Give the same descriptor several times for it to have
 * several numbers in the program.
 *
 * Each start gives the program a duplicate, so that the command can be started again. Until the
 * command has closed its own, the reader of a pipe whose writing end was given away sees no end of
 * file, and the writer of one whose reading end was given away no broken pipe: call
 * [method@Cproc.Command.close_fds] after the last start. A command that a child's own constructor
 * has made, as [ctor@Cproc.Child.new] does, closes them by itself once its program runs.
 *
 * A descriptor that is not open, or a target that is negative or that of an added pipe, is reported
 * by the next start as `G_IO_ERROR_INVALID_ARGUMENT`.
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

  /* Do not keep a descriptor that is not open: when the command closes it, its number may belong to
   * another file. */
  flags = fd < 0 ? -1 : fcntl (fd, F_GETFD);
  if (flags < 0)
    {
      cproc_command_misuse (self, CPROC_COMMAND_SETTER_FD,
                            _("descriptor %d, to become number %d, is not open"), fd, target_fd);
      return;
    }

  if (!cproc_command_check_target (self, fd, target_fd))
    {
      cproc_command_close_unless_kept (self, fd);
      return;
    }

  fcntl (fd, F_SETFD, flags | FD_CLOEXEC);
  cproc_command_add_fd (self, fd, target_fd);
  if (target_fd <= 2)
    cproc_command_set_mode (self, target_fd, CPROC_STDIO_FD);
  cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_FD);
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
 * is as [method@Cproc.Command.take_fd]: the command holds the duplicate until it is freed or
 * [method@Cproc.Command.close_fds] is called.
 *
 * Returns: `TRUE`; else `FALSE` with `G_IO_ERROR_INVALID_ARGUMENT` where @fd is not open or
 *   @target_fd is negative or that of an added pipe, or with the system's reason
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
  if (cproc_command_has_pipe (self, target_fd))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("Descriptor %d cannot become number %d, which is an added pipe"), fd,
                   target_fd);
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
 * cproc_command_close_fds:
 * @self: a command
 *
 * Closes the descriptors that the command holds for the program.
 *
 * Call it after the last start of a command that was given the ends of pipes: while the command
 * holds them, the reader of such a pipe sees no end of file, and its writer no broken pipe. The
 * programs that were started keep theirs.
 *
 * The command goes on to name the descriptors: a later start fails with
 * `G_IO_ERROR_INVALID_ARGUMENT` until [method@Cproc.Command.take_fd] or
 * [method@Cproc.Command.pass_fd] gives new ones for the same targets, or another mode is set for a
 * standard stream. A second call has no effect.
 *
 * Since: 1.0
 */
void
cproc_command_close_fds (CprocCommand *self)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  for (guint i = 0; i < self->fds->len; i++)
    {
      int fd = g_array_index (self->fds, CprocCommandFd, i).fd;

      g_array_index (self->fds, CprocCommandFd, i).fd = -1;
      cproc_command_close_unless_kept (self, fd);
    }
}

void
cproc_command_set_closes_fds (CprocCommand *self)
{
  self->closes_fds = TRUE;
}

void
cproc_command_program_runs (CprocCommand *self)
{
  if (self->closes_fds)
    cproc_command_close_fds (self);
}

/**
 * cproc_command_add_pipe:
 * @self: a command
 * @target_fd: the number of the child's end, 3 or above
 * @direction: the direction, as the parent sees it
 *
 * Gives the program one more pipe to the parent, beside the standard streams.
 *
 * Get the parent's end with [method@Cproc.Child.get_pipe_stream]. A target below 3, or one that the
 * command has given away already, is reported by the next start as `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Since: 1.0
 */
void
cproc_command_add_pipe (CprocCommand       *self,
                        int                 target_fd,
                        CprocPipeDirection  direction)
{
  CprocCommandPipe item = { target_fd, direction };

  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (direction <= CPROC_PIPE_DIRECTION_BOTH);

  if (target_fd < 0)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_PIPE, _("a pipe cannot become number %d"),
                          target_fd);
  else if (target_fd <= 2)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_PIPE,
                          _("an added pipe cannot become number %d, which is a standard stream"),
                          target_fd);
  else if (cproc_command_has_pipe (self, target_fd) || cproc_command_has_fd (self, target_fd))
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_PIPE,
                          _("descriptor %d of the program cannot be two things at once"),
                          target_fd);
  else
    {
      g_array_append_val (self->pipes, item);
      cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_PIPE);
    }
}
