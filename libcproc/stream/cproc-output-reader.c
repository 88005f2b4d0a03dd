/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-output-reader-private.h"

/* One read fills at most a chunk; so many follow each other before the other sources of the main
 * context get their turn. With one, `output-1m` over a pipe has 0.93 of the bytes a second. */
#define READS_PER_DISPATCH 16

#define BIG_PIPE_SIZE (1024 * 1024)

/* Of a socket: `output-1m` takes 0.92 of the processor's time that it takes by 64 KiB,
 * `lines` 0.95, and `cat` has 1.05 times the bytes a second. A pipe gains nothing by it. */
#define BIG_READ_SIZE (128 * 1024)

/* What is read is emitted at once, and yet there may be something left when a main loop runs: after
 * a pause, and inside of a handler. */
static void
output_update_pending (CprocOutput *self)
{
  cproc_watch_set_pending (&self->watch, self->chunk != NULL || self->batch != NULL ||
                                         (self->eof && !self->ended));
}

static void
output_process (CprocOutput *self,
                CprocChunk  *chunk,
                gsize        length)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (self->child);
  g_autoptr(GBytes) bytes = NULL;
  gboolean wants_lines;

  if (hooks->received != NULL)
    hooks->received (self->child, self->stream, chunk->data, length);

  wants_lines = cproc_output_judge_lines (self);

  if (cproc_child_wants_output (self->child, self->stream))
    {
      /* Whoever keeps a few bytes is not to keep all of a chunk; else nothing is copied, and
       * `output-64k` over a socket takes 0.92 of the processor's time. */
      if (length < chunk->size / 2 || wants_lines)
        bytes = g_bytes_new (chunk->data, length);
      else
        bytes = cproc_chunk_get_bytes (chunk, length);
    }

  if (wants_lines)
    {
      cproc_output_feed_lines (self, chunk, length);
      output_update_pending (self);
    }
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
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  cproc_fd_clear (&self->fd);

  self->eof = TRUE;
  if (self->lines == NULL)
    return;

  cproc_lines_finish (self->lines);
  if (!cproc_output_judge_lines (self))
    return;

  output_watch (self, cproc_child_get_priv (self->child)->context);
}

/* `output-64k` has 2.5 times the bytes a second over a larger pipe, `exec-64m` 2.3 times. Only for
 * children that write much: a user has few of this size (pipe(7), pipe-user-pages-soft); where it
 * is refused the pipe stays as it is. What is no pipe is a socket, whose size its writer has: it is
 * read by larger pieces. */
static void
output_enlarge (CprocOutput *self)
{
  if (self->is_large)
    return;

  self->is_large = TRUE;
  if (fcntl (self->fd, F_SETPIPE_SZ, BIG_PIPE_SIZE) < 0 && errno == EBADF)
    self->read_size = BIG_READ_SIZE;
}

/* Returns how much was read: 0 when there is nothing at the moment, or nothing more. */
static gsize
output_read_into (CprocOutput *self,
                  char        *data,
                  gsize        size)
{
  gssize n;

  do
    n = read (self->fd, data, size);
  while (n < 0 && errno == EINTR);

  if (n >= CPROC_CHUNK_SIZE)
    output_enlarge (self);

  if (n > 0)
    {
      cproc_child_get_priv (self->child)->output_time = g_get_monotonic_time ();
      cproc_child_feed_progress (self->child, self->stream, data, n);
      return n;
    }

  /* Any other error is an end as well: a terminal's gives EIO. */
  if (n == 0 || errno != EAGAIN)
    output_close (self);

  return 0;
}

/* Where a class keeps the output and nobody else listens it is read into its place: a copy less,
 * which leaves `exec-64m` 0.96 of the processor's time in the median and 0.78 at best. */
static gboolean
output_read_in_place (CprocOutput *self,
                      gsize       *n)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (self->child);
  char *data;
  gsize size;

  if (hooks->reserve == NULL ||
      cproc_child_wants_output (self->child, self->stream) || cproc_output_judge_lines (self))
    return FALSE;

  data = hooks->reserve (self->child, self->stream, &size);
  if (data == NULL)
    return FALSE;

  *n = output_read_into (self, data, size);
  if (*n > 0)
    hooks->received (self->child, self->stream, data, *n);

  return TRUE;
}

static gsize
output_read (CprocOutput *self)
{
  g_autoptr(CprocChunk) chunk = NULL;
  gsize n;

  if (output_read_in_place (self, &n))
    return n;

  chunk = cproc_chunk_take (self->read_size);
  n = output_read_into (self, chunk->data, chunk->size);
  if (n > 0)
    output_process (self, chunk, n);

  return n;
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

  while (cproc_output_deliver_lines (self) && self->fd >= 0 && total < max_bytes)
    {
      gsize asked = self->read_size;
      gsize n = output_read (self);

      total += n;
      cproc_child_update_progress (self->child, self->stream, n < asked);

      /* A pipe that gave less than asked for was empty: another read would only say so. Without
       * it `output-64k` over a socket takes 0.96 of the processor's time. */
      if (n == 0 || (n < asked && !until_empty))
        {
          cproc_output_deliver_lines (self);
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

  output_run (self, READS_PER_DISPATCH * CPROC_CHUNK_SIZE, FALSE);
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

  capacity = fcntl (self->fd, F_GETPIPE_SZ);
  output_run (self, capacity > 0 ? capacity : BIG_PIPE_SIZE, TRUE);

  if (self->paused || self->fd < 0)
    return;

  output_close (self);
  cproc_output_deliver_lines (self);
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
  cproc_output_drop_lines (self);
}

void
cproc_output_open (CprocOutput  *self,
                   int           fd,
                   GMainContext *context)
{
  g_assert (self->fd < 0);

  self->fd = fd;
  self->is_large = FALSE;
  self->read_size = CPROC_CHUNK_SIZE;
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
