/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-json-private.h"

G_BEGIN_DECLS

/* Reads values out of a checked text without a tree, by JSON Pointer (RFC 6901).
 *
 * Of members with the same name the last counts, at every level. Every error names the pointer from
 * the root: G_IO_ERROR_INVALID_ARGUMENT if it is not a pointer, G_IO_ERROR_NOT_FOUND if there is no
 * value, CPROC_ERROR_INVALID_MESSAGE for a value of another type or out of range. */

typedef struct
{
  const char *text; /* the whole text, up to end */
  const char *end;
  const char *base; /* the value that pointers start from */
} CprocJsonView;

/* Sets value to the value at pointer. */
gboolean  cproc_json_view_lookup      (const CprocJsonView  *self,
                                       const char           *pointer,
                                       CprocJsonSpan        *value,
                                       GError              **error);

gint64    cproc_json_view_get_int64   (const CprocJsonView  *self,
                                       const char           *pointer,
                                       GError              **error);
double    cproc_json_view_get_double  (const CprocJsonView  *self,
                                       const char           *pointer,
                                       GError              **error);
gboolean  cproc_json_view_get_boolean (const CprocJsonView  *self,
                                       const char           *pointer,
                                       GError              **error);
char     *cproc_json_view_dup_string  (const CprocJsonView  *self,
                                       const char           *pointer,
                                       GError              **error);

/* Returns the number of elements, or of different names; -1 if there is no array or object. */
gint64    cproc_json_view_get_length  (const CprocJsonView  *self,
                                       const char           *pointer);

/* type: (nullable). The result is floating. */
GVariant *cproc_json_view_dup_variant (const CprocJsonView  *self,
                                       const char           *pointer,
                                       const GVariantType   *type,
                                       GError              **error);

/* Returns the pointer from the root to the value that begins at place. */
char     *cproc_json_view_dup_pointer (const CprocJsonView  *self,
                                       const char           *place);

G_END_DECLS
