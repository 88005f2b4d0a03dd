/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target without a fuzz engine: each seed as it is, then changed at random, but the
 * same each time.
 *
 *     fuzz-NAME [-runs=N] SEED-OR-DIRECTORY…
 *
 * N is how often each seed is changed. With -runs=0 a single input is run again, as it is. */

#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "fuzz.h"

#define DEFAULT_RUNS 2000

typedef struct
{
  char *name;
  guint8 *data;
  gsize size;
} Seed;

/* What is being run, for the signal handler. */
static char current[256];

static void
seed_free (Seed *self)
{
  g_free (self->name);
  g_free (self->data);
  g_free (self);
}

static void
say_current (int signum)
{
  if (write (STDERR_FILENO, current, strlen (current)) < 0)
    _exit (1);

  /* SA_RESETHAND: now it ends the process. */
  raise (signum);
}

static void
run (const Seed *seed,
     guint       n,
     GByteArray *input)
{
  /* In memory of exactly its size, so that a tool sees when a byte beyond is touched. */
  g_autofree guint8 *copy = g_malloc (input->len + (input->len == 0));

  g_snprintf (current, sizeof current, "seed %s, change %u\n", seed->name, n);
  if (input->len > 0)
    memcpy (copy, input->data, input->len);

  LLVMFuzzerTestOneInput (copy, input->len);
}

/* One change, at random. */
static void
change (GByteArray *input,
        GPtrArray  *seeds,
        GRand      *rand)
{
  static const guint8 bytes[] = { 0, 1, '\n', '\r', ' ', '"', '\\', ',', '0', '9', '[', '{', 0x7f,
                                  0x80, 0xc3, 0xed, 0xff };
  const Seed *other = g_ptr_array_index (seeds, g_rand_int_range (rand, 0, seeds->len));
  guint at = g_rand_int_range (rand, 0, input->len + 1);
  guint left = input->len - at;
  guint8 byte = bytes[g_rand_int_range (rand, 0, G_N_ELEMENTS (bytes))];

  switch (g_rand_int_range (rand, 0, 6))
    {
    case 0:
      if (left > 0)
        input->data[at] ^= 1 << g_rand_int_range (rand, 0, 8);
      break;
    case 1:
      if (left > 0)
        input->data[at] = byte;
      break;
    case 2:
      g_byte_array_append (input, &byte, 1);
      memmove (input->data + at + 1, input->data + at, left);
      input->data[at] = byte;
      break;
    case 3:
      if (left > 0)
        g_byte_array_remove_range (input, at, g_rand_int_range (rand, 1, MIN (left, 8) + 1));
      break;
    case 4:
      g_byte_array_set_size (input, at);
      break;
    default:
      if (other->size > 0)
        {
          guint from = g_rand_int_range (rand, 0, other->size);

          g_byte_array_append (input, other->data + from, MIN (other->size - from, 4096));
        }
    }
}

static void
run_seed (const Seed *seed,
          GPtrArray  *seeds,
          guint       n_runs)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (g_str_hash (seed->name));
  g_autoptr(GByteArray) input = g_byte_array_new ();

  for (guint n = 0; n <= n_runs; n++)
    {
      g_byte_array_set_size (input, 0);
      g_byte_array_append (input, seed->data, seed->size);
      for (guint i = n == 0 ? 0 : g_rand_int_range (rand, 1, 6); i > 0; i--)
        change (input, seeds, rand);

      run (seed, n, input);
    }
}

static void
add_seed (GPtrArray  *seeds,
          const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr(GError) error = NULL;
  const char *name;
  Seed *seed;

  if (dir != NULL)
    {
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *inside = g_build_filename (path, name, NULL);

          add_seed (seeds, inside);
        }
      return;
    }

  seed = g_new0 (Seed, 1);
  seed->name = g_path_get_basename (path);
  if (!g_file_get_contents (path, (char **) &seed->data, &seed->size, &error))
    g_error ("%s", error->message);

  g_ptr_array_add (seeds, seed);
}

static int
compare_seeds (gconstpointer a,
               gconstpointer b)
{
  return strcmp ((*(Seed * const *) a)->name, (*(Seed * const *) b)->name);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) seed_free);
  struct sigaction action = { .sa_handler = say_current, .sa_flags = SA_RESETHAND };
  guint n_runs = DEFAULT_RUNS;

  sigaction (SIGABRT, &action, NULL);
  sigaction (SIGSEGV, &action, NULL);
  sigaction (SIGTRAP, &action, NULL);

  for (int i = 1; i < argc; i++)
    {
      if (g_str_has_prefix (argv[i], "-runs="))
        n_runs = (guint) g_ascii_strtoull (argv[i] + strlen ("-runs="), NULL, 10);
      else
        add_seed (seeds, argv[i]);
    }

  if (seeds->len == 0)
    g_error ("No seeds");

  g_ptr_array_sort (seeds, compare_seeds);
  for (guint i = 0; i < seeds->len; i++)
    run_seed (g_ptr_array_index (seeds, i), seeds, n_runs);

  g_print ("%u seeds, each changed %u times\n", seeds->len, n_runs);

  return 0;
}
