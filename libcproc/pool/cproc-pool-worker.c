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

/* Holds the pool while something of the worker's is told to it. FALSE: the pool is gone, or has let
 * the worker go. */
static gboolean
handle_hold_pool (CprocPoolHandle  *self,
                  CprocPool       **pool)
{
  *pool = cproc_owner_hold (self->owner);

  return *pool != NULL && self->pool != NULL;
}

static void
handle_drop_pool (CprocPoolHandle *self,
                  CprocPool       *pool)
{
  if (pool != NULL)
    cproc_owner_drop (self->owner, pool);
}

static void
handle_clear (gpointer data)
{
  CprocPoolHandle *self = data;

  g_clear_object (&self->worker);
  g_clear_object (&self->starting);
  g_clear_error (&self->error);
  cproc_owner_unref (self->owner);
}

static void
handle_release (CprocPoolHandle *self)
{
  g_atomic_rc_box_release_full (self, handle_clear);
}

/* Takes the error. */
static void
handle_end_setup (CprocPoolHandle *self,
                  gboolean         success,
                  GError          *error)
{
  self->setup_id = 0;
  if (success)
    {
      cproc_pool_core_ready (&self->pool->core, self->slot);
    }
  else if (!g_error_matches (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    {
      self->error = g_steal_pointer (&error);
      cproc_pool_core_doom (&self->pool->core, self->slot);
    }

  g_clear_error (&error);
}

static void
on_setup_answered (gpointer      user_data,
                   CprocMessage *result,
                   CprocMessage *data,
                   GError       *error)
{
  CprocPoolHandle *self = user_data;
  CprocPool *pool;

  if (handle_hold_pool (self, &pool))
    handle_end_setup (self, result != NULL, g_steal_pointer (&error));
  handle_drop_pool (self, pool);

  g_clear_error (&error);
  g_clear_pointer (&result, cproc_message_unref);
  g_clear_pointer (&data, cproc_message_unref);
  handle_release (self);
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
                                              on_setup_answered, g_atomic_rc_box_acquire (self),
                                              &self->error);
  if (self->setup_id != 0)
    return;

  handle_release (self);
  /* Wait for the end of the worker: it tells more than the closed channel. */
  if (g_error_matches (self->error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    g_clear_error (&self->error);
  cproc_pool_core_doom (&self->pool->core, self->slot);
}

static void
handle_emit_message (CprocPoolHandle *self,
                     CprocMessage    *message)
{
  guint signal_id = g_signal_lookup ("request-received", CPROC_TYPE_POOL);
  g_autoptr(CprocRequest) request = NULL;

  if (!g_signal_has_handler_pending (self->pool, signal_id, 0, FALSE) ||
      !cproc_channel_read_request (cproc_worker_get_channel (self->worker), message, &request))
    g_signal_emit_by_name (self->pool, "message", self->worker, message);
  else if (request != NULL)
    g_signal_emit (self->pool, signal_id, 0, self->worker, request);
}

static void
on_message (CprocWorker     *worker,
            CprocMessage    *message,
            CprocPoolHandle *self)
{
  CprocPool *pool;

  if (handle_hold_pool (self, &pool))
    handle_emit_message (self, message);
  handle_drop_pool (self, pool);
}

/* A worker without its channel is useless. */
static void
on_disconnected (CprocWorker     *worker,
                 CprocPoolHandle *self)
{
  CprocPool *pool;

  if (handle_hold_pool (self, &pool) && self->slot->state != CPROC_POOL_SLOT_CLOSING)
    cproc_pool_core_doom (&pool->core, self->slot);
  handle_drop_pool (self, pool);
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
  CprocPool *pool;

  if (handle_hold_pool (self, &pool))
    {
      g_autoptr(GError) error = new_end_error (self);

      cproc_pool_core_ended (&pool->core, self->slot, error);
    }
  handle_drop_pool (self, pool);
}

/* A worker that takes messages again may get a request, but not from inside a send. */
static void
on_congested (CprocChannel    *channel,
              GParamSpec      *pspec,
              CprocPoolHandle *self)
{
  CprocPool *pool;

  if (handle_hold_pool (self, &pool) && !cproc_channel_get_congested (channel))
    g_source_set_ready_time (pool->timer, 0);
  handle_drop_pool (self, pool);
}

static void
on_started (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  CprocPoolHandle *self = user_data;
  g_autoptr(GError) error = NULL;
  gboolean success = cproc_child_start_finish (CPROC_CHILD (source), result, &error);
  CprocPool *pool;

  if (handle_hold_pool (self, &pool))
    {
      g_clear_object (&self->starting);
      /* The program ran already when the start was cancelled. */
      if (success && self->slot->killed)
        cproc_pool_worker_kill (self);
      else if (success)
        handle_setup (self);
      else
        cproc_pool_core_start_failed (&pool->core, self->slot, error);
    }
  handle_drop_pool (self, pool);

  handle_release (self);
}

static void
handle_disconnected (gpointer  data,
                     GClosure *closure)
{
  handle_release (data);
}

static void
handle_connect (CprocPoolHandle *self,
                gpointer         instance,
                const char      *signal_name,
                GCallback        callback)
{
  g_signal_connect_data (instance, signal_name, callback, g_atomic_rc_box_acquire (self),
                         handle_disconnected, 0);
}

void
cproc_pool_worker_start (CprocPool     *pool,
                         CprocPoolSlot *slot)
{
  CprocPoolHandle *self = g_atomic_rc_box_new0 (CprocPoolHandle);

  self->owner = cproc_owner_ref (pool->owner);
  self->pool = pool;
  self->slot = slot;
  self->worker = cproc_pool_spares_take (pool->spares, pool->command);
  self->starting = g_cancellable_new ();
  slot->data = self;
  g_ptr_array_add (pool->handles, self);

  handle_connect (self, self->worker, "message", G_CALLBACK (on_message));
  handle_connect (self, self->worker, "disconnected", G_CALLBACK (on_disconnected));
  handle_connect (self, self->worker, "closed", G_CALLBACK (on_closed));
  handle_connect (self, cproc_worker_get_channel (self->worker), "notify::congested",
                  G_CALLBACK (on_congested));

  /* Use the pool's context: the thread-default one of the caller may be another. */
  g_main_context_push_thread_default (pool->context);
  cproc_child_start_async (CPROC_CHILD (self->worker), self->starting, on_started,
                           g_atomic_rc_box_acquire (self));
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
  if (self->starting != NULL)
    g_cancellable_cancel (self->starting);
  self->pool = NULL;
  self->slot = NULL;
  /* The setup, as it waits for its answer, holds this until the channel ends, which the worker
   * ends. */
  g_clear_object (&self->worker);
  handle_release (self);
}

/* If the channel has ended, the end of the worker decides about the request. */
static void
call_take_answer (CprocPoolCall *self,
                  CprocMessage  *result,
                  CprocMessage  *data,
                  GError        *error)
{
  CprocPoolSlot *slot = self->request->slot;

  if (slot == NULL || g_error_matches (error, CPROC_ERROR, CPROC_ERROR_CHANNEL_CLOSED))
    {
      g_clear_error (&error);
      return;
    }

  self->result = result;
  self->data = data;
  self->error = error;
  cproc_pool_core_answered (&((CprocPoolHandle *) slot->data)->pool->core, self->request,
                            result != NULL);
}

gboolean
cproc_pool_worker_give (CprocPoolHandle  *self,
                        CprocPoolCall    *call,
                        GError          **error)
{
  return cproc_pool_call_send (call, self->owner, cproc_worker_get_channel (self->worker),
                               call_take_answer, error);
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
