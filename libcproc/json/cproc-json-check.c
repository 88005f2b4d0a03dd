/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-error.h"
#include "cproc-gettext-private.h"
#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"
#include "cproc-json-token-private.h"

/* The token-by-token check. It knows the place and the reason of an error, which
 * cproc_json_check_fast() does not, and it is the faster one for short texts.
 *
 * It is one pass over the text, in a loop: the text influences neither the depth of the stack nor
 * the amount of memory. Every function gets the place of a token and returns the place after it, or
 * NULL after cproc_json_token_fail(). */

/* Texts shorter than this are checked token by token: the fast check takes longer to begin. */
#define MIN_FAST 128

/* Checks a member's name and the colon. */
static inline const char *
check_name (CprocJsonToken *self,
            const char     *p)
{
  const char *start;

  p = cproc_json_skip_space (p, self->end);
  if (p == self->end || *p != '"')
    return cproc_json_token_fail (self, p, N_("a member's name must stand here"));

  start = p;
  p = cproc_json_token_string (self, p + 1);
  if (p == NULL)
    return NULL;
  if (cproc_json_name_is_cmd (start, p))
    self->has_cmd = TRUE;

  p = cproc_json_skip_space (p, self->end);
  if (p == self->end || *p != ':')
    return cproc_json_token_fail (self, p, N_("a colon must follow a member's name"));

  return p + 1;
}

static G_NO_INLINE const char *
fail_behind (CprocJsonToken *self,
             const char     *p)
{
  return cproc_json_token_fail (self, p, N_("there is more after the value"));
}

static G_NO_INLINE const char *
fail_in (CprocJsonToken *self,
         const char     *p,
         char            closer)
{
  return cproc_json_token_fail (self, p, closer == '}' ? N_("a comma or “}” must stand here")
                                                       : N_("a comma or “]” must stand here"));
}

static const char *
check_text (CprocJsonToken *self,
            const char     *p)
{
  char closers[CPROC_JSON_MAX_DEPTH];
  guint depth = 0;

  for (;;)
    {
      if (depth > 0 && closers[depth - 1] == '}' && (p = check_name (self, p)) == NULL)
        return NULL;

      p = cproc_json_skip_space (p, self->end);
      if (p == self->end)
        return cproc_json_token_fail (self, p, NULL);

      if (*p == '{' || *p == '[')
        {
          if (depth == CPROC_JSON_MAX_DEPTH)
            return cproc_json_token_fail (self, p, N_("it is nested too deeply"));

          closers[depth++] = *p == '{' ? '}' : ']';
          p = cproc_json_skip_space (p + 1, self->end);
          if (p == self->end || *p != closers[depth - 1])
            continue;
        }
      else if ((p = cproc_json_token_scalar (self, p)) == NULL)
        return NULL;

      for (;; p++)
        {
          p = cproc_json_skip_space (p, self->end);
          if (depth == 0)
            return p == self->end ? p : fail_behind (self, p);
          if (p == self->end || *p != closers[depth - 1])
            break;
          depth--;
        }

      if (p == self->end || *p != ',')
        return fail_in (self, p, closers[depth - 1]);
      p++;
    }
}

gboolean
cproc_json_check_by_token (const char  *text,
                           gsize        length,
                           gboolean    *may_have_cmd,
                           GError     **error)
{
  CprocJsonToken check = { NULL };

  if (length == 0)
    text = "";

  check.end = text + length;
  if (G_LIKELY (check_text (&check, text) != NULL))
    {
      if (may_have_cmd != NULL)
        *may_have_cmd = check.has_cmd || check.spells_letters;
      return TRUE;
    }

  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE, _("Not JSON at byte %zu: %s"),
               (size_t) (check.error_at - text), _(check.error_reason));

  return FALSE;
}

gboolean
cproc_json_check_names (const char  *text,
                        gsize        length,
                        gboolean    *may_have_cmd,
                        GError     **error)
{
  if (length >= MIN_FAST && cproc_json_check_fast (text, length, may_have_cmd))
    return TRUE;

  return cproc_json_check_by_token (text, length, may_have_cmd, error);
}

gboolean
cproc_json_check (const char  *text,
                  gsize        length,
                  GError     **error)
{
  return cproc_json_check_names (text, length, NULL, error);
}
