/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cproc-fd-private.h"
#include "cproc-process-tree-private.h"
#include "launch-descendants.h"
#include "launch-tree.h"

/* Reads a report. Returns 0 if the connection is closed, -1 if there is no report yet. */
static ssize_t
receive (CprocProcessTree *self,
         LaunchTreeReport *report)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control;
  struct iovec part = { report, sizeof *report };
  struct msghdr message = {
    .msg_iov = &part,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };
  struct cmsghdr *header;
  ssize_t length;

  do
    length = recvmsg (self->control_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);

  header = length > 0 ? CMSG_FIRSTHDR (&message) : NULL;
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    {
      cproc_fd_clear (&self->target_pidfd);
      memcpy (&self->target_pidfd, CMSG_DATA (header), sizeof (int));
    }

  if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return -1;

  return length == (ssize_t) sizeof *report ? length : 0;
}

/* Continues the helper, which a descendant may have stopped. */
static void
wake_helper (CprocProcessTree *self)
{
  cproc_pidfd_signal_child (self->helper_pidfd, self->helper, SIGCONT);
}

static int
send_command (CprocProcessTree  *self,
              LaunchTreeCommand  command)
{
  ssize_t length;

  if (self->is_gone)
    return ESRCH;

  wake_helper (self);
  do
    length = send (self->control_fd, &command, sizeof command, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (length < 0 && errno == EINTR);

  if (length == (ssize_t) sizeof command)
    return 0;

  /* The helper ends when it has nothing left to watch. */
  if (length < 0 && (errno == EPIPE || errno == ECONNRESET))
    {
      self->is_gone = TRUE;
      return ESRCH;
    }

  return length < 0 ? errno : EIO;
}

int
cproc_process_tree_signal (CprocProcessTree *self,
                           int               signum)
{
  return send_command (self, (LaunchTreeCommand) { LAUNCH_TREE_SIGNAL, signum, 0 });
}

int
cproc_process_tree_terminate (CprocProcessTree *self,
                              int               signum,
                              int               grace)
{
  return send_command (self, (LaunchTreeCommand) { LAUNCH_TREE_END, signum, grace });
}

/* Kills what can be reached without the helper: the program and its group. */
static void
kill_target (CprocProcessTree *self)
{
  LaunchTreeReport report;

  /* The report with the pidfd comes first, and may still be unread. */
  if (self->target_pidfd < 0)
    receive (self, &report);
  if (self->target_pidfd < 0)
    return;

  cproc_pidfd_signal (self->target_pidfd, SIGKILL);
  cproc_pidfd_signal_group (self->target_pidfd, SIGKILL);
}

/* Kills the children of the helper, even if it is stopped. Orphans of these become its children. */
static guint
kill_children (CprocProcessTree *self)
{
  static GMutex mutex; /* launch-descendants.c is not thread-safe */
  guint n = 0;

  /* The pid cannot be reused until the helper is reaped. */
  if (self->helper_pid <= 1 || cproc_pidfd_signal_child (self->helper_pidfd, self->helper, 0) != 0)
    return 0;

  g_mutex_lock (&mutex);
  if (launch_proc_is_ours ())
    n = (guint) launch_kill_children_of (self->helper_pid, self->helper_pidfd);
  g_mutex_unlock (&mutex);

  return n;
}

guint
cproc_process_tree_force_kill (CprocProcessTree *self)
{
  if (cproc_process_tree_signal (self, SIGKILL) == ESRCH)
    return 0;

  kill_target (self);

  return kill_children (self);
}

CprocWaitResult
cproc_process_tree_read_exit (CprocProcessTree *self,
                              CprocExitStatus  *end)
{
  LaunchTreeReport report;

  for (;;)
    {
      ssize_t length = receive (self, &report);

      if (length < 0)
        return CPROC_WAIT_RESULT_RUNNING;
      if (length == 0)
        {
          /* A descendant has killed the helper; the others are init's children now. */
          self->is_gone = TRUE;
          kill_target (self);
          return CPROC_WAIT_RESULT_NOT_OURS;
        }
      if (report.kind == LAUNCH_TREE_ENDED)
        break;
      if (report.kind == LAUNCH_TREE_STOPPED)
        {
          end->stop_signal = report.status;
          return report.status != 0 ? CPROC_WAIT_RESULT_STOPPED : CPROC_WAIT_RESULT_CONTINUED;
        }
    }

  cproc_exit_status_set_wait_status (end, report.status);
  end->has_usage = TRUE;
  end->usage = (CprocResourceUsage) {
    .user_time = report.user_time,
    .system_time = report.system_time,
    .max_rss = report.max_rss * 1024,
  };

  self->is_gone = report.is_gone != 0;

  return CPROC_WAIT_RESULT_EXITED;
}

/* After unshare (CLONE_NEWPID) the pids of children belong to a namespace that /proc does not
 * show. */
static gboolean
children_share_namespace (void)
{
  struct stat own, of_children;

  return stat ("/proc/self/ns/pid", &own) != 0 ||
         stat ("/proc/self/ns/pid_for_children", &of_children) != 0 ||
         (own.st_ino == of_children.st_ino && own.st_dev == of_children.st_dev);
}

gboolean
cproc_process_tree_is_possible (void)
{
  return launch_proc_is_ours () && children_share_namespace ();
}

void
cproc_process_tree_init (CprocProcessTree *self,
                         int               control_fd,
                         GSubprocess      *helper,
                         pid_t             helper_pid,
                         int               helper_pidfd)
{
  *self = (CprocProcessTree) {
    .control_fd = control_fd,
    .helper = helper,
    .helper_pid = helper_pid,
    .helper_pidfd = helper_pidfd,
    .target_pidfd = -1,
  };
}

void
cproc_process_tree_clear (CprocProcessTree *self)
{
  if (!self->is_gone)
    wake_helper (self);

  cproc_fd_clear (&self->control_fd);
  cproc_fd_clear (&self->target_pidfd);
}
