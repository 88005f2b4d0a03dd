/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-json-scan-private.h"
#include "cproc-json-value-private.h"

/* Far above the length of any text, and far below an overflow when such a length is added. */
#define MAX_EXPONENT (G_MAXINT64 / 4)

static gboolean
is_number (const CprocJsonSpan *span)
{
  return span->length > 0 && (span->data[0] == '-' || g_ascii_isdigit (span->data[0]));
}

static gint64
read_exponent (const char *p,
               const char *end)
{
  gboolean negative = *p == '-';
  gint64 exponent = 0;

  if (*p == '-' || *p == '+')
    p++;

  for (; p < end; p++)
    exponent = MIN (exponent * 10 + (*p - '0'), MAX_EXPONENT / 10);

  return negative ? -exponent : exponent;
}

/* Digits times ten to the power of exponent. The digits end with one that is not 0. */
typedef struct
{
  guint64 digits;
  gboolean overflows; /* there are more digits than fit */
  gint64 exponent;
} Decimal;

static void
decimal_push (Decimal *self,
              guint    digit)
{
  if (self->digits > (G_MAXUINT64 - digit) / 10)
    self->overflows = TRUE;
  else
    self->digits = self->digits * 10 + digit;
}

static void
decimal_init (Decimal             *self,
              const CprocJsonSpan *span)
{
  const char *end = span->data + span->length;
  const char *p = span->data + (span->data[0] == '-' ? 1 : 0);
  gboolean in_fraction = FALSE;
  gint64 n_zeros = 0; /* zeros become digits only if another digit follows */

  *self = (Decimal) { 0 };

  for (; p < end && *p != 'e' && *p != 'E'; p++)
    {
      if (*p == '.')
        {
          in_fraction = TRUE;
          continue;
        }

      self->exponent -= in_fraction;
      n_zeros++;
      if (*p == '0')
        continue;

      while (--n_zeros > 0)
        decimal_push (self, 0);
      decimal_push (self, *p - '0');
    }

  self->exponent += n_zeros;
  if (p < end)
    self->exponent += read_exponent (p + 1, end);
}

/* Reads the value without its sign; FALSE if it is not an integer or needs more than 64 bits. */
static gboolean
read_whole (const CprocJsonSpan *span,
            guint64             *value)
{
  Decimal decimal;

  decimal_init (&decimal, span);
  *value = decimal.digits;
  if (decimal.digits == 0)
    return TRUE;

  if (decimal.overflows || decimal.exponent < 0)
    return FALSE;

  for (; decimal.exponent > 0; decimal.exponent--)
    {
      if (*value > G_MAXUINT64 / 10)
        return FALSE;
      *value *= 10;
    }

  return TRUE;
}

gboolean
cproc_json_span_to_int64 (const CprocJsonSpan *span,
                          gint64              *value)
{
  guint64 whole;

  if (!is_number (span) || !read_whole (span, &whole))
    return FALSE;

  if (span->data[0] == '-')
    {
      if (whole > (guint64) G_MAXINT64 + 1)
        return FALSE;
      *value = (gint64) (0 - whole);
      return TRUE;
    }

  *value = (gint64) whole;

  return whole <= G_MAXINT64;
}

gboolean
cproc_json_span_to_uint64 (const CprocJsonSpan *span,
                           guint64             *value)
{
  if (!is_number (span) || !read_whole (span, value))
    return FALSE;

  return span->data[0] != '-' || *value == 0;
}

gboolean
cproc_json_span_to_double (const CprocJsonSpan *span,
                           double              *value)
{
  if (!is_number (span))
    return FALSE;

  *value = cproc_json_number_to_double (span->data, span->length);

  return TRUE;
}

gboolean
cproc_json_span_to_boolean (const CprocJsonSpan *span,
                            gboolean            *value)
{
  *value = span->data[0] == 't';

  return *value || span->data[0] == 'f';
}

gboolean
cproc_json_span_has_nul (const CprocJsonSpan *span)
{
  const char *end = span->data + span->length;
  const char *p = span->data;

  while ((p = memchr (p, '\\', end - p)) != NULL)
    {
      if (p[1] == 'u' && memcmp (p + 2, "0000", 4) == 0)
        return TRUE;
      p += 2;
    }

  return FALSE;
}
