/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#ifdef HAVE_BACKTRACE
#include <execinfo.h>
#endif
#include <stdlib.h>

#include "cproc-backtrace-private.h"

#define MAX_FRAMES 64

/* The innermost frames to leave out: cproc_stack_capture() itself. */
#define OWN_FRAMES 1

char *
cproc_stack_capture (void)
{
#ifdef HAVE_BACKTRACE
  void *frames[MAX_FRAMES];
  int n_frames = backtrace (frames, MAX_FRAMES);
  char **symbols = backtrace_symbols (frames, n_frames);
  GString *text;

  if (symbols == NULL)
    return NULL;

  text = g_string_new (NULL);
  for (int i = OWN_FRAMES; i < n_frames; i++)
    g_string_append_printf (text, "    at %s\n", symbols[i]);
  free (symbols);

  return g_string_free (text, FALSE);
#else
  return NULL;
#endif
}
