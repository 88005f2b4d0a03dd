/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program of somebody else's, who has nothing but the installed library. It needs the launch
 * helper too: it asks for a working directory. */

#include <libcproc.h>

#if !CPROC_CHECK_VERSION (1, 0, 0)
#error "the version macros do not work"
#endif

int
main (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("pwd; echo installed");
  g_autoptr(CprocExec) exec = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  cproc_command_set_cwd (command, "/");
  exec = cproc_exec_new_for_command (command);
  if (!cproc_exec_run (exec, NULL, &error))
    g_error ("%s", error->message);
  text = cproc_exec_get_stdout_text (exec);
  g_print ("%s", text);
  return 0;
}
