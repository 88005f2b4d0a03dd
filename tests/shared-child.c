/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "shared-child.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

TestSharedChild *
test_shared_child_new (void)
{
  TestSharedChild *self = g_new0 (TestSharedChild, 1);
  g_autoptr(GFile) original = g_file_new_for_path (g_getenv ("CPROC_TEST_CHILD"));
  g_autoptr(GFile) copy = NULL;
  g_autoptr(GError) error = NULL;

  self->dir = g_dir_make_tmp ("cproc-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->dir, "child", NULL);
  copy = g_file_new_for_path (self->path);
  g_file_copy (original, copy, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (self->path, 0755), ==, 0);
  g_assert_cmpint (g_chmod (self->dir, 0755), ==, 0);

  return self;
}

void
test_shared_child_free (TestSharedChild *self)
{
  g_unlink (self->path);
  g_rmdir (self->dir);
  g_free (self->path);
  g_free (self->dir);
  g_free (self);
}
