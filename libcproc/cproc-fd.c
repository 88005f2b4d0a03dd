/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-fd-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

/* Not even where the limit is low may a descriptor of ours take the place of a standard stream
 * that the application has closed. */
#define FLOOR 2

static void
set_error (GError    **error,
           int         saved_errno,
           const char *message)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               "%s: %s", message, g_strerror (saved_errno));
}

int
cproc_fd_dup_above (int fd,
                    int lowest,
                    int floor)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, lowest);

  /* EINVAL: lowest is not below the limit. EMFILE: from lowest on it leaves none. */
  if (copy < 0 && (errno == EINVAL || errno == EMFILE))
    copy = fcntl (fd, F_DUPFD_CLOEXEC, floor + 1);
  if (copy < 0 && errno == EINVAL)
    errno = EMFILE;

  return copy;
}

int
cproc_fd_move_above (int fd,
                     int lowest,
                     int floor)
{
  int moved = cproc_fd_dup_above (fd, lowest, floor);
  int saved_errno = errno;

  close (fd);
  errno = saved_errno;

  return moved;
}

int
cproc_fd_pair_above (int      fds[2],
                     gboolean sockets,
                     int      lowest,
                     int      floor)
{
  int low[2] = { -1, -1 };
  int saved_errno;

  fds[0] = fds[1] = -1;
  if (sockets ? socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) != 0
              : pipe2 (low, O_CLOEXEC) != 0)
    return -1;

  fds[0] = cproc_fd_move_above (low[0], lowest, floor);
  if (fds[0] >= 0)
    fds[1] = cproc_fd_move_above (low[1], lowest, floor);
  else
    {
      saved_errno = errno;
      close (low[1]);
      errno = saved_errno;
    }

  if (fds[1] < 0)
    {
      saved_errno = errno;
      cproc_fd_clear (&fds[0]);
      errno = saved_errno;
      return -1;
    }

  return 0;
}

gboolean
cproc_fd_open_pipe (CprocPipe  *pipe,
                    GError    **error)
{
  int fds[2];
  int result = cproc_fd_pair_above (fds, FALSE, CPROC_FD_BASE, FLOOR);

  *pipe = (CprocPipe) { .read = fds[0], .write = fds[1] };
  if (result != 0)
    set_error (error, errno, _("Could not make a pipe"));

  return result == 0;
}

gboolean
cproc_fd_open_socketpair (int      fds[2],
                          GError **error)
{
  if (cproc_fd_pair_above (fds, TRUE, CPROC_FD_BASE, FLOOR) != 0)
    {
      set_error (error, errno, _("Could not make a pair of sockets"));
      return FALSE;
    }

  return TRUE;
}

int
cproc_fd_dup_high (int      fd,
                   GError **error)
{
  int copy = cproc_fd_dup_above (fd, CPROC_FD_BASE, FLOOR);

  if (copy < 0)
    set_error (error, errno, _("Could not duplicate a descriptor"));

  return copy;
}

gboolean
cproc_fd_set_nonblocking (int      fd,
                          GError **error)
{
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || fcntl (fd, F_SETFL, flags | O_NONBLOCK) != 0)
    {
      set_error (error, errno, _("Could not make a descriptor non-blocking"));
      return FALSE;
    }

  return TRUE;
}

gboolean
cproc_fd_begin_context (CprocFdHeld  *held,
                        GError      **error)
{
  int fd;

  *held = (CprocFdHeld) { .n = 0 };
  while ((fd = eventfd (0, EFD_CLOEXEC)) >= 0 && fd <= FLOOR)
    held->fds[held->n++] = fd;

  if (fd < 0)
    {
      set_error (error, errno, _("Could not make a main context"));
      cproc_fd_end_context (held);
      return FALSE;
    }

  close (fd);

  return TRUE;
}

void
cproc_fd_end_context (CprocFdHeld *held)
{
  while (held->n > 0)
    close (held->fds[--held->n]);
}

GMainContext *
cproc_fd_new_context (GError **error)
{
  GMainContext *context = NULL;
  CprocFdHeld held;

  if (cproc_fd_begin_context (&held, error))
    context = g_main_context_new ();
  cproc_fd_end_context (&held);

  return context;
}

void
cproc_fd_clear (int *fd)
{
  /* Not retried on EINTR: Linux has closed it by then, and the number may be another's. */
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}
