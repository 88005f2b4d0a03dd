/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launch.h"

/* Direct system calls: the C library's functions also change other threads, and reserve some
 * signals for themselves.
 *
 * syscall() takes its arguments as words. On 32 bit a 64-bit number would take two words and shift
 * the following ones. So each argument is a long or a pointer, here and in every other call. */
#ifdef SYS_setresuid32
#define SYSCALL_SETRESUID SYS_setresuid32
#define SYSCALL_SETRESGID SYS_setresgid32
#define SYSCALL_SETGROUPS SYS_setgroups32
#else
#define SYSCALL_SETRESUID SYS_setresuid
#define SYSCALL_SETRESGID SYS_setresgid
#define SYSCALL_SETGROUPS SYS_setgroups
#endif

#define KERNEL_SIGSET_SIZE ((long) _NSIG / 8)

static bool
fail (LaunchRecord *failure,
      LaunchStep    step,
      int           detail)
{
  *failure = (LaunchRecord) { step, errno, detail };
  return false;
}

/* Makes the terminal the controlling one of the new session. */
static bool
take_terminal (const LaunchSpec *spec)
{
  return spec->terminal_fd < 0 || ioctl (spec->terminal_fd, TIOCSCTTY, 0L) == 0;
}

bool
launch_enter_group (const LaunchSpec *spec,
                    LaunchRecord     *failure)
{
  if (spec->new_session && setsid () < 0)
    return fail (failure, LAUNCH_STEP_SESSION, 0);
  if (spec->new_session)
    return take_terminal (spec) || fail (failure, LAUNCH_STEP_TERMINAL, 0);
  if (spec->own_group)
    return setpgid (0, 0) == 0 || fail (failure, LAUNCH_STEP_GROUP, 0);
  return true;
}

static bool
apply_nice (const LaunchSpec *spec,
            LaunchRecord     *failure)
{
  int current;

  if (spec->nice == 0)
    return true;
  errno = 0;
  current = getpriority (PRIO_PROCESS, 0);
  if (errno != 0 || setpriority (PRIO_PROCESS, 0, current + spec->nice) != 0)
    return fail (failure, LAUNCH_STEP_NICE, 0);
  return true;
}

static bool
apply_limits (const LaunchSpec *spec,
              LaunchRecord     *failure)
{
  int i;

  for (i = 0; i < LAUNCH_N_LIMITS; i++)
    {
      /* The layout of prlimit64(): LAUNCH_UNLIMITED equals its RLIM64_INFINITY. */
      uint64_t limit[2] = { spec->limits[i].soft, spec->limits[i].hard };

      if (spec->limits[i].is_set && syscall (SYS_prlimit64, 0L, (long) i, limit, NULL) != 0)
        return fail (failure, LAUNCH_STEP_LIMIT, i);
    }
  return true;
}

static bool
apply_groups (const LaunchSpec *spec,
              LaunchRecord     *failure)
{
  static uint32_t groups[LAUNCH_MAX_GROUPS];
  const char *cursor = spec->groups;
  size_t n = 0;

  if (cursor == NULL && spec->uid < 0 && spec->gid < 0)
    return true;
  while (cursor != NULL && n < LAUNCH_MAX_GROUPS && launch_spec_next_group (&cursor, &groups[n]))
    n++;

  if (syscall (SYSCALL_SETGROUPS, (long) n, groups) == 0)
    return true;
  /* The other user must not keep the parent's groups. A process that may not drop them may still
   * change to an id of its own. */
  if (spec->groups == NULL && errno == EPERM)
    return true;
  return fail (failure, LAUNCH_STEP_GROUPS, 0);
}

static bool
apply_ids (const LaunchSpec *spec,
           LaunchRecord     *failure)
{
  long gid = (long) spec->gid;
  long uid = (long) spec->uid;

  if (spec->gid >= 0 && syscall (SYSCALL_SETRESGID, gid, gid, gid) != 0)
    return fail (failure, LAUNCH_STEP_GROUP_ID, 0);
  if (spec->uid >= 0 && syscall (SYSCALL_SETRESUID, uid, uid, uid) != 0)
    return fail (failure, LAUNCH_STEP_USER_ID, 0);
  return true;
}

static bool
apply_death_signal (const LaunchSpec *spec,
                    LaunchRecord     *failure)
{
  if (spec->parent_pid == 0)
    return true;
  if (prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return fail (failure, LAUNCH_STEP_DEATH_SIGNAL, 0);

  /* The parent may have ended before the call. */
  if (getppid () != spec->parent_pid)
    kill (getpid (), SIGKILL);
  return true;
}

bool
launch_apply (const LaunchSpec *spec,
              const char       *cwd,
              LaunchRecord     *failure)
{
  if (!launch_enter_group (spec, failure))
    return false;
  if (spec->umask >= 0)
    umask ((mode_t) spec->umask);

  /* Limits and nice may need privileges that are lost with the ids. A change of ids clears the
   * parent-death signal. The new user must be able to enter the directory. */
  if (!apply_nice (spec, failure) || !apply_limits (spec, failure)
      || !apply_groups (spec, failure) || !apply_ids (spec, failure)
      || !apply_death_signal (spec, failure))
    return false;
  if (*cwd != '\0' && chdir (cwd) != 0)
    return fail (failure, LAUNCH_STEP_CWD, 0);
  return true;
}

void
launch_reset_signals (void)
{
  /* The kernel's struct sigaction differs between architectures, but all zeros mean the default
   * action on each. The C library's sigaction() refuses the signals that it reserves. */
  static const unsigned long zero[16];
  int signum;

  for (signum = 1; signum < _NSIG; signum++)
    syscall (SYS_rt_sigaction, (long) signum, zero, NULL, KERNEL_SIGSET_SIZE);
  syscall (SYS_rt_sigprocmask, (long) SIG_SETMASK, zero, NULL, KERNEL_SIGSET_SIZE);
}
