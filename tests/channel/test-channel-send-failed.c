/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Descriptors that do not arrive: their messages are sent again, or told of. */

#include "config.h"

#include "channel-util.h"
#include "cproc-send-queue-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib-unix.h>

static void
open_pipe (int fds[2])
{
  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
}

static void
count_call (guint *n)
{
  (*n)++;
}

/* A bare end that answers each frame as it is told to: 'A' acknowledges it, 'N' refuses it. */
typedef struct
{
  const char *answers;
  guint n_frames; /* each with its descriptor */
  guint source;
} Refuser;

static gboolean
on_refuser_readable (int          fd,
                     GIOCondition condition,
                     gpointer     user_data)
{
  Refuser *self = user_data;
  char buffer[1000];
  struct iovec iov = { buffer, sizeof buffer };
  union
  {
    struct cmsghdr align;
    char buffer[CMSG_SPACE (sizeof (int))];
  } control;
  struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control };
  gssize n = recvmsg (fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  int received;

  g_assert_cmpint (n, >, 0);
  if (g_str_has_prefix (buffer, "{\"cmd\":\"NODE_HANDLE\""))
    {
      g_assert_nonnull (CMSG_FIRSTHDR (&header));
      memcpy (&received, CMSG_DATA (CMSG_FIRSTHDR (&header)), sizeof received);
      close (received);
      g_assert_cmpuint (self->n_frames, <, strlen (self->answers));
      write_string (fd, self->answers[self->n_frames++] == 'A' ? ACK : NACK);
    }

  return G_SOURCE_CONTINUE;
}

/* What a peer answers to the frames of one message, and what comes of it. */
static void
test_answers (void)
{
  static const struct
  {
    guint n_fds;
    const char *answers;
    gboolean fails;
  } cases[] = {
    { 1, "A", FALSE },
    { 1, "NA", FALSE },
    { 1, "NNA", FALSE },
    { 1, "NNNA", FALSE },
    { 1, "NNNN", TRUE },
    { 2, "AA", FALSE },
    { 2, "NAAA", FALSE },
    { 2, "ANAA", FALSE },
    { 2, "NNNAANAA", FALSE },
    { 2, "ANNANNAN", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint before = count_fds ();
      GUnixFDList *list = g_unix_fd_list_new ();
      Refuser refuser = { .answers = cases[i].answers };
      int fds[2], peer;
      End *a = end_new (&peer);

      open_pipe (fds);
      for (guint n = 0; n < cases[i].n_fds; n++)
        g_unix_fd_list_append (list, fds[1], NULL);
      close (fds[1]);
      refuser.source = g_unix_fd_add (peer, G_IO_IN, on_refuser_readable, &refuser);
      g_assert_true (send_json_with_fds (a->channel, "1", list, NULL));
      g_object_unref (list);
      end_send (a, "2");

      /* The message keeps its descriptors until it has arrived or failed. */
      while (!is_closed (fds[0]))
        g_main_context_iteration (NULL, TRUE);
      run_pending ();
      g_assert_cmpuint (refuser.n_frames, ==, strlen (cases[i].answers));
      g_assert_cmpstr (a->log->str, ==, cases[i].fails ? "failed 1\n" : "");

      g_source_remove (refuser.source);
      close (fds[0]);
      close (peer);
      end_free (a);
      g_assert_cmpuint (count_fds (), ==, before);
    }
}

/* Nothing asks for messages here, and yet the answer is read; the message in front of it comes when
 * something asks. */
static void
test_answer_unheard (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  guint n_messages = 0;
  int fds[2], peer;
  End *a = end_new (&peer);

  g_signal_handlers_disconnect_matched (a->channel, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, a);
  open_pipe (fds);
  g_unix_fd_list_append (list, fds[1], NULL);
  close (fds[1]);
  g_assert_true (send_json_with_fds (a->channel, "1", list, NULL));
  g_clear_object (&list);
  run_pending ();
  g_assert_false (is_closed (fds[0]));
  assert_reads (peer, HANDLE ("1"));
  write_string (peer, "2\n" ACK "3\n");
  run_pending ();
  g_assert_true (is_closed (fds[0]));
  g_signal_connect_swapped (a->channel, "message", G_CALLBACK (count_call), &n_messages);
  run_until (&n_messages, 2);
  close (fds[0]);
  close (peer);
  end_free (a);
}

/* The channel ends before a message that was refused is sent again: a warning tells where nothing
 * is connected. */
static void
test_refused_at_end (void)
{
  for (guint heard = 0; heard < 2; heard++)
    {
      g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
      int null = open ("/dev/null", O_RDWR | O_CLOEXEC), peer;
      End *a = end_new (&peer);

      if (!heard)
        {
          guint id = g_signal_lookup ("send-failed", CPROC_TYPE_CHANNEL);

          g_signal_handlers_disconnect_matched (a->channel, G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DATA,
                                                id, 0, NULL, NULL, a);
          g_test_expect_message ("libcproc", G_LOG_LEVEL_WARNING, "*did not arrive*");
        }
      g_unix_fd_list_append (list, null, NULL);
      g_assert_true (send_json_with_fds (a->channel, "1", list, NULL));
      write_string (peer, NACK "2\n");
      run_until (&a->n_messages, 1);
      cproc_channel_close (a->channel);
      run_until_disconnected (a);
      g_test_assert_expected_messages ();
      g_assert_cmpstr (a->log->str, ==, heard ? "2\nfailed 1\ndisconnected\n"
                                              : "2\ndisconnected\n");
      close (null);
      close (peer);
      end_free (a);
    }
}

static guint n_short; /* so many descriptors the system does not pass on */

/* In place of the C library's. */
gssize
sendmsg (int                  fd,
         const struct msghdr *message,
         int                  flags)
{
  if (message->msg_controllen > 0 && n_short > 0)
    {
      n_short--;
      errno = ETOOMANYREFS;
      return -1;
    }

  return syscall (SYS_sendmsg, fd, message, flags);
}

/* What is in the queue, as often as it takes. */
static void
write_until_settled (CprocSendQueue *queue,
                     int             fd)
{
  for (guint i = 0; i < 1000 && queue->head != NULL; i++)
    g_assert_cmpint (cproc_send_queue_write (queue, fd), !=, CPROC_SEND_CLOSED);

  g_assert_null (queue->head);
}

static void
push_part (CprocSendQueue *queue,
           CprocHandle    *handle,
           guint           part)
{
  CprocSendItem item = {
    .parts = { { NULL, 0 }, { (char *) handle->message->text, handle->message->length } },
    .message = handle->message,
    .part = part,
    .has_fd = TRUE,
    .handle = handle,
  };

  cproc_send_queue_push (queue, &item, 0);
}

/* The system never passes the descriptor on. Later messages are sent, no frame is sent without its
 * descriptor, and after three more tries the failure is reported. */
static void
test_unsent (void)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(CprocMessage) message = cproc_message_new_text ("1", NULL);
  g_autoptr(CprocMessage) told = NULL;
  g_autoptr(GError) error = NULL;
  int pair[2], null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  CprocSendQueue queue;
  CprocHandle *handle;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_unix_fd_list_append (list, null, NULL);
  g_unix_fd_list_append (list, null, NULL);
  g_assert_true (cproc_message_set_fd_list (message, list, NULL));
  cproc_send_queue_init (&queue);
  handle = cproc_handle_new (message, 2);
  n_short = G_MAXUINT;

  for (guint try = 0; try <= CPROC_HANDLE_MAX_RESENDS; try++)
    {
      CprocSendItem plain = { .parts = { { (char *) "2", 1 } } };

      g_assert_cmpuint (queue.handles.failed.length, ==, 0);
      push_part (&queue, handle, 0);
      push_part (&queue, handle, 1);
      cproc_send_queue_push (&queue, &plain, 0);
      cproc_handle_unref (handle);
      write_until_settled (&queue, pair[0]);
      assert_reads (pair[1], "2");
      handle = cproc_handle_table_take_due (&queue.handles, G_MAXINT64);
    }

  g_assert_null (handle);
  told = cproc_handle_table_take_failed (&queue.handles, &error);
  g_assert_true (told == message);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  n_short = 0;
  close (pair[0]);
  close (pair[1]);
  close (null);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-send-failed/answers", test_answers);
  g_test_add_func ("/channel-send-failed/answer-unheard", test_answer_unheard);
  g_test_add_func ("/channel-send-failed/refused-at-end", test_refused_at_end);
  g_test_add_func ("/channel-send-failed/unsent", test_unsent);

  return g_test_run ();
}
