/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch-descendants.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define WAIT_BY_PIDFD 3 /* P_PIDFD, which is newer than some headers */

#define MAX_FOUND 4096

/* A sweep that finds nothing new has found all. The bound ends the call even if a program forks for
 * ever. */
#define MAX_SWEEPS 8

/* A pid can be reused at any time. So a process is first held by a pidfd, and then checked to be a
 * child of another held process. Thus each process, from the root downwards, is known to be the
 * right one. */
typedef struct
{
  pid_t pid;
  int fd;
} Found;

/* The layout of getdents64(). */
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

/* The first entry is the root, which is not signalled; the caller owns its pidfd. */
static Found found[MAX_FOUND + 1];
static int n_found;

/* SIGKILL is sent as soon as a process is found: it might fork and exit before the sweep is
 * over. */
static bool kill_on_sight;

/* The pid that is_listed() looks for, and whether it was found. */
static pid_t sought;
static bool is_there;

/* Builds "/proc/PID/task/TID/children"; the last parts are left out if they are NULL or 0. */
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

/* Returns -1 if there is no such process. */
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

  /* "PID (NAME) STATE PARENT": the name may contain any character. */
  p = strrchr (text, ')');
  if (p == NULL || strlen (p) < 5)
    return -1;
  for (p += 4; *p >= '0' && *p <= '9'; p++)
    parent = parent * 10 + (*p - '0');
  return parent;
}

/* Returns whether a sandbox refuses the system call: some sandboxes allow only one of two similar
 * calls. */
static bool
is_refused (int error)
{
  return error == ENOSYS || error == EPERM || error == EACCES;
}

/* Returns whether the process lives. A zombie does not count: it has no children, and signals have
 * no effect on it. */
static bool
is_alive (const Found *one)
{
  struct pollfd pollfd = { one->fd, POLLIN, 0 };

  if (one->fd < 0)
    return kill (one->pid, 0) == 0 || errno != ESRCH;
  return poll (&pollfd, 1, 0) == 0;
}

static void
send_signal (const Found *one,
             int          signum)
{
  if (one->fd >= 0
      && (syscall (SYS_pidfd_send_signal, (long) one->fd, (long) signum, NULL, 0L) == 0
          || !is_refused (errno)))
    return;

  /* The pid cannot be reused as long as the process lives. */
  if (is_alive (one))
    kill (one->pid, signum);
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

/* Calls a function for each entry of a directory whose name is a number. */
static void
for_each_entry (int     dir_fd,
                PidFunc func,
                pid_t   pid)
{
  _Alignas (DirEntry) char buffer[4096];
  long length;

  while ((length = syscall (SYS_getdents64, (long) dir_fd, buffer, (long) sizeof buffer)) > 0)
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

/* Reads the kernel's list of a thread's children. */
static void
for_each_child_of_thread (pid_t   tid,
                          pid_t   pid,
                          PidFunc func)
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
          func (child, pid);
        child = 0;
      }
  close (fd);
}

static void
compare_with_sought (pid_t pid,
                     pid_t parent)
{
  is_there = is_there || pid == sought;
}

static void
seek_in_thread (pid_t tid,
                pid_t pid)
{
  for_each_child_of_thread (tid, pid, compare_with_sought);
}

static bool
is_listed (pid_t pid,
           pid_t parent)
{
  int fd = open (proc_path (parent, NULL, 0, "/task"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return false;
  sought = pid;
  is_there = false;
  for_each_entry (fd, seek_in_thread, parent);
  close (fd);
  return is_there;
}

/* Returns whether the pid is in its parent's list. If /proc is mounted with "hidepid" it hides a
 * process that is not dumpable, but wait() and the parent's list of children still show it. */
static bool
is_child (const Found *one,
          pid_t        parent)
{
  siginfo_t info;
  pid_t actual;

  if (parent == getpid ())
    return syscall (SYS_waitid, (long) (one->fd >= 0 ? WAIT_BY_PIDFD : P_PID),
                    (long) (one->fd >= 0 ? one->fd : one->pid), &info,
                    (long) (WEXITED | WNOHANG | WNOWAIT | __WALL), NULL) == 0;

  actual = get_parent (one->pid);
  return actual >= 0 ? actual == parent : is_listed (one->pid, parent);
}

static void
add (pid_t pid,
     pid_t parent)
{
  Found *one = &found[n_found];

  if (n_found > MAX_FOUND || is_found (pid))
    return;

  one->pid = pid;
  one->fd = launch_lacks_pidfd ? -1 : (int) syscall (SYS_pidfd_open, (long) pid, 0L);
  if (one->fd < 0 && !launch_lacks_pidfd && !is_refused (errno))
    return;

  n_found++;
  if (!is_child (one, parent) || !is_alive (one))
    drop_last ();
  else if (kill_on_sight)
    send_signal (one, SIGKILL);
}

static void
add_children_of_thread (pid_t tid,
                        pid_t pid)
{
  for_each_child_of_thread (tid, pid, add);
}

static void
add_if_child (pid_t pid,
              pid_t parent)
{
  if (get_parent (pid) == parent)
    add (pid, parent);
}

/* Adds the children of a held process. */
static void
add_children (const Found *parent)
{
  const char *path = launch_lacks_children_file ? "/proc"
                                                : proc_path (parent->pid, NULL, 0, "/task");
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int n_before = n_found;

  if (fd < 0)
    return;
  for_each_entry (fd, launch_lacks_children_file ? add_if_child : add_children_of_thread,
                  parent->pid);
  close (fd);

  /* If the parent has ended meanwhile, these may be the children of another process. */
  while (n_found > n_before && !is_alive (parent))
    drop_last ();
}

static void
sweep (void)
{
  int i;

  for (i = 0; i < n_found; i++)
    add_children (&found[i]);
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
begin (pid_t pid,
       int   pidfd)
{
  /* CONFIG_PROC_CHILDREN; all distributions have it. */
  if (access (proc_path (getpid (), "/task/", getpid (), "/children"), F_OK) != 0)
    launch_lacks_children_file = true;

  found[0] = (Found) { pid, pidfd };
  n_found = 1;
}

/* Drops the processes that were found and returns their number. */
static int
end (void)
{
  int n = n_found - 1;

  while (n_found > 1)
    drop_last ();
  return n;
}

int
launch_signal_descendants (int signum)
{
  int i;

  begin (getpid (), -1);
  kill_on_sight = signum == SIGKILL;
  if (kill_on_sight)
    sweep ();
  else
    find_all ();

  for (i = 1; i < n_found && !kill_on_sight; i++)
    send_signal (&found[i], signum);
  return end ();
}

int
launch_kill_children_of (pid_t pid,
                         int   pidfd)
{
  begin (pid, pidfd);
  kill_on_sight = true;
  add_children (&found[0]);
  return end ();
}

bool
launch_proc_is_ours (void)
{
  char text[16];
  ssize_t length = readlink ("/proc/self", text, sizeof text);
  pid_t pid = 0;
  ssize_t i;

  for (i = 0; i < length; i++)
    pid = pid * 10 + (text[i] - '0');
  return pid == getpid ();
}
