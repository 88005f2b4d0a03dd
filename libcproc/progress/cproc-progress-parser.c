/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "cproc-gettext-private.h"
#include "cproc-text-decoder-private.h"
#include "cproc-progress-parser-private.h"

/* A longer line does not tell of progress: it is thrown away unread. */
#define MAX_PIECE (16 * 1024)

/* The program chooses its lines, so the cost of a pattern is bounded in three ways. The length of a
 * line: even a harmless pattern can take time that grows with its square. The steps from one place
 * of the line: some patterns need exponentially many. And the time for one read. */
#define MAX_MATCHED_PIECE 1024
#define MIN_MATCHED_PIECE 128
#define MAX_STEPS "4000"
#define MAX_TIME 2000 /* microseconds */

#define LINE_ENDS "\r\n"

typedef struct
{
  CprocTextDecoder *decoder;
  GString *text;     /* what has been fed and not asked about, and an unfinished piece */
  gsize asked;       /* so much of that piece was asked about as it stood */
  gboolean too_long; /* its beginning has been thrown away */
} CprocProgressStream;

struct _CprocProgressParser
{
  int ref_count;

  GRegex *regex;
  gsize max_length; /* of a piece that it is tried on */
  int percent_group; /* 0: there is none */
  int done_group;
  int total_group;

  CprocProgressFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  CprocProgressStream streams[2];
};

static CprocProgressParser *
parser_new (void)
{
  CprocProgressParser *self = g_new0 (CprocProgressParser, 1);

  self->ref_count = 1;
  self->max_length = MAX_MATCHED_PIECE;

  return self;
}

/* Groups by their names, or by their order. */
static gboolean
parser_find_groups (CprocProgressParser *self)
{
  int n_groups = g_regex_get_capture_count (self->regex);
  int percent = g_regex_get_string_number (self->regex, "percent");
  int done = g_regex_get_string_number (self->regex, "done");
  int total = g_regex_get_string_number (self->regex, "total");

  if (percent > 0)
    self->percent_group = percent;
  if (done > 0 && total > 0)
    self->done_group = done, self->total_group = total;
  if (self->percent_group > 0 || self->done_group > 0)
    return TRUE;

  if (n_groups == 1)
    self->percent_group = 1;
  else if (n_groups == 2)
    self->done_group = 1, self->total_group = 2;
  else
    return FALSE;

  return TRUE;
}

CprocProgressParser *
cproc_progress_parser_new_for_pattern (const char  *pattern,
                                       GError     **error)
{
  g_autoptr(CprocProgressParser) self = parser_new ();
  g_autoptr(GRegex) plain = NULL;
  g_autofree char *limited = NULL;

  /* For an error that counts from the beginning of the caller's own text. */
  plain = g_regex_new (pattern, 0, 0, error);
  if (plain == NULL)
    return NULL;

  /* Not optimized: JIT-compiled patterns read past the end of a line, which valgrind reports. */
  limited = g_strconcat ("(*LIMIT_MATCH=" MAX_STEPS ")", pattern, NULL);
  self->regex = g_regex_new (limited, 0, 0, error);
  if (self->regex == NULL)
    return NULL;

  if (!parser_find_groups (self))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The pattern “%s” has neither one group, for a percentage, nor two, for what "
                     "is done and the total"), pattern);
      return NULL;
    }

  return g_steal_pointer (&self);
}

CprocProgressParser *
cproc_progress_parser_new_for_func (CprocProgressFunc func,
                                    gpointer          user_data,
                                    GDestroyNotify    destroy)
{
  CprocProgressParser *self = parser_new ();

  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return self;
}

CprocProgressParser *
cproc_progress_parser_ref (CprocProgressParser *self)
{
  self->ref_count++;
  return self;
}

void
cproc_progress_parser_unref (CprocProgressParser *self)
{
  if (--self->ref_count > 0)
    return;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_clear_pointer (&self->regex, g_regex_unref);
  for (guint i = 0; i < G_N_ELEMENTS (self->streams); i++)
    {
      g_clear_pointer (&self->streams[i].decoder, cproc_text_decoder_free);
      if (self->streams[i].text != NULL)
        g_string_free (self->streams[i].text, TRUE);
    }
  g_free (self);
}

void
cproc_progress_parser_feed (CprocProgressParser *self,
                            CprocStream          stream,
                            const char          *encoding,
                            const char          *data,
                            gsize                length)
{
  CprocProgressStream *it = &self->streams[stream - CPROC_STREAM_STDOUT];

  if (it->decoder == NULL)
    {
      it->decoder = cproc_text_decoder_new (encoding, NULL);
      it->text = g_string_new (NULL);
    }

  if (it->decoder != NULL)
    cproc_text_decoder_decode (it->decoder, data, length, FALSE, it->text);
}

/* In a count a comma separates thousands; in a percentage it is the decimal comma. */
static gboolean
parser_fetch_number (GMatchInfo *match,
                     int         group,
                     gboolean    is_count,
                     double     *number)
{
  g_autofree char *text = g_match_info_fetch (match, group);
  g_auto(GStrv) parts = NULL;
  g_autofree char *joined = NULL;
  char *end;

  if (text == NULL || *text == '\0')
    return FALSE;

  parts = g_strsplit (text, ",", -1);
  joined = g_strjoinv (is_count ? "" : ".", parts);
  *number = g_ascii_strtod (joined, &end);

  return end != joined && isfinite (*number);
}

static double
parser_ask_pattern (CprocProgressParser *self,
                    const char          *piece)
{
  g_autoptr(GMatchInfo) match = NULL;
  double done;
  double total = 100;

  if (strlen (piece) > self->max_length || !g_regex_match (self->regex, piece, 0, &match))
    return -1;

  if (self->percent_group > 0 && parser_fetch_number (match, self->percent_group, FALSE, &done))
    return done / total;

  if (self->done_group > 0 &&
      parser_fetch_number (match, self->done_group, TRUE, &done) &&
      parser_fetch_number (match, self->total_group, TRUE, &total) && total > 0)
    return done / total;

  return -1;
}

/* Returns what a piece tells, or -1. */
static double
parser_ask_piece (CprocProgressParser *self,
                  CprocChild          *child,
                  CprocStream          stream,
                  const char          *piece)
{
  double progress;

  if (*piece == '\0')
    return -1;

  if (self->func != NULL)
    progress = self->func (child, stream, piece, self->user_data);
  else
    progress = parser_ask_pattern (self, piece);

  /* This is FALSE for NaN too. */
  return progress >= 0 ? MIN (progress, 1) : -1;
}

/* Moves all finished pieces to the array. The first is left out when its beginning is missing, or
 * when it has been asked about as it stands. */
static void
parser_take_finished (CprocProgressStream *it,
                      GPtrArray           *pieces)
{
  gboolean skips_first = it->too_long;
  gsize known_length = it->asked;
  gsize start = 0;

  for (gsize end = strcspn (it->text->str, LINE_ENDS); end < it->text->len;
       end = start + strcspn (it->text->str + start, LINE_ENDS))
    {
      gsize length = end - start;

      if (!skips_first && length > 0 && length != known_length)
        g_ptr_array_add (pieces, g_strndup (it->text->str + start, length));
      skips_first = FALSE;
      known_length = 0;
      it->asked = 0;
      it->too_long = FALSE;
      start = end + 1;
    }

  g_string_erase (it->text, 0, start);
}

static void
parser_take_unfinished (CprocProgressStream *it,
                        GPtrArray           *pieces)
{
  if (it->text->len > MAX_PIECE)
    {
      g_string_truncate (it->text, 0);
      it->asked = 0;
      it->too_long = TRUE;
    }
  else if (!it->too_long && it->text->len > it->asked)
    {
      it->asked = it->text->len;
      g_ptr_array_add (pieces, g_strdup (it->text->str));
    }
}

/* The function may count, so it is asked about each piece. It may replace this parser: then only
 * the caller holds a reference. */
static double
parser_ask_func_of_all (CprocProgressParser *self,
                        CprocChild          *child,
                        CprocStream          stream,
                        GPtrArray           *pieces)
{
  double progress = -1;

  for (guint i = 0; i < pieces->len && self->ref_count > 1; i++)
    {
      double now = parser_ask_piece (self, child, stream, g_ptr_array_index (pieces, i));

      if (now >= 0)
        progress = now;
    }

  return progress;
}

/* Only the last piece that tells matters, and a pattern may be slow: it is tried from the end, for
 * a bounded time. */
static double
parser_ask_pattern_of_all (CprocProgressParser *self,
                           GPtrArray           *pieces)
{
  gint64 deadline = g_get_monotonic_time () + MAX_TIME;

  for (guint i = pieces->len; i-- > 0;)
    {
      double progress = parser_ask_piece (self, NULL, 0, g_ptr_array_index (pieces, i));

      if (progress >= 0)
        return progress;
      if (g_get_monotonic_time () > deadline)
        {
          self->max_length = MAX (self->max_length / 2, MIN_MATCHED_PIECE);
          break;
        }
    }

  return -1;
}

double
cproc_progress_parser_ask (CprocProgressParser *self,
                           CprocChild          *child,
                           CprocStream          stream,
                           gboolean             is_all)
{
  CprocProgressStream *it = &self->streams[stream - CPROC_STREAM_STDOUT];
  g_autoptr(GPtrArray) pieces = NULL;
  double progress;

  if (it->text == NULL)
    return -1;

  /* Take all pieces out first: the function may run a main loop, in which more is read. */
  pieces = g_ptr_array_new_with_free_func (g_free);
  parser_take_finished (it, pieces);
  if (is_all || it->text->len > MAX_PIECE)
    parser_take_unfinished (it, pieces);

  cproc_progress_parser_ref (self);
  if (self->func != NULL)
    progress = parser_ask_func_of_all (self, child, stream, pieces);
  else
    progress = parser_ask_pattern_of_all (self, pieces);
  cproc_progress_parser_unref (self);

  return progress;
}
