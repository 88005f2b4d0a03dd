/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-fd-private.h"

/* Duplicates all of them before anything is sent; NULL with an error if one cannot be. */
static GArray *
dup_fds (GUnixFDList  *fd_list,
         GError      **error)
{
  g_autoptr(GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
  int n_fds = 0;
  const int *list = g_unix_fd_list_peek_fds (fd_list, &n_fds);

  g_array_set_clear_func (fds, (GDestroyNotify) cproc_fd_clear);
  for (int i = 0; i < n_fds; i++)
    {
      int fd = cproc_fd_dup (list[i], error);

      if (fd < 0)
        return NULL;

      g_array_append_val (fds, fd);
    }

  return g_steal_pointer (&fds);
}

/* One frame of the protocol's that takes a descriptor along, which is given away. */
static gboolean
push_handle (CprocChannel  *self,
             const char    *type,
             const char    *extra,
             const char    *json,
             int            fd,
             GError       **error)
{
  g_autoptr(GString) frame = cproc_node_protocol_frame_handle (type, extra, json, strlen (json));
  CprocSendItem item = { .fd = fd };

  g_strdelimit (frame->str, "\r\n", ' ');
  g_string_append_c (frame, '\n');
  item.parts[0] = (struct iovec) { frame->str, frame->len };

  return cproc_channel_push (self, &item, error);
}

static gboolean
check_message (CprocChannel  *self,
               const char    *json,
               GError       **error)
{
  gsize length = strlen (json);

  if (!cproc_channel_check_open (self, error))
    return FALSE;

  /* The other side counts the frame around the message too. */
  if (length > self->max_message_size ||
      self->max_message_size - length < CPROC_NODE_PROTOCOL_MAX_OVERHEAD)
    {
      g_propagate_error (error, cproc_node_protocol_too_large (self->max_message_size));
      return FALSE;
    }

  return cproc_json_check (json, length, error) &&
         cproc_node_protocol_allows_text (json, length, error);
}

static gboolean
send_fds (CprocChannel  *self,
          const char    *json,
          GUnixFDList   *fd_list,
          GError       **error)
{
  g_autoptr(GArray) fds = NULL;
  gboolean sent = TRUE;

  if (g_unix_fd_list_get_length (fd_list) > CPROC_NODE_PROTOCOL_MAX_FDS)
    {
      g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                   _("A message cannot take more than %d descriptors along"),
                   CPROC_NODE_PROTOCOL_MAX_FDS);
      return FALSE;
    }

  if (!check_message (self, json, error) || (fds = dup_fds (fd_list, error)) == NULL)
    return FALSE;

  for (guint i = 0; i < fds->len && sent; i++)
    {
      g_autofree char *extra = NULL;

      if (fds->len > 1)
        extra = g_strdup_printf ("\"index\":%u,\"count\":%u,", i, fds->len);
      sent = push_handle (self, "net.Native", extra, json,
                          g_steal_fd (&g_array_index (fds, int, i)), error);
    }

  return sent;
}

/**
 * cproc_channel_send_with_fds:
 * @self: a channel
 * @json: the message as JSON text
 * @fd_list: (nullable): the descriptors, at most 253
 * @error: return location for an error
 *
 * Sends a message together with file descriptors.
 *
 * A libcproc program at the other end gets one message, whose
 * [method@Message.get_fd_list] has them all, in order. The caller keeps its own: they are
 * duplicated here, and may be closed after the call.
 *
 * ```c
 * g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
 *
 * if (g_unix_fd_list_append (list, fd, &error) >= 0)
 *   cproc_channel_send_with_fds (channel, "\"your log file\"", list, &error);
 * ```
 *
 * A Node program gets the message once with each descriptor, as a handle. Node can only make
 * something of sockets and pipes, and aborts when it gets a regular file or a terminal; for objects
 * of `net` there is [method@Channel.send_socket].
 *
 * An empty list, or `NULL`, is a message without descriptors. The errors are those of
 * [method@Channel.send], and from `G_IO_ERROR` if a descriptor cannot be duplicated.
 *
 * Returns: `TRUE` if the message was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_with_fds (CprocChannel  *self,
                             const char    *json,
                             GUnixFDList   *fd_list,
                             GError       **error)
{
  gboolean sent;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (fd_list == NULL || G_IS_UNIX_FD_LIST (fd_list), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (fd_list == NULL || g_unix_fd_list_get_length (fd_list) == 0)
    return cproc_channel_send_text (self, json, error);

  sent = send_fds (self, json, fd_list, error);
  cproc_channel_notify_sent (self);

  return sent;
}

static gboolean
is_listening (int fd)
{
  int listening = 0;
  socklen_t length = sizeof listening;

  return getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening != 0;
}

/* What Node makes of it at the other end: the handlers of `handleConversion` in its
 * lib/internal/child_process.js. */
static const char *
socket_type (GSocket     *socket,
             const char **extra)
{
  GSocketFamily family = g_socket_get_family (socket);

  *extra = NULL;
  switch (g_socket_get_socket_type (socket))
    {
    case G_SOCKET_TYPE_STREAM:
      if (is_listening (g_socket_get_fd (socket)))
        return "net.Server";
      return g_socket_is_connected (socket) ? "net.Socket" : "net.Native";

    case G_SOCKET_TYPE_DATAGRAM:
      if (family == G_SOCKET_FAMILY_IPV4)
        *extra = "\"dgramType\":\"udp4\",";
      else if (family == G_SOCKET_FAMILY_IPV6)
        *extra = "\"dgramType\":\"udp6\",";
      return *extra != NULL ? "dgram.Socket" : "net.Native";

    case G_SOCKET_TYPE_INVALID:
    case G_SOCKET_TYPE_SEQPACKET:
    default:
      return "net.Native";
    }
}

/**
 * cproc_channel_send_socket:
 * @self: a channel
 * @json: the message as JSON text
 * @socket: the socket that goes with it
 * @error: return location for an error
 *
 * Sends a message together with a socket.
 *
 * A Node program gets an object of its own with the message: a `net.Server` for a listening socket,
 * a `net.Socket` for a connected one, a `dgram.Socket` for one of UDP. A libcproc program gets the
 * descriptor, by [method@Message.get_fd_list].
 *
 * The socket stays open here. Who hands a connection over should close it after this, without
 * shutting it down.
 *
 * ```c
 * if (cproc_channel_send_socket (channel, "\"connection\"", socket, &error))
 *   g_socket_close (socket, NULL);
 * ```
 *
 * The errors are those of [method@Channel.send_with_fds].
 *
 * Returns: `TRUE` if the message was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_socket (CprocChannel  *self,
                           const char    *json,
                           GSocket       *socket,
                           GError       **error)
{
  const char *type, *extra;
  gboolean sent = FALSE;
  int fd;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (G_IS_SOCKET (socket), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (check_message (self, json, error) &&
      (fd = cproc_fd_dup (g_socket_get_fd (socket), error)) >= 0)
    {
      type = socket_type (socket, &extra);
      sent = push_handle (self, type, extra, json, fd, error);
    }
  cproc_channel_notify_sent (self);

  return sent;
}
