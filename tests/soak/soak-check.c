/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is left while nothing is being done: no process, and no more descriptors, threads and memory
 * than before. */

#include "config.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

/* What others reap and close on threads of their own may be late. */
#define WAIT_LIMIT (30 * G_USEC_PER_SEC)
#define WAIT_STEP 2000

/* Where malloc() keeps nothing for itself, as the tests tell it, there is nothing to fill; a leak
 * of one small thing a task grows out of it. */
#define MAX_GROWTH_IN_USE (64 * 1024)
#define MAX_GROWTH_WITH_CACHE (2 * 1024 * 1024)
#define MAX_GROWTH_RESIDENT (16 * 1024 * 1024)

#define MARKER "CPROC_SOAK_RUN"

typedef struct
{
  guint n_fds;
  guint n_threads;
  gsize in_use;
  gsize resident;
} Measure;

static char *marker; /* NAME=value, as it stands in an environment */
static Measure first;
static Measure last;
static gboolean has_first;

static guint
count_entries (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static Measure
take_measure (void)
{
  Measure measure = { 0 };
  g_autofree char *statm = NULL;
  char **fields;

  measure.n_fds = count_entries ("/proc/self/fd") - 1;
  measure.n_threads = count_entries ("/proc/self/task");

  malloc_trim (0);
#if __GLIBC_PREREQ (2, 33)
  {
    struct mallinfo2 info = mallinfo2 ();

    measure.in_use = info.uordblks + info.hblkhd;
  }
#endif
  if (g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL))
    {
      fields = g_strsplit (statm, " ", -1);
      measure.resident = g_ascii_strtoull (fields[1], NULL, 10) * sysconf (_SC_PAGESIZE);
      g_strfreev (fields);
    }

  return measure;
}

static gboolean
has_child (void)
{
  siginfo_t info;

  /* Zombies count, and are left to their reaper. */
  return waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* The first process that has been started here, however far away it is; 0: none. */
static guint64
find_marked (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      guint64 pid = g_ascii_strtoull (name, NULL, 10);
      g_autofree char *path = g_strdup_printf ("/proc/%s/environ", name);
      g_autofree char *environment = NULL;
      gsize length;

      if (pid != 0 && pid != (guint64) getpid () &&
          g_file_get_contents (path, &environment, &length, NULL) &&
          memmem (environment, length, marker, strlen (marker) + 1) != NULL)
        return pid;
    }

  return 0;
}

static gboolean
is_settled (void)
{
  Measure now = take_measure ();

  return !has_child () &&
         (!has_first || (now.n_fds <= first.n_fds && now.n_threads <= first.n_threads));
}

static void
check_no_process (void)
{
  guint64 pid = find_marked ();
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/cmdline", pid);
  g_autofree char *line = NULL;

  for (gint64 i = 0; pid != 0 && i < WAIT_LIMIT / WAIT_STEP / 10; i++)
    {
      g_usleep (WAIT_STEP * 10);
      pid = find_marked ();
    }

  if (pid == 0)
    return;

  g_file_get_contents (path, &line, NULL, NULL);
  soak_fail (NULL, "process %" G_GUINT64_FORMAT " is left: %s", pid, line);
}

static void
check_memory (void)
{
  const char *tunables = g_getenv ("GLIBC_TUNABLES");
  gboolean has_cache = tunables == NULL || strstr (tunables, "tcache_count=0") == NULL;
  gsize max_growth = has_cache ? MAX_GROWTH_WITH_CACHE : MAX_GROWTH_IN_USE;

  /* A sanitizer keeps what was freed. */
#if defined __SANITIZE_ADDRESS__
  return;
#elif defined __has_feature
#if __has_feature (address_sanitizer)
  return;
#endif
#endif

  if (last.in_use > first.in_use + max_growth)
    soak_fail (NULL, "memory in use grew from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " bytes",
               first.in_use, last.in_use);
  if (last.resident > first.resident + MAX_GROWTH_RESIDENT)
    soak_fail (NULL, "resident memory grew from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " bytes",
               first.resident, last.resident);
}

void
soak_check_quiet (void)
{
  for (gint64 i = 0; i < WAIT_LIMIT / WAIT_STEP; i++)
    {
      while (g_main_context_iteration (NULL, FALSE))
        ;
      if (is_settled ())
        break;
      g_usleep (WAIT_STEP);
    }

  if (has_child ())
    soak_fail (NULL, "a child is left, or its zombie");
  check_no_process ();

  last = take_measure ();
  soak_counts.n_quiet++;
  if (!has_first)
    {
      first = last;
      has_first = TRUE;
    }

  if (last.n_fds > first.n_fds)
    soak_fail (NULL, "%u descriptors are open, and %u were at first", last.n_fds, first.n_fds);
  if (last.n_threads > first.n_threads)
    soak_fail (NULL, "%u threads run, and %u did at first", last.n_threads, first.n_threads);
  check_memory ();
}

void
soak_check_init (void)
{
  g_autofree char *value = g_strdup_printf ("%d-%u", getpid (), g_random_int ());

  marker = g_strconcat (MARKER, "=", value, NULL);
  g_setenv (MARKER, value, TRUE);
}

char *
soak_check_dup (void)
{
  return g_strdup_printf ("descriptors %u (%u at first), threads %u (%u), in use %" G_GSIZE_FORMAT
                          " (%" G_GSIZE_FORMAT ") bytes, resident %" G_GSIZE_FORMAT
                          " (%" G_GSIZE_FORMAT ")", last.n_fds, first.n_fds, last.n_threads,
                          first.n_threads, last.in_use, first.in_use, last.resident,
                          first.resident);
}
