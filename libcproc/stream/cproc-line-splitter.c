/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-line-splitter-private.h"

#include <string.h>

#include "cproc-text-decoder-private.h"
#include "cproc-utf8-private.h"

/* The most memory that is kept from one line to the next. */
#define MAX_KEPT (256 * 1024)

/* The most "\r" that are held back since they may belong to the end of a line of a terminal. */
#define MAX_RETURNS 16

/* Stands for a replacement character that the decoder has inserted, until the line is handed out.
 * Valid text never has this first byte, so such a line is recognized even if the program itself
 * wrote U+FFFD. */
#define MARK "\xff\xbf\xbd"
#define MARK_LEAD ((char) 0xff)
#define REPLACEMENT_LEAD ((char) 0xef)

/* A line that lies whole in the input is cut in place: its line end becomes a NUL, and nothing is
 * copied. All other lines (begun in an earlier piece, not valid UTF-8, too long) are gathered in
 * text. Encodings other than UTF-8 are first decoded into a buffer of the splitter's own, which is
 * then cut in the same way. */
struct _CprocLineSplitter
{
  CprocTextDecoder *decoder;
  gsize max_length;

  char *next; /* the input that is still to be examined: next to end */
  char *end;
  char *checked;    /* the input is valid up to here; may be after next */
  GString *decoded; /* NULL for UTF-8 */

  GString *text;       /* the beginning of a line, decoded */
  gsize text_start;    /* the text before this offset has been handed out */
  gboolean is_open;       /* a line has begun in text, or in the decoder */
  gboolean is_whole;      /* that line is in text to its end, without its line end */
  gboolean in_pieces;  /* a part of that line has been handed out */
  gboolean finished;   /* nothing more will be fed */

  gboolean is_terminal;
  gboolean universal_newlines;
  gboolean skips_newline; /* a "\r" has ended a line: a "\n" that follows belongs to it */
  char *newline;          /* the first "\n" from next on, or end; searched only after that */
  char *carriage_return;  /* the same for "\r" */

  CprocLineFlags flags; /* of the line that was handed out last */
  gboolean is_piece;
  const char *last;
  gboolean is_returned; /* the last line is to be handed out again */
  gsize saved_offset; /* the place of a temporary NUL in text and the byte it replaces; 0: none */
  char saved_byte;
};

CprocLineSplitter *
cproc_line_splitter_new (const char  *encoding,
                         gsize        max_length,
                         GError     **error)
{
  CprocTextDecoder *decoder = cproc_text_decoder_new (encoding, error);
  CprocLineSplitter *self;

  if (decoder == NULL)
    return NULL;

  self = g_new0 (CprocLineSplitter, 1);
  self->decoder = decoder;
  cproc_text_decoder_set_replacement (decoder, MARK);
  self->max_length = max_length;
  self->text = g_string_new (NULL);
  if (!cproc_text_decoder_is_utf8 (decoder))
    self->decoded = g_string_new (NULL);

  return self;
}

void
cproc_line_splitter_free (CprocLineSplitter *self)
{
  cproc_text_decoder_free (self->decoder);
  g_string_free (self->text, TRUE);
  if (self->decoded != NULL)
    g_string_free (self->decoded, TRUE);
  g_free (self);
}

void
cproc_line_splitter_set_max_length (CprocLineSplitter *self,
                                    gsize              max_length)
{
  self->max_length = max_length;
}

void
cproc_line_splitter_set_universal_newlines (CprocLineSplitter *self,
                                            gboolean           universal_newlines)
{
  self->universal_newlines = universal_newlines;
}

void
cproc_line_splitter_set_terminal (CprocLineSplitter *self,
                                  gboolean           is_terminal)
{
  self->is_terminal = is_terminal;
}

CprocLineFlags
cproc_line_splitter_get_flags (CprocLineSplitter *self)
{
  return self->flags;
}

gboolean
cproc_line_splitter_is_piece (CprocLineSplitter *self)
{
  return self->is_piece;
}

void
cproc_line_splitter_return (CprocLineSplitter *self)
{
  self->is_returned = TRUE;
}

void
cproc_line_splitter_feed (CprocLineSplitter *self,
                          char              *data,
                          gsize              length)
{
  g_assert (self->next == self->end);
  g_assert (!self->finished);

  if (length == 0)
    return;

  if (self->decoded != NULL)
    {
      g_string_truncate (self->decoded, 0);
      cproc_text_decoder_decode (self->decoder, data, length, FALSE, self->decoded);
      data = self->decoded->str;
      length = self->decoded->len;
    }

  self->next = data;
  self->end = data + length;
  self->newline = self->carriage_return = NULL;
  self->checked = self->decoded != NULL ? self->end : data;
}

void
cproc_line_splitter_finish (CprocLineSplitter *self)
{
  gsize offset;

  if (self->finished)
    return;

  self->finished = TRUE;
  if (self->decoded == NULL)
    return;

  offset = self->next != NULL ? self->next - self->decoded->str : 0;
  cproc_text_decoder_decode (self->decoder, NULL, 0, TRUE, self->decoded);
  self->next = self->decoded->str + offset;
  self->end = self->decoded->str + self->decoded->len;
  self->checked = self->end;
  self->newline = self->carriage_return = NULL;
}

static gboolean
splitter_is_too_long (CprocLineSplitter *self,
                      gsize              length)
{
  return self->max_length > 0 && length > self->max_length;
}

/* Appends the input up to end to the line in text. */
static void
splitter_append (CprocLineSplitter *self,
                 char              *end,
                 gboolean           flush)
{
  if (self->text_start > 0)
    g_string_erase (self->text, 0, self->text_start);
  self->text_start = 0;

  if (self->decoded != NULL)
    g_string_append_len (self->text, self->next, end - self->next);
  else
    cproc_text_decoder_decode (self->decoder, self->next, end - self->next, flush, self->text);

  self->is_open = TRUE;
  self->next = end;
}

/* Returns how many "\r" at the end of a line belong to its end. */
static gsize
splitter_count_returns (CprocLineSplitter *self,
                        const char        *line,
                        gsize              length)
{
  gsize n = 0;

  if (self->universal_newlines)
    return 0;
  while (n < length && line[length - n - 1] == '\r' && (n == 0 || self->is_terminal))
    n++;

  return n;
}

static void
splitter_append_rest (CprocLineSplitter *self)
{
  splitter_append (self, self->end, FALSE);
}

/* Appends the rest of a whole line without its line end. A "\r" before the "\n" is part of the line
 * end, even if it came with an earlier input; of a terminal any number of them. */
static void
splitter_append_whole (CprocLineSplitter *self,
                       char              *newline)
{
  splitter_append (self, newline, TRUE);
  self->next = newline + 1;
  self->is_whole = TRUE;

  g_string_truncate (self->text,
                     self->text->len - splitter_count_returns (self,
                                                               self->text->str + self->text_start,
                                                               self->text->len - self->text_start));
}

static void
splitter_append_last (CprocLineSplitter *self)
{
  if (self->decoded == NULL)
    cproc_text_decoder_decode (self->decoder, NULL, 0, TRUE, self->text);
  self->is_whole = TRUE;
  self->flags = CPROC_LINE_FLAGS_UNTERMINATED;
}

/* Returns the end of a whole line that can be handed out in place, or NULL if it cannot. */
static char *
splitter_find_cut (CprocLineSplitter *self,
                   char              *newline)
{
  char *end = newline;

  if (self->is_open)
    return NULL;

  if (self->checked < self->next)
    self->checked = self->next;
  while (self->checked < newline)
    {
      char *checked = (char *) cproc_utf8_skip (self->checked, self->end, CPROC_UTF8_STOP_NUL);

      if (checked == self->checked)
        return NULL;
      self->checked = checked;
    }

  end -= splitter_count_returns (self, self->next, end - self->next);

  return splitter_is_too_long (self, end - self->next) ? NULL : end;
}

static const char *
splitter_cut (CprocLineSplitter *self,
              char              *newline,
              char              *end)
{
  const char *line = self->next;

  *end = '\0';
  self->next = newline + 1;

  return line;
}

/* Returns the size of the next piece of a line that is too long. */
static gsize
splitter_measure_piece (CprocLineSplitter *self)
{
  const char *piece = self->text->str + self->text_start;
  gsize n = self->max_length;

  while (n > 0 && ((guchar) piece[n] & 0xc0) == 0x80)
    n--;
  if (n > 0)
    return n;

  /* A single character is larger than the limit. */
  return *piece == MARK_LEAD ? strlen (MARK) : (gsize) g_utf8_skip[(guchar) *piece];
}

static const char *
splitter_take_piece (CprocLineSplitter *self,
                     gsize              n)
{
  const char *piece = self->text->str + self->text_start;

  self->text_start += n;
  self->saved_offset = self->text_start;
  self->saved_byte = self->text->str[self->text_start];
  self->text->str[self->text_start] = '\0';
  self->in_pieces = TRUE;
  self->is_piece = TRUE;
  self->flags = CPROC_LINE_FLAGS_CONTINUES;

  return piece;
}

/* Takes the rest of a whole line. */
static const char *
splitter_take_whole (CprocLineSplitter *self)
{
  self->is_piece = self->in_pieces;
  self->is_open = FALSE;
  self->is_whole = FALSE;
  self->in_pieces = FALSE;

  return self->text->str + self->text_start;
}

/* Returns whether more of the line follows after n bytes of text. A "\r" at the end may turn out to
 * be half of a line end. */
static gboolean
splitter_has_more (CprocLineSplitter *self,
                   gsize              n)
{
  gsize rest = self->text->len - self->text_start - n;

  if (self->is_whole || rest > MAX_RETURNS)
    return rest > 0;

  return splitter_count_returns (self, self->text->str + self->text->len - rest, rest) < rest;
}

static const char *
splitter_take_gathered (CprocLineSplitter *self)
{
  if (splitter_is_too_long (self, self->text->len - self->text_start))
    {
      gsize n = splitter_measure_piece (self);

      if (splitter_has_more (self, n))
        return splitter_take_piece (self, n);
    }

  return self->is_whole ? splitter_take_whole (self) : NULL;
}

/* The caller no longer needs the line that was handed out: undo the temporary NUL. */
static void
splitter_restore (CprocLineSplitter *self)
{
  if (self->saved_offset > 0)
    self->text->str[self->saved_offset] = self->saved_byte;
  self->saved_offset = 0;

  if (self->is_open || self->text->len == 0)
    return;

  self->text_start = 0;
  if (self->text->allocated_len <= MAX_KEPT)
    {
      g_string_truncate (self->text, 0);
      return;
    }

  g_string_free (self->text, TRUE);
  self->text = g_string_new (NULL);
}

/* Finds the first line end of one kind from next on, or end. An earlier result that lies ahead is
 * still valid, so every byte is searched only once. */
static char *
splitter_find (CprocLineSplitter *self,
               char             **found,
               char               wanted)
{
  if (*found == NULL || *found < self->next)
    {
      *found = memchr (self->next, wanted, self->end - self->next);
      if (*found == NULL)
        *found = self->end;
    }

  return *found;
}

/* Returns the end of the line, or NULL if the line does not end in the input. */
static char *
splitter_find_end (CprocLineSplitter *self)
{
  char *end;

  if (!self->universal_newlines)
    return memchr (self->next, '\n', self->end - self->next);

  end = MIN (splitter_find (self, &self->newline, '\n'),
             splitter_find (self, &self->carriage_return, '\r'));

  return end < self->end ? end : NULL;
}

static const char *
splitter_next (CprocLineSplitter *self)
{
  while (TRUE)
    {
      const char *line;
      char *newline;
      char *end;

      if (self->is_open && (line = splitter_take_gathered (self)) != NULL)
        return line;

      if (self->next < self->end && self->skips_newline)
        {
          self->skips_newline = FALSE;
          if (*self->next == '\n')
            self->next++;
        }

      if (self->next == self->end)
        {
          if (!self->is_open || self->is_whole || !self->finished)
            return NULL;
          splitter_append_last (self);
          continue;
        }

      newline = splitter_find_end (self);
      self->skips_newline = newline != NULL && self->universal_newlines && *newline == '\r';
      if (newline == NULL)
        splitter_append_rest (self);
      else if ((end = splitter_find_cut (self, newline)) != NULL)
        return splitter_cut (self, newline, end);
      else
        splitter_append_whole (self, newline);
    }
}

/* Replaces the marks in a line by replacement characters. */
static gboolean
line_replace_marks (char *line)
{
  char *mark = strchr (line, MARK_LEAD);

  if (mark == NULL)
    return FALSE;

  for (; mark != NULL; mark = strchr (mark, MARK_LEAD))
    *mark = REPLACEMENT_LEAD;

  return TRUE;
}

const char *
cproc_line_splitter_next (CprocLineSplitter *self)
{
  if (self->is_returned)
    {
      self->is_returned = FALSE;
      return self->last;
    }

  splitter_restore (self);
  self->flags = CPROC_LINE_FLAGS_NONE;
  self->is_piece = FALSE;
  self->last = splitter_next (self);
  /* The line lies in text, in the decoded input or in the input: the splitter may change all of
   * these. */
  if (self->last != NULL && cproc_text_decoder_has_replaced (self->decoder) &&
      line_replace_marks ((char *) self->last))
    self->flags |= CPROC_LINE_FLAGS_REPLACED;

  return self->last;
}

gsize
cproc_line_splitter_get_open_length (CprocLineSplitter *self)
{
  return self->is_open ? self->text->len - self->text_start : 0;
}

/* The line ends of what has been gathered are gone; "\n" stands for all of them. */
void
cproc_line_splitter_steal_rest (CprocLineSplitter *self,
                                GString           *text,
                                GString           *bytes,
                                gboolean          *skips_newline)
{
  if (self->is_returned)
    {
      g_string_append (text, self->last);
      if ((self->flags & CPROC_LINE_FLAGS_CONTINUES) == 0)
        g_string_append_c (text, '\n');
    }
  self->is_returned = FALSE;

  splitter_restore (self);
  if (self->is_open)
    g_string_append (text, self->text->str + self->text_start);
  if (self->is_whole)
    g_string_append_c (text, '\n');
  line_replace_marks (text->str);
  g_string_truncate (self->text, 0);
  self->text_start = 0;
  self->is_open = self->is_whole = self->in_pieces = FALSE;

  /* Bytes that are decoded here were followed by the input; those that iconv waits with have been
   * taken out of it. */
  if (self->decoded != NULL)
    g_string_append_len (text, self->next, self->end - self->next);
  cproc_text_decoder_steal_rest (self->decoder, bytes);
  if (self->decoded == NULL)
    g_string_append_len (bytes, self->next, self->end - self->next);
  self->next = self->end;

  *skips_newline = self->skips_newline;
  self->skips_newline = FALSE;
}
