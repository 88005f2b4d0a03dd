/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does all that the library can, for as long as told, in an order that a seed decides, and checks
 * what comes of it: every child and its end, every byte, every message; and from time to time that
 * nothing is left of it all, no process, descriptor, thread or memory.
 *
 *     soak [--minutes=N] [--seed=N] [--kind=NAME] [--parallel=N]
 *
 * Says at once what the seed is. The first thing that is not as it should be ends it, with the plan
 * of the task that found it. How tasks meet depends on time as well, so that a seed makes the same
 * again likely, not certain. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "soak.h"

/* Nothing that is begun takes so long, however busy the machine. */
#define PATIENCE (120 * G_USEC_PER_SEC)

#define MIN_QUIET_INTERVAL (3 * G_USEC_PER_SEC)
#define MAX_QUIET_INTERVAL (20 * G_USEC_PER_SEC)

static const SoakKind * const kinds[] = {
  &soak_child_kind, &soak_grandchild_kind, &soak_failure_kind, &soak_exec_kind,
  &soak_thread_kind, &soak_worker_kind, &soak_fds_kind, &soak_bad_worker_kind,
};

SoakCounts soak_counts;
char *soak_dir;

static double minutes = 0.5;
static gint64 seed = -1;
static char *only_kind;
static int max_parallel = 16;
static int n_alive_goal;
static GPtrArray *alive; /* SoakTask */
static GRand *main_rand;
static gint64 begun_at;

static const GOptionEntry entries[] = {
  { "minutes", 0, 0, G_OPTION_ARG_DOUBLE, &minutes, "For so long (0.5)", "N" },
  { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Decides what is done (random)", "N" },
  { "kind", 0, 0, G_OPTION_ARG_STRING, &only_kind, "Only tasks of this kind", "NAME" },
  { "parallel", 0, 0, G_OPTION_ARG_INT, &max_parallel, "So many tasks at a time (16)", "N" },
  G_OPTION_ENTRY_NULL
};

static double
get_seconds (gint64 since)
{
  return (double) (g_get_monotonic_time () - since) / G_USEC_PER_SEC;
}

void
soak_fail (SoakTask   *task,
           const char *format,
           ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  if (task != NULL)
    g_printerr ("soak: task %u (%s), begun %.3f s ago:%s\n", task->number, task->kind->name,
                get_seconds (task->begun_at), task->plan->str);
  g_printerr ("soak: seed %" G_GINT64_FORMAT ", after %.1f s: %s\n", seed, get_seconds (begun_at),
              text);
  abort ();
}

void
soak_check_error (SoakTask *task,
                  GError   *error,
                  GQuark    domain,
                  int       code)
{
  soak_check (task, error != NULL);
  soak_check (task, g_utf8_validate (error->message, -1, NULL));
  if (!g_error_matches (error, domain, code))
    soak_fail (task, "another error than %s %d: %s %d: %s", g_quark_to_string (domain), code,
               g_quark_to_string (error->domain), error->code, error->message);
}

void
soak_task_note (SoakTask   *task,
                const char *format,
                ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (task->plan, format, args);
  va_end (args);
}

void
soak_task_ref (SoakTask *task)
{
  task->ref_count++;
}

void
soak_task_unref (SoakTask *task)
{
  if (--task->ref_count > 0)
    return;

  task->kind->finish (task);
  g_ptr_array_remove_fast (alive, task);
  g_rand_free (task->rand);
  g_string_free (task->plan, TRUE);
  g_free (task);
}

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  soak_task_unref (user_data);
}

void
soak_task_watch (SoakTask *task,
                 gpointer  object)
{
  soak_task_ref (task);
  g_object_weak_ref (object, on_finalized, task);
}

typedef struct
{
  SoakTask *task;
  void (*func) (SoakTask *task);
} Later;

static gboolean
on_later (gpointer user_data)
{
  Later *self = user_data;

  self->func (self->task);

  return G_SOURCE_REMOVE;
}

static void
later_free (gpointer user_data)
{
  Later *self = user_data;

  soak_task_unref (self->task);
  g_free (self);
}

void
soak_task_after (SoakTask *task,
                 guint     msec,
                 void    (*func) (SoakTask *task))
{
  Later *self = g_new (Later, 1);

  soak_task_ref (task);
  *self = (Later) { task, func };
  g_timeout_add_full (G_PRIORITY_DEFAULT, msec, on_later, self, later_free);
}

int
soak_range (SoakTask *task,
            int       begin,
            int       end)
{
  return g_rand_int_range (task->rand, begin, end);
}

gboolean
soak_one_in (SoakTask *task,
             int       n)
{
  return g_rand_int_range (task->rand, 0, n) == 0;
}

gsize
soak_size (SoakTask *task)
{
  const int limits[] = { 1, 2, 100, 100, 5000, 5000, 70000, 300000, 3000000 };

  return soak_range (task, 0, limits[soak_range (task, 0, G_N_ELEMENTS (limits))]);
}

void
soak_append_text (SoakTask *task,
                  GString  *text,
                  gsize     length)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";

  while (length-- > 0)
    g_string_append_c (text, letters[g_rand_int (task->rand) % (sizeof letters - 1)]);
}

static const SoakKind *
choose_kind (void)
{
  guint total = 0;
  guint chosen;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    total += kinds[i]->weight;

  chosen = g_rand_int_range (main_rand, 0, total);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (chosen < kinds[i]->weight)
        return kinds[i];
      chosen -= kinds[i]->weight;
    }

  g_assert_not_reached ();
}

static void
begin_task (void)
{
  const SoakKind *kind = choose_kind ();
  SoakTask *task;
  guint32 numbers[] = { seed, seed >> 32, soak_counts.n_tasks };

  while (only_kind != NULL && !g_str_equal (kind->name, only_kind))
    kind = choose_kind ();

  task = g_malloc0 (kind->size);
  task->kind = kind;
  task->number = soak_counts.n_tasks++;
  task->ref_count = 1;
  task->begun_at = g_get_monotonic_time ();
  task->rand = g_rand_new_with_seed_array (numbers, G_N_ELEMENTS (numbers));
  task->plan = g_string_new (" ");
  g_ptr_array_add (alive, task);
  kind->begin (task);
  soak_task_unref (task);
}

/* Also wakes the loop up, for the deadlines. */
static gboolean
check_patience (gpointer user_data)
{
  for (guint i = 0; i < alive->len; i++)
    {
      SoakTask *task = g_ptr_array_index (alive, i);

      if (g_get_monotonic_time () - task->begun_at > PATIENCE)
        soak_fail (task, "does not end");
    }

  return G_SOURCE_CONTINUE;
}

static void
run_for (gint64 duration)
{
  gint64 end = g_get_monotonic_time () + duration;

  while (g_get_monotonic_time () < end)
    {
      if (g_rand_int_range (main_rand, 0, 50) == 0)
        n_alive_goal = g_rand_int_range (main_rand, 1, max_parallel + 1);
      while (alive->len < (guint) n_alive_goal)
        begin_task ();
      g_main_context_iteration (NULL, TRUE);
    }

  while (alive->len > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
print_figures (void)
{
  const SoakCounts *c = &soak_counts;

  g_print ("# %.1f s, %" G_GUINT64_FORMAT " tasks: %" G_GUINT64_FORMAT " children, "
           "%" G_GUINT64_FORMAT " execs (%" G_GUINT64_FORMAT " in threads), "
           "%" G_GUINT64_FORMAT " workers, %" G_GUINT64_FORMAT " failed starts\n",
           get_seconds (begun_at), c->n_tasks, c->n_children, c->n_execs, c->n_threads,
           c->n_workers, c->n_failed_starts);
  g_print ("# %" G_GUINT64_FORMAT " disturbed, %" G_GUINT64_FORMAT " ended by signals, "
           "%" G_GUINT64_FORMAT " timed out, %" G_GUINT64_FORMAT " dropped\n",
           c->n_disturbances, c->n_ended_by_signal, c->n_timeouts, c->n_drops);
  g_print ("# %" G_GUINT64_FORMAT " bytes read, %" G_GUINT64_FORMAT " written, "
           "%" G_GUINT64_FORMAT " lines\n", c->n_bytes, c->n_written, c->n_lines);
  g_print ("# messages: %" G_GUINT64_FORMAT " sent, %" G_GUINT64_FORMAT " received, "
           "%" G_GUINT64_FORMAT " invalid, %" G_GUINT64_FORMAT " descriptors\n",
           c->n_messages_out, c->n_messages_in, c->n_invalid, c->n_fds);
  g_print ("# nothing was left, %" G_GUINT64_FORMAT " times\n", c->n_quiet);
}

/* A leak shows in how it goes on. */
static void
print_state (void)
{
  g_autofree char *state = soak_check_dup ();

  g_print ("# %.0f s, %" G_GUINT64_FORMAT " tasks: %s\n", get_seconds (begun_at),
           soak_counts.n_tasks, state);
}

static void
set_up (void)
{
  g_autoptr(GError) error = NULL;
  int null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);

  /* For those who inherit it. */
  if (null_fd < 0 || dup2 (null_fd, STDIN_FILENO) < 0)
    soak_fail (NULL, "/dev/null: %s", g_strerror (errno));
  close (null_fd);

  soak_dir = g_dir_make_tmp ("soak-XXXXXX", &error);
  if (soak_dir == NULL)
    soak_fail (NULL, "%s", error->message);
  if (seed < 0)
    seed = g_random_int ();
  main_rand = g_rand_new_with_seed (seed);
  alive = g_ptr_array_new ();
  begun_at = g_get_monotonic_time ();
  n_alive_goal = max_parallel;
  soak_check_init ();
  g_timeout_add_seconds (1, check_patience, NULL);
}

/* The files that children wrote. */
static void
empty_dir (void)
{
  g_autoptr(GDir) dir = g_dir_open (soak_dir, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (soak_dir, name, NULL);

      g_unlink (path);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GOptionContext) context = g_option_context_new ("- libcproc, long and hard");
  g_autoptr(GError) error = NULL;
  gint64 duration, interval;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  set_up ();
  g_print ("1..1\n# --seed=%" G_GINT64_FORMAT " --minutes=%g\n", seed, minutes);
  duration = minutes * 60 * G_USEC_PER_SEC;
  interval = CLAMP (duration / 6, MIN_QUIET_INTERVAL, MAX_QUIET_INTERVAL);
  while (g_get_monotonic_time () - begun_at < duration)
    {
      run_for (interval);
      empty_dir ();
      soak_check_quiet ();
      print_state ();
    }

  print_figures ();
  g_rmdir (soak_dir);
  g_print ("ok 1 soak\n");

  return 0;
}
