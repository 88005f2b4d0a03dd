/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <glib.h>

#include "cproc-version-macros.h"

G_BEGIN_DECLS

CPROC_AVAILABLE_IN_1_0
char *cproc_signal_to_string   (int         signum) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
int   cproc_signal_from_string (const char *name);

G_END_DECLS
