/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-backtrace-private.h"

#include <dlfcn.h>
#include <unistd.h>

#ifdef HAVE_BACKTRACE
#include <execinfo.h>
#endif
#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>
#endif

/* The innermost frames to leave out: cproc_backtrace_capture() itself. */
#define OWN_FRAMES 1

void
cproc_backtrace_capture (CprocBacktrace *self)
{
#ifdef HAVE_BACKTRACE
  self->n_frames = backtrace (self->frames, CPROC_BACKTRACE_MAX);
#else
  self->n_frames = 0;
#endif
}

/* What a frame holds is where the call returns to, which may be another line or function. */
static gsize
backtrace_get_call (gpointer frame)
{
  return GPOINTER_TO_SIZE (frame) - 1;
}

#ifdef HAVE_LIBDW
static Dwfl *
backtrace_open_debug_info (void)
{
  static char *search_path = NULL;
  static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .debuginfo_path = &search_path,
  };
  Dwfl *dwfl = dwfl_begin (&callbacks);

  if (dwfl == NULL)
    return NULL;

  dwfl_report_begin (dwfl);
  if (dwfl_linux_proc_report (dwfl, getpid ()) == 0 && dwfl_report_end (dwfl, NULL, NULL) == 0)
    return dwfl;

  dwfl_end (dwfl);
  return NULL;
}

static gboolean
backtrace_append_with_source (Dwfl    *dwfl,
                              gpointer frame,
                              GString *text)
{
  gsize address = backtrace_get_call (frame);
  Dwfl_Module *module = dwfl != NULL ? dwfl_addrmodule (dwfl, address) : NULL;
  const char *name = module != NULL ? dwfl_module_addrname (module, address) : NULL;
  Dwfl_Line *line;
  const char *file = NULL;
  int number = 0;

  if (name == NULL)
    return FALSE;

  line = dwfl_module_getsrc (module, address);
  if (line != NULL)
    file = dwfl_lineinfo (line, NULL, &number, NULL, NULL, NULL);
  if (file != NULL)
    g_string_append_printf (text, "    at %s (%s:%d)\n", name, file, number);
  else
    g_string_append_printf (text, "    at %s (%s)\n", name,
                            dwfl_module_info (module, NULL, NULL, NULL, NULL, NULL, NULL, NULL));

  return TRUE;
}
#endif

static void
backtrace_append_symbol (gpointer frame,
                         GString *text)
{
  Dl_info info;

  if (dladdr (GSIZE_TO_POINTER (backtrace_get_call (frame)), &info) == 0 || info.dli_fname == NULL)
    g_string_append_printf (text, "    at %p\n", frame);
  else if (info.dli_sname != NULL)
    g_string_append_printf (text, "    at %s (%s)\n", info.dli_sname, info.dli_fname);
  else
    g_string_append_printf (text, "    at %s+%#" G_GSIZE_MODIFIER "x\n", info.dli_fname,
                            GPOINTER_TO_SIZE (frame) - GPOINTER_TO_SIZE (info.dli_fbase));
}

char *
cproc_backtrace_to_text (const CprocBacktrace *self)
{
  GString *text;
#ifdef HAVE_LIBDW
  Dwfl *dwfl;
#endif

  if (self->n_frames <= OWN_FRAMES)
    return NULL;

  text = g_string_new (NULL);
#ifdef HAVE_LIBDW
  dwfl = backtrace_open_debug_info ();
#endif
  for (int i = OWN_FRAMES; i < self->n_frames; i++)
    {
#ifdef HAVE_LIBDW
      if (backtrace_append_with_source (dwfl, self->frames[i], text))
        continue;
#endif
      backtrace_append_symbol (self->frames[i], text);
    }
#ifdef HAVE_LIBDW
  if (dwfl != NULL)
    dwfl_end (dwfl);
#endif

  return g_string_free (text, FALSE);
}
