/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cproc-send-queue-private.h"

/* Small messages share a block, so that a burst of them costs neither an allocation nor a part of
 * the writev() each: `send` takes 0.31 of the processor's time. */
#define SMALL_BLOCK 4096
#define BLOCK 65536

/* The kernel's buffer for a UNIX socket holds about 200 KiB: more parts would not be taken. */
#define MAX_PARTS 16

/* So that a fast reader does not keep the main loop from everything else. */
#define MAX_WRITE (1024 * 1024)

#define MAX_REPLY_BYTES 16384
#define MAX_OWED_PER_WRITE 256

/* ETOOMANYREFS goes away when the other side has taken what is under way, or never. */
#define MAX_TRIES 100

#define ACK "{\"cmd\":\"NODE_HANDLE_ACK\"}\n"

struct _CprocOutBlock
{
  CprocSendBlock *next;
  GTask *task;
  char *data;
  gsize start;
  gsize end;
  gsize capacity;
  int fd;
  guint tries;
  gsize reply_bytes;
  gboolean begun; /* some of it is with the kernel */
  char inline_data[];
};

void
cproc_send_queue_init (CprocSendQueue *self)
{
  *self = (CprocSendQueue) { .done = G_QUEUE_INIT, .failed = G_QUEUE_INIT };
}

/* storage: given away; else there is room behind the struct. */
static CprocSendBlock *
block_new (gsize  capacity,
           char  *storage)
{
  CprocSendBlock *self = g_malloc (sizeof (CprocSendBlock) + (storage == NULL ? capacity : 0));

  memset (self, 0, sizeof (CprocSendBlock));
  self->data = storage != NULL ? storage : self->inline_data;
  self->capacity = capacity;
  self->fd = -1;

  return self;
}

static void
block_free (CprocSendBlock *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->data != self->inline_data)
    g_free (self->data);
  g_assert (self->task == NULL);
  g_free (self);
}

static void
send_queue_append_block (CprocSendQueue *self,
                         CprocSendBlock *block)
{
  if (self->tail != NULL)
    self->tail->next = block;
  else
    self->head = block;

  self->tail = block;
}

/* What has been cut from the queue is not counted any more. */
static void
send_queue_forget_block (CprocSendQueue *self,
                         CprocSendBlock *block)
{
  self->bytes -= block->end - block->start;
  self->reply_bytes -= block->reply_bytes;
}

static void
send_queue_pop (CprocSendQueue *self)
{
  CprocSendBlock *block = self->head;

  self->head = block->next;
  if (self->head == NULL)
    self->tail = NULL;

  send_queue_forget_block (self, block);
}

void
cproc_send_queue_fail (CprocSendQueue *self)
{
  while (self->head != NULL)
    {
      CprocSendBlock *block = self->head;

      if (block->end > block->start)
        self->lost = TRUE;

      send_queue_pop (self);
      if (block->task != NULL)
        g_queue_push_tail (&self->failed, g_steal_pointer (&block->task));
      block_free (block);
    }

  self->owed_acks = 0;
}

static CprocSendResult
write_result (int errsv)
{
  switch (errsv)
    {
    case EAGAIN:
      return CPROC_SEND_BLOCKED;

    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS:
      return CPROC_SEND_RETRY;

    default:
      return CPROC_SEND_CLOSED;
    }
}

/* One sendmsg(): never a SIGPIPE, never blocking. */
static gssize
send_parts (int           socket_fd,
            struct iovec *parts,
            guint         n_parts,
            int           fd)
{
  union
  {
    struct cmsghdr align;
    char buffer[CMSG_SPACE (sizeof (int))];
  } control;
  struct msghdr header = { .msg_iov = parts, .msg_iovlen = n_parts };
  gssize written;

  if (fd >= 0)
    {
      struct cmsghdr *cmsg;

      memset (&control, 0, sizeof control);
      header.msg_control = &control;
      header.msg_controllen = sizeof control;
      cmsg = CMSG_FIRSTHDR (&header);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (cmsg), &fd, sizeof (int));
    }

  do
    written = sendmsg (socket_fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (written < 0 && errno == EINTR);

  return written;
}

static gssize
send_item (const CprocSendItem *item,
           int                  socket_fd)
{
  struct iovec parts[] = { item->parts[0], item->parts[1] };

  return send_parts (socket_fd, parts, parts[1].iov_len > 0 ? 2 : 1, item->fd);
}

CprocSendResult
cproc_send_queue_write_now (const CprocSendItem *item,
                            int                  socket_fd,
                            gsize               *written)
{
  gssize n = send_item (item, socket_fd);

  *written = MAX (n, 0);
  if (n < 0)
    return write_result (errno);

  return *written == cproc_send_item_get_length (item) ? CPROC_SEND_EMPTY : CPROC_SEND_BLOCKED;
}

static void
block_append (CprocSendBlock      *self,
              const CprocSendItem *item,
              gsize                offset)
{
  for (guint i = 0; i < G_N_ELEMENTS (item->parts); i++)
    {
      gsize skipped = MIN (offset, item->parts[i].iov_len);
      gsize length = item->parts[i].iov_len - skipped;

      if (length > 0)
        memcpy (self->data + self->end, (const char *) item->parts[i].iov_base + skipped, length);
      self->end += length;
      offset -= skipped;
    }
}

static gboolean
block_can_take (const CprocSendBlock *self,
                const CprocSendItem  *item,
                gsize                 length)
{
  return self != NULL && self->task == NULL && item->task == NULL &&
         self->fd < 0 && item->fd < 0 && item->storage == NULL &&
         self->capacity - self->end >= length;
}

static CprocSendBlock *
block_new_for_item (CprocSendQueue      *self,
                    const CprocSendItem *item,
                    gsize                length)
{
  gsize room = length;

  if (item->storage != NULL)
    return block_new (cproc_send_item_get_length (item), item->storage);

  if (item->task == NULL && item->fd < 0)
    room = MAX (length, self->head == NULL ? SMALL_BLOCK : BLOCK);

  return block_new (room, NULL);
}

void
cproc_send_queue_push (CprocSendQueue      *self,
                       const CprocSendItem *item,
                       gsize                offset)
{
  gsize length = cproc_send_item_get_length (item) - offset;
  CprocSendBlock *block = self->tail;

  if (!block_can_take (block, item, length))
    {
      block = block_new_for_item (self, item, length);
      block->fd = item->fd;
      block->task = item->task;
      block->begun = offset > 0;
      send_queue_append_block (self, block);
    }

  if (item->storage != NULL)
    {
      block->data = item->storage;
      block->start = offset;
      block->end = offset + length;
    }
  else
    {
      block_append (block, item, offset);
    }

  self->bytes += length;
}

static void
send_queue_push_reply (CprocSendQueue *self,
                       const char     *text,
                       gsize           length)
{
  CprocSendItem item = { .parts = { { (char *) text, length } }, .fd = -1 };

  cproc_send_queue_push (self, &item, 0);
  self->tail->reply_bytes += length;
  self->reply_bytes += length;
}

void
cproc_send_queue_push_ack (CprocSendQueue *self)
{
  if (self->owed_acks > 0 || self->reply_bytes > MAX_REPLY_BYTES)
    self->owed_acks++;
  else
    send_queue_push_reply (self, ACK, strlen (ACK));
}

void
cproc_send_queue_push_reply (CprocSendQueue *self,
                             const char     *text,
                             gsize           length)
{
  if (self->reply_bytes <= MAX_REPLY_BYTES)
    send_queue_push_reply (self, text, length);
}

/* From the head on, what can go in one call: a descriptor is for the first byte of its own block,
 * and nothing follows in the same call, as the receiver may count on that. */
static guint
send_queue_gather (CprocSendQueue *self,
                   struct iovec   *parts)
{
  guint n_parts = 0;

  for (CprocSendBlock *block = self->head;
       block != NULL && n_parts < MAX_PARTS;
       block = block->next)
    {
      if (n_parts > 0 && block->fd >= 0)
        break;

      parts[n_parts].iov_base = block->data + block->start;
      parts[n_parts].iov_len = block->end - block->start;
      n_parts++;

      if (block->fd >= 0)
        break;
    }

  return n_parts;
}

static void
send_queue_finish_head (CprocSendQueue *self)
{
  CprocSendBlock *block = self->head;

  send_queue_pop (self);
  if (block->task != NULL)
    g_queue_push_tail (&self->done, g_steal_pointer (&block->task));
  block_free (block);
}

static void
send_queue_consume (CprocSendQueue *self,
                    gsize           written)
{
  /* The first byte took the descriptor along. */
  if (written > 0 && self->head->fd >= 0)
    {
      close (self->head->fd);
      self->head->fd = -1;
    }

  while (self->head != NULL && self->head->end - self->head->start <= written)
    {
      written -= self->head->end - self->head->start;
      send_queue_finish_head (self);
    }

  if (written > 0)
    {
      self->head->start += written;
      self->head->begun = TRUE;
      self->bytes -= written;
    }
}

static void
send_queue_pay_acks (CprocSendQueue *self)
{
  for (guint i = 0; i < MAX_OWED_PER_WRITE && self->owed_acks > 0; i++, self->owed_acks--)
    send_queue_push_reply (self, ACK, strlen (ACK));
}

/* A descriptor that the system does not want to pass for so long will not be; the receiver refuses
 * its frame. */
static void
send_queue_count_try (CprocSendQueue *self)
{
  CprocSendBlock *block = self->head;

  if (block->fd < 0 || ++block->tries < MAX_TRIES)
    return;

  close (block->fd);
  block->fd = -1;
}

CprocSendResult
cproc_send_queue_write (CprocSendQueue *self,
                        int             socket_fd)
{
  struct iovec parts[MAX_PARTS];
  gsize total = 0;

  for (;;)
    {
      gsize wanted = 0;
      guint n_parts;
      gssize written;

      if (self->owed_acks > 0 && self->reply_bytes <= MAX_REPLY_BYTES)
        send_queue_pay_acks (self);

      if (self->head == NULL)
        return CPROC_SEND_EMPTY;

      n_parts = send_queue_gather (self, parts);
      for (guint i = 0; i < n_parts; i++)
        wanted += parts[i].iov_len;

      written = wanted > 0 ? send_parts (socket_fd, parts, n_parts, self->head->fd) : 0;
      if (written < 0)
        {
          CprocSendResult result = write_result (errno);

          if (result == CPROC_SEND_RETRY)
            send_queue_count_try (self);
          return result;
        }

      send_queue_consume (self, written);
      total += written;
      if ((gsize) written < wanted || (total >= MAX_WRITE && self->head != NULL))
        return CPROC_SEND_BLOCKED;
    }
}

gboolean
cproc_send_queue_withdraw (CprocSendQueue *self,
                           GTask          *task)
{
  CprocSendBlock *previous = NULL;

  for (CprocSendBlock *block = self->head; block != NULL; previous = block, block = block->next)
    {
      if (block->task != task)
        continue;

      if (block->begun)
        return FALSE;

      if (previous == NULL)
        {
          send_queue_pop (self);
        }
      else
        {
          previous->next = block->next;
          if (self->tail == block)
            self->tail = previous;
          send_queue_forget_block (self, block);
        }

      block->task = NULL;
      block_free (block);
      return TRUE;
    }

  return FALSE;
}

void
cproc_send_queue_foreach (CprocSendQueue *self,
                          GFunc           func,
                          gpointer        user_data)
{
  for (CprocSendBlock *block = self->head; block != NULL; block = block->next)
    {
      if (block->task != NULL)
        func (block->task, user_data);
    }
}
