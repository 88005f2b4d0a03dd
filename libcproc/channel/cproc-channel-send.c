/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"

/* One buffer for each thread to encode into. */
#define MAX_KEPT_BUFFER 65536

static void
buffer_free (gpointer data)
{
  g_string_free (data, TRUE);
}

static GPrivate spare_buffer = G_PRIVATE_INIT (buffer_free);

static GString *
buffer_get (void)
{
  GString *buffer = g_private_get (&spare_buffer);

  if (buffer == NULL)
    return g_string_sized_new (1024);

  g_private_set (&spare_buffer, NULL);

  return buffer;
}

static void
buffer_put (GString *buffer)
{
  g_string_truncate (buffer, 0);
  g_private_replace (&spare_buffer, buffer);
}

static gboolean
check_size (CprocChannel  *self,
            gsize          length,
            GError       **error)
{
  if (length <= self->max_message_size)
    return TRUE;

  g_propagate_error (error, cproc_node_protocol_too_large (self->max_message_size));

  return FALSE;
}

/* Appends the text of the tree, which can be sent as it is. */
static gboolean
encode_node (CprocChannel  *self,
             JsonNode      *node,
             GString       *buffer,
             GError       **error)
{
  return cproc_json_write (node, buffer, error) &&
         check_size (self, buffer->len, error) &&
         cproc_node_protocol_allows_node (node, error);
}

static const char *
find_line_end (const char *text,
               gsize       length)
{
  const char *found = memchr (text, '\n', length);

  return found != NULL ? found : memchr (text, '\r', length);
}

/* Within a valid text a raw line end is between two tokens: there a space does as well, and a frame
 * is one line. copy: set where the text has to be another one. */
static gboolean
check_text (CprocChannel  *self,
            const char    *json,
            gsize          length,
            char         **copy,
            GError       **error)
{
  if (!check_size (self, length, error) ||
      !cproc_json_check (json, length, error) ||
      !cproc_node_protocol_allows_text (json, length, error))
    return FALSE;

  if (find_line_end (json, length) == NULL)
    return TRUE;

  *copy = g_strdelimit (g_strndup (json, length), "\r\n", ' ');

  return TRUE;
}

static GTask *
send_task_new (CprocChannel        *self,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data,
               gpointer             source_tag)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  /* What is written cannot be taken back, and success is then the truth. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

static gboolean
is_result_of (CprocChannel *self,
              GAsyncResult *result,
              gpointer      source_tag)
{
  return CPROC_IS_CHANNEL (self) && g_task_is_valid (result, self) &&
         g_task_get_source_tag (G_TASK (result)) == source_tag;
}

/* Without a task an error is set; with one it is the task's. */
static gboolean
push_item (CprocChannel   *self,
           CprocSendItem  *item,
           GTask          *task,
           GError        **error)
{
  if (task == NULL)
    return cproc_channel_push (self, item, error);

  cproc_channel_push_task (self, item, task);

  return TRUE;
}

static gboolean
send_node (CprocChannel  *self,
           JsonNode      *node,
           GTask         *task,
           GError       **error)
{
  CprocSendItem item = { .fd = -1 };
  GString *buffer;
  gboolean encoded, sent;

  if (!cproc_channel_check_open (self, error))
    return FALSE;

  buffer = buffer_get ();
  encoded = encode_node (self, node, buffer, error);
  g_string_append_c (buffer, '\n');
  item.parts[0] = (struct iovec) { buffer->str, buffer->len };

  if (buffer->allocated_len <= MAX_KEPT_BUFFER)
    {
      sent = encoded && push_item (self, &item, task, error);
      buffer_put (buffer);
      return sent;
    }

  item.storage = g_string_free (buffer, FALSE);
  if (!encoded)
    {
      g_free (item.storage);
      return FALSE;
    }

  return push_item (self, &item, task, error);
}

static gboolean
send_text (CprocChannel  *self,
           const char    *json,
           GTask         *task,
           GError       **error)
{
  CprocSendItem item = { .fd = -1 };
  gsize length = strlen (json);
  char *copy = NULL;

  if (!cproc_channel_check_open (self, error) ||
      !check_text (self, json, length, &copy, error))
    return FALSE;

  item.parts[0] = (struct iovec) { copy != NULL ? copy : (char *) json, length };
  item.parts[1] = (struct iovec) { (char *) "\n", 1 };
  item.storage = copy;

  return push_item (self, &item, task, error);
}

/**
 * cproc_channel_send:
 * @self: a channel
 * @node: the message
 * @error: return location for an error
 *
 * Sends a message to the other side.
 *
 * What the kernel does not take at once is queued; see [property@Channel:congested]. So success
 * does not mean that the other side has got the message, or ever will.
 *
 * ```c
 * g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), "Hello there!");
 *
 * if (!cproc_channel_send (channel, node, &error))
 *   g_warning ("Cannot send: %s", error->message);
 * ```
 *
 * What can go wrong: the channel is not open yet ([error@Cproc.Error.NOT_RUNNING]) or closed
 * ([error@Cproc.Error.CHANNEL_CLOSED]); the tree holds what JSON has no word for, as an infinite
 * number, or is an object whose `cmd` begins with `NODE_` ([error@Cproc.Error.INVALID_MESSAGE]); or
 * it is larger than [property@Channel:max-message-size] ([error@Cproc.Error.MESSAGE_TOO_LARGE]).
 * Then nothing is sent.
 *
 * Returns: `TRUE` if the message was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send (CprocChannel  *self,
                    JsonNode      *node,
                    GError       **error)
{
  gboolean sent;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (node != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  sent = send_node (self, node, NULL, error);
  cproc_channel_notify_sent (self);

  return sent;
}

/**
 * cproc_channel_send_async:
 * @self: a channel
 * @node: the message
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when the message is written
 * @user_data: data for the callback
 *
 * Sends a message to the other side, and tells when the kernel has all of it.
 *
 * The message takes its place in the queue at once, in the order of the calls. If this is cancelled
 * before any byte was written the message is taken out again; after that it changes nothing.
 *
 * This and [method@Channel.send] differ only in what they tell.
 *
 * Since: 1.0
 */
void
cproc_channel_send_async (CprocChannel        *self,
                          JsonNode            *node,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (node != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = send_task_new (self, cancellable, callback, user_data, cproc_channel_send_async);
  if (!g_task_return_error_if_cancelled (task) && !send_node (self, node, task, &error))
    g_task_return_error (task, error);
  cproc_channel_notify_sent (self);
}

/**
 * cproc_channel_send_finish:
 * @self: a channel
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Channel.send_async] began.
 *
 * Returns: `TRUE` if the kernel has the message
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_finish (CprocChannel  *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (is_result_of (self, result, cproc_channel_send_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * cproc_channel_send_text:
 * @self: a channel
 * @json: the message as JSON text
 * @error: return location for an error
 *
 * Sends a message that is there as text.
 *
 * It must be one JSON value, in UTF-8 and nested at most 512 deep, without a number that is too
 * large for a double. It is sent as it stands; only line ends between its tokens become spaces.
 *
 * ```python
 * channel.send_text(json.dumps({'foo': 1, 'bar': 2}))
 * ```
 *
 * The errors are those of [method@Channel.send].
 *
 * Returns: `TRUE` if the message was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_text (CprocChannel  *self,
                         const char    *json,
                         GError       **error)
{
  gboolean sent;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  sent = send_text (self, json, NULL, error);
  cproc_channel_notify_sent (self);

  return sent;
}

/**
 * cproc_channel_send_text_async:
 * @self: a channel
 * @json: the message as JSON text
 * @cancellable: (nullable): a cancellable, or `NULL`
 * @callback: (nullable) (scope async): what to call when the message is written
 * @user_data: data for the callback
 *
 * Sends a message that is there as text, and tells when the kernel has all of it.
 *
 * See [method@Channel.send_async].
 *
 * Since: 1.0
 */
void
cproc_channel_send_text_async (CprocChannel        *self,
                               const char          *json,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (CPROC_IS_CHANNEL (self));
  g_return_if_fail (json != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = send_task_new (self, cancellable, callback, user_data, cproc_channel_send_text_async);
  if (!g_task_return_error_if_cancelled (task) && !send_text (self, json, task, &error))
    g_task_return_error (task, error);
  cproc_channel_notify_sent (self);
}

/**
 * cproc_channel_send_text_finish:
 * @self: a channel
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Channel.send_text_async] began.
 *
 * Returns: `TRUE` if the kernel has the message
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_text_finish (CprocChannel  *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (is_result_of (self, result, cproc_channel_send_text_async), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* json-glib writes a larger one as a negative number. */
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
 * cproc_channel_send_variant:
 * @self: a channel
 * @variant: the message; a floating reference is consumed
 * @error: return location for an error
 *
 * Sends a message that is there as a [struct@GLib.Variant].
 *
 * It becomes JSON as [func@Json.gvariant_serialize] makes it: dictionaries with string keys become
 * objects, arrays and tuples become arrays. The other side does not see the types.
 *
 * ```c
 * cproc_channel_send_variant (channel, g_variant_new_parsed ("{'foo': <1>, 'bar': <2>}"), &error);
 * ```
 *
 * The errors are those of [method@Channel.send].
 *
 * Returns: `TRUE` if the message was written or queued
 *
 * Since: 1.0
 */
gboolean
cproc_channel_send_variant (CprocChannel  *self,
                            GVariant      *variant,
                            GError       **error)
{
  g_autoptr(GVariant) sunk = NULL;
  g_autoptr(JsonNode) node = NULL;

  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (variant != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  sunk = g_variant_ref_sink (variant);
  if (!check_variant (sunk, error))
    return FALSE;

  node = json_gvariant_serialize (sunk);

  return cproc_channel_send (self, node, error);
}
