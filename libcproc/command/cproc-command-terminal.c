/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terminal of a command: its size and its modes. */

#include "config.h"

#include "cproc-command-private.h"

#include "cproc-error.h"
#include "cproc-gettext-private.h"

/* The kernel keeps the size in 16 bits. */
#define MAX_SIZE G_MAXUINT16

/**
 * cproc_command_get_terminal_flags:
 * @self: a command
 *
 * Gets the modes that the program's terminal has at the start.
 *
 * Returns: the flags
 *
 * Since: 1.0
 */
CprocTerminalFlags
cproc_command_get_terminal_flags (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), CPROC_TERMINAL_FLAGS_NONE);

  return self->terminal_flags;
}

/**
 * cproc_command_set_terminal_flags:
 * @self: a command
 * @flags: the modes
 *
 * Sets the modes that the program's terminal has at the start.
 *
 * They matter where a stream has the mode `CPROC_STDIO_TERMINAL`. The program may change them; the
 * library does not after the start.
 *
 * Since: 1.0
 */
void
cproc_command_set_terminal_flags (CprocCommand       *self,
                                  CprocTerminalFlags  flags)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail ((flags & ~(CPROC_TERMINAL_FLAGS_NO_ECHO | CPROC_TERMINAL_FLAGS_RAW)) == 0);

  if (self->terminal_flags == flags)
    return;

  self->terminal_flags = flags;
  cproc_command_notify (self, CPROC_COMMAND_PROP_TERMINAL_FLAGS);
}

/**
 * cproc_command_set_terminal_size:
 * @self: a command
 * @columns: the width in characters, 1 to 65535
 * @rows: the height in characters, 1 to 65535
 *
 * Sets the size that the program's terminal has at the start; without it, that is 80 × 24.
 *
 * It matters where a stream has the mode `CPROC_STDIO_TERMINAL`. Another number is reported by the
 * next start as `G_IO_ERROR_INVALID_ARGUMENT`. [method@Cproc.Child.set_terminal_size] changes the
 * size for one child, while it runs too.
 *
 * Since: 1.0
 */
void
cproc_command_set_terminal_size (CprocCommand *self,
                                 guint         columns,
                                 guint         rows)
{
  GError *error = NULL;

  g_return_if_fail (CPROC_IS_COMMAND (self));

  if (!cproc_command_check_terminal_size (columns, rows, &error))
    {
      cproc_command_take_mistake (self, CPROC_COMMAND_SETTER_TERMINAL_SIZE, error);
      return;
    }

  self->terminal_columns = columns;
  self->terminal_rows = rows;
  cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_TERMINAL_SIZE);
}

gboolean
cproc_command_check_terminal_size (guint    columns,
                                   guint    rows,
                                   GError **error)
{
  if (columns >= 1 && columns <= MAX_SIZE && rows >= 1 && rows <= MAX_SIZE)
    return TRUE;

  /* Translators: the numbers of columns and rows */
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("a terminal cannot have the size %u × %u: both numbers are 1 to %d"), columns,
               rows, MAX_SIZE);

  return FALSE;
}

gboolean
cproc_command_has_terminal (const CprocCommand *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->stdio); i++)
    if (self->stdio[i].mode == CPROC_STDIO_TERMINAL)
      return TRUE;

  return FALSE;
}

gboolean
cproc_command_check_terminal (CprocCommand  *self,
                              GError       **error)
{
  if (!cproc_command_has_terminal (self))
    return TRUE;

  if (self->no_terminal)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         _("a program without a terminal cannot have a stream that leads to a "
                           "terminal"));
  else if (self->new_session)
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                         _("a command with a session of its own outlives its parent, and cannot "
                           "have a terminal that ends with it"));
  else if (self->containment == CPROC_CONTAINMENT_NONE)
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                         _("a program with a terminal leads a session, and cannot have the "
                           "containment NONE"));
  else
    return TRUE;

  return FALSE;
}
