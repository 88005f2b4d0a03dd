/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-gettext-private.h"
#include "cproc-text-decoder-private.h"
#include "cproc-utf8-private.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* No encoding needs to keep more than this of an unfinished character, shift sequences included. A
 * converter that asks for more would never finish. */
#define MAX_REST 64

/* UTF-8 goes through `characters` only. Every other encoding goes through iconv first, and the
 * result through `characters`, which replaces NUL and checks what iconv returns. */
struct _CprocTextDecoder
{
  const char *replacement;
  gboolean has_replaced;

  char start[4]; /* the beginning of an unfinished UTF-8 character */
  gsize n_start;

  GIConv converter; /* (GIConv) -1 for UTF-8 */
  gsize unit;       /* bytes to skip after one that does not decode */
  gboolean has_shifts;
  GByteArray *rest; /* input that iconv must see again, together with what follows */
};

/* Names in Node and Python that iconv(3) does not know; compared without case, "-", "_" and
 * spaces. */
static const struct
{
  const char *name;
  const char *known;
} encoding_names[] = {
  { "utf8", "UTF-8" },
  { "utf16le", "UTF-16LE" },
  { "utf16be", "UTF-16BE" },
  { "utf32le", "UTF-32LE" },
  { "utf32be", "UTF-32BE" },
  { "utf16", "UTF-16" },
  { "utf32", "UTF-32" },
  { "u8", "UTF-8" },
  { "cp65001", "UTF-8" },
  { "u16", "UTF-16" },
  { "u32", "UTF-32" },
  { "u7", "UTF-7" },
  { "utf7", "UTF-7" },
  { "ucs2", "UTF-16LE" },
  { "binary", "ISO-8859-1" },
  { "latin", "ISO-8859-1" },
  { "l1", "ISO-8859-1" },
  { "8859", "ISO-8859-1" },
  { "cp819", "ISO-8859-1" },
  { "646", "ASCII" },
  { "sjis", "SHIFT_JIS" },
  { "shiftjis", "SHIFT_JIS" },
  { "mskanji", "SHIFT_JIS" },
  { "ms932", "CP932" },
  { "ms936", "GBK" },
  { "ms949", "CP949" },
  { "ms950", "CP950" },
  { "uhc", "CP949" },
  { "ujis", "EUC-JP" },
  { "eucjis2004", "EUC-JISX0213" },
  { "eucjisx0213", "EUC-JISX0213" },
  { "euckr", "EUC-KR" },
  { "eucjp", "EUC-JP" },
  { "eucgb2312cn", "GB2312" },
  { "euccn", "GB2312" },
  { "gb2312", "GB2312" },
  { "gb18030", "GB18030" },
  { "gbk", "GBK" },
  { "big5", "BIG5" },
  { "big5tw", "BIG5" },
  { "big5hkscs", "BIG5-HKSCS" },
  { "koi8r", "KOI8-R" },
  { "koi8u", "KOI8-U" },
  { "koi8t", "KOI8-T" },
  { "shiftjis2004", "SHIFT_JISX0213" },
  { "shiftjisx0213", "SHIFT_JISX0213" },
  { "sjis2004", "SHIFT_JISX0213" },
  { "sjisx0213", "SHIFT_JISX0213" },
  { "macroman", "MACINTOSH" },
  { "maclatin2", "MAC-CENTRALEUROPE" },
  { "maccyrillic", "MAC-CYRILLIC" },
  { "tis620", "TIS-620" },
  { "thai", "TIS-620" },
  { "cyrillic", "ISO-8859-5" },
  { "arabic", "ISO-8859-6" },
  { "greek", "ISO-8859-7" },
  { "hebrew", "ISO-8859-8" },
  { "iso2022jp", "ISO-2022-JP" },
  { "iso2022jp1", "ISO-2022-JP-1" },
  { "iso2022jp2", "ISO-2022-JP-2" },
  { "iso2022jp3", "ISO-2022-JP-3" },
  { "iso2022kr", "ISO-2022-KR" },
  { "csiso2022jp", "ISO-2022-JP" },
  { "ascii", "ASCII" },
  { "usascii", "ASCII" },
  { "johab", "JOHAB" },
  { "ptcp154", "PT154" },
  { "kz1048", "RK1048" },
};

/* Families of code pages that are written in many ways: the prefix is followed by a number. */
static const char *const encoding_families[][2] = {
  { "iso8859", "ISO-8859-" },
  { "8859", "ISO-8859-" },
  { "windows", "CP" },
  { "cp", "CP" },
  { "ibm", "IBM" },
};

/* The numbers of the Latin alphabets are not those of the parts of ISO 8859. */
static const char *const latin_parts[] = { "1", "2", "3", "4", "9", "10", "13", "14", "15", "16" };

static char *
encoding_simplify (const char *encoding)
{
  GString *name = g_string_new (NULL);

  for (const char *p = encoding; *p != '\0'; p++)
    if (*p != '-' && *p != '_' && *p != ' ' && *p != '.')
      g_string_append_c (name, g_ascii_tolower (*p));

  return g_string_free (name, FALSE);
}

static gboolean
is_number (const char *text)
{
  return *text != '\0' && strspn (text, "0123456789") == strlen (text);
}

static char *
encoding_dup_from_family (const char *name)
{
  if (g_str_has_prefix (name, "latin") && is_number (name + 5))
    {
      guint64 alphabet = g_ascii_strtoull (name + 5, NULL, 10);

      if (alphabet >= 1 && alphabet <= G_N_ELEMENTS (latin_parts))
        return g_strconcat ("ISO-8859-", latin_parts[alphabet - 1], NULL);
    }

  for (guint i = 0; i < G_N_ELEMENTS (encoding_families); i++)
    {
      const char *number = name + strlen (encoding_families[i][0]);

      if (g_str_has_prefix (name, encoding_families[i][0]) && is_number (number))
        return g_strconcat (encoding_families[i][1], number, NULL);
    }

  return NULL;
}

char *
cproc_encoding_dup_known_name (const char *encoding)
{
  g_autofree char *name = encoding_simplify (encoding);
  char *known;

  for (guint i = 0; i < G_N_ELEMENTS (encoding_names); i++)
    if (g_str_equal (name, encoding_names[i].name))
      return g_strdup (encoding_names[i].known);

  known = encoding_dup_from_family (name);

  return known != NULL ? known : g_strdup (encoding);
}

/* Returns whether the meaning of a byte depends on earlier bytes. After an invalid byte, iconv's
 * result for such an encoding depends on where its input began. Feeding it byte by byte gives the
 * same text however the input is cut. */
static gboolean
encoding_has_shifts (const char *encoding)
{
  const char *parts[] = { "2022", "UTF-7", "UTF7" };
  g_autofree char *upper = g_ascii_strup (encoding, -1);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (strstr (upper, parts[i]) != NULL)
        return TRUE;
    }

  return FALSE;
}

/* Returns the size of a code unit: 2 or 4 if a single byte has no meaning. */
static gsize
encoding_measure_unit (const char *encoding)
{
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  gsize n_one = 0;
  gsize n_two = 0;

  one = g_convert ("a", 1, encoding, "UTF-8", NULL, &n_one, NULL);
  two = g_convert ("aa", 2, encoding, "UTF-8", NULL, &n_two, NULL);

  if (one == NULL || two == NULL || (n_two - n_one != 2 && n_two - n_one != 4))
    return 1;

  return n_two - n_one;
}

CprocTextDecoder *
cproc_text_decoder_new (const char  *encoding,
                        GError     **error)
{
  g_autoptr(CprocTextDecoder) self = NULL;
  g_autofree char *known = NULL;

  g_return_val_if_fail (encoding != NULL, NULL);

  known = cproc_encoding_dup_known_name (encoding);

  self = g_new0 (CprocTextDecoder, 1);
  self->converter = (GIConv) -1;
  self->replacement = REPLACEMENT;
  if (g_ascii_strcasecmp (known, "UTF-8") == 0)
    return g_steal_pointer (&self);

  self->converter = g_iconv_open ("UTF-8", known);
  if (self->converter == (GIConv) -1)
    {
      g_autofree char *shown = g_utf8_make_valid (encoding, -1);

      g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_NO_CONVERSION,
                   _("The encoding “%s” is not known"), shown);
      return NULL;
    }

  self->unit = encoding_measure_unit (known);
  self->has_shifts = encoding_has_shifts (known);
  self->rest = g_byte_array_new ();

  return g_steal_pointer (&self);
}

void
cproc_text_decoder_free (CprocTextDecoder *self)
{
  if (self->converter != (GIConv) -1)
    g_iconv_close (self->converter);
  g_clear_pointer (&self->rest, g_byte_array_unref);
  g_free (self);
}

gboolean
cproc_text_decoder_is_utf8 (CprocTextDecoder *self)
{
  return self->converter == (GIConv) -1;
}

void
cproc_text_decoder_steal_rest (CprocTextDecoder *self,
                               GString          *out)
{
  g_string_append_len (out, (const char *) self->start, self->n_start);
  self->n_start = 0;
  if (self->rest == NULL)
    return;

  g_string_append_len (out, (const char *) self->rest->data, self->rest->len);
  g_byte_array_set_size (self->rest, 0);
}

void
cproc_text_decoder_set_replacement (CprocTextDecoder *self,
                                    const char       *replacement)
{
  self->replacement = replacement;
}

gboolean
cproc_text_decoder_has_replaced (CprocTextDecoder *self)
{
  return self->has_replaced;
}

static void
decoder_replace (CprocTextDecoder *self,
                 GString          *out)
{
  g_string_append (out, self->replacement);
  self->has_replaced = TRUE;
}

/* Continues the character that the previous piece began; returns how many bytes of data that
 * takes. */
static gsize
decoder_finish_start (CprocTextDecoder *self,
                      const char       *data,
                      gsize             length,
                      GString          *out)
{
  gsize taken = MIN (sizeof self->start - self->n_start, length);
  gsize n_before = self->n_start;
  gsize size;

  memcpy (self->start + n_before, data, taken);
  switch (cproc_utf8_scan (self->start, n_before + taken, &size))
    {
    case CPROC_UTF8_SEQUENCE_UNFINISHED:
      self->n_start = size;
      return taken;

    case CPROC_UTF8_SEQUENCE_WHOLE:
      g_string_append_len (out, self->start, size);
      break;

    case CPROC_UTF8_SEQUENCE_BROKEN:
    default:
      decoder_replace (self, out);
      break;
    }

  /* The kept bytes are the beginning of some character, so neither size can be shorter than
   * them. */
  g_assert (size >= n_before);
  self->n_start = 0;
  return size - n_before;
}

static void
decoder_flush_start (CprocTextDecoder *self,
                     GString          *out)
{
  if (self->n_start > 0)
    decoder_replace (self, out);
  self->n_start = 0;
}

static void
decoder_decode_utf8 (CprocTextDecoder *self,
                     const char       *data,
                     gsize             length,
                     GString          *out)
{
  const char *p = data;
  const char *end = data + length;

  if (self->n_start > 0 && length > 0)
    p += decoder_finish_start (self, data, length, out);

  while (p < end)
    {
      const char *run = p;
      gsize size;

      p = cproc_utf8_skip (run, end, CPROC_UTF8_STOP_NUL);
      g_string_append_len (out, run, p - run);
      if (p == end)
        return;

      if (cproc_utf8_scan (p, end - p, &size) == CPROC_UTF8_SEQUENCE_UNFINISHED)
        {
          memcpy (self->start, p, size);
          self->n_start = size;
          return;
        }

      decoder_replace (self, out);
      p += size;
    }
}

/* Converts until only the beginning of a character is left; returns its size. */
static gsize
decoder_convert (CprocTextDecoder *self,
                 char             *data,
                 gsize             length,
                 GString          *out)
{
  char buffer[4096];

  while (length > 0)
    {
      char *next = buffer;
      gsize room = sizeof buffer;
      gsize before = length;
      gsize result = g_iconv (self->converter, &data, &length, &next, &room);
      int saved_errno = errno;
      gboolean stuck = length == before && room == sizeof buffer;

      decoder_decode_utf8 (self, buffer, sizeof buffer - room, out);

      if (result != (gsize) -1)
        continue;
      if (saved_errno == EINVAL && length <= MAX_REST)
        break;
      if (saved_errno == E2BIG && !stuck)
        continue;

      decoder_flush_start (self, out);
      decoder_replace (self, out);
      data += MIN (self->unit, length);
      length -= MIN (self->unit, length);
    }

  return length;
}

/* Flushes iconv: some converters hold a character back in case the next one is an accent. */
static void
decoder_flush_converter (CprocTextDecoder *self,
                         GString          *out)
{
  char buffer[256];
  char *next = buffer;
  gsize room = sizeof buffer;

  g_iconv (self->converter, NULL, NULL, &next, &room);
  decoder_decode_utf8 (self, buffer, sizeof buffer - room, out);
}

/* Converts the kept bytes and data, and keeps the bytes that iconv must see again. */
static void
decoder_convert_piece (CprocTextDecoder *self,
                       const char       *data,
                       gsize             length,
                       GString          *out)
{
  gsize left;

  if (self->rest->len > 0)
    {
      g_byte_array_append (self->rest, (const guint8 *) data, length);
      left = decoder_convert (self, (char *) self->rest->data, self->rest->len, out);
      g_byte_array_remove_range (self->rest, 0, self->rest->len - left);
    }
  else
    {
      left = decoder_convert (self, (char *) data, length, out);
      g_byte_array_append (self->rest, (const guint8 *) data + length - left, left);
    }
}

static void
decoder_decode_other (CprocTextDecoder *self,
                      const char       *data,
                      gsize             length,
                      gboolean          flush,
                      GString          *out)
{
  gsize step = self->has_shifts ? 1 : length;

  for (gsize i = 0; i < length; i += step)
    decoder_convert_piece (self, data + i, step, out);

  if (!flush)
    return;

  decoder_flush_converter (self, out);
  if (self->rest->len > 0)
    decoder_replace (self, out);
  g_byte_array_set_size (self->rest, 0);
}

void
cproc_text_decoder_decode (CprocTextDecoder *self,
                           const char       *data,
                           gsize             length,
                           gboolean          flush,
                           GString          *out)
{
  if (cproc_text_decoder_is_utf8 (self))
    decoder_decode_utf8 (self, data, length, out);
  else
    decoder_decode_other (self, data, length, flush, out);

  if (flush)
    decoder_flush_start (self, out);
}

char *
cproc_text_decode (const char *data,
                   gsize       length,
                   const char *encoding)
{
  g_autoptr(CprocTextDecoder) self = cproc_text_decoder_new (encoding, NULL);
  GString *text = g_string_sized_new (length);

  if (self == NULL)
    self = cproc_text_decoder_new ("UTF-8", NULL);
  cproc_text_decoder_decode (self, data, length, TRUE, text);

  return g_string_free (text, FALSE);
}
