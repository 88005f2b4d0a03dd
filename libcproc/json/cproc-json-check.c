/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

/* The check that goes token by token. It knows the place and the reason of what is wrong, which
 * cproc_json_check_fast() does not, and for short texts it is the faster one.
 *
 * One pass over the text, in a loop: what comes from another process decides neither how deep the
 * stack grows nor how much is allocated. Every function gets the place where it is to look and
 * returns the place behind what it found, or NULL after check_fail(). */

typedef struct
{
  const char *end;

  const char *error_at;
  const char *error_reason;
} Check;

/* Shorter texts, as {"foo":1,"bar":2}, are through before the other check has begun. */
#define MIN_FAST 128

static const char * const ends_early = N_("the text ends too early");

static G_NO_INLINE const char *
check_fail (Check      *self,
            const char *at,
            const char *reason)
{
  self->error_at = at;
  self->error_reason = at == self->end ? ends_early : reason;

  return NULL;
}

static const char *
check_escape (Check      *self,
              const char *p)
{
  if (++p == self->end || *p == '\0' || strchr ("\"\\/bfnrtu", *p) == NULL)
    return check_fail (self, p, N_("no escape sequence is written like this"));

  if (*p++ != 'u')
    return p;

  for (guint i = 0; i < 4; i++, p++)
    {
      if (p == self->end || !g_ascii_isxdigit (*p))
        return check_fail (self, p, N_("four hexadecimal digits must follow “\\u”"));
    }

  return p;
}

/* p is behind the opening quote. */
static inline const char *
check_string (Check      *self,
              const char *p)
{
  for (;;)
    {
      p = cproc_json_skip_plain (p, self->end);

      if (p == self->end)
        return check_fail (self, p, ends_early);
      else if (*p == '"')
        return p + 1;
      else if (*p == '\\')
        p = check_escape (self, p);
      else if ((guchar) *p < 0x20)
        return check_fail (self, p, N_("a control character in a string must be escaped"));
      else
        {
          p = cproc_json_skip_utf8 (p, self->end);
          if (p < self->end && (guchar) *p >= 0x80)
            return check_fail (self, p, N_("this is not valid UTF-8"));
        }

      if (p == NULL)
        return NULL;
    }
}

static const char *
check_digits (Check      *self,
              const char *p)
{
  const char *behind = cproc_json_skip_digits (p, self->end);

  if (behind == p)
    return check_fail (self, p, N_("a digit must stand here"));

  return behind;
}

/* The fraction and the exponent of the number that begins at start. */
static const char *
check_real (Check      *self,
            const char *start,
            const char *p)
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

  /* Without an exponent it takes 309 digits. */
  if ((has_exponent || p - start > 308) && !cproc_json_number_is_finite (start, p - start))
    return check_fail (self, start, N_("the number is too large"));

  return p;
}

static inline const char *
check_number (Check      *self,
              const char *start)
{
  gboolean negative = *start == '-';
  const char *digits = start + (negative ? 1 : 0);
  const char *p = check_digits (self, digits);

  if (p == NULL)
    return NULL;

  if (*digits == '0' && p - digits > 1)
    return check_fail (self, digits, N_("a number must not begin with 0"));

  if (p < self->end && (*p == '.' || *p == 'e' || *p == 'E'))
    return check_real (self, start, p);

  /* One of more than 64 bits, which JavaScript writes so, is a double. */
  if (p - digits > 308 && !cproc_json_number_is_finite (start, p - start))
    return check_fail (self, start, N_("the number is too large"));

  return p;
}

static const char *
check_literal (Check      *self,
               const char *p)
{
  static const char * const literals[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (literals); i++)
    {
      gsize length = strlen (literals[i]);
      gsize left = MIN (length, (gsize) (self->end - p));

      if (memcmp (p, literals[i], left) == 0)
        return left == length ? p + length : check_fail (self, self->end, ends_early);
    }

  return check_fail (self, p, N_("no value is written like this"));
}

/* A value that holds no others. */
static inline const char *
check_scalar (Check      *self,
              const char *p)
{
  if (*p == '"')
    return check_string (self, p + 1);
  else if (*p == '-' || g_ascii_isdigit (*p))
    return check_number (self, p);
  else
    return check_literal (self, p);
}

/* A member's name and the colon. */
static inline const char *
check_name (Check      *self,
            const char *p)
{
  p = cproc_json_skip_space (p, self->end);
  if (p == self->end || *p != '"')
    return check_fail (self, p, N_("a member's name must stand here"));

  p = check_string (self, p + 1);
  if (p == NULL)
    return NULL;

  p = cproc_json_skip_space (p, self->end);
  if (p == self->end || *p != ':')
    return check_fail (self, p, N_("a colon must follow a member's name"));

  return p + 1;
}

static const char *
check_text (Check      *self,
            const char *p)
{
  char closers[CPROC_JSON_MAX_DEPTH];
  guint depth = 0;

  for (;;)
    {
      if (depth > 0 && closers[depth - 1] == '}' && (p = check_name (self, p)) == NULL)
        return NULL;

      p = cproc_json_skip_space (p, self->end);
      if (p == self->end)
        return check_fail (self, p, ends_early);

      if (*p == '{' || *p == '[')
        {
          if (depth == CPROC_JSON_MAX_DEPTH)
            return check_fail (self, p, N_("it is nested too deeply"));

          closers[depth++] = *p == '{' ? '}' : ']';
          p = cproc_json_skip_space (p + 1, self->end);
          if (p == self->end || *p != closers[depth - 1])
            continue;
        }
      else if ((p = check_scalar (self, p)) == NULL)
        return NULL;

      for (;; p++)
        {
          p = cproc_json_skip_space (p, self->end);
          if (depth == 0)
            return p == self->end ? p : check_fail (self, p, N_("there is more after the value"));
          if (p == self->end || *p != closers[depth - 1])
            break;
          depth--;
        }

      if (p == self->end || *p != ',')
        return check_fail (self, p,
                           closers[depth - 1] == '}' ? N_("a comma or “}” must stand here")
                                                     : N_("a comma or “]” must stand here"));
      p++;
    }
}

const char *
cproc_json_escape_end (const char *p,
                       const char *end)
{
  Check check = { .end = end };

  return check_escape (&check, p);
}

const char *
cproc_json_scalar_end (const char *p,
                       const char *end)
{
  Check check = { .end = end };

  return check_scalar (&check, p);
}

gboolean
cproc_json_check_by_token (const char  *text,
                           gsize        length,
                           GError     **error)
{
  Check check = { NULL };

  if (length == 0)
    text = "";

  check.end = text + length;
  if (G_LIKELY (check_text (&check, text) != NULL))
    return TRUE;

  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, _("Not JSON at byte %zu: %s"),
               (size_t) (check.error_at - text), _(check.error_reason));

  return FALSE;
}

gboolean
cproc_json_check (const char  *text,
                  gsize        length,
                  GError     **error)
{
  if (length >= MIN_FAST && cproc_json_check_fast (text, length))
    return TRUE;

  return cproc_json_check_by_token (text, length, error);
}
