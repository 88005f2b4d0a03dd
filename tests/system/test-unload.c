/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <dlfcn.h>

#include <gio/gio.h>

/* What a plug-in does to its host: the program is not linked to the library. */

typedef struct
{
  void *handle;
  GObject *(*child_new) (const char * const *argv);
  gboolean (*child_start) (GObject *child, GError **error);
  gboolean (*child_kill) (GObject *child, GError **error);
  gboolean (*child_wait) (GObject *child, GCancellable *cancellable, GError **error);
} Library;

static gpointer
library_find (Library    *self,
              const char *name)
{
  gpointer symbol = dlsym (self->handle, name);

  g_assert_nonnull (symbol);

  return symbol;
}

static void
library_load (Library *self)
{
  self->handle = dlopen (g_getenv ("CPROC_TEST_LIBRARY"), RTLD_NOW);
  g_assert_nonnull (self->handle);

  *(gpointer *) &self->child_new = library_find (self, "cproc_child_new");
  *(gpointer *) &self->child_start = library_find (self, "cproc_child_start");
  *(gpointer *) &self->child_kill = library_find (self, "cproc_child_kill");
  *(gpointer *) &self->child_wait = library_find (self, "cproc_child_wait");
}

static gboolean
library_is_loaded (void)
{
  void *handle = dlopen (g_getenv ("CPROC_TEST_LIBRARY"), RTLD_NOW | RTLD_NOLOAD);

  if (handle != NULL)
    dlclose (handle);

  return handle != NULL;
}

static GObject *
start_sleep (Library *library)
{
  const char *argv[] = { "sleep", "100", NULL };
  GObject *child = library->child_new (argv);
  g_autoptr (GError) error = NULL;

  library->child_start (child, &error);
  g_assert_no_error (error);

  return child;
}

/* The library's thread, its types and its exit handler outlast dlclose(): so must its code. */
static void
test_again (void)
{
  Library library;
  GObject *child;

  if (g_getenv ("CPROC_TEST_LIBRARY") == NULL)
    {
      g_test_skip ("CPROC_TEST_LIBRARY does not name the library");
      return;
    }

  g_assert_false (library_is_loaded ());
  for (guint i = 0; i < 3; i++)
    {
      library_load (&library);
      child = start_sleep (&library);
      g_assert_true (library.child_kill (child, NULL));
      if (i > 0)
        g_assert_true (library.child_wait (child, NULL, NULL));
      g_object_unref (child);
      dlclose (library.handle);
      g_assert_true (library_is_loaded ());
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/unload/again", test_again);

  return g_test_run ();
}
