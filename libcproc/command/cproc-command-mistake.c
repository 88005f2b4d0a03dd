/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Remembers wrong calls of setters, which become the error of the next start. */

#include "config.h"

#include "cproc-command-private.h"

/* Takes ownership of the error. Keeps the earliest mistake of a setter, which has led to the later
 * ones. */
void
cproc_command_take_mistake (CprocCommand       *self,
                            CprocCommandSetter  setter,
                            GError             *error)
{
  CprocCommandMistake mistake = { setter, error };

  for (guint i = 0; i < self->mistakes->len; i++)
    {
      if (g_array_index (self->mistakes, CprocCommandMistake, i).setter == setter)
        {
          g_error_free (error);
          return;
        }
    }

  g_array_append_val (self->mistakes, mistake);
}

void
cproc_command_misuse (CprocCommand       *self,
                      CprocCommandSetter  setter,
                      const char         *format,
                      ...)
{
  va_list arguments;
  GError *error;

  va_start (arguments, format);
  error = g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, arguments);
  va_end (arguments);
  cproc_command_take_mistake (self, setter, error);
}

void
cproc_command_forget_mistake (CprocCommand       *self,
                              CprocCommandSetter  setter)
{
  for (guint i = 0; i < self->mistakes->len; i++)
    {
      if (g_array_index (self->mistakes, CprocCommandMistake, i).setter == setter)
        {
          g_array_remove_index (self->mistakes, i);
          return;
        }
    }
}
