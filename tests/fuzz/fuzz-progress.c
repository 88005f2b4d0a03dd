/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever a program writes, its progress is 0 to 1 or not known, and however its output is cut the
 * lines that are asked about are its lines, each once when it is whole. The third byte of an input
 * chooses who is asked, and when. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-text-decoder-private.h"
#include "cproc-progress-parser-private.h"

#include "fuzz-text.h"
#include "fuzz.h"

#define STREAM CPROC_STREAM_STDERR

/* Beyond this an unfinished line is thrown away, which the cutter here does not know of. */
#define MAX_SIZE 16000

static const char * const patterns[] = {
  "(\\d+)%",
  "([\\d.,]+) *%",
  "(\\d+)/(\\d+)",
  "(?<total>-?[\\w.,]+) in all, (?<done>-?[\\w.,]+) done",
  "^(.*)$",
  "(.*) of (.*)",
  "(a+)+(b)?$",
  "(?<done>\\d*)(x)?(?<total>\\d*)",
};

typedef struct
{
  GPtrArray *asked;
  double answer;
} Asked;

static double
keep_line (CprocChild  *child,
           CprocStream  stream,
           const char  *line,
           gpointer     user_data)
{
  Asked *self = user_data;

  g_assert_cmpint (stream, ==, STREAM);
  g_assert_true (*line != '\0' && strpbrk (line, "\r\n") == NULL);
  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_ptr_array_add (self->asked, g_strdup (line));

  /* As wild as a caller's own function. */
  self->answer = self->answer > 2 ? NAN : self->answer + 0.4;

  return self->answer;
}

/* What is decoded in the same pieces, but kept whole. */
static GString *
ask_pieces (CprocProgressParser *progress,
            const char    *encoding,
            const char    *data,
            gsize          size,
            guint32        state,
            gboolean       is_all)
{
  g_autoptr(CprocTextDecoder) decoder = cproc_text_decoder_new (encoding, NULL);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i <= size;)
    {
      gsize n = fuzz_piece (&state, size - i);
      g_autofree char *piece = g_memdup2 (data + i, n);
      gboolean is_last = i + n == size;
      double value;

      cproc_text_decoder_decode (decoder, piece, n, FALSE, text);
      cproc_progress_parser_feed (progress, STREAM, encoding, piece, n);
      value = cproc_progress_parser_ask (progress, NULL, STREAM, is_all || is_last);
      g_assert_true (value == -1 || (value >= 0 && value <= 1));

      i += n;
      if (is_last)
        break;
    }

  return text;
}

/* Each line as it grew, ever longer, and at last as it is. */
static void
assert_lines (const GPtrArray *asked,
              const char      *text,
              gboolean         is_all)
{
  g_auto(GStrv) lines = g_strsplit_set (text, "\r\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      gsize length = strlen (lines[i]);
      gsize known = 0;

      while (known < length)
        {
          const char *line;
          gsize now;

          g_assert_cmpuint (n, <, asked->len);
          line = g_ptr_array_index (asked, n++);
          now = strlen (line);
          g_assert_true (g_str_has_prefix (lines[i], line));
          g_assert_cmpuint (now, >, known);
          g_assert_true (is_all || now == length);
          known = now;
        }
    }

  g_assert_cmpuint (n, ==, asked->len);
}

static void
ask_function (const char *encoding,
              const char *data,
              gsize       size,
              guint32     state,
              gboolean    is_all)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new_with_free_func (g_free);
  Asked self = { asked, -1 };
  g_autoptr(CprocProgressParser) progress =
    cproc_progress_parser_new_for_func (keep_line, &self, NULL);
  g_autoptr(GString) text = ask_pieces (progress, encoding, data, size, state, is_all);

  assert_lines (asked, text->str, is_all);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr(CprocTextDecoder) decoder = NULL;
  g_autoptr(CprocProgressParser) progress = NULL;
  g_autoptr(GString) text = NULL;
  const char *encoding;
  gboolean is_all;

  if (size < 3 || size > MAX_SIZE)
    return 0;

  encoding = fuzz_encoding (data[0]);
  decoder = cproc_text_decoder_new (encoding, NULL);
  if (decoder == NULL)
    return 0;

  is_all = data[2] >= 128;
  if (data[2] % 2 == 0)
    {
      ask_function (encoding, (const char *) data + 3, size - 3, data[1], is_all);
      return 0;
    }

  progress = cproc_progress_parser_new_for_pattern (patterns[data[2] / 2 % G_N_ELEMENTS (patterns)],
                                                    NULL);
  g_assert_nonnull (progress);
  text = ask_pieces (progress, encoding, (const char *) data + 3, size - 3, data[1], is_all);

  return 0;
}
