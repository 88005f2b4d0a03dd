/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "child-util.h"

/* What a child writes, as bytes and as lines. */

/* Of `child write`: byte i is 'a' + i % 26. */
static void
assert_pattern (const GString *text,
                gsize          length)
{
  g_assert_cmpuint (text->len, ==, length);
  for (gsize i = 0; i < length; i++)
    if (text->str[i] != (char) ('a' + i % 26))
      g_error ("byte %zu is wrong", i);
}

static void
test_both_streams (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", "2", "err", "1", "put", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start_and_close (child);
  g_assert_cmpstr (record->text[1]->str, ==, "output");
  g_assert_cmpstr (record->text[2]->str, ==, "err");
  test_finalize (child);
}

static void
append_output (CprocChild  *child,
               CprocStream  stream,
               GBytes      *bytes,
               GString     *text)
{
  g_string_append_printf (text, "%d:%.*s ", stream, (int) g_bytes_get_size (bytes),
                          (const char *) g_bytes_get_data (bytes, NULL));
}

static void
append_line (CprocChild  *child,
             CprocStream  stream,
             const char  *line,
             GString     *text)
{
  g_string_append_printf (text, "%d:%s ", stream, line);
}

static void
append_lines (CprocChild         *child,
              CprocStream         stream,
              const char * const *lines,
              GString            *text)
{
  for (guint i = 0; lines[i] != NULL; i++)
    append_line (child, stream, lines[i], text);
}

static void
append_end (CprocChild  *child,
            CprocStream  stream,
            GString     *text)
{
  g_string_append_printf (text, "%d:end ", stream);
}

static void
test_details (void)
{
  static const struct
  {
    const char *name;
    GCallback callback;
    const char *plain;
  } signals[] = {
    { "output", G_CALLBACK (append_output), NULL },
    { "line", G_CALLBACK (append_line), NULL },
    { "lines", G_CALLBACK (append_lines), NULL },
    { "stream-ended", G_CALLBACK (append_end), "end" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a", "2", "b", NULL);
      g_autofree char *out = g_strconcat (signals[i].name, "::stdout", NULL);
      g_autofree char *err = g_strconcat (signals[i].name, "::stderr", NULL);
      g_autoptr(GString) out_text = g_string_new (NULL);
      g_autoptr(GString) err_text = g_string_new (NULL);
      g_autoptr(GString) both = g_string_new (NULL);
      gboolean is_end = signals[i].plain != NULL;

      g_signal_connect (child, out, signals[i].callback, out_text);
      g_signal_connect (child, err, signals[i].callback, err_text);
      g_signal_connect (child, signals[i].name, signals[i].callback, both);
      test_start_and_close (child);
      g_assert_cmpstr (out_text->str, ==, is_end ? "1:end " : "1:a ");
      g_assert_cmpstr (err_text->str, ==, is_end ? "2:end " : "2:b ");
      g_assert_cmpuint (both->len, ==, out_text->len + err_text->len);
    }
}

static void
test_any_bytes (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  char data[256];

  for (int i = 0; i < 256; i++)
    data[i] = (char) i;
  test_start (child);
  test_write (child, data, sizeof data);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpmem (record->text[1]->str, record->text[1]->len, data, sizeof data);
}

static void
append_bytes (CprocChild  *child,
              CprocStream  stream,
              GBytes      *bytes,
              GString     *text)
{
  g_string_append_len (text, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
test_much (void)
{
  static const char *const sizes[] = { "65535", "65536", "65537", "8388608" };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int stream = CPROC_STREAM_STDOUT; stream <= CPROC_STREAM_STDERR; stream++)
      {
        g_autofree char *number = g_strdup_printf ("%d", stream);
        g_autoptr(CprocChild) child = test_child_new ("write", number, sizes[i], NULL);
        g_autoptr(GString) text = g_string_new (NULL);

        g_signal_connect (child, "output", G_CALLBACK (append_bytes), text);
        test_start_and_close (child);
        assert_pattern (text, g_ascii_strtoull (sizes[i], NULL, 10));
        g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
      }
}

/* Bytes stay as they are when they are kept. */
static void
keep_bytes (CprocChild  *child,
            CprocStream  stream,
            GBytes      *bytes,
            GPtrArray   *kept)
{
  g_ptr_array_add (kept, g_bytes_ref (bytes));
}

static void
test_kept_bytes (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "3000000", NULL);
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr(GString) text = g_string_new (NULL);

  g_signal_connect (child, "output", G_CALLBACK (keep_bytes), kept);
  test_start_and_close (child);
  for (guint i = 0; i < kept->len; i++)
    append_bytes (child, CPROC_STREAM_STDOUT, g_ptr_array_index (kept, i), text);
  assert_pattern (text, 3000000);
}

static void
test_no_listener (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "3000000", NULL);
  g_autoptr(CprocChild) other = test_child_new ("write", "2", "3000000", NULL);

  test_start_and_close (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
  test_start (other);
  g_assert_true (cproc_child_wait_check (other, NULL, NULL));
}

/* Whether somebody listens is looked at each time. */
static void
test_late_listener (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GString) first = g_string_new (NULL);
  g_autoptr(GString) lines = g_string_new (NULL);
  gulong id;

  id = g_signal_connect (child, "output", G_CALLBACK (append_bytes), first);
  test_start (child);
  test_write (child, "one\n", -1);
  test_run_until_length (first, 4);
  g_signal_connect (child, "line", G_CALLBACK (append_line), lines);
  test_write (child, "two\n", -1);
  test_run_until_length (first, 8);
  g_signal_handler_disconnect (child, id);
  test_write (child, "three\n", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);

  g_assert_cmpstr (first->str, ==, "one\ntwo\n");
  g_assert_cmpstr (lines->str, ==, "1:two 1:three ");
}

/* Output that had no listener does not become part of a line with earlier output. */
static void
test_deaf_listener (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(GString) bytes = g_string_new (NULL);
  g_autoptr(GString) lines = g_string_new (NULL);
  gulong id;

  g_signal_connect (child, "output", G_CALLBACK (append_bytes), bytes);
  id = g_signal_connect (child, "line", G_CALLBACK (append_line), lines);
  test_start (child);
  test_write (child, "one\ntw", -1);
  test_run_until_length (bytes, 6);
  g_signal_handler_disconnect (child, id);
  test_write (child, "o\n", -1);
  test_run_until_length (bytes, 8);
  g_signal_connect (child, "line", G_CALLBACK (append_line), lines);
  test_write (child, "three\n", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (lines->str, ==, "1:one 1:three ");
}

/* Each piece has been read before the next one is written. */
static char *
lines_of_pieces (CprocChild         *child,
                 const char * const *pieces,
                 gssize              length)
{
  g_autoptr(TestRecord) record = test_record_new (child);
  gsize total = 0;
  char *lines;

  test_start (child);
  for (guint i = 0; pieces[i] != NULL; i++)
    {
      test_write (child, pieces[i], length);
      total += length < 0 ? strlen (pieces[i]) : (gsize) length;
      test_run_until_length (record->text[1], total);
    }
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_signal_handlers_disconnect_by_data (child, record);

  return lines;
}

static void
test_lines (void)
{
  static const struct
  {
    const char *pieces[5];
    const char *lines;
  } cases[] = {
    { { "a\nb\n" }, "a|b" },
    { { "a\nb" }, "a|b" },
    { { "a\r\nb\r\n" }, "a|b" },
    { { "\n\n" }, "|" },
    { { "a\rb\n" }, "a\rb" },
    { { "a", "b\n", "c" }, "ab|c" },
    { { "a\r", "\nb" }, "a|b" },
    { { "a\r", "b\n" }, "a\rb" },
    { { "\xc3", "\xa4\n" }, "ä" },
    { { "\xe2", "\x82", "\xac" }, "€" },
    { { "\xf0\x9f", "\x98\x80" }, "😀" },
    { { "a\xff" "b\n" }, "a\xef\xbf\xbd" "b" },
    { { "a\xe2\x82" }, "a\xef\xbf\xbd" },
    { { "" }, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
      g_autofree char *lines = lines_of_pieces (child, cases[i].pieces, -1);

      g_assert_cmpstr (lines, ==, cases[i].lines);
    }
}

static void
test_encodings (void)
{
  static const char *const latin1[] = { "gr\xfc\xdf" "e\n", NULL };
  static const char *const utf16[] = { "a", "\0", "\xac", "\x20", "\n", "\0", NULL };
  static const char *const nul[] = { "a\0b\n", NULL };
  g_autoptr(CprocChild) first = test_child_new ("cat", NULL);
  g_autoptr(CprocChild) second = test_child_new ("cat", NULL);
  g_autoptr(CprocChild) third = test_child_new ("cat", NULL);
  g_autofree char *first_line = NULL;
  g_autofree char *second_line = NULL;
  g_autofree char *third_line = NULL;

  cproc_child_set_encoding (first, "ISO-8859-1");
  first_line = lines_of_pieces (first, latin1, -1);
  g_assert_cmpstr (first_line, ==, "grüße");

  cproc_child_set_encoding (second, "UTF-16LE");
  second_line = lines_of_pieces (second, utf16, 1);
  g_assert_cmpstr (second_line, ==, "a€");

  third_line = lines_of_pieces (third, nul, 4);
  g_assert_cmpstr (third_line, ==, "a\xef\xbf\xbd" "b");
}

static void
test_max_line_length (void)
{
  static const char *const pieces[] = { "abcdefghijkl\nmno\npqrst", NULL };
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autofree char *lines = NULL;

  cproc_child_set_max_line_length (child, 5);
  lines = lines_of_pieces (child, pieces, -1);
  g_assert_cmpstr (lines, ==, "abcde|fghij|kl|mno|pqrst");
}

static void
test_max_line_length_changes (void)
{
  g_autoptr(CprocChild) child = test_child_new ("cat", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;

  cproc_child_set_max_line_length (child, 3);
  test_start (child);
  test_write (child, "abcdef\n", -1);
  test_run_until_length (record->text[1], 7);
  cproc_child_set_max_line_length (child, 4);
  test_write (child, "abcdef\n", -1);
  cproc_child_close_stdin (child);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "abc|def|abcd|ef");
}

/* A line that never ends does not grow for ever: 1 MiB is the length it has by default. */
static void
test_endless_line (void)
{
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "3000000", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gsize total = 0;

  test_start_and_close (child);
  g_assert_cmpuint (record->lines[1]->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    total += strlen (g_ptr_array_index (record->lines[1], i));
  g_assert_cmpuint (total, ==, 3000000);
  g_assert_cmpuint (strlen (g_ptr_array_index (record->lines[1], 0)), ==, 1024 * 1024);
}

static void
note_lines (CprocChild         *child,
            CprocStream         stream,
            const char * const *lines,
            TestRecord         *record)
{
  g_ptr_array_add (record->events, g_strjoinv ("+", (char **) lines));
}

static void
test_lines_first (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb\nc\n", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *events = NULL;

  g_signal_connect (child, "lines::stdout", G_CALLBACK (note_lines), record);
  test_start_and_close (child);
  events = test_record_dup (record);
  g_assert_nonnull (strstr (events, "output::stdout, a+b+c, line::stdout, "));
  g_assert_cmpuint (record->lines[1]->len, ==, 3);
}

static void
test_last_line (void)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "a\nb", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  g_autofree char *lines = NULL;
  g_autofree char *events = NULL;

  record->joined = FALSE;
  test_start_and_close (child);
  lines = test_record_dup_lines (record, CPROC_STREAM_STDOUT);
  g_assert_cmpstr (lines, ==, "a|b");
  events = test_record_dup (record);
  g_assert_null (strstr (strstr (events, "stream-ended::stdout"), "line::stdout"));
}

/* A stream ends by itself, not with the process. */
static void
test_stream_ends_early (void)
{
  g_autoptr(CprocChild) child = test_child_new ("close-and-sleep", "1", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);

  test_start (child);
  while (test_record_count (record, "stream-ended::stdout") == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (cproc_child_get_state (child), ==, CPROC_STATE_RUNNING);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stderr"), ==, 0);

  g_assert_true (cproc_child_force_exit (child, NULL));
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stdout"), ==, 1);
  g_assert_cmpuint (test_record_count (record, "stream-ended::stderr"), ==, 1);
}

/* A child that writes without end lets other sources run. */
static void
count_bytes (CprocChild  *child,
             CprocStream  stream,
             GBytes      *bytes,
             gsize       *total)
{
  *total += g_bytes_get_size (bytes);
}

static void
test_fair (void)
{
  g_autoptr(CprocChild) noisy = test_child_new ("write", "1", "0x7fffffffffff", NULL);
  g_autoptr(CprocChild) child = test_child_new ("write", "1", "2000000", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  gsize total = 0;

  g_signal_connect (noisy, "output", G_CALLBACK (count_bytes), &total);
  test_start (noisy);
  test_start_and_close (child);
  assert_pattern (record->text[1], 2000000);
  g_assert_cmpuint (total, >, 0);

  g_assert_true (cproc_child_force_exit (noisy, NULL));
  test_run_until_state (noisy, CPROC_STATE_CLOSED);
}

static void
log_flagged_line (CprocChild  *child,
                  CprocStream  stream,
                  const char  *line,
                  GString     *log)
{
  g_string_append_printf (log, "%s:%u ", line, (guint) cproc_child_get_line_flags (child));
}

static void
log_flagged_lines (CprocChild         *child,
                   CprocStream         stream,
                   const char * const *lines,
                   GString            *log)
{
  g_autofree char *joined = g_strjoinv ("+", (char **) lines);

  g_string_append_printf (log, "%s:%u ", joined, (guint) cproc_child_get_line_flags (child));
}

typedef struct
{
  const char *text; /* for printf(1) */
  gboolean universal;
  const char *line;
  const char *lines;
} FlagCase;

static void
check_flags (const FlagCase *it,
             gboolean        batched)
{
  const char *argv[] = { "printf", it->text, NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(GString) log = g_string_new (NULL);

  cproc_child_set_max_line_length (child, 4);
  cproc_child_set_universal_newlines (child, it->universal);
  if (batched)
    g_signal_connect (child, "lines::stdout", G_CALLBACK (log_flagged_lines), log);
  else
    g_signal_connect (child, "line::stdout", G_CALLBACK (log_flagged_line), log);
  test_start_and_close (child);
  g_assert_cmpstr (log->str, ==, batched ? it->lines : it->line);
  g_assert_cmpint (cproc_child_get_line_flags (child), ==, CPROC_LINE_FLAGS_NONE);
}

#define R "\357\277\275"

/* The line-flags in a handler of `line` and `lines`, with a limit of 4. */
static void
test_line_flags (void)
{
  static const FlagCase cases[] = {
    { "a\\nb\\n", FALSE, "a:0 b:0 ", "a+b:0 " },
    { "abcd\\n", FALSE, "abcd:0 ", "abcd:0 " },
    { "abcd\\r\\n", FALSE, "abcd:0 ", "abcd:0 " },
    { "x\\nabcdefghi\\ny\\n", FALSE, "x:0 abcd:1 efgh:1 i:0 y:0 ",
      "x:0 abcd:1 efgh:1 i:0 y:0 " },
    { "a\\nb", FALSE, "a:0 b:4 ", "a:0 b:4 " },
    { "abcde", FALSE, "abcd:1 e:4 ", "abcd:1 e:4 " },
    { "a\\377\\nb\\n", FALSE, "a" R ":2 b:0 ", "a" R "+b:2 " },
    { "\\357\\277\\275\\n\\000\\n", FALSE, R ":0 " R ":2 ", R "+" R ":2 " },
    { "a\\rb\\r\\nc\\n\\rd", TRUE, "a:0 b:0 c:0 :0 d:4 ", "a+b+c+:0 d:4 " },
    { "abcd\\r\\nabcde\\r\\n", TRUE, "abcd:0 abcd:1 e:0 ", "abcd:0 abcd:1 e:0 " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      check_flags (&cases[i], FALSE);
      check_flags (&cases[i], TRUE);
    }
}

/* No limit, and no lines at all. */
static void
test_max_line_length_ends (void)
{
  static const struct
  {
    gint64 max;
    const char *expected;
  } cases[] = { { -1, "abcdefgh:0 " }, { 0, "" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *argv[] = { "echo", "abcdefgh", NULL };
      g_autoptr(CprocChild) child = cproc_child_new (argv);
      g_autoptr(GString) log = g_string_new (NULL);

      cproc_child_set_max_line_length (child, cases[i].max);
      g_signal_connect (child, "line", G_CALLBACK (log_flagged_line), log);
      test_start_and_close (child);
      g_assert_cmpstr (log->str, ==, cases[i].expected);
    }
}

/* The run keeps the encoding that it had at the start. */
static void
test_encoding_after_start (void)
{
  const char *argv[] = { "echo", "a", NULL };
  g_autoptr(CprocChild) child = cproc_child_new (argv);
  g_autoptr(GString) log = g_string_new (NULL);

  g_signal_connect (child, "line", G_CALLBACK (log_flagged_line), log);
  test_start (child);
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*STATE_STARTING*");
  cproc_child_set_encoding (child, "UTF-16");
  g_test_expect_message ("libcproc", G_LOG_LEVEL_CRITICAL, "*STATE_STARTING*");
  cproc_child_set_universal_newlines (child, TRUE);
  g_test_assert_expected_messages ();
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpstr (log->str, ==, "a:0 ");
  g_assert_cmpstr (cproc_child_get_encoding (child), ==, "UTF-8");
}

static void
on_flood (CprocChild  *child,
          CprocStream  stream,
          gpointer     value,
          gpointer     user_data)
{
  gint64 end = g_get_monotonic_time () + 100;

  (*(guint *) user_data)++;
  while (g_get_monotonic_time () < end)
    ;
}

static gboolean
on_draw (gpointer user_data)
{
  (*(guint *) user_data)++;

  return G_SOURCE_CONTINUE;
}

/* Two children write lines without end, and the handlers take their time: a source of the priority
 * at which GTK draws gets a turn after 4 ms, which is 40 emissions. */
static void
test_flood (gconstpointer signal_name)
{
  const char *argv[] = { "yes", NULL };
  CprocChild *children[2] = { cproc_child_new (argv), cproc_child_new (argv) };
  guint n_emissions[2] = { 0, 0 };
  guint n_drawn = 0;
  guint id = g_idle_add_full (G_PRIORITY_HIGH_IDLE + 20, on_draw, &n_drawn, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      g_signal_connect (children[i], signal_name, G_CALLBACK (on_flood), &n_emissions[i]);
      test_start (children[i]);
    }
  while (n_emissions[0] < 100 || n_emissions[1] < 100)
    {
      guint before = n_emissions[0] + n_emissions[1];

      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpuint (n_emissions[0] + n_emissions[1] - before, <=, 160);
    }
  g_assert_cmpuint (n_drawn, >=, 2);
  g_source_remove (id);

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      /* A full pipe still holds many lines. */
      g_signal_handlers_disconnect_by_func (children[i], on_flood, &n_emissions[i]);
      g_assert_true (cproc_child_force_exit (children[i], NULL));
      test_run_until_state (children[i], CPROC_STATE_CLOSED);
      g_object_unref (children[i]);
    }
}

typedef struct
{
  CprocChild *child;
  TestRecord *record;
  guint n_turns; /* since the process has ended */
  gboolean raises;
} Busy;

/* An idle source that is ready until the process has ended and 20 more turns have passed. */
static gboolean
busy_turn (gpointer user_data)
{
  Busy *self = user_data;

  if (test_process_lives (cproc_child_get_pid (self->child)))
    return G_SOURCE_CONTINUE;

  if (++self->n_turns < 20)
    return G_SOURCE_CONTINUE;

  if (self->n_turns == 20)
    {
      g_autofree char *events = test_record_dup (self->record);

      g_assert_cmpstr (events, ==, "started");
      if (self->raises)
        cproc_child_set_io_priority (self->child, G_PRIORITY_DEFAULT);
    }

  return self->raises ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
test_io_priority (gconstpointer data)
{
  g_autoptr(CprocChild) child = test_child_new ("echo", "1", "out", "2", "err", NULL);
  g_autoptr(TestRecord) record = test_record_new (child);
  Busy busy = { child, record, 0, GPOINTER_TO_INT (data) };

  cproc_child_set_io_priority (child, G_PRIORITY_LOW);
  test_start (child);
  g_idle_add (busy_turn, &busy);
  test_run_until_state (child, CPROC_STATE_CLOSED);
  g_assert_cmpuint (busy.n_turns, >=, 20);
  g_assert_cmpstr (record->text[1]->str, ==, "out");
  g_assert_cmpstr (record->text[2]->str, ==, "err");
  g_idle_remove_by_data (&busy);
  test_finalize (child);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/child-io/output/both-streams", test_both_streams);
  g_test_add_func ("/child-io/output/any-bytes", test_any_bytes);
  g_test_add_func ("/child-io/output/much", test_much);
  g_test_add_func ("/child-io/output/kept", test_kept_bytes);
  g_test_add_func ("/child-io/details", test_details);
  g_test_add_func ("/child-io/listener/none", test_no_listener);
  g_test_add_func ("/child-io/listener/late", test_late_listener);
  g_test_add_func ("/child-io/listener/deaf", test_deaf_listener);
  g_test_add_func ("/child-io/lines/ends", test_lines);
  g_test_add_func ("/child-io/lines/encodings", test_encodings);
  g_test_add_func ("/child-io/lines/max-length", test_max_line_length);
  g_test_add_func ("/child-io/lines/max-length-changes", test_max_line_length_changes);
  g_test_add_func ("/child-io/lines/endless", test_endless_line);
  g_test_add_func ("/child-io/lines/first", test_lines_first);
  g_test_add_func ("/child-io/lines/last", test_last_line);
  g_test_add_func ("/child-io/stream-ended/early", test_stream_ends_early);
  g_test_add_func ("/child-io/lines/flags", test_line_flags);
  g_test_add_func ("/child-io/lines/max-length-ends", test_max_line_length_ends);
  g_test_add_func ("/child-io/lines/encoding-after-start", test_encoding_after_start);
  g_test_add_func ("/child-io/fair", test_fair);
  g_test_add_data_func ("/child-io/priority/low", GINT_TO_POINTER (FALSE), test_io_priority);
  g_test_add_data_func ("/child-io/priority/raised", GINT_TO_POINTER (TRUE), test_io_priority);
  g_test_add_data_func ("/child-io/flood/output", "output", test_flood);
  g_test_add_data_func ("/child-io/flood/line", "line", test_flood);
  g_test_add_data_func ("/child-io/flood/lines", "lines", test_flood);

  return g_test_run ();
}
