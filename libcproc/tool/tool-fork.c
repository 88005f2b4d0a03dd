/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* Lines of standard input become messages, messages become lines of standard output. */

/* ms. A worker that starts slowly, as Node does on a busy machine, may not even have begun. */
#define DEFAULT_LINGER 1000
#define DEFAULT_LINGER_UNANSWERED 10000

typedef struct
{
  ToolRun run;
  CprocWorker *worker;
  GDataInputStream *input;
  GCancellable *cancellable;
  gboolean has_linger;
  guint linger;
  guint linger_source;
  guint line_number;
  guint64 n_sent;
  guint64 n_received;
  gboolean failed;
} ToolFork;

static void read_line (ToolFork *self);

static gboolean
close_channel (gpointer user_data)
{
  ToolFork *self = user_data;

  self->linger_source = 0;
  cproc_worker_close_channel (self->worker);

  return G_SOURCE_REMOVE;
}

/* A worker cannot know that no more will be asked of it before the channel is closed, and answers
 * no more after that: so it is given some time for the last answer, and more where there have been
 * fewer answers than questions. */
static void
linger (ToolFork *self)
{
  guint msec = self->linger;

  if (!self->has_linger)
    msec = self->n_received < self->n_sent ? DEFAULT_LINGER_UNANSWERED : DEFAULT_LINGER;

  g_clear_handle_id (&self->linger_source, g_source_remove);
  self->linger_source = g_timeout_add (msec, close_channel, self);
}

static void
print_message (CprocWorker  *worker,
               CprocMessage *message,
               ToolFork     *self)
{
  printf ("%s\n", cproc_message_get_text (message));
  tool_flush (&self->run, stdout);
  self->n_received++;
  if (self->linger_source != 0)
    linger (self);
}

static void
print_invalid (CprocWorker *worker,
               GError      *error,
               ToolFork    *self)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  self->failed = TRUE;
}

static void
report_line (ToolFork   *self,
             const char *problem)
{
  g_printerr (_("%s: line %u: %s\n"), g_get_prgname (), self->line_number, problem);
  self->failed = TRUE;
}

/* What a person types, unless it was to be more than that. */
static gboolean
is_plain_text (const char *line)
{
  while (g_ascii_isspace (*line))
    line++;

  return *line == '\0' || strchr ("{[\"", *line) == NULL;
}

static void message_sent (GObject      *source,
                          GAsyncResult *result,
                          gpointer      user_data);

/* A line of JSON is sent as that value, other text as a string. */
static gboolean
send_text (ToolFork    *self,
           const char  *line,
           GError     **error)
{
  g_autoptr(CprocMessage) message = cproc_message_new_text (line, error);

  if (message == NULL && is_plain_text (line))
    {
      g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), line);

      g_clear_error (error);
      message = cproc_message_new_node (node, error);
    }

  if (message == NULL)
    return FALSE;

  cproc_worker_send_async (self->worker, message, NULL, message_sent, self);

  return TRUE;
}

/* Reads the next line only now: so the queue stays short whatever the worker's pace. */
static void
go_on (ToolFork *self)
{
  if (!g_cancellable_is_cancelled (self->cancellable))
    read_line (self);
}

static void
message_sent (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  ToolFork *self = user_data;
  g_autoptr(GError) error = NULL;

  if (!cproc_worker_send_finish (CPROC_WORKER (source), result, &error))
    {
      report_line (self, error->message);
      /* The messages have no reader any more. */
      if (g_error_matches (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
        return;
    }
  else
    {
      self->n_sent++;
    }

  go_on (self);
}

static void
send_line (ToolFork *self,
           char     *line,
           gsize     length)
{
  g_autoptr(GError) error = NULL;

  self->line_number++;
  if (length > 0 && line[length - 1] == '\r')
    line[--length] = '\0';

  if (length > 0 && !g_utf8_validate (line, length, NULL))
    report_line (self, _("It is not text in UTF-8"));
  else if (length > 0 && send_text (self, line, &error))
    return;
  else if (length > 0)
    report_line (self, error->message);

  go_on (self);
}

static void
line_read (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  ToolFork *self = user_data;
  g_autoptr(GError) error = NULL;
  gsize length;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source),
                                                                result, &length, &error);

  if (line != NULL)
    {
      send_line (self, line, length);
      return;
    }

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (error != NULL)
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      self->failed = TRUE;
    }
  linger (self);
}

static void
read_line (ToolFork *self)
{
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, self->cancellable,
                                       line_read, self);
}

static void
stop_reading (CprocWorker *worker,
              ToolFork    *self)
{
  g_clear_handle_id (&self->linger_source, g_source_remove);
  g_cancellable_cancel (self->cancellable);
}

static int
fork_run (ToolFork *self,
          char    **argv)
{
  g_autoptr(CprocCommand) command =
    cproc_command_new_module (argv[0], (const char * const *) argv + 1);
  g_autoptr(GInputStream) stdin_stream = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr(GError) error = NULL;
  int exit_code;

  tool_contain (command);
  /* Standard input is ours. */
  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);

  self->input = g_data_input_stream_new (stdin_stream);
  self->cancellable = g_cancellable_new ();
  self->worker = cproc_worker_new_for_command (command);
  g_signal_connect (self->worker, "message", G_CALLBACK (print_message), self);
  g_signal_connect (self->worker, "invalid-message", G_CALLBACK (print_invalid), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (stop_reading), self);

  if (!cproc_child_start (CPROC_CHILD (self->worker), &error))
    {
      exit_code = tool_report_start (error);
    }
  else
    {
      self->run.child = CPROC_CHILD (self->worker);
      read_line (self);
      tool_run_until_closed (&self->run);
      exit_code = tool_finish (&self->run);
      if (exit_code == 0 && self->failed)
        exit_code = EXIT_FAILURE;
    }

  g_clear_object (&self->worker);
  g_clear_object (&self->input);
  g_clear_object (&self->cancellable);

  return exit_code;
}

static gboolean
parse_linger (const char *option_name,
              const char *value,
              gpointer    data,
              GError    **error)
{
  ToolFork *self = data;

  self->has_linger = TRUE;

  return tool_parse_seconds (value, &self->linger, error);
}

int
tool_fork (int    argc,
           char **argv)
{
  ToolFork self = { 0 };
  const GOptionEntry entries[] = {
    { "linger", 'l', G_OPTION_FLAG_NONE, G_OPTION_ARG_CALLBACK, parse_linger,
      N_("How long to wait for more answers once the input has ended"), N_("SECONDS") },
    G_OPTION_ENTRY_NULL
  };
  int exit_code;

  if (!tool_parse (&argc, &argv, entries, &self, _("[--] MODULE [ARGUMENT…]"),
                   _("Runs a worker. Lines of standard input become messages (what is not JSON\n"
                     "is a string), messages become lines of standard output. After the end of\n"
                     "input the channel is closed once no message has come for some time."),
                   &exit_code))
    return exit_code;

  return fork_run (&self, argv + 1);
}
