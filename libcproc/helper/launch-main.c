/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The launch helper does what posix_spawn() cannot do to a child before its program starts. The
 * library starts the helper, which sets everything up and then execs the program. launch-spec.h
 * describes its arguments. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "launch.h"

/* Locks the status socket. The kernel releases the lock in the middle of an exec, at the point
 * where that can no longer fail. It closes the socket only just before the new program's first
 * instruction. If the socket cannot be locked, the library waits for the close. A supervisor does
 * not exec. */
static bool
lock_status (const LaunchSpec *spec)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  return spec->mode == LAUNCH_MODE_EXEC && fcntl (spec->status_fd, F_SETLK, &lock) == 0;
}

/* Returns the status socket of a spec that cannot be parsed, or -1. */
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

/* Makes the group. The library may signal it as soon as it knows the process, so it must exist by
 * then. The supervisor's child makes its own. */
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

  /* The library may have closed the status socket: continue anyway. */
  signal (SIGPIPE, SIG_IGN);

  if (!launch_spec_parse (argv[LAUNCH_ARG_SPEC], &spec))
    {
      launch_report (find_status_fd (argv[LAUNCH_ARG_SPEC]), LAUNCH_STEP_SPEC, EINVAL, 0);
      return LAUNCH_EXIT_FAILURE;
    }

  ready = take_group_first (&spec, &failure);
  launch_report_process (spec.status_fd, lock_status (&spec));
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
