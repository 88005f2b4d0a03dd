/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-utf8-private.h"
#include "cproc-utf8-vector-private.h"

static inline gboolean
is_tail (guchar byte)
{
  return (byte & 0xc0) == 0x80;
}

CprocUtf8Sequence
cproc_utf8_scan (const char *data,
                 gsize       length,
                 gsize      *size)
{
  const guchar *bytes = (const guchar *) data;
  guchar lead = bytes[0];
  guchar low = 0x80;
  guchar high = 0xbf;
  gsize wanted;

  *size = 1;

  if (lead < 0x80)
    return CPROC_UTF8_SEQUENCE_WHOLE;
  if (lead < 0xc2 || lead > 0xf4)
    return CPROC_UTF8_SEQUENCE_BROKEN;

  wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead == 0xe0)
    low = 0xa0; /* shorter ones have two bytes */
  else if (lead == 0xed)
    high = 0x9f; /* surrogates */
  else if (lead == 0xf0)
    low = 0x90; /* shorter ones have three bytes */
  else if (lead == 0xf4)
    high = 0x8f; /* the end of Unicode */

  for (; *size < wanted; (*size)++)
    {
      if (*size == length)
        return CPROC_UTF8_SEQUENCE_UNFINISHED;
      if (bytes[*size] < low || bytes[*size] > high)
        return CPROC_UTF8_SEQUENCE_BROKEN;
      low = 0x80;
      high = 0xbf;
    }

  return CPROC_UTF8_SEQUENCE_WHOLE;
}

/* Returns the size of the character at data, which is not ASCII; 0 if there is no whole character.
 * Two and three bytes are tried first, since most scripts have characters of that size. */
static inline gsize
character_size (const guchar *data,
                gsize         length)
{
  gsize size;

  if (length >= 3 && data[0] >= 0xc2 && data[0] < 0xe0 && is_tail (data[1]))
    return 2;
  if (length >= 3 && data[0] > 0xe0 && data[0] < 0xed && is_tail (data[1]) && is_tail (data[2]))
    return 3;

  return cproc_utf8_scan ((const char *) data, length, &size) == CPROC_UTF8_SEQUENCE_WHOLE ? size
                                                                                          : 0;
}

/* Each function that takes a stop is compiled once for each of them. */
G_ALWAYS_INLINE static inline const char *
skip_plain (const char    *p,
            const char    *end,
            CprocUtf8Stop  stop)
{
  while (TRUE)
    {
      p = cproc_utf8_skip_ascii (p, end, stop);
      if (p == end || (guchar) *p < 0x80)
        return p;

      do
        {
          gsize size = character_size ((const guchar *) p, end - p);

          if (size == 0)
            return p;
          p += size;
        }
      while (p < end && (guchar) *p >= 0x80);
    }
}

const char *
cproc_utf8_skip_plain (const char    *p,
                       const char    *end,
                       CprocUtf8Stop  stop)
{
  return stop == CPROC_UTF8_STOP_NUL ? skip_plain (p, end, CPROC_UTF8_STOP_NUL)
                                     : skip_plain (p, end, CPROC_UTF8_STOP_ESCAPED);
}

#ifdef CPROC_UTF8_HAS_VECTOR

#define BLOCK 32

CPROC_UTF8_VECTOR __m256i
load (const char *p)
{
  return _mm256_loadu_si256 ((const __m256i_u *) p);
}

/* Returns a mask of the bytes that are in stop. */
CPROC_UTF8_VECTOR guint32
find_stops (__m256i       bytes,
            CprocUtf8Stop stop)
{
  __m256i stops;

  if (stop == CPROC_UTF8_STOP_NUL)
    return _mm256_movemask_epi8 (_mm256_cmpeq_epi8 (bytes, _mm256_setzero_si256 ()));

  stops = _mm256_cmpeq_epi8 (_mm256_min_epu8 (bytes, _mm256_set1_epi8 (0x1f)), bytes);
  stops = _mm256_or_si256 (stops, _mm256_cmpeq_epi8 (bytes, _mm256_set1_epi8 ('"')));
  stops = _mm256_or_si256 (stops, _mm256_cmpeq_epi8 (bytes, _mm256_set1_epi8 ('\\')));

  return _mm256_movemask_epi8 (stops);
}

/* Skips pairs of blocks that are ASCII and not in stop. */
CPROC_UTF8_VECTOR const char *
skip_ascii_blocks (const char    *p,
                   const char    *end,
                   CprocUtf8Stop  stop)
{
  for (; end - p >= 2 * BLOCK; p += 2 * BLOCK)
    {
      __m256i low = load (p);
      __m256i high = load (p + BLOCK);
      guint32 special = _mm256_movemask_epi8 (_mm256_or_si256 (low, high));

      if ((special | find_stops (low, stop) | find_stops (high, stop)) != 0)
        break;
    }

  return p;
}

/* Returns the place of the character that the valid bytes before p end with. */
static const char *
step_back (const char *start,
           const char *p)
{
  while (p > start && is_tail ((guchar) p[-1]))
    p--;

  return p > start && (guchar) p[-1] >= 0xc0 ? p - 1 : p;
}

CPROC_UTF8_VECTOR const char *
skip_blocks (const char    *start,
             const char    *end,
             CprocUtf8Stop  stop)
{
  __m256i previous = _mm256_setzero_si256 ();
  const char *p = skip_ascii_blocks (start, end, stop);

  for (; end - p >= BLOCK; p += BLOCK)
    {
      __m256i bytes = load (p);
      guint32 stops = find_stops (bytes, stop);
      guint32 wrong = cproc_utf8_find_wrong (bytes, previous);

      if (G_UNLIKELY (stops != 0))
        {
          guint at = __builtin_ctz (stops);

          /* The stop is ASCII: a character that it cuts shows there. */
          if ((wrong & (G_MAXUINT32 >> (BLOCK - 1 - at))) == 0)
            return p + at;
        }
      if (G_UNLIKELY ((stops | wrong) != 0))
        break;

      previous = bytes;
    }

  return skip_plain (step_back (start, p), end, stop);
}

__attribute__ ((target ("avx2"))) static const char *
skip_vector_to_nul (const char *p,
                    const char *end)
{
  return skip_blocks (p, end, CPROC_UTF8_STOP_NUL);
}

__attribute__ ((target ("avx2"))) static const char *
skip_vector_to_escaped (const char *p,
                        const char *end)
{
  return skip_blocks (p, end, CPROC_UTF8_STOP_ESCAPED);
}

const char *
cproc_utf8_skip (const char    *p,
                 const char    *end,
                 CprocUtf8Stop  stop)
{
  if (end - p < BLOCK || !__builtin_cpu_supports ("avx2"))
    return cproc_utf8_skip_plain (p, end, stop);

  return stop == CPROC_UTF8_STOP_NUL ? skip_vector_to_nul (p, end)
                                     : skip_vector_to_escaped (p, end);
}

#else

const char *
cproc_utf8_skip (const char    *p,
                 const char    *end,
                 CprocUtf8Stop  stop)
{
  return cproc_utf8_skip_plain (p, end, stop);
}

#endif
