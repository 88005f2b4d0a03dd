/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-util.h"

/* What is awaited by looking at it takes this long at most (us). */
#define AWAIT_LIMIT (20 * G_USEC_PER_SEC)
#define AWAIT_STEP 500

static CprocCommand *
command_new (const char *mode,
             va_list     args)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  const char *arg;

  g_assert_nonnull (g_getenv ("CPROC_TEST_CHILD"));
  g_ptr_array_add (argv, (gpointer) g_getenv ("CPROC_TEST_CHILD"));
  g_ptr_array_add (argv, (gpointer) mode);
  while ((arg = va_arg (args, const char *)) != NULL)
    g_ptr_array_add (argv, (gpointer) arg);
  g_ptr_array_add (argv, NULL);

  return cproc_command_new ((const char * const *) argv->pdata);
}

CprocCommand *
test_command_new (const char *mode,
                  ...)
{
  CprocCommand *command;
  va_list args;

  va_start (args, mode);
  command = command_new (mode, args);
  va_end (args);

  return command;
}

CprocChild *
test_child_new (const char *mode,
                ...)
{
  g_autoptr(CprocCommand) command = NULL;
  va_list args;

  va_start (args, mode);
  command = command_new (mode, args);
  va_end (args);
  /* Many of them are written to after the start. */
  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);

  return cproc_child_new_for_command (command);
}

CprocExec *
test_exec_new (const char *mode,
               ...)
{
  g_autoptr(CprocCommand) command = NULL;
  va_list args;

  va_start (args, mode);
  command = command_new (mode, args);
  va_end (args);

  return cproc_exec_new_for_command (command);
}

static void
record_add (TestRecord *self,
            char       *event)
{
  if (self->joined && self->events->len > 0 &&
      g_str_equal (g_ptr_array_index (self->events, self->events->len - 1), event))
    g_free (event);
  else
    g_ptr_array_add (self->events, event);
}

static const char *
stream_name (CprocStream stream)
{
  static const char * const names[] = { "terminal", "stdout", "stderr" };

  return names[stream];
}

static void
on_started (CprocChild *child,
            TestRecord *self)
{
  record_add (self, g_strdup ("started"));
}

static void
on_output (CprocChild  *child,
           CprocStream  stream,
           GBytes      *bytes,
           TestRecord  *self)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  g_assert_cmpuint (size, >, 0);
  g_string_append_len (self->text[stream], data, size);
  record_add (self, g_strdup_printf ("output::%s", stream_name (stream)));
}

static void
on_line (CprocChild  *child,
         CprocStream  stream,
         const char  *line,
         TestRecord  *self)
{
  g_ptr_array_add (self->lines[stream], g_strdup (line));
  record_add (self, g_strdup_printf ("line::%s", stream_name (stream)));
}

static void
on_exited (CprocChild *child,
           int         exit_code,
           int         term_signal,
           TestRecord *self)
{
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_EXITED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, exit_code);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, term_signal);
  record_add (self, g_strdup_printf ("exit %d %d", exit_code, term_signal));
}

static void
on_stream_ended (CprocChild  *child,
                 CprocStream  stream,
                 TestRecord  *self)
{
  record_add (self, g_strdup_printf ("stream-ended::%s", stream_name (stream)));
}

static void
on_closed (CprocChild *child,
           TestRecord *self)
{
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_CLOSED);
  record_add (self, g_strdup ("closed"));
}

TestRecord *
test_record_new (CprocChild *child)
{
  TestRecord *self = g_new0 (TestRecord, 1);

  self->joined = TRUE;
  self->events = g_ptr_array_new_with_free_func (g_free);
  for (int stream = CPROC_STREAM_TERMINAL; stream <= CPROC_STREAM_STDERR; stream++)
    {
      self->text[stream] = g_string_new (NULL);
      self->lines[stream] = g_ptr_array_new_with_free_func (g_free);
    }

  g_signal_connect (child, "started", G_CALLBACK (on_started), self);
  g_signal_connect (child, "output", G_CALLBACK (on_output), self);
  g_signal_connect (child, "line", G_CALLBACK (on_line), self);
  g_signal_connect (child, "exit", G_CALLBACK (on_exited), self);
  g_signal_connect (child, "stream-ended", G_CALLBACK (on_stream_ended), self);
  g_signal_connect (child, "closed", G_CALLBACK (on_closed), self);

  return self;
}

void
test_record_free (TestRecord *self)
{
  g_ptr_array_unref (self->events);
  for (int stream = CPROC_STREAM_TERMINAL; stream <= CPROC_STREAM_STDERR; stream++)
    {
      g_string_free (self->text[stream], TRUE);
      g_ptr_array_unref (self->lines[stream]);
    }
  g_free (self);
}

char *
test_record_dup (TestRecord *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->events->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            (const char *) g_ptr_array_index (self->events, i));

  return g_string_free (text, FALSE);
}

guint
test_record_count (TestRecord *self,
                   const char *prefix)
{
  guint n = 0;

  for (guint i = 0; i < self->events->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (self->events, i), prefix);

  return n;
}

char *
test_record_dup_lines (TestRecord  *self,
                       CprocStream  stream)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->lines[stream]->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "|" : "",
                            (const char *) g_ptr_array_index (self->lines[stream], i));

  return g_string_free (text, FALSE);
}

void
test_run_until (const gboolean *flag)
{
  while (!*flag)
    g_main_context_iteration (NULL, TRUE);
}

void
test_run_until_count (const guint *count,
                      guint        value)
{
  while (*count < value)
    g_main_context_iteration (NULL, TRUE);
}

void
test_run_until_length (const GString *text,
                       gsize          length)
{
  while (text->len < length)
    g_main_context_iteration (NULL, TRUE);
}

void
test_run_until_state (CprocChild *child,
                      CprocState  state)
{
  while (cproc_child_get_state (child) < state)
    g_main_context_iteration (NULL, TRUE);
}

void
test_start (CprocChild *child)
{
  g_autoptr(GError) error = NULL;
  gboolean started = cproc_child_start (child, &error);

  g_assert_no_error (error);
  g_assert_true (started);
}

void
test_start_and_close (CprocChild *child)
{
  test_start (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
}

void
test_write (CprocChild *child,
            const char *data,
            gssize      length)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, length < 0 ? strlen (data) : (gsize) length);

  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}

guint
test_count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  /* Without the one that the directory is read by. */
  return n - 1;
}

void
test_await_fd_count (guint n_fds)
{
  for (int i = 0; test_count_fds () > n_fds && i < AWAIT_LIMIT / AWAIT_STEP; i++)
    g_usleep (AWAIT_STEP);

  g_assert_cmpuint (test_count_fds (), <=, n_fds);
}

void
test_await_no_children (void)
{
  siginfo_t info;
  int result = 0;

  /* Zombies count, and are left to their reaper. */
  for (int i = 0; i < AWAIT_LIMIT / AWAIT_STEP; i++)
    {
      result = waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
      if (result < 0)
        break;
      g_usleep (AWAIT_STEP);
    }

  g_assert_cmpint (result, ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}

gboolean
test_process_lives (gint64 pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat", pid);
  g_autofree char *text = NULL;
  const char *state;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;

  /* "PID (NAME) STATE …" */
  state = strrchr (text, ')');

  return state != NULL && state[1] == ' ' && strchr ("ZX", state[2]) == NULL;
}

void
test_await_process_end (gint64 pid)
{
  for (int i = 0; test_process_lives (pid) && i < AWAIT_LIMIT / AWAIT_STEP; i++)
    g_usleep (AWAIT_STEP);

  g_assert_false (test_process_lives (pid));
}

gint64
test_await_grandchild (TestRecord *record)
{
  while (record->lines[1]->len == 0)
    g_main_context_iteration (NULL, TRUE);

  return g_ascii_strtoll (g_ptr_array_index (record->lines[1], 0), NULL, 10);
}

void
test_kill_grandchild (TestRecord *record)
{
  gint64 pid = test_await_grandchild (record);

  g_assert_cmpint (pid, >, 1);
  g_assert_cmpint (kill ((pid_t) pid, SIGKILL), ==, 0);
  test_await_process_end (pid);
}

gboolean
test_skip_without_pidfds (void)
{
  int pidfd = (int) syscall (SYS_pidfd_open, getpid (), 0);

  if (pidfd >= 0)
    return close (pidfd) != 0;

  g_test_skip ("The system has no pidfds");

  return TRUE;
}

gboolean
test_is_on_valgrind (void)
{
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded != NULL && strstr (preloaded, "vgpreload") != NULL;
}

gboolean
test_skip_on_valgrind (void)
{
  if (!test_is_on_valgrind ())
    return FALSE;

  g_test_skip ("valgrind does not do this as the system does");

  return TRUE;
}

void
test_assert_message (GError     *error,
                     const char *before,
                     const char *after)
{
  g_autofree char *message = g_strconcat (before, g_getenv ("CPROC_TEST_CHILD"), after, NULL);

  g_assert_cmpstr (error->message, ==, message);
}

gboolean
test_exec_run (CprocExec  *exec,
               TestRun     kind,
               GError    **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  switch (kind)
    {
    case TEST_RUN_SYNC:
      return cproc_exec_run (exec, NULL, error);
    case TEST_RUN_ASYNC:
      cproc_exec_run_async (exec, NULL, test_store_result, &result);
      g_assert_null (result);
      return cproc_exec_run_finish (exec, test_await (&result), error);
    case TEST_RUN_AS_CHILD:
      return cproc_child_start (CPROC_CHILD (exec), error) &&
             cproc_child_wait_check (CPROC_CHILD (exec), NULL, error);
    case TEST_N_RUNS:
    default:
      g_assert_not_reached ();
    }
}

void
test_exec_assert_success (CprocExec *exec)
{
  g_autoptr(GError) error = NULL;
  gboolean success = cproc_exec_run (exec, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (success);
}

void
test_exec_assert_output (CprocExec  *exec,
                         const char *out,
                         const char *err)
{
  g_autofree char *out_text = cproc_exec_get_stdout_text (exec);
  g_autofree char *err_text = cproc_exec_get_stderr_text (exec);

  g_assert_cmpstr (out_text, ==, out);
  g_assert_cmpstr (err_text, ==, err);
}

void
test_store_result (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  GAsyncResult **stored = user_data;

  g_assert_null (*stored);
  *stored = g_object_ref (result);
}

GAsyncResult *
test_await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *result;
}
