/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch.h"

#define SHELL_PATH "/bin/sh"
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

typedef struct
{
  char **args; /* FILE, ARGV0, ARG... */
  LaunchRecord failure;
} Attempt;

static const char *
get_search_path (void)
{
  char **variable;

  for (variable = environ; *variable != NULL; variable++)
    if (strncmp (*variable, "PATH=", 5) == 0)
      return *variable + 5;
  return DEFAULT_PATH;
}

/* The shell takes the two places before the arguments, which FILE and ARGV0 no longer need. */
static void
exec_by_shell (char      **args,
               const char *path)
{
  args[0] = (char *) SHELL_PATH;
  args[1] = (char *) path;
  execve (SHELL_PATH, args, environ);
}

static void
exec_path (Attempt    *self,
           const char *path)
{
  struct stat st;
  int error;

  execve (path, self->args + 1, environ);
  error = errno;
  self->failure = (LaunchRecord) { LAUNCH_STEP_EXEC, error, 0 };

  if (error == ENOEXEC)
    exec_by_shell (self->args, path);
  else if (error == ENOENT && stat (path, &st) == 0)
    self->failure.step = LAUNCH_STEP_INTERPRETER;
  else if (error == EACCES && stat (path, &st) == 0 && S_ISDIR (st.st_mode))
    self->failure.value = EISDIR;
}

/* An entry of PATH that is broken hides none of the later ones: a loop of links, and a name that is
 * too long, beside what the C library's execvp() goes on after. */
static bool
may_be_elsewhere (int error)
{
  switch (error)
    {
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
    case ESTALE:
    case ENODEV:
    case ETIMEDOUT:
      return true;
    default:
      return false;
    }
}

/* A file that is there and cannot be run tells more than one that is not there. */
static void
remember (LaunchRecord       *best,
          const LaunchRecord *now)
{
  bool tells_more = now->step == LAUNCH_STEP_INTERPRETER || now->value == EACCES
                    || now->value == EISDIR || now->value == ELOOP || now->value == ENAMETOOLONG;

  if (tells_more && best->value == ENOENT && best->step == LAUNCH_STEP_EXEC)
    *best = *now;
}

static bool
join (char       *buffer,
      size_t      size,
      const char *dir,
      size_t      dir_length,
      const char *file)
{
  size_t file_length = strlen (file);

  if (dir_length + file_length + 2 > size)
    return false;
  memcpy (buffer, dir, dir_length);
  if (dir_length > 0)
    buffer[dir_length++] = '/';
  memcpy (buffer + dir_length, file, file_length + 1);
  return true;
}

static void
search_and_exec (Attempt *self)
{
  static char path[PATH_MAX];
  LaunchRecord best = { LAUNCH_STEP_EXEC, ENOENT, 0 };
  const char *file = self->args[0];
  const char *dir = get_search_path ();

  for (;;)
    {
      size_t length = strcspn (dir, ":");

      /* An empty entry is the working directory. */
      if (join (path, sizeof path, dir, length, file))
        exec_path (self, path);
      else
        self->failure = (LaunchRecord) { LAUNCH_STEP_EXEC, ENAMETOOLONG, 0 };
      if (!may_be_elsewhere (self->failure.value))
        return;
      remember (&best, &self->failure);
      if (dir[length] == '\0')
        break;
      dir += length + 1;
    }
  self->failure = best;
}

void
launch_exec (char        **args,
             LaunchRecord *failure)
{
  Attempt attempt = { args, { LAUNCH_STEP_EXEC, ENOENT, 0 } };
  const char *file = args[0];

  if (strchr (file, '/') != NULL)
    exec_path (&attempt, file);
  else if (*file != '\0')
    search_and_exec (&attempt);
  *failure = attempt.failure;
}

void
launch_become (const LaunchSpec *spec,
               char            **argv)
{
  LaunchRecord failure = { 0 };

  if (launch_apply (spec, argv[LAUNCH_ARG_CWD], &failure))
    {
      launch_reset_signals ();
      launch_exec (argv + LAUNCH_ARG_FILE, &failure);
    }
  launch_report (spec->status_fd, (LaunchStep) failure.step, failure.value, failure.detail);
  _exit (LAUNCH_EXIT_FAILURE);
}
