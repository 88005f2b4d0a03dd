/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns the stack of the caller, one line for each call, innermost first; NULL if the system
 * cannot tell. */
char *cproc_stack_capture (void);

G_END_DECLS
