/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "census.h"
#include "child-util.h"
#include "cproc-thread-private.h"

/* GLib's thread and the kernel may take this long (us) to give resources back; without pidfds also
 * the grace of a kill. */
#define AWAIT_LIMIT (30 * G_USEC_PER_SEC)
#define AWAIT_STEP 2000

/* The smallest thing that can leak is 16 bytes large, with the allocator's own. */
#define MAX_BYTES_A_ROUND 4

/* Pools and tables that grow once. */
#define MEMORY_SLACK (4 * 1024)
#define RESIDENT_SLACK (6 * 1024 * 1024)

gboolean
census_is_long (void)
{
  return g_getenv ("CPROC_TEST_LONG") != NULL;
}

void
census_init (char **argv)
{
  /* What a thread, or GLib, keeps of freed memory for itself counts as allocated. They ask for
   * these only when a program begins. valgrind, where memory is not counted, does not start itself
   * anew. */
  if (g_getenv ("GLIBC_TUNABLES") != NULL || test_is_on_valgrind ())
    return;

  g_setenv ("G_SLICE", "always-malloc", TRUE);
  g_setenv ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1", TRUE);
  execv ("/proc/self/exe", argv);
}

static guint
count_threads (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static gboolean
never_called (gpointer user_data)
{
  g_assert_not_reached ();
}

/* The numbers of sources rise, so all that are there are below that of a new one. */
static guint
count_sources (void)
{
  guint newest = g_timeout_add (G_MAXINT, never_called, NULL);
  guint n = 0;

  for (guint id = 1; id < newest; id++)
    if (g_main_context_find_source_by_id (NULL, id) != NULL)
      n++;
  g_source_remove (newest);

  return n;
}

static gsize
get_memory (void)
{
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
  return 0;
#else
  return mallinfo2 ().uordblks;
#endif
}

static gsize
get_resident (void)
{
  g_autofree char *text = NULL;
  gsize pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%*u %" G_GSIZE_FORMAT, &pages), ==, 1);

  return pages * (gsize) sysconf (_SC_PAGESIZE);
}

static void
run_main_loop (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
do_nothing (gpointer user_data)
{
}

/* Until the library's own thread and GLib's have done what they were asked for. */
static void
settle (void)
{
  run_main_loop ();
  cproc_thread_call (do_nothing, NULL);
  test_await_no_children ();
  run_main_loop ();
}

void
census_take (Census *self)
{
  settle ();

  self->n_fds = test_count_fds ();
  self->n_threads = count_threads ();
  self->n_sources = count_sources ();
  self->memory = get_memory ();
  self->resident = get_resident ();
}

static gboolean
is_back (const Census *self,
         gsize         bytes)
{
  run_main_loop ();

  return test_count_fds () <= self->n_fds && count_threads () <= self->n_threads &&
         count_sources () <= self->n_sources && get_memory () <= self->memory + bytes;
}

void
census_assert (const Census *self,
               guint         n_rounds)
{
  gsize bytes = MEMORY_SLACK + (gsize) n_rounds * MAX_BYTES_A_ROUND;
  gint64 limit = g_get_monotonic_time () + AWAIT_LIMIT;
  Census now;

  settle ();
  while (!is_back (self, bytes) && g_get_monotonic_time () < limit)
    g_usleep (AWAIT_STEP);

  census_take (&now);
  g_test_message ("%u rounds: %u descriptors, %u threads, %u sources, %+" G_GSSIZE_FORMAT
                  " bytes allocated, %+" G_GSSIZE_FORMAT " resident", n_rounds,
                  now.n_fds, now.n_threads, now.n_sources, (gssize) (now.memory - self->memory),
                  (gssize) (now.resident - self->resident));
  g_assert_cmpuint (now.n_fds, <=, self->n_fds);
  g_assert_cmpuint (now.n_threads, <=, self->n_threads);
  g_assert_cmpuint (now.n_sources, <=, self->n_sources);
  g_assert_cmpuint (now.memory, <=, self->memory + bytes);
  /* A sanitizer keeps what was freed for some time. */
  if (now.memory > 0)
    g_assert_cmpuint (now.resident, <=, self->resident + RESIDENT_SLACK);
}
