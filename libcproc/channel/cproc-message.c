/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-json-private.h"
#include "cproc-message-private.h"

G_DEFINE_BOXED_TYPE (CprocMessage, cproc_message, cproc_message_ref, cproc_message_unref)

static CprocMessage *
message_init (CprocMessage *self,
              const char   *text,
              GUnixFDList  *fd_list)
{
  g_atomic_ref_count_init (&self->ref_count);
  self->root = NULL;
  self->fd_list = fd_list;
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

  return message_init (self, copy, fd_list);
}

CprocMessage *
cproc_message_new_take (gpointer    storage,
                        const char *text,
                        gsize       length)
{
  gsize offset = text - (char *) storage;
  char *kept;

  g_assert (offset >= sizeof (CprocMessage));

  /* The storage grew by doubling while the message came in. */
  storage = g_realloc (storage, offset + length + 1);
  kept = (char *) storage + offset;
  kept[length] = '\0';

  return message_init (storage, kept, NULL);
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
 * With the last one the message goes, and the descriptors that were not taken out of it are closed.
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
  g_free (self);
}

/**
 * cproc_message_get_text:
 * @self: a message
 *
 * Gets the message as JSON text, as the other side wrote it.
 *
 * It is exactly one valid JSON value in valid UTF-8, without white space around it. This costs
 * nothing, so a binding with a JSON parser that is faster than [method@Message.get_root] uses that:
 *
 * ```js
 * channel.connect('message', (_channel, message) => {
 *   const value = JSON.parse(message.get_text());
 * });
 * ```
 *
 * Escapes that stand for no character (`\u0000`, a lone surrogate) are in the text as they came.
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
 * [method@Json.Node.copy] gives one that can be changed. Making it cannot fail, as the text was
 * checked when it came. Integers are exact within 64 bits, other numbers are doubles; `\u0000`
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

  root = cproc_json_parse (self->text, strlen (self->text));
  /* Several threads may hold the message: none may change what the others read. */
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
 * Gets the descriptors that came with the message.
 *
 * They are closed with the message. [method@Gio.UnixFDList.get] gives a duplicate of one, which is
 * the caller's.
 *
 * ```c
 * GUnixFDList *list = cproc_message_get_fd_list (message);
 * int fd = list != NULL ? g_unix_fd_list_get (list, 0, &error) : -1;
 * ```
 *
 * Returns: (transfer none) (nullable): the descriptors, or `NULL` if none came
 *
 * Since: 1.0
 */
GUnixFDList *
cproc_message_get_fd_list (CprocMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->fd_list;
}
