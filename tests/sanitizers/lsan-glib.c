/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

/* GLib (2.74) loses the source of a cancellable that goes while another thread is cancelling it:
 * cancellable_source_dispose() then holds it for a callback that has been. */
const char *__asan_default_options (void);
const char *__lsan_default_suppressions (void);

const char *
__asan_default_options (void)
{
  /* To tell who has made it. */
  return "fast_unwind_on_malloc=0";
}

const char *
__lsan_default_suppressions (void)
{
  return "leak:g_cancellable_source_new\n";
}
