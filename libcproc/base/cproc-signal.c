/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "cproc-signal-names-private.h"
#include "cproc-signal.h"

/**
 * cproc_signal_to_string:
 * @signum: a signal's number
 *
 * Gets the usual name of a signal, such as `SIGTERM`.
 *
 * The numbers are not the same on all machines, and not every language has the names.
 *
 * Returns: (transfer full) (nullable): the name, or `NULL` if there is no such signal
 *
 * Since: 1.0
 */
char *
cproc_signal_to_string (int signum)
{
  if (signum <= 0 || signum >= NSIG)
    return NULL;

  return cproc_signal_dup_name (signum);
}

/**
 * cproc_signal_from_string:
 * @name: a signal's name; its `SIG` may be left out
 *
 * Gets the number of a signal.
 *
 * Returns: the number, or 0 if there is no such signal
 *
 * Since: 1.0
 */
int
cproc_signal_from_string (const char *name)
{
  g_return_val_if_fail (name != NULL, 0);

  for (int signum = 1; signum < NSIG; signum++)
    {
      g_autofree char *known = cproc_signal_dup_name (signum);

      if (g_str_equal (name, known) ||
          (g_str_has_prefix (known, "SIG") && g_str_equal (name, known + strlen ("SIG"))))
        return signum;
    }

  return 0;
}
