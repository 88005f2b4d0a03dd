/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests run as a worker: worker MODE [ARGUMENT...]. */

#include <libcproc.h>

#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/send-util.h"

static CprocChannel *channel;
static GMainLoop *loop;

static void
check (gboolean   success,
       GError   **error)
{
  if (success)
    return;

  g_printerr ("worker: %s\n", (*error)->message);
  exit (70);
}

static void
send (const char *json)
{
  GError *error = NULL;

  check (send_json (channel, json, &error), &error);
}

/* greet: the plain exchange */
static void
on_greeting (CprocChannel *self,
             CprocMessage *message)
{
  g_autofree char *line = NULL;

  line = g_strdup_printf ("got a message from master: %s\n",
                          json_node_get_string (cproc_message_get_root (message)));
  if (write (STDOUT_FILENO, line, strlen (line)) < 0)
    exit (74);
  send ("{\"foo\":1,\"bar\":2}");
}

/* echo: sends each message back, with its descriptors */
static void
on_echo (CprocChannel *self,
         CprocMessage *message)
{
  GUnixFDList *fds = cproc_message_get_fd_list (message);
  GError *error = NULL;

  check (send_json_with_fds (self, cproc_message_get_text (message), fds, &error), &error);
}

/* close: closes the channel at the first message, and stays until its standard input ends */
static gboolean
on_stdin (int          fd,
          GIOCondition condition,
          gpointer     user_data)
{
  exit (5);
}

static void
on_close (CprocChannel *self,
          CprocMessage *message)
{
  cproc_channel_close (self);
}

/* exit: sends back and exits at once with code 6 */
static void
on_exit_message (CprocChannel *self,
                 CprocMessage *message)
{
  on_echo (self, message);
  exit (6);
}

/* last-words: says "here", and at the end of the channel "disconnected" */
static void
on_disconnected (CprocChannel *self)
{
  static const char words[] = "disconnected\n";

  if (write (STDOUT_FILENO, words, strlen (words)) < 0)
    exit (74);
  g_main_loop_quit (loop);
}

static int
say_last_words (void)
{
  g_signal_connect (channel, "disconnected", G_CALLBACK (on_disconnected), NULL);
  if (write (STDOUT_FILENO, "here\n", 5) < 0)
    return 74;
  g_main_loop_run (loop);

  return 0;
}

/* raw TEXT HOW: writes it as it is, and ends by the signal HOW, or with code 0 */
static int
write_raw (const char *text,
           const char *how)
{
  const char *number = g_getenv ("NODE_CHANNEL_FD");

  if (number == NULL || write (atoi (number), text, strlen (text)) < 0)
    return 74;
  if (how != NULL)
    raise (atoi (how));

  return 0;
}

/* send COUNT: sends that many numbers, exits without a main loop */
static int
send_numbers (const char *count)
{
  for (int i = 0; i < atoi (count); i++)
    {
      g_autofree char *text = g_strdup_printf ("%d", i);

      send (text);
    }

  return 0;
}

/* environment: what a child of its own has of the channel */
static int
send_environment (const char *program)
{
  const char *argv[] = { program, "print-env", "NODE_CHANNEL_FD",
                         "NODE_CHANNEL_SERIALIZATION_MODE", NULL };
  g_autoptr(CprocExec) exec = cproc_exec_new (argv);
  g_autoptr(JsonNode) node = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;

  check (cproc_exec_run (exec, NULL, &error), &error);
  text = cproc_exec_get_stdout_text (exec);
  node = json_node_init_string (json_node_alloc (), text);
  check (send_node (channel, node, &error), &error);

  return 0;
}

static int
run_until_disconnected (GCallback on_message)
{
  g_signal_connect (channel, "message", on_message, NULL);
  g_signal_connect_swapped (channel, "disconnected", G_CALLBACK (g_main_loop_quit), loop);
  g_main_loop_run (loop);

  return 0;
}

/* serve: answers requests in the format of JSON-RPC 2.0 */
static void
answer (gint64      id,
        const char *member,
        const char *json)
{
  g_autofree char *text = g_strdup_printf ("{\"jsonrpc\":\"2.0\",\"id\":%" G_GINT64_FORMAT
                                           ",\"%s\":%s}", id, member, json);

  send (text);
}

/* Passes on what the parent has answered. */
static void
on_asked (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CprocMessage) message = cproc_channel_request_finish (channel, result, &error);

  answer (GPOINTER_TO_INT (user_data), "result",
          message != NULL ? cproc_message_get_text (message) : "\"refused\"");
}

static void
ask (gint64 id)
{
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1]", NULL);

  cproc_channel_request_async (channel, "up", params, 0, NULL, on_asked,
                               GINT_TO_POINTER ((int) id));
}

static void
serve_method (const char   *method,
              gint64        id,
              CprocMessage *message)
{
  g_autofree char *json = NULL;

  if (strcmp (method, "add") == 0)
    json = g_strdup_printf ("%" G_GINT64_FORMAT,
                            cproc_message_get_int64 (message, "/params/0", NULL) +
                            cproc_message_get_int64 (message, "/params/1", NULL));
  else if (strcmp (method, "pid") == 0)
    json = g_strdup_printf ("%d", (int) getpid ());
  else if (strcmp (method, "exit") == 0)
    exit ((int) cproc_message_get_int64 (message, "/params/0", NULL));
  else if (strcmp (method, "crash") == 0)
    raise (SIGKILL);
  else if (strcmp (method, "tell") == 0)
    send ("\"not an answer\"");

  if (strcmp (method, "fail") == 0)
    answer (id, "error", "{\"code\":-7,\"message\":\"no\",\"data\":[1]}");
  else if (strcmp (method, "setup") == 0 && cproc_message_has (message, "/params/bad"))
    answer (id, "error", "{\"code\":1,\"message\":\"bad setup\"}");
  else if (strcmp (method, "ask") == 0)
    ask (id);
  else if (strcmp (method, "hang") != 0)
    answer (id, "result", json != NULL ? json : "null");
}

static void
on_request (CprocChannel *self,
            CprocMessage *message)
{
  g_autofree char *method = cproc_message_dup_string (message, "/method", NULL);

  if (g_strcmp0 (method, "$/cancelRequest") == 0 && g_getenv ("SERVE_DEAF") == NULL)
    answer (cproc_message_get_int64 (message, "/params/id", NULL), "error",
            "{\"code\":-32800,\"message\":\"cancelled\"}");
  else if (method != NULL && cproc_message_has (message, "/id"))
    serve_method (method, cproc_message_get_int64 (message, "/id", NULL), message);
  else if (g_strcmp0 (method, "note") == 0)
    send ("\"noted\"");
}

static int
run_mode (const char  *mode,
          char       **args)
{
  if (g_str_equal (mode, "greet"))
    return run_until_disconnected (G_CALLBACK (on_greeting));
  if (g_str_equal (mode, "echo"))
    return run_until_disconnected (G_CALLBACK (on_echo));
  if (g_str_equal (mode, "serve"))
    return run_until_disconnected (G_CALLBACK (on_request));
  if (g_str_equal (mode, "exit"))
    return run_until_disconnected (G_CALLBACK (on_exit_message));
  if (g_str_equal (mode, "send"))
    return send_numbers (args[0]);
  if (g_str_equal (mode, "environment"))
    return send_environment (args[0]);
  if (g_str_equal (mode, "last-words"))
    return say_last_words ();
  if (g_str_equal (mode, "close"))
    {
      g_signal_connect (channel, "message", G_CALLBACK (on_close), NULL);
      g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_stdin, NULL);
      g_main_loop_run (loop);
    }

  g_printerr ("usage: worker MODE [ARGUMENT...]\n");
  return 64;
}

int
main (int    argc,
      char **argv)
{
  GError *error = NULL;

  if (argc > 2 && g_str_equal (argv[1], "raw"))
    return write_raw (argv[2], argv[3]);

  loop = g_main_loop_new (NULL, FALSE);
  channel = cproc_channel_get_parent (&error);
  if (channel == NULL)
    {
      g_printerr ("worker: %s\n", error != NULL ? error->message : "no channel");
      return 71;
    }

  return argc > 1 ? run_mode (argv[1], argv + 2) : 64;
}
