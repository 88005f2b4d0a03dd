/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "cproc-gettext-private.h"
#include "cproc-text-decoder-private.h"
#include "cproc-progress-private.h"

/* What is longer is no line that tells of progress; it is thrown away unseen. */
#define MAX_PIECE (16 * 1024)

#define LINE_ENDS "\r\n"

typedef struct
{
  CprocTextDecoder *decoder;
  GString *text;     /* what has been fed and not asked about, and an unfinished piece */
  gsize asked;       /* so much of that piece was asked about as it stood */
  gboolean too_long; /* its beginning has been thrown away */
} CprocProgressStream;

struct _CprocProgress
{
  int ref_count;

  GRegex *regex;
  int percent_group; /* 0: there is none */
  int done_group;
  int total_group;

  CprocProgressFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  CprocProgressStream streams[2];
};

static CprocProgress *
progress_new (void)
{
  CprocProgress *self = g_new0 (CprocProgress, 1);

  self->ref_count = 1;

  return self;
}

/* Groups by their names, or by their order. */
static gboolean
progress_find_groups (CprocProgress *self)
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

CprocProgress *
cproc_progress_new_for_pattern (const char  *pattern,
                                GError     **error)
{
  g_autoptr(CprocProgress) self = progress_new ();

  /* Not optimized, which is compiled: lines are short and few, and what is compiled reads beyond
   * their ends, to the displeasure of whoever runs valgrind on his program. */
  self->regex = g_regex_new (pattern, 0, 0, error);
  if (self->regex == NULL)
    return NULL;

  if (!progress_find_groups (self))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The pattern “%s” has neither one group, for a percentage, nor two, for what "
                     "is done and the total"), pattern);
      return NULL;
    }

  return g_steal_pointer (&self);
}

CprocProgress *
cproc_progress_new_for_func (CprocProgressFunc func,
                             gpointer          user_data,
                             GDestroyNotify    destroy)
{
  CprocProgress *self = progress_new ();

  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return self;
}

CprocProgress *
cproc_progress_ref (CprocProgress *self)
{
  self->ref_count++;
  return self;
}

void
cproc_progress_unref (CprocProgress *self)
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
cproc_progress_feed (CprocProgress *self,
                     CprocStream    stream,
                     const char    *encoding,
                     const char    *data,
                     gsize          length)
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

/* In a count a comma stands between thousands, in a percentage before a fraction. */
static gboolean
fetch_number (GMatchInfo *match,
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
ask_pattern (CprocProgress *self,
             const char    *piece)
{
  g_autoptr(GMatchInfo) match = NULL;
  double done;
  double total = 100;

  if (!g_regex_match (self->regex, piece, 0, &match))
    return -1;

  if (self->percent_group > 0 && fetch_number (match, self->percent_group, FALSE, &done))
    return done / total;

  if (self->done_group > 0 &&
      fetch_number (match, self->done_group, TRUE, &done) &&
      fetch_number (match, self->total_group, TRUE, &total) && total > 0)
    return done / total;

  return -1;
}

/* What the piece tells, or else what was known. */
static double
progress_ask_piece (CprocProgress *self,
                    CprocChild    *child,
                    CprocStream    stream,
                    const char    *piece,
                    double         known)
{
  double progress;

  if (*piece == '\0')
    return known;

  if (self->func != NULL)
    progress = self->func (child, stream, piece, self->user_data);
  else
    progress = ask_pattern (self, piece);

  /* Not a number is no less than 0 either. */
  return progress >= 0 ? MIN (progress, 1) : known;
}

/* All pieces that are whole, taken out: who is asked may do anything, let a main loop read on for
 * one. NULL: there is none. */
static char *
stream_take_whole (CprocProgressStream *it)
{
  gsize length = it->text->len;
  char *whole;

  while (length > 0 && strchr (LINE_ENDS, it->text->str[length - 1]) == NULL)
    length--;
  if (length == 0)
    return NULL;

  whole = g_strndup (it->text->str, length - 1);
  g_string_erase (it->text, 0, length);

  return whole;
}

static double
progress_ask_whole (CprocProgress *self,
                    CprocChild    *child,
                    CprocStream    stream)
{
  CprocProgressStream *it = &self->streams[stream - CPROC_STREAM_STDOUT];
  gsize known_length = it->asked;
  gboolean is_broken = it->too_long;
  g_autofree char *whole = stream_take_whole (it);
  double progress = -1;
  char *next;

  if (whole == NULL)
    return -1;

  it->asked = 0;
  it->too_long = FALSE;
  for (char *piece = whole; piece != NULL; piece = next)
    {
      gsize length = strcspn (piece, LINE_ENDS);

      next = piece[length] != '\0' ? piece + length + 1 : NULL;
      piece[length] = '\0';

      /* Of the first one the beginning is missing, or it was asked about already. Held by nobody
       * else means replaced. */
      if (!is_broken && (known_length == 0 || length != known_length) && self->ref_count > 1)
        progress = progress_ask_piece (self, child, stream, piece, progress);
      is_broken = FALSE;
      known_length = 0;
    }

  return progress;
}

double
cproc_progress_ask (CprocProgress *self,
                    CprocChild    *child,
                    CprocStream    stream,
                    gboolean       is_all)
{
  CprocProgressStream *it = &self->streams[stream - CPROC_STREAM_STDOUT];
  g_autoptr(CprocProgress) G_GNUC_UNUSED guard = cproc_progress_ref (self);
  double progress;

  if (it->text == NULL)
    return -1;

  progress = progress_ask_whole (self, child, stream);

  if (it->text->len > MAX_PIECE)
    {
      g_string_truncate (it->text, 0);
      it->asked = 0;
      it->too_long = TRUE;
    }

  if (is_all && !it->too_long && it->text->len > it->asked && self->ref_count > 1)
    {
      g_autofree char *piece = g_strdup (it->text->str);

      it->asked = it->text->len;
      progress = progress_ask_piece (self, child, stream, piece, progress);
    }

  return progress;
}
