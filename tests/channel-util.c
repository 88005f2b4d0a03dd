/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "channel-util.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
on_message (CprocChannel *channel,
            CprocMessage *message,
            gpointer      user_data)
{
  End *self = user_data;
  GUnixFDList *list = cproc_message_get_fd_list (message);

  g_assert_true (channel == self->channel);
  g_assert_cmpuint (self->n_disconnected, ==, 0);
  self->n_messages++;
  if (self->log->len > 1024 * 1024)
    return;

  g_string_append (self->log, cproc_message_get_text (message));
  if (list != NULL)
    g_string_append_printf (self->log, " +%d", g_unix_fd_list_get_length (list));
  g_string_append_c (self->log, '\n');
}

static void
on_invalid_message (CprocChannel *channel,
                    GError       *error,
                    gpointer      user_data)
{
  End *self = user_data;

  g_assert_true (channel == self->channel);
  g_assert_cmpuint (self->n_disconnected, ==, 0);
  self->n_invalid++;
  g_assert_cmpstr (g_quark_to_string (error->domain), ==, "cproc-error-quark");
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (self->log->len > 1024 * 1024)
    return;

  g_string_append (self->log, error->code == CPROC_ERROR_MESSAGE_TOO_LARGE ? "too large\n"
                                                                           : "invalid\n");
}

static void
on_disconnected (CprocChannel *channel,
                 gpointer      user_data)
{
  End *self = user_data;

  g_assert_true (channel == self->channel);
  g_assert_false (cproc_channel_get_connected (channel));
  self->n_disconnected++;
  g_string_append (self->log, "disconnected\n");
}

End *
end_new_for_fd (int fd)
{
  g_autoptr(GError) error = NULL;
  End *self = g_new0 (End, 1);

  self->log = g_string_new (NULL);
  self->channel = cproc_channel_new ();
  g_signal_connect (self->channel, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->channel, "invalid-message", G_CALLBACK (on_invalid_message), self);
  g_signal_connect (self->channel, "disconnected", G_CALLBACK (on_disconnected), self);
  cproc_channel_open (self->channel, fd, NULL, &error);
  g_assert_no_error (error);

  return self;
}

static void
make_pair (int fds[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
}

End *
end_new (int *peer_fd)
{
  int fds[2];

  make_pair (fds);
  *peer_fd = fds[1];

  return end_new_for_fd (fds[0]);
}

void
end_new_pair (End **a,
              End **b)
{
  int fds[2];

  make_pair (fds);
  *a = end_new_for_fd (fds[0]);
  *b = end_new_for_fd (fds[1]);
}

void
end_free (End *self)
{
  if (self->channel != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->channel, self);
      g_assert_finalize_object (self->channel);
    }
  g_string_free (self->log, TRUE);
  g_free (self);
}

void
run_until (guint *count,
           guint  reached)
{
  while (*count < reached)
    g_main_context_iteration (NULL, TRUE);
}

void
run_until_disconnected (End *self)
{
  run_until (&self->n_disconnected, 1);
}

void
run_pending (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
write_string (int         fd,
              const char *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize n = send (fd, text, length, MSG_NOSIGNAL);

      g_assert_cmpint (n, >, 0);
      text += n;
      length -= n;
    }
}

void
write_with_fds (int         fd,
                const char *text,
                const int  *fds,
                guint       n_fds)
{
  g_autofree struct cmsghdr *cmsg = g_malloc0 (CMSG_SPACE (n_fds * sizeof (int)));
  struct iovec iov = { (char *) text, strlen (text) };
  struct msghdr header = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = cmsg,
    .msg_controllen = CMSG_SPACE (n_fds * sizeof (int)),
  };

  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (n_fds * sizeof (int));
  memcpy (CMSG_DATA (cmsg), fds, n_fds * sizeof (int));
  g_assert_cmpint (sendmsg (fd, &header, MSG_NOSIGNAL), ==, iov.iov_len);
}

char *
read_available (int fd)
{
  GString *text = g_string_new (NULL);
  char buffer[65536];
  gssize n;

  while ((n = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    g_string_append_len (text, buffer, n);

  return g_string_free (text, FALSE);
}

void
assert_reads (int         fd,
              const char *expected)
{
  g_autofree char *text = read_available (fd);

  g_assert_cmpstr (text, ==, expected);
}

/* The other end of this pipe or socket. */
gboolean
is_closed (int fd)
{
  struct pollfd poll_fd = { .fd = fd };

  return poll (&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLERR)) != 0;
}

guint
count_fds (void)
{
  GMainContext *context = g_main_context_default (); /* has one of its own from now on */
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (context);
  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

gsize
get_resident (void)
{
  g_autofree char *text = NULL;
  gulong total, resident;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%lu %lu", &total, &resident), ==, 2);

  return resident * sysconf (_SC_PAGESIZE);
}
