/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The names as they are, not those for large files. */
#undef _FILE_OFFSET_BITS
#define _LARGEFILE64_SOURCE 1

#include "config.h"

#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static const char *const names[INJECT_N_CALLS] = {
  [INJECT_PIPE2] = "pipe2",
  [INJECT_SOCKETPAIR] = "socketpair",
  [INJECT_FCNTL_DUP] = "fcntl-dup",
  [INJECT_FCNTL] = "fcntl",
  [INJECT_OPEN] = "open",
  [INJECT_READ] = "read",
  [INJECT_WRITEV] = "writev",
  [INJECT_SEND] = "send",
  [INJECT_SENDMSG] = "sendmsg",
  [INJECT_RECVMSG] = "recvmsg",
  [INJECT_POLL] = "poll",
  [INJECT_EPOLL_CREATE1] = "epoll_create1",
  [INJECT_EPOLL_CTL] = "epoll_ctl",
  [INJECT_EPOLL_WAIT] = "epoll_wait",
  [INJECT_EVENTFD] = "eventfd",
  [INJECT_GETSOCKOPT] = "getsockopt",
  [INJECT_IOCTL] = "ioctl",
  [INJECT_ACCESS] = "access",
  [INJECT_KILL] = "kill",
  [INJECT_GETPGID] = "getpgid",
  [INJECT_GETSID] = "getsid",
  [INJECT_MMAP] = "mmap",
  [INJECT_MREMAP] = "mremap",
  [INJECT_MADVISE] = "madvise",
  [INJECT_PIDFD_OPEN] = "pidfd_open",
  [INJECT_PIDFD_SEND_SIGNAL] = "pidfd_send_signal",
  [INJECT_WAITID] = "waitid",
  [INJECT_POSIX_SPAWN] = "posix_spawn",
  [INJECT_POSIX_OPENPT] = "posix_openpt",
  [INJECT_TCGETATTR] = "tcgetattr",
  [INJECT_WRITE] = "write",
};

/* Of libcproc's program text. */
static guintptr text_start, text_end;

static struct
{
  int call; /* atomic; -1: none */
  guint number;
  int error_number;
  gboolean ever_after;
  guint n_calls;  /* atomic */
  guint n_failed; /* atomic */
} order = { .call = -1 };

const char *
inject_get_name (InjectCall call)
{
  return names[call];
}

static int
find_text (struct dl_phdr_info *info,
           size_t               size,
           void                *base)
{
  if (info->dlpi_addr != (ElfW(Addr)) (guintptr) base)
    return 0;

  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0)
      {
        text_start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        text_end = text_start + info->dlpi_phdr[i].p_memsz;
      }

  return 1;
}

static void
find_library (void)
{
  void *symbol = dlsym (RTLD_DEFAULT, "cproc_child_new");
  Dl_info info;

  if (symbol != NULL && dladdr (symbol, &info) != 0)
    dl_iterate_phdr (find_text, info.dli_fbase);
}

void
inject_arm (InjectCall call,
            guint      number,
            int        error_number,
            gboolean   ever_after)
{
  find_library ();
  g_assert (text_end > text_start);

  order.number = number;
  order.error_number = error_number;
  order.ever_after = ever_after;
  g_atomic_int_set (&order.n_calls, 0);
  g_atomic_int_set (&order.n_failed, 0);
  g_atomic_int_set (&order.call, (int) call);
}

guint
inject_disarm (void)
{
  g_atomic_int_set (&order.call, -1);

  return g_atomic_int_get (&order.n_failed);
}

/* Whether this call is to fail, as errno says. */
static gboolean
fails (InjectCall  call,
       const void *caller)
{
  guint number;

  if (g_atomic_int_get (&order.call) != (int) call)
    return FALSE;
  if (call != INJECT_POSIX_SPAWN &&
      ((guintptr) caller < text_start || (guintptr) caller >= text_end))
    return FALSE;

  number = g_atomic_int_add (&order.n_calls, 1) + 1;
  if (order.ever_after ? number < order.number : number != order.number)
    return FALSE;

  g_atomic_int_add (&order.n_failed, 1);
  errno = order.error_number;

  return TRUE;
}

#define CALLER __builtin_return_address (0)

static void *
find_next (void       **next,
           const char  *name)
{
  if (g_atomic_pointer_get (next) == NULL)
    g_atomic_pointer_set (next, dlsym (RTLD_NEXT, name));

  return g_atomic_pointer_get (next);
}

/* The C library's own. */
#define NEXT(function, ...) \
  ({ static void *next; ((__typeof__ (&function)) find_next (&next, #function)) (__VA_ARGS__); })

int
pipe2 (int fds[2],
       int flags)
{
  return fails (INJECT_PIPE2, CALLER) ? -1 : NEXT (pipe2, fds, flags);
}

int
socketpair (int domain,
            int type,
            int protocol,
            int fds[2])
{
  return fails (INJECT_SOCKETPAIR, CALLER) ? -1 : NEXT (socketpair, domain, type, protocol, fds);
}

static InjectCall
which_fcntl (int command)
{
  switch (command)
    {
    case F_DUPFD_CLOEXEC:
      return INJECT_FCNTL_DUP;
    case F_GETFD:
      /* Fails for what is not open, and for that alone. */
      return INJECT_N_CALLS;
    default:
      return INJECT_FCNTL;
    }
}

/* A pointer or a number: one register either way, or what follows on the stack. There may have been
 * fewer, and then it is not used. */
__attribute__ ((no_sanitize_address))
static long
take_argument (va_list arguments)
{
  return va_arg (arguments, long);
}

int
fcntl (int fd,
       int command,
       ...)
{
  va_list arguments;
  long argument;

  va_start (arguments, command);
  argument = take_argument (arguments);
  va_end (arguments);

  return fails (which_fcntl (command), CALLER) ? -1 : NEXT (fcntl, fd, command, argument);
}

int
fcntl64 (int fd,
         int command,
         ...)
{
  va_list arguments;
  long argument;

  va_start (arguments, command);
  argument = take_argument (arguments);
  va_end (arguments);

  return fails (which_fcntl (command), CALLER) ? -1 : NEXT (fcntl64, fd, command, argument);
}

int
open (const char *path,
      int         flags,
      ...)
{
  va_list arguments;
  long mode;

  va_start (arguments, flags);
  mode = take_argument (arguments);
  va_end (arguments);

  return fails (INJECT_OPEN, CALLER) ? -1 : NEXT (open, path, flags, (mode_t) mode);
}

int
open64 (const char *path,
        int         flags,
        ...)
{
  va_list arguments;
  long mode;

  va_start (arguments, flags);
  mode = take_argument (arguments);
  va_end (arguments);

  return fails (INJECT_OPEN, CALLER) ? -1 : NEXT (open64, path, flags, (mode_t) mode);
}

ssize_t
read (int     fd,
      void   *data,
      size_t  size)
{
  return fails (INJECT_READ, CALLER) ? -1 : NEXT (read, fd, data, size);
}

int
posix_openpt (int flags)
{
  return fails (INJECT_POSIX_OPENPT, CALLER) ? -1 : NEXT (posix_openpt, flags);
}

int
tcgetattr (int             fd,
           struct termios *modes)
{
  return fails (INJECT_TCGETATTR, CALLER) ? -1 : NEXT (tcgetattr, fd, modes);
}

ssize_t
write (int         fd,
       const void *data,
       size_t      size)
{
  return fails (INJECT_WRITE, CALLER) ? -1 : NEXT (write, fd, data, size);
}

ssize_t
writev (int                 fd,
        const struct iovec *vectors,
        int                 n_vectors)
{
  return fails (INJECT_WRITEV, CALLER) ? -1 : NEXT (writev, fd, vectors, n_vectors);
}

ssize_t
send (int         fd,
      const void *data,
      size_t      size,
      int         flags)
{
  return fails (INJECT_SEND, CALLER) ? -1 : NEXT (send, fd, data, size, flags);
}

ssize_t
sendmsg (int                  fd,
         const struct msghdr *message,
         int                  flags)
{
  return fails (INJECT_SENDMSG, CALLER) ? -1 : NEXT (sendmsg, fd, message, flags);
}

ssize_t
recvmsg (int            fd,
         struct msghdr *message,
         int            flags)
{
  return fails (INJECT_RECVMSG, CALLER) ? -1 : NEXT (recvmsg, fd, message, flags);
}

int
poll (struct pollfd *fds,
      nfds_t         n_fds,
      int            timeout)
{
  return fails (INJECT_POLL, CALLER) ? -1 : NEXT (poll, fds, n_fds, timeout);
}

int
epoll_create1 (int flags)
{
  return fails (INJECT_EPOLL_CREATE1, CALLER) ? -1 : NEXT (epoll_create1, flags);
}

int
epoll_ctl (int                 epoll_fd,
           int                 operation,
           int                 fd,
           struct epoll_event *event)
{
  return fails (INJECT_EPOLL_CTL, CALLER) ? -1 : NEXT (epoll_ctl, epoll_fd, operation, fd, event);
}

int
epoll_wait (int                 epoll_fd,
            struct epoll_event *events,
            int                 n_events,
            int                 timeout)
{
  return fails (INJECT_EPOLL_WAIT, CALLER)
           ? -1
           : NEXT (epoll_wait, epoll_fd, events, n_events, timeout);
}

int
eventfd (unsigned value,
         int      flags)
{
  return fails (INJECT_EVENTFD, CALLER) ? -1 : NEXT (eventfd, value, flags);
}

int
getsockopt (int        fd,
            int        level,
            int        option,
            void      *value,
            socklen_t *length)
{
  return fails (INJECT_GETSOCKOPT, CALLER) ? -1
                                           : NEXT (getsockopt, fd, level, option, value, length);
}

int
ioctl (int           fd,
       unsigned long request,
       ...)
{
  va_list arguments;
  long argument;

  va_start (arguments, request);
  argument = take_argument (arguments);
  va_end (arguments);

  return fails (INJECT_IOCTL, CALLER) ? -1 : NEXT (ioctl, fd, request, argument);
}

int
access (const char *path,
        int         mode)
{
  return fails (INJECT_ACCESS, CALLER) ? -1 : NEXT (access, path, mode);
}

int
kill (pid_t pid,
      int   signum)
{
  return fails (INJECT_KILL, CALLER) ? -1 : NEXT (kill, pid, signum);
}

pid_t
getpgid (pid_t pid)
{
  return fails (INJECT_GETPGID, CALLER) ? -1 : NEXT (getpgid, pid);
}

pid_t
getsid (pid_t pid)
{
  return fails (INJECT_GETSID, CALLER) ? -1 : NEXT (getsid, pid);
}

void *
mmap (void   *address,
      size_t  length,
      int     protection,
      int     flags,
      int     fd,
      off_t   offset)
{
  return fails (INJECT_MMAP, CALLER) ? MAP_FAILED
                                     : NEXT (mmap, address, length, protection, flags, fd, offset);
}

void *
mmap64 (void    *address,
        size_t   length,
        int      protection,
        int      flags,
        int      fd,
        off64_t  offset)
{
  return fails (INJECT_MMAP, CALLER)
           ? MAP_FAILED
           : NEXT (mmap64, address, length, protection, flags, fd, offset);
}

void *
mremap (void   *address,
        size_t  old_length,
        size_t  length,
        int     flags,
        ...)
{
  va_list arguments;
  long new_address;

  va_start (arguments, flags);
  new_address = take_argument (arguments);
  va_end (arguments);

  return fails (INJECT_MREMAP, CALLER)
           ? MAP_FAILED
           : NEXT (mremap, address, old_length, length, flags, new_address);
}

int
madvise (void   *address,
         size_t  length,
         int     advice)
{
  return fails (INJECT_MADVISE, CALLER) ? -1 : NEXT (madvise, address, length, advice);
}

static InjectCall
which_syscall (long number)
{
  switch (number)
    {
    case SYS_pidfd_open:
      return INJECT_PIDFD_OPEN;
    case SYS_pidfd_send_signal:
      return INJECT_PIDFD_SEND_SIGNAL;
    case SYS_waitid:
      return INJECT_WAITID;
    default:
      return INJECT_N_CALLS;
    }
}

long
syscall (long number,
         ...)
{
  va_list arguments;
  long taken[6];

  va_start (arguments, number);
  for (guint i = 0; i < G_N_ELEMENTS (taken); i++)
    taken[i] = take_argument (arguments);
  va_end (arguments);

  return fails (which_syscall (number), CALLER)
           ? -1
           : NEXT (syscall, number, taken[0], taken[1], taken[2], taken[3], taken[4], taken[5]);
}

int
posix_spawn (pid_t                            *pid,
             const char                       *path,
             const posix_spawn_file_actions_t *actions,
             const posix_spawnattr_t          *attributes,
             char *const                       argv[],
             char *const                       envp[])
{
  return fails (INJECT_POSIX_SPAWN, CALLER)
           ? errno
           : NEXT (posix_spawn, pid, path, actions, attributes, argv, envp);
}
