/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program of a command, and the directory that it runs in. */

#include "config.h"

#include "cproc-command-private.h"

#include <string.h>

static gboolean
strv_equal (const char * const *a,
            const char * const *b)
{
  if (a == NULL || b == NULL)
    return a == b;

  return g_strv_equal (a, b);
}

static void
cproc_command_set_string (CprocCommand         *self,
                          char                **field,
                          const char           *value,
                          CprocCommandProperty  property)
{
  char *copy;

  if (g_strcmp0 (*field, value) == 0)
    return;

  copy = g_strdup (value);
  g_free (*field);
  *field = copy;
  cproc_command_notify (self, property);
}

static void
cproc_command_set_strv (CprocCommand         *self,
                        char               ***field,
                        const char * const   *value,
                        CprocCommandProperty  property)
{
  char **copy;

  if (strv_equal ((const char * const *) *field, value))
    return;

  copy = g_strdupv ((char **) value);
  g_strfreev (*field);
  *field = copy;
  cproc_command_notify (self, property);
}

/**
 * cproc_command_get_argv:
 * @self: a command
 *
 * Gets the program and its arguments.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1) (element-type filename): the
 *   program and its arguments
 *
 * Since: 1.0
 */
const char * const *
cproc_command_get_argv (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return (const char * const *) self->argv;
}

/**
 * cproc_command_set_argv:
 * @self: a command
 * @argv: (nullable) (array zero-terminated=1) (element-type filename): the program and its
 *   arguments
 *
 * Sets the program and its arguments; of a module, the module and its arguments.
 *
 * A program without a slash is looked up in `PATH`.
 *
 * Since: 1.0
 */
void
cproc_command_set_argv (CprocCommand       *self,
                        const char * const *argv)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  cproc_command_set_strv (self, &self->argv, argv, CPROC_COMMAND_PROP_ARGV);
}

/**
 * cproc_command_get_argv0:
 * @self: a command
 *
 * Gets what the program finds as its own name.
 *
 * Returns: (transfer none) (nullable) (type filename): the name, or `NULL` for that of the file
 *
 * Since: 1.0
 */
const char *
cproc_command_get_argv0 (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return self->argv0;
}

/**
 * cproc_command_set_argv0:
 * @self: a command
 * @argv0: (nullable) (type filename): the name, or `NULL` for that of the file
 *
 * Sets what the program finds as its own name, where that is not the file that is run.
 *
 * For example, a name that begins with a dash makes a shell a login shell.
 *
 * Since: 1.0
 */
void
cproc_command_set_argv0 (CprocCommand *self,
                         const char   *argv0)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  cproc_command_set_string (self, &self->argv0, argv0, CPROC_COMMAND_PROP_ARGV0);
}

/**
 * cproc_command_get_exec_path:
 * @self: a command
 *
 * Gets the program that runs the module.
 *
 * Returns: (transfer none) (nullable) (type filename): the program, or `NULL` where the module
 *   decides
 *
 * Since: 1.0
 */
const char *
cproc_command_get_exec_path (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return self->exec_path;
}

/**
 * cproc_command_set_exec_path:
 * @self: a command
 * @exec_path: (nullable) (type filename): the program, or `NULL` to let the module decide
 *
 * Sets the program that runs the module of a command made by [ctor@Cproc.Command.new_module].
 *
 * The module is then handed to it as it is, whatever it is: it need not be a file.
 *
 * Since: 1.0
 */
void
cproc_command_set_exec_path (CprocCommand *self,
                             const char   *exec_path)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  cproc_command_set_string (self, &self->exec_path, exec_path, CPROC_COMMAND_PROP_EXEC_PATH);
}

/**
 * cproc_command_get_exec_argv:
 * @self: a command
 *
 * Gets the arguments that come before the module.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1) (element-type filename): the
 *   arguments
 *
 * Since: 1.0
 */
const char * const *
cproc_command_get_exec_argv (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return (const char * const *) self->exec_argv;
}

/**
 * cproc_command_set_exec_argv:
 * @self: a command
 * @exec_argv: (nullable) (array zero-terminated=1) (element-type filename): the arguments
 *
 * Sets arguments for the program that runs a module, before the module itself.
 *
 * They have no effect on a module that runs as itself.
 *
 * Since: 1.0
 */
void
cproc_command_set_exec_argv (CprocCommand       *self,
                             const char * const *exec_argv)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  cproc_command_set_strv (self, &self->exec_argv, exec_argv, CPROC_COMMAND_PROP_EXEC_ARGV);
}

/**
 * cproc_command_get_cwd:
 * @self: a command
 *
 * Gets the directory in which the program starts.
 *
 * Returns: (transfer none) (nullable) (type filename): the directory, or `NULL` for the parent's
 *   own
 *
 * Since: 1.0
 */
const char *
cproc_command_get_cwd (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return self->cwd;
}

/**
 * cproc_command_set_cwd:
 * @self: a command
 * @cwd: (nullable) (type filename): the directory, or `NULL` for the parent's own
 *
 * Sets the directory in which the program starts.
 *
 * A directory that cannot be entered makes the start fail with `G_SPAWN_ERROR_CHDIR`.
 *
 * Since: 1.0
 */
void
cproc_command_set_cwd (CprocCommand *self,
                       const char   *cwd)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  cproc_command_set_string (self, &self->cwd, cwd, CPROC_COMMAND_PROP_CWD);
}
