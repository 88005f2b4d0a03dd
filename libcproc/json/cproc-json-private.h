/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* json-glib's own parser recurses and accepts invalid text, so it must not read text of another
 * process; see cproc-json-check.c. */
#define CPROC_JSON_MAX_DEPTH 512

/* A part of a checked text. */
typedef struct
{
  const char *data;
  gsize length;
} CprocJsonSpan;

/* Checks a text. TRUE if it is exactly one JSON value by RFC 8259, is valid UTF-8, is not nested
 * deeper than CPROC_JSON_MAX_DEPTH and has no number that is too large for a finite double. Escapes
 * of a lone surrogate and \u0000 pass. Iterative; allocates nothing. The error is
 * CPROC_ERROR_INVALID_MESSAGE, which names the place and the reason. */
gboolean  cproc_json_check          (const char          *text,
                                     gsize                length,
                                     GError             **error);

/* The same. may_have_cmd: (nullable): set to FALSE if no member, at any level, is named "cmd", even
 * with escapes. */
gboolean  cproc_json_check_names    (const char          *text,
                                     gsize                length,
                                     gboolean            *may_have_cmd,
                                     GError             **error);

/* Makes the tree of a text that has passed the check: cannot fail. \u0000 and lone surrogates
 * become U+FFFD. Of members with the same name the last wins, in the place of the first, as in
 * JavaScript. */
JsonNode *cproc_json_parse          (const char          *text,
                                     gsize                length);

/* Appends the text of a tree: compact, one line, valid by cproc_json_check(). Doubles are written
 * so that they read back the same and stay doubles: 1 is "1.0". NULL, and a node without a value,
 * are written as null. CPROC_ERROR_INVALID_MESSAGE if JSON cannot express a value (NaN, infinities,
 * invalid UTF-8, deeper than the limit); nothing is appended then. */
gboolean  cproc_json_write          (JsonNode            *node,
                                     GString             *out,
                                     GError             **error);

/* Finds the value of the last member with that name, in a text that has passed the check and is an
 * object; escapes in names are decoded. FALSE if there is none, or the text is not an object. */
gboolean  cproc_json_find_member    (const char          *text,
                                     gsize                length,
                                     const char          *name,
                                     CprocJsonSpan       *value);

/* Returns the string that a span holds, decoded as cproc_json_parse() does; NULL if it is not a
 * string. */
char     *cproc_json_span_to_string (const CprocJsonSpan *span);

G_END_DECLS
