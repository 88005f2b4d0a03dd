/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* The strings, numbers and literals of a JSON text. */

typedef struct
{
  const char *end;

  const char *error_at;
  const char *error_reason; /* to translate */

  gboolean has_cmd;        /* a member is named "cmd", at any level */
  gboolean spells_letters; /* an escape stands for a letter that could stand for itself */
} CprocJsonToken;

/* Remembers the first byte that is wrong, and why; returns NULL. At the end of the text the reason
 * is always that it ends, and may be NULL. */
const char *cproc_json_token_fail   (CprocJsonToken *self,
                                     const char     *at,
                                     const char     *reason);

/* Each returns the place behind the token, or NULL after cproc_json_token_fail(). p is at the
 * backslash, behind the opening quote, and at the first byte of any of them. */
const char *cproc_json_token_escape (CprocJsonToken *self,
                                     const char     *p);
const char *cproc_json_token_string (CprocJsonToken *self,
                                     const char     *p);
const char *cproc_json_token_scalar (CprocJsonToken *self,
                                     const char     *p);

/* Whether what stands from start to behind, with its quotes, is "cmd". */
static inline gboolean
cproc_json_name_is_cmd (const char *start,
                        const char *behind)
{
  return behind - start == 5 && memcmp (start, "\"cmd\"", 5) == 0;
}

G_END_DECLS
