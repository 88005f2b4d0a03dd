/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "terminal-util.h"

CprocCommand *
test_terminal_set (CprocCommand *command)
{
  cproc_command_set_stdin_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_TERMINAL);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_TERMINAL);

  return command;
}

CprocChild *
test_terminal_new (const char *line)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);

  return cproc_child_new_for_command (test_terminal_set (command));
}

void
test_terminal_await (TestRecord  *record,
                     CprocStream  stream,
                     const char  *text)
{
  while (strstr (record->text[stream]->str, text) == NULL)
    g_main_context_iteration (NULL, TRUE);
}

void
test_terminal_await_lines (TestRecord *record,
                           guint       n)
{
  while (record->lines[CPROC_STREAM_STDOUT]->len < n)
    g_main_context_iteration (NULL, TRUE);
}

void
test_terminal_assert_start_error (CprocChild *child,
                                  GQuark      domain,
                                  int         code)
{
  g_autoptr(GError) error = NULL;
  guint n_fds = test_count_fds ();

  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, domain, code);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
  test_await_fd_count (n_fds);
}

void
test_count (guint *count)
{
  (*count)++;
}

void
test_terminal_write (CprocChild *child,
                     const char *text,
                     int         io_error)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, test_store_result, &result);
  test_await (&result);
  if (io_error < 0)
    {
      g_assert_true (cproc_child_write_finish (child, result, &error));
      g_assert_no_error (error);
    }
  else
    {
      g_assert_false (cproc_child_write_finish (child, result, &error));
      g_assert_error (error, G_IO_ERROR, io_error);
    }
}
