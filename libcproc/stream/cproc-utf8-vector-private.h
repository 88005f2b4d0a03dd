/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* The check of 32 bytes of UTF-8 at once, by "Validating UTF-8 In Less Than One Instruction Per
 * Byte" (Keiser and Lemire, 2021). */

#if defined(__x86_64__) && defined(__GNUC__)

#include <glib.h>
#include <immintrin.h>

#define CPROC_UTF8_HAS_VECTOR 1

/* Functions are always inlined, so that vectors stay in registers. */
#define CPROC_UTF8_VECTOR G_ALWAYS_INLINE __attribute__ ((target ("avx2"))) static inline

/* What can be wrong with two bytes that follow each other. */
enum
{
  TOO_SHORT = 1 << 0,  /* a lead, or ASCII where a tail is missing */
  TOO_LONG = 1 << 1,   /* a tail after ASCII */
  OVERLONG_3 = 1 << 2,
  TOO_LARGE = 1 << 3,  /* above U+10FFFF */
  SURROGATE = 1 << 4,
  OVERLONG_2 = 1 << 5,
  OVERLONG_4 = 1 << 6, /* the same for leads from 0xf5 on, which are too large */
  TWO_TAILS = 1 << 7,  /* right only if the lead asks for them */
};

#define TWICE(...) _mm256_setr_epi8 (__VA_ARGS__, __VA_ARGS__)

/* Looks each half byte up in a table of 16. */
CPROC_UTF8_VECTOR __m256i
cproc_utf8_high_half (__m256i bytes)
{
  return _mm256_and_si256 (_mm256_srli_epi16 (bytes, 4), _mm256_set1_epi8 (0x0f));
}

/* Finds what is wrong with the pairs of bytes. Each table says of one half byte what it leaves
 * possible; what all three leave is the case. */
CPROC_UTF8_VECTOR __m256i
cproc_utf8_find_wrong_pairs (__m256i bytes,
                             __m256i before)
{
  const char any = (char) (TOO_SHORT | TOO_LONG | TWO_TAILS);
  const char large = (char) (any | TOO_LARGE | OVERLONG_4);
  const char two = (char) TWO_TAILS;
  const char tail = (char) (TOO_LONG | OVERLONG_2 | TWO_TAILS);
  const __m256i first_high =
    TWICE (TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
           two, two, two, two,
           TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
           TOO_SHORT | TOO_LARGE | OVERLONG_4);
  const __m256i first_low =
    TWICE ((char) (any | OVERLONG_2 | OVERLONG_3 | OVERLONG_4), (char) (any | OVERLONG_2),
           any, any, (char) (any | TOO_LARGE), large, large, large,
           large, large, large, large, large, (char) (large | SURROGATE), large, large);
  const __m256i second_high =
    TWICE (TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
           (char) (tail | OVERLONG_3 | OVERLONG_4), (char) (tail | OVERLONG_3 | TOO_LARGE),
           (char) (tail | SURROGATE | TOO_LARGE), (char) (tail | SURROGATE | TOO_LARGE),
           TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT);
  __m256i low = _mm256_and_si256 (before, _mm256_set1_epi8 (0x0f));

  return _mm256_and_si256 (
    _mm256_and_si256 (_mm256_shuffle_epi8 (first_high, cproc_utf8_high_half (before)),
                      _mm256_shuffle_epi8 (first_low, low)),
    _mm256_shuffle_epi8 (second_high, cproc_utf8_high_half (bytes)));
}

/* Returns a mask in which bit n is set if byte n shows that a character is not valid: the byte
 * itself or one of the three before it is wrong. previous: the 32 bytes before these. */
CPROC_UTF8_VECTOR guint32
cproc_utf8_find_wrong (__m256i bytes,
                       __m256i previous)
{
  __m256i middle = _mm256_permute2x128_si256 (previous, bytes, 0x21);
  __m256i before1 = _mm256_alignr_epi8 (bytes, middle, 15);
  __m256i before2 = _mm256_alignr_epi8 (bytes, middle, 14);
  __m256i before3 = _mm256_alignr_epi8 (bytes, middle, 13);
  /* The highest bit is set where a lead asks for a second or third tail. */
  __m256i asked = _mm256_or_si256 (_mm256_subs_epu8 (before2, _mm256_set1_epi8 (0xe0 - 0x80)),
                                   _mm256_subs_epu8 (before3, _mm256_set1_epi8 (0xf0 - 0x80)));
  __m256i two_tails = _mm256_and_si256 (asked, _mm256_set1_epi8 ((char) TWO_TAILS));
  __m256i wrong = _mm256_xor_si256 (cproc_utf8_find_wrong_pairs (bytes, before1), two_tails);

  return ~(guint32) _mm256_movemask_epi8 (_mm256_cmpeq_epi8 (wrong, _mm256_setzero_si256 ()));
}

#undef TWICE

#endif
