/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launch.h"

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same on every architecture but Alpha */
#endif

/* The layout of getdents64(). */
typedef struct
{
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
} DirEntry;

static int
descriptor_of_name (const char *name)
{
  int fd = 0;

  if (*name < '0' || *name > '9')
    return -1;
  for (; *name >= '0' && *name <= '9' && fd < INT_MAX / 10 - 1; name++)
    fd = fd * 10 + (*name - '0');
  return fd;
}

static size_t
close_entries (const char *buffer,
               size_t      length,
               int         first,
               int         last,
               int         dir_fd)
{
  size_t position = 0;
  size_t n_closed = 0;

  while (position + offsetof (DirEntry, name) < length)
    {
      const DirEntry *entry = (const void *) (buffer + position);
      int fd = descriptor_of_name (entry->name);

      if (fd >= first && fd <= last && fd != dir_fd)
        {
          close (fd);
          n_closed++;
        }
      position += entry->length;
    }
  return n_closed;
}

static void
close_each (int first,
            int last)
{
  struct rlimit limit;
  int fd;

  /* A descriptor above a limit that was lowered later is not found here. */
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max <= (rlim_t) last)
    last = (int) limit.rlim_max - 1;
  for (fd = first; fd <= last && fd < 1 << 20; fd++)
    close (fd);
}

void
launch_close_listed (int first,
                     int last)
{
  _Alignas (DirEntry) char buffer[4096];
  size_t n_closed;
  int dir_fd = open ("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (dir_fd < 0)
    {
      close_each (first, last);
      return;
    }

  /* Closing while the list is read may shift the rest, so repeat until there is nothing left to
   * close. */
  do
    {
      long length;

      n_closed = 0;
      lseek (dir_fd, 0, SEEK_SET);
      while ((length = syscall (SYS_getdents64, (long) dir_fd, buffer, (long) sizeof buffer)) > 0)
        n_closed += close_entries (buffer, (size_t) length, first, last, dir_fd);
      if (length < 0)
        break;
    }
  while (n_closed > 0);
  close (dir_fd);
}

static void
close_from_to (int first,
               int last)
{
  /* ENOSYS before Linux 5.9; EPERM from a sandbox that does not know the call. */
  if (first <= last && syscall (SYS_close_range, (long) first, (long) last, 0L) != 0)
    launch_close_listed (first, last);
}

bool
launch_close_others (const LaunchSpec *spec,
                     LaunchRecord     *failure)
{
  const char *cursor = spec->keep;
  int first = 0;
  int kept;

  while ((kept = launch_spec_next_kept (&cursor)) >= 0)
    {
      close_from_to (first, kept - 1);
      first = kept + 1;
    }
  close_from_to (first, INT_MAX);

  if (fcntl (spec->status_fd, F_SETFD, FD_CLOEXEC) != 0
      || (spec->control_fd >= 0 && fcntl (spec->control_fd, F_SETFD, FD_CLOEXEC) != 0))
    {
      *failure = (LaunchRecord) { LAUNCH_STEP_DESCRIPTORS, errno, 0 };
      return false;
    }
  return true;
}
