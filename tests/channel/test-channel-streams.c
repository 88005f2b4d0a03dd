/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>

#include "channel-util.h"

#define LARGE (1024 * 1024)

/* A channel over two pipes, and the other ends of them. */
typedef struct
{
  CprocChannel *channel;
  GInputStream *input;
  GOutputStream *output;
  int to;
  int from;
  guint n_messages;
  guint n_disconnected;
  GString *log;
} Ends;

static void
write_pipe (int         fd,
            const char *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize n = write (fd, text, length);

      g_assert_cmpint (n, >, 0);
      text += n;
      length -= n;
    }
}

static void
count_message (CprocChannel *channel,
               CprocMessage *message,
               gpointer      user_data)
{
  Ends *self = user_data;

  self->n_messages++;
  g_string_append_printf (self->log, "%s ", cproc_message_get_text (message));
}

static void
count_end (CprocChannel *channel,
           gpointer      user_data)
{
  Ends *self = user_data;

  self->n_disconnected++;
  g_string_append (self->log, "end ");
}

static void
ends_init (Ends *self)
{
  g_autoptr(GError) error = NULL;
  int in[2], out[2];

  g_assert_true (g_unix_open_pipe (in, FD_CLOEXEC, &error));
  g_assert_true (g_unix_open_pipe (out, FD_CLOEXEC, &error));
  *self = (Ends) {
    .input = g_unix_input_stream_new (in[0], TRUE),
    .output = g_unix_output_stream_new (out[1], TRUE),
    .to = in[1],
    .from = out[0],
    .log = g_string_new (NULL),
  };
  self->channel = cproc_channel_new_for_streams (self->input, self->output, &error);
  g_assert_no_error (error);
  g_signal_connect (self->channel, "message", G_CALLBACK (count_message), self);
  g_signal_connect (self->channel, "disconnected", G_CALLBACK (count_end), self);
}

static void
ends_clear (Ends *self)
{
  g_assert_finalize_object (self->channel);
  g_assert_true (g_input_stream_is_closed (self->input));
  g_assert_true (g_output_stream_is_closed (self->output));
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_string_free (self->log, TRUE);
  if (self->to >= 0)
    close (self->to);
  if (self->from >= 0)
    close (self->from);
}

static void
test_exchange (void)
{
  char buffer[16];
  g_autoptr(GError) error = NULL;
  Ends ends;

  ends_init (&ends);
  write_pipe (ends.to, "1\n{\"a\":");
  run_pending ();
  write_pipe (ends.to, "2}\n");
  run_until (&ends.n_messages, 2);
  g_assert_cmpstr (ends.log->str, ==, "1 {\"a\":2} ");

  g_assert_true (send_json (ends.channel, "[3]", &error));
  g_assert_cmpint (read (ends.from, buffer, sizeof buffer), ==, 4);
  g_assert_cmpmem (buffer, 4, "[3]\n", 4);

  cproc_channel_close (ends.channel);
  run_until (&ends.n_disconnected, 1);
  g_assert_true (is_closed (ends.from));
  ends_clear (&ends);
}

static gpointer
read_line_in_thread (gpointer data)
{
  GString *line = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while ((n = read (GPOINTER_TO_INT (data), buffer, sizeof buffer)) > 0)
    {
      g_string_append_len (line, buffer, n);
      if (buffer[n - 1] == '\n')
        break;
    }

  return line;
}

static gpointer
write_in_thread (gpointer data)
{
  Ends *ends = data;
  g_autofree char *json = make_large (LARGE);

  write_pipe (ends->to, json);
  write_pipe (ends->to, "\n");

  return NULL;
}

/* Both ways more than a pipe holds. */
static void
test_large (void)
{
  g_autofree char *json = make_large (LARGE);
  g_autoptr(GError) error = NULL;
  GThread *writer, *reader;
  GString *line;
  Ends ends;

  ends_init (&ends);
  writer = g_thread_new ("writer", write_in_thread, &ends);
  run_until (&ends.n_messages, 1);
  g_thread_join (writer);
  g_assert_cmpuint (ends.log->len, ==, strlen (json) + 1);

  g_assert_true (send_json (ends.channel, json, &error));
  reader = g_thread_new ("reader", read_line_in_thread, GINT_TO_POINTER (ends.from));
  g_assert_true (cproc_channel_flush (ends.channel, NULL, &error));
  line = g_thread_join (reader);
  g_assert_cmpuint (line->len, ==, strlen (json) + 1);
  g_string_free (line, TRUE);

  cproc_channel_close (ends.channel);
  run_until (&ends.n_disconnected, 1);
  ends_clear (&ends);
}

/* A client that has nothing more to say still reads what it is told. */
static void
test_input_ends_first (void)
{
  g_autofree char *json = make_large (LARGE);
  g_autoptr(GError) error = NULL;
  GThread *reader;
  GString *line;
  Ends ends;

  ends_init (&ends);
  g_assert_true (send_json (ends.channel, json, &error));
  write_pipe (ends.to, "1\n");
  close (ends.to);
  ends.to = -1;
  run_pending ();
  g_assert_cmpuint (ends.n_messages, ==, 1);
  g_assert_cmpuint (ends.n_disconnected, ==, 0);
  assert_refuses (ends.channel, "2", CPROC_ERROR_CHANNEL_CLOSED);

  reader = g_thread_new ("reader", read_line_in_thread, GINT_TO_POINTER (ends.from));
  run_until (&ends.n_disconnected, 1);
  line = g_thread_join (reader);
  g_assert_cmpuint (line->len, ==, strlen (json) + 1);
  g_string_free (line, TRUE);
  ends_clear (&ends);
}

static void
test_input_ends (void)
{
  Ends ends;

  ends_init (&ends);
  write_pipe (ends.to, "1\n2\n");
  close (ends.to);
  ends.to = -1;
  run_until (&ends.n_disconnected, 1);
  g_assert_cmpstr (ends.log->str, ==, "1 2 end ");
  g_assert_true (is_closed (ends.from));
  ends_clear (&ends);
}

/* SIGPIPE would end the test. */
static void
test_reader_gone (void)
{
  g_autofree char *json = make_large (LARGE);
  g_autoptr(GError) error = NULL;
  g_autoptr(GString) sent = g_string_new (NULL);
  g_autoptr(CprocMessage) message = NULL;
  Ends ends;

  ends_init (&ends);
  message = cproc_message_new_text (json, &error);
  g_assert_no_error (error);
  cproc_channel_send_async (ends.channel, message, NULL, on_sent, sent);
  run_pending ();
  g_assert_cmpstr (sent->str, ==, "");
  write_pipe (ends.to, "1\n");
  close (ends.from);
  ends.from = -1;
  run_until (&ends.n_disconnected, 1);
  g_assert_cmpstr (ends.log->str, ==, "1 end ");
  g_assert_true (g_str_has_prefix (sent->str, "not-sent:"));
  ends_clear (&ends);

  ends_init (&ends);
  close (ends.from);
  ends.from = -1;
  assert_refuses (ends.channel, "1", CPROC_ERROR_CHANNEL_CLOSED);
  run_until (&ends.n_disconnected, 1);
  ends_clear (&ends);
}

static void
test_refused_streams (void)
{
  g_autoptr(GInputStream) memory = g_memory_input_stream_new ();
  g_autoptr(GInputStream) closed = g_unix_input_stream_new (dup (0), TRUE);
  g_autoptr(GOutputStream) into_memory = g_memory_output_stream_new_resizable ();
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
  input = g_unix_input_stream_new (fds[0], TRUE);
  output = g_unix_output_stream_new (fds[1], TRUE);
  g_input_stream_close (closed, NULL, NULL);

  g_assert_null (cproc_channel_new_for_streams (memory, output, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cproc_channel_new_for_streams (closed, output, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (cproc_channel_new_for_streams (input, into_memory, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (g_input_stream_is_closed (input));
}

static void
test_no_descriptors (void)
{
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr(CprocMessage) message = cproc_message_new_text ("1", NULL);
  g_autoptr(GError) error = NULL;
  Ends ends;

  ends_init (&ends);
  g_assert_cmpint (g_unix_fd_list_append (fds, 0, &error), ==, 0);
  g_assert_true (cproc_message_set_fd_list (message, fds, &error));
  g_assert_false (cproc_channel_send (ends.channel, message, &error));
  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED);
  cproc_channel_close (ends.channel);
  run_until (&ends.n_disconnected, 1);
  ends_clear (&ends);
}

static gboolean
blocks (int fd)
{
  return (fcntl (fd, F_GETFL) & O_NONBLOCK) == 0;
}

/* Standard input may be the terminal of a shell, which goes on with it. */
static void
test_blocks_again (void)
{
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GError) error = NULL;
  CprocChannel *channel;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
  input = g_unix_input_stream_new (fds[0], FALSE);
  output = g_unix_output_stream_new (fds[1], FALSE);
  channel = cproc_channel_new_for_streams (input, output, &error);
  g_assert_no_error (error);
  g_assert_false (blocks (fds[0]) || blocks (fds[1]));

  g_assert_finalize_object (channel);
  g_assert_true (blocks (fds[0]) && blocks (fds[1]));
  close (fds[0]);
  close (fds[1]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel-streams/exchange", test_exchange);
  g_test_add_func ("/channel-streams/large", test_large);
  g_test_add_func ("/channel-streams/input-ends-first", test_input_ends_first);
  g_test_add_func ("/channel-streams/input-ends", test_input_ends);
  g_test_add_func ("/channel-streams/reader-gone", test_reader_gone);
  g_test_add_func ("/channel-streams/refused-streams", test_refused_streams);
  g_test_add_func ("/channel-streams/no-descriptors", test_no_descriptors);
  g_test_add_func ("/channel-streams/blocks-again", test_blocks_again);

  return g_test_run ();
}
