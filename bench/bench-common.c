/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-common.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static struct
{
  int argc;
  char **argv;
  const char *peer;
  double *samples;
  size_t n_samples;
  size_t max_samples;
  long long begun;
  double begun_cpu;
  double wall;
  double cpu;
  char extras[1024];
  char stamp_path[256];
} bench;

static const char *
bench_find_param (const char *name)
{
  size_t length = strlen (name);
  int i;

  for (i = 2; i < bench.argc; i++)
    {
      if (strncmp (bench.argv[i], name, length) == 0 && bench.argv[i][length] == '=')
        return bench.argv[i] + length + 1;
    }

  return NULL;
}

long
bench_param (const char *name,
             long        fallback)
{
  const char *value = bench_find_param (name);

  return value != NULL ? strtol (value, NULL, 10) : fallback;
}

const char *
bench_child (void)
{
  const char *path = bench_find_param ("child");

  bench_check (path != NULL, "the parameter child= is missing");
  return path;
}

const char *
bench_case (void)
{
  return bench.argv[1];
}

long long
bench_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static double
bench_cpu_now (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
         + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void
bench_begin (void)
{
  bench.begun_cpu = bench_cpu_now ();
  bench.begun = bench_now ();
}

void
bench_end_as (double nanoseconds)
{
  bench.cpu += bench_cpu_now () - bench.begun_cpu;
  bench.wall += (bench_now () - bench.begun) / 1e9;
  bench_sample (nanoseconds);
}

void
bench_end (void)
{
  bench_end_as (bench_now () - bench.begun);
}

double
bench_wall (void)
{
  return bench.wall;
}

double
bench_cpu (void)
{
  return bench.cpu;
}

void
bench_sample (double nanoseconds)
{
  if (bench.n_samples == bench.max_samples)
    {
      bench.max_samples = bench.max_samples * 2 + 64;
      bench.samples = realloc (bench.samples, bench.max_samples * sizeof (double));
      bench_check (bench.samples != NULL, "out of memory");
    }
  bench.samples[bench.n_samples++] = nanoseconds;
}

static int
bench_compare (const void *a,
               const void *b)
{
  double left = *(const double *) a;
  double right = *(const double *) b;

  return (left > right) - (left < right);
}

double
bench_median (void)
{
  bench_check (bench.n_samples > 0, "nothing was measured");
  qsort (bench.samples, bench.n_samples, sizeof (double), bench_compare);
  return bench.samples[bench.n_samples / 2];
}

double
bench_worst (void)
{
  bench_median ();
  return bench.samples[bench.n_samples - 1];
}

void
bench_touch (void)
{
  size_t size = (size_t) bench_param ("touch", 0) << 20;
  char *memory;
  size_t i;

  if (size == 0)
    return;

  memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  bench_check (memory != MAP_FAILED, "no memory to touch");
  /* Huge pages would make a fork cheap. */
  madvise (memory, size, MADV_NOHUGEPAGE);
  for (i = 0; i < size; i += 4096)
    memory[i] = 1;
}

static long
bench_status (const char *name)
{
  char line[256];
  long value = -1;
  FILE *file = fopen ("/proc/self/status", "re");

  bench_check (file != NULL, "/proc/self/status cannot be read");
  while (fgets (line, sizeof line, file) != NULL)
    {
      if (strncmp (line, name, strlen (name)) == 0)
        value = strtol (line + strlen (name), NULL, 10);
    }
  fclose (file);

  return value;
}

long
bench_rss (void)
{
  return bench_status ("VmRSS:");
}

long
bench_peak (void)
{
  return bench_status ("VmHWM:");
}

void
bench_peak_reset (void)
{
  int fd = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

  if (fd >= 0)
    {
      if (write (fd, "5", 1) < 0)
        fprintf (stderr, "the peak of memory cannot be reset\n");
      close (fd);
    }
}

int
bench_threads (void)
{
  return bench_status ("Threads:");
}

void
bench_extra (const char *name,
             double      value)
{
  size_t length = strlen (bench.extras);

  snprintf (bench.extras + length, sizeof bench.extras - length, ",\"%s\":%.6g", name, value);
}

void
bench_report (double      value,
              const char *unit)
{
  printf ("{\"case\":\"%s\",\"peer\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"cpu\":%.6g,"
          "\"wall\":%.6g%s}\n",
          bench.argv[1], bench.peer, value, unit, bench.cpu, bench.wall, bench.extras);
  fflush (stdout);
}

void
bench_report_delays (double    worst_message,
                     long long bytes)
{
  double worst_timer = bench_worst ();

  bench_end ();
  bench_extra ("timer_ms", worst_timer / 1e6);
  bench_extra ("message_ms", worst_message / 1e6);
  bench_extra ("gb_per_s", bytes / 1e9 / bench_wall ());
  bench_report ((worst_timer > worst_message ? worst_timer : worst_message) / 1e6, "ms");
}

void
bench_check (int         good,
             const char *what)
{
  if (!good)
    {
      fprintf (stderr, "%s %s: %s\n", bench.argv[0], bench.argc > 1 ? bench.argv[1] : "", what);
      exit (1);
    }
}

const char *
bench_stamp_path (void)
{
  if (bench.stamp_path[0] == '\0')
    {
      const char *dir = bench_find_param ("dir");

      snprintf (bench.stamp_path, sizeof bench.stamp_path, "%s/stamp-%d",
                dir != NULL ? dir : "/tmp", (int) getpid ());
    }
  return bench.stamp_path;
}

long long
bench_stamp_read (void)
{
  long long stamp = 0;
  int fd = open (bench_stamp_path (), O_RDONLY | O_CLOEXEC);

  bench_check (fd >= 0 && read (fd, &stamp, sizeof stamp) == sizeof stamp,
               "the child left no stamp");
  close (fd);
  unlink (bench_stamp_path ());

  return stamp;
}

static long
bench_fill_objects (char *text,
                    long  size)
{
  long length = 0;
  int i;

  text[length++] = '[';
  for (i = 0; length < size - 1; i++)
    {
      length += sprintf (text + length,
                         "%s{\"id\":%d,\"name\":\"item %d\",\"size\":%d.5,\"ok\":true,"
                         "\"tags\":[\"red\",\"green\"]}",
                         i > 0 ? "," : "", i, i, i * 3);
    }
  text[length++] = ']';

  return length;
}

static long
fill_string (char *text,
             long  size)
{
  static const char *const phrases[] = { BENCH_PHRASES };
  const char *phrase = phrases[bench_param ("script", 0)];
  long each = strlen (phrase);
  long length = 1;

  text[0] = '"';
  for (; length + each < size; length += each)
    memcpy (text + length, phrase, each);
  text[length++] = '"';

  return length;
}

char *
bench_message (long *length)
{
  long size = bench_param ("size", 1 << 20);
  char *text = malloc (size + 256);

  bench_check (text != NULL, "out of memory");
  if (bench_param ("string", 0))
    {
      *length = fill_string (text, size);
    }
  else
    {
      *length = bench_fill_objects (text, size);
    }
  text[*length] = '\0';

  return text;
}

int
bench_main (int              argc,
            char           **argv,
            const char      *peer,
            const BenchCase *cases)
{
  const char *name;

  bench.argc = argc;
  bench.argv = argv;
  bench_check (argc >= 2, "usage: CASE [name=value…]");
  name = bench_find_param ("peer");
  bench.peer = name != NULL ? name : peer;

  for (; cases->name != NULL; cases++)
    {
      if (strcmp (cases->name, argv[1]) == 0)
        {
          cases->run ();
          return 0;
        }
    }

  fprintf (stderr, "%s: no case “%s”\n", argv[0], argv[1]);
  return 77;
}
