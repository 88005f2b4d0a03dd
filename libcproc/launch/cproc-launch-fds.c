/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-fds-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-launch-error-private.h"
#include "cproc-launch-null-private.h"

/* GLib closes the descriptors that it maps before it opens others. Beside them it needs one at a
 * time: its pidfd and, with the first process, an eventfd for its worker thread. */
#define N_SPARE 1

static gboolean
fail (GError    **error,
      const char *what)
{
  int saved_errno = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               "%s: %s", what, g_strerror (saved_errno));

  return FALSE;
}

/* Returns whether the stream is one of this process's own that the child inherits: nothing is
 * opened for it. */
static gboolean
is_inherited (const CprocCommandFd *item)
{
  return item->fd == item->target_fd && item->fd <= STDERR_FILENO;
}

static void
clear_fds (GArray **fds)
{
  for (guint i = 0; *fds != NULL && i < (*fds)->len; i++)
    {
      CprocCommandFd *item = &g_array_index (*fds, CprocCommandFd, i);

      if (!is_inherited (item))
        cproc_fd_clear (&item->fd);
    }
  g_clear_pointer (fds, g_array_unref);
}

static void
append (GArray *fds,
        int     fd,
        int     target_fd)
{
  CprocCommandFd item = { fd, target_fd };

  g_array_append_val (fds, item);
}

void
cproc_launch_fds_init (CprocLaunchFds *self)
{
  self->child = g_array_new (FALSE, FALSE, sizeof (CprocCommandFd));
  self->parent = g_array_new (FALSE, FALSE, sizeof (CprocCommandFd));
  self->highest = 2;
  self->null_fd = -1;
  self->fifos[0] = self->fifos[1] = self->fifos[2] = -1;
  self->terminal_fd = self->terminal_target = -1;
}

void
cproc_launch_fds_clear (CprocLaunchFds *self)
{
  clear_fds (&self->child);
  clear_fds (&self->parent);
  cproc_fd_clear (&self->terminal_fd);
}

void
cproc_launch_fds_take (CprocLaunchFds *self,
                       int             fd,
                       int             target_fd)
{
  append (self->child, fd, target_fd);
  self->highest = MAX (self->highest, target_fd);
}

void
cproc_launch_fds_take_terminal (CprocLaunchFds *self,
                                int             fd)
{
  g_assert (self->terminal_fd < 0);

  self->terminal_fd = fd;
}

static void
find_highest (CprocLaunchFds     *self,
              const CprocCommand *command,
              int                 reserve)
{
  for (guint i = 0; i < command->fds->len; i++)
    self->highest = MAX (self->highest,
                         g_array_index (command->fds, CprocCommandFd, i).target_fd);
  for (guint i = 0; i < command->pipes->len; i++)
    self->highest = MAX (self->highest,
                         g_array_index (command->pipes, CprocCommandPipe, i).target_fd);

  self->highest = self->highest > G_MAXINT - reserve ? G_MAXINT - 1 : self->highest + reserve;
}

int
cproc_launch_fds_get_child (CprocLaunchFds *self,
                            int             target_fd)
{
  for (guint i = 0; i < self->child->len; i++)
    {
      const CprocCommandFd *item = &g_array_index (self->child, CprocCommandFd, i);

      if (item->target_fd == target_fd)
        return item->fd;
    }

  return -1;
}

static gboolean
add_child (CprocLaunchFds  *self,
           int              fd,
           int              target_fd,
           GError         **error)
{
  if (cproc_launch_fds_get_child (self, target_fd) >= 0)
    {
      close (fd);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("two descriptors are to have the number %d"), target_fd);
      return FALSE;
    }

  append (self->child, fd, target_fd);

  return TRUE;
}

static gboolean
add_copy (CprocLaunchFds  *self,
          int              fd,
          int              target_fd,
          GError         **error)
{
  int copy = cproc_fd_dup_above (fd, self->highest);
  g_autofree char *name = NULL;
  g_autofree char *what = NULL;

  if (copy >= 0)
    return add_child (self, copy, target_fd, error);

  name = cproc_launch_dup_stream_name (target_fd);
  /* Translators: a stream, as in “standard input” or “descriptor 5” */
  what = g_strdup_printf (_("passing its %s failed"), name);

  return fail (error, what);
}

static int
open_flags (CprocFileFlags flags)
{
  int result = O_CLOEXEC | O_NOCTTY;

  if ((flags & (CPROC_FILE_FLAGS_WRITE | CPROC_FILE_FLAGS_APPEND)) != 0)
    {
      result |= (flags & CPROC_FILE_FLAGS_READ) != 0 ? O_RDWR : O_WRONLY;
      result |= O_CREAT;
      result |= (flags & CPROC_FILE_FLAGS_APPEND) != 0 ? O_APPEND : O_TRUNC;
      if ((flags & CPROC_FILE_FLAGS_EXCLUSIVE) != 0)
        result |= O_EXCL;
    }

  return result;
}

/* Opens a reference to the file (O_PATH). Opening a FIFO may block, so the child's side does
 * that. */
static int
open_file (CprocLaunchFds *self,
           const char     *path,
           int             flags,
           int             target_fd)
{
  struct stat st;

  if ((flags & O_EXCL) != 0 || stat (path, &st) != 0 || !S_ISFIFO (st.st_mode))
    return open (path, flags | O_NONBLOCK, 0666);

  self->fifos[target_fd] = flags & O_ACCMODE;

  return open (path, O_PATH | O_CLOEXEC);
}

static gboolean
fail_to_open (const char  *path,
              int          target_fd,
              GError     **error)
{
  int saved_errno = errno;
  g_autofree char *name = cproc_launch_dup_stream_name (target_fd);
  g_autofree char *shown = g_filename_display_name (path);
  /* Translators: a file, then a stream as in “standard input” */
  g_autofree char *what = g_strdup_printf (_("opening “%s” for its %s failed"), shown, name);

  errno = saved_errno;

  return fail (error, what);
}

int
cproc_launch_open_tee (const char      *path,
                       CprocFileFlags   flags,
                       int              target_fd,
                       GError         **error)
{
  int fd = open (path, open_flags (flags) | O_NONBLOCK, 0666);

  if (fd >= 0)
    fd = cproc_fd_move_above (fd, STDERR_FILENO);
  if (fd < 0)
    fail_to_open (path, target_fd, error);

  return fd;
}

static gboolean
add_file (CprocLaunchFds  *self,
          const char      *path,
          int              flags,
          int              target_fd,
          GError         **error)
{
  int fd = open_file (self, path, flags, target_fd);

  if (fd >= 0 && self->fifos[target_fd] < 0)
    fcntl (fd, F_SETFL, flags & O_APPEND);
  if (fd >= 0)
    fd = cproc_fd_move_above (fd, self->highest);
  if (fd >= 0)
    return add_child (self, fd, target_fd, error);

  return fail_to_open (path, target_fd, error);
}

static gboolean
add_null (CprocLaunchFds  *self,
          int              target_fd,
          GError         **error)
{
  gboolean is_substitute = FALSE;
  int fd;

  /* All streams share one open file description. */
  if (self->null_fd >= 0)
    return add_copy (self, self->null_fd, target_fd, error);

  fd = open ("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
    {
      is_substitute = TRUE;
      fd = target_fd == STDIN_FILENO ? cproc_launch_null_open_empty ()
                                     : cproc_launch_null_open_sink ();
    }
  if (fd >= 0)
    fd = cproc_fd_move_above (fd, self->highest);
  if (fd < 0)
    return fail (error, _("opening “/dev/null” failed"));

  if (!is_substitute)
    self->null_fd = fd;

  return add_child (self, fd, target_fd, error);
}

static gboolean
add_inherited (CprocLaunchFds  *self,
               int              target_fd,
               GError         **error)
{
  int flags = fcntl (target_fd, F_GETFD);

  /* The application has closed the stream; or another file has that number since, such as a
   * descriptor of GLib's. */
  if (flags < 0 || (flags & FD_CLOEXEC) != 0)
    return add_null (self, target_fd, error);

  return add_child (self, target_fd, target_fd, error);
}

gboolean
cproc_launch_fds_add_pipe (CprocLaunchFds      *self,
                           int                  target_fd,
                           CprocPipeDirection   direction,
                           GError             **error)
{
  gboolean sockets = direction == CPROC_PIPE_DIRECTION_BOTH;
  gboolean parent_reads = direction == CPROC_PIPE_DIRECTION_READ;
  int fds[2];

  if (cproc_fd_pair_above (fds, sockets, self->highest) != 0)
    return fail (error, _("making a pipe failed"));

  append (self->parent, parent_reads ? fds[0] : fds[1], target_fd);

  return add_child (self, parent_reads ? fds[1] : fds[0], target_fd, error);
}

static gboolean
add_user_pipe (CprocLaunchFds      *self,
               int                  target_fd,
               CprocPipeDirection   direction,
               GError             **error)
{
  int fd;

  if (!cproc_launch_fds_add_pipe (self, target_fd, direction, error))
    return FALSE;

  /* The two ends of a pipe are separate file descriptions: the child's end stays blocking. */
  fd = g_array_index (self->parent, CprocCommandFd, self->parent->len - 1).fd;
  if (fcntl (fd, F_SETFL, O_NONBLOCK) != 0)
    return fail (error, _("making a pipe failed"));

  return TRUE;
}

static gboolean
add_user_socket (CprocLaunchFds  *self,
                 int              target_fd,
                 GError         **error)
{
  int parent, child;

  if (!add_user_pipe (self, target_fd, CPROC_PIPE_DIRECTION_BOTH, error))
    return FALSE;

  parent = g_array_index (self->parent, CprocCommandFd, self->parent->len - 1).fd;
  child = cproc_launch_fds_get_child (self, target_fd);
  if (target_fd == STDIN_FILENO)
    cproc_fd_make_one_way (child, parent);
  else
    cproc_fd_make_one_way (parent, child);

  return TRUE;
}

static gboolean
add_terminal (CprocLaunchFds  *self,
              int              target_fd,
              GError         **error)
{
  if (self->terminal_target < 0)
    self->terminal_target = target_fd;

  return add_copy (self, self->terminal_fd, target_fd, error);
}

static gboolean
open_stdio (CprocLaunchFds           *self,
            const CprocCommandStdio  *stdio,
            CprocStdio                mode,
            int                       target_fd,
            GError                  **error)
{
  switch (mode)
    {
    case CPROC_STDIO_PIPE:
      if (cproc_launch_fds_get_child (self, target_fd) >= 0)
        return TRUE;
      return add_user_pipe (self, target_fd,
                            target_fd == 0 ? CPROC_PIPE_DIRECTION_WRITE : CPROC_PIPE_DIRECTION_READ,
                            error);
    case CPROC_STDIO_SOCKET:
      if (cproc_launch_fds_get_child (self, target_fd) >= 0)
        return TRUE;
      return add_user_socket (self, target_fd, error);
    case CPROC_STDIO_INHERIT:
      return add_inherited (self, target_fd, error);
    case CPROC_STDIO_NULL:
      return add_null (self, target_fd, error);
    case CPROC_STDIO_FILE:
      return add_file (self, stdio->path, open_flags (stdio->flags), target_fd, error);
    case CPROC_STDIO_MERGE:
      self->merges_fifo = self->fifos[STDOUT_FILENO] >= 0;
      return add_copy (self, cproc_launch_fds_get_child (self, STDOUT_FILENO), target_fd, error);
    case CPROC_STDIO_TERMINAL:
      return add_terminal (self, target_fd, error);
    case CPROC_STDIO_FD:
      /* A descriptor of the command; those are added after these. */
      return TRUE;
    case CPROC_STDIO_DEFAULT:
    default:
      g_assert_not_reached ();
    }
}

/* Moves the taken descriptors, which may have any number. */
static gboolean
move_taken (CprocLaunchFds  *self,
            GError         **error)
{
  for (guint i = 0; i < self->child->len; i++)
    {
      CprocCommandFd *item = &g_array_index (self->child, CprocCommandFd, i);

      item->fd = cproc_fd_move_above (item->fd, self->highest);
      if (item->fd < 0)
        return fail (error, _("passing a descriptor failed"));
    }

  return TRUE;
}

static gboolean
add_command_fds (CprocLaunchFds      *self,
                 const CprocCommand  *command,
                 const CprocStdio     modes[3],
                 GError             **error)
{
  for (guint i = 0; i < command->fds->len; i++)
    {
      const CprocCommandFd *item = &g_array_index (command->fds, CprocCommandFd, i);

      /* A descriptor for a standard stream is used only in this mode. */
      if (item->target_fd <= STDERR_FILENO && modes[item->target_fd] != CPROC_STDIO_FD)
        continue;
      if (!add_copy (self, item->fd, item->target_fd, error))
        return FALSE;
    }

  return TRUE;
}

/* Gives the terminal to the program's user, as a login does: some programs open it by its name. Its
 * group stays the one that the system gives to terminals. */
static void
give_terminal_to_user (CprocLaunchFds     *self,
                       const CprocCommand *command)
{
  if (self->terminal_fd < 0 || command->user_id < 0)
    return;

  /* The system may refuse it: the program can still use its streams. */
  if (fchown (self->terminal_fd, (uid_t) command->user_id, (gid_t) -1) != 0)
    return;
}

/* Gives the pipe to the program's user: only the owner of a pipe can open it as /dev/stdout. */
static void
give_pipe_to_user (CprocLaunchFds     *self,
                   const CprocCommand *command,
                   int                 target_fd)
{
  int fd = cproc_launch_fds_get_child (self, target_fd);
  uid_t user = command->user_id >= 0 ? (uid_t) command->user_id : (uid_t) -1;
  gid_t group = command->group_id >= 0 ? (gid_t) command->group_id : (gid_t) -1;

  /* The system may refuse it: the program can still use the open stream. */
  if (fchown (fd, user, group) != 0)
    return;
}

static void
give_pipes_to_user (CprocLaunchFds     *self,
                    const CprocCommand *command,
                    const CprocStdio    modes[3])
{
  if (command->user_id < 0 && command->group_id < 0)
    return;

  for (int target = 0; target < 3; target++)
    if (modes[target] == CPROC_STDIO_PIPE)
      give_pipe_to_user (self, command, target);
  for (guint i = 0; i < command->pipes->len; i++)
    give_pipe_to_user (self, command,
                       g_array_index (command->pipes, CprocCommandPipe, i).target_fd);
}

gboolean
cproc_launch_fds_open (CprocLaunchFds      *self,
                       const CprocCommand  *command,
                       const CprocStdio     modes[3],
                       int                  reserve,
                       GError             **error)
{
  find_highest (self, command, reserve);
  if (!move_taken (self, error) || !add_command_fds (self, command, modes, error))
    return FALSE;

  for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
    if (!open_stdio (self, &command->stdio[target], modes[target], target, error))
      return FALSE;

  for (guint i = 0; i < command->pipes->len; i++)
    {
      const CprocCommandPipe *item = &g_array_index (command->pipes, CprocCommandPipe, i);

      if (!add_user_pipe (self, item->target_fd, item->direction, error))
        return FALSE;
    }
  give_pipes_to_user (self, command, modes);
  give_terminal_to_user (self, command);
  /* The child's copies are enough. */
  cproc_fd_clear (&self->terminal_fd);

  return TRUE;
}

int
cproc_launch_fds_steal_parent (CprocLaunchFds *self,
                               int             target_fd)
{
  for (guint i = 0; i < self->parent->len; i++)
    {
      CprocCommandFd *item = &g_array_index (self->parent, CprocCommandFd, i);

      if (item->target_fd == target_fd)
        return g_steal_fd (&item->fd);
    }

  return -1;
}

static void
take_stream (GSubprocessLauncher  *launcher,
             const CprocCommandFd *item)
{
  switch (item->target_fd)
    {
    case STDIN_FILENO:
      g_subprocess_launcher_take_stdin_fd (launcher, item->fd);
      break;
    case STDOUT_FILENO:
      g_subprocess_launcher_take_stdout_fd (launcher, item->fd);
      break;
    case STDERR_FILENO:
      g_subprocess_launcher_take_stderr_fd (launcher, item->fd);
      break;
    default:
      g_assert_not_reached ();
    }
}

void
cproc_launch_fds_give_to (CprocLaunchFds      *self,
                          GSubprocessLauncher *launcher)
{
  for (guint i = 0; i < self->child->len; i++)
    {
      const CprocCommandFd *item = &g_array_index (self->child, CprocCommandFd, i);

      if (item->target_fd > STDERR_FILENO)
        g_subprocess_launcher_take_fd (launcher, item->fd, item->target_fd);
      else if (!is_inherited (item))
        take_stream (launcher, item);
      else if (item->target_fd == STDIN_FILENO)
        g_subprocess_launcher_set_flags (launcher, G_SUBPROCESS_FLAGS_INHERIT_FDS |
                                                   G_SUBPROCESS_FLAGS_STDIN_INHERIT);
      /* Standard output and error are inherited by default. */
    }

  g_array_set_size (self->child, 0);
}

gboolean
cproc_launch_fds_probe (CprocLaunchFds  *self,
                        GError         **error)
{
  /* GLib duplicates the descriptors that it maps, except the standard streams. The last number is
   * never one of those, so it does not belong to the application. */
  guint n = self->child->len - 3 + N_SPARE;
  int fd = g_array_index (self->child, CprocCommandFd, self->child->len - 1).fd;
  g_autofree int *copies = g_new (int, n);
  gboolean enough;
  guint n_copies = 0;

  g_assert (self->child->len > 3);

  while (n_copies < n && (copies[n_copies] = cproc_fd_dup_above (fd, self->highest)) >= 0)
    n_copies++;

  enough = n_copies == n || fail (error, _("too few descriptors are left"));
  while (n_copies > 0)
    close (copies[--n_copies]);

  return enough;
}
