/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool.h"

typedef struct
{
  guint timeout;
  gint64 max_buffer;
  gboolean json;
  gboolean shell;
  GError *error;
} ToolExec;

static void
add_text (JsonBuilder *builder,
          const char  *name,
          char        *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
  g_free (text);
}

static void
add_int (JsonBuilder *builder,
         const char  *name,
         gint64       value,
         gint64       none)
{
  json_builder_set_member_name (builder, name);
  if (value == none)
    json_builder_add_null_value (builder);
  else
    json_builder_add_int_value (builder, value);
}

static void
print_json (CprocExec    *exec,
            const GError *error)
{
  CprocChild *child = CPROC_CHILD (exec);
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  add_text (builder, "stdout", cproc_exec_get_stdout_text (exec));
  add_text (builder, "stderr", cproc_exec_get_stderr_text (exec));
  add_int (builder, "exitCode", cproc_child_get_exit_code (child), -1);
  add_int (builder, "signal", cproc_child_get_term_signal (child), 0);
  json_builder_set_member_name (builder, "timedOut");
  json_builder_add_boolean_value (builder, cproc_child_get_timed_out (child));
  add_int (builder, "userTime", cproc_child_get_user_time (child), -1);
  add_int (builder, "systemTime", cproc_child_get_system_time (child), -1);
  add_int (builder, "maxRss", cproc_child_get_max_rss (child), -1);
  json_builder_set_member_name (builder, "error");
  if (error != NULL)
    json_builder_add_string_value (builder, error->message);
  else
    json_builder_add_null_value (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
}

static gboolean
write_bytes (FILE   *file,
             GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  gboolean written = fwrite (data, 1, size, file) == size && fflush (file) == 0;

  g_bytes_unref (bytes);

  return written;
}

static int
print_output (CprocExec    *exec,
              const GError *error)
{
  gboolean written = write_bytes (stdout, cproc_exec_get_stdout_bytes (exec)) &&
                     write_bytes (stderr, cproc_exec_get_stderr_bytes (exec));

  /* What the program says itself needs no comment. */
  if (error != NULL && !g_error_matches (error, CPROC_ERROR, CPROC_ERROR_EXITED))
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);

  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
exec_ended (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  ToolExec *self = user_data;

  cproc_child_wait_check_finish (CPROC_CHILD (source), result, &self->error);
}

static CprocExec *
exec_new (ToolExec *self,
          char    **argv)
{
  g_autoptr(CprocCommand) command = NULL;
  CprocExec *exec;

  if (self->shell)
    command = cproc_command_new_shell (argv[0]);
  else
    command = cproc_command_new ((const char * const *) argv);
  tool_contain (command);

  exec = cproc_exec_new_for_command (command);
  cproc_child_set_timeout (CPROC_CHILD (exec), self->timeout);
  cproc_exec_set_max_buffer (exec, MAX (self->max_buffer, -1));

  return exec;
}

static int
exec_run (ToolExec *self,
          char    **argv)
{
  g_autoptr(CprocExec) exec = exec_new (self, argv);
  CprocChild *child = CPROC_CHILD (exec);
  int exit_code = EXIT_SUCCESS;

  if (!cproc_child_start (child, &self->error))
    return tool_report_start (self->error);

  cproc_child_wait_check_async (child, NULL, exec_ended, self);
  tool_run_until_closed (child);
  /* The result comes after the last signal. */
  while (g_main_context_iteration (NULL, FALSE))
    ;

  if (self->json)
    print_json (exec, self->error);
  else
    exit_code = print_output (exec, self->error);

  if (g_error_matches (self->error, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT))
    return TOOL_EXIT_OUTPUT_LIMIT;

  return exit_code != EXIT_SUCCESS ? exit_code : tool_get_exit_code (child);
}

static gboolean
parse_timeout (const char *option_name,
               const char *value,
               gpointer    data,
               GError    **error)
{
  ToolExec *self = data;

  return tool_parse_seconds (option_name, value, &self->timeout, error);
}

int
tool_exec (int    argc,
           char **argv)
{
  ToolExec self = { .max_buffer = -1 };
  const GOptionEntry entries[] = {
    { "timeout", 't', G_OPTION_FLAG_NONE, G_OPTION_ARG_CALLBACK, parse_timeout,
      N_("End the program after so many seconds"), N_("SECONDS") },
    { "max-buffer", 'm', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &self.max_buffer,
      N_("End the program when it writes more bytes to one stream"), N_("BYTES") },
    { "json", 'j', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.json,
      N_("Print the output and the end as one JSON object"), NULL },
    { "shell", 's', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.shell,
      N_("The argument is a line for the shell"), NULL },
    G_OPTION_ENTRY_NULL
  };
  int exit_code;

  if (tool_parse (&argc, &argv, entries, &self, _("PROGRAM [ARGUMENT…]"),
                  _("Runs a program and prints its output when it has ended."), &exit_code))
    exit_code = exec_run (&self, argv + 1);
  g_clear_error (&self.error);

  return exit_code;
}
