/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The launch helper: what posix_spawn() cannot do to a child on its way to its program. The
 * library starts this instead, which does it and becomes the program. The format of its arguments
 * is told in launch-spec.h. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

/* The pid, and with it a pidfd of our own: only this process can open one that is sure to be its.
 * Where the kernel has none, or the status goes to a file, the number must do. */
static void
report_process (int  status_fd,
                bool is_locked)
{
  union
  {
    char bytes[CMSG_SPACE (sizeof (int))];
    struct cmsghdr alignment;
  } control = { { 0 } };
  LaunchRecord record = { LAUNCH_STEP_PID, getpid (), is_locked };
  struct iovec data = { &record, sizeof record };
  struct msghdr message = {
    .msg_iov = &data,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof control.bytes,
  };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  int pidfd = (int) syscall (SYS_pidfd_open, record.value, 0);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof pidfd);
  memcpy (CMSG_DATA (header), &pidfd, sizeof pidfd);
  if (pidfd < 0 || sendmsg (status_fd, &message, 0) < 0)
    launch_report (status_fd, LAUNCH_STEP_PID, record.value, record.detail);
  close (pidfd);
}

/* The kernel gives a lock back in the midst of an exec, when it can no longer fail; a socket's end
 * it closes only as the new program's first instruction is due. Where a socket cannot be locked the
 * parent waits for that. A supervisor does not exec. */
static bool
lock_status (const LaunchSpec *spec)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  return spec->mode == LAUNCH_MODE_EXEC && fcntl (spec->status_fd, F_SETLK, &lock) == 0;
}

/* Whom to tell that the spec cannot be read: the one token that can be looked for without it. */
static int
find_status_fd (const char *text)
{
  for (; *text != '\0'; text++)
    if (text[0] == ' ' && text[1] == 's' && text[2] >= '0' && text[2] <= '9')
      {
        const char *cursor = text + 2;

        return launch_spec_next_kept (&cursor);
      }
  return -1;
}

/* Whoever has been told of the process may signal its group at once: it must be there. The
 * supervisor's child does so by itself. */
static bool
take_group_first (LaunchSpec   *spec,
                  LaunchRecord *failure)
{
  if (spec->mode != LAUNCH_MODE_EXEC)
    return true;
  if (!launch_enter_group (spec, failure))
    return false;

  spec->own_group = false;
  spec->new_session = false;
  return true;
}

int
main (int    argc,
      char **argv)
{
  LaunchRecord failure = { 0 };
  LaunchSpec spec;
  bool ready;

  if (argc < LAUNCH_N_ARGS)
    return LAUNCH_EXIT_FAILURE;

  /* Nobody may be there any more to read the status; that is no reason not to go on. */
  signal (SIGPIPE, SIG_IGN);

  if (!launch_spec_parse (argv[LAUNCH_ARG_SPEC], &spec))
    {
      launch_report (find_status_fd (argv[LAUNCH_ARG_SPEC]), LAUNCH_STEP_SPEC, EINVAL, 0);
      return LAUNCH_EXIT_FAILURE;
    }

  ready = take_group_first (&spec, &failure);
  report_process (spec.status_fd, lock_status (&spec));
  if (!ready || !launch_close_others (&spec, &failure))
    {
      launch_report (spec.status_fd, (LaunchStep) failure.step, failure.value, failure.detail);
      return LAUNCH_EXIT_FAILURE;
    }

  switch (spec.mode)
    {
    case LAUNCH_MODE_EXEC:
      launch_become (&spec, argv);
    case LAUNCH_MODE_TREE:
      launch_supervise (&spec, argv);
    }
  return LAUNCH_EXIT_FAILURE;
}
