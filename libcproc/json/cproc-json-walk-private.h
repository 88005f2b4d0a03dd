/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-json-private.h"

G_BEGIN_DECLS

/* Walks over the values of a checked text. */

/* Returns the place after the value that begins at p. */
const char *cproc_json_skip_value     (const char          *p,
                                       const char          *end);

/* The same if p stands between tokens, inside that many brackets. */
const char *cproc_json_skip_brackets  (const char          *p,
                                       const char          *end,
                                       guint                depth);

typedef struct
{
  const char *p; /* the place of the next token */
  const char *end;
  gboolean is_object;

  CprocJsonSpan name; /* between the quotes; only for a member of an object */
  gboolean name_has_escapes;
} CprocJsonWalk;

/* Begins the walk. FALSE if the value at p is neither an object nor an array. */
gboolean    cproc_json_walk_init      (CprocJsonWalk       *self,
                                       const char          *p,
                                       const char          *end);

/* Returns the place of the next value, or NULL at the end; then p is after the closing bracket.
 * Before the next call the caller tells with cproc_json_walk_leave() where the value ends. */
const char *cproc_json_walk_next      (CprocJsonWalk       *self);

static inline void
cproc_json_walk_leave (CprocJsonWalk *self,
                       const char    *behind)
{
  self->p = behind;
}

/* Returns whether the member has that name, which contains no NUL. */
gboolean    cproc_json_walk_name_is   (const CprocJsonWalk *self,
                                       const char          *name,
                                       gsize                length);

/* Copies the member's name, decoded; out has room for name.length + 1 bytes. */
void        cproc_json_walk_copy_name (const CprocJsonWalk *self,
                                       char                *out);

G_END_DECLS
