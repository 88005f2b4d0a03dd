/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"

/* The table that connects the readers of standard output and error to the child. */

static gboolean
child_wants_output (gpointer    data,
                    CprocStream stream)
{
  return cproc_child_wants_output (data, stream);
}

static gboolean
child_wants_line (gpointer    data,
                  CprocStream stream)
{
  return cproc_child_wants_line (data, stream);
}

static gboolean
child_wants_lines (gpointer    data,
                   CprocStream stream)
{
  return cproc_child_wants_lines (data, stream);
}

static char *
child_reserve (gpointer     data,
               CprocStream  stream,
               gsize       *size)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (data);

  if (stream == CPROC_STREAM_TERMINAL)
    return NULL;

  return hooks->reserve != NULL ? hooks->reserve (data, stream, size) : NULL;
}

static void
child_received (gpointer     data,
                CprocStream  stream,
                const char  *bytes,
                gsize        length)
{
  CprocChildHooks *hooks = cproc_child_get_hooks (data);
  CprocChildPrivate *priv = cproc_child_get_priv (data);

  cproc_run_output (&priv->run);
  if (stream == CPROC_STREAM_STDERR)
    cproc_last_line_feed (&priv->last_error_line, bytes, length);
  cproc_child_feed_tee (data, stream, bytes, length);
  if (hooks->received != NULL && stream != CPROC_STREAM_TERMINAL)
    hooks->received (data, stream, bytes, length);
}

static void
child_before_lines (gpointer data)
{
  cproc_run_emit_due (cproc_child_get_run (data));
}

static void
child_output (gpointer     data,
              CprocStream  stream,
              GBytes      *bytes)
{
  cproc_child_emit_output (data, stream, bytes);
}

/* Returns the flags to restore: a handler may run a main loop, in which another line is emitted. */
static CprocLineFlags
child_swap_line_flags (CprocChild     *self,
                       CprocLineFlags  flags)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocLineFlags outer = priv->line_flags;

  priv->line_flags = flags;

  return outer;
}

static CprocLineFlags
child_begin_line (CprocChild  *self,
                  CprocStream  stream)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  return child_swap_line_flags (self, priv->outputs[stream].line_flags);
}

static void
child_line (gpointer     data,
            CprocStream  stream,
            const char  *line)
{
  CprocLineFlags outer = child_begin_line (data, stream);

  cproc_child_emit_line (data, stream, line);
  child_swap_line_flags (data, outer);
}

static void
child_lines (gpointer            data,
             CprocStream         stream,
             const char * const *lines)
{
  CprocLineFlags outer = child_begin_line (data, stream);

  cproc_child_emit_lines (data, stream, lines);
  child_swap_line_flags (data, outer);
}

static gboolean
child_is_awaited (gpointer    data,
                  CprocStream stream)
{
  return cproc_child_awaits_output (data, stream);
}

static void
child_kept (gpointer    data,
            CprocStream stream)
{
  cproc_child_output_kept (data, stream);
}

static void
child_given_up (gpointer    data,
                CprocStream stream)
{
  cproc_run_stream_given_up (cproc_child_get_run (data));
}

static void
child_stream_ended (gpointer    data,
                    CprocStream stream)
{
  cproc_run_stream_ended (cproc_child_get_run (data), stream);
}

static const CprocOutputReaderFuncs child_reader_funcs = {
  .wants_output = child_wants_output,
  .wants_line = child_wants_line,
  .wants_lines = child_wants_lines,
  .reserve = child_reserve,
  .received = child_received,
  .before_lines = child_before_lines,
  .output = child_output,
  .line = child_line,
  .lines = child_lines,
  .is_awaited = child_is_awaited,
  .kept = child_kept,
  .given_up = child_given_up,
  .ended = child_stream_ended,
};

void
cproc_child_init_outputs (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->outputs); i++)
    {
      cproc_output_reader_init (&priv->outputs[i], i, &child_reader_funcs, self);
      cproc_output_reader_set_max_line_length (&priv->outputs[i], priv->max_line_length);
    }
}
