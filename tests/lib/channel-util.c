/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "channel-util.h"
#include "cproc-fd-closer-private.h"

#include <errno.h>
#include <netinet/in.h>
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
on_send_failed (CprocChannel *channel,
                CprocMessage *message,
                GError       *error,
                gpointer      user_data)
{
  End *self = user_data;

  g_assert_true (channel == self->channel);
  g_assert_cmpuint (self->n_disconnected, ==, 0);
  self->n_failed++;
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_string_append_printf (self->log, "failed %s\n", cproc_message_get_text (message));
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
  g_signal_connect (self->channel, "send-failed", G_CALLBACK (on_send_failed), self);
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

int
make_lingering_socket (int *listener)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  socklen_t length = sizeof address;
  struct linger linger = { .l_onoff = 1, .l_linger = 3600 };
  static const char block[65536];
  int tcp = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), pair[2];

  *listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (*listener, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (*listener, 1), ==, 0);
  g_assert_cmpint (getsockname (*listener, (struct sockaddr *) &address, &length), ==, 0);
  g_assert_cmpint (connect (tcp, (struct sockaddr *) &address, length), ==, 0);
  while (send (tcp, block, sizeof block, MSG_DONTWAIT) > 0)
    ;
  g_assert_cmpint (setsockopt (tcp, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==, 0);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  write_with_fds (pair[0], "x", &tcp, 1);
  close (tcp);
  close (pair[0]);

  return pair[1];
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

static void
await_closer (void)
{
  while (!cproc_fd_closer_is_idle ())
    g_thread_yield ();
}

gboolean
is_closed (int fd)
{
  struct pollfd poll_fd = { .fd = fd };

  await_closer ();

  return poll (&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLERR)) != 0;
}

guint
count_fds (void)
{
  GMainContext *context = g_main_context_default (); /* has one of its own from now on */
  g_autoptr(GDir) dir = NULL;
  guint n = 0;

  await_closer ();
  dir = g_dir_open ("/proc/self/fd", 0, NULL);
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

void
end_send (End        *self,
          const char *json)
{
  g_autoptr(GError) error = NULL;
  gboolean sent = send_json (self->channel, json, &error);

  g_assert_no_error (error);
  g_assert_true (sent);
}

void
assert_refuses (CprocChannel *channel,
                const char   *json,
                CprocError    code)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (send_json (channel, json, &error));
  g_assert_error (error, CPROC_ERROR, (int) code);
  g_assert_false (send_json (channel, json, NULL));
}

char *
make_large (gsize length)
{
  char *text = g_strnfill (length, 'x');

  text[0] = text[length - 1] = '"';

  return text;
}

char *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  gsize before;

  do
    {
      g_autofree char *part = NULL;

      before = text->len;
      run_pending ();
      part = read_available (fd);
      g_string_append (text, part);
    }
  while (text->len > before);

  return g_string_free (text, FALSE);
}

static void
log_result (GString    *log,
            const char *name,
            gboolean    done,
            GError     *error)
{
  if (done)
    g_string_append_printf (log, "%s ", name);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_string_append_printf (log, "not-%s:cancelled ", name);
  else
    g_string_append_printf (log, "not-%s:%d ", name, error->code);
}

void
on_sent (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  gboolean done = cproc_channel_send_finish (CPROC_CHANNEL (object), result, &error);

  log_result (user_data, "sent", done, error);
}

void
on_flushed (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  gboolean done = cproc_channel_flush_finish (CPROC_CHANNEL (object), result, &error);

  log_result (user_data, "flushed", done, error);
}

static void
on_message_keep (CprocChannel *channel,
                 CprocMessage *message,
                 gpointer      user_data)
{
  g_ptr_array_add (user_data, cproc_message_ref (message));
}

GPtrArray *
end_keep_messages (End *self)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func ((GDestroyNotify) cproc_message_unref);

  g_signal_connect (self->channel, "message", G_CALLBACK (on_message_keep), messages);

  return messages;
}

int
peek_fd (GPtrArray *messages,
         guint      message,
         guint      index)
{
  GUnixFDList *list = cproc_message_get_fd_list (messages->pdata[message]);
  int n_fds;
  const int *fds;

  g_assert_nonnull (list);
  fds = g_unix_fd_list_peek_fds (list, &n_fds);
  g_assert_cmpuint (n_fds, >, index);

  return fds[index];
}

gboolean
skip_on_valgrind (void)
{
  const char *preloaded = g_getenv ("LD_PRELOAD");

  if (preloaded == NULL || strstr (preloaded, "vgpreload") == NULL)
    return FALSE;

  g_test_skip ("valgrind has limits of its own");

  return TRUE;
}
