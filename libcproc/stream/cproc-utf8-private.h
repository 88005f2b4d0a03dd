/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* All checks of UTF-8: of lines, of text, and of strings in JSON. */

typedef enum
{
  CPROC_UTF8_SEQUENCE_WHOLE,
  CPROC_UTF8_SEQUENCE_BROKEN,
  CPROC_UTF8_SEQUENCE_UNFINISHED,
} CprocUtf8Sequence;

/* The valid characters that end a run. */
typedef enum
{
  CPROC_UTF8_STOP_NUL,
  CPROC_UTF8_STOP_ESCAPED, /* those that a JSON string must escape: quote, backslash, controls */
} CprocUtf8Stop;

/* Reads the sequence at data, whose length is at least 1, by table 3-7 of the Unicode standard.
 * *size is set to the size of the character, of the maximal part of a broken one, or of the bytes
 * available. */
CprocUtf8Sequence cproc_utf8_scan       (const char    *data,
                                         gsize          length,
                                         gsize         *size);

/* Skips valid characters, up to the first that is in stop, not valid, or cut by the end. */
const char       *cproc_utf8_skip       (const char    *p,
                                         const char    *end,
                                         CprocUtf8Stop  stop);

/* The same without vector instructions. */
const char       *cproc_utf8_skip_plain (const char    *p,
                                         const char    *end,
                                         CprocUtf8Stop  stop);

#define CPROC_UTF8_EACH(byte) (G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

/* Reads eight bytes; the first is the lowest. */
static inline guint64
cproc_utf8_load_word (const char *p)
{
  guint64 word;

  memcpy (&word, p, sizeof word);

  return GUINT64_FROM_LE (word);
}

/* Marks in a word the bytes that are not ASCII or in stop. Borrows run upwards, so only the lowest
 * mark is reliable. */
static inline guint64
cproc_utf8_mark (guint64       word,
                 CprocUtf8Stop stop)
{
  guint64 marks = word - CPROC_UTF8_EACH (stop == CPROC_UTF8_STOP_NUL ? 1 : 0x20);

  if (stop == CPROC_UTF8_STOP_ESCAPED)
    {
      marks |= (word ^ CPROC_UTF8_EACH ('"')) - CPROC_UTF8_EACH (1);
      marks |= (word ^ CPROC_UTF8_EACH ('\\')) - CPROC_UTF8_EACH (1);
    }

  return (word | marks) & CPROC_UTF8_EACH (0x80);
}

static inline gboolean
cproc_utf8_is_stop (guchar        c,
                    CprocUtf8Stop stop)
{
  return stop == CPROC_UTF8_STOP_NUL ? c == 0 : c < 0x20 || c == '"' || c == '\\';
}

/* Skips ASCII that is not in stop. */
static inline const char *
cproc_utf8_skip_ascii (const char    *p,
                       const char    *end,
                       CprocUtf8Stop  stop)
{
  for (; end - p >= 8; p += 8)
    {
      guint64 marks = cproc_utf8_mark (cproc_utf8_load_word (p), stop);

      if (marks != 0)
        return p + __builtin_ctzll (marks) / 8;
    }

  while (p < end && (guchar) *p < 0x80 && !cproc_utf8_is_stop ((guchar) *p, stop))
    p++;

  return p;
}

G_END_DECLS
