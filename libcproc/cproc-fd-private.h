/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Every descriptor of ours is close-on-exec and numbered from here on, above what a command gives
 * its child, since GLib's posix_spawn path closes a target that has the number of a descriptor it
 * maps (glib 2.74 to 2.89, do_posix_spawn()). Where the limit on descriptors is lower, a lower
 * number has to do. */
#define CPROC_FD_BASE 64

typedef struct
{
  int read;
  int write;
} CprocPipe;

/* The errors are of G_IO_ERROR, from errno. */
gboolean cproc_fd_open_pipe       (CprocPipe *pipe, GError **error);
gboolean cproc_fd_open_socketpair (int fds[2], GError **error);
int      cproc_fd_dup_high        (int fd, GError **error);
gboolean cproc_fd_set_nonblocking (int fd, GError **error);
void     cproc_fd_clear           (int *fd);

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

/* The same for who words the error: -1 and errno. Numbers from lowest on, or, where the limit
 * leaves no room there, any above floor. */
int      cproc_fd_dup_above       (int fd, int lowest, int floor);
int      cproc_fd_move_above      (int fd, int lowest, int floor); /* closes fd in any case */
int      cproc_fd_pair_above      (int fds[2], gboolean sockets, int lowest, int floor);

G_END_DECLS
