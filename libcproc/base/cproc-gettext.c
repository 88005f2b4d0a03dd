/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <libintl.h>

#include "cproc-gettext-private.h"

const char *
cproc_gettext (const char *text)
{
  static gsize is_bound = FALSE;

  if (g_once_init_enter (&is_bound))
    {
      bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
      bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
      g_once_init_leave (&is_bound, TRUE);
    }

  return g_dgettext (GETTEXT_PACKAGE, text);
}
