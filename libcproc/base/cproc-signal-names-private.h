/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The name by which people know a signal: SIGTERM. */
char *cproc_signal_dup_name (int signum);

G_END_DECLS
