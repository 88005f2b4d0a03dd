/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A terminal in a window: VTE shows it, and the library has the program.
 *
 *     cproc-terminal [PROGRAM [ARGUMENT...]]
 *
 * Without a program it runs the user's shell. Its exit code is the program's. */

#include <libcproc.h>
#include <vte/vte.h>

typedef struct
{
  GtkApplication *application;
  const char * const *argv; /* NULL: the shell */
  CprocChild *child;
  int exit_code;
} Terminal;

static char **
dup_argv (Terminal *self)
{
  g_autofree char *shell = NULL;
  const char *argv[2] = { NULL, NULL };

  if (self->argv != NULL)
    return g_strdupv ((char **) self->argv);

  shell = vte_get_user_shell ();
  argv[0] = shell != NULL ? shell : "/bin/sh";

  return g_strdupv ((char **) argv);
}

static void
on_closed (CprocChild *child,
           Terminal   *self)
{
  int term_signal = cproc_child_get_term_signal (child);

  self->exit_code = term_signal != 0 ? 128 + term_signal : cproc_child_get_exit_code (child);
  g_application_quit (G_APPLICATION (self->application));
}

static void
report (Terminal     *self,
        const GError *error)
{
  g_printerr ("%s\n", error->message);
  self->exit_code = 127;
  g_application_quit (G_APPLICATION (self->application));
}

static void
on_started (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  if (!cproc_child_start_finish (CPROC_CHILD (source), result, &error))
    report (user_data, error);
}

/* The terminal is made here, before the program: VTE has set its size when the program looks. */
static gboolean
show_child (Terminal     *self,
            VteTerminal  *view,
            GError      **error)
{
  g_auto(GStrv) argv = dup_argv (self);
  g_autoptr(CprocCommand) command = cproc_command_new ((const char * const *) argv);
  g_autoptr(VtePty) pty = NULL;
  int fd;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_environment_variable (command, "TERM", "xterm-256color");
  cproc_command_set_environment_variable (command, "COLORTERM", "truecolor");

  self->child = cproc_child_new_for_command (command);
  g_signal_connect (self->child, "closed", G_CALLBACK (on_closed), self);

  fd = cproc_child_take_terminal (self->child, error);
  if (fd < 0)
    return FALSE;

  pty = vte_pty_new_foreign_sync (fd, NULL, error);
  if (pty == NULL)
    return FALSE;

  vte_terminal_set_pty (view, pty);
  cproc_child_start_async (self->child, NULL, on_started, self);

  return TRUE;
}

static void
on_title_changed (VteTerminal *view,
                  GtkWindow   *window)
{
  const char *title = vte_terminal_get_window_title (view);

  if (title != NULL && *title != '\0')
    gtk_window_set_title (window, title);
}

/* Dropping the view hangs up. What does not end by that is killed. */
static gboolean
on_close_request (GtkWindow *window,
                  Terminal  *self)
{
  gtk_window_set_child (window, NULL);
  if (cproc_child_get_state (self->child) > CPROC_STATE_NEW)
    cproc_child_kill (self->child, NULL);
  gtk_widget_set_visible (GTK_WIDGET (window), FALSE);

  return TRUE;
}

static void
on_activate (GApplication *application,
             Terminal     *self)
{
  GtkWidget *window = gtk_application_window_new (self->application);
  GtkWidget *view = vte_terminal_new ();
  g_autoptr(GError) error = NULL;

  gtk_window_set_title (GTK_WINDOW (window), "Terminal");
  gtk_window_set_child (GTK_WINDOW (window), view);
  g_signal_connect (view, "window-title-changed", G_CALLBACK (on_title_changed), window);
  g_signal_connect (window, "close-request", G_CALLBACK (on_close_request), self);
  gtk_window_present (GTK_WINDOW (window));
  gtk_widget_grab_focus (view);

  if (!show_child (self, VTE_TERMINAL (view), &error))
    report (self, error);
}

int
main (int   argc,
      char *argv[])
{
  Terminal self = { .argv = argc > 1 ? (const char * const *) argv + 1 : NULL };

  self.application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_signal_connect (self.application, "activate", G_CALLBACK (on_activate), &self);
  g_application_run (G_APPLICATION (self.application), 1, argv);
  g_clear_object (&self.child);
  g_clear_object (&self.application);

  return self.exit_code;
}
