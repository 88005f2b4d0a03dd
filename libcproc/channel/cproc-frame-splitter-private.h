/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Cuts a stream of bytes into the lines that are the frames of a channel. What lies whole in the
 * bytes fed is handed out in place; only a frame that is cut by their end is copied, and one larger
 * than the limit is never kept. Knows neither JSON nor descriptors. */
typedef struct
{
  const char *next; /* the rest of what was fed; not owned */
  const char *end;

  char *partial; /* the beginning of a frame, behind the headroom */
  gsize partial_length;
  gsize partial_capacity;
  gsize last_length; /* of a frame that was copied: the next one may be as long */

  gsize headroom;
  guint64 max_size;
  guint skipping : 1; /* to the next newline, of a frame that was too large */
  guint handed_out : 1;
} CprocFrameSplitter;

typedef enum
{
  CPROC_FRAME_NONE, /* more must be fed */
  CPROC_FRAME_TEXT,
  CPROC_FRAME_TOO_LARGE, /* told once, as soon as it is known */
} CprocFrameKind;

/* headroom: bytes left free in front of a frame that can be stolen. */
void cproc_frame_splitter_init (CprocFrameSplitter *self,
                                gsize               headroom,
                                guint64             max_size);
void cproc_frame_splitter_clear (CprocFrameSplitter *self);
void cproc_frame_splitter_set_max_size (CprocFrameSplitter *self,
                                        guint64             max_size);

/* The bytes must stay as they are until cproc_frame_splitter_next() has returned
 * CPROC_FRAME_NONE. */
void cproc_frame_splitter_feed (CprocFrameSplitter *self,
                                const char         *data,
                                gsize               length);

/* Where a large frame that has begun goes on: what is read to there need not be copied. NULL, or
 * room for that many bytes, until anything else is called. */
char *cproc_frame_splitter_get_place (CprocFrameSplitter *self,
                                      gsize               length);

/* Takes so many bytes that were read to there, as cproc_frame_splitter_feed() and
 * cproc_frame_splitter_next() would have taken them. FALSE, and nothing is done, where they end the
 * frame or make it too large. */
gboolean cproc_frame_splitter_take_placed (CprocFrameSplitter *self,
                                           gsize               length);

/* text is without its line end, "\n" or "\r\n", and valid until the next call. It is not
 * terminated. */
CprocFrameKind cproc_frame_splitter_next (CprocFrameSplitter  *self,
                                          const char         **text,
                                          gsize               *length);

/* The allocation that the frame just returned lies in, at headroom, with room for one more byte
 * behind it; to be freed with g_free(). NULL if it lies in what was fed. */
gpointer cproc_frame_splitter_steal (CprocFrameSplitter *self);

/* Whether everything that was fed has been taken. */
gboolean cproc_frame_splitter_is_exhausted (CprocFrameSplitter *self);

/* How much is there of a frame that has not ended. */
gsize cproc_frame_splitter_get_partial (CprocFrameSplitter *self);

G_END_DECLS
