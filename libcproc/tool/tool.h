/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>
#include <stdio.h>

G_BEGIN_DECLS

/* The exit codes of the command itself; 124 to 127 as timeout(1) and env(1) have them. */
enum
{
  TOOL_EXIT_USAGE = 2,
  TOOL_EXIT_TIMED_OUT = 124,
  TOOL_EXIT_OUTPUT_LIMIT = 125,
  TOOL_EXIT_NOT_EXECUTABLE = 126,
  TOOL_EXIT_NOT_FOUND = 127,
  TOOL_EXIT_SIGNAL = 128, /* plus the signal's number */
};

/* One run of a child by the command. */
typedef struct
{
  CprocChild *child;
  int interrupted_by; /* a signal, or 0 */
  int write_error;    /* an errno, or 0 */
} ToolRun;

int tool_exec  (int argc, char **argv);
int tool_spawn (int argc, char **argv);
int tool_fork  (int argc, char **argv);

/* Parses the options of a subcommand; data is what those with a callback are given. What follows
 * them is left in argv, and is something; FALSE has been told, with the exit code. */
gboolean tool_parse (int                  *argc,
                     char               ***argv,
                     const GOptionEntry   *entries,
                     gpointer              data,
                     const char           *parameters,
                     const char           *summary,
                     int                  *exit_code);

/* Seconds, with a fraction, to milliseconds; for the callback of a GOptionEntry. */
gboolean tool_parse_seconds (const char *value,
                             guint      *msec,
                             GError    **error);

/* The command that argv says, or the line of a shell, of which everything ends with this command.
 * NULL has been told. */
CprocCommand *tool_command_new (char   **argv,
                                gboolean shell);

/* Everything that the command starts ends with it. */
void tool_contain (CprocCommand *command);

/* The streams of the command lead to a terminal as large as ours. passes_keys: ours is to be raw,
 * so that each key reaches the program. */
typedef struct _ToolTerminal ToolTerminal;

void          tool_terminal_set   (CprocCommand *command,
                                   gboolean      passes_keys);

/* From the start to the end of the program, what is read from standard input is typed there. */
ToolTerminal *tool_terminal_begin (CprocChild   *child,
                                   gboolean      passes_keys);
void          tool_terminal_end   (ToolTerminal *self);

/* The line without what a terminal would obey: escape sequences and control characters. */
char *tool_strip_escapes (const char *line);

/* Call after printing: if the output cannot be written, it has no reader, and the child is
 * ended. */
void tool_flush (ToolRun *run,
                 FILE    *file);

/* Interrupt and termination end the child first, and at once when they come again. Returns when the
 * child is closed. */
void tool_run_until_closed (ToolRun *run);

/* Tells why a start failed, and returns the exit code for that. */
int  tool_report_start (const GError *error);
int  tool_get_start_code (const GError *error);

/* The exit code that passes on how the child ended. Does not return if this command was
 * interrupted: its caller must see the signal. */
int  tool_finish (ToolRun *run);

G_END_DECLS
