/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <sys/socket.h>

#include "reentry.h"

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  /* This may be the other thread. */
  g_atomic_int_add ((int *) user_data, -1);
}

/* The handler of all signals. */
static void
on_signal (Item *self)
{
  round_act (self->round, NULL);
}

static void
item_connect (Item              *self,
              const char *const *signals)
{
  for (guint i = 0; signals[i] != NULL; i++)
    if (!round_one_in (self->round, 4))
      g_signal_connect_swapped (self->object, signals[i], G_CALLBACK (on_signal), self);
}

Item *
round_add_item (Round    *self,
                ItemKind  kind,
                gpointer  object)
{
  Item *item = g_new0 (Item, 1);

  item->round = self;
  item->kind = kind;
  item->object = object;
  g_weak_ref_init (&item->weak, object);
  g_atomic_int_inc (&self->n_alive);
  g_object_weak_ref (object, on_finalized, &self->n_alive);
  g_ptr_array_add (self->items, item);

  return item;
}

void
item_free (gpointer data)
{
  Item *self = data;

  g_weak_ref_clear (&self->weak);
  g_free (self);
}

static void
item_connect_child (Item *self)
{
  static const char *const signals[] = { "started", "output", "line", "lines", "exit",
                                         "stream-ended", "closed", "notify", NULL };
  CprocChild *child = self->object;
  Round *round = self->round;

  cproc_child_set_kill_grace (child, round_range (round, 0, 2) * 20);
  cproc_child_set_drain_timeout (child, round_range (round, 0, 2) * 50);
  if (round_one_in (round, 3))
    cproc_child_set_timeout (child, round_range (round, 1, 80));
  if (round_one_in (round, 4))
    cproc_child_set_idle_timeout (child, round_range (round, 1, 40));
  item_connect (self, signals);
}

static CprocCommand *
make_command (Round *self)
{
  static const char *const programs[][4] = {
    { "cat", NULL },
    { "lines", "3", NULL },
    { "lines", "20000", NULL },
    { "exit", "3", NULL },
    { "sleep-forever", NULL },
    { "ignore-term", NULL },
    { "signal", "9", NULL },
    { "write", "1", "300000", NULL },
  };
  const char *argv[6] = { g_getenv ("CPROC_TEST_CHILD") };
  int program = round_range (self, 0, G_N_ELEMENTS (programs));
  CprocCommand *command;

  for (guint i = 0; i < G_N_ELEMENTS (programs[program]); i++)
    argv[i + 1] = programs[program][i];
  if (round_one_in (self, 12))
    argv[0] = "/nonexistent/program";

  command = cproc_command_new (argv);
  if (program == 0 || round_one_in (self, 4))
    cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  cproc_command_set_containment (command, round_range (self, CPROC_CONTAINMENT_AUTO,
                                                       CPROC_CONTAINMENT_TREE + 1));

  return command;
}

static void
make_child (Round *self)
{
  g_autoptr(CprocCommand) command = make_command (self);

  if (round_one_in (self, 3))
    item_connect_child (round_add_item (self, ITEM_EXEC, cproc_exec_new_for_command (command)));
  else
    item_connect_child (round_add_item (self, ITEM_CHILD, cproc_child_new_for_command (command)));
}

static CprocCommand *
make_worker_command (Round *self)
{
  static const char *const modes[] = { "serve", "echo" };
  const char *args[] = { modes[round_one_in (self, 4)], NULL };
  CprocCommand *command = cproc_command_new_module (g_getenv ("CPROC_TEST_WORKER"), args);

  /* LeakSanitizer traces the worker at its exit; if it is killed then nobody can reap it. */
  cproc_command_set_environment_variable (command, "ASAN_OPTIONS", "detect_leaks=0");

  return command;
}

static void
make_worker (Round *self)
{
  static const char *const signals[] = { "message", "disconnected", "request-received",
                                         "invalid-message", "send-failed", NULL };
  g_autoptr(CprocCommand) command = make_worker_command (self);
  CprocWorker *worker = cproc_worker_new_for_command (command);
  Item *item = round_add_item (self, ITEM_WORKER, worker);

  item_connect (item, signals);
  item_connect_child (item);
  if (round_one_in (self, 2))
    round_add_item (self, ITEM_CHANNEL, g_object_ref (cproc_worker_get_channel (worker)));
}

static void
on_request (CprocChannel *channel,
            CprocRequest *request,
            gpointer      user_data)
{
  Item *self = user_data;

  if (!self->round->ending)
    round_add_item (self->round, ITEM_REQUEST, g_object_ref (request));
  round_act (self->round, NULL);
}

static void
make_channel (Round *self,
              int    fd)
{
  static const char *const signals[] = { "message", "disconnected", "invalid-message",
                                         "send-failed", "notify", NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(GSocket) socket = g_socket_new_from_fd (fd, &error);
  CprocChannel *channel;
  Item *item;

  g_assert_no_error (error);
  channel = cproc_channel_new_for_socket (socket, &error);
  g_assert_no_error (error);
  item = round_add_item (self, ITEM_CHANNEL, channel);
  item_connect (item, signals);
  if (round_one_in (self, 2))
    cproc_channel_serve (channel, "add", on_request, item, NULL);
  if (round_one_in (self, 2))
    g_signal_connect (channel, "request-received", G_CALLBACK (on_request), item);
}

static void
make_channels (Round *self)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  make_channel (self, fds[0]);
  make_channel (self, fds[1]);
}

static void
make_pool (Round *self)
{
  static const char *const signals[] = { "worker-started", "worker-ended", "message", "failed",
                                         "drained", "items-changed", "notify", NULL };
  g_autoptr(CprocCommand) command = make_worker_command (self);
  CprocPool *pool = cproc_pool_new (command, round_range (self, 1, 3));

  g_object_set (pool, "cancel-grace", 20, "max-queue", round_range (self, 0, 10), "retries",
                round_range (self, 0, 2), "concurrency", round_range (self, 1, 3), NULL);
  item_connect (round_add_item (self, ITEM_POOL, pool), signals);
}

static double
on_line (CprocChild  *child,
         CprocStream  stream,
         const char  *line,
         gpointer     user_data)
{
  on_signal (user_data);

  return 0.5;
}

static void
make_progress (Round *self)
{
  static const char *const signals[] = { "notify::fraction", NULL };
  Item *child = round_pick_item (self, 1 << ITEM_CHILD | 1 << ITEM_EXEC | 1 << ITEM_WORKER);
  CprocProgress *progress;
  Item *item;

  if (child == NULL)
    return;

  progress = cproc_progress_new (child->object);
  item = round_add_item (self, ITEM_PROGRESS, progress);
  item_connect (item, signals);
  if (round_one_in (self, 2))
    cproc_progress_set_func (progress, on_line, item, NULL);
  else
    cproc_progress_set_pattern (progress, "(\\d+)()", NULL);
}

void
round_make_item (Round *self)
{
  int kind = round_range (self, 0, 16);

  if (kind < 7)
    make_child (self);
  else if (kind < 8)
    make_worker (self);
  else if (kind < 12)
    make_channels (self);
  else if (kind < 13)
    make_pool (self);
  else
    make_progress (self);
}

/* kinds: a bit for each kind. */
Item *
round_pick_item (Round *self,
                 guint  kinds)
{
  guint begin, n = self->items->len;

  if (n == 0)
    return NULL;

  begin = round_range (self, 0, n);
  for (guint i = 0; i < n; i++)
    {
      Item *item = g_ptr_array_index (self->items, (begin + i) % n);

      if (item->object != NULL && (kinds & 1U << item->kind) != 0)
        return item;
    }

  return NULL;
}

/* Makes all calls end that wait on the object, dropped or not. */
void
item_end (Item *self)
{
  g_autoptr(GObject) object = g_weak_ref_get (&self->weak);

  if (object == NULL)
    return;

  if (CPROC_IS_CHILD (object) &&
      cproc_child_get_state (CPROC_CHILD (object)) < CPROC_STATE_STARTING)
    {
      /* Calls that wait for the start may hold it. */
      if (self->object == NULL)
        cproc_child_start (CPROC_CHILD (object), NULL);
      g_clear_object (&self->object);
    }
  else if (CPROC_IS_CHILD (object))
    {
      cproc_child_force_exit (CPROC_CHILD (object), NULL);
      cproc_child_resume (CPROC_CHILD (object), CPROC_STREAM_STDOUT);
      cproc_child_resume (CPROC_CHILD (object), CPROC_STREAM_STDERR);
    }
  if (CPROC_IS_WORKER (object))
    cproc_channel_resume (cproc_worker_get_channel (CPROC_WORKER (object)));
  else if (CPROC_IS_CHANNEL (object))
    cproc_channel_close (CPROC_CHANNEL (object));
  else if (CPROC_IS_POOL (object))
    cproc_pool_abort (CPROC_POOL (object));
  else if (self->kind == ITEM_REQUEST)
    g_clear_object (&self->object);
}
