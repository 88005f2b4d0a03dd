/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A worker: answers the messages of the program that started it, until that program goes. */

#include <libcproc.h>
#include <locale.h>

static void
got_message (CprocChannel *parent, CprocMessage *message, gpointer user_data)
{
  g_autoptr(CprocMessage) answer = NULL;
  g_autoptr(GError) error = NULL;

  g_print ("got a message from master: %s\n",
           json_node_get_string (cproc_message_get_root (message)));

  answer = cproc_message_new_text ("{\"foo\":1,\"bar\":2}", &error);
  if (answer == NULL || !cproc_channel_send (parent, answer, &error))
    g_printerr ("%s\n", error->message);
}

int
main (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  CprocChannel *parent;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  parent = cproc_channel_get_parent (&error);
  if (parent == NULL)
    {
      g_printerr ("%s\n", error != NULL ? error->message : "This is to be run as a worker");
      return 1;
    }

  g_signal_connect (parent, "message", G_CALLBACK (got_message), NULL);
  g_signal_connect_swapped (parent, "disconnected", G_CALLBACK (g_main_loop_quit), loop);

  g_main_loop_run (loop);
  return 0;
}
