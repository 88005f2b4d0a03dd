/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-output-reader-private.h"
#include "cproc-sink-private.h"

#define BIG_PIPE_SIZE (1024 * 1024)

/* The size of a read from a socket. A pipe gains nothing by reads of this size. */
#define BIG_READ_SIZE (128 * 1024)

/* Data is emitted as soon as it is read. Yet some may be left when a main loop runs: after a pause,
 * and inside a handler. */
static void
reader_update_pending (CprocOutputReader *self)
{
  cproc_watch_set_pending (&self->watch, self->buffer != NULL || self->batch != NULL ||
                                         (self->eof && !self->ended) ||
                                         (self->is_expired && self->fd >= 0));
}

/* A stream that is kept. */
static void
reader_keep (CprocOutputReader *self,
             CprocReadBuffer   *buffer,
             gsize              length)
{
  cproc_output_reader_append_kept (self, buffer->data, length);
  if (self->funcs->wants_output (self->data, self->stream))
    {
      g_autoptr(GBytes) bytes = g_bytes_new (buffer->data, length);

      self->funcs->output (self->data, self->stream, bytes);
    }
  self->funcs->kept (self->data, self->stream);
}

static void
reader_process (CprocOutputReader *self,
                CprocReadBuffer   *buffer,
                gsize              length)
{
  g_autoptr(GBytes) bytes = NULL;
  gboolean wants_lines;

  self->funcs->received (self->data, self->stream, buffer->data, length);
  if (self->keep != CPROC_KEEP_NOTHING)
    {
      reader_keep (self, buffer, length);
      return;
    }

  wants_lines = cproc_output_reader_update_listeners (self);

  if (self->funcs->wants_output (self->data, self->stream))
    {
      /* Copy small reads: a handler that keeps a few bytes must not keep the whole buffer alive.
       * Larger reads are passed on without a copy. */
      if (length < buffer->size / 2 || wants_lines)
        bytes = g_bytes_new (buffer->data, length);
      else
        bytes = cproc_read_buffer_get_bytes (buffer, length);
    }

  if (wants_lines)
    {
      cproc_output_reader_feed_lines (self, buffer, length);
      reader_update_pending (self);
    }
  if (bytes != NULL)
    self->funcs->output (self->data, self->stream, bytes);
}

static void reader_ready (gpointer user_data);

static void
reader_watch (CprocOutputReader *self)
{
  cproc_watch_start (&self->watch, self->context, self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR,
                     reader_ready, self);
  reader_update_pending (self);
}

static void
reader_close (CprocOutputReader *self)
{
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  cproc_fd_close (&self->fd, self->fd_kind);

  self->eof = TRUE;
  if (self->lines == NULL)
    return;

  cproc_line_splitter_finish (self->lines);
  if (!cproc_output_reader_update_listeners (self))
    return;

  reader_watch (self);
}

/* Enlarges the stream's buffer, so that the two processes switch less often. Only for children that
 * write much: the kernel limits the number of large pipes of a user (pipe(7),
 * pipe-user-pages-soft). If it refuses, the pipe stays as it is. A stream that is not a pipe is a
 * socket, whose buffer size is set by its writer: it is read in larger pieces. */
static void
reader_enlarge (CprocOutputReader *self)
{
  if (self->uses_large_pipe)
    return;

  self->uses_large_pipe = TRUE;
  if (fcntl (self->fd, F_SETPIPE_SZ, BIG_PIPE_SIZE) < 0 && errno == EBADF)
    self->read_size = BIG_READ_SIZE;
}

/* Returns the number of bytes read: 0 if there is nothing at the moment, or nothing more. */
static gsize
reader_read_into (CprocOutputReader *self,
                  char              *data,
                  gsize              size)
{
  gssize n;

  n = cproc_fd_read (self->fd, &self->fd_kind, data, size);
  if (n >= CPROC_READ_SIZE)
    reader_enlarge (self);

  if (n > 0)
    return n;

  /* No descriptors are left in the queue of a socket. */
  if (n == 0)
    self->fd_kind = CPROC_FD_KIND_OTHER;

  /* Any other error ends the stream as well: a terminal gives EIO. */
  if (n == 0 || errno != EAGAIN)
    reader_close (self);

  return 0;
}

/* Reads directly into the owner's buffer, if the owner keeps the output and there is no other
 * listener. This saves a copy. */
static gboolean
reader_read_in_place (CprocOutputReader *self,
                      gsize             *n)
{
  char *data;
  gsize size;

  if (cproc_output_reader_update_keep (self) ||
      self->funcs->wants_output (self->data, self->stream) ||
      cproc_output_reader_update_listeners (self))
    return FALSE;

  data = self->funcs->reserve (self->data, self->stream, &size);
  if (data == NULL)
    return FALSE;

  *n = reader_read_into (self, data, size);
  if (*n > 0)
    self->funcs->received (self->data, self->stream, data, *n);

  return TRUE;
}

static gsize
reader_read (CprocOutputReader *self)
{
  g_autoptr(CprocReadBuffer) buffer = NULL;
  gsize n;

  if (reader_read_in_place (self, &n))
    return n;

  buffer = cproc_read_buffer_take (self->read_size);
  n = reader_read_into (self, buffer->data, buffer->size);
  if (n > 0)
    reader_process (self, buffer, n);

  return n;
}

static void
reader_check_end (CprocOutputReader *self)
{
  if (!self->eof || self->ended || self->paused || self->buffer != NULL || self->batch != NULL)
    return;
  if (!cproc_output_reader_tell_eof (self))
    return;

  self->ended = TRUE;
  cproc_watch_stop (&self->watch);
  g_clear_pointer (&self->lines, cproc_line_splitter_free);
  self->funcs->ended (self->data, self->stream);
}

/* The watch would find the stream readable again and again. */
static void
reader_check_full (CprocOutputReader *self)
{
  if (self->fd < 0 || self->paused || cproc_output_reader_has_room (self))
    return;

  self->is_full = TRUE;
  cproc_watch_stop (&self->watch);
}

void
cproc_output_reader_wake (CprocOutputReader *self)
{
  if (!self->is_full || self->fd < 0 || !cproc_output_reader_has_room (self))
    return;

  self->is_full = FALSE;
  reader_watch (self);
}

/* Returns whether the drain is over and the contents of the pipe at that time have been read. */
static gboolean
reader_is_drained (CprocOutputReader *self)
{
  return self->is_expired && self->drain_left == 0;
}

static void
reader_read_until_blocked (CprocOutputReader *self)
{
  while (cproc_output_reader_deliver_lines (self) && self->fd >= 0 && !reader_is_drained (self) &&
         cproc_output_reader_has_room (self))
    {
      gsize asked = self->read_size;
      gsize n = reader_read (self);

      self->grant -= MIN (n, self->grant);
      if (self->is_expired)
        self->drain_left -= MIN (n, self->drain_left);

      /* A short read means that the pipe was empty: another read would only confirm it. */
      if (n == 0 || (n < asked && !self->is_expired))
        {
          if (self->is_expired)
            self->drain_left = 0;
          cproc_output_reader_deliver_lines (self);
          break;
        }
      if (cproc_watch_is_turn_over (&self->watch))
        break;
    }

  if (reader_is_drained (self) && self->fd >= 0 && !self->paused && self->buffer == NULL &&
      self->batch == NULL)
    {
      /* Hand the descriptor over: if it were closed, its writer would get SIGPIPE. A terminal hangs
       * up. */
      if (!self->is_terminal)
        cproc_sink_take (cproc_output_reader_steal_fd (self));
      reader_close (self);
      self->funcs->given_up (self->data, self->stream);
      cproc_output_reader_deliver_lines (self);
    }
  reader_update_pending (self);
  reader_check_end (self);
  reader_check_full (self);
}

static void
reader_ready (gpointer user_data)
{
  reader_read_until_blocked (user_data);
}

/* Returns the most that can be in the pipe. */
static gsize
reader_get_capacity (CprocOutputReader *self)
{
  int capacity = fcntl (self->fd, F_GETPIPE_SZ);

  return capacity > 0 ? (gsize) capacity : BIG_PIPE_SIZE;
}

/* The drain time is over, but other processes that outlive the child hold the stream open. Still
 * read the child's output in the pipe: at most the size of a pipe, since the others may go on
 * writing. The watch reads it, limited by the turn of the main context. */
static void
reader_expired (gpointer user_data)
{
  CprocOutputReader *self = user_data;

  cproc_timer_stop (&self->drain);

  self->drain_left = reader_get_capacity (self);
  self->is_expired = TRUE;
  reader_update_pending (self);
  cproc_output_reader_wake (self);
}

void
cproc_output_reader_init (CprocOutputReader            *self,
                          CprocStream                   stream,
                          const CprocOutputReaderFuncs *funcs,
                          gpointer                      data)
{
  self->stream = stream;
  self->funcs = funcs;
  self->data = data;
  self->fd = -1;
  cproc_watch_set_bounded (&self->watch, TRUE);
}

void
cproc_output_reader_set_owner (CprocOutputReader *self,
                               CprocOwner        *owner)
{
  cproc_watch_set_owner (&self->watch, owner);
  cproc_timer_set_owner (&self->drain, owner);
}

void
cproc_output_reader_set_priority (CprocOutputReader *self,
                                  int                priority)
{
  cproc_watch_set_priority (&self->watch, self->context, priority);
}

void
cproc_output_reader_set_encoding (CprocOutputReader *self,
                                  const char        *encoding)
{
  g_free (self->encoding);
  self->encoding = g_strdup (encoding);
}

void
cproc_output_reader_clear (CprocOutputReader *self)
{
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  cproc_fd_close (&self->fd, self->fd_kind);
  cproc_output_reader_drop_lines (self);
  g_clear_pointer (&self->pull, cproc_pull_buffer_free);
  g_clear_pointer (&self->encoding, g_free);
}

void
cproc_output_reader_set_universal_newlines (CprocOutputReader *self,
                                            gboolean           universal_newlines)
{
  self->universal_newlines = universal_newlines;
}

void
cproc_output_reader_set_terminal (CprocOutputReader *self,
                                  gboolean           is_terminal)
{
  self->is_terminal = is_terminal;
}

void
cproc_output_reader_open (CprocOutputReader *self,
                          int                fd,
                          GMainContext      *context)
{
  g_assert (self->fd < 0);

  self->fd = fd;
  self->fd_kind = CPROC_FD_KIND_UNKNOWN;
  self->context = context;
  self->uses_large_pipe = FALSE;
  self->read_size = CPROC_READ_SIZE;
  self->is_expired = FALSE;
  self->eof = FALSE;
  self->ended = FALSE;
  if (!self->paused)
    reader_watch (self);
}

void
cproc_output_reader_mark_absent (CprocOutputReader *self)
{
  self->absent = TRUE;
  self->eof = TRUE;
  self->ended = TRUE;
}

int
cproc_output_reader_steal_fd (CprocOutputReader *self)
{
  int fd = self->fd;

  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
  self->fd = -1;

  return fd;
}

void
cproc_output_reader_pause (CprocOutputReader *self)
{
  self->paused = TRUE;
  self->is_full = FALSE;
  self->is_expired = FALSE;
  cproc_watch_stop (&self->watch);
  cproc_timer_stop (&self->drain);
}

void
cproc_output_reader_resume (CprocOutputReader *self,
                            GMainContext      *context)
{
  self->paused = FALSE;

  if (self->ended || context == NULL)
    return;

  self->context = context;
  if (self->fd >= 0 || self->eof)
    reader_watch (self);
}

void
cproc_output_reader_start_drain (CprocOutputReader *self,
                                 GMainContext      *context,
                                 int                msec)
{
  if (self->fd < 0 || self->paused)
    return;

  /* Reading once more tells whether that was the end. */
  if (!self->has_grant)
    self->grant = reader_get_capacity (self) + 1;
  self->has_grant = TRUE;
  cproc_output_reader_wake (self);

  if (msec < 0)
    cproc_timer_stop (&self->drain);
  else
    cproc_timer_start (&self->drain, context, msec, reader_expired, self);
}

void
cproc_output_reader_set_context (CprocOutputReader *self,
                                 GMainContext      *context)
{
  self->context = context;
  cproc_watch_move (&self->watch, context);
  cproc_timer_move (&self->drain, context);
}

void
cproc_output_reader_set_max_line_length (CprocOutputReader *self,
                                         gint64             max_length)
{
  self->max_line_length = max_length;
  if (self->lines != NULL)
    cproc_line_splitter_set_max_length (self->lines, MAX (max_length, 0));
  if (self->pull != NULL)
    cproc_pull_buffer_set_max_length (self->pull, MAX (max_length, 0));
}

void
cproc_output_reader_discard (CprocOutputReader *self)
{
  cproc_output_reader_drop_kept (self);
  self->has_lost = FALSE;
  cproc_output_reader_wake (self);
}

char *
cproc_output_reader_take_line (CprocOutputReader *self,
                               CprocLineFlags    *flags)
{
  char *line;

  if (self->pull == NULL)
    return NULL;

  line = g_strdup (cproc_pull_buffer_next_line (self->pull, flags));
  cproc_output_reader_wake (self);

  return line;
}

GBytes *
cproc_output_reader_take_bytes (CprocOutputReader *self,
                                gsize              count)
{
  GBytes *bytes;

  if (self->pull == NULL)
    return NULL;

  bytes = cproc_pull_buffer_take_bytes (self->pull, count);
  cproc_output_reader_wake (self);

  return bytes;
}
