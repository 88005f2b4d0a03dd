/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-stream-private.h"

/* 64 KiB stay in the second-level cache; larger reads were slower. */
#define CHUNK_SIZE (64 * 1024)

/* One read fills at most a chunk; so many follow each other before the other sources of the main
 * context get their turn. */
#define READS_PER_DISPATCH 16

/* With fewer bytes a copy costs less than a chunk that is handed out and allocated anew. */
#define COPY_LIMIT (CHUNK_SIZE / 2)

#define BIG_PIPE_SIZE (1024 * 1024)

/* What one read brought. The lines of a chunk lie in it, so it lives as long as somebody is still
 * emitting them: a handler may run a main loop of its own, which reads on. */
struct _CprocChunk
{
  int ref_count;
  char *data; /* CHUNK_SIZE; NULL once it has been handed out */
};

static void
chunk_destroy (CprocChunk *self)
{
  g_free (self->data);
  g_free (self);
}

/* A child that is silent holds no buffer: the thread's streams take turns with one. */
static GPrivate spare_chunk = G_PRIVATE_INIT ((GDestroyNotify) chunk_destroy);

static CprocChunk *
chunk_take (void)
{
  CprocChunk *self = g_private_get (&spare_chunk);

  if (self != NULL)
    g_private_set (&spare_chunk, NULL);
  else
    self = g_new0 (CprocChunk, 1);

  if (self->data == NULL)
    self->data = g_malloc (CHUNK_SIZE);
  self->ref_count = 1;

  return self;
}

static CprocChunk *
chunk_ref (CprocChunk *self)
{
  self->ref_count++;
  return self;
}

static void
chunk_unref (CprocChunk *self)
{
  if (--self->ref_count > 0)
    return;

  if (g_private_get (&spare_chunk) == NULL)
    g_private_set (&spare_chunk, self);
  else
    chunk_destroy (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocChunk, chunk_unref)

/* What is read is emitted at once, and yet there may be something left when a main loop runs: after
 * a pause, and inside of a handler. */
static void
output_update_pending (CprocOutput *self)
{
  cproc_watch_set_pending (&self->watch, self->chunk != NULL || self->batch != NULL ||
                                         (self->eof && !self->ended));
}

static void
output_drop_lines (CprocOutput *self)
{
  g_clear_pointer (&self->chunk, chunk_unref);
  g_clear_pointer (&self->batch, g_ptr_array_unref);
}

/* Takes all lines that the chunk has into an array, and emits it. FALSE when there is none. */
static gboolean
output_emit_batch (CprocOutput *self)
{
  g_autoptr(GPtrArray) batch = g_ptr_array_new_with_free_func (g_free);
  const char *line;

  while ((line = cproc_lines_next (self->lines)) != NULL)
    g_ptr_array_add (batch, g_strdup (line));
  g_clear_pointer (&self->chunk, chunk_unref);

  if (batch->len == 0)
    return FALSE;

  g_ptr_array_add (batch, NULL);
  self->batch = g_ptr_array_ref (batch);
  self->batch_next = 0;
  cproc_child_emit_lines (self->child, self->stream, (const char * const *) batch->pdata);

  return TRUE;
}

/* FALSE when there is none. */
static gboolean
output_emit_batched_line (CprocOutput *self)
{
  g_autoptr(GPtrArray) batch = NULL;
  const char *line;

  if (self->batch == NULL)
    return FALSE;

  batch = g_ptr_array_ref (self->batch);
  line = g_ptr_array_index (batch, self->batch_next++);
  if (line == NULL || !cproc_child_wants_line (self->child, self->stream))
    {
      g_clear_pointer (&self->batch, g_ptr_array_unref);
      return FALSE;
    }

  cproc_child_emit_line (self->child, self->stream, line);

  return TRUE;
}

static gboolean
output_emit_line (CprocOutput *self)
{
  const char *line = cproc_lines_next (self->lines);
  g_autoptr(CprocChunk) chunk = NULL;

  if (line == NULL)
    {
      g_clear_pointer (&self->chunk, chunk_unref);
      return FALSE;
    }

  if (self->chunk != NULL)
    chunk = chunk_ref (self->chunk);

  if (chunk != NULL && line >= chunk->data && line < chunk->data + CHUNK_SIZE)
    {
      cproc_child_emit_line (self->child, self->stream, line);
    }
  else
    {
      /* It began in an earlier chunk and lies in the splitter's own buffer, which a main loop that
       * the handler runs would reuse. */
      g_autofree char *copy = g_strdup (line);

      cproc_child_emit_line (self->child, self->stream, copy);
    }

  return TRUE;
}

/* Emits the lines that are there. Everything it needs is in the object and not on the stack: a
 * handler may pause the stream, or run a main loop in which the rest is emitted.
 * FALSE while a pause holds some back. */
static gboolean
output_deliver (CprocOutput *self)
{
  /* A handler may have gone on to the end of the stream itself. */
  while (!self->paused && self->lines != NULL)
    {
      if (output_emit_batched_line (self))
        continue;

      if (cproc_child_wants_lines (self->child, self->stream) ? !output_emit_batch (self)
                                                              : !output_emit_line (self))
        return TRUE;
    }

  return !self->paused;
}

static void
output_feed_lines (CprocOutput *self,
                   CprocChunk  *chunk,
                   gsize        length)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self->child);

  /* The encoding was checked at the start. */
  if (self->lines == NULL)
    self->lines = cproc_lines_new (priv->encoding, priv->max_line_length, NULL);

  if (self->lines == NULL)
    return;

  self->chunk = chunk_ref (chunk);
  output_update_pending (self);
  cproc_lines_feed (self->lines, chunk->data, length);
}

static void
output_process (CprocOutput *self,
                CprocChunk  *chunk,
                gsize        length)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self->child);
  CprocChildHooks *hooks = cproc_child_get_hooks (self->child);
  g_autoptr(GBytes) bytes = NULL;
  gboolean wants_lines;

  priv->output_time = g_get_monotonic_time ();

  if (hooks->received != NULL)
    hooks->received (self->child, self->stream, chunk->data, length);

  wants_lines = cproc_child_wants_line (self->child, self->stream) ||
                cproc_child_wants_lines (self->child, self->stream);

  if (cproc_child_wants_output (self->child, self->stream))
    {
      if (length < COPY_LIMIT || wants_lines)
        bytes = g_bytes_new (chunk->data, length);
      else
        bytes = g_bytes_new_take (g_steal_pointer (&chunk->data), length);
    }

  if (wants_lines)
    output_feed_lines (self, chunk, length);
  if (bytes != NULL)
    cproc_child_emit_output (self->child, self->stream, bytes);
}

static void output_ready (gpointer user_data);

static void
output_watch (CprocOutput  *self,
              GMainContext *context)
{
  cproc_watch_start (&self->watch, context, self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, output_ready,
                     self);
  output_update_pending (self);
}

static void
output_close (CprocOutput *self)
{
  if (self->eof)
    return;

  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  cproc_fd_clear (&self->fd);

  self->eof = TRUE;
  if (self->lines == NULL)
    return;

  cproc_lines_finish (self->lines);
  output_watch (self, cproc_child_get_priv (self->child)->context);
}

static void
output_enlarge_pipe (CprocOutput *self)
{
  /* Only for children that write much: a user has few pipes of this size (pipe(7),
   * pipe-user-pages-soft); where it is refused the pipe stays as it is. */
  if (!self->big_pipe)
    fcntl (self->fd, F_SETPIPE_SZ, BIG_PIPE_SIZE);
  self->big_pipe = TRUE;
}

/* Returns how much was read: 0 when there is nothing at the moment, or nothing more. */
static gsize
output_read (CprocOutput *self)
{
  g_autoptr(CprocChunk) chunk = chunk_take ();
  gssize n;

  do
    n = read (self->fd, chunk->data, CHUNK_SIZE);
  while (n < 0 && errno == EINTR);

  if (n > 0)
    {
      if (n == CHUNK_SIZE)
        output_enlarge_pipe (self);
      output_process (self, chunk, n);
      return n;
    }

  /* Any other error is an end as well: a terminal's gives EIO. */
  if (n == 0 || errno != EAGAIN)
    output_close (self);

  return 0;
}

static void
output_check_end (CprocOutput *self)
{
  CprocChild *child = self->child;

  if (!self->eof || self->ended || self->paused || self->chunk != NULL || self->batch != NULL)
    return;

  self->ended = TRUE;
  cproc_watch_stop (&self->watch);
  g_clear_pointer (&self->lines, cproc_lines_free);
  cproc_child_expect_closed (child);
  cproc_child_emit_stream_ended (child, self->stream);
  cproc_child_check_closed (child);
}

/* The caller holds the child. */
static void
output_run (CprocOutput *self,
            gsize        max_bytes,
            gboolean     until_empty)
{
  gsize total = 0;

  while (output_deliver (self) && self->fd >= 0 && total < max_bytes)
    {
      gsize n = output_read (self);

      total += n;

      /* A pipe that gave less than asked for was empty: another read would only say so. */
      if (n == 0 || (n < CHUNK_SIZE && !until_empty))
        {
          output_deliver (self);
          break;
        }
    }

  output_update_pending (self);
  output_check_end (self);
}

static void
output_ready (gpointer user_data)
{
  CprocOutput *self = user_data;
  g_autoptr(CprocChild) G_GNUC_UNUSED guard = g_object_ref (self->child);

  output_run (self, READS_PER_DISPATCH * CHUNK_SIZE, FALSE);
}

/* Somebody holds the stream open that outlives the process. What is in the pipe is the child's;
 * no more than a pipe holds, since the somebody may go on writing. */
static void
output_expired (gpointer user_data)
{
  CprocOutput *self = user_data;
  g_autoptr(CprocChild) G_GNUC_UNUSED guard = g_object_ref (self->child);
  int capacity;

  cproc_timer_stop (&self->drain);
  if (self->fd < 0)
    return;

  capacity = fcntl (self->fd, F_GETPIPE_SZ);
  output_run (self, capacity > 0 ? capacity : BIG_PIPE_SIZE, TRUE);

  if (self->paused || self->fd < 0)
    return;

  output_close (self);
  output_deliver (self);
  output_check_end (self);
}

void
cproc_output_init (CprocOutput *self,
                   CprocChild  *child,
                   CprocStream  stream)
{
  self->child = child;
  self->stream = stream;
  self->fd = -1;
}

void
cproc_output_clear (CprocOutput *self)
{
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  cproc_fd_clear (&self->fd);
  output_drop_lines (self);
  g_clear_pointer (&self->lines, cproc_lines_free);
}

void
cproc_output_open (CprocOutput  *self,
                   int           fd,
                   GMainContext *context)
{
  g_assert (self->fd < 0);

  self->fd = fd;
  self->eof = FALSE;
  self->ended = FALSE;
  if (!self->paused)
    output_watch (self, context);
}

void
cproc_output_skip (CprocOutput *self)
{
  self->eof = TRUE;
  self->ended = TRUE;
}

int
cproc_output_steal_fd (CprocOutput *self)
{
  int fd = self->fd;

  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  self->fd = -1;

  return fd;
}

void
cproc_output_pause (CprocOutput *self)
{
  self->paused = TRUE;
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
}

void
cproc_output_resume (CprocOutput  *self,
                     GMainContext *context)
{
  self->paused = FALSE;

  if (self->ended || context == NULL)
    return;

  if (self->fd >= 0 || self->eof)
    output_watch (self, context);
}

void
cproc_output_start_drain (CprocOutput  *self,
                          GMainContext *context,
                          int           msec)
{
  if (self->fd < 0 || self->paused)
    return;

  if (msec < 0)
    cproc_timer_stop (&self->drain);
  else
    cproc_timer_start (&self->drain, context, msec, output_expired, self);
}

void
cproc_output_set_context (CprocOutput  *self,
                          GMainContext *context)
{
  cproc_watch_move (&self->watch, context);
  cproc_timer_move (&self->drain, context);
}

void
cproc_output_set_max_line_length (CprocOutput *self,
                                  gsize        max_length)
{
  if (self->lines != NULL)
    cproc_lines_set_max_length (self->lines, max_length);
}
