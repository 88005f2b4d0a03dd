/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-gettext-private.h"
#include "cproc-json-scan-private.h"
#include "cproc-json-token-private.h"

#define MAX_SHORT 32

/* Every function gets the place of a token and returns the place after it, or NULL after
 * cproc_json_token_fail(). */

const char *
cproc_json_token_fail (CprocJsonToken *self,
                       const char     *at,
                       const char     *reason)
{
  self->error_at = at;
  self->error_reason = at == self->end ? N_("the text ends too early") : reason;

  return NULL;
}

const char *
cproc_json_token_escape (CprocJsonToken *self,
                         const char     *p)
{
  static const gboolean follows[256] = {
    ['"'] = TRUE, ['\\'] = TRUE, ['/'] = TRUE, ['b'] = TRUE, ['f'] = TRUE,
    ['n'] = TRUE, ['r'] = TRUE, ['t'] = TRUE, ['u'] = TRUE,
  };

  if (++p == self->end || !follows[(guchar) *p])
    return cproc_json_token_fail (self, p, N_("no escape sequence is written like this"));

  if (*p++ != 'u')
    return p;

  if (self->end - p >= 3 && memcmp (p, "006", 3) == 0)
    self->spells_letters = TRUE;

  for (guint i = 0; i < 4; i++, p++)
    {
      if (p == self->end || !g_ascii_isxdigit (*p))
        return cproc_json_token_fail (self, p, N_("four hexadecimal digits must follow “\\u”"));
    }

  return p;
}

/* Most strings are short: the call is for those that are not. */
static inline const char *
skip_unescaped (const char *p,
                const char *end)
{
  const char *near = end - p > MAX_SHORT ? p + MAX_SHORT : end;

  p = cproc_utf8_skip_ascii (p, near, CPROC_UTF8_STOP_ESCAPED);
  if (p < end && (p == near || (guchar) *p >= 0x80))
    p = cproc_utf8_skip (p, end, CPROC_UTF8_STOP_ESCAPED);

  return p;
}

const char *
cproc_json_token_string (CprocJsonToken *self,
                         const char     *p)
{
  for (;;)
    {
      p = skip_unescaped (p, self->end);

      if (p == self->end)
        return cproc_json_token_fail (self, p, NULL);
      else if (*p == '"')
        return p + 1;
      else if (*p == '\\')
        p = cproc_json_token_escape (self, p);
      else if ((guchar) *p < 0x20)
        return cproc_json_token_fail (self, p,
                                      N_("a control character in a string must be escaped"));
      else
        return cproc_json_token_fail (self, p, N_("this is not valid UTF-8"));

      if (p == NULL)
        return NULL;
    }
}

static const char *
check_digits (CprocJsonToken *self,
              const char     *p)
{
  const char *behind = cproc_json_skip_digits (p, self->end);

  if (behind == p)
    return cproc_json_token_fail (self, p, N_("a digit must stand here"));

  return behind;
}

/* Checks the fraction and the exponent of the number that begins at start. */
static const char *
check_real (CprocJsonToken *self,
            const char     *start,
            const char     *p)
{
  gboolean has_exponent = FALSE;

  if (*p == '.' && (p = check_digits (self, p + 1)) == NULL)
    return NULL;

  if (p < self->end && (*p == 'e' || *p == 'E'))
    {
      has_exponent = TRUE;
      p++;
      if (p < self->end && (*p == '+' || *p == '-'))
        p++;
      if ((p = check_digits (self, p)) == NULL)
        return NULL;
    }

  /* Without an exponent, only a number of at least 309 digits can be too large. */
  if ((has_exponent || p - start > 308) && !cproc_json_number_is_finite (start, p - start))
    return cproc_json_token_fail (self, start, N_("the number is too large"));

  return p;
}

static inline const char *
check_number (CprocJsonToken *self,
              const char     *start)
{
  gboolean negative = *start == '-';
  const char *digits = start + (negative ? 1 : 0);
  const char *p = check_digits (self, digits);

  if (p == NULL)
    return NULL;

  if (*digits == '0' && p - digits > 1)
    return cproc_json_token_fail (self, digits, N_("a number must not begin with 0"));

  if (p < self->end && (*p == '.' || *p == 'e' || *p == 'E'))
    return check_real (self, start, p);

  /* An integer of more than 64 bits, as JavaScript writes large numbers, is a double. */
  if (p - digits > 308 && !cproc_json_number_is_finite (start, p - start))
    return cproc_json_token_fail (self, start, N_("the number is too large"));

  return p;
}

static const char *
check_literal (CprocJsonToken *self,
               const char     *p)
{
  static const char * const literals[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (literals); i++)
    {
      gsize length = strlen (literals[i]);
      gsize left = MIN (length, (gsize) (self->end - p));

      if (memcmp (p, literals[i], left) == 0)
        return left == length ? p + length : cproc_json_token_fail (self, self->end, NULL);
    }

  return cproc_json_token_fail (self, p, N_("no value is written like this"));
}

const char *
cproc_json_token_scalar (CprocJsonToken *self,
                         const char     *p)
{
  if (*p == '"')
    return cproc_json_token_string (self, p + 1);
  else if (*p == '-' || g_ascii_isdigit (*p))
    return check_number (self, p);
  else
    return check_literal (self, p);
}
