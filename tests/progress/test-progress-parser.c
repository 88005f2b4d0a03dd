/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Progress out of text, without a process. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-progress-parser-private.h"

#define OUT CPROC_STREAM_STDOUT
#define ERR CPROC_STREAM_STDERR

static double
feed (CprocProgressParser *self,
      const char    *text,
      gboolean       is_all)
{
  cproc_progress_parser_feed (self, OUT, "UTF-8", text, strlen (text));

  return cproc_progress_parser_ask (self, NULL, OUT, is_all);
}

static CprocProgressParser *
new_for_pattern (const char *pattern)
{
  GError *error = NULL;
  CprocProgressParser *self = cproc_progress_parser_new_for_pattern (pattern, &error);

  g_assert_no_error (error);

  return self;
}

static void
assert_progress (double value,
                 double expected)
{
  g_assert_cmpfloat_with_epsilon (value, expected, 1e-9);
}

static void
test_numbers (void)
{
  const struct
  {
    const char *pattern;
    const char *line;
    double progress;
  } tests[] = {
    { "(\\d+)%", "Receiving objects:  42% (10/24)", 0.42 },
    { "(\\d+)%", "100%", 1 },
    { "(\\d+)%", "250%", 1 },
    { "(\\d+)%", "0%", 0 },
    { "(\\d+)%", "nothing", -1 },
    { "(-?\\d+)%", "-5%", -1 },
    { "([\\d.,]+)%", "12.5%", 0.125 },
    { "([\\d.,]+)%", "12,5%", 0.125 },
    { "([\\d.,]+)%", ",%", -1 },
    { "(\\w+)%", "all%", -1 },
    { "(\\w+)%", "inf%", -1 },
    { "(\\w+)%", "nan%", -1 },
    { "x(\\d*)%", "x%", -1 },
    { "(\\d+)/(\\d+)", "[10/40] cc", 0.25 },
    { "(\\d+)/(\\d+)", "50/40", 1 },
    { "(\\d+)/(\\d+)", "5/0", -1 },
    { "(\\d+)/(-?\\d+)", "5/-5", -1 },
    { "([\\d,]+) of ([\\d,]+)", "1,500 of 6,000 bytes", 0.25 },
    { "(\\d+)(?:/(\\d+))?", "5", -1 },
    { "(?<total>\\d+) in all, (?<done>\\d+) done", "8 in all, 2 done", 0.25 },
    { "(a|b)(c|d)(?<percent>\\d+)", "ad50", 0.5 },
    { "(a|b)(?<done>\\d+) (?<total>\\d+)", "a1 4", 0.25 },
    { "(?<percent>\\d+)%|^\\[(?<done>\\d+)/(?<total>\\d+)\\]", "[1/4] at 5% of it", 0.25 },
    { "(?<percent>\\d+)%|^\\[(?<done>\\d+)/(?<total>\\d+)\\]", "step [1/4]: 5%", 0.05 },
    { "(?<percent>\\d+)%|^\\[(?<done>\\d+)/(?<total>\\d+)\\]", "[1/0]", -1 },
    { "(\\d+) Prozent \xc3\xa4", "7 Prozent \xc3\xa4", 0.07 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autoptr(CprocProgressParser) self = new_for_pattern (tests[i].pattern);

      g_test_message ("%s in %s", tests[i].pattern, tests[i].line);
      assert_progress (feed (self, tests[i].line, TRUE), tests[i].progress);
    }
}

static void
test_bad_patterns (void)
{
  const char *groups[] = { "\\d+%", "(a)(b)(c)", "(a)(b)(?<done>c)", "" };
  const char *broken[] = { "(", "*", "(?<percent>" };
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      g_assert_null (cproc_progress_parser_new_for_pattern (groups[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_assert_null (cproc_progress_parser_new_for_pattern (broken[i], &error));
      g_assert_true (error != NULL && error->domain == G_REGEX_ERROR);
      g_clear_error (&error);
    }
}

static void
test_line_ends (void)
{
  g_autoptr(CprocProgressParser) self = new_for_pattern ("^(\\d+)%$");

  assert_progress (feed (self, "1%\n", FALSE), 0.01);
  assert_progress (feed (self, "2%\r", FALSE), 0.02);
  assert_progress (feed (self, "3%\r\n", FALSE), 0.03);
  assert_progress (feed (self, "\r4%\r", FALSE), 0.04);
  assert_progress (feed (self, "\n\r\n5%\n\n", FALSE), 0.05);
  assert_progress (feed (self, "6%\r7%\n8%\rtext\n", FALSE), 0.08);
  assert_progress (feed (self, "\r\r\n", TRUE), -1);
  assert_progress (feed (self, "x\n9%", FALSE), -1);
  assert_progress (feed (self, "\n", FALSE), 0.09);
}

/* Keeps the lines, with a bar after each, and says what they are as a number. */
static double
keep_line (CprocChild  *child,
           CprocStream  stream,
           const char  *line,
           gpointer     user_data)
{
  GString *lines = user_data;

  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_string_append_printf (lines, "%d:%s|", stream, line);

  return g_ascii_strtod (line, NULL);
}

static void
assert_lines (GString    *lines,
              const char *expected)
{
  g_assert_cmpstr (lines->str, ==, expected);
  g_string_truncate (lines, 0);
}

static void
test_unfinished (void)
{
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(CprocProgressParser) self = cproc_progress_parser_new_for_func (keep_line, lines, NULL);

  assert_progress (feed (self, "0.1", FALSE), -1);
  assert_lines (lines, "");
  assert_progress (feed (self, "", TRUE), 0.1);
  assert_lines (lines, "1:0.1|");
  /* Not twice, */
  assert_progress (feed (self, "", TRUE), -1);
  assert_progress (feed (self, "\r", TRUE), -1);
  assert_lines (lines, "");
  /* but when it has grown, */
  feed (self, "0.2", TRUE);
  assert_progress (feed (self, "5", TRUE), 0.25);
  assert_lines (lines, "1:0.2|1:0.25|");
  assert_progress (feed (self, "5\n0.3\n", TRUE), 0.3);
  assert_lines (lines, "1:0.255|1:0.3|");
  /* and one of the same length after it. */
  feed (self, "0.5", TRUE);
  feed (self, "\r0.6\r0.7\r", TRUE);
  assert_lines (lines, "1:0.5|1:0.6|1:0.7|");
}

static void
test_streams (void)
{
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(CprocProgressParser) self = cproc_progress_parser_new_for_func (keep_line, lines, NULL);

  cproc_progress_parser_feed (self, OUT, "UTF-8", "0.", 2);
  cproc_progress_parser_feed (self, ERR, "UTF-8", "0.5\n0.7", 7);
  cproc_progress_parser_feed (self, OUT, "UTF-8", "1\n", 2);
  assert_progress (cproc_progress_parser_ask (self, NULL, ERR, FALSE), 0.5);
  assert_progress (cproc_progress_parser_ask (self, NULL, OUT, TRUE), 0.1);
  assert_progress (cproc_progress_parser_ask (self, NULL, ERR, TRUE), 0.7);
  assert_lines (lines, "2:0.5|1:0.1|2:0.7|");
}

static void
test_encodings (void)
{
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(CprocProgressParser) self = cproc_progress_parser_new_for_func (keep_line, lines, NULL);
  g_autoptr(CprocProgressParser) wide = cproc_progress_parser_new_for_func (keep_line, lines, NULL);
  g_autoptr(CprocProgressParser) none = cproc_progress_parser_new_for_func (keep_line, lines, NULL);

  cproc_progress_parser_feed (self, OUT, "UTF-8", "\xff\0\xc3", 3);
  cproc_progress_parser_feed (self, OUT, "UTF-8", "\xa4\n", 2);
  cproc_progress_parser_ask (self, NULL, OUT, TRUE);
  assert_lines (lines, "1:\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4|");

  cproc_progress_parser_feed (wide, OUT, "UTF-16LE", "\0", 0);
  cproc_progress_parser_feed (wide, OUT, "UTF-16LE", "0\0.\0" "5\0\r", 7);
  cproc_progress_parser_feed (wide, OUT, "UTF-16LE", "\0", 1);
  assert_progress (cproc_progress_parser_ask (wide, NULL, OUT, FALSE), 0.5);
  assert_lines (lines, "1:0.5|");

  /* A start would have said that there is none such. */
  cproc_progress_parser_feed (none, OUT, "no-such-encoding", "0.5\n", 4);
  assert_progress (cproc_progress_parser_ask (none, NULL, OUT, TRUE), -1);
  assert_progress (cproc_progress_parser_ask (none, NULL, ERR, TRUE), -1);
}

static void
test_values (void)
{
  const struct
  {
    const char *line;
    double progress;
  } tests[] = { { "0", 0 },     { "1", 1 },    { "7", 1 },   { "-1", -1 },
                { "-0.1", -1 }, { "nan", -1 }, { "inf", 1 }, { "-inf", -1 } };
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(CprocProgressParser) self = cproc_progress_parser_new_for_func (keep_line, lines, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *line = g_strconcat (tests[i].line, "\n", NULL);

      assert_progress (feed (self, line, FALSE), tests[i].progress);
    }

  /* What says nothing takes nothing back. */
  assert_progress (feed (self, "0.5\n-1\nnan\n", FALSE), 0.5);
}

static void
test_long (void)
{
  g_autoptr(GString) lines = g_string_new (NULL);
  g_autoptr(CprocProgressParser) self = cproc_progress_parser_new_for_func (keep_line, lines, NULL);
  g_autofree char *much = g_strnfill (64 * 1024, '9');

  /* Without an end for ever: nothing is kept of it. */
  for (guint i = 0; i < 1000; i++)
    assert_progress (feed (self, much, i % 2 == 0), -1);
  g_assert_cmpuint (lines->len, ==, 0);
  assert_progress (feed (self, "9", TRUE), -1);
  assert_progress (feed (self, "9\n0.5\n", TRUE), 0.5);
  assert_lines (lines, "1:0.5|");
}

/* The time that a program can take from the main loop is bounded, whatever the pattern. The lines
 * would take minutes otherwise. */
static void
test_slow (void)
{
  const struct
  {
    const char *pattern;
    char letter;
    const char *end;
  } tests[] = {
    { "(\\d+)%", '1', " %\n" },
    { "(a+)+%", 'a', "\n" },
    { "(\\w*)(\\w*)(?<percent>\\w*)%", 'b', "\n" },
  };
  const gsize lengths[] = { 60, 1000, 16000 };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autoptr (CprocProgressParser) self = new_for_pattern (tests[i].pattern);

      for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
        {
          g_autofree char *letters = g_strnfill (lengths[j], tests[i].letter);
          g_autofree char *line = g_strconcat (letters, tests[i].end, NULL);

          for (guint n = 0; n < 20; n++)
            assert_progress (feed (self, line, TRUE), -1);
        }
    }

  /* The last line that tells counts, and those before it cost nothing. */
  {
    g_autoptr (CprocProgressParser) self = new_for_pattern ("(\\d+)%");
    g_autofree char *digits = g_strnfill (1000, '1');
    g_autofree char *text = g_strconcat (digits, " %\n20%\n", digits, "\n30%", NULL);

    assert_progress (feed (self, text, TRUE), 0.3);
  }
}

static double
drop_itself (CprocChild  *child,
             CprocStream  stream,
             const char  *line,
             gpointer     user_data)
{
  CprocProgressParser **self = user_data;

  g_assert_nonnull (*self);
  g_clear_pointer (self, cproc_progress_parser_unref);

  return 0.5;
}

static void
count_destroy (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_dropped_while_asked (void)
{
  CprocProgressParser *self = cproc_progress_parser_new_for_func (drop_itself, &self, NULL);
  CprocProgressParser *held = self;

  cproc_progress_parser_feed (held, OUT, "UTF-8", "a\nb\nc", 5);
  assert_progress (cproc_progress_parser_ask (held, NULL, OUT, TRUE), 0.5);
  g_assert_null (self);
}

static void
test_destroy (void)
{
  guint n_destroyed = 0;
  CprocProgressParser *self = cproc_progress_parser_new_for_func (keep_line, &n_destroyed,
                                                                  count_destroy);

  cproc_progress_parser_unref (cproc_progress_parser_ref (self));
  g_assert_cmpuint (n_destroyed, ==, 0);
  cproc_progress_parser_unref (self);
  g_assert_cmpuint (n_destroyed, ==, 1);
}

/* What programs wrote, in pieces of each size: the progress is that of the whole, at the end, and
 * never less than what was there before where the program counts only once. */
static void
check_recorded (const char *name,
                const char *pattern,
                guint       n_least)
{
  g_autofree char *file = g_test_build_filename (G_TEST_DIST, "data", "progress", name, NULL);
  g_autofree char *text = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (file, &text, &length, NULL));
  for (gsize size = 1; size < 2 * length; size = size < 100 ? size + 1 : size * 2)
    {
      g_autoptr(CprocProgressParser) self = new_for_pattern (pattern);
      double last = -1;
      guint n_changes = 0;

      for (gsize i = 0; i < length; i += size)
        {
          double progress;

          cproc_progress_parser_feed (self, ERR, "UTF-8", text + i, MIN (size, length - i));
          progress = cproc_progress_parser_ask (self, NULL, ERR, TRUE);
          if (progress < 0)
            continue;
          g_assert_cmpfloat (progress, >=, last);
          n_changes += progress > last;
          last = progress;
        }

      assert_progress (last, 1);
      if (size == 1)
        g_assert_cmpuint (n_changes, >=, n_least);
    }
}

static void
test_recorded (void)
{
  check_recorded ("git.txt", "Receiving objects: +(\\d+)%", 100);
  check_recorded ("git.txt", "Receiving objects: +\\d+% \\((\\d+)/(\\d+)\\)", 100);
  check_recorded ("rsync.txt", " (\\d+)% ", 30);
  check_recorded ("curl.txt", "([\\d.]+)%", 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/progress-parser/numbers", test_numbers);
  g_test_add_func ("/progress-parser/bad-patterns", test_bad_patterns);
  g_test_add_func ("/progress-parser/line-ends", test_line_ends);
  g_test_add_func ("/progress-parser/unfinished", test_unfinished);
  g_test_add_func ("/progress-parser/streams", test_streams);
  g_test_add_func ("/progress-parser/encodings", test_encodings);
  g_test_add_func ("/progress-parser/values", test_values);
  g_test_add_func ("/progress-parser/long", test_long);
  g_test_add_func ("/progress-parser/slow", test_slow);
  g_test_add_func ("/progress-parser/dropped-while-asked", test_dropped_while_asked);
  g_test_add_func ("/progress-parser/destroy", test_destroy);
  g_test_add_func ("/progress-parser/recorded", test_recorded);

  return g_test_run ();
}
