/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* spawn: start a program and live with it. Follows a file for two seconds. */

#include <libcproc.h>
#include <locale.h>

static void
tail_wrote (CprocChild *tail, CprocStream stream, const char *line, gpointer user_data)
{
  g_print ("tail output: %s\n", line);
}

static void
tail_complained (CprocChild *tail, CprocStream stream, const char *line, gpointer user_data)
{
  g_print ("tail error output: %s\n", line);
}

static void
tail_exited (CprocChild *tail, int exit_code, int term_signal, gpointer user_data)
{
  g_print ("tail exited with code %d, signal %d\n", exit_code, term_signal);
}

static void
stop (gpointer tail)
{
  cproc_child_kill (tail, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(CprocChild) tail = NULL;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc != 2)
    {
      g_printerr ("usage: spawn FILE\n");
      return 2;
    }

  tail = cproc_child_new ((const char *[]) { "tail", "-f", argv[1], NULL });
  g_signal_connect (tail, "line::stdout", G_CALLBACK (tail_wrote), NULL);
  g_signal_connect (tail, "line::stderr", G_CALLBACK (tail_complained), NULL);
  g_signal_connect (tail, "exit", G_CALLBACK (tail_exited), NULL);
  g_signal_connect_swapped (tail, "closed", G_CALLBACK (g_main_loop_quit), loop);

  if (!cproc_child_start (tail, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  g_timeout_add_once (2000, stop, tail);
  g_main_loop_run (loop);
  return 0;
}
