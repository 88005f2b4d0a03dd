/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "libcproc.h"

G_BEGIN_DECLS

/* Makes a message, sets its descriptors and sends it, in one call. FALSE with the first error.
 * fds, socket: NULL for none. */

static inline gboolean
send_made_message (gpointer       to,
                   CprocMessage  *message,
                   GUnixFDList   *fds,
                   GSocket       *socket,
                   GError       **error)
{
  g_autoptr(CprocMessage) sent = message;

  if (sent == NULL ||
      (fds != NULL && !cproc_message_set_fd_list (sent, fds, error)) ||
      (socket != NULL && !cproc_message_set_socket (sent, socket, error)))
    return FALSE;

  return CPROC_IS_WORKER (to) ? cproc_worker_send (to, sent, error)
                              : cproc_channel_send (to, sent, error);
}

static inline gboolean
send_json (gpointer      to,
           const char   *json,
           GError      **error)
{
  return send_made_message (to, cproc_message_new_text (json, error), NULL, NULL, error);
}

static inline gboolean
send_node (gpointer      to,
           JsonNode     *node,
           GError      **error)
{
  return send_made_message (to, cproc_message_new_node (node, error), NULL, NULL, error);
}

static inline gboolean
send_variant (gpointer      to,
              GVariant     *variant,
              GError      **error)
{
  return send_made_message (to, cproc_message_new_variant (variant, error), NULL, NULL, error);
}

static inline gboolean
send_json_with_fds (gpointer      to,
                    const char   *json,
                    GUnixFDList  *fds,
                    GError      **error)
{
  return send_made_message (to, cproc_message_new_text (json, error), fds, NULL, error);
}

static inline gboolean
send_json_with_socket (gpointer      to,
                       const char   *json,
                       GSocket      *socket,
                       GError      **error)
{
  return send_made_message (to, cproc_message_new_text (json, error), NULL, socket, error);
}

/* json: valid. */
static inline void
send_json_async (gpointer             to,
                 const char          *json,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  g_autoptr(CprocMessage) message = cproc_message_new_text (json, NULL);

  g_assert_nonnull (message);
  if (CPROC_IS_WORKER (to))
    cproc_worker_send_async (to, message, cancellable, callback, user_data);
  else
    cproc_channel_send_async (to, message, cancellable, callback, user_data);
}

G_END_DECLS
