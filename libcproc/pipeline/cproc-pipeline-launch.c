/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-exec.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-pipeline-private.h"

struct _CprocPipelineLaunch
{
  CprocPipeline *pipeline; /* not held */
  GMainContext *context;
  guint n_stages;
  CprocLaunch **launches; /* NULL from the first that has not begun */
  gboolean is_released;
  guint n_done; /* stages that are ready; once released, those whose program runs */
  guint failed_stage;
};

CprocPipelineLaunch *
cproc_pipeline_launch_new (CprocPipeline *pipeline,
                           GMainContext  *context)
{
  CprocPipelineLaunch *self = g_new0 (CprocPipelineLaunch, 1);

  self->pipeline = pipeline;
  self->context = g_main_context_ref (context);
  self->n_stages = pipeline->stages->len;
  self->launches = g_new0 (CprocLaunch *, self->n_stages + 1);

  return self;
}

void
cproc_pipeline_launch_free (CprocPipelineLaunch *self)
{
  for (guint i = 0; i < self->n_stages; i++)
    g_clear_pointer (&self->launches[i], cproc_launch_free);
  g_free (self->launches);
  g_main_context_unref (self->context);
  g_free (self);
}

static gboolean
check_stage (CprocPipelineLaunch  *self,
             guint                 position,
             GError              **error)
{
  CprocChild *child = cproc_pipeline_get_stage (self->pipeline, position);
  g_autofree char *name = NULL;

  if (position > 0 && !cproc_child_check_joint (child, 0, error))
    return FALSE;
  if (position + 1 < self->n_stages && !cproc_child_check_joint (child, 1, error))
    return FALSE;
  if (position == 0 || !CPROC_IS_EXEC (child) || cproc_exec_get_input (CPROC_EXEC (child)) == NULL)
    return TRUE;

  name = cproc_command_dup_name (cproc_child_get_command (child));
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("“%s” has input of its own; only the first stage can have that"), name);

  return FALSE;
}

static gboolean
begin_stage (CprocPipelineLaunch  *self,
             guint                 position,
             int                  *input,
             GError              **error)
{
  CprocPipe joint = { -1, -1 };

  if (!check_stage (self, position, error) ||
      (position + 1 < self->n_stages && !cproc_fd_open_pipe (&joint, error)))
    {
      cproc_fd_clear (input);
      return FALSE;
    }

  self->launches[position] =
    cproc_child_begin_stage (cproc_pipeline_get_stage (self->pipeline, position), self->context,
                             g_steal_fd (input), joint.write, error);
  *input = joint.read;
  if (self->launches[position] == NULL)
    cproc_fd_clear (input);

  return self->launches[position] != NULL;
}

gboolean
cproc_pipeline_launch_begin (CprocPipelineLaunch  *self,
                             GError              **error)
{
  int input = -1;

  for (guint i = 0; i < self->n_stages; i++)
    {
      self->failed_stage = i;
      if (!begin_stage (self, i, &input, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
cproc_pipeline_launch_spawn (CprocPipelineLaunch  *self,
                             GError              **error)
{
  for (guint i = 0; i < self->n_stages; i++)
    {
      self->failed_stage = i;
      if (!cproc_launch_spawn (self->launches[i], error))
        return FALSE;
    }

  return TRUE;
}

/* Nothing of a joint is read or written before all stages can. A stage that has ended meanwhile is
 * found by its confirmation. */
static void
release (CprocPipelineLaunch *self)
{
  for (guint i = self->n_stages; i > 0; i--)
    cproc_launch_release (self->launches[i - 1]);
  self->is_released = TRUE;
  self->n_done = 0;
}

static gboolean
has_hung_up (int fd)
{
  GPollFD status = { fd, 0, 0 };

  return g_poll (&status, 1, 0) > 0 && (status.revents & G_IO_HUP) != 0;
}

/* The next stage is ready, or its program runs. */
static gboolean
take_step (CprocPipelineLaunch  *self,
           int                  *fd,
           GIOCondition         *condition,
           GError              **error)
{
  CprocLaunch *launch = self->launches[self->n_done];
  int status_fd = cproc_launch_get_status_fd (launch);

  self->failed_stage = self->n_done;
  if (fd != NULL && (self->is_released ? !has_hung_up (status_fd)
                                       : !cproc_launch_is_decided (launch)))
    {
      *fd = status_fd;
      *condition = self->is_released ? G_IO_HUP : G_IO_IN | G_IO_HUP;
      return FALSE;
    }

  if (self->is_released ? !cproc_launch_confirm (launch, error)
                        : !cproc_launch_await_ready (launch, error))
    return FALSE;
  self->n_done++;

  return TRUE;
}

gboolean
cproc_pipeline_launch_go (CprocPipelineLaunch  *self,
                          int                  *fd,
                          GIOCondition         *condition,
                          GError              **error)
{
  while (!self->is_released || self->n_done < self->n_stages)
    if (self->n_done == self->n_stages)
      release (self);
    else if (!take_step (self, fd, condition, error))
      return FALSE;

  return TRUE;
}

void
cproc_pipeline_launch_adopt (CprocPipelineLaunch *self)
{
  CprocPipeline *pipeline = self->pipeline;

  pipeline->state = CPROC_STATE_STARTING;
  g_clear_pointer (&pipeline->context, g_main_context_unref);
  pipeline->context = g_main_context_ref (self->context);
  for (guint i = 0; i < self->n_stages; i++)
    cproc_child_adopt_stage (cproc_pipeline_get_stage (pipeline, i), self->launches[i]);
  for (guint i = 0; i < self->n_stages; i++)
    cproc_child_run_begins (cproc_pipeline_get_stage (pipeline, i),
                            cproc_launch_get_pid (self->launches[i]));
  cproc_pipeline_runs (pipeline);
}

static void
prefix_error (CprocPipelineLaunch  *self,
              GError              **error)
{
  /* Translators: which stage of a pipeline, and how many there are; what went wrong follows */
  g_prefix_error (error, _("Stage %u of %u: "), self->failed_stage + 1, self->n_stages);
}

GSList *
cproc_pipeline_launch_undo (CprocPipelineLaunch  *self,
                            GError              **error)
{
  GSList *writers = NULL;

  /* First all of them, last to first: no program of theirs goes on without its reader. */
  for (guint i = self->n_stages; i > 0; i--)
    if (self->launches[i - 1] != NULL)
      cproc_launch_kill (self->launches[i - 1]);
  for (guint i = 0; i < self->n_stages; i++)
    if (self->launches[i] != NULL)
      {
        CprocChild *child = cproc_pipeline_get_stage (self->pipeline, i);
        CprocPipeWriter *writer = cproc_child_fail_stage (child);

        g_clear_pointer (&self->launches[i], cproc_launch_free);
        if (writer != NULL)
          writers = g_slist_prepend (writers, writer);
      }

  if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      prefix_error (self, error);
      cproc_pipeline_set_failed_stage (self->pipeline, (int) self->failed_stage);
    }

  return writers;
}

void
cproc_pipeline_abandon_writers (GSList *writers)
{
  for (GSList *l = writers; l != NULL; l = l->next)
    {
      cproc_pipe_writer_abandon (l->data);
      cproc_pipe_writer_unref (l->data);
    }
  g_slist_free (writers);
}
