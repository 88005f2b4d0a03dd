/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <glib-object.h>

#include "cproc-version-macros.h"

G_BEGIN_DECLS

#define CPROC_TYPE_STDIO          (cproc_stdio_get_type ())
#define CPROC_TYPE_CONTAINMENT    (cproc_containment_get_type ())
#define CPROC_TYPE_STREAM         (cproc_stream_get_type ())
#define CPROC_TYPE_STATE          (cproc_state_get_type ())
#define CPROC_TYPE_FILE_FLAGS     (cproc_file_flags_get_type ())
#define CPROC_TYPE_PIPE_DIRECTION (cproc_pipe_direction_get_type ())
#define CPROC_TYPE_RESOURCE       (cproc_resource_get_type ())
#define CPROC_TYPE_LINE_FLAGS     (cproc_line_flags_get_type ())
#define CPROC_TYPE_TERMINAL_FLAGS (cproc_terminal_flags_get_type ())

/**
 * CprocStdio:
 * @CPROC_STDIO_DEFAULT: what suits the class: three pipes for a [class@Cproc.Child]; nothing to
 *   read and two pipes for a [class@Cproc.Exec]; the parent's own for a [class@Cproc.Worker]
 * @CPROC_STDIO_PIPE: a pipe to the parent
 * @CPROC_STDIO_INHERIT: the parent's own
 * @CPROC_STDIO_NULL: `/dev/null`
 * @CPROC_STDIO_MERGE: standard error only: the same as standard output
 * @CPROC_STDIO_FD: a descriptor given with [method@Cproc.Command.take_fd] or
 *   [method@Cproc.Command.pass_fd]
 * @CPROC_STDIO_FILE: a file named with [method@Cproc.Command.set_stdio_file]
 * @CPROC_STDIO_SOCKET: a UNIX socket to the parent, otherwise used like a pipe: for gigabytes, as
 *   they take about half of the processor time; a program that opens `/dev/stdin` or
 *   `/dev/stdout` by that name, as `sh -c 'echo x > /dev/stdout'` does, fails
 * @CPROC_STDIO_TERMINAL: a pseudo-terminal to the parent, made anew by each start, and the
 *   controlling terminal of a session that the child leads; all streams of this mode lead to the
 *   same one, and so does standard error that is merged into such a standard output
 *
 * Where a standard stream of a child leads.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_STDIO_DEFAULT,
  CPROC_STDIO_PIPE,
  CPROC_STDIO_INHERIT,
  CPROC_STDIO_NULL,
  CPROC_STDIO_MERGE,
  CPROC_STDIO_FD,
  CPROC_STDIO_FILE,
  CPROC_STDIO_SOCKET,
  CPROC_STDIO_TERMINAL,
} CprocStdio;

/**
 * CprocContainment:
 * @CPROC_CONTAINMENT_AUTO: @CPROC_CONTAINMENT_GROUP; but where this process is in the foreground
 *   of a controlling terminal, the child stays in its process group, so that Ctrl-C reaches it and
 *   it can ask at `/dev/tty`, and is reached as @CPROC_CONTAINMENT_TREE is. A child with a terminal
 *   of its own is reached as @CPROC_CONTAINMENT_TREE is too, where there is `/proc`: the jobs of a
 *   shell have groups of their own
 * @CPROC_CONTAINMENT_NONE: the process alone; it stays in the parent's process group, so a
 *   terminal's Ctrl-C reaches it. Not for a child with a terminal of its own: there the start fails
 *   with [error@Cproc.Error.NOT_SUPPORTED]
 * @CPROC_CONTAINMENT_GROUP: the child leads a process group, and all of it is signalled; what
 *   makes a group or a session of its own escapes
 * @CPROC_CONTAINMENT_TREE: every descendant, however it was started; nothing escapes but what
 *   becomes another user or ends the launch helper. Needs `/proc`: without it, and with
 *   [property@Cproc.Command:new-session], the start fails with [error@Cproc.Error.NOT_SUPPORTED]
 *
 * How far kill, timeout, limits and the parent's death reach.
 *
 * What a program leaves behind when it ends by itself goes on with all but
 * @CPROC_CONTAINMENT_TREE.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_CONTAINMENT_AUTO,
  CPROC_CONTAINMENT_NONE,
  CPROC_CONTAINMENT_GROUP,
  CPROC_CONTAINMENT_TREE,
} CprocContainment;

/**
 * CprocStream:
 * @CPROC_STREAM_TERMINAL: the terminal of a child, where neither standard output nor standard error
 *   leads there: what it writes at `/dev/tty`
 * @CPROC_STREAM_STDOUT: standard output
 * @CPROC_STREAM_STDERR: standard error
 *
 * A stream that a child writes. The values of the last two are the descriptors' numbers.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_STREAM_TERMINAL = 0,
  CPROC_STREAM_STDOUT = 1,
  CPROC_STREAM_STDERR = 2,
} CprocStream;

/**
 * CprocState:
 * @CPROC_STATE_NEW: not started
 * @CPROC_STATE_PREPARED: the process is made, and is held just before its program
 * @CPROC_STATE_STARTING: an asynchronous start is on its way
 * @CPROC_STATE_RUNNING: the program runs
 * @CPROC_STATE_EXITED: the process has ended; output may still come
 * @CPROC_STATE_CLOSED: the process and all its streams have ended
 *
 * How far a child has come in its life.
 *
 * The values are in the order of a life: from @CPROC_STATE_RUNNING on, the program has run.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_STATE_NEW,
  CPROC_STATE_PREPARED,
  CPROC_STATE_STARTING,
  CPROC_STATE_RUNNING,
  CPROC_STATE_EXITED,
  CPROC_STATE_CLOSED,
} CprocState;

/**
 * CprocFileFlags:
 * @CPROC_FILE_FLAGS_DEFAULT: read for standard input, write for standard output and error
 * @CPROC_FILE_FLAGS_READ: open for reading
 * @CPROC_FILE_FLAGS_WRITE: open for writing; the file is made where it is missing, and emptied
 * @CPROC_FILE_FLAGS_APPEND: open for writing at the end; the file is made where it is missing
 * @CPROC_FILE_FLAGS_EXCLUSIVE: with one of the two above: fail where the file exists
 *
 * How [method@Cproc.Command.set_stdio_file] opens its file.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  CPROC_FILE_FLAGS_DEFAULT = 0,
  CPROC_FILE_FLAGS_READ = 1 << 0,
  CPROC_FILE_FLAGS_WRITE = 1 << 1,
  CPROC_FILE_FLAGS_APPEND = 1 << 2,
  CPROC_FILE_FLAGS_EXCLUSIVE = 1 << 3,
} CprocFileFlags;

/**
 * CprocPipeDirection:
 * @CPROC_PIPE_DIRECTION_READ: the parent reads what the child writes
 * @CPROC_PIPE_DIRECTION_WRITE: the parent writes what the child reads
 * @CPROC_PIPE_DIRECTION_BOTH: both, over a socket
 *
 * The direction of an extra pipe, as the parent sees it.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_PIPE_DIRECTION_READ,
  CPROC_PIPE_DIRECTION_WRITE,
  CPROC_PIPE_DIRECTION_BOTH,
} CprocPipeDirection;

/**
 * CprocResource:
 * @CPROC_RESOURCE_CPU: processor time, in seconds
 * @CPROC_RESOURCE_FSIZE: size of a file that is written, in bytes
 * @CPROC_RESOURCE_DATA: size of the data segment, in bytes
 * @CPROC_RESOURCE_STACK: size of the stack, in bytes
 * @CPROC_RESOURCE_CORE: size of a core file, in bytes
 * @CPROC_RESOURCE_RSS: resident memory, in bytes; Linux does not enforce it
 * @CPROC_RESOURCE_NPROC: processes of the user
 * @CPROC_RESOURCE_NOFILE: one more than the highest descriptor
 * @CPROC_RESOURCE_MEMLOCK: locked memory, in bytes
 * @CPROC_RESOURCE_AS: address space, in bytes
 *
 * The resources of setrlimit(2), by the numbers that Linux gives them, for languages that lack
 * names for these.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_RESOURCE_CPU = 0,
  CPROC_RESOURCE_FSIZE = 1,
  CPROC_RESOURCE_DATA = 2,
  CPROC_RESOURCE_STACK = 3,
  CPROC_RESOURCE_CORE = 4,
  CPROC_RESOURCE_RSS = 5,
  CPROC_RESOURCE_NPROC = 6,
  CPROC_RESOURCE_NOFILE = 7,
  CPROC_RESOURCE_MEMLOCK = 8,
  CPROC_RESOURCE_AS = 9,
} CprocResource;

/**
 * CprocLineFlags:
 * @CPROC_LINE_FLAGS_NONE: a whole line, as the program wrote it
 * @CPROC_LINE_FLAGS_CONTINUES: a piece of a line that is longer than
 *   [property@Cproc.Child:max-line-length]; more of the line follows
 * @CPROC_LINE_FLAGS_REPLACED: bytes did not decode, or were NUL, and have become U+FFFD
 * @CPROC_LINE_FLAGS_UNTERMINATED: the last line of the stream, which has no line end
 *
 * Flags of a line that say what its text alone does not show.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  CPROC_LINE_FLAGS_NONE = 0,
  CPROC_LINE_FLAGS_CONTINUES = 1 << 0,
  CPROC_LINE_FLAGS_REPLACED = 1 << 1,
  CPROC_LINE_FLAGS_UNTERMINATED = 1 << 2,
} CprocLineFlags;

/**
 * CprocTerminalFlags:
 * @CPROC_TERMINAL_FLAGS_NONE: as a login finds it: lines can be edited, what is typed is echoed,
 *   Ctrl-C and its like send signals, and `\n` is shown as `\r\n`
 * @CPROC_TERMINAL_FLAGS_NO_ECHO: what is typed is not echoed
 * @CPROC_TERMINAL_FLAGS_RAW: raw as by cfmakeraw(3): every byte passes as it is, in both directions
 *
 * The modes that a child's terminal has at the start. The program may change all of them.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  CPROC_TERMINAL_FLAGS_NONE = 0,
  CPROC_TERMINAL_FLAGS_NO_ECHO = 1 << 0,
  CPROC_TERMINAL_FLAGS_RAW = 1 << 1,
} CprocTerminalFlags;

CPROC_AVAILABLE_IN_1_0
GType cproc_stdio_get_type          (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_containment_get_type    (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_stream_get_type         (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_state_get_type          (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_file_flags_get_type     (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_pipe_direction_get_type (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_resource_get_type       (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_line_flags_get_type     (void);
CPROC_AVAILABLE_IN_1_0
GType cproc_terminal_flags_get_type (void);

G_END_DECLS
