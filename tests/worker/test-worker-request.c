/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "libcproc.h"

/* Requests between a worker and its parent. */

static void
on_served (CprocChannel *channel,
           CprocRequest *request,
           gpointer      user_data)
{
  g_autoptr(CprocMessage) result = cproc_message_new_text ("{\"done\":1}", NULL);

  g_assert_cmpstr (cproc_message_get_text (cproc_request_get_params (request)), ==, "[1]");
  g_assert_true (cproc_request_reply (request, result, NULL));
}

static void
on_worker_answered (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  GString *log = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CprocMessage) answer =
    cproc_worker_request_finish (CPROC_WORKER (source), result, &error);

  if (answer != NULL)
    g_string_append_printf (log, "%s ", cproc_message_get_text (answer));
  else
    g_string_append_printf (log, "%s:%d ", g_quark_to_string (error->domain), error->code);
}

static void
worker_request (CprocWorker *worker,
                const char  *method,
                GString     *log)
{
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);

  cproc_worker_request_async (worker, method, params, 0, NULL, on_worker_answered, log);
}

/* Across a process, both ways, and the end of the worker in the middle of a request. */
static void
test_worker (void)
{
  const char *argv[] = { g_getenv ("CPROC_TEST_WORKER"), "serve", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocWorker) worker = cproc_worker_new_for_command (command);
  g_autoptr(CprocMessage) sum = NULL;
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[3,4]", NULL);
  g_autoptr(GString) log = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  worker_request (worker, "add", log);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpstr (log->str, ==, "cproc-error-quark:5 ");
  g_string_truncate (log, 0);

  g_assert_true (cproc_child_start (CPROC_CHILD (worker), &error));
  cproc_channel_serve (cproc_worker_get_channel (worker), "up", on_served, NULL, NULL);
  worker_request (worker, "add", log);
  worker_request (worker, "ask", log);
  worker_request (worker, "fail", log);
  while (strstr (log->str, "3 ") == NULL || strstr (log->str, "{\"done\":1} ") == NULL ||
         strstr (log->str, "cproc-reply-error-quark:-7 ") == NULL)
    g_main_context_iteration (NULL, TRUE);

  sum = cproc_worker_request (worker, "add", params, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cproc_message_get_text (sum), ==, "7");

  g_string_truncate (log, 0);
  worker_request (worker, "hang", log);
  worker_request (worker, "crash", log);
  g_assert_true (cproc_child_wait (CPROC_CHILD (worker), NULL, &error));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpstr (log->str, ==, "cproc-error-quark:6 cproc-error-quark:6 ");
}

/* A worker of Node that knows nothing of libcproc. */
static void
test_node (void)
{
  g_autofree char *node = g_find_program_in_path ("node");
  const char *argv[] = {
    node, "-e",
    "process.on('message', async ({jsonrpc, id, params}) =>\n"
    "  process.send({jsonrpc, id, result: await params?.[0]}));", NULL
  };
  g_autoptr(CprocCommand) command = NULL;
  g_autoptr(CprocWorker) worker = NULL;
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[\"да\"]", NULL);
  g_autoptr(CprocMessage) result = NULL;
  g_autoptr(GError) error = NULL;

  if (node == NULL)
    {
      g_test_skip ("there is no node");
      return;
    }

  command = cproc_command_new (argv);
  worker = cproc_worker_new_for_command (command);
  g_assert_true (cproc_child_start (CPROC_CHILD (worker), &error));
  result = cproc_worker_request (worker, "m", params, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cproc_message_get_text (result), ==, "\"да\"");

  /* JSON leaves a member out that is undefined. */
  g_clear_pointer (&result, cproc_message_unref);
  result = cproc_worker_request (worker, "m", NULL, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cproc_message_get_text (result), ==, "null");

  cproc_worker_close_channel (worker);
  g_assert_true (cproc_child_wait (CPROC_CHILD (worker), NULL, &error));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-request/both-ways", test_worker);
  g_test_add_func ("/worker-request/node", test_node);

  return g_test_run ();
}
