/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "cproc-fd-private.h"
#include "cproc-process-tree-private.h"
#include "launch-tree.h"

/* 0 at the end of the line, -1 where there is nothing yet. */
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

static int
send_command (CprocProcessTree  *self,
              LaunchTreeCommand  command)
{
  ssize_t length;

  if (self->is_gone)
    return ESRCH;

  /* A descendant may have stopped it. */
  if (self->helper_pidfd >= 0)
    cproc_pidfd_signal (self->helper_pidfd, SIGCONT);

  do
    length = send (self->control_fd, &command, sizeof command, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (length < 0 && errno == EINTR);

  if (length == (ssize_t) sizeof command)
    return 0;

  /* The helper ends when there is nothing left for it to watch over. */
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
                              guint             grace)
{
  return send_command (self, (LaunchTreeCommand) { LAUNCH_TREE_END, signum, grace });
}

/* What can be had of it without the helper: the program and its group. */
static void
kill_target (CprocProcessTree *self)
{
  LaunchTreeReport report;

  /* It came first of all, and may not have been read yet. */
  if (self->target_pidfd < 0)
    receive (self, &report);
  if (self->target_pidfd < 0)
    return;

  cproc_pidfd_signal (self->target_pidfd, SIGKILL);
  cproc_pidfd_signal_group (self->target_pidfd, SIGKILL);
}

int
cproc_process_tree_force_kill (CprocProcessTree *self)
{
  int error_number = cproc_process_tree_signal (self, SIGKILL);

  if (error_number != ESRCH)
    kill_target (self);

  return error_number;
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
          /* What killed the helper is one of those it watched over, which now are init's. */
          self->is_gone = TRUE;
          kill_target (self);
          return CPROC_WAIT_RESULT_NOT_OURS;
        }
      if (report.kind == LAUNCH_TREE_ENDED)
        break;
    }

  cproc_exit_status_set_wait_status (end, report.status);
  end->has_usage = TRUE;
  end->user_time = report.user_time;
  end->system_time = report.system_time;
  end->max_rss = report.max_rss;

  self->is_gone = report.is_gone != 0;

  return CPROC_WAIT_RESULT_EXITED;
}

void
cproc_process_tree_init (CprocProcessTree *self,
                         int               control_fd,
                         int               helper_pidfd)
{
  *self = (CprocProcessTree) {
    .control_fd = control_fd,
    .helper_pidfd = helper_pidfd,
    .target_pidfd = -1,
  };
}

void
cproc_process_tree_clear (CprocProcessTree *self)
{
  if (!self->is_gone && self->helper_pidfd >= 0)
    cproc_pidfd_signal (self->helper_pidfd, SIGCONT);

  cproc_fd_clear (&self->control_fd);
  cproc_fd_clear (&self->target_pidfd);
}
