/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-json-private.h"

G_BEGIN_DECLS

/* Walks over the values of a checked text. */

/* The place behind the value that begins at p. */
const char *cproc_json_skip_value     (const char          *p,
                                       const char          *end);

/* The same, where p stands somewhere between the tokens inside of that many brackets. */
const char *cproc_json_skip_brackets  (const char          *p,
                                       const char          *end,
                                       guint                depth);

typedef struct
{
  const char *p; /* at what comes next */
  const char *end;
  gboolean is_object;

  CprocJsonSpan name; /* between the quotes; of an object's member only */
  gboolean name_has_escapes;
} CprocJsonWalk;

/* FALSE if the value at p is neither an object nor an array. */
gboolean    cproc_json_walk_init      (CprocJsonWalk       *self,
                                       const char          *p,
                                       const char          *end);

/* The place of the next value, or NULL at the end; then p is behind the closing bracket. The caller
 * says with cproc_json_walk_leave() where the value ends before it asks for the next one. */
const char *cproc_json_walk_next      (CprocJsonWalk       *self);

static inline void
cproc_json_walk_leave (CprocJsonWalk *self,
                       const char    *behind)
{
  self->p = behind;
}

/* Whether the member's name is that one, which has no NUL in it. */
gboolean    cproc_json_walk_name_is   (const CprocJsonWalk *self,
                                       const char          *name,
                                       gsize                length);

/* The member's name, decoded; out holds name.length + 1 bytes. */
void        cproc_json_walk_copy_name (const CprocJsonWalk *self,
                                       char                *out);

G_END_DECLS
