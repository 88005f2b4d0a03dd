/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "shared-program.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

TestSharedProgram *
test_shared_program_new (const char *original)
{
  TestSharedProgram *self = g_new0 (TestSharedProgram, 1);
  g_autoptr(GFile) source = g_file_new_for_path (original);
  g_autoptr(GFile) copy = NULL;
  g_autoptr(GError) error = NULL;

  self->dir = g_dir_make_tmp ("cproc-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->dir, "program", NULL);
  copy = g_file_new_for_path (self->path);
  g_file_copy (source, copy, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (self->path, 0755), ==, 0);
  g_assert_cmpint (g_chmod (self->dir, 0755), ==, 0);

  return self;
}

void
test_shared_program_free (TestSharedProgram *self)
{
  g_unlink (self->path);
  g_rmdir (self->dir);
  g_free (self->path);
  g_free (self->dir);
  g_free (self);
}
