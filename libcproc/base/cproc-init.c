/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <libintl.h>

#include <glib.h>

/* The library has no function that every user calls first, and its messages are to be translated
 * from the first one on. */
static void __attribute__ ((constructor))
cproc_init (void)
{
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
}
