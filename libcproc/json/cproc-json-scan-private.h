/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* Classifies the bytes of a JSON text: shared by the check, the parser and the writer. */

/* The largest size that cproc_json_double_to_text() needs, including the NUL. */
#define CPROC_JSON_DOUBLE_SIZE 32

#define CPROC_JSON_EACH(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

/* Marks in a word the bytes that a string must escape, and those that are not ASCII. Borrows run
 * upwards, so only the lowest mark is reliable. */
static inline guint64
cproc_json_mark_special (guint64 word)
{
  guint64 quote = (word ^ CPROC_JSON_EACH ('"')) - CPROC_JSON_EACH (1);
  guint64 backslash = (word ^ CPROC_JSON_EACH ('\\')) - CPROC_JSON_EACH (1);
  guint64 control = word - CPROC_JSON_EACH (0x20);

  return (word | quote | backslash | control) & CPROC_JSON_EACH (0x80);
}

/* The same for quotes and backslashes, in a string that is known to be valid. */
static inline guint64
cproc_json_mark_quote (guint64 word)
{
  guint64 quote = word ^ CPROC_JSON_EACH ('"');
  guint64 backslash = word ^ CPROC_JSON_EACH ('\\');

  quote = (quote - CPROC_JSON_EACH (1)) & ~quote;
  backslash = (backslash - CPROC_JSON_EACH (1)) & ~backslash;

  return (quote | backslash) & CPROC_JSON_EACH (0x80);
}

static inline guint64
cproc_json_load_word (const char *p)
{
  guint64 word;

  memcpy (&word, p, sizeof word);

  return GUINT64_FROM_LE (word);
}

/* Skips ASCII that needs no escape in a string. */
static inline const char *
cproc_json_skip_plain (const char *p,
                       const char *end)
{
  for (; end - p >= 8; p += 8)
    {
      guint64 marks = cproc_json_mark_special (cproc_json_load_word (p));

      if (marks != 0)
        return p + __builtin_ctzll (marks) / 8;
    }

  while (p < end && *p != '"' && *p != '\\' && (guchar) (*p - 0x20) < 0x60)
    p++;

  return p;
}

/* Skips to the next quote or backslash of a valid string. */
static inline const char *
cproc_json_skip_to_quote (const char *p,
                          const char *end)
{
  for (; end - p >= 8; p += 8)
    {
      guint64 marks = cproc_json_mark_quote (cproc_json_load_word (p));

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

/* Returns the length of the non-ASCII character at p; 0 if it is not valid UTF-8. */
static inline guint
cproc_json_utf8_length (const char *p,
                        const char *end)
{
  const guchar *c = (const guchar *) p;
  gsize left = end - p;
  guchar low, high;

  if (c[0] < 0xe0)
    return c[0] >= 0xc2 && left >= 2 && (c[1] & 0xc0) == 0x80 ? 2 : 0;

  /* Overlong forms, surrogates and code points above U+10FFFF show in the second byte. */
  low = c[0] == 0xe0 ? 0xa0 : c[0] == 0xf0 ? 0x90 : 0x80;
  high = c[0] == 0xed ? 0x9f : c[0] == 0xf4 ? 0x8f : 0xbf;

  if (left < 3 || c[1] < low || c[1] > high || (c[2] & 0xc0) != 0x80)
    return 0;

  if (c[0] < 0xf0)
    return 3;

  return c[0] <= 0xf4 && left >= 4 && (c[3] & 0xc0) == 0x80 ? 4 : 0;
}

/* Skips non-ASCII characters, up to the first ASCII or invalid byte. */
static inline const char *
cproc_json_skip_utf8 (const char *p,
                      const char *end)
{
  while (p < end && (guchar) *p >= 0x80)
    {
      guint length = cproc_json_utf8_length (p, end);

      if (length == 0)
        break;

      p += length;
    }

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
