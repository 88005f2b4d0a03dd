/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "cproc-exit-watch-private.h"

/* The time between two looks at a process that a debugger holds, at first and at most. */
#define HELD_MSEC 1
#define MAX_HELD_MSEC 128

/* The time between two looks at a child, to see whether it has stopped. No event tells of a stop:
 * GLib handles SIGCHLD only for the end. */
#define STOP_MSEC 100

/* If SIGCHLD is ignored, wait() does not give the status; GSubprocess (up to GLib 2.76) then
 * reports 0, which would be success. */
static gboolean
status_is_lost (void)
{
  struct sigaction action;

  return sigaction (SIGCHLD, NULL, &action) == 0 &&
         (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0);
}

/* The process is gone, so GSubprocess is about to finish reaping: this does not block. */
static void
ask_subprocess (GSubprocess     *subprocess,
                CprocExitStatus *end)
{
  if (subprocess == NULL || !g_subprocess_wait (subprocess, NULL, NULL) || status_is_lost ())
    return;

  if (g_subprocess_get_if_exited (subprocess))
    end->exit_code = g_subprocess_get_exit_status (subprocess);
  else if (g_subprocess_get_if_signaled (subprocess))
    end->term_signal = g_subprocess_get_term_sig (subprocess);
}

static void
tell (CprocExitWatch  *self,
      CprocExitStatus *end)
{
  CprocExitFunc func = self->func;
  gpointer user_data = self->user_data;

  /* The function may free the owner, and with it this watch. */
  cproc_exit_watch_stop (self);
  func (end, user_data);
}

static void
tell_reaped (gpointer user_data)
{
  CprocExitWatch *self = user_data;
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;
  int pidfd = cproc_job_get_pidfd (self->job);

  if (pidfd < 0 || !cproc_pidfd_get_end (pidfd, &end))
    ask_subprocess (self->subprocess, &end);
  tell (self, &end);
}

static void
tell_stop (CprocExitWatch *self,
           int             signum)
{
  self->is_stopped = signum != 0;
  if (self->stop_func != NULL)
    self->stop_func (signum, self->user_data);
}

static void
on_stop_timer (gpointer user_data)
{
  CprocExitWatch *self = user_data;
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;
  int pidfd = cproc_job_get_pidfd (self->job);
  gboolean is_stopped = cproc_pidfd_peek_stop (pidfd, &end) == CPROC_WAIT_RESULT_STOPPED;

  cproc_timer_start (&self->stop_timer, self->context, STOP_MSEC, on_stop_timer, self);
  /* The function may stop this timer. A stopped process that was killed has not continued. */
  if (is_stopped != self->is_stopped &&
      cproc_pidfd_peek (pidfd, &end) == CPROC_WAIT_RESULT_RUNNING)
    tell_stop (self, end.stop_signal);
}

static void on_pidfd (gpointer user_data);

/* A debugger (or strace -f, for a moment) holds the process: it has ended but cannot be waited for
 * until the debugger lets go, and its pidfd stays readable all that time. GLib 2.74 would take it
 * for reaped, with status 0. */
static void
look_again_later (CprocExitWatch *self)
{
  self->held_msec = CLAMP (self->held_msec * 2, HELD_MSEC, MAX_HELD_MSEC);
  cproc_watch_stop (&self->watch);
  cproc_timer_start (&self->held_timer, self->context, self->held_msec, on_pidfd, self);
}

static void
on_pidfd (gpointer user_data)
{
  CprocExitWatch *self = user_data;
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;
  int pidfd = cproc_job_get_pidfd (self->job);

  switch (cproc_pidfd_peek (pidfd, &end))
    {
    case CPROC_WAIT_RESULT_EXITED:
      if (self->held_msec > 0)
        cproc_pidfd_reap (pidfd);
      tell (self, &end);
      break;

    case CPROC_WAIT_RESULT_NOT_OURS:
      tell_reaped (self);
      break;

    case CPROC_WAIT_RESULT_RUNNING:
    case CPROC_WAIT_RESULT_STOPPED:
    case CPROC_WAIT_RESULT_CONTINUED:
    default:
      look_again_later (self);
      break;
    }
}

static void
watch_process (CprocExitWatch *self)
{
  int pidfd = cproc_job_get_pidfd (self->job);

  if (pidfd >= 0)
    cproc_watch_start (&self->watch, self->context, pidfd, G_IO_IN, on_pidfd, self);
  else if (self->subprocess == NULL)
    tell_reaped (self);
  else
    self->reap = cproc_subprocess_wait_new (self->subprocess, self->context, self->watch.owner,
                                            tell_reaped, self);
}

static void
on_control (gpointer user_data)
{
  CprocExitWatch *self = user_data;
  CprocExitStatus end = CPROC_EXIT_STATUS_UNKNOWN;

  switch (cproc_job_read_exit (self->job, &end))
    {
    case CPROC_WAIT_RESULT_EXITED:
      tell (self, &end);
      break;

    case CPROC_WAIT_RESULT_NOT_OURS:
      /* The helper has been killed, and the program with it: report the helper's status for the
       * program. If only the line to the helper is lost, the helper is useless: kill it. */
      if (self->subprocess != NULL)
        g_subprocess_force_exit (self->subprocess);
      cproc_watch_stop (&self->watch);
      watch_process (self);
      break;

    case CPROC_WAIT_RESULT_STOPPED:
      tell_stop (self, end.stop_signal);
      break;

    case CPROC_WAIT_RESULT_CONTINUED:
      tell_stop (self, 0);
      break;

    case CPROC_WAIT_RESULT_RUNNING:
    default:
      break;
    }
}

void
cproc_exit_watch_set_owner (CprocExitWatch *self,
                            CprocOwner     *owner)
{
  cproc_watch_set_owner (&self->watch, owner);
  cproc_timer_set_owner (&self->held_timer, owner);
  cproc_timer_set_owner (&self->stop_timer, owner);
}

void
cproc_exit_watch_set_priority (CprocExitWatch *self,
                               GMainContext   *context,
                               int             priority)
{
  cproc_watch_set_priority (&self->watch, context, priority);
}

void
cproc_exit_watch_start (CprocExitWatch *self,
                        GMainContext   *context,
                        GSubprocess    *subprocess,
                        CprocJob       *job,
                        CprocExitFunc   func,
                        gpointer        user_data)
{
  int control_fd = cproc_job_get_control_fd (job);

  g_assert (subprocess == NULL || G_IS_SUBPROCESS (subprocess));
  g_assert (context != NULL);
  g_assert (func != NULL);

  cproc_exit_watch_stop (self);

  self->context = g_main_context_ref (context);
  g_set_object (&self->subprocess, subprocess);
  self->job = cproc_job_ref (job);
  self->func = func;
  self->user_data = user_data;

  if (control_fd >= 0)
    cproc_watch_start (&self->watch, context, control_fd, G_IO_IN, on_control, self);
  else
    watch_process (self);
}

void
cproc_exit_watch_start_stops (CprocExitWatch *self,
                              CprocStopFunc   func,
                              gboolean        is_wanted)
{
  g_assert (self->job != NULL);

  self->stop_func = func;
  if (is_wanted && cproc_job_get_control_fd (self->job) < 0 &&
      cproc_job_get_pidfd (self->job) >= 0)
    cproc_timer_start (&self->stop_timer, self->context, STOP_MSEC, on_stop_timer, self);
}

void
cproc_exit_watch_stop (CprocExitWatch *self)
{
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->held_timer);
  cproc_timer_stop (&self->stop_timer);
  self->stop_func = NULL;
  self->is_stopped = FALSE;
  self->held_msec = 0;
  g_clear_pointer (&self->reap, cproc_subprocess_wait_free);
  g_clear_object (&self->subprocess);
  g_clear_pointer (&self->job, cproc_job_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
cproc_exit_watch_move (CprocExitWatch *self,
                       GMainContext   *context)
{
  if (self->job == NULL)
    return;

  g_main_context_ref (context);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = context;

  cproc_watch_move (&self->watch, context);
  cproc_timer_move (&self->held_timer, context);
  cproc_timer_move (&self->stop_timer, context);
  if (self->reap != NULL)
    cproc_subprocess_wait_move (self->reap, context);
}
