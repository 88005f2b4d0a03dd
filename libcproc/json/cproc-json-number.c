/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <float.h>
#include <math.h>

#include "cproc-json-scan-private.h"

/* What tells a double from its neighbours, and enough to see on which side of a shorter number it
 * lies. */
#define MAX_DIGITS 17
#define MANY_DIGITS 25

/* These are exact doubles. One operation on exact doubles is correctly rounded: a number with three
 * digits behind the point takes 9 ns instead of the 59 of g_ascii_strtod(). */
static const double powers_of_ten[] = {
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
};

/* Half way between the largest double and the power of two behind it: from here on a number is
 * rounded to infinity. */
static const char too_large[] =
  "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587"
  "207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711"
  "531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093"
  "042880177904174497792";

/* Stops growing when it is beyond any length of text, so that it can be added to one. */
static gint64
read_exponent (const char *p,
               const char *end)
{
  gboolean negative = *p == '-';
  gint64 exponent = 0;

  if (*p == '-' || *p == '+')
    p++;

  for (; p < end; p++)
    {
      if (exponent < G_MAXINT64 / 100)
        exponent = exponent * 10 + (*p - '0');
    }

  return negative ? -exponent : exponent;
}

/* Whether the digits from p on, as a number of 309 of them, are at least too_large. */
static gboolean
digits_are_too_large (const char *p,
                      const char *end)
{
  for (const char *limit = too_large; *limit != '\0'; limit++)
    {
      char digit = '0';

      if (p < end && *p == '.')
        p++;
      if (p < end)
        digit = *p++;

      if (digit != *limit)
        return digit > *limit;
    }

  return TRUE;
}

gboolean
cproc_json_number_is_finite (const char *number,
                             gsize       length)
{
  const char *end = number + length;
  const char *mantissa_end = number;
  const char *first = NULL;
  const char *point = NULL;
  gint64 magnitude = 0;

  for (; mantissa_end < end && *mantissa_end != 'e' && *mantissa_end != 'E'; mantissa_end++)
    {
      if (*mantissa_end == '.')
        point = mantissa_end;
      else if (first == NULL && *mantissa_end >= '1' && *mantissa_end <= '9')
        first = mantissa_end;
    }

  if (first == NULL)
    return TRUE;

  if (point == NULL)
    point = mantissa_end;
  if (mantissa_end < end)
    magnitude = read_exponent (mantissa_end + 1, end);

  /* The number is 0.DDD times ten to the power of this. */
  magnitude += first < point ? point - first : point + 1 - first;

  if (magnitude != DBL_MAX_10_EXP + 1)
    return magnitude <= DBL_MAX_10_EXP;

  return !digits_are_too_large (first, mantissa_end);
}

static double
to_double_by_strtod (const char *number,
                     gsize       length)
{
  char buffer[64];
  g_autofree char *copy = NULL;

  if (length >= sizeof buffer)
    {
      copy = g_strndup (number, length);
      return g_ascii_strtod (copy, NULL);
    }

  memcpy (buffer, number, length);
  buffer[length] = '\0';

  return g_ascii_strtod (buffer, NULL);
}

double
cproc_json_number_to_double (const char *number,
                             gsize       length)
{
  const char *p = number;
  const char *end = number + length;
  gboolean negative = *p == '-';
  guint64 mantissa = 0;
  gint64 exponent = 0;
  gboolean in_fraction = FALSE;
  double value;

  if (negative)
    p++;

  for (; p < end && *p != 'e' && *p != 'E'; p++)
    {
      if (*p == '.')
        in_fraction = TRUE;
      else if (mantissa > (G_GUINT64_CONSTANT (1) << 53) / 10)
        return to_double_by_strtod (number, length);
      else
        {
          mantissa = mantissa * 10 + (*p - '0');
          exponent -= in_fraction;
        }
    }

  if (p < end)
    exponent += read_exponent (p + 1, end);

  if (FLT_EVAL_METHOD != 0 || mantissa > (G_GUINT64_CONSTANT (1) << 53) ||
      exponent > 22 || exponent < -22)
    return to_double_by_strtod (number, length);

  value = (double) mantissa;
  value = exponent < 0 ? value / powers_of_ten[-exponent] : value * powers_of_ten[exponent];

  return negative ? -value : value;
}

/* The digits of a positive number, 0.DDD times ten to the power of point. */
typedef struct
{
  char digits[MANY_DIGITS];
  int n_digits;
  int point;
} Decimal;

static void
decimal_strip_zeros (Decimal *self)
{
  while (self->n_digits > 1 && self->digits[self->n_digits - 1] == '0')
    self->n_digits--;
}

#ifdef __SIZEOF_INT128__

__extension__ typedef unsigned __int128 uint128;

static const guint64 integer_powers_of_ten[] = {
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
  100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
  10000000000000000, 100000000000000000, 1000000000000000000,
};

static void
decimal_set_integer (Decimal *self,
                     guint64  digits,
                     int      n_fraction)
{
  char reversed[20];
  int n = 0;

  for (; digits > 0; digits /= 10)
    reversed[n++] = '0' + digits % 10;

  self->n_digits = n;
  self->point = n - n_fraction;
  for (int i = 0; i < n; i++)
    self->digits[i] = reversed[n - 1 - i];

  decimal_strip_zeros (self);
}

static guint64
power_of_five (guint n)
{
  guint64 power = 1;

  while (n-- > 0)
    power *= 5;

  return power;
}

/* Of the numbers from low to high that end in the most zeros the one next to value; value has
 * n_bits of fraction. */
static guint64
pick_shortest (guint64  low,
               guint64  high,
               uint128  value,
               guint    n_bits,
               guint   *n_zeros)
{
  guint64 first = low;
  guint64 last = high;
  guint64 unit, down;
  uint128 rest, half;

  for (*n_zeros = 0; (first + 9) / 10 <= last / 10; ++*n_zeros)
    {
      first = (first + 9) / 10;
      last = last / 10;
    }

  unit = integer_powers_of_ten[*n_zeros];
  down = (guint64) (value >> n_bits) / unit * unit;

  if (down < low)
    return down + unit;
  if (down + unit > high)
    return down;

  rest = value - ((uint128) down << n_bits);
  half = ((uint128) unit << n_bits) / 2;
  if (rest == half)
    return down / unit % 2 == 0 ? down : down + unit;

  return rest < half ? down : down + unit;
}

/* In this range a double times the power of ten that gives it all its digits, and so the range of
 * numbers that read back as it, is exact in 128 bits. Three digits behind the point take 48 ns;
 * to print with more and more digits, and read back, takes 430. */
static gboolean
decimal_set_exactly (Decimal *self,
                     double   value)
{
  const guint64 first_bit = G_GUINT64_CONSTANT (1) << (DBL_MANT_DIG - 1);
  guint64 mantissa, power, low, high, shortest;
  uint128 lower, upper;
  int exponent, scale, n_bits;
  guint n_zeros;

  if (value < 1e-5 || value >= 9007199254740992.0)
    return FALSE;

  /* The value is 0.1MMM, in binary, times two to the power of exponent. */
  memcpy (&mantissa, &value, sizeof mantissa);
  exponent = (int) (mantissa >> (DBL_MANT_DIG - 1)) + DBL_MIN_EXP - 1;
  mantissa = (mantissa & (first_bit - 1)) | first_bit;

  /* 17 digits, or 18: 1233/4096 is the logarithm of two. */
  scale = MAX_DIGITS - 1 - ((exponent - 1 + 4096) * 1233 / 4096 - 1233);
  power = power_of_five (scale);

  /* In quarters of the last bit: half way to the neighbours, and below a power of two they are
   * twice as close. A tie goes to the even one. */
  n_bits = 2 + DBL_MANT_DIG - exponent - scale;
  lower = (uint128) (4 * mantissa - (mantissa == first_bit ? 1 : 2)) * power;
  upper = (uint128) (4 * mantissa + 2) * power;
  if (mantissa % 2 != 0)
    {
      lower++;
      upper--;
    }

  low = (guint64) ((lower + (((uint128) 1 << n_bits) - 1)) >> n_bits);
  high = (guint64) (upper >> n_bits);
  shortest = pick_shortest (low, high, (uint128) (4 * mantissa) * power, n_bits, &n_zeros);
  decimal_set_integer (self, shortest / integer_powers_of_ten[n_zeros], scale - (int) n_zeros);

  return TRUE;
}

#else

static gboolean
decimal_set_exactly (Decimal *self,
                     double   value)
{
  return FALSE;
}

#endif

static gboolean
decimal_is (const Decimal *self,
            double         value)
{
  char text[MANY_DIGITS + 16];
  int length;

  length = g_snprintf (text, sizeof text, "%.*se%d",
                       self->n_digits, self->digits, self->point - self->n_digits);

  return cproc_json_number_to_double (text, length) == value;
}

/* One unit more in the last place. */
static void
decimal_increase (Decimal *self)
{
  int i = self->n_digits - 1;

  while (i >= 0 && self->digits[i] == '9')
    self->digits[i--] = '0';

  if (i >= 0)
    self->digits[i]++;
  else
    {
      self->digits[0] = '1';
      self->point++;
    }
}

/* Whether the number without its first n digits is more than half a unit of the last of these, or
 * is a half that makes an odd digit even. */
static gboolean
decimal_rounds_up (const Decimal *self,
                   int            n)
{
  if (self->digits[n] != '5')
    return self->digits[n] > '5';

  for (int i = n + 1; i < self->n_digits; i++)
    {
      if (self->digits[i] != '0')
        return TRUE;
    }

  return (self->digits[n - 1] - '0') % 2 != 0;
}

/* Cuts many, more digits of value than needed, to n. Both neighbours have to be tried, the nearer
 * one first: next to a power of two the nearer one can belong to another double already. */
static gboolean
decimal_set_cut (Decimal       *self,
                 const Decimal *many,
                 int            n,
                 double         value)
{
  Decimal down = *many;
  Decimal up;
  gboolean up_is_nearer = decimal_rounds_up (many, n);

  down.n_digits = n;
  up = down;
  decimal_increase (&up);

  *self = up_is_nearer ? up : down;
  if (decimal_is (self, value))
    return TRUE;

  *self = up_is_nearer ? down : up;
  return decimal_is (self, value);
}

static void
decimal_set_shortest (Decimal *self,
                      double   value)
{
  char buffer[MANY_DIGITS + sizeof ".e+308"];
  Decimal many;
  Decimal cut;
  int n = MAX_DIGITS;

  if (decimal_set_exactly (self, value))
    return;

  /* D.DDDDe±DD */
  g_ascii_formatd (buffer, sizeof buffer, "%.24e", value);
  many.digits[0] = buffer[0];
  memcpy (many.digits + 1, buffer + 2, MANY_DIGITS - 1);
  many.n_digits = MANY_DIGITS;
  many.point = atoi (buffer + MANY_DIGITS + 2) + 1;

  while (n > 0 && decimal_set_cut (&cut, &many, n, value))
    {
      *self = cut;
      decimal_strip_zeros (self);
      n = self->n_digits - 1;
    }

  g_assert (n < MAX_DIGITS);
}

static char *
append_zeros (char *out,
              int   n)
{
  memset (out, '0', n);

  return out + n;
}

static char *
append_digits (char          *out,
               const Decimal *decimal,
               int            from,
               int            to)
{
  memcpy (out, decimal->digits + from, to - from);

  return out + (to - from);
}

/* Number.prototype.toString(), and ".0" where that would look like an integer. */
static char *
append_decimal (char          *out,
                const Decimal *decimal)
{
  int n = decimal->n_digits;
  int point = decimal->point;

  if (point > 21 || point <= -6)
    {
      out = append_digits (out, decimal, 0, 1);
      if (n > 1)
        {
          *out++ = '.';
          out = append_digits (out, decimal, 1, n);
        }
      return out + g_snprintf (out, sizeof "e+308", "e%+d", point - 1);
    }

  if (point <= 0)
    {
      *out++ = '0';
      *out++ = '.';
      out = append_zeros (out, -point);
      return append_digits (out, decimal, 0, n);
    }

  out = append_digits (out, decimal, 0, MIN (n, point));
  out = append_zeros (out, MAX (point - n, 0));
  *out++ = '.';

  return n > point ? append_digits (out, decimal, point, n) : append_zeros (out, 1);
}

gsize
cproc_json_double_to_text (double  value,
                           char   *out)
{
  char *p = out;

  g_assert (isfinite (value));

  if (signbit (value))
    *p++ = '-';

  if (value == 0)
    {
      memcpy (p, "0.0", 3);
      p += 3;
    }
  else
    {
      Decimal decimal = { .n_digits = 0 };

      decimal_set_shortest (&decimal, fabs (value));
      p = append_decimal (p, &decimal);
    }

  g_assert (p - out < CPROC_JSON_DOUBLE_SIZE);
  *p = '\0';

  return p - out;
}
