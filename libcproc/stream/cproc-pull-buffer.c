/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pull-buffer-private.h"

#include <string.h>

#include "cproc-text-decoder-private.h"

/* An empty buffer that is larger than this is given back. */
#define MAX_KEPT (512 * 1024)

/* How many bytes more than a piece the splitter is given: enough to know that the line goes on,
 * whatever its end looks like. */
#define PIECE_MARGIN 8

/* How an encoding writes the end of a line: as one byte that is not NUL, in a unit of some bytes.
 * Others may have that byte too, so it only tells where to look. */
typedef struct
{
  gsize unit;
  char newline;
  char carriage_return;
} LineEnds;

struct _CprocPullBuffer
{
  char *encoding;
  gboolean is_utf8;
  gboolean universal_newlines;
  gsize max_length;
  LineEnds ends;

  GString *bytes;
  gsize start;    /* the bytes before this offset have been taken */
  gsize searched; /* from start on so many bytes have no line end */
  gsize phase;    /* how many bytes of the current unit have been taken */
  gboolean finished;

  CprocLineSplitter *lines; /* NULL: it is made when a line is asked for */
  CprocReadBuffer *buffer;  /* what `lines` cuts; NULL: `bytes` */
  gboolean lines_finished;
  gboolean skips_newline; /* a "\n" that comes next belongs to the last line */
};

static char
find_marker (const char *data,
             gsize       length,
             char        fallback)
{
  for (gsize i = 0; i < length; i++)
    if (data[i] != '\0')
      return data[i];

  return fallback;
}

/* Writes the line end twice: the first time a mark of the byte order may stand before it. */
static void
line_ends_init (LineEnds   *self,
                const char *known)
{
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  g_autofree char *other = NULL;
  gsize n_one = 0;
  gsize n_two = 0;
  gsize n_other = 0;

  one = g_convert ("\n", 1, known, "UTF-8", NULL, &n_one, NULL);
  two = g_convert ("\n\n", 2, known, "UTF-8", NULL, &n_two, NULL);
  other = g_convert ("\n\r", 2, known, "UTF-8", NULL, &n_other, NULL);
  if (one == NULL || two == NULL || other == NULL || n_two <= n_one || n_other != n_two)
    return;

  self->unit = n_two - n_one;
  self->newline = find_marker (two + n_one, self->unit, '\n');
  self->carriage_return = find_marker (other + n_one, self->unit, '\r');
}

CprocPullBuffer *
cproc_pull_buffer_new (const char *encoding,
                       gboolean    universal_newlines,
                       gsize       max_length)
{
  CprocPullBuffer *self = g_new0 (CprocPullBuffer, 1);
  g_autofree char *known = cproc_encoding_dup_known_name (encoding);

  self->encoding = g_strdup (encoding);
  self->is_utf8 = g_ascii_strcasecmp (known, "UTF-8") == 0;
  self->universal_newlines = universal_newlines;
  self->max_length = max_length;
  self->bytes = g_string_new (NULL);
  self->ends = (LineEnds) { 1, '\n', '\r' };
  if (!self->is_utf8)
    line_ends_init (&self->ends, known);

  return self;
}

void
cproc_pull_buffer_free (CprocPullBuffer *self)
{
  g_clear_pointer (&self->lines, cproc_line_splitter_free);
  g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
  g_string_free (self->bytes, TRUE);
  g_free (self->encoding);
  g_free (self);
}

void
cproc_pull_buffer_take_lines (CprocPullBuffer   *self,
                              CprocLineSplitter *lines,
                              CprocReadBuffer   *buffer)
{
  g_assert (self->lines == NULL);

  self->lines = lines;
  self->buffer = buffer;
}

static gsize
pull_count (CprocPullBuffer *self)
{
  return self->bytes->len - self->start;
}

void
cproc_pull_buffer_append (CprocPullBuffer *self,
                          const char      *data,
                          gsize            length)
{
  if (pull_count (self) == 0 && self->bytes->allocated_len > MAX_KEPT)
    {
      g_string_free (self->bytes, TRUE);
      self->bytes = g_string_new (NULL);
      self->start = 0;
    }
  else if (self->start > self->bytes->len / 2)
    {
      g_string_erase (self->bytes, 0, self->start);
      self->start = 0;
    }

  g_string_append_len (self->bytes, data, length);
}

void
cproc_pull_buffer_finish (CprocPullBuffer *self)
{
  self->finished = TRUE;
}

void
cproc_pull_buffer_set_max_length (CprocPullBuffer *self,
                                  gsize            max_length)
{
  self->max_length = max_length;
  if (self->lines != NULL)
    cproc_line_splitter_set_max_length (self->lines, max_length);
}

gsize
cproc_pull_buffer_get_size (CprocPullBuffer *self)
{
  return pull_count (self);
}

/* They stay where they are: a line may have been cut in place. */
static void
pull_skip (CprocPullBuffer *self,
           gsize            n)
{
  self->start += n;
  self->searched -= MIN (n, self->searched);
  self->phase = (self->phase + n) % self->ends.unit;
}

static void
pull_skip_newline (CprocPullBuffer *self)
{
  const char *data = self->bytes->str + self->start;

  if (!self->skips_newline || pull_count (self) < self->ends.unit)
    return;

  self->skips_newline = FALSE;
  if (memchr (data, self->ends.newline, self->ends.unit) != NULL)
    pull_skip (self, self->ends.unit);
}

/* Returns the number of bytes up to where a line may end, its end included; 0 if there is no such
 * place. */
static gsize
pull_find_end (CprocPullBuffer *self)
{
  const char *data = self->bytes->str + self->start;
  gsize length = pull_count (self);
  gsize i = self->searched;

  if (!self->universal_newlines)
    {
      const char *end = memchr (data + i, self->ends.newline, length - i);

      i = end != NULL ? (gsize) (end - data) : length;
    }
  while (i < length && data[i] != self->ends.newline && data[i] != self->ends.carriage_return)
    i++;
  self->searched = i;
  if (i == length)
    return 0;

  i++;
  while ((self->phase + i) % self->ends.unit != 0)
    i++;

  return i <= length ? i : 0;
}

/* Returns whether bytes without a line end may be more than a line is allowed to have. */
static gboolean
pull_may_be_too_long (CprocPullBuffer *self,
                      gsize            n_open)
{
  gsize length = n_open + pull_count (self);

  return self->max_length > 0 && length > self->max_length / (self->is_utf8 ? 1 : 4);
}

/* Returns how many bytes the splitter is to be given; 0: none yet. */
static gsize
pull_measure (CprocPullBuffer *self)
{
  gsize n_open = cproc_line_splitter_get_open_length (self->lines);
  gsize n = pull_find_end (self);

  if (n == 0 && (self->finished || pull_may_be_too_long (self, n_open)))
    n = pull_count (self);
  if (self->max_length > 0 && n > self->max_length - MIN (n_open, self->max_length))
    n = MIN (n, self->max_length - MIN (n_open, self->max_length) + PIECE_MARGIN);

  return n;
}

static void
pull_open_lines (CprocPullBuffer *self)
{
  if (self->lines != NULL)
    return;

  self->lines = cproc_line_splitter_new (self->encoding, self->max_length, NULL);
  if (self->lines == NULL)
    self->lines = cproc_line_splitter_new ("UTF-8", self->max_length, NULL);
  cproc_line_splitter_set_universal_newlines (self->lines, self->universal_newlines);
}

const char *
cproc_pull_buffer_next_line (CprocPullBuffer *self,
                             CprocLineFlags  *flags)
{
  pull_open_lines (self);

  while (TRUE)
    {
      const char *line = cproc_line_splitter_next (self->lines);
      gsize n;

      if (line != NULL)
        {
          *flags = cproc_line_splitter_get_flags (self->lines);
          return line;
        }

      g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
      pull_skip_newline (self);
      n = pull_measure (self);
      if (n > 0)
        {
          cproc_line_splitter_feed (self->lines, self->bytes->str + self->start, n);
          pull_skip (self, n);
          continue;
        }

      if (!self->finished || self->lines_finished)
        return NULL;
      cproc_line_splitter_finish (self->lines);
      self->lines_finished = TRUE;
    }
}

/* Appends text as the program may have written it. */
static void
pull_encode (CprocPullBuffer *self,
             GString         *text,
             GString         *out)
{
  g_autofree char *known = cproc_encoding_dup_known_name (self->encoding);
  g_autofree char *data = NULL;
  gsize length;

  if (!self->is_utf8)
    data = g_convert_with_fallback (text->str, text->len, known, "UTF-8", "?", NULL, &length,
                                    NULL);
  if (data != NULL)
    g_string_append_len (out, data, length);
  else
    g_string_append_len (out, text->str, text->len);
}

/* Puts what the splitter has not handed out back before the other bytes. */
static void
pull_unread (CprocPullBuffer *self)
{
  gboolean skips_newline;
  GString *text;
  GString *bytes;
  GString *all;

  if (self->lines == NULL)
    return;

  text = g_string_new (NULL);
  bytes = g_string_new (NULL);
  cproc_line_splitter_steal_rest (self->lines, text, bytes, &skips_newline);
  self->skips_newline |= skips_newline;
  if (text->len > 0 || bytes->len > 0)
    {
      all = g_string_new (NULL);
      pull_encode (self, text, all);
      g_string_append_len (all, bytes->str, bytes->len);
      g_string_append_len (all, self->bytes->str + self->start, pull_count (self));
      g_string_free (self->bytes, TRUE);
      self->bytes = all;
      self->start = 0;
      self->searched = 0;
      /* It cannot be given more once it is finished. */
      g_clear_pointer (&self->lines, cproc_line_splitter_free);
      self->lines_finished = FALSE;
    }

  g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
  g_string_free (text, TRUE);
  g_string_free (bytes, TRUE);
}

GBytes *
cproc_pull_buffer_take_bytes (CprocPullBuffer *self,
                              gsize            count)
{
  GBytes *bytes;

  pull_unread (self);
  pull_skip_newline (self);
  count = MIN (count, pull_count (self));
  if (count == 0)
    return NULL;

  bytes = g_bytes_new (self->bytes->str + self->start, count);
  pull_skip (self, count);
  self->phase = 0;

  return bytes;
}
