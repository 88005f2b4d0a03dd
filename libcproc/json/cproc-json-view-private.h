/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-json-private.h"

G_BEGIN_DECLS

/* Reads values out of a checked text without a tree, by JSON Pointer (RFC 6901).
 *
 * Of members with one name the last counts, at every level. Every error names the pointer from the
 * root: G_IO_ERROR_INVALID_ARGUMENT for what is not a pointer, G_IO_ERROR_NOT_FOUND where there is
 * nothing, CPROC_ERROR_INVALID_MESSAGE for a value of another type or out of range. */

typedef struct
{
  const char *text; /* all of it, which ends at end */
  const char *end;
  const char *base; /* the value in it that pointers start from */
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

/* The number of elements, or of different names; -1 where there is nothing that has a length. */
gint64    cproc_json_view_get_length  (const CprocJsonView  *self,
                                       const char           *pointer);

/* type: (nullable). The result is floating. */
GVariant *cproc_json_view_dup_variant (const CprocJsonView  *self,
                                       const char           *pointer,
                                       const GVariantType   *type,
                                       GError              **error);

/* The pointer from the root to the value that begins at place. */
char     *cproc_json_view_dup_pointer (const CprocJsonView  *self,
                                       const char           *place);

G_END_DECLS
