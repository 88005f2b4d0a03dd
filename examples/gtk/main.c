/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "tasks-application.h"
#include "tasks-worker.h"

/* Runs commands and workers, and shows what they do. */

int
main (int    argc,
      char **argv)
{
  g_autoptr(TasksApplication) application = NULL;

  if (tasks_worker_run ())
    return 0;

  setlocale (LC_ALL, "");
  bindtextdomain (TASKS_DOMAIN, LOCALEDIR);
  bind_textdomain_codeset (TASKS_DOMAIN, "UTF-8");
  textdomain (TASKS_DOMAIN);
  g_set_application_name (_("Tasks"));

  application = tasks_application_new (G_APPLICATION_DEFAULT_FLAGS);

  return g_application_run (G_APPLICATION (application), argc, argv);
}
