/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "child-util.h"

/* When a synchronous wait calls the callbacks of writes. */

#define MUCH (4 * 1024 * 1024)

static void
closes_stdin (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_assert_true (cproc_child_write_finish (CPROC_CHILD (source), result, NULL));
  cproc_child_close_stdin (CPROC_CHILD (source));
  ++*(guint *) user_data;
}

/* A synchronous wait calls the callbacks of the child's writes, and all of them. */
static void
test_callback_inside_wait (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x", 1);
  g_autoptr(GError) error = NULL;
  guint n_calls = 0;

  test_start (child);
  cproc_child_write_async (child, bytes, G_PRIORITY_DEFAULT, NULL, closes_stdin, &n_calls);
  g_assert_true (cproc_child_wait_check (child, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_calls, ==, 1);
}

static void
test_callback_before_return (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GBytes) much = g_bytes_new_take (g_strnfill (MUCH, 'x'), MUCH);
  guint n_calls = 0;

  test_start (child);
  cproc_child_write_async (child, much, G_PRIORITY_DEFAULT, NULL, closes_stdin, &n_calls);
  g_assert_true (cproc_child_wait (child, NULL, NULL));
  g_assert_cmpuint (n_calls, ==, 1);
}

typedef struct
{
  GString *order;
  char name;
} Written;

static void
note_written (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Written *written = user_data;

  g_assert_true (cproc_child_write_finish (CPROC_CHILD (source), result, NULL));
  g_string_append_c (written->order, written->name);
}

typedef struct
{
  Written writes[3];
  const int *priorities;
  gboolean noted_in_wait;
} WritesInWait;

static void
write_at_priorities (CprocChild  *child,
                     CprocStream  stream,
                     const char  *line,
                     gpointer     user_data)
{
  WritesInWait *self = user_data;
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x\n", 2);

  if (g_str_equal (line, "answer"))
    {
      self->noted_in_wait = self->writes[0].order->len == 3;
      return;
    }

  for (guint i = 0; i < 3; i++)
    cproc_child_write_async (child, bytes, self->priorities[i], NULL, note_written,
                             &self->writes[i]);
}

/* The pipe takes these writes during the call itself. Their callbacks come in the order of the
 * priorities, inside the wait, and before the signals of what the child answers later. */
static void
test_callback_priorities (void)
{
  static const int priorities[] = { G_PRIORITY_LOW, G_PRIORITY_DEFAULT, G_PRIORITY_HIGH };

  for (guint before = 0; before < 2; before++)
    {
      g_autoptr(CprocChild) child =
        cproc_child_new_shell ("echo ready; read a; read b; read c; sleep 0.3; echo answer");
      g_autoptr(GString) order = g_string_new (NULL);
      WritesInWait self = { { { order, 'l' }, { order, 'd' }, { order, 'h' } }, priorities, FALSE };

      cproc_command_set_stdin_mode (cproc_child_get_command (child), CPROC_STDIO_PIPE);
      test_start (child);
      if (before)
        write_at_priorities (child, CPROC_STREAM_STDOUT, "", &self);
      else
        g_signal_connect (child, "line::stdout", G_CALLBACK (write_at_priorities), &self);
      g_assert_true (cproc_child_wait_check (child, NULL, NULL));
      g_assert_cmpstr (order->str, ==, "hdl");
      g_assert_true (before || self.noted_in_wait);
    }
}

static void
write_unasked (CprocChild  *child,
               CprocStream  stream,
               const char  *line,
               gpointer     user_data)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x", 1);

  cproc_child_write_async (child, bytes, G_PRIORITY_LOW, NULL, test_store_result, user_data);
}

/* A write that is refused, as this child's standard input is no pipe, has its callback inside the
 * wait as well. */
static void
test_callback_of_refused_write (void)
{
  g_autoptr(CprocChild) child = cproc_child_new_shell ("echo ready");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_signal_connect (child, "line::stdout", G_CALLBACK (write_unasked), &result);
  test_start (child);
  g_assert_true (cproc_child_wait_check (child, NULL, NULL));
  g_assert_nonnull (result);
  g_assert_false (cproc_child_write_finish (child, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
write_once (CprocChild *child,
            gpointer    user_data)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x", 1);

  cproc_child_write_async (child, bytes, G_PRIORITY_LOW, NULL, test_store_result, user_data);
}

/* A write that is too late for the child has its callback before the wait returns. */
static void
test_callback_of_late_write (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_start (child);
  cproc_child_close_stdin (child);
  g_signal_connect (child, "closed", G_CALLBACK (write_once), &result);
  g_assert_true (cproc_child_wait_check (child, NULL, NULL));
  g_assert_nonnull (result);
  g_assert_false (cproc_child_write_finish (child, result, &error));
  g_assert_nonnull (error);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-write-callback/inside-wait", test_callback_inside_wait);
  g_test_add_func ("/child-write-callback/before-return", test_callback_before_return);
  g_test_add_func ("/child-write-callback/priorities", test_callback_priorities);
  g_test_add_func ("/child-write-callback/of-refused-write", test_callback_of_refused_write);
  g_test_add_func ("/child-write-callback/of-late-write", test_callback_of_late_write);

  return g_test_run ();
}
