/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-command-private.h"

#include "cproc-gettext-private.h"

static gboolean
check_tee (CprocCommand   *self,
           int             fd,
           const char     *path,
           CprocFileFlags  flags)
{
  const CprocFileFlags writing = CPROC_FILE_FLAGS_WRITE | CPROC_FILE_FLAGS_APPEND;
  const CprocFileFlags known = CPROC_FILE_FLAGS_READ | CPROC_FILE_FLAGS_EXCLUSIVE | writing;
  g_autofree char *shown = path != NULL ? g_filename_display_name (path) : NULL;

  if (fd != 1 && fd != 2)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_TEE,
                          _("descriptor %d is no stream whose output could be copied to a file"),
                          fd);
  else if (path == NULL)
    return TRUE;
  else if (*path == '\0')
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_TEE,
                          _("the path of the file for descriptor %d is empty"), fd);
  else if ((flags & ~known) != 0)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_TEE,
                          _("the flags %u for the file “%s” are not known"), (guint) flags, shown);
  else if (flags != CPROC_FILE_FLAGS_DEFAULT && (flags & writing) == 0)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_STDIO_TEE,
                          _("the file “%s” must be opened for writing"), shown);
  else
    return TRUE;

  return FALSE;
}

/**
 * cproc_command_set_stdio_tee:
 * @self: a command
 * @fd: 1 for standard output, 2 for standard error
 * @path: (type filename) (nullable): the file; a relative one is looked up by the parent, from its
 *   own directory; `NULL` for none
 * @flags: how it is opened; `CPROC_FILE_FLAGS_DEFAULT` writes
 *
 * Copies what is read of a stream to a file. The stream's mode stays as it is, and signals and
 * reads too.
 *
 * Each start opens the file, with the errors of [method@Cproc.Command.set_stdio_file]. The mode
 * must be `CPROC_STDIO_PIPE`, by default or by choice, or `CPROC_STDIO_SOCKET`. With another one,
 * or if the stream is taken over before the start or leads to another stage of a pipeline, the
 * start fails with `G_IO_ERROR_INVALID_ARGUMENT`; so it does after a call with another number for
 * @fd, an empty path, or flags that are not known or do not write.
 *
 * If the file cannot be written, because the disk is full for example, the child goes on and the
 * file gets no more. Unless the program itself fails, [method@Cproc.Child.wait_check] and
 * [method@Cproc.Exec.run] then fail with that error, such as `G_IO_ERROR_NO_SPACE`. What is read
 * from a stream that was taken over after the start is not copied.
 *
 * Since: 1.0
 */
void
cproc_command_set_stdio_tee (CprocCommand   *self,
                             int             fd,
                             const char     *path,
                             CprocFileFlags  flags)
{
  char *copy;

  g_return_if_fail (CPROC_IS_COMMAND (self));

  if (!check_tee (self, fd, path, flags))
    return;

  copy = g_strdup (path);
  g_free (self->stdio[fd].tee_path);
  self->stdio[fd].tee_path = copy;
  self->stdio[fd].tee_flags = flags != CPROC_FILE_FLAGS_DEFAULT ? flags : CPROC_FILE_FLAGS_WRITE;
  cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_STDIO_TEE);
}
