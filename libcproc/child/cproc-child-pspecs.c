/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>

#include "cproc-child-private.h"

static GParamSpec *properties[CPROC_CHILD_PROP_KEEP_OUTPUT + 1];

void
cproc_child_notify (CprocChild         *self,
                    CprocChildProperty  property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
install_state_properties (GObjectClass *object_class)
{
  /**
   * CprocChild:command: (getter get_command)
   *
   * The command.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_COMMAND] =
    g_param_spec_object ("command", NULL, NULL, CPROC_TYPE_COMMAND,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:pid: (getter get_pid)
   *
   * The process's number; 0 before the start, and still readable after the end.
   *
   * Never signal it by this number: after the end it may belong to another process. Use
   * [method@Cproc.Child.send_signal].
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_PID] =
    g_param_spec_int64 ("pid", NULL, NULL, 0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:state: (getter get_state)
   *
   * The state of the child.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, CPROC_TYPE_STATE, CPROC_STATE_NEW,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:exit-code: (getter get_exit_code)
   *
   * The program's exit code, 0 to 255. It is -1 before the end, if a signal ended the program, and
   * if something else in the application reaped the process, so that the code is lost.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_EXIT_CODE] =
    g_param_spec_int ("exit-code", NULL, NULL, -1, 255, -1,
                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:term-signal: (getter get_term_signal)
   *
   * The signal that ended the program, or 0.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_TERM_SIGNAL] =
    g_param_spec_int ("term-signal", NULL, NULL, 0, G_MAXINT, 0,
                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:timed-out: (getter get_timed_out)
   *
   * Whether the child was ended because of [property@Cproc.Child:timeout] or
   * [property@Cproc.Child:idle-timeout].
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_TIMED_OUT] =
    g_param_spec_boolean ("timed-out", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:drained: (getter get_drained)
   *
   * Whether all output was read to its end. `FALSE` after a stream was given up at
   * [property@Cproc.Child:drain-timeout], because another process still had it open: output may be
   * missing then.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_DRAINED] =
    g_param_spec_boolean ("drained", NULL, NULL, TRUE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
install_policy_properties (GObjectClass *object_class)
{
  /**
   * CprocChild:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How long the child may run, in milliseconds from its start; 0 for ever.
   *
   * Then it is ended as by [method@Cproc.Child.kill]. May be changed while the child runs.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_TIMEOUT] =
    g_param_spec_uint ("timeout", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:idle-timeout: (getter get_idle_timeout) (setter set_idle_timeout)
   *
   * How long the child may run without output, in milliseconds; 0 for ever.
   *
   * Counts what is read from either piped stream. While one is paused it does not run.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_IDLE_TIMEOUT] =
    g_param_spec_uint ("idle-timeout", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:drain-timeout: (getter get_drain_timeout) (setter set_drain_timeout)
   *
   * How long a stream that other processes hold open is still read after the exit, in milliseconds;
   * -1 for ever, as in Node.
   *
   * All that the child itself wrote is delivered whatever the value. A stream that is given up is
   * still read and dropped, so that its writer lives on; [property@Cproc.Child:drained] tells of
   * it. After a timeout, an output
   * limit or a cancellation it is never longer than 1000.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_DRAIN_TIMEOUT] =
    g_param_spec_int ("drain-timeout", NULL, NULL, -1, G_MAXINT, 1000,
                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:kill-signal: (getter get_kill_signal) (setter set_kill_signal)
   *
   * The signal by which the child is asked to end; SIGTERM unless something else is set.
   *
   * A child with a terminal (`CPROC_STDIO_TERMINAL`) gets SIGHUP as long as the property was never
   * set, although it reads SIGTERM: interactive shells ignore that.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_KILL_SIGNAL] =
    g_param_spec_int ("kill-signal", NULL, NULL, 1, NSIG - 1, SIGTERM,
                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:kill-grace: (getter get_kill_grace) (setter set_kill_grace)
   *
   * The time between [property@Cproc.Child:kill-signal] and SIGKILL, in milliseconds; 0: SIGKILL at
   * once, -1: never.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_KILL_GRACE] =
    g_param_spec_int ("kill-grace", NULL, NULL, -1, G_MAXINT, 5000,
                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:max-line-length: (getter get_max_line_length) (setter set_max_line_length)
   *
   * The length above which a line is delivered in pieces, in bytes of UTF-8; -1: no limit, 0: no
   * line is delivered. [property@Cproc.Child:line-flags] tells which pieces belong together.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_MAX_LINE_LENGTH] =
    g_param_spec_int64 ("max-line-length", NULL, NULL, -1, G_MAXINT64, 1024 * 1024,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:encoding: (getter get_encoding) (setter set_encoding)
   *
   * The encoding of lines and text, of what is read and of text that is written; it cannot be
   * changed once the child has been started.
   *
   * The names of iconv(3), of Node and of Python are known: `latin-1`, `utf_8`, `ucs2`. Bytes that
   * do not decode, and NUL, become U+FFFD; a character that two reads cut in two does not. An
   * encoding that the system does not know makes the start fail.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_ENCODING] =
    g_param_spec_string ("encoding", NULL, NULL, "UTF-8",
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static void
install_line_properties (GObjectClass *object_class)
{
  /**
   * CprocChild:universal-newlines: (getter get_universal_newlines) (setter set_universal_newlines)
   *
   * Whether `\r` ends a line too, as soon as it comes, and not only `\n` and `\r\n`.
   *
   * Programs that draw a progress bar end their lines in this way. It cannot be changed once the
   * child has been started.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_UNIVERSAL_NEWLINES] =
    g_param_spec_boolean ("universal-newlines", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:line-flags: (getter get_line_flags)
   *
   * What the text of a line does not tell (whether it is cut, replaced or unterminated), while
   * [signal@Cproc.Child::line] or [signal@Cproc.Child::lines] is emitted, and in the callback of
   * [method@Cproc.Child.read_line_async].
   *
   * For several lines, it has the flags of all of them; a piece of a line that is too long always
   * comes alone. It is not notified, since it changes with each line.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_LINE_FLAGS] =
    g_param_spec_flags ("line-flags", NULL, NULL, CPROC_TYPE_LINE_FLAGS, CPROC_LINE_FLAGS_NONE,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * CprocChild:keep-output: (getter get_keep_output) (setter set_keep_output)
   *
   * Whether the output is kept from its first byte for [method@Cproc.Child.read_line_async] and
   * [method@Cproc.Child.read_async], as if both streams had been read before the start.
   *
   * A stream with a handler when it is read for the first time is not kept. 256 KiB of a stream are
   * kept; then the child waits, and [method@Cproc.Child.wait] does not return if nobody reads. It
   * cannot be changed once the child has been started.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_KEEP_OUTPUT] =
    g_param_spec_boolean ("keep-output", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static void
install_loop_properties (GObjectClass *object_class)
{
  /**
   * CprocChild:io-priority: (getter get_io_priority) (setter set_io_priority)
   *
   * The priority of reading and of the signals in the main context.
   *
   * A lower priority (a higher number) lets other sources of the application go first. Timeouts do
   * not depend on it.
   *
   * Since: 1.0
   */
  properties[CPROC_CHILD_PROP_IO_PRIORITY] =
    g_param_spec_int ("io-priority", NULL, NULL, G_MININT, G_MAXINT, G_PRIORITY_DEFAULT,
                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

void
cproc_child_install_properties (GObjectClass *object_class)
{
  install_state_properties (object_class);
  install_policy_properties (object_class);
  install_line_properties (object_class);
  install_loop_properties (object_class);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}
