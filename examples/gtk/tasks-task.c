/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-task-private.h"

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (TasksTask, tasks_task, G_TYPE_OBJECT)

void
tasks_task_notify (TasksTask *self,
                   guint      first,
                   guint      last)
{
  g_object_freeze_notify (G_OBJECT (self));
  for (guint i = first; i <= last; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
tasks_task_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  TasksTask *self = TASKS_TASK (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_OUTPUT:
      g_value_set_object (value, self->output);
      break;
    case PROP_STATUS:
      g_value_take_string (value, tasks_task_dup_status (self));
      break;
    case PROP_ICON_NAME:
      g_value_set_string (value, tasks_task_get_icon_name (self));
      break;
    case PROP_RUNNING:
      g_value_set_boolean (value, self->running);
      break;
    case PROP_STOPPING:
      g_value_set_boolean (value, tasks_task_is_stopping (self));
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, self->paused);
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, MAX (tasks_task_get_progress (self), 0));
      break;
    case PROP_HAS_PROGRESS:
      g_value_set_boolean (value, self->running && tasks_task_get_progress (self) >= 0);
      break;
    case PROP_GRACE:
      g_value_set_double (value, tasks_task_get_grace (self));
      break;
    case PROP_ELAPSED:
      g_value_take_string (value, tasks_task_dup_elapsed (self));
      break;
    case PROP_CPU:
      g_value_take_string (value, tasks_task_dup_cpu (self));
      break;
    case PROP_MEMORY:
      g_value_take_string (value, tasks_task_dup_memory (self));
      break;
    case PROP_PROCESS:
      g_value_take_string (value, tasks_task_dup_process (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_task_dispose (GObject *object)
{
  TasksTask *self = TASKS_TASK (object);

  g_clear_handle_id (&self->grace_source, g_source_remove);
  g_clear_object (&self->progress);
  g_clear_object (&self->child);
  g_clear_object (&self->output);

  G_OBJECT_CLASS (tasks_task_parent_class)->dispose (object);
}

static void
tasks_task_finalize (GObject *object)
{
  TasksTask *self = TASKS_TASK (object);

  g_clear_error (&self->error);
  g_free (self->title);

  G_OBJECT_CLASS (tasks_task_parent_class)->finalize (object);
}

static void
tasks_task_class_init (TasksTaskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const struct { guint id; const char *name; } texts[] = {
    { PROP_TITLE, "title" }, { PROP_STATUS, "status" }, { PROP_ICON_NAME, "icon-name" },
    { PROP_ELAPSED, "elapsed" }, { PROP_CPU, "cpu" }, { PROP_MEMORY, "memory" },
    { PROP_PROCESS, "process" },
  };
  const struct { guint id; const char *name; } switches[] = {
    { PROP_RUNNING, "running" }, { PROP_STOPPING, "stopping" }, { PROP_PAUSED, "paused" },
    { PROP_HAS_PROGRESS, "has-progress" },
  };

  object_class->get_property = tasks_task_get_property;
  object_class->dispose = tasks_task_dispose;
  object_class->finalize = tasks_task_finalize;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    properties[texts[i].id] = g_param_spec_string (texts[i].name, NULL, NULL, NULL, flags);
  for (guint i = 0; i < G_N_ELEMENTS (switches); i++)
    properties[switches[i].id] = g_param_spec_boolean (switches[i].name, NULL, NULL, FALSE, flags);
  properties[PROP_OUTPUT] =
    g_param_spec_object ("output", NULL, NULL, TASKS_TYPE_OUTPUT, flags);
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);
  properties[PROP_GRACE] = g_param_spec_double ("grace", NULL, NULL, 0, 1, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
tasks_task_init (TasksTask *self)
{
  self->output = tasks_output_new ();
  self->percent = -1;
}

TasksTask *
tasks_task_new (const char *line)
{
  TasksTask *self = g_object_new (TASKS_TYPE_TASK, NULL);

  self->title = g_strdup (line);

  return self;
}

const char *
tasks_task_get_title (TasksTask *self)
{
  return self->title;
}

TasksOutput *
tasks_task_get_output (TasksTask *self)
{
  return self->output;
}

int
tasks_task_get_pid (TasksTask *self)
{
  return self->child != NULL ? cproc_child_get_pid (self->child) : 0;
}

gboolean
tasks_task_get_running (TasksTask *self)
{
  return self->running;
}
