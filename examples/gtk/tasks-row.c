/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-row.h"

#include <glib/gi18n.h>

struct _TasksRow
{
  AdwBin parent_instance;

  TasksTask *task;
};

enum
{
  PROP_TASK = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (TasksRow, tasks_row, ADW_TYPE_BIN)

static char *
get_stop_text (TasksRow *self,
               gboolean  stopping)
{
  return g_strdup (stopping ? _("Stop by Force") : _("Stop"));
}

static gboolean
is_not (TasksRow *self,
        gboolean  value)
{
  return !value;
}

static void
run (TasksRow *self)
{
  if (self->task != NULL)
    tasks_task_run (self->task);
}

static void
stop (TasksRow *self)
{
  if (self->task != NULL)
    tasks_task_stop (self->task);
}

static void
tasks_row_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_TASK:
      g_value_set_object (value, TASKS_ROW (object)->task);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_row_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_TASK:
      g_set_object (&TASKS_ROW (object)->task, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_row_dispose (GObject *object)
{
  g_clear_object (&TASKS_ROW (object)->task);

  G_OBJECT_CLASS (tasks_row_parent_class)->dispose (object);
}

static void
tasks_row_class_init (TasksRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = tasks_row_get_property;
  object_class->set_property = tasks_row_set_property;
  object_class->dispose = tasks_row_dispose;

  properties[PROP_TASK] =
    g_param_spec_object ("task", NULL, NULL, TASKS_TYPE_TASK,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, TASKS_RESOURCES "tasks-row.ui");
  gtk_widget_class_bind_template_callback (widget_class, get_stop_text);
  gtk_widget_class_bind_template_callback (widget_class, is_not);
  gtk_widget_class_bind_template_callback (widget_class, run);
  gtk_widget_class_bind_template_callback (widget_class, stop);
}

static void
tasks_row_init (TasksRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
