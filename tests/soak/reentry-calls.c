/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "reentry.h"

/* Every method of every class, with arguments at random. An answer may be a success or an error,
 * since all is possible; it must be one of them. */

static void
check_answer (gboolean   success,
              GError   **error)
{
  g_assert_true (success == (*error == NULL));
  g_clear_error (error);
}

static gboolean
finish_message (CprocMessage *message)
{
  if (message != NULL)
    cproc_message_unref (message);

  return message != NULL;
}

static gboolean
finish_boolean (GObject       *source,
                GAsyncResult  *result,
                GError       **error)
{
  gpointer tag = g_task_get_source_tag (G_TASK (result));

  if (tag == cproc_child_start_async)
    return cproc_child_start_finish (CPROC_CHILD (source), result, error);
  if (tag == cproc_child_prepare_async)
    return cproc_child_prepare_finish (CPROC_CHILD (source), result, error);
  if (tag == cproc_child_wait_async)
    return cproc_child_wait_finish (CPROC_CHILD (source), result, error);
  if (tag == cproc_child_wait_check_async)
    return cproc_child_wait_check_finish (CPROC_CHILD (source), result, error);
  if (tag == cproc_child_write_async)
    return cproc_child_write_finish (CPROC_CHILD (source), result, error);
  if (tag == cproc_exec_run_async)
    return cproc_exec_run_finish (CPROC_EXEC (source), result, error);
  if (tag == cproc_channel_send_async)
    return cproc_channel_send_finish (CPROC_CHANNEL (source), result, error);
  if (tag == cproc_channel_flush_async)
    return cproc_channel_flush_finish (CPROC_CHANNEL (source), result, error);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
on_called_back (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  Call *call = user_data;
  GError *error = NULL;
  gboolean success;

  g_assert_cmpuint (call->n_called++, ==, 0);
  call->round->n_waiting--;
  if (strstr (call->name, "request") != NULL)
    success = finish_message (g_task_propagate_pointer (G_TASK (result), &error));
  else if (strstr (call->name, "receive") == NULL)
    success = finish_boolean (source, result, &error);
  /* At the end of the channel there is neither a message nor an error. */
  else if (!finish_message (g_task_propagate_pointer (G_TASK (result), &error)))
    success = error == NULL;
  else
    success = TRUE;
  check_answer (success, &error);
  round_act (call->round, call);
}

#define CALL(function, object, ...) \
  G_STMT_START { \
    Call *call = round_add_call (round, #function); \
    function (object, __VA_ARGS__, call->cancellable, on_called_back, call); \
  } G_STMT_END

#define CALL_PLAIN(function, object) \
  G_STMT_START { \
    Call *call = round_add_call (round, #function); \
    function (object, call->cancellable, on_called_back, call); \
  } G_STMT_END

/* For calls that block; the other thread cancels it. */
static GCancellable *
make_cancellable (Round *self)
{
  GCancellable *cancellable = g_cancellable_new ();

  round_cancel_later (self, cancellable);

  return cancellable;
}

static void
call_write (Round      *round,
            CprocChild *child)
{
  gsize size = round_one_in (round, 4) ? 300000 : round_range (round, 0, 100);
  g_autoptr(GBytes) bytes = g_bytes_new_take (g_malloc0 (size + 1), size);

  if (round_one_in (round, 4))
    cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  else
    CALL (cproc_child_write_async, child, bytes,
          round_one_in (round, 3) ? G_PRIORITY_HIGH : G_PRIORITY_DEFAULT);
}

static void
call_child_sync (Round      *round,
                 CprocChild *child)
{
  g_autoptr(GCancellable) cancellable = make_cancellable (round);
  gboolean success;
  GError *error = NULL;
  int which = round_range (round, 0, 4);

  if (round->depth > 0)
    return;

  round->n_syncs++;
  cproc_child_resume (child, CPROC_STREAM_STDOUT);
  cproc_child_resume (child, CPROC_STREAM_STDERR);
  if (which == 0)
    success = cproc_child_prepare (child, &error);
  else if (which == 1)
    success = cproc_child_wait_check (child, cancellable, &error);
  else if (CPROC_IS_EXEC (child) && which == 2)
    success = cproc_exec_run (CPROC_EXEC (child), cancellable, &error);
  else
    success = cproc_child_wait (child, cancellable, &error);
  round->n_syncs--;
  check_answer (success, &error);
}

static void
call_signal (Round      *round,
             CprocChild *child)
{
  static const int signals[] = { 0, SIGUSR1, SIGTERM, SIGCONT };
  gboolean success;
  GError *error = NULL;

  switch (round_range (round, 0, 3))
    {
    case 0:
      success = cproc_child_kill (child, &error);
      break;
    case 1:
      success = cproc_child_force_exit (child, &error);
      break;
    default:
      success = cproc_child_send_signal (child, signals[round_range (round, 0, 4)], &error);
      break;
    }
  check_answer (success, &error);
}

static void
call_stream (Round      *round,
             CprocChild *child)
{
  CprocStream stream = round_range (round, CPROC_STREAM_STDOUT, CPROC_STREAM_STDERR + 1);

  switch (round_range (round, 0, 4))
    {
    case 0:
      if (round->n_syncs == 0)
        cproc_child_pause (child, stream);
      break;
    case 1:
      cproc_child_resume (child, stream);
      break;
    case 2:
      cproc_child_close_stdin (child);
      break;
    default:
      cproc_child_set_timeout (child, round_range (round, 0, 50));
      break;
    }
}

static void
call_start (Round      *round,
            CprocChild *child)
{
  GError *error = NULL;

  switch (round_range (round, 0, 5))
    {
    case 0:
      check_answer (cproc_child_start (child, &error), &error);
      break;
    case 1:
      CALL_PLAIN (cproc_child_prepare_async, child);
      break;
    case 2:
      if (CPROC_IS_EXEC (child))
        CALL_PLAIN (cproc_exec_run_async, CPROC_EXEC (child));
      break;
    default:
      CALL_PLAIN (cproc_child_start_async, child);
      break;
    }
}

static void
call_child (Round      *round,
            CprocChild *child)
{
  if (cproc_child_get_state (child) < CPROC_STATE_STARTING && !round_one_in (round, 4))
    {
      call_start (round, child);
      return;
    }

  switch (round_range (round, 0, 9))
    {
    case 0:
    case 1:
      CALL_PLAIN (cproc_child_wait_async, child);
      break;
    case 2:
      CALL_PLAIN (cproc_child_wait_check_async, child);
      break;
    case 3:
      call_child_sync (round, child);
      break;
    case 4:
      call_signal (round, child);
      break;
    case 5:
      call_stream (round, child);
      break;
    case 6:
      call_start (round, child);
      break;
    default:
      call_write (round, child);
      break;
    }
}

static CprocMessage *
make_message (Round *round)
{
  g_autofree char *text = NULL;

  if (!round_one_in (round, 6))
    return cproc_message_new_text ("[1,2]", NULL);

  text = g_malloc (300001);
  memset (text, 'x', 300000);
  text[0] = text[299999] = '"';
  text[300000] = '\0';

  return cproc_message_new_text (text, NULL);
}

static const char *
pick_method (Round *round)
{
  static const char *const methods[] = { "add", "add", "add", "hang", "fail", "tell", "crash" };

  return methods[round_range (round, 0, G_N_ELEMENTS (methods))];
}

static void
call_channel_sync (Round        *round,
                   CprocChannel *channel)
{
  g_autoptr(GCancellable) cancellable = make_cancellable (round);
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);
  GError *error = NULL;

  if (round->depth > 0)
    return;

  round->n_syncs++;
  if (round_one_in (round, 2))
    check_answer (cproc_channel_flush (channel, cancellable, &error), &error);
  else
    check_answer (finish_message (cproc_channel_request (channel, pick_method (round), params, 3,
                                                         cancellable, &error)), &error);
  round->n_syncs--;
}

static void
call_channel_state (Round        *round,
                    CprocChannel *channel)
{
  switch (round_range (round, 0, 8))
    {
    case 0:
      cproc_channel_close (channel);
      break;
    case 1:
      if (round->n_syncs == 0)
        cproc_channel_pause (channel);
      break;
    case 2:
      cproc_channel_set_io_priority (channel, round_range (round, -1, 2) * 100);
      break;
    case 3:
      cproc_channel_set_max_message_size (channel, round_range (round, -1, 100000));
      break;
    default:
      cproc_channel_resume (channel);
      break;
    }
}

static void
call_channel (Round        *round,
              CprocChannel *channel)
{
  g_autoptr(CprocMessage) message = make_message (round);
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);
  GError *error = NULL;

  switch (round_range (round, 0, 9))
    {
    case 0:
      check_answer (cproc_channel_send (channel, message, &error), &error);
      break;
    case 1:
      CALL (cproc_channel_send_async, channel, message);
      break;
    case 2:
      CALL_PLAIN (cproc_channel_receive_async, channel);
      break;
    case 3:
    case 4:
      CALL (cproc_channel_request_async, channel, pick_method (round), params,
            round_one_in (round, 3) ? round_range (round, 1, 20) : 0);
      break;
    case 5:
      CALL_PLAIN (cproc_channel_flush_async, channel);
      break;
    case 6:
      call_channel_sync (round, channel);
      break;
    case 7:
      check_answer (cproc_channel_notify_peer (channel, "note", params, &error), &error);
      break;
    default:
      call_channel_state (round, channel);
      break;
    }
}

static void
call_worker (Round       *round,
             CprocWorker *worker)
{
  g_autoptr(CprocMessage) message = make_message (round);
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);
  GError *error = NULL;

  switch (round_range (round, 0, 6))
    {
    case 0:
      check_answer (cproc_worker_send (worker, message, &error), &error);
      break;
    case 1:
      CALL (cproc_worker_send_async, worker, message);
      break;
    case 2:
      CALL_PLAIN (cproc_worker_receive_async, worker);
      break;
    case 3:
      CALL (cproc_worker_request_async, worker, pick_method (round), params, 0);
      break;
    case 4:
      if (round_one_in (round, 4))
        cproc_worker_close_channel (worker);
      break;
    default:
      call_channel (round, cproc_worker_get_channel (worker));
      break;
    }
}

static void
call_pool (Round     *round,
           CprocPool *pool)
{
  g_autoptr(CprocMessage) params = cproc_message_new_text ("[1,2]", NULL);

  switch (round_range (round, 0, 12))
    {
    case 0:
      CALL_PLAIN (cproc_pool_drain_async, pool);
      break;
    case 1:
      if (round_one_in (round, 3))
        CALL_PLAIN (cproc_pool_close_async, pool);
      break;
    case 2:
      if (round_one_in (round, 3))
        cproc_pool_abort (pool);
      break;
    case 3:
      cproc_pool_set_size (pool, round_range (round, 1, 4));
      break;
    case 4:
      cproc_pool_broadcast (pool, "note", params);
      break;
    case 5:
      CALL (cproc_pool_request_full_async, pool, pick_method (round), params,
            round_range (round, -1, 2), round_one_in (round, 2) ? "key" : NULL,
            round_range (round, 0, 30));
      break;
    default:
      CALL (cproc_pool_request_async, pool, pick_method (round), params, 0);
      break;
    }
}

static void
call_request (Item *self)
{
  g_autoptr(CprocRequest) request = g_steal_pointer (&self->object);
  g_autoptr(CprocMessage) message = make_message (self->round);
  GError *error = NULL;

  if (round_one_in (self->round, 2))
    check_answer (cproc_request_reply (request, message, &error), &error);
  else
    check_answer (cproc_request_reply_error (request, 1, "no", NULL, &error), &error);
}

void
item_call (Item *self)
{
  switch (self->kind)
    {
    case ITEM_WORKER:
      if (round_one_in (self->round, 2))
        call_child (self->round, self->object);
      else
        call_worker (self->round, self->object);
      break;
    case ITEM_CHANNEL:
      call_channel (self->round, self->object);
      break;
    case ITEM_POOL:
      call_pool (self->round, self->object);
      break;
    case ITEM_PROGRESS:
      cproc_progress_set_pattern (self->object, "(\\d)(\\d)", NULL);
      break;
    case ITEM_REQUEST:
      call_request (self);
      break;
    case ITEM_CHILD:
    case ITEM_EXEC:
    case N_ITEM_KINDS:
    default:
      call_child (self->round, self->object);
      break;
    }
}
