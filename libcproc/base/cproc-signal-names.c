/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "cproc-signal-names-private.h"

char *
cproc_signal_dup_name (int signum)
{
#ifdef HAVE_SIGABBREV_NP
  const char *name = sigabbrev_np (signum);

  if (name != NULL)
    return g_strconcat ("SIG", name, NULL);
#endif

  if (signum >= SIGRTMIN && signum <= SIGRTMAX)
    return g_strdup_printf ("SIGRTMIN+%d", signum - SIGRTMIN);

  return g_strdup_printf ("%d", signum);
}
