/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-spec-private.h"

#include <sys/auxv.h>

/* Resolves a relative path against the working directory that the process had when it first used
 * the library with this value. */
static char *
dup_absolute (const char *path)
{
  static GMutex mutex;
  static char *last_path = NULL;
  static char *last_absolute = NULL;
  char *absolute;

  g_mutex_lock (&mutex);
  if (g_strcmp0 (path, last_path) != 0)
    {
      g_free (last_path);
      g_free (last_absolute);
      last_path = g_strdup (path);
      last_absolute = g_canonicalize_filename (path, NULL);
    }
  absolute = g_strdup (last_absolute);
  g_mutex_unlock (&mutex);

  return absolute;
}

char *
cproc_launch_dup_helper (void)
{
  const char *path = g_getenv ("CPROC_LAUNCH_HELPER");

  /* A set-user-ID program does not trust the environment of the user who started it. */
  if (path == NULL || *path == '\0' || getauxval (AT_SECURE) != 0)
    return g_strdup (CPROC_LIBEXECDIR "/cproc-launch");

  return g_path_is_absolute (path) ? g_strdup (path) : dup_absolute (path);
}
