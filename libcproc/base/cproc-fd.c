/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#define FLOOR 2

static void
set_error (GError    **error,
           int         saved_errno,
           const char *message)
{
  /* GLib has no code for EBADF. */
  int code = saved_errno == EBADF ? (int) G_IO_ERROR_INVALID_ARGUMENT
                                  : (int) g_io_error_from_errno (saved_errno);

  g_set_error (error, G_IO_ERROR, code, "%s: %s", message, g_strerror (saved_errno));
}

int
cproc_fd_dup_above (int fd,
                    int floor)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, floor + 1);

  /* EINVAL: the number would not be below the limit of open files. */
  if (copy < 0 && errno == EINVAL)
    errno = EMFILE;

  return copy;
}

int
cproc_fd_move_above (int fd,
                     int floor)
{
  int saved_errno;
  int moved;

  /* The usual case: saves the system calls that moving the descriptor would cost. */
  if (fd > floor || fd < 0)
    return fd;

  moved = cproc_fd_dup_above (fd, floor);
  saved_errno = errno;
  close (fd);
  errno = saved_errno;

  return moved;
}

int
cproc_fd_pair_above (int      fds[2],
                     gboolean sockets,
                     int      floor)
{
  int saved_errno;

  fds[0] = fds[1] = -1;
  if (sockets ? socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0
              : pipe2 (fds, O_CLOEXEC) != 0)
    return -1;

  fds[0] = cproc_fd_move_above (fds[0], floor);
  if (fds[0] >= 0)
    fds[1] = cproc_fd_move_above (fds[1], floor);
  if (fds[0] >= 0 && fds[1] >= 0)
    return 0;

  saved_errno = errno;
  cproc_fd_clear (&fds[0]);
  cproc_fd_clear (&fds[1]);
  errno = saved_errno;

  return -1;
}

gboolean
cproc_fd_open_pipe (CprocPipe  *pipe,
                    GError    **error)
{
  int fds[2];
  int result = cproc_fd_pair_above (fds, FALSE, FLOOR);

  *pipe = (CprocPipe) { .read = fds[0], .write = fds[1] };
  if (result != 0)
    set_error (error, errno, _("Could not make a pipe"));

  return result == 0;
}

gboolean
cproc_fd_open_socketpair (int      fds[2],
                          GError **error)
{
  if (cproc_fd_pair_above (fds, TRUE, FLOOR) != 0)
    {
      set_error (error, errno, _("Could not make a pair of sockets"));
      return FALSE;
    }

  return TRUE;
}

/* As much as any system allows (net.core.wmem_max), twice the default of a socket: both processes
 * switch less often. */
#define SOCKET_ROOM 212992

void
cproc_fd_make_one_way (int reader,
                       int writer)
{
  int room = SOCKET_ROOM;

  shutdown (reader, SHUT_WR);
  setsockopt (writer, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

int
cproc_fd_dup (int      fd,
              GError **error)
{
  int copy = cproc_fd_dup_above (fd, FLOOR);

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

/* Several threads may start children at once. */
static GMutex reserved_mutex;
static guint n_reservations;
static ino_t reserved_inodes[FLOOR + 1]; /* 0: not reserved */

gboolean
cproc_fd_reserve_stdio (GError **error)
{
  struct stat st;
  int fd;

  g_mutex_lock (&reserved_mutex);
  while ((fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0 && fd <= FLOOR)
    reserved_inodes[fd] = fstat (fd, &st) == 0 ? st.st_ino : 0;
  if (fd >= 0)
    n_reservations++;
  else
    set_error (error, errno, _("too few descriptors are left"));
  g_mutex_unlock (&reserved_mutex);

  if (fd < 0)
    return FALSE;
  close (fd);

  return TRUE;
}

void
cproc_fd_release_stdio (void)
{
  struct stat st;

  g_mutex_lock (&reserved_mutex);
  if (--n_reservations == 0)
    for (int fd = 0; fd <= FLOOR; fd++)
      {
        if (reserved_inodes[fd] != 0 && fstat (fd, &st) == 0 && S_ISSOCK (st.st_mode) &&
            st.st_ino == reserved_inodes[fd])
          close (fd);
        reserved_inodes[fd] = 0;
      }
  g_mutex_unlock (&reserved_mutex);
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

GMainContext *
cproc_fd_ref_thread_default (GError **error)
{
  static int is_made = FALSE; /* atomic */
  CprocFdHeld held;

  if (g_main_context_get_thread_default () == NULL && !g_atomic_int_get (&is_made))
    {
      if (!cproc_fd_begin_context (&held, error))
        return NULL;
      g_main_context_default ();
      cproc_fd_end_context (&held);
      g_atomic_int_set (&is_made, TRUE);
    }

  return g_main_context_ref_thread_default ();
}

void
cproc_fd_clear (int *fd)
{
  /* Not retried on EINTR: Linux has closed the descriptor by then, and another thread may already
   * own the number. */
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}
