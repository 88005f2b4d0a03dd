/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For what runs as another user, to whom the home of this one may be closed: a copy of the tests'
 * child that all may run. Takes it away when the test ends. */
typedef struct
{
  char *dir;
  char *path;
} TestSharedChild;

TestSharedChild *test_shared_child_new  (void);
void             test_shared_child_free (TestSharedChild *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestSharedChild, test_shared_child_free)

G_END_DECLS
