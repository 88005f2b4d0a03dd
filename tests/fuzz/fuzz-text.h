/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "naive-text.h"

/* The first two bytes of an input choose the encoding and the cuts. */

static const char * const fuzz_encodings[] = {
  "UTF-16LE", "UTF-16", "UTF-32LE", "UTF-32", "UCS-2", "UTF-8", "ISO-8859-1", "WINDOWS-1252",
  "US-ASCII", "KOI8-R", "SHIFT_JIS", "SHIFT_JISX0213", "EUC-JP", "EUC-JISX0213", "EUC-TW",
  "GB18030", "BIG5", "BIG5-HKSCS", "EUC-KR", "JOHAB", "TCVN", "WINDOWS-1255", "WINDOWS-1258",
  "ISO-2022-JP", "ISO-2022-JP-3", "ISO-2022-KR", "ISO-2022-CN", "ISO-2022-CN-EXT", "IBM037",
  "IBM939", "T.61", "UTF-7",
};

static inline const char *
fuzz_encoding (guint8 choice)
{
  /* Half of all is UTF-8. */
  return choice < 128 ? "UTF-8" : fuzz_encodings[choice % G_N_ELEMENTS (fuzz_encodings)];
}

/* The length of the next piece; in the end one that is long. */
static inline gsize
fuzz_piece (guint32 *state,
            gsize    left)
{
  gsize length;

  *state = *state * 1664525 + 1013904223;
  length = *state >> 24 < 16 ? *state >> 16 & 0xff : *state >> 24 & 7;

  return MIN (length, left);
}
