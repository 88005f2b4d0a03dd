/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-launch-error-private.h"
#include "cproc-pipe-io-stream-private.h"

/* What a start does in the child's own thread: before the process is made, and once it runs. */

void
cproc_child_take_context (CprocChild   *self,
                          GMainContext *context)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  g_main_context_ref (context);
  g_clear_pointer (&priv->context, g_main_context_unref);
  priv->context = context;
  g_clear_pointer (&priv->thread, g_thread_unref);
  priv->thread = g_thread_ref (g_thread_self ());
  priv->process = getpid ();
}

/* The start has failed: the next one may come from any thread. */
static void
child_give_back_thread (CprocChild *self)
{
  g_clear_pointer (&cproc_child_get_priv (self)->thread, g_thread_unref);
}

/* The pipes of streams that were taken over before the start exist already. */
static gboolean
child_pass_early_pipes (CprocChild   *self,
                        CprocLaunch  *launch,
                        GError      **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (int target = 0; target < 3; target++)
    {
      int fd;

      if (priv->early_pipes[target] < 0 ||
          !cproc_launch_is_piped (launch, target))
        continue;

      fd = cproc_fd_dup (priv->early_pipes[target], error);
      if (fd < 0)
        return FALSE;

      cproc_launch_take_pipe (launch, fd, target);
    }

  return TRUE;
}

static void
child_pass_joints (CprocChild  *self,
                   CprocLaunch *launch)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (int target = 0; target < 2; target++)
    if (priv->joints[target] >= 0)
      cproc_launch_take_pipe (launch, g_steal_fd (&priv->joints[target]), target);
}

static gboolean
child_check_encoding (CprocChild  *self,
                      GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autoptr(CprocLineSplitter) lines =
    cproc_line_splitter_new (priv->encoding, 0, error);

  return lines != NULL;
}

void
cproc_child_prefix_start_error (CprocChild  *self,
                                GError     **error)
{
  CprocLaunchNames names = {
    .name = cproc_command_dup_name (cproc_child_get_priv (self)->command),
  };

  cproc_launch_prefix_error (&names, error);
  cproc_launch_names_clear (&names);
}

gboolean
cproc_child_check_new (CprocChild  *self,
                       GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (priv->run.state == CPROC_STATE_NEW && !priv->is_preparing && !cproc_child_is_stage (self))
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED,
               _("“%s” has been started already"), name);

  return FALSE;
}

void
cproc_child_unprepare (CprocChild *self)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (self);

  if (hooks->unprepare != NULL)
    hooks->unprepare (self);
  cproc_child_drop_terminal (self);
  cproc_child_clear_tees (self);
  child_give_back_thread (self);
}

CprocLaunch *
cproc_child_begin_launch (CprocChild    *self,
                          GMainContext  *context,
                          gboolean       is_held,
                          GError       **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  g_autoptr(CprocLaunch) launch = cproc_launch_new (priv->command);

  if (is_held)
    cproc_launch_hold (launch);
  cproc_child_take_context (self, context);
  cproc_launch_set_defaults (launch,
                             priv->joints[0] >= 0 ? CPROC_STDIO_PIPE
                                                  : cproc_child_get_default_stdin (self),
                             priv->joints[1] >= 0 ? CPROC_STDIO_PIPE : hooks->default_stdio[1],
                             hooks->default_stdio[2]);

  if (!child_check_encoding (self, error) ||
      (hooks->prepare != NULL && !hooks->prepare (self, launch, error)))
    {
      cproc_child_prefix_start_error (self, error);
      child_give_back_thread (self);
      return NULL;
    }

  if (!cproc_child_open_tees (self, launch, error))
    {
      cproc_child_prefix_start_error (self, error);
      cproc_child_unprepare (self);
      return NULL;
    }

  child_pass_joints (self, launch);
  if (!child_pass_early_pipes (self, launch, error) ||
      !cproc_child_pass_terminal (self, launch, error))
    cproc_child_prefix_start_error (self, error);
  else if (cproc_launch_prepare (launch, error))
    return g_steal_pointer (&launch);

  cproc_child_unprepare (self);

  return NULL;
}

static void
child_open_pipe_streams (CprocChild  *self,
                         CprocLaunch *launch)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  GArray *pipes = priv->command->pipes;

  for (guint i = 0; i < pipes->len; i++)
    {
      const CprocCommandPipe *item = &g_array_index (pipes, CprocCommandPipe, i);
      int fd = cproc_launch_steal_pipe (launch, item->target_fd);

      if (fd < 0)
        continue;

      if (priv->pipe_streams == NULL)
        priv->pipe_streams = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
      g_hash_table_insert (priv->pipe_streams, GINT_TO_POINTER (item->target_fd),
                           cproc_pipe_io_stream_new (fd, item->direction, priv->context));
    }
}

void
cproc_child_open_writer (CprocChild  *self,
                         CprocLaunch *launch)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  int fd = cproc_launch_steal_pipe (launch, STDIN_FILENO);
  gboolean is_terminal = fd < 0;

  if (is_terminal)
    fd = g_steal_fd (&priv->terminal.input_fd);
  if (fd < 0)
    return;

  priv->writer = cproc_pipe_writer_new (fd, priv->context);
  if (is_terminal)
    cproc_pipe_writer_set_terminal (priv->writer);
  cproc_pipe_writer_set_owner (priv->writer, priv->owner);
  priv->writer_is_early = TRUE;
}

CprocPipeWriter *
cproc_child_steal_writer (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (!priv->writer_is_early)
    return NULL;

  priv->writer_is_early = FALSE;
  g_clear_object (&priv->stdin_stream);

  return g_steal_pointer (&priv->writer);
}

static void
child_open_streams (CprocChild  *self,
                    CprocLaunch *launch)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocChildHooks *hooks = cproc_child_get_hooks (self);
  int fd;

  for (int target = 0; target < 3; target++)
    cproc_fd_clear (&priv->early_pipes[target]);

  cproc_child_open_writer (self, launch);
  priv->writer_is_early = FALSE;
  if (priv->writer != NULL)
    cproc_pipe_writer_set_context (priv->writer, priv->context);

  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    {
      fd = cproc_child_steal_terminal_output (self, i);
      cproc_output_reader_set_terminal (&priv->outputs[i], fd >= 0);
      if (fd < 0 && i != STDIN_FILENO)
        fd = cproc_launch_steal_pipe (launch, i);
      cproc_output_reader_set_encoding (&priv->outputs[i], priv->encoding);
      cproc_output_reader_set_universal_newlines (&priv->outputs[i], priv->universal_newlines);
      if (fd >= 0)
        cproc_output_reader_open (&priv->outputs[i], fd, priv->context);
      else
        cproc_output_reader_mark_absent (&priv->outputs[i]);
    }

  cproc_child_begin_keeping (self);
  child_open_pipe_streams (self, launch);

  if (hooks->prepared != NULL)
    hooks->prepared (self);
}

void
cproc_child_adopt_process (CprocChild  *self,
                           CprocLaunch *launch)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_command_program_runs (priv->command);
  priv->subprocess = g_object_ref (cproc_launch_get_subprocess (launch));
  priv->job = cproc_job_ref (cproc_launch_get_job (launch));
  child_open_streams (self, launch);
  if (priv->terminal.pair != NULL)
    cproc_terminal_close_peer (priv->terminal.pair);
}

void
cproc_child_program_runs (CprocChild  *self,
                          CprocLaunch *launch)
{
  cproc_child_adopt_process (self, launch);
  cproc_child_run_begins (self, cproc_launch_get_pid (launch));
}
