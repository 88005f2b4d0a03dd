/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-frame-splitter-private.h"

#define MIN_CAPACITY 256
#define LARGE 32768

void
cproc_frame_splitter_init (CprocFrameSplitter *self,
                           gsize               headroom,
                           guint64             max_size)
{
  *self = (CprocFrameSplitter) { .headroom = headroom, .max_size = max_size };
}

static void
splitter_drop_partial (CprocFrameSplitter *self)
{
  g_clear_pointer (&self->partial, g_free);
  self->partial_length = 0;
  self->partial_capacity = 0;
  self->handed_out = FALSE;
}

void
cproc_frame_splitter_clear (CprocFrameSplitter *self)
{
  splitter_drop_partial (self);
  self->next = self->end = NULL;
  self->last_length = 0;
  self->skipping = FALSE;
}

void
cproc_frame_splitter_set_max_size (CprocFrameSplitter *self,
                                   guint64             max_size)
{
  self->max_size = max_size;
}

void
cproc_frame_splitter_feed (CprocFrameSplitter *self,
                           const char         *data,
                           gsize               length)
{
  g_assert (self->next == self->end);

  self->next = data;
  self->end = data + length;
}

/* Returns whether a frame of that many bytes that ends in `last` can still be within the limit: the
 * line end may be two bytes, and `last` may be the first of them. */
static gboolean
splitter_fits (CprocFrameSplitter *self,
               gsize               length,
               char                last)
{
  return length <= self->max_size || (length - 1 == self->max_size && last == '\r');
}

/* Returns the capacity for a new frame. Large frames tend to come in series of similar size. With
 * as much room as the last one took, the next frame is neither moved while it grows nor shrunk at
 * the end, and malloc() can reuse the block instead of mapping new pages. A short frame gets no
 * more than it needs. */
static gsize
splitter_get_room (CprocFrameSplitter *self,
                   gsize               needed)
{
  gsize room = MAX (MAX (needed, MIN_CAPACITY), 2 * self->partial_capacity);

  if (needed >= LARGE && needed <= self->last_length + 1 && self->last_length < self->max_size)
    room = self->last_length + 1;

  return room;
}

static void
splitter_append (CprocFrameSplitter *self,
                 const char         *data,
                 gsize               length)
{
  gsize needed = self->partial_length + length + 1;

  if (needed > self->partial_capacity)
    {
      self->partial_capacity = splitter_get_room (self, needed);
      self->partial = g_realloc (self->partial, self->headroom + self->partial_capacity);
    }

  memcpy (self->partial + self->headroom + self->partial_length, data, length);
  self->partial_length += length;
}

char *
cproc_frame_splitter_get_place (CprocFrameSplitter *self,
                                gsize               length)
{
  if (self->partial_length < LARGE || self->handed_out || self->next != self->end ||
      self->partial_capacity - self->partial_length <= length)
    return NULL;

  return self->partial + self->headroom + self->partial_length;
}

gboolean
cproc_frame_splitter_take_placed (CprocFrameSplitter *self,
                                  gsize               length)
{
  const char *data = self->partial + self->headroom + self->partial_length;

  if (memchr (data, '\n', length) != NULL ||
      !splitter_fits (self, self->partial_length + length, data[length - 1]))
    return FALSE;

  self->partial_length += length;

  return TRUE;
}

static CprocFrameKind
splitter_too_large (CprocFrameSplitter *self)
{
  splitter_drop_partial (self);
  self->skipping = TRUE;

  return CPROC_FRAME_TOO_LARGE;
}

/* Stores the rest of the input: the frame continues in the next one. */
static CprocFrameKind
splitter_keep_rest (CprocFrameSplitter *self)
{
  gsize rest = self->end - self->next;
  const char *data = self->next;

  self->next = self->end;
  if (self->skipping || rest == 0)
    return CPROC_FRAME_NONE;

  if (!splitter_fits (self, self->partial_length + rest, data[rest - 1]))
    return splitter_too_large (self);

  splitter_append (self, data, rest);

  return CPROC_FRAME_NONE;
}

/* length: without the newline, which follows. */
static CprocFrameKind
splitter_end_frame (CprocFrameSplitter  *self,
                    gsize                length,
                    const char         **text,
                    gsize               *text_length)
{
  const char *data = self->next;

  self->next += length + 1;

  if (self->partial_length > 0)
    {
      splitter_append (self, data, length);
      self->handed_out = TRUE;
      data = self->partial + self->headroom;
      length = self->last_length = self->partial_length;
    }

  if (length > 0 && data[length - 1] == '\r')
    length--;

  if (length > self->max_size)
    return CPROC_FRAME_TOO_LARGE;

  *text = data;
  *text_length = length;

  return CPROC_FRAME_TEXT;
}

CprocFrameKind
cproc_frame_splitter_next (CprocFrameSplitter  *self,
                           const char         **text,
                           gsize               *length)
{
  *text = NULL;
  *length = 0;

  if (self->handed_out)
    splitter_drop_partial (self);

  while (self->next < self->end)
    {
      const char *newline = memchr (self->next, '\n', self->end - self->next);

      if (newline == NULL)
        return splitter_keep_rest (self);

      if (!self->skipping)
        return splitter_end_frame (self, newline - self->next, text, length);

      self->skipping = FALSE;
      self->next = newline + 1;
    }

  return CPROC_FRAME_NONE;
}

gpointer
cproc_frame_splitter_steal (CprocFrameSplitter *self)
{
  gpointer storage;

  if (!self->handed_out)
    return NULL;

  storage = g_steal_pointer (&self->partial);
  splitter_drop_partial (self);

  return storage;
}

gboolean
cproc_frame_splitter_is_exhausted (CprocFrameSplitter *self)
{
  return self->next == self->end;
}

gsize
cproc_frame_splitter_get_partial (CprocFrameSplitter *self)
{
  return self->handed_out ? 0 : self->partial_length;
}
