/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-application.h"

#include <glib/gi18n.h>
#include <libcproc.h>

#include "tasks-resources.h"

struct _TasksApplication
{
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (TasksApplication, tasks_application, ADW_TYPE_APPLICATION)

TasksWindow *
tasks_application_get_window (TasksApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  return window != NULL ? TASKS_WINDOW (window) : tasks_window_new (GTK_APPLICATION (self));
}

static void
tasks_application_activate (GApplication *application)
{
  gtk_window_present (GTK_WINDOW (tasks_application_get_window (TASKS_APPLICATION (application))));
}

/* Each argument is a command to run. */
static int
tasks_application_command_line (GApplication            *application,
                                GApplicationCommandLine *command_line)
{
  GVariantDict *options = g_application_command_line_get_options_dict (command_line);
  g_autofree const char **lines = NULL;

  g_application_activate (application);
  g_variant_dict_lookup (options, G_OPTION_REMAINING, "^a&s", &lines);
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    tasks_window_run (tasks_application_get_window (TASKS_APPLICATION (application)), lines[i]);

  return 0;
}

static void
show_about (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  adw_show_about_window (gtk_application_get_active_window (user_data),
                         "application-name", _("Tasks"),
                         "application-icon", TASKS_ID,
                         "developer-name", _("The libcproc contributors"),
                         "version", CPROC_VERSION_S,
                         "comments", _("Runs commands and workers, and shows what they do"),
                         "license-type", GTK_LICENSE_LGPL_2_1,
                         NULL);
}

static void
quit (GSimpleAction *action,
      GVariant      *parameter,
      gpointer       user_data)
{
  GtkWindow *window = gtk_application_get_active_window (user_data);

  if (window != NULL)
    gtk_window_close (window);
}

static void
tasks_application_startup (GApplication *application)
{
  const GActionEntry entries[] = {
    { "about", show_about },
    { "quit", quit },
  };

  G_APPLICATION_CLASS (tasks_application_parent_class)->startup (application);

  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries),
                                   application);
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "app.quit",
                                         (const char *[]) { "<Control>q", NULL });
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "window.close",
                                         (const char *[]) { "<Control>w", NULL });
  gtk_window_set_default_icon_name (TASKS_ID);
}

static void
tasks_application_class_init (TasksApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = tasks_application_startup;
  application_class->activate = tasks_application_activate;
  application_class->command_line = tasks_application_command_line;
}

static void
tasks_application_init (TasksApplication *self)
{
  const GOptionEntry entries[] = {
    { G_OPTION_REMAINING, '\0', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING_ARRAY, NULL, NULL,
      N_("[COMMAND…]") },
    G_OPTION_ENTRY_NULL
  };

  g_application_add_main_option_entries (G_APPLICATION (self), entries);
}

TasksApplication *
tasks_application_new (GApplicationFlags flags)
{
  /* It is in a static library, whose constructors a linker may leave out. */
  g_resources_register (tasks_get_resource ());

  return g_object_new (TASKS_TYPE_APPLICATION,
                       "application-id", TASKS_ID,
                       "flags", flags | G_APPLICATION_HANDLES_COMMAND_LINE,
                       "resource-base-path", "/org/libcproc/Tasks",
                       NULL);
}
