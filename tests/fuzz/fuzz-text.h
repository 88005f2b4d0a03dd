/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "../naive-text.h"

/* The first two bytes of an input choose the encoding and the cuts. */

static const char * const fuzz_encodings[] = {
  "UTF-8", "UTF-16LE", "UTF-16", "UTF-32LE", "ISO-8859-1", "WINDOWS-1252", "US-ASCII", "SHIFT_JIS",
  "EUC-JP", "GB18030", "BIG5", "BIG5-HKSCS", "EUC-KR", "ISO-2022-JP", "ISO-2022-KR", "UTF-7",
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
