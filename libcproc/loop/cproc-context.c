/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-context-private.h"

gboolean
cproc_context_is_here (GMainContext *context,
                       GThread      *home)
{
  if (g_main_context_is_owner (context))
    return TRUE;
  if (g_thread_self () != home || !g_main_context_acquire (context))
    return FALSE;

  g_main_context_release (context);

  return TRUE;
}
