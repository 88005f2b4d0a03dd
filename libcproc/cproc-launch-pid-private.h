/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* GSubprocess reaps in a thread of its own, and says no more then which pid it was: of programs
 * that end at once a third are gone before they can be asked for. The text itself stays where it
 * was, at the same place of each GSubprocess. That place is learnt from what GLib hands out, and
 * believed only where it lies within the object. */

/* The process's number, 0 where it cannot be told; whether the process is there is another
 * question. */
gint64   cproc_launch_pid_read     (GSubprocess *subprocess);

/* The place is known: cproc_launch_pid_read() will not fail. */
gboolean cproc_launch_pid_is_known (void);

G_END_DECLS
