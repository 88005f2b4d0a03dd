/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The helper's reports to the library on the status socket. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launch.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* the same on every architecture but Alpha */
#endif

void
launch_report (int        status_fd,
               LaunchStep step,
               int        value,
               int        detail)
{
  LaunchRecord record = { (int32_t) step, value, detail };

  while (write (status_fd, &record, sizeof record) < 0 && errno == EINTR)
    ;
}

void
launch_report_process (int  status_fd,
                       bool is_locked)
{
  union
  {
    char bytes[CMSG_SPACE (sizeof (int))];
    struct cmsghdr alignment;
  } control = { { 0 } };
  LaunchRecord record = { LAUNCH_STEP_PID, 0, is_locked };
  struct iovec data = { &record, sizeof record };
  struct msghdr message = {
    .msg_iov = &data,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof control.bytes,
  };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  int pidfd = (int) syscall (SYS_pidfd_open, (long) getpid (), 0L);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof pidfd);
  memcpy (CMSG_DATA (header), &pidfd, sizeof pidfd);
  if (pidfd < 0 || sendmsg (status_fd, &message, 0) < 0)
    launch_report (status_fd, LAUNCH_STEP_PID, 0, record.detail);
  close (pidfd);
}
