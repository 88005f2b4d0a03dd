/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-json-view-private.h"
#include "cproc-message-private.h"

/* Reads values out of the text of a message, without a tree. */

static CprocJsonView
message_view (CprocMessage *self)
{
  return (CprocJsonView) { self->text, self->text + self->length, self->text };
}

/**
 * cproc_message_has:
 * @self: a message
 * @pointer: a JSON Pointer
 *
 * Tells whether there is a value at a place.
 *
 * `null` is a value. For what is not a JSON Pointer the answer is `FALSE`.
 *
 * Returns: `TRUE` if there is one
 *
 * Since: 1.0
 */
gboolean
cproc_message_has (CprocMessage *self,
                   const char   *pointer)
{
  CprocJsonView view;
  CprocJsonSpan value;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (pointer != NULL, FALSE);

  view = message_view (self);

  return cproc_json_view_lookup (&view, pointer, &value, NULL);
}

/**
 * cproc_message_get_int64:
 * @self: a message
 * @pointer: a JSON Pointer
 * @error: return location for an error
 *
 * Reads an integer.
 *
 * Numbers count by their value: `1.0` and `1e3` are integers, 1.5 is not. Integers that do not fit
 * into 64 bits with a sign are refused.
 *
 * If @pointer is not a JSON Pointer the error is `G_IO_ERROR_INVALID_ARGUMENT`; if there is nothing
 * at that place it is `G_IO_ERROR_NOT_FOUND`; if the value is of another kind it is
 * [error@Cproc.Error.INVALID_MESSAGE]. The error names the place.
 *
 * Returns: the integer, or 0 with an error
 *
 * Since: 1.0
 */
gint64
cproc_message_get_int64 (CprocMessage  *self,
                         const char    *pointer,
                         GError       **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (pointer != NULL, 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  view = message_view (self);

  return cproc_json_view_get_int64 (&view, pointer, error);
}

/**
 * cproc_message_get_double:
 * @self: a message
 * @pointer: a JSON Pointer
 * @error: return location for an error
 *
 * Reads a number as a double, correctly rounded.
 *
 * A number that is too small for a double is 0.
 *
 * If @pointer is not a JSON Pointer the error is `G_IO_ERROR_INVALID_ARGUMENT`; if there is nothing
 * at that place it is `G_IO_ERROR_NOT_FOUND`; if the value is of another kind it is
 * [error@Cproc.Error.INVALID_MESSAGE]. The error names the place.
 *
 * Returns: the number, or 0 with an error
 *
 * Since: 1.0
 */
double
cproc_message_get_double (CprocMessage  *self,
                          const char    *pointer,
                          GError       **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, 0);
  g_return_val_if_fail (pointer != NULL, 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  view = message_view (self);

  return cproc_json_view_get_double (&view, pointer, error);
}

/**
 * cproc_message_get_boolean:
 * @self: a message
 * @pointer: a JSON Pointer
 * @error: return location for an error
 *
 * Reads a truth value.
 *
 * Only `true` and `false` are truth values.
 *
 * If @pointer is not a JSON Pointer the error is `G_IO_ERROR_INVALID_ARGUMENT`; if there is nothing
 * at that place it is `G_IO_ERROR_NOT_FOUND`; if the value is of another kind it is
 * [error@Cproc.Error.INVALID_MESSAGE]. The error names the place.
 *
 * Returns: the value, or `FALSE` with an error
 *
 * Since: 1.0
 */
gboolean
cproc_message_get_boolean (CprocMessage  *self,
                           const char    *pointer,
                           GError       **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (pointer != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  view = message_view (self);

  return cproc_json_view_get_boolean (&view, pointer, error);
}

/**
 * cproc_message_dup_string:
 * @self: a message
 * @pointer: a JSON Pointer
 * @error: return location for an error
 *
 * Reads a string.
 *
 * A lone surrogate becomes U+FFFD. A string with U+0000 in it is refused, because a C string would
 * end there.
 *
 * If @pointer is not a JSON Pointer the error is `G_IO_ERROR_INVALID_ARGUMENT`; if there is nothing
 * at that place it is `G_IO_ERROR_NOT_FOUND`; if the value is of another kind it is
 * [error@Cproc.Error.INVALID_MESSAGE]. The error names the place.
 *
 * Returns: (transfer full): the string, or `NULL` with an error
 *
 * Since: 1.0
 */
char *
cproc_message_dup_string (CprocMessage  *self,
                          const char    *pointer,
                          GError       **error)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (pointer != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  view = message_view (self);

  return cproc_json_view_dup_string (&view, pointer, error);
}

/**
 * cproc_message_get_length:
 * @self: a message
 * @pointer: a JSON Pointer
 *
 * Gets the number of elements of an array, or of members of an object.
 *
 * Members with one name count once.
 *
 * Returns: the number; -1 if there is nothing, or neither an array nor an object
 *
 * Since: 1.0
 */
gint64
cproc_message_get_length (CprocMessage *self,
                          const char   *pointer)
{
  CprocJsonView view;

  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (pointer != NULL, -1);

  view = message_view (self);

  return cproc_json_view_get_length (&view, pointer);
}

/**
 * cproc_message_dup_variant:
 * @self: a message
 * @pointer: a JSON Pointer
 * @type: (nullable): the type that the value is to have, or `NULL`
 * @error: return location for an error
 *
 * Reads a value, and all that is in it, as a [struct@GLib.Variant].
 *
 * Without a type, an object becomes `a{sv}`, an array `av`, `null` an empty `mv`, an integer that
 * fits into 64 bits `x`, and another number `d`. With a type, numbers must fit into it, objects
 * become dictionaries, and arrays become arrays or tuples, as with
 * [func@Json.gvariant_deserialize].
 *
 * ```c
 * sizes = cproc_message_dup_variant (message, "/sizes", G_VARIANT_TYPE ("a{su}"), &error);
 * ```
 *
 * If @pointer is not a JSON Pointer the error is `G_IO_ERROR_INVALID_ARGUMENT`; if there is nothing
 * at that place it is `G_IO_ERROR_NOT_FOUND`; if the value is of another kind it is
 * [error@Cproc.Error.INVALID_MESSAGE]. The error names the place.
 *
 * Returns: (transfer full): the value, or `NULL` with an error
 *
 * Since: 1.0
 */
GVariant *
cproc_message_dup_variant (CprocMessage        *self,
                           const char          *pointer,
                           const GVariantType  *type,
                           GError             **error)
{
  CprocJsonView view;
  GVariant *value;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (pointer != NULL, NULL);
  g_return_val_if_fail (type == NULL || g_variant_type_is_definite (type), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  view = message_view (self);
  value = cproc_json_view_dup_variant (&view, pointer, type, error);

  return value != NULL ? g_variant_ref_sink (value) : NULL;
}
