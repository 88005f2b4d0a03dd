/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For what runs as another user, to whom the home of this one may be closed: a copy that all may
 * run. It goes with this. */
typedef struct
{
  char *dir;
  char *path;
} TestSharedProgram;

TestSharedProgram *test_shared_program_new  (const char        *original);
void               test_shared_program_free (TestSharedProgram *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestSharedProgram, test_shared_program_free)

G_END_DECLS
