/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "cproc-utf8-private.h"

G_BEGIN_DECLS

/* Classifies the bytes of a JSON text: shared by the check, the parser and the writer. */

/* The largest size that cproc_json_double_to_text() needs, including the NUL. */
#define CPROC_JSON_DOUBLE_SIZE 32

/* Marks in a word the quotes and backslashes of a valid string. Borrows run upwards, so only the
 * lowest mark is reliable. */
static inline guint64
cproc_json_mark_quote (guint64 word)
{
  guint64 quote = word ^ CPROC_UTF8_EACH ('"');
  guint64 backslash = word ^ CPROC_UTF8_EACH ('\\');

  quote = (quote - CPROC_UTF8_EACH (1)) & ~quote;
  backslash = (backslash - CPROC_UTF8_EACH (1)) & ~backslash;

  return (quote | backslash) & CPROC_UTF8_EACH (0x80);
}

/* Skips to the next quote or backslash of a valid string. */
static inline const char *
cproc_json_skip_to_quote (const char *p,
                          const char *end)
{
  for (; end - p >= 8; p += 8)
    {
      guint64 marks = cproc_json_mark_quote (cproc_utf8_load_word (p));

      if (marks != 0)
        return p + __builtin_ctzll (marks) / 8;
    }

  while (p < end && *p != '"' && *p != '\\')
    p++;

  return p;
}

static inline const char *
cproc_json_skip_space (const char *p,
                       const char *end)
{
  while (p < end && (guchar) *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;

  return p;
}

static inline const char *
cproc_json_skip_digits (const char *p,
                        const char *end)
{
  while (p < end && (guchar) (*p - '0') < 10)
    p++;

  return p;
}

/* Returns the closing quote of a valid string whose text begins, after the opening quote, at p. */
static inline const char *
cproc_json_string_end (const char *p,
                       const char *end,
                       gboolean   *has_escapes)
{
  *has_escapes = FALSE;

  for (;;)
    {
      p = cproc_json_skip_to_quote (p, end);
      g_assert (p < end);

      if (*p == '"')
        return p;

      *has_escapes = TRUE;
      p += 2;
    }
}

/* TRUE: cproc_json_check_names() would pass the text. FALSE: not known; use the check by token. */
gboolean cproc_json_check_fast        (const char  *text,
                                       gsize        length,
                                       gboolean    *may_have_cmd);

/* The same as cproc_json_check_names(), without cproc_json_check_fast(). */
gboolean cproc_json_check_by_token    (const char  *text,
                                       gsize        length,
                                       gboolean    *may_have_cmd,
                                       GError     **error);

/* Decodes the text between the quotes of a valid string; out has room for length bytes. Returns the
 * number of bytes written, at most length. */
gsize    cproc_json_decode            (char       *out,
                                       const char *raw,
                                       gsize       length);

/* Returns whether a number that is valid by the grammar is a finite double. */
gboolean cproc_json_number_is_finite  (const char *number,
                                       gsize       length);

/* Converts a number, correctly rounded, independent of the locale. */
double   cproc_json_number_to_double  (const char *number,
                                       gsize       length);

/* Writes a finite double so that it reads back the same and stays a double: 1 is "1.0". Returns the
 * length. */
gsize    cproc_json_double_to_text    (double      value,
                                       char       *out);

G_END_DECLS
