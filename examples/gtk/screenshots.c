/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "test-util.h"

/* Pictures of the application for its documents, light and dark: screenshots.sh runs it, which also
 * has the programs that the tasks run. */

static gboolean
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;

  return G_SOURCE_REMOVE;
}

/* What it shows has to arrive, and transitions to end. */
static void
let_settle (void)
{
  gboolean passed = FALSE;

  g_timeout_add (1500, set_flag, &passed);
  WAIT_UNTIL (passed);
}

static void
take (const char *name,
      gboolean    dark)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new (GTK_WIDGET (window));
  g_autofree char *path = g_strdup_printf ("%s%s.png", name, dark ? "-dark" : "");
  g_autoptr(GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr(GskRenderNode) node = NULL;
  g_autoptr(GdkTexture) texture = NULL;
  double width = gdk_paintable_get_intrinsic_width (paintable);
  double height = gdk_paintable_get_intrinsic_height (paintable);

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, width, height));
  if (!gdk_texture_save_to_png (texture, path))
    g_error ("Cannot write %s", path);
}

static void
take_both (const char *name)
{
  AdwStyleManager *style_manager = adw_style_manager_get_default ();

  adw_style_manager_set_color_scheme (style_manager, ADW_COLOR_SCHEME_FORCE_LIGHT);
  let_settle ();
  take (name, FALSE);
  adw_style_manager_set_color_scheme (style_manager, ADW_COLOR_SCHEME_FORCE_DARK);
  let_settle ();
  take (name, TRUE);
}

static void
show_tasks (void)
{
  TasksTask *stopping;

  tasks_window_run (window, "git clone --progress https://gitlab.gnome.org/GNOME/glib.git");
  tasks_window_run (window, "df -h /");
  tasks_window_run (window, "flatpak-builder --run build org.example.App.json");
  stopping = tasks_window_run (window, "exec python3 -m http.server");
  tasks_window_run (window, "ping -c 100 gnome.org");
  tasks_window_run (window, "ninja -C build");
  let_settle ();
  tasks_window_select (window, 5);
  let_settle ();
  tasks_task_stop (stopping);
}

static void
show_worker (void)
{
  const char *messages[] = { "91", "600851475143", "{\"a\": [1, true]}", "Hello there!" };
  TasksWorkerPage *page = tasks_window_get_worker_page (window);

  tasks_window_show_page (window, "worker");
  tasks_worker_page_start (page);
  let_settle ();
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      tasks_worker_page_send (page, messages[i]);
      let_settle ();
    }
}

static void
take_all (void)
{
  show_tasks ();
  take_both ("tasks");
  gtk_window_set_default_size (GTK_WINDOW (window), 360, 600);
  let_settle ();
  take_both ("tasks-narrow");
  gtk_window_set_default_size (GTK_WINDOW (window), 900, 600);
  show_worker ();
  take_both ("tasks-worker");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add ("/tasks/screenshots", take_all);

  return g_test_run ();
}
