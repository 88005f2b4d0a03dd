/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-worker.h"

CprocCommand *
tasks_worker_new_command (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return cproc_command_new_module (program, NULL);
}

/* {"number": 12, "factors": [2, 2, 3]} */
static JsonNode *
factorize (gint64 number)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  gint64 rest = number;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "number");
  json_builder_add_int_value (builder, number);
  json_builder_set_member_name (builder, "factors");
  json_builder_begin_array (builder);
  for (gint64 factor = 2; factor <= rest / factor; factor++)
    while (rest > factor && rest % factor == 0)
      {
        json_builder_add_int_value (builder, factor);
        rest /= factor;
      }
  json_builder_add_int_value (builder, rest);
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}

static JsonNode *
echo (JsonNode *root)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "echo");
  json_builder_add_value (builder, json_node_copy (root));
  json_builder_end_object (builder);

  return json_builder_get_root (builder);
}

static void
answer (CprocChannel *channel,
        CprocMessage *message)
{
  JsonNode *root = cproc_message_get_root (message);
  g_autoptr(JsonNode) reply = NULL;
  g_autoptr(CprocMessage) answer = NULL;
  g_autoptr(GError) error = NULL;

  if (JSON_NODE_HOLDS_VALUE (root) && json_node_get_value_type (root) == G_TYPE_INT64 &&
      json_node_get_int (root) > 1)
    reply = factorize (json_node_get_int (root));
  else
    reply = echo (root);

  answer = cproc_message_new_node (reply, &error);
  if (answer == NULL || !cproc_channel_send (channel, answer, &error))
    g_warning ("%s", error->message);
}

gboolean
tasks_worker_run (void)
{
  CprocChannel *channel = cproc_channel_get_parent (NULL);
  g_autoptr(GMainLoop) loop = NULL;

  if (channel == NULL)
    return FALSE;

  loop = g_main_loop_new (NULL, FALSE);
  g_signal_connect (channel, "message", G_CALLBACK (answer), NULL);
  g_signal_connect_swapped (channel, "disconnected", G_CALLBACK (g_main_loop_quit), loop);
  g_main_loop_run (loop);

  return TRUE;
}
