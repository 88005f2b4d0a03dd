/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The calls that led here, a line each, innermost first; NULL where the system cannot tell. */
char *cproc_stack_capture (void);

G_END_DECLS
