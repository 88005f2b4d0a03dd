/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-terminal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"

/* Old headers lack it; the same on most architectures. */
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO ('T', 0x41)
#endif

/* The lowest number of an end: applications number their own descriptors from below. */
#define FLOOR 63

/* A missing or forbidden /dev/ptmx must not look like a missing program. */
static GIOErrorEnum
code_of_errno (int saved_errno)
{
  switch (saved_errno)
    {
    case EMFILE:
    case ENFILE:
      return G_IO_ERROR_TOO_MANY_OPEN_FILES;
    case ENOSPC:
    case ENOMEM:
      return G_IO_ERROR_NO_SPACE;
    default:
      return G_IO_ERROR_NOT_SUPPORTED;
    }
}

static gboolean
fail (GError **error)
{
  int saved_errno = errno;

  g_set_error (error, G_IO_ERROR, code_of_errno (saved_errno), _("making a terminal failed: %s"),
               g_strerror (saved_errno));

  return FALSE;
}

/* The peer is opened through the master and not by its name: the name may mean another terminal in
 * another mount namespace, or by the time of the open. */
static gboolean
terminal_open (CprocTerminal *self)
{
  int unlock = 0;

  self->master = cproc_fd_move_above (posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC), FLOOR);
  if (self->master < 0 || fcntl (self->master, F_SETFL, O_NONBLOCK) != 0 ||
      ioctl (self->master, TIOCSPTLCK, &unlock) != 0)
    return FALSE;

  self->peer = cproc_fd_move_above (ioctl (self->master, TIOCGPTPEER,
                                           O_RDWR | O_NOCTTY | O_CLOEXEC), FLOOR);

  return self->peer >= 0 && tcgetattr (self->peer, &self->initial) == 0;
}

CprocTerminal *
cproc_terminal_new (const CprocTerminalSetup  *setup,
                    GError                   **error)
{
  g_autoptr(CprocTerminal) self = g_new0 (CprocTerminal, 1);

  self->master = self->peer = -1;
  if (!terminal_open (self))
    {
      fail (error);
      return NULL;
    }

  cproc_terminal_set_up (self, setup);

  return g_steal_pointer (&self);
}

void
cproc_terminal_free (CprocTerminal *self)
{
  cproc_fd_clear (&self->peer);
  cproc_fd_clear (&self->master);
  g_free (self);
}

void
cproc_terminal_set_up (CprocTerminal            *self,
                       const CprocTerminalSetup *setup)
{
  struct winsize size = { .ws_col = setup->columns, .ws_row = setup->rows };
  struct termios modes = self->initial;

  ioctl (self->peer, TIOCSWINSZ, &size);
  if ((setup->flags & CPROC_TERMINAL_FLAGS_RAW) != 0)
    cfmakeraw (&modes);
  if ((setup->flags & CPROC_TERMINAL_FLAGS_NO_ECHO) != 0)
    modes.c_lflag &= ~(ECHO | ECHONL);
  modes.c_iflag &= ~IUTF8;
  if (setup->is_utf8)
    modes.c_iflag |= IUTF8;
  tcsetattr (self->peer, TCSANOW, &modes);
}

int
cproc_terminal_dup_master (CprocTerminal  *self,
                           GError        **error)
{
  int fd = cproc_fd_dup_above (self->master, FLOOR);

  if (fd < 0)
    fail (error);

  return fd;
}

int
cproc_terminal_dup_peer (CprocTerminal  *self,
                         GError        **error)
{
  int fd = cproc_fd_dup_above (self->peer, FLOOR);

  if (fd < 0)
    fail (error);

  return fd;
}

void
cproc_terminal_close_peer (CprocTerminal *self)
{
  cproc_fd_clear (&self->peer);
}

gboolean
cproc_terminal_resize (CprocTerminal  *self,
                       guint           columns,
                       guint           rows,
                       GError        **error)
{
  struct winsize size = { .ws_col = columns, .ws_row = rows };
  int saved_errno;

  if (ioctl (self->master, TIOCSWINSZ, &size) == 0)
    return TRUE;

  saved_errno = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               _("Could not resize the terminal: %s"), g_strerror (saved_errno));

  return FALSE;
}
