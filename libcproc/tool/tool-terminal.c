/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A terminal for the program: as large as the one of this command, which types there what it reads
 * from its standard input. */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tool.h"

#define READ_SIZE 2048

struct _ToolTerminal
{
  CprocChild *child;
  GInputStream *input;
  GCancellable *cancellable;
  guint resize_source;
  gboolean is_raw;
  struct termios modes; /* of our terminal, where it is raw now */
};

/* The size of our terminal, whichever stream leads there. */
static gboolean
find_size (struct winsize *size)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (ioctl (fd, TIOCGWINSZ, size) == 0 && size->ws_col > 0 && size->ws_row > 0)
      return TRUE;

  return FALSE;
}

void
tool_terminal_set (CprocCommand *command,
                   gboolean      passes_keys)
{
  struct winsize size;

  cproc_command_set_stdin_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_TERMINAL);
  if (find_size (&size))
    cproc_command_set_terminal_size (command, size.ws_col, size.ws_row);
  /* If keys are not passed on, our terminal echoes what is typed, or there is no typing. */
  if (!passes_keys || !isatty (STDIN_FILENO))
    cproc_command_set_terminal_flags (command, CPROC_TERMINAL_FLAGS_NO_ECHO);
}

static gboolean
resized (gpointer user_data)
{
  ToolTerminal *self = user_data;
  struct winsize size;

  if (find_size (&size))
    cproc_child_set_terminal_size (self->child, size.ws_col, size.ws_row, NULL);

  return G_SOURCE_CONTINUE;
}

static void read_more (ToolTerminal *self);

static void
written (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  if (cproc_child_write_finish (CPROC_CHILD (source), result, &error))
    {
      read_more (user_data);
      return;
    }

  /* The program's end is told elsewhere, and ends the reading. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE))
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      read_more (user_data);
    }
}

static void
have_read (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result,
                                                              &error);
  ToolTerminal *self;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  self = user_data;
  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    cproc_child_close_stdin (self->child);
  else
    cproc_child_write_async (self->child, bytes, G_PRIORITY_DEFAULT, NULL, written, self);
}

/* One read after the other: what the program does not take yet waits in front of this command. */
static void
read_more (ToolTerminal *self)
{
  if (!g_cancellable_is_cancelled (self->cancellable))
    g_input_stream_read_bytes_async (self->input, READ_SIZE, G_PRIORITY_DEFAULT,
                                     self->cancellable, have_read, self);
}

/* Every key is then the program's, Ctrl-C too. */
static void
make_raw (ToolTerminal *self)
{
  struct termios raw;

  if (tcgetattr (STDIN_FILENO, &self->modes) != 0)
    return;

  raw = self->modes;
  cfmakeraw (&raw);
  self->is_raw = tcsetattr (STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

ToolTerminal *
tool_terminal_begin (CprocChild *child,
                     gboolean    passes_keys)
{
  ToolTerminal *self = g_new0 (ToolTerminal, 1);

  self->child = child;
  self->cancellable = g_cancellable_new ();
  self->input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  self->resize_source = g_unix_signal_add (SIGWINCH, resized, self);
  if (passes_keys)
    make_raw (self);
  /* It may have been resized since the command was made. */
  resized (self);
  read_more (self);

  return self;
}

/* The program has ended; a read that is under way is left alone. */
void
tool_terminal_end (ToolTerminal *self)
{
  g_cancellable_cancel (self->cancellable);
  g_source_remove (self->resize_source);
  if (self->is_raw)
    tcsetattr (STDIN_FILENO, TCSADRAIN, &self->modes);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->input);
  g_clear_object (&self->cancellable);
  g_free (self);
}
