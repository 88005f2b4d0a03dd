/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* exec: run a command, get all of its output. One that works, then one that fails. */

#include <libcproc.h>
#include <locale.h>

static void
child_exited (CprocChild *child, int exit_code, int term_signal, gpointer user_data)
{
  g_print ("child process exited with code %d\n", exit_code);
}

static void
run_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CprocExec *exec = CPROC_EXEC (source);
  GMainLoop *loop = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *out = cproc_exec_get_stdout_text (exec);
  g_autofree char *err = cproc_exec_get_stderr_text (exec);

  if (!cproc_exec_run_finish (exec, result, &error))
    {
      g_print ("error: %s\n", error->message);
      g_print ("error code: %d\n", cproc_child_get_exit_code (CPROC_CHILD (exec)));
      g_print ("signal received: %d\n", cproc_child_get_term_signal (CPROC_CHILD (exec)));
      g_print ("stack:\n%s", cproc_exec_get_error_stack (exec));
    }

  g_print ("stdout:\n%s", out);
  g_print ("stderr:\n%s", err);
  g_main_loop_quit (loop);
}

static void
run (const char *line)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(CprocExec) exec = cproc_exec_new_shell (line);

  cproc_exec_set_capture_stack (exec, TRUE);
  g_signal_connect (exec, "exit", G_CALLBACK (child_exited), NULL);
  cproc_exec_run_async (exec, NULL, run_finished, loop);
  g_main_loop_run (loop);
}

int
main (void)
{
  setlocale (LC_ALL, "");

  run ("ls -l");
  run ("ls -l no-such-file");
  return 0;
}
