/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cproc-receive-queue-private.h"
#include "cproc-fd-closer-private.h"
#include "cproc-message-private.h"

/* The kernel passes at most this many descriptors at once (SCM_MAX_FD). With room for all of them
 * none is lost unnoticed; surplus ones are closed here. */
#define MAX_FDS_PER_READ 253

/* The channel stops reading ahead while this many descriptors wait. */
#define MAX_WAITING_FDS 64

/* The channel reads ahead as much as the largest message, and at least this. */
#define MIN_READ_AHEAD (1024 * 1024)

struct _CprocReceiveChunk
{
  CprocReceiveChunk *next;
  int fd; /* a frame takes one: the first of those that came at once; or -1 */
  gboolean whole; /* has the full capacity, so another read can use it */
  gsize length;
  char data[];
};

/* One spare chunk for each thread: reading needs no allocation, and an idle channel no memory. */
static GPrivate spare_chunk = G_PRIVATE_INIT (g_free);

static CprocReceiveChunk *
chunk_new (void)
{
  CprocReceiveChunk *self = g_private_get (&spare_chunk);

  if (self != NULL)
    g_private_set (&spare_chunk, NULL);
  else
    self = g_malloc (sizeof (CprocReceiveChunk) + CPROC_RECEIVE_CHUNK);

  self->next = NULL;
  self->fd = -1;
  self->whole = TRUE;
  self->length = 0;

  return self;
}

static void
chunk_free (CprocReceiveChunk *self)
{
  cproc_fd_closer_push (self->fd);

  if (self->whole && g_private_get (&spare_chunk) == NULL)
    g_private_set (&spare_chunk, self);
  else
    g_free (self);
}

void
cproc_receive_queue_init (CprocReceiveQueue *self,
                          guint64            max_size)
{
  *self = (CprocReceiveQueue) { .partial_fd = -1, .frame_fd = -1 };
  cproc_frame_splitter_init (&self->frames, sizeof (CprocMessage), max_size);
}

static void
receive_queue_drop_fd (int *fd)
{
  cproc_fd_closer_push (*fd);
  *fd = -1;
}

void
cproc_receive_queue_clear (CprocReceiveQueue *self)
{
  cproc_frame_splitter_clear (&self->frames);
  self->cutting = FALSE;

  while (self->head != NULL)
    {
      CprocReceiveChunk *chunk = self->head;

      self->head = chunk->next;
      chunk_free (chunk);
    }

  self->tail = NULL;
  self->bytes = 0;
  self->n_fds = 0;
  receive_queue_drop_fd (&self->partial_fd);
  receive_queue_drop_fd (&self->frame_fd);
}

/* fds: room for MAX_FDS_PER_READ. */
static guint
collect_fds (struct msghdr *header,
             int           *fds)
{
  struct cmsghdr *cmsg;
  guint n_fds = 0;

  for (cmsg = CMSG_FIRSTHDR (header); cmsg != NULL; cmsg = CMSG_NXTHDR (header, cmsg))
    {
      guint count = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int);

      if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
        continue;

      count = MIN (count, MAX_FDS_PER_READ - n_fds);
      memcpy (fds + n_fds, CMSG_DATA (cmsg), count * sizeof (int));
      n_fds += count;
    }

  return n_fds;
}

/* Any error is the end: if the peer closes with unread data, the error is ECONNRESET. */
static gssize
receive (int    fd,
         char  *data,
         int   *fds,
         guint *n_fds)
{
  union
  {
    struct cmsghdr align;
    char buffer[CMSG_SPACE (MAX_FDS_PER_READ * sizeof (int))];
  } control;
  struct iovec iov = { .iov_base = data, .iov_len = CPROC_RECEIVE_CHUNK };
  struct msghdr header = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };
  gssize length;

  do
    length = recvmsg (fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);

  if (length < 0 && errno == ENOTSOCK)
    {
      *n_fds = 0;
      do
        length = read (fd, data, CPROC_RECEIVE_CHUNK);
      while (length < 0 && errno == EINTR);

      return length;
    }

  /* MSG_CTRUNC, when this process has no descriptors left, needs no special care: the frame whose
   * descriptor is missing is refused. */
  *n_fds = length < 0 || header.msg_controllen == 0 ? 0 : collect_fds (&header, fds);

  return length;
}

static CprocReceiveResult
receive_result (gssize length)
{
  if (length > 0)
    return CPROC_RECEIVE_DATA;

  if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return CPROC_RECEIVE_AGAIN;

  return CPROC_RECEIVE_END;
}

/* Reads the middle of a large message directly into its place, which saves a copy. A read that
 * brings anything beside bytes of that message goes the usual way. */
static CprocReceiveResult
receive_queue_receive (CprocReceiveQueue *self,
                       int                fd,
                       CprocReceiveChunk *chunk,
                       int               *fds,
                       guint             *n_fds,
                       gsize             *length)
{
  char *place =
    self->head == NULL ? cproc_frame_splitter_get_place (&self->frames, CPROC_RECEIVE_CHUNK) : NULL;
  gssize received = receive (fd, place != NULL ? place : chunk->data, fds, n_fds);
  CprocReceiveResult result = receive_result (received);

  *length = result == CPROC_RECEIVE_DATA ? received : 0;
  if (result != CPROC_RECEIVE_DATA ||
      (place != NULL && *n_fds == 0 && cproc_frame_splitter_take_placed (&self->frames, received)))
    return result;

  if (place != NULL)
    memcpy (chunk->data, place, received);
  chunk->length = received;

  return result;
}

CprocReceiveResult
cproc_receive_queue_receive (CprocReceiveQueue *self,
                             int                fd,
                             gsize             *length)
{
  int fds[MAX_FDS_PER_READ];
  CprocReceiveChunk *chunk = chunk_new ();
  guint n_fds;
  CprocReceiveResult result = receive_queue_receive (self, fd, chunk, fds, &n_fds, length);

  if (chunk->length == 0)
    {
      cproc_fd_closer_push_all (fds, n_fds);
      chunk_free (chunk);
      return result;
    }

  if (n_fds > 0)
    {
      chunk->fd = fds[0];
      self->n_fds++;
      cproc_fd_closer_push_all (fds + 1, n_fds - 1);
    }

  self->bytes += chunk->length;

  if (self->head == NULL)
    {
      self->head = self->tail = chunk;
      return result;
    }

  /* The chunk must wait for an earlier one: shrink it to its contents. */
  if (chunk->length < CPROC_RECEIVE_CHUNK)
    {
      chunk = g_realloc (chunk, sizeof (CprocReceiveChunk) + chunk->length);
      chunk->whole = FALSE;
    }
  self->tail->next = chunk;
  self->tail = chunk;

  return result;
}

gboolean
cproc_receive_queue_has_data (CprocReceiveQueue *self)
{
  return self->head != NULL;
}

gboolean
cproc_receive_queue_is_full (CprocReceiveQueue *self)
{
  return self->bytes >= MAX (self->frames.max_size, MIN_READ_AHEAD) ||
         self->n_fds >= MAX_WAITING_FDS;
}

static void
receive_queue_begin_chunk (CprocReceiveQueue *self)
{
  self->cutting = TRUE;
  cproc_frame_splitter_feed (&self->frames, self->head->data, self->head->length);
}

/* Gives the chunk's descriptor to its last frame. A frame has one descriptor: the first that came
 * for it. */
static void
receive_queue_move_fd (CprocReceiveQueue *self,
                       int               *fd)
{
  CprocReceiveChunk *chunk = self->head;

  if (chunk->fd < 0)
    return;

  self->n_fds--;
  if (*fd < 0)
    *fd = g_steal_fd (&chunk->fd);
  else
    receive_queue_drop_fd (&chunk->fd);
}

static void
receive_queue_end_chunk (CprocReceiveQueue *self)
{
  CprocReceiveChunk *chunk = self->head;

  /* A skipped frame gets no descriptor. */
  if (cproc_frame_splitter_get_partial (&self->frames) > 0)
    receive_queue_move_fd (self, &self->partial_fd);
  else if (chunk->fd >= 0)
    self->n_fds--;

  self->head = chunk->next;
  if (self->head == NULL)
    self->tail = NULL;

  self->bytes -= chunk->length;
  self->cutting = FALSE;
  chunk_free (chunk);
}

CprocFrameKind
cproc_receive_queue_next (CprocReceiveQueue  *self,
                          const char        **text,
                          gsize              *length)
{
  receive_queue_drop_fd (&self->frame_fd);

  while (self->head != NULL)
    {
      CprocFrameKind kind;

      if (!self->cutting)
        receive_queue_begin_chunk (self);

      kind = cproc_frame_splitter_next (&self->frames, text, length);
      if (kind != CPROC_FRAME_NONE)
        {
          self->frame_fd = g_steal_fd (&self->partial_fd);
          if (cproc_frame_splitter_is_exhausted (&self->frames))
            receive_queue_move_fd (self, &self->frame_fd);
          return kind;
        }

      receive_queue_end_chunk (self);
    }

  return CPROC_FRAME_NONE;
}

int
cproc_receive_queue_take_fd (CprocReceiveQueue *self)
{
  return g_steal_fd (&self->frame_fd);
}

void
cproc_receive_queue_expire_fd (CprocReceiveQueue *self)
{
  receive_queue_drop_fd (&self->frame_fd);
}

CprocReceiveResult
cproc_receive_queue_discard (int fd)
{
  int fds[MAX_FDS_PER_READ];
  CprocReceiveChunk *chunk = chunk_new ();
  guint n_fds;
  CprocReceiveResult result = receive_result (receive (fd, chunk->data, fds, &n_fds));

  cproc_fd_closer_push_all (fds, n_fds);
  chunk_free (chunk);

  return result;
}
