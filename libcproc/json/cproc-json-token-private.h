/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* Checks the strings, numbers and literals of a JSON text. */

typedef struct
{
  const char *end;

  const char *error_at;
  const char *error_reason; /* the reason, still to be translated */

  gboolean has_cmd;        /* a member is named "cmd", at any level */
  gboolean spells_letters; /* an escape stands for a plain letter */
} CprocJsonToken;

/* Stores the first wrong byte and the reason, and returns NULL. At the end of the text the reason
 * is always that it ends, and may be NULL. */
const char *cproc_json_token_fail   (CprocJsonToken *self,
                                     const char     *at,
                                     const char     *reason);

/* Each returns the place after the token, or NULL after cproc_json_token_fail(). p is at the
 * backslash, after the opening quote, or at the first byte of the token, respectively. */
const char *cproc_json_token_escape (CprocJsonToken *self,
                                     const char     *p);
const char *cproc_json_token_string (CprocJsonToken *self,
                                     const char     *p);
const char *cproc_json_token_scalar (CprocJsonToken *self,
                                     const char     *p);

/* Returns whether the text from start to behind, quotes included, is "cmd". */
static inline gboolean
cproc_json_name_is_cmd (const char *start,
                        const char *behind)
{
  return behind - start == 5 && memcmp (start, "\"cmd\"", 5) == 0;
}

G_END_DECLS
