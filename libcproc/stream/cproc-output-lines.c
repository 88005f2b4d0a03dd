/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-output-reader-private.h"

/* Emits the lines of a stream. All state is in the object and not on the stack, because a handler
 * may pause the stream, or run a nested main loop in which the rest is emitted. */

/* The lines of one buffer in an array. They stay in the buffer, which lives as long as the
 * array. */
struct _CprocLineBatch
{
  int ref_count;
  CprocReadBuffer *buffer;
  GPtrArray *lines;  /* NULL-terminated */
  GByteArray *flags; /* CprocLineFlags of each */
  GPtrArray *copies; /* copies of lines that lie elsewhere; NULL: none */
};

/* The number of lines of a full read if lines are 64 bytes long. */
#define BATCH_SIZE (CPROC_READ_SIZE / 64)

static CprocLineBatch *
batch_ref (CprocLineBatch *self)
{
  self->ref_count++;
  return self;
}

static void
batch_unref (CprocLineBatch *self)
{
  if (--self->ref_count > 0)
    return;

  g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
  g_clear_pointer (&self->copies, g_ptr_array_unref);
  g_ptr_array_unref (self->lines);
  g_byte_array_unref (self->flags);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocLineBatch, batch_unref)

/* Copies a line that began in an earlier buffer: it lies in the splitter's own buffer, which is
 * reused. */
static char *
batch_copy (CprocLineBatch *self,
            const char     *line)
{
  char *copy = g_strdup (line);

  if (self->copies == NULL)
    self->copies = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->copies, copy);

  return copy;
}

static void
batch_add (CprocLineBatch *self,
           const char     *line,
           CprocLineFlags  flags)
{
  guint8 byte = (guint8) flags;

  g_ptr_array_add (self->lines, cproc_read_buffer_contains (self->buffer, line) ?
                                  (char *) line : batch_copy (self, line));
  g_byte_array_append (self->flags, &byte, 1);
}

/* Takes whole lines, or one piece of a line that is too long. is_all: set to whether nothing is
 * left. */
static CprocLineBatch *
batch_new (CprocLineSplitter *lines,
           CprocReadBuffer   *buffer,
           gboolean          *is_all)
{
  CprocLineBatch *self = g_new0 (CprocLineBatch, 1);
  const char *line;

  self->ref_count = 1;
  self->buffer = buffer != NULL ? cproc_read_buffer_ref (buffer) : NULL;
  self->lines = g_ptr_array_sized_new (BATCH_SIZE);
  self->flags = g_byte_array_sized_new (BATCH_SIZE);
  while ((line = cproc_line_splitter_next (lines)) != NULL)
    {
      gboolean is_piece = cproc_line_splitter_is_piece (lines);

      if (is_piece && self->lines->len > 0)
        {
          cproc_line_splitter_return (lines);
          break;
        }
      batch_add (self, line, cproc_line_splitter_get_flags (lines));
      if (is_piece)
        break;
    }
  *is_all = line == NULL;
  g_ptr_array_add (self->lines, NULL);

  return self;
}

static CprocLineFlags
batch_get_flags (CprocLineBatch *self)
{
  CprocLineFlags flags = CPROC_LINE_FLAGS_NONE;

  for (guint i = 0; i < self->flags->len; i++)
    flags |= self->flags->data[i];

  return flags;
}

/* Collects the lines of the buffer in an array, and emits it. FALSE if there are none. */
static gboolean
reader_emit_batch (CprocOutputReader *self)
{
  gboolean is_all;
  g_autoptr(CprocLineBatch) batch = batch_new (self->lines, self->buffer, &is_all);

  if (is_all)
    g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
  if (batch->flags->len == 0)
    return FALSE;

  if (self->to_line)
    self->batch = batch_ref (batch);
  self->batch_next = 0;
  self->line_flags = batch_get_flags (batch);
  self->funcs->lines (self->data, self->stream, (const char * const *) batch->lines->pdata);

  return TRUE;
}

/* Emits the next line. FALSE if there is none. */
static gboolean
reader_emit_batched_line (CprocOutputReader *self)
{
  g_autoptr(CprocLineBatch) batch = NULL;
  const char *line;

  if (self->batch == NULL)
    return FALSE;

  batch = batch_ref (self->batch);
  line = g_ptr_array_index (batch->lines, self->batch_next);
  if (line == NULL)
    {
      g_clear_pointer (&self->batch, batch_unref);
      return FALSE;
    }

  self->line_flags = batch->flags->data[self->batch_next++];
  self->funcs->line (self->data, self->stream, line);

  return TRUE;
}

/* Emits the next line. FALSE if there is none. */
static gboolean
reader_emit_line (CprocOutputReader *self)
{
  const char *line = cproc_line_splitter_next (self->lines);

  if (line == NULL)
    {
      g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
      return FALSE;
    }

  self->line_flags = cproc_line_splitter_get_flags (self->lines);
  if (cproc_read_buffer_contains (self->buffer, line))
    {
      g_autoptr(CprocReadBuffer) G_GNUC_UNUSED guard = cproc_read_buffer_ref (self->buffer);

      self->funcs->line (self->data, self->stream, line);
    }
  else
    {
      g_autofree char *copy = g_strdup (line);

      self->funcs->line (self->data, self->stream, copy);
    }

  return TRUE;
}

/* Looks up the listeners once for each read: a lookup for each line costs more than the line
 * itself. */
gboolean
cproc_output_reader_update_listeners (CprocOutputReader *self)
{
  self->to_lines = self->max_line_length != 0 &&
                   self->funcs->wants_lines (self->data, self->stream);
  self->to_line = self->max_line_length != 0 &&
                  self->funcs->wants_line (self->data, self->stream);

  /* Output without a listener must not be joined to earlier lines. */
  if (!self->to_lines && !self->to_line)
    g_clear_pointer (&self->lines, cproc_line_splitter_free);

  return self->to_lines || self->to_line;
}

void
cproc_output_reader_feed_lines (CprocOutputReader *self,
                                CprocReadBuffer   *buffer,
                                gsize              length)
{
  if (self->lines == NULL)
    {
      self->lines = cproc_line_splitter_new (self->encoding, MAX (self->max_line_length, 0), NULL);
      if (self->lines == NULL)
        return;
      cproc_line_splitter_set_universal_newlines (self->lines, self->universal_newlines);
      cproc_line_splitter_set_terminal (self->lines, self->is_terminal);
    }

  self->buffer = cproc_read_buffer_ref (buffer);
  cproc_line_splitter_feed (self->lines, buffer->data, length);
}

gboolean
cproc_output_reader_deliver_lines (CprocOutputReader *self)
{
  /* Once for each read: this too would be costly for each line. */
  self->funcs->before_lines (self->data);

  /* A handler may itself have emitted everything up to the end of the stream. */
  while (!self->paused && self->lines != NULL)
    {
      if (!reader_emit_batched_line (self) &&
          (self->to_lines ? !reader_emit_batch (self) : !reader_emit_line (self)))
        return TRUE;
      if (cproc_watch_is_turn_over (&self->watch))
        return FALSE;
    }

  return !self->paused;
}

void
cproc_output_reader_drop_lines (CprocOutputReader *self)
{
  g_clear_pointer (&self->buffer, cproc_read_buffer_unref);
  g_clear_pointer (&self->batch, batch_unref);
  g_clear_pointer (&self->lines, cproc_line_splitter_free);
}
