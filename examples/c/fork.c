/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* fork: start a worker and talk to it in messages. The worker may be written in any language. */

#include <libcproc.h>
#include <locale.h>

static void
got_message (CprocWorker *worker, CprocMessage *message, gpointer user_data)
{
  g_print ("got message from child: %s\n", cproc_message_get_text (message));
  cproc_worker_close_channel (worker);
}

int
main (int argc, char **argv)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(CprocWorker) worker = NULL;
  g_autoptr(CprocMessage) message = NULL;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc != 2)
    {
      g_printerr ("usage: fork WORKER\n");
      return 2;
    }

  worker = cproc_worker_new (argv[1], NULL);
  g_signal_connect (worker, "message", G_CALLBACK (got_message), NULL);
  g_signal_connect_swapped (worker, "closed", G_CALLBACK (g_main_loop_quit), loop);

  message = cproc_message_new_variant (g_variant_new_string ("Hello there!"), &error);
  if (message == NULL ||
      !cproc_child_start (CPROC_CHILD (worker), &error) ||
      !cproc_worker_send (worker, message, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  g_main_loop_run (loop);
  return 0;
}
