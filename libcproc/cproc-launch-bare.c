/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-bare-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static gboolean
has_attributes (const CprocCommand *command,
                CprocContainment    containment)
{
  return containment != CPROC_CONTAINMENT_NONE || command->cwd != NULL || command->new_session ||
         command->die_with_parent || command->user_id >= 0 || command->group_id >= 0 ||
         command->umask >= 0 || command->nice != 0 || command->limits->len > 0;
}

gboolean
cproc_launch_bare_fits (const CprocCommand *command,
                        CprocContainment    containment,
                        const char         *program,
                        const char         *path)
{
  if (has_attributes (command, containment))
    return FALSE;
  if (command->argv0 != NULL && strcmp (command->argv0, program) != 0)
    return FALSE;

  /* posix_spawnp() looks in this process's PATH; a path found here instead would be the child's
   * argv[0]. */
  return strchr (program, '/') != NULL || g_strcmp0 (path, g_getenv ("PATH")) == 0;
}

static gboolean
ignores_a_signal (void)
{
  for (int signum = 1; signum < NSIG; signum++)
    {
      struct sigaction action;

      if (sigaction (signum, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        return TRUE;
    }

  return FALSE;
}

static gboolean
has_inheritable_fd (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  gboolean found = FALSE;
  struct dirent *entry;

  if (dir == NULL)
    return TRUE;

  while (!found && (entry = readdir (dir)) != NULL)
    {
      int fd = (int) g_ascii_strtoll (entry->d_name, NULL, 10);
      int flags = fd > STDERR_FILENO ? fcntl (fd, F_GETFD) : FD_CLOEXEC;

      found = flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
  closedir (dir);

  return found;
}

gboolean
cproc_launch_bare_is_clean (void)
{
  return !ignores_a_signal () && !has_inheritable_fd ();
}

gboolean
cproc_launch_bare_has_empty_mask (void)
{
  sigset_t mask;

  return pthread_sigmask (SIG_SETMASK, NULL, &mask) == 0 && sigisemptyset (&mask);
}
