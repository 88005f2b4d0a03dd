/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include "channel-util.h"
#include "child-util.h"

/* Handlers that do the worst in every signal of a channel and of a worker; those of a child are in
 * test-handlers.c. */

typedef struct
{
  End *end;
  CprocChannel *gone; /* NULL once it is gone */
  guint n_calls;
} Channel;

typedef void (*ChannelFunc) (Channel *self);

static void
channel_close (Channel *self)
{
  cproc_channel_close (self->end->channel);
}

static void
channel_drop (Channel *self)
{
  if (self->end->channel == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->end->channel, self->end);
  g_signal_handlers_disconnect_by_data (self->end->channel, self);
  g_clear_object (&self->end->channel);
}

static void
channel_send (Channel *self)
{
  send_json (self->end->channel, "[1]", NULL);
  send_json_async (self->end->channel, "[2]", NULL, NULL, NULL);
}

static void
channel_flush (Channel *self)
{
  cproc_channel_flush (self->end->channel, NULL, NULL);
}

static void
channel_start_other (Channel *self)
{
  End *a, *b;

  end_new_pair (&a, &b);
  end_send (a, "17");
  run_until (&b->n_messages, 1);
  end_free (a);
  end_free (b);
}

static void
channel_nested_loop (Channel *self)
{
  run_until_disconnected (self->end);
}

static void
channel_disconnect (Channel *self)
{
  g_signal_handlers_disconnect_by_data (self->end->channel, self);
}

static void
channel_set_limit (Channel *self)
{
  cproc_channel_set_max_message_size (self->end->channel, 1000 + self->n_calls);
}

static const struct
{
  const char *name;
  ChannelFunc func;
  const char *log; /* NULL: a beginning of it */
} channel_actions[] = {
  { "close", channel_close, NULL },
  { "drop", channel_drop, NULL },
  { "send", channel_send, "1\ninvalid\n2\ndisconnected\n" },
  { "flush", channel_flush, "1\ninvalid\n2\ndisconnected\n" },
  { "start-other", channel_start_other, "1\ninvalid\n2\ndisconnected\n" },
  { "nested-loop", channel_nested_loop, "1\ninvalid\n2\ndisconnected\n" },
  { "disconnect", channel_disconnect, "1\ninvalid\n2\ndisconnected\n" },
  { "set-limit", channel_set_limit, "1\ninvalid\n2\ndisconnected\n" },
};

static ChannelFunc current_channel_action;

static void
act_on_channel (Channel *self)
{
  self->n_calls++;
  current_channel_action (self);
}

static void
ignore_invalid (CprocChannel *channel,
                GError       *error,
                gpointer      user_data)
{
}

static void
check_channel (guint       action,
               const char *signal_name)
{
  int peer;
  Channel self = { .end = end_new (&peer) };
  const char *log = channel_actions[action].log;

  g_test_message ("in %s", signal_name);
  self.gone = self.end->channel;
  g_object_add_weak_pointer (G_OBJECT (self.gone), (gpointer *) &self.gone);
  current_channel_action = channel_actions[action].func;
  g_signal_connect_swapped (self.gone, signal_name, G_CALLBACK (act_on_channel), &self);
  /* The action may take the end's own handlers away: without one it would be a warning. */
  g_signal_connect (self.gone, "invalid-message", G_CALLBACK (ignore_invalid), NULL);
  write_string (peer, "1\nbroken\n2\n");
  close (peer);

  while (self.gone != NULL && self.end->n_disconnected == 0)
    g_main_context_iteration (NULL, TRUE);
  run_pending ();
  g_assert_cmpuint (self.n_calls, >, 0);
  if (log != NULL)
    g_assert_cmpstr (self.end->log->str, ==, log);
  else if (self.gone != NULL)
    g_assert_true (g_str_has_suffix (self.end->log->str, "disconnected\n"));
  g_assert_cmpuint (self.end->n_disconnected, <=, 1);

  if (self.gone != NULL)
    g_object_remove_weak_pointer (G_OBJECT (self.gone), (gpointer *) &self.gone);
  end_free (self.end);
}

static void
test_channel (gconstpointer data)
{
  static const char *const signals[] = { "message", "invalid-message", "disconnected",
                                         "notify::connected" };

  guint n_fds = 0;

  /* The first time may make what is kept. */
  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
        check_channel (GPOINTER_TO_UINT (data), signals[i]);

      if (round == 0)
        n_fds = count_fds ();
      g_assert_cmpuint (count_fds (), ==, n_fds);
    }
}

typedef struct
{
  CprocWorker *worker; /* NULL once it is gone */
  guint n_calls;
  guint n_messages;
  guint n_disconnected;
  guint n_closed;
  gboolean acted;
} Worker;

typedef void (*WorkerFunc) (Worker *self);

static void act_on_worker (Worker *self);

static void
worker_drop (Worker *self)
{
  if (self->n_calls == 1)
    g_object_unref (self->worker);
}

static void
worker_kill (Worker *self)
{
  cproc_child_kill (CPROC_CHILD (self->worker), NULL);
}

static void
worker_force (Worker *self)
{
  cproc_child_force_exit (CPROC_CHILD (self->worker), NULL);
}

static void
worker_close_channel (Worker *self)
{
  cproc_worker_close_channel (self->worker);
}

static void
worker_send (Worker *self)
{
  send_json (self->worker, "[1]", NULL);
  send_json_async (self->worker, "[2]", NULL, NULL, NULL);
}

static void
worker_wait (Worker *self)
{
  g_assert_true (cproc_child_wait (CPROC_CHILD (self->worker), NULL, NULL));
}

static void
worker_nested_loop (Worker *self)
{
  test_run_until_state (CPROC_CHILD (self->worker), CPROC_STATE_CLOSED);
}

static void
worker_disconnect (Worker *self)
{
  g_signal_handlers_disconnect_matched (self->worker, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                        act_on_worker, NULL);
}

static CprocWorker *
echo_new (void)
{
  const char *args[] = { "echo", NULL };

  return cproc_worker_new (g_getenv ("CPROC_TEST_WORKER"), args);
}

static void
worker_start_other (Worker *self)
{
  g_autoptr(CprocWorker) other = NULL;
  guint n = 0;

  if (self->acted)
    return;

  self->acted = TRUE;
  other = echo_new ();
  g_signal_connect_swapped (other, "message", G_CALLBACK (g_atomic_int_inc), &n);
  test_start (CPROC_CHILD (other));
  g_assert_true (send_json (other, "1", NULL));
  test_run_until_count (&n, 1);
  test_finalize (other);
}

/* Whether all that was sent comes back. */
static const struct
{
  const char *name;
  WorkerFunc func;
  gboolean complete;
} worker_actions[] = {
  { "drop", worker_drop, FALSE },
  { "kill", worker_kill, FALSE },
  { "force-exit", worker_force, FALSE },
  { "close-channel", worker_close_channel, FALSE },
  { "send", worker_send, TRUE },
  { "wait", worker_wait, TRUE },
  { "nested-loop", worker_nested_loop, TRUE },
  { "disconnect", worker_disconnect, TRUE },
  { "start-other", worker_start_other, TRUE },
};

static WorkerFunc current_worker_action;

static void
act_on_worker (Worker *self)
{
  self->n_calls++;
  current_worker_action (self);
}

static void
close_when_all_came (Worker *self)
{
  if (++self->n_messages == 3)
    cproc_worker_close_channel (self->worker);
}

static void
check_worker (guint       action,
              const char *signal_name)
{
  Worker self = { .worker = echo_new () };

  g_test_message ("in %s", signal_name);
  g_object_add_weak_pointer (G_OBJECT (self.worker), (gpointer *) &self.worker);
  current_worker_action = worker_actions[action].func;
  g_signal_connect_swapped (self.worker, "message", G_CALLBACK (close_when_all_came), &self);
  g_signal_connect_swapped (self.worker, "disconnected", G_CALLBACK (g_atomic_int_inc),
                            &self.n_disconnected);
  g_signal_connect_swapped (self.worker, "closed", G_CALLBACK (g_atomic_int_inc), &self.n_closed);
  g_signal_connect_swapped (self.worker, signal_name, G_CALLBACK (act_on_worker), &self);

  test_start (CPROC_CHILD (self.worker));
  for (guint i = 0; i < 3; i++)
    g_assert_true (send_json (self.worker, "1", NULL));
  while (self.worker != NULL &&
         cproc_child_get_state (CPROC_CHILD (self.worker)) != CPROC_STATE_CLOSED)
    g_main_context_iteration (NULL, TRUE);
  run_pending ();

  g_assert_cmpuint (self.n_calls, >, 0);
  if (worker_actions[action].complete)
    g_assert_cmpuint (self.n_messages, >=, 3);
  if (self.worker != NULL)
    {
      g_assert_cmpuint (self.n_disconnected, ==, 1);
      g_assert_cmpuint (self.n_closed, ==, 1);
      g_object_remove_weak_pointer (G_OBJECT (self.worker), (gpointer *) &self.worker);
      test_finalize (self.worker);
    }
  test_await_no_children ();
}

static void
test_worker (gconstpointer data)
{
  static const char *const signals[] = { "message", "disconnected", "exit", "closed" };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    check_worker (GPOINTER_TO_UINT (data), signals[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (channel_actions); i++)
    {
      g_autofree char *path = g_strconcat ("/reentrancy/channel/", channel_actions[i].name,
                                           NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_channel);
    }
  for (guint i = 0; i < G_N_ELEMENTS (worker_actions); i++)
    {
      g_autofree char *path = g_strconcat ("/reentrancy/worker/", worker_actions[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_worker);
    }

  return g_test_run ();
}
