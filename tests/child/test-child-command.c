/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tests that the settings of a command reach its program: descriptors, session, groups. */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "child-util.h"

static const char *count_argv[] = { "wc", "-c", NULL };
static const char *yes_argv[] = { "yes", NULL };

static void
open_pipe (int ends[2])
{
  g_autoptr (GError) error = NULL;

  g_unix_open_pipe (ends, FD_CLOEXEC, &error);
  g_assert_no_error (error);
}

static void
assert_output (CprocCommand *command,
               const char   *expected)
{
  g_autoptr (CprocExec) exec = cproc_exec_new_for_command (command);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  cproc_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  text = cproc_exec_get_stdout_text (exec);
  g_assert_cmpstr (g_strchomp (text), ==, expected);
}

/* Each end of a pipe is closed when the last process that has it ends: this process holds none. */
static void
test_pipe_ends (void)
{
  g_autoptr (CprocChild) reader = cproc_child_new (count_argv);
  g_autoptr (CprocChild) writer = test_child_new ("lines", "100", NULL);
  g_autoptr (TestRecord) record = test_record_new (reader);
  int ends[2];

  open_pipe (ends);
  cproc_command_take_fd (cproc_child_get_command (reader), ends[0], 0);
  cproc_command_take_fd (cproc_child_get_command (writer), ends[1], 1);
  test_start (writer);
  test_start (reader);
  cproc_command_close_fds (cproc_child_get_command (writer));
  test_run_until_state (reader, CPROC_STATE_CLOSED);
  test_run_until_state (writer, CPROC_STATE_CLOSED);

  g_assert_cmpstr (g_strchomp (record->text[1]->str), ==, "792");
}

/* The writer learns that its reader has gone. */
static void
test_reader_gone (void)
{
  const char *head_argv[] = { "head", "-n", "1", NULL };
  g_autoptr (CprocChild) writer = cproc_child_new (yes_argv);
  g_autoptr (CprocChild) reader = cproc_child_new (head_argv);
  int ends[2];

  open_pipe (ends);
  cproc_command_take_fd (cproc_child_get_command (reader), ends[0], 0);
  cproc_command_take_fd (cproc_child_get_command (writer), ends[1], 1);
  test_start (writer);
  test_start (reader);
  test_run_until_state (writer, CPROC_STATE_CLOSED);
  test_run_until_state (reader, CPROC_STATE_CLOSED);

  g_assert_cmpint (cproc_child_get_term_signal (writer), ==, SIGPIPE);
}

/* A failed start keeps the descriptors that it would have passed on: it may be tried again. */
static void
test_failed_start (void)
{
  g_autoptr (CprocChild) child = cproc_child_new (count_argv);
  CprocCommand *command = cproc_child_get_command (child);
  g_autoptr (TestRecord) record = test_record_new (child);
  int ends[2];

  open_pipe (ends);
  g_assert_cmpint (write (ends[1], "abc", 3), ==, 3);
  close (ends[1]);
  cproc_command_take_fd (command, ends[0], 0);
  cproc_command_set_cwd (command, "/nonexistent");
  g_assert_false (cproc_child_start (child, NULL));
  cproc_command_set_cwd (command, NULL);
  test_start_and_close (child);

  g_assert_cmpstr (g_strchomp (record->text[1]->str), ==, "3");
}

/* Without a terminal, and contained as ever. */
static void
test_no_terminal (void)
{
  const CprocContainment containments[] = { CPROC_CONTAINMENT_AUTO, CPROC_CONTAINMENT_GROUP,
                                            CPROC_CONTAINMENT_TREE };
  const char *argv[] = {
    "sh", "-c",
    "(: < /dev/tty) 2>/dev/null && echo terminal; cut -d' ' -f6 /proc/$$/stat; echo $$; sleep 600",
    NULL,
  };

  for (guint i = 0; i < G_N_ELEMENTS (containments); i++)
    {
      g_autoptr (CprocCommand) command = cproc_command_new (argv);
      g_autoptr (CprocChild) child = cproc_child_new_for_command (command);
      g_autoptr (TestRecord) record = test_record_new (child);

      cproc_command_set_containment (command, containments[i]);
      cproc_command_set_no_terminal (command, TRUE);
      test_start (child);
      while (record->lines[1]->len < 2)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpstr (g_ptr_array_index (record->lines[1], 0), ==,
                       g_ptr_array_index (record->lines[1], 1));
      g_assert_true (cproc_child_kill (child, NULL));
      test_run_until_state (child, CPROC_STATE_CLOSED);
    }
}

static void
test_groups (void)
{
  const char *argv[] = { "id", "-G", NULL };
  g_autoptr (CprocCommand) command = cproc_command_new (argv);
  g_autoptr (CprocChild) refused = cproc_child_new_for_command (command);
  g_autoptr (GError) error = NULL;

  cproc_command_set_supplementary_groups (command, g_variant_new_parsed ("[uint32 12, 34]"));
  if (geteuid () != 0)
    {
      g_assert_false (cproc_child_start (refused, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
      g_assert_nonnull (strstr (error->message, "supplementary groups"));
      return;
    }

  cproc_command_set_group_id (command, 56);
  assert_output (command, "56 12 34");
  cproc_command_set_user_id (command, 78);
  assert_output (command, "56 12 34");
  cproc_command_set_supplementary_groups (command, g_variant_new_parsed ("@au []"));
  assert_output (command, "56");
  cproc_command_set_supplementary_groups (command, NULL);
  assert_output (command, "56");
}

/* A plain child reports why it failed, as an exec does. */
static void
test_failure (void)
{
  g_autoptr (CprocChild) child =
    cproc_child_new_shell ("printf '10%%\\r20%%\\rthe reason\\n' >&2; exit 3");
  g_autoptr (CprocChild) merged = cproc_child_new_shell ("echo x >&2; exit 3");
  g_autoptr (GError) error = NULL;

  test_start (child);
  g_assert_false (cproc_child_wait_check (child, NULL, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_EXITED);
  g_assert_true (g_str_has_suffix (error->message, "exited with code 3: the reason"));
  g_clear_error (&error);

  cproc_command_set_stderr_mode (cproc_child_get_command (merged), CPROC_STDIO_MERGE);
  test_start (merged);
  g_assert_false (cproc_child_wait_check (merged, NULL, &error));
  g_assert_true (g_str_has_suffix (error->message, "exited with code 3"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-command/pipe-ends", test_pipe_ends);
  g_test_add_func ("/child-command/reader-gone", test_reader_gone);
  g_test_add_func ("/child-command/failed-start", test_failed_start);
  g_test_add_func ("/child-command/no-terminal", test_no_terminal);
  g_test_add_func ("/child-command/groups", test_groups);
  g_test_add_func ("/child-command/failure", test_failure);

  return g_test_run ();
}
