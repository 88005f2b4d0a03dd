/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every byte that a child wrote has been delivered when it is closed: any mix of sizes, every way
 * to listen, every containment, and with the child gone before the first read. CPROC_TEST_LONG
 * makes it ten thousand runs. */

#include "config.h"

#include <unistd.h>

#include "census.h"
#include "child-util.h"

#define N_SHORT 300
#define N_LONG 10000

#define SMALL 32768

typedef enum
{
  BY_OUTPUT,
  BY_LINE,
  BY_LINES,
  BY_EXEC,
  BY_EXEC_ASYNC,
  BY_WAIT,
  BY_STREAM,
  BY_PAUSE,
  N_WAYS
} Way;

typedef struct
{
  gsize sizes[2];
  gsize seen[2];
  guint n_ended;
} Run;

/* What mode write of the child writes. */
static void
check (Run        *self,
       guint       i,
       const char *data,
       gsize       length)
{
  for (gsize n = 0; n < length; n++)
    if (data[n] != (char) ('a' + (self->seen[i] + n) % 26))
      g_error ("byte %" G_GSIZE_FORMAT " of stream %u is wrong", self->seen[i] + n, i + 1);

  self->seen[i] += length;
}

static void
on_output (CprocChild  *child,
           CprocStream  stream,
           GBytes      *bytes,
           Run         *self)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  check (self, stream - CPROC_STREAM_STDOUT, data, size);
}

static void
on_line (CprocChild  *child,
         CprocStream  stream,
         const char  *line,
         Run         *self)
{
  check (self, stream - CPROC_STREAM_STDOUT, line, strlen (line));
}

static void
on_lines (CprocChild   *child,
          CprocStream   stream,
          char        **lines,
          Run          *self)
{
  for (guint i = 0; lines[i] != NULL; i++)
    on_line (child, stream, lines[i], self);
}

static void
on_stream_ended (CprocChild  *child,
                 CprocStream  stream,
                 Run         *self)
{
  g_assert_cmpuint (self->seen[stream - CPROC_STREAM_STDOUT], ==,
                    self->sizes[stream - CPROC_STREAM_STDOUT]);
  self->n_ended++;
}

/* Around the size of a read, of a pipe, and of a large pipe. Small is what a pipe holds in any
 * case, in pages that are not quite full. */
static gsize
random_size (gboolean small)
{
  static const gsize edges[] = { 1, 4096, SMALL, 65535, 65536, 65537, 131072, 1048576, 1048577 };

  switch (g_test_rand_int_range (0, 4))
    {
    case 0:
      return 0;
    case 1:
      return edges[g_test_rand_int_range (0, small ? 3 : (int) G_N_ELEMENTS (edges))];
    case 2:
      return (gsize) g_test_rand_int_range (1, 200);
    default:
      return (gsize) g_test_rand_int_range (1, small ? SMALL + 1 : 300000);
    }
}

static CprocCommand *
make_command (const Run *self)
{
  static const guint chunks[] = { 7, 512, 4096, 65536, 1000000 };
  g_autofree char *out = g_strdup_printf ("%" G_GSIZE_FORMAT, self->sizes[0]);
  g_autofree char *err = g_strdup_printf ("%" G_GSIZE_FORMAT, self->sizes[1]);
  g_autofree char *chunk = NULL;
  CprocCommand *command;
  guint size = chunks[g_test_rand_int_range (0, G_N_ELEMENTS (chunks))];

  /* Not a million writes. */
  if (self->sizes[0] + self->sizes[1] > 100000)
    size = MAX (size, 4096);
  chunk = g_strdup_printf ("%u", size);
  command = cproc_command_new ((const char *[]) { g_getenv ("CPROC_TEST_CHILD"), "write", "1", out,
                                                  chunk, "2", err, NULL });
  cproc_command_set_containment (command, CPROC_CONTAINMENT_NONE +
                                            (guint) g_test_rand_int_range (0, 3));

  return command;
}

static void
run_exec (Run          *self,
          CprocCommand *command,
          TestRun       kind)
{
  g_autoptr(CprocExec) exec = cproc_exec_new_for_command (command);
  g_autoptr(GBytes) out = NULL;
  g_autoptr(GBytes) err = NULL;
  g_autoptr(GError) error = NULL;

  cproc_exec_set_max_buffer (exec, -1);
  g_assert_true (test_exec_run (exec, kind, &error));
  g_assert_no_error (error);
  out = cproc_exec_get_stdout_bytes (exec);
  err = cproc_exec_get_stderr_bytes (exec);
  check (self, 0, g_bytes_get_data (out, NULL), g_bytes_get_size (out));
  check (self, 1, g_bytes_get_data (err, NULL), g_bytes_get_size (err));
  self->n_ended = 2;
}

static void
read_to_end (Run          *self,
             guint         i,
             GInputStream *stream)
{
  char buffer[10000];
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, NULL)) > 0)
    check (self, i, buffer, (gsize) n);
  g_assert_cmpint (n, ==, 0);
}

static void
connect_listeners (Run        *self,
                   CprocChild *child,
                   Way         way)
{
  if (way == BY_LINE)
    g_signal_connect (child, "line", G_CALLBACK (on_line), self);
  else if (way == BY_LINES)
    g_signal_connect (child, "lines", G_CALLBACK (on_lines), self);
  else
    g_signal_connect (child, "output", G_CALLBACK (on_output), self);
  g_signal_connect (child, "stream-ended", G_CALLBACK (on_stream_ended), self);
}

static void
run_child (Run          *self,
           CprocCommand *command,
           Way           way,
           gboolean      gone)
{
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  GInputStream *streams[2] = { NULL, NULL };

  connect_listeners (self, child, way);
  if (way == BY_STREAM)
    streams[0] = cproc_child_take_stdout_stream (child);
  if (way == BY_PAUSE)
    cproc_child_pause (child, CPROC_STREAM_STDERR);

  test_start (child);
  /* All of it is in the pipes then. */
  if (gone)
    test_await_process_end (cproc_child_get_pid (child));

  if (way == BY_STREAM)
    {
      /* The other one is not read meanwhile. */
      read_to_end (self, 0, streams[0]);
      self->n_ended++;
    }
  if (way == BY_PAUSE)
    {
      g_main_context_iteration (NULL, FALSE);
      cproc_child_resume (child, CPROC_STREAM_STDERR);
    }
  if (way == BY_WAIT)
    g_assert_true (cproc_child_wait (child, NULL, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
}

static void
test_complete (gconstpointer data)
{
  Way way = GPOINTER_TO_UINT (data);
  guint n = (census_is_long () ? N_LONG : N_SHORT) / N_WAYS;

  for (guint i = 0; i < n; i++)
    {
      gboolean gone = i % 3 == 0;
      Run self = { .sizes = { random_size (gone), random_size (gone || way == BY_STREAM) } };
      g_autoptr(CprocCommand) command = make_command (&self);

      if (way == BY_EXEC || way == BY_EXEC_ASYNC)
        run_exec (&self, command, way == BY_EXEC ? TEST_RUN_SYNC : TEST_RUN_ASYNC);
      else
        run_child (&self, command, way, gone);

      g_assert_cmpuint (self.seen[0], ==, self.sizes[0]);
      g_assert_cmpuint (self.seen[1], ==, self.sizes[1]);
      g_assert_cmpuint (self.n_ended, ==, 2);
    }
}

/* Many at the same time, which write and end as they like. */
static void
test_crowd (void)
{
  guint n = census_is_long () ? 100 : 4;

  for (guint round = 0; round < n; round++)
    {
      Run runs[16] = { { { 0 } } };
      CprocChild *children[G_N_ELEMENTS (runs)];

      for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
        {
          g_autoptr(CprocCommand) command = NULL;

          runs[i].sizes[0] = random_size (FALSE);
          runs[i].sizes[1] = random_size (FALSE);
          command = make_command (&runs[i]);
          children[i] = cproc_child_new_for_command (command);
          connect_listeners (&runs[i], children[i], BY_OUTPUT + i % 3);
          cproc_child_start_async (children[i], NULL, NULL, NULL);
        }
      for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
        {
          test_run_until_state (children[i], CPROC_STATE_CLOSED);
          g_assert_cmpuint (runs[i].seen[0], ==, runs[i].sizes[0]);
          g_assert_cmpuint (runs[i].seen[1], ==, runs[i].sizes[1]);
          g_assert_cmpuint (runs[i].n_ended, ==, 2);
          g_object_unref (children[i]);
        }
    }
}

static void
on_exited (CprocChild *child,
           int         exit_code,
           int         term_signal,
           gint64     *time)
{
  *time = g_get_monotonic_time ();
}

/* What has escaped keeps the pipes, but neither the end nor what was written before it. */
static void
test_escaped (gconstpointer data)
{
  CprocContainment containment = GPOINTER_TO_UINT (data);
  g_autoptr(CprocCommand) command = test_command_new ("spawn-grandchild", "session", "0", NULL);
  g_autoptr(CprocChild) child = NULL;
  g_autoptr(TestRecord) record = NULL;
  gint64 exit_time = 0;
  gint64 msec;

  cproc_command_set_containment (command, containment);
  child = cproc_child_new_for_command (command);
  cproc_child_set_drain_timeout (child, 200);
  record = test_record_new (child);
  g_signal_connect (child, "exit", G_CALLBACK (on_exited), &exit_time);
  test_start_and_close (child);
  msec = (g_get_monotonic_time () - exit_time) / 1000;

  /* Ten times as long, for a machine that has other things to do; `exit` may be told of a little
   * after the time to drain has begun. */
  g_assert_cmpint (msec, >=, 150);
  g_assert_cmpint (msec, <, 2000);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_kill_grandchild (record);
}

/* A megabyte that nobody reads does not make a failure of a success. */
static void
test_input_not_read (gconstpointer data)
{
  g_autoptr(GBytes) input = g_bytes_new_take (g_malloc0 (1024 * 1024), 1024 * 1024);

  for (guint i = 0; i < 12; i++)
    {
      g_autoptr(CprocExec) exec = test_exec_new ("echo", "1", "answer", NULL);
      g_autoptr(GError) error = NULL;

      cproc_command_set_containment (cproc_child_get_command (CPROC_CHILD (exec)),
                                     GPOINTER_TO_UINT (data));
      cproc_exec_set_input (exec, input);
      g_assert_true (test_exec_run (exec, i % TEST_N_RUNS, &error));
      g_assert_no_error (error);
      test_exec_assert_output (exec, "answer", "");
    }
}

static void
add_for_each_containment (const char   *name,
                          GTestDataFunc func)
{
  static const char *const names[] = { "auto", "none", "group", "tree" };

  for (CprocContainment i = CPROC_CONTAINMENT_NONE; i <= CPROC_CONTAINMENT_TREE; i++)
    {
      g_autofree char *path = g_strdup_printf ("/output-complete/%s/%s", name, names[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
    }
}

int
main (int    argc,
      char **argv)
{
  static const char *const names[N_WAYS] = {
    "output", "line", "lines", "exec", "exec-async", "wait", "stream", "pause",
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_WAYS; i++)
    {
      g_autofree char *path = g_strconcat ("/output-complete/", names[i], NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_complete);
    }
  g_test_add_func ("/output-complete/crowd", test_crowd);
  add_for_each_containment ("escaped", test_escaped);
  add_for_each_containment ("input-not-read", test_input_not_read);

  return g_test_run ();
}
