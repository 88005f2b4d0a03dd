/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-pool-private.h"
#include "cproc-signal.h"

/* One worker of a pool: it turns the core's decisions into messages and signals, and tells the core
 * the results. */

#define SETUP_METHOD "setup"

static void
on_setup_answered (gpointer      user_data,
                   CprocMessage *result,
                   CprocMessage *data,
                   GError       *error)
{
  CprocPoolHandle *self = user_data;

  self->setup_id = 0;
  if (result != NULL)
    {
      cproc_pool_core_ready (&self->pool->core, self->slot);
    }
  else if (!g_error_matches (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    {
      self->error = g_steal_pointer (&error);
      cproc_pool_core_doom (&self->pool->core, self->slot);
    }

  g_clear_error (&error);
  g_clear_pointer (&result, cproc_message_unref);
  g_clear_pointer (&data, cproc_message_unref);
}

static void
handle_setup (CprocPoolHandle *self)
{
  CprocChannel *channel = cproc_worker_get_channel (self->worker);

  if (self->pool->setup == NULL)
    {
      cproc_pool_core_ready (&self->pool->core, self->slot);
      return;
    }

  self->setup_id = cproc_channel_add_request (channel, SETUP_METHOD, self->pool->setup,
                                              on_setup_answered, self, &self->error);
  if (self->setup_id != 0)
    return;

  /* Wait for the end of the worker: it tells more than the closed channel. */
  if (g_error_matches (self->error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    g_clear_error (&self->error);
  cproc_pool_core_doom (&self->pool->core, self->slot);
}

static void
on_message (CprocWorker     *worker,
            CprocMessage    *message,
            CprocPoolHandle *self)
{
  guint signal_id = g_signal_lookup ("request-received", CPROC_TYPE_POOL);
  g_autoptr(CprocRequest) request = NULL;

  if (!g_signal_has_handler_pending (self->pool, signal_id, 0, FALSE) ||
      !cproc_channel_read_request (cproc_worker_get_channel (worker), message, &request))
    g_signal_emit_by_name (self->pool, "message", worker, message);
  else if (request != NULL)
    g_signal_emit (self->pool, signal_id, 0, worker, request);
}

/* A worker without its channel is useless. */
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

/* A worker that takes messages again may get a request, but not from inside a send. */
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
  self->worker = cproc_pool_spares_take (pool->spares, pool->command);
  self->starting = g_cancellable_new ();
  slot->data = self;
  g_ptr_array_add (pool->handles, self);

  g_signal_connect (self->worker, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->worker, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->worker, "closed", G_CALLBACK (on_closed), self);
  g_signal_connect (cproc_worker_get_channel (self->worker), "notify::congested",
                    G_CALLBACK (on_congested), self);

  /* Use the pool's context: the thread-default one of the caller may be another. */
  g_main_context_push_thread_default (pool->context);
  cproc_child_start_async (CPROC_CHILD (self->worker), self->starting, on_started,
                           g_rc_box_acquire (self));
  g_main_context_pop_thread_default (pool->context);
}

void
cproc_pool_worker_free (CprocPoolHandle *self)
{
  g_ptr_array_remove (self->pool->handles, self);
  g_signal_handlers_disconnect_by_data (self->worker, self);
  g_signal_handlers_disconnect_by_data (cproc_worker_get_channel (self->worker), self);
  for (GList *l = self->slot->requests; l != NULL; l = l->next)
    cproc_pool_call_forget (((CprocPoolRequest *) l->data)->data);
  if (self->setup_id != 0)
    cproc_channel_forget_request (cproc_worker_get_channel (self->worker), self->setup_id);
  if (self->starting != NULL)
    g_cancellable_cancel (self->starting);
  self->pool = NULL;
  self->slot = NULL;
  g_rc_box_release_full (self, handle_clear);
}

/* If the channel has ended, the end of the worker decides about the request. */
static void
on_answered (gpointer      user_data,
             CprocMessage *result,
             CprocMessage *data,
             GError       *error)
{
  CprocPoolCall *call = user_data;
  CprocPoolSlot *slot = call->request->slot;

  call->id = 0;
  g_clear_object (&call->channel);
  if (slot == NULL || g_error_matches (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    {
      g_clear_error (&error);
      return;
    }

  call->result = result;
  call->data = data;
  call->error = error;
  cproc_pool_core_answered (&((CprocPoolHandle *) slot->data)->pool->core, call->request,
                            result != NULL);
}

gboolean
cproc_pool_worker_give (CprocPoolHandle  *self,
                        CprocPoolCall    *call,
                        GError          **error)
{
  CprocChannel *channel = cproc_worker_get_channel (self->worker);

  call->id = cproc_channel_add_request (channel, call->method, call->params, on_answered, call,
                                        error);
  if (call->id == 0)
    return FALSE;

  call->channel = g_object_ref (channel);

  return TRUE;
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
