/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>

#include "cproc-json-scan-private.h"

/* A double that is printed with this many digits reads back as itself; often two digits fewer
 * suffice. */
#define MAX_DIGITS 17
#define FEW_DIGITS 15

double
cproc_json_number_to_double (const char *number,
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

gboolean
cproc_json_number_is_finite (const char *number,
                             gsize       length)
{
  return isfinite (cproc_json_number_to_double (number, length));
}

gsize
cproc_json_double_to_text (double  value,
                           char   *out)
{
  gsize length;

  g_assert (isfinite (value));

  for (int digits = FEW_DIGITS; digits <= MAX_DIGITS; digits++)
    {
      char format[] = "%.17g";

      format[3] = '0' + digits % 10;
      g_ascii_formatd (out, CPROC_JSON_DOUBLE_SIZE, format, value);
      if (g_ascii_strtod (out, NULL) == value)
        break;
    }

  length = strlen (out);
  if (strpbrk (out, ".e") == NULL)
    {
      strcpy (out + length, ".0");
      length += 2;
    }

  return length;
}
