/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-output-reader-private.h"

/* A stream whose bytes are kept until somebody takes them. */

void
cproc_output_reader_drop_kept (CprocOutputReader *self)
{
  self->keep = CPROC_KEEP_NOTHING;
  g_clear_pointer (&self->pull, cproc_pull_buffer_free);
}

static CprocPullBuffer *
reader_open_pull (CprocOutputReader *self)
{
  if (self->pull == NULL)
    self->pull = cproc_pull_buffer_new (self->encoding != NULL ? self->encoding : "UTF-8",
                                        self->universal_newlines,
                                        MAX (self->max_line_length, 0));

  return self->pull;
}

void
cproc_output_reader_keep (CprocOutputReader *self,
                          CprocKeep          keep)
{
  if (keep <= self->keep)
    return;

  self->keep = keep;
  if (self->lines == NULL)
    return;

  /* Goes on after the last line that was emitted. A batch has been emitted as a whole. */
  cproc_pull_buffer_take_lines (reader_open_pull (self), g_steal_pointer (&self->lines),
                                g_steal_pointer (&self->buffer));
  if (self->eof)
    cproc_pull_buffer_finish (self->pull);
  cproc_output_reader_drop_lines (self);
}

/* Before each read. Returns whether the bytes are kept. */
gboolean
cproc_output_reader_update_keep (CprocOutputReader *self)
{
  gboolean is_first = !self->has_read;

  self->has_read = TRUE;
  if (self->keep == CPROC_KEEP_EARLY || (self->keep == CPROC_KEEP_UNHEARD && is_first))
    {
      if (self->funcs->wants_output (self->data, self->stream) ||
          cproc_output_reader_update_listeners (self))
        cproc_output_reader_drop_kept (self);
    }

  return self->keep != CPROC_KEEP_NOTHING;
}

/* Returns whether the stream is to be read. */
gboolean
cproc_output_reader_has_room (CprocOutputReader *self)
{
  if (self->pull == NULL || cproc_pull_buffer_get_size (self->pull) < CPROC_MAX_KEPT ||
      self->grant > 0 || self->is_expired)
    return TRUE;

  if (self->keep == CPROC_KEEP_EARLY)
    {
      self->has_lost = TRUE;
      cproc_output_reader_drop_kept (self);
      return TRUE;
    }

  return self->funcs->is_awaited (self->data, self->stream);
}

void
cproc_output_reader_append_kept (CprocOutputReader *self,
                                 const char        *data,
                                 gsize              length)
{
  cproc_pull_buffer_append (reader_open_pull (self), data, length);
}

/* FALSE: the stream's end is not to be told now, or has been told meanwhile. */
gboolean
cproc_output_reader_tell_eof (CprocOutputReader *self)
{
  if (self->keep == CPROC_KEEP_NOTHING || self->is_eof_told)
    return TRUE;

  self->is_eof_told = TRUE;
  if (self->pull != NULL)
    cproc_pull_buffer_finish (self->pull);
  self->funcs->kept (self->data, self->stream);

  return !self->ended && !self->paused;
}
