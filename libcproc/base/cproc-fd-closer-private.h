/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Closes descriptors that another process has sent. The sender can make close() of such a
 * descriptor block for as long as it likes: with a TCP socket that lingers, a file of a FUSE
 * daemon, or a UNIX socket whose queue holds one of these. So separate threads close them, which
 * end when nothing is left to close. */
void     cproc_fd_closer_push     (int fd);
void     cproc_fd_closer_push_all (const int *fds, guint n_fds);

/* Returns whether all pushed descriptors are closed. */
gboolean cproc_fd_closer_is_idle  (void);

G_END_DECLS
