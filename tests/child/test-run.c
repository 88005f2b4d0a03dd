/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-run-private.h"

/* The owner of a run, with a clock that stands still, a job without a process, and two streams. All
 * that the run does and tells is written to a log. One word of the log may have a handler, which
 * runs when it is written. */

#define MS G_TIME_SPAN_MILLISECOND

typedef struct _Fake Fake;

struct _Fake
{
  CprocRun run;
  gint64 now;
  gint64 due;
  int kill_signal;
  gboolean is_open[3];
  gboolean is_held[3];
  gboolean must_wait; /* something of the owner holds `closed` back */
  const char *word;
  void (*handler) (Fake *self);
  GString *log;
};

static void
tell (Fake       *self,
      const char *word)
{
  void (*handler) (Fake *self) = self->handler;

  g_string_append_printf (self->log, "%s ", word);
  if (handler == NULL || !g_str_equal (word, self->word))
    return;

  self->handler = NULL;
  handler (self);
}

static gint64
fake_now (gpointer owner)
{
  return ((Fake *) owner)->now;
}

static void
fake_schedule (gpointer owner,
               gint64   due)
{
  ((Fake *) owner)->due = due;
}

static gboolean
fake_signal (gpointer   owner,
             int        signum,
             GError   **error)
{
  g_string_append_printf (((Fake *) owner)->log, "signal-%d ", signum);

  return TRUE;
}

static gboolean
fake_terminate (gpointer   owner,
                int        signum,
                int        grace,
                GError   **error)
{
  g_string_append_printf (((Fake *) owner)->log, "terminate-%d/%d ", signum, grace);

  return TRUE;
}

static int
fake_get_kill_signal (gpointer owner)
{
  return ((Fake *) owner)->kill_signal;
}

static gboolean
fake_is_held (gpointer    owner,
              CprocStream stream)
{
  return ((Fake *) owner)->is_held[stream];
}

static gboolean
fake_has_ended (gpointer    owner,
                CprocStream stream)
{
  return !((Fake *) owner)->is_open[stream];
}

static void
fake_start_drain (gpointer    owner,
                  CprocStream stream,
                  int         msec)
{
  Fake *self = owner;

  if (self->is_open[stream])
    g_string_append_printf (self->log, "drain%d-%d ", (int) stream, msec);
}

static void
fake_changed (gpointer        owner,
              CprocRunChanges changes)
{
  static const char * const states[] = { "NEW", "PREPARED", "STARTING", "RUNNING", "EXITED",
                                         "CLOSED" };
  Fake *self = owner;

  if ((changes & CPROC_RUN_TIMED_OUT) != 0)
    tell (self, "timed-out");
  if ((changes & CPROC_RUN_DRAINED) != 0)
    tell (self, "not-drained");
  if ((changes & CPROC_RUN_STATE) != 0)
    tell (self, states[self->run.state]);
}

static void
fake_started (gpointer owner)
{
  tell (owner, "started");
}

static void
fake_stream_ended (gpointer    owner,
                   CprocStream stream)
{
  tell (owner, stream == CPROC_STREAM_STDOUT ? "ended1" : "ended2");
}

static void
fake_exited (gpointer owner)
{
  tell (owner, "exit");
}

static gboolean
fake_may_close (gpointer owner)
{
  return !((Fake *) owner)->must_wait;
}

static void
fake_release (gpointer owner)
{
  tell (owner, "release");
}

static void
fake_closed (gpointer owner)
{
  tell (owner, "closed");
}

static const CprocRunFuncs fake_funcs = {
  .now = fake_now,
  .schedule = fake_schedule,
  .signal = fake_signal,
  .terminate = fake_terminate,
  .get_kill_signal = fake_get_kill_signal,
  .is_held = fake_is_held,
  .has_ended = fake_has_ended,
  .start_drain = fake_start_drain,
  .changed = fake_changed,
  .started = fake_started,
  .stream_ended = fake_stream_ended,
  .exited = fake_exited,
  .may_close = fake_may_close,
  .release = fake_release,
  .closed = fake_closed,
};

static void
fake_init (Fake *self)
{
  *self = (Fake) {
    .now = 1000 * MS,
    .due = CPROC_RUN_NEVER,
    .kill_signal = SIGTERM,
    .is_open = { FALSE, TRUE, TRUE },
    .log = g_string_new (NULL),
  };
  cproc_run_init (&self->run, &fake_funcs, self);
}

static void
fake_clear (Fake *self)
{
  g_string_free (self->log, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fake, fake_clear)

/* The log since the last look. */
static void
assert_log_at (Fake       *self,
               const char *expected,
               int         line)
{
  g_autofree char *log = g_strchomp (g_strdup (self->log->str));

  if (!g_str_equal (log, expected))
    g_error ("line %d: the log is “%s”, and not “%s”", line, log, expected);
  g_string_truncate (self->log, 0);
}

#define assert_log(self, expected) assert_log_at (self, expected, __LINE__)

/* Lets the time pass, and calls the run as often as it has asked for. */
static void
pass (Fake *self,
      guint msec)
{
  gint64 end = self->now + msec * MS;

  for (guint n = 0; self->due <= end; n++)
    {
      g_assert_cmpuint (n, <, 1000);
      self->now = MAX (self->now, self->due);
      cproc_run_tick (&self->run);
    }

  self->now = end;
}

static void
begin (Fake *self)
{
  cproc_run_begin (&self->run, 42);
  assert_log (self, "RUNNING started");
}

static void
exit_with (Fake *self,
           int   exit_code,
           int   term_signal)
{
  CprocExitStatus end = { .exit_code = exit_code, .term_signal = term_signal };

  cproc_run_exited (&self->run, &end);
}

static void
end_stream (Fake        *self,
            CprocStream  stream)
{
  self->is_open[stream] = FALSE;
  cproc_run_stream_ended (&self->run, stream);
}

static void
close_now (Fake *self)
{
  exit_with (self, 0, 0);
  end_stream (self, CPROC_STREAM_STDOUT);
  end_stream (self, CPROC_STREAM_STDERR);
}

static void
test_order (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  begin (&self);
  g_assert_cmpint (self.run.pid, ==, 42);
  end_stream (&self, CPROC_STREAM_STDERR);
  assert_log (&self, "ended2");
  exit_with (&self, 3, 0);
  assert_log (&self, "drain1-1000 EXITED exit");
  g_assert_cmpint (self.run.end.exit_code, ==, 3);
  end_stream (&self, CPROC_STREAM_STDOUT);
  assert_log (&self, "ended1 release CLOSED closed");
  pass (&self, 100000);
  assert_log (&self, "");
}

static void
test_exit_last (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  begin (&self);
  end_stream (&self, CPROC_STREAM_STDOUT);
  end_stream (&self, CPROC_STREAM_STDERR);
  exit_with (&self, -1, SIGSEGV);
  assert_log (&self, "ended1 ended2 EXITED exit release CLOSED closed");
  g_assert_cmpint (self.run.end.term_signal, ==, SIGSEGV);
  g_assert_cmpint (self.due, ==, CPROC_RUN_NEVER);
}

/* The handler runs a main loop, in which the process ends. */
static void
end_in_handler (Fake *self)
{
  close_now (self);
}

static void
test_due_before_rest (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  self.word = "RUNNING";
  self.handler = end_in_handler;
  cproc_run_begin (&self.run, 42);
  assert_log (&self, "RUNNING drain1-1000 drain2-1000 EXITED started exit ended1 ended2 release "
                     "CLOSED closed");
}

/* The handler of the last signal but one waits for `closed`, in a main loop. */
static void
wait_in_handler (Fake *self)
{
  pass (self, 0);
  tell (self, "waited");
}

static void
test_wait_in_last_handler (void)
{
  static const char * const words[] = { "EXITED", "exit", "ended2" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_auto(Fake) self;
      const char *waited;

      fake_init (&self);
      begin (&self);
      end_stream (&self, CPROC_STREAM_STDOUT);
      self.is_open[CPROC_STREAM_STDERR] = i == 2;
      self.word = words[i];
      self.handler = wait_in_handler;
      exit_with (&self, 0, 0);
      if (i == 2)
        end_stream (&self, CPROC_STREAM_STDERR);

      waited = strstr (self.log->str, "waited");
      g_assert_nonnull (waited);
      g_assert_nonnull (strstr (self.log->str, "closed"));
      g_assert_true (strstr (self.log->str, "closed") < waited);
      g_assert_null (strstr (waited, "closed"));
    }
}

static void
test_closed_held_back (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  begin (&self);
  self.must_wait = TRUE;
  close_now (&self);
  assert_log (&self, "drain1-1000 drain2-1000 EXITED exit ended1 ended2");
  pass (&self, 100000);
  assert_log (&self, "");

  self.must_wait = FALSE;
  cproc_run_expect_closed (&self.run);
  assert_log (&self, "");
  pass (&self, 0);
  assert_log (&self, "release CLOSED closed");
}

static void
test_timeout (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_timeout (&self.run, 500);
  pass (&self, 10000);
  begin (&self);
  pass (&self, 499);
  assert_log (&self, "");
  pass (&self, 1);
  assert_log (&self, "timed-out terminate-15/5000");
  g_assert_true (self.run.timed_out);
  g_assert_cmpint (self.run.end_reason, ==, CPROC_END_TIMEOUT);
  pass (&self, 10000);
  assert_log (&self, "");
}

/* Counted from the start, and not from the call. */
static void
test_timeout_changed (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  begin (&self);
  pass (&self, 300);
  cproc_run_set_timeout (&self.run, 1000);
  pass (&self, 699);
  assert_log (&self, "");
  cproc_run_set_timeout (&self.run, 0);
  pass (&self, 5000);
  assert_log (&self, "");
  cproc_run_set_timeout (&self.run, 1000);
  assert_log (&self, "");
  pass (&self, 0);
  assert_log (&self, "timed-out terminate-15/5000");
}

static void
test_timeout_after_exit (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_timeout (&self.run, 500);
  cproc_run_set_idle_timeout (&self.run, 500);
  begin (&self);
  exit_with (&self, 0, 0);
  assert_log (&self, "drain1-1000 drain2-1000 EXITED exit");
  pass (&self, 10000);
  assert_log (&self, "");
  g_assert_false (self.run.timed_out);
}

static void
test_idle_timeout (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_idle_timeout (&self.run, 100);
  begin (&self);
  for (guint i = 0; i < 20; i++)
    {
      pass (&self, 99);
      cproc_run_output (&self.run);
    }
  assert_log (&self, "");
  pass (&self, 99);
  assert_log (&self, "");
  pass (&self, 1);
  assert_log (&self, "timed-out terminate-15/5000");
  g_assert_cmpint (self.run.end_reason, ==, CPROC_END_IDLE);
}

/* A program whose output the application holds back is not idle. */
static void
test_idle_while_held (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_idle_timeout (&self.run, 100);
  begin (&self);
  self.is_held[CPROC_STREAM_STDERR] = TRUE;
  pass (&self, 1000);
  assert_log (&self, "");
  self.is_held[CPROC_STREAM_STDERR] = FALSE;
  cproc_run_stream_resumed (&self.run, CPROC_STREAM_STDERR);
  pass (&self, 99);
  assert_log (&self, "");
  pass (&self, 100);
  assert_log (&self, "timed-out terminate-15/5000");
}

static void
test_first_reason_stands (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_timeout (&self.run, 500);
  begin (&self);
  cproc_run_end (&self.run, CPROC_END_LIMIT);
  assert_log (&self, "terminate-15/5000");
  cproc_run_end (&self.run, CPROC_END_CANCELLED);
  pass (&self, 1000);
  assert_log (&self, "");
  g_assert_cmpint (self.run.end_reason, ==, CPROC_END_LIMIT);
  g_assert_false (self.run.timed_out);
}

static void
test_drain (void)
{
  static const struct { int timeout; gboolean early; const char *log; } cases[] = {
    { 1000, FALSE, "drain1-1000 EXITED exit" },
    { 70, FALSE, "drain1-70 EXITED exit" },
    { 0, FALSE, "drain1-0 EXITED exit" },
    { -1, FALSE, "drain1--1 EXITED exit" },
    { 70, TRUE, "drain1-70 EXITED exit" },
    { 60000, TRUE, "drain1-1000 EXITED exit" },
    { -1, TRUE, "drain1-1000 EXITED exit" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto(Fake) self;

      fake_init (&self);
      cproc_run_set_drain_timeout (&self.run, cases[i].timeout);
      self.is_open[CPROC_STREAM_STDERR] = FALSE;
      begin (&self);
      if (cases[i].early)
        cproc_run_end (&self.run, CPROC_END_LIMIT);
      g_string_truncate (self.log, 0);
      exit_with (&self, 0, 0);
      assert_log (&self, cases[i].log);
    }
}

static void
test_drain_changed (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_drain_timeout (&self.run, -1);
  begin (&self);
  exit_with (&self, 0, 0);
  assert_log (&self, "drain1--1 drain2--1 EXITED exit");
  cproc_run_set_drain_timeout (&self.run, 50);
  assert_log (&self, "drain1-50 drain2-50");
  cproc_run_stream_resumed (&self.run, CPROC_STREAM_STDOUT);
  assert_log (&self, "drain1-50");
  cproc_run_set_drain_timeout (&self.run, -1);
  g_string_truncate (self.log, 0);
  cproc_run_end (&self.run, CPROC_END_CANCELLED);
  assert_log (&self, "terminate-15/5000 drain1-1000 drain2-1000");

  cproc_run_stream_given_up (&self.run);
  cproc_run_stream_given_up (&self.run);
  assert_log (&self, "not-drained");
}

static void
test_signals_wait_for_start (void)
{
  g_auto(Fake) self;
  g_autoptr(GError) error = NULL;

  fake_init (&self);
  cproc_run_set_state (&self.run, CPROC_STATE_STARTING);
  g_assert_true (cproc_run_terminate (&self.run, SIGTERM, NULL));
  g_assert_true (cproc_run_signal (&self.run, SIGSTOP, NULL));
  g_assert_true (cproc_run_signal (&self.run, SIGCONT, NULL));
  g_assert_true (cproc_run_signal (&self.run, SIGSTOP, NULL));
  g_assert_true (cproc_run_signal (&self.run, 0, NULL));
  g_assert_false (cproc_run_signal (&self.run, NSIG, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_log (&self, "STARTING");

  begin (&self);
  self.run.kill_grace = 70;
  cproc_run_send_pending (&self.run);
  assert_log (&self, "signal-18 signal-19 terminate-15/70");
  cproc_run_send_pending (&self.run);
  assert_log (&self, "");

  g_assert_true (cproc_run_signal (&self.run, SIGHUP, NULL));
  g_assert_true (cproc_run_terminate (&self.run, SIGINT, NULL));
  assert_log (&self, "signal-1 terminate-2/70");
}

static void
test_failed_start (void)
{
  g_auto(Fake) self;

  fake_init (&self);
  cproc_run_set_timeout (&self.run, 100);
  cproc_run_set_state (&self.run, CPROC_STATE_STARTING);
  g_assert_true (cproc_run_terminate (&self.run, SIGTERM, NULL));
  cproc_run_fail (&self.run);
  assert_log (&self, "STARTING NEW");
  pass (&self, 1000);
  begin (&self);
  cproc_run_send_pending (&self.run);
  assert_log (&self, "");
}

static void
test_abandon (void)
{
  static const struct { gboolean exits, is_spared; const char *log; } cases[] = {
    { FALSE, FALSE, "terminate-2/0" },
    { FALSE, TRUE, "" },
    { TRUE, FALSE, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto(Fake) self;

      fake_init (&self);
      self.kill_signal = SIGINT;
      self.run.kill_grace = 0;
      cproc_run_set_timeout (&self.run, 100);
      begin (&self);
      if (cases[i].exits)
        exit_with (&self, 0, 0);
      g_string_truncate (self.log, 0);
      cproc_run_abandon (&self.run, cases[i].is_spared);
      assert_log (&self, cases[i].log);
      g_assert_cmpint (self.due, ==, CPROC_RUN_NEVER);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/run/order", test_order);
  g_test_add_func ("/run/exit-last", test_exit_last);
  g_test_add_func ("/run/due-before-rest", test_due_before_rest);
  g_test_add_func ("/run/wait-in-last-handler", test_wait_in_last_handler);
  g_test_add_func ("/run/closed-held-back", test_closed_held_back);
  g_test_add_func ("/run/timeout", test_timeout);
  g_test_add_func ("/run/timeout-changed", test_timeout_changed);
  g_test_add_func ("/run/timeout-after-exit", test_timeout_after_exit);
  g_test_add_func ("/run/idle-timeout", test_idle_timeout);
  g_test_add_func ("/run/idle-while-held", test_idle_while_held);
  g_test_add_func ("/run/first-reason-stands", test_first_reason_stands);
  g_test_add_func ("/run/drain", test_drain);
  g_test_add_func ("/run/drain-changed", test_drain_changed);
  g_test_add_func ("/run/signals-wait-for-start", test_signals_wait_for_start);
  g_test_add_func ("/run/failed-start", test_failed_start);
  g_test_add_func ("/run/abandon", test_abandon);

  return g_test_run ();
}
