/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-error-private.h"

#include <errno.h>
#include <string.h>

#include "cproc-error.h"
#include "cproc-gettext-private.h"

/* Larger than any errno of Linux. */
#define MAX_ERRNO 140

void
cproc_launch_names_clear (CprocLaunchNames *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->runtime, g_free);
  g_clear_pointer (&self->cwd, g_free);
}

void
cproc_launch_prefix_error (const CprocLaunchNames *self,
                           GError                **error)
{
  g_prefix_error (error, _("Could not start “%s”: "), self->name);
}

char *
cproc_launch_dup_stream_name (int fd)
{
  switch (fd)
    {
    case 0:
      return g_strdup (_("standard input"));
    case 1:
      return g_strdup (_("standard output"));
    case 2:
      return g_strdup (_("standard error"));
    default:
      return g_strdup_printf (_("descriptor %d"), fd);
    }
}

static GError *
error_of_errno (int   saved_errno,
                char *message)
{
  GError *error = g_error_new_literal (G_IO_ERROR, g_io_error_from_errno (saved_errno), message);

  g_free (message);

  return error;
}

static gboolean
find_spawn_code (int  saved_errno,
                 int *code)
{
  static const struct
  {
    int saved_errno;
    GSpawnError code;
  } codes[] = {
    { E2BIG, G_SPAWN_ERROR_TOO_BIG },       { EACCES, G_SPAWN_ERROR_ACCES },
    { EAGAIN, G_SPAWN_ERROR_FORK },         { EISDIR, G_SPAWN_ERROR_ACCES },
    { ELIBBAD, G_SPAWN_ERROR_LIBBAD },      { ELOOP, G_SPAWN_ERROR_LOOP },
    { ENAMETOOLONG, G_SPAWN_ERROR_NAMETOOLONG },
    { ENOENT, G_SPAWN_ERROR_NOENT },        { ENOEXEC, G_SPAWN_ERROR_NOEXEC },
    { ENOMEM, G_SPAWN_ERROR_FORK },         { ENOTDIR, G_SPAWN_ERROR_NOTDIR },
    { EPERM, G_SPAWN_ERROR_PERM },          { ETXTBSY, G_SPAWN_ERROR_TXTBUSY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (codes[i].saved_errno == saved_errno)
      {
        *code = codes[i].code;
        return TRUE;
      }

  return FALSE;
}

static const char *
describe_exec (const CprocLaunchNames *self,
               int                     saved_errno)
{
  if (saved_errno == ENOENT && !self->is_path)
    return _("no program of this name is in PATH");
  if (saved_errno == EISDIR)
    return _("it is a directory");
  if (saved_errno == E2BIG)
    return _("the arguments and the environment are too long");

  return g_strerror (saved_errno);
}

static GError *
error_of_exec (const CprocLaunchNames *self,
               int                     saved_errno,
               const char             *reason)
{
  GError *error;
  int code;

  if (find_spawn_code (saved_errno, &code))
    error = g_error_new_literal (G_SPAWN_ERROR, code, reason);
  else
    error = g_error_new_literal (G_IO_ERROR, g_io_error_from_errno (saved_errno), reason);

  /* Name the runtime: the module itself may exist. */
  if (self->runtime != NULL)
    g_prefix_error (&error, _("“%s” cannot run it: "), self->runtime);

  /* A relative program is searched for in the working directory. */
  if (self->cwd != NULL)
    g_prefix_error (&error, _("in the directory “%s”: "), self->cwd);

  return error;
}

static GError *
error_of_limit (int saved_errno,
                int resource)
{
  return error_of_errno (saved_errno, g_strdup_printf (_("setting resource limit %d failed: %s"),
                                                       resource, g_strerror (saved_errno)));
}

static GError *
error_of_fifo (int saved_errno,
               int fd)
{
  g_autofree char *stream = cproc_launch_dup_stream_name (fd);

  return error_of_errno (saved_errno,
                         /* Translators: a stream, as in “standard input”; then the reason */
                         g_strdup_printf (_("opening the named pipe for its %s failed: %s"),
                                          stream, g_strerror (saved_errno)));
}

static GError *
error_of_attribute (LaunchStep step,
                    int        saved_errno)
{
  const char *text;

  switch (step)
    {
    case LAUNCH_STEP_GROUP:
      text = _("making a process group failed");
      break;
    case LAUNCH_STEP_SESSION:
      text = _("making a session failed");
      break;
    case LAUNCH_STEP_NICE:
      text = _("changing the niceness failed");
      break;
    case LAUNCH_STEP_GROUP_ID:
      text = _("changing the group failed");
      break;
    case LAUNCH_STEP_GROUPS:
      text = _("setting the supplementary groups failed");
      break;
    case LAUNCH_STEP_USER_ID:
      text = _("changing the user failed");
      break;
    case LAUNCH_STEP_DEATH_SIGNAL:
      text = _("tying it to the life of this process failed");
      break;
    case LAUNCH_STEP_SUPERVISE:
      text = _("supervising it failed");
      break;
    case LAUNCH_STEP_TERMINAL:
      text = _("giving it the terminal failed");
      break;
    case LAUNCH_STEP_SPEC:
      text = _("the launch helper is not of this version of libcproc");
      break;
    case LAUNCH_STEP_DESCRIPTORS:
    case LAUNCH_STEP_PID:
    case LAUNCH_STEP_LIMIT:
    case LAUNCH_STEP_CWD:
    case LAUNCH_STEP_EXEC:
    case LAUNCH_STEP_INTERPRETER:
    case LAUNCH_STEP_PROC:
    case LAUNCH_STEP_OPEN:
    case LAUNCH_STEP_READY:
    default:
      text = _("passing the descriptors failed");
      break;
    }

  /* fork() failed in the helper. */
  if (step == LAUNCH_STEP_SUPERVISE && (saved_errno == EAGAIN || saved_errno == ENOMEM))
    return g_error_new (G_SPAWN_ERROR, G_SPAWN_ERROR_FORK, "%s: %s", text,
                        g_strerror (saved_errno));

  return error_of_errno (saved_errno, g_strdup_printf ("%s: %s", text, g_strerror (saved_errno)));
}

GError *
cproc_launch_error_of_tree (void)
{
  return g_error_new_literal (CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                              _("the containment TREE needs /proc, which is not mounted here or "
                                "shows another process namespace"));
}

GError *
cproc_launch_error_of_step (const CprocLaunchNames *self,
                            LaunchStep              step,
                            int                     saved_errno,
                            int                     detail)
{
  GError *error;

  if (step == LAUNCH_STEP_CWD)
    error = g_error_new (G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR,
                         _("changing to the directory “%s” failed: %s"),
                         self->cwd, g_strerror (saved_errno));
  else if (step == LAUNCH_STEP_EXEC)
    error = error_of_exec (self, saved_errno, describe_exec (self, saved_errno));
  else if (step == LAUNCH_STEP_INTERPRETER)
    error = error_of_exec (self, saved_errno, _("the interpreter that it asks for is missing"));
  else if (step == LAUNCH_STEP_PROC)
    error = cproc_launch_error_of_tree ();
  else if (step == LAUNCH_STEP_OPEN)
    error = error_of_fifo (saved_errno, detail);
  else if (step == LAUNCH_STEP_LIMIT)
    error = error_of_limit (saved_errno, detail);
  else
    error = error_of_attribute (step, saved_errno);

  cproc_launch_prefix_error (self, &error);

  return error;
}

/* Returns whether the error is about a file, and not about the arguments or the resources of the
 * system. */
static gboolean
is_error_of_file (int saved_errno)
{
  switch (saved_errno)
    {
    case EACCES:
    case EISDIR:
    case ELIBBAD:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOEXEC:
    case ENOTDIR:
    case EPERM:
    case ETXTBSY:
      return TRUE;
    default:
      return FALSE;
    }
}

GError *
cproc_launch_error_of_helper (const CprocLaunchNames *self,
                              const char             *helper,
                              const GError           *cause)
{
  int saved_errno = cproc_launch_find_errno (cause->message);
  GError *error;
  int code;

  if ((saved_errno == ENOENT || saved_errno == ENOTDIR) &&
      !g_file_test (helper, G_FILE_TEST_EXISTS))
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                         _("libcproc’s launch helper “%s” is missing: %s"),
                         helper, g_strerror (saved_errno));
  else if (is_error_of_file (saved_errno))
    error = g_error_new (G_IO_ERROR, g_io_error_from_errno (saved_errno),
                         _("libcproc’s launch helper “%s” cannot be run: %s"), helper,
                         g_file_test (helper, G_FILE_TEST_IS_DIR) ? g_strerror (EISDIR)
                                                                  : g_strerror (saved_errno));
  else if (find_spawn_code (saved_errno, &code))
    error = g_error_new_literal (G_SPAWN_ERROR, code, describe_exec (self, saved_errno));
  else if (saved_errno != 0)
    error = error_of_errno (saved_errno, g_strdup (g_strerror (saved_errno)));
  else
    error = g_error_copy (cause);

  cproc_launch_prefix_error (self, &error);

  return error;
}

GError *
cproc_launch_error_of_silence (const CprocLaunchNames *self,
                               const char             *helper)
{
  GError *error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                               _("libcproc’s launch helper “%s” ended before its work was done; "
                                 "perhaps it is not a program for this machine"), helper);

  cproc_launch_prefix_error (self, &error);

  return error;
}

int
cproc_launch_find_errno (const char *message)
{
  gsize best_length = 0;
  int best = 0;

  /* One text may be part of another: take the longest. */
  for (int i = 1; i <= MAX_ERRNO; i++)
    {
      const char *text = g_strerror (i);
      gsize length = strlen (text);

      if (length > best_length && strstr (message, text) != NULL)
        {
          best = i;
          best_length = length;
        }
    }

  return best;
}
