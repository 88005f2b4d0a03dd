/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-message.h"

G_BEGIN_DECLS

/**
 * CprocMessageIter: (skip)
 *
 * Goes over the items of an array, or the members of an object, in a [struct@Cproc.Message],
 * without a tree.
 *
 * It lives on the stack, as a [struct@GLib.VariantIter], and needs no clean-up.
 *
 * ```c
 * CprocMessageIter iter;
 *
 * cproc_message_iter_init (&iter, message, "/files", &error);
 * while (cproc_message_iter_next (&iter))
 *   {
 *     g_autofree char *name = cproc_message_iter_dup_string (&iter, "/name", NULL);
 *
 *     g_print ("%s\n", name);
 *   }
 * ```
 *
 * Since: 1.0
 */
typedef struct
{
  /*< private >*/
  gpointer x[20];
} CprocMessageIter;

CPROC_AVAILABLE_IN_1_0
gboolean     cproc_message_iter_init        (CprocMessageIter    *self,
                                             CprocMessage        *message,
                                             const char          *pointer,
                                             GError             **error);
CPROC_AVAILABLE_IN_1_0
gboolean     cproc_message_iter_next        (CprocMessageIter    *self);
CPROC_AVAILABLE_IN_1_0
const char  *cproc_message_iter_get_name    (CprocMessageIter    *self);
CPROC_AVAILABLE_IN_1_0
gboolean     cproc_message_iter_has         (CprocMessageIter    *self,
                                             const char          *pointer);
CPROC_AVAILABLE_IN_1_0
gint64       cproc_message_iter_get_int64   (CprocMessageIter    *self,
                                             const char          *pointer,
                                             GError             **error);
CPROC_AVAILABLE_IN_1_0
double       cproc_message_iter_get_double  (CprocMessageIter    *self,
                                             const char          *pointer,
                                             GError             **error);
CPROC_AVAILABLE_IN_1_0
gboolean     cproc_message_iter_get_boolean (CprocMessageIter    *self,
                                             const char          *pointer,
                                             GError             **error);
CPROC_AVAILABLE_IN_1_0
char        *cproc_message_iter_dup_string  (CprocMessageIter    *self,
                                             const char          *pointer,
                                             GError             **error);
CPROC_AVAILABLE_IN_1_0
gint64       cproc_message_iter_get_length  (CprocMessageIter    *self,
                                             const char          *pointer);
CPROC_AVAILABLE_IN_1_0
GVariant    *cproc_message_iter_dup_variant (CprocMessageIter    *self,
                                             const char          *pointer,
                                             const GVariantType  *type,
                                             GError             **error);

G_END_DECLS
