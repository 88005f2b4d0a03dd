/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-context-private.h"
#include "cproc-pipeline-private.h"

/**
 * CprocPipeline:
 *
 * Children joined by pipes: what one writes to standard output the next one reads from standard
 * input, as with a shell's `|`.
 *
 * ```c
 * const char *seq[] = { "seq", "100000", NULL };
 * const char *grep[] = { "grep", "7", NULL };
 * g_autoptr(CprocPipeline) pipeline = cproc_pipeline_new ();
 * g_autoptr(CprocCommand) command = cproc_command_new (seq);
 * g_autoptr(CprocExec) last = cproc_exec_new (grep);
 *
 * cproc_pipeline_append (pipeline, command);
 * cproc_pipeline_append_child (pipeline, CPROC_CHILD (last));
 * if (!cproc_pipeline_start (pipeline, &error) ||
 *     !cproc_pipeline_wait_check (pipeline, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * The stages are children, and the pipeline is a list of them. A stage may be a [class@Cproc.Exec],
 * whose text is there after the end, or a [class@Cproc.Worker]. Write to the first one, listen to
 * the last one, and to the standard error of each: it is read, and dropped where nobody listens.
 * `MERGE` sends the standard error of an inner stage on to the next one.
 *
 * The pipes between the stages are the kernel's. No byte of them passes this process, and neither
 * [signal@Cproc.Child::output] nor [signal@Cproc.Child::line] of an inner stage's standard output
 * is emitted. Standard output of all stages but the last one, and standard input of all but the
 * first one, must be `DEFAULT` in their commands.
 *
 * ## Start and end
 *
 * Either all stages are started or none, see [method@Cproc.Pipeline.start]; a stage cannot be
 * started on its own. [method@Cproc.Pipeline.kill], [method@Cproc.Pipeline.send_signal] and
 * [property@Cproc.Pipeline:timeout] reach all stages. Those of a child reach that stage.
 *
 * Dropping the last reference to a running pipeline ends all stages, but those whose command asks
 * for a session of its own ([property@Cproc.Command:new-session]).
 *
 * ## Threads
 *
 * A pipeline and its stages belong to the main context that was the thread-default one when it was
 * started, as a [class@Cproc.Child] does.
 *
 * Since: 1.0
 */

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CprocPipeline, cproc_pipeline, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static GType
pipeline_get_item_type (GListModel *model)
{
  return CPROC_TYPE_CHILD;
}

static guint
pipeline_get_n_items (GListModel *model)
{
  return CPROC_PIPELINE (model)->stages->len;
}

static gpointer
pipeline_get_item (GListModel *model,
                   guint       position)
{
  CprocPipeline *self = CPROC_PIPELINE (model);

  return position < self->stages->len ? g_object_ref (cproc_pipeline_get_stage (self, position))
                                      : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = pipeline_get_item_type;
  iface->get_n_items = pipeline_get_n_items;
  iface->get_item = pipeline_get_item;
}

static gboolean
kill_child (gpointer user_data)
{
  CprocChild *child = user_data;

  if (cproc_child_get_state (child) >= CPROC_STATE_RUNNING)
    cproc_child_kill (child, NULL);

  return G_SOURCE_REMOVE;
}

/* The application may hold it. This may be any thread. */
static void
end_stage (CprocPipeline *self,
           CprocChild    *child)
{
  if (self->context == NULL || self->state == CPROC_STATE_CLOSED ||
      cproc_command_get_new_session (cproc_child_get_command (child)))
    return;

  if (cproc_context_is_here (self->context, cproc_child_get_priv (child)->thread))
    kill_child (child);
  else
    g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, kill_child,
                                g_object_ref (child), g_object_unref);
}

static void
cproc_pipeline_dispose (GObject *object)
{
  CprocPipeline *self = CPROC_PIPELINE (object);

  if (!cproc_owner_leave (self->owner))
    return;

  cproc_timer_stop (&self->timer);
  if (self->mistake < 0)
    for (guint i = 0; i < self->stages->len; i++)
      end_stage (self, cproc_pipeline_get_stage (self, i));
  g_ptr_array_set_size (self->stages, 0);

  G_OBJECT_CLASS (cproc_pipeline_parent_class)->dispose (object);
}

static void
cproc_pipeline_finalize (GObject *object)
{
  CprocPipeline *self = CPROC_PIPELINE (object);

  g_ptr_array_unref (self->stages);
  g_array_unref (self->pending);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->owner, cproc_owner_unref);

  G_OBJECT_CLASS (cproc_pipeline_parent_class)->finalize (object);
}

static void
cproc_pipeline_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  CprocPipeline *self = CPROC_PIPELINE (object);

  switch ((CprocPipelineProperty) prop_id)
    {
    case CPROC_PIPELINE_PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case CPROC_PIPELINE_PROP_TIMEOUT:
      g_value_set_uint (value, self->timeout);
      break;
    case CPROC_PIPELINE_PROP_TIMED_OUT:
      g_value_set_boolean (value, self->timed_out);
      break;
    case CPROC_PIPELINE_PROP_PIPEFAIL:
      g_value_set_boolean (value, self->pipefail);
      break;
    case CPROC_PIPELINE_PROP_FAILED_STAGE:
      g_value_set_int (value, self->failed_stage);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_pipeline_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  CprocPipeline *self = CPROC_PIPELINE (object);

  switch ((CprocPipelineProperty) prop_id)
    {
    case CPROC_PIPELINE_PROP_TIMEOUT:
      cproc_pipeline_set_timeout (self, g_value_get_uint (value));
      break;
    case CPROC_PIPELINE_PROP_PIPEFAIL:
      cproc_pipeline_set_pipefail (self, g_value_get_boolean (value));
      break;
    case CPROC_PIPELINE_PROP_STATE:
    case CPROC_PIPELINE_PROP_TIMED_OUT:
    case CPROC_PIPELINE_PROP_FAILED_STAGE:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_pipeline_class_init (CprocPipelineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cproc_pipeline_dispose;
  object_class->finalize = cproc_pipeline_finalize;
  object_class->get_property = cproc_pipeline_get_property;
  object_class->set_property = cproc_pipeline_set_property;

  cproc_pipeline_install_properties (object_class);
  cproc_pipeline_install_signals (G_TYPE_FROM_CLASS (klass));
}

static void
cproc_pipeline_init (CprocPipeline *self)
{
  self->stages = g_ptr_array_new_with_free_func (g_object_unref);
  self->pending = g_array_new (FALSE, FALSE, sizeof (int));
  self->owner = cproc_owner_new (self);
  self->mistake = self->failed_stage = -1;
  self->pipefail = TRUE;
  cproc_timer_set_owner (&self->timer, self->owner);
}

/**
 * cproc_pipeline_new:
 *
 * Creates a pipeline without stages.
 *
 * Returns: (transfer full): a new pipeline, not started
 *
 * Since: 1.0
 */
CprocPipeline *
cproc_pipeline_new (void)
{
  return g_object_new (CPROC_TYPE_PIPELINE, NULL);
}

/**
 * cproc_pipeline_append:
 * @self: a pipeline that has not been started
 * @command: what the stage runs
 *
 * Adds a stage at the end.
 *
 * Returns: (transfer none): the child that was made of the command; `NULL` once the pipeline has
 *   been started
 *
 * Since: 1.0
 */
CprocChild *
cproc_pipeline_append (CprocPipeline *self,
                       CprocCommand  *command)
{
  g_autoptr(CprocChild) child = NULL;

  g_return_val_if_fail (CPROC_IS_PIPELINE (self), NULL);
  g_return_val_if_fail (CPROC_IS_COMMAND (command), NULL);
  g_return_val_if_fail (self->state == CPROC_STATE_NEW, NULL);

  child = cproc_child_new_for_command (command);

  return cproc_pipeline_append_child (self, child);
}

/**
 * cproc_pipeline_append_child:
 * @self: a pipeline that has not been started
 * @child: a child that has not been started and belongs to no other pipeline
 *
 * Adds a child of any class as a stage at the end.
 *
 * With a child that was started, or that belongs to a pipeline, the start fails.
 *
 * Returns: (transfer none): @child; `NULL` once the pipeline has been started
 *
 * Since: 1.0
 */
CprocChild *
cproc_pipeline_append_child (CprocPipeline *self,
                             CprocChild    *child)
{
  guint position;

  g_return_val_if_fail (CPROC_IS_PIPELINE (self), NULL);
  g_return_val_if_fail (CPROC_IS_CHILD (child), NULL);
  g_return_val_if_fail (self->state == CPROC_STATE_NEW, NULL);

  position = self->stages->len;
  if (!cproc_child_become_stage (child, self->owner, &cproc_pipeline_stage_funcs) &&
      self->mistake < 0)
    self->mistake = (int) position;
  g_ptr_array_add (self->stages, g_object_ref (child));
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);

  return child;
}

/**
 * cproc_pipeline_get_state:
 * @self: a pipeline
 *
 * Gets where all stages are.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
CprocState
cproc_pipeline_get_state (CprocPipeline *self)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), CPROC_STATE_NEW);

  return self->state;
}

/**
 * cproc_pipeline_get_timed_out:
 * @self: a pipeline
 *
 * Gets whether the stages were ended because the time was over.
 *
 * Returns: `TRUE` if they were
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_get_timed_out (CprocPipeline *self)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), FALSE);

  return self->timed_out;
}

/**
 * cproc_pipeline_get_pipefail:
 * @self: a pipeline
 *
 * Gets whether the failure of any stage is the pipeline's.
 *
 * Returns: `FALSE` if only that of the last one is
 *
 * Since: 1.0
 */
gboolean
cproc_pipeline_get_pipefail (CprocPipeline *self)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), TRUE);

  return self->pipefail;
}

/**
 * cproc_pipeline_set_pipefail:
 * @self: a pipeline
 * @pipefail: `FALSE` if only the failure of the last stage is to count
 *
 * Sets whether the failure of any stage is the pipeline's.
 *
 * Since: 1.0
 */
void
cproc_pipeline_set_pipefail (CprocPipeline *self,
                             gboolean       pipefail)
{
  g_return_if_fail (CPROC_IS_PIPELINE (self));

  pipefail = !!pipefail;
  if (self->pipefail == pipefail)
    return;

  self->pipefail = pipefail;
  cproc_pipeline_notify (self, CPROC_PIPELINE_PROP_PIPEFAIL);
}

/**
 * cproc_pipeline_get_failed_stage:
 * @self: a pipeline
 *
 * Gets the first stage that failed.
 *
 * Returns: its number, counted from 0; -1 if there is none
 *
 * Since: 1.0
 */
int
cproc_pipeline_get_failed_stage (CprocPipeline *self)
{
  g_return_val_if_fail (CPROC_IS_PIPELINE (self), -1);

  return self->failed_stage;
}
