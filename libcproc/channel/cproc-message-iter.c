/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-json-view-private.h"
#include "cproc-json-walk-private.h"
#include "cproc-message-iter.h"
#include "cproc-message-private.h"

/* The contents of a CprocMessageIter. */
typedef struct
{
  CprocMessage *message;
  const char *item; /* NULL before the first and after the last item */
  CprocJsonWalk walk;
  char name[48]; /* of the member, if it fits */
} Iter;

G_STATIC_ASSERT (sizeof (Iter) <= sizeof (CprocMessageIter));
G_STATIC_ASSERT (G_ALIGNOF (Iter) <= G_ALIGNOF (CprocMessageIter));

static Iter *
iter_get (CprocMessageIter *self)
{
  return (Iter *) self;
}

static gboolean
iter_has_item (CprocMessageIter *self)
{
  return iter_get (self)->item != NULL;
}

static CprocJsonView
iter_view (CprocMessageIter *self)
{
  Iter *iter = iter_get (self);
  CprocMessage *message = iter->message;

  return (CprocJsonView) { message->text, message->text + message->length, iter->item };
}

/**
 * cproc_message_iter_init: (skip)
 * @self: (out caller-allocates): the iterator
 * @message: a message, which must live as long as the iterator is used
 * @pointer: a JSON Pointer to an array or an object
 * @error: return location for an error
 *
 * Begins to go over the items of an array, or the members of an object.
 *
 * The iterator needs no clean-up: it can be on the stack, and left at any time.
 *
 * ```c
 * CprocMessageIter iter;
 *
 * if (!cproc_message_iter_init (&iter, message, "/files", &error))
 *   return FALSE;
 *
 * while (cproc_message_iter_next (&iter))
 *   total += cproc_message_iter_get_int64 (&iter, "/size", NULL);
 * ```
 *
 * If @pointer is not a JSON Pointer the error is `G_IO_ERROR_INVALID_ARGUMENT`; if there is nothing
 * at that place it is `G_IO_ERROR_NOT_FOUND`; if the value is neither an array nor an object it is
 * [error@Cproc.Error.INVALID_MESSAGE].
 *
 * Returns: `TRUE` if the iterator is before the first item
 *
 * Since: 1.0
 */
gboolean
cproc_message_iter_init (CprocMessageIter  *self,
                         CprocMessage      *message,
                         const char        *pointer,
                         GError           **error)
{
  g_autofree char *place = NULL;
  CprocJsonView view;
  CprocJsonSpan value;
  Iter *iter;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (pointer != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  iter = iter_get (self);
  iter->message = message;
  iter->item = NULL;
  iter->walk.p = NULL;

  view = (CprocJsonView) { message->text, message->text + message->length, message->text };
  if (!cproc_json_view_lookup (&view, pointer, &value, error))
    return FALSE;

  if (cproc_json_walk_init (&iter->walk, value.data, view.end))
    return TRUE;

  place = cproc_json_view_dup_pointer (&view, value.data);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("The value at “%s” is neither an array nor an object"), place);

  return FALSE;
}

/**
 * cproc_message_iter_next: (skip)
 * @self: an iterator
 *
 * Goes to the next item, in the order of the text.
 *
 * Members of an object come as often as they are there, also those with one name.
 *
 * Returns: `TRUE` if there is one; `FALSE` behind the last
 *
 * Since: 1.0
 */
gboolean
cproc_message_iter_next (CprocMessageIter *self)
{
  Iter *iter;

  g_return_val_if_fail (self != NULL, FALSE);

  iter = iter_get (self);
  if (iter->walk.p == NULL)
    return FALSE;

  if (iter->item != NULL)
    cproc_json_walk_leave (&iter->walk, cproc_json_skip_value (iter->item, iter->walk.end));

  iter->item = cproc_json_walk_next (&iter->walk);
  if (iter->item == NULL)
    iter->walk.p = NULL;

  return iter->item != NULL;
}

/**
 * cproc_message_iter_get_name: (skip)
 * @self: an iterator at an item
 *
 * Gets the name of the member that the iterator is at.
 *
 * Returns: (transfer none) (nullable): the name, which is valid until the iterator goes on, or
 *   `NULL` in an array
 *
 * Since: 1.0
 */
const char *
cproc_message_iter_get_name (CprocMessageIter *self)
{
  Iter *iter;
  g_autofree char *name = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (iter_has_item (self), NULL);

  iter = iter_get (self);
  if (!iter->walk.is_object)
    return NULL;

  if (iter->walk.name.length < sizeof iter->name)
    {
      cproc_json_walk_copy_name (&iter->walk, iter->name);
      return iter->name;
    }

  name = g_malloc (iter->walk.name.length + 1);
  cproc_json_walk_copy_name (&iter->walk, name);

  return cproc_message_keep_string (iter->message, name);
}

/**
 * cproc_message_iter_has: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 *
 * Tells whether there is a value at a place.
 *
 * As [method@Cproc.Message.has].
 *
 * Returns: `TRUE` if there is one
 *
 * Since: 1.0
 */
gboolean
cproc_message_iter_has (CprocMessageIter *self,
                        const char       *pointer)
{
  CprocJsonView view;
  CprocJsonSpan value;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (pointer != NULL, FALSE);
  g_return_val_if_fail (iter_has_item (self), FALSE);

  view = iter_view (self);

  return cproc_json_view_lookup (&view, pointer, &value, NULL);
}

/**
 * cproc_message_iter_get_int64: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 * @error: return location for an error
 *
 * Reads an integer.
 *
 * As [method@Cproc.Message.get_int64].
 *
 * Returns: the integer, or 0 with an error
 *
 * Since: 1.0
 */
gint64
cproc_message_iter_get_int64 (CprocMessageIter  *self,
                              const char        *pointer,
                              GError           **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (pointer != NULL, 0);
  g_return_val_if_fail (iter_has_item (self), 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  view = iter_view (self);

  return cproc_json_view_get_int64 (&view, pointer, error);
}

/**
 * cproc_message_iter_get_double: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 * @error: return location for an error
 *
 * Reads a number as a double, correctly rounded.
 *
 * As [method@Cproc.Message.get_double].
 *
 * Returns: the number, or 0 with an error
 *
 * Since: 1.0
 */
double
cproc_message_iter_get_double (CprocMessageIter  *self,
                               const char        *pointer,
                               GError           **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (pointer != NULL, 0);
  g_return_val_if_fail (iter_has_item (self), 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  view = iter_view (self);

  return cproc_json_view_get_double (&view, pointer, error);
}

/**
 * cproc_message_iter_get_boolean: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 * @error: return location for an error
 *
 * Reads a truth value.
 *
 * As [method@Cproc.Message.get_boolean].
 *
 * Returns: the value, or `FALSE` with an error
 *
 * Since: 1.0
 */
gboolean
cproc_message_iter_get_boolean (CprocMessageIter  *self,
                                const char        *pointer,
                                GError           **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (pointer != NULL, FALSE);
  g_return_val_if_fail (iter_has_item (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  view = iter_view (self);

  return cproc_json_view_get_boolean (&view, pointer, error);
}

/**
 * cproc_message_iter_dup_string: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 * @error: return location for an error
 *
 * Reads a string.
 *
 * As [method@Cproc.Message.dup_string].
 *
 * Returns: (transfer full): the string, or `NULL` with an error
 *
 * Since: 1.0
 */
char *
cproc_message_iter_dup_string (CprocMessageIter  *self,
                               const char        *pointer,
                               GError           **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (pointer != NULL, NULL);
  g_return_val_if_fail (iter_has_item (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  view = iter_view (self);

  return cproc_json_view_dup_string (&view, pointer, error);
}

/**
 * cproc_message_iter_get_length: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 *
 * Gets the number of elements of an array, or of members of an object.
 *
 * As [method@Cproc.Message.get_length].
 *
 * Returns: the number; -1 if there is nothing, or neither an array nor an object
 *
 * Since: 1.0
 */
gint64
cproc_message_iter_get_length (CprocMessageIter *self,
                               const char       *pointer)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (pointer != NULL, -1);
  g_return_val_if_fail (iter_has_item (self), -1);

  view = iter_view (self);

  return cproc_json_view_get_length (&view, pointer);
}

/**
 * cproc_message_iter_dup_variant: (skip)
 * @self: an iterator at an item
 * @pointer: a JSON Pointer, counted from the item
 * @type: (nullable): the type that the value is to have, or `NULL`
 * @error: return location for an error
 *
 * Reads a value, and all that is in it, as a [struct@GLib.Variant].
 *
 * As [method@Cproc.Message.dup_variant].
 *
 * Returns: (transfer full): the value, or `NULL` with an error
 *
 * Since: 1.0
 */
GVariant *
cproc_message_iter_dup_variant (CprocMessageIter    *self,
                                const char          *pointer,
                                const GVariantType  *type,
                                GError             **error)
{
  CprocJsonView view;
  GVariant *value;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (pointer != NULL, NULL);
  g_return_val_if_fail (iter_has_item (self), NULL);
  g_return_val_if_fail (type == NULL || g_variant_type_is_definite (type), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  view = iter_view (self);
  value = cproc_json_view_dup_variant (&view, pointer, type, error);

  return value != NULL ? g_variant_ref_sink (value) : NULL;
}
