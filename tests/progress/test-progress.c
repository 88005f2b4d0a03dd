/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The progress of a child: its fraction, and programs that have some. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "child-util.h"

/* Each step waits for a line, which the handler of the step before writes. */
#define STEPS "printf '\\r 10%%'; read x; printf '\\r 50%%'; read x; printf '\\r100%%\\n'; read x"

typedef struct
{
  GArray *values; /* each that the property had when it notified */
  gboolean goes_on;
} Steps;

/* A step is made when something is written. */
static CprocChild *
child_new_for_steps (const char *line)
{
  CprocChild *child = cproc_child_new_shell (line);

  cproc_command_set_stdin_mode (cproc_child_get_command (child), CPROC_STDIO_PIPE);

  return child;
}

static void
on_fraction (CprocProgress *progress,
             GParamSpec    *pspec,
             Steps         *steps)
{
  double fraction;

  g_object_get (progress, "fraction", &fraction, NULL);
  g_assert_cmpfloat (fraction, ==, cproc_progress_get_fraction (progress));
  g_array_append_val (steps->values, fraction);
  if (steps->goes_on)
    test_write (cproc_progress_get_child (progress), "\n", 1);
}

static Steps
steps_watch (CprocProgress *progress,
             Steps         *steps,
             gboolean       goes_on)
{
  Steps empty = { g_array_new (FALSE, FALSE, sizeof (double)), goes_on };

  g_signal_connect (progress, "notify::fraction", G_CALLBACK (on_fraction), steps);

  return empty;
}

static void
assert_steps (Steps        *steps,
              const double *expected,
              guint         n_expected)
{
  g_assert_cmpuint (steps->values->len, ==, n_expected);
  for (guint i = 0; i < n_expected; i++)
    g_assert_cmpfloat_with_epsilon (g_array_index (steps->values, double, i), expected[i], 1e-9);
  g_array_unref (steps->values);
}

static void
set_pattern (CprocProgress *progress,
             const char    *pattern)
{
  GError *error = NULL;

  g_assert_true (cproc_progress_set_pattern (progress, pattern, &error));
  g_assert_no_error (error);
}

static void
test_pattern (void)
{
  const double expected[] = { 0.1, 0.5, 1 };
  g_autoptr(CprocChild) child = child_new_for_steps (STEPS);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  Steps steps = steps_watch (progress, &steps, TRUE);

  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, -1);
  set_pattern (progress, "(\\d+)%");
  test_start_and_close (child);
  assert_steps (&steps, expected, 3);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 1);
  g_clear_object (&progress);
  test_finalize (child);
}

/* Reads go elsewhere where lines or bytes are wanted, and where nothing is. */
static void
test_beside_signals (void)
{
  const double expected[] = { 0.1, 0.5, 1 };
  g_autoptr(CprocChild) child = child_new_for_steps (STEPS);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  g_autoptr(TestRecord) record = test_record_new (child);
  Steps steps = steps_watch (progress, &steps, TRUE);
  g_autofree char *lines = NULL;

  set_pattern (progress, "(\\d+)%");
  test_start_and_close (child);
  assert_steps (&steps, expected, 3);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "\r 10%\r 50%\r100%");
  g_assert_cmpstr (record->text[CPROC_STREAM_STDOUT]->str, ==, "\r 10%\r 50%\r100%\n");
}

static void
test_exec (void)
{
  const double expected[] = { 0.25 };
  g_autoptr(CprocExec) exec = cproc_exec_new_shell ("printf '[1/4] a\\n' >&2; printf 'out 5/5'");
  CprocChild *child = CPROC_CHILD (exec);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  Steps steps = steps_watch (progress, &steps, FALSE);

  set_pattern (progress, "^\\[(\\d+)/(\\d+)\\]");
  test_exec_assert_success (exec);
  test_exec_assert_output (exec, "out 5/5", "[1/4] a\n");
  assert_steps (&steps, expected, 1);
}

static void
test_errors (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "50%", NULL);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  g_autoptr(GError) error = NULL;

  set_pattern (progress, "(\\d+)%");
  g_assert_false (cproc_progress_set_pattern (progress, "(", &error));
  g_assert_true (error != NULL && error->domain == G_REGEX_ERROR);
  g_clear_error (&error);
  g_assert_false (cproc_progress_set_pattern (progress, "%", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "“%”"));

  /* What was set stays. */
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 0.5);
}

static void
test_none (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "50%", NULL);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);

  set_pattern (progress, "(\\d+)%");
  set_pattern (progress, NULL);
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, -1);
}

typedef struct
{
  CprocProgress *progress;
  guint n_calls;
  guint n_destroyed;
  CprocStream stream;
  char *line;
} Asked;

static double
ask (CprocChild  *child,
     CprocStream  stream,
     const char  *line,
     gpointer     user_data)
{
  Asked *asked = user_data;

  g_assert_true (CPROC_IS_CHILD (child));
  asked->n_calls++;
  asked->stream = stream;
  g_free (asked->line);
  asked->line = g_strdup (line);

  return strlen (line) / 10.0;
}

static void
asked_destroy (gpointer user_data)
{
  ((Asked *) user_data)->n_destroyed++;
}

static void
test_func (void)
{
  Asked asked = { 0, };
  g_autoptr(CprocChild) child = test_child_new ("echo", "2", "12345\n", NULL);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);

  cproc_progress_set_func (progress, ask, &asked, asked_destroy);
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 0.5);
  g_assert_cmpuint (asked.n_calls, ==, 1);
  g_assert_cmpint (asked.stream, ==, CPROC_STREAM_STDERR);
  g_assert_cmpstr (asked.line, ==, "12345");
  g_assert_cmpuint (asked.n_destroyed, ==, 0);
  g_clear_object (&progress);
  test_finalize (child);
  g_assert_cmpuint (asked.n_destroyed, ==, 1);
  g_free (asked.line);
}

static void
ask_marshal (GClosure     *closure,
             GValue       *return_value,
             guint         n_params,
             const GValue *params,
             gpointer      hint,
             gpointer      data)
{
  g_assert_cmpuint (n_params, ==, 3);
  g_assert_true (G_VALUE_HOLDS (&params[0], CPROC_TYPE_CHILD));
  g_assert_cmpint (g_value_get_enum (&params[1]), ==, CPROC_STREAM_STDOUT);
  g_assert_true (G_VALUE_HOLDS_DOUBLE (return_value));

  /* What throws in its language gives no answer. */
  if (g_str_equal (g_value_get_string (&params[2]), "now"))
    g_value_set_double (return_value, 0.75);
}

static void
closure_gone (gpointer  data,
              GClosure *closure)
{
  ((Asked *) data)->n_destroyed++;
}

static void
test_closure (void)
{
  Asked asked = { 0, };
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "now\nthen\n", NULL);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), NULL);

  g_closure_set_marshal (closure, ask_marshal);
  g_closure_add_finalize_notifier (closure, &asked, closure_gone);
  cproc_progress_set_closure (progress, closure);
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 0.75);
  g_assert_cmpuint (asked.n_destroyed, ==, 0);
  cproc_progress_set_closure (progress, NULL);
  g_assert_cmpuint (asked.n_destroyed, ==, 1);
}

static double
count_characters (CprocChild  *child,
                  CprocStream  stream,
                  const char  *line,
                  gpointer     user_data)
{
  return strlen (line) / *(double *) user_data;
}

static void
test_c_closure (void)
{
  double most = 8;
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "four", NULL);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);

  cproc_progress_set_closure (progress, g_cclosure_new (G_CALLBACK (count_characters), &most,
                                                           NULL));
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 0.5);
}

static double
ask_once (CprocChild  *child,
          CprocStream  stream,
          const char  *line,
          gpointer     user_data)
{
  Asked *asked = user_data;

  asked->n_calls++;
  set_pattern (asked->progress, "(\\d+)%");
  /* It is in use until it returns. */
  g_assert_cmpuint (asked->n_destroyed, ==, 0);

  return 0.25;
}

static void
test_replaced_while_asked (void)
{
  const double expected[] = { 0.25, 0.5 };
  Asked asked = { 0, };
  g_autoptr(CprocChild) child = child_new_for_steps ("printf 'a\\nb\\nc\\n'; read x; echo 50%");
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  Steps steps = steps_watch (progress, &steps, TRUE);

  asked.progress = progress;
  cproc_progress_set_func (progress, ask_once, &asked, asked_destroy);
  test_start_and_close (child);
  g_assert_cmpuint (asked.n_calls, ==, 1);
  g_assert_cmpuint (asked.n_destroyed, ==, 1);
  assert_steps (&steps, expected, 2);
}

/* A handler that runs a main loop, in which all other steps come; that there were some is told when
 * it is done, since GObject does not notify inside of a notification. */
static void
on_fraction_iterate (CprocProgress *progress,
                     GParamSpec    *pspec,
                     guint         *n_calls)
{
  CprocChild *child = cproc_progress_get_child (progress);

  (*n_calls)++;
  if (*n_calls > 1)
    return;

  g_assert_cmpfloat_with_epsilon (cproc_progress_get_fraction (progress), 0.1, 1e-9);
  test_write (child, "\n\n\n", 3);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 1);
}

static void
test_nested (void)
{
  g_autoptr(CprocChild) child = child_new_for_steps (STEPS);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  guint n_calls = 0;

  g_signal_connect (progress, "notify::fraction", G_CALLBACK (on_fraction_iterate), &n_calls);
  set_pattern (progress, "(\\d+)%");
  test_start (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (n_calls, ==, 2);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 1);
}

/* The last reference goes in its own handler, and the child's with it. */
static void
on_fraction_drop (CprocProgress  *progress,
                  GParamSpec     *pspec,
                  CprocProgress **holder)
{
  g_clear_object (holder);
}

static void
test_dropped (void)
{
  CprocChild *child = test_child_new ("echo", "1", "50%\n60%\n", NULL);
  CprocProgress *progress = cproc_progress_new (child);
  gpointer watched = child;

  g_object_add_weak_pointer (G_OBJECT (child), &watched);
  g_signal_connect (progress, "notify::fraction", G_CALLBACK (on_fraction_drop), &progress);
  set_pattern (progress, "(\\d+)%");
  test_start (child);
  g_object_unref (child);
  while (watched != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (progress);
}

/* A progress that is dropped looks at nothing more; others of the same child go on. */
static void
test_several (void)
{
  g_autoptr (CprocChild) child = test_child_new ("echo", "1", "50% 1/4\n", NULL);
  CprocProgress *dropped = cproc_progress_new (child);
  g_autoptr (CprocProgress) percent = cproc_progress_new (child);
  g_autoptr (CprocProgress) count = cproc_progress_new (child);

  set_pattern (dropped, "(\\d+)%");
  set_pattern (percent, "(\\d+)%");
  set_pattern (count, "(\\d+)/(\\d+)");
  test_finalize (dropped);
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (percent), ==, 0.5);
  g_assert_cmpfloat (cproc_progress_get_fraction (count), ==, 0.25);
}

static void
test_destroy_without_func (void)
{
  Asked asked = { 0, };
  g_autoptr (CprocChild) child = test_child_new ("exit", "0", NULL);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);

  cproc_progress_set_func (progress, NULL, &asked, asked_destroy);
  g_assert_cmpuint (asked.n_destroyed, ==, 1);
  cproc_progress_set_func (progress, ask, &asked, asked_destroy);
  cproc_progress_set_func (progress, NULL, NULL, NULL);
  g_assert_cmpuint (asked.n_destroyed, ==, 2);
}

static void
test_much (void)
{
  g_autoptr(CprocChild) child =
    cproc_child_new_shell ("i=0; while [ $i -le 20000 ]; do echo $i/20000; i=$((i+1)); done");
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);

  set_pattern (progress, "^(\\d+)/(\\d+)$");
  test_start_and_close (child);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 1);
}

/* Programs that have progress: what they say is theirs, so the last of it is looked at. */

static gboolean
skip_without (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  if (path == NULL)
    g_test_skip ("The program is not here");

  return path == NULL;
}

/* A folder that goes with the test, as the current one of a shell that makes something in it. */
static char *
make_folder (const char *line)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("cproc-XXXXXX", &error);
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);
  g_autoptr(CprocExec) exec = cproc_exec_new_for_command (command);

  g_assert_no_error (error);
  cproc_command_set_cwd (command, folder);
  cproc_command_set_environment_variable (command, "HOME", folder);
  test_exec_assert_success (exec);

  return folder;
}

static void
remove_folder (char *folder)
{
  const char *argv[] = { "rm", "-rf", folder, NULL };
  g_autoptr(CprocExec) exec = cproc_exec_new (argv);

  test_exec_assert_success (exec);
  g_free (folder);
}

static void
run_in_folder (char       *folder,
               const char *line,
               const char *pattern)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell (line);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autoptr (CprocProgress) progress = cproc_progress_new (child);
  Steps steps = steps_watch (progress, &steps, FALSE);

  cproc_command_set_cwd (command, folder);
  cproc_command_set_environment_variable (command, "HOME", folder);
  cproc_command_set_environment_variable (command, "LC_ALL", "C");
  set_pattern (progress, pattern);
  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  g_assert_cmpfloat (cproc_progress_get_fraction (progress), ==, 1);
  g_assert_cmpuint (steps.values->len, >, 0);
  g_array_unref (steps.values);
  remove_folder (folder);
}

static void
test_rsync (void)
{
  if (skip_without ("rsync"))
    return;

  run_in_folder (make_folder ("mkdir a; for i in 1 2 3 4 5 6 7 8 9; do head -c 300000 /dev/zero "
                              ">a/$i; done"),
                 "exec rsync -a --info=progress2 a/ b/", " (\\d+)% ");
}

static void
test_git (void)
{
  if (skip_without ("git"))
    return;

  run_in_folder (make_folder ("git init -q a; cd a; "
                              "for i in 1 2 3 4 5 6 7 8 9; do echo $i >$i; done; git add .; "
                              "git -c user.name=n -c user.email=e@example.org commit -q -m m"),
                 "exec git clone --progress \"file://$HOME/a\" b", "Receiving objects: +(\\d+)%");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/progress/pattern", test_pattern);
  g_test_add_func ("/progress/beside-signals", test_beside_signals);
  g_test_add_func ("/progress/exec", test_exec);
  g_test_add_func ("/progress/errors", test_errors);
  g_test_add_func ("/progress/none", test_none);
  g_test_add_func ("/progress/func", test_func);
  g_test_add_func ("/progress/closure", test_closure);
  g_test_add_func ("/progress/c-closure", test_c_closure);
  g_test_add_func ("/progress/replaced-while-asked", test_replaced_while_asked);
  g_test_add_func ("/progress/nested", test_nested);
  g_test_add_func ("/progress/dropped", test_dropped);
  g_test_add_func ("/progress/several", test_several);
  g_test_add_func ("/progress/destroy-without-func", test_destroy_without_func);
  g_test_add_func ("/progress/much", test_much);
  g_test_add_func ("/progress/rsync", test_rsync);
  g_test_add_func ("/progress/git", test_git);

  return g_test_run ();
}
