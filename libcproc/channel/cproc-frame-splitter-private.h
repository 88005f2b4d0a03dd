/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Cuts a stream of bytes into lines, which are the frames of a channel. A frame that lies whole in
 * the input is handed out in place. Only a frame that is cut by the end of the input is copied, and
 * a frame larger than the limit is never stored. Knows neither JSON nor descriptors. */
typedef struct
{
  const char *next; /* the rest of the input; not owned */
  const char *end;

  char *partial; /* the beginning of a frame, after the headroom */
  gsize partial_length;
  gsize partial_capacity;
  gsize last_length; /* the capacity of the last copied frame: the next may be as long */

  gsize headroom;
  guint64 max_size;
  guint skipping : 1; /* skips to the next newline, after a frame that was too large */
  guint handed_out : 1;
} CprocFrameSplitter;

typedef enum
{
  CPROC_FRAME_NONE, /* needs more input */
  CPROC_FRAME_TEXT,
  CPROC_FRAME_TOO_LARGE, /* reported once, as soon as it is known */
} CprocFrameKind;

/* headroom: bytes left free before a frame that can be stolen. */
void cproc_frame_splitter_init (CprocFrameSplitter *self,
                                gsize               headroom,
                                guint64             max_size);
void cproc_frame_splitter_clear (CprocFrameSplitter *self);
void cproc_frame_splitter_set_max_size (CprocFrameSplitter *self,
                                        guint64             max_size);

/* Takes more input, which must stay unchanged until cproc_frame_splitter_next() has returned
 * CPROC_FRAME_NONE. */
void cproc_frame_splitter_feed (CprocFrameSplitter *self,
                                const char         *data,
                                gsize               length);

/* Returns the place where an unfinished large frame continues: bytes read directly into it need not
 * be copied. NULL, or room for that many bytes, valid until any other function is called. */
char *cproc_frame_splitter_get_place (CprocFrameSplitter *self,
                                      gsize               length);

/* Takes that many bytes which were read into that place, with the same effect as
 * cproc_frame_splitter_feed() and cproc_frame_splitter_next(). FALSE, and nothing is done, if the
 * bytes end the frame or make it too large. */
gboolean cproc_frame_splitter_take_placed (CprocFrameSplitter *self,
                                           gsize               length);

/* Returns the next frame. text does not include the line end, "\n" or "\r\n", is not
 * NUL-terminated, and is valid until the next call. */
CprocFrameKind cproc_frame_splitter_next (CprocFrameSplitter  *self,
                                          const char         **text,
                                          gsize               *length);

/* Returns the allocation that holds the frame just returned, at headroom, with room for one more
 * byte after it; free it with g_free(). NULL if the frame lies in the input. */
gpointer cproc_frame_splitter_steal (CprocFrameSplitter *self);

/* Returns whether the whole input has been taken. */
gboolean cproc_frame_splitter_is_exhausted (CprocFrameSplitter *self);

/* Returns the length of the unfinished frame so far. */
gsize cproc_frame_splitter_get_partial (CprocFrameSplitter *self);

G_END_DECLS
