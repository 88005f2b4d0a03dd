/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-state-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-launch-spec-private.h"
#include "cproc-thread-private.h"
#include "cproc-pidfd-private.h"

/* The helper writes to us soon after it has been started. */
#define MAX_SILENCE_MSEC 100

static gboolean
call_glib (CprocLaunch         *self,
           const char * const  *argv,
           GError             **error)
{
  if (!cproc_fd_reserve_stdio (error))
    return FALSE;

  cproc_launch_fds_give_to (&self->fds, self->launcher);
  self->subprocess = g_subprocess_launcher_spawnv (self->launcher, argv, error);
  cproc_fd_release_stdio ();

  return self->subprocess != NULL;
}

/* Receives a record of the helper. The kernel adds the helper's pid in our namespace. A pidfd that
 * comes with it is kept. */
static gssize
receive_record (CprocLaunch  *self,
                LaunchRecord *record,
                gint64       *pid,
                int           flags)
{
  union
  {
    char bytes[CMSG_SPACE (sizeof (int)) + CMSG_SPACE (sizeof (struct ucred))];
    struct cmsghdr alignment;
  } control;
  struct iovec data = { record, sizeof *record };
  struct msghdr message = {
    .msg_iov = &data,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof control.bytes,
  };
  struct cmsghdr *header;
  struct ucred sender = { 0 };
  gssize n;

  *record = (LaunchRecord) { 0 };
  do
    n = recvmsg (self->status_fd, &message, flags | MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);

  for (header = n > 0 ? CMSG_FIRSTHDR (&message) : NULL; header != NULL;
       header = CMSG_NXTHDR (&message, header))
    if (header->cmsg_type == SCM_RIGHTS)
      {
        cproc_fd_clear (&self->pidfd);
        memcpy (&self->pidfd, CMSG_DATA (header), sizeof (int));
        self->pidfd = cproc_fd_move_above (self->pidfd, STDERR_FILENO);
      }
    else if (header->cmsg_type == SCM_CREDENTIALS)
      memcpy (&sender, CMSG_DATA (header), sizeof sender);
  *pid = sender.pid;

  return n;
}

/* Returns whether pidfds can be used: valgrind and some sandboxes allow no pidfd, or no signal to
 * one. */
static gboolean
are_pidfds_usable (void)
{
  enum { UNKNOWN, NO, YES };
  static gsize usable = UNKNOWN;

  if (g_once_init_enter (&usable))
    {
      int fd = cproc_pidfd_open (getpid ());
      gboolean is_short = fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
      gboolean works = is_short || (fd >= 0 && cproc_pidfd_signal (fd, 0) == 0);

      cproc_fd_clear (&fd);
      g_once_init_leave (&usable, works ? YES : NO);
    }

  return usable == YES;
}

/* Returns the pid of the process that GSubprocess knows, if the kernel has not told it. */
static gint64
get_known_number (CprocLaunch *self)
{
  const char *number = g_subprocess_get_identifier (self->subprocess);

  return number != NULL ? g_ascii_strtoll (number, NULL, 10) : 0;
}

/* Receives the first record: the pid, and a pidfd that the helper has opened on itself. That pidfd
 * always means this process, even if it has ended. The record comes at once, but is only read when
 * it is needed. */
static void
receive_process (CprocLaunch *self)
{
  LaunchRecord record;
  gint64 pid;
  gssize n;

  if (self->is_received)
    return;

  n = receive_record (self, &record, &pid, 0);
  if (!are_pidfds_usable ())
    cproc_fd_clear (&self->pidfd);

  self->is_received = TRUE;
  self->has_reported = n == sizeof record && record.step == LAUNCH_STEP_PID;
  self->is_locked = self->has_reported && record.detail != 0;
  if (self->has_reported)
    self->process_pid = self->pid = pid > 0 ? pid : get_known_number (self);
  else
    self->failure = record;
}

static gboolean
open_helper_pipe (CprocLaunch  *self,
                  int           target,
                  int          *fd,
                  GError      **error)
{
  /* Sockets, since both also pass descriptors. */
  if (!cproc_launch_fds_add_pipe (&self->fds, target, CPROC_PIPE_DIRECTION_BOTH, error))
    return FALSE;
  *fd = cproc_launch_fds_steal_parent (&self->fds, target);

  return TRUE;
}

/* Done only now, so that it does not delay the caller of an asynchronous start. */
static gboolean
open_helper_pipes (CprocLaunch  *self,
                   GError      **error)
{
  int on = 1;

  if (!open_helper_pipe (self, self->status_target, &self->status_fd, error))
    return FALSE;
  /* A helper in another pid namespace sees another pid for itself. */
  setsockopt (self->status_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  self->status_peer = cproc_launch_fds_get_child (&self->fds, self->status_target);
  if (self->control_target < 0)
    return TRUE;

  return open_helper_pipe (self, self->control_target, &self->control_fd, error) &&
         cproc_fd_set_nonblocking (self->control_fd, error);
}

static gboolean
spawn (CprocLaunch  *self,
       GError      **error)
{
  g_autofree const char **argv =
    cproc_launch_build_argv (self->helper, self->spec, self->cwd, self->argv0,
                             (const char * const *) self->argv);
  g_autoptr(GError) cause = NULL;

  if (!open_helper_pipes (self, error) || !cproc_launch_fds_probe (&self->fds, error))
    {
      cproc_launch_prefix_error (&self->names, error);
      return FALSE;
    }

  if (!call_glib (self, argv, &cause))
    {
      g_propagate_error (error, cproc_launch_error_of_helper (&self->names, self->helper, cause));
      return FALSE;
    }

  return TRUE;
}

typedef struct
{
  CprocLaunch *launch;
  GError **error;
  gboolean spawned;
} SpawnCall;

static void
spawn_in_thread (gpointer user_data)
{
  SpawnCall *call = user_data;

  call->spawned = spawn (call->launch, call->error);
}

static gboolean
spawn_and_keep_ends (CprocLaunch  *self,
                     GError      **error)
{
  SpawnCall call = { self, error, FALSE };

  g_assert (self->launcher != NULL);

  /* The kernel sends the parent-death signal when the thread that spawned ends, so spawn in the
   * library's thread. A supervisor uses it as well. */
  if (!self->die_with_parent && self->containment != CPROC_CONTAINMENT_TREE)
    return spawn (self, error);

  cproc_thread_call (spawn_in_thread, &call);

  return call.spawned;
}

/* Closes the child's ends in this process: with one open, there would be no end of file. */
static void
close_ends_of_child (CprocLaunch *self)
{
  if (self->launcher != NULL)
    g_subprocess_launcher_close (self->launcher);
  g_clear_object (&self->launcher);
}

gboolean
cproc_launch_spawn (CprocLaunch  *self,
                    GError      **error)
{
  gboolean spawned = spawn_and_keep_ends (self, error);

  close_ends_of_child (self);

  return spawned;
}

int
cproc_launch_get_status_fd (CprocLaunch *self)
{
  return self->status_fd;
}

/* Ends a failed start. The helper ends by itself, and a tree ends with its control socket; but if
 * the report was lost the program may run. The process must not stay as a zombie. */
static void
reap (CprocLaunch *self)
{
  gboolean reserved;

  if (!self->has_reported && self->containment != CPROC_CONTAINMENT_TREE)
    g_subprocess_force_exit (self->subprocess);

  cproc_fd_clear (&self->pidfd);
  cproc_fd_clear (&self->control_fd);
  g_clear_pointer (&self->job, cproc_job_unref);

  /* g_subprocess_wait() makes a main context, which needs a descriptor. */
  reserved = cproc_fd_reserve_stdio (NULL);
  g_subprocess_wait (self->subprocess, NULL, NULL);
  if (reserved)
    cproc_fd_release_stdio ();
  g_clear_object (&self->subprocess);
}

/* Waits until the last holder of the other end closes it, by exec or by its end. This is the only
 * wait of a start. Waiting for the first record here too would delay the library's thread, in which
 * all asynchronous starts run. */
static void
await_hang_up (int fd)
{
  struct pollfd status = { .fd = fd };

  while (poll (&status, 1, -1) < 0 && errno == EINTR)
    ;
}

/* Waits until the program runs, or is known not to. The kernel releases the helper's lock earlier
 * than it closes the helper's end, so waiting for the lock is faster. FALSE if the caller must wait
 * for the hang-up. Our copy of the helper's end is open meanwhile, so a helper that has ended
 * without a report causes no hang-up: the wait has a limit. */
static gboolean
await_lock (CprocLaunch *self)
{
  struct pollfd status = { .fd = self->status_fd, .events = POLLIN };
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int result;

  /* A supervisor stays, so its lock is never released. */
  if (self->containment == CPROC_CONTAINMENT_TREE || poll (&status, 1, MAX_SILENCE_MSEC) != 1)
    return FALSE;

  receive_process (self);
  if (!self->is_locked)
    return FALSE;

  do
    result = fcntl (self->status_peer, F_SETLKW, &lock);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

static void
take_record (CprocLaunch        *self,
             const LaunchRecord *record,
             gint64              pid)
{
  if (record->step == LAUNCH_STEP_PID)
    self->pid = pid;
  else if (record->step == LAUNCH_STEP_READY)
    self->is_ready = TRUE;
  else
    self->failure = *record;
}

static gboolean
finish (CprocLaunch  *self,
        GError      **error)
{
  GError *local_error = NULL;
  LaunchRecord record;
  gint64 pid;

  g_assert (self->subprocess != NULL);

  receive_process (self);
  while (receive_record (self, &record, &pid, MSG_DONTWAIT) == sizeof record)
    take_record (self, &record, pid);
  cproc_fd_clear (&self->status_fd);

  if (self->failure.step != 0)
    local_error = cproc_launch_error_of_step (&self->names, self->failure.step,
                                              self->failure.value, self->failure.detail);
  else if (!self->has_reported || (self->is_held && !self->is_ready))
    local_error = cproc_launch_error_of_silence (&self->names, self->helper);

  /* The held program runs now, or has ended. */
  self->is_ready = FALSE;
  if (local_error == NULL)
    return TRUE;

  reap (self);
  g_propagate_error (error, local_error);

  return FALSE;
}

gboolean
cproc_launch_confirm (CprocLaunch  *self,
                      GError      **error)
{
  await_hang_up (self->status_fd);

  return finish (self, error);
}

gboolean
cproc_launch_is_decided (CprocLaunch *self)
{
  LaunchRecord record;
  gint64 pid;
  gssize n = 0;

  receive_process (self);
  while (self->has_reported && !self->is_ready && self->failure.step == 0)
    {
      n = receive_record (self, &record, &pid, MSG_DONTWAIT);
      if (n != sizeof record)
        break;
      take_record (self, &record, pid);
    }

  return !self->has_reported || self->is_ready || self->failure.step != 0 || n == 0;
}

gboolean
cproc_launch_await_ready (CprocLaunch  *self,
                          GError      **error)
{
  struct pollfd status = { .fd = self->status_fd, .events = POLLIN };

  while (!cproc_launch_is_decided (self))
    poll (&status, 1, -1);

  return self->is_ready || finish (self, error);
}

gboolean
cproc_launch_release (CprocLaunch *self)
{
  gssize n;

  g_assert (self->is_ready);

  do
    n = send (self->status_fd, "", 1, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);

  return n == 1;
}

void
cproc_launch_kill (CprocLaunch *self)
{
  if (self->subprocess == NULL)
    return;

  if (cproc_launch_get_job (self) != NULL)
    cproc_job_signal (self->job, SIGKILL, NULL);
  self->is_ready = FALSE;
  cproc_fd_clear (&self->status_fd);
  reap (self);
}

gboolean
cproc_launch_run (CprocLaunch  *self,
                  GError      **error)
{
  gboolean is_decided = FALSE;
  gboolean spawned = spawn_and_keep_ends (self, error);

  if (spawned)
    is_decided = await_lock (self);
  close_ends_of_child (self);
  if (spawned && !is_decided)
    await_hang_up (self->status_fd);

  return spawned && finish (self, error);
}

GSubprocess *
cproc_launch_get_subprocess (CprocLaunch *self)
{
  return self->subprocess;
}

gint64
cproc_launch_get_pid (CprocLaunch *self)
{
  return self->pid;
}

CprocJob *
cproc_launch_get_job (CprocLaunch *self)
{
  /* Make the job already after the spawn, so that an unconfirmed start can be cancelled. A helper
   * that has not reported has failed, and ends by itself. */
  if (self->job == NULL && self->subprocess != NULL)
    receive_process (self);
  if (self->job == NULL && self->subprocess != NULL && self->has_reported)
    self->job = cproc_job_new (self->subprocess, self->process_pid, g_steal_fd (&self->pidfd),
                               self->containment, g_steal_fd (&self->control_fd));

  return self->job;
}
