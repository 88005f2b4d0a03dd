/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "cproc-gettext-private.h"
#include "cproc-pipeline-private.h"

/* How a shell tells that a program was ended by SIGPIPE. */
#define EXIT_CODE_SIGPIPE (128 + SIGPIPE)

char *
cproc_pipeline_dup_line (CprocPipeline *self)
{
  g_autoptr(GString) line = g_string_new (NULL);

  for (guint i = 0; i < self->stages->len; i++)
    {
      CprocCommand *command = cproc_child_get_command (cproc_pipeline_get_stage (self, i));
      g_autofree char *part = cproc_command_dup_line (command);

      g_string_append_printf (line, "%s%s", i > 0 ? " | " : "", part);
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

/* The end of a writer whose reader had read enough. */
static gboolean
is_broken_pipe (CprocChild *child)
{
  const CprocRun *run = cproc_child_get_run (child);

  return run->end_reason == CPROC_END_NONE &&
         (run->end.term_signal == SIGPIPE || run->end.exit_code == EXIT_CODE_SIGPIPE);
}

static GError *
dup_stage_failure (CprocPipeline *self,
                   guint          position)
{
  CprocChild *child = cproc_pipeline_get_stage (self, position);
  gboolean is_last = position == self->stages->len - 1;
  GError *error = NULL;

  if (!is_last && (!self->pipefail || is_broken_pipe (child)))
    return NULL;

  cproc_child_check_success (child, &error);

  return error;
}

static void
append_line (GError     *error,
             const char *line)
{
  char *message = g_strdup_printf ("%s\n%s", error->message, line);

  g_free (error->message);
  error->message = message;
}

GError *
cproc_pipeline_dup_failure (CprocPipeline *self,
                            int           *stage)
{
  g_autofree char *line = NULL;
  GError *first = NULL;

  *stage = -1;
  for (guint i = 0; i < self->stages->len; i++)
    {
      g_autoptr(GError) error = dup_stage_failure (self, i);

      if (error == NULL)
        continue;
      if (first != NULL)
        {
          append_line (first, error->message);
          continue;
        }
      *stage = (int) i;
      first = g_steal_pointer (&error);
    }

  if (!self->timed_out)
    return first;

  g_clear_error (&first);
  line = cproc_pipeline_dup_line (self);

  return g_error_new (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                      _("“%s” was ended because it ran for more than %u ms"), line, self->timeout);
}
