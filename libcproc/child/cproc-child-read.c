/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-gettext-private.h"
#include "cproc-task-private.h"

/* Reads that the application asks for. A read never completes inside the call that asks for it: a
 * timer of the child's, which moves with the child into a synchronous wait, completes what can be
 * completed at once. */
struct _CprocRead
{
  CprocStream stream;
  gsize count; /* 0: a line */
  GTask *task; /* NULL: it has been returned */
  GSource *cancelled;
  GMainContext *context; /* where it has been returned; not held */

  GAsyncReadyCallback callback;
  gpointer user_data;
  CprocLineFlags flags;
};

static gboolean
is_stream (CprocStream stream)
{
  return stream >= CPROC_STREAM_TERMINAL && stream <= CPROC_STREAM_STDERR;
}

static void
read_ready (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  CprocChild *self = CPROC_CHILD (source);
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocRead *read = user_data;
  CprocLineFlags outer = priv->line_flags;

  priv->returned_reads = g_slist_remove (priv->returned_reads, read);
  cproc_run_expect_closed (cproc_child_get_run (self));

  if (read->callback != NULL)
    {
      priv->line_flags = read->flags;
      read->callback (source, result, read->user_data);
      priv->line_flags = outer;
    }
  g_free (read);

  cproc_run_check_closed (cproc_child_get_run (self));
}

/* Takes the read out of the list, and returns its task and where to return it. */
static GTask *
read_steal (CprocChild   *self,
            CprocRead    *read,
            GMainContext *context)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  priv->reads[read->stream] = NULL;
  if (read->cancelled != NULL)
    {
      g_source_destroy (read->cancelled);
      g_clear_pointer (&read->cancelled, g_source_unref);
    }

  read->context = context != NULL ? context : g_task_get_context (read->task);
  priv->returned_reads = g_slist_prepend (priv->returned_reads, read);

  return g_steal_pointer (&read->task);
}

/* Takes the error. */
static void
read_fail (CprocChild *self,
           CprocRead  *read,
           GError     *error)
{
  g_autoptr(GTask) task = read_steal (self, read, cproc_child_get_priv (self)->context);

  cproc_task_return_error (task, read->context, error);
}

/* Takes the line, or the bytes. */
static void
read_return (CprocChild     *self,
             CprocRead      *read,
             gpointer        value,
             GDestroyNotify  destroy)
{
  g_autoptr(GTask) task = read_steal (self, read, cproc_child_get_priv (self)->context);

  cproc_task_return_pointer (task, read->context, value, destroy);
}

static gboolean
child_has_pipe (CprocChild  *self,
                CprocStream  stream)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->run.state >= CPROC_STATE_RUNNING)
    return !priv->outputs[stream].absent;

  return priv->input_streams[stream] == NULL && cproc_child_is_piped (self, stream);
}

static void
child_set_unreadable (CprocStream   stream,
                      const char   *name,
                      GError      **error)
{
  if (stream == CPROC_STREAM_STDERR)
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                 _("The standard error of “%s” is not a pipe that can be read"), name);
  else
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                 _("The standard output of “%s” is not a pipe that can be read"), name);
}

/* Returns whether the stream can be read; tells only once that its beginning is lost. */
static gboolean
child_check_readable (CprocChild  *self,
                      CprocRead   *read,
                      GError     **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocOutputReader *output = &priv->outputs[read->stream];
  gboolean has_pipe = child_has_pipe (self, read->stream);
  g_autofree char *name = NULL;

  if (has_pipe && !output->has_lost && (read->count > 0 || priv->max_line_length != 0))
    return TRUE;

  name = cproc_command_dup_name (priv->command);
  if (!has_pipe)
    child_set_unreadable (read->stream, name, error);
  else if (output->has_lost)
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_OUTPUT_LIMIT,
                 _("“%s” had written more than is kept before this was read, "
                   "and the beginning is lost"), name);
  else
    g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                 _("“%s” has no lines to read: its max-line-length is 0"), name);
  output->has_lost = FALSE;

  return FALSE;
}

/* Completes the read of a stream, if it can be. */
static void
child_try_read (CprocChild  *self,
                CprocStream  stream)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocOutputReader *output = &priv->outputs[stream];
  CprocRead *read = priv->reads[stream];
  GError *error = NULL;
  gpointer value;

  if (read == NULL || output->paused)
    return;

  if (!child_check_readable (self, read, &error))
    {
      read_fail (self, read, error);
      return;
    }

  value = read->count == 0 ?
            (gpointer) cproc_output_reader_take_line (output, &read->flags) :
            (gpointer) cproc_output_reader_take_bytes (output, read->count);
  if (value == NULL && !output->is_eof_told && !output->ended)
    {
      cproc_output_reader_wake (output);
      return;
    }

  if (read->count == 0)
    read_return (self, read, value, g_free);
  else
    read_return (self, read, value != NULL ? value : g_bytes_new (NULL, 0),
                 (GDestroyNotify) g_bytes_unref);
}

/* A handler of a stream that is pulled is a mistake: it is never called. */
static void
child_warn_of_handlers (CprocChild  *self,
                        CprocStream  stream)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autofree char *name = NULL;

  if (priv->has_warned_of_handlers ||
      (!cproc_child_wants_line (self, stream) && !cproc_child_wants_lines (self, stream)))
    return;

  priv->has_warned_of_handlers = TRUE;
  name = cproc_command_dup_name (priv->command);
  g_warning ("“%s”: its lines are read with cproc_child_read_line_async() or kept for that, so "
             "they are not emitted as signals “line” and “lines”", name);
}

void
cproc_child_output_kept (CprocChild  *self,
                         CprocStream  stream)
{
  child_warn_of_handlers (self, stream);
  child_try_read (self, stream);
}

gboolean
cproc_child_awaits_output (CprocChild  *self,
                           CprocStream  stream)
{
  return cproc_child_get_priv (self)->reads[stream] != NULL;
}

static void
child_read_timer (gpointer user_data)
{
  g_autoptr(CprocChild) self = g_object_ref (user_data);
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  cproc_timer_stop (&priv->read_timer);
  for (guint i = 0; i < G_N_ELEMENTS (priv->reads); i++)
    child_try_read (self, i);
  cproc_run_check_closed (cproc_child_get_run (self));
}

void
cproc_child_update_reads (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  gboolean is_asked = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (priv->reads); i++)
    is_asked |= priv->reads[i] != NULL;

  if (is_asked && priv->run.state >= CPROC_STATE_RUNNING)
    cproc_timer_start (&priv->read_timer, priv->context, 0, child_read_timer, self);
}

void
cproc_child_fail_reads (CprocChild   *self,
                        const GError *error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->reads); i++)
    if (priv->reads[i] != NULL)
      read_fail (self, priv->reads[i], g_error_copy (error));
}

/* A callback that cannot be called before the child's context runs, since a wait has moved the
 * child to its own, is not waited for. */
gboolean
cproc_child_has_due_reads (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (GSList *l = priv->returned_reads; l != NULL; l = l->next)
    if (((CprocRead *) l->data)->context == priv->context)
      return TRUE;

  return cproc_timer_is_active (&priv->read_timer);
}

void
cproc_child_begin_keeping (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    if (priv->keep_output)
      cproc_output_reader_keep (&priv->outputs[i], CPROC_KEEP_UNHEARD);
    else if (priv->keeps_early)
      cproc_output_reader_keep (&priv->outputs[i], CPROC_KEEP_EARLY);
}

static gboolean
read_cancelled (GCancellable *cancellable,
                gpointer      user_data)
{
  CprocRead *read = user_data;
  CprocChild *self = g_task_get_source_object (read->task);
  g_autoptr(GTask) task = read_steal (self, read, g_task_get_context (read->task));

  cproc_task_return_error (task, read->context,
                           g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                _("Operation was cancelled")));

  return G_SOURCE_REMOVE;
}

static void
read_watch_cancellable (CprocRead *read)
{
  GCancellable *cancellable = g_task_get_cancellable (read->task);

  if (cancellable == NULL)
    return;

  read->cancelled = g_cancellable_source_new (cancellable);
  g_source_set_callback (read->cancelled, G_SOURCE_FUNC (read_cancelled), read, NULL);
  g_source_attach (read->cancelled, g_task_get_context (read->task));
}

/* Fails a read that cannot wait; its task is gone then. */
static gboolean
child_refuses_read (CprocChild *self,
                    CprocRead  *read)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autoptr(GError) error = NULL;
  g_autoptr(GTask) task = NULL;

  if (g_cancellable_set_error_if_cancelled (g_task_get_cancellable (read->task), &error))
    ;
  else if (priv->reads[read->stream] != NULL)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_PENDING,
                         _("The stream is being read already"));
  else
    return FALSE;

  task = g_steal_pointer (&read->task);
  cproc_task_return_error (task, priv->context != NULL ? priv->context : g_task_get_context (task),
                           g_steal_pointer (&error));

  return TRUE;
}

static void
child_read_async (CprocChild          *self,
                  CprocStream          stream,
                  gsize                count,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data,
                  gpointer             source_tag,
                  const char          *function)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  g_autoptr(GError) error = NULL;
  CprocRead *read;

  if (!cproc_child_check_async_call (self, function, callback, user_data, source_tag))
    return;

  read = g_new0 (CprocRead, 1);
  read->stream = stream;
  read->count = count;
  read->callback = callback;
  read->user_data = user_data;
  read->task = cproc_task_new (self, cancellable, read_ready, read, source_tag);

  /* Even if this read ends at once: others will follow. */
  if (child_has_pipe (self, stream))
    cproc_output_reader_keep (&priv->outputs[stream], CPROC_KEEP_PULLED);
  if (child_refuses_read (self, read))
    return;

  priv->reads[stream] = read;
  if (!child_has_pipe (self, stream) && !child_check_readable (self, read, &error))
    {
      read_fail (self, read, g_steal_pointer (&error));
      return;
    }
  read_watch_cancellable (read);
  cproc_child_update_reads (self);
}

/**
 * cproc_child_resume:
 * @self: a child
 * @stream: the stream
 *
 * Resumes reading a stream that was paused.
 *
 * Since: 1.0
 */
void
cproc_child_resume (CprocChild  *self,
                    CprocStream  stream)
{
  CprocChildPrivate *priv;
  CprocOutputReader *output;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (is_stream (stream));

  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  output = &priv->outputs[stream];
  if (!output->paused)
    return;

  cproc_output_reader_resume (output, priv->context);
  cproc_child_update_reads (self);
  cproc_run_stream_resumed (&priv->run, stream);
}

/**
 * cproc_child_read_line_async:
 * @self: a child
 * @stream: the stream to read
 * @cancellable: (nullable): to give up the read
 * @callback: (scope async) (nullable): called when a line has come, or the stream has ended
 * @user_data: data for @callback
 *
 * Reads the next line of a stream.
 *
 * From the first read on, until its end, the stream is kept for its reads: up to 256 KiB, and then
 * the child waits. It emits no [signal@Cproc.Child::line] and no [signal@Cproc.Child::lines] any
 * more, but [signal@Cproc.Child::output] as ever. The first read goes on after the last line that
 * was emitted. A read before the start, or [property@Cproc.Child:keep-output], keeps the stream
 * from its first byte. [method@Cproc.Child.discard_output] ends all that.
 *
 * What is kept can be read after [signal@Cproc.Child::closed]. Reads while the stream is paused
 * wait for [method@Cproc.Child.resume].
 *
 * A stream has one read at a time: a second one fails with `G_IO_ERROR_PENDING`. A read that is
 * cancelled loses nothing: the next one gets it. A read before the start waits for the start.
 * During @callback [property@Cproc.Child:line-flags] tells what the text cannot say.
 *
 * ```c
 * static void
 * on_read (GObject *object, GAsyncResult *result, gpointer user_data)
 * {
 *   CprocChild *child = CPROC_CHILD (object);
 *   g_autoptr(GError) error = NULL;
 *   g_autofree char *line = cproc_child_read_line_finish (child, result, &error);
 *
 *   if (line == NULL)
 *     return;
 *
 *   g_print ("%s\n", line);
 *   cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, on_read, NULL);
 * }
 * ```
 *
 * Since: 1.0
 */
void
cproc_child_read_line_async (CprocChild          *self,
                             CprocStream          stream,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (is_stream (stream));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  child_read_async (self, stream, 0, cancellable, callback, user_data,
                    cproc_child_read_line_async, G_STRFUNC);
}

/**
 * cproc_child_read_line_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.read_line_async].
 *
 * Returns: (transfer full) (nullable): the line without its end, an empty one too; `NULL` without
 *   an error if the stream has ended. The errors are `G_IO_ERROR_CANCELLED`, `G_IO_ERROR_PENDING`,
 *   [error@Cproc.Error.NOT_SUPPORTED] if the stream is not a pipe, a socket or a terminal of the
 *   child's, or was taken over, and the error of a start that failed
 *
 * Since: 1.0
 */
char *
cproc_child_read_line_finish (CprocChild    *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_child_read_line_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_child_read_async:
 * @self: a child
 * @stream: the stream to read
 * @count: how many bytes to read at most, 1 or more
 * @cancellable: (nullable): to give up the read
 * @callback: (scope async) (nullable): called when something has come, or the stream has ended
 * @user_data: data for @callback
 *
 * Reads bytes of a stream, as soon as there are any.
 *
 * All that [method@Cproc.Child.read_line_async] says is true here too. After the read of a line
 * this one goes on with the byte after the line's end.
 *
 * Since: 1.0
 */
void
cproc_child_read_async (CprocChild          *self,
                        CprocStream          stream,
                        gsize                count,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (is_stream (stream));
  g_return_if_fail (count > 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  child_read_async (self, stream, count, cancellable, callback, user_data,
                    cproc_child_read_async, G_STRFUNC);
}

/**
 * cproc_child_read_finish:
 * @self: a child
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes [method@Cproc.Child.read_async].
 *
 * Returns: (transfer full): 1 to as many bytes as were asked for; none if the stream has ended.
 *   `NULL` with an error, see [method@Cproc.Child.read_line_finish]
 *
 * Since: 1.0
 */
GBytes *
cproc_child_read_finish (CprocChild    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, cproc_child_read_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * cproc_child_try_read_line:
 * @self: a child
 * @stream: the stream to read
 *
 * Takes the next line of a stream, if it has come already.
 *
 * It never waits, and so saves the turn of the main loop that
 * [method@Cproc.Child.read_line_async] takes; in all else it is as that. Where it returns `NULL`,
 * [method@Cproc.Child.read_line_async] waits for the line, and tells of the end and of errors.
 *
 * Returns: (transfer full) (nullable): the line, or `NULL` if there is none yet, the stream is
 *   paused or is being read, or has ended
 *
 * Since: 1.0
 */
char *
cproc_child_try_read_line (CprocChild  *self,
                           CprocStream  stream)
{
  CprocChildPrivate *priv;
  CprocOutputReader *output;
  CprocLineFlags flags;

  g_return_val_if_fail (CPROC_IS_CHILD (self), NULL);
  g_return_val_if_fail (is_stream (stream), NULL);

  if (!cproc_child_check_call (self, G_STRFUNC, NULL) || !child_has_pipe (self, stream))
    return NULL;

  priv = cproc_child_get_priv (self);
  output = &priv->outputs[stream];
  cproc_output_reader_keep (output, CPROC_KEEP_PULLED);
  if (output->paused || output->has_lost || priv->reads[stream] != NULL ||
      priv->max_line_length == 0)
    return NULL;

  return cproc_output_reader_take_line (output, &flags);
}

/**
 * cproc_child_discard_output:
 * @self: a child
 * @stream: the stream
 *
 * Lets go of a stream that is kept for reads, so that the child does not wait for reads that will
 * not come.
 *
 * What is kept is dropped, and what comes is emitted or dropped as if the stream had never been
 * read, until it is read again. A read that waits fails with `G_IO_ERROR_CANCELLED`.
 *
 * Since: 1.0
 */
void
cproc_child_discard_output (CprocChild  *self,
                            CprocStream  stream)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  g_return_if_fail (is_stream (stream));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  cproc_output_reader_discard (&priv->outputs[stream]);
  if (priv->reads[stream] != NULL)
    read_fail (self, priv->reads[stream],
               g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                    _("Operation was cancelled")));
}

/**
 * cproc_child_keep_early_output:
 * @self: a child that has not been started
 *
 * Keeps what comes before anybody asks for it: for code that starts a child for others, as the
 * loops of the language bindings do.
 *
 * Unlike [property@Cproc.Child:keep-output] it never makes the child wait. Once a stream has a
 * handler it is kept no longer. Once it has written more than 256 KiB and was never read, all that
 * was kept is dropped, and its first read fails with [error@Cproc.Error.OUTPUT_LIMIT].
 *
 * Since: 1.0
 */
void
cproc_child_keep_early_output (CprocChild *self)
{
  CprocChildPrivate *priv;

  g_return_if_fail (CPROC_IS_CHILD (self));
  if (!cproc_child_check_call (self, G_STRFUNC, NULL))
    return;

  priv = cproc_child_get_priv (self);
  if (priv->run.state < CPROC_STATE_RUNNING)
    priv->keeps_early = TRUE;
}
