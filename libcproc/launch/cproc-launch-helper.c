/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-spec-private.h"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Beside the library, where it has not been installed. */
static char *
find_uninstalled (void)
{
  g_autofree char *directory = NULL;
  g_autofree char *path = NULL;
  Dl_info info;

  if (dladdr ((void *) cproc_launch_dup_helper, &info) == 0 || info.dli_fname == NULL)
    return NULL;

  directory = g_path_get_dirname (info.dli_fname);
  path = g_build_filename (directory, "launch", "cproc-launch", NULL);

  return access (path, X_OK) == 0 ? g_steal_pointer (&path) : NULL;
}

char *
cproc_launch_dup_helper (void)
{
  static const char *found = NULL;
  const char *from_environment = g_getenv ("CPROC_LAUNCH_HELPER");

  /* Who runs with more rights than the user who set the variable does not believe it. */
  if (from_environment != NULL && *from_environment != '\0' && getauxval (AT_SECURE) == 0)
    return g_strdup (from_environment);

  if (g_once_init_enter (&found))
    {
      const char *path = find_uninstalled ();

      g_once_init_leave (&found, path != NULL ? path : CPROC_LIBEXECDIR "/cproc-launch");
    }

  return g_strdup (found);
}
