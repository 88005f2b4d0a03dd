/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child as a stage of a pipeline. */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-launch-error-private.h"

gboolean
cproc_child_become_stage (CprocChild            *self,
                          CprocOwner            *pipeline,
                          const CprocStageFuncs *funcs)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (!cproc_child_check_new (self, NULL))
    return FALSE;

  g_clear_pointer (&priv->pipeline, cproc_owner_unref);
  priv->pipeline = cproc_owner_ref (pipeline);
  priv->stage_funcs = funcs;

  return TRUE;
}

gboolean
cproc_child_check_joint (CprocChild  *self,
                         int          target,
                         GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *stream = NULL;
  g_autofree char *name = NULL;

  if (priv->command->stdio[target].mode == CPROC_STDIO_DEFAULT && priv->early_pipes[target] < 0 &&
      priv->command->stdio[target].tee_path == NULL && (target != 0 || !priv->wants_stdin))
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  stream = cproc_launch_dup_stream_name (target);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               /* Translators: a program, then a stream as in “standard input” */
               _("“%s” cannot be joined to another stage: its %s leads elsewhere"), name, stream);

  return FALSE;
}

CprocLaunch *
cproc_child_begin_stage (CprocChild    *self,
                         GMainContext  *context,
                         int            input,
                         int            output,
                         GError       **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocLaunch *launch;

  priv->joints[0] = input;
  priv->joints[1] = output;
  launch = cproc_child_begin_launch (self, context, TRUE, error);
  cproc_fd_clear (&priv->joints[0]);
  cproc_fd_clear (&priv->joints[1]);
  if (launch == NULL)
    return NULL;

  priv->is_preparing = TRUE;
  cproc_child_open_writer (self, launch);

  return launch;
}

CprocPipeWriter *
cproc_child_fail_stage (CprocChild *self)
{
  cproc_child_get_priv (self)->is_preparing = FALSE;
  cproc_child_unprepare (self);

  return cproc_child_steal_writer (self);
}

void
cproc_child_adopt_stage (CprocChild  *self,
                         CprocLaunch *launch)
{
  cproc_child_get_priv (self)->is_preparing = FALSE;
  cproc_child_adopt_process (self, launch);
}
