/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-page.h"

#include <glib/gi18n.h>

struct _TasksPage
{
  AdwBin parent_instance;

  TasksOutputView *output_view;
  TasksTask *task;
};

enum
{
  PROP_TASK = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (TasksPage, tasks_page, ADW_TYPE_BIN)

static char *
get_stop_text (TasksPage *self,
               gboolean   stopping)
{
  return g_strdup (stopping ? _("Stop by _Force") : _("_Stop"));
}

static char *
get_pause_text (TasksPage *self,
                gboolean   paused)
{
  return g_strdup (paused ? _("Resume Output") : _("Pause Output"));
}

static char *
get_pause_icon_name (TasksPage *self,
                     gboolean   paused)
{
  return g_strdup (paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
}

static gboolean
is_not (TasksPage *self,
        gboolean   value)
{
  return !value;
}

static void
stop (TasksPage *self)
{
  tasks_task_stop (self->task);
}

static void
run (TasksPage *self)
{
  tasks_task_run (self->task);
}

static void
toggle_paused (TasksPage *self)
{
  gboolean paused;

  g_object_get (self->task, "paused", &paused, NULL);
  tasks_task_set_paused (self->task, !paused);
}

static void
copy (TasksPage *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self->output_view), "output.copy", NULL);
}

static void
tasks_page_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_TASK:
      g_value_set_object (value, TASKS_PAGE (object)->task);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_page_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_TASK:
      g_set_object (&TASKS_PAGE (object)->task, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
tasks_page_dispose (GObject *object)
{
  g_clear_object (&TASKS_PAGE (object)->task);

  G_OBJECT_CLASS (tasks_page_parent_class)->dispose (object);
}

static void
tasks_page_class_init (TasksPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = tasks_page_get_property;
  object_class->set_property = tasks_page_set_property;
  object_class->dispose = tasks_page_dispose;

  properties[PROP_TASK] =
    g_param_spec_object ("task", NULL, NULL, TASKS_TYPE_TASK,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (TASKS_TYPE_OUTPUT_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, TASKS_RESOURCES "tasks-page.ui");
  gtk_widget_class_bind_template_child (widget_class, TasksPage, output_view);
  gtk_widget_class_bind_template_callback (widget_class, get_stop_text);
  gtk_widget_class_bind_template_callback (widget_class, get_pause_text);
  gtk_widget_class_bind_template_callback (widget_class, get_pause_icon_name);
  gtk_widget_class_bind_template_callback (widget_class, is_not);
  gtk_widget_class_bind_template_callback (widget_class, stop);
  gtk_widget_class_bind_template_callback (widget_class, run);
  gtk_widget_class_bind_template_callback (widget_class, toggle_paused);
  gtk_widget_class_bind_template_callback (widget_class, copy);
}

static void
tasks_page_init (TasksPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

TasksOutputView *
tasks_page_get_output_view (TasksPage *self)
{
  return self->output_view;
}
