/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-source-private.h"
#include "cproc-task-private.h"
#include "cproc-terminal-typing-private.h"
#include "cproc-watch-private.h"
#include "cproc-pipe-writer-private.h"

/* Limit of buffers for one writev(): one system call writes many queued buffers. */
#define MAX_VECTORS 64
#define BIG_PIPE_SIZE (1024 * 1024)

typedef struct
{
  GBytes *bytes;
  gsize written;
  GTask *task;
  GSource *cancelled;
  GError *error; /* NULL: the write succeeded */
} CprocWrite;

struct _CprocPipeWriter
{
  gatomicrefcount ref_count; /* any thread may drop the child */
  int fd; /* -1: closed */
  int failure; /* errno of the failed write; 0: the child does not read, or it was closed */
  GMainContext *context;
  CprocOwner *owner;
  CprocWatch watch;
  GQueue queue; /* CprocWrite */
  GQueue done;  /* CprocWrite: completed during a call, returned in the next dispatch */
  CprocWatch done_watch;
  gboolean closing;
  gboolean was_closed; /* by the owner, and not because the child has ended */
  gboolean big_pipe;
  gboolean is_pipe; /* known not to be a socket */
  gboolean is_terminal;
  CprocTerminalLine line; /* what has been typed at the terminal */
  gboolean end_is_typed;  /* the end of file; or it is still in the queue */
  GError *refused;        /* the first write that nobody was told of */
  gboolean in_call; /* a call of the owner is running: no callback may run */
};

gssize
cproc_pipe_writev (int                 fd,
                   const struct iovec *vectors,
                   int                 n_vectors)
{
  /* A pipe has no MSG_NOSIGNAL. (RWF_NOSIGNAL, of Linux 6.18, saves too little.) The signal of this
   * write is blocked in this thread, so it stays pending here and can be taken back. A signal that
   * was pending before is not ours. */
  sigset_t blocked, own, old_set, pending;
  gssize n;
  int saved_errno;

  sigemptyset (&blocked);
  sigaddset (&blocked, SIGPIPE);
  sigaddset (&blocked, SIGXFSZ);
  sigpending (&pending);
  pthread_sigmask (SIG_BLOCK, &blocked, &old_set);

  do
    n = writev (fd, vectors, n_vectors);
  while (n < 0 && errno == EINTR);
  saved_errno = errno;

  sigemptyset (&own);
  if (n < 0 && saved_errno == EPIPE && !sigismember (&pending, SIGPIPE))
    sigaddset (&own, SIGPIPE);
  else if (n < 0 && saved_errno == EFBIG && !sigismember (&pending, SIGXFSZ))
    sigaddset (&own, SIGXFSZ);
  if (!sigisemptyset (&own))
    while (sigtimedwait (&own, NULL, &(struct timespec) { 0, 0 }) < 0 && errno == EINTR)
      ;

  pthread_sigmask (SIG_SETMASK, &old_set, NULL);
  errno = saved_errno;

  return n;
}

/* MSG_NOSIGNAL keeps a socket from raising the signal, which saves the system calls above. */
static gssize
writer_writev (CprocPipeWriter *self,
               struct iovec    *vectors,
               int              n_vectors)
{
  struct msghdr header = { .msg_iov = vectors, .msg_iovlen = n_vectors };
  gssize n;

  if (self->is_pipe)
    return cproc_pipe_writev (self->fd, vectors, n_vectors);

  do
    n = sendmsg (self->fd, &header, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);

  if (n >= 0 || errno != ENOTSOCK)
    return n;

  self->is_pipe = TRUE;

  return cproc_pipe_writev (self->fd, vectors, n_vectors);
}

static CprocWrite *
write_new (GBytes *bytes,
           GTask  *task)
{
  CprocWrite *self = g_new0 (CprocWrite, 1);

  self->bytes = g_bytes_ref (bytes);
  if (task != NULL)
    self->task = g_object_ref (task);

  return self;
}

/* Call before a callback may run: it may cancel the cancellable and run a nested main loop, in
 * which the source must no longer find the write. */
static void
write_stop_watching (CprocWrite *self)
{
  cproc_source_clear (&self->cancelled);
}

static void
write_free (CprocWrite *self)
{
  write_stop_watching (self);
  g_bytes_unref (self->bytes);
  g_clear_object (&self->task);
  g_clear_error (&self->error);
  g_free (self);
}

static GError *
writer_new_error (CprocPipeWriter *self)
{
  if (self->is_terminal && self->was_closed)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED,
                                _("The standard input of the child has been closed"));
  if (self->failure != 0)
    return g_error_new (G_IO_ERROR, g_io_error_from_errno (self->failure),
                        _("Could not write to the standard input of the child: %s"),
                        g_strerror (self->failure));

  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                              _("The child does not read its standard input any more"));
}

/* Frees the write. The callback may run in here. */
static void
writer_return (CprocPipeWriter *self,
               CprocWrite      *item)
{
  if (item->error != NULL)
    cproc_task_return_error (item->task, self->context, g_steal_pointer (&item->error));
  else
    cproc_task_return_boolean (item->task, self->context, TRUE);

  write_free (item);
}

static void writer_done (gpointer user_data);

/* Calls writer_done() at the priority of the first write that is done. */
static void
writer_watch_done (CprocPipeWriter *self)
{
  CprocWrite *first = g_queue_peek_head (&self->done);

  cproc_watch_stop (&self->done_watch);
  if (first == NULL)
    return;

  cproc_watch_set_priority (&self->done_watch, self->context, g_task_get_priority (first->task));
  cproc_watch_start (&self->done_watch, self->context, -1, 0, writer_done, self);
  cproc_watch_set_pending (&self->done_watch, TRUE);
}

static void
writer_done (gpointer user_data)
{
  CprocPipeWriter *self = cproc_pipe_writer_ref (user_data);
  GQueue writes = G_QUEUE_INIT;
  CprocWrite *item;

  while ((item = g_queue_peek_head (&self->done)) != NULL &&
         g_task_get_priority (item->task) <= self->done_watch.priority)
    g_queue_push_tail (&writes, g_queue_pop_head (&self->done));
  writer_watch_done (self);

  while ((item = g_queue_pop_head (&writes)) != NULL)
    writer_return (self, item);
  cproc_pipe_writer_unref (self);
}

void
cproc_pipe_writer_return_done (CprocPipeWriter *self)
{
  GQueue writes = self->done;
  CprocWrite *item;

  g_queue_init (&self->done);
  cproc_watch_stop (&self->done_watch);
  while ((item = g_queue_pop_head (&writes)) != NULL)
    writer_return (self, item);
}

static int
write_compare (gconstpointer a,
               gconstpointer b,
               gpointer      unused)
{
  int first = g_task_get_priority (((const CprocWrite *) a)->task);
  int second = g_task_get_priority (((const CprocWrite *) b)->task);

  /* Writes of the same priority stay in order. */
  return first <= second ? -1 : 1;
}

/* Returns the task in a later dispatch, at its priority. If a wait begins before that, the watch
 * moves to the main context of the wait. */
static void
writer_return_later (CprocPipeWriter *self,
                     CprocWrite      *item)
{
  CprocWrite *last = g_queue_peek_tail (&self->done);

  /* Usually all have the same priority. */
  if (last == NULL || write_compare (last, item, NULL) < 0)
    g_queue_push_tail (&self->done, item);
  else
    g_queue_insert_sorted (&self->done, item, write_compare, NULL);
  if (g_queue_peek_head (&self->done) == item)
    writer_watch_done (self);
}

/* Completes writes. The callbacks may run in here, so the writes are taken off the writer first. A
 * callback may cancel a later write: that one has its result already. */
static void
finish_writes (CprocPipeWriter *self,
               GQueue          *writes,
               gboolean         written)
{
  CprocWrite *item;

  for (GList *l = writes->head; l != NULL; l = l->next)
    write_stop_watching (l->data);

  while ((item = g_queue_pop_head (writes)) != NULL)
    {
      if (!written && item->error == NULL)
        item->error = writer_new_error (self);

      if (item->task == NULL)
        write_free (item);
      else if (self->in_call)
        writer_return_later (self, item);
      else
        writer_return (self, item);
    }
}

static void
writer_shut (CprocPipeWriter *self)
{
  GQueue writes = self->queue;

  g_queue_init (&self->queue);
  cproc_watch_stop (&self->watch);
  cproc_fd_clear (&self->fd);
  finish_writes (self, &writes, FALSE);
}

static void
writer_fail (CprocPipeWriter *self,
             int              error_number)
{
  /* EIO: a terminal that the child no longer has open. */
  if (error_number != EPIPE && error_number != ECONNRESET &&
      !(self->is_terminal && error_number == EIO))
    self->failure = error_number;
  writer_shut (self);
}

static void
writer_consume (CprocPipeWriter *self,
                gsize            n)
{
  GQueue writes = G_QUEUE_INIT;
  CprocWrite *head;

  while ((head = g_queue_peek_head (&self->queue)) != NULL)
    {
      gsize rest = g_bytes_get_size (head->bytes) - head->written;

      if (n < rest)
        {
          head->written += n;
          break;
        }

      n -= rest;
      g_queue_push_tail (&writes, g_queue_pop_head (&self->queue));
    }

  finish_writes (self, &writes, TRUE);
}

/* Writes once. FALSE if the pipe is full or closed. */
static gboolean
writer_write_some (CprocPipeWriter *self)
{
  struct iovec vectors[MAX_VECTORS];
  int n_vectors = 0;
  gssize n;

  for (GList *l = self->queue.head; l != NULL && n_vectors < MAX_VECTORS; l = l->next)
    {
      CprocWrite *item = l->data;
      gsize size;
      const guint8 *data = g_bytes_get_data (item->bytes, &size);

      /* An empty GBytes is allowed and may have a NULL data pointer. */
      vectors[n_vectors].iov_base = size > 0 ? (gpointer) (data + item->written) : NULL;
      vectors[n_vectors].iov_len = size - item->written;
      n_vectors++;
    }

  n = writer_writev (self, vectors, n_vectors);
  if (n >= 0)
    {
      writer_consume (self, n);
      return TRUE;
    }

  if (errno != EAGAIN)
    writer_fail (self, errno);

  return FALSE;
}

/* Completes the first write with an error of its own, and nothing of it is written. */
static void
writer_refuse (CprocPipeWriter *self,
               GError          *error)
{
  GQueue writes = G_QUEUE_INIT;
  CprocWrite *item = g_queue_pop_head (&self->queue);

  if (item->task == NULL && self->refused == NULL)
    self->refused = g_error_copy (error);
  item->error = error;
  g_queue_push_tail (&writes, item);
  finish_writes (self, &writes, FALSE);
}

/* Types once, one write at a time: each begins only if it fits into the line. FALSE if the terminal
 * takes nothing at the moment, or is closed. */
static gboolean
writer_type_some (CprocPipeWriter *self)
{
  CprocWrite *item = g_queue_peek_head (&self->queue);
  GError *error = NULL;
  gsize size;
  const char *data = g_bytes_get_data (item->bytes, &size);
  gssize n;

  if (item->written == 0 &&
      !cproc_terminal_typing_check (&self->line, self->fd, data, size, &error))
    {
      writer_refuse (self, error);
      return TRUE;
    }

  n = size > 0 ? cproc_terminal_typing_write (&self->line, self->fd, data + item->written,
                                              size - item->written) : 0;
  if (n > 0 || size == 0)
    {
      writer_consume (self, n);
      return TRUE;
    }

  if (n < 0 && errno != EAGAIN)
    writer_fail (self, errno);

  return FALSE;
}

/* Queues the end of file that is typed when everything before it is. FALSE if there is nothing to
 * type. */
static gboolean
writer_type_end (CprocPipeWriter *self)
{
  g_autoptr(GBytes) end = NULL;

  if (!self->is_terminal || self->end_is_typed)
    return FALSE;

  self->end_is_typed = TRUE;
  end = cproc_terminal_typing_get_end (&self->line, self->fd);
  if (g_bytes_get_size (end) == 0)
    return FALSE;

  g_queue_push_tail (&self->queue, write_new (end, NULL));

  return TRUE;
}

/* Enlarges the pipe of a child that gets much input: see reader_enlarge(). */
static void
writer_enlarge_pipe (CprocPipeWriter *self)
{
  if (!self->big_pipe)
    fcntl (self->fd, F_SETPIPE_SZ, BIG_PIPE_SIZE);
  self->big_pipe = TRUE;
}

static void writer_ready (gpointer user_data);

static void
writer_write_queue (CprocPipeWriter *self)
{
  while (self->fd >= 0 && !g_queue_is_empty (&self->queue) &&
         (self->is_terminal ? writer_type_some (self) : writer_write_some (self)))
    {
      /* The pipe did not take everything. */
      if (!self->is_terminal && !g_queue_is_empty (&self->queue))
        writer_enlarge_pipe (self);
    }
}

/* Writes as much as the pipe takes; the rest waits for the descriptor. */
static void
writer_pump (CprocPipeWriter *self)
{
  do
    writer_write_queue (self);
  while (self->fd >= 0 && self->closing && g_queue_is_empty (&self->queue) &&
         writer_type_end (self));

  if (self->fd < 0)
    return;

  if (!g_queue_is_empty (&self->queue))
    {
      if (!cproc_watch_is_active (&self->watch))
        cproc_watch_start (&self->watch, self->context, self->fd, G_IO_OUT | G_IO_ERR | G_IO_HUP,
                           writer_ready, self);
      return;
    }

  cproc_watch_stop (&self->watch);
  if (self->closing)
    writer_shut (self);
}

static void
writer_ready (gpointer user_data)
{
  CprocPipeWriter *self = cproc_pipe_writer_ref (user_data);

  writer_pump (self);
  cproc_pipe_writer_unref (self);
}

CprocPipeWriter *
cproc_pipe_writer_new (int           fd,
                       GMainContext *context)
{
  CprocPipeWriter *self = g_new0 (CprocPipeWriter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->fd = fd;
  self->context = g_main_context_ref (context);
  cproc_watch_set_bounded (&self->watch, TRUE);
  g_queue_init (&self->queue);
  g_queue_init (&self->done);

  return self;
}

CprocPipeWriter *
cproc_pipe_writer_ref (CprocPipeWriter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
cproc_pipe_writer_unref (CprocPipeWriter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  writer_shut (self);
  cproc_pipe_writer_return_done (self);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->owner, cproc_owner_unref);
  g_clear_error (&self->refused);
  g_free (self);
}

void
cproc_pipe_writer_set_terminal (CprocPipeWriter *self)
{
  self->is_terminal = TRUE;
}

void
cproc_pipe_writer_set_owner (CprocPipeWriter *self,
                        CprocOwner  *owner)
{
  g_assert (self->owner == NULL);

  self->owner = cproc_owner_ref (owner);
  cproc_watch_set_owner (&self->watch, self->owner);
  cproc_watch_set_owner (&self->done_watch, self->owner);
}

typedef struct
{
  CprocPipeWriter *writer;
  CprocWrite *item;
} CprocWriteCancel;

static void
write_cancel_free (gpointer data)
{
  CprocWriteCancel *cancel = data;

  cproc_pipe_writer_unref (cancel->writer);
  g_free (cancel);
}

/* Only a write that has not begun can be withdrawn: half a write would corrupt the child's
 * input. */
static gboolean
write_cancelled (GCancellable *cancellable,
                 gpointer      user_data)
{
  CprocWriteCancel *cancel = user_data;
  CprocWrite *item = cancel->item;
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  if (item->written > 0)
    return G_SOURCE_REMOVE;

  g_queue_remove (&cancel->writer->queue, item);
  task = g_steal_pointer (&item->task);
  write_free (item);
  g_cancellable_set_error_if_cancelled (cancellable, &error);
  cproc_task_return_error (task, g_task_get_context (task), error);

  return G_SOURCE_REMOVE;
}

static void
write_watch_cancellable (CprocPipeWriter *self,
                         CprocWrite      *item)
{
  GCancellable *cancellable = g_task_get_cancellable (item->task);
  CprocWriteCancel *cancel;

  if (cancellable == NULL)
    return;

  cancel = g_new0 (CprocWriteCancel, 1);
  cancel->writer = cproc_pipe_writer_ref (self);
  cancel->item = item;
  item->cancelled = g_cancellable_source_new (cancellable);
  g_source_set_callback (item->cancelled, G_SOURCE_FUNC (write_cancelled), cancel,
                         write_cancel_free);
  g_source_attach (item->cancelled, g_task_get_context (item->task));
}

void
cproc_pipe_writer_push (CprocPipeWriter *self,
                        GBytes          *bytes,
                        GTask           *task)
{
  CprocWrite *item;

  if (self->fd < 0 || self->closing)
    {
      if (task == NULL)
        return;

      item = write_new (bytes, task);
      item->error = writer_new_error (self);
      writer_return_later (self, item);
      return;
    }

  item = write_new (bytes, task);
  g_queue_push_tail (&self->queue, item);

  if (self->queue.length == 1)
    {
      self->in_call = TRUE;
      writer_pump (self);
      self->in_call = FALSE;
    }

  if (g_queue_peek_tail (&self->queue) == item && task != NULL)
    write_watch_cancellable (self, item);
}

void
cproc_pipe_writer_close (CprocPipeWriter *self)
{
  self->closing = TRUE;
  self->was_closed = TRUE;
  if (self->fd < 0 || !g_queue_is_empty (&self->queue))
    return;

  self->in_call = TRUE;
  writer_pump (self);
  self->in_call = FALSE;
}

void
cproc_pipe_writer_abandon (CprocPipeWriter *self)
{
  self->closing = TRUE;
  writer_shut (self);
}

void
cproc_pipe_writer_set_context (CprocPipeWriter *self,
                               GMainContext    *context)
{
  g_main_context_ref (context);
  g_main_context_unref (self->context);
  self->context = context;
  cproc_watch_move (&self->watch, context);
  cproc_watch_move (&self->done_watch, context);
}

GError *
cproc_pipe_writer_dup_failure (CprocPipeWriter *self)
{
  if (self->refused != NULL)
    return g_error_copy (self->refused);

  return self->failure != 0 ? writer_new_error (self) : NULL;
}

int
cproc_pipe_writer_get_fd (CprocPipeWriter *self)
{
  return self->fd;
}

/* Waits until the pipe takes more data, is closed, or the wait is cancelled. */
static gboolean
writer_wait (CprocPipeWriter  *self,
             GCancellable     *cancellable,
             GError          **error)
{
  GPollFD fds[2] = { { .fd = self->fd, .events = G_IO_OUT } };
  guint n_fds = 1;
  gboolean has_cancel_fd = g_cancellable_make_pollfd (cancellable, &fds[1]);

  if (has_cancel_fd)
    n_fds++;

  while (g_poll (fds, n_fds, -1) < 0 && errno == EINTR)
    ;

  if (has_cancel_fd)
    g_cancellable_release_fd (cancellable);

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

gssize
cproc_pipe_writer_write (CprocPipeWriter  *self,
                         const void       *data,
                         gsize             length,
                         gboolean          block,
                         GCancellable     *cancellable,
                         GError          **error)
{
  struct iovec vector = { (gpointer) data, length };

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  while (self->fd >= 0)
    {
      gssize n;

      /* Write the queue first. */
      writer_pump (self);

      if (self->fd >= 0 && g_queue_is_empty (&self->queue))
        {
          if (self->is_terminal &&
              !cproc_terminal_typing_check (&self->line, self->fd, data, length, error))
            return -1;

          n = self->is_terminal ? cproc_terminal_typing_write (&self->line, self->fd, data, length)
                                : writer_writev (self, &vector, 1);
          if (n >= 0)
            return n;
          if (errno != EAGAIN)
            {
              writer_fail (self, errno);
              break;
            }
        }

      if (!block)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                               _("The child does not read its standard input at the moment"));
          return -1;
        }

      if (self->fd >= 0 && !writer_wait (self, cancellable, error))
        return -1;
    }

  g_propagate_error (error, writer_new_error (self));

  return -1;
}
