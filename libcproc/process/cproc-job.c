/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "cproc-error.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-process-group-private.h"
#include "cproc-thread-private.h"
#include "cproc-job-private.h"
#include "cproc-process-tree-private.h"
#include "cproc-watch-private.h"

/* The helper of a TREE waits for the grace itself, so that the tree ends even if this process has
 * ended. But a descendant may stop the helper. So this long after the grace the job kills the
 * remaining processes itself: again after a short time while it finds some, otherwise at doubling
 * intervals. */
#define HELPER_MSEC 250
#define SURVIVOR_MSEC 2

/* After the end of its leader a group is checked at doubling intervals until it is empty. No event
 * reports that, and until then the group needs a descriptor. */
#define EMPTY_MSEC 2

/* The lock protects all members except those that only the library's thread touches: the timer of a
 * kill's grace, and a watch on the process, which stops the timer when the process is gone. While
 * these are armed they hold a reference. */
struct _CprocJob
{
  gatomicrefcount ref_count;
  pid_t process; /* the process that made the job: a fork must not signal */
  GMutex lock;
  GSubprocess *subprocess;
  CprocContainment containment;
  int pidfd;
  gboolean leader_ended;
  gboolean is_over; /* nothing is left to signal, and the descriptors are closed */
  CprocProcessGroup group;
  CprocProcessTree tree;
  gint64 kill_time; /* monotonic; 0: no SIGKILL is due */
  guint helper_msec;
  gboolean tree_had_survivors;
  guint empty_msec;

  gboolean is_armed; /* changed with the lock held */
  CprocTimer timer;
  CprocWatch watch;
};

/* Returns the pid, or 0 for a pid that GSubprocess does not know, which is never signalled. */
static pid_t
get_sure_number (GSubprocess *subprocess,
                 gint64       pid)
{
  const char *known = subprocess != NULL ? g_subprocess_get_identifier (subprocess) : NULL;

  return known == NULL || g_ascii_strtoll (known, NULL, 10) == pid ? (pid_t) pid : 0;
}

CprocJob *
cproc_job_new (GSubprocess      *subprocess,
               gint64            pid,
               int               pidfd,
               CprocContainment  containment,
               int               control_fd)
{
  CprocJob *self = g_new0 (CprocJob, 1);
  pid_t number;

  g_assert (subprocess == NULL || G_IS_SUBPROCESS (subprocess));
  g_assert (containment != CPROC_CONTAINMENT_AUTO);
  g_assert ((control_fd >= 0) == (containment == CPROC_CONTAINMENT_TREE));

  g_atomic_ref_count_init (&self->ref_count);
  self->process = getpid ();
  g_mutex_init (&self->lock);
  g_set_object (&self->subprocess, subprocess);
  self->containment = containment;
  self->pidfd = pidfd;
  self->helper_msec = HELPER_MSEC;
  self->empty_msec = EMPTY_MSEC;
  number = get_sure_number (subprocess, pid);
  cproc_process_group_init (&self->group, subprocess, number, pidfd);
  self->tree.control_fd = -1;
  if (control_fd >= 0)
    cproc_process_tree_init (&self->tree, control_fd, subprocess, number, pidfd);

  return self;
}

CprocJob *
cproc_job_ref (CprocJob *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
close_all (CprocJob *self)
{
  if (self->containment == CPROC_CONTAINMENT_TREE)
    cproc_process_tree_clear (&self->tree);
  self->group.pidfd = -1;
  cproc_fd_clear (&self->pidfd);
}

void
cproc_job_unref (CprocJob *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (!self->is_over)
    close_all (self);
  cproc_process_group_clear (&self->group);
  g_clear_object (&self->subprocess);
  g_mutex_clear (&self->lock);
  g_free (self);
}

int
cproc_job_get_pidfd (CprocJob *self)
{
  return self->pidfd;
}

int
cproc_job_get_control_fd (CprocJob *self)
{
  return self->tree.control_fd;
}

static int
signal_process (CprocJob *self,
                int       signum)
{
  return self->leader_ended ? ESRCH
                            : cproc_pidfd_signal_child (self->pidfd, self->subprocess, signum);
}

static int
signal_all (CprocJob *self,
            int       signum)
{
  if (self->is_over)
    return ESRCH;

  switch (self->containment)
    {
    case CPROC_CONTAINMENT_TREE:
      return cproc_process_tree_signal (&self->tree, signum);
    case CPROC_CONTAINMENT_GROUP:
      return cproc_process_group_signal (&self->group, signum);
    case CPROC_CONTAINMENT_NONE:
    case CPROC_CONTAINMENT_AUTO:
    default:
      return signal_process (self, signum);
    }
}

/* Cancels the kill if nothing is left. */
static void
set_leader_ended (CprocJob *self)
{
  self->leader_ended = TRUE;
  if (self->containment == CPROC_CONTAINMENT_GROUP)
    cproc_process_group_leader_exited (&self->group);

  if (self->kill_time != 0 && signal_all (self, 0) == ESRCH)
    self->kill_time = 0;
}

/* The functions from here on run in the library's thread … */

static void
disarm (CprocJob *self)
{
  if (!self->is_armed)
    return;

  cproc_timer_stop (&self->timer);
  cproc_watch_stop (&self->watch);
  g_mutex_lock (&self->lock);
  self->is_armed = FALSE;
  g_mutex_unlock (&self->lock);
  cproc_job_unref (self);
}

static void arm (CprocJob *self);

static void
kill_tree_now (CprocJob *self)
{
  guint n = cproc_process_tree_force_kill (&self->tree);

  if (n > 0 && !self->tree_had_survivors)
    self->helper_msec = SURVIVOR_MSEC;
  self->tree_had_survivors = n > 0;

  self->kill_time = g_get_monotonic_time () + self->helper_msec * G_TIME_SPAN_MILLISECOND;
  self->helper_msec = MIN (self->helper_msec + self->helper_msec / (n > 0 ? 4 : 1) + 1,
                           G_MAXINT / 2);
  if (self->tree.is_gone)
    self->kill_time = 0;
}

/* Sends the SIGKILL that is due. */
static void
kill_now (CprocJob *self)
{
  self->kill_time = 0;
  if (self->containment == CPROC_CONTAINMENT_TREE)
    kill_tree_now (self);
  else
    signal_all (self, SIGKILL);
}

static gboolean
is_waiting_for_empty (CprocJob *self)
{
  return self->leader_ended && self->containment == CPROC_CONTAINMENT_GROUP;
}

static void
check_empty (CprocJob *self)
{
  self->empty_msec = MIN (self->empty_msec * 2, G_MAXINT / 2);
  if (is_waiting_for_empty (self) && (cproc_process_group_is_empty (&self->group) ||
                                      cproc_process_group_has_zombies_only (&self->group)))
    self->kill_time = 0;
}

static void
on_timer (gpointer user_data)
{
  CprocJob *self = user_data;
  gboolean again;

  g_mutex_lock (&self->lock);
  if (self->kill_time != 0 && g_get_monotonic_time () >= self->kill_time)
    kill_now (self);
  else
    check_empty (self);
  again = self->kill_time != 0;
  g_mutex_unlock (&self->lock);

  if (again)
    arm (self);
  else
    disarm (self);
}

static void
on_process_ended (gpointer user_data)
{
  CprocJob *self = user_data;
  gboolean again;

  cproc_watch_stop (&self->watch);

  g_mutex_lock (&self->lock);
  set_leader_ended (self);
  again = self->kill_time != 0;
  g_mutex_unlock (&self->lock);

  if (again)
    arm (self);
  else
    disarm (self);
}

static guint
get_timer_msec (CprocJob *self)
{
  /* Round up, so that the grace is not shortened. */
  gint64 msec = (self->kill_time - g_get_monotonic_time () + G_TIME_SPAN_MILLISECOND - 1) /
                G_TIME_SPAN_MILLISECOND;

  if (is_waiting_for_empty (self))
    msec = MIN (msec, (gint64) self->empty_msec);

  return (guint) CLAMP (msec, 0, G_MAXUINT);
}

static void
arm (CprocJob *self)
{
  GMainContext *context = cproc_thread_get_context ();
  gboolean was_armed = self->is_armed;
  gboolean must_watch;
  guint msec;

  g_mutex_lock (&self->lock);
  /* The process may be gone meanwhile, and its pidfd with it. */
  self->is_armed = was_armed || !self->is_over;
  msec = get_timer_msec (self);
  must_watch = self->pidfd >= 0 && !cproc_watch_is_active (&self->watch) &&
               (!self->leader_ended || self->containment == CPROC_CONTAINMENT_TREE);
  g_mutex_unlock (&self->lock);

  if (!self->is_armed)
    return;
  if (!was_armed)
    cproc_job_ref (self);

  cproc_timer_start (&self->timer, context, msec, on_timer, self);
  if (must_watch)
    cproc_watch_start (&self->watch, context, self->pidfd, G_IO_IN, on_process_ended, self);
}

static gboolean
update_grace (gpointer user_data)
{
  g_autoptr (CprocJob) self = user_data;

  if (cproc_job_is_ending (self))
    arm (self);
  else
    disarm (self);

  return G_SOURCE_REMOVE;
}

/* … to here. */

static gboolean
check (int      error_number,
       int      signum,
       GError **error)
{
  if (error_number == 0)
    return TRUE;

  if (error_number == ESRCH)
    g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING, _("The process has ended"));
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (error_number),
                 _("Could not send signal %d: %s"), signum, g_strerror (error_number));

  return FALSE;
}

static gboolean
check_signum (int      signum,
              GError **error)
{
  if (signum >= 0 && signum < NSIG)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("There is no signal %d"), signum);

  return FALSE;
}

static gboolean
check_call (CprocJob  *self,
            int        signum,
            GError   **error)
{
  if (!check_signum (signum, error))
    return FALSE;

  return self->process == getpid () || check (ESRCH, signum, error);
}

static int
terminate_all (CprocJob *self,
               int       signum,
               int       grace)
{
  int error_number;

  if (self->is_over)
    return ESRCH;
  if (self->containment == CPROC_CONTAINMENT_TREE)
    return cproc_process_tree_terminate (&self->tree, signum, grace);

  error_number = signal_all (self, signum);
  /* A stopped process handles no other signal until it continues. */
  if (error_number == 0 && signum != 0 && signum != SIGKILL && signum != SIGCONT)
    signal_all (self, SIGCONT);

  return error_number;
}

/* Schedules SIGKILL after grace ms. In a TREE the helper sends it, and the job checks that it
 * did. */
static void
schedule_kill (CprocJob *self,
               int       grace)
{
  gint64 kill_time = g_get_monotonic_time () + (gint64) grace * G_TIME_SPAN_MILLISECOND;

  if (self->containment == CPROC_CONTAINMENT_TREE)
    kill_time += HELPER_MSEC * G_TIME_SPAN_MILLISECOND;
  if (self->kill_time == 0 || kill_time < self->kill_time)
    self->kill_time = kill_time;
}

static gboolean
finish_call (CprocJob  *self,
             int        signum,
             int        error_number,
             GError   **error)
{
  if (cproc_job_is_ending (self))
    cproc_thread_push (update_grace, cproc_job_ref (self));

  return check (error_number, signum, error);
}

gboolean
cproc_job_signal (CprocJob  *self,
                  int        signum,
                  GError   **error)
{
  int error_number;

  if (!check_call (self, signum, error))
    return FALSE;

  g_mutex_lock (&self->lock);
  error_number = signal_all (self, signum);
  if (error_number == 0 && signum == SIGKILL && self->containment == CPROC_CONTAINMENT_TREE)
    schedule_kill (self, 0);
  g_mutex_unlock (&self->lock);

  return signum == SIGKILL ? finish_call (self, signum, error_number, error)
                           : check (error_number, signum, error);
}

gboolean
cproc_job_terminate (CprocJob  *self,
                     int        signum,
                     int        grace,
                     GError   **error)
{
  int error_number;

  if (!check_call (self, signum, error))
    return FALSE;

  if (grace == 0 || signum == SIGKILL)
    return cproc_job_signal (self, SIGKILL, error);

  g_mutex_lock (&self->lock);
  error_number = terminate_all (self, signum, grace);
  if (error_number == 0 && grace > 0)
    schedule_kill (self, grace);
  g_mutex_unlock (&self->lock);

  return finish_call (self, signum, error_number, error);
}

gboolean
cproc_job_is_ending (CprocJob *self)
{
  gboolean is_ending;

  g_mutex_lock (&self->lock);
  if (self->kill_time != 0 && self->containment == CPROC_CONTAINMENT_TREE &&
      cproc_process_tree_signal (&self->tree, 0) == ESRCH)
    self->kill_time = 0;
  is_ending = self->kill_time != 0;
  g_mutex_unlock (&self->lock);

  return is_ending;
}

void
cproc_job_leader_exited (CprocJob *self)
{
  gboolean was_ending;

  g_mutex_lock (&self->lock);
  was_ending = self->kill_time != 0;
  set_leader_ended (self);
  g_mutex_unlock (&self->lock);

  if (was_ending)
    cproc_thread_push (update_grace, cproc_job_ref (self));
}

static gboolean
nothing_is_left (CprocJob *self)
{
  switch (self->containment)
    {
    case CPROC_CONTAINMENT_TREE:
      return cproc_process_tree_signal (&self->tree, 0) == ESRCH;
    case CPROC_CONTAINMENT_GROUP:
      return cproc_process_group_is_empty (&self->group);
    case CPROC_CONTAINMENT_NONE:
    case CPROC_CONTAINMENT_AUTO:
    default:
      return self->leader_ended;
    }
}

static gboolean
only_zombies_are_left (CprocJob *self)
{
  return self->containment == CPROC_CONTAINMENT_GROUP &&
         cproc_process_group_has_zombies_only (&self->group);
}

gboolean
cproc_job_try_close (CprocJob *self,
                     gboolean  thoroughly)
{
  gboolean is_over;

  g_mutex_lock (&self->lock);
  /* While the job is armed the library's thread watches the pidfd. */
  if (!self->is_over && !self->is_armed && self->kill_time == 0 &&
      (nothing_is_left (self) || (thoroughly && only_zombies_are_left (self))))
    {
      self->is_over = TRUE;
      close_all (self);
    }
  is_over = self->is_over;
  g_mutex_unlock (&self->lock);

  return is_over;
}

CprocWaitResult
cproc_job_read_exit (CprocJob        *self,
                     CprocExitStatus *end)
{
  CprocWaitResult result;

  g_mutex_lock (&self->lock);
  result = cproc_process_tree_read_exit (&self->tree, end);
  g_mutex_unlock (&self->lock);

  return result;
}
