/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* System calls that fail to order. A program that has these functions itself calls them instead of
 * the C library's, and so do its shared libraries; only what libcproc calls fails, and GLib's
 * posix_spawn(). Needs no LD_PRELOAD, and so goes with sanitizers too. */

typedef enum
{
  INJECT_PIPE2,
  INJECT_SOCKETPAIR,
  INJECT_FCNTL_DUP, /* F_DUPFD_CLOEXEC */
  INJECT_FCNTL,     /* what else it does */
  INJECT_OPEN,
  INJECT_READ,
  INJECT_WRITEV,
  INJECT_SEND,
  INJECT_SENDMSG,
  INJECT_RECVMSG,
  INJECT_POLL,
  INJECT_EPOLL_CREATE1,
  INJECT_EPOLL_CTL,
  INJECT_EPOLL_WAIT,
  INJECT_EVENTFD,
  INJECT_GETSOCKOPT,
  INJECT_IOCTL,
  INJECT_ACCESS,
  INJECT_KILL,
  INJECT_GETPGID,
  INJECT_GETSID,
  INJECT_MMAP,
  INJECT_MREMAP,
  INJECT_MADVISE,
  INJECT_PIDFD_OPEN,        /* through syscall(), as the next two */
  INJECT_PIDFD_SEND_SIGNAL,
  INJECT_WAITID,
  INJECT_POSIX_SPAWN,
  INJECT_POSIX_OPENPT,
  INJECT_TCGETATTR,
  INJECT_WRITE,
  INJECT_N_CALLS
} InjectCall;

const char *inject_get_name (InjectCall call);

/* Lets the call of that number fail, 1 being the next; with `ever_after` all that follow too. */
void        inject_arm      (InjectCall call,
                             guint      number,
                             int        error_number,
                             gboolean   ever_after);

/* Returns how many calls have failed. */
guint       inject_disarm   (void);
