/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool.h"

typedef struct
{
  ToolRun run;
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
print_json (ToolExec  *self,
            CprocExec *exec)
{
  CprocChild *child = CPROC_CHILD (exec);
  g_autoptr(CprocResourceUsage) usage = cproc_child_dup_resource_usage (child);
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
  add_int (builder, "userTime", usage != NULL ? usage->user_time : -1, -1);
  add_int (builder, "systemTime", usage != NULL ? usage->system_time : -1, -1);
  add_int (builder, "maxRss", usage != NULL ? usage->max_rss : -1, -1);
  json_builder_set_member_name (builder, "error");
  if (self->error != NULL)
    json_builder_add_string_value (builder, self->error->message);
  else
    json_builder_add_null_value (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  /* Not g_print(), which recodes: JSON is UTF-8. */
  printf ("%s\n", text);
  tool_flush (&self->run, stdout);
}

static void
write_bytes (ToolExec *self,
             FILE     *file,
             GBytes   *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (size > 0)
    fwrite (data, 1, size, file);
  tool_flush (&self->run, file);
  g_bytes_unref (bytes);
}

static void
print_output (ToolExec  *self,
              CprocExec *exec)
{
  write_bytes (self, stdout, cproc_exec_get_stdout_bytes (exec));
  write_bytes (self, stderr, cproc_exec_get_stderr_bytes (exec));

  /* What the program says itself needs no comment. */
  if (self->error != NULL && !g_error_matches (self->error, CPROC_ERROR, CPROC_ERROR_EXITED))
    g_printerr ("%s: %s\n", g_get_prgname (), self->error->message);
}

static void
exec_ended (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  ToolExec *self = user_data;

  cproc_child_wait_check_finish (CPROC_CHILD (source), result, &self->error);
}

static int
exec_run (ToolExec *self,
          char    **argv)
{
  g_autoptr(CprocCommand) command = tool_command_new (argv, self->shell);
  g_autoptr(CprocExec) exec = NULL;
  CprocChild *child;

  if (command == NULL)
    return TOOL_EXIT_USAGE;

  exec = cproc_exec_new_for_command (command);
  cproc_exec_set_max_buffer (exec, self->max_buffer);
  child = CPROC_CHILD (exec);
  cproc_child_set_timeout (child, self->timeout);

  if (!cproc_child_start (child, &self->error))
    {
      if (!self->json)
        return tool_report_start (self->error);

      print_json (self, exec);
      return tool_get_start_code (self->error);
    }

  self->run.child = child;
  cproc_child_wait_check_async (child, NULL, exec_ended, self);
  tool_run_until_closed (&self->run);

  if (self->json)
    print_json (self, exec);
  else
    print_output (self, exec);

  if (g_error_matches (self->error, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT))
    return TOOL_EXIT_OUTPUT_LIMIT;

  return tool_finish (&self->run);
}

static gboolean
parse_timeout (const char *option_name,
               const char *value,
               gpointer    data,
               GError    **error)
{
  ToolExec *self = data;

  return tool_parse_seconds (value, &self->timeout, error);
}

static gboolean
parse_max_buffer (const char *option_name,
                  const char *value,
                  gpointer    data,
                  GError    **error)
{
  ToolExec *self = data;
  guint64 size;

  if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &size, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("“%s” is not a number of bytes"), value);
      return FALSE;
    }

  self->max_buffer = size;

  return TRUE;
}

int
tool_exec (int    argc,
           char **argv)
{
  ToolExec self = { .max_buffer = -1 };
  const GOptionEntry entries[] = {
    { "timeout", 't', G_OPTION_FLAG_NONE, G_OPTION_ARG_CALLBACK, parse_timeout,
      N_("End the program after so many seconds"), N_("SECONDS") },
    { "max-buffer", 'm', G_OPTION_FLAG_NONE, G_OPTION_ARG_CALLBACK, parse_max_buffer,
      N_("End the program when it writes more bytes to one stream"), N_("BYTES") },
    { "json", 'j', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.json,
      N_("Print the output and the end as one JSON object"), NULL },
    { "shell", 's', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self.shell,
      N_("The argument is a line for the shell"), NULL },
    G_OPTION_ENTRY_NULL
  };
  int exit_code;

  if (tool_parse (&argc, &argv, entries, &self, _("[--] PROGRAM [ARGUMENT…]"),
                  _("Runs a program and prints its output when it has ended."), &exit_code))
    exit_code = exec_run (&self, argv + 1);
  g_clear_error (&self.error);

  return exit_code;
}
