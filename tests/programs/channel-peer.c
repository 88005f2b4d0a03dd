/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker for the tests. The first argument says what it does. */

#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcproc.h"
#include "../lib/send-util.h"

static CprocChannel *channel;
static GMainLoop *loop;

/* The parent may go while something is being sent. */
static void
send_text (const char *json)
{
  g_autoptr(GError) error = NULL;

  if (!send_json (channel, json, &error) &&
      !g_error_matches (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    g_error ("%s", error->message);
}

static void
on_disconnected (void)
{
  g_print ("disconnected\n");
  fflush (stdout);
  g_main_loop_quit (loop);
}

static void
on_invalid_message (CprocChannel *self,
                    GError       *error)
{
  g_autofree char *json = g_strdup_printf ("{\"invalid\":%d}", error->code);

  send_text (json);
}

static void
on_message_echo (CprocChannel *self,
                 CprocMessage *message)
{
  g_autoptr(GError) error = NULL;

  if (!send_json_with_fds (self, cproc_message_get_text (message),
                                    cproc_message_get_fd_list (message), &error))
    g_error ("%s", error->message);
}

static void
on_message_echo_node (CprocChannel *self,
                      CprocMessage *message)
{
  g_autoptr(GError) error = NULL;

  if (!send_node (self, cproc_message_get_root (message), &error))
    g_error ("%s", error->message);
}

/* The example of the documentation. */
static void
on_message_hello (CprocChannel *self,
                  CprocMessage *message)
{
  g_print ("got a message from master: %s\n",
           json_node_get_string (cproc_message_get_root (message)));
  send_text ("{\"foo\":1,\"bar\":2}");
}

static void
on_message_close (CprocChannel *self,
                  CprocMessage *message)
{
  send_text (cproc_message_get_text (message));
  cproc_channel_close (self);
}

static GSocket *
get_socket (CprocMessage *message)
{
  g_autoptr(GError) error = NULL;
  GUnixFDList *list = cproc_message_get_fd_list (message);
  GSocket *socket = NULL;
  int fd;

  if (list == NULL)
    g_error ("no descriptor came with %s", cproc_message_get_text (message));

  fd = g_unix_fd_list_get (list, 0, &error);
  if (fd >= 0)
    socket = g_socket_new_from_fd (fd, &error);
  if (socket == NULL)
    g_error ("%s", error->message);

  return socket;
}

/* Writes to the socket that comes, or to the first connection of the server that comes. */
static void
on_message_socket (CprocChannel *self,
                   CprocMessage *message)
{
  g_autoptr(GSocket) socket = get_socket (message);
  g_autofree char *greeting = NULL;
  g_autoptr(GError) error = NULL;

  g_socket_set_blocking (socket, TRUE);
  if (strcmp (cproc_message_get_text (message), "\"server\"") == 0)
    {
      GSocket *connection = g_socket_accept (socket, NULL, &error);

      g_assert_no_error (error);
      g_object_unref (socket);
      socket = connection;
      g_socket_set_blocking (socket, TRUE);
    }

  greeting = g_strdup_printf ("greetings for %s", cproc_message_get_text (message));
  g_socket_send (socket, greeting, strlen (greeting), NULL, &error);
  g_assert_no_error (error);
  g_socket_close (socket, NULL);
  send_text ("\"greeted\"");
}

static void
run_echo (GCallback on_message)
{
  g_signal_connect (channel, "message", on_message, NULL);
  g_signal_connect (channel, "invalid-message", G_CALLBACK (on_invalid_message), NULL);
  g_signal_connect (channel, "disconnected", G_CALLBACK (on_disconnected), NULL);
  g_main_loop_run (loop);
}

/* Much more than any buffer of the kernel's holds, and no main loop. */
static void
send_much (void)
{
  for (guint i = 0; i < 4000; i++)
    {
      g_autofree char *padding = g_strnfill (1000, 'x');
      g_autofree char *json = g_strdup_printf ("[%u,\"%s\"]", i, padding);

      send_text (json);
    }
}

static void
run_environment (int fd)
{
  CprocChannel *again = cproc_channel_get_parent (NULL);
  g_autofree char *json =
    g_strdup_printf ("{\"fd\":%s,\"mode\":%s,\"cloexec\":%s,\"nonblocking\":%s,\"same\":%s}",
                     g_getenv ("NODE_CHANNEL_FD") != NULL ? "true" : "false",
                     g_getenv ("NODE_CHANNEL_SERIALIZATION_MODE") != NULL ? "true" : "false",
                     (fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0 ? "true" : "false",
                     (fcntl (fd, F_GETFL) & O_NONBLOCK) != 0 ? "true" : "false",
                     again == channel ? "true" : "false");

  send_text (json);
}

/* The parent does not read. */
static void
exit_unread (void)
{
  cproc_channel_set_exit_flush_timeout (channel, 100);
  send_much ();
}

/* A fork that ends must not write what the worker has queued. */
static void
run_fork (void)
{
  pid_t pid;
  int status;

  send_much ();
  pid = fork ();
  if (pid == 0)
    exit (0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
}

/* Another thread ends the process while the main loop runs. */
static gpointer
exit_in_thread (gpointer data)
{
  exit (0);
}

static void
on_message_exit (CprocChannel *self,
                 CprocMessage *message)
{
  send_text ("\"exiting\"");
  g_thread_unref (g_thread_new ("exit", exit_in_thread, NULL));
}

/* Exits in the middle of a burst, which waits for the end of the handler. */
static void
on_message_burst (CprocChannel *self,
                  CprocMessage *message)
{
  for (guint i = 0; i < 1000; i++)
    send_text ("\"burst\"");
  exit (0);
}

static void
run_error (void)
{
  g_autoptr(GError) error = NULL;

  channel = cproc_channel_get_parent (&error);
  if (error != NULL)
    g_print ("%s %d %s\n", g_quark_to_string (error->domain), error->code, error->message);
  else
    g_print ("%s\n", channel != NULL ? "a channel" : "no channel");
}

static void
run_mode (const char *mode,
          int         fd)
{
  static const struct
  {
    const char *name;
    GCallback callback;
  } modes[] = {
    { "echo", G_CALLBACK (on_message_echo) },
    { "echo-node", G_CALLBACK (on_message_echo_node) },
    { "hello", G_CALLBACK (on_message_hello) },
    { "close", G_CALLBACK (on_message_close) },
    { "socket", G_CALLBACK (on_message_socket) },
    { "burst-and-exit", G_CALLBACK (on_message_burst) },
    { "exit-in-thread", G_CALLBACK (on_message_exit) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      if (strcmp (mode, modes[i].name) == 0)
        {
          run_echo (modes[i].callback);
          return;
        }
    }

  if (strcmp (mode, "send-and-exit") == 0)
    send_much ();
  else if (strcmp (mode, "exit-unread") == 0)
    exit_unread ();
  else if (strcmp (mode, "environment") == 0)
    run_environment (fd);
  else if (strcmp (mode, "fork") == 0)
    run_fork ();
  else
    g_error ("%s is no mode", mode);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GError) error = NULL;
  const char *variable = g_getenv ("NODE_CHANNEL_FD");
  int fd = variable != NULL ? atoi (variable) : -1;
  /* Node's fork() puts the module in front; to a program it is an argument as any other. */
  const char *mode = argv[argc - 1];

  loop = g_main_loop_new (NULL, FALSE);
  if (strcmp (mode, "error") == 0)
    {
      run_error ();
    }
  else
    {
      channel = cproc_channel_get_parent (&error);
      if (channel == NULL)
        g_error ("no channel: %s", error != NULL ? error->message : "none given");
      run_mode (mode, fd);
    }

  g_main_loop_unref (loop);

  return 0;
}
