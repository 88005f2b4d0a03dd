/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launch-descendants.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* More at once than this, or than there may be descriptors, are left for the next call. */
#define MAX_FOUND 4096

/* A sweep that finds no one new has seen all; someone who forks for ever is not waited for. */
#define MAX_SWEEPS 8

/* No number is signalled that may have passed to a stranger in the meantime: a process is held by
 * a pidfd first and then seen to be a child of one that is held as well, so that from the caller
 * downwards each is known to be what it was taken for. */
typedef struct
{
  pid_t pid;
  int fd;
} Found;

/* As getdents64() writes it. */
typedef struct
{
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
} DirEntry;

typedef void (*PidFunc) (pid_t pid,
                         pid_t parent);

bool launch_lacks_children_file;
bool launch_lacks_pidfd;

static Found found[MAX_FOUND];
static int n_found;

/* Who is to be killed is, on sight: it may be one that does nothing but fork and end. */
static bool kill_on_sight;

/* "/proc/PID/task/TID/children"; of the last parts what is not NULL or 0. */
static const char *
proc_path (pid_t       pid,
           const char *dir,
           pid_t       tid,
           const char *file)
{
  static char path[64];
  char digits[16];
  char *end = path;
  pid_t numbers[] = { pid, tid };
  const char *names[] = { "/proc/", dir };
  int i;

  for (i = 0; i < 2; i++)
    {
      size_t n = sizeof digits;

      if (names[i] != NULL)
        end = stpcpy (end, names[i]);
      for (; numbers[i] > 0; numbers[i] /= 10)
        digits[--n] = (char) ('0' + numbers[i] % 10);
      memcpy (end, digits + n, sizeof digits - n);
      end += sizeof digits - n;
    }
  strcpy (end, file);
  return path;
}

static ssize_t
read_some (int    fd,
           char  *buffer,
           size_t size)
{
  ssize_t length;

  do
    length = read (fd, buffer, size);
  while (length < 0 && errno == EINTR);
  return length;
}

/* -1 where there is no such process. */
static pid_t
get_parent (pid_t pid)
{
  char text[512];
  const char *p;
  ssize_t length;
  pid_t parent = 0;
  int fd = open (proc_path (pid, NULL, 0, "/stat"), O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return -1;
  length = read_some (fd, text, sizeof text - 1);
  close (fd);
  if (length <= 0)
    return -1;
  text[length] = '\0';

  /* "PID (NAME) STATE PARENT": the name may hold anything. */
  p = strrchr (text, ')');
  if (p == NULL || strlen (p) < 5)
    return -1;
  for (p += 4; *p >= '0' && *p <= '9'; p++)
    parent = parent * 10 + (*p - '0');
  return parent;
}

static bool
is_alive (const Found *one)
{
  if (one->fd < 0)
    return kill (one->pid, 0) == 0 || errno != ESRCH;
  return syscall (SYS_pidfd_send_signal, one->fd, 0, NULL, 0) == 0 || errno != ESRCH;
}

static void
send_signal (const Found *one,
             int          signum)
{
  if (one->fd < 0)
    kill (one->pid, signum);
  else
    syscall (SYS_pidfd_send_signal, one->fd, signum, NULL, 0);
}

static bool
is_found (pid_t pid)
{
  int i;

  for (i = 0; i < n_found; i++)
    if (found[i].pid == pid)
      return true;
  return false;
}

static void
drop_last (void)
{
  n_found--;
  if (found[n_found].fd >= 0)
    close (found[n_found].fd);
}

static void
add (pid_t pid,
     pid_t parent)
{
  Found *one = &found[n_found];

  if (n_found == MAX_FOUND || is_found (pid))
    return;

  one->pid = pid;
  one->fd = launch_lacks_pidfd ? -1 : (int) syscall (SYS_pidfd_open, pid, 0);
  if (one->fd < 0 && !launch_lacks_pidfd && errno != ENOSYS && errno != EPERM)
    return;

  n_found++;
  if (get_parent (pid) != parent || !is_alive (one))
    drop_last ();
  else if (kill_on_sight)
    send_signal (one, SIGKILL);
}

/* The numbers of a directory's entries. */
static void
for_each_entry (int     dir_fd,
                PidFunc func,
                pid_t   pid)
{
  _Alignas (DirEntry) char buffer[4096];
  long length;

  while ((length = syscall (SYS_getdents64, dir_fd, buffer, sizeof buffer)) > 0)
    {
      const DirEntry *entry;
      long position;

      for (position = 0; position < length; position += entry->length)
        {
          pid_t number = 0;
          const char *p;

          entry = (const void *) (buffer + position);
          for (p = entry->name; *p >= '0' && *p <= '9'; p++)
            number = number * 10 + (*p - '0');
          if (*p == '\0' && number > 0)
            func (number, pid);
        }
    }
}

/* The list that the kernel keeps of a thread's children. */
static void
add_children_of_thread (pid_t tid,
                        pid_t pid)
{
  char buffer[4096];
  pid_t child = 0;
  ssize_t length, i;
  int fd = open (proc_path (pid, "/task/", tid, "/children"), O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  while ((length = read_some (fd, buffer, sizeof buffer)) > 0)
    for (i = 0; i < length; i++)
      {
        if (buffer[i] >= '0' && buffer[i] <= '9')
          {
            child = child * 10 + (buffer[i] - '0');
            continue;
          }
        if (child > 0)
          add (child, pid);
        child = 0;
      }
  close (fd);
}

static void
add_if_child (pid_t pid,
              pid_t parent)
{
  if (get_parent (pid) == parent)
    add (pid, parent);
}

static void
add_children (pid_t pid)
{
  const char *path = launch_lacks_children_file ? "/proc" : proc_path (pid, NULL, 0, "/task");
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  for_each_entry (fd, launch_lacks_children_file ? add_if_child : add_children_of_thread, pid);
  close (fd);
}

static void
sweep (void)
{
  int i;

  add_children (getpid ());
  for (i = 0; i < n_found; i++)
    {
      int n_before = n_found;

      /* One that has gone meanwhile may have had a stranger's children by then. */
      add_children (found[i].pid);
      while (n_found > n_before && !is_alive (&found[i]))
        drop_last ();
    }
}

static void
find_all (void)
{
  int n_before, i;

  for (i = 0; i < MAX_SWEEPS; i++)
    {
      n_before = n_found;
      sweep ();
      if (n_found == n_before)
        return;
    }
}

static void
check_children_file (void)
{
  /* CONFIG_PROC_CHILDREN; all distributions have it. */
  if (access (proc_path (getpid (), "/task/", getpid (), "/children"), F_OK) != 0)
    launch_lacks_children_file = true;
}

int
launch_signal_descendants (int signum)
{
  int n_signalled, i;

  check_children_file ();

  n_found = 0;
  kill_on_sight = signum == SIGKILL;
  if (kill_on_sight)
    sweep ();
  else
    find_all ();

  for (i = 0; i < n_found && !kill_on_sight; i++)
    send_signal (&found[i], signum);

  n_signalled = n_found;
  while (n_found > 0)
    drop_last ();
  return n_signalled;
}
