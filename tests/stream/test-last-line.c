/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-last-line-private.h"

#include <string.h>

static void
assert_last_line (const char *text,
                  gsize       length,
                  gsize       piece,
                  const char *encoding,
                  const char *expected)
{
  CprocLastLine self = { NULL };
  g_autofree char *line = NULL;

  for (gsize i = 0; i < length; i += piece)
    cproc_last_line_feed (&self, text + i, MIN (piece, length - i));
  line = cproc_last_line_dup (&self, encoding);
  g_assert_cmpstr (line, ==, expected);
  cproc_last_line_clear (&self);
}

static void
test_lines (void)
{
  const struct
  {
    const char *text;
    const char *expected;
  } cases[] = {
    { "", NULL },
    { "\n \r\n", NULL },
    { "why", "why" },
    { "first\nwhy\n", "why" },
    { "first\nwhy\r\n\n", "why" },
    { "10%\r20%\r30%\rwhy\n", "why" },
    { "10%\r20%\r", "20%" },
    { "10%\r\033[Kwhy", "why" },
    { "\033[1;31merror:\033[0m why\n", "error: why" },
    { "why\n\033[0m\n", "why" },
    { "why\033]0;title\007\n", "why" },
    { "a\tb\ac\n", "a bc" },
    { "\xff\xc3\xa4\n", "\xef\xbf\xbd\xc3\xa4" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (gsize piece = 1; piece < 40; piece++)
        assert_last_line (cases[i].text, strlen (cases[i].text), piece, "UTF-8",
                          cases[i].expected);
    }
}

static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) shown = g_string_new (NULL);

  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (text, "step %u\r", i);
  g_string_append (text, "why");
  for (gsize piece = 1; piece <= text->len; piece = piece * 3 + 1)
    assert_last_line (text->str, text->len, piece, "UTF-8", "why");

  g_string_truncate (text, 0);
  for (guint i = 0; i < 241; i++)
    {
      g_string_append (text, "ä");
      if (i < 240)
        g_string_append (shown, "ä");
    }
  assert_last_line (shown->str, shown->len, shown->len, "UTF-8", shown->str);
  g_string_append (shown, "…");
  assert_last_line (text->str, text->len, text->len, "UTF-8", shown->str);
}

/* The tail begins with a whole character, however the text is cut. */
static void
test_wide (void)
{
  const char line[] = "l\0o\0n\0g\0e\0r\0\n";
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 1000; i++)
    g_string_append_len (text, line, sizeof line);
  g_string_append_len (text, "w\0h\0y", 6);
  for (gsize piece = 1; piece < 30000; piece = piece * 5 + 2)
    assert_last_line (text->str, text->len, piece, "UTF-16LE", "why");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/last-line/lines", test_lines);
  g_test_add_func ("/last-line/long", test_long);
  g_test_add_func ("/last-line/wide", test_wide);

  return g_test_run ();
}
