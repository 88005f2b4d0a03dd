/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-line-splitter-private.h"

/* Takes all lines that the splitter has, which must be UTF-8. */
static inline void
collect_lines (CprocLineSplitter *lines,
               GPtrArray         *found)
{
  const char *line;

  while ((line = cproc_line_splitter_next (lines)) != NULL)
    {
      g_assert_true (g_utf8_validate (line, -1, NULL));
      g_ptr_array_add (found, g_strdup (line));
    }
}
