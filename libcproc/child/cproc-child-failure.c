/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-gettext-private.h"
#include "cproc-signal-names-private.h"

GError *
cproc_child_dup_failure (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *detail = NULL;
  g_autofree char *line = NULL;
  g_autofree char *signal_name = NULL;
  g_autoptr(GError) error = NULL;

  if (priv->run.end_reason == CPROC_END_NONE && priv->run.end.exit_code == 0)
    return cproc_child_dup_tee_failure (self);

  line = cproc_command_dup_line (priv->command);
  detail = cproc_last_line_dup (&priv->last_error_line, priv->encoding);
  signal_name = cproc_signal_dup_name (priv->run.end.term_signal);

  if (priv->run.end_reason == CPROC_END_CANCELLED)
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                         _("“%s” was ended because the operation was cancelled"), line);
  else if (priv->run.end_reason == CPROC_END_TIMEOUT)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                         _("“%s” was ended because it ran for more than %u ms"),
                         line, priv->run.timeout);
  else if (priv->run.end_reason == CPROC_END_IDLE)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_TIMED_OUT,
                         _("“%s” was ended because it wrote nothing for %u ms"),
                         line, priv->run.idle_timeout);
  else if (priv->run.end.term_signal != 0)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_SIGNALED, _("“%s” was ended by signal %s"),
                         line, signal_name);
  else if (priv->run.end.exit_code == -1)
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_EXITED,
                         _("“%s” has ended, and how is not known: its process was reaped by "
                           "something else in this application"), line);
  else
    error = g_error_new (CPROC_ERROR, CPROC_ERROR_EXITED, _("“%s” exited with code %d"),
                         line, priv->run.end.exit_code);

  if (detail != NULL && *detail != '\0')
    {
      g_autofree char *message = g_strdup_printf ("%s: %s", error->message, detail);

      g_free (error->message);
      error->message = g_steal_pointer (&message);
    }

  return g_steal_pointer (&error);
}

gboolean
cproc_child_check_success (CprocChild  *self,
                           GError     **error)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  GError *failure = NULL;

  if (hooks->dup_failure != NULL)
    failure = hooks->dup_failure (self);
  else
    failure = cproc_child_dup_failure (self);

  if (failure == NULL)
    return TRUE;

  g_propagate_error (error, failure);

  return FALSE;
}

