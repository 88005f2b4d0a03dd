/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Every descriptor of ours is close-on-exec and above the standard streams, even where the
 * application has closed one of those. */

typedef struct
{
  int read;
  int write;
} CprocPipe;

/* The errors are of G_IO_ERROR, from errno. */
gboolean cproc_fd_open_pipe       (CprocPipe *pipe, GError **error);
gboolean cproc_fd_open_socketpair (int fds[2], GError **error);
int      cproc_fd_dup             (int fd, GError **error);
gboolean cproc_fd_set_nonblocking (int fd, GError **error);
void     cproc_fd_clear           (int *fd);

/* Makes a pair of sockets what a pipe is: what comes the other way has ended. */
void     cproc_fd_make_one_way    (int reader, int writer);

/* g_main_context_new() ends the program where there is no descriptor left for it, and where a
 * standard stream is closed takes its place. What is made between these two does neither. */
typedef struct
{
  int fds[3];
  guint n;
} CprocFdHeld;

gboolean      cproc_fd_begin_context (CprocFdHeld *held, GError **error);
void          cproc_fd_end_context   (CprocFdHeld *held);
GMainContext *cproc_fd_new_context   (GError **error);

/* GSubprocess opens descriptors of its own, which must not take the place of a standard stream that
 * the application has closed: it may open something there at any time. Between these two calls the
 * free ones of 0 to 2 are taken; what the application has put there meanwhile stays. */
gboolean      cproc_fd_reserve_stdio (GError **error);
void          cproc_fd_release_stdio (void);

/* The global one is made when it is first asked for. */
GMainContext *cproc_fd_ref_thread_default (GError **error);

/* The same for who words the error: -1 and errno. All numbers are above floor. */
int      cproc_fd_dup_above       (int fd, int floor);
int      cproc_fd_move_above      (int fd, int floor); /* closes fd if it is not; -1 stays -1 */
int      cproc_fd_pair_above      (int fds[2], gboolean sockets, int floor);

G_END_DECLS
