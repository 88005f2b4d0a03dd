/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-fd-read-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cproc-fd-closer-private.h"
#include "cproc-fd-private.h"

/* The kernel's limit for one message (SCM_MAX_FD): it closes what it has no room for. */
#define MAX_FDS 253

static void
close_received (struct msghdr *header)
{
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (header); cmsg != NULL;
       cmsg = CMSG_NXTHDR (header, cmsg))
    {
      guint n_fds = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int);
      int fds[MAX_FDS];

      if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
        continue;

      n_fds = MIN (n_fds, MAX_FDS);
      memcpy (fds, CMSG_DATA (cmsg), n_fds * sizeof (int));
      cproc_fd_closer_push_all (fds, n_fds);
    }
}

static gssize
read_socket (int      fd,
             gpointer data,
             gsize    size)
{
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (MAX_FDS * sizeof (int))];
  } control;
  struct iovec vector = { data, size };
  struct msghdr header = {
    .msg_iov = &vector,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };
  gssize n;

  do
    n = recvmsg (fd, &header, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);

  if (n >= 0 && header.msg_controllen > 0)
    close_received (&header);

  return n;
}

static gboolean
is_socket (int          fd,
           CprocFdKind *kind)
{
  struct stat status;

  if (*kind == CPROC_FD_KIND_UNKNOWN)
    *kind = fstat (fd, &status) == 0 && S_ISSOCK (status.st_mode) ? CPROC_FD_KIND_SOCKET
                                                                  : CPROC_FD_KIND_OTHER;

  return *kind == CPROC_FD_KIND_SOCKET;
}

gssize
cproc_fd_read (int          fd,
               CprocFdKind *kind,
               gpointer     data,
               gsize        size)
{
  gssize n;

  if (is_socket (fd, kind))
    return read_socket (fd, data, size);

  do
    n = read (fd, data, size);
  while (n < 0 && errno == EINTR);

  return n;
}

void
cproc_fd_close (int         *fd,
                CprocFdKind  kind)
{
  if (*fd >= 0 && is_socket (*fd, &kind))
    {
      cproc_fd_closer_push (*fd);
      *fd = -1;
    }
  else
    cproc_fd_clear (fd);
}
