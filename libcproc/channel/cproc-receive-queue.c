/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cproc-receive-queue-private.h"
#include "cproc-message-private.h"

/* The kernel passes at most this many descriptors at once (SCM_MAX_FD). With room for all of them
 * none is lost unseen, and what is too many is closed here. */
#define MAX_FDS_PER_READ 253

/* A descriptor is used by the frame that it comes with; this is room for peers that are less
 * exact, and a bound for those that mean harm. */
#define MAX_PENDING_FDS 64

/* Read ahead as far as a message may go, and at least this. */
#define MIN_READ_AHEAD (1024 * 1024)

#define CPROC_IN_CURRENT G_MAXUINT

struct _CprocInChunk
{
  CprocInChunk *next;
  int *fds;
  guint n_fds;
  gboolean whole; /* has the full capacity, and so is of use to another read */
  gsize length;
  char data[];
};

/* One chunk for each thread, so that reading costs no allocation and an idle channel no memory:
 * `oneway` takes 0.97 of the time. */
static GPrivate spare_chunk = G_PRIVATE_INIT (g_free);

static CprocInChunk *
chunk_new (void)
{
  CprocInChunk *self = g_private_get (&spare_chunk);

  if (self != NULL)
    g_private_set (&spare_chunk, NULL);
  else
    self = g_malloc (sizeof (CprocInChunk) + CPROC_IN_CHUNK);

  self->next = NULL;
  self->fds = NULL;
  self->n_fds = 0;
  self->whole = TRUE;
  self->length = 0;

  return self;
}

static void
close_fds (const int *fds,
           guint      n_fds)
{
  for (guint i = 0; i < n_fds; i++)
    close (fds[i]);
}

static void
chunk_free (CprocInChunk *self)
{
  close_fds (self->fds, self->n_fds);
  g_free (self->fds);

  if (self->whole && g_private_get (&spare_chunk) == NULL)
    g_private_set (&spare_chunk, self);
  else
    g_free (self);
}

void
cproc_in_init (CprocIn *self,
               guint64  max_size)
{
  *self = (CprocIn) { 0 };
  cproc_frames_init (&self->frames, sizeof (CprocMessage), max_size);
}

static void
in_drop_pending (CprocIn *self)
{
  for (guint i = 0; i < self->n_pending; i++)
    close (self->pending[i].fd);

  self->n_pending = 0;
  g_clear_pointer (&self->pending, g_free);
}

void
cproc_in_clear (CprocIn *self)
{
  cproc_frames_clear (&self->frames);
  self->cutting = FALSE;

  while (self->head != NULL)
    {
      CprocInChunk *chunk = self->head;

      self->head = chunk->next;
      chunk_free (chunk);
    }

  self->tail = NULL;
  self->bytes = 0;
  self->n_chunk_fds = 0;
  in_drop_pending (self);
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

/* Any error is the end: a peer that went with something of ours unread makes it ECONNRESET. */
static gssize
receive (int   fd,
         char *data,
         int  *fds,
         guint *n_fds)
{
  union
  {
    struct cmsghdr align;
    char buffer[CMSG_SPACE (MAX_FDS_PER_READ * sizeof (int))];
  } control;
  struct iovec iov = { .iov_base = data, .iov_len = CPROC_IN_CHUNK };
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

  /* MSG_CTRUNC, when there are no numbers left here, needs no care of its own: the frame whose
   * descriptor is missing is refused. */
  *n_fds = length < 0 || header.msg_controllen == 0 ? 0 : collect_fds (&header, fds);

  return length;
}

static CprocInResult
receive_result (gssize length)
{
  if (length > 0)
    return CPROC_IN_DATA;

  if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return CPROC_IN_AGAIN;

  return CPROC_IN_END;
}

/* The middle of a large message is read to where it is kept: `echo-1m` takes 0.94 of the
 * processor's time. What has more to it than bytes of that message goes the usual way. */
static CprocInResult
in_receive (CprocIn      *self,
            int           fd,
            CprocInChunk *chunk,
            int          *fds,
            guint        *n_fds,
            gsize        *length)
{
  char *place =
    self->head == NULL ? cproc_frames_get_place (&self->frames, CPROC_IN_CHUNK) : NULL;
  gssize received = receive (fd, place != NULL ? place : chunk->data, fds, n_fds);
  CprocInResult result = receive_result (received);

  *length = result == CPROC_IN_DATA ? received : 0;
  if (result != CPROC_IN_DATA ||
      (place != NULL && *n_fds == 0 && cproc_frames_take_placed (&self->frames, received)))
    return result;

  if (place != NULL)
    memcpy (chunk->data, place, received);
  chunk->length = received;

  return result;
}

CprocInResult
cproc_in_receive (CprocIn *self,
                  int      fd,
                  gsize   *length)
{
  int fds[MAX_FDS_PER_READ];
  CprocInChunk *chunk = chunk_new ();
  guint n_fds, n_kept;
  CprocInResult result = in_receive (self, fd, chunk, fds, &n_fds, length);

  if (chunk->length == 0)
    {
      close_fds (fds, n_fds);
      chunk_free (chunk);
      return result;
    }

  n_kept = MIN (n_fds, MAX_PENDING_FDS);
  close_fds (fds + n_kept, n_fds - n_kept);
  if (n_kept > 0)
    {
      chunk->fds = g_memdup2 (fds, n_kept * sizeof (int));
      chunk->n_fds = n_kept;
      self->n_chunk_fds += n_kept;
    }

  self->bytes += chunk->length;

  if (self->head == NULL)
    {
      self->head = self->tail = chunk;
      return result;
    }

  /* It has to wait behind another one: no longer than it must be. */
  if (chunk->length < CPROC_IN_CHUNK)
    {
      chunk = g_realloc (chunk, sizeof (CprocInChunk) + chunk->length);
      chunk->whole = FALSE;
    }
  self->tail->next = chunk;
  self->tail = chunk;

  return result;
}

gboolean
cproc_in_has_data (CprocIn *self)
{
  return self->head != NULL;
}

gboolean
cproc_in_is_full (CprocIn *self)
{
  return self->bytes >= MAX (self->frames.max_size, MIN_READ_AHEAD) ||
         self->n_chunk_fds >= MAX_PENDING_FDS;
}

static void
in_await_frames (CprocIn      *self,
                 CprocInChunk *chunk)
{
  guint n_kept = MIN (chunk->n_fds, MAX_PENDING_FDS - self->n_pending);

  if (self->pending == NULL)
    self->pending = g_new (CprocPendingFd, MAX_PENDING_FDS);

  for (guint i = 0; i < n_kept; i++)
    self->pending[self->n_pending++] = (CprocPendingFd) { chunk->fds[i], CPROC_IN_CURRENT };
  close_fds (chunk->fds + n_kept, chunk->n_fds - n_kept);

  self->n_chunk_fds -= chunk->n_fds;
  chunk->n_fds = 0;
}

/* The chunk becomes the one being cut, its descriptors wait for their frames. */
static void
in_begin_chunk (CprocIn *self)
{
  CprocInChunk *chunk = self->head;

  if (chunk->n_fds > 0)
    in_await_frames (self, chunk);

  self->cutting = TRUE;
  cproc_frames_feed (&self->frames, chunk->data, chunk->length);
}

static void
in_end_chunk (CprocIn *self)
{
  CprocInChunk *chunk = self->head;
  /* A frame that has begun may have had its descriptor on its first byte. */
  guint grace = cproc_frames_get_partial (&self->frames) > 0 ? 1 : 0;

  for (guint i = 0; i < self->n_pending; i++)
    {
      if (self->pending[i].grace == CPROC_IN_CURRENT)
        self->pending[i].grace = grace;
    }

  self->head = chunk->next;
  if (self->head == NULL)
    self->tail = NULL;

  self->bytes -= chunk->length;
  self->cutting = FALSE;
  chunk_free (chunk);
}

CprocFrameKind
cproc_in_next (CprocIn     *self,
               const char **text,
               gsize       *length)
{
  while (self->head != NULL)
    {
      CprocFrameKind kind;

      if (!self->cutting)
        in_begin_chunk (self);

      kind = cproc_frames_next (&self->frames, text, length);
      if (kind != CPROC_FRAME_NONE)
        return kind;

      in_end_chunk (self);
    }

  return CPROC_FRAME_NONE;
}

static void
in_remove_pending (CprocIn *self,
                   guint    index)
{
  self->n_pending--;
  memmove (self->pending + index, self->pending + index + 1,
           (self->n_pending - index) * sizeof (CprocPendingFd));

  if (self->n_pending == 0)
    g_clear_pointer (&self->pending, g_free);
}

int
cproc_in_take_fd (CprocIn *self)
{
  int fd;

  if (self->n_pending == 0)
    return -1;

  fd = self->pending[0].fd;
  in_remove_pending (self, 0);

  return fd;
}

void
cproc_in_pass_fds (CprocIn *self)
{
  guint i = 0;

  while (i < self->n_pending)
    {
      CprocPendingFd *pending = &self->pending[i];

      if (pending->grace == 0)
        {
          close (pending->fd);
          in_remove_pending (self, i);
          continue;
        }

      if (pending->grace != CPROC_IN_CURRENT)
        pending->grace--;
      i++;
    }
}

CprocInResult
cproc_in_discard (int fd)
{
  int fds[MAX_FDS_PER_READ];
  CprocInChunk *chunk = chunk_new ();
  guint n_fds;
  CprocInResult result = receive_result (receive (fd, chunk->data, fds, &n_fds));

  close_fds (fds, n_fds);
  chunk_free (chunk);

  return result;
}
