/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "cproc-send-queue-private.h"
#include "cproc-pipe-writer-private.h"

/* Small messages share a block, so that a burst of them needs neither an allocation nor an iovec
 * for each. Large messages are written from where they are. */
#define SMALL_BLOCK 4096
#define BLOCK 65536
#define MIN_BORROWED 16384

/* The kernel's buffer for a UNIX socket would not take more parts. */
#define MAX_PARTS 16

/* The most that is written in one go, so that a fast reader does not keep the main loop from other
 * work. */
#define MAX_WRITE (1024 * 1024)

#define MAX_REPLY_BYTES 16384
#define MAX_OWED_PER_WRITE 256

/* ETOOMANYREFS goes away when the other side has received the descriptors on their way, or
 * never. */
#define MAX_TRIES 100

#define ACK "{\"cmd\":\"NODE_HANDLE_ACK\"}\n"
#define NACK "{\"cmd\":\"NODE_HANDLE_NACK\"}\n"

/* A block holds either the text of many frames, or one frame that references its message: then
 * `text` and `tail` follow after `data`. start and end are offsets into the whole. */
struct _CprocSendBlock
{
  CprocSendBlock *next;
  GTask *task;
  CprocMessage *message;
  CprocHandle *handle; /* set until its descriptor has been sent */
  gsize start;
  gsize end;
  gsize capacity;
  gsize data_length;
  struct iovec text;
  struct iovec tail;
  guint part;
  guint tries;
  gsize reply_bytes;
  gboolean has_fd;
  gboolean begun; /* the kernel has a part of it */
  char data[];
};

void
cproc_send_queue_init (CprocSendQueue *self)
{
  *self = (CprocSendQueue) { .done = G_QUEUE_INIT, .failed = G_QUEUE_INIT };
}

static CprocSendBlock *
block_new (gsize capacity)
{
  CprocSendBlock *self = g_malloc (sizeof (CprocSendBlock) + capacity);

  memset (self, 0, sizeof (CprocSendBlock));
  self->capacity = capacity;

  return self;
}

static void
block_free (CprocSendBlock *self)
{
  g_assert (self->task == NULL);
  g_clear_pointer (&self->message, cproc_message_unref);
  g_clear_pointer (&self->handle, cproc_handle_unref);
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

/* Bytes that are removed from the queue are no longer counted. */
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

static void
send_queue_fail_head (CprocSendQueue *self)
{
  CprocSendBlock *block = self->head;

  if (block->end > block->start)
    self->lost = TRUE;

  send_queue_pop (self);
  if (block->handle != NULL)
    cproc_handle_table_unsent (&self->handles, block->handle, CPROC_HANDLE_CLOSED);
  if (block->task != NULL)
    g_queue_push_tail (&self->failed, g_steal_pointer (&block->task));
  block_free (block);
}

void
cproc_send_queue_fail (CprocSendQueue *self)
{
  while (self->head != NULL)
    send_queue_fail_head (self);

  cproc_answer_queue_clear (&self->owed);
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

/* Writes once: never raises SIGPIPE, never blocks. */
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

  if (written < 0 && errno == ENOTSOCK)
    return cproc_pipe_writev (socket_fd, parts, n_parts);

  return written;
}

/* Returns the rest of three parts after the first `offset` bytes; empty parts are left out. */
static guint
skip_parts (const struct iovec *parts,
            gsize               offset,
            struct iovec       *rest)
{
  guint n_rest = 0;

  for (guint i = 0; i < CPROC_SEND_PARTS; i++)
    {
      gsize skipped = MIN (offset, parts[i].iov_len);

      offset -= skipped;
      if (skipped == parts[i].iov_len)
        continue;

      rest[n_rest].iov_base = (char *) parts[i].iov_base + skipped;
      rest[n_rest++].iov_len = parts[i].iov_len - skipped;
    }

  return n_rest;
}

static gssize
send_item (const CprocSendItem *item,
           int                  socket_fd)
{
  struct iovec parts[CPROC_SEND_PARTS];
  guint n_parts = skip_parts (item->parts, 0, parts);
  int fd = item->has_fd ? cproc_message_peek_fd (item->message, item->part) : -1;

  return send_parts (socket_fd, parts, n_parts, fd);
}

CprocSendResult
cproc_send_queue_write_now (CprocSendQueue *self,
                            CprocSendItem  *item,
                            int             socket_fd,
                            gsize          *written)
{
  gssize n = send_item (item, socket_fd);

  *written = MAX (n, 0);
  if (n < 0)
    return write_result (errno);

  if (n > 0 && item->has_fd)
    {
      cproc_handle_table_add_sent (&self->handles, item->handle);
      item->has_fd = FALSE;
    }

  return *written == cproc_send_item_get_length (item) ? CPROC_SEND_EMPTY : CPROC_SEND_BLOCKED;
}

static void
block_append (CprocSendBlock      *self,
              const CprocSendItem *item,
              gsize                offset)
{
  struct iovec rest[CPROC_SEND_PARTS];
  guint n_rest = skip_parts (item->parts, offset, rest);

  for (guint i = 0; i < n_rest; i++)
    {
      memcpy (self->data + self->data_length, rest[i].iov_base, rest[i].iov_len);
      self->data_length += rest[i].iov_len;
    }

  self->end = self->data_length;
}

static gboolean
item_is_borrowed (const CprocSendItem *item)
{
  return item->message != NULL && item->parts[1].iov_len >= MIN_BORROWED;
}

static gboolean
block_can_take (const CprocSendBlock *self,
                const CprocSendItem  *item,
                gsize                 length)
{
  return self != NULL && self->task == NULL && item->task == NULL &&
         self->message == NULL && !item->has_fd && !item_is_borrowed (item) &&
         self->capacity - self->data_length >= length;
}

/* Makes a block whose text stays in the message. */
static CprocSendBlock *
block_new_borrowed (const CprocSendItem *item,
                    gsize                offset)
{
  CprocSendBlock *self = block_new (item->parts[0].iov_len);

  if (item->parts[0].iov_len > 0)
    memcpy (self->data, item->parts[0].iov_base, item->parts[0].iov_len);
  self->data_length = item->parts[0].iov_len;
  self->text = item->parts[1];
  self->tail = item->parts[2];
  self->start = offset;
  self->end = cproc_send_item_get_length (item);

  return self;
}

static CprocSendBlock *
block_new_for_item (CprocSendQueue      *self,
                    const CprocSendItem *item,
                    gsize                offset)
{
  gsize length = cproc_send_item_get_length (item) - offset;
  CprocSendBlock *block;

  if (item_is_borrowed (item))
    block = block_new_borrowed (item, offset);
  else if (item->task == NULL && !item->has_fd)
    block = block_new (MAX (length, self->head == NULL ? SMALL_BLOCK : BLOCK));
  else
    block = block_new (length);

  if (item->has_fd || item_is_borrowed (item))
    block->message = cproc_message_ref (item->message);
  block->part = item->part;
  block->has_fd = item->has_fd;
  if (item->has_fd)
    block->handle = cproc_handle_ref (item->handle);
  block->task = item->task;
  block->begun = offset > 0;

  return block;
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
      block = block_new_for_item (self, item, offset);
      send_queue_append_block (self, block);
    }

  if (!item_is_borrowed (item))
    block_append (block, item, offset);

  self->bytes += length;
}

static void
send_queue_push_reply (CprocSendQueue *self,
                       const char     *text,
                       gsize           length)
{
  CprocSendItem item = { .parts = { { (char *) text, length } } };

  cproc_send_queue_push (self, &item, 0);
  self->tail->reply_bytes += length;
  self->reply_bytes += length;
}

static void
send_queue_push_answer (CprocSendQueue  *self,
                        CprocHandleFate  fate)
{
  const char *text = fate == CPROC_HANDLE_ARRIVED ? ACK : NACK;

  send_queue_push_reply (self, text, strlen (text));
}

void
cproc_send_queue_push_answer (CprocSendQueue  *self,
                              CprocHandleFate  fate)
{
  if (!g_queue_is_empty (&self->owed.runs) || self->reply_bytes > MAX_REPLY_BYTES)
    cproc_answer_queue_push (&self->owed, fate);
  else
    send_queue_push_answer (self, fate);
}

void
cproc_send_queue_push_reply (CprocSendQueue *self,
                             const char     *text,
                             gsize           length)
{
  if (self->reply_bytes <= MAX_REPLY_BYTES)
    send_queue_push_reply (self, text, length);
}

/* Gathers what one call can send, from the head on. A descriptor goes with the first byte of its
 * own block, and no other block follows in the same call: the receiver may rely on that. */
static guint
send_queue_gather (CprocSendQueue *self,
                   struct iovec   *parts)
{
  guint n_parts = 0;

  for (CprocSendBlock *block = self->head;
       block != NULL && n_parts + CPROC_SEND_PARTS <= MAX_PARTS;
       block = block->next)
    {
      const struct iovec all[] = { { block->data, block->data_length }, block->text, block->tail };

      if (block->has_fd && block != self->head)
        break;

      n_parts += skip_parts (all, block->start, parts + n_parts);

      if (block->has_fd)
        break;
    }

  return n_parts;
}

/* Removes the first block, which is written or given up. */
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
  /* The kernel has passed the descriptor with the first byte. */
  if (written > 0 && self->head->has_fd)
    {
      self->head->has_fd = FALSE;
      cproc_handle_table_add_sent (&self->handles, self->head->handle);
      g_clear_pointer (&self->head->handle, cproc_handle_unref);
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
send_queue_pay_answers (CprocSendQueue *self)
{
  CprocHandleFate fate;

  for (guint i = 0; i < MAX_OWED_PER_WRITE && cproc_answer_queue_pop (&self->owed, &fate); i++)
    send_queue_push_answer (self, fate);
}

/* Removes the rest of the first message, because a frame never goes without its descriptor. */
static void
send_queue_give_up_head (CprocSendQueue  *self,
                         CprocHandleFate  fate)
{
  CprocHandle *handle = cproc_handle_ref (self->head->handle);

  while (self->head != NULL && self->head->handle == handle)
    {
      cproc_handle_table_unsent (&self->handles, handle, fate);
      send_queue_finish_head (self);
    }

  cproc_handle_unref (handle);
}

/* Counts the attempts to pass a descriptor. After too many, removes the message, so that others go
 * first, and returns TRUE. */
static gboolean
send_queue_count_try (CprocSendQueue *self)
{
  CprocSendBlock *block = self->head;

  if (!block->has_fd || ++block->tries < MAX_TRIES)
    return FALSE;

  send_queue_give_up_head (self, CPROC_HANDLE_UNSENT);

  return TRUE;
}

/* Returns the descriptor of the first frame, or -1. If the user has taken it out of the message
 * meanwhile, the frame is not sent. */
static int
send_queue_peek_fd (CprocSendQueue *self)
{
  int fd = -1;

  while (self->head != NULL && self->head->has_fd &&
         (fd = cproc_message_peek_fd (self->head->message, self->head->part)) < 0)
    send_queue_give_up_head (self, CPROC_HANDLE_EMPTIED);

  return fd;
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
      int fd;

      if (self->reply_bytes <= MAX_REPLY_BYTES)
        send_queue_pay_answers (self);

      fd = send_queue_peek_fd (self);
      if (self->head == NULL)
        return CPROC_SEND_EMPTY;

      n_parts = send_queue_gather (self, parts);
      for (guint i = 0; i < n_parts; i++)
        wanted += parts[i].iov_len;

      written = wanted > 0 ? send_parts (socket_fd, parts, n_parts, fd) : 0;
      if (written < 0)
        {
          CprocSendResult result = write_result (errno);

          if (result == CPROC_SEND_RETRY && send_queue_count_try (self))
            continue;
          return result;
        }

      send_queue_consume (self, written);
      total += written;
      if ((gsize) written < wanted || (total >= MAX_WRITE && self->head != NULL))
        return CPROC_SEND_BLOCKED;
    }
}

/* Removes the blocks from first to last. before: the block before them, or NULL. */
static void
send_queue_cut (CprocSendQueue *self,
                CprocSendBlock *before,
                CprocSendBlock *first,
                CprocSendBlock *last)
{
  CprocSendBlock *rest = last->next;

  if (before != NULL)
    before->next = rest;
  else
    self->head = rest;
  if (rest == NULL)
    self->tail = before;

  while (first != rest)
    {
      CprocSendBlock *block = first;

      first = block->next;
      send_queue_forget_block (self, block);
      block_free (block);
    }
}

gboolean
cproc_send_queue_withdraw (CprocSendQueue *self,
                           GTask          *task)
{
  CprocSendBlock *previous = NULL;
  /* The first queued frame of the current message; NULL if it has been written. */
  CprocSendBlock *first = NULL;
  CprocSendBlock *before = NULL;

  for (CprocSendBlock *block = self->head; block != NULL; previous = block, block = block->next)
    {
      if (block->part == 0)
        {
          first = block;
          before = previous;
        }

      if (block->task != task)
        continue;

      if (first == NULL || first->begun)
        return FALSE;

      block->task = NULL;
      send_queue_cut (self, before, first, block);
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
