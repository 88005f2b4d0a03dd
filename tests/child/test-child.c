/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"

/* What a child is, how it lives and how it ends. */

static void
test_constructors (void)
{
  const char *argv[] = { "true", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(CprocChild) shell = cproc_child_new_shell ("exit 3");
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocChild) other = cproc_child_new_for_command (command);
  g_autoptr(CprocCommand) property = NULL;

  g_assert_cmpstrv (cproc_command_get_argv (cproc_child_get_command (child)), argv);
  test_start_and_close (shell);
  g_assert_cmpint (cproc_child_get_exit_code (shell), ==, 3);
  g_assert_true (cproc_child_get_command (other) == command);
  g_object_get (other, "command", &property, NULL);
  g_assert_true (property == command);
}

static void
test_no_command (void)
{
  g_autoptr(CprocChild) child = g_object_new (CPROC_TYPE_CHILD, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (CPROC_IS_COMMAND (cproc_child_get_command (child)));
  g_assert_false (cproc_child_start (child, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_NEW);
}

static void
test_defaults (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  gint64 pid;
  int exit_code, term_signal, drain_timeout, kill_signal, kill_grace;
  guint timeout, idle_timeout;
  gint64 max_line_length;
  gboolean timed_out, drained;
  CprocState state;
  g_autofree char *encoding = NULL;

  g_object_get (child, "pid", &pid, "state", &state, "exit-code", &exit_code,
                "term-signal", &term_signal, "timed-out", &timed_out, "timeout", &timeout,
                "idle-timeout", &idle_timeout, "drain-timeout", &drain_timeout,
                "kill-signal", &kill_signal, "kill-grace", &kill_grace,
                "max-line-length", &max_line_length, "encoding", &encoding,
                "drained", &drained, NULL);

  g_assert_cmpint (pid, ==, 0);
  g_assert_cmpint (state, ==, CPROC_STATE_NEW);
  g_assert_cmpint (exit_code, ==, -1);
  g_assert_cmpint (term_signal, ==, 0);
  g_assert_false (timed_out);
  g_assert_cmpuint (timeout, ==, 0);
  g_assert_cmpuint (idle_timeout, ==, 0);
  g_assert_cmpint (drain_timeout, ==, 1000);
  g_assert_cmpint (kill_signal, ==, SIGTERM);
  g_assert_cmpint (kill_grace, ==, 5000);
  g_assert_cmpint (max_line_length, ==, 1024 * 1024);
  g_assert_true (drained);
  g_assert_cmpstr (encoding, ==, "UTF-8");
  g_assert_null (cproc_child_get_subprocess (child));
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              GHashTable *counts)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, pspec->name));

  g_hash_table_insert (counts, (gpointer) pspec->name, GUINT_TO_POINTER (n + 1));
}

static void
test_setters (void)
{
  static const char *const names[] = { "timeout", "idle-timeout", "drain-timeout", "kill-signal",
                                       "kill-grace", "max-line-length", "encoding" };
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);

  g_signal_connect (child, "notify", G_CALLBACK (count_notify), counts);
  g_object_set (child, "timeout", 1, "idle-timeout", 2, "drain-timeout", 3, "kill-signal", SIGINT,
                "kill-grace", 4, "max-line-length", (gint64) 5, "encoding", "latin1", NULL);

  g_assert_cmpuint (cproc_child_get_timeout (child), ==, 1);
  g_assert_cmpuint (cproc_child_get_idle_timeout (child), ==, 2);
  g_assert_cmpint (cproc_child_get_drain_timeout (child), ==, 3);
  g_assert_cmpint (cproc_child_get_kill_signal (child), ==, SIGINT);
  g_assert_cmpint (cproc_child_get_kill_grace (child), ==, 4);
  g_assert_cmpint (cproc_child_get_max_line_length (child), ==, 5);
  g_assert_cmpstr (cproc_child_get_encoding (child), ==, "latin1");

  /* What does not change is not notified. */
  cproc_child_set_timeout (child, 1);
  cproc_child_set_idle_timeout (child, 2);
  cproc_child_set_drain_timeout (child, 3);
  cproc_child_set_kill_signal (child, SIGINT);
  cproc_child_set_kill_grace (child, 4);
  cproc_child_set_max_line_length (child, 5);
  cproc_child_set_encoding (child, "latin1");
  g_assert_cmpuint (g_hash_table_size (counts), ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (counts, names[i])), ==, 1);

  cproc_child_set_encoding (child, NULL);
  g_assert_cmpstr (cproc_child_get_encoding (child), ==, "UTF-8");
}

static void
test_misuse (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);

  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*drain_timeout >= -1*");
  cproc_child_set_drain_timeout (child, -2);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*kill_signal > 0*");
  cproc_child_set_kill_signal (child, 0);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*max_line_length >= -1*");
  cproc_child_set_max_line_length (child, -2);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*kill_grace >= -1*");
  cproc_child_set_kill_grace (child, -2);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*is_stream (stream)*");
  cproc_child_pause (child, -1);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*is_stream (stream)*");
  cproc_child_resume (child, 3);
  g_test_assert_expected_messages ();
}

static void
test_life (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\n", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *text = NULL;

  test_start (child);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  g_assert_cmpint (cproc_child_get_pid (child), >, 0);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, -1);
  g_assert_cmpuint (record->events->len, ==, 1);
  test_run_until_state (child, CPROC_STATE_CLOSED);

  /* Where the exit comes among the streams is a matter of time. */
  g_assert_cmpstr (g_ptr_array_index (record->events, 0), ==, "started");
  g_assert_cmpstr (g_ptr_array_index (record->events, record->events->len - 1), ==, "closed");
  text = test_record_dup (record);
  g_assert_cmpuint (record->events->len, ==, 7);
  g_assert_nonnull (strstr (text, "exit 0 0"));
  g_assert_nonnull (strstr (text, "stream-ended::stderr"));
  g_assert_cmpint (strstr (text, "output::stdout") - text, <, strstr (text, "line::stdout") - text);
  g_assert_cmpint (strstr (text, "line::stdout") - text, <,
                   strstr (text, "stream-ended::stdout") - text);

  test_finalize (child);
}

/* The notification and the signal of a change, in the order they come. */
static void
note_state (CprocChild *child,
            GParamSpec *pspec,
            GPtrArray  *events)
{
  GEnumClass *states = g_type_class_ref (CPROC_TYPE_STATE);
  const char *nick = g_enum_get_value (states, cproc_child_get_state (child))->value_nick;

  g_ptr_array_add (events, g_strconcat ("state ", nick, NULL));
  g_type_class_unref (states);
}

static void
note_other (CprocChild *child,
            GParamSpec *pspec,
            GPtrArray  *events)
{
  g_ptr_array_add (events, g_strdup (pspec->name));
}

static int
index_of (GPtrArray  *events,
          const char *event)
{
  guint index;

  g_assert_true (g_ptr_array_find_with_equal_func (events, event, g_str_equal, &index));

  return (int) index;
}

static void
test_notify_first (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "4", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  g_signal_connect (child, "notify::state", G_CALLBACK (note_state), record->events);
  g_signal_connect (child, "notify::pid", G_CALLBACK (note_other), record->events);
  g_signal_connect (child, "notify::exit-code", G_CALLBACK (note_other), record->events);
  test_start_and_close (child);

  g_assert_cmpint (index_of (record->events, "pid"), <, index_of (record->events, "started"));
  g_assert_cmpint (index_of (record->events, "state running"), <,
                   index_of (record->events, "started"));
  g_assert_cmpint (index_of (record->events, "exit-code"), <,
                   index_of (record->events, "exit 4 0"));
  g_assert_cmpint (index_of (record->events, "state exited"), <,
                   index_of (record->events, "exit 4 0"));
  g_assert_cmpint (index_of (record->events, "state closed"), <,
                   index_of (record->events, "closed"));
}

static void
test_notify_term_signal (void)
{
  g_autoptr(CprocChild) child = test_child_new ("signal", "9", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  g_signal_connect (child, "notify::term-signal", G_CALLBACK (note_other), record->events);
  g_signal_connect (child, "notify::exit-code", G_CALLBACK (note_other), record->events);
  test_start_and_close (child);

  g_assert_cmpint (index_of (record->events, "term-signal"), <,
                   index_of (record->events, "exit -1 9"));
  g_assert_false (g_ptr_array_find_with_equal_func (record->events, "exit-code", g_str_equal,
                                                    NULL));
}

static void
test_ends (void)
{
  static const struct
  {
    const char *mode, *argument;
    int exit_code, term_signal;
  } ends[] = {
    { "exit", "0", 0, 0 },
    { "exit", "1", 1, 0 },
    { "exit", "255", 255, 0 },
    { "signal", "15", -1, SIGTERM },
    { "signal", "9", -1, SIGKILL },
    { "signal", "6", -1, SIGABRT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autoptr(CprocChild) child = test_child_new (ends[i].mode, ends[i].argument, NULL);
      int exit_code, term_signal;
      gint64 pid;

      test_start (child);
      pid = cproc_child_get_pid (child);
      test_run_until_state (child, CPROC_STATE_CLOSED);
      g_object_get (child, "exit-code", &exit_code, "term-signal", &term_signal, NULL);
      g_assert_cmpint (exit_code, ==, ends[i].exit_code);
      g_assert_cmpint (term_signal, ==, ends[i].term_signal);
      g_assert_cmpint (cproc_child_get_pid (child), ==, pid);
      test_finalize (child);
    }
}

static void
test_pid (void)
{
  g_autoptr(CprocChild) child = test_child_new ("print-ids", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *line = NULL;

  test_start_and_close (child);
  line = g_strdup_printf ("pid=%" G_GINT64_FORMAT, cproc_child_get_pid (child));
  g_assert_cmpstr (g_ptr_array_index (record->lines[1], 0), ==, line);
}

static void
test_subprocess (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", "5", NULL);
  g_autoptr(GError) error = NULL;

  test_start (child);
  g_assert_true (G_IS_SUBPROCESS (cproc_child_get_subprocess (child)));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_true (g_subprocess_wait (cproc_child_get_subprocess (child), NULL, &error));
  g_assert_cmpint (g_subprocess_get_exit_status (cproc_child_get_subprocess (child)), ==, 5);
}

static void
test_second_start (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autoptr(GError) error = NULL;

  test_start (child);
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  test_assert_message (error, "“", "” has been started already");
  g_clear_error (&error);

  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_false (cproc_child_start (child, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_ALREADY_STARTED);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_CLOSED);
  g_assert_cmpuint (record->events->len, ==, 5);
}

static void
test_not_started (void)
{
  g_autoptr(CprocChild) child = test_child_new ("exit", NULL);
  gboolean (*const calls[]) (CprocChild *, GError **) = { cproc_child_kill,
                                                          cproc_child_force_exit };
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_assert_false (calls[i] (child, &error));
      g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
      test_assert_message (error, "“", "” has not been started");
      g_clear_error (&error);
    }

  g_assert_false (cproc_child_send_signal (child, 0, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_RUNNING);
  g_clear_error (&error);

  g_assert_null (cproc_child_get_pipe_stream (child, 3));
  cproc_child_close_stdin (child);
  test_finalize (child);
}

/* Everything by the class's own handlers, as a derived class has it. */
typedef struct
{
  CprocChild parent_instance;
  GString *events;
} TestDerived;
typedef CprocChildClass TestDerivedClass;

static GType test_derived_get_type (void);
G_DEFINE_TYPE (TestDerived, test_derived, CPROC_TYPE_CHILD)

static void
derived_started (CprocChild *child)
{
  g_string_append (((TestDerived *) child)->events, "started ");
}

static void
derived_output (CprocChild  *child,
                CprocStream  stream,
                GBytes      *bytes)
{
  g_string_append_printf (((TestDerived *) child)->events, "output%d=%zu ", stream,
                          g_bytes_get_size (bytes));
}

static void
derived_line (CprocChild  *child,
              CprocStream  stream,
              const char  *line)
{
  g_string_append_printf (((TestDerived *) child)->events, "line=%s ", line);
}

static void
derived_lines (CprocChild         *child,
               CprocStream         stream,
               const char * const *lines)
{
  g_string_append_printf (((TestDerived *) child)->events, "lines=%u ",
                          g_strv_length ((char **) lines));
}

static void
derived_exit (CprocChild *child,
              int         exit_code,
              int         term_signal)
{
  g_string_append_printf (((TestDerived *) child)->events, "exit=%d ", exit_code);
}

static void
derived_stream_ended (CprocChild  *child,
                      CprocStream  stream)
{
  g_string_append_printf (((TestDerived *) child)->events, "ended%d ", stream);
}

static void
derived_closed (CprocChild *child)
{
  g_string_append (((TestDerived *) child)->events, "closed");
}

static void
test_derived_finalize (GObject *object)
{
  g_string_free (((TestDerived *) object)->events, TRUE);

  G_OBJECT_CLASS (test_derived_parent_class)->finalize (object);
}

static void
test_derived_class_init (TestDerivedClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_derived_finalize;
  klass->started = derived_started;
  klass->output = derived_output;
  klass->line = derived_line;
  klass->lines = derived_lines;
  klass->exit = derived_exit;
  klass->stream_ended = derived_stream_ended;
  klass->closed = derived_closed;
}

static void
test_derived_init (TestDerived *self)
{
  self->events = g_string_new (NULL);
}

static void
test_class_handlers (void)
{
  static const char *const events[] = { "started ", "output1=4 lines=2 line=a line=b ", "ended1 ",
                                        "ended2 ", "exit=0 " };
  g_autoptr(CprocCommand) command = test_command_new ("echo", "1", "a\nb\n", NULL);
  g_autoptr(CprocChild) child = g_object_new (test_derived_get_type (), "command", command, NULL);
  GString *text = ((TestDerived *) child)->events;

  test_start_and_close (child);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    g_assert_nonnull (strstr (text->str, events[i]));
  g_assert_true (g_str_has_suffix (text->str, "closed"));
}

/* A child that nobody is interested in any more. */
static void
test_drop_running (void)
{
  g_autoptr(CprocChild) child = test_child_new ("sleep-forever", NULL);
  gint64 pid;

  test_start (child);
  pid = cproc_child_get_pid (child);
  test_finalize (child);
  test_await_process_end (pid);
  test_await_no_children ();
}

static void
test_leaves_nothing (void)
{
  guint n_fds = 0;

  for (int i = 0; i < 10; i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("echo", "1", "x", NULL);

      test_start_and_close (child);
      test_finalize (child);
      test_await_no_children ();
      /* The first one makes what the libraries keep. */
      if (i == 0)
        n_fds = test_count_fds ();
    }

  test_await_fd_count (n_fds);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child/constructors", test_constructors);
  g_test_add_func ("/child/no-command", test_no_command);
  g_test_add_func ("/child/properties/defaults", test_defaults);
  g_test_add_func ("/child/properties/setters", test_setters);
  g_test_add_func ("/child/properties/misuse", test_misuse);
  g_test_add_func ("/child/life", test_life);
  g_test_add_func ("/child/notify/before-signal", test_notify_first);
  g_test_add_func ("/child/notify/term-signal", test_notify_term_signal);
  g_test_add_func ("/child/ends", test_ends);
  g_test_add_func ("/child/pid", test_pid);
  g_test_add_func ("/child/get-subprocess", test_subprocess);
  g_test_add_func ("/child/second-start", test_second_start);
  g_test_add_func ("/child/not-started", test_not_started);
  g_test_add_func ("/child/class-handlers", test_class_handlers);
  g_test_add_func ("/child/drop/running", test_drop_running);
  g_test_add_func ("/child/leaves-nothing", test_leaves_nothing);

  return g_test_run ();
}
