/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lines of a text are the same however it is cut, valid UTF-8, and those that a simple cutter
 * finds in the whole. The third byte of an input chooses the limit. */

#include "config.h"

#include "cproc-line-splitter-private.h"

#include "cproc-text-decoder-private.h"
#include "fuzz-text.h"
#include "fuzz.h"
#include "splitter-util.h"

static GPtrArray *
cut_pieces (CprocLineSplitter *lines,
            const char        *data,
            gsize              size,
            guint32            state)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < size;)
    {
      gsize n = state == 0 ? size : fuzz_piece (&state, size - i);
      g_autofree char *piece = g_memdup2 (data + i, n);

      cproc_line_splitter_feed (lines, piece, n);
      collect_lines (lines, found);
      i += n;
    }
  cproc_line_splitter_finish (lines);
  collect_lines (lines, found);

  return found;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr(CprocLineSplitter) lines = NULL;
  g_autoptr(GPtrArray) found = NULL;
  g_autoptr(GPtrArray) expected = NULL;
  g_autofree char *decoded = NULL;
  g_autoptr(GString) text = NULL;
  const char *encoding;
  gsize max_length;

  if (size < 3)
    return 0;

  encoding = fuzz_encoding (data[0]);
  max_length = data[2] < 200 ? data[2] % 20 : data[2];
  lines = cproc_line_splitter_new (encoding, max_length, NULL);
  if (lines == NULL)
    return 0;

  decoded = cproc_text_decode ((const char *) data + 3, size - 3, encoding);
  text = g_string_new (decoded);
  expected = naive_cut (text, max_length);
  found = cut_pieces (lines, (const char *) data + 3, size - 3, data[1]);

  g_assert_cmpuint (found->len, ==, expected->len);
  for (guint i = 0; i < found->len; i++)
    g_assert_cmpstr (g_ptr_array_index (found, i), ==, g_ptr_array_index (expected, i));

  return 0;
}
