/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/socket.h>


#include "cproc-error.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-json-private.h"
#include "cproc-message-private.h"

/* Most messages that are made from a tree are short. */
#define INITIAL_SIZE 256

G_DEFINE_BOXED_TYPE (CprocMessage, cproc_message, cproc_message_ref, cproc_message_unref)

static CprocMessage *
message_init (CprocMessage *self,
              const char   *text,
              gsize         length,
              GUnixFDList  *fd_list)
{
  g_atomic_ref_count_init (&self->ref_count);
  self->sealed = TRUE;
  self->root = NULL;
  self->strings = NULL;
  self->may_be_internal = TRUE;
  self->fd_list = fd_list;
  self->handle_type = NULL;
  self->handle_members = NULL;
  self->length = length;
  self->text = text;

  return self;
}

/* fd_list: (transfer full) (nullable) */
CprocMessage *
cproc_message_new (const char  *text,
                   gsize        length,
                   GUnixFDList *fd_list)
{
  CprocMessage *self = g_malloc (sizeof (CprocMessage) + length + 1);
  char *copy = (char *) (self + 1);

  memcpy (copy, text, length);
  copy[length] = '\0';

  return message_init (self, copy, length, fd_list);
}

CprocMessage *
cproc_message_new_frame (char         *text,
                         CprocMessage *carried)
{
  CprocMessage *self = cproc_message_new (text, strlen (text), NULL);

  g_free (text);
  if (carried != NULL && carried->fd_list != NULL)
    {
      self->fd_list = g_object_ref (carried->fd_list);
      self->handle_type = carried->handle_type;
      self->handle_members = carried->handle_members;
    }

  return self;
}

CprocMessage *
cproc_message_new_take (gpointer    storage,
                        const char *text,
                        gsize       length)
{
  gsize offset = text - (char *) storage;
  char *kept;

  g_assert (offset >= sizeof (CprocMessage));

  /* Shrink the storage, which grew by doubling while the message came in. */
  storage = g_realloc (storage, offset + length + 1);
  kept = (char *) storage + offset;
  kept[length] = '\0';

  return message_init (storage, kept, length, NULL);
}

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/**
 * cproc_message_new_text: (constructor)
 * @json: the message as JSON text
 * @error: return location for an error
 *
 * Makes a message out of JSON text.
 *
 * The text must be one JSON value, in UTF-8, nested at most 512 deep, without a number that is too
 * large for a double. White space around it is cut, and line ends between its tokens become spaces;
 * else [method@Cproc.Message.get_text] returns it as it stands.
 *
 * ```c
 * g_autoptr(CprocMessage) message = cproc_message_new_text ("{\"foo\":1,\"bar\":2}", &error);
 * ```
 *
 * If the text is not valid the error is [error@Cproc.Error.INVALID_MESSAGE], and names the place
 * and the reason.
 *
 * Returns: (transfer full): the message, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_message_new_text (const char  *json,
                        GError     **error)
{
  CprocMessage *self;
  gboolean may_have_cmd;
  gsize length;

  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  length = strlen (json);
  if (!cproc_json_check_names (json, length, &may_have_cmd, error))
    return NULL;

  while (is_space (json[0]))
    {
      json++;
      length--;
    }
  while (is_space (json[length - 1]))
    length--;

  self = cproc_message_new (json, length, NULL);
  self->sealed = FALSE;
  self->may_be_internal = may_have_cmd;
  /* A line end within a string is always escaped, so these stand between tokens. */
  if (memchr (self->text, '\n', length) != NULL || memchr (self->text, '\r', length) != NULL)
    g_strdelimit ((char *) self->text, "\r\n", ' ');

  return self;
}

/**
 * cproc_message_new_node: (constructor)
 * @node: (transfer none): the root of a tree
 * @error: return location for an error
 *
 * Makes a message out of a tree of [struct@Json.Node].
 *
 * The message keeps the text and not the tree, which may be changed afterwards.
 *
 * If the tree holds what JSON cannot express (a number that is infinite or not a number, text that
 * is not UTF-8, more than 512 levels) the error is [error@Cproc.Error.INVALID_MESSAGE].
 *
 * Returns: (transfer full): the message, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_message_new_node (JsonNode  *node,
                        GError   **error)
{
  CprocMessage *self;
  GString *buffer;
  gsize length;
  char *storage;

  g_return_val_if_fail (node != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* Write the text directly into its place in the message. */
  buffer = g_string_sized_new (sizeof (CprocMessage) + INITIAL_SIZE);
  g_string_set_size (buffer, sizeof (CprocMessage));
  if (!cproc_json_write (node, buffer, error))
    {
      g_string_free (buffer, TRUE);
      return NULL;
    }

  length = buffer->len - sizeof (CprocMessage);
  storage = g_string_free (buffer, FALSE);
  self = cproc_message_new_take (storage, storage + sizeof (CprocMessage), length);
  self->sealed = FALSE;
  self->may_be_internal = JSON_NODE_HOLDS_OBJECT (node) &&
                          json_node_get_object (node) != NULL &&
                          json_object_has_member (json_node_get_object (node), "cmd");

  return self;
}

/* json-glib writes a larger number as a negative one. */
static gboolean
check_variant (GVariant  *variant,
               GError   **error)
{
  const char *type = g_variant_get_type_string (variant);
  GVariantIter iter;
  GVariant *child;

  if (type[0] == 't' && g_variant_get_uint64 (variant) > G_MAXINT64)
    {
      g_autofree char *number = g_variant_print (variant, FALSE);

      g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
                   _("The number %s does not fit into a signed 64-bit integer"), number);
      return FALSE;
    }

  if (!g_variant_is_container (variant) || strpbrk (type, "tv") == NULL)
    return TRUE;

  g_variant_iter_init (&iter, variant);
  while ((child = g_variant_iter_next_value (&iter)) != NULL)
    {
      gboolean fits = check_variant (child, error);

      g_variant_unref (child);
      if (!fits)
        return FALSE;
    }

  return TRUE;
}

/**
 * cproc_message_new_variant: (constructor)
 * @variant: (transfer none): the value; a floating reference is consumed
 * @error: return location for an error
 *
 * Makes a message out of a [struct@GLib.Variant].
 *
 * It becomes JSON as [func@Json.gvariant_serialize] makes it: dictionaries with string keys become
 * objects, arrays and tuples become arrays. The other side does not see the types.
 *
 * ```c
 * message = cproc_message_new_variant (g_variant_new_parsed ("{'foo': <1>, 'bar': <2>}"), &error);
 * ```
 *
 * If the value holds a number that is infinite, not a number, or too large for a signed 64-bit
 * integer the error is [error@Cproc.Error.INVALID_MESSAGE].
 *
 * Returns: (transfer full): the message, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocMessage *
cproc_message_new_variant (GVariant  *variant,
                           GError   **error)
{
  g_autoptr(GVariant) sunk = NULL;
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (variant != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  sunk = g_variant_ref_sink (variant);
  if (!check_variant (sunk, error))
    return NULL;

  node = json_gvariant_serialize (sunk);

  return cproc_message_new_node (node, error);
}

/**
 * cproc_message_ref:
 * @self: a message
 *
 * Adds a reference to a message.
 *
 * Returns: (transfer full): the message
 *
 * Since: 1.0
 */
CprocMessage *
cproc_message_ref (CprocMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * cproc_message_unref:
 * @self: (transfer full): a message
 *
 * Drops a reference to a message.
 *
 * Dropping the last reference frees the message and closes the descriptors that were not taken out
 * of it.
 *
 * Since: 1.0
 */
void
cproc_message_unref (CprocMessage *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->root, json_node_unref);
  g_clear_object (&self->fd_list);
  g_clear_pointer (&self->strings, g_string_chunk_free);
  g_free (self);
}

/**
 * cproc_message_get_text:
 * @self: a message
 *
 * Gets the message as JSON text.
 *
 * It is exactly one valid JSON value in valid UTF-8, without white space around it. This costs
 * nothing, so a binding whose JSON parser is faster than [method@Cproc.Message.get_root] can parse
 * the text itself:
 *
 * ```js
 * channel.connect('message', (_channel, message) => {
 *   const value = JSON.parse(message.get_text());
 * });
 * ```
 *
 * Escapes that do not stand for a character (`\u0000`, a lone surrogate) are in the text as they
 * came.
 *
 * Returns: (transfer none): the text
 *
 * Since: 1.0
 */
const char *
cproc_message_get_text (CprocMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text;
}

/**
 * cproc_message_get_root:
 * @self: a message
 *
 * Gets the message as a tree.
 *
 * The tree is made when it is first asked for and belongs to the message: it is sealed, and
 * [method@Json.Node.copy] gives one that can be changed. Making it cannot fail, as the text has
 * been checked. Integers are exact within 64 bits, other numbers are doubles; `\u0000`
 * and lone surrogates in strings become U+FFFD.
 *
 * ```c
 * static void
 * on_message (CprocChannel *channel,
 *             CprocMessage *message,
 *             gpointer      user_data)
 * {
 *   JsonNode *root = cproc_message_get_root (message);
 *
 *   if (JSON_NODE_HOLDS_OBJECT (root))
 *     g_print ("%" G_GINT64_FORMAT "\n",
 *              json_object_get_int_member_with_default (json_node_get_object (root), "foo", 0));
 * }
 * ```
 *
 * Returns: (transfer none): the root of the tree
 *
 * Since: 1.0
 */
JsonNode *
cproc_message_get_root (CprocMessage *self)
{
  JsonNode *root;

  g_return_val_if_fail (self != NULL, NULL);

  root = g_atomic_pointer_get (&self->root);
  if (root != NULL)
    return root;

  root = cproc_json_parse (self->text, self->length);
  /* Several threads may hold the message: forbid changes to the tree that they share. */
  json_node_seal (root);
  if (g_atomic_pointer_compare_and_exchange (&self->root, NULL, root))
    return root;

  json_node_unref (root);

  return g_atomic_pointer_get (&self->root);
}

/**
 * cproc_message_get_fd_list:
 * @self: a message
 *
 * Gets the descriptors that travel with the message.
 *
 * The message owns them and closes them when it is freed. [method@Gio.UnixFDList.get] gives a
 * duplicate of one, which is the caller's. The receiver of the message may also take all of them,
 * once, with [method@Gio.UnixFDList.steal_fds].
 *
 * ```c
 * GUnixFDList *list = cproc_message_get_fd_list (message);
 * int fd = list != NULL ? g_unix_fd_list_get (list, 0, &error) : -1;
 * ```
 *
 * Returns: (transfer none) (nullable): the descriptors, or `NULL` if there are none
 *
 * Since: 1.0
 */
GUnixFDList *
cproc_message_get_fd_list (CprocMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->fd_list;
}

/* fd_list: (transfer full) (nullable) */
static void
message_take_fd_list (CprocMessage *self,
                      GUnixFDList  *fd_list,
                      const char   *handle_type,
                      const char   *handle_members)
{
  g_clear_object (&self->fd_list);
  self->fd_list = fd_list;
  self->handle_type = handle_type;
  self->handle_members = handle_members;
}

/* Duplicates the descriptors. NULL with an error if one cannot be duplicated. */
static GUnixFDList *
dup_fds (const int  *fds,
         guint       n_fds,
         GError    **error)
{
  int copies[CPROC_MESSAGE_MAX_FDS];

  for (guint i = 0; i < n_fds; i++)
    {
      copies[i] = cproc_fd_dup (fds[i], error);
      if (copies[i] >= 0)
        continue;

      while (i > 0)
        cproc_fd_clear (&copies[--i]);
      return NULL;
    }

  return g_unix_fd_list_new_from_array (copies, n_fds);
}

/**
 * cproc_message_set_fd_list:
 * @self: a message that has not been sent
 * @fd_list: (nullable) (transfer none): the descriptors, at most 253, or `NULL` for none
 * @error: return location for an error
 *
 * Sets the descriptors that travel with the message.
 *
 * They are duplicated at once: the caller keeps its own, may close them, and may change the list.
 * They replace what [method@Cproc.Message.set_socket] has set.
 *
 * A libcproc program at the other end gets one message, whose
 * [method@Cproc.Message.get_fd_list] has all of them, in order. A Node program gets the message
 * once with each descriptor, as a handle. Node can only use sockets and pipes, and aborts when it
 * gets a regular file or a terminal; for objects of `net` there is
 * [method@Cproc.Message.set_socket].
 *
 * ```c
 * g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
 *
 * if (g_unix_fd_list_append (list, fd, &error) >= 0 &&
 *     cproc_message_set_fd_list (message, list, &error))
 *   cproc_channel_send (channel, message, &error);
 * ```
 *
 * If there are more than 253 descriptors the error is [error@Cproc.Error.NOT_SUPPORTED]; if one
 * cannot be duplicated it is from `G_IO_ERROR`. Then the message is what it was.
 *
 * Returns: `TRUE` if the descriptors have been set
 *
 * Since: 1.0
 */
gboolean
cproc_message_set_fd_list (CprocMessage  *self,
                           GUnixFDList   *fd_list,
                           GError       **error)
{
  GUnixFDList *copy = NULL;
  const int *fds = NULL;
  int n_fds = 0;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (fd_list == NULL || G_IS_UNIX_FD_LIST (fd_list), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (!g_atomic_int_get (&self->sealed), FALSE);

  if (fd_list != NULL)
    fds = g_unix_fd_list_peek_fds (fd_list, &n_fds);

  if (n_fds > CPROC_MESSAGE_MAX_FDS)
    {
      g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
                   _("A message cannot take more than %d descriptors along"),
                   CPROC_MESSAGE_MAX_FDS);
      return FALSE;
    }

  if (n_fds > 0 && (copy = dup_fds (fds, n_fds, error)) == NULL)
    return FALSE;

  message_take_fd_list (self, copy, NULL, NULL);

  return TRUE;
}

static gboolean
is_listening (int fd)
{
  int listening = 0;
  socklen_t length = sizeof listening;

  return getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening != 0;
}

/* Returns the type of object that Node makes of it at the other end: the handlers of
 * `handleConversion` in its lib/internal/child_process.js. */
static const char *
socket_type (GSocket     *socket,
             const char **members)
{
  GSocketFamily family = g_socket_get_family (socket);

  *members = NULL;
  switch (g_socket_get_socket_type (socket))
    {
    case G_SOCKET_TYPE_STREAM:
      if (is_listening (g_socket_get_fd (socket)))
        return "net.Server";
      return g_socket_is_connected (socket) ? "net.Socket" : "net.Native";

    case G_SOCKET_TYPE_DATAGRAM:
      if (family == G_SOCKET_FAMILY_IPV4)
        *members = "\"dgramType\":\"udp4\",";
      else if (family == G_SOCKET_FAMILY_IPV6)
        *members = "\"dgramType\":\"udp6\",";
      return *members != NULL ? "dgram.Socket" : "net.Native";

    case G_SOCKET_TYPE_INVALID:
    case G_SOCKET_TYPE_SEQPACKET:
    default:
      return "net.Native";
    }
}

/**
 * cproc_message_set_socket:
 * @self: a message that has not been sent
 * @socket: (nullable) (transfer none): a socket, or `NULL` for none
 * @error: return location for an error
 *
 * Sets the socket that travels with the message.
 *
 * A Node program gets an object of its own with the message: a `net.Server` for a listening socket,
 * a `net.Socket` for a connected one, a `dgram.Socket` for one of UDP. A libcproc program gets the
 * descriptor, by [method@Cproc.Message.get_fd_list].
 *
 * The socket is duplicated at once and stays open here. To hand a connection over, close it after
 * the message has been sent, without shutting it down. It replaces what
 * [method@Cproc.Message.set_fd_list] has set.
 *
 * ```c
 * if (cproc_message_set_socket (message, socket, &error) &&
 *     cproc_channel_send (channel, message, &error))
 *   g_socket_close (socket, NULL);
 * ```
 *
 * If the socket cannot be duplicated the error is from `G_IO_ERROR`, and the message is what it
 * was.
 *
 * Returns: `TRUE` if the socket has been set
 *
 * Since: 1.0
 */
gboolean
cproc_message_set_socket (CprocMessage  *self,
                          GSocket       *socket,
                          GError       **error)
{
  const char *members = NULL;
  const char *type = NULL;
  GUnixFDList *copy = NULL;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (socket == NULL || G_IS_SOCKET (socket), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (!g_atomic_int_get (&self->sealed), FALSE);

  if (socket != NULL)
    {
      int fd = g_socket_get_fd (socket);

      type = socket_type (socket, &members);
      copy = dup_fds (&fd, 1, error);
      if (copy == NULL)
        return FALSE;
    }

  message_take_fd_list (self, copy, type, members);

  return TRUE;
}

const char *
cproc_message_keep_string (CprocMessage *self,
                           const char   *string)
{
  static GMutex mutex;
  const char *kept;

  g_mutex_lock (&mutex);
  if (self->strings == NULL)
    self->strings = g_string_chunk_new (strlen (string) + 1);
  kept = g_string_chunk_insert_const (self->strings, string);
  g_mutex_unlock (&mutex);

  return kept;
}

void
cproc_message_seal (CprocMessage *self)
{
  g_atomic_int_set (&self->sealed, TRUE);
}

guint
cproc_message_get_n_fds (CprocMessage *self)
{
  return self->fd_list != NULL ? (guint) g_unix_fd_list_get_length (self->fd_list) : 0;
}

int
cproc_message_peek_fd (CprocMessage *self,
                       guint         index)
{
  int n_fds = 0;
  const int *fds = g_unix_fd_list_peek_fds (self->fd_list, &n_fds);

  return index < (guint) n_fds ? fds[index] : -1;
}
