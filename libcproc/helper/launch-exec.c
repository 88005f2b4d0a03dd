/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _FILE_OFFSET_BITS 64 /* stat() fails for some files otherwise, on 32 bit */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"

#define SHELL_PATH "/bin/sh"
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* 1, 2, 4 … ms between the attempts to run a file that is open for writing. */
#define N_BUSY_ATTEMPTS 6

typedef struct
{
  char **args;     /* FILE, ARGV0, ARG... */
  bool only_looks; /* then no failed step implies that the program exists */
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

/* Returns whether the shell should run the file. A file that the kernel cannot run is a shell
 * script if its first line is text, as shells decide it. An empty file is not a program. */
static bool
is_shell_script (const char *path)
{
  char text[4096];
  ssize_t length, i;
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    return false;
  do
    length = read (fd, text, sizeof text);
  while (length < 0 && errno == EINTR);
  close (fd);

  for (i = 0; i < length && text[i] != '\n'; i++)
    if (text[i] == '\0')
      return false;
  return length > 0;
}

/* Runs a script by the shell, which uses the two places before the arguments that FILE and ARGV0 no
 * longer need. The shell would take a name that begins with a dash or a plus for options. */
static void
exec_by_shell (char      **args,
               const char *path)
{
  static char safe_path[2 + PATH_MAX] = "./";

  if ((*path == '-' || *path == '+') && strlen (path) < PATH_MAX)
    path = strcpy (safe_path + 2, path) - 2;
  args[0] = (char *) SHELL_PATH;
  args[1] = (char *) path;
  execve (SHELL_PATH, args, environ);
}

/* Calls exec, with retries: while another thread of the parent writes a program, a process that is
 * just being started may hold its descriptor for a moment. Returns the errno. */
static int
exec_unless_busy (const char  *path,
                  char       **argv)
{
  int i;

  for (i = 0; i < N_BUSY_ATTEMPTS; i++)
    {
      struct timespec pause = { 0, 1000000L << i };

      execve (path, argv, environ);
      if (errno != ETXTBSY)
        return errno;
      nanosleep (&pause, NULL);
    }
  execve (path, argv, environ);
  return errno;
}

/* Returns 0, or the errno that an exec would give. */
static int
look (const char *path)
{
  struct stat st;

  if (access (path, X_OK) != 0 || stat (path, &st) != 0)
    return errno;
  return S_ISREG (st.st_mode) ? 0 : EACCES;
}

static void
exec_path (Attempt    *self,
           const char *path)
{
  struct stat st;
  int error = self->only_looks ? look (path) : exec_unless_busy (path, self->args + 1);

  self->failure = (LaunchRecord) { error != 0 ? LAUNCH_STEP_EXEC : 0, error, 0 };

  if (error == ENOEXEC && is_shell_script (path))
    exec_by_shell (self->args, path);
  else if (error == ENOENT && !self->only_looks && stat (path, &st) == 0)
    self->failure.step = LAUNCH_STEP_INTERPRETER;
  else if (error == EACCES && stat (path, &st) == 0 && S_ISDIR (st.st_mode))
    self->failure.value = EISDIR;
}

/* Returns whether the search goes on. A broken entry of PATH must not hide later ones: beside the
 * errors after which the C library's execvp() goes on, this skips link loops and names that are too
 * long. */
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

/* Keeps the most useful error: a file that exists and cannot be run says more than a missing
 * one. */
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

      /* An empty entry of PATH is the working directory. */
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

static void
find_and_exec (Attempt *self)
{
  const char *file = self->args[0];

  self->failure = (LaunchRecord) { LAUNCH_STEP_EXEC, ENOENT, 0 };
  if (strchr (file, '/') != NULL)
    exec_path (self, file);
  else if (*file != '\0')
    search_and_exec (self);
}

void
launch_exec (char        **args,
             LaunchRecord *failure)
{
  Attempt attempt = { .args = args };

  find_and_exec (&attempt);
  *failure = attempt.failure;
}

/* Returns whether the program exists and may be run. */
static bool
find (char        **args,
      LaunchRecord *failure)
{
  Attempt attempt = { .args = args, .only_looks = true };

  find_and_exec (&attempt);
  *failure = attempt.failure;
  return failure->step == 0;
}

/* Waits until the library lets the program run. If the library drops the child instead, this
 * process ends silently. */
static bool
hold (const LaunchSpec *spec,
      char            **args,
      LaunchRecord     *failure)
{
  ssize_t n;
  char c;

  if (!find (args, failure))
    return false;
  launch_report (spec->status_fd, LAUNCH_STEP_READY, 0, 0);
  do
    n = read (spec->status_fd, &c, 1);
  while (n < 0 && errno == EINTR);
  if (n != 1)
    _exit (LAUNCH_EXIT_FAILURE);
  return true;
}

/* Closing the status socket reports that the program runs: any wait from here on is the child's. */
static bool
take_fifos (const LaunchSpec *spec,
            char            **args,
            LaunchRecord     *failure)
{
  if (!find (args, failure) || !launch_check_fifos (spec, failure))
    return false;
  close (spec->status_fd);
  if (!launch_open_fifos (spec))
    _exit (LAUNCH_EXIT_FAILURE);
  return true;
}

void
launch_become (const LaunchSpec *spec,
               char            **argv)
{
  LaunchRecord failure = { 0 };
  char **args = argv + LAUNCH_ARG_FILE;

  if (launch_apply (spec, argv[LAUNCH_ARG_CWD], &failure))
    {
      launch_reset_signals ();
      if ((!spec->holds || hold (spec, args, &failure))
          && (!launch_has_fifos (spec) || take_fifos (spec, args, &failure)))
        launch_exec (args, &failure);
    }
  launch_report (spec->status_fd, (LaunchStep) failure.step, failure.value, failure.detail);
  _exit (LAUNCH_EXIT_FAILURE);
}
