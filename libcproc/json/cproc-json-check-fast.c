/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"
#include "cproc-json-token-private.h"

/* The check of longer texts.
 *
 * It examines a window of 64 bytes at a time: a comparison gives one bit for each byte, and the
 * rules of which token may follow which become shifts of such masks by one. A window begins with a
 * structural character, which stands outside of strings, and counts up to the last structural
 * character in it. So no string, number or multi-byte character is ever cut, and only the open
 * brackets are carried from one window to the next; two windows overlap by that character. The
 * token-by-token check takes over for an element that is too long for a window, and for the whole
 * text if this check fails. */

#if defined(__x86_64__) && defined(__GNUC__)

#include "cproc-json-bytes-private.h"
#include "cproc-utf8-vector-private.h"

/* Ask for each of them: a virtual machine may lack some. */
#define CAN_AVX2 \
  (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("bmi") && \
   __builtin_cpu_supports ("pclmul"))

#define WINDOW 64
#define BIT(n) ((guint64) 1 << (n))
#define FIRST BIT (0)

/* In each mask, bit n stands for byte n. */
typedef struct
{
  guint64 strings; /* with the opening quote, without the closing one */
  guint64 outside; /* outside of strings and their quotes */
  guint64 string_starts;

  guint64 open; /* brackets, as close */
  guint64 close;
  guint64 colon;
  guint64 comma;
  guint64 space;
  guint64 scalar; /* all bytes of numbers and literals, and of anything invalid */
  guint64 scalar_starts;

  guint last;     /* the last structural character */
  guint64 counts; /* the bytes up to it */
} Window;

typedef struct
{
  gboolean done; /* the outermost bracket is closed, and nothing follows */
  CprocJsonToken token; /* for the tokens that are checked one by one, and the findings */

  /* The open brackets: all bits set for an object, none for an array. */
  guint64 *top;
  guint64 stack[CPROC_JSON_MAX_DEPTH + 1];
} Check;

/* Bit n of the result is the parity of the bits 0 to n. */
INLINE FAST static inline guint64
parity_up_to (guint64 bits)
{
  __m128i product = _mm_clmulepi64_si128 (_mm_cvtsi64_si128 ((gint64) bits),
                                          _mm_set1_epi8 (-1), 0);

  return (guint64) _mm_cvtsi128_si64 (product);
}

/* Marks the characters that follow the marked ones, skipping white space. */
INLINE static inline guint64
follow (guint64 marks,
        guint64 space)
{
  guint64 next = marks << 1;

  /* The addition carries each mark to the end of its white space. */
  return (next | (space + (next & space))) & ~space;
}

/* Finds the characters after backslashes. FALSE: an escape is not valid. */
static G_NO_INLINE gboolean
find_escaped (CprocJsonToken *token,
              const char     *p,
              guint64         backslashes,
              guint64        *escaped)
{
  *escaped = 0;

  while (backslashes != 0)
    {
      guint at = __builtin_ctzll (backslashes);

      if (cproc_json_token_escape (token, p + at) == NULL)
        return FALSE;

      *escaped |= BIT (at) << 1;
      backslashes &= ~(BIT (at) | BIT (at) << 1);
    }

  return TRUE;
}

/* Returns whether the characters that count are valid UTF-8. The last byte that counts is ASCII, so
 * a character that is cut shows there. */
FAST static G_NO_INLINE gboolean
check_utf8 (Bytes   bytes,
            guint64 counts)
{
  guint64 wrong = cproc_utf8_find_wrong (bytes.low, _mm256_setzero_si256 ());

  wrong |= (guint64) cproc_utf8_find_wrong (bytes.high, bytes.low) << 32;

  return (wrong & counts) == 0;
}

/* Finds the strings of a window. FALSE: the window is not valid. */
INLINE FAST static inline gboolean
window_find_strings (Window         *self,
                     const Bytes    *bytes,
                     const char     *p,
                     CprocJsonToken *token)
{
  guint64 quotes = bytes_equal (bytes, '"');
  guint64 backslashes = bytes_equal (bytes, '\\');

  if (G_UNLIKELY (backslashes != 0))
    {
      guint64 escaped;

      if (!find_escaped (token, p, backslashes, &escaped))
        return FALSE;
      quotes &= ~escaped;
    }

  self->strings = parity_up_to (quotes);
  self->outside = ~(self->strings | quotes);
  self->string_starts = self->strings & quotes;

  return TRUE;
}

/* Finds the brackets, commas and colons of a window; the first byte is a structural character. */
INLINE FAST static inline void
window_find_structure (Window      *self,
                       const Bytes *bytes)
{
  Bytes folded = bytes_fold (bytes);

  self->open = bytes_equal (&folded, '{') & self->outside;
  self->close = bytes_equal (&folded, '}') & self->outside;
  self->colon = bytes_equal (bytes, ':') & self->outside;
  self->comma = bytes_equal (bytes, ',') & self->outside;

  self->last = 63 ^ __builtin_clzll (self->open | self->close | self->colon | self->comma);
  self->counts = (BIT (self->last) << 1) - 1;
}

/* Finds the white space, the numbers and the literals. FALSE: a string contains a character that
 * must not be in it. */
INLINE FAST static inline gboolean
window_find_space (Window      *self,
                   const Bytes *bytes)
{
  guint64 low = bytes_below (bytes, ' ') & self->counts;

  self->space = bytes_equal (bytes, ' ');

  if (G_UNLIKELY (low != 0))
    {
      guint64 not_ascii = bytes_not_ascii (bytes) & self->counts;
      guint64 control = low & ~not_ascii;

      if ((control & self->strings) != 0 ||
          (not_ascii != 0 && !check_utf8 (*bytes, self->counts)))
        return FALSE;

      if (control != 0)
        self->space |= bytes_equal (bytes, '\n') | bytes_equal (bytes, '\r') |
                       bytes_equal (bytes, '\t');
    }

  self->space &= self->outside;
  self->scalar = self->outside & ~(self->open | self->close | self->colon | self->comma |
                                   self->space);
  self->scalar_starts = self->scalar & ~(self->scalar << 1);

  return TRUE;
}

INLINE static inline guint64
kind_of (char bracket)
{
  return -(guint64) ((bracket & ('{' ^ '[')) != 0);
}

INLINE static inline gboolean
check_open (Check      *self,
            const char *p)
{
  if (self->top == self->stack + CPROC_JSON_MAX_DEPTH)
    return FALSE;

  *++self->top = kind_of (*p);

  return TRUE;
}

INLINE static inline gboolean
check_close (Check      *self,
             const char *p)
{
  if (*self->top != kind_of (*p))
    return FALSE;

  if (--self->top > self->stack)
    return TRUE;

  self->done = cproc_json_skip_space (p + 1, self->token.end) == self->token.end;

  return self->done;
}

/* objects: set to the characters whose innermost open bracket is that of an object. */
INLINE static inline gboolean
check_brackets (Check        *self,
                const Window *window,
                const char   *p,
                guint64      *objects)
{
  guint64 brackets = (window->open | window->close) & window->counts & ~FIRST;
  guint64 kind = *self->top;

  *objects = kind;

  for (; brackets != 0 && !self->done; brackets &= brackets - 1)
    {
      guint at = __builtin_ctzll (brackets);
      gboolean opens = (window->open >> at & 1) != 0;

      if (!(opens ? check_open (self, p + at) : check_close (self, p + at)))
        return FALSE;

      *objects ^= ((kind ^ *self->top) & ~FIRST) << at;
      kind = *self->top;
    }

  return TRUE;
}

/* Checks the grammar. short_names: set to the places where a name of three letters begins.
 *
 * Each token but the first follows an opening bracket, a comma, a colon, a name, or the end of a
 * value. If the tokens after the first three are valid, and a colon follows each name, then the end
 * of a value can only be followed by a comma or a closing bracket. */
INLINE static inline guint64
window_find_misplaced (const Window *self,
                       guint64       objects,
                       guint64      *short_names)
{
  guint64 space = self->space;
  guint64 after_open, after_comma, after_colon, begins, names, after_name, wrong;

  after_open = space != 0 ? follow (self->open, space) : self->open << 1;
  after_comma = space != 0 ? follow (self->comma, space) : self->comma << 1;
  after_colon = space != 0 ? follow (self->colon, space) : self->colon << 1;

  begins = (after_open | after_comma) & objects;
  /* The addition carries from the opening quote to the closing one. */
  names = (self->strings + (begins & self->string_starts)) & ~self->strings;
  after_name = space != 0 ? follow (names, space) : names << 1;

  wrong = (after_open | after_comma | after_colon) ^
          (self->string_starts | self->scalar_starts | self->open | (self->close & after_open));
  wrong |= begins & (self->scalar_starts | self->open);
  wrong |= after_name ^ self->colon;

  *short_names = names >> 4 & begins & self->string_starts;

  return wrong & ~FIRST;
}

static inline guint
scalar_length (guint64 scalar,
               guint   start)
{
  return __builtin_ctzll (~(scalar >> start));
}

INLINE static inline gboolean
window_check_literal (const Window *self,
                      const char   *p,
                      guint         start)
{
  guint length = scalar_length (self->scalar, start);

  p += start;

  return (length == 4 && (memcmp (p, "true", 4) == 0 || memcmp (p, "null", 4) == 0)) ||
         (length == 5 && memcmp (p, "false", 5) == 0);
}

/* Checks the number that has an exponent there; the text may also be invalid there. */
static G_NO_INLINE gboolean
check_exponent (CprocJsonToken *token,
                guint64         scalar,
                guint64         scalar_starts,
                const char     *p,
                guint           at)
{
  guint start = 63 ^ __builtin_clzll (scalar_starts & (BIT (at) - 1));

  return cproc_json_token_scalar (token, p + start) ==
         p + start + scalar_length (scalar, start);
}

/* Checks numbers and literals. Returns FALSE, or sets bits in wrong, where the text is neither. */
INLINE FAST static inline gboolean
window_check_scalars (const Window   *self,
                      const Bytes    *bytes,
                      const char     *p,
                      CprocJsonToken *token,
                      guint64        *wrong)
{
  guint64 digits = bytes_digits (bytes) & self->scalar;
  guint64 minus = bytes_equal (bytes, '-') & self->scalar_starts;
  guint64 starts = (self->scalar_starts & digits) | minus << 1;
  guint64 zeros = starts & bytes_equal (bytes, '0');
  /* The addition carries from the first digit to the byte after the last one. */
  guint64 integer_ends = (digits + starts) & ~digits;
  guint64 points = integer_ends & bytes_equal (bytes, '.');
  guint64 fraction_ends = (digits + (points << 1)) & ~digits;
  guint64 rest = ((integer_ends ^ points) | fraction_ends) & self->scalar & self->counts;
  guint64 literals = self->scalar_starts & ~(digits | minus) & self->counts;

  *wrong |= (starts | points << 1) & ~digits;
  *wrong |= zeros << 1 & digits;

  for (; literals != 0; literals &= literals - 1)
    {
      if (!window_check_literal (self, p, __builtin_ctzll (literals)))
        return FALSE;
    }

  for (; G_UNLIKELY (rest != 0); rest &= rest - 1)
    {
      if (!check_exponent (token, self->scalar, self->scalar_starts, p,
                           __builtin_ctzll (rest)))
        return FALSE;
    }

  return TRUE;
}

/* Finds the strings and the structure of the window that begins at p, which is a structural
 * character. */
INLINE FAST static inline gboolean
window_open (Window         *self,
             Bytes          *bytes,
             const char     *p,
             CprocJsonToken *token)
{
  const char *end = token->end;
  char padded[WINDOW];

  if (G_LIKELY (end - p >= WINDOW))
    {
      *bytes = bytes_load (p);
    }
  else
    {
      memset (padded, ' ', sizeof padded);
      memcpy (padded, p, end - p);
      *bytes = bytes_load (padded);
    }

  if (!window_find_strings (self, bytes, p, token))
    return FALSE;

  window_find_structure (self, bytes);

  return TRUE;
}

/* Checks the rest of the window that was opened at p. */
INLINE FAST static inline gboolean
check_window (Check       *self,
              Window      *window,
              const Bytes *bytes,
              const char  *p)
{
  guint64 objects, wrong, short_names;

  if (!window_find_space (window, bytes) ||
      !check_brackets (self, window, p, &objects))
    return FALSE;

  wrong = window_find_misplaced (window, objects, &short_names);

  for (short_names &= window->counts; short_names != 0; short_names &= short_names - 1)
    {
      if (memcmp (p + __builtin_ctzll (short_names), "\"cmd\"", 5) == 0)
        self->token.has_cmd = TRUE;
    }

  if (window->scalar != 0 && !window_check_scalars (window, bytes, p, &self->token, &wrong))
    return FALSE;

  return (wrong & window->counts) == 0;
}

INLINE static inline gboolean
is_open (char c)
{
  return c == '{' || c == '[';
}

INLINE static inline gboolean
is_close (char c)
{
  return c == '}' || c == ']';
}

/* Steps from one structural character to the next over a token that does not fit into a window.
 * NULL: the token is not valid. */
static G_NO_INLINE const char *
check_long (Check      *self,
            const char *p)
{
  char before = *p;
  gboolean name = *self->top != 0 && before != ':';
  const char *start;

  p = cproc_json_skip_space (p + 1, self->token.end);
  if (p == self->token.end)
    return NULL;

  if (!is_close (before) && !(is_open (before) && is_close (*p)))
    {
      if (name && *p != '"')
        return NULL;
      if (is_open (*p))
        return check_open (self, p) ? p : NULL;

      start = p;
      p = cproc_json_token_scalar (&self->token, p);
      if (p == NULL)
        return NULL;
      if (name && cproc_json_name_is_cmd (start, p))
        self->token.has_cmd = TRUE;

      p = cproc_json_skip_space (p, self->token.end);
      if (p == self->token.end)
        return NULL;
      if (name)
        return *p == ':' ? p : NULL;
    }

  if (is_close (*p))
    return check_close (self, p) ? p : NULL;

  return *p == ',' ? p : NULL;
}

/* Checks the windows. The next window is opened before this one is checked: this lets the CPU
 * overlap both. */
FAST static gboolean
check_windows (Check      *self,
               const char *p)
{
  Window window, next;
  Bytes bytes, next_bytes;
  gboolean good = window_open (&next, &next_bytes, p, &self->token);

  while (good && !self->done)
    {
      const char *place = p + next.last;

      if (G_UNLIKELY (place == p))
        {
          p = check_long (self, p);
          good = p != NULL && (self->done || window_open (&next, &next_bytes, p, &self->token));
          continue;
        }

      window = next;
      bytes = next_bytes;
      good = window_open (&next, &next_bytes, place, &self->token);
      if (!check_window (self, &window, &bytes, p))
        return FALSE;

      p = place;
    }

  return self->done;
}

static gboolean
check_text (const char *text,
            gsize       length,
            gboolean   *may_have_cmd)
{
  Check check; /* not cleared, because it is large */
  const char *p;

  check.token = (CprocJsonToken) { .end = text + length };
  p = cproc_json_skip_space (text, check.token.end);
  if (p == check.token.end || !is_open (*p))
    return FALSE;

  check.done = FALSE;
  check.top = check.stack;
  check.stack[0] = 0;
  check_open (&check, p);

  if (!check_windows (&check, p))
    return FALSE;

  if (may_have_cmd != NULL)
    *may_have_cmd = check.token.has_cmd || check.token.spells_letters;

  return TRUE;
}

gboolean
cproc_json_check_fast (const char *text,
                       gsize       length,
                       gboolean   *may_have_cmd)
{
  return CAN_AVX2 && check_text (text, length, may_have_cmd);
}

#else

gboolean
cproc_json_check_fast (const char *text,
                       gsize       length,
                       gboolean   *may_have_cmd)
{
  return FALSE;
}

#endif
