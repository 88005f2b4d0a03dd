/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-null-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-thread-private.h"
#include "cproc-watch-private.h"

typedef struct
{
  CprocWatch watch;
  int fd;
} Sink;

int
cproc_launch_null_open_empty (void)
{
  int fds[2];

  if (cproc_fd_pair_above (fds, FALSE, STDERR_FILENO) != 0)
    return -1;
  close (fds[1]);

  return fds[0];
}

static void
sink_drop (gpointer user_data)
{
  Sink *self = user_data;
  char buffer[65536];
  gssize n;

  do
    n = read (self->fd, buffer, sizeof buffer);
  while (n < 0 && errno == EINTR);

  if (n > 0 || (n < 0 && errno == EAGAIN))
    return;

  cproc_watch_stop (&self->watch);
  close (self->fd);
  g_free (self);
}

static gboolean
sink_begin (gpointer user_data)
{
  Sink *self = user_data;

  cproc_watch_start (&self->watch, cproc_thread_get_context (), self->fd, G_IO_IN | G_IO_HUP,
                     sink_drop, self);

  return G_SOURCE_REMOVE;
}

int
cproc_launch_null_open_sink (void)
{
  int fds[2];
  Sink *self;

  if (cproc_fd_pair_above (fds, FALSE, STDERR_FILENO) != 0)
    return -1;

  fcntl (fds[0], F_SETFL, O_NONBLOCK);
  self = g_new0 (Sink, 1);
  self->fd = fds[0];
  cproc_thread_push (sink_begin, self);

  return fds[1];
}
