/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-pool-private.h"
#include "cproc-pool-rpc-private.h"
#include "cproc-signal.h"

/* One worker of a pool: it turns what the core decides into messages and signals, and tells the
 * core what came of it. */

#define SETUP_METHOD "setup"

static gboolean
handle_send (CprocPoolHandle  *self,
             CprocMessage     *message,
             GError          **error)
{
  g_autoptr(CprocMessage) sent = message;

  return cproc_worker_send (self->worker, sent, error);
}

static void
handle_setup (CprocPoolHandle *self)
{
  CprocPool *pool = self->pool;

  if (pool->setup == NULL)
    {
      cproc_pool_core_ready (&pool->core, self->slot);
      return;
    }

  self->setup_id = ++pool->last_id;
  /* If it cannot be sent the channel is closed, and the worker ends. */
  handle_send (self, cproc_pool_rpc_new_request (self->setup_id, SETUP_METHOD, pool->setup), NULL);
}

static void
handle_take_setup (CprocPoolHandle *self,
                   CprocMessage    *message)
{
  g_autoptr(CprocMessage) data = NULL;
  g_autoptr(CprocMessage) result = cproc_pool_rpc_read_answer (message, &data, &self->error);

  self->setup_id = 0;
  if (result != NULL)
    cproc_pool_core_ready (&self->pool->core, self->slot);
  else
    cproc_pool_core_doom (&self->pool->core, self->slot);
}

static void
on_message (CprocWorker     *worker,
            CprocMessage    *message,
            CprocPoolHandle *self)
{
  gint64 id = cproc_pool_rpc_get_id (message);
  CprocPoolCall *call = id != 0 ? g_hash_table_lookup (self->calls, &id) : NULL;

  if (id != 0 && id == self->setup_id)
    {
      handle_take_setup (self, message);
      return;
    }

  if (call == NULL)
    {
      g_signal_emit_by_name (self->pool, "message", worker, message);
      return;
    }

  g_hash_table_remove (self->calls, &id);
  if (!call->request->over)
    call->result = cproc_pool_rpc_read_answer (message, &call->data, &call->error);
  cproc_pool_core_answered (&self->pool->core, call->request, call->result != NULL);
}

/* Without its channel it is no use any more. */
static void
on_disconnected (CprocWorker     *worker,
                 CprocPoolHandle *self)
{
  if (self->slot->state != CPROC_POOL_SLOT_CLOSING)
    cproc_pool_core_doom (&self->pool->core, self->slot);
}

static GError *
new_end_error (CprocPoolHandle *self)
{
  CprocChild *child = CPROC_CHILD (self->worker);
  int signum = cproc_child_get_term_signal (child);
  g_autofree char *pid = g_strdup_printf ("%" G_GINT64_FORMAT, cproc_child_get_pid (child));

  if (self->error != NULL)
    return g_error_new (CPROC_ERROR, CPROC_ERROR_WORKER_ENDED,
                        _("Worker %s: its setup failed: %s"), pid,
                        self->error->message);
  if (signum != 0)
    {
      g_autofree char *name = cproc_signal_to_string (signum);

      return g_error_new (CPROC_ERROR, CPROC_ERROR_WORKER_ENDED,
                          _("Worker %s: killed by %s"), pid, name);
    }

  return g_error_new (CPROC_ERROR, CPROC_ERROR_WORKER_ENDED,
                      _("Worker %s: exited with code %d"), pid,
                      cproc_child_get_exit_code (child));
}

static void
on_closed (CprocWorker     *worker,
           CprocPoolHandle *self)
{
  g_autoptr(GError) error = new_end_error (self);

  cproc_pool_core_ended (&self->pool->core, self->slot, error);
}

/* A worker that takes messages again may get a request; not from inside of a send. */
static void
on_congested (CprocChannel    *channel,
              GParamSpec      *pspec,
              CprocPoolHandle *self)
{
  if (!cproc_channel_get_congested (channel))
    g_source_set_ready_time (self->pool->timer, 0);
}

static void
handle_clear (gpointer data)
{
  CprocPoolHandle *self = data;

  g_clear_object (&self->worker);
  g_clear_object (&self->starting);
  g_clear_pointer (&self->calls, g_hash_table_unref);
  g_clear_error (&self->error);
}

static void
on_started (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  CprocPoolHandle *self = user_data;
  g_autoptr(GError) error = NULL;
  gboolean success = cproc_child_start_finish (CPROC_CHILD (source), result, &error);

  g_clear_object (&self->starting);
  if (self->pool != NULL)
    {
      if (success)
        handle_setup (self);
      else
        cproc_pool_core_start_failed (&self->pool->core, self->slot, error);
    }

  g_rc_box_release_full (self, handle_clear);
}

void
cproc_pool_worker_start (CprocPool     *pool,
                         CprocPoolSlot *slot)
{
  CprocPoolHandle *self = g_rc_box_new0 (CprocPoolHandle);

  self->pool = pool;
  self->slot = slot;
  self->worker = cproc_worker_new_for_command (pool->command);
  self->calls = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->starting = g_cancellable_new ();
  slot->data = self;
  g_ptr_array_add (pool->handles, self);

  g_signal_connect (self->worker, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->worker, "closed", G_CALLBACK (on_closed), self);
  g_signal_connect (cproc_worker_get_channel (self->worker), "notify::congested",
                    G_CALLBACK (on_congested), self);

  cproc_child_start_async (CPROC_CHILD (self->worker), self->starting, on_started,
                           g_rc_box_acquire (self));
}

void
cproc_pool_worker_free (CprocPoolHandle *self)
{
  g_ptr_array_remove (self->pool->handles, self);
  g_signal_handlers_disconnect_by_data (self->worker, self);
  g_signal_handlers_disconnect_by_data (cproc_worker_get_channel (self->worker), self);
  if (self->starting != NULL)
    g_cancellable_cancel (self->starting);
  self->pool = NULL;
  self->slot = NULL;
  g_rc_box_release_full (self, handle_clear);
}

gboolean
cproc_pool_worker_give (CprocPoolHandle  *self,
                        CprocPoolCall    *call,
                        GError          **error)
{
  call->id = ++self->pool->last_id;
  if (!handle_send (self, cproc_pool_rpc_new_request (call->id, call->method, call->params), error))
    return FALSE;

  g_hash_table_insert (self->calls, &call->id, call);

  return TRUE;
}

void
cproc_pool_worker_cancel (CprocPoolHandle *self,
                          CprocPoolCall   *call)
{
  handle_send (self, cproc_pool_rpc_new_cancel (call->id), NULL);
}

void
cproc_pool_worker_close (CprocPoolHandle *self)
{
  cproc_worker_close_channel (self->worker);
}

void
cproc_pool_worker_kill (CprocPoolHandle *self)
{
  if (self->starting != NULL)
    g_cancellable_cancel (self->starting);
  else
    cproc_child_kill (CPROC_CHILD (self->worker), NULL);
}

gboolean
cproc_pool_worker_is_congested (CprocPoolHandle *self)
{
  return cproc_channel_get_congested (cproc_worker_get_channel (self->worker));
}

gint64
cproc_pool_worker_get_rss (CprocPoolHandle *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/statm",
                                           cproc_child_get_pid (CPROC_CHILD (self->worker)));
  g_autofree char *text = NULL;
  const char *resident;

  if (!g_file_get_contents (path, &text, NULL, NULL) ||
      (resident = strchr (text, ' ')) == NULL)
    return 0;

  return g_ascii_strtoll (resident, NULL, 10) * sysconf (_SC_PAGESIZE);
}
