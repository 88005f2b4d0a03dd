/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "cproc-child-private.h"
#include "cproc-context-private.h"
#include "cproc-gettext-private.h"

/* The offset of the private data in the object, fixed once the class exists. */
static int private_offset;

void
cproc_child_set_private_offset (int offset)
{
  private_offset = offset;
}

CprocChildPrivate *
cproc_child_get_priv (CprocChild *self)
{
  return G_STRUCT_MEMBER_P (self, private_offset);
}

CprocRun *
cproc_child_get_run (CprocChild *self)
{
  return &cproc_child_get_priv (self)->run;
}

CprocChildHooks *
cproc_child_class_get_hooks (CprocChildClass *klass)
{
  return G_TYPE_CLASS_GET_PRIVATE (klass, CPROC_TYPE_CHILD, CprocChildHooks);
}

CprocChildHooks *
cproc_child_get_hooks (CprocChild *self)
{
  return cproc_child_class_get_hooks (CPROC_CHILD_GET_CLASS (self));
}

gboolean
cproc_child_is_foreign (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  return priv->process != 0 && priv->process != getpid ();
}

static gboolean
child_check_own (CprocChild  *self,
                 GError     **error)
{
  g_autofree char *name = NULL;

  if (!cproc_child_is_foreign (self))
    return TRUE;

  name = cproc_command_dup_name (cproc_child_get_priv (self)->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
               _("“%s” was started by the process that this one was forked from"), name);

  return FALSE;
}

/* The child's thread is the one that owns its main context at the moment; where no thread owns it,
 * the one that started the child. Comparing thread-default contexts would not help: every plain
 * thread has the same one. */
static gboolean
child_is_in_thread (CprocChildPrivate *priv)
{
  return priv->thread == NULL || cproc_context_is_here (priv->context, priv->thread);
}

gboolean
cproc_child_check_call (CprocChild  *self,
                        const char  *function,
                        GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (!child_check_own (self, error))
    return FALSE;
  if (child_is_in_thread (priv))
    return TRUE;

  g_critical ("%s: called from another thread than that of the child's main context", function);
  name = cproc_command_dup_name (priv->command);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
               _("“%s” belongs to another thread, and its methods are called from there"), name);

  return FALSE;
}

gboolean
cproc_child_check_async_call (CprocChild          *self,
                              const char          *function,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data,
                              gpointer             source_tag)
{
  GError *error = NULL;

  if (cproc_child_check_call (self, function, &error))
    return TRUE;

  /* In the main context of the caller. */
  if (callback != NULL)
    g_task_report_error (self, callback, user_data, source_tag, g_steal_pointer (&error));
  g_clear_error (&error);

  return FALSE;
}

gboolean
cproc_child_is_stage (CprocChild *self)
{
  CprocOwner *pipeline = cproc_child_get_priv (self)->pipeline;
  gpointer object = pipeline != NULL ? cproc_owner_hold (pipeline) : NULL;

  if (object == NULL)
    return FALSE;

  cproc_owner_drop (pipeline, object);

  return TRUE;
}

void
cproc_child_tell_pipeline (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  gpointer pipeline = priv->pipeline != NULL ? cproc_owner_hold (priv->pipeline) : NULL;

  if (pipeline == NULL)
    return;

  priv->stage_funcs->changed (pipeline);
  cproc_owner_drop (priv->pipeline, pipeline);
}
