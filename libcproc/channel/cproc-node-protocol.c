/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-gettext-private.h"
#include "cproc-node-protocol-private.h"
#include "cproc-error.h"
#include "cproc-fd-closer-private.h"

#define PREFIX "NODE_"

/* A key in Node looks like "4:127.0.0.1:0", or is a UNIX path. */
#define MAX_KEY 1024

#define MAX_SHOWN 40

/* Node wraps a handle again each time it resends it, up to three times. */
#define MAX_WRAPPED 8

static void
protocol_drop_set (CprocNodeProtocol *self)
{
  g_clear_pointer (&self->set_text, g_free);
  self->set_count = 0;

  if (self->set_fds == NULL)
    return;

  cproc_fd_closer_push_all ((const int *) (const void *) self->set_fds->data, self->set_fds->len);
  g_clear_pointer (&self->set_fds, g_array_unref);
}

void
cproc_node_protocol_clear (CprocNodeProtocol *self)
{
  protocol_drop_set (self);
}

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static CprocJsonSpan
trim (const char *text,
      gsize       length)
{
  while (length > 0 && is_space (text[0]))
    {
      text++;
      length--;
    }
  while (length > 0 && is_space (text[length - 1]))
    length--;

  return (CprocJsonSpan) { text, length };
}

/* Returns the value of the member "cmd" if it begins with the prefix. */
static char *
get_command (const CprocJsonSpan *frame)
{
  CprocJsonSpan value;
  g_autofree char *cmd = NULL;

  if (frame->length == 0 || frame->data[0] != '{' ||
      !cproc_json_find_member (frame->data, frame->length, "cmd", &value))
    return NULL;

  cmd = cproc_json_span_to_string (&value);
  if (cmd == NULL || !g_str_has_prefix (cmd, PREFIX))
    return NULL;

  return g_steal_pointer (&cmd);
}

/* For Node, the prefix alone does not belong to the protocol. */
static char *
get_internal_command (const CprocJsonSpan *frame)
{
  g_autofree char *cmd = get_command (frame);

  if (cmd == NULL || cmd[strlen (PREFIX)] == '\0')
    return NULL;

  return g_steal_pointer (&cmd);
}

/* Reads a small unsigned number, written as the library itself writes it. */
static gboolean
get_number (const CprocJsonSpan *frame,
            const char          *name,
            guint               *number)
{
  CprocJsonSpan value;

  if (!cproc_json_find_member (frame->data, frame->length, name, &value) ||
      value.length == 0 || value.length > 3)
    return FALSE;

  *number = 0;
  for (gsize i = 0; i < value.length; i++)
    {
      if (!g_ascii_isdigit (value.data[i]))
        return FALSE;
      *number = *number * 10 + (value.data[i] - '0');
    }

  return TRUE;
}

/* Node's parent asks how many of a server's connections live here before it closes the server, and
 * waits for the answer: always none. */
static void
reply_about_sockets (CprocSendQueue      *out,
                     const CprocJsonSpan *frame,
                     const char          *cmd,
                     const char          *count)
{
  g_autoptr(GString) reply = NULL;
  CprocJsonSpan key;

  if (!cproc_json_find_member (frame->data, frame->length, "key", &key) || key.length > MAX_KEY)
    return;

  reply = g_string_new (NULL);
  g_string_append_printf (reply, "{\"cmd\":\"%s\",\"key\":", cmd);
  g_string_append_len (reply, key.data, key.length);
  g_string_append (reply, count);
  g_string_append (reply, "}\n");
  cproc_send_queue_push_reply (out, reply->str, reply->len);
}

/* Finds the user's message inside the frame; FALSE if there is none. */
static gboolean
unwrap (const CprocJsonSpan *frame,
        CprocJsonSpan       *message)
{
  *message = *frame;

  for (guint i = 0; i < MAX_WRAPPED; i++)
    {
      g_autofree char *cmd = get_internal_command (message);

      if (cmd == NULL)
        return TRUE;

      if (strcmp (cmd, "NODE_HANDLE") != 0 ||
          !cproc_json_find_member (message->data, message->length, "msg", message))
        return FALSE;
    }

  return FALSE;
}

/* Runs when the list is disposed of and still has its descriptors. */
static void
on_fd_list_disposed (gpointer  user_data,
                     GObject  *list)
{
  int n_fds;
  g_autofree int *fds = g_unix_fd_list_steal_fds ((GUnixFDList *) list, &n_fds);

  cproc_fd_closer_push_all (fds, n_fds);
}

/* Makes a list of received descriptors. The thread that drops the list must not block in close(),
 * so another thread closes those that are left in it. */
static GUnixFDList *
fd_list_new_take (const int *fds,
                  guint      n_fds)
{
  GUnixFDList *list = g_unix_fd_list_new_from_array (fds, n_fds);

  g_object_weak_ref (G_OBJECT (list), on_fd_list_disposed, NULL);

  return list;
}

static gboolean
set_incomplete (CprocNodeProtocol  *self,
                GError            **error)
{
  if (self->set_count == 0)
    return TRUE;

  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("Of the %u descriptors of a message only %u came"),
               self->set_count, self->set_fds->len);
  protocol_drop_set (self);

  return FALSE;
}

/* Takes one frame of a message with `count` descriptors. */
static CprocMessage *
take_part (CprocNodeProtocol    *self,
           const CprocJsonSpan  *message,
           guint                 index,
           guint                 count,
           int                   fd,
           GError              **error)
{
  CprocMessage *whole;

  if (index == 0)
    {
      set_incomplete (self, error);
      self->set_text = g_strndup (message->data, message->length);
      self->set_fds = g_array_new (FALSE, FALSE, sizeof (int));
      self->set_count = count;
    }
  else if (self->set_count != count || self->set_fds->len != index)
    {
      if (set_incomplete (self, error))
        g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                             _("A descriptor came without the ones that belong before it"));
      cproc_fd_closer_push (fd);
      return NULL;
    }

  g_array_append_val (self->set_fds, fd);
  if (self->set_fds->len < count)
    return NULL;

  whole = cproc_message_new (self->set_text, strlen (self->set_text),
                             fd_list_new_take ((const int *) (const void *) self->set_fds->data,
                                               self->set_fds->len));
  g_array_set_size (self->set_fds, 0);
  protocol_drop_set (self);

  return whole;
}

/* Acknowledge the frame even if it is refused: otherwise Node would never send again. */
static CprocMessage *
take_handle (CprocNodeProtocol    *self,
             CprocReceiveQueue    *in,
             CprocSendQueue       *out,
             const CprocJsonSpan  *frame,
             GError              **error)
{
  int fd = cproc_receive_queue_take_fd (in);
  CprocJsonSpan message;
  guint index, count;

  if (fd < 0)
    {
      cproc_send_queue_push_answer (out, CPROC_HANDLE_REFUSED);
      protocol_drop_set (self); /* the message is now incomplete for ever */
      g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                           _("The descriptor that should come with a message is missing"));
      return NULL;
    }

  cproc_send_queue_push_answer (out, CPROC_HANDLE_ARRIVED);

  if (!unwrap (frame, &message))
    {
      cproc_fd_closer_push (fd);
      g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                           _("A descriptor came without a message"));
      return NULL;
    }

  if (get_number (frame, "index", &index) && get_number (frame, "count", &count) &&
      index < count && count > 1 && count <= CPROC_MESSAGE_MAX_FDS)
    return take_part (self, &message, index, count, fd, error);

  return cproc_message_new (message.data, message.length, fd_list_new_take (&fd, 1));
}

/* Ignore unknown commands: a later version of Node may send them. */
static CprocMessage *
take_internal (CprocNodeProtocol    *self,
               CprocReceiveQueue    *in,
               CprocSendQueue       *out,
               const CprocJsonSpan  *frame,
               const char           *cmd,
               GError              **error)
{
  if (strcmp (cmd, "NODE_HANDLE") == 0)
    return take_handle (self, in, out, frame, error);

  if (strcmp (cmd, "NODE_HANDLE_ACK") == 0)
    cproc_handle_table_answer (&out->handles, CPROC_HANDLE_ARRIVED);
  else if (strcmp (cmd, "NODE_HANDLE_NACK") == 0)
    cproc_handle_table_answer (&out->handles, CPROC_HANDLE_REFUSED);
  else if (strcmp (cmd, "NODE_SOCKET_GET_COUNT") == 0)
    reply_about_sockets (out, frame, "NODE_SOCKET_COUNT", ",\"count\":0");
  else if (strcmp (cmd, "NODE_SOCKET_NOTIFY_CLOSE") == 0)
    reply_about_sockets (out, frame, "NODE_SOCKET_ALL_CLOSED", "");

  return NULL;
}

static CprocMessage *
message_from_frame (CprocReceiveQueue   *in,
                    const CprocJsonSpan *frame)
{
  gpointer storage = cproc_frame_splitter_steal (&in->frames);

  if (storage != NULL)
    return cproc_message_new_take (storage, frame->data, frame->length);

  return cproc_message_new (frame->data, frame->length, NULL);
}

CprocMessage *
cproc_node_protocol_take_frame (CprocNodeProtocol  *self,
                                CprocReceiveQueue  *in,
                                CprocSendQueue     *out,
                                const char         *text,
                                gsize               length,
                                GError            **error)
{
  CprocJsonSpan frame = trim (text, length);
  CprocMessage *message;
  gboolean may_have_cmd;

  if (frame.length == 0 ||
      !cproc_json_check_names (frame.data, frame.length, &may_have_cmd, error))
    {
      if (frame.length == 0)
        g_set_error_literal (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                             _("An empty line is no message"));
      return NULL;
    }

  /* Most messages have no "cmd": the check has already established that. */
  if (may_have_cmd)
    {
      g_autofree char *cmd = get_internal_command (&frame);

      if (cmd != NULL)
        return take_internal (self, in, out, &frame, cmd, error);
    }

  message = message_from_frame (in, &frame);
  message->may_be_internal = may_have_cmd;

  return message;
}

gboolean
cproc_node_protocol_finish (CprocNodeProtocol  *self,
                            CprocReceiveQueue  *in,
                            GError            **error)
{
  gsize partial = cproc_frame_splitter_get_partial (&in->frames);

  if (partial > 0)
    {
      g_autofree char *size = g_format_size_full (partial, G_FORMAT_SIZE_IEC_UNITS);

      g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                   _("The other side ended in the middle of a message, after %s"), size);
      cproc_frame_splitter_clear (&in->frames);
      return FALSE;
    }

  return set_incomplete (self, error);
}

GError *
cproc_node_protocol_too_large (guint64 max_size)
{
  g_autofree char *size = g_format_size_full (max_size, G_FORMAT_SIZE_IEC_UNITS |
                                              G_FORMAT_SIZE_LONG_FORMAT);

  return g_error_new (CPROC_ERROR, CPROC_ERROR_MESSAGE_TOO_LARGE,
                      _("The message is larger than the allowed %s"), size);
}

static gboolean
refuse (const char  *cmd,
        GError     **error)
{
  g_autofree char *shown = g_utf8_substring (cmd, 0, MIN (g_utf8_strlen (cmd, -1), MAX_SHOWN));

  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("A message whose “cmd” begins with “NODE_” is the protocol's own: “%s”"), shown);

  return FALSE;
}

gboolean
cproc_node_protocol_allows_text (const char  *text,
                                 gsize        length,
                                 GError     **error)
{
  CprocJsonSpan frame;
  g_autofree char *cmd = NULL;

  while (length > 0 && g_ascii_isspace (*text))
    {
      text++;
      length--;
    }

  frame = (CprocJsonSpan) { text, length };
  cmd = get_command (&frame);

  return cmd == NULL || refuse (cmd, error);
}

char *
cproc_node_protocol_begin_handle (const char *type,
                                  const char *members,
                                  guint       index,
                                  guint       count)
{
  g_autofree char *set = NULL;

  if (count > 1)
    set = g_strdup_printf ("\"index\":%u,\"count\":%u,", index, count);

  return g_strconcat ("{\"cmd\":\"NODE_HANDLE\",\"type\":\"", type, "\",",
                      members != NULL ? members : "", set != NULL ? set : "", "\"msg\":", NULL);
}
