/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The standard streams of a command: where each leads. */

#include "config.h"

#include "cproc-command-private.h"

#include "cproc-gettext-private.h"

static gboolean
stream_is_stdio (int fd)
{
  return fd >= 0 && fd <= 2;
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
 * With a mode other than `CPROC_STDIO_FD`, a descriptor that the command holds for the stream is
 * closed and forgotten.
 *
 * Since: 1.0
 */
void
cproc_command_set_stdin_mode (CprocCommand *self,
                              CprocStdio    mode)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mode <= CPROC_STDIO_TERMINAL);

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
 * With a mode other than `CPROC_STDIO_FD`, a descriptor that the command holds for the stream is
 * closed and forgotten.
 *
 * Since: 1.0
 */
void
cproc_command_set_stdout_mode (CprocCommand *self,
                               CprocStdio    mode)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mode <= CPROC_STDIO_TERMINAL);

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
 * With a mode other than `CPROC_STDIO_FD`, a descriptor that the command holds for the stream is
 * closed and forgotten.
 *
 * Since: 1.0
 */
void
cproc_command_set_stderr_mode (CprocCommand *self,
                               CprocStdio    mode)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mode <= CPROC_STDIO_TERMINAL);

  cproc_command_set_mode (self, 2, mode);
}

/* Returns the flags for a file if the caller gives none. */
static CprocFileFlags
stream_default_flags (int fd)
{
  return fd == 0 ? CPROC_FILE_FLAGS_READ : CPROC_FILE_FLAGS_WRITE;
}

static gboolean
cproc_command_check_file (CprocCommand   *self,
                          int             fd,
                          const char     *path,
                          CprocFileFlags  flags)
{
  const CprocFileFlags writing = CPROC_FILE_FLAGS_WRITE | CPROC_FILE_FLAGS_APPEND;
  const CprocFileFlags known = CPROC_FILE_FLAGS_READ | CPROC_FILE_FLAGS_EXCLUSIVE | writing;
  g_autofree char *shown = g_filename_display_name (path);

  if (!stream_is_stdio (fd))
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_FILE,
                          _("descriptor %d is not a standard stream, which could lead to a file"),
                          fd);
  else if (*path == '\0')
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_FILE,
                          _("the path of the file for descriptor %d is empty"), fd);
  else if ((flags & ~known) != 0)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_FILE,
                          _("the flags %u for the file “%s” are not known"), (guint) flags, shown);
  else if ((flags & CPROC_FILE_FLAGS_EXCLUSIVE) != 0 && (flags & writing) == 0)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_FILE,
                          _("the file “%s” must be opened for writing to be made exclusively"),
                          shown);
  else
    return TRUE;

  return FALSE;
}

/**
 * cproc_command_set_stdio_file:
 * @self: a command
 * @fd: 0 for standard input, 1 for standard output, 2 for standard error
 * @path: (type filename): the file; a relative one is looked up by the parent, from its own
 *   directory
 * @flags: how it is opened; `CPROC_FILE_FLAGS_DEFAULT` reads for standard input and writes for the
 *   other two
 *
 * Makes a standard stream lead to a file, and sets its mode to `CPROC_STDIO_FILE`.
 *
 * Each start opens the file. A named pipe (FIFO) is opened by the child, which waits until another
 * process opens the other end; the start does not wait. Another number for @fd, an empty path,
 * flags that are not known, or `CPROC_FILE_FLAGS_EXCLUSIVE` without writing are reported by the
 * next start as `G_IO_ERROR_INVALID_ARGUMENT`.
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

  if (!cproc_command_check_file (self, fd, path, flags))
    return;

  copy = g_strdup (path);
  g_free (self->stdio[fd].path);
  self->stdio[fd].path = copy;
  self->stdio[fd].flags = flags != CPROC_FILE_FLAGS_DEFAULT ? flags : stream_default_flags (fd);
  cproc_command_set_mode (self, fd, CPROC_STDIO_FILE);
  cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_STDIO_FILE);
}
