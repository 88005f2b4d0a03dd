/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns the usual name of a signal, such as SIGTERM. */
char *cproc_signal_dup_name (int signum);

G_END_DECLS
