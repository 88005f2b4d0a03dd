/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opens named pipes as standard streams. Opening one may block until another process opens the
 * other end. So the child's side does it, after everything that can fail, when the library has
 * already been told that the program runs: then the child waits, and can be killed. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "launch.h"

static const char *
path_of (int fd)
{
  static char path[] = "/proc/self/fd/N";

  path[sizeof path - 2] = (char) ('0' + fd);
  return path;
}

bool
launch_has_fifos (const LaunchSpec *spec)
{
  int fd;

  for (fd = 0; fd < LAUNCH_N_STREAMS; fd++)
    if (spec->opens[fd] >= 0)
      return true;
  return false;
}

bool
launch_check_fifos (const LaunchSpec *spec,
                    LaunchRecord     *failure)
{
  static const int rights[] = { R_OK, W_OK, R_OK | W_OK };
  int fd;

  for (fd = 0; fd < LAUNCH_N_STREAMS; fd++)
    if (spec->opens[fd] >= 0 && access (path_of (fd), rights[spec->opens[fd]]) != 0)
      {
        *failure = (LaunchRecord) { LAUNCH_STEP_OPEN, errno, fd };
        return false;
      }
  return true;
}

static bool
open_fifo (int fd,
           int how)
{
  int opened;
  bool moved;

  do
    opened = open (path_of (fd), how | O_NOCTTY);
  while (opened < 0 && errno == EINTR);
  if (opened < 0)
    return false;

  moved = dup2 (opened, fd) == fd;
  close (opened);
  return moved;
}

bool
launch_open_fifos (const LaunchSpec *spec)
{
  int fd;

  for (fd = 0; fd < LAUNCH_N_STREAMS; fd++)
    if (spec->opens[fd] >= 0 && !open_fifo (fd, spec->opens[fd]))
      return false;
  return !spec->merges || dup2 (STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO;
}
