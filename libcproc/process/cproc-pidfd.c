/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <linux/posix_types.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cproc-pidfd-private.h"

/* The headers of many systems lack these. */
#define WAIT_BY_PIDFD 3
#define SIGNAL_PROCESS_GROUP (1u << 2)

/* struct pidfd_info of Linux 6.13, its first published size; later kernels only append. */
typedef struct
{
  guint64 mask;
  guint64 cgroup_id;
  guint32 ids[11];
  gint32 exit_code; /* as wait() gives it */
} PidfdInfo;

G_STATIC_ASSERT (sizeof (PidfdInfo) == 64);

#define GET_INFO _IOWR (0xFF, 11, PidfdInfo)
#define INFO_EXIT (G_GUINT64_CONSTANT (1) << 3)

/* struct rusage as the kernel writes it; on a 32-bit system the C library's differs. */
typedef struct
{
  __kernel_long_t user_sec, user_usec;
  __kernel_long_t system_sec, system_usec;
  __kernel_long_t max_rss;
  __kernel_long_t others[13];
} KernelUsage;

/* The longest time from the moment when a process can no longer be waited for until it is gone. */
#define REAP_MSEC 100

guint cproc_pidfd_lacks = 0;

static gboolean
lacks (guint what)
{
  return (g_atomic_int_get (&cproc_pidfd_lacks) & what) != 0;
}

int
cproc_pidfd_open (pid_t pid)
{
  return (int) syscall (SYS_pidfd_open, pid, 0);
}

int
cproc_kill (pid_t number,
            int   signum)
{
  if (number >= -1 && number <= 1)
    return ESRCH;

  return kill (number, signum) == 0 ? 0 : errno;
}

static int
send_signal (int   pidfd,
             int   signum,
             guint flags)
{
  if (lacks (CPROC_PIDFD_LACKS_SIGNAL))
    return ENOSYS;

  return syscall (SYS_pidfd_send_signal, pidfd, signum, NULL, flags) == 0 ? 0 : errno;
}

gboolean
cproc_pidfd_is_refused (int error_number)
{
  int pidfd, own_result;

  if (error_number == ENOSYS)
    return TRUE;
  if (error_number != EPERM && error_number != EACCES)
    return FALSE;

  /* Test with this process: another one may belong to another user, but a process may always signal
   * itself. */
  pidfd = cproc_pidfd_open (getpid ());
  if (pidfd < 0)
    return TRUE;

  own_result = send_signal (pidfd, 0, 0);
  close (pidfd);

  return own_result != 0;
}

int
cproc_pidfd_signal (int pidfd,
                    int signum)
{
  return send_signal (pidfd, signum, 0);
}

int
cproc_pidfd_signal_child (int          pidfd,
                          GSubprocess *subprocess,
                          int          signum)
{
  int result = pidfd >= 0 ? cproc_pidfd_signal (pidfd, signum) : ESRCH;

  if (subprocess == NULL || (pidfd >= 0 && !cproc_pidfd_is_refused (result)))
    return result;
  if (g_subprocess_get_identifier (subprocess) == NULL)
    return ESRCH;
  if (signum > 0)
    g_subprocess_send_signal (subprocess, signum);

  return 0;
}

int
cproc_pidfd_signal_group (int pidfd,
                          int signum)
{
  if (lacks (CPROC_PIDFD_LACKS_GROUP))
    return EINVAL;

  return send_signal (pidfd, signum, SIGNAL_PROCESS_GROUP);
}

static void
end_set_usage (CprocExitStatus   *end,
               const KernelUsage *usage)
{
  end->has_usage = TRUE;
  end->usage = (CprocResourceUsage) {
    .user_time = (gint64) usage->user_sec * G_USEC_PER_SEC + usage->user_usec,
    .system_time = (gint64) usage->system_sec * G_USEC_PER_SEC + usage->system_usec,
    .max_rss = (gint64) usage->max_rss * 1024,
  };
}

CprocWaitResult
cproc_pidfd_peek (int              pidfd,
                  CprocExitStatus *end)
{
  siginfo_t info = { 0 };
  KernelUsage usage;
  long result;

  if (lacks (CPROC_PIDFD_LACKS_PEEK))
    return CPROC_WAIT_RESULT_NOT_OURS;

  /* Call the system call directly: the C library's waitid() does not return the usage. */
  do
    result = syscall (SYS_waitid, WAIT_BY_PIDFD, pidfd, &info, WEXITED | WNOWAIT | WNOHANG, &usage);
  while (result < 0 && errno == EINTR);

  if (result < 0)
    return CPROC_WAIT_RESULT_NOT_OURS;
  if (info.si_pid == 0)
    return CPROC_WAIT_RESULT_RUNNING;

  if (info.si_code == CLD_EXITED)
    end->exit_code = info.si_status;
  else
    end->term_signal = info.si_status;
  end_set_usage (end, &usage);

  return CPROC_WAIT_RESULT_EXITED;
}

CprocWaitResult
cproc_pidfd_peek_stop (int              pidfd,
                       CprocExitStatus *end)
{
  siginfo_t info = { 0 };
  long result;

  do
    result = syscall (SYS_waitid, WAIT_BY_PIDFD, pidfd, &info, WSTOPPED | WNOWAIT | WNOHANG, NULL);
  while (result < 0 && errno == EINTR);

  if (result < 0 || info.si_pid == 0)
    return CPROC_WAIT_RESULT_RUNNING;
  end->stop_signal = info.si_status;

  return CPROC_WAIT_RESULT_STOPPED;
}

void
cproc_pidfd_reap (int pidfd)
{
  siginfo_t info;

  while (syscall (SYS_waitid, WAIT_BY_PIDFD, pidfd, &info, WEXITED | WNOHANG, NULL) < 0 &&
         errno == EINTR)
    ;
}

static gboolean
get_info (int        pidfd,
          PidfdInfo *info)
{
  *info = (PidfdInfo) { .mask = INFO_EXIT };

  return ioctl (pidfd, GET_INFO, info) == 0;
}

gboolean
cproc_pidfd_get_end (int              pidfd,
                     CprocExitStatus *end)
{
  PidfdInfo info;

  if (lacks (CPROC_PIDFD_LACKS_END) || !get_info (pidfd, &info))
    return FALSE;

  if ((info.mask & INFO_EXIT) == 0)
    {
      /* Another thread is reaping the process at this moment; the kernel stores the end when it has
       * finished. */
      cproc_pidfd_await_reaped (pidfd);
      if (!get_info (pidfd, &info) || (info.mask & INFO_EXIT) == 0)
        return FALSE;
    }

  cproc_exit_status_set_wait_status (end, info.exit_code);

  return TRUE;
}

void
cproc_pidfd_await_reaped (int pidfd)
{
  struct pollfd gone = { .fd = pidfd };

  /* Ends with POLLHUP, which poll() always reports: the process no longer exists (Linux 6.9). */
  while (poll (&gone, 1, REAP_MSEC) < 0 && errno == EINTR)
    ;
}

void
cproc_exit_status_set_wait_status (CprocExitStatus *end,
                                   int              status)
{
  if (WIFEXITED (status))
    end->exit_code = WEXITSTATUS (status);
  else if (WIFSIGNALED (status))
    end->term_signal = WTERMSIG (status);
}
