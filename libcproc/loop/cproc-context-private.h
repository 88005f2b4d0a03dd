/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns whether this is the thread of the context: the one that owns the context at the moment
 * or, if none owns it, home. */
gboolean cproc_context_is_here (GMainContext *context,
                                GThread      *home);

G_END_DECLS
