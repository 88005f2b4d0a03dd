/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cproc-process-group-private.h"
#include "cproc-pidfd-private.h"
#include "launch-descendants.h"

gboolean
cproc_proc_stat_parse (const char    *text,
                       CprocProcStat *stat)
{
  /* "PID (NAME) STATE PARENT GROUP SESSION …"; NAME may contain any of these characters. */
  const char *name_end = strrchr (text, ')');
  int parent, group, session;

  if (name_end == NULL ||
      sscanf (name_end + 1, " %c %d %d %d", &stat->state, &parent, &group, &session) != 4)
    return FALSE;

  stat->group = group;
  stat->session = session;

  return TRUE;
}

static gboolean
read_stat (const char    *pid,
           CprocProcStat *stat)
{
  char path[64];
  char text[512]; /* longer than everything up to the session */
  ssize_t length;
  int fd;

  if (g_snprintf (path, sizeof path, "/proc/%s/stat", pid) >= (int) sizeof path)
    return FALSE;

  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;

  do
    length = read (fd, text, sizeof text - 1);
  while (length < 0 && errno == EINTR);
  close (fd);

  if (length <= 0)
    return FALSE;
  text[length] = '\0';

  return cproc_proc_stat_parse (text, stat);
}

static gboolean
is_member (const CprocProcessGroup *self,
           const char              *pid)
{
  CprocProcStat stat;

  return read_stat (pid, &stat) &&
         stat.group == self->id &&
         (self->session < 0 || stat.session == self->session);
}

typedef struct
{
  pid_t pid;
  int pidfd;
} Member;

static void
member_clear (gpointer data)
{
  close (((Member *) data)->pidfd);
}

/* Returns whether the member lives. Its state in /proc is that of the first thread, which may have
 * ended before the others. */
static gboolean
member_lives (const Member *self)
{
  struct pollfd pollfd = { self->pidfd, POLLIN, 0 };

  return poll (&pollfd, 1, 0) == 0;
}

/* Signals a member. Its pid cannot be reused as long as it lives. */
static int
member_signal (const Member *self,
               int           signum)
{
  int result = cproc_pidfd_signal (self->pidfd, signum);

  if (result == 0 || !cproc_pidfd_is_refused (result))
    return result;

  return member_lives (self) ? cproc_kill (self->pid, signum) : ESRCH;
}

static void
hold_member (CprocProcessGroup *self,
             const char        *pid,
             GArray            *members)
{
  Member member = { (pid_t) g_ascii_strtoll (pid, NULL, 10), -1 };

  member.pidfd = cproc_pidfd_open (member.pid);
  if (member.pidfd < 0)
    return;

  /* Check again now that the process is held: before, the pid may have been reused. */
  if (is_member (self, pid) && member_lives (&member))
    g_array_append_val (members, member);
  else
    member_clear (&member);
}

static GArray *
find_members (CprocProcessGroup *self)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Member));
  /* The /proc of another pid namespace shows unrelated processes. */
  g_autoptr (GDir) dir = launch_proc_is_ours () ? g_dir_open ("/proc", 0, NULL) : NULL;
  const char *name;

  g_array_set_clear_func (members, member_clear);

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (name[0]) && is_member (self, name))
      hold_member (self, name, members);

  return g_steal_pointer (&members);
}

static int
signal_members (GArray *members,
                int     signum)
{
  int result = ESRCH;
  guint i;

  for (i = 0; i < members->len; i++)
    {
      int one = member_signal (&g_array_index (members, Member, i), signum);

      if (one == 0)
        result = 0;
      else if (result == ESRCH)
        result = one;
    }

  return result;
}

/* The kernel never gives a pid that is in use as a pgid. If a process has this pid, the group was
 * empty and the number was reused. */
static gboolean
number_was_reused (CprocProcessGroup *self)
{
  return cproc_kill (self->id, 0) != ESRCH;
}

static gboolean
leader_is_unreaped (CprocProcessGroup *self)
{
  CprocExitStatus end;

  if (self->pidfd >= 0)
    return cproc_pidfd_peek (self->pidfd, &end) != CPROC_WAIT_RESULT_NOT_OURS;

  return self->leader != NULL && g_subprocess_get_identifier (self->leader) != NULL;
}

/* Used before Linux 6.9. Most groups end with their leader, and then this takes few system
 * calls. */
static void
find_first_members (CprocProcessGroup *self)
{
  CprocExitStatus end;

  /* GSubprocess is about to reap the leader; but a debugger may hold it for long. */
  if (self->leader != NULL &&
      (self->pidfd < 0 || cproc_pidfd_peek (self->pidfd, &end) == CPROC_WAIT_RESULT_EXITED))
    g_subprocess_wait (self->leader, NULL, NULL);

  if (cproc_kill (-self->id, 0) == ESRCH)
    self->members = g_array_new (FALSE, FALSE, sizeof (Member));
  else
    self->members = find_members (self);

  if (self->members->len > 0 && !leader_is_unreaped (self) && number_was_reused (self))
    g_array_set_size (self->members, 0);
}

static int
signal_what_is_left (CprocProcessGroup *self,
                     int                signum)
{
  g_autoptr (GArray) members = NULL;

  if (self->members == NULL)
    find_first_members (self);
  if (self->members->len == 0)
    return ESRCH;

  /* New members may have been started meanwhile. */
  members = find_members (self);
  if (signal_members (self->members, 0) == ESRCH)
    g_array_set_size (members, 0);

  g_array_unref (self->members);
  self->members = g_steal_pointer (&members);

  return signal_members (self->members, signum);
}

/* Signals a leader that has joined another group: its own group may even be empty then. */
static int
signal_leader_elsewhere (CprocProcessGroup *self,
                         int                signum,
                         int                result)
{
  if (result != 0 || getpgid (self->id) != self->id)
    {
      int leader_result = cproc_pidfd_signal_child (self->pidfd, self->leader, signum);

      return result == 0 || leader_result == ESRCH ? result : leader_result;
    }

  return result;
}

/* Returns EINVAL if the kernel cannot do this, or a sandbox refuses it. */
static int
signal_group_of_leader (CprocProcessGroup *self,
                        int                signum)
{
  int result = self->pidfd >= 0 ? cproc_pidfd_signal_group (self->pidfd, signum) : EINVAL;

  return cproc_pidfd_is_refused (result) ? EINVAL : result;
}

/* Returns EINVAL in the same cases as signal_group_of_leader(). */
static int
signal_by_pidfd (CprocProcessGroup *self,
                 int                signum)
{
  int result;

  if (!self->leader_ended)
    {
      result = signal_group_of_leader (self, signum);

      return result != EINVAL ? signal_leader_elsewhere (self, signum, result) : result;
    }

  result = signal_group_of_leader (self, 0);
  if (result == EINVAL || result == ESRCH)
    return result;

  /* The leader may still be a zombie, which counts as a member: wait until it is reaped. */
  cproc_pidfd_await_reaped (self->pidfd);

  return signal_group_of_leader (self, signum);
}

static int
signal_by_number (CprocProcessGroup *self,
                  int                signum)
{
  if (!self->leader_ended && leader_is_unreaped (self))
    return signal_leader_elsewhere (self, signum, cproc_kill (-self->id, signum));

  return signal_what_is_left (self, signum);
}

int
cproc_process_group_signal (CprocProcessGroup *self,
                            int                signum)
{
  int result = signal_by_pidfd (self, signum);

  return result != EINVAL ? result : signal_by_number (self, signum);
}

gboolean
cproc_process_group_is_empty (CprocProcessGroup *self)
{
  return self->leader_ended && !leader_is_unreaped (self) &&
         cproc_process_group_signal (self, 0) == ESRCH;
}

gboolean
cproc_process_group_has_zombies_only (CprocProcessGroup *self)
{
  g_autoptr (GArray) members = NULL;
  CprocProcStat stat;

  /* Mounted with "hidepid", /proc may hide a member that lives. */
  if (self->id <= 1 || !self->leader_ended || leader_is_unreaped (self) ||
      !launch_proc_is_ours () || !read_stat ("1", &stat))
    return FALSE;

  members = find_members (self);

  return members->len == 0;
}

void
cproc_process_group_leader_exited (CprocProcessGroup *self)
{
  if (self->leader_ended)
    return;

  self->leader_ended = TRUE;

  /* The number surely belongs to the group only until the leader is reaped. */
  if (self->members == NULL && signal_group_of_leader (self, 0) == EINVAL)
    find_first_members (self);
}

void
cproc_process_group_init (CprocProcessGroup *self,
                          GSubprocess       *leader,
                          pid_t              id,
                          int                pidfd)
{
  *self = (CprocProcessGroup) {
    .leader = leader,
    .id = id,
    .session = id > 1 ? getsid (id) : -1,
    .pidfd = pidfd,
  };
}

void
cproc_process_group_clear (CprocProcessGroup *self)
{
  g_clear_pointer (&self->members, g_array_unref);
}
