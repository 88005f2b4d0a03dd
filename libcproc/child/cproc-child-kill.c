/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "cproc-child-private.h"
#include "cproc-gettext-private.h"

static gboolean
child_check_started (CprocChild  *self,
                     GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (priv->run.state >= CPROC_STATE_STARTING)
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING, _("“%s” has not been started"), name);

  return FALSE;
}

static gboolean
child_signal (CprocChild  *self,
              int          signum,
              gboolean     with_grace,
              const char  *function,
              GError     **error)
{
  CprocRun *run = cproc_child_get_run (self);

  if (!cproc_child_check_call (self, function, error) || !child_check_started (self, error))
    return FALSE;

  return with_grace ? cproc_run_terminate (run, signum, error)
                    : cproc_run_signal (run, signum, error);
}

/**
 * cproc_child_kill:
 * @self: a child
 * @error: return location for an error
 *
 * Ends the child: [property@Cproc.Child:kill-signal] now, and SIGKILL to what is left after
 * [property@Cproc.Child:kill-grace]. SIGCONT follows the kill signal, so that a stopped program can
 * end too.
 *
 * Reaches as far as the command's [property@Cproc.Command:containment] says. Does not wait:
 * [signal@Cproc.Child::closed] tells when all is over. While the state is `STARTING` it takes
 * effect once the program runs.
 *
 * Returns: `TRUE` if there was something to end; else `FALSE` with
 *   [error@Cproc.Error.NOT_RUNNING], or with the system's reason
 *
 * Since: 1.0
 */
gboolean
cproc_child_kill (CprocChild  *self,
                  GError     **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return child_signal (self, cproc_child_get_end_signal (self), TRUE, G_STRFUNC, error);
}

/**
 * cproc_child_send_signal:
 * @self: a child
 * @signum: the signal's number; 0 only asks whether there is somebody to signal
 * @error: return location for an error
 *
 * Sends a signal, as far as the command's [property@Cproc.Command:containment] says.
 *
 * It never reaches a process or a group that got the child's number after its end.
 *
 * Returns: `TRUE` if it was sent; else `FALSE` with [error@Cproc.Error.NOT_RUNNING], or with the
 *   system's reason
 *
 * Since: 1.0
 */
gboolean
cproc_child_send_signal (CprocChild  *self,
                         int          signum,
                         GError     **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return child_signal (self, signum, FALSE, G_STRFUNC, error);
}

/**
 * cproc_child_force_exit:
 * @self: a child
 * @error: return location for an error
 *
 * Ends the child with SIGKILL, as far as the command's
 * [property@Cproc.Command:containment] says.
 *
 * Returns: `TRUE` if there was something to end; else `FALSE` with
 *   [error@Cproc.Error.NOT_RUNNING], or with the system's reason
 *
 * Since: 1.0
 */
gboolean
cproc_child_force_exit (CprocChild  *self,
                        GError     **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return child_signal (self, SIGKILL, FALSE, G_STRFUNC, error);
}
