/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Closes descriptors that another process has sent. close() of such a descriptor may block for as
 * long as the sender likes: a TCP socket that lingers, a file of a FUSE daemon, a UNIX socket in
 * whose queue one of these lies. So threads of their own close them, which end when nothing is
 * left to close. */
void     cproc_fd_closer_push     (int fd);
void     cproc_fd_closer_push_all (const int *fds, guint n_fds);

/* Whether everything that was pushed is closed. */
gboolean cproc_fd_closer_is_idle  (void);

G_END_DECLS
