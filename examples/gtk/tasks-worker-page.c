/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-worker-page.h"

#include <glib/gi18n.h>
#include <libcproc.h>
#include <string.h>

#include "tasks-feed.h"
#include "tasks-output-view.h"
#include "tasks-worker.h"

#define MAX_LINE_LENGTH 1000

struct _TasksWorkerPage
{
  AdwBin parent_instance;

  TasksOutputView *log_view;
  GtkEntry *entry;
  GtkLabel *module_label;
  GtkLabel *status_label;
  GtkButton *switch_button;

  TasksOutput *log;
  CprocWorker *worker; /* NULL: none runs */
  char *module;
  gboolean stopping;
  GtkFileChooserNative *chooser;
};

G_DEFINE_FINAL_TYPE (TasksWorkerPage, tasks_worker_page, ADW_TYPE_BIN)

static void
update (TasksWorkerPage *self)
{
  gboolean running = self->worker != NULL;
  g_autofree char *name = self->module != NULL ? g_path_get_basename (self->module)
                                               : g_strdup (_("Built-in Worker"));

  gtk_label_set_text (self->module_label, name);
  gtk_button_set_label (self->switch_button, !running        ? _("_Start")
                                             : self->stopping ? _("Stop by _Force")
                                                              : _("_Stop"));
  if (running)
    gtk_widget_add_css_class (GTK_WIDGET (self->switch_button), "destructive-action");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->switch_button), "destructive-action");
}

static void
show_status (TasksWorkerPage *self,
             const char      *status)
{
  gtk_label_set_text (self->status_label, status);
  update (self);
}

static void
got_message (CprocWorker     *worker,
             CprocMessage    *message,
             TasksWorkerPage *self)
{
  const char *text = cproc_message_get_text (message);
  g_autofree char *begin = NULL;

  if (strlen (text) > MAX_LINE_LENGTH)
    {
      const char *cut = g_utf8_find_prev_char (text, text + MAX_LINE_LENGTH);

      begin = g_strdup_printf ("%.*s…", (int) (cut - text), text);
    }

  tasks_feed_append (self->log, TASKS_LINE_RECEIVED, begin != NULL ? begin : text);
}

static void
got_invalid_message (CprocWorker     *worker,
                     GError          *error,
                     TasksWorkerPage *self)
{
  tasks_feed_append (self->log, TASKS_LINE_STDERR, error->message);
}

static void
end (TasksWorkerPage *self,
     const char      *status)
{
  tasks_feed_append (self->log, TASKS_LINE_NOTE, status);
  self->stopping = FALSE;
  g_clear_object (&self->worker);
  show_status (self, status);
}

static void
worker_ended (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(TasksWorkerPage) self = user_data;
  g_autoptr(GError) error = NULL;

  if (cproc_child_wait_check_finish (CPROC_CHILD (source), result, &error))
    end (self, _("The worker has ended"));
  else
    end (self, self->stopping ? _("The worker was stopped") : error->message);
}

static void
worker_started (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr(TasksWorkerPage) self = user_data;
  CprocChild *child = CPROC_CHILD (source);
  g_autofree char *status = NULL;
  g_autoptr(GError) error = NULL;

  if (!cproc_child_start_finish (child, result, &error))
    {
      end (self, error->message);
      return;
    }

  status = g_strdup_printf (_("Running as process %d"), (int) cproc_child_get_pid (child));
  show_status (self, status);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  cproc_child_wait_check_async (child, NULL, worker_ended, g_steal_pointer (&self));
}

static CprocCommand *
new_command (TasksWorkerPage *self)
{
  CprocCommand *command = self->module != NULL ? cproc_command_new_module (self->module, NULL)
                                               : tasks_worker_new_command ();

  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  cproc_command_set_die_with_parent (command, TRUE);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_PIPE);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_PIPE);

  return command;
}

void
tasks_worker_page_start (TasksWorkerPage *self)
{
  g_autoptr(CprocCommand) command = NULL;

  if (self->worker != NULL)
    return;

  command = new_command (self);
  tasks_output_clear (self->log);
  self->worker = cproc_worker_new_for_command (command);
  cproc_child_set_max_line_length (CPROC_CHILD (self->worker), MAX_LINE_LENGTH);
  g_signal_connect_object (self->worker, "message", G_CALLBACK (got_message), self, 0);
  g_signal_connect_object (self->worker, "invalid-message", G_CALLBACK (got_invalid_message), self,
                           0);
  tasks_feed_connect (CPROC_CHILD (self->worker), self->log);
  cproc_child_start_async (CPROC_CHILD (self->worker), NULL, worker_started, g_object_ref (self));
  show_status (self, _("Starting"));
}

void
tasks_worker_page_stop (TasksWorkerPage *self)
{
  if (self->worker == NULL)
    return;

  if (self->stopping)
    cproc_child_force_exit (CPROC_CHILD (self->worker), NULL);
  else
    cproc_child_kill (CPROC_CHILD (self->worker), NULL);
  self->stopping = TRUE;
  update (self);
}

/* What is not JSON becomes a string. */
static CprocMessage *
message_new (const char  *text,
             GError     **error)
{
  CprocMessage *message = cproc_message_new_text (text, NULL);
  g_autoptr(JsonNode) node = NULL;

  if (message != NULL)
    return message;

  node = json_node_init_string (json_node_alloc (), text);

  return cproc_message_new_node (node, error);
}

void
tasks_worker_page_send (TasksWorkerPage *self,
                        const char      *text)
{
  g_autoptr(CprocMessage) message = NULL;
  g_autoptr(GError) error = NULL;

  if (self->worker == NULL || *text == '\0')
    return;

  message = message_new (text, &error);
  if (message != NULL)
    cproc_worker_send (self->worker, message, &error);

  if (error != NULL)
    tasks_feed_append (self->log, TASKS_LINE_STDERR, error->message);
  else
    tasks_feed_append (self->log, TASKS_LINE_SENT, text);
}

static void
send_entry (TasksWorkerPage *self)
{
  tasks_worker_page_start (self);
  tasks_worker_page_send (self, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
}

static void
switch_worker (TasksWorkerPage *self)
{
  if (self->worker == NULL)
    tasks_worker_page_start (self);
  else
    tasks_worker_page_stop (self);
}

void
tasks_worker_page_set_module (TasksWorkerPage *self,
                              const char      *path)
{
  g_free (self->module);
  self->module = g_strdup (path);
  update (self);
}

static void
module_chosen (TasksWorkerPage *self,
               int              response)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr(GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (self->chooser));

      tasks_worker_page_set_module (self, g_file_peek_path (file));
    }
  g_clear_object (&self->chooser);
}

static void
choose_module (GtkWidget  *widget,
               const char *action_name,
               GVariant   *parameter)
{
  TasksWorkerPage *self = TASKS_WORKER_PAGE (widget);
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (widget));

  if (self->chooser != NULL)
    return;

  self->chooser = gtk_file_chooser_native_new (_("Choose a Worker"), window,
                                               GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  g_signal_connect_swapped (self->chooser, "response", G_CALLBACK (module_chosen), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
use_builtin (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  tasks_worker_page_set_module (TASKS_WORKER_PAGE (widget), NULL);
}

static void
tasks_worker_page_dispose (GObject *object)
{
  TasksWorkerPage *self = TASKS_WORKER_PAGE (object);

  g_clear_object (&self->chooser);
  g_clear_object (&self->worker);
  g_clear_object (&self->log);

  G_OBJECT_CLASS (tasks_worker_page_parent_class)->dispose (object);
}

static void
tasks_worker_page_finalize (GObject *object)
{
  g_free (TASKS_WORKER_PAGE (object)->module);

  G_OBJECT_CLASS (tasks_worker_page_parent_class)->finalize (object);
}

static void
tasks_worker_page_class_init (TasksWorkerPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = tasks_worker_page_dispose;
  object_class->finalize = tasks_worker_page_finalize;

  g_type_ensure (TASKS_TYPE_OUTPUT_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               TASKS_RESOURCES "tasks-worker-page.ui");
  gtk_widget_class_bind_template_child (widget_class, TasksWorkerPage, log_view);
  gtk_widget_class_bind_template_child (widget_class, TasksWorkerPage, entry);
  gtk_widget_class_bind_template_child (widget_class, TasksWorkerPage, module_label);
  gtk_widget_class_bind_template_child (widget_class, TasksWorkerPage, status_label);
  gtk_widget_class_bind_template_child (widget_class, TasksWorkerPage, switch_button);
  gtk_widget_class_bind_template_callback (widget_class, send_entry);
  gtk_widget_class_bind_template_callback (widget_class, switch_worker);
  gtk_widget_class_install_action (widget_class, "worker.choose", NULL, choose_module);
  gtk_widget_class_install_action (widget_class, "worker.use-builtin", NULL, use_builtin);
}

static void
tasks_worker_page_init (TasksWorkerPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->log = tasks_output_new ();
  tasks_output_view_set_output (self->log_view, self->log);
  show_status (self, _("Not running"));
}

TasksOutput *
tasks_worker_page_get_log (TasksWorkerPage *self)
{
  return self->log;
}

gboolean
tasks_worker_page_get_running (TasksWorkerPage *self)
{
  return self->worker != NULL;
}
