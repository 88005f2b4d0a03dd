/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

#define REPLACEMENT_CHARACTER 0xfffd

static gunichar
read_hex (const char *p)
{
  gunichar c = 0;

  for (guint i = 0; i < 4; i++)
    c = c << 4 | g_ascii_xdigit_value (p[i]);

  return c;
}

/* Decodes "\uXXXX". *p is after "\u"; it is moved to the first byte that was not used. */
static gunichar
decode_unicode_escape (const char **p,
                       const char  *end)
{
  gunichar c = read_hex (*p);

  *p += 4;

  if (c == 0)
    return REPLACEMENT_CHARACTER;

  if (c < 0xd800 || c > 0xdfff)
    return c;

  if (c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u')
    {
      gunichar low = read_hex (*p + 2);

      if (low >= 0xdc00 && low <= 0xdfff)
        {
          *p += 6;
          return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }

  return REPLACEMENT_CHARACTER;
}

static char
decode_short_escape (char c)
{
  switch (c)
    {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
    }
}

gsize
cproc_json_decode (char       *out,
                   const char *raw,
                   gsize       length)
{
  const char *p = raw;
  const char *end = raw + length;
  char *start = out;

  for (;;)
    {
      const char *escape = cproc_json_skip_to_quote (p, end);

      memcpy (out, p, escape - p);
      out += escape - p;
      if (escape == end)
        return out - start;

      p = escape + 2;
      if (escape[1] == 'u')
        out += g_unichar_to_utf8 (decode_unicode_escape (&p, end), out);
      else
        *out++ = decode_short_escape (escape[1]);
    }
}

char *
cproc_json_span_to_string (const CprocJsonSpan *span)
{
  g_autofree char *string = NULL;
  gsize length;

  if (span->length < 2 || span->data[0] != '"')
    return NULL;

  string = g_malloc (span->length);
  length = cproc_json_decode (string, span->data + 1, span->length - 2);
  string[length] = '\0';

  return g_steal_pointer (&string);
}
