/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* progress: a bar out of what a program writes.
 *
 *   progress '(\d+)%' rsync -a --info=progress2 FROM/ TO/
 *   progress 'Receiving objects: +(\d+)%' git clone --progress URL
 *   progress '^\[(\d+)/(\d+)\]' ninja
 */

#include <libcproc.h>
#include <locale.h>

#define WIDTH 40

static void
draw (CprocProgress *progress, GParamSpec *pspec, gpointer user_data)
{
  double fraction = cproc_progress_get_fraction (progress);
  g_autofree char *done = g_strnfill (fraction * WIDTH, '#');

  g_print ("[%-*s] %3d %%\r", WIDTH, done, (int) (fraction * 100));
}

int
main (int argc, char **argv)
{
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(CprocProgress) progress = NULL;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc < 3)
    {
      g_printerr ("usage: progress PATTERN PROGRAM [ARGUMENT...]\n");
      return 2;
    }

  child = cproc_child_new ((const char * const *) argv + 2);
  progress = cproc_progress_new (child);
  g_signal_connect (progress, "notify::fraction", G_CALLBACK (draw), NULL);

  if (cproc_progress_set_pattern (progress, argv[1], &error) &&
      cproc_child_start (child, &error) && cproc_child_wait_check (child, NULL, &error))
    {
      g_print ("\n");
      return 0;
    }

  g_printerr ("\n%s\n", error->message);
  return 1;
}
