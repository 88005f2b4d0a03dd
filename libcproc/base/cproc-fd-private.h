/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Every descriptor that the library makes is close-on-exec and numbered above the standard streams,
 * even if the application has closed one of those. */

typedef struct
{
  int read;
  int write;
} CprocPipe;

/* These report errors in G_IO_ERROR, made from errno. */
gboolean cproc_fd_open_pipe       (CprocPipe *pipe, GError **error);
gboolean cproc_fd_open_socketpair (int fds[2], GError **error);
int      cproc_fd_dup             (int fd, GError **error);
gboolean cproc_fd_set_nonblocking (int fd, GError **error);
void     cproc_fd_clear           (int *fd);

/* Makes a pair of sockets behave as a pipe: shuts down the opposite direction. */
void     cproc_fd_make_one_way    (int reader, int writer);

/* g_main_context_new() aborts if no descriptor is left for it, and takes the number of a standard
 * stream that is closed. A context that is made between these two calls does neither. */
typedef struct
{
  int fds[3];
  guint n;
} CprocFdHeld;

gboolean      cproc_fd_begin_context (CprocFdHeld *held, GError **error);
void          cproc_fd_end_context   (CprocFdHeld *held);
GMainContext *cproc_fd_new_context   (GError **error);

/* GSubprocess opens descriptors of its own. They must not take the number of a standard stream that
 * the application has closed: the application may open something there at any time. Between these
 * two calls the free numbers of 0 to 2 are occupied; a file that the application opens there
 * meanwhile stays. */
gboolean      cproc_fd_reserve_stdio (GError **error);
void          cproc_fd_release_stdio (void);

/* Makes the global default context if it does not exist yet. */
GMainContext *cproc_fd_ref_thread_default (GError **error);

/* The same for callers that write their own error: -1 and errno on failure. All numbers are above
 * floor. */
int      cproc_fd_dup_above       (int fd, int floor);
int      cproc_fd_move_above      (int fd, int floor); /* closes fd if it is not; -1 stays -1 */
int      cproc_fd_pair_above      (int fds[2], gboolean sockets, int floor);

G_END_DECLS
