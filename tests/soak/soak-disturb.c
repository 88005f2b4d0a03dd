/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What happens to a child besides its own life: signals, pauses, timeouts, the loss of its last
 * reference, each at a moment of its own. */

#include "config.h"

#include <signal.h>

#include "soak-child.h"

#define BIT(signum) (G_GUINT64_CONSTANT (1) << (signum))

/* FALSE: it was too late, or too early. */
static gboolean
check_sent (SoakChild *self,
            gboolean   sent,
            GError   **error)
{
  if (!sent)
    soak_check_error (&self->task, *error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);

  return sent;
}

static void
do_kill (SoakChild *self)
{
  g_autoptr(GError) error = NULL;

  if (check_sent (self, cproc_child_kill (self->child, &error), &error))
    self->fired |= BIT (cproc_child_get_kill_signal (self->child)) | BIT (SIGKILL);
}

static void
do_force_exit (SoakChild *self)
{
  g_autoptr(GError) error = NULL;

  if (check_sent (self, cproc_child_force_exit (self->child, &error), &error))
    self->fired |= BIT (SIGKILL);
}

static void
send_signal (SoakChild *self,
             int        signum)
{
  g_autoptr(GError) error = NULL;

  if (check_sent (self, cproc_child_send_signal (self->child, signum, &error), &error))
    self->fired |= BIT (signum);
}

static void
do_signal (SoakChild *self)
{
  const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGKILL };

  send_signal (self, signals[soak_range (&self->task, 0, G_N_ELEMENTS (signals))]);
}

/* Also one that only a wait still keeps, which nobody would end. */
static void
go_on (SoakTask *task)
{
  SoakChild *self = (SoakChild *) task;
  g_autoptr(CprocChild) child = g_weak_ref_get (&self->weak);
  g_autoptr(GError) error = NULL;

  if (child != NULL)
    check_sent (self, cproc_child_send_signal (child, SIGCONT, &error), &error);
}

static void
do_stop (SoakChild *self)
{
  send_signal (self, SIGSTOP);
  soak_task_after (&self->task, soak_range (&self->task, 0, 100), go_on);
}

static void
do_probe (SoakChild *self)
{
  g_autoptr(GError) error = NULL;

  check_sent (self, cproc_child_send_signal (self->child, 0, &error), &error);
}

static void
do_timeout (SoakChild *self)
{
  self->has_timeout = TRUE;
  cproc_child_set_timeout (self->child, soak_range (&self->task, 1, 100));
}

static void
do_idle_timeout (SoakChild *self)
{
  self->has_timeout = TRUE;
  cproc_child_set_idle_timeout (self->child, soak_range (&self->task, 1, 100));
}

/* Also of one that only a wait still keeps, which would not be over otherwise. */
static void
resume (SoakTask *task)
{
  SoakChild *self = (SoakChild *) task;
  g_autoptr(CprocChild) child = g_weak_ref_get (&self->weak);

  for (guint i = CPROC_STREAM_STDOUT; i <= CPROC_STREAM_STDERR; i++)
    {
      if (!self->streams[i].is_paused)
        continue;

      self->streams[i].is_paused = FALSE;
      if (child != NULL)
        cproc_child_resume (child, i);
    }
}

static void
do_pause (SoakChild *self)
{
  CprocStream stream = soak_range (&self->task, CPROC_STREAM_STDOUT, CPROC_STREAM_STDERR + 1);

  cproc_child_pause (self->child, stream);
  self->streams[stream].is_paused = TRUE;
  soak_task_after (&self->task, soak_range (&self->task, 0, 60), resume);
}

static void
do_close_stdin (SoakChild *self)
{
  if (self->program->input == NULL)
    cproc_child_close_stdin (self->child);
}

static const struct
{
  void (*func) (SoakChild *self);
  gboolean is_gentle; /* the program notices nothing */
  const char *name;
} disturbances[] = {
  { do_pause, TRUE, "pause" },
  { do_pause, TRUE, "pause" },
  { do_probe, TRUE, "probe" },
  { do_close_stdin, TRUE, "close stdin" },
  { do_stop, TRUE, "stop" },
  { soak_child_drop, TRUE, "drop" },
  { do_kill, FALSE, "kill" },
  { do_kill, FALSE, "kill" },
  { do_force_exit, FALSE, "force exit" },
  { do_signal, FALSE, "signal" },
  { do_timeout, FALSE, "timeout" },
  { do_idle_timeout, FALSE, "idle timeout" },
};

static void
disturb (SoakChild *self)
{
  guint chosen;

  if (self->child == NULL)
    return;

  do
    chosen = soak_range (&self->task, 0, G_N_ELEMENTS (disturbances));
  while (self->program->is_fragile && !disturbances[chosen].is_gentle);

  soak_task_note (&self->task, "; %s in state %d after %d ms", disturbances[chosen].name,
                  cproc_child_get_state (self->child),
                  (int) ((g_get_monotonic_time () - self->task.begun_at) / 1000));
  soak_counts.n_disturbances++;
  disturbances[chosen].func (self);
}

static void
disturb_later (SoakTask *task)
{
  disturb ((SoakChild *) task);
}

void
soak_child_disturb (SoakChild  *self,
                    SoakMoment  moment)
{
  for (guint i = 0; i < self->n_moments; i++)
    {
      if (self->moments[i] != moment)
        continue;

      self->moments[i] = SOAK_N_MOMENTS;
      disturb (self);
    }
}

/* A program that sleeps is ended at last, also one that only unanswered calls keep. */
void
soak_child_ensure_end (SoakTask *task)
{
  SoakChild *self = (SoakChild *) task;
  g_autoptr(CprocChild) child = g_weak_ref_get (&self->weak);

  if (child == NULL || cproc_child_get_state (child) > CPROC_STATE_RUNNING)
    return;

  if (cproc_child_get_state (child) == CPROC_STATE_RUNNING &&
      cproc_child_force_exit (child, NULL))
    self->fired |= BIT (SIGKILL);

  soak_task_after (task, 50, soak_child_ensure_end);
}

void
soak_child_plan_disturbances (SoakChild *self)
{
  SoakTask *task = &self->task;

  if (!soak_one_in (task, 3))
    self->n_moments = soak_range (task, 1, 1 + G_N_ELEMENTS (self->moments));
  for (guint i = 0; i < self->n_moments; i++)
    {
      self->moments[i] = soak_range (task, 0, SOAK_N_MOMENTS);
      if (self->moments[i] == SOAK_AT_A_TIME)
        soak_task_after (task, soak_range (task, 0, 60), disturb_later);
    }

  if (self->program->sleeps)
    soak_task_after (task, soak_range (task, 50, 400), soak_child_ensure_end);
}
