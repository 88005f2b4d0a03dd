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

#include "cproc-exit-private.h"

/* Newer than many a system's headers. */
#define WAIT_BY_PIDFD 3

/* struct pidfd_info of Linux 6.13, its first published size; later kernels only append. */
typedef struct
{
  guint64 mask;
  guint64 cgroup_id;
  guint32 ids[11];
  gint32 exit_code; /* as wait() gives it */
} PidfdInfo;

G_STATIC_ASSERT (sizeof (PidfdInfo) == 64);

#define PIDFD_GET_INFO_REQUEST _IOWR (0xFF, 11, PidfdInfo)
#define PIDFD_INFO_HAS_EXIT (G_GUINT64_CONSTANT (1) << 3)

/* How long a process may be between "no longer waited for" and "gone". */
#define REAP_MSEC 100

/* struct rusage as the kernel writes it, which on a 32-bit system is not the C library's. */
typedef struct
{
  __kernel_long_t user_sec, user_usec;
  __kernel_long_t system_sec, system_usec;
  __kernel_long_t max_rss;
  __kernel_long_t others[13];
} KernelUsage;

typedef enum
{
  PEEK_ENDED,
  PEEK_REAPED,
  PEEK_UNKNOWN,
} Peek;

guint cproc_exit_lacks = 0;

static const CprocEnd end_unknown = { .exit_code = -1 };

static void
end_set_status (CprocEnd *end,
                int       status)
{
  if (WIFEXITED (status))
    end->exit_code = WEXITSTATUS (status);
  else if (WIFSIGNALED (status))
    end->term_signal = WTERMSIG (status);
}

static void
end_set_usage (CprocEnd          *end,
               const KernelUsage *usage)
{
  end->has_usage = TRUE;
  end->user_time = usage->user_sec * G_USEC_PER_SEC + usage->user_usec;
  end->system_time = usage->system_sec * G_USEC_PER_SEC + usage->system_usec;
  end->max_rss = usage->max_rss;
}

/* Looks at the process without reaping it, which is GSubprocess's. The system call itself, since
 * the C library's waitid() leaves out the usage. */
static Peek
peek (int       pidfd,
      CprocEnd *end)
{
  siginfo_t info = { 0 };
  KernelUsage usage;
  long result;

  if ((cproc_exit_lacks & CPROC_EXIT_LACKS_WAITID) != 0)
    return PEEK_REAPED;

  do
    result = syscall (SYS_waitid, WAIT_BY_PIDFD, pidfd, &info, WEXITED | WNOWAIT | WNOHANG, &usage);
  while (result < 0 && errno == EINTR);

  if (result < 0)
    return PEEK_REAPED;
  if (info.si_pid == 0)
    return PEEK_UNKNOWN;

  if (info.si_code == CLD_EXITED)
    end->exit_code = info.si_status;
  else
    end->term_signal = info.si_status;
  end_set_usage (end, &usage);

  return PEEK_ENDED;
}

/* The kernel keeps the status for as long as a pidfd is open (Linux 6.15), whoever reaped. */
static gboolean
ask_kernel (int       pidfd,
            CprocEnd *end)
{
  PidfdInfo info = { .mask = PIDFD_INFO_HAS_EXIT };
  struct pollfd gone = { .fd = pidfd };

  if (pidfd < 0 || (cproc_exit_lacks & CPROC_EXIT_LACKS_PIDFD_INFO) != 0)
    return FALSE;
  if (ioctl (pidfd, PIDFD_GET_INFO_REQUEST, &info) != 0)
    return FALSE;

  /* Another thread is reaping it at this moment: a few instructions later it is there. */
  if ((info.mask & PIDFD_INFO_HAS_EXIT) == 0)
    {
      poll (&gone, 1, REAP_MSEC);
      info = (PidfdInfo) { .mask = PIDFD_INFO_HAS_EXIT };
      if (ioctl (pidfd, PIDFD_GET_INFO_REQUEST, &info) != 0)
        return FALSE;
    }

  if ((info.mask & PIDFD_INFO_HAS_EXIT) == 0)
    return FALSE;

  end_set_status (end, info.exit_code);

  return TRUE;
}

/* Where SIGCHLD is ignored nobody learns a status from wait(); GSubprocess says 0 then (up to
 * GLib 2.76), which is success. */
static gboolean
status_is_lost (void)
{
  struct sigaction action;

  return sigaction (SIGCHLD, NULL, &action) == 0 &&
         (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0);
}

/* The process is gone, so its reaper is about to finish: this does not block. */
static void
ask_subprocess (GSubprocess *subprocess,
                CprocEnd    *end)
{
  if (!g_subprocess_wait (subprocess, NULL, NULL) || status_is_lost ())
    return;

  if (g_subprocess_get_if_exited (subprocess))
    end->exit_code = g_subprocess_get_exit_status (subprocess);
  else if (g_subprocess_get_if_signaled (subprocess))
    end->term_signal = g_subprocess_get_term_sig (subprocess);
}

static void
tell (CprocExitWatch *self,
      const CprocEnd *end)
{
  CprocExitFunc func = self->func;
  gpointer user_data = self->user_data;

  /* The owner may free itself, and this with it. */
  cproc_exit_watch_stop (self);
  func (end, user_data);
}

static void
on_reaped (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  /* The task holds the cancellable, which knows the watch for as long as it waits. */
  CprocExitWatch *self = g_object_get_data (G_OBJECT (user_data), "cproc-exit-watch");
  CprocEnd end = end_unknown;

  if (self == NULL)
    return;

  if (!ask_kernel (self->pidfd, &end))
    ask_subprocess (self->subprocess, &end);
  tell (self, &end);
}

static void
wait_for_reaper (CprocExitWatch *self)
{
  self->cancellable = g_cancellable_new ();
  g_object_set_data (G_OBJECT (self->cancellable), "cproc-exit-watch", self);

  g_main_context_push_thread_default (self->context);
  g_subprocess_wait_async (self->subprocess, self->cancellable, on_reaped, self->cancellable);
  g_main_context_pop_thread_default (self->context);
}

static void
stop_waiting (CprocExitWatch *self)
{
  g_autoptr (GCancellable) cancellable = g_steal_pointer (&self->cancellable);

  if (cancellable == NULL)
    return;

  g_object_set_data (G_OBJECT (cancellable), "cproc-exit-watch", NULL);
  g_cancellable_cancel (cancellable);
}

static void
on_readable (gpointer user_data)
{
  CprocExitWatch *self = user_data;
  CprocEnd end = end_unknown;

  switch (peek (self->pidfd, &end))
    {
    case PEEK_REAPED:
      if (!ask_kernel (self->pidfd, &end))
        ask_subprocess (self->subprocess, &end);
      tell (self, &end);
      break;

    case PEEK_UNKNOWN:
      /* A debugger holds it: it has ended, but is not to be waited for before the debugger lets
       * go, and its pidfd stays readable all that time. */
      cproc_watch_stop (&self->watch);
      wait_for_reaper (self);
      break;

    case PEEK_ENDED:
    default:
      tell (self, &end);
      break;
    }
}

void
cproc_exit_watch_start (CprocExitWatch *self,
                        GMainContext   *context,
                        GSubprocess    *subprocess,
                        int             pidfd,
                        CprocExitFunc   func,
                        gpointer        user_data)
{
  g_assert (G_IS_SUBPROCESS (subprocess));
  g_assert (func != NULL);

  cproc_exit_watch_stop (self);

  self->context = context != NULL ? g_main_context_ref (context) : g_main_context_ref_thread_default ();
  self->subprocess = g_object_ref (subprocess);
  self->pidfd = pidfd;
  self->func = func;
  self->user_data = user_data;

  if (pidfd >= 0)
    cproc_watch_start (&self->watch, self->context, pidfd, G_IO_IN, on_readable, self);
  else
    wait_for_reaper (self);
}

void
cproc_exit_watch_stop (CprocExitWatch *self)
{
  cproc_watch_stop (&self->watch);
  stop_waiting (self);
  g_clear_object (&self->subprocess);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
cproc_exit_watch_move (CprocExitWatch *self,
                       GMainContext   *context)
{
  if (self->subprocess == NULL)
    return;

  g_main_context_ref (context);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = context;

  cproc_watch_move (&self->watch, context);
  if (self->cancellable != NULL)
    {
      stop_waiting (self);
      wait_for_reaper (self);
    }
}
