/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-marshal.h"

/* Signals with two arguments have a marshaller of their own. GObject has ready ones only for up to
 * one argument, and its generic one is slow. */

enum
{
  SIGNAL_STARTED,
  SIGNAL_OUTPUT,
  SIGNAL_LINE,
  SIGNAL_LINES,
  SIGNAL_STOPPED,
  SIGNAL_CONTINUED,
  SIGNAL_EXIT,
  SIGNAL_STREAM_ENDED,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];
static GQuark details[3]; /* by CprocStream */

/* `started` and `exit` are announced by a notification, whose handler may run a main loop in which
 * the next signal comes. They are emitted first. */
static void
emit_due (CprocChild *self)
{
  cproc_run_emit_due (cproc_child_get_run (self));
}

void
cproc_child_emit_started (CprocChild *self)
{
  g_signal_emit (self, signals[SIGNAL_STARTED], 0);
}

void
cproc_child_emit_exit (CprocChild *self)
{
  const CprocExitStatus *end = &cproc_child_get_run (self)->end;

  g_signal_emit (self, signals[SIGNAL_EXIT], 0, end->exit_code, end->term_signal);
}

void
cproc_child_emit_closed (CprocChild *self)
{
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

void
cproc_child_emit_stream_ended (CprocChild  *self,
                               CprocStream  stream)
{
  g_signal_emit (self, signals[SIGNAL_STREAM_ENDED], details[stream], stream);
}

void
cproc_child_emit_stop (CprocChild *self,
                       int         signum)
{
  emit_due (self);
  if (signum != 0)
    g_signal_emit (self, signals[SIGNAL_STOPPED], 0, signum);
  else
    g_signal_emit (self, signals[SIGNAL_CONTINUED], 0);
}

gboolean
cproc_child_wants_stops (CprocChild *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_STOPPED], 0, FALSE) ||
         g_signal_has_handler_pending (self, signals[SIGNAL_CONTINUED], 0, FALSE);
}

void
cproc_child_emit_output (CprocChild  *self,
                         CprocStream  stream,
                         GBytes      *bytes)
{
  emit_due (self);
  g_signal_emit (self, signals[SIGNAL_OUTPUT], details[stream], stream, bytes);
}

void
cproc_child_emit_line (CprocChild  *self,
                       CprocStream  stream,
                       const char  *line)
{
  g_signal_emit (self, signals[SIGNAL_LINE], details[stream], stream, line);
}

void
cproc_child_emit_lines (CprocChild         *self,
                        CprocStream         stream,
                        const char * const *lines)
{
  g_signal_emit (self, signals[SIGNAL_LINES], details[stream], stream, lines);
}

/* Ask for handlers without a detail separately: a search with a detail finds only those that have
 * it. */
static gboolean
has_handler (CprocChild  *self,
             guint        signal_id,
             CprocStream  stream)
{
  return g_signal_has_handler_pending (self, signal_id, details[stream], FALSE) ||
         g_signal_has_handler_pending (self, signal_id, 0, FALSE);
}

gboolean
cproc_child_wants_output (CprocChild  *self,
                          CprocStream  stream)
{
  return CPROC_CHILD_GET_CLASS (self)->output != NULL ||
         has_handler (self, signals[SIGNAL_OUTPUT], stream);
}

gboolean
cproc_child_wants_line (CprocChild  *self,
                        CprocStream  stream)
{
  return CPROC_CHILD_GET_CLASS (self)->line != NULL ||
         has_handler (self, signals[SIGNAL_LINE], stream);
}

gboolean
cproc_child_wants_lines (CprocChild  *self,
                         CprocStream  stream)
{
  return CPROC_CHILD_GET_CLASS (self)->lines != NULL ||
         has_handler (self, signals[SIGNAL_LINES], stream);
}

static void
install_output_signals (GType type)
{
  /**
   * CprocChild::output:
   * @self: the child
   * @stream: the stream it wrote to
   * @bytes: what it wrote
   *
   * The child has written.
   *
   * Carries every byte, as it was read. The detail is the stream's name: `output::stdout`,
   * `output::stderr`, `output::terminal`. A terminal brings what it would show: what is typed is
   * echoed, lines end with `\r\n`, and escape sequences are as they are; an `output` may end in the
   * middle of one.
   *
   * Since: 1.0
   */
  signals[SIGNAL_OUTPUT] =
    g_signal_new ("output", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  G_STRUCT_OFFSET (CprocChildClass, output), NULL, NULL,
                  cproc_marshal_VOID__ENUM_BOXED, G_TYPE_NONE, 2,
                  CPROC_TYPE_STREAM, G_TYPE_BYTES);
  g_signal_set_va_marshaller (signals[SIGNAL_OUTPUT], type, cproc_marshal_VOID__ENUM_BOXEDv);

  /**
   * CprocChild::line:
   * @self: the child
   * @stream: the stream it wrote to
   * @line: a line without its end
   *
   * The child has written a line.
   *
   * Lines end with `\n` or `\r\n`, with [property@Cproc.Child:universal-newlines] with `\r` too.
   * The last, unfinished one comes at the end of the stream. One that is longer than
   * [property@Cproc.Child:max-line-length] comes in pieces of that size;
   * [property@Cproc.Child:line-flags] tells. The detail is the stream's name: `line::stdout`,
   * `line::stderr`, `line::terminal`. Of a terminal, any number of `\r` before the `\n` belong to
   * the line end.
   *
   * Since: 1.0
   */
  signals[SIGNAL_LINE] =
    g_signal_new ("line", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  G_STRUCT_OFFSET (CprocChildClass, line), NULL, NULL,
                  cproc_marshal_VOID__ENUM_STRING, G_TYPE_NONE, 2,
                  CPROC_TYPE_STREAM, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_set_va_marshaller (signals[SIGNAL_LINE], type, cproc_marshal_VOID__ENUM_STRINGv);

  /**
   * CprocChild::lines:
   * @self: the child
   * @stream: the stream it wrote to
   * @lines: (array zero-terminated=1): the lines, without their ends
   *
   * The child has written lines: all the lines of one read.
   *
   * These are the same lines as in [signal@Cproc.Child::line], many at once. If both signals are
   * connected, this one comes first. The detail is the stream's name.
   *
   * Since: 1.0
   */
  signals[SIGNAL_LINES] =
    g_signal_new ("lines", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  G_STRUCT_OFFSET (CprocChildClass, lines), NULL, NULL,
                  cproc_marshal_VOID__ENUM_BOXED, G_TYPE_NONE, 2,
                  CPROC_TYPE_STREAM, G_TYPE_STRV | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_set_va_marshaller (signals[SIGNAL_LINES], type, cproc_marshal_VOID__ENUM_BOXEDv);

  /**
   * CprocChild::stream-ended:
   * @self: the child
   * @stream: the stream
   *
   * A stream has ended: nothing more comes from it. Where [property@Cproc.Child:drained] is
   * `FALSE`, a stream was given up at [property@Cproc.Child:drain-timeout], and output may be
   * missing. The detail is the stream's name.
   *
   * Since: 1.0
   */
  signals[SIGNAL_STREAM_ENDED] =
    g_signal_new ("stream-ended", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  G_STRUCT_OFFSET (CprocChildClass, stream_ended), NULL, NULL, NULL,
                  G_TYPE_NONE, 1, CPROC_TYPE_STREAM);
}

static void
install_life_signals (GType type)
{
  /**
   * CprocChild::started:
   * @self: the child
   *
   * The program runs. Emitted before a start returns, or before its callback.
   *
   * Since: 1.0
   */
  signals[SIGNAL_STARTED] =
    g_signal_new ("started", type, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (CprocChildClass, started), NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * CprocChild::stopped:
   * @self: the child
   * @signum: the signal that has stopped it
   *
   * The process has been stopped: by Ctrl-Z, by SIGSTOP, or because it has asked at a terminal that
   * is not its own.
   *
   * With containment `NONE` and `GROUP` only a handler that is connected before the program runs
   * makes the library look for stops.
   *
   * Since: 1.0
   */
  signals[SIGNAL_STOPPED] =
    g_signal_new ("stopped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_INT);

  /**
   * CprocChild::continued:
   * @self: the child
   *
   * The process goes on after [signal@Cproc.Child::stopped].
   *
   * Since: 1.0
   */
  signals[SIGNAL_CONTINUED] =
    g_signal_new ("continued", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * CprocChild::exit:
   * @self: the child
   * @exit_code: the code that the program gave back; -1 when a signal ended it, or when nothing is
   *   known of the end
   * @term_signal: the signal that ended it, or 0
   *
   * The process has ended. Output may still come.
   *
   * Since: 1.0
   */
  signals[SIGNAL_EXIT] =
    g_signal_new ("exit", type, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (CprocChildClass, exit), NULL, NULL,
                  cproc_marshal_VOID__INT_INT, G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
  g_signal_set_va_marshaller (signals[SIGNAL_EXIT], type, cproc_marshal_VOID__INT_INTv);

  /**
   * CprocChild::closed:
   * @self: the child
   *
   * The process and all its streams have ended. Exactly once, and always last.
   *
   * Since: 1.0
   */
  signals[SIGNAL_CLOSED] =
    g_signal_new ("closed", type, G_SIGNAL_RUN_LAST,
                  G_STRUCT_OFFSET (CprocChildClass, closed), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
cproc_child_install_signals (GType type)
{
  details[CPROC_STREAM_TERMINAL] = g_quark_from_static_string ("terminal");
  details[CPROC_STREAM_STDOUT] = g_quark_from_static_string ("stdout");
  details[CPROC_STREAM_STDERR] = g_quark_from_static_string ("stderr");

  install_output_signals (type);
  install_life_signals (type);
}
