/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <immintrin.h>

/* The 64 bytes that the fast check of a text examines at once. Each function returns a mask in
 * which bit n stands for byte n. */

/* Functions are always inlined, so that structs passed by address stay in registers. */
#define INLINE G_ALWAYS_INLINE

#define FAST __attribute__ ((target ("avx2,bmi,pclmul")))

typedef struct
{
  __m256i low;
  __m256i high;
} Bytes;

INLINE FAST static inline Bytes
bytes_load (const char *p)
{
  const __m256i_u *halves = (const __m256i_u *) p;

  return (Bytes) { _mm256_loadu_si256 (halves), _mm256_loadu_si256 (halves + 1) };
}

INLINE FAST static inline guint64
bytes_join (__m256i low,
            __m256i high)
{
  return (guint32) _mm256_movemask_epi8 (low) |
         (guint64) (guint32) _mm256_movemask_epi8 (high) << 32;
}

INLINE FAST static inline guint64
bytes_equal (const Bytes *self,
             char         c)
{
  __m256i wanted = _mm256_set1_epi8 (c);

  return bytes_join (_mm256_cmpeq_epi8 (self->low, wanted),
                     _mm256_cmpeq_epi8 (self->high, wanted));
}

/* Bytes compare as signed numbers: non-ASCII bytes are below all others. */
INLINE FAST static inline guint64
bytes_below (const Bytes *self,
             char         c)
{
  __m256i limit = _mm256_set1_epi8 (c);

  return bytes_join (_mm256_cmpgt_epi8 (limit, self->low),
                     _mm256_cmpgt_epi8 (limit, self->high));
}

INLINE FAST static inline guint64
bytes_not_ascii (const Bytes *self)
{
  return bytes_join (self->low, self->high);
}

/* The digits are shifted to the upper end of the signed numbers, so one comparison finds them. */
INLINE FAST static inline guint64
bytes_digits (const Bytes *self)
{
  __m256i up = _mm256_set1_epi8 (G_MAXINT8 - '9');
  Bytes moved = { _mm256_add_epi8 (self->low, up), _mm256_add_epi8 (self->high, up) };

  return ~bytes_below (&moved, G_MAXINT8 - 9);
}

/* Brackets and braces differ in one bit. */
INLINE FAST static inline Bytes
bytes_fold (const Bytes *self)
{
  __m256i bit = _mm256_set1_epi8 ('{' ^ '[');

  return (Bytes) { _mm256_or_si256 (self->low, bit), _mm256_or_si256 (self->high, bit) };
}
