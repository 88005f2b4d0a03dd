/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-window.h"

#include <glib/gi18n.h>

#include "tasks-monitor.h"
#include "tasks-row.h"

/* Each keeps the last of its output. */
#define MAX_TASKS 200

#define ROWS_PER_FRAME 4

struct _TasksWindow
{
  AdwApplicationWindow parent_instance;

  AdwLeaflet *leaflet;
  AdwViewStack *stack;
  GtkEntry *entry;
  GtkStack *list_stack;
  GtkSingleSelection *selection;
  TasksPage *page;
  TasksWorkerPage *worker_page;

  GListStore *tasks;
  GtkSliceListModel *shown;
  guint show_callback;
  gboolean select_last;
};

G_DEFINE_FINAL_TYPE (TasksWindow, tasks_window, ADW_TYPE_APPLICATION_WINDOW)

static TasksTask *
get_task (TasksWindow *self,
          guint        position)
{
  g_autoptr(TasksTask) task = g_list_model_get_item (G_LIST_MODEL (self->tasks), position);

  /* The list holds it. */
  return task;
}

static guint
get_length (TasksWindow *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->tasks));
}

guint
tasks_window_count_running (TasksWindow *self)
{
  guint running = 0;

  for (guint i = 0; i < get_length (self); i++)
    running += tasks_task_get_running (get_task (self, i));

  return running;
}

static void
update_actions (TasksWindow *self)
{
  guint running = tasks_window_count_running (self);

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "tasks.clear", get_length (self) > running);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "tasks.stop-all", running > 0);
  gtk_stack_set_visible_child_name (self->list_stack, get_length (self) > 0 ? "tasks" : "empty");
}

static void
notify_end (TasksWindow *self,
            TasksTask   *task)
{
  GApplication *application = G_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
  g_autoptr(GNotification) notification = NULL;
  g_autofree char *status = NULL;

  if (gtk_window_is_active (GTK_WINDOW (self)) || application == NULL)
    return;

  g_object_get (task, "status", &status, NULL);
  notification = g_notification_new (tasks_task_get_title (task));
  g_notification_set_body (notification, status);
  g_application_send_notification (application, NULL, notification);
}

static void
running_changed (TasksTask   *task,
                 GParamSpec  *pspec,
                 TasksWindow *self)
{
  gboolean running = tasks_task_get_running (task);

  if (running)
    tasks_monitor_wake (G_LIST_MODEL (self->tasks));
  if (!running)
    notify_end (self, task);
  update_actions (self);
}

static void
remove_ended (TasksWindow *self,
              guint        keep)
{
  for (guint i = 0; i < get_length (self) && get_length (self) > keep;)
    if (tasks_task_get_running (get_task (self, i)))
      i++;
    else
      g_list_store_remove (self->tasks, i);
  update_actions (self);
}

/* Where many start at once their rows come over several frames: each takes most of a
 * millisecond. */
static gboolean
show_more (GtkWidget     *widget,
           GdkFrameClock *clock,
           gpointer       user_data)
{
  TasksWindow *self = TASKS_WINDOW (widget);
  guint length = get_length (self);
  guint shown = g_list_model_get_n_items (G_LIST_MODEL (self->shown)) + ROWS_PER_FRAME;

  gtk_slice_list_model_set_size (self->shown, MIN (shown, length));
  if (shown < length)
    return G_SOURCE_CONTINUE;

  self->show_callback = 0;
  if (self->select_last)
    tasks_window_select (self, length - 1);

  return G_SOURCE_REMOVE;
}

TasksTask *
tasks_window_run (TasksWindow *self,
                  const char  *line)
{
  g_autoptr(TasksTask) task = tasks_task_new (line);

  remove_ended (self, MAX_TASKS - 1);
  g_list_store_append (self->tasks, task);
  self->select_last = TRUE;
  if (self->show_callback == 0)
    self->show_callback = gtk_widget_add_tick_callback (GTK_WIDGET (self), show_more, NULL, NULL);
  g_signal_connect_object (task, "notify::running", G_CALLBACK (running_changed), self, 0);
  tasks_task_run (task);

  return task;
}

static void
run_entry (TasksWindow *self)
{
  g_autofree char *line = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->entry)));

  g_strstrip (line);
  if (*line == '\0')
    return;

  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  tasks_window_run (self, line);
}

static void
show_task (TasksWindow *self)
{
  adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->page));
}

static gboolean
has_task (TasksWindow *self,
          TasksTask   *task)
{
  return task != NULL;
}

static gboolean
can_go_back (TasksWindow *self,
             gboolean     folded,
             GtkWidget   *visible_child,
             const char  *page_name)
{
  return folded && visible_child == GTK_WIDGET (self->page) &&
         g_strcmp0 (page_name, "tasks") == 0;
}

static void
go_back (TasksWindow *self)
{
  adw_leaflet_navigate (self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

static void
clear (GtkWidget  *widget,
       const char *action_name,
       GVariant   *parameter)
{
  remove_ended (TASKS_WINDOW (widget), 0);
}

static void
stop_all (GtkWidget  *widget,
          const char *action_name,
          GVariant   *parameter)
{
  TasksWindow *self = TASKS_WINDOW (widget);

  for (guint i = 0; i < get_length (self); i++)
    tasks_task_stop (get_task (self, i));
}

static void
focus_entry (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  TasksWindow *self = TASKS_WINDOW (widget);

  tasks_window_show_page (self, "tasks");
  go_back (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

static void
close_answered (AdwMessageDialog *dialog,
                const char       *response,
                TasksWindow      *self)
{
  /* All that runs ends with it: its launch helper sees to that. */
  if (g_str_equal (response, "stop"))
    gtk_window_destroy (GTK_WINDOW (self));
}

static gboolean
tasks_window_close_request (GtkWindow *window)
{
  TasksWindow *self = TASKS_WINDOW (window);
  guint running = tasks_window_count_running (self);
  GtkWidget *dialog;

  if (running == 0)
    return GTK_WINDOW_CLASS (tasks_window_parent_class)->close_request (window);

  dialog = adw_message_dialog_new (window, _("Stop All Tasks?"), NULL);
  adw_message_dialog_format_body (ADW_MESSAGE_DIALOG (dialog),
                                  ngettext ("%u task is running. It ends with this window.",
                                            "%u tasks are running. They end with this window.",
                                            running),
                                  running);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"),
                                    "stop", _("_Stop All"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "stop",
                                              ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (close_answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));

  return GDK_EVENT_STOP;
}

static void
tasks_window_dispose (GObject *object)
{
  TasksWindow *self = TASKS_WINDOW (object);

  g_clear_object (&self->shown);
  g_clear_object (&self->tasks);

  G_OBJECT_CLASS (tasks_window_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, TASKS_RESOURCES "tasks-window.ui");
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, leaflet);
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, entry);
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, list_stack);
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, selection);
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, page);
  gtk_widget_class_bind_template_child (widget_class, TasksWindow, worker_page);
  gtk_widget_class_bind_template_callback (widget_class, run_entry);
  gtk_widget_class_bind_template_callback (widget_class, show_task);
  gtk_widget_class_bind_template_callback (widget_class, has_task);
  gtk_widget_class_bind_template_callback (widget_class, can_go_back);
  gtk_widget_class_bind_template_callback (widget_class, go_back);
}

static void
tasks_window_class_init (TasksWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tasks_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = tasks_window_close_request;

  g_type_ensure (TASKS_TYPE_PAGE);
  g_type_ensure (TASKS_TYPE_ROW);
  g_type_ensure (TASKS_TYPE_WORKER_PAGE);
  bind_template (widget_class);

  gtk_widget_class_install_action (widget_class, "tasks.new", NULL, focus_entry);
  gtk_widget_class_install_action (widget_class, "tasks.clear", NULL, clear);
  gtk_widget_class_install_action (widget_class, "tasks.stop-all", NULL, stop_all);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_n, GDK_CONTROL_MASK, "tasks.new",
                                       NULL);
}

static void
tasks_window_init (TasksWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->tasks = g_list_store_new (TASKS_TYPE_TASK);
  self->shown = gtk_slice_list_model_new (g_object_ref (G_LIST_MODEL (self->tasks)), 0, 0);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (self->shown));
  update_actions (self);
  gtk_window_set_focus (GTK_WINDOW (self), GTK_WIDGET (self->entry));
}

TasksWindow *
tasks_window_new (GtkApplication *application)
{
  return g_object_new (TASKS_TYPE_WINDOW, "application", application, NULL);
}

GListModel *
tasks_window_get_tasks (TasksWindow *self)
{
  return G_LIST_MODEL (self->tasks);
}

TasksPage *
tasks_window_get_page (TasksWindow *self)
{
  return self->page;
}

TasksWorkerPage *
tasks_window_get_worker_page (TasksWindow *self)
{
  return self->worker_page;
}

void
tasks_window_show_page (TasksWindow *self,
                        const char  *name)
{
  adw_view_stack_set_visible_child_name (self->stack, name);
}

void
tasks_window_select (TasksWindow *self,
                     guint        position)
{
  self->select_last = FALSE;
  gtk_single_selection_set_selected (self->selection, position);
}
